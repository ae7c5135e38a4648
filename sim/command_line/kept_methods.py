"""Kept methods: what a dataclass is given, compiled once and kept in the user's cache.

For each dataclass Python writes the text of half a dozen methods and compiles it whenever its module is imported, which
modules themselves are spared. A command has a hundred and fifty of them: a twentieth of what a small comparison
computes. The text is written as ever; compiled code is found by it, for one version of Python and one verb.
"""

from __future__ import annotations

import atexit
import dataclasses
import hashlib
import marshal
import os
import sys
from pathlib import Path
from types import CodeType
from typing import Any

from agents.cache_home import cache_home
from agents.kept_files import read_kept, write_kept

__all__ = ["KeptMethods"]

#: Where they lie in the cache.
METHODS = "methods"
#: So many files are kept, one for each verb, each with so many texts.
MOST_KEPT, MOST_TEXTS = 40, 3_000


class KeptMethods:
    """The compiled methods of a verb's dataclasses.

    Parameters
    ----------
    verb : str
        Name of the verb, or whatever was typed in its place.
    """

    def __init__(self, verb: str) -> None:
        version = f"{sys.implementation.cache_tag} {sys.version} {verb}"
        self._file = Path(cache_home()) / METHODS / hashlib.sha256(version.encode(errors="replace")).hexdigest()
        self._process = os.getpid()
        self._known: dict[str, CodeType] = {}
        self._used: dict[str, CodeType] = {}

    def use(self) -> None:
        """Have dataclasses that are made from now on find their methods here, and keep new ones when Python ends."""
        kept = read_kept(self._file)
        if kept is not None:
            try:
                self._known = dict(marshal.loads(kept))
            except (ValueError, EOFError, TypeError):
                self._known = {}
        # How `dataclasses` looks its `exec` up: in the module before the builtins.
        setattr(dataclasses, "exec", self._run)  # noqa: B010 -- no name of the module for mypy
        atexit.register(self.keep)

    def _run(self, text: str, names: dict[str, Any] | None = None, made: dict[str, Any] | None = None) -> None:
        """Do what `exec` does."""
        code = self._known.get(text)
        if code is None:
            # As `exec` does where `dataclasses` calls it: without what this module imports from the future.
            code = compile(text, "<string>", "exec", dont_inherit=True)
        self._used[text] = code
        exec(code, names, made)

    def keep(self) -> None:
        """Keep what was compiled, unless all of it was known, or this is another process that was forked."""
        if os.getpid() != self._process or self._known.keys() >= self._used.keys():
            return
        texts = self._known | self._used
        write_kept(self._file, marshal.dumps(texts if len(texts) <= MOST_TEXTS else self._used), MOST_KEPT)
