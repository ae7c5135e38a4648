"""Journey view: the map of two arms with the customers in every stage by week, and single customers on their way."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.analysis.stage_moves import with_width
from sim.app.lines import numbers
from sim.experiments.result import Result
from sim.number_format import in_words
from sim.record.counters import steps_a_period
from sim.record.events import EventKind
from sim.record.history import History
from sim.reports.comparison import arms_in_order, difference_name, flows_of, journeys_in_use
from sim.reports.figures.journey_graph import order_stages

__all__ = ["journey_view", "lives_view"]

#: Single customers that are shown on the map.
SHOWN = 120


def journey_view(result: Result) -> dict[str, Any]:
    """Return stages, edges with their flows, and occupancy by week, of the baseline and the first other arm.

    Parameters
    ----------
    result : Result
        A finished comparison.

    Returns
    -------
    dict
        ``stages`` from top to bottom; ``edges`` with customers per 100 and step by arm and the difference with its
        interval; ``occupancy`` by arm: (weeks, stages) shares of customers, mean over replicates.
    """
    arms = arms_in_order(result)[:2]
    journeys = {journey.name: journey for arm in arms for journey in journeys_in_use(result, arm)[:1]}
    names = list(dict.fromkeys(stage for journey in journeys.values() for stage in journey.stages))
    pairs = list(dict.fromkeys((edge.source, edge.target) for item in journeys.values() for edge in item.edges))
    starts = [stage for journey in journeys.values() for stage in journey.start]
    order = order_stages(names, pairs, starts)
    scale = 100.0 / (result.scenario.market_customers * result.scenario.horizon)
    flows = {arm: flows_of(result, arm) for arm in arms}
    differences = {
        (item["from"], item["to"]): with_width(item)
        for item in result.summary_json["flows"][difference_name(result, arms[1])]
    }
    edges = []
    for source, target in pairs:
        change = differences.get((source, target))
        edges.append(
            {
                "from": order.index(source),
                "to": order.index(target),
                "flow": {arm: float(flows[arm].get((source, target), np.zeros(1)).mean() * scale) for arm in arms},
                "change": None if change is None else change["mean"] * scale,
                "sure": change is not None
                and change["ci_low"] is not None
                and (change["ci_low"] > 0.0 or change["ci_high"] < 0.0),
            }
        )
    ids = [result.stages.index(name) for name in order]
    period = steps_a_period(result.scenario.horizon)
    every = max(1, result.scenario.horizon // period // 260)
    return {
        "stages": [{"name": name, "title": in_words(name)} for name in order],
        "edges": edges,
        "step": every * period,
        "occupancy": {
            arm: [
                numbers(row)
                for row in (
                    result.series(arm, lambda history: history.customers.sum(axis=1)[::every][:, ids]).mean(axis=0)
                    / result.scenario.population
                )
            ]
            for arm in arms
        },
    }


def lives_view(result: Result) -> dict[str, Any]:
    """Return the ways of single customers of the first replicate, the same ones in both arms.

    Parameters
    ----------
    result : Result
        Whose scenario logs events.

    Returns
    -------
    dict
        ``lives``: by arm, for each customer the stages it entered as a flat list week, stage, week, stage ... with the
        names of :func:`journey_view` as indices into ``stageNames``.
    """
    arms = arms_in_order(result)[:2]
    first = result.histories[0]
    shown = [int(customer) for customer in first[arms[0]].starts[:SHOWN, 0]]
    return {"stageNames": list(result.stages), "lives": {arm: _ways(first[arm], shown) for arm in arms}}


def _ways(history: History, shown: list[int]) -> list[list[int]]:
    ways: dict[int, list[int]] = {customer: [] for customer in shown}
    for customer, stage in history.starts.tolist():
        if customer in ways:
            ways[customer] += [0, stage]
    moves = history.events[np.isin(history.events["kind"], (EventKind.STAGE, EventKind.PURCHASE))]
    for customer, week, stage in zip(moves["customer"], moves["week"], moves["stage"], strict=True):
        if int(customer) in ways:
            ways[int(customer)] += [int(week), int(stage)]
    return list(ways.values())
