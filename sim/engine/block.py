"""Crowd: one week of many neighbours at once.

What one customer does is little, and what it is differs from one to the next: a machine that lives one after the other
waits at every turn for what it could not foresee. So the customers of a block whose week it is are queued by the node
they stand on, and those of one node live the same step together, up to 128 at a time.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.population import Population
from sim.engine.contact import look_ahead, meet
from sim.engine.customer_week import count_moves, lay_out, leave, node_at
from sim.engine.intrinsics import SIDE, keep_all
from sim.engine.schedule import FEW, call, fetch, find_ready, stand, take_up
from sim.engine.stage_entry import enter, search_all, talk_all
from sim.engine.transition import weigh
from sim.scenario.journey import Does
from sim.world.world import BLOCK, LANES, Clock, World

__all__ = ["customers_week"]

_AT_WEEK, _AT_FIRST = Clock.WEEK, Clock.FIRST
_DOES_WAIT, _DOES_SEARCH, _DOES_TALK = np.int64(Does.WAIT), np.int64(Does.SEARCH), np.int64(Does.TALK)


@inlined
def _act(world: World, population: Population, at: Int, lanes: Int) -> Int:
    """A week of search or talk of the customers of the lanes; returns how many, now the first, may move."""
    desk, node = world.desk[0], world.nodes[at]
    if node.does == _DOES_SEARCH:
        search_all(world, population, lanes)
    elif node.does == _DOES_TALK:
        talk_all(world, population, at % world.constants[0].stages, lanes)
    else:
        return lanes
    if node.weeks <= 0:
        return lanes if node.first_edge != node.end_edge else 0
    moving = np.int64(0)
    for lane in range(lanes):
        i = desk.people[lane]
        stays = world.clock[_AT_WEEK] - np.int64(population.people[i].since) < node.weeks
        desk.people[moving] = i
        desk.who[moving] = world.clock[_AT_FIRST] + i
        moving += np.int64((not stays) & (node.first_edge != node.end_edge))
    return moving


@inlined
def _move(world: World, population: Population, at: Int, lanes: Int) -> Int:
    """Send all of the lanes where the edges they take lead, edge by edge; returns how many go."""
    desk, node = world.desk[0], world.nodes[at]
    journey, gone = at // world.constants[0].stages, np.int64(0)
    for place in range(node.first_edge, node.end_edge):
        for lane in range((lanes + SIDE - 1) & -SIDE):
            desk.open[lane] = desk.taken[lane] == place
        count = keep_all(desk.slot, np.int64(0), desk.people, desk.open, lanes)
        moved, stage = np.uint64(count), world.edges[place].target
        counts = world.moves[place]
        for turn in range(moved):
            counts[population.people[desk.slot[turn]].persona] += 1
        if node.does == _DOES_WAIT:
            for turn in range(moved):
                leave(world, population.people[desk.slot[turn]])
        if node.shared:
            for turn in range(moved):
                i = desk.slot[turn]
                target = node_at(world, population.people[i], stage)
                world.entering[target, np.uint64(world.entered[target])] = i & (BLOCK - 1)
                world.entered[target] += 1
        else:
            target = world.node_of[np.uint64(journey), np.uint64(stage)]
            before = np.uint64(world.entered[target])
            for turn in range(moved):
                world.entering[target, before + turn] = desk.slot[turn] & (BLOCK - 1)
            world.entered[target] += np.int64(moved)
        gone += np.int64(moved)
    return gone


@rule
def _step(world: World, population: Population, at: Int, begin: Int, weekly: bool) -> Int:
    """One edge at most of each who is queued at a node, by its hazards.

    Returns by how much the number of those on the move grows.
    """
    gone = np.int64(0) if weekly else -world.queued[at]
    for start in range(0, world.queued[at], LANES):
        lanes = min(LANES, world.queued[at] - start)
        fetch(world, population, FEW)
        take_up(world, population, world.queue[at, start : start + lanes], begin)
        if weekly:
            lanes = _act(world, population, at, lanes)
        weigh(world, population, at, lanes)
        gone += _move(world, population, at, lanes)
    world.queued[at] = 0
    return gone


@inlined
def customers_week(world: World, population: Population) -> None:
    """One week of every customer of a shard whose week it is, block by block.

    1. Of each: contacts of every brand that makes contact (a timely one moves the lead and pulls).
    2. Of those who stand on one node, together: the weekly deed of the stage (search, talk); unless a fixed stay is not
       over or nothing can open, one edge at most, by its hazards.
    3. Of those who come to one node, together: channel, effort, money; what the stage does (recall, choose and buy,
       experience, bond, need clock ...). Where the stage resolves within the week, on through one more edge, until
       everybody stands still. Stages take turns in the order of the file.
    4. Of each the next week in which anything can happen is set along the way; of those who wait, at last, the contact
       that comes before it.
    """
    desk = world.desk[0]
    stages, nodes = world.constants[0].stages, world.nodes.size
    lay_out(world)
    customers = population.due.size
    coming = find_ready(world, population, np.int64(0))
    for begin in range(0, customers, BLOCK):
        ready = coming
        coming = call(world, population, begin, ready)
        contacted, moved = meet(world, population, ready)
        stand(world, population, ready, moved)
        weekly = True
        moving = np.int64(0)
        while weekly or moving > 0:
            for stage in range(stages):
                if not weekly:
                    for at in range(stage, nodes, stages):
                        if world.entered[at] > 0:
                            moving += enter(world, population, at, begin)
                for at in range(stage, nodes, stages):
                    if world.queued[at] > 0:
                        moving += _step(world, population, at, begin, weekly)
            weekly = False
        fetch(world, population, coming)
        look_ahead(world, population, ready)
        for place in range(contacted):
            here = desk.contacted[place]
            desk.called[here] = 0
            desk.pulls[here] = 0.0
            desk.disturbances[here] = 0.0
    count_moves(world)
