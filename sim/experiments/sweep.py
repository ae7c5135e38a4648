"""Sweep: every point of a design run in every arm, as one table in the order of the design.

Runs go through a store, so that a sweep that was killed continues where it stopped, and one that is extended runs only
what is new. The table is assembled from the runs in the order of the design: its bytes do not depend on how often it
was interrupted, on the executor, or on earlier contents of the store.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sim.analysis.paired import estimate, paired_difference
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import Executor
from sim.execution.store import Store
from sim.execution.trials import Finished, Outcome, Trial, run_trials
from sim.experiments.controls import controls_of
from sim.experiments.design import Design, Point, Trials
from sim.experiments.sweep_table import NOT_A_DIFFERENCE, TableWriter, difference_rows, run_rows

__all__ = ["SweepResult", "SweepRun", "sweep"]

#: Keys are 32 hexadecimal digits.
_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class SweepRun:
    """One point of a sweep: its number in the design, the key of its runs, its values, and why it failed if it did."""

    number: int
    key: str
    point: Point
    error: str = ""


class SweepResult:
    """A finished sweep: a few numbers of every run, so that memory hardly grows with them.

    Attributes
    ----------
    design : Design
    metric : str
        The headline metric.
    baseline : str
    arms : tuple of str
        All others.
    errors : dict of int to str
        Why runs failed, by their number.
    """

    def __init__(self, design: Design, metric: str, baseline: str, arms: tuple[str, ...]) -> None:
        self.design, self.metric, self.baseline, self.arms = design, metric, baseline, arms
        self.errors: dict[int, str] = {}
        self._keys = bytearray()
        self._ends = array("d")

    def __len__(self) -> int:
        return len(self._keys) // _KEY_BYTES

    def add(self, outcome: Outcome, ends: Sequence[Sequence[float | None]]) -> None:
        """Add the next run: for each arm the mean difference and the ends of its interval."""
        if outcome.error:
            self.errors[len(self)] = outcome.error
        self._keys += bytes.fromhex(outcome.key)
        self._ends.extend(math.nan if end is None else end for of_arm in ends for end in of_arm)

    def ends(self, arm: str) -> NDArray[np.float64]:
        """Return mean, lower and upper end of an arm's difference in every run: (runs, 3), NaN where undefined."""
        ends = np.frombuffer(self._ends, np.float64).reshape(len(self), len(self.arms), 3)
        return np.array(ends[:, self.arms.index(arm)])

    def means(self, arm: str) -> NDArray[np.float64]:
        """Return the mean difference of every run; NaN where undefined."""
        return self.ends(arm)[:, 0]

    def run(self, number: int) -> SweepRun:
        """Return one run."""
        point: Point = self.design[number]
        key = bytes(self._keys[_KEY_BYTES * number : _KEY_BYTES * (number + 1)]).hex()
        return SweepRun(number, key, point, self.errors.get(number, ""))


def sweep(
    design: Design,
    *,
    seed: int,
    replicates: int,
    executor: Executor,
    store: Store,
    table: IO[bytes],
    differences: IO[bytes],
    metric: str = "contribution",
    engine: str = "numba",
    on_done: Callable[[Finished], None] | None = None,
) -> SweepResult:
    """Run every point of a design.

    Parameters
    ----------
    design : Design
    seed : int
        Seed of all random draws, the same at every point: points are compared on common random numbers.
    replicates : int
    executor : Executor
    store : Store
        Holds the runs; those that it already holds are not run again.
    table, differences : binary files
        Parquet is written there: a row for each run, replicate, arm and persona with every figure; and a row for each
        run, arm and persona with the mean differences from the baseline.
    metric : str
        The headline metric, whose differences get an interval.
    engine : {'numba', 'mesa'}
    on_done : callable, optional
        See :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    SweepResult
    """
    first = next(iter(design.cases.values()))
    others = tuple(arm for arm in first.arms if arm != first.baseline)
    swept = SweepResult(design, metric, first.baseline, others)
    metric_at = RUN_METRICS.index(metric)
    trials = Trials(design, seed, replicates)
    with TableWriter(table, design) as rows, TableWriter(differences, design) as gaps:
        outcomes = run_trials(trials, executor=executor, store=store, on_done=on_done, engine=engine)
        for number, outcome in enumerate(outcomes):
            point = design[number]
            case = design.cases[point.case]
            sampling = _sampling(trials[number], outcome)
            rows.add(run_rows(number, point, outcome, trials.replicates), number)
            gaps.add(difference_rows(number, point, outcome, case.baseline, metric_at, sampling), number)
            swept.add(outcome, [_headline(outcome, arm, case.baseline, metric_at, sampling.of(arm)) for arm in others])
    return swept


def _sampling(trial: Trial, outcome: Outcome) -> Sampling:
    """Return how the replicates of a point were drawn, with the luck of the company's experiments in each."""
    if outcome.error:
        return INDEPENDENT
    scenario = trial.resolved
    return Sampling(controls=controls_of([(scenario, trial.replicates)], trial.seed), baseline=scenario.baseline)


def _headline(
    outcome: Outcome, arm: str, baseline: str, metric_at: int, sampling: Sampling
) -> tuple[float | None, float | None, float | None]:
    """Return the mean difference of one arm in the headline metric, and its interval."""
    if outcome.error:
        return None, None, None
    values = outcome.metrics[outcome.arms.index(arm), :, 0, metric_at]
    if RUN_METRICS[metric_at] in NOT_A_DIFFERENCE:
        of_arm = estimate(values, sampling)
        return of_arm.mean, of_arm.ci_low, of_arm.ci_high
    gap = paired_difference(values, outcome.metrics[outcome.arms.index(baseline), :, 0, metric_at], sampling)
    return gap.mean, gap.ci_low, gap.ci_high
