"""View: what the page shows of a result, as plain data: the numbers of `summary.json`, written as in reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sim.analysis.bands import period_middles
from sim.analysis.metrics import EVERYBODY
from sim.app.goal_view import goal_view, is_of_goal
from sim.app.lines import POINTS, entry_of, lines_of, lines_of_shares
from sim.experiments.result import Result
from sim.number_format import exact_percent, in_renewals
from sim.reports.comparison import (
    arms_in_order,
    cash_doubt,
    cash_gains,
    currency_of,
    difference_name,
    effectiveness_curves,
    other_arms,
)
from sim.reports.difference_table import difference_rows, earns_the_same, payback_of
from sim.reports.scope import scope_of
from sim.reports.weekly_series import weekly_series

__all__ = ["headline", "view"]

_LINES = {"market_share": "Market share", "loop_share": "Purchases won in the loyalty loop"}


def view(result: Result) -> dict[str, Any]:
    """Return all that the page draws of a result, but the journey map and single lives.

    Parameters
    ----------
    result : Result
        With any number of replicates.

    Returns
    -------
    dict
        JSON-ready, without NaN.
    """
    scenario, summary = result.scenario, result.summary_json
    return {
        "replicates": result.replicates,
        "scope": scope_of(scenario),
        "step": scenario.step,
        "covers": "luck and the doubt about effects" if result.doubts else "luck alone",
        "arms": arms_in_order(result),
        "verdict": [part for part in str(summary["verdict"]).split("\n") if part],
        **(goal_view(result) if is_of_goal(result) else _money_view(result)),
    }


def _money_view(result: Result) -> dict[str, Any]:
    """Return what the page draws where something is bought."""
    scenario, summary = result.scenario, result.summary_json
    series = [
        *((title, lines_of_shares(period_middles(scenario.horizon), weekly_series(result, metric), result))
          for metric, title in _LINES.items()),
        ("Customers whose last purchase was of the brand", _kept(result)),
    ]  # fmt: skip
    return {
        "headline": [headline(result, arm) for arm in other_arms(result)],
        "metrics": {arm: list(_metrics(result, arm)) for arm in other_arms(result)},
        "personasTitle": "For whom it pays",
        "personas": {arm: list(_personas(result, arm)) for arm in other_arms(result)},
        "cash": _cash(result),
        "series": [{"title": in_renewals(title, bool(summary.get("renews"))), **lines} for title, lines in series],
        "breakEven": _break_even(result),
    }


def headline(result: Result, arm: str) -> dict[str, Any]:
    """Return the difference in contribution of an arm, in words and as numbers.

    Parameters
    ----------
    result : Result
    arm : str
        Any but the baseline.

    Returns
    -------
    dict
        ``arm``, ``of`` (what differs), ``text``, ``interval`` and the numbers ``mean``, ``low``, ``high``.
    """
    entry = result.summary_json["differences"][difference_name(result, arm)]["contribution"]
    of = f"contribution of {arm} against {result.scenario.baseline}"
    return {"arm": arm, "of": of, **entry_of(entry, "money", result, sign=True)}


def _metrics(result: Result, arm: str) -> Iterable[dict[str, Any]]:
    """Yield the table of differences, in the words of the report."""
    summary = result.summary_json
    differences = summary["differences"][difference_name(result, arm)]
    for row in difference_rows(summary, arm, result.scenario.market.economics.currency):
        entry = payback_of(differences) if row.metric == "payback_week" else differences[row.metric]
        yield {
            "key": row.metric,
            "title": row.name,
            "about": row.about,
            "baseline": row.baseline,
            "arm": row.arm,
            "difference": {
                "text": f"{row.difference}{row.beside}",
                "interval": row.interval,
                "mean": entry["mean"],
                "low": entry["ci_low"],
                "high": entry["ci_high"],
            },
        }


def _personas(result: Result, arm: str) -> Iterable[dict[str, Any]]:
    summary, scenario = result.summary_json, result.scenario
    titles = {EVERYBODY: "Everybody"} | {item.name: item.title or item.name for item in scenario.personas}
    blocks = {EVERYBODY: summary, **summary["personas"]}
    heads = {EVERYBODY: float(scenario.market_customers), **summary["persona_customers"]}
    for name, title in titles.items():
        entry = blocks[name]["differences"][difference_name(result, arm)]["contribution"]
        count = heads[name]
        each = {
            key: None if entry[key] is None or not count else entry[key] / count
            for key in ("mean", "ci_low", "ci_high")
        }
        yield {
            "title": title,
            "customers": round(count),
            "each": " a customer",
            **entry_of(each, "money", result, sign=True),
        }


def _often(share: float | None) -> str:
    """Return in how many of the replicates an arm pays back; nothing where it does in all, or in none."""
    return f" in {exact_percent(share, 0)} of the replicates" if share is not None and 0.0 < share < 1.0 else ""


def _cash(result: Result) -> dict[str, Any]:
    weeks = np.unique(np.linspace(0, result.scenario.horizon - 1, POINTS).round().astype(int))
    doubt = cash_doubt(result)
    bands = {arm: doubt.band(arm, np.cumsum(gain, axis=1), weeks) for arm, gain in cash_gains(result).items()}
    payback = {}
    for arm in other_arms(result):
        found = result.summary_json["differences"][difference_name(result, arm)]
        payback[arm] = {
            **entry_of(payback_of(found), "weeks", result, sign=False),
            "nothing_to_pay": earns_the_same(found),
            "often": _often(payback_of(found)["share"]),
        }
    return {
        "title": f"Cumulative cash against {result.scenario.baseline}, {currency_of(result)}",
        "payback": payback,
        **lines_of(weeks.astype(float), bands),
    }


def _kept(result: Result) -> dict[str, Any]:
    """Return by arm the share of all customers who last bought the brand, by week."""
    brand = result.scenario.focal
    step = max(1, result.scenario.horizon // POINTS)
    weeks = np.arange(0, result.scenario.horizon, step)
    shares = {
        arm: result.series(arm, lambda history: history.incumbents[:, :, brand].sum(axis=1))[:, weeks]
        / result.scenario.population
        for arm in arms_in_order(result)
    }
    return lines_of_shares(weeks.astype(float), shares, result)


def _break_even(result: Result) -> dict[str, Any] | None:
    curves = effectiveness_curves(result)
    if not curves:
        return None
    out = {}
    for arm, curve in curves.items():
        at = {"mean": curve.break_even.mean, "ci_low": curve.break_even.low, "ci_high": curve.break_even.high}
        out[arm] = {
            "grid": list(curve.grid),
            "mean": [gap.mean for gap in curve.gains],
            "low": [gap.low for gap in curve.gains],
            "high": [gap.high for gap in curve.gains],
            "at": entry_of(at, "share", result, sign=False),
        }
    return out
