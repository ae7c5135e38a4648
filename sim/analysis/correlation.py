"""Correlation: of many pairs of series at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["correlations"]


def correlations(
    one: NDArray[np.float64], other: NDArray[np.float64], known: NDArray[np.bool_], both_vary: NDArray[np.bool_]
) -> list[float | None]:
    """Return the correlations of the columns of two arrays, each as np.corrcoef gives it, to the bit.

    Parameters
    ----------
    one, other : float64 (R, n)
        One row per replicate.
    known : bool (R, n)
        Which of them are told.
    both_vary : bool (n,)
        Columns of which both vary.

    Returns
    -------
    list of float or None (n,)
        None where not both vary.

    Examples
    --------
    >>> falling, rising = np.array([[3.0], [2.0], [1.0]]), np.array([[1.0], [2.0], [4.0]])
    >>> [round(each, 3) for each in correlations(falling, rising, np.ones((3, 1), bool), np.array([True]))]
    [-0.982]
    """
    found: list[float | None] = [None] * both_vary.size
    whole = known.all(axis=0) & both_vary
    at_once = np.flatnonzero(whole)
    for column, correlation in zip(at_once.tolist(), _correlated(one[:, at_once], other[:, at_once]), strict=True):
        found[column] = correlation
    for column in np.flatnonzero(both_vary & ~whole).tolist():
        rows = known[:, column]
        found[column] = _correlated(one[rows, column, None], other[rows, column, None])[0]
    return found


def _correlated(one: NDArray[np.float64], other: NDArray[np.float64]) -> list[float]:
    """Return what np.corrcoef does, to the bit, for each pair of columns that vary (R, n)."""
    both = np.ascontiguousarray(np.stack([one.T, other.T], axis=1))
    count = both.shape[2]
    both -= (np.add.reduce(both, axis=2) / count)[:, :, None]
    covariance = np.matmul(both, both.transpose(0, 2, 1)) * np.true_divide(1, max(count - 1, 1))
    error = np.sqrt(covariance.diagonal(axis1=1, axis2=2))
    found = covariance[:, 0, 1] / error[:, 0] / error[:, 1]
    return [min(max(each, -1.0), 1.0) for each in found.tolist()]
