"""Money and counts that one customer causes, in integer minor units."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, expression, inlined, loop
from agents.population import NOBODY
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import ByBrand, Counters
from sim.record.history import Money
from sim.world.world import World

__all__ = ["book_stage", "counts_of", "pay"]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_REVENUE, _MARGIN, _ANCILLARY = np.int64(Money.REVENUE), np.int64(Money.MARGIN), np.int64(Money.ANCILLARY)
_SERVICE = np.int64(Money.SERVICE)
_B_MONEY = np.int64(ByBrand.MONEY)
_AT_ROW, _AT_FIRST = Clock.ROW, Clock.FIRST


@expression
def counts_of(workspace: Workspace, counters: Counters, customer: Any, brand: Int) -> Any:
    """This week's counters of a brand among customers of the same persona.

    Parameters
    ----------
    workspace, counters, customer
        See :mod:`sim.engine`.
    brand : int
        Brand, or NOBODY.

    Returns
    -------
    int64 (columns,)
        A view: see :class:`sim.record.counters.ByBrand`.
    """
    return counters.by_brand[np.uint64(workspace.clock[_AT_ROW]), customer.persona, np.uint64(brand)]


@loop
def _book(accounts: Any, row: Int, column: Int, amount: Int, discount: float) -> None:
    """Keep the customer's own account of the focal brand's money."""
    account = accounts[row]
    if column == _REVENUE:
        account.spend += amount
    else:
        signed = amount if column in (_MARGIN, _ANCILLARY) else -amount
        account.contribution += signed
        account.value += np.int64(np.floor(signed * discount + 0.5))


@inlined
def pay(
    world: World,
    workspace: Workspace,
    counters: Counters,
    counts: Any,
    customer_id: Int,
    brand: Int,
    column: Int,
    amount: Int,
) -> None:
    """Book money that a customer causes; costs are positive numbers in cost columns.

    Parameters
    ----------
    world, workspace, counters, customer_id
        See :mod:`sim.engine`.
    counts : int64 (columns,)
        This week's counters of the brand: :func:`sim.engine.customer.accounts.counts_of`.
    brand : int
        Brand, or NOBODY.
    column : int
        A :class:`sim.record.history.Money`.
    amount : int
        Amount.
    """
    counts[_B_MONEY + column] += amount
    if counters.accounts.size > 0 and brand == world.constants[0].focal and amount != 0:
        _book(
            counters.accounts,
            customer_id - workspace.clock[_AT_FIRST],
            column,
            amount,
            world.discount[workspace.clock[_AT_ROW]],
        )


@inlined
def book_stage(
    world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, at: Int
) -> None:
    """Book what a stage costs the host brand, and what it sells beside the brand.

    Parameters
    ----------
    world, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    at : int
        Node.
    """
    host, node = np.int64(customer.host), world.nodes[at]
    if host == NOBODY:
        return
    counts = counts_of(workspace, counters, customer, host)
    pay(world, workspace, counters, counts, customer_id, host, _SERVICE, node.cost)
    pay(world, workspace, counters, counts, customer_id, host, _REVENUE, node.ancillary)
    margin = np.int64(np.floor(node.ancillary * world.constants[0].ancillary_margin + 0.5))
    pay(world, workspace, counters, counts, customer_id, host, _ANCILLARY, margin)
