"""State edges: the edges that leave one state, by the visits to it, and how many visits they let expect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.discovery.age_shares import shares_by_age
from sim.discovery.simulated_ends import Factors, StateWays
from sim.discovery.time_bins import are_dense, at_risk, exposures, step_counts, time_bins
from sim.record.order import distinct

__all__ = ["ENDED", "FINE", "Exits", "Leaving", "TimedEdge", "changes", "pairs_of", "parts_from", "rounded_down"]

Floats = NDArray[np.float64]

#: The target of those who go no further.
ENDED = -1
#: Bins of time widen by one part in so many.
FINE = 32
_DIGITS = 6
#: How often ages are halved where a state that takes no time sends cases of each age elsewhere, coarsely and finely.
_HALVINGS = (2, 6)
#: Visits that tell where cases go that are older than all that were seen to leave a state.
_LATE = 10.0
#: Turns in which shares are raked.
_RAKED = 8
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class TimedEdge:
    """An edge between states: probabilities from a step in the state on, (step, probability).

    They are by the age of the case where ``forward``. ``during`` are the age from which on the edge is there, and the
    one from which on it is not; None: always. ``by_visit`` weighs it beside the others, from a visit on; empty: alike.
    ``led``: who takes it would have taken the last one before it that is not.
    """

    source: int
    target: int
    count: float
    by_step: tuple[tuple[int, float], ...]
    forward: bool = False
    during: tuple[int, int | None] | None = None
    by_visit: tuple[tuple[int, float], ...] = ()
    led: bool = False


class Exits(NamedTuple):
    """Visits to a state: where they lead, after how many steps, whether the case was over, and the class of each.

    ``begins`` are the numbers of the visits with which classes begin. ``weight`` is as how many each visit counts.
    ``instant``: the state takes no time. With the age at ``entry`` hazards are by age. Bins of time widen by one
    ``part``-th.
    """

    target: NDArray[np.int64]
    stay: NDArray[np.int64]
    over: Floats
    visit: NDArray[np.int64]
    begins: NDArray[np.int64]
    weight: Floats
    instant: bool
    entry: NDArray[np.int64] | None
    part: int


class Leaving:
    """How a state is left: its edges, with weights by visit where they are given.

    Attributes
    ----------
    targets : int64 (targets,)
        Without ENDED.
    instant : bool
        Whether it takes no time.
    seen : float64 (classes, targets)
        How many went to each, by class of visit; zero where visits are not ``told``.
    """

    def __init__(self, exits: Exits, *, told: bool) -> None:
        self._exits, self.instant = exits, exits.instant
        goes = exits.target != ENDED
        self.targets, self._exit = distinct(exits.target[goes])
        self._gone = exits.weight[goes]
        self._counts = np.bincount(self._exit, weights=self._gone, minlength=self.targets.size)
        classes = exits.begins.size
        self.seen = np.zeros((classes, self.targets.size))
        if told and self.targets.size:
            cell = exits.visit[goes] * self.targets.size + self._exit
            counted = np.bincount(cell, weights=self._gone, minlength=self.seen.size)
            self.seen = counted.astype(np.float64).reshape(self.seen.shape)
        if exits.instant:
            self._prepare_shares(goes)
        else:
            self._prepare_hazards(goes, told=told)

    def edges(
        self, by_visit: Floats | None = None, ends: Factors | None = None, last: NDArray[np.bool_] | None = None
    ) -> list[TimedEdge]:
        """Return the edges beside given weights, which they do not have yet.

        Parameters
        ----------
        by_visit : float64 (classes, targets), optional
            Weights.
        ends : Factors, optional
            By whose factors of ages hazards of last visits are multiplied.
        last : bool (targets,), optional
            Which targets are last visits.

        Returns
        -------
        list of TimedEdge
        """
        if self._exits.instant:
            return self._sharing(by_visit)
        rates, leaving = self._rates(by_visit)
        if ends is not None and last is not None:
            rates = np.where(last[:, None], rates * ends.at(self._bins), rates)
            rates /= np.maximum(rates.sum(axis=0) / np.maximum(1.0 - leaving, _TINY), 1.0)
        found = [
            TimedEdge(0, int(to), count, pairs_of(self._bins, rate), self._exits.entry is not None)
            for to, count, rate in zip(self.targets.tolist(), self._counts.tolist(), rates, strict=True)
        ]
        if self._ended > 0.0:
            over = float(leaving[0] if self._exits.entry is None else leaving.min())
            found.append(TimedEdge(0, ENDED, self._ended, ((1, rounded_down(over)), (2, 0.0))))
        return found

    def expected(self, by_visit: Floats | None = None) -> Floats:
        """Return how many visits the edges beside given weights let expect without these, as the weights."""
        if self._exits.instant:
            return self._visits.T @ self._shares(by_visit).T if self.targets.size else self.seen
        return self._lived @ self._rates(by_visit)[0].T

    def ways(self, by_visit: Floats, last: NDArray[np.bool_]) -> StateWays:
        """Return the ways out beside given weights, with these, and whether each is to a last visit."""
        begins = self._begins if self.instant else self._bins
        rates = self._shares(by_visit) if self.instant else self._rates(by_visit)[0]
        return StateWays(self.targets, last, begins, rates, by_visit, not self.instant)

    def weighed(self, edges: Iterable[TimedEdge], by_visit: Floats) -> list[TimedEdge]:
        """Return edges with these weights by visit (classes, targets)."""
        ways = dict(zip(self.targets.tolist(), by_visit.T, strict=True))
        return [
            edge if edge.target == ENDED else replace(edge, by_visit=_weights(ways[edge.target], self._exits.begins))
            for edge in edges
        ]

    def _prepare_hazards(self, goes: NDArray[np.bool_], *, told: bool) -> None:
        target, stay, over, visit, begins, weight, _, entry, part = self._exits
        # Where nobody goes on the case is over at once.
        self._ended = float(weight @ over)
        still = np.where(goes, 1.0, 1.0 - over) * weight
        self._still = float(still.sum())
        stay = np.maximum(stay, np.where(goes, 1, 0))
        until = stay if entry is None else entry + stay
        visits = step_counts(until, goes, still, entry)
        bins = time_bins(visits, part)
        if visits.steps.size:
            # Who is there still when the last one leaves, leaves with it: its step is a bin.
            bins = np.union1d(bins, visits.steps[-1:])
        self._bins, self._exposure = bins, visits.exposure(bins)
        # Steps lived through in each bin, by class of visit.
        self._lived = np.zeros((begins.size, bins.size))
        if told:
            self._lived = _lived_by_class(bins, visit, begins.size, until, still, entry)
        gone = until[goes]
        if are_dense(last := int(gone.max(initial=0)), 1, until.size):
            bin_of = (np.searchsorted(bins, np.arange(last + 1), side="right") - 1)[gone]
        else:
            bin_of = np.searchsorted(bins, gone, side="right") - 1
        cell = self._exit * bins.size + bin_of
        events = np.bincount(cell, weights=self._gone, minlength=self.targets.size * bins.size)
        self._events = events.astype(np.float64).reshape(-1, bins.size)

    def _rates(self, by_visit: Floats | None) -> tuple[Floats, Floats]:
        """Return hazards by target and bin, and with which probability the case is over in each."""
        forward, ended, events = self._exits.entry is not None, self._ended, self._events
        leaving = np.zeros(self._bins.size)
        weighed = self._exposure[None] if by_visit is None else by_visit.T @ self._lived
        if not forward:
            # Who is over was at risk in the first step.
            weighed = weighed + np.where(np.arange(self._bins.size) == 0, ended, 0.0)
            first = float(self._exposure[0]) + ended
            leaving[0] = ended / first if first > 0.0 else 0.0
        elif ended > 0.0:
            # At whatever age it comes, the first step is when a case may be over.
            leaving[:] = ended / (self._still + ended)
        rates = np.divide(events, weighed, out=np.zeros_like(events), where=weighed > 0)
        # Those seen to leave were not over.
        rates = _open_ended(rates, events) * (1.0 - leaving) if forward else rates
        excess = np.maximum((rates.sum(axis=0) + leaving), 1.0)
        return rates / excess, leaving / excess

    def _prepare_shares(self, goes: NDArray[np.bool_]) -> None:
        entry, size = self._exits.entry, self.targets.size
        self._begins = np.ones(1, np.int64)
        self._share = (self._counts / self._counts.sum())[:, None] if size else np.zeros((0, 1))
        if entry is not None and size:
            halvings = _HALVINGS[self._exits.part == FINE]
            self._begins, self._share, _ = shares_by_age(entry[goes], self._exit, size, halvings, self._gone)
        self._by_age = self._begins.size > 1
        part = np.zeros(self._exit.size, np.int64)
        if self._by_age and entry is not None:
            part = np.searchsorted(self._begins, entry[goes], side="right") - 1
        self._visits = np.zeros((self._begins.size, self._exits.begins.size))
        np.add.at(self._visits, (part, self._exits.visit[goes]), self._gone)

    def _shares(self, by_visit: Floats | None) -> Floats:
        """Return shares by target and part of the ages."""
        return self._share if by_visit is None else _beside_weights(self._share, self._visits, by_visit)

    def _sharing(self, by_visit: Floats | None) -> list[TimedEdge]:
        if not self.targets.size:
            return [TimedEdge(0, ENDED, float(self._exits.weight.sum()), ((1, 1.0),))]
        share = self._shares(by_visit)
        ways = [pairs_of(self._begins, way) if self._by_age else ((1, float(way[0])),) for way in share]
        return [
            TimedEdge(0, int(to), float(count), way, self._by_age)
            for to, count, way in zip(self.targets.tolist(), self._counts.tolist(), ways, strict=True)
        ]


def _lived_by_class(
    bins: NDArray[np.int64],
    visit: NDArray[np.int64],
    classes: int,
    until: NDArray[np.int64],
    still: Floats,
    entry: NDArray[np.int64] | None,
) -> Floats:
    """Return steps lived through in bins by visits of each class, up to a step and behind that of their entry."""
    last = int(bins[-1])
    if are_dense(last, classes, until.size):
        return exposures(*at_risk(visit, classes, until, still, entry, last), bins)
    lived = np.zeros((classes, bins.size))
    for at in np.unique(visit).tolist():
        mine = visit == at
        before = None if entry is None else entry[mine]
        nobody = np.zeros(int(mine.sum()), bool)
        lived[at] = step_counts(until[mine], nobody, still[mine], before, last).exposure(bins)
    return lived


def _beside_weights(shares: Floats, visits: Floats, by_visit: Floats) -> Floats:
    """Return the shares (targets, parts) that give, with weights by visit, those given of each part (raking).

    ``visits`` (parts, classes) are as many as were made.
    """
    found = shares.T
    for _ in range(_RAKED):
        ways = found[:, None, :] * by_visit
        ways /= np.maximum(ways.sum(axis=2, keepdims=True), _TINY)
        now = (visits[:, :, None] * ways).sum(axis=1) / np.maximum(visits.sum(axis=1), _TINY)[:, None]
        found = found * np.divide(shares.T, now, out=np.ones_like(now), where=now > 0.0)
        found = found / np.maximum(found.sum(axis=1, keepdims=True), _TINY)
    return found.T


def _weights(by_class: Floats, begins: NDArray[np.int64]) -> tuple[tuple[int, float], ...]:
    """Return the weight of an edge from a visit on, with four digits, as far as it changes; empty where it is 1."""
    found = changes(begins.tolist(), (float(f"{weight:.4g}") for weight in by_class.tolist()))
    return () if found == ((1, 1.0),) else found


def _open_ended(rates: NDArray[np.float64], events: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rates by target and bin of age of which those of the last bin, without an end, go where late ones went.

    By the last one alone all who are older would take one edge, and where that comes back to the state, for ever.
    """
    later = np.cumsum(events.sum(axis=0)[::-1])[::-1]
    late = events[:, max(int((later >= min(_LATE, later[0])).sum()) - 1, 0) :].sum(axis=1)
    return np.column_stack([rates[:, :-1], rates[:, -1].sum() * late / late.sum()]) if late.sum() > 0.0 else rates


