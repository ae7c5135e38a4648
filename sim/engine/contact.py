"""Contact: whom the brands reach this week, and when anything can next happen to a customer (MODEL 4.3)."""

from __future__ import annotations

import numpy as np

from agents.compiled import Int, inlined, loop
from agents.population import NEVER, WEEKLY, Population
from agents.purposes import Purpose
from agents.rules.numerics import uniform
from sim.engine.customer_week import has, is_moment, level_of, meet_contact, present_fatigue, tire
from sim.engine.intrinsics import SIDE, keep_all, read_ahead
from sim.luck import blocks
from sim.world.world import BLOCK, LANES, Clock, World

__all__ = ["look_ahead", "meet", "rate_of"]

_CONTACT, _MOMENT = np.int64(Purpose.CONTACT), np.int64(Purpose.MOMENT)
_AT_WEEK, _AT_FIRST = Clock.WEEK, Clock.FIRST
_NEVER, _WEEKLY = np.int64(NEVER), np.uint16(WEEKLY)
#: Windows of eight weeks in which a contact is looked for in advance.
_WINDOWS = 8


@inlined
def rate_of(world: World, population: Population, i: Int, brand: Int) -> Int:
    """Contacts of a brand per 65,536 weeks of a customer; none of one who has opted out."""
    customer = population.people[i]
    level = level_of(world, customer, brand)
    own, others = level.customers, level.prospects
    rate = own if customer.incumbent == brand else others
    return np.int64(0) if has(np.uint64(customer.opted_out), brand) else rate


