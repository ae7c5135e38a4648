"""Distance: how far simulated cases are from cases that were kept aside, beside how far real ones are by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases, subset

__all__ = [
    "CaseTable",
    "Distances",
    "case_table",
    "distances_between",
    "distances_to",
    "mean_distances",
    "ngram_distance",
    "simulated_table",
    "wasserstein",
]

#: Resampled real cases that the floor is a mean over, and cases from which on a tenth of them do.
_RESAMPLES, _MANY = 100, 2_000
#: Three stages in a row are counted, not sorted, where there could be so many times as many as there are.
_DENSE = 4


@dataclass(frozen=True, slots=True)
class CaseTable:
    """Cases as sequences of stages, with when each stage was entered (steps since the case began).

    ``first`` is where each case begins, as in :class:`sim.discovery.cases.Cases`.
    """

    first: NDArray[np.int64]
    stage: NDArray[np.int64]
    time: NDArray[np.float64]

    def lengths(self) -> NDArray[np.float64]:
        """Time from the first to the last event of each case."""
        return self.time[self.first[1:] - 1] - self.time[self.first[:-1]]

    def visits(self) -> NDArray[np.float64]:
        """How many visits each case has."""
        return np.diff(self.first).astype(np.float64)

    def times_to(self, goal: int) -> NDArray[np.float64]:
        """Time to the first visit of a stage, of the cases that reach it."""
        rows = np.flatnonzero(self.stage == goal)
        case = np.searchsorted(self.first, rows, side="right") - 1
        at = np.flatnonzero(np.diff(case, prepend=-1))
        return self.time[rows[at]] - self.time[self.first[case[at]]]

    def trigrams(self, stages: int) -> dict[int, float]:
        """Relative frequencies of three stages in a row, ends included."""
        lengths = np.diff(self.first)
        padded = np.full(int(lengths.sum() + 4 * len(lengths)), stages, np.int64)
        places = np.arange(self.stage.size) + 4 * np.repeat(np.arange(len(lengths)), lengths) + 2
        padded[places] = self.stage
        base = stages + 1
        grams = (padded[:-2] * base + padded[1:-1]) * base + padded[2:]
        keep = ~((padded[:-2] == stages) & (padded[1:-1] == stages) & (padded[2:] == stages))
        if base**3 <= _DENSE * grams.size:
            counts = np.bincount(grams[keep])
            values = np.flatnonzero(counts)
            counts = counts[values]
        else:
            values, counts = np.unique(grams[keep], return_counts=True)
        return dict(zip(values.tolist(), (counts / counts.sum()).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Distances:
    """Of simulated cases to held-out ones, and of resampled training cases to the same (the floor)."""

    ngram3: float
    ngram3_floor: float
    length: float
    length_floor: float
    visits: float
    visits_floor: float
    goal: float | None
    goal_floor: float | None
    held_out: int


def case_table(cases: Cases, seconds: float) -> CaseTable:
    """Return real cases, in steps of so many seconds."""
    return CaseTable(cases.first, cases.stage, cases.age / seconds)


def simulated_table(
    customer: NDArray[np.int64], week: NDArray[np.int64], stage: NDArray[np.int64], starts: NDArray[np.int64]
) -> CaseTable:
    """Return simulated cases from an event log's columns and the stage each customer began in.

    Parameters
    ----------
    customer, week, stage : int64 (n,)
        Of events in order; a stage of -1 is left out (the case is over).
    starts : int64 (customers, 3)
        Customer, stage when the horizon begins, and the step in which the case began.

    Returns
    -------
    CaseTable
    """
    begun = starts[starts[:, 1] >= 0]
    kept = stage >= 0
    who = np.r_[begun[:, 0], customer[kept]]
    when = np.r_[begun[:, 2], week[kept]]
    what = np.r_[begun[:, 1], stage[kept]]
    order = np.argsort(who, kind="stable")
    who, when, what = who[order], when[order], what[order]
    # Within a customer events are in order already; its start stands first, being written first.
    first = np.r_[np.flatnonzero(np.r_[True, np.diff(who) != 0]), who.size]
    return CaseTable(first, what, when.astype(np.float64))


def ngram_distance(one: CaseTable, other: CaseTable, stages: int) -> float:
    """Total variation distance of the frequencies of three stages in a row, 0 (alike) to 1.

    Parameters
    ----------
    one, other : CaseTable
    stages : int
        How many stages there are.

    Returns
    -------
    float
    """
    return _variation(one.trigrams(stages), other.trigrams(stages))


def _variation(a: Mapping[int, float], b: Mapping[int, float]) -> float:
    return 0.5 * sum(abs(a.get(key, 0.0) - b.get(key, 0.0)) for key in {*a, *b})


def wasserstein(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the area between two distribution functions: that of SciPy, which takes long to load.

    Parameters
    ----------
    one, other : float64 (n,)
        Two samples, rising.

    Returns
    -------
    float

    Examples
    --------
    >>> wasserstein(np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 8.0]))
    5.0
    """
    values = np.sort(np.concatenate([one, other]), kind="stable")
    below = (np.searchsorted(sample, values[:-1], side="right") / sample.size for sample in (one, other))
    return float(np.sum(np.abs(np.subtract(*below)) * np.diff(values)))


