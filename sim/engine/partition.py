"""One partition of a replicate's customers, run on any worker; partitions exchange a few counts once a week.

What a week needs of the customers of other partitions is what all of them said and how many bought for the first time:
a few hundred integers. The market of that week follows from them alone, so each partition advances a market of its own
that is the same in all of them, and nothing else ever passes between partitions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population import Population, allocate, allocate_accounts, copy_into, part_of
from agents.rules.due import due_in
from sim.engine.birth import birth
from sim.engine.loop import EVENTS_PER_WEEK, begin_horizon, count_loyal, make_barrier, run_weeks
from sim.engine.workspace import allocate_workspace
from sim.record.counters import ByPersona, Counters, allocate_counters, merge, trimmed, with_room
from sim.record.goal_times import GoalTimes, goal_times, put_together, standing_at
from sim.record.history import History
from sim.record.recorder import (
    Traced,
    allocate_trace,
    continued_trace,
    final_states,
    lives_of,
    make_history,
    starts_of,
    stocks_after,
    stocks_at_birth,
)
from sim.scenario.resolved import ResolvedScenario
from sim.world.birth import compile_birth
from sim.world.compile import compile_world
from sim.world.market import MarketState, allocate_market, market_week, start_from
from sim.world.world import World

__all__ = ["ArmResult", "BurnIn", "Partition", "WeekReport", "histories_of"]


class WeekReport(NamedTuple):
    """What the customers of a partition did in a week that the others need to know."""

    talk: NDArray[np.int64]  # (groups, brands, 2) statements: praise, complaints
    adopted: int  # who bought for the first time


class BurnIn(NamedTuple):
    """A partition's burn-in."""

    occupancy: NDArray[np.int64]  # (P, K) at birth
    counters: Counters
    at_start: NDArray[np.int64]  # (P,) customers of the focal brand when the horizon begins
    starts: NDArray[np.int64]  # (sampled, 2) logged customers and their stages then


class ArmResult(NamedTuple):
    """One arm of a partition."""

    counters: Counters
    still: NDArray[np.int64]  # (P,) of the focal brand's customers at the start, those who still are
    states: dict[str, NDArray[Any]]  # at the end, where accounts are kept
    fixed: NDArray[np.int64]
    trace: Any
    goal: GoalTimes


