"""Paired differences: arms share random numbers, so they are compared replicate by replicate."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from sim.analysis.decomposition import decompose

__all__ = [
    "LEVEL",
    "MAX_REPLICATES",
    "NORMAL_WIDTH",
    "Difference",
    "Estimate",
    "estimate",
    "paired_difference",
    "relative_half_width",
]

#: Probability that an interval covers the true mean.
LEVEL = 0.95
#: Half the width of that interval in standard errors, where the error itself is known.
NORMAL_WIDTH = 1.96
#: No precision is worth more replicates than this.
MAX_REPLICATES = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean over replicates with its 95 % t interval; None where it is undefined."""

    mean: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Paired difference of two arms over replicates; None where it is undefined.

    Attributes
    ----------
    mean, ci_low, ci_high : float or None
        Mean difference and its 95 % t interval; no interval from one replicate.
    p_better : float or None
        Probability that the true mean difference is above zero: the t posterior under the flat prior
        (Student 1908). Above zero, not "good": for a switch rate, above zero is bad. One half where every
        replicate differs by exactly 0.
    correlation : float or None
        Between the arms' values over replicates.
    variance_reduction : float or None
        (var_arm + var_baseline) / var_difference: how many times fewer replicates common random numbers need.
    """

    mean: float | None
    ci_low: float | None
    ci_high: float | None
    p_better: float | None
    correlation: float | None
    variance_reduction: float | None


def estimate(values: NDArray[np.float64], seeds: int = 1) -> Estimate:
    """Return mean and 95 % t interval of the replicates that have a value.

    Parameters
    ----------
    values : float64 (R,)
        One value per replicate, NaN where undefined.
    seeds : int
        Neighbours that share their parameters, where replicates differ in those too: the interval then covers both.
        See :mod:`sim.analysis.decomposition`.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> estimate(np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    if seeds > 1:
        split = decompose(values, seeds)
        half = split.half_width(LEVEL)
        low, high = (None, None) if half is None or split.mean is None else (split.mean - half, split.mean + half)
        return Estimate(split.mean, low, high)
    defined = values[~np.isnan(values)]
    if defined.size == 0:
        return Estimate(None, None, None)
    mean = _mean(defined)
    if defined.size == 1:
        return Estimate(mean, None, None)
    half = _half_width(defined)
    return Estimate(mean, mean - half, mean + half)


def paired_difference(arm: NDArray[np.float64], baseline: NDArray[np.float64], seeds: int = 1) -> Difference:
    """Return the paired difference of two arms over the replicates in which both have a value.

    Parameters
    ----------
    arm, baseline : float64 (R,)
        One value per replicate, NaN where undefined.
    seeds : int
        As for :func:`estimate`.

    Returns
    -------
    Difference
    """
    both = ~(np.isnan(arm) | np.isnan(baseline))
    every = arm - baseline
    arm, baseline = arm[both], baseline[both]
    difference = arm - baseline
    interval = estimate(every if seeds > 1 else difference, seeds)
    if difference.size == 0:
        return Difference(None, None, None, None, None, None)
    correlation = variance_reduction = None
    if difference.size > 1:
        var_arm, var_baseline, var_difference = (_variance(item) for item in (arm, baseline, difference))
        if var_arm > 0.0 and var_baseline > 0.0:
            correlation = float(np.clip(np.corrcoef(arm, baseline)[0, 1], -1.0, 1.0))
        if var_difference > 0.0:
            variance_reduction = (var_arm + var_baseline) / var_difference
    return Difference(
        interval.mean,
        interval.ci_low,
        interval.ci_high,
        _above_zero(difference) if seeds == 1 else decompose(every, seeds).above_zero(),
        correlation,
        variance_reduction,
    )


def relative_half_width(difference: NDArray[np.float64]) -> float:
    """Return the half-width of the 95 % interval of the mean, divided by the size of the mean.

    Zero where all replicates agree, infinity for fewer than two.
    """
    if difference.size < 2:
        return float("inf")
    half = _half_width(difference)
    if half == 0.0:
        return 0.0
    mean = abs(_mean(difference))
    return half / mean if mean > 0.0 else float("inf")


def _mean(values: NDArray[np.float64]) -> float:
    # Equal values have exactly that mean; a rounded sum need not give it.
    return float(values[0]) if np.all(values == values[0]) else float(values.mean())


def _variance(values: NDArray[np.float64]) -> float:
    return 0.0 if np.all(values == values[0]) else float(values.var(ddof=1))


def _half_width(values: NDArray[np.float64]) -> float:
    return float(stdtrit(values.size - 1, 0.5 + LEVEL / 2)) * sqrt(_variance(values) / values.size)


def _above_zero(difference: NDArray[np.float64]) -> float | None:
    mean = _mean(difference)
    if np.all(difference == 0.0):
        return 0.5
    if difference.size == 1:
        return None
    error = sqrt(_variance(difference) / difference.size)
    if error == 0.0:
        return 1.0 if mean > 0.0 else 0.0
    probability = float(stdtr(difference.size - 1, mean / error))
    return None if isnan(probability) else probability
