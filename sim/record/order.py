"""Order: rows sorted by a number, those alike as they stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import loop

__all__ = ["distinct", "stable_order"]

#: Whole numbers up to so many times as many as there are rows are told apart by counting them.
_DENSE = 4


def stable_order(number: NDArray[np.int64], largest: int) -> NDArray[np.int64]:
    """Return the order by a number: digit by digit where it has 16 bits, else by counting, or by comparing.

    Parameters
    ----------
    number : int64 (n,)
        From 0.
    largest : int
        None is larger.

    Returns
    -------
    int64 (n,)

    Examples
    --------
    >>> stable_order(np.array([1, 0, 1]), 1).tolist(), stable_order(np.array([70_000, 0]), 70_000).tolist()
    ([1, 0, 2], [1, 0])
    """
    if largest <= np.iinfo(np.uint16).max or largest > _DENSE * number.size:
        return np.argsort(number.astype(np.uint16) if largest <= np.iinfo(np.uint16).max else number, kind="stable")
    places, order = np.cumsum(np.bincount(number, minlength=largest + 1)), np.empty(number.size, np.int64)
    _place_by_number(number.astype(np.int64, copy=False), places, order)
    return order


@loop
def _place_by_number(number: NDArray[np.int64], ends: NDArray[np.int64], order: NDArray[np.int64]) -> None:
    """Write down each row at the end of those of its number that have no place yet, the last row first.

    Parameters
    ----------
    number : int64 (n,)
    ends : int64 (numbers,)
        Behind the rows of each number in the order; where these begin, when all have a place.
    order : int64 (n,)
        Written to.
    """
    for row in range(number.size - 1, -1, -1):
        place = ends[number[row]] - 1
        ends[number[row]] = place
        order[place] = row


def distinct(number: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different numbers, rising, and the place of each row's among them, as `np.unique` does by sorting.

    Parameters
    ----------
    number : int64 (n,)
        From 0.

    Returns
    -------
    int64 (different,), int64 (n,)

    Examples
    --------
    >>> values, place = distinct(np.array([7, 2, 7]))
    >>> values.tolist(), place.tolist()
    ([2, 7], [1, 0, 1])
    """
    if not number.size or number.max() > max(_DENSE * number.size, 1000):
        values, place = np.unique(number, return_inverse=True)
        return values, place
    seen = np.zeros(int(number.max()) + 1, bool)
    seen[number] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[number]
