"""Goal: the stage that cases are meant to reach, chosen from what the log shows where nobody names it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases

__all__ = ["CaseGoal", "find_goal"]

#: Of the cases that come to a stage, the share that begins there from which on it is no goal.
_BEGIN_THERE = 0.9


@dataclass(frozen=True, slots=True)
class CaseGoal:
    """A stage to be reached, and why it was taken.

    Attributes
    ----------
    stage : int
    why : str
        ``given``, ``bought`` (a purchase) or ``ends`` (cases end there more often than elsewhere).
    reached : float
        Share of cases that reach it.
    last, last_anywhere : float
        Share of visits to it, and of all visits, that are the last of their case.
    """

    stage: int
    why: str
    reached: float
    last: float
    last_anywhere: float


def find_goal(cases: Cases, given: int | None = None, bought: Set[int] = frozenset()) -> CaseGoal:
    """Return the goal: the one given; else the most frequent purchase; else where cases end more often than elsewhere.

    Of stages that are left no more often than others nobody can tell whether they are where cases want to go: many a
    case ends where it began. So the stage is taken at which most cases end beyond those that would, were every visit as
    likely to be the last as any other. A stage in which nearly all who come to it begin is no goal.

    Parameters
    ----------
    cases : Cases
    given : int, optional
        Stage named by the user.
    bought : set of int
        Stages that are purchases.

    Returns
    -------
    CaseGoal
    """
    count = len(cases.stages)
    visits = np.bincount(cases.stage, minlength=count)
    ends = np.bincount(cases.stage[cases.first[1:] - 1], minlength=count)
    begins = np.bincount(cases.stage[cases.first[:-1]], minlength=count)
    case = cases.case
    come = np.array([_different(case[cases.stage == at]) for at in range(count)])
    usual = cases.count / cases.stage.size
    why, stage = "given", given
    if stage is None:
        may_be = begins < _BEGIN_THERE * np.maximum(come, 1)
        may_be = may_be if (may_be & (visits > 0)).any() else visits > 0
        buys = np.array([at in bought for at in range(count)]) & may_be
        why = "bought" if buys.any() else "ends"
        score = np.where(buys, visits, -1.0) if buys.any() else np.where(may_be, ends - usual * visits, -np.inf)
        stage = int(score.argmax())
    return CaseGoal(stage, why, float(come[stage] / cases.count), float(ends[stage] / max(visits[stage], 1)), usual)


def _different(ordered: NDArray[np.int64]) -> int:
    """Count different values, of a column in order."""
    return int((np.diff(ordered) != 0).sum()) + (ordered.size > 0)
