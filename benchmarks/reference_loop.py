"""The obvious loop over customers: every customer every week, branching on the stage; no lanes, no looking ahead.

The readable twin of :mod:`sim.engine.block` in compiled code: the same steps of :mod:`sim.engine.customer_week` on the
same records with the same luck, one customer after the other. It gives the same bytes, and ``make bench`` measures how
much faster the engine is; nothing else uses it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, inlined, loop, rule
from agents.population import NOBODY, Population
from agents.purposes import Purpose
from agents.rules.choice import brand_value, incumbent_bump, lifelong_taste, moment_error, price_disutility, taste_tail
from agents.rules.need import tail_position
from agents.rules.numerics import decode_unit, log, normal_quantile, uniform
from agents.rules.transition import add_term, clipped_probability, odds
from agents.traits import TRAITS
from sim.engine.contact import rate_of
from sim.engine.customer_week import (
    arrive,
    bond,
    buy,
    count_moves,
    ease_of,
    effort_of,
    experience,
    group_of,
    has,
    is_moment,
    is_need_due,
    lay_out,
    leave,
    level_of,
    meet_contact,
    node_at,
    note_stage,
    present_fatigue,
    present_habit,
    recall,
    relevance_of,
    search,
    set_need_clock,
    settle,
    talk,
    tire,
    turn_to_incumbent,
)
from sim.engine.loop import MOMENTS_PER_WEEK, Meeting, meet_market
from sim.luck import Words, block, sixteen_bits
from sim.record.recorder import Traced
from sim.scenario.journey import FEATURES, Does
from sim.world.graph import ALWAYS, Kind, On, Only
from sim.world.world import Clock, World

__all__ = ["run_weeks"]

_WEEK, _STEP, _ENTRY, _NEED = (
    np.int64(Purpose.WEEK),
    np.int64(Purpose.STEP),
    np.int64(Purpose.ENTRY),
    np.int64(Purpose.NEED),
)
_CONTACT, _MOMENT = np.int64(Purpose.CONTACT), np.int64(Purpose.MOMENT)
_RECALL, _SEARCH = np.int64(Purpose.RECALL), np.int64(Purpose.SEARCH)
_TASTE, _CHOICE = np.int64(Purpose.TASTE), np.int64(Purpose.CHOICE)
_DOES_WAIT, _DOES_RECALL, _DOES_SEARCH = np.int64(Does.WAIT), np.int64(Does.RECALL), np.int64(Does.SEARCH)
_DOES_CHOOSE, _DOES_USE = np.int64(Does.CHOOSE), np.int64(Does.USE)
_DOES_BOND, _DOES_TALK = np.int64(Does.BOND), np.int64(Does.TALK)
_AT_WEEK, _AT_ROW, _AT_FIRST = Clock.WEEK, Clock.ROW, Clock.FIRST
_NOBODY, _EVER, _FIRST_LANE = np.int64(NOBODY), np.int64(0), np.int64(0)

_ON_CONTACT, _ON_NEED = On.CONTACT, On.NEED
_ONLY_INCUMBENT, _ONLY_AUTOMATION = Only.INCUMBENT, Only.AUTOMATION
_ONLY_PERSONALIZATION, _ONLY_CONTEXT = Only.PERSONALIZATION, Only.CONTEXT
_LOGIT, _REFERENCE = Kind.LOGIT, Kind.REFERENCE

_TRAITS = len(TRAITS)
_F_SATISFACTION, _F_TRUST = FEATURES.index("satisfaction"), FEATURES.index("trust")
_F_HABIT, _F_FATIGUE = FEATURES.index("habit"), FEATURES.index("fatigue")
_F_WEEKS, _F_EASE = FEATURES.index("weeks_in_stage"), FEATURES.index("ease")
_F_RELEVANCE, _F_PULL = FEATURES.index("relevance"), FEATURES.index("pull")
_F_DELIGHT, _F_INTRUSION = FEATURES.index("delight"), FEATURES.index("intrusion")
_F_EFFORT, _F_REPUTATION = FEATURES.index("effort"), FEATURES.index("reputation")
_F_PRICE = FEATURES.index("price")


@inlined
def _draw(world: World, who: Int, purpose: Int, when: Int, index: Int) -> Words:
    return block(world.constants[0].seed, world.constants[0].replicate, who, purpose, when, index)


@inlined
def _draw_brands(world: World, who: Int, purpose: Int, when: Int, words: Any) -> None:
    """Leave the draws of every brand in the first lane."""
    for row in range(0, world.constants[0].brands, 4):
        drawn = block(world.constants[0].seed, world.constants[0].replicate, who, purpose, when, row >> 2)
        words[row, 0] = drawn[0]
        words[row + 1, 0] = drawn[1]
        words[row + 2, 0] = drawn[2]
        words[row + 3, 0] = drawn[3]


@inlined
def _feature(world: World, customer: Any, who: Int, at: Int, feature: Int, strongest: float, disturbed: float) -> float:
    """Value of one feature for a customer at a node; toward a brand only where it is the lead's."""
    lead = np.int64(customer.lead)
    led = lead != NOBODY
    mine = led and lead == customer.incumbent
    felt = 0.0
    if feature < _TRAITS:
        felt = decode_unit(world.codes[who - world.clock[_AT_FIRST], world.constants[0].first_trait + feature])
    elif feature == _F_SATISFACTION:
        felt = np.float64(customer.satisfaction) if mine else 0.0
    elif feature == _F_TRUST:
        felt = decode_unit(customer.trust) if mine else 0.0
    elif feature == _F_HABIT:
        felt = present_habit(world, customer) if mine else 0.0
    elif feature == _F_FATIGUE:
        felt = present_fatigue(world, customer)
    elif feature == _F_WEEKS:
        felt = np.float64(world.clock[_AT_WEEK] - np.int64(customer.since))
    elif feature == _F_EASE:
        felt = ease_of(world, customer, lead)
    elif feature == _F_RELEVANCE:
        felt = relevance_of(world, customer, lead)
    elif feature == _F_PULL:
        felt = strongest
    elif feature == _F_DELIGHT:
        felt = world.brands[lead].delight if led else 0.0
    elif feature == _F_INTRUSION:
        felt = disturbed
    elif feature == _F_EFFORT:
        felt = effort_of(world, customer, at, ease_of(world, customer, lead))
    elif feature == _F_REPUTATION:
        felt = world.standing[group_of(world, who), lead].reputation if led else 0.0
    elif feature == _F_PRICE:
        felt = world.brands[lead].relative_price if led else 0.0
    else:
        felt = world.market[0].adoption
    return felt


