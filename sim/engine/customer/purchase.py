"""A purchase of one customer (docs/model.md 7.4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.population import ADOPTED, BUYER, HOLDS, NOBODY, SEARCHED
from agents.rules.experience import habit_after_repeat
from agents.rules.numerics import decode_unit, encode_unit
from sim.engine.customer.accounts import counts_of, pay
from sim.engine.customer.brand_mask import count_brands, has
from sim.engine.customer.event_log import log_event
from sim.engine.customer.feelings import fixed_point, present_habit, set_trust
from sim.engine.customer.stage_view import level_of
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import ByBrand, ByPersona, Counters
from sim.record.events import EventKind
from sim.record.history import Money, Origin
from sim.world.world import World

__all__ = ["buy", "give_back"]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_REVENUE, _MARGIN = np.int64(Money.REVENUE), np.int64(Money.MARGIN)
_INITIAL, _EVALUATION, _LOOP = np.int64(Origin.INITIAL), np.int64(Origin.EVALUATION), np.int64(Origin.LOOP)
_B_SKIPPED, _B_DECISION_WEEKS = np.int64(ByBrand.SKIPPED), np.int64(ByBrand.DECISION_WEEKS)
_B_SWITCHES, _B_REPEATS = np.int64(ByBrand.SWITCHES), np.int64(ByBrand.REPEATS)
_B_INCUMBENTS, _B_SATISFACTION = np.int64(ByBrand.INCUMBENTS), np.int64(ByBrand.SATISFACTION)
_B_TRUST, _B_RETURNS = np.int64(ByBrand.TRUST), np.int64(ByBrand.RETURNS)
_P_INITIALLY, _P_LATER = np.int64(ByPersona.CONSIDERED_INITIALLY), np.int64(ByPersona.CONSIDERED_LATER)
_P_BUYERS, _P_ADOPTED = np.int64(ByPersona.BUYERS), np.int64(ByPersona.ADOPTED)
_PURCHASE = np.int64(EventKind.PURCHASE)
_AT_WEEK, _AT_ROW, _AT_FIRST = Clock.WEEK, Clock.ROW, Clock.FIRST


@inlined
def _switch(world: World, workspace: Workspace, counters: Counters, counts: Any, customer: Any, brand: Int) -> None:
    """Become another brand's customer: nothing is remembered of the old one, little is known by the new one."""
    before = np.int64(customer.incumbent)
    if before != NOBODY:
        lost = counts_of(workspace, counters, customer, before)
        lost[_B_SWITCHES] += 1
        lost[_B_INCUMBENTS] -= 1
        lost[_B_SATISFACTION] -= fixed_point(np.float64(customer.satisfaction))
        lost[_B_TRUST] -= np.int64(customer.trust)
    counts[_B_INCUMBENTS] += 1
    customer.incumbent = brand
    customer.satisfaction = 0.0
    customer.expectation = 0.0
    customer.habit = 0
    customer.trust = 0
    set_trust(counts, customer, world.constants[0].initial_trust * decode_unit(customer.trust_propensity))
    customer.knowledge = encode_unit(level_of(workspace, customer, brand).prospect_knowledge)


@rule
def buy(world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int, brand: Int) -> None:
    """Buy the brand chosen; one bought without consideration is the host brand (the loyalty loop).

    Parameters
    ----------
    world, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    brand : int
        Brand, or NOBODY.
    """
    constants = world.constants[0]
    row, persona = workspace.clock[_AT_ROW], customer.persona
    before = np.int64(customer.incumbent)
    chosen = _INITIAL if has(np.uint64(customer.initial), brand) else _EVALUATION
    origin = _LOOP if customer.considered == 0 else chosen
    initially = count_brands(np.uint64(customer.initial))
    counters.by_persona[row, persona, _P_INITIALLY] += initially
    counters.by_persona[row, persona, _P_LATER] += count_brands(np.uint64(customer.considered)) - initially
    counts = counts_of(workspace, counters, customer, brand)
    counts[origin] += 1
    counts[_B_SKIPPED] += np.int64(np.int64(customer.marks) & SEARCHED == 0)
    counts[_B_DECISION_WEEKS] += workspace.clock[_AT_WEEK] - np.int64(customer.need_week)
    offer = world.offers[persona, brand]
    pay(world, workspace, counters, counts, customer_id, brand, _REVENUE, offer.revenue)
    # Margin is the one column that may be negative: a unit sold at a loss is booked as it is.
    pay(world, workspace, counters, counts, customer_id, brand, _MARGIN, offer.margin)
    marks = np.int64(customer.marks)
    earned = BUYER * np.int64(brand == constants.focal)
    counters.by_persona[row, persona, _P_ADOPTED] += np.int64(marks & ADOPTED == 0)
    counters.by_persona[row, persona, _P_BUYERS] += np.int64(earned & ~marks != 0)
    customer.marks = marks | ADOPTED | HOLDS | earned
    if counters.accounts.size > 0:
        account = counters.accounts[customer_id - workspace.clock[_AT_FIRST]]
        account.purchases += 1
        if brand == constants.focal:
            account.focal_purchases += 1
        if before != NOBODY and brand != before:
            account.switches += 1
    if brand == before:
        counts[_B_REPEATS] += 1
        customer.habit = encode_unit(
            habit_after_repeat(present_habit(world, workspace, customer), constants.habit_gain)
        )
    else:
        _switch(world, workspace, counters, counts, customer, brand)
    customer.host = brand
    customer.last_purchase = workspace.clock[_AT_WEEK]
    customer.considered = 0
    customer.initial = 0
    log_event(
        workspace, counters, customer, customer_id, _PURCHASE, brand, np.int64(customer.channel), origin, offer.revenue
    )


@inlined
def give_back(world: World, workspace: Workspace, counters: Counters, customer: Any, customer_id: Int) -> None:
    """Return what was bought last, once: the brand refunds the price and loses the margin.

    Parameters
    ----------
    world, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    """
    if np.int64(customer.marks) & HOLDS == 0:
        return
    brand = np.int64(customer.incumbent)
    customer.marks = np.int64(customer.marks) - HOLDS
    counts = counts_of(workspace, counters, customer, brand)
    counts[_B_RETURNS] += 1
    offer = world.offers[customer.persona, brand]
    pay(world, workspace, counters, counts, customer_id, brand, _REVENUE, -offer.revenue)
    pay(world, workspace, counters, counts, customer_id, brand, _MARGIN, -offer.margin)
