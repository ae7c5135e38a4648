"""Time to goal: how soon customers first come to a goal, those who never do within the horizon included.

Who has not come when the horizon ends is censored there, and all customers are seen until then: so the share that has
come by any step is a plain count. A mean is known only of the time up to the horizon's end (restricted mean; Royston &
Parmar 2013, BMC Medical Research Methodology 13:152), and a quantile only where that part of customers comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.population import NEVER
from sim.analysis.shape import ANYTHING, SHARE, Shape

if TYPE_CHECKING:
    from sim.analysis.metrics import Measures
    from sim.analysis.paired import Estimate

__all__ = [
    "BOTH_COME",
    "PAIRED_SHAPES",
    "TIMES",
    "first_visits",
    "goal_shapes",
    "known_only",
    "paired_times",
    "times_of",
]

Floats = NDArray[np.float64]
_QUARTERS: Mapping[str, float] = {"quarter": 0.25, "half": 0.5, "three_quarters": 0.75}
#: Columns of :func:`times_of`.
TIMES: tuple[str, ...] = (
    "reached",
    "restricted_mean",
    *(f"{part}_of_customers" for part in _QUARTERS),
    *(f"{part}_of_those_who_come" for part in _QUARTERS),
)
#: Columns of :func:`paired_times`.
BOTH_COME: tuple[str, ...] = (
    "reached_in_both",
    "later_by",
    "sooner",
    "later",
    "reached_here_only",
    "reached_there_only",
)
#: What each of these can be.
PAIRED_SHAPES: tuple[Shape, ...] = (SHARE, ANYTHING, *[SHARE] * 4)


def times_of(arrivals: Floats, customers: Floats) -> Floats:
    """Return how soon customers come to a goal.

    Parameters
    ----------
    arrivals : float64 (rows, T + 1)
        Customers who first come there so many steps after the horizon begins.
    customers : float64 (rows,)
        How many there are.

    Returns
    -------
    float64 (rows, len(TIMES))
        Share that comes within the horizon; mean steps without having come, which end with the horizon; steps within
        which parts of all customers come, and of those who do. NaN where so many do not, and of nobody.

    Examples
    --------
    Of ten customers five come, after 1, 1, 2, 3 and 4 steps of four:

    >>> found = times_of(np.array([[0.0, 2.0, 1.0, 1.0, 1.0]]), np.array([10.0]))
    >>> dict(zip(TIMES, found[0].tolist()))["restricted_mean"], found[0, 2:].tolist()
    (3.1, [2.0, 4.0, nan, 1.0, 2.0, 3.0])
    """
    come = np.cumsum(arrivals, axis=1)
    out = np.full((len(arrivals), len(TIMES)), np.nan)
    for row in np.flatnonzero(customers > 0.0).tolist():
        heads, last = customers[row], come[row, -1]
        out[row, 0] = last / heads
        out[row, 1] = (heads - come[row, :-1]).sum() / heads
        for column, (of, part) in enumerate([(of, part) for of in (heads, last) for part in _QUARTERS.values()], 2):
            at = int(np.searchsorted(come[row], part * of))
            out[row, column] = at if of > 0.0 and at < come.shape[1] else np.nan
    return out


def paired_times(own: NDArray[np.uint16], base: NDArray[np.uint16]) -> Floats:
    """Compare when the same customers come to a goal in two arms, with the same luck.

    Parameters
    ----------
    own, base : uint16 (N,)
        Steps until each first comes; NEVER.

    Returns
    -------
    float64 (len(BOTH_COME),)
        Share of customers who come in both; of these by how many steps they come later (sooner: below 0), and which
        share comes sooner and later; share of customers who come in this arm alone, and in the other.

    Examples
    --------
    >>> paired_times(np.array([1, 5, NEVER, 3], np.uint16), np.array([3, 5, 4, NEVER], np.uint16)).tolist()
    [0.5, -1.0, 0.5, 0.0, 0.25, 0.25]
    """
    here, there = own != NEVER, base != NEVER
    both = here & there
    gap = own[both].astype(np.int64) - base[both].astype(np.int64)
    of_both = [float(one.mean()) if both.any() else np.nan for one in (gap, gap < 0, gap > 0)]
    return np.array([both.mean(), *of_both, (here & ~there).mean(), (there & ~here).mean()])


def goal_shapes(horizon: int, customers: float = 0.0) -> list[Shape]:
    """Return what each of :data:`TIMES` can be; ``customers``, where given, are all simulated ones."""
    return [SHARE.of(customers), *[Shape(0.0, float(horizon))] * (len(TIMES) - 1)]


def known_only(found: Mapping[str, Estimate], values: Floats) -> dict[str, Any]:
    """Return estimates as `summary.json` has them; null where a replicate has no value: the others are the quick ones.

    Parameters
    ----------
    found : mapping of str to Estimate
    values : float64 (R, len(found))
        What they are estimated from.
    """
    columns = np.isnan(values).T
    return {
        name: None if column.any() else one.plain() for (name, one), column in zip(found.items(), columns, strict=True)
    }


def first_visits(measures: Measures) -> Floats:
    """Return :func:`times_of` of one arm and replicate."""
    return times_of(measures.arrivals, measures.customers)
