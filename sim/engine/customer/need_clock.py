"""The need clock of one customer (docs/model.md 7.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.population import NEVER, SEARCHED
from agents.rules.need import carried_over, tail_position, weeks_left, whole_weeks
from agents.rules.numerics import log
from sim.engine.customer.stage_view import node_at
from sim.engine.workspace import Clock, Workspace
from sim.world.world import World

__all__ = ["first_need", "is_need_due", "leave_wait", "set_need_clock", "turn_to_incumbent"]

_AT_WEEK = Clock.WEEK


@inlined
def _gap(world: World, customer: Any, at: float) -> float:
    """Weeks between needs (docs/model.md 7.1), before rounding, from the draw's position in the table of quantiles."""
    constants = world.constants[0]
    if constants.cyclical != 0:
        return constants.mean_gap
    below = np.int64(at)
    share = at - below
    table = world.gap_quantiles
    return constants.mean_gap * np.float64(customer.gap) * (table[below] * (1.0 - share) + table[below + 1] * share)


@rule
def first_need(world: World, workspace: Workspace, customer: Any, u: float, phase: float) -> None:
    """Set the first need of a newly drawn customer, who is somewhere within a gap.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    u : float
        Uniform in (0, 1).
    phase : float
        Share of the gap that is left, in (0, 1).
    """
    weeks = np.int64(min(_gap(world, customer, tail_position(log(1.0 - u))), 60000.0) * phase)
    customer.need_at = min(workspace.clock[_AT_WEEK] + weeks, NEVER - 1)


@inlined
def set_need_clock(
    world: World, workspace: Workspace, customer: Any, at: float, u_round: float, u_carry: float
) -> None:
    """Start the need clock on entering a wait stage (docs/model.md 7.1).

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    at : float
        Position of the draw in the table of quantiles.
    u_round, u_carry : float
        Uniforms in (0, 1): rounding to weeks, carrying over.
    """
    weeks = whole_weeks(_gap(world, customer, at), u_round)
    early = np.float64(np.int64(customer.need_at) - np.int64(customer.need_week))
    weeks += carried_over(early, world.constants[0].carry_over, u_carry)
    if world.constants[0].from_need != 0:
        weeks = weeks_left(weeks, workspace.clock[_AT_WEEK] - np.int64(customer.need_week))
    customer.need_at = min(workspace.clock[_AT_WEEK] + weeks, NEVER - 1)


@inlined
def is_need_due(workspace: Workspace, customer: Any) -> bool:
    """Whether the need clock has run out; only a wait stage asks."""
    return np.int64(customer.need_at) <= workspace.clock[_AT_WEEK]


@inlined
def leave_wait(workspace: Workspace, customer: Any) -> None:
    """Turn from waiting: a need has arisen."""
    customer.occasion = (np.int64(customer.occasion) + 1) & 0xFFFF
    customer.need_week = workspace.clock[_AT_WEEK]
    customer.marks = np.int64(customer.marks) & (255 - SEARCHED)


@inlined
def turn_to_incumbent(workspace: Workspace, customer: Any, stage: Int) -> Int:
    """Make the incumbent the host brand and empty the consideration set, on entering a wait stage.

    Parameters
    ----------
    workspace, customer
        See :mod:`sim.engine`.
    stage : int
        Stage.

    Returns
    -------
    int
        Node of the stage on that brand's journey.
    """
    customer.host = customer.incumbent
    customer.considered = 0
    customer.initial = 0
    return node_at(workspace, customer, stage)
