"""Goal view: what the page shows where nothing is bought and a stage is a goal, as in journeys found in a log."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.analysis.goal import goal_called
from sim.analysis.metrics import EVERYBODY
from sim.app.lines import POINTS, entry_of, lines_of_shares
from sim.experiments.result import Result
from sim.reports.comparison import arms_in_order, difference_name, other_arms
from sim.reports.labels import sentence
from sim.reports.moves import MoveRow
from sim.reports.time_to_goal import time_rows

__all__ = ["goal_view", "is_of_goal"]

#: Figures of an arm that are 0 where nothing is bought.
_MONEY: tuple[str, ...] = ("contribution", "revenue", "purchases")


def is_of_goal(result: Result) -> bool:
    """Say whether nothing is bought or earned in any arm, and customers have a goal.

    Parameters
    ----------
    result : Result
    """
    summary = result.summary_json
    return bool(summary.get("time_to_goal")) and not any(
        block[metric]["mean"]
        for block in summary["arms"].values()
        for metric in ("contribution", "revenue", "purchases")
    )


def goal_view(result: Result) -> dict[str, Any]:
    """Return what stands in place of money: who comes to the goal, in words, by persona and over time.

    Parameters
    ----------
    result : Result
        One of which :func:`is_of_goal` is true.

    Returns
    -------
    dict
        ``headline``, ``personas``, ``personasTitle``, ``metrics``, ``series``; ``cash`` and ``breakEven`` are None.
    """
    scenario, summary = result.scenario, result.summary_json
    found = summary["time_to_goal"]
    called = goal_called(summary["goal"]["stages"])
    titles = {EVERYBODY: "Everybody"} | {item.name: item.title or item.name for item in scenario.personas}
    heads = {EVERYBODY: float(scenario.market_customers), **summary["persona_customers"]}
    headline, personas = [], {}
    for arm in other_arms(result):
        name = difference_name(result, arm)
        reached = {who: (found if who == EVERYBODY else found["personas"][who])["differences"][name] for who in titles}
        shares = {who: entry_of(block["reached"], "share", result, sign=True) for who, block in reached.items()}
        of = f"share of customers who come to {called}, {arm} against {scenario.baseline}"
        headline.append({"arm": arm, "of": of, **shares[EVERYBODY]})
        personas[arm] = [
            {"title": title, "customers": round(heads[who]), "each": "", **shares[who]} for who, title in titles.items()
        ]
    rows = time_rows(summary)
    return {
        "headline": headline,
        "personas": personas,
        "personasTitle": f"Who comes to {called} more often",
        "cash": None,
        "breakEven": None,
        "metrics": {arm: [_metric(row, arm, scenario.baseline, called) for row in rows] for arm in personas},
        "series": [{"title": f"Customers who have come to {called}", **_come(result)}],
    }


def _metric(row: MoveRow, arm: str, baseline: str, called: str) -> dict[str, Any]:
    """Return a row of the table of the page."""
    text, between, _ = row.gaps[arm]
    return {
        "key": row.name,
        "title": sentence(row.name),
        "about": f"how soon customers come to {called}",
        "baseline": row.arms[baseline],
        "arm": row.arms[arm],
        "difference": {"text": text, "interval": between},
    }


def _come(result: Result) -> dict[str, Any]:
    """Return by arm the share of customers who have come to the goal, by step."""
    steps = np.unique(np.linspace(0, result.scenario.horizon, POINTS).round().astype(int))
    shares = {
        arm: result.series(arm, lambda history: np.cumsum(history.goal_arrivals.sum(axis=0))[steps])
        / result.scenario.population
        for arm in arms_in_order(result)
    }
    return lines_of_shares(steps.astype(float), shares, result)
