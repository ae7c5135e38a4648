"""The pages on sensitivity and frontier: their commands run, their tables are current, they quote runs."""

import re
import runpy
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.cli import main
from sim.experiments.factors import NAMED

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"sensitivity": DOCS / "sensitivity.md", "frontier": DOCS / "frontier.md"}
_FEW = ("population=60", "horizon=8", "burn_in=4", "replicates=2", "quiet=true")
_SIZES = {
    "sensitivity": ("size=4",),
    "frontier": ("first=12", "batches=1", "batch=2", "held_out=10", "inside=2"),
}


def part(page, mark):
    return page.read_text("utf-8").split(f"<!-- {mark}: begin -->\n")[1].split(f"<!-- {mark}: end -->")[0].strip()


def test_the_table_of_levers_is_current():
    measure = runpy.run_path(str(DOCS / "measure_levers.py"))
    assert part(PAGES["sensitivity"], "levers") == measure["table"](), "run: python docs/measure_levers.py --levers"


@pytest.mark.parametrize("verb", PAGES)
def test_the_configuration_lists_every_lever(verb):
    text = (DOCS.parent / "configs" / "sensitivity.yaml").read_text("utf-8")
    for name, kind in NAMED.items():
        assert re.search(rf"^#   {name} +{kind.low:g} to {kind.high:g} ", text, re.MULTILINE), name
    assert "configs/sensitivity.yaml" in (DOCS.parent / "configs" / "frontier.yaml").read_text("utf-8")


@pytest.mark.parametrize("verb", PAGES)
def test_they_quote_runs(verb):
    assert "points of 4 replicates" in part(PAGES[verb], verb), "run: python docs/measure_levers.py"


@pytest.mark.slow
@pytest.mark.parametrize("verb", PAGES)
def test_their_commands_run_and_their_columns_are_there(verb, commands, folder, capsys):
    pytest.importorskip("SALib")
    pytest.importorskip("sklearn")
    listed = commands(PAGES[verb])
    assert {words[0] for words in listed} == {verb} and len(listed) >= 4
    for words in listed:
        assert main([*words, *_SIZES[verb], *_FEW]) == 0, words
    capsys.readouterr()
    run = sorted((folder / "results" / verb).iterdir())[0]
    columns = pq.read_schema(run / "points.parquet").names
    told = re.search(
        r"^\| `points.parquet` \| `([^`]+)`, a column for each lever, `difference`",
        PAGES[verb].read_text("utf-8"),
        re.M,
    )
    assert told and told[1].split(", ") == columns[: len(told[1].split(", "))] and columns[-1] == "difference"
