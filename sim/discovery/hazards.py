"""Hazards: the semi-Markov journey of a log, as probabilities by time in stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.discovery.context import Contexts, states_of
from sim.discovery.product_limit import aalen_johansen, share_gone
from sim.discovery.time_step import steps_of

__all__ = ["ENDED", "TimedEdge", "TimedJourney", "fit_hazards", "instant_stages"]

#: The target of those who go no further.
ENDED = -1
#: A stage takes no time where so many of its visits are shorter than half a step.
_ALL = 0.99
_DIGITS = 1e6


@dataclass(frozen=True, slots=True)
class TimedEdge:
    """An edge between states: probabilities from a step in the state on, (step, probability)."""

    source: int
    target: int
    count: float
    by_step: tuple[tuple[int, float], ...]


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
    parameters : int
        Free probabilities.
    """

    contexts: Contexts
    start: Mapping[int, float]
    edges: tuple[TimedEdge, ...]
    instant: frozenset[int]
    horizon: int
    parameters: int


def instant_stages(cases: Cases, seconds: float) -> NDArray[np.bool_]:
    """Return which stages take no time, so that they form no cycle.

    Parameters
    ----------
    cases : Cases
    seconds : float
        Of a step.

    Returns
    -------
    bool (stages,)
    """
    count = len(cases.stages)
    instant = np.zeros(count, bool)
    left = cases.following >= 0
    quick = np.bincount(cases.stage[left & (cases.stay < seconds / 2)], minlength=count)
    every = np.bincount(cases.stage[left], minlength=count)
    ways = np.zeros((count, count), bool)
    ways[cases.stage[left], cases.following[left]] = True
    last = np.bincount(cases.stage[~left], minlength=count)
    for stage in np.argsort(-every, kind="stable").tolist():
        # A stage where cases end must be able to hold them.
        if every[stage] < 10 or quick[stage] < _ALL * every[stage] or last[stage] > 0.001 * every[stage]:
            continue
        instant[stage] = True
        reach = ways & instant[:, None] & instant[None, :]
        closed = reach.copy()
        for _ in range(count):
            closed |= (closed.astype(np.int64) @ reach.astype(np.int64)) > 0
        if closed.diagonal().any():
            instant[stage] = False
    return instant


def fit_hazards(
    cases: Cases, contexts: Contexts, seconds: float, instant: NDArray[np.bool_] | None = None
) -> TimedJourney:
    """Estimate every state's hazards by time in it.

    A case whose last event is seen counts as over with the probability that it never goes on, given how long it has
    been quiet and where the log is long enough to tell (:func:`share_gone`); else it is still at risk. Time is put into
    bins that widen by a quarter, within which a hazard is constant.

    Parameters
    ----------
    cases : Cases
    contexts : Contexts
    seconds : float
        Of a step.
    instant : bool (stages,), optional
        Stages that take no time; by default found in these cases.

    Returns
    -------
    TimedJourney
    """
    instant = instant_stages(cases, seconds) if instant is None else instant
    state = states_of(cases, contexts)
    steps = steps_of(cases, seconds, instant)
    last = np.zeros(state.size, bool)
    last[cases.first[1:] - 1] = True
    following = np.where(last, ENDED, np.roll(state, -1))
    dwell = np.where(last, np.floor(cases.stay / seconds).astype(np.int64), np.roll(steps, -1) - steps)
    edges: list[TimedEdge] = []
    order = np.argsort(state, kind="stable")
    bounds = np.searchsorted(state[order], np.arange(len(contexts.keys) + 1))
    for at, key in enumerate(contexts.keys):
        rows = order[bounds[at] : bounds[at + 1]]
        if rows.size:
            edges += _edges_of(at, rows, following, dwell, cases, bool(instant[key[0]]))
    used = {at for at in range(len(contexts.keys)) if bounds[at + 1] > bounds[at]}
    begin = state[cases.first[:-1]]
    counts = np.bincount(begin, minlength=len(contexts.keys))
    longest = int(steps[cases.first[1:] - 1].max()) + 1
    together = np.mean(cases.time[cases.first[:-1]] < seconds) > 0.9
    return TimedJourney(
        contexts=contexts,
        start={at: float(counts[at]) / cases.count for at in np.flatnonzero(counts).tolist()},
        edges=tuple(edges),
        instant=frozenset(at for at in used if instant[contexts.keys[at][0]]),
        horizon=max(int(np.ceil(cases.end / seconds)), 1) if together else max(longest, 2),
        parameters=sum(len(edge.by_step) for edge in edges) + int((counts > 0).sum()) - 1,
    )


