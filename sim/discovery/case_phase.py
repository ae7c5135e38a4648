"""Case phases: hidden stages of life of a case, so that cases are neither of geometric length nor all alike quick.

In a chain that forgets how far it has come every visit is as likely to be the last as any other, and a slow visit says
nothing of the next. Real cases are more regular, and who is slow stays slow. Each case therefore is in a hidden phase,
of which two things are seen: how long a visit takes beside others to the same stage, and whether it is the last. Phases
are passed in order, and a case may begin in any: so they can be kinds of cases, parts of a life, or both. The number of
visits then has a discrete distribution of phase type (Neuts 1975), and visits are those of a hidden Markov model (Baum
et al. 1970). How many phases there are is chosen on cases kept aside: perhaps one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases, rows_of
from sim.discovery.held_out_gain import HeldOutGain, gain_of

if TYPE_CHECKING:
    from sim.discovery.forward_backward import Counted

__all__ = ["ONE_PHASE", "Phases", "find_phases", "phases_of_states"]

_MOST, _FEWEST_ENDS, _FEWEST_CASES = 8, 50, 100
#: Visits that are looked at, of cases that are cut after so many; and rounds.
_MOST_VISITS, _LONGEST, _ROUNDS, _NEAR = 30_000, 300, 60, 2e-4
#: Classes of visits by their length: where they part, among visits to the same stage; long ones are told apart finely.
_PARTS = (1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 0.93, 0.98)
_PACES = len(_PARTS) + 1
#: Visits that stand for what all stages have in common, beside those to one stage.
_ALIKE = 10.0
_FEWEST_VISITS = 50
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Phases:
    """Phases that cases pass in order.

    Attributes
    ----------
    begin : float64 (phases,)
        Shares of cases by the phase they begin in.
    moving : float64 (phases, phases)
        Probability that the next visit is in each phase; only later ones.
    ending : float64 (phases,)
        Odds that a visit is the last, relative to the odds of its stage.
    pace : float64 (paces, phases)
        Shares of visits by their length, in each phase.
    gains : tuple of (float, float)
        Held-out log likelihood a case of 2, 3 ... phases over one fewer tried, with its standard error.
    """

    begin: NDArray[np.float64]
    moving: NDArray[np.float64]
    ending: NDArray[np.float64]
    pace: NDArray[np.float64]
    gains: tuple[HeldOutGain, ...] = ()

    @property
    def count(self) -> int:
        """How many phases there are."""
        return len(self.ending)


ONE_PHASE = Phases(np.ones(1), np.ones((1, 1)), np.ones(1), np.full((_PACES, 1), 1.0 / _PACES))


class _Seen(NamedTuple):
    """What is seen of the visits of some cases, case by case.

    ``row`` is where each visit stands in the columns of the cases; ``first`` where those of each case begin here. A
    ``pace`` of -1 is not known, ``over`` is 0 where a case goes on. There are so many ``states``.
    """

    row: NDArray[np.int64]
    first: NDArray[np.int64]
    state: NDArray[np.int64]
    pace: NDArray[np.int64]
    over: NDArray[np.float64]
    states: int


class _Model(NamedTuple):
    """Parameters: of phases, and of states and phases (odds of the last visit, shares of paces)."""

    begin: NDArray[np.float64]
    moving: NDArray[np.float64]
    ending: NDArray[np.float64]
    pace: NDArray[np.float64]
    odds: NDArray[np.float64]
    state_pace: NDArray[np.float64]

    def last(self) -> NDArray[np.float64]:
        """Probability that a visit is the last, by state and phase."""
        both = self.odds[:, None] * self.ending
        return np.asarray(both / (1.0 + both))


def find_phases(cases: Cases, ended: NDArray[np.float64], most: int, seed: int) -> tuple[Phases, ...]:
    """Fit one phase, two and so on, and keep each that makes cases kept aside more likely.

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
    tuple of Phases
        One phase first, then those that gain over the ones before.

    References
    ----------
    Neuts (1975), Probability distributions of phase type. Baum, Petrie, Soules & Weiss (1970), Annals of Mathematical
    Statistics 41, 164-171.
    """
    if cases.count < _FEWEST_CASES or most < 2:
        return (ONE_PHASE,)
    pace = paces_of(cases, cases.stage)
    chosen = _some(cases)
    half = np.random.default_rng([seed, 31]).permutation(chosen.size) < chosen.size // 2
    parts = [
        _seen(cases, chosen[mine], cases.stage, pace, ended, len(cases.stages), _LONGEST) for mine in (half, ~half)
    ]
    if sum(float(part.over.sum()) for part in parts) < _FEWEST_ENDS:
        # Nobody is seen to end: there is the pace alone.
        parts = [part._replace(over=np.zeros_like(part.over)) for part in parts]
    found, gains = [ONE_PHASE], []
    before = _held_out(parts, ONE_PHASE)
    for number in range(2, min(most, _MOST) + 1):
        best, model = _from_several(parts, number)
        # What the first half says surely makes the second no likelier: the first is not asked what the second says.
        gain = gain_of(_likelihood_of(parts[1], model), before[: parts[1].first.size - 1])
        if not gain.surely_less:
            now = _held_out(parts, best)
            gain = gain_of(now, before)
        gains.append(gain)
        if not gain.sure:
            break
        found.append(best)
        before = now
    return tuple(replace(item, gains=tuple(gains)) for item in found)


def phases_of_states(
    cases: Cases, state: NDArray[np.int64], ended: NDArray[np.float64], states: int, phases: Phases
) -> tuple[Phases, NDArray[np.float32]]:
    """Bring phases and states together, from the phases given (expectation and maximization).

    Parameters
    ----------
    cases : Cases
    state : int64 (n,)
        Of every visit, 0 to ``states`` - 1.
    ended : float64 (n,)
        Probability that the case was over with each visit.
    states : int
    phases : Phases

    Returns
    -------
    Phases
        Of these cases.
    float32 (n, phases)
        Probability that a visit was made in each phase.
    """
    pace = paces_of(cases, cases.stage)
    few = _seen(cases, _some(cases), state, pace, ended, states, _LONGEST)
    model = _climb(few, _start_of(few, phases), _ROUNDS)
    found = np.zeros((state.size, phases.count), np.float32)
    # In pieces, so that memory does not grow with the log.
    piece = cases.first[:-1] // (4 * _MOST_VISITS)
    bounds = np.r_[np.flatnonzero(np.r_[True, np.diff(piece) > 0]), cases.count]
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = _seen(cases, np.arange(begin, end), state, pace, ended, states)
        found[part.row] = _expected(part, model).phase
    of_all = replace(phases, begin=model.begin, moving=model.moving, ending=model.ending, pace=model.pace)
    return of_all, found


def paces_of(cases: Cases, stage: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the class of each visit by its length among visits to the same stage; -1 for last ones and rare stages."""
    pace = np.full(stage.size, -1, np.int64)
    goes = np.flatnonzero(cases.following >= 0)
    order = goes[np.argsort(stage[goes], kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(stage[order])) + 1):
        if rows.size >= _FEWEST_VISITS:
            inner = np.quantile(cases.stay[rows], _PARTS)
            pace[rows] = np.searchsorted(inner, cases.stay[rows], side="left")
    return pace


