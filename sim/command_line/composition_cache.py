"""Composition cache: configurations composed before, found again by the content of all that they were composed of.

Hydra takes longer to start and to compose than a small comparison to run. What it composed is plain data, which is
kept in the user's cache and used again while nothing has changed: not the words, not one of the files that may be
read, not the sources that bring files into their normal form, not the versions of Hydra, OmegaConf and PyYAML. A word
that gives a number may give another one of the same type, and one that names a user's file or a folder for results may
name another, which is laid over what was kept, where Hydra put the first one. What is kept is read as JSON, which can
hold no code, and is checked like anything that Hydra composes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
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
#: A word that gives a number to a key, written as every reader of YAML and Hydra's grammar understand it.
_NUMBER = re.compile(r"(\+{0,2}([A-Za-z][\w.]*)=)(-?(?:0|[1-9][0-9]*)(\.[0-9]+)?)", re.ASCII)
#: A word that names a file of events or of purchases, or a folder for results, in signs that stand for themselves: a
#: path has a letter and a slash, or a letter and then an ending of letters, so that nobody takes it for a number.
_PLACE = re.compile(r"((?:log|data|output_dir)=)(?=.*[A-Za-z])(?=.*/|.*[A-Za-z].*\.[A-Za-z]{2})([\w./-]+)", re.ASCII)


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
    digest = hashlib.sha256(repr((verb, [_shape(word) for word in words], folder, sys.version_info[:2])).encode())
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


def find(key: str, words: Sequence[str]) -> Mapping[str, Any] | None:
    """Return what was composed under a key, with the numbers and places of these words, or None.

    Parameters
    ----------
    key : str
        See :func:`composition_key`.
    words : sequence of str
        The words it was made of.
    """
    try:
        kept = read_kept(_place(key))
        if kept is None:
            return None
        record = json.loads(kept)
        data = record["composed"]
        for path, (_, value) in zip(record["values"], _values(words), strict=True):
            _parent(data, path)[path[-1]] = value
    except (ValueError, RecursionError, LookupError, TypeError):
        return None
    return data if isinstance(data, dict) else None


def keep(key: str, overrides: Sequence[str], data: Mapping[str, Any]) -> None:
    """Keep what was composed under a key; where that cannot be, it is composed again next time.

    Parameters
    ----------
    key : str
        See :func:`composition_key`.
    overrides : sequence of str
        What Hydra was given, every key whole. Where a number or a place of theirs is not in the data, nothing is kept.
    data : mapping
        Plain data. What JSON would give back in another form is not kept.
    """
    with suppress(ValueError, TypeError, LookupError):
        values = list(_values(overrides))
        record = {"values": [path for path, _ in values], "composed": data}
        text = json.dumps(record)
        found = all(_same(_parent(data, path)[path[-1]], value) for path, value in values)
        if found and _same(json.loads(text), record):
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


def _shape(word: str) -> str:
    """Return a word as it counts for the key: of a number only that it is whole, or that it is not, and no path."""
    # No word of a command line holds a null character, so none is taken for a shape.
    if (given := _NUMBER.fullmatch(word)) is not None:
        return f"{given[1]}\0{'whole' if given[4] is None else 'decimal'}"
    place = _PLACE.fullmatch(word)
    return word if place is None else f"{place[1]}\0path"


def _values(words: Sequence[str]) -> Iterator[tuple[list[str], int | float | str]]:
    """Yield the path of each key that is given a number or names a place, and that."""
    for word in words:
        if (given := _NUMBER.fullmatch(word)) is not None:
            yield given[2].split("."), int(given[3]) if given[4] is None else float(given[3])
        elif (place := _PLACE.fullmatch(word)) is not None:
            yield [place[1].removesuffix("=")], place[2]


def _parent(data: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return the mapping that holds the last key of a path; raises LookupError or TypeError where there is none."""
    for name in path[:-1]:
        data = data[name]
    if not isinstance(data, Mapping) or path[-1] not in data:
        raise LookupError
    return data


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
