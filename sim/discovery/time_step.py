"""Time step: the unit in which a log's journey is simulated, and the steps at which its cases move."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.scenario.journey import MOST_STEPS

__all__ = ["UNITS", "choose_unit", "steps_of"]

#: Seconds of a unit.
UNITS: Mapping[str, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
#: Share of cases that must be over within the steps that a run may have.
_NEARLY_ALL = 0.995
#: Share of gaps that must be whole units, and how far off they may be.
_WHOLE, _OFF = 0.95, 0.01
#: So many gaps, spread over the log, are looked at first: where so few of them are whole units, all are not.
_SOME, _SURELY_NOT = 100_000, 0.9


def choose_unit(cases: Cases) -> str:
    """Return the largest unit that a log counts in, else the smallest, in which nearly all cases fit into a run.

    Parameters
    ----------
    cases : Cases

    Returns
    -------
    str
        One of :data:`UNITS`; a week where cases take longer.

    Examples
    --------
    >>> import numpy as np
    >>> def after(minutes):
    ...     time = np.array([0.0, 60.0 * minutes])
    ...     following, stay = np.array([1, -1]), np.array([60.0 * minutes, 0.0])
    ...     return Cases(np.array([0, 2]), np.zeros(1, int), np.arange(2), time, following, stay, ("a", "b"), time[1])
    >>> choose_unit(after(9_999)), choose_unit(after(100_001))
    ('minute', 'hour')
    """
    spans = cases.time[cases.first[1:] - 1] - cases.time[cases.first[:-1]]
    longest = float(np.quantile(spans, _NEARLY_ALL))
    held = {name: seconds for name, seconds in UNITS.items() if longest <= seconds * MOST_STEPS}
    gaps = cases.stay[cases.following >= 0]
    some = gaps[:: gaps.size // _SOME + 1]
    for name, seconds in reversed(list(held.items())):
        if seconds == 1 or not gaps.size or _whole(some, seconds) < _SURELY_NOT:
            continue
        if gaps.max() >= seconds and _whole(gaps, seconds) >= _WHOLE:
            return name
    return next(iter(held), "week")


def _whole(gaps: NDArray[np.float64], seconds: int) -> float:
    """Return which share of gaps are whole units."""
    parts = gaps / seconds
    return float(np.mean(np.abs(parts - np.rint(parts)) < _OFF))


def steps_of(cases: Cases, seconds: float, instant: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the step of each visit since its case began.

    A visit takes one step at least, unless its stage is instant; what a quick visit takes too long is taken from the
    next longer one, so that whole cases keep their length.

    Parameters
    ----------
    cases : Cases
    seconds : float
        Of a step.
    instant : bool (stages,)
        Stages that take no time.

    Returns
    -------
    int64 (n,)
    """
    wanted = np.rint(cases.age / seconds).astype(np.int64)
    least = np.where(instant[cases.stage], 0, 1)
    least[cases.first[1:] - 1] = 0
    # position[k] = max(wanted[k], position[k - 1] + least[k - 1]) is a running maximum less the steps taken.
    taken = np.r_[0, np.cumsum(least)[:-1]]
    taken = taken - np.repeat(taken[cases.first[:-1]], cases.lengths)
    slack = wanted - taken
    far = int(slack.max() - slack.min()) + 1
    lift = np.repeat(np.arange(cases.count, dtype=np.int64) * far, cases.lengths)
    return np.maximum.accumulate(slack + lift) - lift + taken
