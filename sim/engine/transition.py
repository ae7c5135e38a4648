"""Transition: which edge the customers on one node take (docs/model.md 7.2).

Up to 128 customers at a time, in loops without branches that compile to vector instructions. Sums run in the same
order as for one customer alone (:class:`agents.customer.Customer`), so every bit is the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, expression, inlined
from agents.kernel import kernel
from agents.population import MOVED, NOBODY, Population
from agents.purposes import Purpose
from agents.rules.numerics import uniform
from agents.rules.transition import add_term, clipped_probability, goal_by_visit, odds
from sim.engine.customer.need_clock import is_need_due, luck_period
from sim.engine.customer.stage_view import level_of
from sim.engine.draws import draw_lanes
from sim.engine.features import load_feature
from sim.engine.workspace import BLOCK, Clock, Workspace
from sim.world.graph import ALL_PERSONAS, ALWAYS, INCUMBENT, NEVER_CLOSES, TERMS_AT_ONCE, Kind, On
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["choose_edges", "drop_staying"]

_WEEK, _STEP = np.int64(Purpose.WEEK), np.int64(Purpose.STEP)
_AT_WEEK = Clock.WEEK
_LOGIT, _REFERENCE = Kind.LOGIT, Kind.REFERENCE
_ON_CONTACT, _ON_NEED, _ANY_WEEK = On.CONTACT, On.NEED, On.WEEK
_NOBODY = np.int64(NOBODY)
_EVERY_PERSONA = ALL_PERSONAS


@inlined
def _open_edges(
    world: World, workspace: Workspace, population: Population, edge: Int, instant: bool, lanes: Int
) -> None:
    """Leave in ``is_open`` whether an edge exists for each customer this week."""
    scratch, people = workspace.scratch[0], population.people
    on, only = world.edges[edge].on, world.edges[edge].only
    if on == _ON_CONTACT:
        for lane in range(lanes):
            scratch.is_open[lane] = scratch.pulled[scratch.index[lane] & (BLOCK - 1)]
    elif on == _ON_NEED:
        for lane in range(lanes):
            scratch.is_open[lane] = (not instant) & is_need_due(workspace, people[scratch.index[lane]])
    else:
        for lane in range(lanes):
            scratch.is_open[lane] = 1
    week = workspace.clock[_AT_WEEK]
    if week < world.edges[edge].opens or week >= world.edges[edge].closes:
        for lane in range(lanes):
            scratch.is_open[lane] = 0
    personas = np.uint64(world.edges[edge].personas)
    if personas != _EVERY_PERSONA:
        for lane in range(lanes):
            persona = np.uint64(people[scratch.index[lane]].persona)
            scratch.is_open[lane] &= np.uint8((personas >> persona) & np.uint64(1))
    if only == INCUMBENT:
        for lane in range(lanes):
            scratch.is_open[lane] &= scratch.is_incumbent[lane]
    elif only != ALWAYS:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            level = level_of(workspace, customer, np.int64(customer.host))
            # Without a host brand the level is all zero.
            scratch.is_open[lane] &= np.uint8((level.open_gates >> np.uint64(only)) & np.uint64(1))


@inlined
def _draw(world: World, workspace: Workspace, population: Population, at: Int, instant: bool, lanes: Int) -> None:
    """Draw the luck that decides among the edges of a node."""
    scratch, people, constants = workspace.scratch[0], population.people, world.constants[0]
    # Without needs there are no occasions to tell one visit from the next: the week does.
    if instant and constants.has_needs != 0:
        for lane in range(lanes):
            scratch.period[lane] = luck_period(workspace, people[scratch.index[lane]])
    else:
        week = workspace.clock[_AT_WEEK]
        for lane in range((lanes + 7) & -8):
            scratch.period[lane] = week
    purpose = _STEP if instant else _WEEK
    stage = at % constants.stages
    draw_lanes(world, workspace, purpose, stage, lanes, scratch.draws)


@inlined
def _add_hazard(world: World, workspace: Workspace, edge_id: Int, sums: Any, is_open: Any, wide: Int) -> None:
    """Add the odds or probability of an edge, where it is open, to the running sums of the lanes."""
    scratch, terms, felt = workspace.scratch[0], world.terms, workspace.scratch[0].features
    edge = world.edges[edge_id]
    for lane in range(wide):
        scratch.predictor[lane] = edge.intercept
    for term in range(edge.first_term, edge.end_term, TERMS_AT_ONCE):
        one, two, three, four = terms[term], terms[term + 1], terms[term + 2], terms[term + 3]
        a, b, c, d = felt[one.feature], felt[two.feature], felt[three.feature], felt[four.feature]
        for lane in range(wide):
            weight = add_term(scratch.predictor[lane], one.coefficient, a[lane])
            weight = add_term(weight, two.coefficient, b[lane])
            weight = add_term(weight, three.coefficient, c[lane])
            scratch.predictor[lane] = add_term(weight, four.coefficient, d[lane])
    if edge.kind == _LOGIT:
        for lane in range(wide):
            weight = odds(scratch.predictor[lane])
            weight = weight if is_open[lane] != 0 else 0.0
            scratch.total_odds[lane] += weight
            scratch.cumulative[lane] += weight
            sums[lane] = scratch.cumulative[lane]
    else:
        for lane in range(wide):
            weight = clipped_probability(scratch.predictor[lane])
            scratch.cumulative[lane] += weight if is_open[lane] != 0 else 0.0
            sums[lane] = scratch.cumulative[lane]


@expression
def _spent(customer: Any, week: Int) -> Int:
    """Steps that a customer has spent in the stage.

    Who moved in spent that step before; who began here has its first step in the first week.
    """
    return week - np.int64(customer.since) - np.int64((np.int64(customer.marks) & MOVED) != 0)


@expression
def _bin_ahead(world: World, node: Any, week: Int) -> Int:
    """Bin of the time in the run; the last one goes on."""
    return np.int64(world.step_bins[min(node.first_ahead_step + week, node.end_ahead_step - 1)])


@inlined
def _find_bins(world: World, workspace: Workspace, population: Population, at: Int, lanes: Int) -> None:
    """Leave in ``step_bin`` the bin of each customer's time in the stage; the last one goes on."""
    scratch, node, week = workspace.scratch[0], world.nodes[at], workspace.clock[_AT_WEEK]
    last = node.first_ahead_step - node.first_step - 1
    for lane in range(lanes):
        spent = _spent(population.people[scratch.index[lane]], week)
        scratch.step_bin[lane] = world.step_bins[node.first_step + min(max(spent, 0), last)]


