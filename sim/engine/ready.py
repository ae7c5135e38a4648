"""Ready: whose week it is, block by block, and their records asked for before they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Whole, loop, passage
from agents.machine import read_ahead
from agents.population import Population
from sim.world import BLOCK, Clock, World

__all__ = ["FEW", "call", "fetch", "find_ready"]

#: Records of the next block that are asked for between two pieces of work.
FEW = np.int64(32)
_AT_WEEK, _AT_AHEAD, _AT_TOUCHED = Clock.WEEK, Clock.AHEAD, Clock.TOUCHED


@loop
def find_ready(population: Population, week: Whole, begin: Whole, found: Any) -> Whole:
    """Leave in ``found`` those of a block whose week it is, by place in the shard; returns how many."""
    # Unsigned: what counts from the end where it is negative costs a question at every look.
    count = np.uint64(0)
    due = population.due[begin : begin + BLOCK]
    for candidate in range(due.size):
        found[count] = begin + candidate
        count += np.uint64(due[candidate] <= week)
    return np.int64(count)


@passage
def call(world: World, population: Population, begin: Whole, ready: Whole) -> Whole:
    """Call up those of a block who were found before, and find those of the next one; returns how many these are."""
    desk = world.desk[0]
    for place in range(ready):
        desk.ready[place] = desk.coming[place]
    coming = find_ready(population, world.clock[_AT_WEEK], begin + BLOCK, desk.coming)
    world.clock[_AT_AHEAD] = coming
    # Their records are in the outer cache by now. These loads wait for it together, not one after the other.
    touched = 0
    for place in range(ready):
        touched += population.people[desk.ready[place]].persona
    world.clock[_AT_TOUCHED] = touched
    return coming


@passage
def fetch(world: World, population: Population, count: Whole) -> None:
    """Ask memory for so many more records of the next block, while there is other work."""
    left = world.clock[_AT_AHEAD]
    last = max(left - count, 0)
    for place in range(last, left):
        read_ahead(population.people, np.int64(world.desk[0].coming[place]))
    world.clock[_AT_AHEAD] = last
