"""Kept table: quantile tables in the user's cache, so that a short command does without SciPy and without their making.

A table is found by what it was made from: the distribution's parameters, the source that makes it, and the versions of
SciPy and NumPy. It is kept as plain numbers with their checksum; what is damaged is made anew.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.cache_home import cache_home
from agents.kept_files import hash_of_files, installed_file, read_kept, write_kept

__all__ = ["kept_table"]

#: Where tables lie in the cache.
TABLES = "tables"
#: So many are kept, of 8 kB to 100 kB each.
MOST_KEPT = 300
#: So many are written by one process: a study over thousands of personas takes nothing from other questions.
MOST_WRITTEN = 100

_written = count()


def kept_table(
    name: str, parameters: tuple[float, ...], shape: tuple[int, ...], compute: Callable[[], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return a table that was kept, or make and keep it.

    Parameters
    ----------
    name : str
        Which distribution.
    parameters : tuple of float
        Its parameters.
    shape : tuple of int
        Shape of the table.
    compute : callable
        Makes it.

    Returns
    -------
    float64 (shape)
    """
    made_by = _made_by()
    if made_by is None:
        return compute()
    asked = repr((made_by, name, [float(value).hex() for value in parameters], shape))
    place = Path(cache_home()) / TABLES / hashlib.sha256(asked.encode()).hexdigest()
    body = read_kept(place)
    if body is not None and len(body) == 8 * int(np.prod(shape)):
        return np.frombuffer(body).reshape(shape).copy()
    table = np.ascontiguousarray(compute(), np.float64)
    if next(_written) < MOST_WRITTEN:
        write_kept(place, table.tobytes(), MOST_KEPT)
    return table


@lru_cache(maxsize=1)
def _made_by() -> str | None:
    """Return a hash of what makes tables, or None where it cannot be read: versions, and the source of the tables."""
    return hash_of_files(f"{platform.machine()} {np.__version__}", _sources())


def _sources() -> Iterator[Path]:
    yield installed_file("scipy", "version.py")
    yield Path(__file__).with_name("quantiles.py")
