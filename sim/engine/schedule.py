"""Schedule: which customers are due this week, block by block, with their records prefetched."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.kernel import kernel
from agents.population import WEEKLY, Population
from agents.rules.due import due_in
from sim.engine.customer.stage_view import due_alone, next_due, stage_view_of
from sim.engine.intrinsics import VECTOR_WIDTH, compress_all, prefetch_l1, prefetch_l2
from sim.engine.workspace import BLOCK, Clock, Workspace

__all__ = ["PREFETCHES", "advance_block", "prefetch_upcoming", "find_active", "queue_active", "load_lanes", "store_due"]

#: Records of the next block that are asked for between two pieces of work.
PREFETCHES = np.int64(48)
_AT_WEEK, _AT_FIRST, _AT_TO_PREFETCH = Clock.WEEK, Clock.FIRST, Clock.TO_PREFETCH
_AT_RETURNING, _AT_RETURNING_NEXT = Clock.RETURNING, Clock.RETURNING_NEXT
_WEEKLY = np.uint8(WEEKLY)


@kernel()
def find_active(workspace: Workspace, population: Population, begin: Int) -> Int:
    """Find the active customers of a block, by row in the partition.

    Parameters
    ----------
    workspace, population
        See :mod:`sim.engine`.
    begin : int
        Row of the block's first customer in the partition.

    Returns
    -------
    int
        How many there are.
    """
    scratch, now = workspace.scratch[0], np.uint8(due_in(workspace.clock[_AT_WEEK]))
    due, found = population.due[begin : begin + BLOCK], scratch.is_active
    for here in range(due.size):
        found[here] = due[here] == now
    count: Int = compress_all(scratch.upcoming, np.int64(0), scratch.sequence, found, due.size)
    workspace.clock[_AT_RETURNING_NEXT] = count
    anybody = np.uint8(0)
    for here in range(due.size):
        found[here] = due[here] < _WEEKLY
        anybody |= found[here]
    if anybody != 0:
        count = compress_all(scratch.upcoming, count, scratch.sequence, found, due.size)
    for position in range(count):
        scratch.upcoming[position] += begin
    return count


@inlined
def store_due(workspace: Workspace, population: Population, rows: Any, count: Int) -> None:
    """Set when customers are due next, from when each is due alone, which is left in ``due_alone``.

    Parameters
    ----------
    workspace, population
        See :mod:`sim.engine`.
    rows : uint32 (n,)
        The customers' rows in the partition.
    count : int
        How many.
    """
    due, week = workspace.scratch[0].due_alone, np.uint32(workspace.clock[_AT_WEEK])
    # In vectors: one by one, which bound holds is a branch that nobody can foresee.
    for position in range(count):
        due[position] = next_due(due[position], week)
    for position in range(count):
        population.due[rows[np.uint64(position)]] = due[np.uint64(position)]


@inlined
def _queue_rows(workspace: Workspace, population: Population, rows: Any, count: Int) -> None:
    """Queue by node the customers of these rows who act this week or may move, and set when they are due next."""
    scratch, week = workspace.scratch[0], workspace.clock[_AT_WEEK]
    for position in range(count):
        prefetch_l1(population.people, np.int64(rows[np.uint64(position + VECTOR_WIDTH)]))
        i = rows[np.uint64(position)]
        customer, here = population.people[i], i & (BLOCK - 1)
        view = stage_view_of(workspace, customer)
        at, due = view.node, due_alone(customer, view)
        ripe = np.uint8(week - np.int64(customer.since) >= view.stays)
        called = np.uint8(np.int64(customer.need_at) <= week) | scratch.pulled[here]
        acts = view.acts | (ripe & (view.roams | called))
        queued = np.uint64(workspace.queued[at])
        # Stores come last: the compiler must read again what a store before may have changed.
        scratch.due_alone[np.uint64(position)] = due
        workspace.queue[at, queued] = here
        workspace.queued[at] = queued + acts
    store_due(workspace, population, rows, count)


@kernel()
def queue_active(workspace: Workspace, population: Population, active: Int, moved: Int) -> None:
    """Queue the active customers by node, and set the week in which they are due next.

    That week is set as if nothing were to happen. Customers due weekly are queued without a look, except those whom a
    contact may have moved.

    Parameters
    ----------
    workspace, population
        See :mod:`sim.engine`.
    active : int
        Active customers of the block.
    moved : int
        Customers who may stand on another node since this week's contact.
    """
    scratch = workspace.scratch[0]
    nobody: Int = workspace.queued.size - 1
    _queue_rows(workspace, population, scratch.active, workspace.clock[_AT_RETURNING])
    for position in range(workspace.clock[_AT_RETURNING], active):
        i = scratch.active[np.uint64(position)]
        due = np.int64(population.due[i])
        at = np.uint64(due if due < WEEKLY else nobody)
        queued = np.uint64(workspace.queued[at])
        workspace.queue[at, queued] = i & (BLOCK - 1)
        workspace.queued[at] = queued + 1
    workspace.queued[nobody] = 0
    _queue_rows(workspace, population, scratch.moved, moved)


@kernel()
def advance_block(workspace: Workspace, population: Population, begin: Int, active: Int) -> Int:
    """Make the customers found before the active ones, and find those of the next block.

    Parameters
    ----------
    workspace, population
        See :mod:`sim.engine`.
    begin : int
        Row of the block's first customer in the partition.
    active : int
        Active customers of the block.

    Returns
    -------
    int
        Active customers of the next block.
    """
    scratch = workspace.scratch[0]
    workspace.clock[_AT_RETURNING] = workspace.clock[_AT_RETURNING_NEXT]
    for position in range(active):
        scratch.active[position] = scratch.upcoming[position]
    upcoming = find_active(workspace, population, begin + BLOCK)
    workspace.clock[_AT_TO_PREFETCH] = upcoming
    return upcoming


@inlined
def load_lanes(workspace: Workspace, queue: Any, begin: Int) -> None:
    """Load the customers of a queue onto the lanes.

    Parameters
    ----------
    workspace
        See :mod:`sim.engine`.
    queue : uint16 (n,)
        Rows in the block.
    begin : int
        Row of the block's first customer in the partition.
    """
    scratch, base, first = workspace.scratch[0], np.uint32(begin), np.uint32(workspace.clock[_AT_FIRST] + begin)
    for lane in range(queue.size):
        scratch.index[lane] = base + queue[lane]
        scratch.customer_id[lane] = first + queue[lane]


@inlined
def prefetch_upcoming(workspace: Workspace, population: Population, count: Int) -> None:
    """Prefetch records of the next block, while there is other work.

    Parameters
    ----------
    workspace, population
        See :mod:`sim.engine`.
    count : int
        How many.
    """
    left = workspace.clock[_AT_TO_PREFETCH]
    last = max(left - count, 0)
    for position in range(last, left):
        prefetch_l2(population.people, np.int64(workspace.scratch[0].upcoming[np.uint64(position)]))
    workspace.clock[_AT_TO_PREFETCH] = last
