"""Timeline: which plan of a brand is in force when."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from agents.strategies import Strategy, StrategyPhase, with_phase
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Arm, Plan, ResolvedScenario

__all__ = ["Segment", "timeline_of"]


class Segment(NamedTuple):
    """A part of a brand's timeline.

    Attributes
    ----------
    start : int
        First step, from the first of the burn-in.
    plan : Plan
        In force from then on.
    since : int
        Step in which its strategy started: earlier than `start` where a phase begins or contacts end.
    """

    start: int
    plan: Plan
    since: int


def timeline_of(scenario: ResolvedScenario, arm: Arm, brand: str) -> list[Segment]:
    """Return the segments of a brand: the market's way, the baseline's plan, then the arm's own, each with its phases.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm : Arm
        One of the scenario's.
    brand : str
        One of the market's.

    Returns
    -------
    list of Segment
        By their first step.
    """
    base = scenario.arms[scenario.baseline].plans[brand]
    first = scenario.burn_in + base.strategy.start_week
    if base.strategy.start_week > 0:
        idle = Plan(journey=scenario.market.journey, strategy=Strategy())
        timeline = [Segment(0, idle, 0), *_phases(base, first, first)]
    else:
        timeline = _phases(base, 0, first)
    own = arm.plans[brand]
    if own.best_response is not None:
        raise ConfigError(
            f"arm {arm.name!r}: {brand} has a best_response, which only `journey compare` and compare() in Python look"
            " for; give it a strategy here"
        )
    if own != base:
        start = scenario.burn_in + own.strategy.start_week
        # A strategy that starts in the same step is built; a later part of one that is given up then is not.
        kept = [part for part in timeline if part.start < start or part.start == part.since == start]
        timeline = [*kept, *_phases(own, start, start)]
    return timeline


def _phases(plan: Plan, start: int, first: int) -> list[Segment]:
    """Return the segments of one plan: its start, its phases, and the end of contacts that are made for some weeks.

    Parameters
    ----------
    plan : Plan
    start : int
        Step in which it starts.
    first : int
        Step from which its phases are counted: a baseline's plan that starts before the horizon has its phases in it.

    Returns
    -------
    list of Segment
    """
    changes: list[tuple[int, int, StrategyPhase | None]] = [
        (first + phase.weeks, 1, phase) for phase in plan.strategy.phases.values()
    ]
    lasts = plan.strategy.contacts_per_week.weeks
    if lasts is not None:
        changes.append((start + lasts, 0, None))
    found = [Segment(start, plan, start)]
    for step, _, phase in sorted(changes, key=lambda change: change[:2]):
        strategy = found[-1].plan.strategy
        changed = _without_contacts(strategy) if phase is None else with_phase(strategy, phase)
        part = Segment(step, replace(plan, strategy=changed), start)
        found = [*(found[:-1] if found[-1].start == step else found), part]
    return found


def _without_contacts(strategy: Strategy) -> Strategy:
    own = {name: replace(each, customers=None, prospects=None) for name, each in strategy.personas.items()}
    contacts = replace(strategy.contacts_per_week, customers=0.0, prospects=0.0, weeks=None)
    return replace(strategy, contacts_per_week=contacts, personas=own)
