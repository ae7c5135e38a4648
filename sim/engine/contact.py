"""Contact: whom the brands reach this week, and when anything can next happen to a customer (MODEL 4.3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Whole, loop, passage
from agents.machine import read_ahead
from agents.population import NEVER, Population
from agents.purposes import Purpose
from agents.rules.numerics import uniform
from sim.engine.week import has, is_moment, level_of, meet_contact, node_at, present_fatigue, tire
from sim.luck import blocks
from sim.world import BLOCK, LANES, Clock, World

__all__ = ["meet", "rate_of", "set_due"]

_CONTACT, _MOMENT = np.int64(Purpose.CONTACT), np.int64(Purpose.MOMENT)
_AT_WEEK, _AT_FIRST = Clock.WEEK, Clock.FIRST
_NEVER = np.int64(NEVER)
#: Windows of eight weeks in which a contact is looked for in advance.
_WINDOWS = 8


@passage
def rate_of(world: World, population: Population, i: Whole, brand: Whole) -> Whole:
    """Contacts of a brand per 65,536 weeks of a customer; none of one who has opted out."""
    customer = population.people[i]
    level = level_of(world, customer, brand)
    own, others = level.customers, level.prospects
    rate = own if customer.incumbent == brand else others
    return np.int64(0) if has(np.uint64(customer.opted_out), brand) else rate


@passage
def _meet_all(world: World, population: Population, lanes: Whole, contacted: Whole) -> Whole:
    """Contacts of those whom brands reach, brand by brand; returns how many of the block have met any by now.

    On the desk ``weight`` is fatigue before, ``total`` what is added, ``running`` the strongest pull, ``goal`` the
    worst intrusion, ``taken`` the number of contacts.
    """
    desk, constants = world.desk[0], world.constants[0]
    first, week = world.clock[_AT_FIRST], world.clock[_AT_WEEK]
    for lane in range(lanes):
        i = desk.people[lane]
        customer = population.people[i]
        if world.accounts.size > 0:
            read_ahead(world.accounts, np.int64(i))
        desk.who[lane] = first + i
        desk.when[lane] = week
        desk.open[lane] = is_moment(world, customer)
        desk.weight[lane] = present_fatigue(world, customer)
        desk.lead[lane] = customer.lead
        desk.total[lane] = 0.0
        desk.running[lane] = 0.0
        desk.goal[lane] = 0.0
        desk.taken[lane] = 0
    for turn in range(world.market[0].contacting):
        brand = world.contacting[turn]
        blocks(constants.seed, constants.replicate, desk.who, _MOMENT, desk.when, brand, lanes, desk.words, 0)
        made = np.int64(0)
        for lane in range(lanes):
            level = level_of(world, population.people[desk.people[lane]], brand)
            aimed = uniform(np.int64(desk.words[0, lane])) < level.context
            desk.mine[lane] = aimed
            desk.slot[made] = lane
            # A company that knows where the customer is holds back what would not be timely.
            made += np.int64(has(desk.reached[lane], brand) & ((not aimed) | (desk.open[lane] != 0)))
        for place in range(made):
            lane = desk.slot[place]
            i = desk.people[lane]
            strength, disturbed, tiring = meet_contact(
                world,
                population.people[i],
                first + i,
                brand,
                desk.mine[lane] != 0,
                uniform(np.int64(desk.words[1, lane])),
                desk.weight[lane],
            )
            desk.taken[lane] += 1
            desk.total[lane] += tiring
            desk.goal[lane] = max(desk.goal[lane], disturbed)
            desk.lead[lane] = brand if strength > desk.running[lane] else desk.lead[lane]
            desk.running[lane] = max(desk.running[lane], strength)
    for lane in range(lanes):
        if desk.taken[lane] > 0:
            i = desk.people[lane]
            here = i & (BLOCK - 1)
            population.people[i].lead = desk.lead[lane]
            if desk.total[lane] > 0.0:
                tire(world, population.people[i], desk.weight[lane], desk.total[lane])
            desk.contacted[contacted] = here
            desk.called[here] = desk.running[lane] > 0.0
            desk.pulls[here] = desk.running[lane]
            desk.disturbances[here] = desk.goal[lane]
            contacted += 1
    return contacted


@loop
def meet(world: World, population: Population, ready: Whole) -> Whole:
    """This week's contacts of those whose week it is: leaves pulls and intrusions; returns how many met any."""
    desk, constants = world.desk[0], world.constants[0]
    first, week = world.clock[_AT_FIRST], world.clock[_AT_WEEK]
    contacted: Whole = np.int64(0)
    if world.market[0].contacting == 0:
        return contacted
    # Weeks of a window lie in pairs in the words of its block.
    row, shift = (week & 7) >> 1, 16 * (week & 1)
    for start in range(0, ready, LANES):
        lanes = min(LANES, ready - start)
        for lane in range(lanes):
            desk.who[lane] = first + desk.ready[start + lane]
            desk.when[lane] = week >> 3
            desk.reached[lane] = 0
        for turn in range(world.market[0].contacting):
            brand = world.contacting[turn]
            blocks(constants.seed, constants.replicate, desk.who, _CONTACT, desk.when, brand, lanes, desk.words, 0)
            draws = desk.words[row]
            for lane in range(lanes):
                rate = rate_of(world, population, desk.ready[start + lane], brand)
                hit = ((np.int64(draws[lane]) >> shift) & 0xFFFF) < rate
                desk.reached[lane] |= np.uint64(hit) << np.uint64(brand)
        reached = np.int64(0)
        for lane in range(lanes):
            brands = desk.reached[lane]
            desk.people[reached] = desk.ready[start + lane]
            desk.reached[reached] = brands
            reached += np.int64(brands != np.uint64(0))
        if reached > 0:
            contacted = _meet_all(world, population, reached, contacted)
    return contacted


