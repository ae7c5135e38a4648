"""Decomposition: how much of the variance of a result is random, and how much is parameter uncertainty.

Near-best parameter sets are simulated as often as their weights ask for, each time with other random numbers. One-way
random effects of unequal group sizes (Searle, Casella & McCulloch 1992, ch. 3): a value is mean + parameter effect +
error; the mean square within sets estimates the variance of the error, and the mean square between them that of the
error plus n0 times that of the parameter effect. What is simulated often weighs more, and the degrees of freedom are
those of the effective number of sets (Kish 1965), not of the simulations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.analysis.sampling import effective_members
from sim.analysis.student import student_cdf, student_quantile

__all__ = ["Decomposition", "decompose"]


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
    """

    mean: float | None
    simulations: int
    members: int
    effective: float
    luck_sd: float
    parameter_sd: float

    @property
    def freedom(self) -> float:
        """Degrees of freedom of an interval of the mean."""
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
        """Return the half-width of a t interval by ``both``, ``luck`` or ``parameters``; None for one set."""
        if self.members < 2 or self.mean is None:
            return None
        error = {"both": self.error, "luck": self.luck_error, "parameters": self.parameter_error}[of]
        return float(student_quantile(self.freedom, 0.5 + level / 2.0)) * error

    def above_zero(self) -> float | None:
        """Return the probability that the value at the true parameters is above zero."""
        if self.mean is None or self.members < 2:
            return None
        if self.error == 0.0:
            return 0.5 if self.mean == 0.0 else float(self.mean > 0.0)
        return float(student_cdf(self.freedom, self.mean / self.error))


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
    return Decomposition(mean, total, sets, effective, sqrt(within), sqrt(parameters))
