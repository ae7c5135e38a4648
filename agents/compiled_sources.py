"""Compiled sources: what compiled code is made of, and the folder where it is kept, named by a hash of it all."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path

from agents.cache_home import cache_home

__all__ = ["before_compiling", "cache_folder", "is_source", "source_hash", "wanted_modules"]

#: Modules that tell Numba something, to be imported before it compiles.
_WANTED: list[str] = ["agents.reference_type", "agents.kernel_type"]

#: What a module says that compiles, or that tells Numba something.
_MARKS = (b"agents.compiled import", b"from numba")


@lru_cache(maxsize=1)
def _sources() -> list[Path]:
    """List every file that compiled code can come from: modules that compile, and all that these import."""
    root = Path(__file__).resolve().parent.parent
    files = [*(root / "agents").rglob("*.py"), *(root / "sim").rglob("*.py")]
    texts = {".".join(path.relative_to(root).with_suffix("").parts): path for path in files}
    wanted: set[str] = set()
    frontier = [name for name, path in texts.items() if any(mark in path.read_bytes() for mark in _MARKS)]
    while frontier:
        name = frontier.pop()
        if name in texts and name not in wanted:
            wanted.add(name)
            frontier += re.findall(r"^from ((?:agents|sim)[\w.]*) import", texts[name].read_text("utf-8"), re.M)
    return sorted(texts[name] for name in wanted)


@lru_cache(maxsize=1)
def _source_names() -> frozenset[str]:
    return frozenset(map(str, _sources()))


def is_source(file: str) -> bool:
    """Whether a file is one of those that compiled code can come from."""
    return os.path.realpath(file) in _source_names()


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Return a hash of every source file that compiled code can come from."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def cache_folder() -> str | None:
    """Return the folder of this version's compiled code, or None where none can be written."""
    folder = os.path.join(cache_home(), source_hash())
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def before_compiling(module: str) -> None:
    """Have a module imported before anything is compiled: it tells Numba what stands for an interpreted function."""
    _WANTED.append(module)


def wanted_modules() -> list[str]:
    """Return the modules to be imported before anything is compiled."""
    return list(_WANTED)
