"""Every command that a page or a help text shows is one that the command line takes."""

import re
import shlex
from pathlib import Path

import pytest

from configs import FOLDER
from sim.cli import main
from sim.verbs import VERBS, frame

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
#: What a newcomer who tries the command as it stands lacks yet: a result, a folder or a file of their own.
_OF_ONES_OWN = re.compile(r"no finished run lies there|does not exist|cannot be read: No such file|nothing is varied")


def _shown_on(page):
    """Return the commands of a page, in its blocks and its sentences; those with a word to be filled in left out."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".yaml":
        found = re.findall(r"^#\s+(journey (?!VERB).+?)(?:\s{3,}.*)?$", text, re.MULTILINE)
    else:
        lines = [line.removeprefix("$ ") for block in _FENCE.findall(text) for line in block.splitlines()]
        found = [line for line in lines if line.startswith("journey ")]
        found += re.findall(r"`(journey [^`]+=[^`]+)`", text.replace("\n", " "))
    return [words for words in (shlex.split(line.split(" (")[0], comments=True)[1:] for line in found) if _whole(words)]


def _whole(words):
    return not any(re.search(r"(?:^|[=/])[A-Z]{3,}|csv\|xes", word) for word in words)


HELP = [FOLDER / f"{verb}.yaml" for verb in VERBS]
# Most commands of pages are run by the tests beside this one, small; here all are read, as they stand.
PAGES = [page for page in sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]) if _shown_on(page)]


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """Return the jobs that commands asked for; nothing is run. The current folder is a new one."""
    jobs = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(frame, "perform", lambda job: jobs.append(job) or 0)
    return jobs


@pytest.mark.parametrize(
    "page", [*HELP, *(pytest.param(page, marks=pytest.mark.slow) for page in PAGES)], ids=lambda page: page.name
)
def test_the_command_line_takes_what_is_shown(page, taken, capsys):
    shown = _shown_on(page)
    assert shown
    for words in shown:
        asked = [word.replace("=configs/", f"={FOLDER}/") for word in words]
        status = main(asked)
        said = capsys.readouterr().err
        assert status == 0 or _OF_ONES_OWN.search(said), (words, said)
