"""Simulated ends: cases of a journey end at the age, and after as many visits, at which those of the log do.

Hazards by the age of a case times weights by the number of its visits are less than what happened: how much the age
tells is not the same after each visit. So cases of the fitted journey are simulated, always with the same luck. Where
too few of those of an age, or of those who leave a visit, go on to their last one, the edges to last visits have more
weight there, in all states alike: then how long cases last and how many visits they have come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases

__all__ = ["Ends", "Factors", "SimulatedJourney", "StateWays", "ends_of", "raked_ends"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Cases that are simulated, in each of so many turns, and the key of their luck.
_CASES, _TURNS, _KEY = 20_000, 4, 47
#: Parts of the ages at which cases end, as many cases in each.
_AGES = 20
#: Part of the logarithm of what is amiss that a turn makes up for, and how much that is at most.
_STEP, _MOST = 0.7, 2.0
#: A simulated case that has so many times the visits of the longest one is left.
_TOO_LONG = 4
_SURE = 1.0 - 1e-9
_TINY = 1e-300


class Ends(NamedTuple):
    """How cases end: int64 (n,), the age at the last visit and the number of visits; bool (n,), whether it was seen."""

    age: Ints
    visits: Ints
    seen: NDArray[np.bool_]


class StateWays(NamedTuple):
    """The ways out of a state.

    ``targets`` and ``last`` (whether that is a last visit) have one for each; ``begins`` are the ages from which
    ``rates`` (targets, ages) hold: hazards, or shares where the state takes no time (not ``timed``); ``weights``
    (classes, targets) are by visit.
    """

    targets: Ints
    last: NDArray[np.bool_]
    begins: Ints
    rates: Floats
    weights: Floats
    timed: bool


class SimulatedJourney(NamedTuple):
    """A journey whose cases are simulated.

    ``ways`` are by state. ``begun`` are float64 (states,), shares of cases by the state that they begin in, and
    ``last`` bool (states,), whether it is a last visit. ``parts`` are states that stand for one by the age at which
    cases enter it, and these ages, rising; ``classes`` the numbers of the visits with which classes begin.
    """

    ways: Mapping[int, StateWays]
    begun: Floats
    last: NDArray[np.bool_]
    parts: Mapping[int, tuple[Ints, Ints]]
    classes: Ints


class Factors(NamedTuple):
    """Factors of edges to last visits: ``by_age`` from ``ages`` on, and ``by_class`` of the visit that is left."""

    ages: Ints
    by_age: Floats
    by_class: Floats

    def at(self, begins: Ints) -> Floats:
        """Return the factors that hold at ages."""
        return self.by_age[np.maximum(np.searchsorted(self.ages, begins, side="right") - 1, 0)]


def ends_of(cases: Cases, steps: Ints, last: NDArray[np.bool_]) -> Ends:
    """Return how cases end.

    Parameters
    ----------
    cases : Cases
    steps : int64 (n,)
        In which each visit begins.
    last : bool (stages,)
        Whether a visit is the last of its case.

    Returns
    -------
    Ends
    """
    final = cases.first[1:] - 1
    return Ends(steps[final] - steps[cases.first[:-1]], cases.lengths, last[cases.stage[final]])


def raked_ends(journey: SimulatedJourney, real: Ends) -> Factors:
    """Return by what edges to last visits are multiplied, so that simulated cases end as real ones do.

    Parameters
    ----------
    journey : SimulatedJourney
    real : Ends

    Returns
    -------
    Factors

    Examples
    --------
    One state is left with a hazard of 0.1 to itself and to the last visit, at all ages; real cases end twice as soon:

    >>> ways = StateWays(np.array([0, 1]), np.array([False, True]), np.array([1]), np.full((2, 1), 0.1),
    ...     np.ones((1, 2)), True)
    >>> luck = np.random.default_rng(1)
    >>> real = Ends(luck.geometric(0.2, 4000), np.full(4000, 2), np.ones(4000, bool))
    >>> journey = SimulatedJourney({0: ways}, np.array([1.0, 0.0]), np.array([False, True]), {}, np.array([1]))
    >>> found = raked_ends(journey, real)
    >>> bool((found.by_age[:10] * found.by_class).mean() > 1.5)
    True
    """
    classes = journey.classes
    if not real.seen.any():
        return Factors(np.zeros(1, np.int64), np.ones(1), np.ones(classes.size))
    cuts = np.quantile(real.age[real.seen], np.arange(1, _AGES) / _AGES).astype(np.int64)
    factors = Factors(np.unique(np.r_[0, cuts]), np.ones(1), np.ones(classes.size))
    factors = factors._replace(by_age=np.ones(factors.ages.size))
    wanted = _chances(real, factors.ages, classes)
    for _ in range(_TURNS):
        now = _chances(_simulated(journey, factors, int(real.visits.max())), factors.ages, classes)
        factors = Factors(
            factors.ages,
            _nearer(factors.by_age, wanted[0], now[0]),
            _nearer(factors.by_class, wanted[1], now[1]),
        )
    return factors


def _nearer(factor: Floats, wanted: Floats, now: Floats) -> Floats:
    """Return factors by which chances come nearer to those that are wanted."""
    known = (wanted > 0.0) & (now > 0.0)
    amiss = np.divide(wanted, now, out=np.ones_like(now), where=known)
    return factor * np.clip(amiss, 1.0 / _MOST, _MOST) ** _STEP


def _chances(ends: Ends, ages: Ints, classes: Ints) -> tuple[Floats, Floats]:
    """Return how many end a step of each part of the ages, and of those who leave a visit of each class."""
    left = ends.visits - 1
    ended = np.bincount(np.searchsorted(ages, ends.age[ends.seen], side="right") - 1, minlength=ages.size)
    last = left[ends.seen & (left > 0)]
    gone = np.bincount(np.searchsorted(classes, last, side="right") - 1, minlength=classes.size)
    return ended / np.maximum(_passed(ends.age, ages), 1.0), gone / np.maximum(_passed(left, classes - 1), 1.0)


def _passed(levels: Ints, begins: Ints) -> list[int]:
    """Return how many steps to so high levels lie in each part of the way, which begins there."""
    until = np.r_[begins[1:], np.iinfo(np.int64).max]
    return [
        int(np.clip(levels, begin, end).sum() - begin * levels.size) for begin, end in zip(begins, until, strict=True)
    ]


def _simulated(journey: SimulatedJourney, factors: Factors, most: int) -> Ends:
    """Simulate cases, one visit of all of them after the other."""
    luck = np.random.default_rng(_KEY)
    state = np.minimum(np.searchsorted(np.cumsum(journey.begun), luck.random(_CASES)), journey.begun.size - 1)
    age, visits = np.zeros(_CASES, np.int64), np.ones(_CASES, np.int64)
    seen = journey.last[state]
    under_way = np.flatnonzero(~seen)
    for visit in range(1, _TOO_LONG * most):
        at = int(np.searchsorted(journey.classes, visit, side="right")) - 1
        draws = luck.random((2, _CASES))
        order = under_way[np.argsort(state[under_way], kind="stable")]
        groups = np.split(order, np.flatnonzero(np.diff(state[order])) + 1)
        going = [order[:0]]
        for rows in groups:
            ways = journey.ways.get(int(state[rows[0]])) if rows.size else None
            if ways is None or not ways.targets.size:
                continue
            goes, when, way = _left(ways, at, factors, age[rows], draws[:, rows])
            rows = rows[goes]
            age[rows], visits[rows], seen[rows] = when[goes], visit + 1, ways.last[way[goes]]
            state[rows] = _entered(ways.targets[way[goes]], age[rows], journey.parts)
            going.append(rows[~seen[rows]])
        under_way = np.sort(np.concatenate(going))
        if not under_way.size:
            break
    return Ends(age, visits, seen)


def _left(ways: StateWays, at: int, factors: Factors, age: Ints, draws: Floats) -> tuple[NDArray[np.bool_], Ints, Ints]:
    """Return of cases of these ages in a state whether they leave it, at which age, and by which way."""
    weight = ways.weights[at] * np.where(ways.last, factors.by_class[at], 1.0)
    rates = ways.rates * weight[:, None]
    goes, when = np.ones(age.size, np.bool_), age
    if ways.timed:
        rates = np.where(ways.last[:, None], rates * factors.at(ways.begins), rates)
        hazard = -np.log1p(-np.minimum(rates.sum(axis=0), _SURE))
        before = np.r_[0.0, np.cumsum(hazard[:-1] * np.diff(ways.begins))]
        part = _part(ways.begins, age)
        lived = np.maximum(age - (ways.begins[part] - 1), 0)
        goal = before[part] + lived * hazard[part] - np.log1p(-draws[0])
        part = np.maximum(np.searchsorted(before, goal, side="left") - 1, 0)
        goes = hazard[part] > 0.0
        steps = np.ceil((goal - before[part]) / np.where(goes, hazard[part], 1.0)).astype(np.int64)
        when = np.maximum(ways.begins[part] - 1 + steps, age + 1)
    else:
        part = _part(ways.begins, age)
    until = np.cumsum(rates, axis=0)
    until /= np.maximum(until[-1], _TINY)
    way = np.minimum((draws[1] > until[:, part]).sum(axis=0), ways.targets.size - 1)
    return goes, when, way


def _part(begins: Ints, age: Ints) -> Ints:
    return np.maximum(np.searchsorted(begins, age, side="right") - 1, 0)


def _entered(target: Ints, age: Ints, parts: Mapping[int, tuple[Ints, Ints]]) -> Ints:
    """Return the states that cases of these ages enter."""
    for whole in np.unique(target).tolist():
        if whole in parts:
            states, since = parts[whole]
            mine = target == whole
            target = np.where(mine, states[_part(since, age)], target)
    return target
