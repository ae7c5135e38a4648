"""Kept methods: dataclasses are as if they were made anew, whatever lies in the cache."""

import os
import subprocess
import sys

import pytest

from agents.kept_files import write_kept
from sim.command_line import kept_methods

_MAKES = """
import sys
from dataclasses import dataclass, field
from sim.command_line.kept_methods import KeptMethods
KeptMethods(sys.argv[1]).use()
compiled = []
sys.addaudithook(lambda event, what: compiled.append(what) if event == "compile" else None)
@dataclass(frozen=True, slots=True, order=True)
class One:
    a: int
    b: float = 2.5
    c: list = field(default_factory=list, compare=False)
print(len(compiled) > 0, One(1), One(1) == One(1, c=[3]), One(1) < One(2), hash(One(4)) == hash(One(4)))
try:
    One(1).a = 3
except AttributeError as error:
    print(type(error).__name__)
print(One.__init__.__annotations__)
"""
_SAYS = (
    "One(a=1, b=2.5, c=[]) True True True\nFrozenInstanceError\n"
    "{'a': <class 'int'>, 'b': <class 'float'>, 'c': <class 'list'>, 'return': None}\n"
)


@pytest.fixture
def compiles(tmp_path):
    """Return what makes a dataclass in a process of its own, checks it, and says whether anything was compiled."""

    def run(verb="compare"):
        said = subprocess.run(
            [sys.executable, "-c", _MAKES, verb],
            capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        ).stdout  # fmt: skip
        compiled, _, rest = said.partition(" ")
        assert rest == _SAYS
        return compiled == "True"

    return run


def test_methods_are_compiled_once_for_each_verb(compiles):
    assert [compiles(), compiles(), compiles("sweep"), compiles("sweep")] == [True, False, True, False]


def test_what_is_damaged_is_compiled_anew(compiles, tmp_path):
    compiles()
    [place] = (tmp_path / kept_methods.METHODS).iterdir()
    place.write_bytes(place.read_bytes()[:-1] + b"?")
    assert [compiles(), compiles()] == [True, False]
    for content in (b"", b"no code"):
        write_kept(place, content, 9)
        assert [compiles(), compiles()] == [True, False]
