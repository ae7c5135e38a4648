"""Channels: which one a stage is entered through, what it costs and teaches."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, expression, inlined
from agents.population import NOBODY
from agents.rules.feelings import knowledge_after_touch
from agents.rules.numerics import decode_unit, encode_unit
from sim.engine.customer.accounts import counts_of, pay
from sim.engine.customer.stage_view import level_of
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import Counters
from sim.record.history import Money
from sim.world.world import World

__all__ = ["channel_drawn", "channel_of", "take_channel"]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_CHANNELS = np.int64(Money.CHANNELS)
_AT_AUTOMATED = Clock.AUTOMATED


@expression
def channel_of(world: World, customer: Any) -> Any:
    """The channel a customer is in: see :data:`sim.world.graph.CHANNEL`."""
    return world.channels[np.uint8(customer.channel + 1)]


@inlined
def channel_drawn(world: World, at: Int, u: float) -> Int:
    """Draw the channel through which a stage is entered.

    Parameters
    ----------
    world
        See :mod:`sim.engine`.
    at : int
        Node.
    u : float
        Uniform in (0, 1).

    Returns
    -------
    int
        Channel.
    """
    taken = np.int64(0)
    for channel in range(world.mix.shape[1] - 1):
        taken += np.int64(u >= world.mix[at, channel])
    return taken


@inlined
def _learn(world: World, workspace: Workspace, customer: Any) -> None:
    """Teach the host brand, if it is the incumbent, what a touch through a digital channel tells of the customer."""
    automation = level_of(workspace, customer, np.int64(customer.host)).automation * channel_of(world, customer).digital
    # At no automation a touch teaches nothing, and nothing changes. Toward nobody there is none.
    customer.knowledge = encode_unit(
        knowledge_after_touch(
            decode_unit(customer.knowledge),
            world.constants[0].knowledge_rate,
            automation if customer.host == customer.incumbent else 0.0,
        )
    )


@inlined
def take_channel(
    world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, taken: Int
) -> None:
    """Enter a stage through a channel: cost to the host brand, knowledge where the touch is digital.

    Parameters
    ----------
    world, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    taken : int
        Channel.
    """
    customer.channel = taken
    if workspace.clock[_AT_AUTOMATED] != 0:
        _learn(world, workspace, customer)
    host, through = np.int64(customer.host), channel_of(world, customer)
    if (through.cost != 0) & (host != NOBODY):
        pay(
            world,
            workspace,
            counters,
            counts_of(workspace, counters, customer, host),
            customer_id,
            host,
            _CHANNELS,
            through.cost,
        )
