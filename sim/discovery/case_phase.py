"""Case phases: hidden stages of life of a case, so that cases need not be of geometric length.

In a chain that forgets how far it has come every visit is as likely to be the last as any other. Real cases mostly are
more regular: few leave after the first look, and nobody looks for hours. Each case therefore passes phases in order,
which nobody sees; how likely a visit is to be the last depends on the stage and on the phase. The number of visits then
has a Coxian distribution of phase type (Neuts 1975), whose number of phases is chosen on cases kept aside: perhaps one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.discovery.cases import Cases, subset

__all__ = ["ONE_PHASE", "Phases", "find_phases", "phases_of_states"]

#: Numbers of phases that are tried, in turn.
_NUMBERS = (2, 3, 4, 5, 6, 7, 8)
#: A further phase must gain so many standard errors of its held-out gain, and so many nats a case.
_SURE, _LEAST_GAIN = 2.0, 0.002
_FEWEST_ENDS = 50
_ROUNDS, _NEAR, _MOST_LOOPS = 500, 1e-5, 50_000
#: Rounds in which phases and stages are brought together, and visits that are looked at for it.
_JOINT_ROUNDS, _MOST_VISITS = 12, 50_000
#: Quarters of all visits by their length: a phase may be left sooner after a long one.
_PACES = 4
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Phases:
    """Phases that cases pass in order.

    Attributes
    ----------
    ending : float64 (phases,)
        Odds that a visit is the last, relative to the odds of its stage.
    moving : float64 (paces, phases)
        Probability that the next visit is in the next phase, by how long this one took; 0 for the last phase.
    gains : tuple of (float, float)
        Held-out log likelihood a case of 2, 3 ... phases over one fewer tried, with its standard error.
    borders : tuple of int
        Steps of a visit from which on the next pace counts.
    """

    ending: NDArray[np.float64]
    moving: NDArray[np.float64]
    gains: tuple[tuple[float, float], ...] = ()
    borders: tuple[int, ...] = ()

    def pace_of(self, steps: ArrayLike) -> NDArray[np.int64]:
        """Return the row of ``moving`` for visits of so many steps."""
        return np.searchsorted(np.asarray(self.borders), np.asarray(steps), side="right").astype(np.int64)

    @property
    def count(self) -> int:
        """How many phases there are."""
        return len(self.ending)


ONE_PHASE = Phases(np.ones(1), np.zeros((1, 1)))


def find_phases(cases: Cases, ended: NDArray[np.float64], most: int, seed: int) -> Phases:
    """Fit phases to the numbers of visits, and keep as many as cases kept aside speak for.

    Parameters
    ----------
    cases : Cases
    ended : float64 (n,)
        Probability that the case was over with each visit.
    most : int
        Phases that there may be.
    seed : int
        Of the halves.

    Returns
    -------
    Phases

    References
    ----------
    Neuts (1975), Probability distributions of phase type. Cox (1955), Proceedings of the Cambridge Philosophical
    Society 51, 313-319.
    """
    none = np.zeros(ended.size, np.int64)
    cases, _, ended, none = _some(cases, none, ended, none)
    visits, over = cases.lengths, ended[cases.first[1:] - 1]
    if over.sum() < _FEWEST_ENDS or most < 2:
        return ONE_PHASE
    half = np.random.default_rng([seed, 31]).permutation(cases.count) < cases.count // 2
    number, gains = 1, []
    before = _held_out(visits, over, half, 1)
    for more in (at for at in _NUMBERS if at <= most):
        now = _held_out(visits, over, half, more)
        gain = now - before
        mean, error = float(gain.mean()), float(gain.std() / np.sqrt(gain.size))
        gains.append((mean, error))
        if mean > max(_SURE * error, _LEAST_GAIN):
            number, before = more, now
        elif more > number + 1:
            # Two in a row that gain nothing.
            break
    if number == 1:
        return replace(ONE_PHASE, gains=tuple(gains))
    found = Phases(*_as_odds(*_fit(visits, over, number)), tuple(gains))
    gain = _held_out_with_stages(cases, ended, half, found) - _held_out_with_stages(cases, ended, half, ONE_PHASE)
    if gain.mean() <= max(_SURE * gain.std() / np.sqrt(gain.size), _LEAST_GAIN):
        # Which stage a case is in tells as much about whether it ends.
        return replace(ONE_PHASE, gains=tuple(gains))
    return found


def phases_of_states(
    cases: Cases,
    state: NDArray[np.int64],
    ended: NDArray[np.float64],
    dwell: NDArray[np.int64],
    states: int,
    phases: Phases,
) -> tuple[Phases, NDArray[np.float32]]:
    """Bring phases and states together, from the phases given (expectation and maximization).

    The odds that a visit is the last are those of the state times those of the phase. After a long visit the next phase
    may be likelier than after a short one, so that phases are also of the time that a case has taken.

    Parameters
    ----------
    cases : Cases
    state : int64 (n,)
        Of every visit, 0 to ``states`` - 1.
    ended : float64 (n,)
        Probability that the case was over with each visit.
    dwell : int64 (n,)
        Steps of every visit.
    states : int
    phases : Phases

    Returns
    -------
    Phases
        Of these cases.
    float32 (n, phases)
        Probability that a visit was made in each phase.
    """
    inner = np.quantile(dwell[cases.following >= 0], np.arange(1, _PACES) / _PACES, method="higher")
    borders = tuple(int(at) for at in np.unique(inner) if at > 1)
    phases = replace(phases, moving=np.repeat(phases.moving, len(borders) + 1, axis=0), borders=borders)
    pace = phases.pace_of(dwell)
    fitted, last = _together(*_some(cases, state, ended, pace), states, phases)
    found = np.zeros((state.size, phases.count), np.float32)
    # In pieces, so that memory does not grow with the log.
    piece = cases.first[:-1] // _MOST_VISITS
    bounds = np.r_[np.flatnonzero(np.r_[True, np.diff(piece) > 0]), cases.count]
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        rows = slice(int(cases.first[begin]), int(cases.first[end]))
        some = subset(cases, np.arange(begin, end))
        found[rows] = _expected(some, state[rows], ended[rows], pace[rows], last, fitted.moving).phase
    return fitted, found


def _some(
    cases: Cases, state: NDArray[np.int64], ended: NDArray[np.float64], pace: NDArray[np.int64]
) -> tuple[Cases, NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return as many cases as are looked at."""
    if state.size <= _MOST_VISITS:
        return cases, state, ended, pace
    order = np.random.default_rng(cases.count).permutation(cases.count)
    few = np.sort(order[: max(int(np.searchsorted(np.cumsum(cases.lengths[order]), _MOST_VISITS)), 1)])
    rows = np.concatenate([np.arange(cases.first[at], cases.first[at + 1]) for at in few.tolist()])
    return subset(cases, few), state[rows], ended[rows], pace[rows]


