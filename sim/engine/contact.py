"""Contact: whom the brands reach this week, and when anything can next happen to a customer (docs/model.md 7.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, inlined
from agents.kernel import kernel
from agents.population import NEVER, WEEKLY, Population
from agents.purposes import Purpose
from agents.rules.due import due_in, weeks_until
from agents.rules.numerics import uniform
from sim.engine.customer.brand_mask import has
from sim.engine.customer.contact_response import is_moment, is_reachable, meet_contact
from sim.engine.customer.feelings import present_fatigue, store_fatigue
from sim.engine.customer.stage_view import level_of
from sim.engine.draws import draw_lanes
from sim.engine.intrinsics import VECTOR_WIDTH, compress_all, prefetch_l2
from sim.engine.workspace import BLOCK, LANES, Clock, Workspace
from sim.luck import blocks
from sim.record.counters import Counters
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["look_ahead", "contact_active", "rate_of"]

_CONTACT, _MOMENT = np.int64(Purpose.CONTACT), np.int64(Purpose.MOMENT)
_AT_WEEK, _AT_FIRST, _AT_DECIDED = Clock.WEEK, Clock.FIRST, Clock.DECIDED
_NEVER, _WEEKLY = np.int64(NEVER), np.uint8(WEEKLY)
#: Windows of eight weeks in which a contact is looked for in advance.
_WINDOWS = 8


@inlined
def rate_of(workspace: Workspace, population: Population, i: Int, brand: Int) -> Int:
    """Contacts of a brand per 65,536 weeks of a customer: none after opting out.

    Parameters
    ----------
    workspace, population
        See :mod:`sim.engine`.
    i : int
        Row of the customer in the partition.
    brand : int
        Brand, or NOBODY.

    Returns
    -------
    int
    """
    customer = population.people[i]
    level = level_of(workspace, customer, brand)
    own, others = level.customers, level.prospects
    rate = own if customer.incumbent == brand else others
    return np.int64(0) if has(np.uint64(customer.opted_out), brand) else rate


@inlined
def _prepare_contacts(
    world: World, workspace: Workspace, counters: Counters, population: Population, lanes: Int
) -> None:
    """Load the lanes with what a week's contacts depend on."""
    scratch = workspace.scratch[0]
    first, week = workspace.clock[_AT_FIRST], workspace.clock[_AT_WEEK]
    for lane in range(lanes):
        i = scratch.index[lane]
        customer = population.people[i]
        if counters.accounts.size > 0:
            prefetch_l2(counters.accounts, np.int64(i))
        scratch.customer_id[lane] = first + i
        scratch.period[lane] = week
        scratch.is_timely[lane] = is_moment(world, workspace, customer)
        scratch.fatigue[lane] = present_fatigue(world, workspace, customer)
        scratch.host[lane] = customer.host
        scratch.fatigue_added[lane] = 0.0
        scratch.strongest_pull[lane] = 0.0
        scratch.worst_intrusion[lane] = 0.0
        scratch.contact_count[lane] = 0


@inlined
def _contact_brand(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    brand: Int,
    lanes: Int,
) -> None:
    """Contacts of one brand with those of the lanes whom it reaches."""
    scratch, first = workspace.scratch[0], workspace.clock[_AT_FIRST]
    draw_lanes(world, workspace, _MOMENT, brand, lanes, scratch.draws)
    made = np.int64(0)
    for lane in range(lanes):
        customer = population.people[scratch.index[lane]]
        level = level_of(workspace, customer, brand)
        aimed = uniform(np.int64(scratch.draws[0, lane])) < level.context
        scratch.is_aimed[lane] = aimed
        scratch.selected[made] = lane
        # A company that knows where the customer is holds back what would not be timely.
        sent = has(scratch.reached_by[lane], brand) & ((not aimed) | (scratch.is_timely[lane] != 0))
        made += np.int64(sent & is_reachable(world, market, customer, brand))
    for position in range(made):
        lane = scratch.selected[position]
        i = scratch.index[lane]
        strength, disturbed, tiring = meet_contact(
            world,
            market,
            workspace,
            counters,
            population.people[i],
            first + i,
            brand,
            scratch.is_aimed[lane] != 0,
            uniform(np.int64(scratch.draws[1, lane])),
            uniform(np.int64(scratch.draws[2, lane])),
            scratch.fatigue[lane],
        )
        scratch.contact_count[lane] += 1
        scratch.fatigue_added[lane] += tiring
        scratch.worst_intrusion[lane] = max(scratch.worst_intrusion[lane], disturbed)
        scratch.host[lane] = brand if strength > scratch.strongest_pull[lane] else scratch.host[lane]
        scratch.strongest_pull[lane] = max(scratch.strongest_pull[lane], strength)


