"""Goal: the stage that cases are meant to reach, chosen from what the log shows where nobody names it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.discovery.distance import case_table
from sim.discovery.stage_words import says_lost, says_purchase

__all__ = ["CaseGoal", "ends_only", "find_goal"]

#: Share of the visits to a stage that are the last of their case where cases end with it.
_AN_END = 0.95
#: Of the cases that come to a stage, the share that begins there from which on it is no goal.
_BEGIN_THERE = 0.9
#: Of all cases, those that must come to a stage that is called a purchase for it to be the goal.
_FEWEST_COME = 0.01
#: Parts of those who reach the goal of which it is told how soon they do.
_QUARTERS = (0.25, 0.5, 0.75)
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class CaseGoal:
    """A stage to be reached, and why it was taken.

    Attributes
    ----------
    stage : int
    why : str
        ``given``, ``bought`` (a purchase), ``named`` (its name says a purchase) or ``ends`` (cases end there more
        often than elsewhere).
    reached : float
        Share of cases that reach it.
    last, last_anywhere : float
        Share of visits to it, and of all visits, that are the last of their case.
    within : tuple of float
        Seconds since their beginning within which a quarter, half and three quarters of those that reach it do; empty
        where none does.
    of_all : tuple of (float or None)
        Seconds within which a quarter, half and three quarters of all cases reach it, those counted that were still
        under way at the end of the log (product limit); None where so many do not, as far as the log tells.
    reach : float
        Share of all cases that do as long after their beginning as the log tells.
    """

    stage: int
    why: str
    reached: float
    last: float
    last_anywhere: float
    within: tuple[float, ...]
    of_all: tuple[float | None, ...]
    reach: float


def find_goal(
    cases: Cases, given: int | None = None, bought: Set[int] = frozenset(), over: NDArray[np.float64] | None = None
) -> CaseGoal:
    """Return the goal: the one given; else the most frequent purchase; else where cases end beyond chance.

    A purchase is a stage with amounts that is called one, else one whose name says so and to which one of a hundred
    cases comes.

    Of stages that are left no more often than others nobody can tell whether they are where cases want to go: many a
    case ends where it began. So the stage is taken at which most cases end beyond those that would, were every visit as
    likely to be the last as any other. A stage in which nearly all who come to it begin is no goal, nor is one whose
    name says that cases come to nothing, where another one is left.

    Parameters
    ----------
    cases : Cases
    given : int, optional
        Stage named by the user.
    bought : set of int
        Stages that are purchases.
    over : float64 (cases,), optional
        How likely each case is over with its last event; all are by default.

    Returns
    -------
    CaseGoal
    """
    count = len(cases.stages)
    visits = np.bincount(cases.stage, minlength=count)
    ends = np.bincount(cases.stage[cases.first[1:] - 1], minlength=count)
    begins = np.bincount(cases.stage[cases.first[:-1]], minlength=count)
    come = _come(cases)
    usual = cases.count / cases.stage.size
    why, stage = "given", given
    if stage is None:
        may_be = begins < _BEGIN_THERE * np.maximum(come, 1)
        may_be = may_be if (may_be & (visits > 0)).any() else visits > 0
        buys = np.array([at in bought for at in range(count)]) & may_be
        named = np.array([says_purchase(name) for name in cases.stages]) & may_be & (come >= _FEWEST_COME * cases.count)
        why = "bought" if buys.any() else "named" if named.any() else "ends"
        buys = buys if buys.any() else named
        beyond = ends - usual * visits
        wanted = may_be & ~np.array([says_lost(name) for name in cases.stages])
        may_be = wanted if (wanted & (beyond > 0)).any() else may_be
        score = np.where(buys, visits, -1.0) if buys.any() else np.where(may_be, beyond, -np.inf)
        stage = int(score.argmax())
    of_all, reach = _of_all(cases, stage, np.ones(cases.count) if over is None else over)
    return CaseGoal(
        stage=stage,
        why=why,
        reached=float(come[stage] / cases.count),
        last=float(ends[stage] / max(visits[stage], 1)),
        last_anywhere=usual,
        within=_within(cases, stage),
        of_all=of_all,
        reach=reach,
    )


def _within(cases: Cases, stage: int) -> tuple[float, ...]:
    """Return within how many seconds a quarter, half and three quarters of those that come to a stage do."""
    times = case_table(cases, 1.0).times_to(stage)
    return tuple(np.quantile(times, _QUARTERS, method="inverted_cdf").tolist()) if times.size else ()


def _of_all(cases: Cases, stage: int, over: NDArray[np.float64]) -> tuple[tuple[float | None, ...], float]:
    """Return within how many seconds parts of all cases come to a stage, and how many ever do, as far as is seen.

    Who never came is gone with its last event as likely as it is over, and else was seen until the log ended: weights
    of an estimate of Aalen and Johansen, with ends as the competing exit.
    """
    begun, last = cases.time[cases.first[:-1]], cases.time[cases.first[1:] - 1]
    rows = np.flatnonzero(cases.stage == stage)
    case = np.searchsorted(cases.first, rows, side="right") - 1
    # The first visit of each case: rows are in order.
    is_first = np.diff(case, prepend=-1) > 0
    came, came_at = case[is_first], cases.time[rows[is_first]]
    others = np.setdiff1d(np.arange(cases.count), came, assume_unique=True)
    seen = np.maximum(cases.end - begun[others], last[others] - begun[others])
    # Comes; is gone; is seen no longer.
    times = np.r_[came_at - begun[came], last[others] - begun[others], seen]
    weight = np.r_[np.ones(came.size), over[others], 1.0 - over[others]]
    is_goal = np.repeat([True, False], [came.size, 2 * others.size])
    leaves = np.repeat([True, True, False], [came.size, others.size, others.size])
    counted = np.flatnonzero(weight)
    order = counted[np.argsort(times[counted], kind="stable")]
    times, weight, is_goal, leaves = times[order], weight[order], is_goal[order], leaves[order]
    begins = np.flatnonzero(np.diff(times, prepend=-1.0))
    distinct_times = times[begins]
    comes, gone, there = (np.add.reduceat(weight * which, begins) for which in (is_goal, leaves, True))
    at_risk = np.maximum(np.cumsum(there[::-1])[::-1], _TINY)
    staying = np.cumprod(1.0 - np.minimum(gone / at_risk, 1.0))
    share = np.cumsum(np.r_[1.0, staying[:-1]] * comes / at_risk)
    places = np.searchsorted(share, np.array(_QUARTERS) - _TINY)
    found = tuple(float(distinct_times[at]) if at < share.size else None for at in places.tolist())
    return found, float(share[-1]) if share.size else 0.0


def ends_only(cases: Cases) -> NDArray[np.bool_]:
    """Return with which stages cases end: nearly all visits to them are the last of their case.

    Parameters
    ----------
    cases : Cases

    Returns
    -------
    bool (stages,)
    """
    visits = np.bincount(cases.stage, minlength=len(cases.stages))
    ends = np.bincount(cases.stage[cases.first[1:] - 1], minlength=len(cases.stages))
    return np.asarray((visits > 0) & (ends >= _AN_END * visits))


def _come(cases: Cases) -> NDArray[np.int64]:
    """Count the cases that come to each stage."""
    return np.bincount(cases.stage[cases.comes_new], minlength=len(cases.stages))
