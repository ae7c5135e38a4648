"""Paired differences: arms share random numbers, so they are compared replicate by replicate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from math import hypot, inf, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.correlation import correlations
from sim.analysis.decomposition import Decomposition, decompose
from sim.analysis.quantile import quantile_of_ordered
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shape import ANYTHING, Shape
from sim.analysis.skew import above_zero, half_widths
from sim.analysis.student import student_cdf, student_quantile

__all__ = [
    "LEVEL",
    "NORMAL_WIDTH",
    "Difference",
    "Estimate",
    "Uncertainty",
    "VarianceReduction",
    "estimate",
    "estimates",
    "paired_difference",
    "paired_differences",
    "plain_ends",
    "relative_half_width",
]

#: Probability that an interval covers the true mean.
LEVEL = 0.95
#: Half the width of that interval in standard errors, where the error itself is known.
NORMAL_WIDTH = 1.96


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean over replicates with its 95 % t interval; None where it is undefined."""

    mean: float | None
    ci_low: float | None
    ci_high: float | None

    def plain(self) -> dict[str, Any]:
        """Return it as `summary.json` has it; `dataclasses.asdict` copies every number, which takes far longer."""
        return {"mean": self.mean, "ci_low": self.ci_low, "ci_high": self.ci_high}


@dataclass(frozen=True, slots=True)
class VarianceReduction:
    """How many times fewer replicates each way of reducing variance needs for the same interval.

    Attributes
    ----------
    common_random_numbers : float
        (var_arm + var_baseline) / var_difference.
    control_variates : float
        Squared width of the interval without the company's luck taken out over that with it; 1 where it is not.
    """

    common_random_numbers: float
    control_variates: float

    def plain(self) -> dict[str, Any]:
        """Return it as `summary.json` has it."""
        return {"common_random_numbers": self.common_random_numbers, "control_variates": self.control_variates}


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
        How many times fewer replicates are needed than with independent random numbers.
    variance_reduction_by : VarianceReduction or None
        What that is the product of.
    """

    mean: float | None
    ci_low: float | None
    ci_high: float | None
    p_better: float | None
    correlation: float | None
    variance_reduction: float | None
    variance_reduction_by: VarianceReduction | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as `summary.json` has it."""
        by = self.variance_reduction_by
        return {
            "mean": self.mean,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "p_better": self.p_better,
            "correlation": self.correlation,
            "variance_reduction": self.variance_reduction,
            "variance_reduction_by": None if by is None else by.plain(),
        }


