"""Scope: of how many customers a result is, how many were simulated for it, and over which time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.number_format import count, counted
from sim.scenario.calendar import day_in_words, read_day
from sim.scenario.resolved import ResolvedScenario

__all__ = ["customers_in_words", "horizon_in_words", "scope_of", "scope_of_summary", "steps_axis"]


def customers_in_words(market: int, simulated: int) -> str:
    """Say how many customers the market has, and how many were simulated where that is another number.

    Examples
    --------
    >>> customers_in_words(20_000, 20_000), customers_in_words(200, 20_000)
    ('20,000 customers', '200 customers (20,000 simulated)')
    """
    beside = "" if market == simulated else f" ({count(simulated)} simulated)"
    return f"{counted(market, 'customer')}{beside}"


def horizon_in_words(horizon: int, step: str, start_date: str | None) -> str:
    """Say how long a horizon is and, where that is known, on which day it begins.

    Parameters
    ----------
    horizon : int
        Steps.
    step : str
        What one step is.
    start_date : str or None
        Day on which step 0 begins, YYYY-MM-DD.

    Returns
    -------
    str

    Examples
    --------
    >>> horizon_in_words(52, "week", None), horizon_in_words(52, "week", "2026-01-05")
    ('52 weeks', '52 weeks from 5 January 2026')
    """
    since = "" if start_date is None else f" from {day_in_words(read_day(start_date))}"
    return f"{counted(horizon, step)}{since}"


def steps_axis(scenario: ResolvedScenario) -> str:
    """Return the label of an axis of steps: `week of the horizon`, or `week, from 5 January 2026 on`."""
    if scenario.starts is None:
        return f"{scenario.step} of the horizon"
    return f"{scenario.step}, from {day_in_words(scenario.starts)} on"


def scope_of(scenario: ResolvedScenario) -> str:
    """Return customers and horizon of a scenario: `20,000 customers, 260 weeks`."""
    customers = customers_in_words(scenario.market_customers, scenario.population)
    return f"{customers}, {horizon_in_words(scenario.horizon, scenario.step, scenario.start_date)}"


def scope_of_summary(summary: Mapping[str, Any]) -> str:
    """Return customers and horizon of what a `summary.json` says.

    Parameters
    ----------
    summary : mapping
        With ``market_customers``, ``simulated_customers``, ``horizon`` and ``step``.

    Returns
    -------
    str
    """
    customers = customers_in_words(summary["market_customers"], summary["simulated_customers"])
    return f"{customers}, {horizon_in_words(summary['horizon'], summary['step'], summary.get('start_date'))}"
