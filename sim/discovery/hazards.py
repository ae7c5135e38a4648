"""Hazards: the semi-Markov journey of a log, as probabilities by time in stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.discovery.age_shares import shares_by_age
from sim.discovery.case_phase import ONE_PHASE, Phases, phases_of_states
from sim.discovery.cases import Cases, rows_by
from sim.discovery.context import Contexts, states_of
from sim.discovery.product_limit import aalen_johansen, share_gone
from sim.discovery.time_bins import step_counts, time_bins
from sim.discovery.time_step import steps_of
from sim.record.order import distinct

__all__ = [
    "ENDED",
    "FINE",
    "TimedEdge",
    "TimedJourney",
    "ended_weights",
    "fit_hazards",
    "free_parameters",
    "rounded_down",
]

#: The target of those who go no further.
ENDED = -1
#: Bins of time widen by one part in so many.
FINE = 32
_DIGITS = 6
#: How often ages are halved where a state that takes no time sends cases of each age elsewhere, coarsely and finely.
_HALVINGS = (2, 6)
#: Visits to a state, whatever their phase, that stand beside those in each phase.
_STRENGTH = 1.0
#: Visits that tell where cases go that are older than all that were seen to leave a state.
_LATE = 10.0
#: Visits by way of an edge in a phase: fewer are left out.
_LEAST_COUNT = 0.2


@dataclass(frozen=True, slots=True)
class TimedEdge:
    """An edge between states: probabilities from a step in the state on, (step, probability).

    They are by the age of the case where ``forward``. ``during`` are the age from which on the edge is there, and the
    one from which on it is not; None: always.
    """

    source: int
    target: int
    count: float
    by_step: tuple[tuple[int, float], ...]
    forward: bool = False
    during: tuple[int, int | None] | None = None


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
    """

    contexts: Contexts
    start: Mapping[int, float]
    edges: tuple[TimedEdge, ...]
    instant: frozenset[int]
    horizon: int
    together: bool


def free_parameters(journeys: Iterable[TimedJourney]) -> int:
    """Count the free probabilities of journeys; what several share counts once."""
    journeys = list(journeys)
    edges = {id(edge): len(edge.by_step) for journey in journeys for edge in journey.edges}
    starts = {id(journey.start): len(journey.start) - 1 for journey in journeys}
    return sum(edges.values()) + sum(starts.values())


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
        found = aalen_johansen(cases.stay[rows], np.where(goes, 0, -1), 1)
        never = share_gone(cases.stay[rows], goes, found)
        if never > 0.0:
            stay = found.staying_at(cases.stay[rows][~goes])
            over[rows[~goes]] = np.minimum(never / np.maximum(stay, never), 1.0)
    return over


