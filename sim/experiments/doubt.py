"""Doubt: a comparison again with the capabilities as effective as they may be, within what the strategies state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.strategies import CAPABILITIES, highest_level
from sim.analysis.response import Response
from sim.analysis.summary import DoubtRuns
from sim.experiments.measured import Runs, measured
from sim.scenario.scenario import Scenario

__all__ = [
    "MAX_CUSTOMERS",
    "MAX_REPLICATES",
    "acts",
    "doubt_ranges",
    "doubt_runs",
    "doubt_sources",
    "points_by_replicate",
    "replicates_by_points",
]

#: Customers and replicates of each point, at most: the points share the random numbers of the comparison.
MAX_CUSTOMERS = 500
MAX_REPLICATES = 8


def doubt_ranges(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """Return the range of each capability's effectiveness, as multiples of what is assumed; without those not in doubt.

    Parameters
    ----------
    scenario : Scenario
        The strategies of its focal brand state the ranges; where two differ, the wider ends count.
    """
    ranges: dict[str, tuple[float, float]] = {}
    for arm in scenario.arms.values():
        if scenario.market.focal not in arm.plans:
            continue
        strategy = arm.plans[scenario.market.focal].strategy
        for name in CAPABILITIES:
            own = None if strategy.doubt is None else getattr(strategy.doubt, name)
            if own is None or not acts(strategy, name):
                continue
            low, high = ranges.get(name, (own.low, own.high))
            ranges[name] = (min(low, own.low), max(high, own.high))
    return {name: ends for name, ends in ranges.items() if ends != (1.0, 1.0)}


def doubt_sources(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Return by capability in doubt its range and where that comes from, for a summary."""
    out: dict[str, dict[str, Any]] = {}
    for name, (low, high) in doubt_ranges(scenario).items():
        stated = [
            getattr(plan.strategy.doubt, name)
            for arm in scenario.arms.values()
            for brand, plan in arm.plans.items()
            if brand == scenario.market.focal and plan.strategy.doubt is not None
        ]
        sources = dict.fromkeys(item.source for item in stated if item is not None)
        out[name] = {"low": low, "high": high, "source": "; ".join(sources)}
    return out


def acts(strategy: Any, name: str) -> bool:
    """Whether a capability does anything, at its effectiveness, for any persona."""
    return highest_level(strategy, name) > 0.0 and getattr(strategy.effectiveness, name) > 0.0


def doubt_runs(runs: Runs, *, options: Mapping[str, Any]) -> dict[str, DoubtRuns]:
    """Run every arm whose strategy is in doubt with other effectiveness, one truth for all arms at a time.

    Parameters
    ----------
    runs : sequence of tuple
        What the comparison ran: scenarios and replicates of each.
    options : mapping
        How to run: ``seed``, ``engine``, ``threads``, ``executor``.

    Returns
    -------
    dict of str to DoubtRuns
        By arm, those whose difference from the baseline is in doubt; empty without any doubt.
    """
    scenario = runs[0][0]
    ranges = doubt_ranges(scenario)
    if not ranges:
        return {}
    response = Response.of(ranges)
    moved = [name for name in scenario.arms if _moves(scenario, name, ranges)]
    # An arm without doubt is run too where the baseline is in doubt: their difference is.
    there = list(scenario.arms) if scenario.baseline in moved else moved
    arms: dict[str, Mapping[str, float] | None] = dict.fromkeys((scenario.baseline, *there))
    stated_arms = tuple(arms)
    for number, multiples in enumerate(response.design):
        at = dict(zip(response.names, multiples.tolist(), strict=True))
        arms |= {f"{arm} {number}": at for arm in moved}
    first = _first(runs)
    points = points_by_replicate(len(response.design), sum(len(replicates) for _, replicates in first))

    def only(replicate: int) -> list[str]:
        return [*stated_arms, *(f"{arm} {number}" for number in points[replicate] for arm in moved)]

    found = list(measured(first, arms, MAX_CUSTOMERS, options, only))

    def at_points(arm: str) -> list[dict[int, Any]]:
        return [
            {number: replicate[f"{arm} {number}" if arm in moved else arm] for number in numbers}
            for numbers, replicate in zip(points, found, strict=True)
        ]

    baselines, stated = at_points(scenario.baseline), [replicate[scenario.baseline] for replicate in found]
    return {
        arm: DoubtRuns(response, stated, [replicate[arm] for replicate in found], baselines, at_points(arm))
        for arm in there
    }


def _moves(scenario: Scenario, arm: str, ranges: Mapping[str, tuple[float, float]]) -> bool:
    strategy = scenario.arms[arm].plans[scenario.market.focal].strategy
    return any(acts(strategy, name) for name in ranges)


def points_by_replicate(points: int, replicates: int) -> list[range]:
    """Return by replicate the points of a design that are run in it: every other one, the others in the next.

    Parameters
    ----------
    points : int
        Of the design.
    replicates : int
        >= 1; a single one has all of them.

    Returns
    -------
    list of range
        By replicate.

    Notes
    -----
    What a point shifts differs between replicates, and neighbouring points tell of each other: half of the runs are as
    good as all of them where there are few replicates, and nearly so where there are many.
    """
    if replicates == 1:
        return [range(points)]
    return [range(replicate % 2, points, 2) for replicate in range(replicates)]


def replicates_by_points(points: int, replicates: int) -> dict[range, list[int]]:
    """Return in which replicates the points of a design are run, by those that are run together.

    Parameters
    ----------
    points, replicates : int
        As of :func:`points_by_replicate`.

    Returns
    -------
    dict of range to list of int
    """
    found: dict[range, list[int]] = {}
    for replicate, own in enumerate(points_by_replicate(points, replicates)):
        found.setdefault(own, []).append(replicate)
    return found


def _first(runs: Runs) -> list[tuple[Scenario, list[int]]]:
    """Return the first replicates, spread over the scenarios where there are several."""
    each = max(1, MAX_REPLICATES // len(runs))
    step = max(1, len(runs) // MAX_REPLICATES)
    return [(scenario, list(replicates)[:each]) for scenario, replicates in runs[::step]][:MAX_REPLICATES]
