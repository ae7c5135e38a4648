"""Plan value: how what a plan is worth, a difference between plans, and what more money brings are written."""

from __future__ import annotations

from typing import Any

from sim.analysis.metrics import COST_METRICS, HIGHEST_YEAR
from sim.analysis.paired import Estimate
from sim.analysis.summary import size_of
from sim.experiments.optimize import Optimum
from sim.experiments.plan import PlanQuestion
from sim.experiments.plan_limit import SPENT
from sim.number_format import quantity
from sim.reports.labels import words_of

__all__ = [
    "goal_words",
    "money_unit",
    "shown_difference",
    "shown_value",
    "write_difference",
    "write_goal",
    "write_metric",
    "write_rate",
    "write_value",
]

#: Goals that are amounts over the horizon: one unit of money more is beside them as it is.
_TOTALS = ("npv", "contribution", "revenue")


def goal_words(question: PlanQuestion) -> tuple[str, str]:
    """Return how the goal is called in a sentence, and what kind of number it is."""
    goal = question.goal
    if goal.name == "mix":
        return "the mix of " + ", ".join(goal.weights), "number"
    return _metric_words(question, goal.name)


def _metric_words(question: PlanQuestion, metric: str) -> tuple[str, str]:
    if metric == SPENT:
        return "spending", "money"
    if metric in (HIGHEST_YEAR, *COST_METRICS):
        return metric.replace("_", " "), "money"
    words = words_of(metric, size_of(question.scenario))
    return words.name if words.name.isupper() else words.name[:1].lower() + words.name[1:], words.kind


def shown_value(question: PlanQuestion, value: Estimate) -> Estimate:
    """Return a value as the user reads it: a payback week or an amount spent, not its negative.

    Parameters
    ----------
    question : PlanQuestion
    value : Estimate
        Of a plan. The interval of a mean ends where the figure itself must: neither is below 0, and a payback week
        that is not reached counts as twice the horizon.

    Returns
    -------
    Estimate
    """
    if not question.goal.without_baseline:
        return value
    return _within(question, question.goal.name, shown_difference(question, value))


def _within(question: PlanQuestion, metric: str, value: Estimate) -> Estimate:
    """Return a figure whose interval ends where the figure itself must."""
    if value.ci_low is None or value.ci_high is None or metric not in ("payback_week", SPENT):
        return value
    most = question.never if metric == "payback_week" else value.ci_high
    return Estimate(value.mean, max(0.0, value.ci_low), min(value.ci_high, most))


def shown_difference(question: PlanQuestion, value: Estimate) -> Estimate:
    """Return a difference in value as the user reads it: of a payback week or an amount spent, not of its negative."""
    if not question.goal.without_baseline:
        return value
    mean, low, high = (None if end is None else -end for end in (value.mean, value.ci_low, value.ci_high))
    return Estimate(mean, high, low)


def write_goal(question: PlanQuestion, number: float | None) -> str:
    """Write the value of one plan, as it is judged."""
    whole = question.goal.without_baseline
    return _write(question, -number if whole and number is not None else number, sign=not whole)


def write_value(question: PlanQuestion, value: Estimate) -> dict[str, Any]:
    """Return what a plan is worth, written: `mean`, `low`, `high`, and whether its interval keeps off 0."""
    return _written(question, shown_value(question, value), sign=not question.goal.without_baseline)


def write_metric(question: PlanQuestion, metric: str, value: Estimate) -> dict[str, str]:
    """Return a metric of a plan, written: `mean`, `low`, `high`.

    Parameters
    ----------
    question : PlanQuestion
    metric : str
    value : Estimate
        Of the plan itself, not a difference.

    Returns
    -------
    dict of str to str
    """
    _, kind = _metric_words(question, metric)
    currency, held = question.scenario.market.economics.currency, _within(question, metric, value)
    ends = {"mean": held.mean, "low": held.ci_low, "high": held.ci_high}
    return {name: quantity(end, kind, currency) for name, end in ends.items()}


def write_difference(question: PlanQuestion, value: Estimate) -> dict[str, Any]:
    """Return by how much one plan differs from another, written as for :func:`write_value`, always with its sign."""
    return _written(question, shown_difference(question, value), sign=True)


def money_unit(found: Optimum) -> float:
    """Return so much more money as what it brings is told of: 1, or a round part of what the plan spends.

    Parameters
    ----------
    found : Optimum

    Returns
    -------
    float
        A power of ten, at least 1. 1 where the goal is an amount over the horizon.
    """
    goal = found.question.goal
    if set(goal.weights) & set(_TOTALS):
        return 1.0
    whole = int(max(1.0, found.best_tried.spent))
    return float(10 ** (len(str(whole)) - 1))


def write_rate(question: PlanQuestion, rate: Estimate, unit: float) -> dict[str, Any]:
    """Write what so much more money brings.

    Parameters
    ----------
    question : PlanQuestion
    rate : Estimate
        Of one unit of money.
    unit : float
        How much more money.

    Returns
    -------
    dict
        `mean`, `low` and `high`, written, and `resolved`.
    """
    shown = shown_difference(question, rate)
    ends = (shown.mean, shown.ci_low, shown.ci_high)
    scaled = Estimate(*(None if end is None else end * unit for end in ends))
    return _written(question, scaled, sign=unit != 1.0)


def _written(question: PlanQuestion, value: Estimate, *, sign: bool) -> dict[str, Any]:
    low, high = value.ci_low, value.ci_high
    clear = low is not None and high is not None and (low > 0.0 or high < 0.0)
    ends = {"mean": value.mean, "low": low, "high": high}
    return {name: _write(question, end, sign=sign) for name, end in ends.items()} | {"resolved": clear}


def _write(question: PlanQuestion, number: float | None, *, sign: bool) -> str:
    _, kind = goal_words(question)
    text = quantity(number, kind, question.scenario.market.economics.currency, sign=sign)
    if kind == "weeks" and sign and number is not None:
        # A difference between two weeks is a number of them; the week itself is a date.
        return f"{text} {question.scenario.step}{'' if abs(number) == 1.0 else 's'}"
    return text
