"""Enter: several customers come to one node at once, and each does there what its stage does."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.population import NOBODY, SEARCHED, Population
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import log, normal_quantile, uniform
from sim.engine.choice import buy_all, draw_brands
from sim.engine.customer_week import (
    arrive,
    bond,
    experience,
    found_chance,
    group_of,
    next_due,
    note_stage,
    recall_chance,
    recall_nearest,
    serve,
    set_need_clock,
    settle,
    spot_of,
    strain,
    take_channel,
    talk,
    turn_to_incumbent,
)
from sim.engine.intrinsics import read_ahead
from sim.engine.schedule import FEW, fetch, take_up
from sim.luck import blocks
from sim.scenario.journey import Does
from sim.world.world import BLOCK, LANES, Clock, World

__all__ = ["enter", "search_all", "talk_all"]

_WEEK, _ENTRY, _NEED = np.int64(Purpose.WEEK), np.int64(Purpose.ENTRY), np.int64(Purpose.NEED)
_RECALL, _SEARCH = np.int64(Purpose.RECALL), np.int64(Purpose.SEARCH)
_DOES_WAIT, _DOES_RECALL, _DOES_SEARCH = np.int64(Does.WAIT), np.int64(Does.RECALL), np.int64(Does.SEARCH)
_DOES_CHOOSE, _DOES_USE = np.int64(Does.CHOOSE), np.int64(Does.USE)
_DOES_BOND, _DOES_TALK = np.int64(Does.BOND), np.int64(Does.TALK)
_AT_WEEK, _AT_FIRST = Clock.WEEK, Clock.FIRST
_EVER = np.int64(0)


@inlined
def _consider(world: World, brand: Int, searching: bool, lanes: Int) -> None:
    """Let those of the lanes consider a brand who meet it in search, or else to whom it comes to mind."""
    desk, wide = world.desk[0], (lanes + 7) & -8
    draws = desk.words[brand]
    if world.constants[0].groups == 1:
        everywhere = world.standing[0, brand].recall
        for lane in range(wide):
            desk.weight[lane] = everywhere
    else:
        for lane in range(lanes):
            desk.weight[lane] = world.standing[group_of(world, desk.who[lane]), brand].recall
    for lane in range(wide):
        salience = desk.weight[lane]
        recalled = recall_chance(world, desk.incumbent[lane], brand, salience)
        occurs = uniform(np.int64(draws[lane])) < (found_chance(world, salience) if searching else recalled)
        desk.considered[lane] |= np.uint64(occurs) << np.uint64(brand)


@inlined
def search_all(world: World, population: Population, lanes: Int) -> None:
    """One week of search of each."""
    desk = world.desk[0]
    week = world.clock[_AT_WEEK]
    for lane in range(lanes):
        i = desk.people[lane]
        customer = population.people[i]
        desk.when[lane] = week
        desk.considered[lane] = customer.considered
        customer.marks = np.int64(customer.marks) | SEARCHED
    draw_brands(world, _SEARCH, lanes)
    for brand in range(world.constants[0].brands):
        _consider(world, brand, True, lanes)
    for lane in range(lanes):
        population.people[desk.people[lane]].considered = desk.considered[lane]


@inlined
def talk_all(world: World, population: Population, stage: Int, lanes: Int) -> None:
    """One week in a talk stage of each."""
    desk = world.desk[0]
    constants = world.constants[0]
    for lane in range(lanes):
        desk.when[lane] = world.clock[_AT_WEEK]
    blocks(constants.seed, constants.replicate, desk.who, _WEEK, desk.when, stage, lanes, desk.words, 0)
    for lane in range(lanes):
        i = desk.people[lane]
        u = uniform(np.int64(desk.words[1, lane]))
        talk(world, population.people[i], world.clock[_AT_FIRST] + i, u)


@inlined
def _wait_all(world: World, population: Population, lanes: Int) -> None:
    """Start the need clock of each."""
    desk = world.desk[0]
    constants = world.constants[0]
    blocks(constants.seed, constants.replicate, desk.who, _NEED, desk.when, _EVER, lanes, desk.words, 0)
    for lane in range((lanes + 7) & -8):
        desk.goal[lane] = tail_position(log(1.0 - uniform(np.int64(desk.words[0, lane]))))
    for lane in range(lanes):
        customer = population.people[desk.people[lane]]
        u_round, u_carry = uniform(np.int64(desk.words[1, lane])), uniform(np.int64(desk.words[3, lane]))
        set_need_clock(world, customer, desk.goal[lane], u_round, u_carry)


@inlined
def _recall_all(world: World, population: Population, lanes: Int) -> None:
    """Initial consideration set of each."""
    desk = world.desk[0]
    draw_brands(world, _RECALL, lanes)
    for lane in range(lanes):
        i = desk.people[lane]
        customer = population.people[i]
        desk.considered[lane] = customer.considered
        desk.incumbent[lane] = customer.incumbent
    for brand in range(world.constants[0].brands):
        _consider(world, brand, False, lanes)
    for lane in range(lanes):
        i = desk.people[lane]
        customer = population.people[i]
        customer.considered = desk.considered[lane]
        if desk.considered[lane] == np.uint64(0):
            recall_nearest(world, customer, group_of(world, desk.who[lane]), lane)
        customer.initial = customer.considered


@inlined
def _settles(node: Any) -> bool:
    """Whether entering a node takes or costs anything."""
    return node.has_channels | (node.effort > 0.0) | (node.cost != 0) | (node.ancillary != 0)


@inlined
def _settle_all(world: World, population: Population, at: Int, lanes: Int) -> None:
    """What entering a stage takes and costs each, where all come to one node."""
    desk, node, people = world.desk[0], world.nodes[at], population.people
    first = world.clock[_AT_FIRST]
    if node.has_channels:
        for lane in range((lanes + 7) & -8):
            desk.taken[lane] = 0
        for channel in range(world.mix.shape[1] - 1):
            share = world.mix[at, channel]
            for lane in range((lanes + 7) & -8):
                desk.taken[lane] += np.int64(uniform(np.int64(desk.entry[0, lane])) >= share)
        for lane in range(lanes):
            i = desk.people[lane]
            take_channel(world, people[i], first + i, desk.taken[lane])
    else:
        for lane in range(lanes):
            people[desk.people[lane]].channel = NOBODY
    if node.effort > 0.0:
        for lane in range(lanes):
            strain(world, people[desk.people[lane]], at)
    if (node.cost != 0) | (node.ancillary != 0):
        for lane in range(lanes):
            i = desk.people[lane]
            serve(world, people[i], first + i, at)


@inlined
def _stay_apart(world: World, population: Population, at: Int, lanes: Int) -> Int:
    """Set the next week of each, on the journey of whoever leads now; queue those whose stage resolves within the week.

    Returns how many these are.
    """
    desk, moving = world.desk[0], np.int64(0)
    for lane in range(lanes):
        i = desk.people[lane]
        customer = population.people[i]
        population.due[i] = next_due(customer, spot_of(world, customer))
    for lane in range(lanes if world.nodes[at].resolves else 0):
        i = desk.people[lane]
        now = spot_of(world, population.people[i]).node
        if world.nodes[now].weeks == 0:
            world.queue[now, np.uint64(world.queued[now])] = i & (BLOCK - 1)
            world.queued[now] += 1
            moving += 1
    return moving


@inlined
def _stay_together(world: World, population: Population, at: Int, lanes: Int) -> Int:
    """Set the next week of all, and queue them if the stage resolves within the week; returns how many these are."""
    desk, node = world.desk[0], world.nodes[at]
    # Whoever leads, they stand on one node since this week, and none of them waits.
    first = population.people[desk.people[0]]
    soonest = next_due(first, spot_of(world, first))
    for lane in range(lanes):
        population.due[desk.people[lane]] = soonest
    if node.weeks != 0:
        return 0
    queued = np.uint64(world.queued[at])
    for lane in range(np.uint64(lanes)):
        world.queue[at, queued + lane] = desk.people[lane] & (BLOCK - 1)
    world.queued[at] += lanes
    return lanes


@rule
def enter(world: World, population: Population, at: Int, begin: Int) -> Int:
    """Let all who are queued come to node ``at``; returns by how much the number of those on the move grows.

    Who finds a stage that resolves within the week is queued there.
    """
    desk = world.desk[0]
    moving = -world.entered[at]
    constants = world.constants[0]
    first, week = world.clock[_AT_FIRST], world.clock[_AT_WEEK]
    stage, does = at % constants.stages, world.nodes[at].does
    for start in range(0, world.entered[at], LANES):
        lanes = min(LANES, world.entered[at] - start)
        fetch(world, population, FEW)
        node = world.nodes[at]
        lifted, drawn, settles = node.lift != 0.0, node.draws, _settles(node)
        pays = (world.accounts.size > 0) & (settles | drawn | (does == _DOES_CHOOSE))
        take_up(world, population, world.entering[at, start : start + lanes], begin)
        if pays:
            for lane in range(lanes):
                read_ahead(world.accounts, np.int64(desk.people[lane]))
        for lane in range(lanes):
            customer = population.people[desk.people[lane]]
            arrive(customer, stage, week)
            desk.when[lane] = customer.occasion
        if does == _DOES_WAIT:
            for lane in range(lanes):
                desk.place[lane] = turn_to_incumbent(world, population.people[desk.people[lane]], stage)
            for lead in range(world.spots.shape[0]):
                theirs = world.nodes[world.spots[lead, stage].node]
                lifted |= theirs.lift != 0.0
                drawn |= theirs.draws
                settles |= _settles(theirs)
        if drawn:
            blocks(constants.seed, constants.replicate, desk.who, _ENTRY, desk.when, stage, lanes, desk.entry, 0)
        if does == _DOES_WAIT and settles:
            # Each on the journey of the brand last bought.
            for lane in range(lanes):
                i = desk.people[lane]
                u = uniform(np.int64(desk.entry[0, lane]))
                settle(world, population.people[i], first + i, np.int64(desk.place[lane]), u)
        else:
            _settle_all(world, population, at, lanes)
        if does != _DOES_CHOOSE and world.events.shape[0] > 0:
            for lane in range(lanes):
                i = desk.people[lane]
                note_stage(world, population.people[i], first + i)
        if does == _DOES_WAIT:
            _wait_all(world, population, lanes)
        elif does == _DOES_RECALL:
            _recall_all(world, population, lanes)
        elif does == _DOES_SEARCH:
            search_all(world, population, lanes)
        elif does == _DOES_CHOOSE:
            buy_all(world, population, lanes)
        elif does == _DOES_BOND:
            for lane in range(lanes):
                bond(world, population.people[desk.people[lane]])
        if lifted | (does == _DOES_USE):
            for lane in range((lanes + 7) & -8):
                desk.goal[lane] = normal_quantile(uniform(np.int64(desk.entry[1, lane])))
            for lane in range(lanes):
                i = desk.people[lane]
                lift = world.nodes[desk.place[lane]].lift if does == _DOES_WAIT else node.lift
                if does == _DOES_USE or lift != 0.0:
                    disturbed = desk.disturbances[i & (BLOCK - 1)]
                    told = uniform(np.int64(desk.entry[2, lane]))
                    experience(world, population.people[i], first + i, lift, disturbed, desk.goal[lane], told)
        if does == _DOES_TALK:
            talk_all(world, population, stage, lanes)
        if (does == _DOES_CHOOSE) | (does == _DOES_WAIT):
            moving += _stay_apart(world, population, at, lanes)
        else:
            moving += _stay_together(world, population, at, lanes)
    world.entered[at] = 0
    return moving
