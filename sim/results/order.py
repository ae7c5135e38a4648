"""Order: which result is the newest, also where the machine's clock was put back in between."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sim.results.manifest import MANIFEST, read_manifest
from sim.scenario.errors import ConfigError

__all__ = ["order_of", "order_after"]


def order_of(manifest: Mapping[str, Any]) -> str:
    """Return what results are sorted by: when the run began, or what was recorded where the clock had gone back.

    Examples
    --------
    >>> order_of({"started": "2026-11-28T10:00:00+00:00"})
    '2026-11-28T10:00:00+00:00'
    """
    return str(manifest.get("order") or manifest.get("started") or "")


def order_after(output_dir: Path, started: str) -> str:
    """Return the order of a new result, or nothing where its own start says it: no result that is there is later.

    Parameters
    ----------
    output_dir : Path
        Folder of all results.
    started : str
        When the new run began, ISO 8601.

    Returns
    -------
    str
    """
    now = f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    newest = ""
    for folder in output_dir.glob("[!.]*/[!.]*"):
        # Names begin with the local time: only of those that are later than now is the manifest read.
        if folder.name[: len(now)] > now and not folder.is_symlink() and (folder / MANIFEST).exists():
            with suppress(ConfigError):
                newest = max(newest, order_of(read_manifest(folder)))
    if newest <= started:
        return ""
    time, _, place = newest.partition(" ")
    return f"{time} {int(place) + 1 if place.isdecimal() else 1:06}"
