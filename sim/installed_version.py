"""Installed version: which version of a package is installed, read off the name of the folder that says so.

The standard library's `importlib.metadata` reads the whole of what a package says of itself as a letter, for which it
loads what reads mail: a fiftieth of a small comparison.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

__all__ = ["installed_version"]

_ENDING = ".dist-info"


def installed_version(package: str) -> str | None:
    """Return the version of an installed distribution, or None where it is not installed.

    Parameters
    ----------
    package : str
        Its name.

    Examples
    --------
    >>> installed_version("no-such-package") is None
    True
    """
    wanted = _plain(package)
    for place in sys.path:
        for name, found in _installed_in(place or os.curdir):
            if name == wanted:
                return found
    from importlib.metadata import PackageNotFoundError, version  # of those that older installers have left

    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def _installed_in(place: str) -> tuple[tuple[str, str], ...]:
    return tuple(_folders(place))


def _folders(place: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of each distribution that says so in a folder: `NAME-VERSION.dist-info`."""
    with suppress(OSError):
        for entry in os.listdir(place):
            name, _, version = entry.removesuffix(_ENDING).rpartition("-")
            if entry.endswith(_ENDING) and name:
                yield _plain(name), version


def _plain(name: str) -> str:
    """Return the name under which names that differ in case, hyphens and points alone are the same (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