def _some(cases: Cases) -> NDArray[np.int64]:
    """Return as many cases as are looked at."""
    lengths = np.minimum(cases.lengths, _LONGEST)
    if lengths.sum() <= _MOST_VISITS:
        return np.arange(cases.count)
    order = np.random.default_rng(cases.count).permutation(cases.count)
    return np.sort(order[: max(int(np.searchsorted(np.cumsum(lengths[order]), _MOST_VISITS)), 1)])


def _seen(
    cases: Cases,
    chosen: NDArray[np.int64],
    state: NDArray[np.int64],
    pace: NDArray[np.int64],
    ended: NDArray[np.float64],
    states: int,
    longest: int | None = None,
) -> _Seen:
    """Put the visits of some cases together, those of long ones up to so many."""
    lengths = cases.lengths[chosen] if longest is None else np.minimum(cases.lengths[chosen], longest)
    first, row = rows_of(cases.first[:-1][chosen], lengths)
    last = first[1:] - 1
    my_pace, over = pace[row], np.zeros(row.size)
    my_pace[last] = -1
    # Of a case that is cut the end is not seen.
    over[last] = ended[row[last]]
    return _Seen(row, first, state[row], my_pace, over, states)


def _start_of(seen: _Seen, phases: Phases) -> _Model:
    visits = np.bincount(seen.state, minlength=seen.states).astype(np.float64)
    ends = np.bincount(seen.state, seen.over, seen.states).astype(np.float64)
    odds = _odds(ends, visits) / phases.ending.mean()
    state_pace = np.broadcast_to(phases.pace, (seen.states, *phases.pace.shape))
    return _Model(phases.begin, phases.moving, phases.ending, phases.pace, odds, state_pace)


