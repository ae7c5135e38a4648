"""Kept templates: compiled templates in the user's cache: compiling them takes as long as a small comparison runs.

A template is found by its own text, by the sources of the filters that may be applied while it is compiled, and by the
versions of Jinja and Python. It is kept with its checksum; what is damaged is compiled anew.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache

from agents.cache_home import cache_home
from agents.kept_files import hash_of_files, installed_file, read_kept, write_kept

__all__ = ["KeptTemplates"]

#: Where templates lie in the cache.
TEMPLATES = "templates"
#: So many are kept: all of some versions of the simulator.
MOST_KEPT = 300
#: Modules whose functions are filters, and Jinja's own of which any release may compile in another way.
_MODULES = ("sim.number_format", "sim.reports.labels", "jinja2.compiler", "jinja2.runtime")


class KeptTemplates(BytecodeCache):
    """Finds and keeps compiled templates; where that cannot be, they are compiled each time.

    Parameters
    ----------
    kind : str
        ``html`` or ``text``: the same template is compiled in another way where text is escaped.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def load_bytecode(self, bucket: Any) -> None:
        """Fill a bucket with what was kept, if it is whole."""
        place = self._place(bucket)
        content = None if place is None else read_kept(place)
        if content is not None:
            bucket.bytecode_from_string(content)

    def dump_bytecode(self, bucket: Any) -> None:
        """Keep what a bucket holds."""
        place = self._place(bucket)
        if place is not None:
            write_kept(place, bucket.bytecode_to_string(), MOST_KEPT)

    def _place(self, bucket: Any) -> Path | None:
        made_by = _made_by()
        if made_by is None:
            return None
        name = hashlib.sha256(f"{made_by} {self.kind} {bucket.key} {bucket.checksum}".encode()).hexdigest()
        return Path(cache_home()) / TEMPLATES / name


@lru_cache(maxsize=1)
def _made_by() -> str | None:
    """Return a hash of what compiles templates, or None where it cannot be read."""
    return hash_of_files(sys.version, _sources())


def _sources() -> Iterator[Path]:
    yield Path(__file__).with_name("document.py")
    yield from map(installed_file, _MODULES)