class Partition:
    """Customers ``first`` to ``last`` of one replicate.

    Called in this order: :meth:`week` for each week of the burn-in, :meth:`finish_burn_in`; then for each arm
    :meth:`begin_arm`, :meth:`week`, :meth:`finish_arm`.

    Parameters
    ----------
    scenario : ResolvedScenario
    seed, replicate : int
        Keys of luck.
    first, last : int
        Ids of the customers, the last one excluded.
    """

    def __init__(self, scenario: ResolvedScenario, seed: int, replicate: int, first: int, last: int) -> None:
        self.scenario, self.seed, self.replicate, self.first = scenario, seed, replicate, first
        self.count = last - first
        self.arms_left = len(scenario.arms)
        world = compile_world(scenario, scenario.arms[scenario.baseline], seed, replicate)
        self.base_market = allocate_market(world)
        personas, stages, brands = len(scenario.personas), world.node_of.shape[1], len(scenario.brands)
        self.sizes = (personas, stages, brands, self.base_market.standing.shape[0])
        self.base_trace = allocate_trace(scenario.burn_in + scenario.horizon, self.sizes[3], brands)
        self.sampled = 0
        customers = allocate(self.count, brands, stages, world.by_visit.size > 0, bool(world.nodes.goal.any()))
        self._enter(world, self.base_market, customers, 0, scenario.burn_in, 0, self.base_trace)
        self.occupancy = np.zeros((personas, stages), np.int64)
        birth(compile_birth(scenario), world, self.workspace, self.population, self.occupancy)

    def _enter(
        self,
        world: World,
        market: MarketState,
        population: Population,
        accounts: int,
        weeks: int,
        start: int,
        trace: Traced,
    ) -> None:
        """Begin a phase of so many weeks."""
        self.world, self.market, self.start, self.trace = world, market, start, trace
        self.population = part_of(population, 0, self.count)
        self.workspace = allocate_workspace(world, self.population.people, self.first)
        self.counters = allocate_counters(weeks, *self.sizes, allocate_accounts(accounts))
        self.fixed = np.zeros((weeks, self.sizes[2], 3), np.int64)
        # The other partitions are elsewhere.
        self.barrier = make_barrier(0, self.sizes[3], self.sizes[2])

    def week(self, week: int, talk: NDArray[np.int64], adopted: int) -> WeekReport:
        """Run one week, after what all partitions said and did in the week before.

        Parameters
        ----------
        week : int
            From the first of the burn-in.
        talk : array of int, shape (G, B, 2)
            Praise and complaints of last week.
        adopted : int
            Who bought for the first time last week.

        Returns
        -------
        WeekReport
        """
        world, market = self.world, self.market
        counters = self.counters = with_room(self.counters, self.sampled * EVENTS_PER_WEEK)
        counters.talk[:] = talk
        started = market_week(week, self.start, world, market, counters.talk, adopted, self.fixed)
        now = (market.standing.reputation, market.standing.recall, market.brands.delight, market.totals.adoption[0])
        for column, value in zip(self.trace, now, strict=True):
            column[week] = value
        if started or week == self.start:
            self.population.due[:] = due_in(week)
        own = (self.workspace, counters, self.population, self.fixed, self.trace)
        run_weeks(week, week + 1, self.start, world, market, *own, 0, self.sampled, self.barrier, 0)
        row = week - self.start
        return WeekReport(counters.talk.copy(), int(counters.by_persona[row, :, ByPersona.ADOPTED].sum()))

    def finish_burn_in(self) -> BurnIn:
        """End the burn-in."""
        share = min(1.0, self.scenario.record.events / self.scenario.population)
        at_start = np.zeros(self.sizes[0], np.int64)
        self.sampled = int(begin_horizon(share, self.world, self.workspace, self.population.people, at_start))
        self.customers = self.population
        self.customers.reached[:] = 0
        self.standing = standing_at(self.world, self.customers.people.stage[: self.customers.reached.size])
        return BurnIn(self.occupancy, trimmed(self.counters), at_start, starts_of(self.population.people, self.first))

    def begin_arm(self, name: str) -> None:
        """Begin an arm with the customers as the burn-in left them."""
        scenario = self.scenario
        world = compile_world(scenario, scenario.arms[name], self.seed, self.replicate)
        # The last arm may use up the burn-in's customers.
        self.arms_left -= 1
        here = self.customers
        if self.arms_left:
            beside = self.customers.visits.size > 0, self.customers.reached.size > 0
            here = allocate(self.count, self.sizes[2], self.sizes[1], *beside)
            copy_into(here, self.customers)
        accounts = self.count if _keeps_accounts(scenario) else 0
        trace = continued_trace(self.base_trace, scenario.burn_in)
        self._enter(world, start_from(self.base_market), here, accounts, scenario.horizon, scenario.burn_in, trace)

    def finish_arm(self) -> ArmResult:
        """End an arm."""
        people, still = self.population.people, np.zeros(self.sizes[0], np.int64)
        count_loyal(self.world, people, still)
        counters = trimmed(self.counters)
        states = final_states(self.world, counters.accounts, people)
        counters = counters._replace(accounts=np.asarray(counters.accounts))
        reached, span = self.population.reached, (self.start, self.start + len(self.fixed))
        goal = goal_times(reached, self.standing, people.persona[: reached.size], span, self.sizes[0])
        return ArmResult(counters, still, states, self.fixed, self.trace, goal)


def _keeps_accounts(scenario: ResolvedScenario) -> bool:
    return scenario.population <= scenario.record.lives or scenario.record.customers


def histories_of(
    scenario: ResolvedScenario,
    seed: int,
    replicate: int,
    burn_ins: list[BurnIn],
    results: dict[str, list[ArmResult]],
    seconds: float,
) -> dict[str, History]:
    """Put the results of all partitions together.

    Parameters
    ----------
    scenario : ResolvedScenario
    seed, replicate : int
    burn_ins : list of BurnIn
        By partition.
    results : dict of str to list of ArmResult
        By arm, by partition.
    seconds : float
        How long it took.

    Returns
    -------
    dict of str to History
        The history of every arm, as one machine would have written it.
    """
    world = compile_world(scenario, scenario.arms[scenario.baseline], seed, replicate)
    left = float(world.fatigue_left[1])
    personas, stages = burn_ins[0].occupancy.shape
    stood = sum((item.occupancy for item in burn_ins), np.zeros((personas, stages), np.int64))
    before = merge([item.counters for item in burn_ins])
    stocks = stocks_after(stocks_at_birth(stood, len(scenario.brands)), before, left)
    at_start = sum((item.at_start for item in burn_ins), np.zeros(personas, np.int64))
    adopters = int(before.by_persona[:, :, ByPersona.ADOPTED].sum())
    histories = {}
    for name, parts in results.items():
        accounts = np.concatenate([item.counters.accounts for item in parts])
        histories[name] = make_history(
            name,
            compile_world(scenario, scenario.arms[name], seed, replicate),
            stocks,
            merge([item.counters for item in parts]),
            lives_of(accounts, [item.states for item in parts]),
            parts[0].trace,
            parts[0].fixed,
            at_start,
            sum((item.still for item in parts), np.zeros(personas, np.int64)),
            np.concatenate([item.starts for item in burn_ins]),
            put_together([item.goal for item in parts]),
            adopters,
            seconds / len(results),
        )
    return histories
