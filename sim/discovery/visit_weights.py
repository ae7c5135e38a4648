"""Visit weights: how likely cases go where, and how soon, by how many stages they have visited.

A chain that forgets how far a case has come makes the number of visits spread as chance would. Of many cases it does
not: some are through after a fixed number of steps, others come back the oftener, the oftener they came. So what a
state's hazards let expect is weighed by the number of visits so far, in classes that grow with it. First comes what all
states have in common, each of which has too few visits to tell it: how likely a visit is the last, and how likely it is
to each stage. Then each state has its own weights. All are drawn to what is expected without them, as much as makes
each visit likeliest by all others.

Where ages tell nearly as much as numbers of visits (sessions on the web), both together say what neither does: of two
cases with as many visits the younger goes on for longer, as it is faster. Each weight then goes against what hazards by
age say, so that it takes many turns until both fit. Every visit counts by itself, weights go as far as is seen, and
first comes how soon cases go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CLASS_BEGINS",
    "NO_WEIGHTS",
    "VisitCounts",
    "VisitFit",
    "age_told_by_visits",
    "class_of_visit",
    "drawn",
    "fit_beside_age",
    "visit_weights",
]

Floats = NDArray[np.float64]

#: The number of the visit with which each class begins: the first eight by themselves, then two each time it doubles.
CLASS_BEGINS = np.array([*range(1, 9), *(1 + part * 2**power for power in range(3, 13) for part in (1, 1.5))], np.int64)
#: The same more finely: the first sixteen by themselves, then four each time it doubles.
_FINE_BEGINS = np.array(
    [*range(1, 17), *(1 + part * 2 ** (power - 2) for power in range(4, 13) for part in range(4, 8))], np.int64
)
#: Log likelihood that weights must gain at least.
_LEAST_GAIN = 2.0
#: Visits as expected that stand beside those of a class.
_STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
#: Beside ages that tell nearly the same, where few visits are expected and many seen, hardly any stand beside them.
_HARDLY = (1e-3,)
#: Turns in which hazards and weights are fitted.
_TURNS, _MANY_TURNS = 4, 30
#: Part of the variance of ages that numbers of visits explain from which on both tell nearly, and quite, the same.
_NEARLY, _THE_SAME = 0.8, 0.95
_ROUNDS, _NEAR = 12, 1e-3
#: A way that hardly anybody is expected to take says little: no weight is further from 1.
_MOST = 1e3
_TINY = 1e-12


class VisitCounts(NamedTuple):
    """Exits of a state by class of visit and target: how many were seen, and how many its hazards let expect.

    Both are float64 (classes, targets); ``stage`` is int64 (targets,), the stage of each, and ``last`` bool (targets,),
    whether that is a last visit. Where the state takes time (``timed``), how many leave is expected too, else only
    where those who leave go.
    """

    seen: Floats
    expected: Floats
    stage: NDArray[np.int64]
    last: NDArray[np.bool_]
    timed: bool


class VisitFit(NamedTuple):
    """How weights by visit are fitted: in so many turns with hazards; ``finely`` where ages tell nearly the same."""

    turns: int
    finely: bool

    @property
    def begins(self) -> NDArray[np.int64]:
        """The number of the visit with which each class begins."""
        return _FINE_BEGINS if self.finely else CLASS_BEGINS


NO_WEIGHTS = VisitFit(0, False)


def class_of_visit(number: NDArray[np.int64], begins: NDArray[np.int64] = CLASS_BEGINS) -> NDArray[np.int64]:
    """Return the class of visits by their number within their case, the first being 1.

    Parameters
    ----------
    number : int64 (n,)
    begins : int64 (classes,)
        The visit with which each class begins.

    Returns
    -------
    int64 (n,)

    Examples
    --------
    >>> class_of_visit(np.array([1, 2, 8, 9, 12, 13])).tolist()
    [0, 1, 7, 8, 8, 9]
    """
    return np.searchsorted(begins, number, side="right") - 1


def age_told_by_visits(age: Floats, place: NDArray[np.int64]) -> float:
    """Return which part of the variance of ages the place of the visit explains (correlation ratio, squared).

    Parameters
    ----------
    age : float64 (n,)
        Of the case at each visit.
    place : int64 (n,)
        How many visits of its case there were before each.

    Returns
    -------
    float
        0 to 1; 0 where all ages are the same.

    Examples
    --------
    >>> age_told_by_visits(np.array([0.0, 2.0, 0.0, 2.0]), np.array([0, 1, 0, 1]))
    1.0
    """
    mean = np.bincount(place, weights=age) / np.maximum(np.bincount(place), 1)
    spread = float(((age - age.mean()) ** 2).sum())
    return 1.0 - float(((age - mean[place]) ** 2).sum()) / spread if spread > 0.0 else 0.0


def fit_beside_age(told: float) -> VisitFit:
    """Return how weights by visit are fitted beside hazards by the age of the case.

    Parameters
    ----------
    told : float
        Which part of the variance of ages numbers of visits explain, 0 to 1.

    Returns
    -------
    VisitFit
        Not at all where both tell quite the same: nobody knows which of the two counts.
    """
    if told > _THE_SAME:
        return NO_WEIGHTS
    return VisitFit(_MANY_TURNS, True) if told > _NEARLY else VisitFit(_TURNS, False)


def visit_weights(states: Sequence[VisitCounts], *, finely: bool = False) -> list[Floats | None]:
    """Return by state the weight of each target in each class of visits; None where they are the same in all.

    Parameters
    ----------
    states : sequence of VisitCounts
    finely : bool
        Whether all states together tell first how soon cases go on, and weights may go as far as is seen; all are None
        where how likely a visit is the last does not go by its number.

    Returns
    -------
    list
        Each float64 (classes, targets), or None.

    Examples
    --------
    A state of which the first four visits lead to the first of two targets, and later ones to the second:

    >>> seen = np.zeros((CLASS_BEGINS.size, 2))
    >>> seen[:4], seen[4:6] = [25.0, 0.0], [0.0, 50.0]
    >>> expected = np.repeat(seen.sum(axis=1, keepdims=True) / 2.0, 2, axis=1)
    >>> table = VisitCounts(seen, expected, np.arange(2), np.zeros(2, bool), False)
    >>> (weights,) = visit_weights([table])
    >>> weights[[0, 5]].round(1).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    sizes = [table.last.size for table in states]
    if not sum(sizes):
        return [None] * len(states)
    state, timed = np.repeat(np.arange(len(states)), sizes), np.repeat([table.timed for table in states], sizes)
    seen = np.concatenate([table.seen.T for table in states])
    expected = np.concatenate([table.expected.T for table in states])
    weight = _how_soon(seen, expected, timed) if finely else np.ones_like(seen)
    strengths = _HARDLY if finely else _STRENGTHS
    for name in ("last", "stage"):
        group = np.concatenate([getattr(table, name) for table in states])
        found = _by_group(seen, expected * weight, state, group, strengths)
        if finely and name == "last" and (found == 1.0).all():
            # How soon cases go on alone says little: steps are counted as whole ones.
            return [None] * len(states)
        weight *= found
    weight *= _by_state(seen, expected * weight, state, timed, np.array(sizes), strengths)
    # Beyond the longest cases, and between classes without a visit, those of the class before.
    known = _sums(seen + expected, state) > 0.0
    at = np.maximum.accumulate(np.where(known, np.arange(known.shape[1]), known.argmax(axis=1)[:, None]), axis=1)
    weight = np.take_along_axis(weight, at[state], axis=1)
    weight = np.clip(weight, 1.0 / _MOST, _MOST)
    apart = (weight != 1.0).any(axis=1)
    parts = np.split(np.arange(state.size), np.cumsum(sizes)[:-1])
    return [weight[rows].T if apart[rows].any() else None for rows in parts]


