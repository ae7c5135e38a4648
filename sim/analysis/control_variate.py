"""Control variate: the company's own luck, whose expectation is known, taken out of every replicate.

A replicate in which more experiments succeed than was to be expected is too good by about slope x surprise. The slope
of a replicate comes from all others, so that what is subtracted has expectation zero whatever the slope (splitting:
Nelson 1990, Operations Research 38, 974-992; the control variate itself: Lavenberg & Welch 1981, Management Science 27,
322-335), and is drawn towards zero as a ridge (Hoerl & Kennard 1970, Technometrics 12, 55-67), so that few replicates
do not make it wild. It is linear in the values: what adds up before does so afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ControlVariate", "pooled"]

Floats = NDArray[np.float64]

#: The slope is drawn towards zero as by so many divided by the number of replicates further ones without any slope:
#: one at 8 replicates, two at 4. With less the intervals of 4 replicates cover too little where the company's luck says
#: nothing, with more they are wider where it says all (`benchmarks/interval_coverage.py`).
CAUTION = 8.0
#: With fewer replicates a slope says nothing.
_FEWEST = 4


@dataclass(frozen=True, slots=True, eq=False)
class ControlVariate:
    """Luck of every replicate, less its expectation.

    Attributes
    ----------
    surprise : float64 (R,)
    variance : float
        Of the surprise of one replicate.
    """

    surprise: Floats
    variance: float

    def is_used(self, replicates: int) -> bool:
        """Return whether anything is taken out of so many replicates."""
        return replicates >= _FEWEST and self.variance > 0.0

    def adjusted(self, values: Floats, members: Sequence[int] = (), beside: Floats | None = None) -> Floats:
        """Return values with what the luck made of them taken out.

        Parameters
        ----------
        values : float64 (R,)
            One value per replicate, NaN where undefined.
        members : sequence of int (R,), optional
            Parameter set of each, where they differ in that too: slopes are then those within sets.
        beside : float64 (R,), optional
            Values of an arm on the same random numbers that the luck does not move: the slope is that of the
            difference, in which the customers' luck cancels.

        Returns
        -------
        float64 (R,)
            The values themselves where there are too few, or they do not differ, or the luck cannot differ.

        Examples
        --------
        Where luck is all that replicates differ in, most of it is gone.

        >>> surprise = np.array([-1.0, 2.0, 0.5, -0.5, 1.0, -1.5])
        >>> values = 10.0 + 3.0 * surprise
        >>> bool(ControlVariate(surprise, 1.5).adjusted(values).std() < 0.3 * values.std())
        True
        """
        known = ~np.isnan(values)
        luck = self.surprise[known]
        guide: Floats = values[known]
        if beside is not None and not np.isnan(beside[known]).any():
            guide = guide - beside[known]
        if not self.is_used(luck.size) or np.all(guide == guide[0]):
            return values
        group, counts = _sets(np.asarray(members)[known] if members else np.zeros(luck.size, np.int64))
        own, answer = (each - _summed(group, each) / counts[group] for each in (luck, guide))
        if members:
            # Without the own set.
            products, squares = (_summed(group, own * each) for each in (answer, own))
        else:
            # Without the own replicate, the mean of the others being theirs.
            more = luck.size / (luck.size - 1.0)
            products, squares = more * own * answer, more * own * own
        prior = CAUTION / luck.size * self.variance
        slopes = ((own * answer).sum() - products) / ((own * own).sum() - squares + prior)
        out = values.copy()
        out[known] -= slopes * luck
        return out


def pooled(values: Floats, surprise: Floats, variance: Floats) -> Floats:
    """Return values of many points with the luck taken out, where every point has replicates of its own.

    Few replicates of one point say nothing of its slope: it comes from all other points. So what is subtracted has
    expectation zero, and where it does not make replicates agree better on the whole nothing is.

    Parameters
    ----------
    values : float64 (n, R)
    surprise : float64 (n, R)
        Luck of every run less its expectation; 0 where there is none.
    variance : float64 (n,)
        Of the surprise of one replicate.

    Returns
    -------
    float64 (n, R)
        A copy of the values where there is nothing to take out.

    Examples
    --------
    >>> surprise = np.tile([[-1.0, 2.0], [0.5, -0.5], [1.0, -1.5]], (10, 1))
    >>> values = np.arange(30.0)[:, None] + 4.0 * surprise
    >>> bool(pooled(values, surprise, np.full(30, 1.5)).std(axis=1).max() < 0.4)
    True
    """
    points, replicates = values.shape
    if points < 2 or replicates < 2 or not surprise.any():
        return values.copy()
    control = ControlVariate(surprise.ravel(), float(variance.mean()))
    sets = tuple(np.repeat(np.arange(points), replicates).tolist())
    found = control.adjusted(values.ravel(), sets).reshape(values.shape)
    return found if found.var(axis=1).sum() < values.var(axis=1).sum() else values.copy()


def _summed(group: NDArray[np.int64], values: Floats) -> Floats:
    """Return the sum of each value's set."""
    return np.asarray(np.bincount(group, values)[group], dtype=np.float64)


def _sets(members: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the set of each value, and the size of each set."""
    _, group, counts = np.unique(members, return_inverse=True, return_counts=True)
    return group, counts
