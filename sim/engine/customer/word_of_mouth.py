"""Word of mouth of one customer (docs/model.md 7.6)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.population import NOBODY
from agents.rules.numerics import decode_unit
from agents.rules.talk import praise_probability
from sim.engine.customer.accounts import counts_of
from sim.engine.customer.event_log import log_event
from sim.engine.workspace import Workspace
from sim.record.counters import ByBrand, Counters
from sim.record.events import EventKind
from sim.world.world import World

__all__ = ["group_of", "talk"]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_B_PRAISE = np.int64(ByBrand.PRAISE)
_PRAISE = np.int64(EventKind.PRAISE)
_NOBODY = np.int64(NOBODY)
_NO_AMOUNT = np.int64(0)


@inlined
def group_of(world: World, customer_id: Int) -> Int:
    """Group that a customer hears: a division is spared where there is one group only."""
    groups = world.constants[0].groups
    return customer_id % groups if groups > 1 else 0 * customer_id


@inlined
def talk(world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, u: float) -> None:
    """A week in a talk stage (docs/model.md 7.6).

    Parameters
    ----------
    world, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    u : float
        Uniform in (0, 1).
    """
    brand = np.int64(customer.incumbent)
    if brand == NOBODY:
        return
    constants = world.constants[0]
    told = praise_probability(constants.talk_rate, decode_unit(customer.sociability), np.float64(customer.satisfaction))
    if u < told:
        counts_of(workspace, counters, customer, brand)[_B_PRAISE] += 1
        counters.talk[customer_id % constants.groups, brand, 0] += 1
        log_event(workspace, counters, customer, customer_id, _PRAISE, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
