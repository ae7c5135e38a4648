"""Time bins: in which steps of a stay a hazard is taken to be constant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.record.order import distinct

__all__ = ["StepCounts", "are_dense", "at_risk", "exposures", "step_counts", "time_bins", "times_log"]

#: Visits that leave within a bin of time.
_LEAST_LEFT = 3.0
#: Bins that may be added where many leave at one time; a file must stay readable.
_MOST_ADDED = 120
#: Cells that are counted one by one: so many times as many as visits, or so many in any case.
_DENSE, _FEW_CELLS = 4, 1_000


class StepCounts(NamedTuple):
    """Who leaves in each step in which somebody does, and steps lived through up to a step.

    ``steps`` rise; ``left`` are weights. ``stay`` rises too, with the cumulated ``weight`` and ``lived`` of all visits
    that stayed no longer; ``visits`` is the weight of all. Steps ``beyond`` the last stay are lived through besides.
    """

    steps: NDArray[np.int64]
    left: NDArray[np.float64]
    stay: NDArray[np.int64]
    weight: NDArray[np.float64]
    lived: NDArray[np.float64]
    visits: float
    beyond: float = 0.0

    def exposure(self, starts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Steps lived through in bins with given first steps, the last without an end."""
        until = np.r_[starts - 1, self.stay[-1] if self.stay.size else 0]
        at = np.searchsorted(self.stay, until, side="right")
        total = self.lived[at] + until * (self.weight[-1] - self.weight[at])
        total[-1] += self.beyond
        return np.maximum(np.diff(total), 0.0)

    def leaving(self, starts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Weight of who leaves in bins with given first steps."""
        total = np.r_[0.0, np.cumsum(self.left)]
        return np.diff(np.r_[total[np.searchsorted(self.steps, starts)], total[-1]])


def are_dense(longest: int, groups: int, visits: int) -> bool:
    """Return whether steps are so few that they are counted one by one.

    Parameters
    ----------
    longest : int
        The last step.
    groups : int
        For each of which they are counted.
    visits : int
        How many there are.

    Returns
    -------
    bool
    """
    return (longest + 1) * groups <= max(_DENSE * visits, _FEW_CELLS)


def at_risk(
    group: NDArray[np.int64],
    groups: int,
    until: NDArray[np.int64],
    weight: NDArray[np.float64],
    entry: NDArray[np.int64] | None,
    last: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count who is at risk step by step, by group.

    Parameters
    ----------
    group : int64 (n,) or (1,)
        Of each visit.
    groups : int
        How many there are.
    until : int64 (n,)
        Steps up to which visits are at risk.
    weight : float64 (n,)
    entry : int64 (n,), optional
        Steps behind which they are; 0.
    last : int
        Step behind which steps are only added up.

    Returns
    -------
    float64 (groups, last + 1)
        Weight of visits at risk up to each step, or longer in the last one, less of those behind it.
    float64 (groups,)
        Steps lived through behind the last one.
    """
    row, cells = group * (last + 1), groups * (last + 1)
    heavy, beyond = np.zeros(cells), np.zeros(groups)
    for sign, step in ((1.0, until), (-1.0, entry)):
        if step is None:
            continue
        within = np.minimum(step, last)
        heavy += sign * np.bincount(row + within, weights=weight, minlength=cells)
        later = np.broadcast_to(group, step.shape)
        beyond += sign * np.bincount(later, weights=weight * (step - within), minlength=groups)
    return heavy.reshape(groups, -1), beyond


def exposures(
    heavy: NDArray[np.float64], beyond: NDArray[np.float64], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return steps lived through in bins, the last without an end, by each of several groups.

    Parameters
    ----------
    heavy, beyond
        As :func:`at_risk` returns them.
    starts : int64 (bins,)
        First steps of bins, up to the last one that is counted.

    Returns
    -------
    float64 (groups, bins)
    """
    last = heavy.shape[1] - 1
    until = np.r_[starts - 1, last]
    weight = np.cumsum(heavy, axis=1)
    lived = np.cumsum(heavy * np.arange(last + 1), axis=1)
    total = lived[:, until] + until * (weight[:, -1:] - weight[:, until])
    total[:, -1] += beyond
    return np.maximum(np.diff(total, axis=1), 0.0)


def step_counts(
    stay: NDArray[np.int64],
    goes: NDArray[np.bool_],
    weight: NDArray[np.float64],
    entry: NDArray[np.int64] | None = None,
    upto: int = 0,
) -> StepCounts:
    """Count visits by how long they stay, or by the step up to which they are at risk.

    Parameters
    ----------
    stay : int64 (n,)
        Steps; who leaves is at risk up to and with the step in which it does.
    goes : bool (n,)
        Whether it leaves then, else it is seen no longer.
    weight : float64 (n,)
    entry : int64 (n,), optional
        Steps behind which they are at risk (left truncation); 0.
    upto : int
        Step in which the last bin begins that is asked for, where that is not the last one in which somebody leaves.

    Returns
    -------
    StepCounts

    Examples
    --------
    >>> counts = step_counts(np.array([1, 3, 3]), np.array([True, True, False]), np.ones(3))
    >>> counts.exposure(np.array([1, 2])).tolist(), counts.leaving(np.array([1, 2])).tolist()
    ([3.0, 4.0], [1.0, 1.0])
    """
    gone = stay[goes]
    last = max(int(gone.max(initial=0)), upto) + 1
    if are_dense(last, 1, stay.size):
        alone = np.zeros(1, np.int64)
        heavy, beyond = at_risk(alone, 1, stay, weight, entry, last)
        steps = np.flatnonzero(np.bincount(gone))
        rising = np.arange(last + 1)
        return StepCounts(
            steps=steps,
            left=np.bincount(gone, weights=weight[goes]).astype(np.float64)[steps],
            stay=rising,
            weight=np.r_[0.0, np.cumsum(heavy)],
            lived=np.r_[0.0, np.cumsum(heavy * rising)],
            visits=float(weight.sum()),
            beyond=float(beyond[0]),
        )
    # Who comes later was not there before: it is taken away again up to its entry.
    until, whose = (stay, weight) if entry is None else (np.r_[stay, entry], np.r_[weight, -weight])
    order = np.argsort(until, kind="stable")
    rising, heavy = until[order], whose[order]
    steps, at = distinct(gone)
    return StepCounts(
        steps=steps,
        left=np.bincount(at, weights=weight[goes], minlength=steps.size).astype(np.float64),
        stay=rising,
        weight=np.r_[0.0, np.cumsum(heavy)],
        lived=np.r_[0.0, np.cumsum(heavy * rising)],
        visits=float(weight.sum()),
    )


def time_bins(counts: StepCounts, part: int) -> NDArray[np.int64]:
    """Return the first steps of bins: ones that widen by one ``part``-th, parted further where hazards differ in them.

    Deadlines, office hours and nights make many leave at one time. A bin is parted in two, or one step is taken out of
    it, where that makes the visits likelier by more than the criterion for change points asks for (1.5 log n each).

    Parameters
    ----------
    counts : StepCounts
    part : int

    Returns
    -------
    int64 (bins,)
        Rising, from 1.

    References
    ----------
    Zhang & Siegmund (2007), Biometrics 63, 22-32. Scott & Knott (1974), Biometrics 30, 507-512 (binary segmentation).

    Examples
    --------
    All leave in the sixtieth step but one of a hundred, who leaves before:

    >>> stay = np.r_[7, np.full(99, 60)]
    >>> time_bins(step_counts(stay, stay > 0, np.ones(100)), 4).tolist()[-1]
    60
    """
    if not counts.steps.size:
        return np.array([1], np.int64)
    bins = _widening(int(counts.steps[-1]), part)
    bins = _fewer(bins, counts.leaving(bins))
    cells = np.unique(np.r_[bins, counts.steps, counts.steps + 1])
    # Where nobody is left to leave there is no hazard: the one before goes on.
    cells = cells[np.r_[True, counts.exposure(cells)[1:] > 0.0]]
    left, lived = counts.leaving(cells), counts.exposure(cells)
    bound = 1.5 * max(float(np.log(max(counts.visits, 2.0))), 2.0)
    first = np.unique(np.searchsorted(cells, bins[bins <= cells[-1]]))
    spans = list(zip(first.tolist(), [*first[1:].tolist(), cells.size], strict=True))
    kept = set(first.tolist())
    waiting = [(*_best_parting(left[a:b], lived[a:b], bound), a) for a, b in spans]
    added = 0
    while waiting and added < _MOST_ADDED:
        waiting.sort()
        gain, inner, begin = waiting.pop()
        if gain <= 0.0:
            break
        edges = [begin, *(begin + at for at in inner)]
        end = min((at for at in kept if at > begin), default=cells.size)
        kept.update(edges)
        added += len(inner)
        for a, b in zip(edges, [*edges[1:], end], strict=True):
            waiting.append((*_best_parting(left[a:b], lived[a:b], bound), a))
    return cells[sorted(kept)]


def _best_parting(left: NDArray[np.float64], lived: NDArray[np.float64], bound: float) -> tuple[float, tuple[int, ...]]:
    """Return what the best parting of a bin gains beyond its bound, and the cells in which new bins begin."""
    size = left.size
    if size < 2 or left.sum() < _LEAST_LEFT:
        return 0.0, ()
    whole = float(_likelihood(left.sum(), lived.sum()))
    before, risk = np.cumsum(left)[:-1], np.cumsum(lived)[:-1]
    two = _likelihood(before, risk) + _likelihood(left.sum() - before, lived.sum() - risk) - whole - bound
    at = int(two.argmax())
    best: tuple[float, tuple[int, ...]] = (float(two[at]), (at + 1,))
    inner = left[1:-1]
    if inner.size:
        one = _likelihood(inner, lived[1:-1]) + _likelihood(left.sum() - inner, lived.sum() - lived[1:-1])
        at = int(one.argmax())
        value = float(one[at]) - whole - 2.0 * bound
        if value > best[0]:
            best = (value, (at + 1, at + 2))
    return best


def _likelihood(left: NDArray[np.float64] | float, lived: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Greatest log likelihood of so many leaving in so many steps lived through."""
    stayed = np.maximum(np.asarray(lived) - left, 0.0)
    whole = np.asarray(left) + stayed
    return np.asarray(times_log(left, left) + times_log(stayed, stayed) - times_log(whole, whole))


def times_log(count: NDArray[np.float64] | float, value: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return counts times the logarithms of values, 0 where a count is 0: SciPy's `xlogy`, which takes long to load.

    Parameters
    ----------
    count, value : float64 (...) or float
        0 or more.

    Returns
    -------
    float64 (...)

    Examples
    --------
    >>> times_log(np.array([0.0, 2.0]), np.array([0.0, 1.0])).tolist()
    [0.0, 0.0]
    """
    return np.asarray(count * np.log(np.where(np.asarray(count) > 0.0, value, 1.0)))


def _widening(longest: int, part: int) -> NDArray[np.int64]:
    """First steps of bins that widen by one part in so many: by a fourth 1, 2, ... 8, 10, 12 ..."""
    starts = [1]
    while (following := starts[-1] + max(1, starts[-1] // part)) <= longest:
        starts.append(following)
    return np.array(starts, np.int64)


def _fewer(bins: NDArray[np.int64], left: NDArray[np.float64]) -> NDArray[np.int64]:
    """Put bins in which hardly anybody left to the ones before; the first step, and who stays for long, stand alone."""
    kept, seen = [0, 1][: len(left)], 0.0
    for at in range(1, len(left)):
        if at > 1 and (seen >= _LEAST_LEFT or not left[:at].any()):
            kept.append(at)
            seen = 0.0
        seen += float(left[at])
    return bins[kept]