def _from_several(parts: list[_Seen], number: int) -> tuple[Phases, _Model]:
    """Return the phases, and those of states, from which the first half becomes likeliest.

    Later ones are quicker, or slower, or by chance.
    """
    best: tuple[float, Phases] | None = None
    for phases in _guesses(number):
        model = _climb(parts[0], _start_of(parts[0], phases), _ROUNDS // 4)
        value = float(_expected(parts[0], model).log_likelihood.sum())
        if best is None or value > best[0]:
            best = value, Phases(model.begin, model.moving, model.ending, model.pace)
    assert best is not None
    model = _climb(parts[0], _start_of(parts[0], best[1]), _ROUNDS)
    return Phases(model.begin, model.moving, model.ending, model.pace), model


def _guesses(number: int) -> list[Phases]:
    middle = (np.arange(number) + 0.5) / number - 0.5
    class_middle = (np.arange(_PACES) + 0.5) / _PACES - 0.5
    moving = np.triu(np.full((number, number), 0.05)) + np.diag(np.full(number, 0.7))
    moving += np.diag(np.full(number - 1, 0.15), 1)
    moving /= moving.sum(axis=1, keepdims=True)
    luck = np.random.default_rng(number)
    found = []
    for slope in (-1.0, 1.0, None):
        tilt = np.outer(class_middle, (middle * slope if slope else luck.permutation(middle)) * 6.0)
        pace = np.exp(tilt) / np.exp(tilt).sum(axis=0)
        found.append(Phases(np.full(number, 1.0 / number), moving, np.exp(2.0 * middle), pace))
    return found


def _climb(seen: _Seen, model: _Model, rounds: int) -> _Model:
    """Expectation and maximization."""
    before = -np.inf
    for _ in range(rounds):
        found = _expected(seen, model)
        likelihood = float(found.log_likelihood.sum())
        if likelihood - before < _NEAR * len(found.log_likelihood):
            break
        before = likelihood
        model = _better(model, found)
    return model


def _better(model: _Model, found: Counted) -> _Model:
    number = model.begin.size
    begin = found.begins / found.begins.sum()
    moving = found.moves / np.maximum(found.moves.sum(axis=1, keepdims=True), _TINY)
    moving = np.where(found.moves.sum(axis=1, keepdims=True) > 1e-9, moving, np.eye(number))
    paces = found.paces.sum(axis=0) + 0.5
    pace = paces / paces.sum(axis=0)
    state_pace = found.paces + _ALIKE * pace
    state_pace /= state_pace.sum(axis=1, keepdims=True)
    odds, ending = model.odds.copy(), model.ending.copy()
    for _ in range(3 if found.ends.any() else 0):
        last = found.visits * model._replace(odds=odds, ending=ending).last()
        odds *= _ratio(found.ends.sum(axis=1), last.sum(axis=1), found.visits.sum(axis=1))
        last = found.visits * model._replace(odds=odds, ending=ending).last()
        ending *= _ratio(found.ends.sum(axis=0), last.sum(axis=0), found.visits.sum(axis=0))
    return _Model(begin, moving, ending, pace, odds, state_pace)


def _held_out(parts: list[_Seen], phases: Phases) -> NDArray[np.float64]:
    """Return the log likelihood of every case's pace and end, given its stages, by the other half."""
    found = []
    for learned, judged in (parts, parts[::-1]):
        found.append(_likelihood_of(judged, _climb(learned, _start_of(learned, phases), _ROUNDS)))
    return np.concatenate(found)


def _likelihood_of(judged: _Seen, model: _Model) -> NDArray[np.float64]:
    """Return the log likelihood of every case's pace and end by what the other half says."""
    # A stage that the learning half never saw to end is not sure to go on.
    odds = np.clip(model.odds, 1e-4 / max(float(model.ending.max()), 1e-9), 1e4)
    return _expected(judged, model._replace(odds=odds)).log_likelihood


def _odds(ends: NDArray[np.float64], visits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Odds of ends; below 1e6 where all end."""
    return np.asarray(ends / np.maximum(visits - ends, np.maximum(visits, 1.0) * 1e-6))


def _ratio(wanted: NDArray[np.float64], ends: NDArray[np.float64], visits: NDArray[np.float64]) -> NDArray[np.float64]:
    """What odds are multiplied by to make so many ends."""
    now = _odds(ends, visits)
    return np.divide(_odds(wanted, visits), now, out=np.zeros_like(now), where=now > 0)


def _expected(seen: _Seen, model: _Model) -> Counted:
    """Return where cases were, given all that was seen of them."""
    from sim.discovery.forward_backward import Counted, Model, Visits, count_phases  # loads compiled code

    size, number, states = seen.row.size, model.begin.size, seen.states
    found = Counted(
        visits=np.zeros((states, number)),
        ends=np.zeros((states, number)),
        paces=np.zeros((states, _PACES, number)),
        begins=np.zeros(number),
        moves=np.zeros((number, number)),
        phase=np.empty((size, number)),
        log_likelihood=np.empty(seen.first.size - 1),
        likely=np.empty((size, number)),
        norms=np.empty(size),
        room=np.empty((2, number)),
    )
    state_pace = np.ascontiguousarray(model.state_pace)
    last = np.ascontiguousarray(model.last())
    count_phases(
        Visits(seen.first, seen.state, seen.pace, seen.over), Model(model.begin, model.moving, last, state_pace), found
    )
    return found._replace(moves=found.moves * model.moving)
