"""What the documentation says is so: its tables are current, its links lead somewhere, its examples run."""

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from agents.purposes import Purpose
from sim.analysis.metrics import METRICS
from sim.cli import main
from sim.scenario.config_path import ConfigPath
from sim.scenario.journey import DOES, FEATURES, GATES, Stage, read_journey

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_table_of_parameters_is_current():
    done = subprocess.run(
        [sys.executable, "docs/parameters.py", "--check"], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0, "run: python docs/parameters.py"


def test_every_named_source_belongs_to_a_parameter():
    parameters = runpy.run_path(str(DOCS / "parameters.py"))
    keys = {
        key for _, prefix, kind, skip in parameters["SECTIONS"] for key, _ in parameters["rows"](kind, prefix, skip)
    }
    for named in parameters["SOURCES"]:
        assert any(key == named or key.startswith(f"{named}.") for key in keys), named


def test_the_table_of_purposes_is_current():
    text = (DOCS / "luck.md").read_text(encoding="utf-8")
    table = text.split("<!-- purposes: begin -->")[1].split("<!-- purposes: end -->")[0]
    listed = {name: int(number) for number, name in re.findall(r"^\| (\d+) `(\w+)`", table, re.MULTILINE)}
    assert listed == {purpose.name: int(purpose) for purpose in Purpose}


def test_every_metric_is_explained():
    text = (DOCS / "results.md").read_text(encoding="utf-8")
    assert [metric for metric in METRICS if f"`{metric}`" not in text] == []


def test_everything_a_journey_file_may_say_is_explained():
    text = (DOCS / "journeys.md").read_text(encoding="utf-8")
    words = (*DOES, *FEATURES, *GATES, *Stage.__dataclass_fields__)
    assert [word for word in words if f"`{word}`" not in text and f"`only: {word}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


def test_the_journey_of_the_reference_can_be_read(fences):
    import yaml

    _, _, text = next(block for block in fences(DOCS / "journeys.md") if block[1] == "yaml")
    journey = read_journey("my_journey", yaml.safe_load(text))
    assert set(journey.stages) == {"idle", "consider", "evaluate", "buy", "trial", "use"}


def test_the_shown_files_are_found(show_files, folder):
    show_files(DOCS / "extending.md", DOCS / "journeys.md")
    config_path = ConfigPath.of(folder / "mine")
    assert {"night_owls", "newcomer", "quiet_or_loud", "chain"} <= set(config_path.names("scenario"))
    assert {"with_trial", "chain"} <= set(config_path.names("journey"))


@pytest.mark.parametrize("page", ["extending.md", "journeys.md"])
def test_the_commands_run(page, show_files, commands, run_small):
    show_files(DOCS / "extending.md", DOCS / "journeys.md")
    listed = commands(DOCS / page)
    assert listed
    for words in listed:
        run_small(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_keys_within_sentences_are_accepted(page, folder, capsys):
    """What a sentence quotes is composed, not run; words in capitals stand for what a reader puts there."""
    for quoted in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.S | re.M)):
        words = shlex.split(quoted) if re.match(r"journey [a-z]+ |(strategy@)?(arms|market)\.[\w.]+=", quoted) else []
        if not words or re.search(r"\b[A-Z]{2,}\b|[|*…]|\b(mine|my|gym|count)\b|--help", quoted):
            continue
        # Of several values the first one: `--cfg job` shows one configuration.
        words = [re.sub(r"^([\w.]+=[^\[{,]+),.*", r"\1", word) for word in words]
        verb = words[1:] if words[0] == "journey" else ["compare", *words]
        assert main([*verb, "--cfg", "job"]) == 0, (quoted, capsys.readouterr().err)
        capsys.readouterr()


def test_the_commands_about_results_run(folder, commands, run_small):
    run_small(["compare"])
    run = next((folder / "results" / "compare").iterdir())
    table = (DOCS / "results.md").read_text(encoding="utf-8").split("## summary.json")[0]
    listed = set(re.findall(r"^\| `([\w./]+?)/?` \|", table, re.MULTILINE))
    assert {path.name for path in run.iterdir()} == listed - {"customers.parquet"}
    for words in commands(DOCS / "results.md"):
        run_small(words)
    run_small(["results", "list"])
    run_small(["compare", f"from=results/compare/{run.name}"])


def test_the_columns_are_explained(folder, run_small):
    import pyarrow.parquet as pq

    run_small(["compare", "record.customers=true"])
    run = next((folder / "results" / "compare").iterdir())
    text = (DOCS / "results.md").read_text(encoding="utf-8")
    for name in ("flows", "events", "market", "customers"):
        columns = ", ".join(pq.read_schema(run / f"{name}.parquet").names)
        assert f"`{name}.parquet` | `{columns}`" in text, columns
    assert f"`{', '.join(pq.read_schema(run / 'weekly.parquet').names)}`" in text
    metrics = pq.read_table(run / "weekly.parquet", columns=["metric"]).column("metric").unique().to_pylist()
    assert [metric for metric in metrics if f"`{metric}`" not in text] == []


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param(page.name, text, id=f"{page.name}-{place}")
        for page in PAGES
        for place, text in enumerate(_PYTHON.findall(page.read_text(encoding="utf-8")))
    ],
)
def test_the_python_examples_run(page, text, show_files, folder, capsys):
    show_files(DOCS / "extending.md")
    script = folder / "example.py"
    script.write_text(text, encoding="utf-8")
    runpy.run_path(str(script))
    capsys.readouterr()


def test_the_glossary_is_the_one_of_the_reports():
    """A dozen words, the same on a page of the documentation and on every report."""
    import re

    root = Path(__file__).parents[2]
    report = (root / "sim/reports/templates/glossary.html.jinja").read_text("utf-8")
    words = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", report)
    page = (root / "docs/glossary.md").read_text("utf-8")
    assert len(words) == 12 and all(f"| {word} | {means} |" in page for word, means in words)
