"""Live one replicate: the shared burn-in once, then every arm from a copy of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.memory import aligned_zeros
from agents.population import MAX_WEEK, Population, allocate, allocate_accounts, copy_into
from sim.engine.loop import MOMENTS_PER_WEEK, begin_horizon, birth, count_loyal, make_meeting, run_weeks
from sim.record.counters import ByPersona, Tally, allocate_tally, merge
from sim.record.history import History
from sim.record.recorder import Traced, allocate_trace, make_history, stocks_after, stocks_at_birth
from sim.scenario.resolved import ResolvedScenario
from sim.world.world import World, compile_birth, compile_world, fork

__all__ = ["Stopped", "live_replicate"]

#: Customer-weeks of a thread between two looks at the clock: about a twentieth of a second.
_BREATH = 4_000_000


class Stopped(Exception):
    """The run was asked to stop; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class _Shard:
    """Customers that one thread looks after: views into the population, and a world with counters of its own."""

    world: World
    population: Population
    sampled: int = 0  # how many of them are logged


@dataclass(frozen=True, slots=True)
class _Phase:
    """A run of weeks, and where its market is written down."""

    start: int
    end: int
    fixed: NDArray[np.int64]
    traced: Traced
    adopted_before: int


def _cut(world: World, population: Population, accounts: Any, count: int, fresh: Callable[[], Tally]) -> list[_Shard]:
    """Cut the population into ``count`` shards of neighbouring customers."""
    shards = []
    start = 0
    for part in _parts(population, count):
        stop = start + part.due.size
        shards.append(_Shard(fork(world, fresh(), accounts[start:stop], start, part.people), part))
        start = stop
    return shards


def _parts(population: Population, count: int) -> list[Population]:
    """Cut into ``count`` parts of neighbours, about as many each."""
    edges = np.linspace(0, population.due.size, count + 1).astype(np.int64)
    return [
        Population(*(column[start:stop] for column in population))
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]


def _copied(population: Population, brands: int, count: int, crew: Executor | None) -> Population:
    """Return the same customers once more."""
    other = allocate(population.due.size, brands)
    pairs = zip(_parts(other, count), _parts(population, count), strict=True)
    _together([partial(copy_into, *pair) for pair in pairs], crew)
    return other


def _tally(shard: _Shard) -> Tally:
    return Tally(*(getattr(shard.world, name) for name in Tally._fields))


def _with_room(shard: _Shard) -> _Shard:
    """The same shard, with room for another week of events at least."""
    old, week = shard.world.events, shard.sampled * MOMENTS_PER_WEEK
    if shard.world.event_count[0] + week <= len(old):
        return shard
    events = np.zeros((2 * len(old) + week, old.shape[1]), np.int64)
    events[: len(old)] = old
    return replace(shard, world=shard.world._replace(events=events))


