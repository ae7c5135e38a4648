"""Scope: of how many customers a result is, how many were simulated for it, and over which time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.number_format import count, counted
from sim.scenario.resolved import ResolvedScenario

__all__ = ["customers_in_words", "scope_of", "scope_of_summary"]


def customers_in_words(market: int, simulated: int) -> str:
    """Say how many customers the market has, and how many were simulated where that is another number.

    Examples
    --------
    >>> customers_in_words(20_000, 20_000), customers_in_words(200, 20_000)
    ('20,000 customers', '200 customers (20,000 simulated)')
    """
    beside = "" if market == simulated else f" ({count(simulated)} simulated)"
    return f"{counted(market, 'customer')}{beside}"


def scope_of(scenario: ResolvedScenario) -> str:
    """Return customers and horizon of a scenario: `20,000 customers, 260 weeks`."""
    customers = customers_in_words(scenario.market_customers, scenario.population)
    return f"{customers}, {counted(scenario.horizon, scenario.step)}"


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
    return f"{customers}, {counted(summary['horizon'], summary['step'])}"
