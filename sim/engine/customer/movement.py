"""One customer's move from stage to stage, and the counts of moves."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.population import MOVED, NOBODY
from sim.engine.customer.accounts import book_stage
from sim.engine.customer.channel import channel_drawn, take_channel
from sim.engine.customer.feelings import add_effort
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import Counters, period_of
from sim.world.world import World

__all__ = ["arrive", "count_moves", "settle_entry"]

_AT_ROW = Clock.ROW


@inlined
def arrive(customer: Any, stage: Int, week: Int) -> None:
    """Stand in a stage from this week on.

    Parameters
    ----------
    customer
        See :mod:`sim.engine`.
    stage : int
        Stage.
    week : int
        From the first of the burn-in.
    """
    customer.stage = stage
    customer.since = week
    customer.marks = np.int64(customer.marks) | MOVED


@inlined
def settle_entry(
    world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, at: Int, u: float
) -> None:
    """Take what entering a stage takes and costs: channel, effort, money.

    Parameters
    ----------
    world, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    at : int
        Node.
    u : float
        Uniform in (0, 1).
    """
    node = world.nodes[at]
    if node.has_channels:
        take_channel(world, workspace, counters, customer, customer_id, channel_drawn(world, at, u))
    else:
        customer.channel = NOBODY
    if node.effort > 0.0:
        add_effort(world, workspace, customer, at)
    if node.cost != 0 or node.ancillary != 0:
        book_stage(world, workspace, counters, customer, customer_id, at)


@inlined
def count_moves(world: World, workspace: Workspace, counters: Counters) -> None:
    """Count the edges taken this week as flows between stages and changes of occupancy.

    Parameters
    ----------
    world, workspace, counters
        See :mod:`sim.engine`.
    """
    moves, weeks, periods = workspace.edge_counts, counters.by_persona.shape[0], counters.occupancy.shape[0]
    period = period_of(workspace.clock[_AT_ROW], weeks, periods)
    # Of a journey found in a log thousands of edges are taken by nobody in a week.
    for at in range(world.nodes.size):
        if workspace.left[at] == 0:
            continue
        workspace.left[at] = 0
        for edge in range(world.nodes[at].first_edge, world.nodes[at].end_edge):
            source, target = world.edges[edge].source, world.edges[edge].target
            for persona in range(moves.shape[1]):
                moved = moves[edge, persona]
                counters.flows[persona, source, target] += moved
                counters.occupancy[period, persona, source] -= moved
                counters.occupancy[period, persona, target] += moved
                moves[edge, persona] = 0
