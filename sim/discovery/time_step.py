"""Time step: the unit in which a log's journey is simulated, and the steps at which its cases move."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases

__all__ = ["UNITS", "choose_unit", "steps_of"]

#: Seconds of a unit.
UNITS: Mapping[str, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
#: Steps that the longest case may take.
_MOST_STEPS = 10_000
#: Share of gaps that must be whole units, and how far off they may be.
_WHOLE, _OFF = 0.95, 0.01


def choose_unit(cases: Cases) -> str:
    """Return the unit that a log counts in, else the smallest in which its longest case takes 10,000 steps at most.

    Examples
    --------
    >>> choose_unit  # doctest: +ELLIPSIS
    <function choose_unit at ...>
    """
    gaps = cases.stay[cases.following >= 0]
    for name, seconds in reversed(list(UNITS.items())):
        if seconds == 1 or not gaps.size:
            continue
        parts = gaps / seconds
        if parts.max() >= 1.0 and np.mean(np.abs(parts - np.rint(parts)) < _OFF) >= _WHOLE:
            return name
    spans = cases.time[cases.first[1:] - 1] - cases.time[cases.first[:-1]]
    longest = float(np.quantile(spans, 0.995))
    return next((name for name, seconds in UNITS.items() if longest / seconds <= _MOST_STEPS), "week")


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
