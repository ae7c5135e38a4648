"""Reading the documentation: fenced blocks, the commands in them, and running those at a small size."""

import re
import shlex
from contextlib import contextmanager, nullcontext

import pytest

from configs import FOLDER
from sim.cli import main

_FENCE = re.compile(r"(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FEW = ("population=150", "horizon=16", "burn_in=8")


def _fences(page):
    return _FENCE.findall(page.read_text(encoding="utf-8"))


def _commands(page):
    lines = [line for _, language, text in _fences(page) if language == "sh" for line in text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("journey ")]


#: How each verb is made small: what it shows stays the same, how surely it shows it does not.
_SMALL = {
    "compare": (*_FEW, "replicates=1"),
    "story": _FEW,
    "sweep": (*_FEW, "replicates=1", "executor=serial"),
    "attribute": (*_FEW, "replicates=1"),
    "moments": (*_FEW, "replicates=1"),
    "sensitivity": (*_FEW, "replicates=1", "size=4"),
    "frontier": (*_FEW, "replicates=2", "first=12", "batches=1", "batch=2", "held_out=10", "inside=2"),
    "optimize": (*_FEW, "replicates=2", "evaluations=8", "confirm=4", "lags=[4]", "executor=serial"),
    "validate": ("pattern=P8",),
    "app": ("port=0", "open=false"),
    "calibrate": (*_FEW, "replicates=1", "scan=24", "rounds=1", "members=4", "fit_population=300", "executor=serial"),
}


def _run_small(words):
    # A log of the project is named from its folder; here is another.
    words = [word.replace("log=configs/", f"log={FOLDER}/") for word in words]
    given = {word.split("=")[0] for word in words}
    sizes = [size for size in _SMALL.get(words[0], ()) if size.split("=")[0] not in given]
    if given & {"from", "data"}:
        sizes = []
    with _ended_when_ready() if words[0] == "app" else nullcontext():
        assert main([*words, *sizes]) == 0, words


@contextmanager
def _ended_when_ready():
    """Let the server of the page end as soon as it answers."""
    from sim.app import server

    serve = server.serve

    def brief(running, taken, ready):
        def end():
            ready()
            running.should_exit = True

        serve(running, taken, end)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "serve", brief)
        yield


@pytest.fixture
def fences():
    """Return a function: the (file, language, text) of every fenced block of a page."""
    return _fences


@pytest.fixture
def commands():
    """Return a function: the `journey` commands in the shell blocks of a page, as lists of words."""
    return _commands


@pytest.fixture
def run_small(capsys, undrawn):
    """Return a function that runs a command in the current folder, with few customers and weeks, and draws nothing."""
    yield _run_small
    capsys.readouterr()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def show_files(folder):
    """Return a function that writes the files that pages show into the folder `mine`."""

    def write(*pages):
        for page in pages:
            for name, _, text in _fences(page):
                if name:
                    path = folder / "mine" / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")

    return write
