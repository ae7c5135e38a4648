"""Decomposition: how much of the variance of a result is random, and how much is parameter uncertainty.

Near-best parameter sets are simulated as often as their weights ask for, each time with other random numbers. One-way
random effects of unequal group sizes (Searle, Casella & McCulloch 1992, ch. 3): a value is mean + parameter effect +
error; the mean square within sets estimates the variance of the error, and the mean square between them that of the
error plus n0 times that of the parameter effect. What is simulated often weighs more, and the degrees of freedom are
those of the effective number of sets (Kish 1965), not of the simulations.

The value at the true parameters lies one parameter effect from the mean of the drawn. Few sets hardly tell how large
such an effect is, and where luck hides it its estimate is often 0. Its interval is therefore that of the predictive
distribution: a mixture of normal ones over the two variances, each as likely as the two mean squares leave it, with the
prior that does not depend on a scale, 1 / (error x (error + n0 effect)), and no effect of negative variance (Tiao & Tan
1965; Box & Tiao 1973, ch. 5.2). Without luck it is the t interval; with luck alone it is wider than that of a mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.sampling import effective_members
from sim.analysis.student import student_cdf, student_quantile

__all__ = ["Decomposition", "decompose"]

#: Nodes of the mixture, over the variance of the error and, given it, over that between sets.
_WITHIN_NODES, _BETWEEN_NODES = 12, 40
#: A mean square between sets that is less than so much of the one within says no more about the parameters.
_LEAST_RATIO = 1e-3


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The variance components of a result.

    Attributes
    ----------
    mean : float or None
        Mean over all simulations that have a value; None where there is none.
    simulations, members : int
        Simulations, and distinct parameter sets among them.
    effective : float
        Effective number of parameter sets.
    luck_sd, parameter_sd : float
        Standard deviations of error and parameter effect; the latter is 0 where the error explains all.
    within, between : float
        Mean squares; 0 where there is none.
    per_set : float
        Simulations of a set, n0: the size of a set where all have one size.
    """

    mean: float | None
    simulations: int
    members: int
    effective: float
    luck_sd: float
    parameter_sd: float
    within: float = 0.0
    between: float = 0.0
    per_set: float = 1.0

    @property
    def freedom(self) -> float:
        """Degrees of freedom between sets."""
        return max(self.effective - 1.0, 1.0)

    @property
    def luck_error(self) -> float:
        """Standard error of the mean from random variation alone: more simulations reduce it."""
        return self.luck_sd / sqrt(max(self.simulations, 1))

    @property
    def parameter_error(self) -> float:
        """Standard error from the parameters, of the true set and of the mean of the drawn: luck has no part in it."""
        return self.parameter_sd * sqrt(1.0 + 1.0 / max(self.effective, 1.0))

    @property
    def error(self) -> float:
        """Both together."""
        return sqrt(self.luck_error**2 + self.parameter_error**2)

    def half_width(self, level: float, of: str = "both") -> float | None:
        """Return the half-width of an interval by ``both``, ``luck`` or ``parameters``; None for one set.

        The squares of the latter two add up to that of the first.
        """
        if self.members < 2 or self.mean is None:
            return None
        luck = float(student_quantile(self._luck_freedom, 0.5 + level / 2.0)) * self.luck_error
        if of == "luck":
            return luck
        whole = max(self._predicted_half_width(level), luck)
        return whole if of == "both" else sqrt(whole**2 - luck**2)

    def above_zero(self, added: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability that the value at the true parameters, with something added, is above zero.

        Parameters
        ----------
        added : float64 (n,)
            What is added.

        Returns
        -------
        float64 (n,)

        Raises
        ------
        ValueError
            If there is no value, or one set alone.
        """
        if self.mean is None or self.members < 2:
            raise ValueError("one parameter set has no interval; give at least two")
        values = self.mean + added
        if self.error == 0.0:
            return np.asarray(np.where(values == 0.0, 0.5, values > 0.0), dtype=np.float64)
        if self.within == 0.0 or self.between == 0.0:
            return np.asarray(student_cdf(self.freedom, values / self.error), dtype=np.float64)
        from scipy.special import ndtr

        sd, weight = self._mixture()
        return np.asarray(ndtr(values[:, None] / sd) @ weight, dtype=np.float64)

    @property
    def _luck_freedom(self) -> float:
        """Degrees of freedom of the variance of the error: of all simulations where it explains all."""
        if self.within == 0.0:
            return self.freedom
        return float(self.simulations - (self.members if self.parameter_sd > 0.0 else 1))

    def _predicted_half_width(self, level: float) -> float:
        if self.within == 0.0 or self.between == 0.0:
            return float(student_quantile(self.freedom, 0.5 + level / 2.0)) * self.error
        return sqrt(self.within) * _reach(level, *self._counts())

    def _mixture(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return standard deviations of the predictive normal distributions, and their weights, which sum to 1."""
        sd, weight = _mixture(*self._counts())
        return sqrt(self.within) * sd, weight

    def _counts(self) -> tuple[float, int, int, float, float]:
        """Return all that the predictive distribution depends on but its scale: the mean square within sets is 1."""
        ratio = max(self.between / self.within, _LEAST_RATIO)
        return ratio, self.simulations, self.members, self.per_set, self.effective


@lru_cache(maxsize=4096)
def _reach(level: float, *counts: Any) -> float:
    """Return the half-width of the predictive interval where the mean square within sets is 1."""
    from scipy.special import ndtr

    sd, weight = _mixture(*counts)
    half = 0.0
    # The probability is concave in the half-width: Newton's steps come from below and do not overshoot.
    for _ in range(200):
        inside = float((2.0 * ndtr(half / sd) - 1.0) @ weight)
        density = float((np.exp(-0.5 * (half / sd) ** 2) / sd) @ weight) * sqrt(2.0 / np.pi)
        step = (level - inside) / density
        half += step
        if step <= 1e-10 * half:
            break
    return half


def _mixture(
    ratio: float, simulations: int, members: int, per_set: float, effective: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return standard deviations of the predictive normal distributions, and their weights, which sum to 1.

    Parameters
    ----------
    ratio : float
        Mean square between sets where that within is 1.
    simulations, members : int
        Simulations, and distinct parameter sets among them.
    per_set : float
        Simulations of a set, n0.
    effective : float
        Effective number of parameter sets.
    """
    from scipy.special import gammainc, gammaincinv

    inside, freedom = simulations - members, max(effective - 1.0, 1.0)
    nodes, weights = np.polynomial.legendre.leggauss(_WITHIN_NODES)
    error = inside / (2.0 * gammaincinv(inside / 2.0, 0.5 * (1.0 + nodes)))
    # The variance between is at least that within: of its chi-square variable only what lies below is possible.
    possible = gammainc(freedom / 2.0, 0.5 * freedom * ratio / error)
    steps, lengths = np.polynomial.legendre.leggauss(_BETWEEN_NODES)
    at = 0.5 * (1.0 + steps)
    # Squares of the nodes lie close together where the variance is large.
    chi_square = 2.0 * gammaincinv(freedom / 2.0, possible[:, None] * at**2)
    effect = np.maximum(freedom * ratio / chi_square - error[:, None], 0.0) / per_set
    variance = error[:, None] / simulations + effect * (1.0 + 1.0 / effective)
    weight = ((weights * possible)[:, None] * (lengths * at)).ravel()
    return np.sqrt(variance).ravel(), weight / weight.sum()


def decompose(values: NDArray[np.float64], members: Sequence[int]) -> Decomposition:
    """Split the variance of values into random variation and parameter uncertainty.

    Parameters
    ----------
    values : float64 (R,)
        One value per simulation; NaN where undefined, and then left out.
    members : sequence of int (R,)
        Parameter set of each; at least one set has several.

    Returns
    -------
    Decomposition

    Examples
    --------
    >>> parts = decompose(np.array([1.0, 3.0, 11.0, 13.0]), (0, 0, 1, 1))
    >>> round(parts.luck_sd, 3), round(parts.parameter_sd, 3)
    (1.414, 7.0)
    """
    known = ~np.isnan(values)
    found, groups = values[known], np.asarray(members)[known]
    total = found.size
    if total == 0:
        return Decomposition(None, 0, 0, 0.0, 0.0, 0.0)
    _, group, counts = np.unique(groups, return_inverse=True, return_counts=True)
    sets, effective = counts.size, effective_members(groups)
    if np.all(found == found[0]):
        return Decomposition(float(found[0]), total, sets, effective, 0.0, 0.0)
    means = np.bincount(group, found) / counts
    mean = float(found.mean())
    inside, between = float(((found - means[group]) ** 2).sum()), float((counts * (means - mean) ** 2).sum())
    if sets == 1 or total == sets:
        return Decomposition(mean, total, sets, effective, float(found.std(ddof=1)), 0.0)
    within = inside / (total - sets)
    per_set = (total - (counts**2).sum() / total) / (sets - 1)
    parameters = max(0.0, (between / (sets - 1) - within) / per_set)
    if parameters == 0.0:
        # The error explains all: then all of the variance is an estimate of its own.
        within = (inside + between) / (total - 1)
    squares = (inside / (total - sets), between / (sets - 1))
    return Decomposition(mean, total, sets, effective, sqrt(within), sqrt(parameters), *squares, per_set)
