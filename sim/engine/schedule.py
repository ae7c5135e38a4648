"""Ready: whose week it is, block by block, and their records asked for before they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, loop
from agents.population import WEEKLY, Population
from sim.engine.customer_week import next_due, spot_of
from sim.engine.intrinsics import SIDE, call_in, keep_all, read_ahead
from sim.world.world import BLOCK, Clock, World

__all__ = ["FEW", "call", "fetch", "find_ready", "stand", "take_up"]

#: Records of the next block that are asked for between two pieces of work.
FEW = np.int64(48)
_AT_WEEK, _AT_FIRST, _AT_AHEAD = Clock.WEEK, Clock.FIRST, Clock.AHEAD
_AT_WOKEN, _AT_WAKING = Clock.WOKEN, Clock.WAKING
_WEEKLY = np.uint16(WEEKLY)


@inlined
def find_ready(world: World, population: Population, begin: Int) -> Int:
    """Leave in ``coming`` those of a block whose week it is, by place in the shard; returns how many."""
    desk, week = world.desk[0], np.uint16(WEEKLY + world.clock[_AT_WEEK])
    due, found = population.due[begin : begin + BLOCK], desk.found
    for here in range(due.size):
        found[here] = (due[here] >= _WEEKLY) & (due[here] <= week)
    count: Int = keep_all(desk.coming, np.int64(0), desk.order, found, due.size)
    world.clock[_AT_WAKING] = count
    anybody = np.uint8(0)
    for here in range(due.size):
        found[here] = due[here] < _WEEKLY
        anybody |= found[here]
    if anybody != 0:
        count = keep_all(desk.coming, count, desk.order, found, due.size)
    for place in range(count):
        desk.coming[place] += begin
    return count


@inlined
def _look_at(world: World, population: Population, places: Any, count: Int) -> None:
    """Queue those of so many who do something this week or may move, and set when they are due next."""
    desk, week = world.desk[0], world.clock[_AT_WEEK]
    for place in range(count):
        call_in(population.people, np.int64(places[place + SIDE]))
        i = places[place]
        customer, here = population.people[i], i & (BLOCK - 1)
        spot = spot_of(world, customer)
        at, soonest = spot.node, next_due(customer, spot)
        ripe = np.uint8(week - np.int64(customer.since) >= spot.stays)
        called = np.uint8(np.int64(customer.need_at) <= week) | desk.called[here]
        acts = spot.acts | (ripe & (spot.roams | called))
        queued = np.uint64(world.queued[at])
        # Stores come last: after one nothing may be taken for what it was.
        population.due[i] = soonest
        world.queue[at, queued] = here
        world.queued[at] = queued + acts


@loop
def stand(world: World, population: Population, ready: Int, moved: Int) -> None:
    """Queue by node those who do something every week or may move; for all others that was the week.

    Everybody's next week is set as if nothing were to happen. Who is there every week is queued without a look, but for
    those whom a contact has ``moved``.
    """
    desk = world.desk[0]
    nobody: Int = world.queued.size - 1
    _look_at(world, population, desk.ready, world.clock[_AT_WOKEN])
    for place in range(world.clock[_AT_WOKEN], ready):
        i = desk.ready[np.uint64(place)]
        due = np.int64(population.due[i])
        at = due if due < WEEKLY else nobody
        queued = np.uint64(world.queued[at])
        world.queue[at, queued] = i & (BLOCK - 1)
        world.queued[at] = queued + 1
    world.queued[nobody] = 0
    _look_at(world, population, desk.moved, moved)


@loop
def call(world: World, population: Population, begin: Int, ready: Int) -> Int:
    """Call up those of a block who were found before, and find those of the next one; returns how many these are."""
    desk = world.desk[0]
    world.clock[_AT_WOKEN] = world.clock[_AT_WAKING]
    for place in range(ready):
        desk.ready[place] = desk.coming[place]
    coming = find_ready(world, population, begin + BLOCK)
    world.clock[_AT_AHEAD] = coming
    return coming


@inlined
def take_up(world: World, population: Population, queue: Any, begin: Int) -> None:
    """Put those of a queue, by place in the block, on the lanes, and ask for their records."""
    desk, base, first = world.desk[0], np.uint32(begin), np.uint32(world.clock[_AT_FIRST] + begin)
    for lane in range(queue.size):
        desk.people[lane] = base + queue[lane]
        desk.who[lane] = first + queue[lane]
    for lane in range(queue.size):
        call_in(population.people, np.int64(desk.people[lane]))


@inlined
def fetch(world: World, population: Population, count: Int) -> None:
    """Ask memory for so many more records of the next block, while there is other work."""
    left = world.clock[_AT_AHEAD]
    last = max(left - count, 0)
    for place in range(last, left):
        read_ahead(population.people, np.int64(world.desk[0].coming[place]))
    world.clock[_AT_AHEAD] = last
