"""Kept patterns: regular expressions are as Python compiles them, whatever lies in the cache."""

import os
import re
import subprocess
import sys

import pytest

from agents import kept_patterns
from agents.kept_files import write_kept

#: Compiles so many patterns, says how many of them Python had to translate, and what they find.
_COMPILES = """
import re, sys
from agents.kept_patterns import KeptPatterns
from re import _parser
translated, parse = [], _parser.parse
def counted(*asked):
    translated.append(asked)
    return parse(*asked)
_parser.parse = counted
patterns = KeptPatterns(sys.argv[1])
patterns.use()
name = re.compile(r"(?P<first>[a-zäöü]+)-(?P<last>\\w{2,})(?=;)", re.IGNORECASE)
others = [re.compile(f"{number}(x|y)+") for number in range(int(sys.argv[2]))]
found = name.search("<ÄB-cd_9;>")
print(len(translated), found.groupdict(), found.span(), name.groups, dict(name.groupindex), name.flags)
print(re.sub(rb"(?s)a.c", rb"-", b"za\\ncz"), [bool(other.fullmatch(f"{n}xyx")) for n, other in enumerate(others)])
print(name.pattern)
try:
    re.compile("(")
except re.error as error:
    print(error)
patterns.keep()
"""


@pytest.fixture
def translated(tmp_path):
    """Return what compiles patterns in a process of its own, checks them, and says how many were translated."""

    def run(command="compare", others=2):
        said = subprocess.run(
            [sys.executable, "-c", _COMPILES, command, str(others)],
            capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        ).stdout  # fmt: skip
        count, _, rest = said.partition(" ")
        name = re.compile(r"(?P<first>[a-zäöü]+)-(?P<last>\w{2,})(?=;)", re.IGNORECASE)
        groups = {"first": "ÄB", "last": "cd_9"}
        assert rest.splitlines() == [
            f"{groups} (1, 8) 2 {dict(name.groupindex)} {name.flags}",
            f"b'z-z' {[True] * others}",
            name.pattern,
            "missing ), unterminated subpattern at position 0",
        ]
        return int(count)

    return run


def test_patterns_are_translated_once_for_each_command(translated):
    assert [translated(), translated(), translated("sweep"), translated("sweep")] == [3, 0, 3, 0]


def test_a_few_more_are_no_reason_to_write_the_file_again(translated, tmp_path):
    translated(others=50)
    [place] = (tmp_path / kept_patterns.PATTERNS).iterdir()
    content = place.read_bytes()
    assert translated(others=51) == 1
    assert place.read_bytes() == content
    assert [translated(others=60), translated(others=60)] == [10, 0]


def test_what_is_damaged_is_translated_anew(translated, tmp_path):
    translated()
    [place] = (tmp_path / kept_patterns.PATTERNS).iterdir()
    whole = place.read_bytes()
    place.write_bytes(whole[:-1] + b"?")
    assert [translated(), translated()] == [3, 0]
    for content in (b"", b"no pattern"):
        write_kept(place, content, 9)
        assert [translated(), translated()] == [3, 0]


def test_numbers_that_are_no_pattern_are_not_believed(translated, tmp_path):
    import marshal

    translated()
    [place] = (tmp_path / kept_patterns.PATTERNS).iterdir()
    kept = marshal.loads(place.read_bytes()[64:])
    spoilt = {key: (flags, [999, *code], *rest) for key, (flags, code, *rest) in kept.items()}
    write_kept(place, marshal.dumps(spoilt), 9)
    assert translated() == 3
