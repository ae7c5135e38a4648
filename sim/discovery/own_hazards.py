"""Own hazards: in which states kinds of cases leave differently enough to have hazards of their own.

Each kind is fitted to all cases, each as far as it is likely of the kind: were every case of its likeliest kind alone,
kinds would leave a state more differently than they do. Where kinds leave a state alike, or have too few visits to
tell, hazards of their own are mostly chance, and simulated cases are further from real ones than by those of all cases.
So kinds share the hazards of a state unless cases kept aside say otherwise. Which kind a case kept aside is of is not
told by what it does in that state, but by all that it does elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.discovery.context import Contexts, states_of
from sim.discovery.hazards import TimedJourney
from sim.discovery.stay_classes import stay_classes
from sim.discovery.time_step import steps_of
from sim.record.order import distinct

__all__ = ["own_hazards", "states_apart", "with_own"]

#: Visits as those of all kinds that stand beside those of each.
_STRENGTH = 1.0
#: What own hazards must gain, in each state and in all together: standard errors.
_SURE = 2.0
#: Visits of a kind that hazards of its own need.
_FEWEST = 8
#: Classes of stays that are told apart, of those who go from one state to the same stage.
_TIMES = 8
#: Rounds in which states that gain nothing are put together; after each, less tells which kind a case is of.
_ROUNDS = 4


def own_hazards(
    cases: Cases, contexts: Contexts, belongs: NDArray[np.float64], seconds: float, seed: int
) -> NDArray[np.bool_]:
    """Return in which states kinds have hazards of their own, and last whether they begin in states of their own.

    Half of the cases are learned from and half judge, then they change places. What a case kept aside does in a state,
    by where it goes next and when (in classes of time) or by where alone, is held against the hazards of each kind,
    weighted by how likely the case is of it by what it does elsewhere, and against those of all. Where hazards are by
    the age of the case there are none: kinds that come to a state at other ages than each other do so in a simulation
    only by their own hazards in all states before it. By those that they share they would come at the age of all, and
    leave as those of their kind who were older.

    Parameters
    ----------
    cases : Cases
        Whose stages are told apart by time as the contexts say.
    contexts : Contexts
    belongs : float64 (cases, kinds)
        How likely each case is of each kind.
    seconds : float
        Of a step.
    seed : int
        Of the halves.

    Returns
    -------
    bool (states + 1,)
        None at all where kinds are no likelier than all cases alike, or hazards are by the age of the case.
    """
    states = len(contexts.keys)
    if any(contexts.forward):
        return np.zeros(states + 1, bool)
    half = np.random.default_rng([seed, 53]).permutation(cases.count) < cases.count // 2
    steps = steps_of(cases, seconds, contexts.at_once.instant)
    state = states_of(cases, contexts, steps)
    # Time has many classes, in which a gain is lost where visits are few.
    alone = cases.following + 1
    way = state * (len(cases.stages) + 1) + alone
    timed = np.where(
        alone > 0, 1 + cases.following * _TIMES + stay_classes(way, cases.stay, _TIMES).of(way, cases.stay), 0
    )
    found = (_likelier(cases, state, states, after, belongs, half) for after in (timed, alone))
    return np.asarray(np.logical_or(*found))


def _likelier(
    cases: Cases,
    state: NDArray[np.int64],
    states: int,
    after: NDArray[np.int64],
    belongs: NDArray[np.float64],
    half: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return in which states, the beginning last, cases kept aside are likelier by their kinds, by what comes after."""
    group, case, outcome, of_outcome = _moves(cases, state, states, after)
    kinds = belongs.shape[1]
    cell = half[case] * of_outcome.size + outcome
    counts = np.stack([np.bincount(cell, weights=of[case], minlength=2 * of_outcome.size) for of in belongs.T])
    better = _better(
        np.ascontiguousarray(counts.reshape(kinds, 2, -1).swapaxes(0, 1), np.float64), of_outcome, states + 1
    )
    sizes = np.stack([belongs[half == which].sum(axis=0) for which in (False, True)])
    shares = np.log(np.maximum(sizes / sizes.sum(axis=1, keepdims=True), 1e-9))
    # What each case does in each state, whichever visit.
    cells, cell = distinct(case * (states + 1) + group)
    whose, where = cells // (states + 1), cells % (states + 1)
    learned = 1 - half[case].astype(np.int64)
    better = np.stack([np.bincount(cell, weights=better[learned, kind, outcome]) for kind in range(kinds)])
    prior = shares[1 - half[whose].astype(np.int64)].T

    def told(kept: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What tells of each kind, by what cases do in each state and in all together."""
        seen = np.where(kept[where], better, 0.0)
        return seen, np.stack([np.bincount(whose, weights=of, minlength=cases.count) for of in seen])

    kept = np.ones(states + 1, bool)
    for _ in range(_ROUNDS):
        seen, every = told(kept)
        elsewhere = prior + every[:, whose] - seen
        gain = _log_sum(elsewhere + better) - _log_sum(elsewhere)
        total, squares = (np.bincount(where, weights=of, minlength=states + 1) for of in (gain, gain * gain))
        fewer = kept & (total > _SURE * np.sqrt(squares))
        if (fewer == kept).all():
            break
        kept = fewer
    _, every = told(kept)
    together = _log_sum(shares[1 - half.astype(np.int64)].T + every)
    return kept & bool(together.mean() > _SURE * together.std() / np.sqrt(together.size))


def with_own(shared: TimedJourney, own: TimedJourney, states: NDArray[np.bool_]) -> TimedJourney:
    """Return the journey of a kind: the shared one, with its own edges where it has enough visits.

    Parameters
    ----------
    shared, own : TimedJourney
        Of all cases alike, and as far as they are of the kind.
    states : bool (states + 1,)
        As of :func:`own_hazards`.

    Returns
    -------
    TimedJourney
    """
    number = _phases(shared)
    visits = np.zeros(states.size - 1)
    for edge in own.edges:
        visits[edge.source // number] += edge.count if edge.during is None or edge.during[0] == 0 else 0.0
    mine = states[:-1] & (visits >= _FEWEST)
    edges = [edge for edge in shared.edges if not mine[edge.source // number]]
    edges += [edge for edge in own.edges if mine[edge.source // number]]
    return replace(shared, edges=tuple(edges), start=own.start if states[-1] else shared.start)


def states_apart(journeys: Iterable[TimedJourney]) -> int:
    """Count the states in which journeys of kinds differ, whatever the phase."""
    journeys = list(journeys)
    shared = set.intersection(*({id(edge) for edge in journey.edges} for journey in journeys))
    own = (edge.source // _phases(journey) for journey in journeys for edge in journey.edges if id(edge) not in shared)
    return len(set(own))


def _phases(journey: TimedJourney) -> int:
    return max(journey.contexts.phase, default=0) + 1


def _moves(
    cases: Cases, state: NDArray[np.int64], states: int, after: NDArray[np.int64]
) -> tuple[NDArray[np.int64], ...]:
    """Return of every move the state it leaves (or that cases begin), its case, its outcome.

    Last stands of each outcome its group: the state.
    """
    group, case = np.r_[state, np.full(cases.count, states)], np.r_[cases.case, np.arange(cases.count)]
    width = max(int(after.max()) + 1, states)
    values, outcome = distinct(group * width + np.r_[after, state[cases.first[:-1]]])
    return group, case, outcome, values // width


def _better(counts: NDArray[np.float64], of_outcome: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    """Log ratio of each outcome's share of its group among a kind to that among all: (halves, kinds, outcomes)."""
    every = counts.sum(axis=1)
    usual = every / np.maximum(_sums(every, of_outcome, groups), 1.0)[:, of_outcome]
    visits = np.stack([_sums(of, of_outcome, groups) for of in counts])[:, :, of_outcome]
    own = (counts + _STRENGTH * usual[:, None]) / (visits + _STRENGTH)
    # What a half never saw says nothing of kinds, nor does a kind that has too few visits for hazards of its own.
    known = (every[:, None] > 0) & (visits >= _FEWEST / 2)
    return np.log(np.divide(own, usual[:, None], out=np.ones_like(own), where=known))


def _sums(counts: NDArray[np.float64], of_outcome: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    return np.stack([np.bincount(of_outcome, weights=row, minlength=groups) for row in counts])


def _log_sum(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the sum over kinds: (kinds, n)."""
    largest = weights.max(axis=0)
    return np.asarray(largest + np.log(np.exp(weights - largest).sum(axis=0)))
