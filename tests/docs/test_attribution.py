"""The page on attribution and moments of truth: its commands run, its files are the files, its columns the columns."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.cli import main

pytestmark = pytest.mark.usefixtures("undrawn")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "attribution.md"
_FEW = ("population=60", "horizon=8", "burn_in=4", "replicates=1", "quiet=true")


def _run(listed, capsys):
    for words in listed:
        assert main([*words, *_FEW]) == 0, words
    capsys.readouterr()


def test_its_commands_run_and_its_columns_are_there(commands, folder, capsys):
    first = {words[0]: words for words in reversed(commands(PAGE))}
    assert set(first) == {"attribute", "moments"}
    _run(first.values(), capsys)
    text = PAGE.read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)/…/(\w+\.parquet)` \| `([^`]+)`", text, re.MULTILINE)
    assert len(told) == 3
    for verb, name, columns in told:
        run = sorted((folder / "results" / verb).iterdir())[0]
        assert ", ".join(pq.read_schema(run / name).names) == columns


@pytest.mark.slow
def test_all_of_its_commands_run(commands, folder, capsys):
    _run(commands(PAGE), capsys)


def test_it_quotes_runs(commands):
    text = PAGE.read_text(encoding="utf-8")
    for part in ("attribution", "moments"):
        quoted = text.split(f"<!-- {part}: begin -->")[1].split(f"<!-- {part}: end -->")[0]
        assert quoted.count("| `") >= 3, "run: python docs/measure_questions.py"
