"""Version: which model made a number. Two versions are told apart by a hash of every source that decides a number."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

__all__ = ["model_version"]

#: Where numbers come from: the engine that lives them and what measures them.
_ROOTS: tuple[str, ...] = (
    "sim.engine.replicate",
    "sim.analysis.metrics",
    "sim.analysis.category",
    "sim.analysis.spending",
)
_IMPORT = re.compile(r"\nfrom ((?:agents|sim)[\w.]*) import")


@lru_cache(maxsize=1)
def model_version() -> str:
    """Return the hash of all sources that decide a number of a run, sixteen hexadecimal digits.

    Everything that the engine and the measures import, all the way. What only reads configurations, draws or prints is
    no part of it: a run is keyed by its resolved configuration, whoever resolved it.

    Examples
    --------
    >>> len(model_version())
    16
    """
    root = Path(__file__).resolve().parents[2]
    wanted: dict[str, bytes] = {}
    frontier = list(_ROOTS)
    while frontier:
        name = frontier.pop()
        path = root.joinpath(*name.split(".")).with_suffix(".py")
        if name in wanted or not path.is_file():
            continue
        wanted[name] = path.read_bytes()
        frontier += _IMPORT.findall("\n" + wanted[name].decode("utf-8"))
    digest = hashlib.sha256()
    for name, content in sorted(wanted.items()):
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
