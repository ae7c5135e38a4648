"""The page on attribution and moments of truth: its commands run, its files are the files, its columns the columns."""

import re
from pathlib import Path

import pyarrow.parquet as pq

from sim.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "attribution.md"
_FEW = ("population=60", "horizon=8", "burn_in=4", "replicates=1", "quiet=true")


def test_its_commands_run_and_its_columns_are_there(commands, folder, capsys):
    listed = commands(PAGE)
    assert {words[0] for words in listed} == {"attribute", "moments"}
    for words in listed:
        assert main([*words, *_FEW]) == 0, words
    capsys.readouterr()
    text = PAGE.read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)/…/(\w+\.parquet)` \| `([^`]+)`", text, re.MULTILINE)
    assert len(told) == 3
    for verb, name, columns in told:
        run = sorted((folder / "results" / verb).iterdir())[0]
        assert ", ".join(pq.read_schema(run / name).names) == columns


def test_it_quotes_runs(commands):
    text = PAGE.read_text(encoding="utf-8")
    for part in ("attribution", "moments"):
        quoted = text.split(f"<!-- {part}: begin -->")[1].split(f"<!-- {part}: end -->")[0]
        assert quoted.count("| `") >= 3, "run: python docs/measure_questions.py"
