"""Arm metrics: the metrics of many arms, replicate by replicate; each history is measured and dropped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from sim.analysis.category import CATEGORY_METRICS, FROM_ACCOUNTS, FROM_EVENTS, category_measures
from sim.analysis.control_variate import ControlVariate
from sim.analysis.metrics import EVERYBODY, METRICS, TERMS, measure, of_market
from sim.analysis.paired import relative_half_width
from sim.analysis.precision import FEWEST, MAX_REPLICATES, run_until_precise
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.execution.chunk import RUN_METRICS, Chunk, Run, RunResult, detail_arrays, detail_bytes
from sim.execution.trials import CHUNK_SECONDS, Finished, key_of
from sim.record.history import History
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.resolved import Record
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show

if TYPE_CHECKING:
    from sim.execution.executors import Executor
    from sim.execution.store import Store

__all__ = ["ARM_METRICS", "COLUMNS", "ArmMetrics", "RunOptions", "check_metric", "pick_arm", "run_arms"]

Floats = NDArray[np.float64]

#: Metrics of one arm alone that need no single customer's account: they can be measured for many arms at once.
ARM_METRICS: tuple[str, ...] = (
    *(name for name in METRICS if name != "payback_week"),
    *(name for name in CATEGORY_METRICS if name not in (*FROM_ACCOUNTS, *FROM_EVENTS)),
)
#: Columns of the table of arm metrics: the metrics, and the terms that contribution is the sum of, in money.
COLUMNS: tuple[str, ...] = (*ARM_METRICS, *(f"term_{name}" for name in TERMS))
_NO_RECORD = Record(customers=False, events=0, lives=0)
_MEASURED = [(*METRICS, *CATEGORY_METRICS).index(name) for name in ARM_METRICS]


class RunOptions(TypedDict, total=False):
    """How arms are run; see :func:`run_arms` for each and its default."""

    seed: int
    replicates: int
    engine: str
    threads: int | None
    precision: float | None
    executor: Executor | None
    on_progress: Callable[[int], None] | None
    store: Store | None
    on_done: Callable[[Finished], None] | None


@dataclass(frozen=True, slots=True)
class ArmMetrics:
    """The metrics of many arms.

    Attributes
    ----------
    arms : tuple of str
        A arms.
    values : float64 (R, A, 1 + P, len(COLUMNS))
        Row 0 is everybody, then one row per persona; NaN where undefined.
    heads : float64 (P,)
        Customers of the market per persona, mean over replicates.
    half_width : float
        Relative half-width of the interval that a precision was asked for; NaN where none was.
    flows : float64 (K, K)
        Customers of one arm from stage to stage over the horizon, mean over replicates; empty unless asked for.
    seed : int
        Of all random draws.
    customer_weeks : int
        How much was simulated.
    started : str
        When the run began (ISO 8601, UTC).
    wall_seconds : float
        How long it took.
    """

    arms: tuple[str, ...]
    values: Floats
    heads: Floats
    half_width: float
    flows: Floats
    seed: int
    customer_weeks: int
    started: str
    wall_seconds: float

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return int(self.values.shape[0])

    def of(self, arm: str, column: str) -> Floats:
        """Return one column of one arm (R, 1 + P)."""
        found: Floats = self.values[:, self.arms.index(arm), :, COLUMNS.index(column)]
        return found


def check_metric(metric: str) -> str:
    """Return the metric.

    Raises
    ------
    ConfigError
        If there is no such metric, or it is not defined for one arm alone.
    """
    if metric in ARM_METRICS:
        return metric
    raise ConfigError(f"metric is {show(metric)}; {suggest(metric, ARM_METRICS)}")


def pick_arm(scenario: Scenario, arm: str | None) -> str:
    """Return the arm to compare with the baseline: the one named, or the first that is not the baseline.

    Raises
    ------
    ConfigError
        If there is no such arm, or none beside the baseline, or no market in which arms could differ in any metric.
    """
    if not scenario.has_market:
        raise ConfigError(f"scenario {scenario.name!r} has no market, so nothing is earned; give one with a market")
    others = [name for name in scenario.arms if name != scenario.baseline]
    if not others:
        raise ConfigError(
            f"scenario {scenario.name!r} has only the arm {scenario.baseline!r}; give one with two arms to compare"
        )
    if arm is None:
        return others[0]
    if arm not in others:
        found = "the baseline itself" if arm == scenario.baseline else "no arm of the scenario"
        raise ConfigError(f"arm is {show(arm)}, {found}; {suggest(arm, others, 'give one of')}")
    return arm


def run_arms(
    scenarios: Sequence[Scenario],
    *,
    headline: Callable[[ArmMetrics], Floats] | None = None,
    control: Callable[[int, Sequence[int]], ControlVariate | None] | None = None,
    flows_of: str = "",
    is_run: Callable[[int, int], bool] | None = None,
    seed: int = 1,
    replicates: int = 8,
    engine: str = "numba",
    threads: int | None = None,
    precision: float | None = None,
    executor: Executor | None = None,
    on_progress: Callable[[int], None] | None = None,
    store: Store | None = None,
    on_done: Callable[[Finished], None] | None = None,
) -> ArmMetrics:
    """Run every arm of scenarios that share random draws and burn-in, and keep their metrics.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Alike but for arms and journeys. An arm that stands in several is measured in the first.
    headline : callable, optional
        The paired difference (R,) that the precision is asked of.
    control : callable, optional
        Its control variate, by the seed and the numbers of the replicates.
    flows_of : str
        The arm whose flows are kept.
    is_run : callable, optional
        Whether a scenario, by its place, is run in a replicate, by its number; the first is in all. All by default;
        what is not run is NaN.
    seed : int
        Of all random draws, 0 to 4294967295.
    replicates : int
        Independent repetitions of every arm, at least 1.
    engine : {'numba', 'mesa'}
        The numbers do not depend on it.
    threads : int, optional
        None is all. The numbers do not depend on it.
    precision : float, optional
        Run as many replicates as make the 95 % interval of the headline this narrow, relative to its mean, at most
        :data:`sim.analysis.precision.MAX_REPLICATES`; a pilot of others says how many. Default: the scenario's.
    executor : Executor, optional
        Where replicates are run; left out, in the threads of this process. The numbers do not depend on it.
    on_progress : callable, optional
        Called with numbers of customer-weeks done.
    store : Store, optional
        Replicates that it holds are not run again; every other one is added to it when it is done.
    on_done : callable, optional
        Told of replicates as they are done or found.

    Returns
    -------
    ArmMetrics
    """
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    precision = scenarios[0].precision if precision is None else precision
    bare = [replace(scenario, record=_NO_RECORD) for scenario in scenarios]
    arms = tuple(dict.fromkeys(arm for scenario in bare for arm in scenario.arms))
    own = [
        tuple(arm for arm in scenario.arms if not any(arm in before.arms for before in bare[:position]))
        for position, scenario in enumerate(bare)
    ]
    run = partial(_run_jobs, executor=executor, threads=threads, on_progress=on_progress)
    kept, tell = None if store is None else _KeptReplicates(store), on_done or _ignore

    def some(first: int) -> _Replicates:
        jobs = [
            _MetricsJob(scenario, mine, flows_of, seed, (), engine, number)
            for number, (scenario, mine) in enumerate(zip(bare, own, strict=True))
        ]
        return _Replicates(jobs, arms, first, lambda jobs: _outcomes(jobs, run, kept, tell), is_run)

    pilot, result = some(MAX_REPLICATES), some(0)

    def found(half_width: float) -> ArmMetrics:
        weeks = sum(scenario.customer_weeks(len(pilot.values) + len(result.values)) for scenario in bare)
        return result.metrics(half_width, weeks, started, perf_counter() - clock)

    if precision is None or headline is None:
        result.extend(replicates)
        return found(float("nan"))

    def width_of(which: _Replicates, wanted: int) -> float:
        which.extend(wanted)
        drawn = INDEPENDENT if control is None else Sampling(control=control(seed, which.numbers))
        return relative_half_width(headline(which.metrics(float("nan"), 0, started, 0.0)), drawn)

    return found(
        run_until_precise(
            precision,
            max(replicates, FEWEST),
            partial(width_of, pilot),
            partial(width_of, result),
            most=MAX_REPLICATES,
        )
    )


@dataclass(slots=True)
class _Replicates:
    """Replicates of all jobs from a first number on, as they come in."""

    jobs: Sequence[_MetricsJob]
    arms: tuple[str, ...]
    first: int
    run: Callable[[Sequence[_MetricsJob]], Iterator[_Outcome]]
    is_run: Callable[[int, int], bool] | None
    values: list[Floats] = field(default_factory=list)
    heads: list[Floats] = field(default_factory=list)
    flows: list[Floats] = field(default_factory=list)

    @property
    def numbers(self) -> range:
        """Numbers of the replicates."""
        return range(self.first, self.first + len(self.values))

    def extend(self, wanted: int) -> None:
        """Run replicates until there are so many."""
        scenario = self.jobs[0].scenario
        more = range(self.first + len(self.values), self.first + wanted)
        values = np.full((len(more), len(self.arms), 1 + len(scenario.personas), len(COLUMNS)), np.nan)
        is_run = self.is_run or (lambda place, replicate: True)
        jobs = [job._replace(replicates=[each for each in more if is_run(job.number, each)]) for job in self.jobs]
        for outcome in self.run(jobs):
            place = [self.arms.index(arm) for arm in outcome.arms]
            values[outcome.replicate - more.start, place] = outcome.values
            if scenario.baseline in outcome.arms:
                self.heads.append(outcome.heads)
            if outcome.flows is not None:
                self.flows.append(outcome.flows)
        self.values.extend(values)

    def metrics(self, half_width: float, customer_weeks: int, started: str, wall_seconds: float) -> ArmMetrics:
        """Return what came in so far."""
        return ArmMetrics(
            arms=self.arms,
            values=np.stack(self.values),
            heads=np.stack(self.heads).mean(axis=0),
            half_width=half_width,
            flows=np.stack(self.flows).mean(axis=0) if self.flows else np.zeros((0, 0)),
            seed=self.jobs[0].seed,
            customer_weeks=customer_weeks,
            started=started,
            wall_seconds=wall_seconds,
        )


class _MetricsJob(NamedTuple):
    """Replicates of one scenario, and the arms of it that are to be measured."""

    scenario: Scenario
    arms: tuple[str, ...]
    flows_of: str
    seed: int
    replicates: Sequence[int]
    engine: str
    number: int


class _Outcome(NamedTuple):
    """One replicate of a job: metrics (A, 1 + P, len(COLUMNS)), customers per persona (P,), flows (K, K)."""

    job: int
    replicate: int
    arms: tuple[str, ...]
    values: Floats
    heads: Floats
    flows: Floats | None


def _ignore(finished: Finished) -> None:
    """Nobody watches."""


def _outcomes(
    jobs: Sequence[_MetricsJob],
    run: Callable[[Sequence[_MetricsJob]], Iterator[_Outcome]],
    kept: _KeptReplicates | None,
    tell: Callable[[Finished], None],
) -> Iterator[_Outcome]:
    """Return the outcomes in the order of the jobs and replicates; those that are kept are not run."""
    done: dict[tuple[int, int], _Outcome] = {}
    for job in jobs:
        for replicate in job.replicates:
            outcome = None if kept is None else kept.find(job, replicate)
            if outcome is not None:
                done[job.number, replicate] = outcome
                tell(Finished(1, 0, job.scenario.customer_weeks(), held=True))
    missing = [
        job._replace(replicates=[each for each in job.replicates if (job.number, each) not in done]) for job in jobs
    ]
    try:
        for outcome in run([job for job in missing if job.replicates]):
            done[outcome.job, outcome.replicate] = outcome
            if kept is not None:
                kept.add(jobs[outcome.job], outcome)
            tell(Finished(1, 0, jobs[outcome.job].scenario.customer_weeks()))
    finally:
        if kept is not None:
            kept.flush()
    return iter([done[job.number, replicate] for job in jobs for replicate in job.replicates])


class _KeptReplicates:
    """Replicates of jobs in a store: their figures as those of any run, and beside them what else is kept of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._waiting: list[tuple[_MetricsJob, _Outcome]] = []
        self._written = perf_counter()

    def find(self, job: _MetricsJob, replicate: int) -> _Outcome | None:
        """Return a replicate, or None where the store does not hold it."""
        key = _key(job)
        if not self.store.holds(key, replicate):
            return None
        result = self.store.read(key, replicate)
        if result.metrics is None:
            return None
        terms, heads, *flows = detail_arrays(result.detail)
        values = np.concatenate([result.metrics[:, :, _MEASURED], terms], axis=2)
        return _Outcome(job.number, replicate, result.arms, values, heads, flows[0] if flows else None)

    def add(self, job: _MetricsJob, outcome: _Outcome) -> None:
        """Add a replicate; files are written some seconds apart."""
        self._waiting.append((job, outcome))
        if perf_counter() - self._written > CHUNK_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what was added."""
        if self._waiting:
            scenarios = list({id(job.scenario): job.scenario for job, _ in self._waiting}.values())
            places = [next(n for n, each in enumerate(scenarios) if each is job.scenario) for job, _ in self._waiting]
            runs = [
                Run(_key(job), place, {}, job.seed, outcome.replicate)
                for (job, outcome), place in zip(self._waiting, places, strict=True)
            ]
            results = [_result(job, outcome) for job, outcome in self._waiting]
            self._waiting = []
            self.store.add(Chunk(self.store.model, tuple(scenarios), tuple(runs)), results)
        self._written = perf_counter()


def _key(job: _MetricsJob) -> str:
    """Return the key of the runs of a job: its resolved scenario, seed and model, and what is measured of it."""
    measured = json.dumps([key_of(job.scenario, job.seed), job.arms, job.flows_of, COLUMNS])
    return sha256(measured.encode()).hexdigest()[:32]


def _result(job: _MetricsJob, outcome: _Outcome) -> RunResult:
    """Return an outcome as the store has it: figures that were not measured are NaN."""
    metrics = np.full((*outcome.values.shape[:2], len(RUN_METRICS)), np.nan)
    metrics[:, :, _MEASURED] = outcome.values[:, :, : len(_MEASURED)]
    personas = (EVERYBODY, *(persona.name for persona in job.scenario.personas))
    more = (outcome.values[:, :, len(_MEASURED) :], outcome.heads, *([] if outcome.flows is None else [outcome.flows]))
    return RunResult(outcome.arms, personas, metrics, detail=detail_bytes(*more))


def _run_jobs(
    jobs: Sequence[_MetricsJob],
    *,
    executor: Executor | None,
    threads: int | None,
    on_progress: Callable[[int], None] | None,
) -> Iterator[_Outcome]:
    """Yield the outcomes as they are done."""
    if executor is None or executor.kind == "serial":
        for job in jobs:
            yield from _run(job, threads, on_progress)
        return
    single = [job._replace(replicates=(replicate,)) for job in jobs for replicate in job.replicates]
    for number, outcome in executor.run(_run_one, single):
        if isinstance(outcome, Exception):
            raise outcome
        if on_progress is not None:
            on_progress(single[number].scenario.customer_weeks())
        yield outcome


def _run_one(job: _MetricsJob) -> _Outcome:
    (outcome,) = _run(job, 1, None)
    return outcome


def _run(job: _MetricsJob, threads: int | None, on_progress: Callable[[int], None] | None) -> Iterator[_Outcome]:
    from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

    scenario = job.scenario
    for replicate, histories in run_replicates(
        scenario,
        seed=job.seed,
        replicates=job.replicates,
        engine=job.engine,
        threads=threads,
        on_progress=on_progress,
    ):
        yield _Outcome(
            job.number,
            replicate,
            job.arms,
            np.stack([_metrics(histories[arm], scenario) for arm in job.arms]),
            of_market(histories[scenario.baseline].population, scenario),
            of_market(histories[job.flows_of].flows.sum(axis=0), scenario) if job.flows_of in job.arms else None,
        )


def _metrics(history: History, scenario: Scenario) -> Floats:
    measures = measure(history, scenario)
    both = np.concatenate([measures.values, category_measures(history, scenario)], axis=1)
    return np.concatenate([both[:, _MEASURED], measures.terms / measures.minor_units], axis=1)
