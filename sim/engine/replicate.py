"""Replicate: the shared burn-in once, then every arm from a copy of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.memory import aligned_zeros
from agents.population import MAX_WEEK, Population, allocate_accounts, clear, copy_into, free, part_of, take
from sim.engine.birth import birth
from sim.engine.kept import KeptRuns
from sim.engine.loop import EVENTS_PER_WEEK, begin_horizon, count_loyal, make_barrier, run_weeks
from sim.engine.workspace import Workspace, allocate_workspace, free_workspace
from sim.record.counters import ByPersona, Counters, allocate_counters, merge, with_room
from sim.record.goal_times import goal_times, standing_at
from sim.record.history import History
from sim.record.recorder import (
    Stocks,
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
from sim.world.birth import Birth, compile_birth
from sim.world.compile import compile_world
from sim.world.market import MarketState, allocate_market, start_from
from sim.world.world import World

__all__ = ["Stopped", "run_replicate"]

#: Customer-weeks of a thread between two looks at the clock: about a twentieth of a second.
_PAUSE_CUSTOMER_WEEKS = 4_000_000


class Stopped(Exception):
    """The run was asked to stop; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Customers that one thread runs: views into the population, with memory and counters of their own."""

    workspace: Workspace
    counters: Counters
    population: Population
    sampled: int = 0  # how many of them are logged


@dataclass(frozen=True, slots=True)
class _Phase:
    """A run of weeks in one world, and where its market is recorded."""

    start: int
    end: int
    world: World
    market: MarketState
    fixed: NDArray[np.int64]
    trace: Traced
    adopted_before: int


def _cut(
    world: World, population: Population, count: int, weeks: int, sizes: tuple[int, int, int, int], accounts: Any
) -> list[_Part]:
    """Cut the population into ``count`` parts, each with counters for so many weeks; ``sizes`` are P, K, B, G."""
    parts, start = [], 0
    for part in _views(population, count):
        stop = start + part.due.size
        own = accounts if count == 1 else accounts[start:stop]
        counters = allocate_counters(weeks, *sizes, own)
        parts.append(_Part(allocate_workspace(world, part.people, start), counters, part))
        start = stop
    return parts


def _views(population: Population, count: int) -> list[Population]:
    """Cut into ``count`` parts of neighbours, about as many each."""
    if count == 1:
        return [population]
    edges = np.linspace(0, population.due.size, count + 1).astype(np.int64)
    return [part_of(population, start, stop) for start, stop in zip(edges[:-1], edges[1:], strict=True)]


def _copied(population: Population, sizes: tuple[int, ...], count: int, pool: Executor | None) -> Population:
    """Return the same customers once more."""
    _, stages, brands, _ = sizes
    other = take(population.due.size, brands, stages, population.visits.size > 0, population.reached.size > 0)
    pairs = zip(_views(other, count), _views(population, count), strict=True)
    _together([partial(copy_into, *pair) for pair in pairs], pool)
    return other


def _run(parts: list[_Part], phase: _Phase, pool: Executor | None, between_weeks: Callable[[int], None]) -> list[_Part]:
    """Weeks of one population, each part in a thread of its own; all leave compiled code together now and then."""
    customers = sum(part.population.due.size for part in parts)
    barrier = make_barrier(len(parts), *phase.market.standing.shape)
    week = phase.start
    pause = max(1, _PAUSE_CUSTOMER_WEEKS * len(parts) // customers)
    while week < phase.end:
        parts = [replace(p, counters=with_room(p.counters, p.sampled * EVENTS_PER_WEEK)) for p in parts]
        span = (week, min(phase.end, week + pause), phase.start, phase.world, phase.market)
        rest = (phase.fixed, phase.trace, phase.adopted_before)
        calls = [
            partial(run_weeks, *span, p.workspace, p.counters, p.population, *rest, p.sampled, barrier, number)
            for number, p in enumerate(parts)
        ]
        reached = int(_together(calls, pool)[0])
        between_weeks((reached - week) * customers)
        week = reached
    return parts


def _counted(
    parts: Sequence[_Part],
    count: Callable[[_Part, NDArray[np.int64]], Any],
    shape: tuple[int, ...],
    pool: Executor | None,
) -> tuple[list[Any], NDArray[np.int64]]:
    """Count something in all parts, in an array of this shape each; returns what each count returned, and the sum."""
    counts = [aligned_zeros(shape, np.int64) for _ in parts]
    returned = _together([partial(count, *pair) for pair in zip(parts, counts, strict=True)], pool)
    return returned, np.sum(counts, axis=0)


def _together(calls: Sequence[Callable[[], Any]], pool: Executor | None) -> list[Any]:
    """Do all at the same time; the first one in this thread."""
    if pool is None:
        return [call() for call in calls]
    jobs = [pool.submit(call) for call in calls[1:]]
    return [calls[0](), *(job.result() for job in jobs)]


def run_replicate(
    scenario: ResolvedScenario,
    *,
    seed: int,
    replicate: int,
    threads: int = 1,
    arms_at_once: int = 1,
    on_progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
    kept: KeptRuns | None = None,
    arms: Collection[str] | None = None,
) -> dict[str, History]:
    """Run one replicate of every arm of a scenario.

    Parameters
    ----------
    scenario : ResolvedScenario
    seed, replicate : int
        Keys of luck; arms share both.
    threads : int
        Threads that share the customers; any number gives the same bytes.
    arms_at_once : int
        Arms that are run at the same time, each in a thread of its own, where one thread has all customers.
    on_progress : callable, optional
        Called with the customer-weeks run since the last call.
    stop : threading.Event, optional
        When set, the run ends at the next pause of the compiled loop.
    kept : KeptRuns, optional
        Burn-ins and arms of earlier calls; what is found there is not run again, and what is run is put there.
    arms : collection of str, optional
        Which arms are run after the burn-in; all by default.

    Returns
    -------
    dict of str to History
        By arm, in the scenario's order.

    Raises
    ------
    ValueError
        If the run is longer than customers' clocks reach.
    Stopped
        If ``stop`` was set.
    """

    def between_weeks(done: int) -> None:
        if on_progress is not None:
            on_progress(done)
        if stop is not None and stop.is_set():
            raise Stopped

    weeks = scenario.burn_in + scenario.horizon
    if weeks > MAX_WEEK:
        raise ValueError(f"burn_in + horizon is {weeks} weeks; at most {MAX_WEEK} fit the clocks of customers")
    count = max(1, min(threads, scenario.population))
    if count == 1:
        return _run_arms(scenario, (seed, replicate), _Threads(1, None, between_weeks, arms_at_once), kept, arms)
    with ThreadPoolExecutor(count - 1) as pool:
        return _run_arms(scenario, (seed, replicate), _Threads(count, pool, between_weeks), kept, arms)


@dataclass(frozen=True, slots=True)
class _Threads:
    """How many threads share the customers, where all but the first run, and what is called between weeks.

    ``arms`` is how many arms are run at the same time.
    """

    count: int
    pool: Executor | None
    between_weeks: Callable[[int], None]
    arms: int = 1


@dataclass(frozen=True, slots=True)
class _BurnIn:
    """What the arms start from: the customers, the market and the counts of the burn-in that they share."""

    population: Population
    market: MarketState
    sizes: tuple[int, int, int, int]  # P, K, B, G
    trace: Traced
    counters: Counters
    stocks: Stocks
    sampled: list[Any]  # by part, how many customers are logged
    at_start: NDArray[np.int64]
    starts: NDArray[np.int64]
    standing: NDArray[np.uint8]  # how customers stand: sim.record.goal_times.AtStart; (0,) where no stage is a goal
    seconds: float


def _born(born: Birth, world: World, part: _Part, stood: NDArray[np.int64]) -> None:
    birth(born, world, part.workspace, part.population, stood)


def _marked(share: float, world: World, part: _Part, loyal: NDArray[np.int64]) -> int:
    return int(begin_horizon(share, world, part.workspace, part.population.people, loyal))


def _loyal(world: World, part: _Part, loyal: NDArray[np.int64]) -> None:
    count_loyal(world, part.population.people, loyal)


def _run_burn_in(scenario: ResolvedScenario, keys: tuple[int, int], threads: _Threads) -> _BurnIn:
    """Draw the customers and run the burn-in; ``keys`` are the seed and the replicate."""
    began = time.perf_counter()
    n, brands, weeks = scenario.population, len(scenario.brands), scenario.burn_in + scenario.horizon
    world = compile_world(scenario, scenario.arms[scenario.baseline], *keys)
    market = allocate_market(world)
    personas, stages, groups = len(scenario.personas), world.node_of.shape[1], market.standing.shape[0]
    sizes = (personas, stages, brands, groups)
    has_goal = bool(world.nodes.goal.any())
    population = take(n, brands, stages, world.by_visit.size > 0, has_goal)
    trace = allocate_trace(weeks, groups, brands)
    _together([partial(clear, part) for part in _views(population, threads.count)], threads.pool)
    parts = _cut(world, population, threads.count, scenario.burn_in, sizes, allocate_accounts(0))
    _, stood = _counted(parts, partial(_born, compile_birth(scenario), world), (personas, stages), threads.pool)
    fixed = np.zeros((scenario.burn_in, brands, 3), np.int64)
    parts = _run(
        parts, _Phase(0, scenario.burn_in, world, market, fixed, trace, 0), threads.pool, threads.between_weeks
    )
    counters = merge([part.counters for part in parts])
    stocks = stocks_after(stocks_at_birth(stood, brands), counters, float(world.fatigue_left[1]))
    share = min(1.0, scenario.record.events / n)
    sampled, at_start = _counted(parts, partial(_marked, share, world), (personas,), threads.pool)
    starts = starts_of(population.people)
    # What counts is who comes to a goal within the horizon.
    population.reached[:] = 0
    standing = standing_at(world, population.people.stage[: population.reached.size])
    for part in parts:
        free_workspace(world, part.workspace)
    seconds = time.perf_counter() - began
    return _BurnIn(population, market, sizes, trace, counters, stocks, sampled, at_start, starts, standing, seconds)


def _run_arms(
    scenario: ResolvedScenario,
    keys: tuple[int, int],
    threads: _Threads,
    kept: KeptRuns | None,
    arms: Collection[str] | None,
) -> dict[str, History]:
    """Run arms from a copy of the burn-in, or take them from what is kept."""
    wanted = [name for name in scenario.arms if arms is None or name in arms]
    found = {} if kept is None else {name: kept.find(kept.key(scenario, name, *keys, threads.count)) for name in wanted}
    asked = [name for name in wanted if found.get(name) is None]
    if not asked:
        return found
    past = _find_burn_in(scenario, keys, threads, kept)
    if threads.arms > 1 and len(asked) > 1:
        with ThreadPoolExecutor(threads.arms) as pool:
            run = partial(_run_arm, scenario, keys=keys, past=past, threads=threads, copy=True)
            new = dict(zip(asked, pool.map(run, asked), strict=True))
    else:
        # The last arm may use up the burn-in's customers, unless they are kept.
        used_up = None if kept is not None else asked[-1]
        new = {name: _run_arm(scenario, name, keys, past, threads, copy=name != used_up) for name in asked}
    if kept is None:
        free(past.population)
    elif kept.arms:
        for name, history in new.items():
            kept.put(kept.key(scenario, name, *keys, threads.count), history)
    return {name: new[name] if name in new else found[name] for name in wanted}


def _find_burn_in(
    scenario: ResolvedScenario, keys: tuple[int, int], threads: _Threads, kept: KeptRuns | None
) -> _BurnIn:
    """Take the burn-in from what is kept, or run it."""
    if kept is None:
        return _run_burn_in(scenario, keys, threads)
    key = kept.key(scenario, None, *keys, threads.count)
    past: _BurnIn | None = kept.find(key)
    if past is None:
        past = _run_burn_in(scenario, keys, threads)
        kept.put(key, past)
    return past


def _run_arm(
    scenario: ResolvedScenario, name: str, keys: tuple[int, int], past: _BurnIn, threads: _Threads, *, copy: bool
) -> History:
    """Run one arm over the horizon."""
    began = time.perf_counter()
    personas, _, brands, _ = past.sizes
    n, start, weeks = scenario.population, scenario.burn_in, scenario.burn_in + scenario.horizon
    adopters = past.counters.by_persona[:, :, ByPersona.ADOPTED].sum(axis=1)
    keep = n if n <= scenario.record.lives or scenario.record.customers else 0
    world = compile_world(scenario, scenario.arms[name], *keys)
    here = _copied(past.population, past.sizes, threads.count, threads.pool) if copy else past.population
    accounts = allocate_accounts(keep)
    parts = _cut(world, here, threads.count, scenario.horizon, past.sizes, accounts)
    parts = [replace(part, sampled=logged) for part, logged in zip(parts, past.sampled, strict=True)]
    parts[0].counters.talk[:] = past.counters.talk
    trace = continued_trace(past.trace, start)
    fixed = np.zeros((scenario.horizon, brands, 3), np.int64)
    adopted_before = int(adopters[-1]) if start else 0
    phase = _Phase(start, weeks, world, start_from(past.market), fixed, trace, adopted_before)
    parts = _run(parts, phase, threads.pool, threads.between_weeks)
    _, still = _counted(parts, partial(_loyal, world), (personas,), threads.pool)
    ends = [partial(final_states, world, part.counters.accounts, part.population.people) for part in parts]
    states = _together(ends, threads.pool)
    people = here.people.persona[: here.reached.size]
    goal = goal_times(here.reached, past.standing, people, (start, weeks), personas)
    for part in parts:
        free_workspace(world, part.workspace)
    history = make_history(
        name,
        world,
        past.stocks,
        merge([part.counters for part in parts]),
        lives_of(accounts, states),
        trace,
        fixed,
        past.at_start,
        still,
        past.starts,
        goal,
        int(adopters.sum()),
        past.seconds / len(scenario.arms) + time.perf_counter() - began,
    )
    if copy:
        free(here)
    return history
