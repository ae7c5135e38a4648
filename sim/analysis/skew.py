"""Skew: intervals of the mean of few and skewed values, as satisfaction is where few experiments succeed.

The t interval of a skewed mean misses on one side. Hall (1992, J. R. Stat. Soc. B 54, 221-228) transforms the t
statistic by a cubic that is monotone and can be inverted, so that the interval reaches further where the tail is.
"""

from __future__ import annotations

from math import cbrt, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.analysis.student import student_cdf, student_quantile

__all__ = ["above_zero", "half_widths"]

_STRAIGHT = 1e-6


def half_widths(values: NDArray[np.float64], level: float, spent: int = 0) -> tuple[float, float]:
    """Return how far the interval of the mean reaches below and above it.

    Parameters
    ----------
    values : float64 (R,)
        At least three, not all alike.
    level : float
        Such as 0.95.
    spent : int
        Degrees of freedom that went into the values beside their mean; fewer than their number less 1.

    Returns
    -------
    tuple of float
        The half-widths; equal where the values are symmetric.

    Examples
    --------
    >>> below, above = half_widths(np.array([1.0, 1.1, 1.2, 1.3, 2.6]), 0.95)
    >>> below < above
    True
    """
    size, spread, skewness = _moments(values, spent)
    end = float(student_quantile(size - 1 - spent, 0.5 + level / 2.0)) / sqrt(size)
    if abs(skewness) < _STRAIGHT:
        return spread * end, spread * end

    def inverse(statistic: float) -> float:
        return 3.0 / skewness * (cbrt(1.0 + skewness * (statistic - skewness / (6.0 * size))) - 1.0)

    return spread * inverse(end), -spread * inverse(-end)


def above_zero(values: NDArray[np.float64], spent: int = 0) -> float:
    """Return the probability that the true mean is above zero, from the same transform as the interval.

    Parameters
    ----------
    values : float64 (R,)
    spent : int
        As for :func:`half_widths`.

    Returns
    -------
    float

    Examples
    --------
    >>> above_zero(np.array([-1.0, 0.0, 1.0]))
    0.5
    """
    size, spread, skewness = _moments(values, spent)
    ratio = float(values.mean()) / spread
    cubic = ratio + skewness * ratio**2 / 3.0 + skewness**2 * ratio**3 / 27.0 + skewness / (6.0 * size)
    return float(student_cdf(size - 1 - spent, sqrt(size) * cubic))


def _moments(values: NDArray[np.float64], spent: int) -> tuple[int, float, float]:
    """Return size, standard deviation and skewness."""
    size = values.size
    away = values - values.mean()
    skewness = float((away**3).mean() / (away**2).mean() ** 1.5) * sqrt(size * (size - 1.0)) / (size - 2.0)
    return size, float(values.std(ddof=1 + spent)), skewness
