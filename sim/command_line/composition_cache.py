"""Composition cache: configurations composed before, found again by the content of all that they were composed of.

Hydra takes longer to start and to compose than a small comparison to run. What it composed is plain data, which is
kept in the user's cache and used again while nothing has changed: not the words, not one of the files that may be read,
not the sources that bring files into their normal form, not the versions of Hydra, OmegaConf and PyYAML. It is read as
JSON, which can hold no code, and is checked like anything that Hydra composes.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from agents.cache_home import cache_home
from agents.kept_files import installed_file, read_kept, write_kept
from configs import FOLDER
from sim.scenario.config_path import GROUPS, PATTERN
from sim.scenario.yaml_reader import LARGEST_FILE

__all__ = ["composition_key", "find", "keep", "user_folder"]

#: Where compositions lie in the cache.
COMPOSED = "composed"
#: So many are kept; a command line changes more often than it comes back.
MOST_KEPT = 200
#: Folders and files of the simulator on which it depends how a file is read.
_SOURCES = ("agents", "configs", "sim/command_line", "sim/scenario", "sim/verbs/__init__.py")
#: Packages that compose, and the file of each that says its version.
_PACKAGES = (("hydra", "__init__.py"), ("omegaconf", "version.py"), ("yaml", "__init__.py"))
#: Options that say which files are read; with any other one something else is asked than to run.
_OPTIONS = ("--config-dir", "--config-name")


def composition_key(verb: str, words: Sequence[str]) -> str | None:
    """Return the hash of all that a configuration is composed of, or None where it is to be composed in any case.

    Parameters
    ----------
    verb : str
        Name of the verb.
    words : sequence of str
        Overrides and options, as :func:`sim.command_line.arguments.translate` returns them.

    Returns
    -------
    str or None
    """
    folder = user_folder(words)
    if folder is None or any("${" in word for word in words):
        return None
    digest = hashlib.sha256(repr((verb, list(words), folder, sys.version_info[:2])).encode())
    try:
        files = [*_own_files(), *(_user_files(Path(folder)) if folder else ())]
        for path in files:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE:
                return None
            target = os.path.realpath(path) if path.is_symlink() else ""
            digest.update(f"{path}\0{target}\0".encode(errors="surrogateescape"))
            digest.update(path.read_bytes())
            digest.update(b"\0")
    except (OSError, ValueError):
        return None
    return digest.hexdigest()


def find(key: str) -> Mapping[str, Any] | None:
    """Return what was composed under a key, or None.

    Parameters
    ----------
    key : str
        See :func:`composition_key`.
    """
    try:
        kept = read_kept(_place(key))
        data = None if kept is None else json.loads(kept)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def keep(key: str, data: Mapping[str, Any]) -> None:
    """Keep what was composed under a key; where that cannot be, it is composed again next time.

    Parameters
    ----------
    key : str
        See :func:`composition_key`.
    data : mapping
        Plain data. What JSON would give back in another form is not kept.
    """
    with suppress(ValueError, TypeError):
        text = json.dumps(data)
        if _same(json.loads(text), data):
            write_kept(_place(key), text.encode(), MOST_KEPT)


def user_folder(words: Sequence[str]) -> str | None:
    """Return the user's folder, empty where there is none, or None where an option asks for something else.

    Examples
    --------
    >>> user_folder(["seed=2", "--config-dir", "/mine"])
    '/mine'
    >>> user_folder(["--cfg", "job"]) is None
    True
    """
    folder, position = "", 0
    while position < len(words):
        word = words[position]
        if word in _OPTIONS and position + 1 < len(words):
            position += 1
            folder = os.path.abspath(os.path.expanduser(words[position])) if word == "--config-dir" else folder
        elif word.startswith("-"):
            return None
        position += 1
    return folder


def _own_files() -> Iterator[Path]:
    """Yield every file of the simulator, and of what it composes with, on which a composition depends."""
    yield from sorted(FOLDER.rglob("*.yaml"))
    for name in _SOURCES:
        place = FOLDER.parent / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]
    for package, file in _PACKAGES:
        yield installed_file(package, file)


def _user_files(folder: Path) -> Iterator[Path]:
    """Yield every file of a user's folder that may be read; one in another place is not looked for."""
    for place in (folder, *(folder / group for group in (*GROUPS, PATTERN))):
        if place.is_dir():
            yield from sorted(path for path in place.iterdir() if path.suffix == ".yaml")


def _place(key: str) -> Path:
    return Path(cache_home()) / COMPOSED / f"{key}.json"


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal in type too, all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
