"""Forward weights: simulated cases end, and come to each stage, after as many visits as those of the log did.

Weights by visit are fitted to the visits of the log, where cases are that went as real ones do. A simulated case that
takes one other way is soon where no real case with as many visits is: of permits, which pass a hundred stages in almost
any order, some are at their first stages after thirty visits and others at their last after ten. So the journey is run
forward with its weights, one visit after the other. Where too few of those who make a visit go on to their last one, or
to a stage, all edges to it have more weight, in all states alike. How soon each state is left stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.discovery.visit_weights import CLASS_BEGINS, VisitCounts, drawn

__all__ = ["Made", "run_forward", "visits_made"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS, _NEAR = 12, 1e-3
#: A factor is no further from 1.
_MOST = 1e3
#: Ways that no case took at a visit are taken as if so small a share of all cases there had.
_RARELY = 1e-9
_TINY = 1e-12


class Made(NamedTuple):
    """Visits made: shares of cases by the state they begin in, and visits by class and state.

    ``parts`` are states that are entered as the first of them, and told apart by the age of the case.
    """

    begins: Floats
    visits: Floats
    parts: Sequence[Sequence[int]]


class _Ways(NamedTuple):
    """Edges of all states.

    ``group`` is what cases come to by each, a stage, or 0: their last visit; ``seen`` and ``share`` are float64
    (classes, edges), how many took each, and which share of those who leave its source does by the weights.
    """

    source: Ints
    target: Ints
    group: Ints
    seen: Floats
    share: Floats


def visits_made(
    cases: Cases, state: Ints, visit: Ints, classes: int, each: Floats, parted: Collection[Sequence[int]]
) -> Made:
    """Return the visits of cases.

    Parameters
    ----------
    cases : Cases
    state : int64 (n,)
        Of each visit.
    visit : int64 (n,)
        Class of the number of each visit.
    classes : int
        How many there are.
    each : float64 (cases,)
        As how many each case counts.
    parted : collection of sequence of int
        States that are told apart by the age of the case, or a state alone.

    Returns
    -------
    Made
    """
    number = 1 + max(max(parts) for parts in parted)
    begins = np.bincount(state[cases.first[:-1]], weights=each, minlength=number)
    visits = np.zeros((classes, number))
    np.add.at(visits, (visit, state), np.repeat(each, cases.lengths))
    return Made(begins / begins.sum(), visits, [list(parts) for parts in parted if len(parts) > 1])


def run_forward(
    made: Made,
    targets: Mapping[int, Ints],
    counts: Sequence[VisitCounts],
    weights: Sequence[Floats | None],
) -> list[Floats | None]:
    """Return weights by visit with which a journey that is run forward comes to its stages as the log does.

    Parameters
    ----------
    made : Made
    targets : mapping of int to int64 (targets,)
        By state that is left.
    counts : sequence of VisitCounts
        Of each, as expected without weights.
    weights : sequence of float64 (classes, targets) or None
        Of each, as they are.

    Returns
    -------
    list
        Weights of each, or None.

    Examples
    --------
    From a state one goes back to it, or to the last visit. Half of the cases have two visits, half have four, but where
    they are the weights do not tell:

    >>> seen, visits = np.zeros((CLASS_BEGINS.size, 2)), np.zeros((CLASS_BEGINS.size, 2))
    >>> seen[:3] = [[50.0, 50.0], [50.0, 0.0], [0.0, 50.0]]
    >>> visits[:4] = [[100.0, 0.0], [50.0, 50.0], [50.0, 0.0], [0.0, 50.0]]
    >>> alike = seen.sum(axis=1, keepdims=True) / 2.0 * [1.0, 1.0]
    >>> table = VisitCounts(seen, alike, np.arange(2), np.array([False, True]), False)
    >>> (found,) = run_forward(Made(np.array([1.0, 0.0]), visits, []), {0: np.arange(2)}, [table], [None])
    >>> found[:3].round(1).tolist()
    [[1.0, 1.0], [2.0, 0.0], [0.0, 2.0]]
    """
    if not counts:
        return []
    sizes = [table.last.size for table in counts]
    ways = _Ways(
        np.repeat(np.array(list(targets), np.int64), sizes),
        np.concatenate(list(targets.values())).astype(np.int64),
        np.concatenate([np.where(table.last, 0, table.stage + 1) for table in counts]).astype(np.int64),
        np.concatenate([table.seen for table in counts], axis=1),
        np.concatenate([_shares(table, by) for table, by in zip(counts, weights, strict=True)], axis=1),
    )
    factors = np.split(_factors(made, ways), np.cumsum(sizes)[:-1], axis=1)
    return [
        by if (factor == 1.0).all() else (factor if by is None else by * factor)
        for by, factor in zip(weights, factors, strict=True)
    ]


def _shares(table: VisitCounts, weights: Floats | None) -> Floats:
    """Return which share of those who leave a state takes each way, by class of visit."""
    expected = table.expected + _RARELY * table.expected.sum(axis=0)
    taken = expected if weights is None else expected * weights
    return taken / np.maximum(taken.sum(axis=1, keepdims=True), _TINY * _RARELY)


def _factors(made: Made, ways: _Ways) -> Floats:
    """Return by what the weight of each edge is multiplied, in each class of visits."""
    states = made.begins.size
    # A case ends where it is, or its log does, as often as in the log, whatever the number of its visits.
    gone = np.bincount(ways.source, weights=ways.seen.sum(axis=0), minlength=states)
    leaving = np.minimum(gone / np.maximum(made.visits.sum(axis=0), _TINY), 1.0)[ways.source]
    seen = np.flatnonzero(ways.seen.any(axis=1))
    found = np.ones_like(ways.seen)
    here = made.begins
    for at in seen.tolist():
        times = int(CLASS_BEGINS[at + 1] - CLASS_BEGINS[at]) if at + 1 < CLASS_BEGINS.size else 1
        found[at], here = _Step(made, ways, at, ways.share[at] * leaving, times).weighed(here)
    if seen.size:
        # Longer cases than any that was seen go on as the longest do.
        found[seen[-1] + 1 :] = found[seen[-1]]
    return found


class _Step:
    """So many visits of one class."""

    def __init__(self, made: Made, ways: _Ways, at: int, plain: Floats, times: int) -> None:
        self._ways, self._plain, self._times, self._states = ways, plain, times, made.begins.size
        self._seen = np.bincount(ways.group, weights=ways.seen[at]).astype(np.float64)
        # Who enters a state that is told apart by age enters each part as those did with as many visits.
        following = made.visits[min(at + int(times == 1), len(made.visits) - 1)]
        self._parts = [
            (parts, _portions(following[parts], made.visits[:, parts].sum(axis=0)))
            for parts in map(np.array, made.parts)
        ]

    def weighed(self, here: Floats) -> tuple[Floats, Floats]:
        """Return the factor of each edge, and where cases are after these visits."""
        group = self._ways.group
        factor = np.ones(self._seen.size)
        alone = np.zeros(factor.size, np.int64)
        for _ in range(_ROUNDS):
            taken, _ = self._run(here, self._with(factor))
            now = np.bincount(group, weights=taken)
            if now.sum() <= 0.0:
                break
            alike = (now * (self._seen.sum() / now.sum()) / factor)[:, None]
            share = alike / alike.sum()
            before, factor = factor, drawn(self._seen[:, None], alike, share, share, alone)[:, 0]
            factor = np.clip(factor, 1.0 / _MOST, _MOST)
            if np.abs(factor - before).max() < _NEAR:
                break
        way = self._with(factor)
        _, after = self._run(here, way)
        return np.divide(way, self._plain, out=factor[group], where=self._plain > 0.0), after

    def _with(self, factor: Floats) -> Floats:
        """Return the edges' probabilities with a factor for each group; as many leave each state as without."""
        source, way = self._ways.source, self._plain * factor[self._ways.group]
        before = np.bincount(source, weights=self._plain, minlength=self._states)
        now = np.bincount(source, weights=way, minlength=self._states)
        return way * np.divide(before, now, out=np.ones_like(now), where=now > 0.0)[source]

    def _run(self, here: Floats, way: Floats) -> tuple[Floats, Floats]:
        """Return how many take each edge in these visits, and where cases are after them."""
        matrix = np.zeros((self._states, self._states))
        np.add.at(matrix, (self._ways.source, self._ways.target), way)
        for parts, portions in self._parts:
            matrix[:, parts] = matrix[:, parts[:1]] * portions
        lived = np.zeros(self._states)
        for _ in range(self._times):
            lived = lived + here
            here = here @ matrix
        return lived[self._ways.source] * way, here


def _portions(counts: Floats, else_counts: Floats) -> Floats:
    """Return counts as shares of their sum; those of others where there are none."""
    counts = counts if counts.any() else else_counts
    return counts / max(float(counts.sum()), _TINY)