def fit_hazards(
    cases: Cases,
    contexts: Contexts,
    seconds: float,
    phases: Phases = ONE_PHASE,
    fineness: int = FINE,
    wanted: NDArray[np.bool_] | None = None,
    counted: NDArray[np.float64] | None = None,
) -> TimedJourney:
    """Estimate every state's hazards by time in it, or by the age of the case.

    Who is not over (:func:`ended_weights`) is still at risk. A hazard is constant within a bin of time
    (:func:`time_bins`). With phases every state stands once for each, and a visit counts in each by the probability
    that it was made in it; the bins then double, so that the file stays readable.

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

    Returns
    -------
    TimedJourney
    """
    instant = contexts.at_once.instant
    steps = steps_of(cases, seconds, instant)
    state = states_of(cases, contexts, steps)
    whole = np.arange(len(contexts.keys))
    for parts in contexts.parts().values():
        whole[list(parts)] = parts[0]
    last = np.zeros(state.size, bool)
    last[cases.first[1:] - 1] = True
    following = np.where(last, ENDED, np.roll(whole[state], -1))
    dwell = np.where(last, np.floor(cases.stay / seconds).astype(np.int64), np.roll(steps, -1) - steps)
    # A case cannot end in a stage that takes no time.
    over = contexts.at_once.over_apart(cases.stage, np.where(instant[cases.stage], 0.0, ended_weights(cases, state)))
    states, number = len(contexts.keys), phases.count
    each = np.ones(cases.count) if counted is None else counted
    visits = np.bincount(state, weights=np.repeat(each, cases.lengths), minlength=states)
    weight: NDArray[np.floating] = np.ones((state.size, 1), np.float32)
    begins = weight[: cases.count]
    if number > 1:
        phases, weight = phases_of_states(cases, state, over, states, phases)
        begins = weight[cases.first[:-1]]
        # Few visits are put beside those of all phases.
        weight = weight + (_STRENGTH / np.maximum(visits, _STRENGTH)).astype(np.float32)[state, None]
        contexts = _in_phases(contexts, number)
    if counted is not None:
        weight, begins = weight * np.repeat(each, cases.lengths)[:, None], begins * each[:, None]
    edges: list[TimedEdge] = []
    order, bounds = rows_by(state, states)
    for at in np.flatnonzero(visits if wanted is None else wanted & (visits > 0)).tolist():
        rows = order[bounds[at] : bounds[at + 1]]
        for phase in range(number):
            quick = bool(instant[contexts.keys[at * number][0]])
            heavy = weight[rows, phase].astype(np.float64)
            entry = steps[rows] if contexts.forward and contexts.forward[at * number] else None
            mine = _edges_of(
                following[rows], dwell[rows], over[rows], heavy, quick, fineness if number == 1 else 1, entry
            )
            edges += [part for edge in mine for part in _placed(edge, at * number + phase, phases)]
    edges = _by_age(edges, contexts)
    longest = int(steps[cases.first[1:] - 1].max()) + 1
    together = np.mean(cases.time[cases.first[:-1]] < seconds) > 0.9
    return TimedJourney(
        contexts=contexts,
        start=_start_of(state[cases.first[:-1]], begins),
        edges=tuple(edges),
        instant=frozenset(at for at, key in enumerate(contexts.keys) if instant[key[0]] and visits[at // number]),
        horizon=max(int(np.ceil(cases.end / seconds)), 1) if together else max(longest, 2),
        together=bool(together),
    )


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


def _placed(edge: TimedEdge, source: int, phases: Phases) -> list[TimedEdge]:
    """Return an edge from a state in its phase: the parts that lead to each phase, the rarest left out."""
    if edge.target == ENDED or phases.count == 1:
        return [replace(edge, source=source)]
    number = phases.count
    share = phases.moving[source % number]
    kept = (edge.count * share > _LEAST_COUNT) | (share == share.max())
    share = np.where(kept, share, 0.0) / share[kept].sum()
    steps = np.array([step for step, _ in edge.by_step])
    values = np.array([value for _, value in edge.by_step])
    return [
        replace(
            edge,
            source=source,
            target=edge.target * number + phase,
            count=edge.count * float(share[phase]),
            by_step=_pairs(steps, values * share[phase]),
        )
        for phase in np.flatnonzero(kept).tolist()
    ]


def _edges_of(
    target: NDArray[np.int64],
    stay: NDArray[np.int64],
    over: NDArray[np.float64],
    weight: NDArray[np.float64],
    instant: bool,
    part: int,
    entry: NDArray[np.int64] | None = None,
) -> list[TimedEdge]:
    """Return the edges from a state, by the visits to it: weights, who was over; bins widen by one ``part``-th.

    With the age at ``entry`` hazards are by age.
    """
    goes = target != ENDED
    targets, exit = distinct(target[goes])
    if instant:
        return _edges_at_once(targets, exit, weight, goes, _HALVINGS[part == FINE], entry)
    # Where nobody goes on the case is over at once.
    ended = float(weight @ over)
    still = np.where(goes, 1.0, 1.0 - over) * weight
    stay = np.maximum(stay, np.where(goes, 1, 0))
    until = stay if entry is None else entry + stay
    visits = step_counts(until, goes, still, entry)
    bins = time_bins(visits, part)
    if visits.steps.size:
        # Who is there still when the last one leaves, leaves with it: its step is a bin.
        bins = np.union1d(bins, visits.steps[-1:])
    exposure = visits.exposure(bins)
    found = []
    bin_of = np.searchsorted(bins, until[goes], side="right") - 1
    cells, gone = targets.size * bins.size, weight[goes]
    counts = np.bincount(exit, weights=gone, minlength=targets.size).tolist()
    events = (
        np.bincount(exit * bins.size + bin_of, weights=gone, minlength=cells).astype(np.float64).reshape(-1, bins.size)
    )
    leaving = np.zeros(bins.size)
    if entry is None:
        exposure[0] += ended
        leaving[0] = ended / exposure[0] if exposure[0] > 0 else 0.0
    elif ended > 0.0:
        # At whatever age it comes, the first step is when a case may be over.
        leaving[:] = ended / float(still.sum() + ended)
    rates = np.divide(events, exposure, out=np.zeros_like(events), where=exposure > 0)
    # Those seen to leave were not over.
    rates = rates if entry is None else _open_ended(rates, events) * (1.0 - leaving)
    excess = np.maximum((rates.sum(axis=0) + leaving), 1.0)
    rates, leaving = rates / excess, leaving / excess
    for at, to in enumerate(targets.tolist()):
        found.append(TimedEdge(0, int(to), counts[at], _pairs(bins, rates[at]), entry is not None))
    if ended > 0.0:
        found.append(
            TimedEdge(
                0, ENDED, ended, ((1, rounded_down(float(leaving[0] if entry is None else leaving.min()))), (2, 0.0))
            )
        )
    return found


def _edges_at_once(
    targets: NDArray[np.int64],
    exit: NDArray[np.int64],
    weight: NDArray[np.float64],
    goes: NDArray[np.bool_],
    halvings: int,
    entry: NDArray[np.int64] | None,
) -> list[TimedEdge]:
    """Return the edges from a state that takes no time, by the exits of those who go on; with ``entry`` by age."""
    if not targets.size:
        return [TimedEdge(0, ENDED, float(weight.sum()), ((1, 1.0),))]
    counts = np.bincount(exit, weights=weight[goes], minlength=targets.size)
    ways: list[tuple[tuple[int, float], ...]] = [((1, share),) for share in (counts / counts.sum()).tolist()]
    by_age = None if entry is None else shares_by_age(entry[goes], exit, targets.size, halvings, weight[goes])
    forward = by_age is not None and by_age.begins.size > 1
    if by_age is not None and forward:
        ways = [_pairs(by_age.begins, share) for share in by_age.shares]
    return [
        TimedEdge(0, int(to), float(count), way, forward)
        for to, count, way in zip(targets.tolist(), counts.tolist(), ways, strict=True)
    ]


def _open_ended(rates: NDArray[np.float64], events: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rates by target and bin of age of which those of the last bin, without an end, go where late ones went.

    By the last one alone all who are older would take one edge, and where that comes back to the state, for ever.
    """
    later = np.cumsum(events.sum(axis=0)[::-1])[::-1]
    late = events[:, max(int((later >= min(_LATE, later[0])).sum()) - 1, 0) :].sum(axis=1)
    return np.column_stack([rates[:, :-1], rates[:, -1].sum() * late / late.sum()]) if late.sum() > 0.0 else rates


def _by_age(edges: list[TimedEdge], contexts: Contexts) -> list[TimedEdge]:
    """Return edges of which those to a state parted by age lead to each part while cases are of its age."""
    found = []
    parts = {states[0]: states for states in contexts.parts().values() if len(states) > 1}
    for edge in edges:
        if edge.target not in parts:
            found.append(edge)
            continue
        states = parts[edge.target]
        until = [contexts.ages[state] for state in states[1:]]
        found += [
            replace(edge, target=state, during=(contexts.ages[state], end))
            for state, end in zip(states, [*until, None], strict=True)
        ]
    return found


def rounded_down(value: float) -> float:
    """Return a probability with six digits, never more than it was, so that those of all edges still sum to 1.

    Examples
    --------
    >>> rounded_down(0.00012345678), rounded_down(0.123456), rounded_down(0.1234559999999999)
    (0.000123456, 0.123456, 0.123455)
    """
    if value <= 0.0:
        return 0.0
    digits = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(value)))
    units = np.floor(value * digits + 1e-6)
    return float((units if units / digits <= value else units - 1.0) / digits)


def _pairs(bins: NDArray[np.int64], rates: NDArray[np.float64]) -> tuple[tuple[int, float], ...]:
    """Steps and probabilities, without those that repeat the one before."""
    pairs: list[tuple[int, float]] = []
    for step, rate in zip(bins.tolist(), rates.tolist(), strict=True):
        value = rounded_down(rate)
        if not pairs or pairs[-1][1] != value:
            pairs.append((step, value))
    return tuple(pairs)
