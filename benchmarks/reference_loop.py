"""The obvious loop over customers: every customer every week, branching on the stage; no lanes, no looking ahead.

The readable twin of :mod:`sim.engine.block` in compiled code: the same steps of :mod:`sim.engine.customer` on the
same records with the same luck, one customer after the other. It gives the same bytes, and ``make bench`` measures how
much faster the engine is; nothing else uses it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, inlined, rule
from agents.kernel import calls
from agents.population import NOBODY, Population
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import decode_unit, log, normal_quantile, uniform
from agents.rules.transition import add_term, clipped_probability, odds
from agents.rules.utility import brand_value, incumbent_bump, lifelong_taste, moment_error, price_disutility, taste_tail
from sim.engine.block import KERNELS
from sim.engine.contact import rate_of
from sim.engine.customer.brand_mask import has
from sim.engine.customer.consideration import recall, search
from sim.engine.customer.contact_response import is_moment, is_reachable, meet_contact
from sim.engine.customer.event_log import log_stage
from sim.engine.customer.experience import bond, experience
from sim.engine.customer.feelings import present_fatigue, present_habit, relevance_of, store_fatigue
from sim.engine.customer.movement import arrive, count_moves, settle_entry
from sim.engine.customer.need_clock import (
    begin_visit,
    is_need_due,
    leave_wait,
    luck_period,
    meet_need,
    set_need_clock,
    turn_to_incumbent,
)
from sim.engine.customer.purchase import buy
from sim.engine.customer.stage_view import lay_out_week, level_of, node_at
from sim.engine.customer.word_of_mouth import group_of, talk
from sim.engine.features import load_feature
from sim.engine.loop import EVENTS_PER_WEEK, Barrier, synchronize
from sim.engine.workspace import BLOCK, Clock, Workspace
from sim.luck import Words, block, sixteen_bits
from sim.record.counters import Counters
from sim.record.recorder import Traced
from sim.scenario.journey import Does
from sim.world.graph import ALWAYS, INCUMBENT, Kind, On
from sim.world.market import MarketState
from sim.world.world import World

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
_NOBODY, _EVER, _FIRST_LANE, _ONE_LANE = np.int64(NOBODY), np.int64(0), np.int64(0), np.int64(1)

_ON_CONTACT, _ON_NEED = On.CONTACT, On.NEED
_LOGIT, _REFERENCE = Kind.LOGIT, Kind.REFERENCE


@inlined
def _draw(world: World, customer_id: Int, purpose: Int, when: Int, index: Int) -> Words:
    return block(world.constants[0].seed, world.constants[0].replicate, customer_id, purpose, when, index)


@inlined
def _draw_brands(world: World, customer_id: Int, purpose: Int, when: Int, words: Any) -> None:
    """Leave the draws of every brand in the first lane."""
    for row in range(0, world.constants[0].brands, 4):
        drawn = block(world.constants[0].seed, world.constants[0].replicate, customer_id, purpose, when, row >> 2)
        words[row, 0] = drawn[0]
        words[row + 1, 0] = drawn[1]
        words[row + 2, 0] = drawn[2]
        words[row + 3, 0] = drawn[3]


@inlined
def _is_open(workspace: Workspace, customer: Any, edge: Any, contacted: bool, need_due: bool) -> bool:
    """Whether an edge exists for this customer this week."""
    host = np.int64(customer.host)
    level = level_of(workspace, customer, host)
    if (edge.on == _ON_CONTACT and not contacted) or (edge.on == _ON_NEED and not need_due):
        exists = False
    elif edge.only == ALWAYS:
        exists = True
    elif host == NOBODY:
        exists = False
    elif edge.only == INCUMBENT:
        exists = host == customer.incumbent
    else:
        exists = (level.open_gates >> np.uint64(edge.only)) & np.uint64(1) != np.uint64(0)
    return exists


@rule
def _pick(
    world: World,
    market: MarketState,
    workspace: Workspace,
    population: Population,
    i: Int,
    at: Int,
    strongest: float,
    disturbed: float,
) -> Int:
    """Edge taken, or NOBODY to stay (competing risks, docs/model.md 7.2), tried in the order of the file."""
    scratch, node = workspace.scratch[0], world.nodes[at]
    customer, customer_id = population.people[i], workspace.clock[_AT_FIRST] + i
    scratch.index[0] = i
    scratch.customer_id[0] = customer_id
    scratch.is_incumbent[0] = (customer.host != NOBODY) & (customer.host == customer.incumbent)
    scratch.pulls[i & (BLOCK - 1)] = strongest
    scratch.intrusions[i & (BLOCK - 1)] = disturbed
    instant = node.weeks == 0
    if node.weighs:
        when = luck_period(workspace, customer) if instant else workspace.clock[_AT_WEEK]
        words = _draw(world, customer_id, _STEP if instant else _WEEK, when, np.int64(customer.stage))
    else:
        words = _draw(world, customer_id, _WEEK, _EVER, _EVER)
    for row in range(node.first_used, node.end_used):
        load_feature(world, market, workspace, population, at, world.used[row], _ONE_LANE)
    need_due = is_need_due(workspace, customer) and not instant
    total = 1.0
    reached = 0.0
    taken: Int = _NOBODY
    for edge_id in range(node.first_edge, node.end_edge):
        edge = world.edges[edge_id]
        if _is_open(workspace, customer, edge, strongest > 0.0, need_due):
            if edge.kind == _REFERENCE:
                taken = edge_id
            else:
                predictor = edge.intercept
                for term in range(edge.first_term, edge.end_term):
                    predictor = add_term(
                        predictor, world.terms[term].coefficient, scratch.features[world.terms[term].feature, 0]
                    )
                if edge.kind == _LOGIT:
                    total += odds(predictor)
                    reached += odds(predictor)
                else:
                    reached += clipped_probability(predictor)
        workspace.cumulative_odds[edge_id - node.first_edge, 0] = reached
    goal = uniform(np.int64(words[0])) * total
    if node.weighs and goal < reached:
        for edge_id in range(node.first_edge, node.end_edge):
            if goal < workspace.cumulative_odds[edge_id - node.first_edge, 0]:
                return edge_id
    return taken


@inlined
def _utility(
    world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int, brand: Int
) -> float:
    """Utility of a considered brand (docs/model.md 7.4)."""
    scratch, constants, offer = workspace.scratch[0], world.constants[0], world.brands[brand]
    utility = brand_value(
        offer.quality,
        price_disutility(constants.price_weight, decode_unit(customer.price_sensitivity), offer.relative_price),
        constants.reputation_weight * market.standing[group_of(world, customer_id), brand].reputation,
    )
    u = uniform(np.int64(scratch.taste_draws[brand, 0]))
    if constants.log_gamma != 0:
        at = tail_position(taste_tail(u))
        below = np.int64(at)
        share = at - below
        table = world.taste_quantiles[brand, 1 if u >= 0.5 else 0]
        utility += table[below] * (1.0 - share) + table[below + 1] * share
    else:
        utility += lifelong_taste(u, constants.taste_sd)
    utility += moment_error(uniform(np.int64(scratch.draws[brand, 0])), constants.error_scale)
    if brand == customer.incumbent:
        utility += incumbent_bump(
            constants.habit_weight,
            present_habit(world, workspace, customer),
            constants.satisfaction_weight,
            np.float64(customer.satisfaction),
        )
    elif customer.incumbent != NOBODY:
        utility += constants.novelty_weight * decode_unit(customer.novelty_seeking)
    if brand == customer.host:
        utility += constants.relevance_weight * relevance_of(world, workspace, customer, brand)
    return utility


@rule
def _choose(world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int) -> Int:
    """Brand that is bought: the considered one of the highest utility, or the host brand where none is considered."""
    scratch = workspace.scratch[0]
    if customer.considered == 0 and customer.host == NOBODY:
        _draw_brands(world, customer_id, _RECALL, np.int64(customer.occasion), scratch.draws)
        recall(world, market, workspace, customer, customer_id, _FIRST_LANE)
    chosen = np.int64(customer.host)
    if customer.considered != 0:
        _draw_brands(world, customer_id, _CHOICE, np.int64(customer.occasion), scratch.draws)
        _draw_brands(world, customer_id, _TASTE, _EVER, scratch.taste_draws)
        best = -np.inf
        for brand in range(world.constants[0].brands):
            if has(np.uint64(customer.considered), brand):
                utility = _utility(world, market, workspace, customer, customer_id, brand)
                if utility > best:
                    best = utility
                    chosen = np.int64(brand)
    return chosen


@inlined
def _talk(world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int) -> None:
    words = _draw(world, customer_id, _WEEK, workspace.clock[_AT_WEEK], np.int64(customer.stage))
    talk(world, workspace, counters, customer, customer_id, uniform(np.int64(words[1])))


@inlined
def _search(world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int) -> None:
    _draw_brands(world, customer_id, _SEARCH, workspace.clock[_AT_WEEK], workspace.scratch[0].draws)
    search(world, market, workspace, customer, customer_id, _FIRST_LANE)


@rule
def _enter(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    customer: Any,
    customer_id: Int,
    stage: Int,
    disturbed: float,
) -> None:
    """Come to a stage and do what it does."""
    at = node_at(workspace, customer, stage)
    does = world.nodes[at].does
    arrive(customer, stage, workspace.clock[_AT_WEEK])
    if does == _DOES_WAIT:
        at = turn_to_incumbent(workspace, customer, stage)
    meet_need(workspace, customer, does)
    entry = _draw(world, customer_id, _ENTRY, luck_period(workspace, customer), stage)
    settle_entry(world, workspace, counters, customer, customer_id, at, uniform(np.int64(entry[0])))
    if does != _DOES_CHOOSE:
        log_stage(workspace, counters, customer, customer_id)
    if does == _DOES_WAIT:
        words = _draw(world, customer_id, _NEED, np.int64(customer.occasion), _EVER)
        position = tail_position(log(1.0 - uniform(np.int64(words[0]))))
        set_need_clock(world, workspace, customer, position, uniform(np.int64(words[1])), uniform(np.int64(words[3])))
    elif does == _DOES_RECALL:
        _draw_brands(world, customer_id, _RECALL, np.int64(customer.occasion), workspace.scratch[0].draws)
        recall(world, market, workspace, customer, customer_id, _FIRST_LANE)
    elif does == _DOES_SEARCH:
        _search(world, market, workspace, customer, customer_id)
    elif does == _DOES_CHOOSE:
        buy(world, workspace, counters, customer, customer_id, _choose(world, market, workspace, customer, customer_id))
    elif does == _DOES_BOND:
        bond(world, workspace, counters, customer)
    lift = world.nodes[at].lift
    if does == _DOES_USE or lift != 0.0:
        noise, told = normal_quantile(uniform(np.int64(entry[1]))), uniform(np.int64(entry[2]))
        experience(world, market, workspace, counters, customer, customer_id, lift, disturbed, noise, told)
    if does == _DOES_TALK:
        _talk(world, workspace, counters, customer, customer_id)


@rule
def _meet(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    i: Int,
    customer_id: Int,
) -> tuple[float, float]:
    """This week's contacts; returns (pull, intrusion), 0 without any."""
    customer, week = population.people[i], workspace.clock[_AT_WEEK]
    host = np.int64(customer.host)
    fatigue = present_fatigue(world, workspace, customer)
    strongest, disturbed, added = 0.0, 0.0, 0.0
    for turn in range(market.totals[0].contacting):
        brand = market.contacting[turn]
        rate = rate_of(workspace, population, i, brand)
        if rate > 0 and sixteen_bits(_draw(world, customer_id, _CONTACT, week >> 3, brand), week) < rate:
            words = _draw(world, customer_id, _MOMENT, week, brand)
            aimed = uniform(np.int64(words[0])) < level_of(workspace, customer, brand).context
            # A company that knows where the customer is holds back what would not be timely.
            timely = not aimed or is_moment(world, workspace, customer)
            if timely and is_reachable(world, market, customer, brand):
                u, noticed = uniform(np.int64(words[1])), uniform(np.int64(words[2]))
                strength, intrusion, tiring = meet_contact(
                    world, market, workspace, counters, customer, customer_id, brand, aimed, u, noticed, fatigue
                )
                added += tiring
                disturbed = max(disturbed, intrusion)
                if strength > strongest:
                    strongest = strength
                    host = brand
    if added > 0.0:
        store_fatigue(workspace, counters, customer, fatigue, added)
    customer.host = host
    return strongest, disturbed


