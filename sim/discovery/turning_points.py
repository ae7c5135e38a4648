"""Turning points: where the lives of cases that reach a goal part from the others'. Association, not cause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import erfc
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.multiple_tests import beyond_chance
from sim.discovery.cases import START, Cases, rows_by
from sim.discovery.goal import ends_only
from sim.discovery.hazards import ended_weights
from sim.record.order import distinct

__all__ = ["TurningPoint", "turning_points"]

_FEWEST = 20
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A step from a stage: how much more often those who take it reach the goal than others in the same stage.

    ``gap`` is a difference of shares among cases at their first visit, compared within what they visited before
    (Mantel and Haenszel), with its 95 % interval. ``beyond_chance`` says whether it stands out among all
    steps that were compared, and its interval is clear of 0.
    """

    source: int
    target: int
    cases: int
    reach: float
    others: float
    gap: float
    ci_low: float
    ci_high: float
    beyond_chance: bool = False


def turning_points(cases: Cases, goal: int) -> tuple[TurningPoint, ...]:
    """Rank the steps after which cases reach the goal more or less often than others in the same stage.

    Steps into the goal are left out, and those into other stages with which cases end: they tell nothing but that. So
    are steps beside which hardly anybody goes on in another way. Cases that were still under way in a stage when their
    log ended took no step, and count as far as they are likely to be over.

    Parameters
    ----------
    cases : Cases
    goal : int
        A stage.

    Returns
    -------
    tuple of TurningPoint
        Largest gap first, of steps with 20 cases, and 20 others at least who go on in another way.
    """
    case, new = cases.case, np.flatnonzero(cases.comes_new)
    at_goal = np.flatnonzero(cases.stage == goal)
    last_goal = np.full(cases.count, -1)
    # Visits come in the order of their case and time: the last one stays.
    last_goal[case[at_goal]] = at_goal
    later = last_goal[case[new]] > new
    ends = ends_only(cases)
    counted = np.where(cases.following < 0, ended_weights(cases, cases.stage), 1.0)[new]
    before, following = cases.before(1)[new], cases.following[new]
    out, chances = [], []
    order, bounds = rows_by(cases.stage[new], len(cases.stages))
    for stage in np.flatnonzero(np.diff(bounds)).tolist():
        rows = order[bounds[stage] : bounds[stage + 1]]
        targets, way = distinct(following[rows] + 1)
        counts = _counted(way, later[rows], before[rows], counted[rows])
        whole = counts.sum(axis=0)
        go_on = float(counts[targets > 0].sum())
        for at, target in enumerate((targets - 1).tolist()):
            sides = counts[at], whole - counts[at]
            sizes = [round(float(side.sum())) for side in sides]
            if target in (START, goal) or ends[target] or min(sizes) < _FEWEST or go_on - sizes[0] < _FEWEST:
                continue
            found = _adjusted(*sides)
            if found is not None:
                gap, error, chance = found
                reach, others = (float(side[:, 1].sum() / side.sum()) for side in sides)
                low, high = max(gap - _Z * error, -1.0), min(gap + _Z * error, 1.0)
                out.append(TurningPoint(stage, target, sizes[0], reach, others, gap, low, high))
                chances.append(chance)
    marked = [
        # Few who nearly all get there: the test may say so where the interval of how much more they do holds none.
        replace(point, beyond_chance=beyond and (point.ci_low > 0.0 or point.ci_high < 0.0))
        for point, beyond in zip(out, beyond_chance(chances), strict=True)
    ]
    return tuple(sorted(marked, key=lambda point: (-abs(point.gap), point.source, point.target)))


def _counted(way: Any, reached: Any, before: Any, weight: Any = None) -> NDArray[np.float64]:
    """Count cases by the way they go, by what came before, and by whether they reach the goal: (ways, strata, 2)."""
    _, stratum = distinct(np.asarray(before, np.int64) - START)
    shape = (int(way.max()) + 1, int(stratum.max()) + 1, 2)
    counts = np.bincount((way * shape[1] + stratum) * 2 + reached, weight, shape[0] * shape[1] * shape[2])
    # Products of four counts of a large log are more than a whole number holds.
    return counts.astype(np.float64).reshape(shape)


def _adjusted(took: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Return the difference of two shares within strata, its standard error, and how likely one so large is by chance.

    The risk difference of Mantel and Haenszel with the variance of Sato (1989, *Biometrics* 45, 1323), which holds for
    many small strata as for few large ones. It is 0 where all of one side get there and none of the other, so it is
    never taken to be smaller than that of Agresti and Caffo (2000) without strata. The chance is that of the test of
    Cochran, Mantel and Haenszel, with the correction for continuity. None where no stratum holds both sides.
    """
    (n_took, n_others), (y_took, y_others) = zip(
        *((side.sum(axis=1), side[:, 1]) for side in (took, others)), strict=True
    )
    total = np.maximum(n_took + n_others, 1.0)
    weight = n_took * n_others / total
    if not weight.any():
        return None
    gap = float((y_took * n_others - y_others * n_took) @ (1.0 / total)) / weight.sum()
    p = (n_took**2 * y_others - n_others**2 * y_took + n_took * n_others * (n_others - n_took) / 2) / total**2
    q = (y_took * (n_others - y_others) + y_others * (n_took - y_took)) / (2 * total)
    variance = float(gap * p.sum() + q.sum()) / weight.sum() ** 2
    shares = [((y.sum() + 1) / (n.sum() + 2), n.sum() + 2) for y, n in ((y_took, n_took), (y_others, n_others))]
    least = sum(share * (1 - share) / size for share, size in shares)
    y = y_took + y_others
    spread = (n_took * n_others * y * (total - y) / (total**2 * np.maximum(total - 1, 1))).sum()
    beyond = max(abs((y_took - n_took * y / total).sum()) - 0.5, 0.0)
    chance = erfc(beyond / np.sqrt(2.0 * spread)) if spread else 1.0
    return gap, float(np.sqrt(max(variance, least))), chance
