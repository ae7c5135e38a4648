"""The event log: moments of the sampled customers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.compiled import Int, inlined, loop
from agents.population import NOBODY, SAMPLED
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import Counters
from sim.record.events import EventKind

__all__ = ["Event", "log_event", "log_stage"]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_STAGE = np.int64(EventKind.STAGE)
_AT_ROW = Clock.ROW
_NOBODY = np.int64(NOBODY)
_NO_AMOUNT = np.int64(0)


class Event(NamedTuple):
    """A row of the log."""

    customer_id: Int
    row: Int
    kind: Int
    stage: Int
    brand: Int
    channel: Int
    origin: Int
    amount: Int


@loop
def _log(events: Any, event_count: Any, event: Event) -> None:
    """Write a moment to the log."""
    at = event_count[0]
    events[at, 0] = event.customer_id
    events[at, 1] = event.row
    events[at, 3] = event.kind
    events[at, 4] = event.stage
    events[at, 5] = event.brand
    events[at, 6] = event.channel
    events[at, 7] = event.origin
    events[at, 8] = event.amount
    event_count[0] = at + 1


@inlined
def log_event(
    workspace: Workspace,
    counters: Counters,
    customer: Any,
    customer_id: Int,
    kind: Int,
    brand: Int,
    channel: Int,
    origin: Int,
    amount: Int,
) -> None:
    """Log an event of a sampled customer.

    Parameters
    ----------
    workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    kind : int
        An :class:`sim.record.events.EventKind`.
    brand : int
        Brand, or NOBODY.
    channel, origin : int
        Channel and :class:`sim.record.history.Origin`, or NOBODY.
    amount : int
        Cents.
    """
    if np.int64(customer.marks) & SAMPLED != 0:
        stage = np.int64(customer.stage)
        moment = Event(customer_id, workspace.clock[_AT_ROW], kind, stage, brand, channel, origin, amount)
        _log(counters.events, counters.event_count, moment)


@inlined
def log_stage(workspace: Workspace, counters: Counters, customer: Any, customer_id: Int) -> None:
    """Log that a sampled customer entered a stage.

    Parameters
    ----------
    workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    """
    log_event(
        workspace,
        counters,
        customer,
        customer_id,
        _STAGE,
        np.int64(customer.host),
        np.int64(customer.channel),
        _NOBODY,
        _NO_AMOUNT,
    )
