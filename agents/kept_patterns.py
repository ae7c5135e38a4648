"""Kept patterns: regular expressions, translated once and kept in the user's cache.

Python translates the text of a regular expression into numbers, in Python, whenever its module is imported. A command
and what it loads have some two hundred of them: 40 ms. The numbers are found by text and flags, for one version of
Python.
"""

from __future__ import annotations

import re
from typing import Any

from agents.kept_of_command import KeptOfCommand

__all__ = ["KeptPatterns"]

#: Where they lie in the cache.
PATTERNS = "patterns"
#: So many are kept for each command.
MOST_PATTERNS = 1_000
#: The file is not written again for less than one in so many.
_FEW = 20

#: Python's own compiler of patterns and what it calls; None where another release of Python has it elsewhere.
_COMPILER: Any = getattr(re, "_compiler", None)
_COMPILE: Any = getattr(_COMPILER, "compile", None)

#: The text of a pattern and the flags that it is compiled with.
_Text = tuple[str | bytes, int]
#: All flags, the numbers, how many groups, and these by name and by number.
_Translation = tuple[int, list[int], int, dict[str, int], tuple[str | None, ...]]


class KeptPatterns:
    """The regular expressions of a command.

    Parameters
    ----------
    command : str
        Name of the command, or whatever was typed in its place.
    """

    def __init__(self, command: str) -> None:
        self._kept: KeptOfCommand[_Text, _Translation] = KeptOfCommand(PATTERNS, command, MOST_PATTERNS)
        self._new: set[_Text] = set()

    def use(self) -> None:
        """Have patterns that are compiled from now on found here."""
        if _COMPILE is not None:
            self._kept.read()
            _COMPILER.compile = self._compile

    def keep(self) -> None:
        """Keep what was compiled for commands to come, unless it is only a few more than were known.

        What :mod:`tokenize` compiles is written in another order by each process, from a set: it is never found again.
        """
        if len(self._new) <= self._kept.known_count // _FEW:
            return
        for text, flags in self._new:
            translation = _translated(text, flags)
            if translation is not None:
                self._kept.add((text, flags), translation)
        self._new.clear()
        self._kept.keep()

    def _compile(self, pattern: Any, flags: int = 0) -> re.Pattern[Any]:
        """Do what Python's own does."""
        if type(pattern) not in (str, bytes) or flags & re.DEBUG:
            return _compiled(pattern, flags)
        key = (pattern, int(flags))
        known = self._kept.find(key)
        if known is None:
            made = _compiled(pattern, flags)
            if len(self._new) < MOST_PATTERNS:
                self._new.add(key)
            return made
        try:
            return _built(pattern, *known)
        except (RuntimeError, TypeError, ValueError, AttributeError, OverflowError):
            return _compiled(pattern, flags)


def _compiled(pattern: Any, flags: int) -> re.Pattern[Any]:
    compiled: re.Pattern[Any] = _COMPILE(pattern, flags)
    return compiled


def _built(pattern: str | bytes, *translation: Any) -> re.Pattern[Any]:
    built: re.Pattern[Any] = _COMPILER._sre.compile(pattern, *translation)
    return built


def _translated(pattern: str | bytes, flags: int) -> _Translation | None:
    """Translate a pattern as Python does; None where that cannot be done so, or does not give the same pattern."""
    try:
        parsed = _COMPILER._parser.parse(pattern, flags)
        names = dict(parsed.state.groupdict)
        groups: list[str | None] = [None] * parsed.state.groups
        for name, group in names.items():
            groups[group] = name
        code = [int(word) for word in _COMPILER._code(parsed, flags)]
        found = (int(flags | parsed.state.flags), code, parsed.state.groups - 1, names, tuple(groups))
        return found if _built(pattern, *found) == _compiled(pattern, flags) else None
    except (re.error, RuntimeError, TypeError, ValueError, AttributeError, OverflowError, Warning):
        return None
