"""The loops: over customers, and over weeks; the order within a week is that of :mod:`sim.engine.block`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, expression, inlined, loop
from agents.kernel import calls
from agents.memory import LINE, aligned_zeros
from agents.population import (
    ADOPTED,
    FOCAL_AT_START,
    HOLDS,
    MOVED,
    SAMPLED,
    SEARCHED,
    VISITING,
    Population,
)
from agents.purposes import Purpose
from agents.rules.due import due_in
from agents.rules.numerics import uniform
from sim.engine.block import KERNELS, step_blocks
from sim.engine.intrinsics import acquire, release
from sim.engine.workspace import Clock, Workspace
from sim.luck import block
from sim.record.counters import ByPersona, Counters
from sim.record.recorder import Traced
from sim.world.market import MarketState, market_week
from sim.world.world import World

__all__ = [
    "EVENTS_PER_WEEK",
    "Barrier",
    "begin_horizon",
    "count_loyal",
    "make_barrier",
    "synchronize",
    "run_weeks",
]

#: Room for the events of one customer in one week.
EVENTS_PER_WEEK = 256

_SAMPLE, _EVER = np.int64(Purpose.SAMPLE), np.int64(0)
_ADOPTED = np.int64(ByPersona.ADOPTED)
_AT_WEEK, _AT_ROW, _AT_FIRST = Clock.WEEK, Clock.ROW, Clock.FIRST
_SHORT, _ADOPTIONS = 0, 1


class Barrier(NamedTuple):
    """Where the partitions of one population wait for one another once a week. S partitions, G groups, B brands.

    ``signals`` has a cache line for each partition and one for the market: the number of the turn that was reached; the
    market's also has whether the week is run and whether everybody is due.
    """

    signals: NDArray[np.int64]  # ((S + 1) x LINE,)
    statements: NDArray[np.int64]  # (S, G, B, 2) of last week: see sim.record.counters.Counters.talk
    reports: NDArray[np.int64]  # (S, 2) whether the log is short of room; first purchases of last week


def make_barrier(partitions: int, groups: int, brands: int) -> Barrier:
    """Make a barrier for so many partitions; with 0 nobody waits.

    Parameters
    ----------
    partitions, groups, brands : int

    Returns
    -------
    Barrier
    """
    return Barrier(
        aligned_zeros((partitions + 1) * LINE, np.int64),
        aligned_zeros((partitions, groups, brands, 2), np.int64),
        aligned_zeros((partitions, 2), np.int64),
    )


@expression
def _belongs_to(world: World, customer: Any, brand: Int) -> bool:
    """Whether a customer is one of a brand's: bought there last, and has neither lapsed nor gone for good."""
    kept = world.nodes[world.node_of[world.constants[0].journey, customer.stage]].keeps
    return (customer.incumbent == brand) & (kept != 0)


@loop
def begin_horizon(
    sample_share: float, world: World, workspace: Workspace, people: Any, loyal: NDArray[np.int64]
) -> Int:
    """Mark the focal brand's customers when the horizon begins, and the customers whose events are logged.

    Parameters
    ----------
    world, workspace
        See :mod:`sim.engine`.
    sample_share : float
        Share of customers logged, in [0, 1].
    people : recarray (n,)
        Records of the partition's customers.
    loyal : int64 (P,)
        Counts the focal brand's customers.

    Returns
    -------
    int
        Customers logged.
    """
    constants, sampled = world.constants[0], np.int64(0)
    for i in range(people.size):
        customer = people[i]
        flags = np.int64(customer.marks) & (ADOPTED | SEARCHED | VISITING | MOVED | HOLDS)
        if _belongs_to(world, customer, constants.focal):
            flags |= FOCAL_AT_START
            loyal[customer.persona] += 1
        words = block(constants.seed, constants.replicate, workspace.clock[_AT_FIRST] + i, _SAMPLE, _EVER, _EVER)
        if uniform(np.int64(words[0])) < sample_share:
            flags |= SAMPLED
            sampled += 1
        customer.marks = flags
    return sampled


@loop
def count_loyal(world: World, people: Any, loyal: NDArray[np.int64]) -> None:
    """Count the focal brand's customers who were so when the horizon began.

    Parameters
    ----------
    world
        See :mod:`sim.engine`.
    people : recarray (n,)
        Records of the partition's customers.
    loyal : int64 (P,)
        Counts them by persona.
    """
    focal = world.constants[0].focal
    for i in range(people.size):
        customer = people[i]
        if _belongs_to(world, customer, focal) & (np.int64(customer.marks) & FOCAL_AT_START != 0):
            loyal[customer.persona] += 1


@inlined
def _adopted(counters: Counters, row: Int) -> Int:
    """How many bought for the first time in the week of a row."""
    count = np.int64(0)
    for persona in range(counters.by_persona.shape[1]):
        count += counters.by_persona[row, persona, _ADOPTED]
    return count


