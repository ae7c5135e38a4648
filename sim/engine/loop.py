"""The loops: over customers, and over weeks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, inlined, loop, rule
from agents.memory import LINE, aligned_zeros
from agents.population import ADOPTED, FOCAL_AT_START, NOBODY, SAMPLED, SEARCHED, WEEKLY, Population
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import encode_unit, log, uniform
from sim.engine.block import customers_week
from sim.engine.customer_week import first_need
from sim.engine.intrinsics import post, wait_for
from sim.luck import block
from sim.record.counters import ByPersona
from sim.record.recorder import Traced
from sim.scenario.journey import Does
from sim.world.market_week import market_week
from sim.world.world import Birth, Clock, World

__all__ = [
    "MOMENTS_PER_WEEK",
    "Meeting",
    "begin_horizon",
    "birth",
    "count_loyal",
    "make_meeting",
    "meet_market",
    "run_weeks",
]

#: Room for the moments of one customer in one week.
MOMENTS_PER_WEEK = 256

_BIRTH, _TRAITS, _SAMPLE = np.int64(Purpose.BIRTH), np.int64(Purpose.TRAITS), np.int64(Purpose.SAMPLE)
_NEED = np.int64(Purpose.NEED)
_WAIT = np.int64(Does.WAIT)
_EVER, _TRAITS_LATER = np.int64(0), np.int64(1)
_ADOPTED = np.int64(ByPersona.ADOPTED)
_AT_WEEK, _AT_ROW, _AT_FIRST = Clock.WEEK, Clock.ROW, Clock.FIRST
_TOLD_SHORT, _TOLD_ADOPTED = 0, 1


class Meeting(NamedTuple):
    """Where the shards of one population meet once a week. S shards, G groups, B brands.

    ``board`` has a line of the cache for each shard and one for the market: which meeting, by number, has been reached;
    the market's also has whether the week is to be lived and whether it concerns everybody.
    """

    board: NDArray[np.int64]  # ((S + 1) x LINE,)
    said: NDArray[
        np.int64
    ]  # (S, G, B, 2) what the customers of each said last week: see sim.record.counters.Tally.talk
    told: NDArray[np.int64]  # (S, 2) whether the log is short of room; first purchases of last week


def make_meeting(shards: int, groups: int, brands: int) -> Meeting:
    """Make a meeting of so many shards; none meets where there are 0."""
    return Meeting(
        aligned_zeros((shards + 1) * LINE, np.int64),
        aligned_zeros((shards, groups, brands, 2), np.int64),
        aligned_zeros((shards, 2), np.int64),
    )


@rule
def _category(shares: NDArray[np.float64], u: float) -> Int:
    """Category of a uniform by cumulative shares; the last category catches what rounding leaves."""
    at = 0
    while at < shares.size - 1 and u >= shares[at]:
        at += 1
    return at


@rule
def _trait(table: NDArray[np.float64], u: float) -> Int:
    """Code of a trait by inverse transform, from its quantiles even in ``u``."""
    position = u * (table.size - 1)
    below = np.int64(position)
    return encode_unit(table[below] + (table[below + 1] - table[below]) * (position - below))


@loop
def birth(born: Birth, world: World, people: Any, stood: NDArray[np.int64]) -> None:
    """Draw every customer of a shard: persona, traits, own need rate, first stage and the phase of the first need.

    Counts in ``stood`` (P, K) where they stand.
    """
    constants = world.constants[0]
    for i in range(people.size):
        customer = people[i]
        who = world.clock[_AT_FIRST] + i
        words = block(constants.seed, constants.replicate, who, _BIRTH, _EVER, _EVER)
        person = _category(born.persona_shares, uniform(np.int64(words[0])))
        customer.persona = person
        customer.stage = _category(born.start, uniform(np.int64(words[1])))
        at = tail_position(log(1.0 - uniform(np.int64(words[2]))))
        below = np.int64(at)
        share = at - below
        rate = born.rate_quantiles[below] * (1.0 - share) + born.rate_quantiles[below + 1] * share
        customer.gap = 1.0 / max(rate * born.persona_rate[person], 1e-9)
        words = block(constants.seed, constants.replicate, who, _TRAITS, _EVER, _EVER)
        table = born.trait_quantiles[person]
        customer.deliberation = _trait(table[0], uniform(np.int64(words[0])))
        customer.price_sensitivity = _trait(table[1], uniform(np.int64(words[1])))
        customer.trust_propensity = _trait(table[2], uniform(np.int64(words[2])))
        customer.novelty_seeking = _trait(table[3], uniform(np.int64(words[3])))
        words = block(constants.seed, constants.replicate, who, _TRAITS, _EVER, _TRAITS_LATER)
        customer.digital_affinity = _trait(table[4], uniform(np.int64(words[0])))
        customer.privacy_concern = _trait(table[5], uniform(np.int64(words[1])))
        customer.sociability = _trait(table[6], uniform(np.int64(words[2])))
        customer.patience = _trait(table[7], uniform(np.int64(words[3])))
        stood[person, customer.stage] += 1
        customer.channel = NOBODY
        customer.incumbent = NOBODY
        customer.lead = NOBODY
        customer.need_at = 0
        if world.nodes[world.node_of[constants.journey, customer.stage]].does == _WAIT:
            words = block(constants.seed, constants.replicate, who, _NEED, _EVER, _EVER)
            first_need(world, customer, uniform(np.int64(words[0])), uniform(np.int64(words[2])))


@loop
def begin_horizon(sample_share: float, world: World, people: Any, loyal: NDArray[np.int64]) -> Int:
    """Mark who is the focal brand's customer when the horizon begins, and whose moments are logged from then on.

    Counts the former in ``loyal`` (P,); returns how many the latter are.
    """
    constants, sampled = world.constants[0], np.int64(0)
    for i in range(people.size):
        customer = people[i]
        flags = np.int64(customer.marks) & (ADOPTED | SEARCHED)
        if customer.incumbent == constants.focal:
            flags |= FOCAL_AT_START
            loyal[customer.persona] += 1
        words = block(constants.seed, constants.replicate, world.clock[_AT_FIRST] + i, _SAMPLE, _EVER, _EVER)
        if uniform(np.int64(words[0])) < sample_share:
            flags |= SAMPLED
            sampled += 1
        customer.marks = flags
    return sampled


@loop
def count_loyal(world: World, people: Any, loyal: NDArray[np.int64]) -> None:
    """Count in ``loyal`` (P,) the focal brand's customers who were so when the horizon began."""
    focal = world.constants[0].focal
    for i in range(people.size):
        customer = people[i]
        if (customer.incumbent == focal) & (np.int64(customer.marks) & FOCAL_AT_START != 0):
            loyal[customer.persona] += 1


