"""`journey sensitivity` and `journey frontier` from the command line: what they write, what they refuse, what they keep."""

import json

import pyarrow.parquet as pq
import pytest

from sim.cli import main

pytestmark = pytest.mark.usefixtures("undrawn")

pytest.importorskip("SALib")
pytest.importorskip("sklearn")

SMALL = ["population=120", "horizon=12", "burn_in=6", "replicates=2", "progress=false"]
MORRIS = [
    "sensitivity", *SMALL, "size=3",
    "levers={capability_cost: null, contact_rate: [0, 0.5], times market.brands.*.price: [0.9, 1.1]}",
]  # fmt: skip
FRONTIER = [
    "frontier", *SMALL, "levers=[capability_cost,product_quality]",
    "first=12", "batches=1", "batch=4", "held_out=10", "inside=4",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only(folder, verb):
    (run,) = (folder / "results" / verb).iterdir()
    return run


def data_of(run):
    return {name: (run / name).read_bytes() for name in ("config.yaml", "summary.json", "points.parquet")}


def shards(folder):
    return sorted(path.name for path in (folder / "results" / "store").rglob("*.parquet"))


def check_folder(run, verb):
    assert {path.name for path in run.iterdir()} == {
        "config.yaml", "manifest.json", "summary.json", "points.parquet", "report.html", "figures",
        "tables.xlsx", "SHA256SUMS",
    }  # fmt: skip
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    assert manifest["verb"] == verb and manifest["scenario"] == "treadmill"
    page = (run / "report.html").read_text("utf-8")
    assert "<script" not in page and "://" not in page


def test_sensitivity_writes_a_folder_and_runs_again_to_the_byte(folder, capsys):
    assert main(MORRIS) == 0
    run = only(folder, "sensitivity")
    said = capsys.readouterr().out
    assert said.rstrip().endswith("report.html") and "levers" in said or "decides" in said
    check_folder(run, "sensitivity")
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    assert summary["points"] == 12 and set(summary["indices"]) == {"mu", "mu_star", "sigma"}
    assert summary["verdict"] in said
    table = pq.read_table(run / "points.parquet")
    assert table.column_names == [
        "point", "replicate", "capability_cost", "contact_rate", "times:market.brands.*.price", "difference",
    ]  # fmt: skip
    assert table.num_rows == 24
    before, kept = data_of(run), shards(folder)
    run.rename(folder / "first")
    assert main(["sensitivity", "from=first", "quiet=true"]) == 0
    assert data_of(only(folder, "sensitivity")) == before
    # Nothing was simulated a second time.
    assert shards(folder) == kept


def test_frontier_writes_a_folder_and_runs_again_to_the_byte(folder, capsys):
    assert main(FRONTIER) == 0
    run = only(folder, "frontier")
    check_folder(run, "frontier")
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    assert summary["points"] == 12 + 4 + 10 + 4 and summary["verdict"] in capsys.readouterr().out
    assert set(summary["break_even"]) == {"capability_cost", "product_quality"}
    kinds = pq.read_table(run / "points.parquet", columns=["kind"])["kind"].to_pylist()
    assert [kinds.count(kind) // 2 for kind in dict.fromkeys(kinds)] == [12, 10, 4, 4]
    assert (run / "figures" / "map_capability_cost_product_quality.svg").is_file()
    before, kept = data_of(run), shards(folder)
    run.rename(folder / "first")
    assert main(["frontier", "from=first", "quiet=true"]) == 0
    assert data_of(only(folder, "frontier")) == before and shards(folder) == kept
    # Another map of the same runs costs no run.
    assert main(["frontier", "from=first", "maps=[[product_quality,capability_cost]]"]) == 0
    assert shards(folder) == kept


@pytest.mark.slow
@pytest.mark.parametrize("words", [MORRIS, FRONTIER], ids=lambda words: words[0])
def test_the_executor_changes_no_byte(words, folder):
    runs = []
    for place in ("executor=serial", "executor=local"):
        assert main([*words, place, "output_dir=results", "quiet=true"]) == 0
        run = only(folder, words[0])
        runs.append(data_of(run))
        run.rename(folder / place)
        (folder / "results" / "store").rename(folder / f"store-{place}")
    assert runs[0] == runs[1]


@pytest.mark.slow
def test_sobol_and_other_metrics(folder, capsys):
    words = [*MORRIS, "method=sobol", "size=4", "metric=market_share"]
    assert main(words) == 0
    summary = json.loads((only(folder, "sensitivity") / "summary.json").read_text("utf-8"))
    assert set(summary["indices"]) == {"first", "total"} and len(summary["pairs"]) == 3
    assert not summary["per_customer"]
    assert main([*FRONTIER, "metric=npv", "scenario=sungevity"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sensitivity", "method=moris"], "method is 'moris'; did you mean 'morris'? give one of morris, sobol"),
        (
            ["sensitivity", "method=sobol", "size=20"],
            "size is 20; a Sobol' design has a power of 2 rows, give 16 or 32",
        ),
        (["sensitivity", "size=1"], "size is 1; give a whole number"),
        (["sensitivity", "size=900000"], "size is 900000, which makes"),
        (["sensitivity", "metric=contributoin"], "did you mean 'contribution'?"),
        (["sensitivity", "arm=proactiv"], "did you mean 'proactive'?"),
        (["sensitivity", "levers=[privacy_conern]"], "did you mean 'privacy_concern'?"),
        (["sensitivity", "levers={market.contact.fatigue:[0,99]}"], "levers.market.contact.fatigue"),
        (["sensitivity", "sizes=4"], "unknown key 'sizes'"),
        (["frontier", "replicates=1"], "replicates is 1; give at least 2"),
        (["frontier", "levers=[privacy_concern]"], "levers has 1; give at least two"),
        (["frontier", "metric=switch_rate"], "of which less is better"),
        (["frontier", "first=4"], "first is 4; give a whole number from 10"),
        (["frontier", "maps=[[privacy_concern,fatige]]"], "maps names 'fatige'"),
        (["frontier", "maps=privacy_concern"], "maps is 'privacy_concern'; give pairs"),
        (["frontier", "maps=[[privacy_concern,privacy_concern]]"], "give pairs of two levers"),
    ],
)
def test_bad_input_is_one_message_and_nothing_written(words, message, folder, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1 and said.startswith("journey: ")
    assert not any(folder.iterdir())


@pytest.mark.parametrize("verb", ["sensitivity", "frontier"])
def test_a_missing_package_is_said_before_anything_runs(verb, folder, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "SALib.sample.morris", None)
    monkeypatch.setitem(__import__("sys").modules, "SALib.sample.sobol", None)
    assert main([verb, *SMALL]) == 2
    assert 'pip install -e ".[analysis]"' in capsys.readouterr().err
    assert not any(folder.iterdir())