@inlined
def _load_by_step(world: World, workspace: Workspace, edge_id: Int, ahead: Int, lanes: Int) -> None:
    """Probability of an edge by the bin of each customer's time in the stage, or by that of the run, ``ahead``."""
    scratch, edge = workspace.scratch[0], world.edges[edge_id]
    if edge.forward:
        probability = world.by_step[edge.first_step + ahead * edge.step_edges]
        for lane in range(lanes):
            scratch.predictor[lane] = probability
    else:
        for lane in range(lanes):
            scratch.predictor[lane] = world.by_step[edge.first_step + scratch.step_bin[lane] * edge.step_edges]


@inlined
def _add_by_step(workspace: Workspace, sums: Any, is_open: Any, wide: Int) -> None:
    """Add the probabilities that were loaded, where the edge is open, to the running sums of the lanes."""
    scratch = workspace.scratch[0]
    for lane in range(wide):
        weight = clipped_probability(scratch.predictor[lane])
        scratch.cumulative[lane] += weight if is_open[lane] != 0 else 0.0
        sums[lane] = scratch.cumulative[lane]


@inlined
def _begin_sums(by_visit: bool, instant: bool, scratch: Any, wide: Int) -> None:
    """Begin with nobody's edge chosen and all sums at 0."""
    for lane in range(wide):
        scratch.edge[lane] = _NOBODY
        scratch.total_odds[lane] = 1.0
        scratch.cumulative[lane] = 0.0
    if by_visit:
        for lane in range(wide):
            scratch.total[lane] = 0.0
            scratch.weighted[lane] = 0.0
            scratch.rest_weight[lane] = 0.0
            scratch.stays[lane] = 0.0 if instant else 1.0


@inlined
def _add_by_visit(
    world: World, workspace: Workspace, population: Population, edge_id: Int, sums: Any, is_open: Any, lanes: Int
) -> None:
    """Weight the probability of an edge, which is all that stands in the running sums, by each customer's visit."""
    scratch, edge = workspace.scratch[0], world.edges[edge_id]
    last = edge.end_visit - edge.first_visit
    for lane in range(lanes):
        visit = min(max(np.int64(population.visits[scratch.index[lane]]), 1), last)
        weight = world.by_visit[edge.first_visit + visit - 1]
        if edge.kind == _REFERENCE:
            scratch.rest_weight[lane] = weight if is_open[lane] != 0 else scratch.rest_weight[lane]
            scratch.stays[lane] = 0.0 if is_open[lane] != 0 else scratch.stays[lane]
        else:
            scratch.total[lane] += scratch.cumulative[lane]
            scratch.weighted[lane] = add_term(scratch.weighted[lane], weight, scratch.cumulative[lane])
            scratch.cumulative[lane] = 0.0
        sums[lane] = scratch.weighted[lane]


