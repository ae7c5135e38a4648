"""Ready: whose week it is, block by block, and their records asked for before they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Whole, loop, passage
from agents.machine import SIDE, keep, read_ahead
from agents.population import Population
from sim.engine.week import next_week, spot_of
from sim.world import BLOCK, Clock, World

__all__ = ["FEW", "call", "fetch", "find_ready", "look_at"]

#: Records of the next block that are asked for between two pieces of work.
FEW = np.int64(32)
_AT_WEEK, _AT_AHEAD = Clock.WEEK, Clock.AHEAD


@passage
def find_ready(world: World, population: Population, begin: Whole) -> Whole:
    """Leave in ``coming`` those of a block whose week it is, by place in the shard; returns how many."""
    desk, week = world.desk[0], np.uint16(world.clock[_AT_WEEK])
    due, found = population.due[begin : begin + BLOCK], desk.found
    for here in range(due.size):
        found[here] = due[here] <= week
    for here in range(due.size, (due.size + SIDE - 1) & -SIDE):
        found[here] = 0
    count: Whole = np.int64(0)
    for here in range(0, due.size, SIDE):
        count = keep(desk.coming, count, desk.order, found, here)
    for place in range(count):
        desk.coming[place] += begin
    return count


@passage
def look_at(world: World, population: Population, i: Any, week: Whole) -> None:
    """Leave on the desk where a customer stands, and whether something is done there every week or it may be left.

    The customer's next week is set as if nothing were to happen.
    """
    desk, customer, here = world.desk[0], population.people[i], i & (BLOCK - 1)
    spot = spot_of(world, customer)
    node, soonest = spot.node, next_week(customer, spot, week)
    ripe = np.uint8(week - np.int64(customer.since) >= spot.stays)
    called = np.uint8(np.int64(customer.need_at) <= week) | desk.called[here]
    acts = spot.acts | (ripe & (spot.roams | called))
    # Stores come last: after one nothing may be taken for what it was.
    desk.stands[here] = node
    desk.acts[here] = acts
    population.due[i] = soonest


@loop
def call(world: World, population: Population, begin: Whole, ready: Whole) -> Whole:
    """Call up those of a block who were found before, and find those of the next one; returns how many these are."""
    desk, week = world.desk[0], world.clock[_AT_WEEK]
    for place in range(ready):
        desk.ready[place] = desk.coming[place]
    # Their records are in the outer cache by now. These loads wait for it together, not one after the other.
    for place in range(ready):
        i = desk.ready[place]
        look_at(world, population, i, week)
    coming = find_ready(world, population, begin + BLOCK)
    world.clock[_AT_AHEAD] = coming
    return coming


@passage
def fetch(world: World, population: Population, count: Whole) -> None:
    """Ask memory for so many more records of the next block, while there is other work."""
    left = world.clock[_AT_AHEAD]
    last = max(left - count, 0)
    for place in range(last, left):
        read_ahead(population.people, np.int64(world.desk[0].coming[place]))
    world.clock[_AT_AHEAD] = last
