"""Bands: weekly quantities by period, with the 95 % interval of their mean over replicates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.paired import estimate, plain_ends
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shape import ANYTHING, Shape

__all__ = ["Band", "CashDoubt", "band_of", "bands_of", "period_middles", "periods", "ratio"]

#: At most this many points make a line: single weeks of a brand have few purchases, and their noise hides the course.
POINTS = 40


class Band(NamedTuple):
    """Mean over replicates and its 95 % interval, by point; without an interval from one replicate."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None


def band_of(
    values: NDArray[np.float64],
    sampling: Sampling = INDEPENDENT,
    shape: Shape = ANYTHING,
    shifts: NDArray[np.float64] | None = None,
    beside: NDArray[np.float64] | None = None,
) -> Band:
    """Return mean and 95 % interval over replicates, the same as a table's.

    Parameters
    ----------
    values : float64 (replicates, points)
        NaN where undefined, as a share of no purchases is.
    sampling : Sampling
        How the replicates were drawn.
    shape : Shape
        What the quantity can be.
    shifts : float64 (J, points), optional
        As for :func:`sim.analysis.paired.estimate`, of every point.
    beside : float64 (replicates, points), optional
        As for :func:`sim.analysis.paired.estimate`.

    Returns
    -------
    Band

    Examples
    --------
    >>> band_of(np.array([[1.0, 2.0], [3.0, 2.0]])).mean.tolist()
    [2.0, 2.0]
    """
    if shifts is None and sampling.is_plain(values.shape[0]):
        mean, low, high = plain_ends(values, shape)
        return Band(mean, None, None) if values.shape[0] < 2 else Band(mean, low, high)
    moved = [None] * values.shape[1] if shifts is None else list(shifts.T)
    others = [None] * values.shape[1] if beside is None else list(beside.T)
    found = [
        estimate(column, sampling, shape, shift, other)
        for column, shift, other in zip(values.T, moved, others, strict=True)
    ]
    mean, low, high = (
        np.array([np.nan if end is None else end for end in ends], dtype=np.float64)
        for ends in zip(*((one.mean, one.ci_low, one.ci_high) for one in found), strict=True)
    )
    return Band(mean, None, None) if values.shape[0] < 2 else Band(mean, low, high)


class CashDoubt(NamedTuple):
    """What bands of cumulative cash cover: how replicates were drawn, and by arm the shifts of each week (J, weeks)."""

    sampling: Sampling = INDEPENDENT
    shifts: Mapping[str, NDArray[np.float64]] = MappingProxyType({})

    def band(self, arm: str, total: NDArray[np.float64], weeks: NDArray[np.int64]) -> Band:
        """Return the band of an arm's cumulative cash in some weeks.

        Parameters
        ----------
        arm : str
        total : float64 (replicates, all weeks)
            Cumulative cash minus the baseline's.
        weeks : int64 (points,)
            Those wanted.

        Returns
        -------
        Band
        """
        shifts = self.shifts.get(arm)
        return band_of(total[:, weeks], self.sampling.of(arm), shifts=None if shifts is None else shifts[:, weeks])


def bands_of(
    series: Mapping[str, NDArray[np.float64]], sampling: Sampling = INDEPENDENT, shape: Shape = ANYTHING
) -> dict[str, Band]:
    """Return the band of every arm, each with its company's luck taken out as a table has it.

    Parameters
    ----------
    series : mapping
        Arm -> (replicates, points), with the baseline or, where they are differences from it, without.
    sampling, shape
        As for :func:`band_of`.

    Returns
    -------
    dict
    """
    return {
        arm: band_of(values, sampling.of(arm), shape, beside=sampling.beside(arm, series))
        for arm, values in series.items()
    }


def periods(weeks: int) -> NDArray[np.int64]:
    """Return the first week of each period of equal length into which a horizon is cut for drawing.

    Examples
    --------
    >>> periods(10).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    >>> len(periods(260))
    37
    """
    length = max(1, -(-weeks // POINTS))
    starts = np.arange(0, weeks, length, dtype=np.int64)
    # A short remainder would be noisier than the rest: it joins the last whole period.
    return starts[:-1] if starts.size > 1 and weeks - starts[-1] < 0.6 * length else starts


def period_middles(weeks: int) -> NDArray[np.float64]:
    """Return the middle of each period of a horizon, in weeks.

    Examples
    --------
    >>> period_middles(3).tolist()
    [0.0, 1.0, 2.0]
    """
    starts = periods(weeks)
    return np.asarray((starts + np.r_[starts[1:], weeks] - 1) / 2.0)


def ratio(above: NDArray[np.float64], below: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the ratio of two weekly counts, each summed over periods first; NaN where there is nothing to divide by.

    Parameters
    ----------
    above, below : float64 (replicates, weeks)
    starts : int64 (periods,)
        First week of each period.

    Returns
    -------
    float64 (replicates, periods)
        The ratios.
    """
    top, bottom = np.add.reduceat(above, starts, axis=1), np.add.reduceat(below, starts, axis=1)
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out
