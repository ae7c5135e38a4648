"""Kept methods: what a dataclass is given, compiled once and kept in the user's cache.

For each dataclass Python writes the text of half a dozen methods and compiles it whenever its module is imported, which
modules themselves are spared. A command has a hundred and fifty of them: a twentieth of what a small comparison
computes. The text is written as ever; compiled code is found by it, for one version of Python and one verb.
"""

from __future__ import annotations

import atexit
import dataclasses
from types import CodeType
from typing import Any

from agents.kept_of_command import KeptOfCommand

__all__ = ["KeptMethods"]

#: Where they lie in the cache.
METHODS = "methods"
#: So many texts are kept for each verb.
MOST_TEXTS = 3_000


class KeptMethods:
    """The compiled methods of a verb's dataclasses.

    Parameters
    ----------
    verb : str
        Name of the verb, or whatever was typed in its place.
    """

    def __init__(self, verb: str) -> None:
        self._kept: KeptOfCommand[str, CodeType] = KeptOfCommand(METHODS, verb, MOST_TEXTS)

    def use(self) -> None:
        """Have dataclasses that are made from now on find their methods here, and keep new ones when Python ends."""
        self._kept.read()
        # How `dataclasses` looks its `exec` up: in the module before the builtins.
        setattr(dataclasses, "exec", self._run)  # noqa: B010 -- no name of the module for mypy
        atexit.register(self._kept.keep)

    def _run(self, text: str, names: dict[str, Any] | None = None, made: dict[str, Any] | None = None) -> None:
        """Do what `exec` does."""
        code = self._kept.find(text)
        if code is None:
            # As `exec` does where `dataclasses` calls it: without what this module imports from the future.
            code = compile(text, "<string>", "exec", dont_inherit=True)
            self._kept.add(text, code)
        exec(code, names, made)
