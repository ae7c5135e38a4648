"""Where a difference between two arms changes its sign, with an interval: a mean curve and its band, inverted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.paired import Estimate, Uncertainty
from sim.analysis.sampling import INDEPENDENT, Sampling

__all__ = ["crossing"]


def crossing(grid: NDArray[np.float64], curves: NDArray[np.float64], sampling: Sampling = INDEPENDENT) -> Estimate:
    """Return where a rising mean curve crosses zero, and where the edges of its band do.

    Parameters
    ----------
    grid : float64 (G,)
        Increasing values of the factor.
    curves : float64 (R, G)
        The difference at each of them, one row per replicate; replicates share their random numbers along the grid.
    sampling : Sampling
        How the replicates were drawn.

    Returns
    -------
    Estimate
        The last place where the mean curve rises through zero; its interval is where the edges of the pointwise 95 %
        t band of the mean do, or the end of the grid where one does not (Fieller 1954 is the same for a line).
        Undefined where the mean curve does not rise through zero; no interval from one replicate.

    Examples
    --------
    >>> curves = np.array([[-1.0, 0.9, 2.9], [-1.0, 1.1, 3.1]])
    >>> round(crossing(np.array([0.0, 1.0, 2.0]), curves).mean, 3)
    0.5
    """
    spreads = [Uncertainty.of(column, sampling) for column in curves.T]
    mean = np.array([spread.mean for spread in spreads], dtype=np.float64)
    at = _rises_through_zero(grid, mean)
    if at is None:
        return Estimate(None, None, None)
    if any(spread.below is None for spread in spreads):
        return Estimate(at, None, None)
    half = np.array([spread.below for spread in spreads])
    low, high = _rises_through_zero(grid, mean + half), _rises_through_zero(grid, mean - half)
    low = low if low is not None else float(grid[0])
    high = high if high is not None else float(grid[-1])
    return Estimate(at, min(low, at), max(high, at))


def _rises_through_zero(grid: NDArray[np.float64], curve: NDArray[np.float64]) -> float | None:
    """Return the last place at which a piecewise linear curve rises from below zero to zero or above."""
    rises = np.flatnonzero((curve[:-1] < 0.0) & (curve[1:] >= 0.0))
    if rises.size == 0:
        return None
    left = int(rises[-1])
    below, above = curve[left], curve[left + 1]
    return float(grid[left] + (grid[left + 1] - grid[left]) * -below / (above - below))
