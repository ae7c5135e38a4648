"""Minor units: how finely the money of a scenario is counted, by the finest amount that it types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.money import CENTS, MILLICENTS, is_counted
from agents.strategies import CAPABILITIES, Strategy
from sim.scenario.journey import Journey
from sim.scenario.market import Market

__all__ = ["minor_units_of"]


def minor_units_of(market: Market, journeys: Iterable[Journey], strategies: Iterable[Strategy]) -> float:
    """Return how many of the units in which money is counted make up one unit of money.

    Parameters
    ----------
    market : Market
    journeys : iterable of Journey
    strategies : iterable of Strategy
        All of a scenario.

    Returns
    -------
    float
        `CENTS`, unless an amount is typed finer: `MILLICENTS` then.

    Notes
    -----
    Of prices and margins those below one unit of money decide: of a larger one the cent is less than half a percent.

    Examples
    --------
    >>> from agents.strategies import Costs
    >>> from sim.scenario.market import Market
    >>> minor_units_of(Market(), [], [Strategy(costs=Costs(contact=0.02))])
    100.0
    >>> minor_units_of(Market(), [], [Strategy(costs=Costs(contact=0.001))])
    100000.0
    """
    for amount in _amounts(market, journeys, strategies):
        if not is_counted(amount):
            return MILLICENTS
    return CENTS


def _amounts(market: Market, journeys: Iterable[Journey], strategies: Iterable[Strategy]) -> Iterator[float]:
    for strategy in strategies:
        costs = strategy.costs
        yield costs.contact
        yield costs.experiment
        for name in CAPABILITIES:
            yield getattr(costs.build, name).amount
            yield getattr(costs.run, name).amount
    for channel in market.channels.values():
        yield channel.cost
    for brand in market.brands.values():
        yield from (amount for amount in (brand.price, brand.unit_margin) if abs(amount) < 1.0)
    for journey in journeys:
        for stage in journey.stages.values():
            yield stage.cost
            yield stage.ancillary
