"""Effectiveness: how well each capability works, from the experiments on it, and how much they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from agents.strategies import EFFECTIVENESS_BOUNDS
from sim.analysis.student import student_quantile

__all__ = ["FEWEST", "Implied", "Pooled", "at_effectiveness", "implied_by", "pool"]

Array = NDArray[np.float64]

#: Experiments from which the interval of a further one has an end.
FEWEST = 3
#: A response to effectiveness below so many standard errors says nothing of it.
_RESOLVED = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Implied:
    """Effectiveness at which the model has the published effect of one experiment, with its standard error."""

    id: str
    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Random-effects mean of several experiments.

    Attributes
    ----------
    mean, error : float
        Mean effectiveness and its standard error.
    between : float
        Standard deviation between experiments, tau.
    experiments : int
        How many were pooled.
    """

    mean: float
    error: float
    between: float
    experiments: int

    def range(self) -> tuple[float, float]:
        """Return the 95 % range in which a further experiment's effectiveness lies, within the bounds of the model.

        Of one or two experiments it is all that they allow.
        """
        (lowest, highest), (low, high) = EFFECTIVENESS_BOUNDS, self.predicted()
        return min(max(low, lowest), highest), min(max(high, lowest), highest)

    def predicted(self, error: float = 0.0) -> tuple[float, float]:
        """Return the 95 % interval of what a further experiment with a standard error would find, without bounds.

        Student's t with two degrees of freedom less than there are experiments (Higgins, Thompson & Spiegelhalter 2009,
        J. R. Stat. Soc. A 172, 137-159): of few, the spread between them is hardly known, and of two not at all.

        Examples
        --------
        >>> low, high = Pooled(mean=1.0, error=0.3, between=0.4, experiments=5).predicted()
        >>> round(low, 2), round(high, 2)
        (-0.59, 2.59)
        >>> Pooled(mean=1.0, error=0.3, between=0.0, experiments=2).predicted()
        (-inf, inf)
        """
        if self.experiments < FEWEST:
            return -inf, inf
        times = float(student_quantile(self.experiments - 2, 0.975))
        half = times * sqrt(self.error**2 + self.between**2 + error**2)
        return self.mean - half, self.mean + half


def at_effectiveness(scanned: Sequence[float], effects: Array, effectiveness: float) -> float:
    """Return the effect at an effectiveness: linear between the scanned ones and beyond them.

    Parameters
    ----------
    scanned : sequence of float (S,)
        Effectiveness, rising.
    effects : float64 (S,)
        Effect at each.
    effectiveness : float
        Where it is asked for.

    Returns
    -------
    float

    Examples
    --------
    >>> at_effectiveness((0.0, 1.0), np.array([0.0, 0.2]), 1.5)
    0.30000000000000004
    """
    right = min(max(int(np.searchsorted(scanned, effectiveness)), 1), len(scanned) - 1)
    left = right - 1
    slope = (effects[right] - effects[left]) / (scanned[right] - scanned[left])
    return float(effects[left] + slope * (effectiveness - scanned[left]))


def implied_by(
    id: str, scanned: Sequence[float], effects: Array, errors: Array, published: float, error: float
) -> Implied | None:
    """Return the effectiveness that a published effect implies, or None where the effect does not depend on it.

    Parameters
    ----------
    id : str
        Of the experiment.
    scanned : sequence of float (S,)
        Effectiveness, rising.
    effects, errors : float64 (S,)
        Simulated effect at each, and its standard error.
    published, error : float
        Published effect and its standard error.

    Returns
    -------
    Implied or None

    Examples
    --------
    >>> implied_by("E1", (0.0, 1.0, 2.0), np.array([0.0, 0.1, 0.2]), np.zeros(3), 0.15, 0.02).value
    1.5
    """
    span = float(effects[-1] - effects[0])
    if not isfinite(span) or abs(span) <= _RESOLVED * float(np.hypot(errors[0], errors[-1])) or span == 0.0:
        return None
    if (effects[-1] - published) * (effects[0] - published) > 0.0:
        # Beyond what was scanned: on along the line through none and as assumed.
        slope = _slope(scanned, effects)
        value = scanned[0] + (published - float(effects[0])) / slope
    else:
        value, slope = _crossing(scanned, effects, published)
    noise = float(errors[int(np.argmin(np.abs(np.array(scanned) - 1.0)))])
    spread = sqrt(error**2 + noise**2) / abs(slope)
    return Implied(id=id, value=value, error=spread)


def _slope(scanned: Sequence[float], effects: Array) -> float:
    """Return the change of the effect from none to the strength assumed; over the whole range where that is nil."""
    one = int(np.argmin(np.abs(np.array(scanned) - 1.0)))
    change = float(effects[one] - effects[0]) / (scanned[one] - scanned[0])
    return change if change != 0.0 else float(effects[-1] - effects[0]) / (scanned[-1] - scanned[0])


def _crossing(scanned: Sequence[float], effects: Array, published: float) -> tuple[float, float]:
    """Return where the scanned effects first pass the published one, and their slope."""
    overall = _slope(scanned, effects)
    for left in range(len(scanned) - 1):
        before, after = float(effects[left]) - published, float(effects[left + 1]) - published
        if before * after <= 0.0 and before != after:
            share = before / (before - after)
            return scanned[left] + share * (scanned[left + 1] - scanned[left]), overall
    return scanned[-1], overall


def pool(implied: Sequence[Implied]) -> Pooled | None:
    """Pool experiments by a random-effects model (DerSimonian & Laird 1986); None where there are none.

    Examples
    --------
    >>> pool([Implied(id="a", value=1.0, error=0.1), Implied(id="b", value=1.0, error=0.1)]).mean
    1.0
    """
    if not implied:
        return None
    values, variances = np.array([each.value for each in implied]), np.array([each.error**2 for each in implied])
    weights = 1.0 / variances
    fixed = float((weights * values).sum() / weights.sum())
    spread = float((weights * (values - fixed) ** 2).sum())
    room = float(weights.sum() - (weights**2).sum() / weights.sum())
    between = max(0.0, (spread - (len(values) - 1)) / room) if room > 0.0 else 0.0
    weights = 1.0 / (variances + between)
    return Pooled(
        mean=float((weights * values).sum() / weights.sum()),
        error=float(1.0 / sqrt(weights.sum())),
        between=sqrt(between),
        experiments=len(values),
    )