@inlined
def _is_open(world: World, customer: Any, edge: Any, contacted: bool, need_due: bool) -> bool:
    """Whether an edge exists for this customer this week."""
    lead = np.int64(customer.lead)
    level = level_of(world, customer, lead)
    if (edge.on == _ON_CONTACT and not contacted) or (edge.on == _ON_NEED and not need_due):
        exists = False
    elif edge.only == ALWAYS:
        exists = True
    elif lead == NOBODY:
        exists = False
    elif edge.only == _ONLY_INCUMBENT:
        exists = lead == customer.incumbent
    elif edge.only == _ONLY_AUTOMATION:
        exists = level.automation > 0.0
    elif edge.only == _ONLY_PERSONALIZATION:
        exists = level.personalization > 0.0
    elif edge.only == _ONLY_CONTEXT:
        exists = level.context > 0.0
    else:
        exists = level.innovation > 0.0
    return exists


@rule
def _pick(world: World, customer: Any, who: Int, at: Int, strongest: float, disturbed: float) -> Int:
    """Edge taken, or NOBODY to stay (competing risks, MODEL 4.2), tried in the order of the file."""
    desk, node = world.desk[0], world.nodes[at]
    instant = node.weeks == 0
    if node.weighs:
        when = np.int64(customer.occasion) if instant else world.clock[_AT_WEEK]
        words = _draw(world, who, _STEP if instant else _WEEK, when, np.int64(customer.stage))
    else:
        words = _draw(world, who, _WEEK, _EVER, _EVER)
    for place in range(node.first_used, node.end_used):
        feature = world.used[place]
        desk.felt[feature, 0] = _feature(world, customer, who, at, feature, strongest, disturbed)
    need_due = is_need_due(world, customer) and not instant
    total = 1.0
    reached = 0.0
    taken: Int = _NOBODY
    for place in range(node.first_edge, node.end_edge):
        edge = world.edges[place]
        if _is_open(world, customer, edge, strongest > 0.0, need_due):
            if edge.kind == _REFERENCE:
                taken = place
            else:
                predictor = edge.intercept
                for term in range(edge.first_term, edge.end_term):
                    predictor = add_term(
                        predictor, world.terms[term].coefficient, desk.felt[world.terms[term].feature, 0]
                    )
                if edge.kind == _LOGIT:
                    total += odds(predictor)
                    reached += odds(predictor)
                else:
                    reached += clipped_probability(predictor)
        world.sums[place - node.first_edge, 0] = reached
    goal = uniform(np.int64(words[0])) * total
    if node.weighs and goal < reached:
        for place in range(node.first_edge, node.end_edge):
            if goal < world.sums[place - node.first_edge, 0]:
                return place
    return taken


