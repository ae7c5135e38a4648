"""Weigh: the edges of one node, for several customers at once (MODEL 4.2).

Up to 128 at a time, in loops without branches that compile to vector instructions. Sums run in the same order as for
one customer alone (:class:`agents.customer.Customer`), so every bit is the same.
"""

from __future__ import annotations

import numpy as np

from agents.compiled import Int, inlined
from agents.population import NOBODY, Population
from agents.purposes import Purpose
from agents.rules.numerics import decode_unit, uniform
from agents.rules.transition import add_term, clipped_probability, odds
from agents.traits import TRAITS
from sim.engine.customer.feelings import ease_of, effort_of, present_fatigue, present_habit, relevance_of
from sim.engine.customer.need_clock import is_need_due
from sim.engine.customer.stage_view import level_of
from sim.engine.customer.word_of_mouth import group_of
from sim.engine.workspace import BLOCK, Clock, Workspace
from sim.luck import blocks
from sim.scenario.journey import FEATURES
from sim.world.graph import ALWAYS, TERMS_AT_ONCE, Kind, On, Only
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["choose_edges"]

_WEEK, _STEP = np.int64(Purpose.WEEK), np.int64(Purpose.STEP)
_AT_WEEK = Clock.WEEK
_LOGIT, _REFERENCE = Kind.LOGIT, Kind.REFERENCE
_ON_CONTACT, _ON_NEED, _ANY_WEEK = On.CONTACT, On.NEED, On.WEEK
_ONLY_INCUMBENT, _ONLY_AUTOMATION = Only.INCUMBENT, Only.AUTOMATION
_ONLY_PERSONALIZATION, _ONLY_CONTEXT = Only.PERSONALIZATION, Only.CONTEXT
_NOBODY = np.int64(NOBODY)

_TRAITS = len(TRAITS)
_F_SATISFACTION, _F_TRUST = FEATURES.index("satisfaction"), FEATURES.index("trust")
_F_HABIT, _F_FATIGUE = FEATURES.index("habit"), FEATURES.index("fatigue")
_F_WEEKS, _F_EASE = FEATURES.index("weeks_in_stage"), FEATURES.index("ease")
_F_RELEVANCE, _F_PULL = FEATURES.index("relevance"), FEATURES.index("pull")
_F_DELIGHT, _F_INTRUSION = FEATURES.index("delight"), FEATURES.index("intrusion")
_F_EFFORT, _F_REPUTATION = FEATURES.index("effort"), FEATURES.index("reputation")
_F_PRICE = FEATURES.index("price")


@inlined
def _load_feature(
    world: World, market: MarketState, workspace: Workspace, population: Population, at: Int, feature: Int, lanes: Int
) -> None:
    """Leave one feature of each customer in ``felt``; brand feelings only toward the host brand."""
    scratch, people = workspace.scratch[0], population.people
    felt = scratch.features[feature]
    if feature < _TRAITS:
        trait = np.uint64(world.constants[0].first_trait + feature)
        for lane in range(lanes):
            felt[lane] = decode_unit(workspace.codes[scratch.index[lane], trait])
    elif feature == _F_SATISFACTION:
        for lane in range(lanes):
            satisfaction = np.float64(people[scratch.index[lane]].satisfaction)
            felt[lane] = satisfaction if scratch.is_incumbent[lane] != 0 else 0.0
    elif feature == _F_TRUST:
        for lane in range(lanes):
            trust = decode_unit(people[scratch.index[lane]].trust)
            felt[lane] = trust if scratch.is_incumbent[lane] != 0 else 0.0
    elif feature == _F_HABIT:
        for lane in range(lanes):
            habit = present_habit(world, workspace, people[scratch.index[lane]])
            felt[lane] = habit if scratch.is_incumbent[lane] != 0 else 0.0
    elif feature == _F_FATIGUE:
        for lane in range(lanes):
            felt[lane] = present_fatigue(world, workspace, people[scratch.index[lane]])
    elif feature == _F_WEEKS:
        for lane in range(lanes):
            felt[lane] = np.float64(workspace.clock[_AT_WEEK] - np.int64(people[scratch.index[lane]].since))
    elif feature == _F_EASE:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            felt[lane] = ease_of(world, workspace, customer, np.int64(customer.host))
    elif feature == _F_RELEVANCE:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            felt[lane] = relevance_of(workspace, customer, np.int64(customer.host))
    elif feature == _F_PULL:
        for lane in range(lanes):
            felt[lane] = scratch.pulls[scratch.index[lane] & (BLOCK - 1)]
    elif feature == _F_DELIGHT:
        for lane in range(lanes):
            host = np.int64(people[scratch.index[lane]].host)
            value = market.brands[host].delight
            felt[lane] = value if host != NOBODY else 0.0
    elif feature == _F_INTRUSION:
        for lane in range(lanes):
            felt[lane] = scratch.intrusions[scratch.index[lane] & (BLOCK - 1)]
    elif feature == _F_EFFORT:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            felt[lane] = effort_of(world, customer, at, ease_of(world, workspace, customer, np.int64(customer.host)))
    elif feature == _F_REPUTATION:
        for lane in range(lanes):
            host = np.int64(people[scratch.index[lane]].host)
            value = market.standing[group_of(world, scratch.customer_id[lane]), host].reputation
            felt[lane] = value if host != NOBODY else 0.0
    elif feature == _F_PRICE:
        for lane in range(lanes):
            host = np.int64(people[scratch.index[lane]].host)
            value = world.brands[host].relative_price
            felt[lane] = value if host != NOBODY else 0.0
    else:
        for lane in range(lanes):
            felt[lane] = market.totals[0].adoption