@passage
def _look_ahead(world: World, population: Population, brand: Whole, waiting: Whole) -> None:
    """Bring ``soon`` forward to the next contact of one brand: windows of eight weeks share a block of luck."""
    desk, constants = world.desk[0], world.constants[0]
    tomorrow = world.clock[_AT_WEEK] + 1
    active = np.int64(0)
    for lane in range(waiting):
        i = desk.people[lane]
        rate = rate_of(world, population, i, brand)
        desk.slot[active] = lane
        desk.limit[active] = rate
        desk.who[active] = world.clock[_AT_FIRST] + i
        active += np.int64(rate > 0)
    window = tomorrow >> 3
    for _ in range(_WINDOWS):
        if active == 0:
            return
        for lane in range(active):
            desk.when[lane] = window
            desk.next[lane] = _NEVER
        blocks(constants.seed, constants.replicate, desk.who, _CONTACT, desk.when, brand, active, desk.words, 0)
        for ahead in range(window * 8 + 7, max(tomorrow, window * 8) - 1, -1):
            draws, shift = desk.words[(ahead & 7) >> 1], np.uint32(16 * (ahead & 1))
            for lane in range((active + 15) & -16):
                hit = ((draws[lane] >> shift) & np.uint32(0xFFFF)) < desk.limit[lane]
                desk.next[lane] = np.uint32(ahead) if hit else desk.next[lane]
        window += 1
        still = np.int64(0)
        for lane in range(active):
            slot = desk.slot[lane]
            soonest = min(desk.soon[slot], desk.next[lane])
            desk.soon[slot] = soonest
            # Where nothing came yet: look on.
            desk.slot[still] = slot
            desk.limit[still] = desk.limit[lane]
            desk.who[still] = desk.who[lane]
            still += np.int64(soonest > window * 8)
        active = still
    for lane in range(active):
        slot = desk.slot[lane]
        desk.soon[slot] = min(desk.soon[slot], window * 8)


@loop
def set_due(world: World, population: Population, ready: Whole) -> None:
    """Set the next week in which anything can happen to each: everybody else is passed over at memory speed.

    A week in which nothing happens leaves no trace: visiting a customer more often changes nothing.
    """
    desk = world.desk[0]
    tomorrow = world.clock[_AT_WEEK] + 1
    contacting = world.market[0].contacting
    waiting: Any = np.int64(0)
    for place in range(ready):
        i = desk.ready[place]
        customer = population.people[i]
        node = world.nodes[node_at(world, customer, customer.stage)]
        own = node.returns * (np.int64(customer.since) + node.rest)
        soonest = max(own + node.waits * np.int64(customer.need_at) + node.never, tomorrow)
        population.due[i] = soonest
        # From here on only those who wait are of interest: they close ranks.
        desk.ready[waiting] = i
        waiting += np.int64(soonest > tomorrow)
    if contacting == 0:
        return
    for start in range(0, waiting, LANES):
        lanes = min(LANES, waiting - start)
        for lane in range(lanes):
            i = desk.ready[start + lane]
            desk.people[lane] = i
            desk.soon[lane] = population.due[i]
        for turn in range(contacting):
            _look_ahead(world, population, world.contacting[turn], lanes)
        for lane in range(lanes):
            population.due[desk.people[lane]] = desk.soon[lane]