@inlined
def _utility(world: World, customer: Any, who: Int, brand: Int) -> float:
    """Utility of a considered brand (MODEL 4.4)."""
    desk, constants, offer = world.desk[0], world.constants[0], world.brands[brand]
    utility = brand_value(
        offer.quality,
        price_disutility(constants.price_weight, decode_unit(customer.price_sensitivity), offer.relative_price),
        constants.reputation_weight * world.standing[group_of(world, who), brand].reputation,
    )
    u = uniform(np.int64(desk.tastes[brand, 0]))
    if constants.log_gamma != 0:
        at = tail_position(taste_tail(u))
        below = np.int64(at)
        share = at - below
        table = world.taste_quantiles[brand, 1 if u >= 0.5 else 0]
        utility += table[below] * (1.0 - share) + table[below + 1] * share
    else:
        utility += lifelong_taste(u, constants.taste_sd)
    utility += moment_error(uniform(np.int64(desk.words[brand, 0])), constants.error_scale)
    if brand == customer.incumbent:
        utility += incumbent_bump(
            constants.habit_weight,
            present_habit(world, customer),
            constants.satisfaction_weight,
            np.float64(customer.satisfaction),
        )
    elif customer.incumbent != NOBODY:
        utility += constants.novelty_weight * decode_unit(customer.novelty_seeking)
    if brand == customer.lead:
        utility += constants.relevance_weight * relevance_of(world, customer, brand)
    return utility


@rule
def _choose(world: World, customer: Any, who: Int) -> Int:
    """Brand that is bought: the considered one of the highest utility, or the lead's where none is considered."""
    desk = world.desk[0]
    if customer.considered == 0 and customer.lead == NOBODY:
        _draw_brands(world, who, _RECALL, np.int64(customer.occasion), desk.words)
        recall(world, customer, who, _FIRST_LANE)
    chosen = np.int64(customer.lead)
    if customer.considered != 0:
        _draw_brands(world, who, _CHOICE, np.int64(customer.occasion), desk.words)
        _draw_brands(world, who, _TASTE, _EVER, desk.tastes)
        best = -np.inf
        for brand in range(world.constants[0].brands):
            if has(np.uint64(customer.considered), brand):
                utility = _utility(world, customer, who, brand)
                if utility > best:
                    best = utility
                    chosen = np.int64(brand)
    return chosen


@inlined
def _talk(world: World, customer: Any, who: Int) -> None:
    words = _draw(world, who, _WEEK, world.clock[_AT_WEEK], np.int64(customer.stage))
    talk(world, customer, who, uniform(np.int64(words[1])))


@inlined
def _search(world: World, customer: Any, who: Int) -> None:
    _draw_brands(world, who, _SEARCH, world.clock[_AT_WEEK], world.desk[0].words)
    search(world, customer, who, _FIRST_LANE)