def distances_between(
    simulated: Sequence[CaseTable], train: Cases, test: Cases, seconds: float, goal: int | None, seed: int
) -> Distances:
    """Compare simulated cases with held-out ones, each sample as large as these.

    Parameters
    ----------
    simulated : sequence of CaseTable
        Samples.
    train, test : Cases
        Learned from, and kept aside.
    seconds : float
        Of a step.
    goal : int, optional
        Stage whose time is compared.
    seed : int
        Of the resamples.

    Returns
    -------
    Distances
    """
    luck = np.random.default_rng([seed, 13])
    stages = len(test.stages)
    held = case_table(test, seconds)
    draws = _RESAMPLES if test.count < _MANY else _RESAMPLES // 10
    floor = [case_table(subset(train, luck.integers(0, train.count, test.count)), seconds) for _ in range(draws)]
    ngram, visits, length, reach = distances_to(held, simulated, stages, goal)
    ngram_floor, visits_floor, length_floor, reach_floor = distances_to(held, floor, stages, goal)
    return Distances(
        ngram3=ngram,
        ngram3_floor=ngram_floor,
        length=length,
        length_floor=length_floor,
        visits=visits,
        visits_floor=visits_floor,
        goal=reach,
        goal_floor=reach_floor,
        held_out=test.count,
    )


def distances_to(
    held: CaseTable, tables: Sequence[CaseTable], stages: int, goal: int | None
) -> tuple[float, float, float, float | None]:
    """Return how far samples are from cases on average: three stages in a row, visits, length, and time to the goal.

    Parameters
    ----------
    held : CaseTable
    tables : sequence of CaseTable
        Samples.
    stages : int
        How many stages there are.
    goal : int, optional
        Stage whose time is compared.

    Returns
    -------
    float, float, float, float or None
        The last is None where no case, or none of the samples, comes to the goal.
    """
    grams = held.trigrams(stages)
    ngram = np.mean([_variation(table.trigrams(stages), grams) for table in tables])

    def away(of: Callable[[CaseTable], NDArray[np.float64]]) -> float:
        """How far a quantity of cases is from that of those held out."""
        kept = np.sort(of(held))
        return float(np.mean([wasserstein(np.sort(of(table)), kept) for table in tables]))

    reach = None
    if goal is not None and (reached := np.sort(held.times_to(goal))).size:
        times = [table.times_to(goal) for table in tables]
        known = [wasserstein(np.sort(time), reached) for time in times if time.size]
        reach = float(np.mean(known)) if known else None
    return float(ngram), away(CaseTable.visits), away(CaseTable.lengths), reach


def mean_distances(found: Sequence[Distances]) -> Distances:
    """Return the means of distances of several halves; the goal's of those that reach it."""
    both = [one for one in found if one.goal is not None and one.goal_floor is not None]

    def mean(name: str, of: Sequence[Distances]) -> float:
        return float(np.mean([getattr(one, name) for one in of]))

    return Distances(
        ngram3=mean("ngram3", found),
        ngram3_floor=mean("ngram3_floor", found),
        length=mean("length", found),
        length_floor=mean("length_floor", found),
        visits=mean("visits", found),
        visits_floor=mean("visits_floor", found),
        goal=mean("goal", both) if both else None,
        goal_floor=mean("goal_floor", both) if both else None,
        held_out=sum(one.held_out for one in found),
    )
