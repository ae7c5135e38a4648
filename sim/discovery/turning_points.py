"""Turning points: where the lives of cases that reach a goal part from the others'. Association, not cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.discovery.cases import Cases

__all__ = ["TurningPoint", "turning_points"]

_FEWEST = 20
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A step from a stage: how much more often those who take it reach the goal than others in the same stage.

    ``gap`` is a difference of shares among cases at their first visit, compared within what they visited before and
    averaged (direct standardization), with its 95 % interval.
    """

    source: int
    target: int
    cases: int
    reach: float
    others: float
    gap: float
    ci_low: float
    ci_high: float


def turning_points(cases: Cases, goal: int) -> tuple[TurningPoint, ...]:
    """Rank the steps after which cases reach the goal more or less often than others in the same stage.

    Parameters
    ----------
    cases : Cases
    goal : int
        A stage.

    Returns
    -------
    tuple of TurningPoint
        Largest gap first, of steps with 20 cases and 20 others at least.
    """
    case, place = cases.case, np.arange(cases.stage.size)
    at_goal = np.flatnonzero(cases.stage == goal)
    last_goal = np.full(cases.count, -1)
    # Visits come in the order of their case and time: the last one stays.
    last_goal[case[at_goal]] = at_goal
    later = last_goal[case] > place
    before = cases.before(1)
    out = []
    for stage in np.unique(cases.stage).tolist():
        rows = np.flatnonzero(cases.stage == stage)
        _, first = np.unique(case[rows], return_index=True)
        rows = rows[first]
        following = cases.following[rows]
        for target in np.unique(following[following >= 0]).tolist():
            # A step into the goal reaches it, which tells nothing.
            took = following == target
            if target == goal or took.sum() < _FEWEST or (~took).sum() < _FEWEST:
                continue
            found = _standardized(took, later[rows], before[rows])
            if found is not None:
                gap, error, reach, others = found
                out.append(
                    TurningPoint(stage, target, int(took.sum()), reach, others, gap, gap - _Z * error, gap + _Z * error)
                )
    return tuple(sorted(out, key=lambda point: (-abs(point.gap), point.source, point.target)))


def _standardized(took: Any, reached: Any, before: Any) -> tuple[float, float, float, float] | None:
    gap = variance = weight = 0.0
    for value in np.unique(before):
        mine = before == value
        one, other = reached[mine & took], reached[mine & ~took]
        if one.size < 5 or other.size < 5:
            continue
        share = float(mine.sum())
        gap += share * (one.mean() - other.mean())
        # Agresti-Caffo: a share of 0 or 1 of few is not exact.
        a, b = (one.sum() + 1) / (one.size + 2), (other.sum() + 1) / (other.size + 2)
        variance += share**2 * (a * (1 - a) / (one.size + 2) + b * (1 - b) / (other.size + 2))
        weight += share
    if weight == 0.0:
        return None
    reach, others = float(reached[took].mean()), float(reached[~took].mean())
    return gap / weight, float(np.sqrt(variance)) / weight, reach, others
