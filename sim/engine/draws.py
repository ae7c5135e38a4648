"""Draws for the customers of the lanes."""

from __future__ import annotations

from typing import Any

from agents.compiled import Int, inlined
from sim.engine.workspace import Workspace
from sim.luck import blocks
from sim.world.world import World

__all__ = ["draw_lanes"]


@inlined
def draw_lanes(world: World, workspace: Workspace, purpose: Int, index: Int, lanes: Int, draws: Any) -> None:
    """Draw for each customer of the lanes at the lane's own ``period``.

    Parameters
    ----------
    world, workspace
        Keys of luck; customers and periods.
    purpose, index : int
        As in :func:`sim.luck.block`.
    lanes : int
        Customers on the lanes.
    draws : uint32 (rows, LANES)
        Filled from row 0 to row 3.
    """
    constants, scratch = world.constants[0], workspace.scratch[0]
    blocks(constants.seed, constants.replicate, scratch.customer_id, purpose, scratch.period, index, lanes, draws, 0)