def _edges_of(
    state: int,
    rows: NDArray[np.int64],
    following: NDArray[np.int64],
    dwell: NDArray[np.int64],
    cases: Cases,
    instant: bool,
) -> list[TimedEdge]:
    target, stay = following[rows], dwell[rows]
    goes = target != ENDED
    targets, exit = np.unique(target[goes], return_inverse=True)
    if instant:
        counts = np.bincount(exit, minlength=targets.size)
        return [
            TimedEdge(state, int(to), float(count), ((1, float(count / counts.sum())),))
            for to, count in zip(targets.tolist(), counts.tolist(), strict=True)
        ]
    code = np.full(rows.size, -1, np.int64)
    code[goes] = exit
    seen = aalen_johansen(cases.stay[rows], code, max(targets.size, 1))
    never = share_gone(cases.stay[rows], goes)
    over = np.zeros(rows.size)
    if never > 0.0:
        over[~goes] = np.minimum(never / np.maximum(seen.staying_at(cases.stay[rows][~goes]), never), 1.0)
    # Where nobody goes on the case is over at once.
    ended = float(over.sum())
    weight = np.where(goes, 1.0, 1.0 - over)
    stay = np.maximum(stay, np.where(goes, 1, 0))
    bins = _bins(int(stay[goes].max()) if goes.any() else 1)
    exposure = _exposure(stay, weight, bins)
    exposure[0] += ended
    found = []
    place = np.searchsorted(bins, stay[goes], side="right") - 1
    events = np.zeros((targets.size, bins.size))
    np.add.at(events, (exit, place), 1.0)
    rates = np.divide(events, exposure, out=np.zeros_like(events), where=exposure > 0)
    leaving = np.zeros(bins.size)
    leaving[0] = ended / exposure[0] if exposure[0] > 0 else 0.0
    excess = np.maximum((rates.sum(axis=0) + leaving), 1.0)
    rates, leaving = rates / excess, leaving / excess
    for at, to in enumerate(targets.tolist()):
        found.append(TimedEdge(state, int(to), float((exit == at).sum()), _pairs(bins, rates[at])))
    if ended > 0.0:
        found.append(TimedEdge(state, ENDED, ended, ((1, _floor(leaving[0])), (2, 0.0))))
    return found


def _bins(longest: int) -> NDArray[np.int64]:
    """First steps of bins that widen by a quarter: 1, 2, ... 8, 10, 12 ..."""
    starts = [1]
    while starts[-1] < longest:
        starts.append(starts[-1] + max(1, starts[-1] // 4))
    return np.array(starts, np.int64)


def _exposure(stay: NDArray[np.int64], weight: NDArray[np.float64], bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """Steps lived through in each bin: by those who leave up to and with their last, by others up to the log's end."""
    ends = np.r_[bins[1:], np.iinfo(np.int64).max >> 1]
    lived = np.clip(np.minimum(stay[:, None], (ends - 1)[None, :]) - (bins - 1)[None, :], 0, None)
    return np.asarray(weight @ lived)


def _floor(value: float) -> float:
    return float(np.floor(value * _DIGITS) / _DIGITS)


def _pairs(bins: NDArray[np.int64], rates: NDArray[np.float64]) -> tuple[tuple[int, float], ...]:
    """Steps and probabilities, without those that repeat the one before."""
    pairs: list[tuple[int, float]] = []
    for step, rate in zip(bins.tolist(), rates.tolist(), strict=True):
        value = _floor(rate)
        if not pairs or pairs[-1][1] != value:
            pairs.append((step, value))
    return tuple(pairs)