def _how_soon(seen: Floats, expected: Floats, timed: NDArray[np.bool_]) -> Floats:
    """Return the weights that all ways out of states that take time have in common, in each class of visits."""
    weight = np.ones_like(seen)
    if timed.any():
        gone, alike = (rows[timed].sum(axis=0, keepdims=True) for rows in (seen, expected))
        ones = np.ones_like(gone)
        weight[timed] = drawn(gone, alike, ones, ones, np.zeros(1, np.int64), _HARDLY)
    return weight


def _by_group(
    seen: Floats, expected: Floats, state: NDArray[np.int64], group: NDArray[np.int64], strengths: Sequence[float]
) -> Floats:
    """Return the weights that targets of one group have in common, whatever the state, in each class of visits.

    They are such that of those who leave as many are expected to go to each group as were seen to (raking): where cases
    go depends on them, not how soon. All arrays have a row for each target of each state.
    """
    group = group.astype(np.int64)
    left, gone = _sums(seen, state), _sums(seen, group)
    factor = np.ones_like(gone)
    for _ in range(_ROUNDS):
        now = expected * factor[group]
        now *= (left / np.maximum(_sums(now, state), _TINY))[state]
        alike = _sums(now, group) / factor
        share = alike / np.maximum(alike.sum(axis=0), _TINY)
        before, factor = factor, drawn(gone, alike, np.ones_like(gone), share, np.arange(len(gone)), strengths)
        if np.abs(factor - before).max() < _NEAR:
            break
    moved = expected * factor[group]
    moved *= (_sums(expected, state) / np.maximum(_sums(moved, state), _TINY))[state]
    return np.where(expected > 0.0, moved / np.maximum(expected, _TINY), factor[group])


