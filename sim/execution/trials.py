"""Trials: many runs of scenarios, keyed by content, packed into chunks, simulated anywhere, kept in a store.

A *run* is one replicate of one resolved configuration; a *trial* asks for several replicates of one. A run is keyed by
the content of its configuration, its seed and the version of the model, so that it is found again whoever asks for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import COST_METRICS, METRICS
from sim.execution.chunk import RUN_METRICS, Chunk, Run, RunResult
from sim.execution.executors import Executor
from sim.execution.store import Store
from sim.execution.version import model_version
from sim.scenario.digest import digest
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain

__all__ = ["CHUNK_SECONDS", "Finished", "Outcome", "Trial", "key_of", "run_trials"]

_PAYBACK = METRICS.index("payback_week")
_COSTS = slice(-len(COST_METRICS) - 1, -1)

#: A chunk is sized to take about so long, so that a killed sweep loses little and a file holds many runs.
CHUNK_SECONDS = 4.0
_MOST_RUNS = 400
#: Rough cost of a run, for sizing chunks only and corrected by how long they take: customer-weeks a second, and what a
#: run costs however small it is.
_RATE = 1.5e7
_FIXED_SECONDS = 0.012
#: Chunks per worker that a job is cut into at least, so that all workers end at about the same time, and that a small
#: job is; one worker does.
_ROUNDS, _FEWEST_ROUNDS = 4, 2
#: Cost of a run or more below which a chunk is not cut further: a file of its own, and a message to a worker.
_LEAST_SECONDS = 0.25
#: The first chunks are a few times smaller than they need be: a machine may be slow, and a killed sweep has nothing.
_FIRST_PACE = 4.0
#: Customers up to whom burn-ins and arms are kept between the runs of a process, and bytes of them.
_MOST_KEPT = 20_000
_KEPT_BYTES = 128_000_000
#: Weight of the latest chunk in how long the next is expected to take.
_TRUST = 0.4


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration and the replicates that are wanted of it.

    Attributes
    ----------
    scenario : Scenario
        What is run, but for ``values``. Trials that share the object are sent to workers with one copy of it.
    seed : int
        Seed of all luck.
    replicates : tuple of int
        Numbers of the replicates.
    values : mapping
        What differs from the scenario, by path (see :func:`sim.scenario.dotted_key.with_values`).
    """

    scenario: Scenario
    seed: int
    replicates: tuple[int, ...]
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def resolved(self) -> Scenario:
        """The scenario with the values laid over it; a ConfigError where they cannot be used."""
        return _resolve(self.scenario, self.values)

    @property
    def key(self) -> str:
        """Content hash of the resolved configuration, the seed and the version of the model.

        Replicates are told apart by their number beside it, so that asking for more of them finds those that are there.
        """
        return key_of(self.resolved, self.seed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial came to.

    Attributes
    ----------
    key : str
        Key of the trial.
    arms, personas : tuple of str
        Names along the first and the third axis; row 0 of the third axis is everybody.
    metrics : float64 (arms, replicates, 1 + P, len(RUN_METRICS))
        NaN where undefined. ``payback_week`` is each arm's against the baseline.
    error : str
        Why it failed, or empty. A failed trial has NaN everywhere.
    """

    key: str
    arms: tuple[str, ...]
    personas: tuple[str, ...]
    metrics: NDArray[np.float64]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A number of runs that are done: reported to the observer."""

    runs: int
    failed: int
    customer_weeks: int
    #: Whether they were found in the store.
    held: bool = False


def key_of(scenario: Scenario, seed: int) -> str:
    """Return the content hash of a resolved configuration, a seed and the version of the model: 32 hexadecimal digits.

    What only describes (name, title, case, assumptions) and ``precision`` are no part of it: they decide no number.
    """
    parts = [
        model_version(),
        str(seed),
        digest(scenario.market),
        *map(digest, scenario.personas),
        *map(digest, scenario.journeys.values()),
        *map(digest, scenario.arms.values()),
        scenario.baseline,
        str((scenario.population, scenario.horizon, scenario.burn_in, scenario.step)),
        digest(scenario.record),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _resolve(base: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Lay values over a scenario; in one process a run is keyed and simulated with one resolving."""
    if not values:
        return base
    key = (id(base), json.dumps(plain(values), default=str))
    known = _resolved.get(key)
    if known is None or known[0] is not base:
        known = _resolved[key] = (base, with_values(base, values))
        if len(_resolved) > _MOST_RESOLVED:
            _resolved.pop(next(iter(_resolved)))
    return known[1]


_resolved: dict[tuple[int, str], tuple[Scenario, Scenario]] = {}
_MOST_RESOLVED = 2 * _MOST_RUNS


def run_trials(
    trials: Sequence[Trial],
    *,
    executor: Executor,
    store: Store | None = None,
    on_done: Callable[[Finished], None] | None = None,
    engine: str = "numba",
) -> Iterator[Outcome]:
    """Run trials, in order, each run at most once.

    Parameters
    ----------
    trials : sequence of Trial
        Read one by one as workers become free; it may make its items when it is asked for them.
    executor : Executor
        Where they are simulated.
    store : Store, optional
        Runs that it holds are not simulated again; every finished chunk of others is added to it.
    on_done : callable, optional
        Told of runs as they are done, in order of completion.
    engine : {'numba', 'mesa'}
        The data do not depend on it.

    Yields
    ------
    Outcome
        One per trial, in the order of the trials. A trial that fails has its error in the outcome, and others go on.
    """
    return _Job(trials, executor, store, on_done or _ignore, engine).outcomes()


def _ignore(finished: Finished) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class _Pending:
    """A trial that is under way: what came back so far, by replicate; None is for one that the store holds."""

    key: str
    trial: Trial
    wanted: tuple[int, ...]
    results: dict[int, RunResult | None]
    error: str = ""
    axes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def complete(self) -> bool:
        return bool(self.error) or len(self.results) == len(self.wanted)


class _Job:
    """One call of :func:`run_trials`."""

    def __init__(
        self,
        trials: Sequence[Trial],
        executor: Executor,
        store: Store | None,
        tell: Callable[[Finished], None],
        engine: str,
    ) -> None:
        self.trials, self.executor, self.store, self.tell, self.engine = trials, executor, store, tell, engine
        self.model = model_version()
        self.pending: dict[int, _Pending] = {}
        #: Chunks under way, with what each was expected to take.
        self.sent: dict[int, tuple[Chunk, float]] = {}
        #: How long chunks take for each second that they were expected to; cautious until one is back.
        self.pace = _FIRST_PACE
        #: Trials that wait for a run that is under way.
        self.waiting: dict[tuple[str, int], list[int]] = {}
        self.next = 0
        self.number = 0

    def outcomes(self) -> Iterator[Outcome]:
        task = partial(_timed_chunk, engine=self.engine)
        for number, result in self.executor.run(task, self._chunks()):
            chunk, expected = self.sent.pop(number)
            if isinstance(result, ConfigError):
                raise result
            if isinstance(result, Exception):
                self._take(chunk, [RunResult((), (), None, _describe(result)) for _ in chunk.runs])
            else:
                results, seconds = result
                self.pace += _TRUST * (seconds / expected - self.pace)
                self._take(chunk, results)
            yield from self._ready()
        yield from self._ready()

    def _take(self, chunk: Chunk, results: Sequence[RunResult]) -> None:
        if self.store is not None:
            self.store.add(chunk, results)
        failed = sum(item.metrics is None for item in results)
        weeks = sum(_customer_weeks(chunk.scenarios[run.scenario], run.values) for run in chunk.runs)
        self.tell(Finished(len(results), failed, weeks))
        for run, item in zip(chunk.runs, results, strict=True):
            for owner in self.waiting.pop((run.key, run.replicate)):
                self.pending[owner].results[run.replicate] = item

    def _chunks(self) -> Iterator[Chunk]:
        """Pack the runs that are wanted and not there into chunks."""
        scenarios: dict[int, Scenario] = {}
        runs: list[Run] = []
        share = self._share()
        cost = 0.0
        for at in range(len(self.trials)):
            trial = self.trials[at]
            if not runs and self.store is not None:
                # Another sweep may have added to the store since.
                self.store.refresh()
            item = self._begin(at, trial)
            for replicate in self._missing(at, item):
                scenarios.setdefault(id(trial.scenario), trial.scenario)
                number = list(scenarios).index(id(trial.scenario))
                runs.append(Run(item.key, number, dict(trial.values), trial.seed, replicate))
                cost += _cost(trial)
                if cost >= min(CHUNK_SECONDS / self.pace, share) or len(runs) >= _MOST_RUNS:
                    yield self._send(scenarios, runs, cost)
                    cost, scenarios, runs = 0.0, {}, []
        if runs:
            yield self._send(scenarios, runs, cost)

    def _missing(self, at: int, item: _Pending) -> Iterator[int]:
        """Yield the replicates of a trial that have to be simulated for it."""
        if item.error:
            return
        for replicate in item.wanted:
            run = (item.key, replicate)
            if run in self.waiting:
                self.waiting[run].append(at)
            elif self.store is not None and self.store.holds(*run):
                item.results[replicate] = None
                self.tell(Finished(1, int(self.store.failed(*run)), 0, held=True))
            else:
                self.waiting[run] = [at]
                yield replicate

    def _send(self, scenarios: Mapping[int, Scenario], runs: Sequence[Run], cost: float) -> Chunk:
        chunk = Chunk(self.model, tuple(scenarios.values()), tuple(runs))
        self.sent[self.number] = (chunk, cost)
        self.number += 1
        return chunk

    def _begin(self, at: int, trial: Trial) -> _Pending:
        item = self.pending[at] = _Pending("", trial, tuple(dict.fromkeys(trial.replicates)), {})
        try:
            resolved = trial.resolved
            item.key = key_of(resolved, trial.seed)
            item.axes = _axes(resolved)
        except ConfigError as error:
            item.error = str(error)
            item.axes = _axes(trial.scenario)
            item.key = _key_of_refused(trial)
            self.tell(Finished(len(item.wanted), len(item.wanted), 0))
        return item

    def _share(self) -> float:
        """Return how much of the cost of all trials a chunk should be: little enough that every worker gets several."""
        if not len(self.trials):
            return CHUNK_SECONDS
        first = self.trials[0]
        total = _cost(first) * max(1, len(first.replicates)) * len(self.trials)
        if self.executor.workers == 1:
            return total
        each = total / self.executor.workers
        return max(each / _ROUNDS, min(each / _FEWEST_ROUNDS, _LEAST_SECONDS))

    def _ready(self) -> Iterator[Outcome]:
        while self.next in self.pending and self.pending[self.next].complete:
            yield self._outcome(self.pending.pop(self.next))
            self.next += 1

    def _outcome(self, item: _Pending) -> Outcome:
        arms, personas = item.axes
        metrics = np.full((len(arms), len(item.wanted), len(personas), len(RUN_METRICS)), np.nan)
        if item.error:
            return Outcome(item.key, arms, personas, metrics, item.error)
        for row, replicate in enumerate(item.wanted):
            result = item.results[replicate]
            if result is None and self.store is not None:
                result = self.store.read(item.key, replicate)
            if result is None or result.metrics is None:
                metrics[:] = np.nan
                error = result.error if result is not None else "its result was removed from the store meanwhile"
                return Outcome(item.key, arms, personas, metrics, error or "failed")
            metrics[:, row] = result.metrics
        return Outcome(item.key, arms, personas, metrics)


def _axes(scenario: Scenario) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from sim.analysis.metrics import EVERYBODY

    return tuple(scenario.arms), (EVERYBODY, *(persona.name for persona in scenario.personas))


def _key_of_refused(trial: Trial) -> str:
    """Return a key for a trial whose values are refused: there is no resolved configuration to key it by."""
    written = json.dumps([key_of(trial.scenario, trial.seed), plain(trial.values)], sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def _cost(trial: Trial) -> float:
    """Return about how long one replicate takes, in seconds."""
    return _FIXED_SECONDS * len(trial.scenario.arms) + _customer_weeks(trial.scenario, trial.values) / _RATE


def _customer_weeks(scenario: Scenario, values: Mapping[str, Any]) -> int:
    """Return how much one replicate has to simulate, without resolving the values."""
    population, burn_in, horizon = (
        int(values.get(name, getattr(scenario, name))) for name in ("population", "burn_in", "horizon")
    )
    return population * (burn_in + horizon * len(scenario.arms))


def _describe(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:500]}" if words else type(error).__name__


def live_chunk(chunk: Chunk, engine: str = "numba") -> tuple[RunResult, ...]:
    """Live the runs of a chunk in this process, on one thread.

    Raises
    ------
    ConfigError
        If this process has another version of the model than the process that asks.
    """
    if chunk.model != model_version():
        raise ConfigError(
            f"a worker has version {model_version()} of the model and this process {chunk.model}; "
            "install the same version on every worker and start them again"
        )
    results: list[RunResult] = []
    at = 0
    while at < len(chunk.runs):
        # Replicates of one configuration stand together and are resolved once.
        end = at
        first = chunk.runs[at]
        while end < len(chunk.runs) and chunk.runs[end].key == first.key:
            end += 1
        results += _simulate_runs(chunk.scenarios[first.scenario], chunk.runs[at:end], engine)
        at = end
    return tuple(results)


def _timed_chunk(chunk: Chunk, engine: str) -> tuple[tuple[RunResult, ...], float]:
    began = perf_counter()
    return live_chunk(chunk, engine), perf_counter() - began


def _simulate_runs(base: Scenario, runs: Sequence[Run], engine: str) -> list[RunResult]:
    """Live replicates of one configuration; what goes wrong is kept with the run."""
    from sim.execution.replicates import live_of  # compiles kernels

    live = live_of(engine)
    results: list[RunResult] = []
    first = runs[0]
    try:
        scenario = _resolve(base, first.values)
    except ConfigError as error:
        return [RunResult((), (), None, _describe(error)) for _ in runs]
    arms, personas = _axes(scenario)
    # Trials that differ in one arm share the burn-in and the other arms; one arm alone has nothing to share.
    shares = engine == "numba" and len(scenario.arms) > 1 and scenario.population <= _MOST_KEPT
    kept = {"kept": _kept_runs()} if shares else {}
    for run in runs:
        try:
            histories = live(scenario, seed=run.seed, replicate=run.replicate, **kept)
            results.append(RunResult(arms, personas, measure_arms(histories, scenario)))
        except Exception as error:  # recorded: one run that fails stops no sweep
            results.append(RunResult((), (), None, _describe(error)))
    return results


@lru_cache(maxsize=1)
def _kept_runs() -> Any:
    from sim.engine.kept import KeptRuns

    return KeptRuns(_KEPT_BYTES)


def measure_arms(histories: Mapping[str, Any], scenario: Scenario) -> NDArray[np.float64]:
    """Return every figure of every arm of one replicate: (arms, 1 + P, len(RUN_METRICS))."""
    from sim.analysis.category import category_measures
    from sim.analysis.metrics import highest_year, measure, payback_week

    measures = {name: measure(history, scenario) for name, history in histories.items()}
    baseline = measures[scenario.baseline]
    rate = scenario.market.economics.discount_rate
    out = np.empty((len(histories), len(scenario.personas) + 1, len(RUN_METRICS)))
    for arm, (name, history) in enumerate(histories.items()):
        out[arm, :, : len(METRICS)] = measures[name].values
        out[arm, :, len(METRICS) : _COSTS.start] = category_measures(history, scenario)
        out[arm, :, _COSTS] = measures[name].costs()
        out[arm, :, -1] = np.nan
        out[arm, 0, -1] = highest_year(history, scenario)
        if name != scenario.baseline:
            gain = measures[name].gain(baseline)
            out[arm, :, _PAYBACK] = [payback_week(row, rate) for row in gain]
    return out
