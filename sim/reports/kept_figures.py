"""Kept figures: what was drawn, in the user's cache: the same comparison or map is not drawn a second time.

Figures are found by the content of what they show, by every source of the simulator, and by the version of
matplotlib. They are kept with their checksum; what is damaged is drawn anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from agents.cache_home import cache_home
from agents.compiled_sources import all_sources_hash
from agents.kept_files import hash_of_files, installed_file, read_kept, write_kept
from sim.reports.picture import Picture

__all__ = ["figures_key", "find_figures", "keep_figures"]

#: Where figures lie in the cache.
FIGURES = "figures"
#: So many files are kept, three for each comparison, of about a megabyte together.
MOST_KEPT = 90
#: Files of packages that say which version draws.
_VERSIONS = (("matplotlib", "_version.py"), ("numpy", "version.py"))


def figures_key(content: bytes) -> str | None:
    """Return the key of what is drawn of some content, or None where it is to be drawn in any case.

    Parameters
    ----------
    content : bytes
        A result as it is handed to those who draw, without what it says of clocks.
    """
    made_by = _made_by()
    return None if made_by is None else hashlib.sha256(made_by.encode() + content).hexdigest()


def find_figures(key: str) -> dict[int, Any] | None:
    """Return what was drawn, by number, or None.

    Parameters
    ----------
    key : str
        See :func:`figures_key`.
    """
    body = read_kept(_file(key))
    if body is None:
        return None
    try:
        return {int(number): _read(said) for number, said in json.loads(body).items()}
    except (ValueError, TypeError, AttributeError):
        return None


def keep_figures(key: str, figures: Mapping[int, Any]) -> None:
    """Keep what was drawn; where that cannot be, it is drawn again next time.

    Parameters
    ----------
    key : str
        See :func:`figures_key`.
    figures : mapping
        By number: a PNG as bytes, a picture whose figure is SVG, the SVG alone, a whole number, or None.
    """
    body = json.dumps({str(number): _said(figure) for number, figure in figures.items()}).encode()
    write_kept(_file(key), body, MOST_KEPT)


def _said(figure: Any) -> Any:
    return {"png": base64.b64encode(figure).decode()} if isinstance(figure, bytes) else figure


def _read(said: Any) -> Any:
    if isinstance(said, dict):
        return base64.b64decode(said["png"])
    return Picture(*said) if isinstance(said, list) else said


def _file(key: str) -> Path:
    return Path(cache_home()) / FIGURES / key


@lru_cache(maxsize=1)
def _made_by() -> str | None:
    """Return a hash of what draws, or None where it cannot be read."""
    machine = os.uname().machine if hasattr(os, "uname") else ""
    with suppress(OSError):
        return hash_of_files(
            f"{sys.version} {machine} {all_sources_hash()}", [installed_file(*version) for version in _VERSIONS]
        )
    return None
