"""The README keeps its word: every command in it runs, and its numbers come from a run."""

import re
import runpy
from pathlib import Path

import pytest

from configs import FOLDER
from sim.verbs import VERBS

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"


def _measured(page):
    text = page.read_text(encoding="utf-8")
    return text.split("<!-- measured: begin -->")[1].split("<!-- measured: end -->")[0]


def _told(page):
    """Return the scenarios of a page's table, in order, each once."""
    return list(dict.fromkeys(re.findall(r"^\| \[`(\w+)`\]", _measured(page), re.MULTILINE)))


@pytest.mark.slow
def test_its_commands_run(commands, run_small, folder):
    listed = commands(README)
    assert {words[0] for words in listed} == set(VERBS)
    for words in listed:
        run_small(words)
    assert len(list((folder / "results" / "compare").iterdir())) == 4


def test_its_make_targets_are_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = set(re.findall(r"^make ([a-z-]+)", README.read_text(encoding="utf-8"), re.MULTILINE))
    assert asked and asked <= targets


def test_the_verbs_it_says_are_missing_are():
    text = README.read_text(encoding="utf-8")
    missing = set(re.findall(r"`(\w+)`", text.split("**Not yet there**")[1].split("\n- ")[0].split("\n\n")[0]))
    assert not missing & set(VERBS)


def test_every_scenario_was_measured():
    shipped = {path.stem for path in (FOLDER / "scenario").glob("*.yaml")}
    assert set(_told(ROOT / "docs" / "scenarios.md")) == shipped
    assert set(_told(README)) <= shipped


@pytest.mark.slow
@pytest.mark.parametrize("name", ["treadmill", "sungevity"])
def test_its_numbers_are_those_of_a_run(name):
    measure = runpy.run_path(str(ROOT / "docs" / "measure.py"))
    fresh = measure["rows"](name, measure["measured"](name).summary_json)
    quoted = [line for line in _measured(README).splitlines() if line.startswith(f"| [`{name}`]")]
    assert [line.replace("SCENARIO/", "configs/scenario/") for line in fresh] == quoted, "run: python docs/measure.py"