def estimate(
    values: NDArray[np.float64],
    sampling: Sampling = INDEPENDENT,
    shape: Shape = ANYTHING,
    shifts: NDArray[np.float64] | None = None,
    beside: NDArray[np.float64] | None = None,
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
    beside : float64 (R,), optional
        Values of the baseline, where the company's luck moves the arm and not it; see
        :meth:`sim.analysis.control_variate.ControlVariate.adjusted`.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> estimate(np.array([1.0, 2.0, 3.0])).mean
    2.0
    """
    spread = Uncertainty.of(values, sampling, shape, beside)
    return Estimate(spread.mean, *spread.ends(shape, shifts))


def estimates(
    values: NDArray[np.float64],
    sampling: Sampling,
    shapes: Sequence[Shape],
    shifts: Sequence[NDArray[np.float64] | None],
    beside: NDArray[np.float64] | None = None,
) -> list[Estimate]:
    """Return mean and 95 % interval of many quantities, to the bit as :func:`estimate` gives each.

    Parameters
    ----------
    values : float64 (R, n)
        One row per replicate, NaN where undefined.
    sampling : Sampling
    shapes, shifts : sequence (n,)
        Of each quantity; a shift is None where there is none.
    beside : float64 (R, n), optional
        As for :func:`estimate`.

    Returns
    -------
    list of Estimate

    Examples
    --------
    >>> [each.mean for each in estimates(np.array([[1.0, 0.2], [3.0, 0.2]]), INDEPENDENT, [ANYTHING] * 2, [None] * 2)]
    [2.0, 0.2]
    """
    spreads = Uncertainty.of_each(values, sampling, shapes, beside)
    return [
        Estimate(spread.mean, *spread.ends(shape, shift))
        for spread, shape, shift in zip(spreads, shapes, shifts, strict=True)
    ]


def plain_ends(
    values: NDArray[np.float64], shape: Shape = ANYTHING
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and ends of the interval of many quantities at once, to the bit as :func:`estimate` gives them.

    Parameters
    ----------
    values : float64 (R, n)
        One row per replicate; replicates differ in luck alone. NaN where undefined.
    shape : Shape
        Of all of them.

    Returns
    -------
    tuple of float64 (n,)
        Means, lower and upper ends; NaN where undefined.

    Examples
    --------
    >>> [ends.tolist() for ends in plain_ends(np.array([[1.0, 0.2], [1.0, 0.2]]))]
    [[1.0, 0.2], [1.0, 0.2], [1.0, 0.2]]
    """
    rows = np.ascontiguousarray(values.T)
    count = values.shape[0]
    means, variances = _means_and_variances(rows)
    reach = (_reach_of_student(count - 1, LEVEL) if count > 1 else 0.0) * np.sqrt(variances / count)
    single = count < 2 or (shape.skewed and count > 2) or shape.deeper != 1.0
    found: list[tuple[float | None, float | None, float | None]] = []
    for row, mean, width in zip(rows, means.tolist(), reach.tolist(), strict=True):
        if single or mean != mean:
            one = estimate(row, shape=shape)
            found.append((one.mean, one.ci_low, one.ci_high))
        else:
            found.append((mean, *shape.ends(mean, width, width)))
    mean, low, high = np.array(found, dtype=np.float64).reshape(-1, 3).T
    return mean, low, high


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
    return paired_differences(arm[:, None], baseline[:, None], sampling, [shape], [shifts])[0]


def paired_differences(
    arm: NDArray[np.float64],
    baseline: NDArray[np.float64],
    sampling: Sampling,
    shapes: Sequence[Shape],
    shifts: Sequence[NDArray[np.float64] | None],
) -> list[Difference]:
    """Return the paired differences of many quantities, each as :func:`paired_difference` says.

    Parameters
    ----------
    arm, baseline : float64 (R, n)
        One row per replicate, NaN where undefined.
    sampling, shapes, shifts
        As for :func:`estimates`; shapes and shifts are those of the differences.

    Returns
    -------
    list of Difference
    """
    every = arm - baseline
    known = ~np.isnan(every)
    spreads = Uncertainty.of_each(every, sampling, shapes)
    of_arm, of_baseline, of_difference = (_variances(values, known) for values in (arm, baseline, every))
    correlated = correlations(arm, baseline, known, (of_arm > 0.0) & (of_baseline > 0.0))
    variances = zip((of_arm + of_baseline).tolist(), of_difference.tolist(), strict=True)
    found = []
    for spread, (of_both, alone), correlation, shape, shift in zip(
        spreads, variances, correlated, shapes, shifts, strict=True
    ):
        if spread.mean is None:
            found.append(Difference(None, None, None, None, None, None))
            continue
        variance_reduction = by = None
        if alone > 0.0:
            by = VarianceReduction(of_both / alone, spread.narrower**2)
            variance_reduction = by.common_random_numbers * by.control_variates
        ends, above = spread.ends(shape, shift), spread.above_zero(shift, shape)
        found.append(Difference(spread.mean, *ends, above, correlation, variance_reduction, by))
    return found


class Uncertainty(NamedTuple):
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
    plain : Uncertainty or None
        The same with the company's luck left in, where it is taken out: no interval is wider than that one.
    """

    mean: float | None
    below: float | None = None
    above: float | None = None
    luck: float | None = None
    parameters: float | None = None
    p_above: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None
    plain: Uncertainty | None = None

    @classmethod
    def of(
        cls,
        values: NDArray[np.float64],
        sampling: Sampling = INDEPENDENT,
        shape: Shape = ANYTHING,
        beside: NDArray[np.float64] | None = None,
    ) -> Uncertainty:
        """Return the uncertainty of a mean.

        Parameters
        ----------
        values : float64 (R,)
            One value per replicate; NaN is left out.
        sampling, shape, beside
            As for :func:`estimate`.

        Returns
        -------
        Uncertainty
        """
        known = ~np.isnan(values)
        defined = values[known]
        members = tuple(np.array(sampling.members)[known]) if sampling.members else ()
        plain = cls._of(defined, members, shape, None)
        adjusted = sampling.adjusted(values, beside)
        if adjusted is values:
            return plain
        found = cls._of(adjusted[known], members, shape, None, spent=1)
        if found.luck is not None and plain.luck is not None and found.luck > plain.luck:
            # The company's luck says nothing here: as uncertain as the plain mean, about the same mean as all others.
            found = cls._of(defined, members, shape, found.mean)
        elif found.width > plain.width:
            found = found._as_wide_as(plain)
        return found._replace(plain=plain)

    def _as_wide_as(self, plain: Uncertainty) -> Uncertainty:
        """Return the same mean and luck with the interval of the plain mean: the parameters make up the rest of it."""
        if plain.p_above is None or plain.below is None or plain.mean is None or self.mean is None:
            return self
        rest = sqrt(max(plain.below**2 - (self.luck or 0.0) ** 2, 0.0))
        moved, above = self.mean - plain.mean, plain.p_above
        return self._replace(
            below=plain.below, above=plain.above, parameters=rest, p_above=lambda added: above(added + moved)
        )

    @property
    def width(self) -> float:
        """How wide the interval is; 0 where there is none."""
        return (self.below or 0.0) + (self.above or 0.0)

    @property
    def narrower(self) -> float:
        """How many times as wide the interval would be with the company's luck left in, at least 1."""
        return max(1.0, self.plain.width / self.width) if self.plain is not None and self.width > 0.0 else 1.0

    @classmethod
    def _of(
        cls,
        defined: NDArray[np.float64],
        members: Sequence[int],
        shape: Shape,
        centre: float | None,
        spent: int = 0,
    ) -> Uncertainty:
        """Return the uncertainty of the mean of values, or of a mean that is as uncertain as theirs.

        A slope that was found from the same values takes a degree of freedom (Lavenberg & Welch 1981).
        """
        if defined.size == 0:
            return cls(None)
        if members:
            split = decompose(defined, members)
            return cls._of_sets(split if centre is None else replace(split, mean=centre))
        mean = _mean(defined) if centre is None else centre
        if defined.size == 1:
            return cls(mean)
        freedom = defined.size - 1 - spent
        error = sqrt(_variance(defined, 1 + spent) / defined.size)
        if not (shape.skewed and defined.size > 2 and error > 0.0):
            return cls._of_luck(mean, error, freedom)
        below, above = half_widths(defined, LEVEL, spent)

        def p_above(added: NDArray[np.float64]) -> NDArray[np.float64]:
            if not added.any():
                return np.full(added.shape, above_zero(defined + (mean - _mean(defined)), spent))
            return _normal_above(mean + added, error, freedom)

        return cls(mean, below, above, (below + above) / 2.0, 0.0, p_above)

    @classmethod
    def _of_luck(cls, mean: float, error: float, freedom: int) -> Uncertainty:
        """Return the uncertainty of a mean whose standard error is known so well as so many degrees of freedom tell."""
        reach = _reach_of_student(freedom, LEVEL) * error

        def p_above(added: NDArray[np.float64]) -> NDArray[np.float64]:
            return _normal_above(mean + added, error, freedom)

        return cls(mean, reach, reach, (reach + reach) / 2.0, 0.0, p_above)

    @classmethod
    def of_each(
        cls,
        values: NDArray[np.float64],
        sampling: Sampling,
        shapes: Sequence[Shape],
        beside: NDArray[np.float64] | None = None,
    ) -> list[Uncertainty]:
        """Return the uncertainty of many means, to the bit as :meth:`of` gives each; where luck alone differs at once.

        Parameters
        ----------
        values : float64 (R, n)
            One row per replicate.
        sampling : Sampling
        shapes : sequence of Shape (n,)
        beside : float64 (R, n), optional
            As for :func:`estimate`.

        Returns
        -------
        list of Uncertainty
        """
        besides = [None] * len(shapes) if beside is None else list(beside.T)
        count, rows = values.shape[0], np.ascontiguousarray(values.T)
        if not sampling.is_plain(count):
            return [cls.of(*each) for each in zip(rows, repeat(sampling), shapes, besides, strict=False)]
        means, variances = _means_and_variances(rows)
        found = []
        for row, mean, variance, shape in zip(rows, means.tolist(), variances.tolist(), shapes, strict=True):
            if mean != mean or (shape.skewed and count > 2):
                found.append(cls.of(row, sampling, shape))
            else:
                found.append(cls._of_luck(mean, sqrt(variance / count), count - 1) if count > 1 else cls(mean))
        return found

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
            split.above_zero,
        )

    def ends(self, shape: Shape, shifts: NDArray[np.float64] | None = None) -> tuple[float | None, float | None]:
        """Return the ends of the interval within the bounds of a shape, shifts counted in."""
        if self.mean is None or self.below is None or self.above is None:
            return None, None
        below, above = self.below * shape.deeper, self.above
        if shifts is not None:
            down, up = _reach(shifts)
            below, above = hypot(below, max(-down, 0.0)), hypot(above, max(up, 0.0))
        low, high = shape.ends(self.mean, below, above)
        if self.plain is None or self.plain.mean is None:
            return low, high
        plain_low, plain_high = self.plain.ends(shape, shifts)
        if plain_low is None or plain_high is None or high - low <= plain_high - plain_low:
            return low, high
        # Nearer to the middle between bounds the same uncertainty reaches a little further.
        moved = self.mean - self.plain.mean
        return max(plain_low + moved, shape.low), min(plain_high + moved, shape.high)

    def above_zero(self, shifts: NDArray[np.float64] | None = None, shape: Shape = ANYTHING) -> float | None:
        """Return the probability that the mean is above zero, over all shifts.

        Where a shape makes the interval reach further than the replicates do, it is that of as uncertain a mean.
        """
        if self.p_above is None or self.mean is None or self.below is None or self.above is None:
            return 0.5 if self.mean == 0.0 else None
        added = np.zeros(1) if shifts is None else shifts
        if shape.least > max(self.below, self.above):
            found = _normal_above(self.mean + added, shape.least / NORMAL_WIDTH, inf)
        else:
            found = self.p_above(added)
        # The mean of one number, by way of NumPy, takes longer than the number.
        return float(found[0] if shifts is None else found.mean())

    def doubt(self, shifts: NDArray[np.float64] | None) -> float | None:
        """Return the half-width by all that is not random variation, parameters and shifts; 0 where none is stated."""
        if self.parameters is None:
            return None
        down, up = (0.0, 0.0) if shifts is None else _reach(shifts)
        return hypot(self.parameters, (up - down) / 2.0)


