"""Timeline: which plan of a brand is in force when."""

from __future__ import annotations

from dataclasses import replace

from agents.strategies import Contacts, Strategy
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Arm, Plan, ResolvedScenario

__all__ = ["timeline_of"]


def timeline_of(scenario: ResolvedScenario, arm: Arm, brand: str) -> list[tuple[int, Plan]]:
    """Return the segments of a brand: the market's way, the baseline's plan, then the arm's own.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm : Arm
        One of the scenario's.
    brand : str
        One of the market's.

    Returns
    -------
    list of (int, Plan)
        First step, from the first of the burn-in, and the plan that is in force from then on.
    """
    idle = Plan(journey=scenario.market.journey, strategy=Strategy())
    timeline: list[tuple[int, Plan]] = []
    base = scenario.arms[scenario.baseline].plans[brand]
    if base.strategy.start_week > 0:
        timeline.append((0, idle))
        timeline.append((scenario.burn_in + base.strategy.start_week, base))
    else:
        timeline.append((0, base))
    own = arm.plans[brand]
    if own.best_response is not None:
        raise ConfigError(
            f"arm {arm.name!r}: {brand} has a best_response, which only `journey compare` and compare() in Python look"
            " for; give it a strategy here"
        )
    if own != base:
        start = scenario.burn_in + own.strategy.start_week
        timeline = [(week, plan) for week, plan in timeline if week <= start]
        timeline.append((start, own))
    return _with_ends(timeline)


def _with_ends(timeline: list[tuple[int, Plan]]) -> list[tuple[int, Plan]]:
    """Return segments in which contacts that are made for some weeks end: a further segment without them."""
    ended: list[tuple[int, Plan]] = []
    for at, (week, plan) in enumerate(timeline):
        ended.append((week, plan))
        lasts = plan.strategy.contacts_per_week.weeks
        if lasts is None or (at + 1 < len(timeline) and week + lasts >= timeline[at + 1][0]):
            continue
        own = {name: replace(each, customers=None, prospects=None) for name, each in plan.strategy.personas.items()}
        silent = replace(plan.strategy, contacts_per_week=Contacts(), personas=own)
        ended.append((week + lasts, replace(plan, strategy=silent)))
    return ended
