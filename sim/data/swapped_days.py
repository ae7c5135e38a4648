"""Swapped days: dates up to the 12th whose day and month a program exchanged, told by the order of the rows."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

__all__ = ["rows_with_swapped_days"]

#: Fewer dates tell nothing.
_FEWEST = 10
#: Rows in order of time go through all of it once, a few strays more; so many times as far where days are exchanged.
_STRAYS, _FARTHER = 3.0, 4.0
_LAST_MONTH = 12


def rows_with_swapped_days(days: NDArray[np.int64], code: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows whose day and month were exchanged, where only that explains that rows are out of order.

    A spreadsheet that expects the month first turns the 5th of January into the 1st of May and leaves the 15th as it
    is. In a table that was in order of time all dates behind the 12th still are, and the
    others are once exchanged back.

    Parameters
    ----------
    days : int64 (k,)
        The different days as ordinals, 0 for none.
    code : int32 (n,)
        Which of them each row has, below 0 for none.

    Returns
    -------
    int64 (m,)
        Empty where nothing of the kind is told.

    Examples
    --------
    >>> right = [date(2023, 1, 1).toordinal() + number for number in range(365)]
    >>> found = [date.fromordinal(day) for day in right]
    >>> wrong = [day if day.day > 12 else date(day.year, day.day, day.month) for day in found]
    >>> rows = np.arange(365, dtype=np.int32)
    >>> swapped = rows_with_swapped_days(np.array([day.toordinal() for day in wrong]), rows)
    >>> swapped.size, rows_with_swapped_days(np.array(right), rows).size
    (132, 0)
    """
    none = np.zeros(0, np.int64)
    if not days.size:
        return none
    rows = np.flatnonzero((code >= 0) & (days[code] > 0))
    of_row = days[code[rows]]
    exchanged = np.array([_exchanged(int(day)) for day in days], np.int64)[code[rows]]
    changed = (exchanged != of_row) & (exchanged != 0)
    certain, mended = of_row[exchanged == 0], np.where(exchanged == 0, of_row, exchanged)
    if min(np.count_nonzero(changed), certain.size) < _FEWEST:
        return none
    in_order = all(_way(some) <= _STRAYS * np.ptp(some) for some in (certain, mended))
    return rows[changed] if in_order and _way(of_row) >= _FARTHER * _way(mended) else none


def _way(days: NDArray[np.int64]) -> int:
    """Return how many days the rows go back and forth."""
    return int(np.abs(np.diff(days)).sum())


def _exchanged(day: int) -> int:
    """Return a day with its day and month exchanged, 0 where there is no such day."""
    found = date.fromordinal(day) if day > 0 else None
    if found is None or found.day > _LAST_MONTH:
        return 0
    return date(found.year, found.day, found.month).toordinal()
