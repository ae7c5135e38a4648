"""Compiled sources: what compiled code is made of, and the folder where it is kept, named by a hash of it all."""

from __future__ import annotations

import hashlib
import marshal
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from agents.cache_home import cache_home
from agents.kept_files import read_kept, write_kept

__all__ = [
    "all_sources_hash",
    "before_compiling",
    "cache_folder",
    "is_source",
    "settings_asked",
    "source_hash",
    "unwritable_home",
    "wanted_modules",
    "writable_cache_folder",
]

#: Modules that tell Numba something, to be imported before it compiles.
_WANTED: list[str] = ["agents.reference_type", "agents.kernel_type"]

#: What a module says that compiles, or that tells Numba something.
_MARKS = (b"agents.compiled import", b"from numba")
#: Begins with a letter that is looked for quickly: with the start of any line it took seven times as long.
_IMPORTED = re.compile(rb"\nfrom ((?:agents|sim)[\w.]*) import")
#: Settings of Numba that change no machine code.
_HARMLESS = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_DISABLE_JIT")
#: Where it is kept in the cache what sources were read, and of how many installations.
SOURCES, MOST_KEPT = "sources", 20
#: A file changed less than this before it was read, in nanoseconds, may change again without another stamp.
_YOUNG = 3_000_000_000


class _Sources(NamedTuple):
    """What compiled code was made of when the first module that compiles was imported."""

    stamps: dict[str, tuple[int, ...]]  # what tells by file that it is as it was read
    digest: str
    digest_of_all: str  # of every file that was looked at


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _modules(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _modules(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path


def _find_sources() -> _Sources:
    """Return what compiled code is made of: as read before where every file still has its stamp, or read now."""
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    paths = [
        path
        for folder in ("agents", "sim")
        if os.path.isdir(os.path.join(root, folder))
        for path in _modules(os.path.join(root, folder))
    ]
    place = Path(cache_home()) / SOURCES / hashlib.sha256(os.fsencode(root)).hexdigest()
    kept = read_kept(place)
    if kept is not None:
        with suppress(OSError, ValueError, EOFError, TypeError):
            stamps, wanted, *digests = marshal.loads(kept)
            if stamps == {path: _stamp(os.stat(path)) for path in paths}:
                return _Sources({path: stamps[path] for path in wanted}, *digests)
    began = time.time_ns()
    found, stamps = _read_sources(root, paths)
    if all(stamp and max(stamp[2:]) < began - _YOUNG for stamp in stamps.values()):
        write_kept(place, marshal.dumps((stamps, list(found.stamps), found.digest, found.digest_of_all)), MOST_KEPT)
    return found


def _read_sources(root: str, paths: list[str]) -> tuple[_Sources, dict[str, tuple[int, ...]]]:
    """Read every file that compiled code can come from: modules that compile, and all that these import."""
    texts: dict[str, bytes] = {}
    stamps: dict[str, tuple[int, ...]] = {}
    places = {path[len(root) + 1 : -3].replace(os.sep, "."): path for path in paths}
    for name, path in places.items():
        texts[name], stamps[path] = b"", ()
        # What cannot be read is never as it was: where it is a source, nothing is kept.
        with suppress(OSError), open(path, "rb") as file:
            # Taken first: an edit while it is read shows later.
            stamps[path] = _stamp(os.fstat(file.fileno()))
            texts[name] = file.read()
    wanted: set[str] = set()
    frontier = [name for name, text in texts.items() if any(mark in text for mark in _MARKS)]
    while frontier:
        name = frontier.pop()
        if name in texts and name not in wanted:
            wanted.add(name)
            frontier += [found.decode() for found in _IMPORTED.findall(b"\n" + texts[name])]
    digests = (_hash({name: texts[name] for name in sorted(names)}) for names in (wanted, texts))
    return _Sources({places[name]: stamps[places[name]] for name in wanted}, *digests), stamps


def _hash(texts: dict[str, bytes]) -> str:
    whole = b"".join(b"%s %d\n%s" % (name.encode(), len(text), text) for name, text in texts.items())
    return hashlib.sha256(whole).hexdigest()[:16]


#: Read now: of what is edited between this import and the first call, code must not be filed under the new hash.
_IMPORTED_FROM = _find_sources()


def is_source(file: str) -> bool:
    """Whether a file is one of those that compiled code can come from."""
    return os.path.realpath(file) in _IMPORTED_FROM.stamps


def source_hash() -> str:
    """Return a hash of every source file that compiled code can come from, as it was at import."""
    return _IMPORTED_FROM.digest


def all_sources_hash() -> str:
    """Return a hash of every module of the simulator, whether or not it is compiled, as it was at import."""
    return _IMPORTED_FROM.digest_of_all


def _is_as_imported() -> bool:
    """Whether no source was edited since: modules imported later would not be those that the hash is of."""
    try:
        return all(_stamp(os.stat(path)) == stamp for path, stamp in _IMPORTED_FROM.stamps.items())
    except OSError:
        return False


def settings_asked() -> str:
    """Return what a user asks of Numba that can change machine code; nothing where that is nothing."""
    asked = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("NUMBA_")]
    with suppress(OSError), open(".numba_config.yaml", encoding="utf-8", errors="replace") as file:
        asked.append(file.read())
    return "\n".join(item for item in asked if item.partition("=")[0] not in _HARMLESS)


def cache_folder() -> str | None:
    """Return the folder of this version's compiled code, which others may have filled and only they may write to.

    None where there is none and none can be made, or where a source was edited.
    """
    return _folder(source_hash(), settings_asked()) if _is_as_imported() else None


def writable_cache_folder() -> str | None:
    """Return the folder of this version's compiled code where this process can write to it, else None."""
    folder = cache_folder()
    return folder if folder is not None and _can_be_written(folder) else None


def unwritable_home() -> str | None:
    """Return the folder in which compiled code cannot be kept because of the folder itself; None where it can be."""
    return None if not _is_as_imported() or writable_cache_folder() is not None else cache_home()


@lru_cache
def _folder(version: str, settings: str) -> str | None:
    # Numba keeps machine code under the same name whatever was asked.
    name = f"{version}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}" if settings else version
    folder = os.path.join(cache_home(), name)
    try:
        os.makedirs(folder, exist_ok=True)
        return folder
    except OSError:
        return None


@lru_cache
def _can_be_written(folder: str) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def before_compiling(module: str) -> None:
    """Have a module imported before anything is compiled: it tells Numba what stands for an interpreted function."""
    _WANTED.append(module)


def wanted_modules() -> list[str]:
    """Return the modules to be imported before anything is compiled."""
    return list(_WANTED)
