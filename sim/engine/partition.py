"""Shard: some neighbouring customers of one replicate, lived wherever there is room, who meet the others once a week.

What a week needs of the customers of other shards is what all of them said and how many bought for the first time: a
few hundred integers. The market of that week follows from them alone, so each shard lives through a market of its own
that is the same in all of them, and nothing else ever passes between shards.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population import WEEKLY, Population, allocate, allocate_accounts, copy_into
from sim.engine.loop import MOMENTS_PER_WEEK, begin_horizon, birth, count_loyal, make_meeting, run_weeks
from sim.record.counters import ByPersona, Tally, allocate_tally, merge
from sim.record.history import History
from sim.record.recorder import allocate_trace, make_history, stocks_after, stocks_at_birth
from sim.scenario.resolved import ResolvedScenario
from sim.world.market_week import market_week
from sim.world.world import World, compile_birth, compile_world, fork

__all__ = ["Heard", "Lived", "Past", "Shard", "histories_of"]


class Heard(NamedTuple):
    """What the customers of a shard did in a week that others hear of."""

    talk: NDArray[np.int64]  # (groups, brands, 2) statements: praise, complaints
    adopted: int  # who bought for the first time


class Past(NamedTuple):
    """A shard's burn-in."""

    occupancy: NDArray[np.int64]  # (P, K) at birth
    tally: Tally
    at_start: NDArray[np.int64]  # (P,) customers of the focal brand when the horizon begins


class Lived(NamedTuple):
    """One arm of a shard."""

    tally: Tally
    still: NDArray[np.int64]  # (P,) of the focal brand's customers at the start, those who still are
    people: Any  # records at the end, where accounts are kept
    accounts: Any
    fixed: NDArray[np.int64]
    traced: Any


class Shard:
    """Customers ``first`` to ``last`` of one replicate.

    Called in this order: :meth:`begin` (the burn-in), :meth:`week` for each of its weeks, :meth:`finish_past`; then for
    each arm :meth:`begin_arm`, :meth:`week`, :meth:`finish_arm`.

    Parameters
    ----------
    scenario : ResolvedScenario
    seed, replicate : int
        Keys of luck.
    first, last : int
        Numbers of the customers, the last one excluded.
    """

    def __init__(self, scenario: ResolvedScenario, seed: int, replicate: int, first: int, last: int) -> None:
        self.scenario, self.seed, self.replicate, self.first = scenario, seed, replicate, first
        self.count = last - first
        self.weeks = scenario.burn_in + scenario.horizon
        self.arms_left = len(scenario.arms)
        self.past_world = compile_world(scenario, scenario.arms[scenario.baseline], seed, replicate)
        self.personas, self.stages = len(scenario.personas), self.past_world.node_of.shape[1]
        self.groups, self.brands = self.past_world.standing.shape[0], len(scenario.brands)
        self.traced = allocate_trace(self.weeks, self.groups, self.brands)
        population = allocate(self.count, self.brands)
        self.sampled = 0
        self._enter(self.past_world, population, allocate_accounts(0), scenario.burn_in, 0, self.traced)
        self.occupancy = np.zeros((self.personas, self.stages), np.int64)
        birth(compile_birth(scenario), self.world, self.population.people, self.occupancy)

    def _enter(self, world: World, population: Population, accounts: Any, length: int, start: int, traced: Any) -> None:
        """Begin a phase of so many weeks."""
        counters = allocate_tally(length, self.personas, self.stages, self.brands, self.groups, 0)
        self.population = Population(*(column[: self.count] for column in population))
        self.world = fork(world, counters, accounts, self.first, self.population.people)
        self.accounts, self.start, self.seen = accounts, start, traced
        self.fixed = np.zeros((length, self.brands, 3), np.int64)
        # The others are elsewhere.
        self.nobody = make_meeting(0, self.groups, self.brands)

    def week(self, week: int, talk: NDArray[np.int64], adopted: int) -> Heard:
        """Live one week, after what all shards said and did in the week before."""
        world = self.world
        world.talk[:] = talk
        started = market_week(week, self.start, world, adopted, self.fixed)
        now = (world.standing.reputation, world.standing.recall, world.brands.delight, world.market.adoption[0])
        for kept, value in zip(self.seen, now, strict=True):
            kept[week] = value
        if started or week == self.start:
            self.population.due[:] = WEEKLY
        old = world.events
        if world.event_count[0] + self.sampled * MOMENTS_PER_WEEK > len(old):
            events = np.zeros((2 * len(old) + self.sampled * MOMENTS_PER_WEEK, old.shape[1]), np.int64)
            events[: len(old)] = old
            world = self.world = world._replace(events=events)
        rest = (0, self.sampled, self.nobody, 0)
        run_weeks(week, week + 1, self.start, world, self.population, self.fixed, self.seen, *rest)
        row = week - self.start
        return Heard(world.talk.copy(), int(world.by_persona[row, :, ByPersona.ADOPTED].sum()))

    def finish_past(self) -> Past:
        """End the burn-in."""
        share = min(1.0, self.scenario.record.events / self.scenario.population)
        at_start = np.zeros(self.personas, np.int64)
        self.sampled = int(begin_horizon(share, self.world, self.population.people, at_start))
        self.born = self.population
        return Past(self.occupancy, _tally(self.world), at_start)

    def begin_arm(self, name: str) -> None:
        """Begin an arm with the customers as the burn-in left them."""
        scenario = self.scenario
        mine = compile_world(scenario, scenario.arms[name], self.seed, self.replicate)
        for column in ("brands", "standing", "market", "contacting"):
            getattr(mine, column)[:] = getattr(self.past_world, column)
        # The last arm may use up the burn-in's customers.
        self.arms_left -= 1
        here = self.born
        if self.arms_left:
            here = allocate(self.count, self.brands)
            copy_into(here, self.born)
        seen = allocate_trace(self.weeks, self.groups, self.brands)
        for kept, lived in zip(seen, self.traced, strict=True):
            kept[: scenario.burn_in] = lived[: scenario.burn_in]
        keep = self.count if _keeps_accounts(scenario) else 0
        self._enter(mine, here, allocate_accounts(keep), scenario.horizon, scenario.burn_in, seen)

    def finish_arm(self) -> Lived:
        """End an arm."""
        people, still = self.population.people, np.zeros(self.personas, np.int64)
        count_loyal(self.world, people, still)
        kept = people if self.accounts.size else people[:0]
        return Lived(_tally(self.world), still, np.asarray(kept), np.asarray(self.accounts), self.fixed, self.seen)


