"""The loops: over customers, and over weeks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Whole, loop, passage, rule
from agents.population import ADOPTED, FOCAL_AT_START, NOBODY, SAMPLED, SEARCHED, Population
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import encode_unit, log, uniform
from sim.engine.crowd import customers_week
from sim.engine.week import first_need
from sim.journey import Does
from sim.luck import block
from sim.market import market_week
from sim.record import Traced
from sim.tally import ByPersona
from sim.world import Birth, Clock, World

__all__ = ["MOMENTS_PER_WEEK", "begin_horizon", "birth", "open_week", "run_weeks"]

#: Room for the moments of one customer in one week.
MOMENTS_PER_WEEK = 256

_BIRTH, _TRAITS, _SAMPLE = np.int64(Purpose.BIRTH), np.int64(Purpose.TRAITS), np.int64(Purpose.SAMPLE)
_NEED = np.int64(Purpose.NEED)
_WAIT = np.int64(Does.WAIT)
_EVER, _TRAITS_LATER = np.int64(0), np.int64(1)
_ADOPTED = np.int64(ByPersona.ADOPTED)
_AT_WEEK, _AT_ROW, _AT_FIRST = Clock.WEEK, Clock.ROW, Clock.FIRST


@rule
def _category(shares: NDArray[np.float64], u: float) -> Whole:
    """Category of a uniform by cumulative shares; the last category catches what rounding leaves."""
    at = 0
    while at < shares.size - 1 and u >= shares[at]:
        at += 1
    return at


@rule
def _trait(table: NDArray[np.float64], u: float) -> Whole:
    """Code of a trait by inverse transform, from its quantiles even in ``u``."""
    position = u * (table.size - 1)
    below = np.int64(position)
    return encode_unit(table[below] + (table[below + 1] - table[below]) * (position - below))


@loop
def birth(born: Birth, world: World, population: Population) -> None:
    """Draw every customer of a shard: persona, traits, own need rate, first stage and the phase of the first need."""
    constants = world.constants[0]
    for i in range(population.people.size):
        customer = population.people[i]
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
        customer.channel = NOBODY
        customer.incumbent = NOBODY
        customer.lead = NOBODY
        customer.need_at = 0
        if world.nodes[world.node_of[constants.journey, customer.stage]].does == _WAIT:
            words = block(constants.seed, constants.replicate, who, _NEED, _EVER, _EVER)
            first_need(world, customer, uniform(np.int64(words[0])), uniform(np.int64(words[2])))


@loop
def begin_horizon(sample_share: float, world: World, people: Any) -> None:
    """Mark who is the focal brand's customer when the horizon begins, and whose moments are logged from then on."""
    constants = world.constants[0]
    for i in range(people.size):
        customer = people[i]
        flags = np.int64(customer.marks) & (ADOPTED | SEARCHED)
        if customer.incumbent == constants.focal:
            flags |= FOCAL_AT_START
        words = block(constants.seed, constants.replicate, world.clock[_AT_FIRST] + i, _SAMPLE, _EVER, _EVER)
        if uniform(np.int64(words[0])) < sample_share:
            flags |= SAMPLED
        customer.marks = flags


@passage
def open_week(
    week: Whole,
    phase_start: Whole,
    world: World,
    population: Population,
    fixed: NDArray[np.int64],
    traced: Traced,
    adopted_before: Whole,
) -> None:
    """Live the market's week (:func:`sim.market.market_week`) and write it down; a new strategy concerns everybody."""
    before = adopted_before
    if week > phase_start:
        before = 0
        for person in range(world.by_persona.shape[1]):
            before += world.by_persona[week - phase_start - 1, person, _ADOPTED]
    started = market_week(week, phase_start, world, before, fixed)
    for brand in range(world.brands.size):
        for group in range(world.standing.shape[0]):
            traced[0][week, group, brand] = world.standing[group, brand].reputation
            traced[1][week, group, brand] = world.standing[group, brand].recall
        traced[2][week, brand] = world.brands[brand].delight
    traced[3][week] = world.market[0].adoption
    if started or week == phase_start:
        for i in range(population.due.size):
            population.due[i] = 0


@loop
def run_weeks(
    week: Whole,
    end: Whole,
    phase_start: Whole,
    world: World,
    population: Population,
    fixed: NDArray[np.int64],
    traced: Traced,
    adopted_before: Whole,
    sampled: Whole,
    alone: bool,
) -> Whole:
    """Weeks ``week`` to ``end`` of a shard; returns the first week not lived.

    Each week: (1) the market (:func:`sim.market.market_week`); (2) every customer, independently of the others
    (:func:`sim.engine.crowd.customers_week`); (3) what they did is in the tally. Stops early where the log is full.
    A shard that is not ``alone`` leaves step 1 to the thread that gathers all shards.
    """
    while week < end:
        if world.event_count[0] + sampled * MOMENTS_PER_WEEK > world.events.shape[0]:
            break
        if alone:
            open_week(week, phase_start, world, population, fixed, traced, adopted_before)
        world.clock[_AT_WEEK] = week
        world.clock[_AT_ROW] = week - phase_start
        customers_week(world, population)
        week += 1
    return week
