"""Enter: several customers come to one node at once, and each does there what its stage does."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.kernel import kernel
from agents.population import MOST_VISITS, NOBODY, SEARCHED, Population
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import log, normal_quantile, uniform
from sim.engine.choice import buy_lanes, draw_brands
from sim.engine.customer.accounts import book_stage
from sim.engine.customer.channel import take_channel
from sim.engine.customer.consideration import found_chance, recall_chance, recall_nearest
from sim.engine.customer.event_log import log_stage
from sim.engine.customer.experience import bond, experience
from sim.engine.customer.feelings import add_effort
from sim.engine.customer.movement import arrive, settle_entry
from sim.engine.customer.need_clock import luck_period, meet_need, set_need_clock, turn_to_incumbent
from sim.engine.customer.purchase import give_back
from sim.engine.customer.stage_view import due_alone, next_due, stage_view_of
from sim.engine.customer.word_of_mouth import group_of, talk
from sim.engine.draws import draw_lanes
from sim.engine.intrinsics import prefetch_l2
from sim.engine.schedule import PREFETCHES, load_lanes, prefetch_upcoming, store_due
from sim.engine.workspace import BLOCK, LANES, Clock, Workspace
from sim.record.counters import Counters
from sim.scenario.journey import Does
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["enter_node", "search_lanes", "talk_lanes"]

_WEEK, _ENTRY, _NEED = np.int64(Purpose.WEEK), np.int64(Purpose.ENTRY), np.int64(Purpose.NEED)
_RECALL, _SEARCH = np.int64(Purpose.RECALL), np.int64(Purpose.SEARCH)
_DOES_WAIT, _DOES_RECALL, _DOES_SEARCH = np.int64(Does.WAIT), np.int64(Does.RECALL), np.int64(Does.SEARCH)
_DOES_CHOOSE, _DOES_USE = np.int64(Does.CHOOSE), np.int64(Does.USE)
_DOES_BOND, _DOES_TALK, _DOES_RETURN = np.int64(Does.BOND), np.int64(Does.TALK), np.int64(Does.RETURN)
_AT_WEEK, _AT_FIRST = Clock.WEEK, Clock.FIRST
_EVER = np.int64(0)


@inlined
def _consider(world: World, market: MarketState, workspace: Workspace, brand: Int, searching: bool, lanes: Int) -> None:
    """Let those of the lanes consider a brand who meet it in search, or else to whom it comes to mind."""
    scratch, wide = workspace.scratch[0], (lanes + 7) & -8
    draws = scratch.draws[brand]
    if world.constants[0].groups == 1:
        everywhere = market.standing[0, brand].recall
        for lane in range(wide):
            scratch.salience[lane] = everywhere
    else:
        for lane in range(lanes):
            scratch.salience[lane] = market.standing[group_of(world, scratch.customer_id[lane]), brand].recall
    for lane in range(wide):
        salience = scratch.salience[lane]
        recalled = recall_chance(world, scratch.incumbent[lane], brand, salience)
        occurs = uniform(np.int64(draws[lane])) < (found_chance(world, salience) if searching else recalled)
        scratch.considered[lane] |= np.uint64(occurs) << np.uint64(brand)


@kernel()
def search_lanes(world: World, market: MarketState, workspace: Workspace, population: Population, lanes: Int) -> None:
    """One week of search of the customers of the lanes.

    Parameters
    ----------
    world, market, workspace, population
        See :mod:`sim.engine`.
    lanes : int
        Customers on the lanes.
    """
    scratch = workspace.scratch[0]
    week = workspace.clock[_AT_WEEK]
    for lane in range(lanes):
        i = scratch.index[lane]
        customer = population.people[i]
        scratch.period[lane] = week
        scratch.considered[lane] = customer.considered
        customer.marks = np.int64(customer.marks) | SEARCHED
    draw_brands(world, workspace, _SEARCH, lanes)
    for brand in range(world.constants[0].brands):
        _consider(world, market, workspace, brand, True, lanes)
    for lane in range(lanes):
        population.people[scratch.index[lane]].considered = scratch.considered[lane]


@kernel()
def talk_lanes(
    world: World, workspace: Workspace, counters: Counters, population: Population, stage: Int, lanes: Int
) -> None:
    """One week in a talk stage of the customers of the lanes.

    Parameters
    ----------
    world, workspace, counters, population
        See :mod:`sim.engine`.
    stage : int
        Stage.
    lanes : int
        Customers on the lanes.
    """
    scratch = workspace.scratch[0]
    for lane in range(lanes):
        scratch.period[lane] = workspace.clock[_AT_WEEK]
    draw_lanes(world, workspace, _WEEK, stage, lanes, scratch.draws)
    for lane in range(lanes):
        i = scratch.index[lane]
        u = uniform(np.int64(scratch.draws[1, lane]))
        talk(world, workspace, counters, population.people[i], workspace.clock[_AT_FIRST] + i, u)


@kernel()
def wait_lanes(world: World, workspace: Workspace, population: Population, lanes: Int) -> None:
    """Start the need clock of each.

    Parameters
    ----------
    world, workspace, population
        See :mod:`sim.engine`.
    lanes : int
        Customers on the lanes.
    """
    scratch = workspace.scratch[0]
    draw_lanes(world, workspace, _NEED, _EVER, lanes, scratch.draws)
    for lane in range((lanes + 7) & -8):
        scratch.gap_position[lane] = tail_position(log(1.0 - uniform(np.int64(scratch.draws[0, lane]))))
    for lane in range(lanes):
        customer = population.people[scratch.index[lane]]
        u_round, u_carry = uniform(np.int64(scratch.draws[1, lane])), uniform(np.int64(scratch.draws[3, lane]))
        set_need_clock(world, workspace, customer, scratch.gap_position[lane], u_round, u_carry)


@kernel()
def recall_lanes(world: World, market: MarketState, workspace: Workspace, population: Population, lanes: Int) -> None:
    """Initial consideration set of each.

    Parameters
    ----------
    world, market, workspace, population
        See :mod:`sim.engine`.
    lanes : int
        Customers on the lanes.
    """
    scratch = workspace.scratch[0]
    draw_brands(world, workspace, _RECALL, lanes)
    for lane in range(lanes):
        i = scratch.index[lane]
        customer = population.people[i]
        scratch.considered[lane] = customer.considered
        scratch.incumbent[lane] = customer.incumbent
    for brand in range(world.constants[0].brands):
        _consider(world, market, workspace, brand, False, lanes)
    for lane in range(lanes):
        i = scratch.index[lane]
        customer = population.people[i]
        customer.considered = scratch.considered[lane]
        if scratch.considered[lane] == np.uint64(0):
            recall_nearest(world, market, workspace, customer, group_of(world, scratch.customer_id[lane]), lane)
        customer.initial = customer.considered


@inlined
def _settles(node: Any) -> bool:
    """Whether entering a node takes or costs anything."""
    return node.has_channels | (node.effort > 0.0) | (node.cost != 0) | (node.ancillary != 0)


@kernel()
def settle_lanes(
    world: World, workspace: Workspace, counters: Counters, population: Population, at: Int, lanes: Int
) -> None:
    """What entering a stage takes and costs each, where all come to one node.

    Parameters
    ----------
    world, workspace, counters, population
        See :mod:`sim.engine`.
    at : int
        The node they come to.
    lanes : int
        Customers on the lanes.
    """
    scratch, node, people = workspace.scratch[0], world.nodes[at], population.people
    first = workspace.clock[_AT_FIRST]
    if node.has_channels:
        for lane in range((lanes + 7) & -8):
            scratch.channel_index[lane] = 0
        for channel in range(world.mix.shape[1] - 1):
            share = world.mix[at, channel]
            for lane in range((lanes + 7) & -8):
                scratch.channel_index[lane] += np.int64(uniform(np.int64(scratch.entry_draws[0, lane])) >= share)
        for lane in range(lanes):
            i = scratch.index[lane]
            take_channel(world, workspace, counters, people[i], first + i, scratch.channel_index[lane])
    else:
        for lane in range(lanes):
            people[scratch.index[lane]].channel = NOBODY
    if node.effort > 0.0:
        for lane in range(lanes):
            add_effort(world, workspace, people[scratch.index[lane]], at)
    if (node.cost != 0) | (node.ancillary != 0):
        for lane in range(lanes):
            i = scratch.index[lane]
            book_stage(world, workspace, counters, people[i], first + i, at)


@inlined
def _finish_apart(world: World, workspace: Workspace, population: Population, at: Int, lanes: Int) -> Int:
    """Set the next week of each, on the host brand's journey; queue those whose stage resolves within the week.

    Returns how many these are.
    """
    scratch, moving = workspace.scratch[0], np.int64(0)
    for lane in range(lanes):
        i = scratch.index[lane]
        customer = population.people[i]
        scratch.due_alone[lane] = due_alone(customer, stage_view_of(workspace, customer))
    store_due(workspace, population, scratch.index, lanes)
    for lane in range(lanes if world.nodes[at].resolves else 0):
        i = scratch.index[lane]
        now = stage_view_of(workspace, population.people[i]).node
        if world.nodes[now].weeks == 0:
            workspace.queue[now, np.uint64(workspace.queued[now])] = i & (BLOCK - 1)
            workspace.queued[now] += 1
            moving += 1
    return moving


@inlined
def _finish_together(world: World, workspace: Workspace, population: Population, at: Int, lanes: Int) -> Int:
    """Set the next week of all, and queue them if the stage resolves within the week; returns how many these are."""
    scratch, node = workspace.scratch[0], world.nodes[at]
    # They stand on one node since this week, and none of them waits.
    first = population.people[scratch.index[0]]
    week = np.uint32(workspace.clock[_AT_WEEK])
    soonest = next_due(due_alone(first, stage_view_of(workspace, first)), week)
    for lane in range(lanes):
        population.due[scratch.index[lane]] = soonest
    if node.weeks != 0:
        return 0
    queued = np.uint64(workspace.queued[at])
    for lane in range(np.uint64(lanes)):
        workspace.queue[at, queued + lane] = scratch.index[lane] & (BLOCK - 1)
    workspace.queued[at] += lanes
    return lanes


@inlined
def _act_on_entry(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    does: Int,
    lanes: Int,
) -> None:
    """Do what the stage does to the customers of the lanes, but for experience and talk."""
    scratch = workspace.scratch[0]
    if does == _DOES_WAIT:
        wait_lanes(world, workspace, population, lanes)
    elif does == _DOES_RECALL:
        recall_lanes(world, market, workspace, population, lanes)
    elif does == _DOES_SEARCH:
        search_lanes(world, market, workspace, population, lanes)
    elif does == _DOES_CHOOSE:
        buy_lanes(world, market, workspace, counters, population, lanes)
    elif does == _DOES_BOND:
        for lane in range(lanes):
            bond(world, workspace, counters, population.people[scratch.index[lane]])
    elif does == _DOES_RETURN:
        for lane in range(lanes):
            i = scratch.index[lane]
            give_back(world, workspace, counters, population.people[i], workspace.clock[_AT_FIRST] + i)


@kernel()
def experience_lanes(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    at: Int,
    lanes: Int,
) -> None:
    """Let the customers of the lanes experience the incumbent, where the stage uses it or lifts the experience.

    Parameters
    ----------
    world, market, workspace, counters, population
        See :mod:`sim.engine`.
    at : int
        The node they come to.
    lanes : int
        Customers on the lanes.
    """
    scratch, node, does = workspace.scratch[0], world.nodes[at], world.nodes[at].does
    first = workspace.clock[_AT_FIRST]
    for lane in range((lanes + 7) & -8):
        scratch.noise[lane] = normal_quantile(uniform(np.int64(scratch.entry_draws[1, lane])))
    for lane in range(lanes):
        i = scratch.index[lane]
        lift = world.nodes[scratch.node[lane]].lift if does == _DOES_WAIT else node.lift
        if does == _DOES_USE or lift != 0.0:
            disturbed = scratch.intrusions[i & (BLOCK - 1)]
            told = uniform(np.int64(scratch.entry_draws[2, lane]))
            experience(
                world,
                market,
                workspace,
                counters,
                population.people[i],
                first + i,
                lift,
                disturbed,
                scratch.noise[lane],
                told,
            )


@inlined
def _arrive_lanes(world: World, workspace: Workspace, population: Population, at: Int, lanes: Int) -> None:
    """Let the customers of the lanes stand on a node, and leave the period of each one's luck there."""
    scratch, stage, does = workspace.scratch[0], at % world.constants[0].stages, world.nodes[at].does
    if (population.visits.size > 0) & world.nodes[at].counted:
        for lane in range(lanes):
            visits = np.int64(population.visits[scratch.index[lane]])
            population.visits[scratch.index[lane]] = visits + np.int64(visits < MOST_VISITS)
    if world.nodes[at].goal:
        for lane in range(lanes):
            i = scratch.index[lane]
            if population.reached[i] == 0:
                population.reached[i] = workspace.clock[_AT_WEEK] + 1
    for lane in range(lanes):
        customer = population.people[scratch.index[lane]]
        arrive(customer, stage, workspace.clock[_AT_WEEK])
        meet_need(workspace, customer, does)
        scratch.period[lane] = luck_period(workspace, customer)