def _together(
    cases: Cases,
    state: NDArray[np.int64],
    ended: NDArray[np.float64],
    pace: NDArray[np.int64],
    states: int,
    phases: Phases,
) -> tuple[Phases, NDArray[np.float64]]:
    """Fit the odds of states and phases; return phases, and who ends by state and phase."""
    wanted = _odds(np.bincount(state, weights=ended, minlength=states), np.bincount(state, minlength=states))
    odds, ending, moving = wanted / phases.ending.mean(), phases.ending.copy(), phases.moving.copy()
    goes = cases.following >= 0
    for _ in range(_JOINT_ROUNDS):
        found = _expected(cases, state, ended, pace, _last(odds, ending), moving)
        visits, ends = found.visits, found.ends
        stayed = np.zeros_like(moving)
        np.add.at(stayed, pace[goes], found.phase[goes])
        moving[:, :-1] = np.clip(found.moves / np.maximum(stayed[:, :-1], _TINY), 0.0, 1.0)
        for _ in range(3):
            last = visits * _last(odds, ending)
            odds *= _ratio(ends.sum(axis=1), last.sum(axis=1), visits.sum(axis=1))
            last = visits * _last(odds, ending)
            ending *= _ratio(ends.sum(axis=0), last.sum(axis=0), visits.sum(axis=0))
    return replace(phases, ending=ending, moving=moving), _last(odds, ending)


