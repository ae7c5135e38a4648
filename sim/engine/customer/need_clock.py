"""The need clock of one customer (docs/model.md 7.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.population import NEVER, SEARCHED, VISITING
from agents.purposes import OF_VISITS
from agents.rules.need import carried_over, weeks_left, whole_weeks
from sim.engine.customer.stage_view import node_at
from sim.engine.workspace import Clock, Workspace
from sim.scenario.journey import Does
from sim.world.world import World

__all__ = [
    "begin_visit",
    "first_need",
    "is_need_due",
    "leave_wait",
    "luck_period",
    "meet_need",
    "set_need_clock",
    "turn_to_incumbent",
]

_AT_WEEK = Clock.WEEK
_DOES_RECALL, _DOES_SEARCH, _DOES_CHOOSE = np.int64(Does.RECALL), np.int64(Does.SEARCH), np.int64(Does.CHOOSE)


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
def first_need(world: World, workspace: Workspace, customer: Any, at: float, phase: float) -> None:
    """Set the first need of a newly drawn customer, who is somewhere within a gap.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    at : float
        Position of the draw in the table of quantiles.
    phase : float
        Share of the gap that is left, in (0, 1).
    """
    weeks = np.int64(min(_gap(world, customer, at), 60000.0) * phase)
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
    if np.int64(customer.marks) & VISITING != 0:
        # Who comes back from a visit has had no need: the clock goes on.
        customer.marks = np.int64(customer.marks) & (255 - VISITING)
        customer.need_at = max(np.int64(customer.need_at), workspace.clock[_AT_WEEK] + 1)
        return
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
    customer.marks = np.int64(customer.marks) & (255 - SEARCHED - VISITING)


@inlined
def begin_visit(customer: Any) -> None:
    """Turn from waiting to a visit: no need has arisen."""
    customer.marks = np.int64(customer.marks) | VISITING


@inlined
def meet_need(workspace: Workspace, customer: Any, does: Int) -> None:
    """Let a need arise for a visitor who comes to a stage that recalls, searches or chooses: it has come early.

    Parameters
    ----------
    workspace, customer
        See :mod:`sim.engine`.
    does : int
        What the stage does.
    """
    needs = (does == _DOES_RECALL) | (does == _DOES_SEARCH) | (does == _DOES_CHOOSE)
    if needs and np.int64(customer.marks) & VISITING != 0:
        leave_wait(workspace, customer)


@inlined
def luck_period(workspace: Workspace, customer: Any) -> Int:
    """Period of the draws that are tied to an occasion; during a visit, of which there may be many, the week's own."""
    visiting = np.int64(customer.marks) & VISITING != 0
    return OF_VISITS + workspace.clock[_AT_WEEK] if visiting else np.int64(customer.occasion)


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
