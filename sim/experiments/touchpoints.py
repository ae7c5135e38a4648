"""Touchpoints: what a small, equal improvement at each stage and each edge of a journey is worth.

Every change is an arm with a journey of its own beside the arm that is improved; all share random draws and burn-in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from sim.analysis.sampling import Sampling
from sim.analysis.touchpoint_effects import Touchpoint, summarise_touchpoints
from sim.experiments.arm_metrics import ARM_METRICS, ArmMetrics, RunOptions, check_metric, run_arms
from sim.experiments.controls import difference_control
from sim.experiments.journey_changes import Change, changes
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.journey import Journey, stage_names
from sim.scenario.resolved import Arm, Plan
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show

__all__ = ["Touchpoints", "changed_scenarios", "pick_journey_arm", "planned_customer_weeks", "touchpoints"]

#: Arms of one scenario: more share one burn-in, fewer need less memory.
_ARMS_TOGETHER = 16
_BASELINE, _UNCHANGED = "baseline", "unchanged"


@dataclass(frozen=True, slots=True)
class Touchpoints:
    """What the changes of a journey are worth.

    Attributes
    ----------
    scenario : Scenario
    arm : str
        The arm whose focal journey is changed.
    journey : Journey
    metric : str
        The metric by which the changes are ranked.
    improvement : float
        Size of every change, in utility units.
    changes : tuple of Change
    arm_metrics : ArmMetrics
        Every metric of every arm that was run.
    effects : Any
        Arrow table: kind, name, from, to, how, direction, replicate, persona, metric, effect.
    summary_json : dict
        Content of `summary.json` but for the verdict.
    """

    scenario: Scenario
    arm: str
    journey: Journey
    metric: str
    improvement: float
    changes: tuple[Change, ...]
    arm_metrics: ArmMetrics
    effects: Any
    summary_json: dict[str, Any]


def pick_journey_arm(scenario: Scenario, arm: str | None) -> str:
    """Return the arm whose journey is changed: the one named, or the first that is not the baseline, or that.

    Raises
    ------
    ConfigError
        If there is no such arm, or its journey chooses nothing.
    """
    if arm is None:
        arm = next((name for name in scenario.arms if name != scenario.baseline), scenario.baseline)
    if arm not in scenario.arms:
        raise ConfigError(f"arm is {show(arm)}, which is no arm; {suggest(arm, scenario.arms, 'give one of')}")
    journey = _focal_journey(scenario, arm)
    if not any(stage.does == "choose" for stage in journey.stages.values()):
        raise ConfigError(
            f"arm is {arm!r}, whose journey {journey.name!r} has no stage that chooses, so that no improvement can win"
            " a purchase; give an arm with a stage that does: choose"
        )
    return arm


def changed_scenarios(
    scenario: Scenario, arm: str, found: Sequence[Change]
) -> tuple[list[Scenario], dict[tuple[int, str], str]]:
    """Return scenarios that hold the arm and every change of it, some at a time beside the baseline.

    Parameters
    ----------
    scenario : Scenario
    arm : str
        The arm whose focal journey is changed.
    found : sequence of Change
        Changes of that journey; see :func:`sim.experiments.journey_changes.changes`.

    Returns
    -------
    list of Scenario
        Together they hold every distinct journey once.
    dict of (int, str) to str
        The arm of each change, by its number and ``better``, ``worse`` or ``reference``: what the two are compared
        with. Two changes may lead to the same journey, as where only two edges leave a stage: then they have one arm.
    """
    focal, original = scenario.market.focal, scenario.arms[arm]
    base = Arm(name=_BASELINE, plans=scenario.arms[scenario.baseline].plans)
    journeys = {_BASELINE if arm == scenario.baseline else _UNCHANGED: _focal_journey(scenario, arm)}
    (unchanged,) = journeys
    arm_of: dict[tuple[int, str], str] = {}
    for number, change in enumerate(found):
        for way in ("reference", "better", "worse"):
            journey = getattr(change, way)
            if journey is not None:
                # A blank: no journey of a user's can have such a name.
                name = next((other for other, same in journeys.items() if same == journey), f"{number} {way}")
                journeys.setdefault(name, journey)
                arm_of[number, way] = name
        arm_of.setdefault((number, "reference"), unchanged)
    names = [name for name in journeys if name != _BASELINE]
    scenarios = []
    for first in range(0, max(len(names), 1), _ARMS_TOGETHER):
        # The scenario's own journeys come first, so that stages keep their ids and with them their random draws.
        known = dict(scenario.journeys)
        arms = {_BASELINE: base}
        for name in names[first : first + _ARMS_TOGETHER]:
            plan = original.plans[focal]
            if name != _UNCHANGED:
                known[name] = replace(journeys[name], name=name)
                plan = Plan(journey=name, strategy=plan.strategy)
            arms[name] = Arm(name=name, plans={**original.plans, focal: plan})
        scenarios.append(replace(scenario, arms=arms, baseline=_BASELINE, journeys=known))
    return scenarios, arm_of


def planned_customer_weeks(scenario: Scenario, arm: str | None, improvement: float) -> int:
    """Return how much one replicate simulates, in customer-weeks.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        As for :func:`touchpoints`.
    improvement : float
        As for :func:`touchpoints`.

    Returns
    -------
    int
    """
    arm = pick_journey_arm(scenario, arm)
    found = changes(_focal_journey(scenario, arm), scenario.market, improvement)
    return sum(item.customer_weeks() for item in changed_scenarios(scenario, arm, found)[0])


def touchpoints(
    scenario: Scenario,
    *,
    arm: str | None = None,
    metric: str = "clv",
    improvement: float = 0.1,
    **options: Unpack[RunOptions],
) -> Touchpoints:
    """Measure what a small, equal improvement at each stage and edge of an arm's focal journey is worth.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        The arm; left out, the first that is not the baseline.
    metric : str
        What is measured, one of :data:`sim.experiments.arm_metrics.ARM_METRICS`.
    improvement : float
        Size of every change in utility units; see :func:`sim.experiments.journey_changes.changes`.
    **options
        Those of :func:`sim.experiments.arm_metrics.run_arms`; a precision is that of the largest effect.

    Returns
    -------
    Touchpoints

    Raises
    ------
    ConfigError
        If the arm or the metric cannot be used.
    """
    check_metric(metric)
    arm = pick_journey_arm(scenario, arm)
    journey = _focal_journey(scenario, arm)
    found = changes(journey, scenario.market, improvement)
    scenarios, arm_of = changed_scenarios(scenario, arm, found)
    unchanged = _BASELINE if arm == scenario.baseline else _UNCHANGED

    def headline(metrics: ArmMetrics) -> NDArray[np.float64]:
        effects = [effect[:, 0] for effect in _effects(metrics, found, arm_of, metric).values()]
        return max(effects, key=lambda effect: abs(float(np.nan_to_num(effect).mean())))

    control = partial(difference_control, scenario, arm)
    metrics = run_arms(scenarios, headline=headline, control=control, flows_of=unchanged, **options)
    summary, table = summarise_touchpoints(
        scenario,
        arm=arm,
        metric=metric,
        improvement=improvement,
        places=[Touchpoint(item.kind, item.name, item.source, item.target, item.how, item.amount) for item in found],
        effects={name: _effects(metrics, found, arm_of, name) for name in ARM_METRICS},
        level=metrics.of(unchanged, metric),
        visits=_visits(scenario, metrics, found),
        heads=metrics.heads,
        seed=metrics.seed,
        sampling=Sampling(control=control(metrics.seed, range(metrics.replicates))),
    )
    return Touchpoints(scenario, arm, journey, metric, improvement, found, metrics, table, summary)


def _focal_journey(scenario: Scenario, arm: str) -> Journey:
    return scenario.journeys[scenario.arms[arm].plans[scenario.market.focal].journey]


def _effects(
    metrics: ArmMetrics, found: Sequence[Change], arm_of: Mapping[tuple[int, str], str], metric: str
) -> Mapping[tuple[int, str], NDArray[np.float64]]:
    """Return the effect (R, 1 + P) of every change by its number and direction."""
    effects: dict[tuple[int, str], NDArray[np.float64]] = {}
    for (number, way), name in arm_of.items():
        if way != "reference":
            effect = metrics.of(name, metric) - metrics.of(arm_of[number, "reference"], metric)
            effects[number, way] = effect * found[number].scale if way == "better" else effect
    return effects


def _visits(scenario: Scenario, metrics: ArmMetrics, found: Sequence[Change]) -> list[float]:
    """Return how often an average customer enters each stage or takes each edge, in whatever journey."""
    stages = stage_names(scenario.journeys)
    per_head = metrics.flows / scenario.market_customers
    visits = []
    for change in found:
        target = stages.index(change.target)
        source = slice(None) if change.kind == "stage" else stages.index(change.source)
        visits.append(float(per_head[source, target].sum()))
    return visits
