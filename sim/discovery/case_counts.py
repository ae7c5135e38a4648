"""Case counts: a number for each case and column, mostly none. SciPy's sparse matrices do it too, and load slowly."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import rows_of

__all__ = ["CaseCounts", "counted"]

#: Cells up to which all are added up at once; of more those that are there are sorted.
_MOST_CELLS = 8_000_000
#: So many counts are added up in compiled code, which takes some hundredths of a second to load; the bits are the same.
_MANY = 5_000


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """Counts of cases that are not zero, case by case, by column in each.

    Attributes
    ----------
    first : int64 (cases + 1,)
        Where the counts of each case begin.
    column : int64 (n,)
    number : float64 (n,)
    width : int
        Columns.
    case : int64 (n,)
        Of each count.
    """

    first: NDArray[np.int64]
    column: NDArray[np.int64]
    number: NDArray[np.float64]
    width: int
    case: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "case", np.repeat(np.arange(self.cases), np.diff(self.first)))

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return self.first.size - 1

    def of(self, chosen: NDArray[np.int64]) -> CaseCounts:
        """Return the counts of some cases, in the order given."""
        first, rows = rows_of(self.first[:-1][chosen], np.diff(self.first)[chosen])
        return CaseCounts(first, self.column[rows], self.number[rows], self.width)

    def by_case(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of each case's counts times weights (kinds, columns): (kinds, cases)."""
        if self.number.size >= _MANY:
            from sim.discovery.count_sums import add_by_case

            found = np.empty((len(weights), self.cases))
            add_by_case(self.first, self.column, self.number, np.ascontiguousarray(weights), found)
            return found
        return np.stack(
            [np.bincount(self.case, self.number * weight[self.column], minlength=self.cases) for weight in weights]
        )

    def by_column(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of each column's counts times weights (kinds, cases): (kinds, columns)."""
        if self.number.size >= _MANY:
            from sim.discovery.count_sums import add_by_column

            found = np.zeros((len(weights), self.width))
            add_by_column(self.first, self.column, self.number, np.ascontiguousarray(weights), found)
            return found
        return np.stack(
            [np.bincount(self.column, self.number * weight[self.case], minlength=self.width) for weight in weights]
        )

    def total(self) -> NDArray[np.float64]:
        """Return the sum of each column: (columns,)."""
        return np.bincount(self.column, self.number, minlength=self.width).astype(np.float64)

    def table(self) -> NDArray[np.float64]:
        """Return a row for each case: (cases, columns)."""
        found = np.zeros((self.cases, self.width))
        found[self.case, self.column] = self.number
        return found


def counted(
    case: NDArray[np.integer],
    column: NDArray[np.integer],
    number: NDArray[np.float64] | None,
    shape: tuple[int, int],
) -> CaseCounts:
    """Add numbers up by case and column.

    Parameters
    ----------
    case, column : int (n,)
    number : float64 (n,), optional
        One each.
    shape : (int, int)
        Cases and columns.

    Returns
    -------
    CaseCounts
        Without those that add up to zero.

    Examples
    --------
    >>> counts = counted(np.array([1, 0, 1]), np.array([2, 0, 2]), np.array([1.0, 1.0, 0.5]), (2, 3))
    >>> counts.table().tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.5]]
    """
    cases, width = shape
    cell = case.astype(np.int64) * width + column
    if cases * width <= _MOST_CELLS:
        total = np.bincount(cell, number, minlength=cases * width)
        cells = np.flatnonzero(total)
        total = total[cells]
    else:
        cells, at = np.unique(cell, return_inverse=True)
        total = np.bincount(at, number, minlength=cells.size)
        cells, total = cells[total != 0.0], total[total != 0.0]
    first = np.searchsorted(cells, np.arange(cases + 1) * width)
    return CaseCounts(first, cells - cells // max(width, 1) * width, total.astype(np.float64), width)
