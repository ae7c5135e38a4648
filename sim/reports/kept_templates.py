"""Kept templates: compiled templates in the user's cache: compiling them takes as long as a small comparison runs.

A template is found by its own text, by the sources of the filters that may be applied while it is compiled, and by the
versions of Jinja and Python. It is kept with its checksum; what is damaged is compiled anew.
"""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache

from agents.cache_home import cache_home
from sim.execution.partial_name import partial_name

__all__ = ["KeptTemplates"]

#: Where templates lie in the cache.
TEMPLATES = "templates"
#: So many are kept: all of some versions of the simulator.
MOST_KEPT = 300
_SUM = 32
#: Modules whose functions are filters, and Jinja's own of which any release may compile in another way.
_SOURCES = ("sim.number_format", "sim.reports.labels", "jinja2.compiler", "jinja2.runtime")


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
        with suppress(OSError):
            raw = b"" if place is None else place.read_bytes()
            if raw[:_SUM] == hashlib.sha256(raw[_SUM:]).digest():
                bucket.bytecode_from_string(raw[_SUM:])

    def dump_bytecode(self, bucket: Any) -> None:
        """Keep what a bucket holds."""
        place = self._place(bucket)
        if place is None:
            return
        content = bucket.bytecode_to_string()
        partial = place.with_name(partial_name(place.name))
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                partial.write_bytes(hashlib.sha256(content).digest() + content)
                partial.replace(place)
            finally:
                partial.unlink(missing_ok=True)
            for old in sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-MOST_KEPT]:
                old.unlink(missing_ok=True)

    def _place(self, bucket: Any) -> Path | None:
        made_by = _made_by()
        if made_by is None:
            return None
        name = hashlib.sha256(f"{made_by} {self.kind} {bucket.key} {bucket.checksum}".encode()).hexdigest()
        return Path(cache_home()) / TEMPLATES / name


@lru_cache(maxsize=1)
def _made_by() -> str | None:
    """Return a hash of what compiles templates, or None where it cannot be read."""
    digest = hashlib.sha256(sys.version.encode())
    try:
        digest.update(Path(__file__).with_name("document.py").read_bytes())
        for name in _SOURCES:
            found = find_spec(name)
            if found is None or found.origin is None:
                return None
            digest.update(Path(found.origin).read_bytes())
    except (OSError, ValueError):
        return None
    return digest.hexdigest()
