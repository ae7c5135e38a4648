"""Crowd: one week of many neighbours at once.

Most of a week's work is weighing edges that are then not taken. So the customers of a block whose week it is are
queued by the node they stand on, and those of one node are weighed together, sixty-four at a time, in loops without
branches that compile to vector instructions. Sums run in the same order as for one customer alone
(:class:`agents.customer.Customer`), so every bit is the same.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import deed, passage
from agents.population import NOBODY, Population
from agents.purposes import Purpose
from agents.rules.numerics import uniform
from agents.rules.transition import add_term, clipped_probability, odds
from sim.engine.week import begin_week, feature_of, go_on, is_need_due, is_open, next_visit
from sim.graph import ALWAYS, Kind, On
from sim.luck import block
from sim.world import BLOCK, LANES, Clock, World

__all__ = ["customers_week"]

_WEEK = np.int64(Purpose.WEEK)
_AT_WEEK, _AT_FIRST, _AT_TOUCHED = Clock.WEEK, Clock.FIRST, Clock.TOUCHED
_LOGIT, _REFERENCE = Kind.LOGIT, Kind.REFERENCE
_ANY_WEEK = On.WEEK
_NOBODY = np.int64(NOBODY)


@deed
def _weigh(world: World, population: Population, at: int, start: int, lanes: int) -> None:
    """Weigh the edges of node ``at`` for customers ``start`` to ``start + lanes`` of its queue.

    Leaves in ``world.taken`` the edge each one takes, or NOBODY to stay (competing risks, MODEL 4.2). Edges are tried
    in the order of the file; the reference (an edge without hazard, or staying) comes last.
    """
    node = world.nodes[at]
    constants = world.constants[0]
    first, week = world.clock[_AT_FIRST], world.clock[_AT_WEEK]
    stage = at % constants.stages
    for lane in range(lanes):
        world.total[lane] = 1.0
        world.running[lane] = 0.0
        world.taken[lane] = _NOBODY
        words = block(constants.seed, constants.replicate, first + world.queue[at, start + lane], _WEEK, week, stage)
        world.goal[lane] = uniform(np.int64(words[0]))
    for place in range(node.first_used, node.end_used):
        feature = world.used[place]
        for lane in range(lanes):
            i = np.int64(world.queue[at, start + lane])
            customer = population.people[i]
            world.felt[feature, lane] = feature_of(
                world,
                customer,
                first + i,
                at,
                feature,
                world.pulls[i & (BLOCK - 1)],
                world.disturbances[i & (BLOCK - 1)],
            )
    for place in range(node.first_edge, node.end_edge):
        edge = world.edges[place]
        row = place - node.first_edge
        for lane in range(lanes):
            world.weight[lane] = edge.intercept
        for term in range(edge.first_term, edge.end_term):
            coefficient, feature = world.terms[term].coefficient, world.terms[term].feature
            for lane in range(lanes):
                world.weight[lane] = add_term(world.weight[lane], coefficient, world.felt[feature, lane])
        if edge.kind == _LOGIT:
            for lane in range(lanes):
                world.weight[lane] = odds(world.weight[lane])
        elif edge.kind == _REFERENCE:
            for lane in range(lanes):
                world.weight[lane] = 0.0
        else:
            for lane in range(lanes):
                world.weight[lane] = clipped_probability(world.weight[lane])
        if edge.on != _ANY_WEEK or edge.only != ALWAYS:
            for lane in range(lanes):
                i = np.int64(world.queue[at, start + lane])
                customer = population.people[i]
                contacted = world.pulls[i & (BLOCK - 1)] > 0.0
                if not is_open(world, customer, edge, contacted, is_need_due(world, customer)):
                    # A closed edge weighs nothing: the running sum stands still and cannot pass the draw there.
                    world.weight[lane] = 0.0
                elif edge.kind == _REFERENCE:
                    world.taken[lane] = place
        elif edge.kind == _REFERENCE:
            for lane in range(lanes):
                world.taken[lane] = place
        if edge.kind == _LOGIT:
            for lane in range(lanes):
                world.total[lane] += world.weight[lane]
        for lane in range(lanes):
            world.running[lane] += world.weight[lane]
            world.sums[row, lane] = world.running[lane]
    for lane in range(lanes):
        world.goal[lane] *= world.total[lane]
    for back in range(node.end_edge - node.first_edge):
        row = node.end_edge - node.first_edge - 1 - back
        for lane in range(lanes):
            world.taken[lane] = node.first_edge + row if world.goal[lane] < world.sums[row, lane] else world.taken[lane]


@passage
def customers_week(world: World, population: Population) -> None:
    """One week of every customer of a shard whose week it is, block by block.

    1. Of each: contacts of every brand that makes contact (a timely one moves the lead and pulls); the weekly deed of
       the stage (search, talk). Where a fixed stay is not over, or nothing can open, that was the week.
    2. Of those who stand on one node, together: one edge at most, by its hazards.
    3. Of each who takes one: through it, and on through stages that resolve within the week.
    4. Of each: the next week in which anything can happen.

    A week in which nothing happens leaves no trace: visiting a customer more often changes nothing.
    """
    week, first = world.clock[_AT_WEEK], world.clock[_AT_FIRST]
    customers = population.due.size
    for begin in range(0, customers, BLOCK):
        end = min(begin + BLOCK, customers)
        ready = 0
        for candidate in range(begin, end):
            world.ready[ready] = candidate
            ready += population.due[candidate] <= week
        # Read ahead: these loads wait for memory together, not one after the other.
        touched = 0
        for place in range(ready):
            touched += population.people[world.ready[place]].persona
        world.clock[_AT_TOUCHED] = touched
        for place in range(ready):
            i = world.ready[place]
            at, strongest, disturbed = begin_week(world, population.people[i], first + i)
            if at == NOBODY:
                population.due[i] = next_visit(world, population.people[i], first + i)
            else:
                world.pulls[i & (BLOCK - 1)] = strongest
                world.disturbances[i & (BLOCK - 1)] = disturbed
                world.queue[at, world.queued[at]] = i
                world.queued[at] += 1
        for at in range(world.queued.size):
            for start in range(0, world.queued[at], LANES):
                lanes = min(LANES, world.queued[at] - start)
                _weigh(world, population, at, start, lanes)
                for lane in range(lanes):
                    i = np.int64(world.queue[at, start + lane])
                    if world.taken[lane] != NOBODY:
                        here = i & (BLOCK - 1)
                        go_on(
                            world,
                            population.people[i],
                            first + i,
                            at,
                            world.taken[lane],
                            world.pulls[here],
                            world.disturbances[here],
                        )
                    population.due[i] = next_visit(world, population.people[i], first + i)
            world.queued[at] = 0