@inlined
def _set_threshold(by_visit: bool, scratch: Any, wide: Int) -> None:
    """Set the sum that an edge must pass to be taken."""
    if by_visit:
        for lane in range(wide):
            u, total, weighted = uniform(np.int64(scratch.draws[0, lane])), scratch.total[lane], scratch.weighted[lane]
            goal = goal_by_visit(u, total, weighted, scratch.rest_weight[lane], scratch.stays[lane])
            scratch.threshold[lane] = goal
    else:
        for lane in range(wide):
            scratch.threshold[lane] = uniform(np.int64(scratch.draws[0, lane])) * scratch.total_odds[lane]


@kernel()
def drop_staying(world: World, workspace: Workspace, population: Population, at: Int, lanes: Int) -> Int:
    """Drop from the lanes who stays whichever edges are open, by the draw that decides among them.

    Parameters
    ----------
    world, workspace, population
        As of :func:`choose_edges`.
    at : int
        Node that all of them stand on.
    lanes : int
        Customers on the lanes.

    Returns
    -------
    int
        How many, now the first, may move.
    """
    scratch, node, week = workspace.scratch[0], world.nodes[at], workspace.clock[_AT_WEEK]
    if node.end_bound == node.first_bound:
        return lanes
    _draw(world, workspace, population, at, False, lanes)
    _find_bins(world, workspace, population, at, lanes)
    ahead = world.bounds[node.first_ahead + _bin_ahead(world, node, week)]
    moving = np.int64(0)
    for lane in range(lanes):
        i, bound = scratch.index[lane], world.bounds[node.first_bound + scratch.step_bin[lane]]
        scratch.index[moving] = i
        scratch.customer_id[moving] = scratch.customer_id[lane]
        moving += np.int64(uniform(np.int64(scratch.draws[0, lane])) < bound + ahead)
    return moving


@kernel()
def choose_edges(
    world: World, market: MarketState, workspace: Workspace, population: Population, at: Int, lanes: Int
) -> None:
    """Choose the edge that each customer of the lanes takes (competing risks, docs/model.md 7.2).

    Edges are tried in the order of the file; the reference (an edge without hazard, or staying) comes last.

    Parameters
    ----------
    world, market, workspace, population
        What the customers of the partition meet, and their records. The edges chosen are left in
        ``workspace.scratch.edge``: NOBODY to stay.
    at : int
        Node that all of them stand on.
    lanes : int
        Customers on the lanes.
    """
    scratch, people = workspace.scratch[0], population.people
    node = world.nodes[at]
    instant = node.weeks == 0
    # Loops on scratch memory alone go on to a multiple of eight, which spares the slow end of a vectorized loop.
    wide = (lanes + 7) & -8
    if node.minds:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            scratch.is_incumbent[lane] = (customer.host != NOBODY) & (customer.host == customer.incumbent)
    if node.weighs:
        _draw(world, workspace, population, at, instant, lanes)
    ahead: Int = np.int64(0)
    if node.end_ahead_step > node.first_step:
        _find_bins(world, workspace, population, at, lanes)
        ahead = _bin_ahead(world, node, workspace.clock[_AT_WEEK])
    _begin_sums(node.by_visit, instant, scratch, wide)
    for row in range(node.first_used, node.end_used):
        load_feature(world, market, workspace, population, at, world.used[row], lanes)
    for edge_id in range(node.first_edge, node.end_edge):
        edge = world.edges[edge_id]
        sums = workspace.cumulative_odds[edge_id - node.first_edge]
        gated = edge.on != _ANY_WEEK or edge.only != ALWAYS or np.uint64(edge.personas) != _EVERY_PERSONA
        gated |= edge.opens > 0 or edge.closes != NEVER_CLOSES
        # A closed edge weighs nothing: the running sum stands still and cannot pass the draw there.
        is_open = scratch.ones
        if gated:
            _open_edges(world, workspace, population, edge_id, instant, lanes)
            is_open = scratch.is_open
        if edge.kind == _REFERENCE:
            for lane in range(wide):
                before = scratch.edge[lane]
                scratch.edge[lane] = edge_id if is_open[lane] != 0 else before
                sums[lane] = scratch.cumulative[lane]
        elif edge.step_edges > 0:
            _load_by_step(world, workspace, edge_id, ahead, lanes)
            _add_by_step(workspace, sums, is_open, wide)
        else:
            _add_hazard(world, workspace, edge_id, sums, is_open, wide)
        if node.by_visit:
            _add_by_visit(world, workspace, population, edge_id, sums, is_open, lanes)
    if not node.weighs:
        return
    _set_threshold(node.by_visit, scratch, wide)
    for edge_id in range(node.end_edge - 1, node.first_edge - 1, -1):
        sums = workspace.cumulative_odds[edge_id - node.first_edge]
        for lane in range(wide):
            before = scratch.edge[lane]
            scratch.edge[lane] = edge_id if scratch.threshold[lane] < sums[lane] else before