@lru_cache(maxsize=1000)
def _reach_of_student(freedom: int, level: float) -> float:
    return float(student_quantile(freedom, 0.5 + level / 2.0))


def _reach(shifts: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the middle 95 % of equally likely shifts."""
    ordered = np.sort(shifts)
    return quantile_of_ordered(ordered, 0.5 - LEVEL / 2.0), quantile_of_ordered(ordered, 0.5 + LEVEL / 2.0)


def _normal_above(means: NDArray[np.float64], error: float, freedom: float) -> NDArray[np.float64]:
    if error == 0.0:
        return np.asarray(np.where(means == 0.0, 0.5, means > 0.0), dtype=np.float64)
    return np.asarray(student_cdf(freedom, means / error), dtype=np.float64)


def relative_half_width(difference: NDArray[np.float64], sampling: Sampling = INDEPENDENT) -> float:
    """Return half the width of the 95 % interval of the mean, divided by the size of the mean.

    Zero where all replicates agree, infinity for fewer than two.
    """
    spread = Uncertainty.of(difference, sampling)
    if spread.mean is None or spread.below is None:
        return float("inf")
    if spread.width == 0.0:
        return 0.0
    return spread.width / 2.0 / abs(spread.mean) if spread.mean != 0.0 else float("inf")


def _mean(values: NDArray[np.float64]) -> float:
    # Equal values have exactly that mean; a rounded sum need not give it.
    return float(values[0]) if (values == values[0]).all() else float(np.add.reduce(values) / values.size)


def _means_and_variances(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what :func:`_mean` and :func:`_variance` do, to the bit, of each row (n, R); NaN where a value is."""
    count = rows.shape[1]
    sums = np.add.reduce(rows, axis=1) / count
    deviations = rows - sums[:, None]
    same = (rows == rows[:, :1]).all(axis=1)
    variances = np.where(same, 0.0, np.add.reduce(deviations * deviations, axis=1) / max(count - 1, 1))
    return np.where(same, rows[:, 0], sums), variances


def _variances(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the variance of each column (R, n), of the replicates that are known; 0 of fewer than two."""
    found, whole = np.zeros(values.shape[1]), known.all(axis=0)
    found[whole] = _means_and_variances(np.ascontiguousarray(values.T[whole]))[1]
    for column in np.flatnonzero(~whole & (known.sum(axis=0) > 1)).tolist():
        found[column] = _variance(values[known[:, column], column])
    return found


def _variance(values: NDArray[np.float64], taken: int = 1) -> float:
    """Return what `values.var` does, which asks so much about its arguments that it takes four times as long."""
    if (values == values[0]).all():
        return 0.0
    deviations = values - np.add.reduce(values) / values.size
    return float(np.add.reduce(deviations * deviations) / max(values.size - taken, 0))
