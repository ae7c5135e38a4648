"""Stages and strategy levels as one customer meets them this week, on the journey of the host brand."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, expression, inlined
from agents.kernel import kernel
from agents.population import AHEAD, NEVER, WEEKLY
from agents.rules.due import due_in
from sim.engine.workspace import Clock, Workspace
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["due_alone", "lay_out_week", "level_of", "next_due", "node_at", "stage_view_of"]

_AT_AUTOMATED, _AT_LAID_OUT = Clock.AUTOMATED, Clock.LAID_OUT
_WEEKLY, _SOONEST, _LATEST = np.uint32(WEEKLY), np.uint32(WEEKLY + 1), np.uint32(WEEKLY + AHEAD)


@expression
def level_of(workspace: Workspace, customer: Any, brand: Int) -> Any:
    """Levels of the brand's present strategy for this customer's persona; zero where there is no brand.

    Parameters
    ----------
    workspace, customer
        See :mod:`sim.engine`.
    brand : int
        Brand, or NOBODY.

    Returns
    -------
    record of LEVEL
    """
    return workspace.levels_now[np.uint8(brand + 1), customer.persona]


@kernel()
def lay_out_week(world: World, market: MarketState, workspace: Workspace) -> None:
    """Lay out stages by host brand and the levels in force, where a strategy has started since it was last done.

    Parameters
    ----------
    world, market, workspace
        See :mod:`sim.engine`.
    """
    begun = np.int64(1)
    for brand in range(world.brands.size):
        begun += market.brands[brand].active
    if workspace.clock[_AT_LAID_OUT] == begun:
        return
    workspace.clock[_AT_LAID_OUT] = begun
    workspace.clock[_AT_AUTOMATED] = 0
    for host in range(workspace.stage_views.shape[0]):
        journey = world.constants[0].journey
        if host > 0:
            active = market.brands[host - 1].active
            journey = world.segments[host - 1, active].journey
            for persona in range(workspace.levels_now.shape[1]):
                level = world.levels[host - 1, active, persona]
                workspace.levels_now[host, persona] = level
                workspace.clock[_AT_AUTOMATED] |= np.int64(level.automation > 0.0)
        for stage in range(workspace.stage_views.shape[1]):
            view, at = workspace.stage_views[host, stage], world.node_of[journey, stage]
            node = world.nodes[at]
            view.node = at
            view.does = node.does
            view.acts = node.acts
            view.roams = node.roams
            view.stays = node.weeks if node.opens else NEVER
            # Customers whom the stage brings back at once are due weekly.
            weekly = (at < WEEKLY) & (node.returns != 0) & (node.rest == 0)
            view.by_need = NEVER if node.waits and not weekly else 0
            view.by_stay = NEVER if node.returns and not weekly else 0
            view.after = at if weekly else max(node.never, WEEKLY + node.rest * node.returns)


@expression
def stage_view_of(workspace: Workspace, customer: Any) -> Any:
    """The stage a customer stands in, on the host brand's journey: see :data:`sim.engine.workspace.STAGE_VIEW`."""
    return workspace.stage_views[np.uint8(customer.host + 1), customer.stage]


@inlined
def due_alone(customer: Any, view: Any) -> Any:
    """When a customer who stays is due next, by the stage and the need clock alone: see :func:`next_due`.

    Parameters
    ----------
    customer : record
        One of the population's.
    view : record
        What the customer's stage means now, see :func:`stage_view_of`.

    Returns
    -------
    uint32
        Below WEEKLY the node of those due every week; else WEEKLY and a week, which may be past or far ahead.
    """
    return (np.uint32(customer.need_at) & view.by_need) + (np.uint32(customer.since) & view.by_stay) + view.after


@inlined
def next_due(due: Any, week: Any) -> Any:
    """When a customer who stays is due next, unless a contact comes first.

    Parameters
    ----------
    due : uint32
        As :func:`due_alone` gives it.
    week : uint32
        This week, from the first of the burn-in.

    Returns
    -------
    uint32
        As in :class:`agents.population.Population`.
    """
    # A week in which nothing happens leaves no trace: whoever is due too far ahead is visited before.
    coming = min(max(due, week + _SOONEST), week + _LATEST)
    return due if due < _WEEKLY else np.uint32(due_in(coming))


@inlined
def node_at(workspace: Workspace, customer: Any, stage: Int) -> Int:
    """Node of a stage on the host brand's journey.

    Parameters
    ----------
    workspace, customer
        See :mod:`sim.engine`.
    stage : int
        Stage.

    Returns
    -------
    int
    """
    return workspace.stage_views[np.uint8(customer.host + 1), stage].node