@inlined
def _store_contacts(
    workspace: Workspace, counters: Counters, population: Population, lanes: Int, contacted: Int, moved: Int
) -> tuple[Int, Int]:
    """Store what the contacts of the lanes leave behind; see :func:`contact_lanes` for what is returned."""
    scratch = workspace.scratch[0]
    for lane in range(lanes):
        if scratch.contact_count[lane] > 0:
            i = scratch.index[lane]
            here = i & (BLOCK - 1)
            population.people[i].host = scratch.host[lane]
            if scratch.fatigue_added[lane] > 0.0:
                store_fatigue(
                    workspace, counters, population.people[i], scratch.fatigue[lane], scratch.fatigue_added[lane]
                )
            # The host brand may have changed, and with it what the customer does.
            due = population.due[i]
            scratch.moved[np.uint64(moved)] = i
            moved += np.int64(due < _WEEKLY)
            population.due[i] = max(due, _WEEKLY)
            scratch.contacted[contacted] = here
            scratch.pulled[here] = scratch.strongest_pull[lane] > 0.0
            scratch.pulls[here] = scratch.strongest_pull[lane]
            scratch.intrusions[here] = scratch.worst_intrusion[lane]
            contacted += 1
    return contacted, moved


@kernel()
def contact_lanes(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    lanes: Int,
    contacted: Int,
    moved: Int,
) -> tuple[Int, Int]:
    """Contacts of the customers of the lanes, brand by brand.

    Parameters
    ----------
    world, market, workspace, counters, population
        See :mod:`sim.engine`.
    lanes : int
        Customers on the lanes.
    contacted, moved : int
        What it returned for the lanes before.

    Returns
    -------
    tuple of int
        How many customers of the block have been contacted so far, and how many of these may stand on another node.
    """
    _prepare_contacts(world, workspace, counters, population, lanes)
    for turn in range(market.totals[0].contacting):
        _contact_brand(world, market, workspace, counters, population, market.contacting[turn], lanes)
    return _store_contacts(workspace, counters, population, lanes, contacted, moved)


@inlined
def _highest_rate(workspace: Workspace, brand: Int) -> Int:
    """Most contacts of a brand per 65,536 weeks of any customer."""
    highest: Int = np.int64(0)
    for persona in range(workspace.levels_now.shape[1]):
        level = workspace.levels_now[brand + 1, persona]
        highest = max(highest, level.customers, level.prospects)
    return highest


@inlined
def _keep_decided(workspace: Workspace, candidates: NDArray[np.uint32], brand: Int, lanes: Int) -> None:
    """Keep those whom a brand is told from outside to contact; its rate still says who has opted out."""
    scratch = workspace.scratch[0]
    if workspace.clock[_AT_DECIDED] == brand + 1:
        for lane in range(lanes):
            scratch.is_reached[lane] &= workspace.decided[np.int64(candidates[lane])]


@kernel()
def contact_active(
    world: World, market: MarketState, workspace: Workspace, counters: Counters, population: Population, active: Int
) -> tuple[Int, Int]:
    """This week's contacts of the active customers: leaves pulls and intrusions by row in the block.

    Parameters
    ----------
    world, market, workspace, counters, population
        See :mod:`sim.engine`.
    active : int
        Active customers of the block.

    Returns
    -------
    tuple of int
        How many customers were contacted, and how many of these were due weekly and may stand on another node now.
    """
    scratch, lookahead, constants = workspace.scratch[0], workspace.lookahead[0], world.constants[0]
    first, week = workspace.clock[_AT_FIRST], workspace.clock[_AT_WEEK]
    seed, replicate = constants.seed, constants.replicate
    contacted: Int = np.int64(0)
    moved: Int = np.int64(0)
    if market.totals[0].contacting == 0:
        return contacted, moved
    # Weeks of a window lie in pairs in the words of its block.
    row, shift = (week & 7) >> 1, np.uint32(16 * (week & 1))
    reached: Int = np.int64(0)
    for position in range(active):
        lookahead.customer_id[position] = first + scratch.active[position]
    for lane in range(LANES):
        lookahead.period[lane] = week >> 3
    for start in range(0, active, LANES):
        lanes = min(LANES, active - start)
        customer_id, candidates = lookahead.customer_id[start : start + LANES], scratch.active[start : start + LANES]
        for lane in range(LANES):
            scratch.reached_by[lane] = 0
        for turn in range(market.totals[0].contacting):
            brand = market.contacting[turn]
            blocks(seed, replicate, customer_id, _CONTACT, lookahead.period, brand, lanes, scratch.draws, 0)
            draws, most = scratch.draws[row], np.uint32(_highest_rate(workspace, brand))
            for lane in range(LANES):
                scratch.is_reached[lane] = ((draws[lane] >> shift) & np.uint32(0xFFFF)) < most
            _keep_decided(workspace, candidates, brand, lanes)
            # Only for these few the customer's own rate is looked up.
            for position in range(
                compress_all(scratch.selected, np.int64(0), scratch.sequence, scratch.is_reached, lanes)
            ):
                lane = scratch.selected[position]
                rate = rate_of(workspace, population, candidates[lane], brand)
                hit = np.int64((draws[lane] >> shift) & np.uint32(0xFFFF)) < rate
                scratch.reached_by[lane] |= np.uint64(hit) << np.uint64(brand)
        for lane in range(LANES):
            scratch.is_reached[lane] = scratch.reached_by[lane] != np.uint64(0)
        for position in range(compress_all(scratch.selected, np.int64(0), scratch.sequence, scratch.is_reached, lanes)):
            lane = scratch.selected[position]
            lookahead.index[np.uint64(reached)] = candidates[lane]
            lookahead.reached_by[np.uint64(reached)] = scratch.reached_by[lane]
            reached += 1
    for start in range(0, reached, LANES):
        lanes = min(LANES, reached - start)
        people, brands = lookahead.index[start : start + LANES], lookahead.reached_by[start : start + LANES]
        for lane in range(lanes):
            scratch.index[lane] = people[lane]
            scratch.reached_by[lane] = brands[lane]
        contacted, moved = contact_lanes(world, market, workspace, counters, population, lanes, contacted, moved)
    return contacted, moved


