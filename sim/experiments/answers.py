"""Answers: what a competitor does when the focal brand leads its customers, and what is left of the gain then.

The focal brand chooses among plans, the competitor among stated strategies and the weeks in which they can start; it
sees what the focal brand does, follows with a lag, and pays its costs. Every pair of choices is an arm of one
scenario, so that all of them share their luck and their burn-in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.equilibrium import Equilibrium, LeaderFollower, dynamics, leader_follower, pure_equilibria
from sim.analysis.paired import Estimate, estimate
from sim.execution.chunk import RUN_METRICS
from sim.execution.trials import Trial, run_trials
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.resolved import Arm, Plan
from sim.scenario.scenario import Scenario

__all__ = ["Answers", "BrandChoice", "answer", "copies", "pick_competitor"]

Floats = NDArray[np.float64]

#: Replicates of the fresh luck on which regrets and gains are measured begin here.
_FRESH = 300_000
#: Name of the arm in which nobody does anything.
_BASE = "waits_waits"


@dataclass(frozen=True, slots=True)
class BrandChoice:
    """Something a brand may do: a name, and its journey and strategy; None for what it does in the baseline."""

    name: str
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What the two brands do when each answers the other.

    Attributes
    ----------
    brand, competitor : str
    metric : str
        Of the payoffs, as a difference to where both do as in the baseline.
    first, second : tuple of str
        Choices of the focal brand and of the competitor.
    payoffs : float64 (R, I, J, 2)
        On the luck on which choices were compared.
    fresh : float64 (R', I, J, 2)
        On luck that chose nothing.
    satisfaction : float64 (R', I, J, 2)
        Mean satisfaction of either brand's customers, as a difference to the baseline, on fresh luck.
    equilibria : tuple of Equilibrium
    path : tuple of (int, int)
        Best-response dynamics from where nobody does anything.
    leader : LeaderFollower
    """

    brand: str
    competitor: str
    metric: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    payoffs: Floats
    fresh: Floats
    satisfaction: Floats
    equilibria: tuple[Equilibrium, ...]
    path: tuple[tuple[int, int], ...]
    leader: LeaderFollower

    def value(self, profile: tuple[int, int], player: int) -> Estimate:
        """Return what a player has in a profile, on fresh luck."""
        return estimate(self.fresh[:, profile[0], profile[1], player])


def pick_competitor(scenario: Scenario, name: str | None) -> str:
    """Return the competitor that answers: the one named, or the best known of them.

    Raises
    ------
    ConfigError
        If there is no such competitor, or none at all.
    """
    others = [brand for brand in scenario.brands if brand != scenario.market.focal]
    if not others:
        raise ConfigError(f"scenario {scenario.name!r} has no competitor who could answer")
    if name is None:
        return max(others, key=lambda brand: scenario.market.brands[brand].salience)
    if name not in others:
        raise ConfigError(f"competitor is {name!r}; {suggest(name, others, 'give one of')}")
    return name


def copies(plan: Plan, name: str, lags: Sequence[int]) -> list[BrandChoice]:
    """Return a plan as a competitor may follow it, so many weeks after the brand that it saw do it.

    Parameters
    ----------
    plan : Plan
        Journey and strategy, costs included.
    name : str
        What it is called.
    lags : sequence of int
        Weeks after the start of that strategy.

    Returns
    -------
    list of BrandChoice
    """
    start = plan.strategy.start_week
    return [
        BrandChoice(
            f"{name} {lag} weeks later",
            Plan(journey=plan.journey, strategy=replace(plan.strategy, start_week=start + lag)),
        )
        for lag in lags
    ]


def answer(
    scenario: Scenario,
    competitor: str,
    choices: tuple[Sequence[BrandChoice], Sequence[BrandChoice]],
    *,
    metric: str,
    seed: int,
    replicates: int,
    fresh: int,
    options: Mapping[str, Any],
) -> Answers:
    """Run every pair of choices and find what the two brands end up with.

    Parameters
    ----------
    scenario : Scenario
    competitor : str
    choices : tuple of two sequences of BrandChoice
        Of the focal brand and of the competitor; the first of each is what it does in the baseline.
    metric : str
        Of the payoffs.
    seed : int
    replicates, fresh : int
        Of every pair, to compare choices and to measure.
    options : mapping
        Those of :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    Answers
    """
    table = _table(scenario, competitor, choices)
    brands = (scenario.market.focal, competitor)
    payoffs, _ = _payoffs(table, brands, choices, metric, seed, range(replicates), options)
    judged, satisfaction = _payoffs(table, brands, choices, metric, seed, range(_FRESH, _FRESH + fresh), options)
    return Answers(
        brand=brands[0],
        competitor=competitor,
        metric=metric,
        first=tuple(choice.name for choice in choices[0]),
        second=tuple(choice.name for choice in choices[1]),
        payoffs=payoffs,
        fresh=judged,
        satisfaction=satisfaction,
        equilibria=pure_equilibria(payoffs, judged),
        path=dynamics(payoffs),
        leader=leader_follower(payoffs),
    )


def _table(
    scenario: Scenario, competitor: str, choices: tuple[Sequence[BrandChoice], Sequence[BrandChoice]]
) -> Scenario:
    """Return a scenario with an arm for every pair of choices."""
    base = scenario.arms[scenario.baseline]
    arms = {}
    for row, own in enumerate(choices[0]):
        for column, other in enumerate(choices[1]):
            name = _name(row, column)
            plans = dict(base.plans)
            for brand, choice in ((scenario.market.focal, own), (competitor, other)):
                if choice.plan is not None:
                    plans[brand] = choice.plan
            arms[name] = Arm(name=name, plans=plans)
    return replace(scenario, arms=arms, baseline=_BASE)


def _name(row: int, column: int) -> str:
    return _BASE if row == column == 0 else f"pair_{row}_{column}"


def _payoffs(
    table: Scenario,
    brands: tuple[str, str],
    choices: tuple[Sequence[BrandChoice], Sequence[BrandChoice]],
    metric: str,
    seed: int,
    replicates: range,
    options: Mapping[str, Any],
) -> tuple[Floats, Floats]:
    """Return payoffs and satisfaction, each (R, I, J, 2), less those of the baseline.

    A brand's figures are those of the same runs with that brand for the focal one: whose customers are counted does
    not touch what customers do.
    """
    views = [replace(table, market=replace(table.market, focal=brand)) for brand in brands]
    trials = [Trial(view, seed, tuple(replicates)) for view in views]
    shape = (len(replicates), len(choices[0]), len(choices[1]), 2)
    payoffs, satisfaction = np.empty(shape), np.empty(shape)
    for player, outcome in enumerate(run_trials(trials, **options)):
        if outcome.error:
            raise ConfigError(f"an answer could not be run: {outcome.error}")
        base = outcome.metrics[outcome.arms.index(_BASE), :, 0]
        for row, column in np.ndindex(shape[1], shape[2]):
            found = outcome.metrics[outcome.arms.index(_name(row, column)), :, 0] - base
            payoffs[:, row, column, player] = found[:, RUN_METRICS.index(metric)]
            satisfaction[:, row, column, player] = found[:, RUN_METRICS.index("satisfaction")]
    return payoffs, satisfaction
