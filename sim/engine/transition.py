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
from sim.engine.customer_week import (
    ease_of,
    effort_of,
    group_of,
    is_need_due,
    level_of,
    present_fatigue,
    present_habit,
    relevance_of,
)
from sim.luck import blocks
from sim.scenario.journey import FEATURES
from sim.world.graph import ALWAYS, TERMS_AT_ONCE, Kind, On, Only
from sim.world.world import BLOCK, Clock, World

__all__ = ["weigh"]

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
def _feel(world: World, population: Population, at: Int, feature: Int, lanes: Int) -> None:
    """Leave one feature of each customer in ``felt``; what is felt toward a brand, only where it is the lead's."""
    desk, people = world.desk[0], population.people
    felt = desk.felt[feature]
    if feature < _TRAITS:
        trait = np.uint64(world.constants[0].first_trait + feature)
        for lane in range(lanes):
            felt[lane] = decode_unit(world.codes[desk.people[lane], trait])
    elif feature == _F_SATISFACTION:
        for lane in range(lanes):
            satisfaction = np.float64(people[desk.people[lane]].satisfaction)
            felt[lane] = satisfaction if desk.mine[lane] != 0 else 0.0
    elif feature == _F_TRUST:
        for lane in range(lanes):
            trust = decode_unit(people[desk.people[lane]].trust)
            felt[lane] = trust if desk.mine[lane] != 0 else 0.0
    elif feature == _F_HABIT:
        for lane in range(lanes):
            habit = present_habit(world, people[desk.people[lane]])
            felt[lane] = habit if desk.mine[lane] != 0 else 0.0
    elif feature == _F_FATIGUE:
        for lane in range(lanes):
            felt[lane] = present_fatigue(world, people[desk.people[lane]])
    elif feature == _F_WEEKS:
        for lane in range(lanes):
            felt[lane] = np.float64(world.clock[_AT_WEEK] - np.int64(people[desk.people[lane]].since))
    elif feature == _F_EASE:
        for lane in range(lanes):
            customer = people[desk.people[lane]]
            felt[lane] = ease_of(world, customer, np.int64(customer.lead))
    elif feature == _F_RELEVANCE:
        for lane in range(lanes):
            customer = people[desk.people[lane]]
            felt[lane] = relevance_of(world, customer, np.int64(customer.lead))
    elif feature == _F_PULL:
        for lane in range(lanes):
            felt[lane] = desk.pulls[desk.people[lane] & (BLOCK - 1)]
    elif feature == _F_DELIGHT:
        for lane in range(lanes):
            lead = np.int64(people[desk.people[lane]].lead)
            value = world.brands[lead].delight
            felt[lane] = value if lead != NOBODY else 0.0
    elif feature == _F_INTRUSION:
        for lane in range(lanes):
            felt[lane] = desk.disturbances[desk.people[lane] & (BLOCK - 1)]
    elif feature == _F_EFFORT:
        for lane in range(lanes):
            customer = people[desk.people[lane]]
            felt[lane] = effort_of(world, customer, at, ease_of(world, customer, np.int64(customer.lead)))
    elif feature == _F_REPUTATION:
        for lane in range(lanes):
            lead = np.int64(people[desk.people[lane]].lead)
            value = world.standing[group_of(world, desk.who[lane]), lead].reputation
            felt[lane] = value if lead != NOBODY else 0.0
    elif feature == _F_PRICE:
        for lane in range(lanes):
            lead = np.int64(people[desk.people[lane]].lead)
            value = world.brands[lead].relative_price
            felt[lane] = value if lead != NOBODY else 0.0
    else:
        for lane in range(lanes):
            felt[lane] = world.market[0].adoption


@inlined
def _look_at_gates(world: World, population: Population, edge: Int, instant: bool, lanes: Int) -> None:
    """Leave in ``open`` whether an edge exists for each customer this week."""
    desk, people = world.desk[0], population.people
    on, only = world.edges[edge].on, world.edges[edge].only
    if on == _ON_CONTACT:
        for lane in range(lanes):
            desk.open[lane] = desk.called[desk.people[lane] & (BLOCK - 1)]
    elif on == _ON_NEED:
        for lane in range(lanes):
            desk.open[lane] = (not instant) & is_need_due(world, people[desk.people[lane]])
    else:
        for lane in range(lanes):
            desk.open[lane] = 1
    if only == _ONLY_INCUMBENT:
        for lane in range(lanes):
            desk.open[lane] &= desk.mine[lane]
    elif only != ALWAYS:
        for lane in range(lanes):
            customer = people[desk.people[lane]]
            lead = np.int64(customer.lead)
            level = level_of(world, customer, lead)
            if only == _ONLY_AUTOMATION:
                strength = level.automation
            elif only == _ONLY_PERSONALIZATION:
                strength = level.personalization
            elif only == _ONLY_CONTEXT:
                strength = level.context
            else:
                strength = level.innovation
            desk.open[lane] &= np.uint8((lead != NOBODY) & (strength > 0.0))


