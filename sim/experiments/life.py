"""Life: one customer's horizon in one arm, replayed alone from the recorded weekly state of the market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.customer import Customer
from agents.environment import Decision
from agents.population import allocate_accounts
from sim.record.counters import Counters, allocate_counters
from sim.record.history import MarketTrace
from sim.reference.environment import WorldEnvironment, draw_customer
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario
from sim.world.birth import compile_birth
from sim.world.compile import compile_world
from sim.world.market import MarketState, allocate_market, market_week, start_from
from sim.world.world import World

__all__ = ["Life", "WeekDecision", "replay"]


@dataclass(frozen=True, slots=True)
class WeekDecision:
    """A decision, and the week of the horizon and the stage in which it was made."""

    week: int
    stage: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Life:
    """A customer's horizon in one arm.

    Attributes
    ----------
    arm : str
    events : tuple of tuple of int
        Rows of the event log, with the columns of :data:`sim.record.events.EVENT`.
    decisions : tuple of WeekDecision
        In the order in which they were made.
    purchases, focal_purchases : int
        Of any brand, and of the focal brand.
    spend, value : int
        Spent on the focal brand, and discounted contribution to it; in minor units.
    """

    arm: str
    events: tuple[tuple[int, ...], ...]
    decisions: tuple[WeekDecision, ...]
    purchases: int
    focal_purchases: int
    spend: int
    value: int


class _Observer(WorldEnvironment):
    """An environment that records every event and every decision of one customer."""

    def __init__(
        self, world: World, market: MarketState, counters: Counters, phase_start: int, customer_id: int
    ) -> None:
        super().__init__(world, market, counters, phase_start, customer_id)
        self.sampled = frozenset({customer_id})
        self.decisions: list[WeekDecision] = []

    def decided(self, customer: Customer, decision: Decision) -> None:
        """Record the decision."""
        self.decisions.append(WeekDecision(self.row, customer.stage, decision))


def _set_market(environment: WorldEnvironment, trace: MarketTrace, week: int, fixed: NDArray[np.int64]) -> None:
    """Set the market to its state in a week: strategies by their calendar, all else as recorded."""
    market = environment.market
    market_week(week, environment.phase_start, environment.world, market, environment.counters.talk, 0, fixed)
    market.standing.reputation = trace.reputation[week]
    market.standing.recall = trace.recall_odds[week]
    market.brands.delight = trace.delight[week]
    market.totals.adoption = trace.adoption[week]
    environment.begin(week)


def replay(
    scenario: Scenario, traces: Mapping[str, MarketTrace], *, seed: int, replicate: int, customer: int
) -> tuple[Customer, tuple[Life, ...]]:
    """Simulate one customer alone in every arm.

    Parameters
    ----------
    scenario : Scenario
        What was run.
    traces : mapping of arm to MarketTrace
        Weekly state of the market of a full run with the same scenario, seed and replicate.
    seed, replicate, customer : int
        Keys of the customer's random draws.

    Returns
    -------
    tuple of Customer and tuple of Life
        The customer as it was when the horizon began, and a life per arm, in the scenario's order.
    """
    born = compile_birth(scenario)
    stages = stage_names(scenario.journeys)
    brands = len(scenario.brands)

    def world_of(arm: str) -> World:
        return compile_world(scenario, scenario.arms[arm], seed, replicate)

    def counters_of(market: MarketState, weeks: int, accounts: int) -> Counters:
        sizes = (len(scenario.personas), len(stages), brands, market.standing.shape[0])
        return allocate_counters(weeks, *sizes, allocate_accounts(accounts))

    def life(arm: str) -> tuple[Customer, Life]:
        world = world_of(scenario.baseline)
        market = allocate_market(world)
        past = WorldEnvironment(world, market, counters_of(market, scenario.burn_in, accounts=0), 0, customer)
        agent = Customer(customer, past)
        draw_customer(agent, born)
        fixed = np.zeros((max(scenario.burn_in, scenario.horizon), brands, 3), np.int64)
        for week in range(scenario.burn_in):
            _set_market(past, traces[arm], week, fixed)
            agent.simulate_week()
        counters = counters_of(market, scenario.horizon, accounts=1)
        observer = _Observer(world_of(arm), start_from(market), counters, scenario.burn_in, customer)
        agent.world = observer
        agent.begin_horizon(observer.is_focal(agent))
        before = agent.snapshot()
        for week in range(scenario.burn_in, scenario.burn_in + scenario.horizon):
            _set_market(observer, traces[arm], week, fixed)
            agent.simulate_week()
        account = counters.accounts[0]
        return before, Life(
            arm,
            tuple(tuple(row) for row in observer.events),
            tuple(observer.decisions),
            int(account.purchases),
            int(account.focal_purchases),
            int(account.spend),
            int(account.value),
        )

    lives = [life(arm) for arm in scenario.arms]
    return lives[0][0], tuple(one for _, one in lives)
