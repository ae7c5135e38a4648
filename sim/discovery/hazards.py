"""Hazards: the semi-Markov journey of a log, as probabilities by time in stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.discovery.case_phase import ONE_PHASE, Phases, phases_of_states
from sim.discovery.cases import Cases, rows_by
from sim.discovery.context import Contexts, states_of
from sim.discovery.forward_weights import Made, run_forward, visits_made
from sim.discovery.product_limit import aalen_johansen, share_gone
from sim.discovery.simulated_ends import Ends, SimulatedJourney, ends_of, raked_ends
from sim.discovery.state_edges import ENDED, FINE, Exits, Leaving, TimedEdge, pairs_of, parts_from
from sim.discovery.time_step import steps_of
from sim.discovery.visit_weights import NO_WEIGHTS, VisitCounts, VisitFit, class_of_visit, visit_weights

__all__ = ["TimedJourney", "ended_weights", "fit_hazards", "free_parameters", "states_by_visit"]

#: Visits to a state, whatever their phase, that stand beside those in each phase.
_STRENGTH = 1.0
#: Visits by way of an edge in a phase: fewer are left out.
_LEAST_COUNT = 0.2


@dataclass(frozen=True, slots=True)
class TimedJourney:
    """A semi-Markov journey.

    Attributes
    ----------
    contexts : Contexts
        What its states are.
    start : mapping of int to float
        Shares of cases by the state they begin in.
    edges : tuple of TimedEdge
        A target of ENDED: the case is over.
    instant : frozenset of int
        States that take no time.
    horizon : int
        Steps of the longest case.
    together : bool
        Whether nearly all cases begin with the log.
    led : mapping of int to mapping of int to float
        By state, shares of cases that begin in others and would have begun in it.
    """

    contexts: Contexts
    start: Mapping[int, float]
    edges: tuple[TimedEdge, ...]
    instant: frozenset[int]
    horizon: int
    together: bool
    led: Mapping[int, Mapping[int, float]] = field(default_factory=dict)


def free_parameters(journeys: Iterable[TimedJourney]) -> int:
    """Count the free probabilities of journeys; what several share counts once."""
    journeys = list(journeys)
    edges = {id(edge): len(edge.by_step) + len(edge.by_visit) for journey in journeys for edge in journey.edges}
    starts = {id(journey.start): len(journey.start) - 1 for journey in journeys}
    return sum(edges.values()) + sum(starts.values())


def states_by_visit(journeys: Iterable[TimedJourney]) -> int:
    """Count the states of which what comes next goes by how many stages a case has visited, in any journey."""
    return len({edge.source for journey in journeys for edge in journey.edges if edge.by_visit})


def ended_weights(cases: Cases, state: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability that a case was over with each visit: above 0 for last ones only.

    A case whose last event is seen counts as over with the probability that it never goes on, given how long it has
    been quiet and where the log is long enough to tell (:func:`share_gone`). In our own exports none is over.

    Parameters
    ----------
    cases : Cases
    state : int64 (n,)
        What visits are told apart by.

    Returns
    -------
    float64 (n,)
    """
    over = np.zeros(state.size)
    if not cases.may_end:
        return over
    if cases.finished:
        over[cases.first[1:] - 1] = 1.0
        return over
    order, begins = rows_by(state, int(state.max()) + 1)
    for begin, end in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
        if begin == end:
            continue
        rows = order[begin:end]
        goes = cases.following[rows] >= 0
        if goes.all():
            continue
        stay = cases.stay[rows]
        found = aalen_johansen(stay, np.where(goes, 0, -1), 1)
        never = share_gone(stay, goes, found)
        if never > 0.0:
            staying = found.staying_at(stay[~goes])
            over[rows[~goes]] = np.minimum(never / np.maximum(staying, never), 1.0)
    return over