@inlined
def _meet_all(world: World, population: Population, lanes: Int, contacted: Int, moved: Int) -> tuple[Int, Int]:
    """Contacts of those whom brands reach, brand by brand.

    Returns how many of the block have met any by now, and how many of these may stand on another node.

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
            # Whoever leads now, what is done on their journey is to be looked at again.
            due = population.due[i]
            desk.moved[np.uint64(moved)] = i
            moved += np.int64(due < _WEEKLY)
            population.due[i] = max(due, _WEEKLY)
            desk.contacted[contacted] = here
            desk.called[here] = desk.running[lane] > 0.0
            desk.pulls[here] = desk.running[lane]
            desk.disturbances[here] = desk.goal[lane]
            contacted += 1
    return contacted, moved


@inlined
def _highest_rate(world: World, brand: Int) -> Int:
    """Most contacts of a brand per 65,536 weeks of any customer."""
    highest: Int = np.int64(0)
    for person in range(world.present.shape[1]):
        level = world.present[brand + 1, person]
        highest = max(highest, level.customers, level.prospects)
    return highest


@loop
def meet(world: World, population: Population, ready: Int) -> tuple[Int, Int]:
    """This week's contacts of those whose week it is: leaves pulls and intrusions.

    Returns how many met any, and how many of these were there anyway and may stand on another node now.
    """
    desk, look, constants = world.desk[0], world.ahead[0], world.constants[0]
    first, week = world.clock[_AT_FIRST], world.clock[_AT_WEEK]
    contacted: Int = np.int64(0)
    moved: Int = np.int64(0)
    if world.market[0].contacting == 0:
        return contacted, moved
    # Weeks of a window lie in pairs in the words of its block.
    row, shift = (week & 7) >> 1, np.uint32(16 * (week & 1))
    reached: Int = np.int64(0)
    for place in range(ready):
        look.who[place] = first + desk.ready[place]
    for lane in range(LANES):
        look.when[lane] = week >> 3
    for start in range(0, ready, LANES):
        lanes = min(LANES, ready - start)
        who, candidates = look.who[start : start + LANES], desk.ready[start : start + LANES]
        for lane in range(LANES):
            desk.reached[lane] = 0
        for turn in range(world.market[0].contacting):
            brand = world.contacting[turn]
            blocks(constants.seed, constants.replicate, who, _CONTACT, look.when, brand, lanes, desk.words, 0)
            draws, most = desk.words[row], np.uint32(_highest_rate(world, brand))
            for lane in range(LANES):
                desk.open[lane] = ((draws[lane] >> shift) & np.uint32(0xFFFF)) < most
            # Few are left whose own rate is asked for.
            for place in range(keep_all(desk.slot, np.int64(0), desk.order, desk.open, lanes)):
                lane = desk.slot[place]
                rate = rate_of(world, population, candidates[lane], brand)
                hit = np.int64((draws[lane] >> shift) & np.uint32(0xFFFF)) < rate
                desk.reached[lane] |= np.uint64(hit) << np.uint64(brand)
        for lane in range(LANES):
            desk.open[lane] = desk.reached[lane] != np.uint64(0)
        for place in range(keep_all(desk.slot, np.int64(0), desk.order, desk.open, lanes)):
            lane = desk.slot[place]
            look.people[np.uint64(reached)] = candidates[lane]
            look.brands[np.uint64(reached)] = desk.reached[lane]
            reached += 1
    for start in range(0, reached, LANES):
        lanes = min(LANES, reached - start)
        people, brands = look.people[start : start + LANES], look.brands[start : start + LANES]
        for lane in range(lanes):
            desk.people[lane] = people[lane]
            desk.reached[lane] = brands[lane]
        contacted, moved = _meet_all(world, population, lanes, contacted, moved)
    return contacted, moved


@inlined
def _close_ranks(world: World, count: Int) -> Int:
    """Let those of so many close ranks who go on; returns how many these are."""
    look, none = world.ahead[0], np.int64(0)
    keep_all(look.rate, none, look.rate, look.goes, count)
    keep_all(look.soon, none, look.soon, look.goes, count)
    return keep_all(look.people, none, look.people, look.goes, count)


@inlined
def _look_ahead(world: World, population: Population, brand: Int, waiting: Int) -> None:
    """Bring the next week of those who wait forward to the next contact of one brand.

    Windows of eight weeks share a block of luck. ``people`` are those who may still be reached before their own next
    week, ``soon``.
    """
    look, constants = world.ahead[0], world.constants[0]
    first, tomorrow = world.clock[_AT_FIRST], world.clock[_AT_WEEK] + 1
    for place in range(waiting):
        i = look.waiting[place]
        rate = rate_of(world, population, np.int64(i), brand)
        look.people[place] = i
        look.rate[place] = rate
        look.soon[place] = population.due[i] - _WEEKLY
        look.goes[place] = rate > 0
    active, window = _close_ranks(world, waiting), tomorrow >> 3
    for _ in range(_WINDOWS):
        if active == 0:
            return
        wide = (active + SIDE - 1) & -SIDE
        for lane in range(wide):
            look.who[lane] = first + look.people[lane]
            look.when[lane] = window
            look.next[lane] = _NEVER
        blocks(constants.seed, constants.replicate, look.who, _CONTACT, look.when, brand, active, look.words, 0)
        for ahead in range(window * 8 + 7, max(tomorrow, window * 8) - 1, -1):
            draws, shift = look.words[(ahead & 7) >> 1], np.uint32(16 * (ahead & 1))
            for lane in range(wide):
                hit = ((draws[lane] >> shift) & np.uint32(0xFFFF)) < look.rate[lane]
                look.next[lane] = np.uint32(ahead) if hit else look.next[lane]
        window += 1
        for lane in range(active):
            population.due[look.people[lane]] = _WEEKLY + min(look.soon[lane], look.next[lane])
        for lane in range(active):
            look.goes[lane] = (look.next[lane] >= look.soon[lane]) & (look.soon[lane] > window * 8)
        active = _close_ranks(world, active)
    for lane in range(active):
        population.due[look.people[lane]] = WEEKLY + window * 8


@loop
def look_ahead(world: World, population: Population, ready: Int) -> None:
    """Let contacts bring forward the next week of those who would only wait.

    Everybody else is passed over at memory speed. A week in which nothing happens leaves no trace: visiting a customer
    more often changes nothing.
    """
    if world.market[0].contacting == 0:
        return
    desk, look = world.desk[0], world.ahead[0]
    tomorrow = np.uint16(WEEKLY + world.clock[_AT_WEEK] + 1)
    waiting = np.int64(0)
    for place in range(ready):
        i = desk.ready[place]
        look.waiting[np.uint64(waiting)] = i
        waiting += np.int64(population.due[i] > tomorrow)
    for turn in range(world.market[0].contacting):
        _look_ahead(world, population, world.contacting[turn], waiting)
