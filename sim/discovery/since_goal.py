"""Since the goal: where what customers do is another thing once they have been at the goal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.discovery.at_once import AtOnce, most_visited, standing_twice
from sim.discovery.cases import Cases
from sim.discovery.context import gains_by_stage

__all__ = ["since_goal_apart"]

#: Held-out log likelihood that it must gain at least, and for each parameter that it adds.
_LEAST_GAIN = 20.0
#: Share of those who come to the goal that come there again: fewer are hardly any.
_HARDLY = 0.05


def since_goal_apart(
    cases: Cases, at_once: AtOnce, judged: Cases, goal: int, seed: int, most: int
) -> tuple[Cases, AtOnce]:
    """Return cases whose visits after the first one to the goal are to stages of their own, where that tells something.

    Customers who have bought are others than those who have not. A journey that forgets whether a case has been at its
    goal brings some there as if for the first time, so that the time to the goal does not come out. Where hardly any
    case comes there again it does: hazards by the age of the case bring cases to each stage as often, and when, as in
    the log. All stages that enough cases visit before and after stand twice, or none does: a journey that passes one
    that does not forgets.

    Parameters
    ----------
    cases : Cases
        Whose visits at once are told apart.
    at_once : AtOnce
    judged : Cases
        Those of them on which it is chosen.
    goal : int
        Stage of the log.
    seed : int
        Of the halves that judge each other.
    most : int
        Stages that there may be then.

    Returns
    -------
    Cases, AtOnce
    """
    visits = np.bincount(judged.case[at_once.stage_of[judged.stage] == goal], minlength=judged.count)
    if (visits > 1).sum() <= _HARDLY * (visits > 0).sum():
        return cases, at_once
    been = _been_there(judged, at_once, goal)
    gained = gains_by_stage(judged, been, seed)
    gain, least = _total(gained), max(_LEAST_GAIN, sum(added for _, added in gained.values()))
    if gain <= least or gain - _total(gains_by_stage(judged, _as_many_later(judged, been), seed)) <= least:
        return cases, at_once
    since = _been_there(cases, at_once, goal)
    before, after = (np.bincount(cases.stage[part], minlength=len(cases.stages)) for part in (~since, since))
    room = most - int((before + after > 0).sum())
    twice = most_visited(np.array(sorted(gained)), np.minimum(before, after), room)
    return standing_twice(cases, twice, since), at_once.twice(twice, "since_goal", since_goal=True)


def _total(gained: Mapping[int, tuple[float, int]]) -> float:
    return sum(gain for gain, _ in gained.values())


def _been_there(cases: Cases, at_once: AtOnce, goal: int) -> NDArray[np.bool_]:
    """Return whether the case of each visit has been at the goal before it."""
    visits = np.r_[0, np.cumsum(at_once.stage_of[cases.stage] == goal)]
    return visits[:-1] > visits[cases.first[:-1]][cases.case]


def _as_many_later(cases: Cases, apart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return of each stage as many visits as are apart, but those that came latest in their case."""
    order = np.lexsort((cases.place, cases.stage))
    stage = cases.stage[order]
    ends = np.searchsorted(stage, np.arange(len(cases.stages)), side="right")
    many = np.bincount(cases.stage, weights=apart, minlength=ends.size)
    later = np.empty(apart.size, bool)
    later[order] = np.arange(apart.size) >= (ends - many)[stage]
    return later