@inlined
def _live(
    world: World, market: MarketState, workspace: Workspace, counters: Counters, population: Population, i: Int
) -> None:
    """One customer's week: contacts, weekly deed, an edge, and on through stages that resolve within the week."""
    week = workspace.clock[_AT_WEEK]
    customer, customer_id = population.people[i], workspace.clock[_AT_FIRST] + i
    strongest, disturbed = _meet(world, market, workspace, counters, population, i, customer_id)
    at = np.int64(node_at(workspace, customer, customer.stage))
    node = world.nodes[at]
    if node.does == _DOES_SEARCH:
        _search(world, market, workspace, customer, customer_id)
    elif node.does == _DOES_TALK:
        _talk(world, workspace, counters, customer, customer_id)
    if node.weeks > 0 and week - np.int64(customer.since) < node.weeks:
        return
    if node.does == _DOES_WAIT and not (is_need_due(workspace, customer) or strongest > 0.0 or node.weekly):
        return
    edge = _pick(world, market, workspace, population, i, at, strongest, disturbed)
    while edge != NOBODY:
        if world.nodes[at].does == _DOES_WAIT and world.edges[edge].visits != 0:
            begin_visit(customer)
        elif world.nodes[at].does == _DOES_WAIT:
            leave_wait(workspace, customer)
        workspace.edge_counts[edge, customer.persona] += 1
        workspace.left[at] += 1
        _enter(world, market, workspace, counters, customer, customer_id, world.edges[edge].target, disturbed)
        at = np.int64(node_at(workspace, customer, customer.stage))
        edge = _NOBODY
        if world.nodes[at].weeks == 0:
            edge = _pick(world, market, workspace, population, i, at, strongest, disturbed)


@calls(*KERNELS)
def run_weeks(
    week: Int,
    end: Int,
    phase_start: Int,
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    population: Population,
    fixed: NDArray[np.int64],
    trace: Traced,
    adopted_before: Int,
    sampled: Int,
    barrier: Barrier,
    number: Int,
) -> Int:
    """Weeks ``week`` to ``end`` of a partition, as :func:`sim.engine.loop.run_weeks`."""
    while week < end:
        full = counters.event_count[0] + sampled * EVENTS_PER_WEEK > counters.events.shape[0]
        if not synchronize(
            week, phase_start, world, market, counters, population, fixed, trace, adopted_before, full, barrier, number
        ):
            break
        workspace.clock[_AT_WEEK] = week
        workspace.clock[_AT_ROW] = week - phase_start
        lay_out_week(world, market, workspace)
        for i in range(population.due.size):
            _live(world, market, workspace, counters, population, i)
        count_moves(world, workspace, counters)
        week += 1
    return week
