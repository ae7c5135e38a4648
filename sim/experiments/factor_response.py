"""FactorResponse: how the difference between two arms depends on factors of a scenario, asked point by point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from sim.analysis.control_variate import ControlVariate
from sim.execution.chunk import RUN_METRICS
from sim.execution.trials import Finished, Trial, run_trials
from sim.experiments.arm_metrics import check_metric
from sim.experiments.controls import difference_control
from sim.experiments.factors import factor_number
from sim.scenario.errors import ConfigError
from sim.scenario.factor import Factor
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.execution.executors import Executor
    from sim.execution.store import Store

__all__ = ["EXTENSIVE", "Failed", "FactorResponse", "TrialOptions", "evaluate_points", "point_controls"]

Floats = NDArray[np.float64]

#: Metrics that add up over customers; they are given per customer, so that they do not depend on the population.
EXTENSIVE: tuple[str, ...] = ("contribution", "revenue", "npv", "purchases", "cash_low_point")


@dataclass(frozen=True, slots=True)
class FactorResponse:
    """How a paired difference between an arm and the baseline depends on levers.

    Attributes
    ----------
    scenario : Scenario
        With the baseline and the arm; see :func:`sim.experiments.factors.isolate_arm`.
    arm : str
    metric : str
        Of the focal brand or its category; `EXTENSIVE` ones are per customer.
    factors : tuple of Factor
    seed : int
        Of all random draws.
    """

    scenario: Scenario
    arm: str
    metric: str
    factors: tuple[Factor, ...]
    seed: int

    @property
    def per_customer(self) -> bool:
        """Whether the metric is divided by the number of customers."""
        return self.metric in EXTENSIVE

    @property
    def own(self) -> Floats:
        """The scenario's own values, as shares of the levers' ranges, (k,)."""
        return np.array([factor.own_share for factor in self.factors])

    def values(self, shares: Floats) -> dict[str, Any]:
        """Return what a point (k,) of the unit cube sets, by path."""
        return {
            path: value
            for factor, share in zip(self.factors, shares.tolist(), strict=True)
            for path, value in factor.values(factor.at(share)).items()
        }

    def settings(self, shares: Floats) -> Floats:
        """Return the levers' numbers at points (n, k) of the unit cube."""
        return np.array(
            [[float(factor.at(share)) for factor, share in zip(self.factors, point, strict=True)] for point in shares]
        ).reshape(-1, len(self.factors))

    def describe(self, shares: Floats) -> str:
        """Name a point in words."""
        return ", ".join(
            f"{factor.label} {factor_number(factor, float(factor.at(share)))}"
            for factor, share in zip(self.factors, shares.tolist(), strict=True)
        )

    def customer_weeks(self, runs: int) -> int:
        """Return how much there is to simulate in a number of runs."""
        return self.scenario.customer_weeks(runs)


class TrialOptions(TypedDict, total=False):
    """How points are run; see :func:`sim.execution.trials.run_trials`."""

    executor: Required[Executor]
    store: Store | None
    on_done: Callable[[Finished], None] | None
    engine: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A point whose runs failed, and why."""

    point: int
    error: str


def evaluate_points(
    response: FactorResponse,
    shares: Floats,
    replicates: Sequence[tuple[int, ...]],
    settings: Sequence[Mapping[str, Any]] = (),
    **options: Unpack[TrialOptions],
) -> tuple[Floats, tuple[Failed, ...]]:
    """Run points and return the paired differences.

    Parameters
    ----------
    response : FactorResponse
    shares : float64 (n, k)
        Points of the unit cube.
    replicates : sequence of tuple of int
        Of each point, equally many.
    settings : sequence of mapping, optional
        What else each point sets, by path.
    **options
        Those of :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    float64 (n, R)
        Arm minus baseline; NaN where a run failed or the metric is undefined.
    tuple of Failed

    Raises
    ------
    ConfigError
        If the metric is not one of a single arm.
    """
    check_metric(response.metric)
    trials = [
        Trial(response.scenario, response.seed, numbers, {**response.values(point), **more})
        for point, numbers, more in zip(shares, replicates, settings or [{}] * len(shares), strict=True)
    ]
    rows: list[Floats] = []
    failed: list[Failed] = []
    figure = RUN_METRICS.index(response.metric)
    outcomes: Iterator[Any] = run_trials(trials, **options)
    for point, outcome in enumerate(outcomes):
        if outcome.error:
            failed.append(Failed(point, outcome.error))
        arm, baseline = (outcome.arms.index(name) for name in (response.arm, response.scenario.baseline))
        found = outcome.metrics[:, :, 0, figure]
        heads = _market_customers(response.scenario, trials[point].values)
        rows.append((found[arm] - found[baseline]) / (heads if response.per_customer else 1))
    return np.array(rows).reshape(len(trials), -1), tuple(failed)


def point_controls(
    response: FactorResponse, shares: Floats, replicates: Sequence[tuple[int, ...]]
) -> list[ControlVariate | None]:
    """Return the company's luck in the replicates of points, as control variates of their differences.

    Parameters
    ----------
    response : FactorResponse
    shares : float64 (n, k)
        Points of the unit cube.
    replicates : sequence of tuple of int
        Of each point.

    Returns
    -------
    list of ControlVariate or None
        None where neither company experiments, or a point cannot be run.
    """
    found: list[ControlVariate | None] = []
    for point, numbers in zip(shares, replicates, strict=True):
        try:
            scenario = Trial(response.scenario, response.seed, numbers, response.values(point)).resolved
        except ConfigError:
            found.append(None)
        else:
            found.append(difference_control(scenario, response.arm, response.seed, numbers))
    return found


def _market_customers(scenario: Scenario, values: Mapping[str, Any]) -> int:
    """Return how many customers the market has where a point sets some of a scenario's values."""
    said = values.get("market.customers", scenario.market.customers)
    return int(values.get("population", scenario.population) if said is None else said)