@inlined
def _open_edges(
    world: World, workspace: Workspace, population: Population, edge: Int, instant: bool, lanes: Int
) -> None:
    """Leave in ``open`` whether an edge exists for each customer this week."""
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
    if only == _ONLY_INCUMBENT:
        for lane in range(lanes):
            scratch.is_open[lane] &= scratch.is_incumbent[lane]
    elif only != ALWAYS:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            host = np.int64(customer.host)
            level = level_of(workspace, customer, host)
            if only == _ONLY_AUTOMATION:
                strength = level.automation
            elif only == _ONLY_PERSONALIZATION:
                strength = level.personalization
            elif only == _ONLY_CONTEXT:
                strength = level.context
            else:
                strength = level.innovation
            scratch.is_open[lane] &= np.uint8((host != NOBODY) & (strength > 0.0))


@inlined
def choose_edges(
    world: World, market: MarketState, workspace: Workspace, population: Population, at: Int, lanes: Int
) -> None:
    """Weigh the edges of node ``at`` for the customers of the lanes.

    Leaves in ``taken`` the edge each one takes, or NOBODY to stay (competing risks, MODEL 4.2). Edges are tried in the
    order of the file; the reference (an edge without hazard, or staying) comes last.
    """
    scratch, people = workspace.scratch[0], population.people
    node, constants, terms, felt = world.nodes[at], world.constants[0], world.terms, scratch.features
    instant = node.weeks == 0
    # Loops on the room alone go on to a multiple of eight, so that no lane is left over for a slow end of the loop.
    wide = (lanes + 7) & -8
    if node.minds:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            scratch.is_incumbent[lane] = (customer.host != NOBODY) & (customer.host == customer.incumbent)
    if node.weighs:
        if instant:
            for lane in range(lanes):
                scratch.period[lane] = people[scratch.index[lane]].occasion
        else:
            week = workspace.clock[_AT_WEEK]
            for lane in range(wide):
                scratch.period[lane] = week
        purpose = _STEP if instant else _WEEK
        stage = at % constants.stages
        blocks(
            constants.seed,
            constants.replicate,
            scratch.customer_id,
            purpose,
            scratch.period,
            stage,
            lanes,
            scratch.draws,
            0,
        )
    for lane in range(wide):
        scratch.edge[lane] = _NOBODY
        scratch.total_odds[lane] = 1.0
        scratch.cumulative[lane] = 0.0
    for place in range(node.first_used, node.end_used):
        _load_feature(world, market, workspace, population, at, world.used[place], lanes)
    for place in range(node.first_edge, node.end_edge):
        edge = world.edges[place]
        sums = workspace.cumulative_odds[place - node.first_edge]
        gated = edge.on != _ANY_WEEK or edge.only != ALWAYS
        # A closed edge weighs nothing: the running sum stands still and cannot pass the draw there.
        is_open = scratch.ones
        if gated:
            _open_edges(world, workspace, population, place, instant, lanes)
            is_open = scratch.is_open
        if edge.kind == _REFERENCE:
            for lane in range(wide):
                before = scratch.edge[lane]
                scratch.edge[lane] = place if is_open[lane] != 0 else before
                sums[lane] = scratch.cumulative[lane]
        else:
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
    if not node.weighs:
        return
    for lane in range(wide):
        scratch.threshold[lane] = uniform(np.int64(scratch.draws[0, lane])) * scratch.total_odds[lane]
    for place in range(node.end_edge - 1, node.first_edge - 1, -1):
        sums = workspace.cumulative_odds[place - node.first_edge]
        for lane in range(wide):
            before = scratch.edge[lane]
            scratch.edge[lane] = place if scratch.threshold[lane] < sums[lane] else before