@rule
def _enter(world: World, customer: Any, who: Int, stage: Int, disturbed: float) -> None:
    """Come to a stage and do what it does."""
    at = node_at(world, customer, stage)
    does = world.nodes[at].does
    arrive(customer, stage, world.clock[_AT_WEEK])
    if does == _DOES_WAIT:
        at = turn_to_incumbent(world, customer, stage)
    entry = _draw(world, who, _ENTRY, np.int64(customer.occasion), stage)
    settle(world, customer, who, at, uniform(np.int64(entry[0])))
    if does != _DOES_CHOOSE:
        note_stage(world, customer, who)
    if does == _DOES_WAIT:
        words = _draw(world, who, _NEED, np.int64(customer.occasion), _EVER)
        position = tail_position(log(1.0 - uniform(np.int64(words[0]))))
        set_need_clock(world, customer, position, uniform(np.int64(words[1])), uniform(np.int64(words[3])))
    elif does == _DOES_RECALL:
        _draw_brands(world, who, _RECALL, np.int64(customer.occasion), world.desk[0].words)
        recall(world, customer, who, _FIRST_LANE)
    elif does == _DOES_SEARCH:
        _search(world, customer, who)
    elif does == _DOES_CHOOSE:
        buy(world, customer, who, _choose(world, customer, who))
    elif does == _DOES_BOND:
        bond(world, customer)
    lift = world.nodes[at].lift
    if does == _DOES_USE or lift != 0.0:
        noise, told = normal_quantile(uniform(np.int64(entry[1]))), uniform(np.int64(entry[2]))
        experience(world, customer, who, lift, disturbed, noise, told)
    if does == _DOES_TALK:
        _talk(world, customer, who)


@rule
def _meet(world: World, population: Population, i: Int, who: Int) -> tuple[float, float]:
    """This week's contacts; returns (pull, intrusion), 0 without any."""
    customer, week = population.people[i], world.clock[_AT_WEEK]
    lead = np.int64(customer.lead)
    fatigue = present_fatigue(world, customer)
    strongest, disturbed, added = 0.0, 0.0, 0.0
    for turn in range(world.market[0].contacting):
        brand = world.contacting[turn]
        rate = rate_of(world, population, i, brand)
        if rate > 0 and sixteen_bits(_draw(world, who, _CONTACT, week >> 3, brand), week) < rate:
            words = _draw(world, who, _MOMENT, week, brand)
            aimed = uniform(np.int64(words[0])) < level_of(world, customer, brand).context
            # A company that knows where the customer is holds back what would not be timely.
            if not aimed or is_moment(world, customer):
                u = uniform(np.int64(words[1]))
                strength, intrusion, tiring = meet_contact(world, customer, who, brand, aimed, u, fatigue)
                added += tiring
                disturbed = max(disturbed, intrusion)
                if strength > strongest:
                    strongest = strength
                    lead = brand
    if added > 0.0:
        tire(world, customer, fatigue, added)
    customer.lead = lead
    return strongest, disturbed


@inlined
def _live(world: World, population: Population, i: Int) -> None:
    """One customer's week: contacts, weekly deed, an edge, and on through stages that resolve within the week."""
    week = world.clock[_AT_WEEK]
    customer, who = population.people[i], world.clock[_AT_FIRST] + i
    strongest, disturbed = _meet(world, population, i, who)
    at = np.int64(node_at(world, customer, customer.stage))
    node = world.nodes[at]
    if node.does == _DOES_SEARCH:
        _search(world, customer, who)
    elif node.does == _DOES_TALK:
        _talk(world, customer, who)
    if node.weeks > 0 and week - np.int64(customer.since) < node.weeks:
        return
    if node.does == _DOES_WAIT and not (is_need_due(world, customer) or strongest > 0.0 or node.weekly):
        return
    edge = _pick(world, customer, who, at, strongest, disturbed)
    while edge != NOBODY:
        if world.nodes[at].does == _DOES_WAIT:
            leave(world, customer)
        world.moves[edge, customer.persona] += 1
        _enter(world, customer, who, world.edges[edge].target, disturbed)
        at = np.int64(node_at(world, customer, customer.stage))
        edge = _NOBODY
        if world.nodes[at].weeks == 0:
            edge = _pick(world, customer, who, at, strongest, disturbed)


@loop
def run_weeks(
    week: Int,
    end: Int,
    phase_start: Int,
    world: World,
    population: Population,
    fixed: NDArray[np.int64],
    traced: Traced,
    adopted_before: Int,
    sampled: Int,
    meeting: Meeting,
    shard: Int,
) -> Int:
    """Weeks ``week`` to ``end`` of a shard, as :func:`sim.engine.loop.run_weeks`."""
    while week < end:
        short = world.event_count[0] + sampled * MOMENTS_PER_WEEK > world.events.shape[0]
        if not meet_market(week, phase_start, world, population, fixed, traced, adopted_before, short, meeting, shard):
            break
        world.clock[_AT_WEEK] = week
        world.clock[_AT_ROW] = week - phase_start
        lay_out(world)
        for i in range(population.due.size):
            _live(world, population, i)
        count_moves(world)
        week += 1
    return week
