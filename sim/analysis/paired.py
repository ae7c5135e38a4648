"""Paired differences: arms share random numbers, so they are compared replicate by replicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.analysis.decomposition import Decomposition, decompose
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shape import ANYTHING, Shape
from sim.analysis.skew import above_zero, half_widths
from sim.analysis.student import student_cdf, student_quantile

__all__ = [
    "FEWEST_OF_PRECISION",
    "LEVEL",
    "MAX_REPLICATES",
    "NORMAL_WIDTH",
    "Difference",
    "Estimate",
    "Uncertainty",
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
#: A precision is looked at from so many replicates on: fewer look precise by chance too often.
FEWEST_OF_PRECISION = 8


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


def estimate(
    values: NDArray[np.float64],
    sampling: Sampling = INDEPENDENT,
    shape: Shape = ANYTHING,
    shifts: NDArray[np.float64] | None = None,
) -> Estimate:
    """Return mean and 95 % interval of the replicates that have a value.

    Parameters
    ----------
    values : float64 (R,)
        One value per replicate, NaN where undefined.
    sampling : Sampling
        How the replicates were drawn. Where they differ in their parameters too, the interval covers both; see
        :mod:`sim.analysis.decomposition`.
    shape : Shape
        Bounds that the interval keeps, and whether replicates are skewed.
    shifts : float64 (J,), optional
        By how much the mean would differ, were the capabilities as effective as in each of J cases that are equally
        likely: the interval covers these too.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> estimate(np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    spread = Uncertainty.of(values, sampling, shape)
    return Estimate(spread.mean, *spread.ends(shape, shifts))


def paired_difference(
    arm: NDArray[np.float64],
    baseline: NDArray[np.float64],
    sampling: Sampling = INDEPENDENT,
    shape: Shape = ANYTHING,
    shifts: NDArray[np.float64] | None = None,
) -> Difference:
    """Return the paired difference of two arms over the replicates in which both have a value.

    Parameters
    ----------
    arm, baseline : float64 (R,)
        One value per replicate, NaN where undefined.
    sampling, shape, shifts
        As for :func:`estimate`; the shape and the shifts are those of the difference.

    Returns
    -------
    Difference
    """
    every = arm - baseline
    both = ~np.isnan(every)
    if not both.any():
        return Difference(None, None, None, None, None, None)
    arm, baseline, difference = arm[both], baseline[both], every[both]
    spread = Uncertainty.of(every, sampling, shape)
    correlation = variance_reduction = None
    if difference.size > 1:
        var_arm, var_baseline, var_difference = (_variance(item) for item in (arm, baseline, difference))
        if var_arm > 0.0 and var_baseline > 0.0:
            correlation = float(np.clip(np.corrcoef(arm, baseline)[0, 1], -1.0, 1.0))
        if var_difference > 0.0:
            variance_reduction = (var_arm + var_baseline) / var_difference
    return Difference(
        spread.mean, *spread.ends(shape, shifts), spread.above_zero(shifts), correlation, variance_reduction
    )


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A mean with what random variation, and the choice of parameters, leave open.

    Attributes
    ----------
    mean : float or None
        None where no replicate has a value.
    below, above : float or None
        How far the 95 % interval reaches; None from one replicate.
    luck, parameters : float or None
        Half-widths by random variation alone, and by what a calibration leaves open.
    p_above : callable or None
        Probability that the mean is above zero once a number is added to it.
    """

    mean: float | None
    below: float | None = None
    above: float | None = None
    luck: float | None = None
    parameters: float | None = None
    p_above: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None

    @classmethod
    def of(cls, values: NDArray[np.float64], sampling: Sampling = INDEPENDENT, shape: Shape = ANYTHING) -> Uncertainty:
        """Return the uncertainty of a mean.

        Parameters
        ----------
        values : float64 (R,)
            One value per replicate; NaN is left out.
        sampling, shape
            As for :func:`estimate`.

        Returns
        -------
        Uncertainty
        """
        if sampling.members:
            return cls._of_sets(decompose(values, sampling.members))
        defined = values[~np.isnan(values)]
        if defined.size == 0:
            return cls(None)
        mean = _mean(defined)
        if defined.size == 1:
            return cls(mean)
        below = above = _half_width(defined)
        skewed = shape.skewed and defined.size > 2 and below > 0.0
        if skewed:
            below, above = half_widths(defined, LEVEL)
        wider = sampling.widening(defined.size)
        error = sqrt(_variance(defined) / defined.size)

        def p_above(added: NDArray[np.float64]) -> NDArray[np.float64]:
            if skewed and not added.any():
                return np.full(added.shape, above_zero(defined))
            return _normal_above(mean + added, error, defined.size - 1)

        return cls(mean, below * wider, above * wider, (below + above) * wider / 2.0, 0.0, p_above)

    @classmethod
    def _of_sets(cls, split: Decomposition) -> Uncertainty:
        half = split.half_width(LEVEL)
        mean = split.mean
        if half is None or mean is None:
            return cls(mean)
        return cls(
            mean,
            half,
            half,
            split.half_width(LEVEL, "luck"),
            split.half_width(LEVEL, "parameters"),
            lambda added: _normal_above(mean + added, split.error, split.freedom),
        )

    def ends(self, shape: Shape, shifts: NDArray[np.float64] | None = None) -> tuple[float | None, float | None]:
        """Return the ends of the interval within the bounds of a shape, shifts counted in."""
        if self.mean is None or self.below is None or self.above is None:
            return None, None
        down, up = (0.0, 0.0) if shifts is None else _reach(shifts)
        return shape.ends(self.mean, hypot(self.below, max(-down, 0.0)), hypot(self.above, max(up, 0.0)))

    def above_zero(self, shifts: NDArray[np.float64] | None = None) -> float | None:
        """Return the probability that the mean is above zero, over all shifts."""
        if self.p_above is None:
            return 0.5 if self.mean == 0.0 else None
        return float(self.p_above(np.zeros(1) if shifts is None else shifts).mean())

    def doubt(self, shifts: NDArray[np.float64] | None) -> float | None:
        """Return the half-width by all that is not random variation, parameters and shifts; 0 where none is stated."""
        if self.parameters is None:
            return None
        down, up = (0.0, 0.0) if shifts is None else _reach(shifts)
        return hypot(self.parameters, (up - down) / 2.0)


def _reach(shifts: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the middle 95 % of equally likely shifts."""
    low, high = np.quantile(shifts, [0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0])
    return float(low), float(high)


def _normal_above(means: NDArray[np.float64], error: float, freedom: float) -> NDArray[np.float64]:
    if error == 0.0:
        return np.asarray(np.where(means == 0.0, 0.5, means > 0.0), dtype=np.float64)
    return np.asarray(student_cdf(freedom, means / error), dtype=np.float64)


def relative_half_width(difference: NDArray[np.float64], sampling: Sampling = INDEPENDENT) -> float:
    """Return the half-width of the 95 % interval of the mean, divided by the size of the mean.

    Zero where all replicates agree, infinity for fewer than two.
    """
    if difference.size < 2:
        return float("inf")
    half = _half_width(difference) * sampling.widening(difference.size)
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
    return float(student_quantile(values.size - 1, 0.5 + LEVEL / 2)) * sqrt(_variance(values) / values.size)
