"""Count sums: counts of cases times weights, added up by case or by column, in the order in which they stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import loop

__all__ = ["add_by_case", "add_by_column"]


@loop
def add_by_case(
    first: NDArray[np.int64],
    column: NDArray[np.int64],
    number: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Add up the counts of each case times weights.

    Parameters
    ----------
    first : int64 (cases + 1,)
        Where the counts of each case begin.
    column : int64 (n,)
    number : float64 (n,)
    weights : float64 (kinds, columns)
    out : float64 (kinds, cases)
        Is filled.
    """
    for kind in range(weights.shape[0]):
        for case in range(first.size - 1):
            total = 0.0
            for at in range(first[case], first[case + 1]):
                total += number[at] * weights[kind, column[at]]
            out[kind, case] = total


@loop
def add_by_column(
    first: NDArray[np.int64],
    column: NDArray[np.int64],
    number: NDArray[np.float64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Add up the counts of each column times weights.

    Parameters
    ----------
    first : int64 (cases + 1,)
        Where the counts of each case begin.
    column : int64 (n,)
    number : float64 (n,)
    weights : float64 (kinds, cases)
    out : float64 (kinds, columns)
        Is added to.
    """
    for kind in range(weights.shape[0]):
        for case in range(first.size - 1):
            weight = weights[kind, case]
            for at in range(first[case], first[case + 1]):
                out[kind, column[at]] += number[at] * weight