def parts_from(edge: TimedEdge, states: Sequence[int], ages: Sequence[int]) -> list[TimedEdge]:
    """Return an edge to a state that is parted by age: one to each part while cases are of its age.

    Parameters
    ----------
    edge : TimedEdge
    states : sequence of int
        The parts, by the age from which on they are entered.
    ages : sequence of int
        That age of each state.

    Returns
    -------
    list of TimedEdge

    Examples
    --------
    >>> [(part.target, part.during) for part in parts_from(TimedEdge(0, 1, 9.0, ((1, 0.5),)), [1, 2], [0, 0, 30])]
    [(1, (0, 30)), (2, (30, None))]
    """
    if len(states) == 1:
        return [replace(edge, target=states[0])]
    begin, end = edge.during or (0, None)
    found = []
    for state, until in zip(states, [*(ages[state] for state in states[1:]), None], strict=True):
        low = max(begin, ages[state])
        high = min((age for age in (end, until) if age is not None), default=None)
        if high is None or low < high:
            found.append(replace(edge, target=state, during=(low, high)))
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


def pairs_of(bins: NDArray[np.int64], rates: NDArray[np.float64]) -> tuple[tuple[int, float], ...]:
    """Steps and probabilities, without those that repeat the one before."""
    return changes(bins.tolist(), (rounded_down(rate) for rate in rates.tolist()))


def changes(begins: Iterable[int], values: Iterable[float]) -> tuple[tuple[int, float], ...]:
    """Return where values begin and what they are, without those that repeat the one before.

    Examples
    --------
    >>> changes([1, 2, 5], [0.5, 0.5, 0.7])
    ((1, 0.5), (5, 0.7))
    """
    pairs: list[tuple[int, float]] = []
    for begin, value in zip(begins, values, strict=True):
        if not pairs or pairs[-1][1] != value:
            pairs.append((begin, value))
    return tuple(pairs)