def _by_state(
    seen: Floats,
    expected: Floats,
    state: NDArray[np.int64],
    timed: NDArray[np.bool_],
    sizes: NDArray[np.int64],
    strengths: Sequence[float],
) -> Floats:
    """Return each state's own weights; all arrays but ``sizes`` have a row for each target of each state."""
    # Where no time passes as many leave as were seen to, and with one target there is nothing to tell.
    as_seen = expected * (_sums(seen, state) / np.maximum(_sums(expected, state), _TINY))[state]
    expected = np.where(timed[:, None], expected, as_seen)
    share = expected / np.maximum(_sums(expected, state), _TINY)[state]
    found = drawn(seen, expected, share, share, state, strengths)
    return np.where((timed | (sizes[state] > 1))[:, None], found, 1.0)


def drawn(
    seen: Floats,
    expected: Floats,
    prior: Floats,
    share: Floats,
    group: NDArray[np.int64],
    strengths: Sequence[float] = _STRENGTHS,
) -> Floats:
    """Return seen over expected, drawn to 1 as much as makes each visit likeliest by all others.

    Rows of one group are drawn by the same strength; they are 1 where it tells little.

    Parameters
    ----------
    seen, expected : float64 (rows, classes)
        Visits.
    prior : float64 (rows, classes)
        By what a strength is multiplied: as so many visits as expected stand beside those of the row.
    share : float64 (rows, classes)
        What one visit that is left out would have expected.
    group : int64 (rows,)
    strengths : sequence of float
        Of which that is taken that makes each visit likeliest by all others.

    Returns
    -------
    float64 (rows, classes)
    """
    best, found = np.full(int(group.max()) + 1, _LEAST_GAIN), np.ones_like(seen)
    for strength in strengths:
        beside = strength * prior
        weight = np.where(expected > 0.0, (seen + beside) / np.maximum(expected + beside, _TINY), 1.0)
        others = np.maximum(seen - 1.0, 0.0) + beside
        others /= np.maximum(np.maximum(expected - share, 0.0) + beside, _TINY)
        gain = _sums(seen * np.log(np.maximum(others, _TINY)) - expected * (weight - 1.0), group).sum(axis=1)
        better = gain > best
        best, found = np.where(better, gain, best), np.where(better[group, None], weight, found)
    return found


def _sums(rows: Floats, group: NDArray[np.int64]) -> Floats:
    """Add rows up by group."""
    order = np.argsort(group, kind="stable")
    present, begins = np.unique(group[order], return_index=True)
    out = np.zeros((int(group.max()) + 1, rows.shape[1]))
    out[present.astype(np.int64)] = np.add.reduceat(rows[order], begins, axis=0)
    return out
