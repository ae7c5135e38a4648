"""Subtotals: rows that add up those before them, as reports have them, whatever they are called."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["rows_that_add_up"]

#: Fewer such rows may be chance.
_FEWEST = 3
#: Rows to one of them, itself counted: where each repeats the one before it, all cost the same.
_ROWS_TO_ONE = 3


def rows_that_add_up(amounts: NDArray[np.int64], customers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the rows that add up those since the last such row, if all rows of a file are in such groups.

    Parameters
    ----------
    amounts : int64 (n,)
        In the order of the file.
    customers : uint64 (n,)
        Whom each row names: a subtotal names nobody who buys.

    Returns
    -------
    int64 (k,)
        None, where the rows are no groups with their sums. A last row with the sum of all sums is one of them.

    Examples
    --------
    >>> amounts, customers = np.array([3, 4, 7, 2, 9, 11, 5, 1, 6]), np.array([1, 2, 8, 1, 3, 8, 2, 2, 8], np.uint64)
    >>> rows_that_add_up(amounts, customers).tolist(), rows_that_add_up(amounts[:-1], customers[:-1]).tolist()
    ([2, 5, 8], [])
    """
    rows = amounts.size
    if rows < _FEWEST * _ROWS_TO_ONE or amounts.min() <= 0:
        return np.zeros(0, np.int64)
    until = np.concatenate([[0], np.cumsum(amounts)])
    # Behind groups and their sums may stand the sum of all: half of what is before it.
    grand = 2 * amounts[-1] == until[rows - 1]
    last = rows - 1 - int(grand)
    # A sum at a row begins behind the row up to which all is less by it than up to the row itself.
    wanted = until[: last + 1] - amounts[: last + 1]
    begins = np.searchsorted(until, wanted)
    found = []
    row = last
    while row >= 0 and until[begins[row]] == wanted[row] and begins[row] < row:
        found.append(row)
        row = int(begins[row]) - 1
    sums = np.array(found[::-1] + ([rows - 1] if grand else []), np.int64)
    others = np.delete(customers, sums)
    if row >= 0 or len(found) < _FEWEST or rows < _ROWS_TO_ONE * len(found):
        return np.zeros(0, np.int64)
    return np.zeros(0, np.int64) if np.isin(customers[sums], others).any() else sums
