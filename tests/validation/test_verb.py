"""`journey validate`: table, report, exit status, and the same bytes again."""

import hashlib
import json

import pyarrow.parquet as pq
import pytest

from sim.cli import main

pytestmark = pytest.mark.usefixtures("undrawn")

FILES = {"config.yaml", "manifest.json", "summary.json", "checks.parquet", "curves.parquet", "report.html", "figures"}
FILES |= {"tables.xlsx", "SHA256SUMS"}


def runs(folder):
    return sorted((folder / "results" / "validate").glob("2*"))


def digest(folder):
    """Digest of everything a run left behind but the time that it took."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("manifest.json", "SHA256SUMS"):
            found.update(path.relative_to(folder).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_pattern_is_run_told_and_run_again_to_the_byte(folder, capsys):
    assert main(["validate", "pattern=P7", "size=0.25", "threads=1"]) == 0
    told = capsys.readouterr().out
    for words in ("published", "simulated", "MC error", "tolerance", "verdict", "McFadden 1974", "13 of 13 figures"):
        assert words in told, words
    (run,) = runs(folder)
    assert {path.name for path in run.iterdir()} == FILES
    assert told.rstrip().endswith("report.html")
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    assert summary["passed"] and summary["checks"] == 13 and 0.0 < summary["false_alarm"] < 0.05
    checks = pq.read_table(run / "checks.parquet")
    assert checks.num_rows == 13 and set(checks.column("verdict").to_pylist()) == {"passes"}
    page = (run / "report.html").read_text("utf-8")
    assert "P7" in page and "http" not in page.split("</style>")[1].split("<svg")[0]
    assert main(["validate", f"from={run.relative_to(folder)}", "threads=2", "quiet=true"]) == 0
    _, again = runs(folder)
    before, after = ((each / "config.yaml").read_text("utf-8") for each in (run, again))
    assert before.replace("threads: 1", "threads: 2") == after
    (again / "config.yaml").write_text(before, encoding="utf-8")
    assert digest(again) == digest(run)


def test_a_pattern_that_fails_is_shown_as_failing_with_its_report(folder, capsys):
    assert main(["validate", "P7", "size=0.001", "threads=1"]) == 1
    told = capsys.readouterr().out
    assert "P7 FAILS" in told and "UNDECIDABLE" in told and "0 of 1 pattern " in told
    (run,) = runs(folder)
    assert not json.loads((run / "summary.json").read_text("utf-8"))["passed"]
    assert "FAILS" in (run / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pattern=P99"], "pattern is 'P99', which is no pattern"),
        (["pattern=P2,P99"], "pattern is 'P99', which is no pattern"),
        (["pattern=[]"], "pattern is empty"),
        (["pattern=7"], "pattern is 7; give an id such as P2"),
        (["pattern=[P2,3]"], "pattern is"),
        (["size=0"], "size is 0; give a number from 0.001 to 100"),
        (["size=big"], "size is 'big'"),
        (["population=0"], "population is 0; give"),
        (["patern=P2"], "did you mean 'pattern'"),
        (["output_dir="], "output_dir is empty"),
        (["seed=-1"], "seed is -1"),
    ],
)
def test_bad_input_is_refused_before_anything_is_run(words, message, folder, capsys):
    assert main(["validate", *words]) == 2
    told = capsys.readouterr()
    assert message in told.err and told.err.count("\n") == 1 and not told.out
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_all_patterns_are_reproduced(folder, capsys):
    assert main(["validate"]) == 0, capsys.readouterr().out