@kernel()
def enter_node(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    at: Int,
    begin: Int,
) -> Int:
    """Let all customers queued for a node enter it; queue those whose stage resolves within the week there.

    Parameters
    ----------
    world, market, workspace, counters, population
        What the customers of the partition meet, what they leave behind, and their records.
    at : int
        The node.
    begin : int
        Row of the block's first customer in the partition.

    Returns
    -------
    int
        By how much the number of customers on the move grows.
    """
    scratch = workspace.scratch[0]
    moving = -workspace.entered[at]
    constants = world.constants[0]
    first = workspace.clock[_AT_FIRST]
    stage, does = at % constants.stages, world.nodes[at].does
    for start in range(0, workspace.entered[at], LANES):
        lanes = min(LANES, workspace.entered[at] - start)
        prefetch_upcoming(workspace, population, PREFETCHES)
        lifted, drawn, settles = world.nodes[at].lift != 0.0, world.nodes[at].draws, _settles(world.nodes[at])
        pays = (counters.accounts.size > 0) & (settles | drawn | (does == _DOES_CHOOSE) | (does == _DOES_RETURN))
        load_lanes(workspace, workspace.entering[at, start : start + lanes], begin)
        if pays:
            for lane in range(lanes):
                prefetch_l2(counters.accounts, np.int64(scratch.index[lane]))
        _arrive_lanes(world, workspace, population, at, lanes)
        if does == _DOES_WAIT:
            for lane in range(lanes):
                scratch.node[lane] = turn_to_incumbent(workspace, population.people[scratch.index[lane]], stage)
            for host in range(workspace.stage_views.shape[0]):
                theirs = world.nodes[workspace.stage_views[host, stage].node]
                lifted |= theirs.lift != 0.0
                drawn |= theirs.draws
                settles |= _settles(theirs)
        if drawn:
            draw_lanes(world, workspace, _ENTRY, stage, lanes, scratch.entry_draws)
        if does == _DOES_WAIT and settles:
            # Each on the journey of the brand last bought.
            for lane in range(lanes):
                i, u = scratch.index[lane], uniform(np.int64(scratch.entry_draws[0, lane]))
                at_own = np.int64(scratch.node[lane])
                settle_entry(world, workspace, counters, population.people[i], first + i, at_own, u)
        else:
            settle_lanes(world, workspace, counters, population, at, lanes)
        if does != _DOES_CHOOSE and counters.events.shape[0] > 0:
            for lane in range(lanes):
                i = scratch.index[lane]
                log_stage(workspace, counters, population.people[i], first + i)
        _act_on_entry(world, market, workspace, counters, population, does, lanes)
        if lifted | (does == _DOES_USE):
            experience_lanes(world, market, workspace, counters, population, at, lanes)
        if does == _DOES_TALK:
            talk_lanes(world, workspace, counters, population, stage, lanes)
        if (does == _DOES_CHOOSE) | (does == _DOES_WAIT):
            moving += _finish_apart(world, workspace, population, at, lanes)
        else:
            moving += _finish_together(world, workspace, population, at, lanes)
    workspace.entered[at] = 0
    return moving