@inlined
def _open_week(
    week: Int,
    phase_start: Int,
    world: World,
    market: MarketState,
    talk: NDArray[np.int64],
    adopted: Int,
    fixed: NDArray[np.int64],
    trace: Traced,
) -> bool:
    """Advance the market by a week and record it; returns whether everybody is due: a strategy or a phase starts."""
    started = market_week(week, phase_start, world, market, talk, adopted, fixed)
    for brand in range(world.brands.size):
        for group in range(market.standing.shape[0]):
            trace[0][week, group, brand] = market.standing[group, brand].reputation
            trace[1][week, group, brand] = market.standing[group, brand].recall
        trace[2][week, brand] = market.brands[brand].delight
    trace[3][week] = market.totals[0].adoption
    return started or week == phase_start


@inlined
def synchronize(
    week: Int,
    phase_start: Int,
    world: World,
    market: MarketState,
    counters: Counters,
    population: Population,
    fixed: NDArray[np.int64],
    trace: Traced,
    adopted_before: Int,
    is_short: bool,
    barrier: Barrier,
    number: Int,
) -> bool:
    """Wait for all partitions at the market.

    Each partition brings its statements and first purchases; the first one adds them up, advances the market, and
    releases the others.

    Parameters
    ----------
    world, market, counters, population
        See :mod:`sim.engine`.
    week, phase_start, fixed, trace, adopted_before
        As in :func:`run_weeks`.
    is_short : bool
        Whether the partition's log is short of room.
    barrier : Barrier
        Where partitions meet.
    number : int
        Of this partition.

    Returns
    -------
    bool
        Whether the week is run: not where a log is short of room.
    """
    signals, statements, reports = barrier
    partitions = statements.shape[0]
    own, first = number * LINE, partitions * LINE
    turn = signals[own + 1] + 1
    signals[own + 1] = turn
    for group in range(statements.shape[1]):
        for brand in range(statements.shape[2]):
            statements[number, group, brand, 0] = counters.talk[group, brand, 0]
            statements[number, group, brand, 1] = counters.talk[group, brand, 1]
    reports[number, _SHORT] = is_short
    reports[number, _ADOPTIONS] = _adopted(counters, week - phase_start - 1) if week > phase_start else 0
    release(signals, own, turn)
    if number == 0:
        proceed = not is_short
        adopted = reports[0, _ADOPTIONS] if week > phase_start else adopted_before
        for other in range(1, partitions):
            acquire(signals, other * LINE, turn)
            proceed = proceed and reports[other, _SHORT] == 0
            adopted += reports[other, _ADOPTIONS]
        signals[first + 1] = proceed
        if proceed:
            for other in range(1, partitions):
                for group in range(statements.shape[1]):
                    for brand in range(statements.shape[2]):
                        counters.talk[group, brand, 0] += statements[other, group, brand, 0]
                        counters.talk[group, brand, 1] += statements[other, group, brand, 1]
            signals[first + 2] = _open_week(week, phase_start, world, market, counters.talk, adopted, fixed, trace)
        release(signals, first, turn)
    else:
        acquire(signals, first, turn)
        if signals[first + 1] != 0:
            counters.talk[:] = 0
    if signals[first + 1] != 0 and signals[first + 2] != 0:
        for i in range(population.due.size):
            population.due[i] = due_in(week)
    return signals[first + 1] != 0


@calls(*KERNELS)
def run_weeks(
    week: Int,
    end: Int,
    phase_start: Int,
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    fixed: NDArray[np.int64],
    trace: Traced,
    adopted_before: Int,
    sampled: Int,
    barrier: Barrier,
    number: Int,
) -> Int:
    """Run the weeks of one partition of customers.

    Each week:

    1. the market (:func:`sim.world.market.market_week`), for which all partitions wait for one another;
    2. every customer, independently of the others (:func:`sim.engine.block.step_blocks`);
    3. what they did is in the counters.

    Stops early where the log of a partition is full. Without a barrier the caller has advanced the market already.

    Parameters
    ----------
    week, end : int
        First week to run, and the one after the last.
    phase_start : int
        First week of ``counters`` and ``fixed``.
    world, market, workspace, counters, population
        The arm, its market, and the partition's own memory, counters and customers.
    fixed : array of int, shape (weeks, B, 3)
        Cents spent whoever the customers are.
    trace : Traced
        Weekly state of the market, written by the first partition.
    adopted_before : int
        First purchases in the week before the phase.
    sampled : int
        How many of the partition's customers are logged.
    barrier : Barrier
        Shared by all partitions.
    number : int
        The partition's own number.

    Returns
    -------
    int
        The first week that was not run.
    """
    while week < end:
        is_short = counters.event_count[0] + sampled * EVENTS_PER_WEEK > counters.events.shape[0]
        if barrier.statements.shape[0] == 0:
            if is_short:
                break
        elif not synchronize(
            week,
            phase_start,
            world,
            market,
            counters,
            population,
            fixed,
            trace,
            adopted_before,
            is_short,
            barrier,
            number,
        ):
            break
        workspace.clock[_AT_WEEK] = week
        workspace.clock[_AT_ROW] = week - phase_start
        step_blocks(world, market, workspace, counters, population)
        week += 1
    return week
