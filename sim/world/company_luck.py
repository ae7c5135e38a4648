"""Company luck: which experiments of the focal brand succeed, and what was to be expected, without any customer.

Experiments are drawn by replicate, brand and cycle (docs/model.md 7.7) and their success does not depend on customers.
So the delight that a company offers week by week can be computed beside a run, and its expectation exactly: the stock
is a sum of independent compound terms, and E exp(-J) is the product of their Laplace transforms. That makes it a
control variate (Lavenberg & Welch 1981, Management Science 27, 322-335).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.purposes import Purpose
from agents.rules.numerics import uniform
from sim.luck import NOBODY, philox
from sim.scenario.resolved import ResolvedScenario
from sim.world.experiments import planned_experiments, stock_left
from sim.world.timeline import timeline_of

__all__ = ["CompanyLuck", "company_luck", "delight_of_replicates"]

Floats = NDArray[np.float64]


class CompanyLuck(NamedTuple):
    """Luck of the focal brand's experiments in one arm.

    Attributes
    ----------
    surprise : float64 (R,)
        Delight summed over the steps of the horizon, less its expectation.
    variance : float
        About what the variance of one replicate is, to the first order in the stock.
    """

    surprise: Floats
    variance: float


class _Team(NamedTuple):
    """Experiments of one brand: by cycle C, over all steps T, hashable so that arms alike are computed once."""

    brand: int
    weeks: int
    burn_in: int
    cycle_weeks: int
    success: float
    stock_left: float
    planned: tuple[float, ...]  # (C,) experiments on average
    uplift: tuple[float, ...]  # (C,) mean uplift of a success

    @property
    def most(self) -> int:
        """Experiments of a cycle at most."""
        return int(np.ceil(max(self.planned, default=0.0)))

    @property
    def left(self) -> Floats:
        """Part of an uplift that is left in each step (C, T); 0 before its cycle ends."""
        age = np.arange(self.weeks) - (self.cycle_weeks * np.arange(1, len(self.planned) + 1)[:, None] - 1)
        return np.where(age >= 0, self.stock_left ** np.maximum(age + 1, 0), 0.0)


def company_luck(scenario: ResolvedScenario, arm: str, seed: int, replicates: Sequence[int]) -> CompanyLuck | None:
    """Return the luck of the focal brand's experiments in an arm; None where it has none.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm : str
        One of the scenario's.
    seed : int
        Key of luck.
    replicates : sequence of int

    Returns
    -------
    CompanyLuck or None

    Examples
    --------
    >>> from sim.scenario.scenario import Scenario
    >>> found = company_luck(Scenario.load("treadmill"), "proactive", 1, range(4_000))
    >>> bool(abs(found.surprise.mean()) < 3.0 * (found.variance / 4_000) ** 0.5)
    True
    >>> company_luck(Scenario.load("treadmill"), "classic", 1, range(8)) is None
    True
    """
    if scenario.market.focal not in scenario.market.brands:
        return None
    team = _team(scenario, arm)
    if team.most == 0 or team.success == 0.0 or max(team.uplift) == 0.0:
        return None
    return _luck(team, seed, tuple(replicates))


def delight_of_replicates(scenario: ResolvedScenario, arm: str, seed: int, replicates: Sequence[int]) -> Floats:
    """Return the focal brand's delight in every step from the first of the burn-in (R, T), in [0, 1).

    Parameters
    ----------
    scenario, arm, seed, replicates
        As for :func:`company_luck`.

    Returns
    -------
    float64 (R, T)
    """
    return _delight(_team(scenario, arm), seed, tuple(replicates))


def _team(scenario: ResolvedScenario, arm: str) -> _Team:
    """Return the experiments of an arm's focal brand, as its world has them."""
    innovation = scenario.market.innovation
    weeks = scenario.burn_in + scenario.horizon
    timeline = timeline_of(scenario, scenario.arms[arm], scenario.market.focal)
    ends = innovation.cycle_weeks * np.arange(1, weeks // innovation.cycle_weeks + 1) - 1
    active = np.searchsorted([part.start for part in timeline], ends, side="right") - 1
    planned = np.array([planned_experiments(scenario, part.plan.strategy) for part in timeline])
    effect = np.array([part.plan.strategy.effectiveness.innovation for part in timeline])
    return _Team(
        brand=scenario.focal,
        weeks=weeks,
        burn_in=scenario.burn_in,
        cycle_weeks=innovation.cycle_weeks,
        success=innovation.success,
        stock_left=stock_left(scenario),
        planned=tuple(planned[active].tolist()),
        uplift=tuple((innovation.uplift * effect[active]).tolist()),
    )


def _delight(team: _Team, seed: int, replicates: tuple[int, ...]) -> Floats:
    numbers = np.array(replicates, dtype=np.uint64)[:, None, None]
    cycles = np.arange(1, len(team.planned) + 1, dtype=np.uint64)[None, :, None]
    experiments = np.arange(team.most, dtype=np.uint64)[None, None, :]
    index = np.uint64(team.brand) + np.uint64(64) * experiments
    # The rules are scalar where they are compiled; interpreted they take arrays as well.
    words = _interpreted(philox)(
        np.uint64(NOBODY), cycles, np.uint64(int(Purpose.EXPERIMENT)) + np.uint64(256) * index, np.uint64(0),
        np.uint64(seed), numbers, 10,
    )  # fmt: skip
    success, size, run = (_interpreted(uniform)(word) for word in words[:3])
    planned, mean = np.array(team.planned)[None, :, None], np.array(team.uplift)[None, :, None]
    succeeded = (experiments.astype(np.float64) + run < planned) & (success < team.success)
    uplifts = np.where(succeeded, -mean * np.log(size), 0.0).sum(axis=2)
    return np.asarray(1.0 - np.exp(-(uplifts @ team.left)))


@lru_cache(maxsize=256)
def _luck(team: _Team, seed: int, replicates: tuple[int, ...]) -> CompanyLuck:
    """Sum delight over the horizon and take its expectation from it; the result is shared and read-only."""
    expected, variance = _expected(team)
    surprise = _delight(team, seed, replicates)[:, team.burn_in :].sum(axis=1) - expected
    surprise.flags.writeable = False
    return CompanyLuck(surprise, variance)


@lru_cache(maxsize=256)
def _expected(team: _Team) -> tuple[float, float]:
    """Return expectation and approximate variance of delight summed over the horizon.

    A term of the stock is run with probability r, succeeds with probability p and then is Exponential(m), of which g
    is left: E exp(-g X) = 1 - r p (1 - 1 / (1 + m g)); terms are independent.
    """
    left, mean = team.left[:, team.burn_in :], np.array(team.uplift)
    share_left = np.ones(left.shape[1])
    per_cycle = np.zeros(len(mean))
    for experiment in range(team.most):
        chance = team.success * np.clip(np.array(team.planned) - experiment, 0.0, 1.0)
        share_left *= (1.0 - chance[:, None] * (1.0 - 1.0 / (1.0 + mean[:, None] * left))).prod(axis=0)
        per_cycle += 2.0 * chance * mean**2 - (chance * mean) ** 2
    # To the first order a unit of stock is worth exp(-J) of delight, on average the share that is left to gain.
    variance = float(((left @ share_left) ** 2 * per_cycle).sum())
    return float((1.0 - share_left).sum()), variance


def _interpreted(rule: Any) -> Any:
    return getattr(rule, "py_func", rule)
