"""Gauge: the metrics of many arms, replicate by replicate; histories are measured and dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.category import CATEGORY_METRICS, FROM_ACCOUNTS, FROM_EVENTS, category_measures
from sim.analysis.metrics import METRICS, TERMS, measure
from sim.analysis.paired import relative_half_width
from sim.record.history import History
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Record, Scenario
from sim.scenario.schema import nearest, show

if TYPE_CHECKING:
    from sim.execution.executors import Executor

__all__ = ["COLUMNS", "ARM_METRICS", "ArmMetrics", "check_metric", "run_arms"]

#: Metrics of one arm alone that need no single customer's account: what can be told of many arms at once.
ARM_METRICS: tuple[str, ...] = (
    *(name for name in METRICS if name != "payback_week"),
    *(name for name in CATEGORY_METRICS if name not in (*FROM_ACCOUNTS, *FROM_EVENTS)),
)
#: Columns of what is arm_metrics: the metrics, and the terms that contribution is the sum of, in money.
COLUMNS: tuple[str, ...] = (*ARM_METRICS, *(f"term_{name}" for name in TERMS))
#: No precision is worth more replicates than this.
MOST_REPLICATES = 1000
_CENTS = 100.0
_NOTHING = Record(customers=False, events=0, lives=0)
_COLUMNS = [(*METRICS, *CATEGORY_METRICS).index(name) for name in ARM_METRICS]


@dataclass(frozen=True, slots=True)
class ArmMetrics:
    """What many arms come to.

    Attributes
    ----------
    arms : tuple of str
        A arms.
    values : float64 (R, A, 1 + P, len(COLUMNS))
        Row 0 is everybody, then one row per persona; NaN where undefined.
    heads : float64 (P,)
        Customers per persona, mean over replicates.
    half_width : float
        Relative half-width of the interval that a precision was asked for; NaN where none was.
    flows : float64 (K, K)
        Customers of one arm from stage to stage over the horizon, mean over replicates; empty unless asked for.
    """

    arms: tuple[str, ...]
    values: NDArray[np.float64]
    heads: NDArray[np.float64]
    half_width: float
    flows: NDArray[np.float64]

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return int(self.values.shape[0])

    def of(self, arm: str, figure: str) -> NDArray[np.float64]:
        """Return one column of one arm (R, 1 + P)."""
        found: NDArray[np.float64] = self.values[:, self.arms.index(arm), :, COLUMNS.index(figure)]
        return found


def check_metric(metric: str) -> str:
    """Return the metric.

    Raises
    ------
    ConfigError
        If there is no such metric, or it says nothing of one arm alone.
    """
    if metric in ARM_METRICS:
        return metric
    match = nearest(metric, ARM_METRICS)
    hint = f"did you mean {match!r}? " if match else ""
    raise ConfigError(f"metric is {show(metric)}; {hint}accepted: {', '.join(ARM_METRICS)}")


def run_arms(
    scenarios: Sequence[Scenario],
    *,
    seed: int,
    replicates: int,
    engine: str = "numba",
    threads: int | None = None,
    precision: float | None = None,
    headline: Callable[[ArmMetrics], NDArray[np.float64]] | None = None,
    flows_of: str = "",
    executor: Executor | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> ArmMetrics:
    """Live every arm of scenarios that share luck and burn-in, and keep their metrics.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Alike but for arms and journeys. An arm that stands in several is measured in the first.
    seed : int
    replicates : int
    engine : {'numba', 'mesa'}
    threads : int, optional
        None is all. The numbers do not depend on it.
    precision : float, optional
        Keep adding replicates until the 95 % interval of the headline is this narrow, relative to its mean, at most
        `MOST_REPLICATES`.
    headline : callable, optional
        The difference (R,) that the precision is asked of.
    flows_of : str
        The arm whose flows are kept.
    executor : Executor, optional
        Where replicates are lived; left out, in the threads of this process.
    on_progress : callable, optional
        Called with numbers of customer-weeks done.
    """
    bare = [replace(scenario, record=_NOTHING) for scenario in scenarios]
    arms = tuple(dict.fromkeys(arm for scenario in bare for arm in scenario.arms))
    fresh = [
        tuple(arm for arm in scenario.arms if not any(arm in before.arms for before in bare[:position]))
        for position, scenario in enumerate(bare)
    ]
    measured: list[NDArray[np.float64]] = []
    heads: list[NDArray[np.int64]] = []
    flows: list[NDArray[np.int64]] = []
    wanted = replicates if precision is None else max(replicates, 2)
    while True:
        more = range(len(measured), wanted)
        values = np.full((len(more), len(arms), 1 + len(bare[0].personas), len(COLUMNS)), np.nan)
        asked = [
            _Asked(scenario, mine, flows_of, seed, more, engine) for scenario, mine in zip(bare, fresh, strict=True)
        ]
        for lived in _everywhere(asked, executor, threads, on_progress):
            values[lived.replicate - more.start, [arms.index(arm) for arm in lived.arms]] = lived.values
            if bare[0].baseline in lived.arms:
                heads.append(lived.heads)
            if lived.flows is not None:
                flows.append(lived.flows)
        measured.extend(values)
        found = ArmMetrics(
            arms,
            np.stack(measured),
            np.stack(heads).mean(axis=0),
            float("nan"),
            np.stack(flows).mean(axis=0) if flows else np.zeros((0, 0)),
        )
        if precision is None or headline is None:
            return found
        difference = headline(found)
        width = relative_half_width(difference[~np.isnan(difference)])
        if width <= precision or wanted >= MOST_REPLICATES:
            return replace(found, half_width=width)
        wanted = min(MOST_REPLICATES, 2 * wanted)


class _Asked(NamedTuple):
    """Replicates of one scenario, and the arms of it that are to be measured."""

    scenario: Scenario
    arms: tuple[str, ...]
    flows_of: str
    seed: int
    replicates: Sequence[int]
    engine: str


class _Lived(NamedTuple):
    """What one replicate of it came to: measured arms (A, 1 + P, figures), customers per persona, flows (K, K)."""

    replicate: int
    arms: tuple[str, ...]
    values: NDArray[np.float64]
    heads: NDArray[np.int64]
    flows: NDArray[np.int64] | None


def _everywhere(
    asked: Sequence[_Asked],
    executor: Executor | None,
    threads: int | None,
    on_progress: Callable[[int], None] | None,
) -> Iterator[_Lived]:
    """Live all that is asked for, in the order in which it is asked for."""
    if executor is None or executor.kind == "serial":
        for item in asked:
            yield from _live(item, threads, on_progress)
        return
    single = [item._replace(replicates=(replicate,)) for item in asked for replicate in item.replicates]
    done: dict[int, _Lived] = {}
    for number, outcome in executor.run(_live_alone, single):
        if isinstance(outcome, Exception):
            raise outcome
        done[number] = outcome
        if on_progress is not None:
            on_progress(single[number].scenario.customer_weeks())
    yield from (done[number] for number in range(len(single)))


def _live_alone(item: _Asked) -> _Lived:
    (lived,) = _live(item, 1, None)
    return lived


def _live(item: _Asked, threads: int | None, on_progress: Callable[[int], None] | None) -> Iterator[_Lived]:
    from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

    scenario = item.scenario
    for replicate, histories in run_replicates(
        scenario,
        seed=item.seed,
        replicates=item.replicates,
        engine=item.engine,
        threads=threads,
        on_progress=on_progress,
    ):
        yield _Lived(
            replicate,
            item.arms,
            np.stack([_metrics(histories[arm], scenario) for arm in item.arms]),
            histories[scenario.baseline].population,
            histories[item.flows_of].flows.sum(axis=0) if item.flows_of in item.arms else None,
        )


def _metrics(history: History, scenario: Scenario) -> NDArray[np.float64]:
    measures = measure(history, scenario)
    both = np.concatenate([measures.values, category_measures(history, scenario)], axis=1)
    return np.concatenate([both[:, _COLUMNS], measures.terms / _CENTS], axis=1)