@inlined
def _adopted(world: World, row: Int) -> Int:
    """How many bought for the first time in the week of a row."""
    count = np.int64(0)
    for person in range(world.by_persona.shape[1]):
        count += world.by_persona[row, person, _ADOPTED]
    return count


@inlined
def _open_week(
    week: Int, phase_start: Int, world: World, fixed: NDArray[np.int64], traced: Traced, adopted: Int
) -> bool:
    """Live the market's week and write it down; says whether everybody is concerned: a strategy starts, or a phase."""
    started = market_week(week, phase_start, world, adopted, fixed)
    for brand in range(world.brands.size):
        for group in range(world.standing.shape[0]):
            traced[0][week, group, brand] = world.standing[group, brand].reputation
            traced[1][week, group, brand] = world.standing[group, brand].recall
        traced[2][week, brand] = world.brands[brand].delight
    traced[3][week] = world.market[0].adoption
    return started or week == phase_start


@inlined
def meet_market(
    week: Int,
    phase_start: Int,
    world: World,
    population: Population,
    fixed: NDArray[np.int64],
    traced: Traced,
    adopted_before: Int,
    short: bool,
    meeting: Meeting,
    shard: Int,
) -> bool:
    """Meet the other shards at the market; says whether the week is to be lived: not where one is short of room.

    Everybody brings what its customers said and how many bought for the first time; the first shard adds them up, lives
    the market's week, and lets all go on.
    """
    board, said, told = meeting
    shards = said.shape[0]
    mine, market = shard * LINE, shards * LINE
    time = board[mine + 1] + 1
    board[mine + 1] = time
    for group in range(said.shape[1]):
        for brand in range(said.shape[2]):
            said[shard, group, brand, 0] = world.talk[group, brand, 0]
            said[shard, group, brand, 1] = world.talk[group, brand, 1]
    told[shard, _TOLD_SHORT] = short
    told[shard, _TOLD_ADOPTED] = _adopted(world, week - phase_start - 1) if week > phase_start else 0
    post(board, mine, time)
    if shard == 0:
        go = not short
        adopted = told[0, _TOLD_ADOPTED] if week > phase_start else adopted_before
        for other in range(1, shards):
            wait_for(board, other * LINE, time)
            go = go and told[other, _TOLD_SHORT] == 0
            adopted += told[other, _TOLD_ADOPTED]
        board[market + 1] = go
        if go:
            for other in range(1, shards):
                for group in range(said.shape[1]):
                    for brand in range(said.shape[2]):
                        world.talk[group, brand, 0] += said[other, group, brand, 0]
                        world.talk[group, brand, 1] += said[other, group, brand, 1]
            board[market + 2] = _open_week(week, phase_start, world, fixed, traced, adopted)
        post(board, market, time)
    else:
        wait_for(board, market, time)
        if board[market + 1] != 0:
            world.talk[:] = 0
    if board[market + 1] != 0 and board[market + 2] != 0:
        for i in range(population.due.size):
            population.due[i] = WEEKLY
    return board[market + 1] != 0


@loop
def run_weeks(
    week: Int,
    end: Int,
    phase_start: Int,
    world: World,
    population: Population,
    fixed: NDArray[np.int64],
    traced: Traced,
    adopted_before: Int,
    sampled: Int,
    meeting: Meeting,
    shard: Int,
) -> Int:
    """Weeks ``week`` to ``end`` of a shard; returns the first week not lived.

    Each week: (1) the market (:func:`sim.world.market_week.market_week`), for which all shards meet; (2) every
    customer, independently of the others (:func:`sim.engine.block.customers_week`); (3) what they did is in the
    tally. Stops early where the log of a shard is full. Shards without a meeting have lived the market's week
    already.
    """
    while week < end:
        short = world.event_count[0] + sampled * MOMENTS_PER_WEEK > world.events.shape[0]
        if meeting.said.shape[0] == 0:
            if short:
                break
        elif not meet_market(
            week, phase_start, world, population, fixed, traced, adopted_before, short, meeting, shard
        ):
            break
        world.clock[_AT_WEEK] = week
        world.clock[_AT_ROW] = week - phase_start
        customers_week(world, population)
        week += 1
    return week