@inlined
def weigh(world: World, population: Population, at: Int, lanes: Int) -> None:
    """Weigh the edges of node ``at`` for the customers of the lanes.

    Leaves in ``taken`` the edge each one takes, or NOBODY to stay (competing risks, MODEL 4.2). Edges are tried in the
    order of the file; the reference (an edge without hazard, or staying) comes last.
    """
    desk, people = world.desk[0], population.people
    node, constants, terms, felt = world.nodes[at], world.constants[0], world.terms, desk.felt
    instant = node.weeks == 0
    # Loops on the desk alone go on to a multiple of eight, so that no lane is left over for a slow end of the loop.
    wide = (lanes + 7) & -8
    if node.minds:
        for lane in range(lanes):
            customer = people[desk.people[lane]]
            desk.mine[lane] = (customer.lead != NOBODY) & (customer.lead == customer.incumbent)
    if node.weighs:
        if instant:
            for lane in range(lanes):
                desk.when[lane] = people[desk.people[lane]].occasion
        else:
            week = world.clock[_AT_WEEK]
            for lane in range(wide):
                desk.when[lane] = week
        purpose = _STEP if instant else _WEEK
        stage = at % constants.stages
        blocks(constants.seed, constants.replicate, desk.who, purpose, desk.when, stage, lanes, desk.words, 0)
    for lane in range(wide):
        desk.taken[lane] = _NOBODY
        desk.total[lane] = 1.0
        desk.running[lane] = 0.0
    for place in range(node.first_used, node.end_used):
        _feel(world, population, at, world.used[place], lanes)
    for place in range(node.first_edge, node.end_edge):
        edge = world.edges[place]
        sums = world.sums[place - node.first_edge]
        gated = edge.on != _ANY_WEEK or edge.only != ALWAYS
        # A closed edge weighs nothing: the running sum stands still and cannot pass the draw there.
        is_open = desk.always
        if gated:
            _look_at_gates(world, population, place, instant, lanes)
            is_open = desk.open
        if edge.kind == _REFERENCE:
            for lane in range(wide):
                before = desk.taken[lane]
                desk.taken[lane] = place if is_open[lane] != 0 else before
                sums[lane] = desk.running[lane]
        else:
            for lane in range(wide):
                desk.weight[lane] = edge.intercept
            for term in range(edge.first_term, edge.end_term, TERMS_AT_ONCE):
                one, two, three, four = terms[term], terms[term + 1], terms[term + 2], terms[term + 3]
                a, b, c, d = felt[one.feature], felt[two.feature], felt[three.feature], felt[four.feature]
                for lane in range(wide):
                    weight = add_term(desk.weight[lane], one.coefficient, a[lane])
                    weight = add_term(weight, two.coefficient, b[lane])
                    weight = add_term(weight, three.coefficient, c[lane])
                    desk.weight[lane] = add_term(weight, four.coefficient, d[lane])
            if edge.kind == _LOGIT:
                for lane in range(wide):
                    weight = odds(desk.weight[lane])
                    weight = weight if is_open[lane] != 0 else 0.0
                    desk.total[lane] += weight
                    desk.running[lane] += weight
                    sums[lane] = desk.running[lane]
            else:
                for lane in range(wide):
                    weight = clipped_probability(desk.weight[lane])
                    desk.running[lane] += weight if is_open[lane] != 0 else 0.0
                    sums[lane] = desk.running[lane]
    if not node.weighs:
        return
    for lane in range(wide):
        desk.goal[lane] = uniform(np.int64(desk.words[0, lane])) * desk.total[lane]
    for place in range(node.end_edge - 1, node.first_edge - 1, -1):
        sums = world.sums[place - node.first_edge]
        for lane in range(wide):
            before = desk.taken[lane]
            desk.taken[lane] = place if desk.goal[lane] < sums[lane] else before