@inlined
def _compress_lookahead(workspace: Workspace, count: Int) -> Int:
    """Keep the customers who are looked at further; returns how many."""
    lookahead, none = workspace.lookahead[0], np.int64(0)
    compress_all(lookahead.rate, none, lookahead.rate, lookahead.continues, count)
    compress_all(lookahead.own_due, none, lookahead.own_due, lookahead.continues, count)
    return compress_all(lookahead.index, none, lookahead.index, lookahead.continues, count)


@inlined
def _look_ahead(world: World, workspace: Workspace, population: Population, brand: Int, waiting: Int) -> None:
    """Bring the next week of waiting customers forward to the next contact of one brand.

    Windows of eight weeks share a block of draws. ``index`` are customers who may still be reached before their own
    next week, ``own_due``.
    """
    lookahead, constants = workspace.lookahead[0], world.constants[0]
    first, week = workspace.clock[_AT_FIRST], workspace.clock[_AT_WEEK]
    tomorrow = week + 1
    for position in range(waiting):
        i = lookahead.waiting[position]
        rate = rate_of(workspace, population, np.int64(i), brand)
        lookahead.index[position] = i
        lookahead.rate[position] = rate
        lookahead.own_due[position] = week + weeks_until(np.int64(population.due[i]), week)
        lookahead.continues[position] = rate > 0
    active, window = _compress_lookahead(workspace, waiting), tomorrow >> 3
    for _ in range(_WINDOWS):
        if active == 0:
            return
        wide = (active + VECTOR_WIDTH - 1) & -VECTOR_WIDTH
        for lane in range(wide):
            lookahead.customer_id[lane] = first + lookahead.index[lane]
            lookahead.period[lane] = window
            lookahead.next_contact[lane] = _NEVER
        blocks(
            constants.seed,
            constants.replicate,
            lookahead.customer_id,
            _CONTACT,
            lookahead.period,
            brand,
            active,
            lookahead.draws,
            0,
        )
        for ahead in range(window * 8 + 7, max(tomorrow, window * 8) - 1, -1):
            draws, shift = lookahead.draws[(ahead & 7) >> 1], np.uint32(16 * (ahead & 1))
            for lane in range(wide):
                hit = ((draws[lane] >> shift) & np.uint32(0xFFFF)) < lookahead.rate[lane]
                lookahead.next_contact[lane] = np.uint32(ahead) if hit else lookahead.next_contact[lane]
        window += 1
        for lane in range(active):
            population.due[lookahead.index[lane]] = due_in(min(lookahead.own_due[lane], lookahead.next_contact[lane]))
        for lane in range(active):
            lookahead.continues[lane] = (lookahead.next_contact[lane] >= lookahead.own_due[lane]) & (
                lookahead.own_due[lane] > window * 8
            )
        active = _compress_lookahead(workspace, active)
    for lane in range(active):
        population.due[lookahead.index[lane]] = due_in(window * 8)


@kernel()
def look_ahead(world: World, market: MarketState, workspace: Workspace, population: Population, active: Int) -> None:
    """Let contacts bring forward the next week of customers who would only wait.

    A week in which nothing happens leaves no trace: visiting a customer more often changes nothing.

    Parameters
    ----------
    world, market, workspace, population
        See :mod:`sim.engine`.
    active : int
        Active customers of the block.
    """
    if market.totals[0].contacting == 0:
        return
    scratch, lookahead = workspace.scratch[0], workspace.lookahead[0]
    week, waiting = workspace.clock[_AT_WEEK], np.int64(0)
    for position in range(active):
        i = scratch.active[position]
        lookahead.waiting[np.uint64(waiting)] = i
        due = population.due[i]
        waiting += np.int64((due >= _WEEKLY) & (weeks_until(np.int64(due), week) > 1))
    for turn in range(market.totals[0].contacting):
        # Nobody knows in advance whom a brand will contact whose contacts are decided week by week.
        if workspace.clock[_AT_DECIDED] != market.contacting[turn] + 1:
            _look_ahead(world, workspace, population, market.contacting[turn], waiting)