def _live(shards: list[_Shard], phase: _Phase, crew: Executor | None, breathe: Callable[[int], None]) -> list[_Shard]:
    """Weeks of one population, each shard in a thread of its own; all leave compiled code together, for a breath."""
    world = shards[0].world
    customers = sum(shard.population.due.size for shard in shards)
    meeting = make_meeting(len(shards), *world.standing.shape)
    week = phase.start
    pause = max(1, _BREATH * len(shards) // customers)
    while week < phase.end:
        shards = [_with_room(shard) for shard in shards]
        span = (week, min(phase.end, week + pause), phase.start)
        rest = (phase.fixed, phase.traced, phase.adopted_before)
        calls = [
            partial(run_weeks, *span, shard.world, shard.population, *rest, shard.sampled, meeting, place)
            for place, shard in enumerate(shards)
        ]
        reached = int(_together(calls, crew)[0])
        breathe((reached - week) * customers)
        week = reached
    return shards


def _counted(
    shards: Sequence[_Shard], count: Callable[..., Any], shape: tuple[int, ...], crew: Executor | None
) -> tuple[list[Any], NDArray[np.int64]]:
    """Count something in all shards, in an array of this shape each; returns what each count returned, and the sum."""
    counts = [aligned_zeros(shape, np.int64) for _ in shards]
    calls = zip(shards, counts, strict=True)
    told = _together([partial(count, shard.world, shard.population.people, mine) for shard, mine in calls], crew)
    return told, np.sum(counts, axis=0)


def _together(calls: Sequence[Callable[[], Any]], crew: Executor | None) -> list[Any]:
    """Do all at the same time; the first one in this thread."""
    if crew is None:
        return [call() for call in calls]
    jobs = [crew.submit(call) for call in calls[1:]]
    return [calls[0](), *(job.result() for job in jobs)]


def live_replicate(
    scenario: ResolvedScenario,
    *,
    seed: int,
    replicate: int,
    threads: int = 1,
    on_progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
) -> dict[str, History]:
    """Live one replicate of every arm of a scenario.

    Parameters
    ----------
    scenario : ResolvedScenario
    seed, replicate : int
        Keys of luck; arms share both.
    threads : int
        Threads that share the customers; any number gives the same bytes.
    on_progress : callable, optional
        Told how many customer-weeks have been lived since it was last told.
    stop : threading.Event, optional
        When set, the run ends within a breath.

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

    def breathe(lived: int) -> None:
        if on_progress is not None:
            on_progress(lived)
        if stop is not None and stop.is_set():
            raise Stopped

    weeks = scenario.burn_in + scenario.horizon
    if weeks > MAX_WEEK:
        raise ValueError(f"burn_in + horizon is {weeks} weeks; at most {MAX_WEEK} fit the clocks of customers")
    count = max(1, min(threads, scenario.population))
    if count == 1:
        return _live_all(scenario, seed, replicate, 1, None, breathe)
    with ThreadPoolExecutor(count - 1) as crew:
        return _live_all(scenario, seed, replicate, count, crew, breathe)


def _live_all(
    scenario: ResolvedScenario,
    seed: int,
    replicate: int,
    count: int,
    crew: Executor | None,
    breathe: Callable[[int], None],
) -> dict[str, History]:
    """Live every arm with the customers cut into ``count`` shards."""
    began = time.perf_counter()
    n, brands, weeks = scenario.population, len(scenario.brands), scenario.burn_in + scenario.horizon
    world = compile_world(scenario, scenario.arms[scenario.baseline], seed, replicate)
    personas, stages, groups = len(scenario.personas), world.node_of.shape[1], world.standing.shape[0]

    def counters(length: int, events: int) -> Tally:
        return allocate_tally(length, personas, stages, brands, groups, events)

    population = allocate(n, brands)
    traced = allocate_trace(weeks, groups, brands)
    shards = _cut(world, population, allocate_accounts(0), count, lambda: counters(scenario.burn_in, 0))
    born = compile_birth(scenario)
    _, stood = _counted(shards, partial(birth, born), (personas, stages), crew)
    stocks = stocks_at_birth(stood, brands)
    fixed = np.zeros((scenario.burn_in, brands, 3), np.int64)
    shards = _live(shards, _Phase(0, scenario.burn_in, fixed, traced, 0), crew, breathe)
    past = merge([_tally(shard) for shard in shards])
    stocks = stocks_after(stocks, past, float(world.fatigue_left[1]))
    share = min(1.0, scenario.record.events / n)
    sampled, at_start = _counted(shards, partial(begin_horizon, share), (personas,), crew)
    adopters = past.by_persona[:, :, ByPersona.ADOPTED].sum(axis=1)
    shared = (time.perf_counter() - began) / len(scenario.arms)

    keep = n if n <= scenario.record.lives or scenario.record.customers else 0
    histories: dict[str, History] = {}
    for name, arm in scenario.arms.items():
        began = time.perf_counter()
        mine = compile_world(scenario, arm, seed, replicate)
        for column in ("brands", "standing", "market", "contacting"):
            getattr(mine, column)[:] = getattr(world, column)
        # The last arm may use up the burn-in's customers.
        last = len(histories) == len(scenario.arms) - 1
        here = population if last else _copied(population, brands, count, crew)
        accounts = allocate_accounts(keep)
        shards = _cut(mine, here, accounts, count, lambda: counters(scenario.horizon, 0))
        shards = [replace(shard, sampled=logged) for shard, logged in zip(shards, sampled, strict=True)]
        shards[0].world.talk[:] = past.talk
        seen = allocate_trace(weeks, groups, brands)
        for kept, lived in zip(seen, traced, strict=True):
            kept[: scenario.burn_in] = lived[: scenario.burn_in]
        fixed = np.zeros((scenario.horizon, brands, 3), np.int64)
        adopted_before = int(adopters[-1]) if scenario.burn_in else 0
        shards = _live(shards, _Phase(scenario.burn_in, weeks, fixed, seen, adopted_before), crew, breathe)
        _, still = _counted(shards, count_loyal, (personas,), crew)
        histories[name] = make_history(
            name,
            mine,
            stocks,
            merge([_tally(shard) for shard in shards]),
            here.people,
            accounts,
            seen,
            fixed,
            at_start,
            still,
            int(adopters.sum()),
            shared + time.perf_counter() - began,
        )
    return histories