def fit_hazards(
    cases: Cases,
    contexts: Contexts,
    seconds: float,
    phases: Phases = ONE_PHASE,
    fineness: int = FINE,
    wanted: NDArray[np.bool_] | None = None,
    counted: NDArray[np.float64] | None = None,
    by_visit: VisitFit = NO_WEIGHTS,
) -> TimedJourney:
    """Estimate every state's hazards by time in it, or by the age of the case.

    Who is not over (:func:`ended_weights`) is still at risk. A hazard is constant within a bin of time
    (:func:`time_bins`). With phases every state stands once for each, and a visit counts in each by the probability
    that it was made in it.

    Parameters
    ----------
    cases : Cases
        Whose stages are told apart by time as the contexts say.
    contexts : Contexts
    seconds : float
        Of a step.
    phases : Phases
        That cases pass.
    fineness : int
        Bins of time widen by one part in so many.
    wanted : bool (states,), optional
        States whose edges are wanted; all.
    counted : float64 (cases,), optional
        As how many each case counts; one.
    by_visit : VisitFit
        How where cases go may depend on how many stages they have visited; not at all.

    Returns
    -------
    TimedJourney
    """
    instant = contexts.at_once.instant
    steps = steps_of(cases, seconds, instant)
    state = states_of(cases, contexts, steps)
    whole = np.arange(len(contexts.keys))
    parted = contexts.parts().values()
    for parts in parted:
        whole[list(parts)] = parts[0]
    following, dwell = _next_visits(cases, whole[state], steps, seconds)
    # A case cannot end in a stage that takes no time.
    over = contexts.at_once.over_apart(cases.stage, np.where(instant[cases.stage], 0.0, ended_weights(cases, state)))
    states, number = len(contexts.keys), phases.count
    each = np.ones(cases.count) if counted is None else counted
    visits = np.bincount(state, weights=np.repeat(each, cases.lengths), minlength=states)
    weight: NDArray[Any] = np.ones((state.size, 1), np.float32)
    begins = weight[: cases.count]
    if number > 1:
        phases, weight = phases_of_states(cases, state, over, states, phases)
        begins = weight[cases.first[:-1]]
        # Few visits are put beside those of all phases.
        weight = weight + (_STRENGTH / np.maximum(visits, _STRENGTH)).astype(np.float32)[state, None]
        contexts = _in_phases(contexts, number)
    if counted is not None:
        weight, begins = weight * np.repeat(each, cases.lengths)[:, None], begins * each[:, None]
    visit = class_of_visit(cases.place + 1, by_visit.begins)
    every = Exits(following, dwell, over, visit, by_visit.begins, weight, False, steps, fineness)
    told = by_visit.turns > 0
    made = visits_made(cases, state, visit, by_visit.begins.size, each, parted) if told and wanted is None else None
    left = _left_by_state(every, state, contexts, visits > 0 if wanted is None else wanted & (visits > 0), told=told)
    found = _edges_from(left, contexts, by_visit, made, ends_of(cases, steps, contexts.at_once.last))
    edges = [
        part
        for at, phased in zip(left, found, strict=True)
        for phase, mine in enumerate(phased)
        for edge in mine
        for part in _placed(replace(edge, source=at * number + phase), phases)
    ]
    longest = int(steps[cases.first[1:] - 1].max()) + 1
    together = np.mean(cases.time[cases.first[:-1]] < seconds) > 0.9
    return TimedJourney(
        contexts=contexts,
        start=_start_of(state[cases.first[:-1]], begins),
        edges=tuple(_by_age(edges, contexts)),
        instant=frozenset(at for at, key in enumerate(contexts.keys) if instant[key[0]] and visits[at // number]),
        horizon=max(int(np.ceil(cases.end / seconds)), 1) if together else max(longest, 2),
        together=bool(together),
    )


def _next_visits(
    cases: Cases, state: NDArray[np.int64], steps: NDArray[np.int64], seconds: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of each visit the state that comes next, or ENDED, and for how many steps the case stays in its own."""
    last = np.zeros(state.size, bool)
    last[cases.first[1:] - 1] = True
    following = np.where(last, ENDED, np.roll(state, -1))
    return following, np.where(last, np.floor(cases.stay / seconds).astype(np.int64), np.roll(steps, -1) - steps)


def _start_of(state: NDArray[np.int64], weight: NDArray[np.floating]) -> dict[int, float]:
    """Return shares of cases by the state that they begin in, in each phase by so much weight: (cases, phases)."""
    number = weight.shape[1]
    counts = np.bincount((state[:, None] * number + np.arange(number)).ravel(), weights=weight.ravel())
    # Who begins in a state and a phase in which hardly anybody does begins in another.
    counts[(counts < _LEAST_COUNT) & (counts < counts.max())] = 0.0
    return {at: float(counts[at] / counts.sum()) for at in np.flatnonzero(counts).tolist()}


def _in_phases(contexts: Contexts, number: int) -> Contexts:
    """Return contexts of which each stands once for each phase."""
    return replace(
        contexts,
        keys=tuple(key for key in contexts.keys for _ in range(number)),
        phase=tuple(range(number)) * len(contexts.keys),
        since=tuple(age for age in contexts.since for _ in range(number)),
        forward=tuple(clock for clock in contexts.forward for _ in range(number)),
    )


def _left_by_state(
    every: Exits, state: NDArray[np.int64], contexts: Contexts, wanted: NDArray[np.bool_], *, told: bool
) -> dict[int, list[Leaving]]:
    """Return how each of the states that are wanted is left, in each phase; weights have a column for each."""
    number = len(contexts.keys) // wanted.size
    order, bounds = rows_by(state, wanted.size)
    found = {}
    for at in np.flatnonzero(wanted).tolist():
        rows = order[bounds[at] : bounds[at + 1]]
        by_age = bool(contexts.forward) and contexts.forward[at * number]
        mine = every._replace(
            target=every.target[rows],
            stay=every.stay[rows],
            over=every.over[rows],
            visit=every.visit[rows],
            instant=bool(contexts.at_once.instant[contexts.keys[at * number][0]]),
            entry=every.entry[rows] if by_age and every.entry is not None else None,
        )
        heavy = every.weight[rows].astype(np.float64)
        found[at] = [Leaving(mine._replace(weight=heavy[:, phase]), told=told) for phase in range(number)]
    return found


def _edges_from(
    left: Mapping[int, list[Leaving]], contexts: Contexts, fit: VisitFit, made: Made | None, real: Ends
) -> list[list[list[TimedEdge]]]:
    """Return the edges of every state, in each phase; with weights by visit, where they are wanted.

    Ages, or times, and visits tell of each other: what each adds to the other is found in turns. Where it is known how
    many visits were ``made``, the journey is then run forward, or cases are simulated until they end as ``real`` ones.
    """
    number = max(contexts.phase, default=0) + 1
    stage = np.array([key[0] for key in contexts.keys[::number]], np.int64)
    plain = counts = [_counted(phased, None, stage, contexts) for phased in left.values()] if fit.turns else []
    weights: list[NDArray[np.float64] | None] = [None] * len(left)
    for _ in range(fit.turns):
        weights = visit_weights(counts, finely=fit.finely)
        counts = [
            alike if by_visit is None else _counted(phased, by_visit, stage, contexts)
            for phased, alike, by_visit in zip(left.values(), plain, weights, strict=True)
        ]
        if all(by_visit is None for by_visit in weights):
            break
    if made is not None and fit.finely and any(by_visit is not None for by_visit in weights):
        return _ended_as_real(left, contexts, fit.begins, counts, weights, made, real)
    fitted = [[one.edges(by_visit) for one in phased] for phased, by_visit in zip(left.values(), weights, strict=True)]
    if made is not None and not fit.finely:
        weights = run_forward(made, {state: phased[0].targets for state, phased in left.items()}, counts, weights)
    return [
        mine if by_visit is None else [one.weighed(ways, by_visit) for one, ways in zip(phased, mine, strict=True)]
        for phased, mine, by_visit in zip(left.values(), fitted, weights, strict=True)
    ]


def _ended_as_real(
    left: Mapping[int, list[Leaving]],
    contexts: Contexts,
    classes: NDArray[np.int64],
    counts: Sequence[VisitCounts],
    weights: Sequence[NDArray[np.float64] | None],
    made: Made,
    real: Ends,
) -> list[list[list[TimedEdge]]]:
    """Return the edges of every state with which simulated cases end as real ones do; cases are in one phase."""
    by_visit = [
        np.ones_like(table.seen) if known is None else known for table, known in zip(counts, weights, strict=True)
    ]
    ages = np.array(contexts.ages)
    journey = SimulatedJourney(
        ways={
            state: one.ways(known, table.last)
            for (state, (one,)), known, table in zip(left.items(), by_visit, counts, strict=True)
        },
        begun=made.begins,
        last=contexts.at_once.last[[key[0] for key in contexts.keys]],
        parts={these[0]: (np.array(these), ages[list(these)]) for these in made.parts},
        classes=classes,
    )
    ends = raked_ends(journey, real)
    return [
        [one.weighed(one.edges(known, ends, table.last), known * np.where(table.last, ends.by_class[:, None], 1.0))]
        for (one,), known, table in zip(left.values(), by_visit, counts, strict=True)
    ]


def _counted(
    phased: list[Leaving], by_visit: NDArray[np.float64] | None, stage: NDArray[np.int64], contexts: Contexts
) -> VisitCounts:
    """Return how many left a state and how many its edges let expect, in all phases together."""
    to = stage[phased[0].targets]
    seen = np.sum([one.seen for one in phased], axis=0)
    expected = np.sum([one.expected(by_visit) for one in phased], axis=0)
    return VisitCounts(seen, expected, to, contexts.at_once.last[to], not phased[0].instant)


def _placed(edge: TimedEdge, phases: Phases) -> list[TimedEdge]:
    """Return an edge from a state in its phase: the parts that lead to each phase, the rarest left out."""
    if edge.target == ENDED or phases.count == 1:
        return [edge]
    number, source = phases.count, edge.source
    share = phases.moving[source % number]
    kept = (edge.count * share > _LEAST_COUNT) | (share == share.max())
    share = np.where(kept, share, 0.0) / share[kept].sum()
    steps = np.array([step for step, _ in edge.by_step])
    values = np.array([value for _, value in edge.by_step])
    return [
        replace(
            edge,
            target=edge.target * number + phase,
            count=edge.count * float(share[phase]),
            by_step=pairs_of(steps, values * share[phase]),
        )
        for phase in np.flatnonzero(kept).tolist()
    ]


def _by_age(edges: Iterable[TimedEdge], contexts: Contexts) -> Iterator[TimedEdge]:
    """Yield edges; those to a state parted by age lead to each part while cases are of its age."""
    aged = {states[0]: states for states in contexts.parts().values()}
    for edge in edges:
        yield from parts_from(edge, aged.get(edge.target, (edge.target,)), contexts.ages)
