"""At once: visits that take no time beside the step, told apart from those of the same stage that last.

A step is as short as the longest case allows, and many a visit is far shorter. Were each to take a step, a case of ten
quick visits would last ten steps. So a stage that is left both within the step and later stands twice, and what came
before tells how often it is which. The visits that take no time must not form a circle: they go forward in an order of
the stages, which is chosen so that few of them go back (Eades, Lin & Smyth 1993); one that goes back takes a step.
Last visits of cases are told apart likewise, where cases both end and go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.discovery.time_step import steps_of

__all__ = ["AtOnce", "last_apart", "most_visited", "no_time_told", "standing_twice", "told_apart"]

#: A stage always takes no time where fewer of its visits last, and where fewer of them are the last of their case.
_ALWAYS, _NEVER_LAST = 0.01, 0.001
#: Visits at once that a stage must have to stand twice, and their share of all visits.
_FEWEST, _SHARE = 25, 0.002
#: Last visits, and others, that a stage must have to stand twice for them: of late ends few early ones would be made.
_FEWEST_LAST = 1.0
#: Share of the length of cases by which they may be off where visits at once take a step: permits by the hour 0.002,
#: patients by the day 0.1.
_HARDLY_OFF = 0.005


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Stages told apart by whether they take time.

    Attributes
    ----------
    stage_of : int64 (stages,)
        The stage of the log that each is; those at once stand behind all others.
    instant : bool (stages,)
        Whether a visit takes no time.
    last : bool (stages,)
        Whether a visit is the last of its case.
    since_goal : bool (stages,)
        Whether the case has been at its goal before.
    told : tuple of str
        What stands behind the name of the log's stage, of each stage that stands behind all of the log.
    """

    stage_of: NDArray[np.int64]
    instant: NDArray[np.bool_]
    last: NDArray[np.bool_]
    since_goal: NDArray[np.bool_]
    told: tuple[str, ...] = ()

    def twice(self, stages: NDArray[np.int64], told: str, *, last: bool = False, since_goal: bool = False) -> AtOnce:
        """Return that some stages stand twice, the second time behind all others.

        Parameters
        ----------
        stages : int64 (m,)
            Which do.
        told : str
            What the second is told by, in its name.
        last, since_goal : bool
            Whether visits to the second are last ones, and since the goal.

        Returns
        -------
        AtOnce
        """
        own = len(self.stage_of) - len(self.told)
        before = ["" if at < own else self.told[at - own] for at in stages.tolist()]
        return AtOnce(
            np.r_[self.stage_of, self.stage_of[stages]],
            np.r_[self.instant, self.instant[stages] | last],
            np.r_[self.last, self.last[stages] | last],
            np.r_[self.since_goal, self.since_goal[stages] | since_goal],
            (*self.told, *(f"{name}__{told}" for name in before)),
        )

    def over_apart(self, stage: NDArray[np.int64], over: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability that a case was over with each visit, where last visits are told apart."""
        own = 2 * self.stage_of + self.since_goal
        apart = np.isin(own, own[self.last])
        return np.where(self.last[stage], 1.0, np.where(apart[stage], 0.0, over))

    def names(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """Return the names in a configuration, from those of the log's stages."""
        apart = zip(self.stage_of[len(slugs) :].tolist(), self.told, strict=True)
        return (*slugs, *(f"{slugs[at]}{told}" for at, told in apart))


def no_time_told(stages: int) -> AtOnce:
    """Return that so many stages are not told apart and all take time."""
    never = np.zeros(stages, bool)
    return AtOnce(np.arange(stages), never, never, never)


def told_apart(cases: Cases, seconds: float, most: int) -> tuple[Cases, AtOnce]:
    """Return cases whose visits at once are to stages of their own.

    Parameters
    ----------
    cases : Cases
    seconds : float
        Of a step.
    most : int
        Stages that there may be then: those that are left at once most often stand twice. None do where more than half
        of these would be taken and a visit that takes a step too long is made up for by the next one that takes long:
        what came before tells more then.

    Returns
    -------
    Cases, AtOnce
    """
    count = len(cases.stages)
    step = np.rint(cases.age / seconds).astype(np.int64)
    goes = cases.following >= 0
    rows = np.flatnonzero(goes & (np.r_[step[1:], 0] == step))
    visits = np.bincount(cases.stage, minlength=count)
    for _ in range(2):
        # A stage that is rarely left at once never is; then fewer visits are in each other's way.
        numbers = np.bincount(cases.stage[rows], minlength=count)
        often = numbers >= max(_FEWEST, _SHARE * cases.stage.size)
        whole = (visits > 0) & (numbers >= 10) & (numbers >= (1.0 - _ALWAYS) * visits)
        rows = rows[(often | whole)[cases.stage[rows]]]
        quick = np.zeros(cases.stage.size, bool)
        quick[rows] = True
        after = quick[rows + 1]
        source, target = cases.stage[rows], cases.following[rows]
        ways = np.bincount(source[after] * count + target[after], minlength=count * count)
        rank = _order(ways.reshape(count, count))
        back = after & (rank[source] >= rank[target])
        quick[rows[back]] = False
        rows = rows[~back]
    numbers = np.bincount(cases.stage[quick], minlength=count)
    last = np.bincount(cases.stage[~goes], minlength=count)
    always = (numbers > 0) & (visits - numbers <= _ALWAYS * visits) & (last <= _NEVER_LAST * visits)
    twice = np.flatnonzero((numbers > 0) & ~always)
    stages = int((visits > 0).sum())
    made_up_for = 2 * (stages + twice.size) > most and _length_off(cases, seconds, always) < _HARDLY_OFF
    room = 0 if made_up_for else max(most - stages, 0)
    rarest = twice[np.argsort(-numbers[twice], kind="stable")[room:]]
    quick &= ~np.isin(cases.stage, rarest)
    twice = np.setdiff1d(twice, rarest)
    found = standing_twice(cases, twice, quick)
    at_once = no_time_told(count).twice(twice, "at_once")
    # What always takes no time must not close a circle either.
    instant = np.r_[always, np.ones(twice.size, bool)]
    return found, replace(at_once, instant=_without_circles(found, instant, numbers))


def _length_off(cases: Cases, seconds: float, instant: NDArray[np.bool_]) -> float:
    """Return how far cases in steps are off the length of cases where only such stages take no time, relative to it."""
    last = cases.first[1:] - 1
    length = cases.age[last] / seconds
    off = np.abs(steps_of(cases, seconds, instant)[last] - length)
    return float(off.sum() / max(length.sum(), 1.0))


def most_visited(stages: NDArray[np.int64], visits: NDArray[Any], room: int) -> NDArray[np.int64]:
    """Return those of some stages that stand twice: in order, the most visited, in half of the room that there is.

    The other half is for what came before.

    Parameters
    ----------
    stages : int64 (n,)
    visits : (all stages,)
        By which the most visited are told.
    room : int
        Stages that there may be beside those that there are.

    Returns
    -------
    int64 (m,)
    """
    return np.sort(stages[np.argsort(-visits[stages], kind="stable")[: max(room, 0) // 2]])


def standing_twice(cases: Cases, twice: NDArray[np.int64], apart: NDArray[np.bool_]) -> Cases:
    """Return cases of which visits that are apart, to stages that stand twice, are to the second of these.

    Parameters
    ----------
    cases : Cases
    twice : int64 (m,)
        Stages that stand twice.
    apart : bool (n,)
        Visits that are to the second of them, whatever the stage.

    Returns
    -------
    Cases
    """
    if not twice.size:
        return cases
    code = np.arange(len(cases.stages))
    code[twice] = code.size + np.arange(twice.size)
    stage = np.where(apart, code[cases.stage], cases.stage)
    following = np.where(cases.following >= 0, np.roll(stage, -1), -1)
    return replace(
        cases,
        stage=stage,
        following=following,
        stages=(*cases.stages, *(cases.stages[at] for at in twice.tolist())),
    )


def last_apart(cases: Cases, at_once: AtOnce, over: NDArray[np.float64], most: int) -> tuple[Cases, AtOnce]:
    """Return cases whose last visits are to stages of their own, where cases both end and go on.

    Then what came before, and how old the case is, tell whether it ends, and not the stage alone.

    Parameters
    ----------
    cases : Cases
        Whose visits at once are told apart.
    at_once : AtOnce
    over : float64 (n,)
        Probability that a case was over with each visit.
    most : int
        Stages that there may be then.

    Returns
    -------
    Cases, AtOnce
    """
    count = len(cases.stages)
    ended = np.bincount(cases.stage, weights=over, minlength=count)
    goes = cases.following >= 0
    on = np.bincount(cases.stage[goes], minlength=count)
    visits = np.bincount(cases.stage, minlength=count)
    both = np.minimum(ended, on)
    enough = np.flatnonzero(both >= _FEWEST_LAST)
    twice = most_visited(enough, both, most - int((visits > 0).sum()))
    # As many as were over, spread evenly over those that may have been.
    ending = np.flatnonzero(over)
    order = ending[np.argsort(cases.stage[ending] * 2.0 + over[ending], kind="stable")]
    before = np.cumsum(over[order]) + 0.5
    is_last = np.zeros(over.size, bool)
    is_last[order] = np.diff(np.floor(np.r_[0.5, before])) > 0
    is_last &= ~goes & np.isin(cases.stage, twice)
    return standing_twice(cases, twice, is_last), at_once.twice(twice, "last", last=True)


def _order(ways: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rank stages so that few ways go back.

    References
    ----------
    Eades, Lin & Smyth (1993), A fast and effective heuristic for the feedback arc set problem, Information Processing
    Letters 47, 319-323.
    """
    ways = ways.copy()
    np.fill_diagonal(ways, 0)
    left = np.ones(len(ways), bool)
    front: list[int] = []
    back: list[int] = []
    while left.any():
        out, into = ways[:, left].sum(axis=1), ways[left].sum(axis=0)
        rows = np.flatnonzero(left)
        if (sinks := rows[out[rows] == 0]).size:
            back.extend(sinks.tolist())
            left[sinks] = False
        elif (sources := rows[into[rows] == 0]).size:
            front.extend(sources.tolist())
            left[sources] = False
        else:
            best = int(rows[np.argmax(out[rows] - into[rows])])
            front.append(best)
            left[best] = False
    rank = np.empty(len(ways), np.int64)
    rank[[*front, *reversed(back)]] = np.arange(len(ways))
    return rank


def _without_circles(cases: Cases, instant: NDArray[np.bool_], numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which stages take no time, the rarest of those that would close a circle left out."""
    goes = cases.following >= 0
    ways = np.bincount(cases.stage[goes] * instant.size + cases.following[goes], minlength=instant.size**2) > 0
    ways = ways.reshape(instant.size, instant.size)
    instant = instant.copy()
    while True:
        reach = ways & instant[:, None] & instant[None, :]
        for middle in range(instant.size):
            reach |= reach[:, middle, None] & reach[None, middle, :]
        circle = np.flatnonzero(reach.diagonal())
        if not circle.size:
            return instant
        weight = np.bincount(cases.stage, minlength=instant.size)[circle]
        # Stages at once go forward only; one that always takes no time is what goes back.
        whole = circle < numbers.size
        pick = circle[whole][np.argmin(weight[whole])] if whole.any() else circle[np.argmin(weight)]
        instant[pick] = False