def _last(odds: NDArray[np.float64], ending: NDArray[np.float64]) -> NDArray[np.float64]:
    both = odds[:, None] * ending
    return both / (1.0 + both)


def _as_odds(
    ending: NDArray[np.float64], moving: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return ending / (1.0 - ending), moving[None, :]


def _held_out_with_stages(
    cases: Cases, ended: NDArray[np.float64], half: NDArray[np.bool_], phases: Phases
) -> NDArray[np.float64]:
    """Return the log likelihood of every case's going on and ending, given its stages, by the other half."""
    found = np.zeros(cases.count)
    in_half = half[cases.case]
    for learned, rows in ((half, in_half), (~half, ~in_half)):
        train, test = subset(cases, np.flatnonzero(learned)), subset(cases, np.flatnonzero(~learned))
        no_pace = np.zeros(ended.size, np.int64)
        learner = _some(train, train.stage, ended[rows], no_pace[rows])
        fitted, last = _together(*learner, len(cases.stages), phases)
        # A stage that the learning half never saw to end is not sure to go on.
        last = np.clip(last, 1e-4, 1.0 - 1e-4)
        found[~learned] = _expected(test, test.stage, ended[~rows], no_pace[~rows], last, fitted.moving).log_likelihood
    return found


def _odds(ends: NDArray[Any], visits: NDArray[Any]) -> NDArray[np.float64]:
    """Odds of ends; below 1e6 where all end."""
    return np.asarray(ends / np.maximum(visits - ends, np.maximum(visits, 1.0) * 1e-6))


def _ratio(wanted: NDArray[np.float64], ends: NDArray[np.float64], visits: NDArray[np.float64]) -> NDArray[np.float64]:
    """What odds are multiplied by to make so many ends."""
    now = _odds(ends, visits)
    return np.divide(_odds(wanted, visits), now, out=np.zeros_like(now), where=now > 0)


def _held_out(
    visits: NDArray[np.int64], over: NDArray[np.float64], half: NDArray[np.bool_], number: int
) -> NDArray[Any]:
    """Return the log likelihood of every case by the phases of the other half."""
    found = np.zeros(visits.size)
    for learned in (half, ~half):
        ending, moving = _fit(visits[learned], over[learned], number)
        at = _forward(ending, moving, int(visits.max()))
        judged = np.flatnonzero(~learned)
        ends = np.log(np.maximum(at @ ending, _TINY))[visits[judged] - 1]
        goes_on = np.log(np.maximum(at @ (1.0 - ending), _TINY))[visits[judged] - 1]
        found[judged] = over[judged] * ends + (1.0 - over[judged]) * goes_on
    return found


def _forward(ending: NDArray[np.float64], moving: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Return the probability of making visit 1, 2 ... ``most`` in each phase."""
    at = np.zeros((most, ending.size))
    at[0, 0] = 1.0
    for visit in range(1, most):
        left = at[visit - 1] * (1.0 - ending)
        at[visit] = left * (1.0 - moving)
        at[visit, 1:] += left[:-1] * moving[:-1]
    return at


def _fit(
    visits: NDArray[np.int64], over: NDArray[np.float64], number: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maximize the likelihood of numbers of visits: probabilities of a last visit and of the next phase, by phase."""
    most = int(visits.max())
    ends = np.bincount(visits - 1, weights=over, minlength=most)
    stops = np.bincount(visits - 1, weights=1.0 - over, minlength=most)
    mean = max(float(visits.sum()) / max(float(over.sum()), 1.0), 1.001)
    rising = (np.arange(number) + 0.5) / (number / 2.0)
    ending = np.clip(rising / mean, 1e-6, 0.9)
    moving = np.full(number, min(number / mean, 0.9))
    moving[-1] = 0.0
    before = -np.inf
    for _ in range(min(_ROUNDS, max(_MOST_LOOPS // most, 20))):
        at = _forward(ending, moving, most)
        over_at, on_at = np.maximum(at @ ending, _TINY), np.maximum(at @ (1.0 - ending), _TINY)
        likelihood = float(ends @ np.log(over_at) + stops @ np.log(on_at))
        if likelihood - before < _NEAR * visits.size:
            break
        before = likelihood
        later = np.zeros((most + 1, number))
        for visit in range(most - 1, -1, -1):
            following = later[visit + 1] * (1.0 - moving)
            following[:-1] += later[visit + 1, 1:] * moving[:-1]
            later[visit] = ending * (ends[visit] / over_at[visit])
            later[visit] += (1.0 - ending) * (stops[visit] / on_at[visit] + following)
        made = np.maximum((at * later[:-1]).sum(axis=0), _TINY)
        last = ((at * ending) * (ends / over_at)[:, None]).sum(axis=0)
        moved = ((at * (1.0 - ending))[:, :-1] * moving[:-1] * later[1:, 1:]).sum(axis=0)
        # Who is seen no longer, though not over, may have moved on or not: that says nothing.
        seen = made - last - ((at * (1.0 - ending)) * (stops / on_at)[:, None]).sum(axis=0)
        ending = np.clip(last / made, 1e-9, 1.0 - 1e-6)
        moving[:-1] = np.clip(moved / np.maximum(seen[:-1], _TINY), 0.0, 1.0)
    return ending, moving


class _Expected(NamedTuple):
    """Visits and ends by state and phase, moves by pace and phase, the phase of visits, and cases' likelihood."""

    visits: NDArray[np.float64]
    ends: NDArray[np.float64]
    moves: NDArray[np.float64]
    phase: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]


def _expected(
    cases: Cases,
    state: NDArray[np.int64],
    ended: NDArray[np.float64],
    pace: NDArray[np.int64],
    last: NDArray[np.float64],
    moving: NDArray[np.float64],
) -> _Expected:
    """Return where cases were, given all that was seen of them (forward and backward)."""
    number = moving.shape[1]
    order = np.argsort(-cases.lengths, kind="stable")
    first, lengths = cases.first[:-1][order], cases.lengths[order]
    alive = [int((lengths > visit).sum()) for visit in range(int(lengths[0]))]
    goes_on = 1.0 - last
    at = np.zeros((state.size, number))
    at[first, 0] = 1.0
    logs = np.zeros(cases.count)
    for visit, count in enumerate(alive[1:]):
        rows = first[:count] + visit
        left = at[rows] * goes_on[state[rows]]
        moves_on = moving[pace[rows]]
        coming = left * (1.0 - moves_on)
        coming[:, 1:] += left[:, :-1] * moves_on[:, :-1]
        norm = np.maximum(coming.sum(axis=1, keepdims=True), _TINY)
        at[rows + 1] = coming / norm
        logs[order[:count]] += np.log(norm[:, 0])
    ends = cases.first[1:] - 1
    weight = ended[ends, None]
    later = np.zeros_like(at)
    later[ends] = weight * last[state[ends]] + (1.0 - weight) * goes_on[state[ends]]
    logs += np.log(np.maximum((at[ends] * later[ends]).sum(axis=1), _TINY))
    moves = np.zeros((len(moving), number - 1))
    for visit in range(len(alive) - 2, -1, -1):
        rows = first[: alive[visit + 1]] + visit
        coming, on, moves_on = later[rows + 1], goes_on[state[rows]], moving[pace[rows]]
        following = coming * (1.0 - moves_on)
        following[:, :-1] += coming[:, 1:] * moves_on[:, :-1]
        value = on * following
        norm = np.maximum((at[rows] * value).sum(axis=1, keepdims=True), _TINY)
        later[rows] = value / norm
        np.add.at(moves, pace[rows], at[rows, :-1] * on[:, :-1] * moves_on[:, :-1] * coming[:, 1:] / norm)
    likely = at * later
    likely /= np.maximum(likely.sum(axis=1, keepdims=True), _TINY)
    visits, over = np.zeros_like(last), np.zeros_like(last)
    np.add.at(visits, state, likely)
    # Of a last visit that was the end: its phase, given that it was.
    given = at[ends] * last[state[ends]]
    given /= np.maximum(given.sum(axis=1, keepdims=True), _TINY)
    np.add.at(over, state[ends], weight * given)
    return _Expected(visits, over, moves, likely, logs)