def _keeps_accounts(scenario: ResolvedScenario) -> bool:
    return scenario.population <= scenario.record.lives or scenario.record.customers


def _tally(world: World) -> Tally:
    tally = Tally(*(getattr(world, name) for name in Tally._fields))
    # Room that was never used need not travel.
    return tally._replace(events=tally.events[: int(tally.event_count[0])])


def histories_of(
    scenario: ResolvedScenario,
    seed: int,
    replicate: int,
    past: list[Past],
    lived: dict[str, list[Lived]],
    seconds: float,
) -> dict[str, History]:
    """Put what all shards left together: the history of every arm, as one machine would have written it.

    Parameters
    ----------
    scenario : ResolvedScenario
    seed, replicate : int
    past : list of Past
        By shard.
    lived : dict of str to list of Lived
        By arm, by shard.
    seconds : float
        How long it took.
    """
    brands = len(scenario.brands)
    world = compile_world(scenario, scenario.arms[scenario.baseline], seed, replicate)
    left = float(world.fatigue_left[1])
    personas, stages = past[0].occupancy.shape
    nobody = allocate(0, brands).people
    stood = sum((item.occupancy for item in past), np.zeros((personas, stages), np.int64))
    before = merge([item.tally for item in past])
    stocks = stocks_after(stocks_at_birth(stood, brands), before, left)
    at_start = sum((item.at_start for item in past), np.zeros(personas, np.int64))
    adopters = int(before.by_persona[:, :, ByPersona.ADOPTED].sum())
    histories = {}
    for name, shards in lived.items():
        mine = compile_world(scenario, scenario.arms[name], seed, replicate)
        people = np.concatenate([item.people for item in shards]).view(np.recarray)
        accounts = np.concatenate([item.accounts for item in shards]).view(np.recarray)
        tally = merge([item.tally for item in shards])
        histories[name] = make_history(
            name,
            mine,
            stocks,
            tally,
            people.astype(nobody.dtype).view(np.recarray) if people.size else nobody,
            accounts,
            shards[0].traced,
            shards[0].fixed,
            at_start,
            sum((item.still for item in shards), np.zeros(personas, np.int64)),
            adopters,
            seconds / len(lived),
        )
    return histories
