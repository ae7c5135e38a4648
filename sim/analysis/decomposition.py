"""Decomposition: how much of the variance of a result is random, and how much is parameter uncertainty.

Each of M near-best parameter sets is run with n seeds of its own. One-way random effects (Searle, Casella &
McCulloch 1992, ch. 3): a value is mean + parameter effect + error; the mean square within sets estimates the variance
of the error, and the mean square between them that of the error plus n times that of the parameter effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

__all__ = ["Decomposition", "decompose"]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The variance components of a result.

    Attributes
    ----------
    mean : float or None
        Mean over all sets that have a value with every seed; None where there is none.
    members, seeds : int
        Parameter sets, and seeds of each.
    luck_sd, parameter_sd : float
        Standard deviations of error and parameter effect; the latter is 0 where the error explains all.
    """

    mean: float | None
    members: int
    seeds: int
    luck_sd: float
    parameter_sd: float

    @property
    def luck_error(self) -> float:
        """Standard error of the mean from random variation alone: more seeds reduce it."""
        return self.luck_sd / sqrt(max(self.members * self.seeds, 1))

    @property
    def parameter_error(self) -> float:
        """Standard error from the parameters, of the true set and of the mean of the drawn: seeds do not reduce it."""
        return self.parameter_sd * sqrt(1.0 + 1.0 / max(self.members, 1))

    @property
    def error(self) -> float:
        """Both together."""
        return sqrt(self.luck_error**2 + self.parameter_error**2)

    def half_width(self, level: float, of: str = "both") -> float | None:
        """Return the half-width of a t interval by ``both``, ``luck`` or ``parameters``; None for one set."""
        if self.members < 2 or self.mean is None:
            return None
        error = {"both": self.error, "luck": self.luck_error, "parameters": self.parameter_error}[of]
        return float(stdtrit(self.members - 1, 0.5 + level / 2.0)) * error

    def above_zero(self) -> float | None:
        """Return the probability that the value at the true parameters is above zero."""
        if self.mean is None or self.members < 2:
            return None
        if self.error == 0.0:
            return 0.5 if self.mean == 0.0 else float(self.mean > 0.0)
        return float(stdtr(self.members - 1, self.mean / self.error))


def decompose(values: NDArray[np.float64], seeds: int) -> Decomposition:
    """Split the variance of values into random variation and parameter uncertainty.

    Parameters
    ----------
    values : float64 (M * seeds,)
        Neighbours share their parameters; NaN where undefined. Sets with an undefined value are left out.
    seeds : int
        Seeds of each set, at least 2.

    Returns
    -------
    Decomposition

    Examples
    --------
    >>> parts = decompose(np.array([1.0, 3.0, 11.0, 13.0]), 2)
    >>> round(parts.luck_sd, 3), round(parts.parameter_sd, 3)
    (1.414, 7.0)
    """
    table = values.reshape(-1, seeds)
    table = table[~np.isnan(table).any(axis=1)]
    members = len(table)
    if members == 0:
        return Decomposition(None, 0, seeds, 0.0, 0.0)
    if np.all(table == table[0, 0]):
        return Decomposition(float(table[0, 0]), members, seeds, 0.0, 0.0)
    within = float(table.var(axis=1, ddof=1).mean())
    between = float(seeds * table.mean(axis=1).var(ddof=1)) if members > 1 else within
    parameters = max(0.0, (between - within) / seeds)
    if parameters == 0.0 and members > 1:
        # The error explains all: then all of the variance is an estimate of its own.
        within = float(table.var(ddof=1))
    return Decomposition(float(table.mean()), members, seeds, sqrt(within), sqrt(parameters))
