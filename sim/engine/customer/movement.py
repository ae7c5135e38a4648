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
from sim.record.counters import Counters
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
    moves, row = workspace.edge_counts, workspace.clock[_AT_ROW]
    for edge in range(world.edges.size):
        for persona in range(moves.shape[1]):
            moved = moves[edge, persona]
            if moved == 0:
                continue
            source, target = world.edges[edge].source, world.edges[edge].target
            counters.flows[persona, source, target] += moved
            counters.occupancy[row, persona, source] -= moved
            counters.occupancy[row, persona, target] += moved
            moves[edge, persona] = 0
