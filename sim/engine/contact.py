"""Contact: whom the brands reach this week, and when anything can next happen to a customer (MODEL 4.3)."""

from __future__ import annotations

import numpy as np

from agents.compiled import Whole, loop, passage
from agents.population import NEVER, Population
from agents.purposes import Purpose
from sim.engine.week import has, level_of, meet_contacts, node_at
from sim.luck import blocks
from sim.world import BLOCK, LANES, Clock, World

__all__ = ["meet", "rate_of", "set_due"]

_CONTACT = np.int64(Purpose.CONTACT)
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


@loop
def meet(world: World, population: Population, ready: Whole) -> Whole:
    """This week's contacts of those whose week it is: leaves pulls and intrusions; returns how many met any."""
    desk, constants = world.desk[0], world.constants[0]
    first, week = world.clock[_AT_FIRST], world.clock[_AT_WEEK]
    contacted = np.int64(0)
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
        for lane in range(lanes):
            if desk.reached[lane] != np.uint64(0):
                i = desk.ready[start + lane]
                here = i & (BLOCK - 1)
                strongest, disturbed = meet_contacts(world, population.people[i], first + i, desk.reached[lane])
                desk.contacted[contacted] = here
                desk.called[here] = strongest > 0.0
                desk.pulls[here] = strongest
                desk.disturbances[here] = disturbed
                contacted += 1
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
            desk.taken[lane] = _NEVER
        blocks(constants.seed, constants.replicate, desk.who, _CONTACT, desk.when, brand, active, desk.words, 0)
        for ahead in range(window * 8 + 7, max(tomorrow, window * 8) - 1, -1):
            draws, shift = desk.words[(ahead & 7) >> 1], 16 * (ahead & 1)
            for lane in range(active):
                hit = ((np.int64(draws[lane]) >> shift) & 0xFFFF) < desk.limit[lane]
                desk.taken[lane] = ahead if hit else desk.taken[lane]
        window += 1
        still = np.int64(0)
        for lane in range(active):
            slot = desk.slot[lane]
            soonest = min(desk.soon[slot], desk.taken[lane])
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
    for start in range(0, ready, LANES):
        waiting = np.int64(0)
        for place in range(start, min(start + LANES, ready)):
            i = desk.ready[place]
            customer = population.people[i]
            node = world.nodes[node_at(world, customer, customer.stage)]
            own = node.returns * (np.int64(customer.since) + node.rest)
            soonest = max(own + node.waits * np.int64(customer.need_at) + node.never, tomorrow)
            population.due[i] = soonest
            desk.people[waiting] = i
            desk.soon[waiting] = soonest
            waiting += np.int64(soonest > tomorrow)
        if contacting > 0 and waiting > 0:
            for turn in range(contacting):
                _look_ahead(world, population, world.contacting[turn], waiting)
            for lane in range(waiting):
                population.due[desk.people[lane]] = desk.soon[lane]
