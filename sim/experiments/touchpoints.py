"""Moments of truth: what a small, equal improvement at each stage and each edge of a journey is worth.

Every improvement is an arm with a journey of its own beside the arm that is asked about; all share luck and burn-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import exp, log
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.traits import TRAITS
from sim.analysis.touchpoint_effects import summarise_touchpoints
from sim.experiments.arm_metrics import ARM_METRICS, ArmMetrics, check_metric, run_arms
from sim.scenario.errors import ConfigError
from sim.scenario.journey import Edge, Journey, Stage, edge_names, stage_names
from sim.scenario.market import Market
from sim.scenario.scenario import Arm, Plan, Scenario
from sim.scenario.schema import nearest, show

if TYPE_CHECKING:
    from sim.execution.executors import Executor

__all__ = ["Change", "Touchpoints", "announce", "changes", "lay_out", "pick_led_arm", "touchpoints"]

#: Improvements lived beside each other: more share one burn-in, fewer need less memory.
_TOGETHER = 16
#: A stage that is felt, though nothing is added to what is felt there.
_BARELY = 1e-12
_LEAST, _MOST = 1e-3, 1.0 - 1e-3
_BASELINE, _CHOSEN = "baseline", "chosen"


@dataclass(frozen=True, slots=True)
class Change:
    """A place of the journey and how it is changed, for better and for worse.

    Attributes
    ----------
    kind : str
        ``stage`` or ``edge``.
    name : str
        Of the stage, or of the edge as :func:`sim.scenario.journey.edge_names` calls it.
    source, target : str
        Stages that an edge joins; a stage's own name twice.
    how : str
        What is moved: ``experience`` (the stage's experience lift), ``effort`` (less of it), ``moment`` (the stage is
        made a moment of experience, better or worse), ``logit`` or ``probability`` (of the edge), ``others`` (of the
        other edges out of its stage, the opposite way: an edge without a hazard has none of its own), or why nothing
        can be moved: ``unfelt``, ``clock``, ``only way``.
    amount : float
        By how much, in units of what is moved; for the better.
    scale : float
        What the effect for the better is multiplied by, because there is less effort than the step would take off.
    better, worse, twin : Journey or None
        The journeys with more and with less of it, and the one they are measured against; None where that is the
        journey itself.
    """

    kind: str
    name: str
    source: str
    target: str
    how: str
    amount: float = 0.0
    scale: float = 1.0
    better: Journey | None = None
    worse: Journey | None = None
    twin: Journey | None = None


@dataclass(frozen=True, slots=True)
class Touchpoints:
    """What the improvements are worth.

    Attributes
    ----------
    scenario : Scenario
    arm : str
        The arm whose focal journey is improved.
    journey : Journey
    metric : str
    step : float
        Size of every improvement, in utility units.
    changes : tuple of Change
    arm_metrics : ArmMetrics
        Every metric of every arm that was lived.
    effects : Any
        Arrow table: kind, name, from, to, how, direction, replicate, persona, metric, effect.
    summary_json : dict
        Content of `summary.json` but for the verdict.
    seed : int
    started : str
    wall_seconds : float
    customer_weeks : int
    """

    scenario: Scenario
    arm: str
    journey: Journey
    metric: str
    step: float
    changes: tuple[Change, ...]
    arm_metrics: ArmMetrics
    effects: Any
    summary_json: dict[str, Any]
    seed: int
    started: str
    wall_seconds: float
    customer_weeks: int


def pick_led_arm(scenario: Scenario, arm: str | None) -> str:
    """Return the arm whose journey is improved: the one named, or the first that is not the baseline, or that.

    Raises
    ------
    ConfigError
        If there is no such arm, or its journey chooses nothing.
    """
    if arm is None:
        arm = next((name for name in scenario.arms if name != scenario.baseline), scenario.baseline)
    if arm not in scenario.arms:
        match = nearest(arm, scenario.arms)
        hint = f"did you mean {match!r}? " if match else ""
        raise ConfigError(f"arm is {show(arm)}, which is no arm; {hint}give one of {', '.join(scenario.arms)}")
    journey = _focal_journey(scenario, arm)
    if not any(stage.does == "choose" for stage in journey.stages.values()):
        raise ConfigError(
            f"arm is {arm!r}, whose journey {journey.name!r} has no stage that chooses, so that no improvement can win"
            " a purchase; give an arm with a stage that does: choose"
        )
    return arm


def changes(journey: Journey, market: Market, step: float) -> tuple[Change, ...]:
    """Return every stage and every edge of a journey with its journeys for better and for worse.

    Parameters
    ----------
    journey : Journey
    market : Market
        Says what effort weighs in experience, and the effort of channels.
    step : float
        Size of every change in utility units, which is what logits are in.

    Notes
    -----
    *Stages.* Where the customer experiences something, the experience is better by the step. Where there is effort and
    nothing experienced, there is so much less effort that the next experience is better by the step (through the
    stage's mean channel, before automation takes its part). Where there is neither, but the customer is the brand's by
    then, the stage is made a moment of experience, and one that is better by the step is measured against one that adds
    nothing. Before a purchase there is nothing to feel in such a stage.

    *Edges.* The odds of taking the edge rise by the factor exp(step). Of an edge with a probability, the base moves by
    as much as the odds of the probability would at the mean of all traits. An edge without hazard is what remains:
    the odds of all others fall. Whether more customers on an edge are good or bad is for the run to tell.
    """
    strangers = _before_purchase(journey)
    found = [_stage_change(journey, name, market, step, name in strangers) for name in journey.stages]
    found += [_edge_change(journey, place, name, step) for place, name in enumerate(edge_names(journey.edges))]
    return tuple(found)


def lay_out(scenario: Scenario, arm: str, found: tuple[Change, ...]) -> tuple[list[Scenario], dict[str, str]]:
    """Return scenarios that live the arm and every change of it, some at a time beside the baseline.

    Beside them stands, for every journey by its name, the arm in which it is lived: two changes may come to the same
    journey, as where only two edges leave a stage.
    """
    focal, chosen = scenario.market.focal, scenario.arms[arm]
    own = _focal_journey(scenario, arm)
    ways = {_CHOSEN: own}
    lived = {_CHOSEN: _CHOSEN}
    for place, change in enumerate(found):
        for suffix, journey in (("twin", change.twin), ("better", change.better), ("worse", change.worse)):
            if journey is not None:
                name = _named(place, suffix)
                lived[name] = next((other for other, same in ways.items() if same == journey), name)
                ways.setdefault(lived[name], journey)
    base = Arm(name=_BASELINE, plans=scenario.arms[scenario.baseline].plans)
    if arm == scenario.baseline:
        ways.pop(_CHOSEN)
        lived = {name: _BASELINE if other == _CHOSEN else other for name, other in lived.items()}
    laid = []
    names = list(ways)
    for first in range(0, max(len(names), 1), _TOGETHER):
        # The journeys of the scenario come first, so that stages keep their ids and with them their luck.
        journeys = dict(scenario.journeys)
        arms = {_BASELINE: base}
        for name in names[first : first + _TOGETHER]:
            plan = chosen.plans[focal]
            if name != _CHOSEN:
                journeys[name] = replace(ways[name], name=name)
                plan = Plan(journey=name, strategy=plan.strategy)
            arms[name] = Arm(name=name, plans={**chosen.plans, focal: plan})
        laid.append(replace(scenario, arms=arms, baseline=_BASELINE, journeys=journeys))
    return laid, lived


def announce(scenario: Scenario, arm: str | None, step: float) -> int:
    """Return the customer-weeks of one replicate of all there is to live."""
    arm = pick_led_arm(scenario, arm)
    laid, _ = lay_out(scenario, arm, changes(_focal_journey(scenario, arm), scenario.market, step))
    return sum(item.customer_weeks() for item in laid)


def touchpoints(
    scenario: Scenario,
    *,
    arm: str | None = None,
    metric: str = "clv",
    step: float = 0.1,
    replicates: int = 8,
    seed: int = 1,
    engine: str = "numba",
    threads: int | None = None,
    precision: float | None = None,
    executor: Executor | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Touchpoints:
    """Measure what a small, equal improvement at each stage and edge of an arm's focal journey is worth.

    Parameters
    ----------
    scenario : Scenario
    arm : str, optional
        The arm; left out, the first that is not the baseline.
    metric : str
        What is measured, one of :data:`sim.experiments.arm_metrics.ARM_METRICS`.
    step : float
        Size of every improvement in utility units; see :func:`changes`.
    replicates, seed, engine, threads, precision, on_progress
        As for :func:`sim.experiments.compare.compare`; the precision is that of the largest effect.
    executor : Executor, optional
        Where replicates are lived; left out, in the threads of this process. The numbers do not depend on it.

    Raises
    ------
    ConfigError
        If the arm or the metric cannot be used.
    """
    check_metric(metric)
    arm = pick_led_arm(scenario, arm)
    journey = _focal_journey(scenario, arm)
    found = changes(journey, scenario.market, step)
    laid, lived = lay_out(scenario, arm, found)
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()

    def headline(arm_metrics: ArmMetrics) -> NDArray[np.float64]:
        effects = [effect[:, 0] for effect in _effects(arm_metrics, found, lived, metric).values()]
        largest: NDArray[np.float64] = max(effects, key=lambda effect: abs(float(np.nan_to_num(effect).mean())))
        return largest

    arm_metrics = run_arms(
        laid,
        seed=seed,
        replicates=replicates,
        engine=engine,
        threads=threads,
        precision=scenario.precision if precision is None else precision,
        headline=headline,
        flows_of=lived[_CHOSEN],
        executor=executor,
        on_progress=on_progress,
    )
    summary, table = summarise_touchpoints(
        scenario,
        arm=arm,
        metric=metric,
        step=step,
        places=[
            (change.kind, change.name, change.source, change.target, change.how, change.amount) for change in found
        ],
        effects={name: _effects(arm_metrics, found, lived, name) for name in ARM_METRICS},
        level=arm_metrics.of(lived[_CHOSEN], metric),
        visits=_visits(scenario, arm_metrics, found),
        heads=arm_metrics.heads,
        seed=seed,
    )
    weeks = sum(item.customer_weeks(arm_metrics.replicates) for item in laid)
    return Touchpoints(
        scenario,
        arm,
        journey,
        metric,
        step,
        found,
        arm_metrics,
        table,
        summary,
        seed,
        started,
        perf_counter() - clock,
        weeks,
    )


def _focal_journey(scenario: Scenario, arm: str) -> Journey:
    return scenario.journeys[scenario.arms[arm].plans[scenario.market.focal].journey]


def _named(place: int, suffix: str) -> str:
    # A blank: no journey of a user's can be called so.
    return f"{place} {suffix}"


def _effects(
    arm_metrics: ArmMetrics, found: tuple[Change, ...], lived: Mapping[str, str], metric: str
) -> Mapping[tuple[int, str], NDArray[np.float64]]:
    """Return the effect (R, 1 + P) of every change by its place and direction."""
    effects: dict[tuple[int, str], NDArray[np.float64]] = {}
    for place, change in enumerate(found):
        against = arm_metrics.of(lived[_CHOSEN if change.twin is None else _named(place, "twin")], metric)
        if change.better is not None:
            effects[place, "better"] = (arm_metrics.of(lived[_named(place, "better")], metric) - against) * change.scale
        if change.worse is not None:
            effects[place, "worse"] = arm_metrics.of(lived[_named(place, "worse")], metric) - against
    return effects


def _visits(scenario: Scenario, arm_metrics: ArmMetrics, found: tuple[Change, ...]) -> list[float]:
    """Return how often an average customer enters each stage, or goes the way of each edge, on whatever journey."""
    stages = stage_names(scenario.journeys)
    per_head = arm_metrics.flows / scenario.population
    visits = []
    for change in found:
        target = stages.index(change.target)
        if change.kind == "stage":
            visits.append(float(per_head[:, target].sum()))
        else:
            visits.append(float(per_head[stages.index(change.source), target]))
    return visits


def _before_purchase(journey: Journey) -> set[str]:
    """Return the stages that a customer may enter between a need and the purchase: not yet the brand's, perhaps."""
    begin = [name for name, stage in journey.stages.items() if stage.does == "wait"] or list(journey.start)
    reached: set[str] = set()
    frontier = list(begin)
    while frontier:
        here = frontier.pop()
        for edge in journey.edges:
            target = journey.stages[edge.target]
            if edge.source == here and edge.target not in reached and target.does not in ("wait", "choose"):
                reached.add(edge.target)
                frontier.append(edge.target)
    return reached


def _stage_change(journey: Journey, name: str, market: Market, step: float, stranger: bool) -> Change:
    stage = journey.stages[name]
    ends = (name, name)

    def lifted(amount: float) -> Journey:
        lift = stage.experience_lift + amount
        # A lift of exactly zero would end the experience of a stage that gives one through its lift alone.
        return _with_stage(journey, name, replace(stage, experience_lift=lift or _BARELY))

    if stage.does == "use" or stage.experience_lift != 0.0:
        return Change("stage", name, *ends, "experience", step, better=lifted(step), worse=lifted(-step))
    weight = market.experience.effort * _channel_effort(stage, market)
    if stage.effort > 0.0 and weight > 0.0:
        wanted = step / weight
        taken = min(wanted, stage.effort)
        return Change(
            "stage",
            name,
            *ends,
            "effort",
            -taken,
            wanted / taken if taken else 1.0,
            better=_with_stage(journey, name, replace(stage, effort=stage.effort - taken)),
            worse=_with_stage(journey, name, replace(stage, effort=stage.effort + wanted)),
        )
    if stranger or stage.does == "choose":
        return Change("stage", name, *ends, "unfelt")
    return Change("stage", name, *ends, "moment", step, better=lifted(step), worse=lifted(-step), twin=lifted(0.0))


def _channel_effort(stage: Stage, market: Market) -> float:
    if not stage.channels:
        return 1.0
    return sum(share * market.channels[channel].effort for channel, share in stage.channels.items())


def _edge_change(journey: Journey, place: int, name: str, step: float) -> Change:
    edge = journey.edges[place]
    ends = (edge.source, edge.target)
    if edge.logit is not None:
        ways = (_moved(journey, {place: step}), _moved(journey, {place: -step}))
        return Change("edge", name, *ends, "logit", step, better=ways[0], worse=ways[1])
    if edge.probability is not None:
        ways = (_moved(journey, {place: step}), _moved(journey, {place: -step}))
        amount = _shift(edge, step)
        return Change("edge", name, *ends, "probability", amount, better=ways[0], worse=ways[1])
    if edge.on == "need":
        return Change("edge", name, *ends, "clock")
    others = [
        other
        for other, item in enumerate(journey.edges)
        if item.source == edge.source and other != place and not (item.logit is None and item.probability is None)
    ]
    if not others:
        return Change("edge", name, *ends, "only way")
    ways = (
        _moved(journey, dict.fromkeys(others, -step)),
        _moved(journey, dict.fromkeys(others, step)),
    )
    return Change("edge", name, *ends, "others", step, better=ways[0], worse=ways[1])


def _moved(journey: Journey, steps: Mapping[int, float]) -> Journey:
    """Return the journey with the odds of some edges moved by factors exp(step)."""
    edges = list(journey.edges)
    for place, step in steps.items():
        edge = edges[place]
        if edge.logit is not None:
            edges[place] = replace(edge, logit={**edge.logit, "base": edge.logit.get("base", 0.0) + step})
        elif edge.probability is not None:
            base = edge.probability.get("base", 0.0) + _shift(edge, step)
            edges[place] = replace(edge, probability={**edge.probability, "base": base})
    return replace(journey, edges=tuple(edges))


def _shift(edge: Edge, step: float) -> float:
    """Return by how much a probability moves when its odds move by exp(step), at the mean of all traits."""
    terms = edge.probability or {}
    mean = sum(value * (1.0 if name == "base" else 0.5 if name in TRAITS else 0.0) for name, value in terms.items())
    mean = min(max(mean, _LEAST), _MOST)
    return 1.0 / (1.0 + exp(-(log(mean / (1.0 - mean)) + step))) - mean


def _with_stage(journey: Journey, name: str, stage: Stage) -> Journey:
    return replace(journey, stages={**journey.stages, name: stage})
