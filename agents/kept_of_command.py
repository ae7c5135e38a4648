"""Kept of command: what one command made and the next of its kind will want again, in one file of the user's cache."""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from collections.abc import Hashable
from pathlib import Path
from typing import Generic, TypeVar

from agents.cache_home import cache_home
from agents.kept_files import read_kept, write_kept

__all__ = ["KeptOfCommand"]

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")

#: So many files lie in a folder, one for each command.
_MOST_KEPT = 40


class KeptOfCommand(Generic[Key, Made]):
    """What commands of one name made, by what it was made of, for one version of Python.

    Parameters
    ----------
    folder : str
        Where the file lies in the cache.
    command : str
        Name of the command, or whatever was typed in its place.
    most : int
        How much of it is kept; where there is more, only what the last command used.
    """

    def __init__(self, folder: str, command: str, most: int) -> None:
        version = f"{sys.implementation.cache_tag} {sys.version} {command}"
        self._file = Path(cache_home()) / folder / hashlib.sha256(version.encode(errors="replace")).hexdigest()
        self._most = most
        self._process = os.getpid()
        self._known: dict[Key, Made] = {}
        self._used: dict[Key, Made] = {}

    @property
    def known_count(self) -> int:
        """How much of it was kept before."""
        return len(self._known)

    def read(self) -> None:
        """Read what was kept; what is damaged counts as not there."""
        kept = read_kept(self._file)
        if kept is not None:
            try:
                self._known = dict(marshal.loads(kept))
            except (ValueError, EOFError, TypeError):
                self._known = {}

    def find(self, key: Key) -> Made | None:
        """Return what was made of this, if it was."""
        made = self._known.get(key)
        if made is not None:
            self._used[key] = made
        return made

    def add(self, key: Key, made: Made) -> None:
        """Remember what was made."""
        self._used[key] = made

    def keep(self) -> None:
        """Keep what was made, unless all of it was known, or this is another process that was forked."""
        if os.getpid() != self._process or self._known.keys() >= self._used.keys():
            return
        everything = self._known | self._used
        try:
            content = marshal.dumps(everything if len(everything) <= self._most else self._used)
        except ValueError:  # something that no file can hold
            return
        write_kept(self._file, content, _MOST_KEPT)
