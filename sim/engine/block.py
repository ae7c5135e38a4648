"""Block: one week of many neighbouring customers at once.

One customer does little in a week, and each does something else, so that a processor that takes them one by one waits
at every branch. So the active customers of a block are queued by the node they stand on, and those of one node take
the same step together, up to 128 at a time.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import Int, inlined
from agents.kernel import kernel
from agents.population import Population
from sim.engine.choice import buy_lanes
from sim.engine.contact import contact_active, contact_lanes, look_ahead
from sim.engine.customer.movement import count_moves
from sim.engine.customer.need_clock import begin_visit, leave_wait
from sim.engine.customer.stage_view import lay_out_week, node_at
from sim.engine.features import load_feature
from sim.engine.intrinsics import VECTOR_WIDTH, compress_all
from sim.engine.schedule import PREFETCHES, advance_block, find_active, load_lanes, prefetch_upcoming, queue_active
from sim.engine.stage_entry import (
    enter_node,
    experience_lanes,
    recall_lanes,
    search_lanes,
    settle_lanes,
    talk_lanes,
    wait_lanes,
)
from sim.engine.transition import choose_edges, drop_staying
from sim.engine.workspace import BLOCK, LANES, Clock, Workspace
from sim.luck import blocks
from sim.record.counters import Counters
from sim.scenario.journey import Does
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["step_blocks"]

_AT_WEEK, _AT_FIRST = Clock.WEEK, Clock.FIRST
_DOES_WAIT, _DOES_SEARCH, _DOES_TALK = np.int64(Does.WAIT), np.int64(Does.SEARCH), np.int64(Does.TALK)


@inlined
def _act(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    at: Int,
    lanes: Int,
) -> Int:
    """A week of search or talk of the customers of the lanes; returns how many, now the first, may move."""
    scratch, node = workspace.scratch[0], world.nodes[at]
    if node.does == _DOES_SEARCH:
        search_lanes(world, market, workspace, population, lanes)
    elif node.does == _DOES_TALK:
        talk_lanes(world, workspace, counters, population, at % world.constants[0].stages, lanes)
    else:
        return lanes
    if node.weeks <= 0:
        return lanes if node.first_edge != node.end_edge else 0
    moving = np.int64(0)
    for lane in range(lanes):
        i = scratch.index[lane]
        stays = workspace.clock[_AT_WEEK] - np.int64(population.people[i].since) < node.weeks
        scratch.index[moving] = i
        scratch.customer_id[moving] = workspace.clock[_AT_FIRST] + i
        moving += np.int64((not stays) & (node.first_edge != node.end_edge))
    return moving


@inlined
def _move(world: World, workspace: Workspace, population: Population, at: Int, lanes: Int) -> Int:
    """Move the customers of the lanes along the edges they take; returns how many move."""
    scratch, node = workspace.scratch[0], world.nodes[at]
    journey, gone = at // world.constants[0].stages, np.int64(0)
    for edge_id in range(node.first_edge, node.end_edge):
        for lane in range((lanes + VECTOR_WIDTH - 1) & -VECTOR_WIDTH):
            scratch.is_open[lane] = scratch.edge[lane] == edge_id
        count = compress_all(scratch.selected, np.int64(0), scratch.index, scratch.is_open, lanes)
        moved, stage = np.uint64(count), world.edges[edge_id].target
        counts = workspace.edge_counts[edge_id]
        for turn in range(moved):
            counts[population.people[scratch.selected[turn]].persona] += 1
        if node.does == _DOES_WAIT and world.edges[edge_id].visits != 0:
            for turn in range(moved):
                begin_visit(population.people[scratch.selected[turn]])
        elif node.does == _DOES_WAIT:
            for turn in range(moved):
                leave_wait(workspace, population.people[scratch.selected[turn]])
        if node.shared:
            for turn in range(moved):
                i = scratch.selected[turn]
                target = node_at(workspace, population.people[i], stage)
                workspace.entering[target, np.uint64(workspace.entered[target])] = i & (BLOCK - 1)
                workspace.entered[target] += 1
        else:
            target = world.node_of[np.uint64(journey), np.uint64(stage)]
            before = np.uint64(workspace.entered[target])
            for turn in range(moved):
                workspace.entering[target, before + turn] = scratch.selected[turn] & (BLOCK - 1)
            workspace.entered[target] += np.int64(moved)
        gone += np.int64(moved)
    workspace.left[at] += gone
    return gone


@kernel()
def _step(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    at: Int,
    begin: Int,
    weekly: bool,
) -> Int:
    """Let each customer queued at a node take one edge at most, by its hazards.

    Returns by how much the number of customers on the move grows.
    """
    gone = np.int64(0) if weekly else -workspace.queued[at]
    for start in range(0, workspace.queued[at], LANES):
        lanes = min(LANES, workspace.queued[at] - start)
        prefetch_upcoming(workspace, population, PREFETCHES)
        load_lanes(workspace, workspace.queue[at, start : start + lanes], begin)
        if weekly:
            lanes = _act(world, market, workspace, counters, population, at, lanes)
            lanes = drop_staying(world, workspace, population, at, lanes)
        choose_edges(world, market, workspace, population, at, lanes)
        gone += _move(world, workspace, population, at, lanes)
    workspace.queued[at] = 0
    return gone


@inlined
def step_blocks(
    world: World, market: MarketState, workspace: Workspace, counters: Counters, population: Population
) -> None:
    """One week of every active customer of a partition, block by block.

    1. Contacts: those of every brand that makes contact; a timely one makes its brand the host and pulls.
    2. Step: the active customers of one node, together, do the weekly action of the stage (search, talk). Unless a
       fixed stay is not over or no edge can open, each takes one edge at most, by its hazards.
    3. Entry: the customers who come to one node, together, take channel, effort and money, and what the stage does
       (recall, choose and buy, experience, bond, need clock ...). Where the stage resolves within the week they take
       another edge, until nobody moves. Stages take turns in the order of the file.
    4. Schedule: the next week in which anything can happen to a customer is set along the way; for waiting customers,
       at last, the contact that comes before it.

    Parameters
    ----------
    world, market, workspace, counters, population
        See :mod:`sim.engine`.
    """
    scratch = workspace.scratch[0]
    stages, nodes = world.constants[0].stages, world.nodes.size
    lay_out_week(world, market, workspace)
    customers = population.due.size
    upcoming = find_active(workspace, population, np.int64(0))
    for begin in range(0, customers, BLOCK):
        active = upcoming
        upcoming = advance_block(workspace, population, begin, active)
        contacted, moved = contact_active(world, market, workspace, counters, population, active)
        queue_active(workspace, population, active, moved)
        weekly = True
        moving = np.int64(0)
        while weekly or moving > 0:
            for stage in range(stages):
                if not weekly:
                    for at in range(stage, nodes, stages):
                        if workspace.entered[at] > 0:
                            moving += enter_node(world, market, workspace, counters, population, at, begin)
                for at in range(stage, nodes, stages):
                    if workspace.queued[at] > 0:
                        moving += _step(world, market, workspace, counters, population, at, begin, weekly)
            weekly = False
        prefetch_upcoming(workspace, population, upcoming)
        look_ahead(world, market, workspace, population, active)
        for row in range(contacted):
            here = scratch.contacted[row]
            scratch.pulled[here] = 0
            scratch.pulls[here] = 0.0
            scratch.intrusions[here] = 0.0
    count_moves(world, workspace, counters)


#: All kernels that a week may call, in the order of how long they take to compile.
KERNELS = (
    enter_node,
    _step,
    choose_edges,
    drop_staying,
    buy_lanes,
    contact_active,
    contact_lanes,
    load_feature,
    look_ahead,
    experience_lanes,
    settle_lanes,
    recall_lanes,
    search_lanes,
    wait_lanes,
    talk_lanes,
    lay_out_week,
    queue_active,
    advance_block,
    find_active,
    blocks,
)
