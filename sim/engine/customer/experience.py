"""What one customer experiences with the incumbent brand (docs/model.md 7.5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.population import NOBODY
from agents.rules.experience import (
    Felt,
    affinity_after_ease,
    bonded,
    expectation_after,
    outcome,
    satisfaction_after,
    trust_after_surprise,
)
from agents.rules.numerics import decode_unit, encode_unit
from agents.rules.talk import complaint_probability
from sim.engine.customer.accounts import counts_of, pay
from sim.engine.customer.event_log import log_event
from sim.engine.customer.feelings import ease_of, relevance_of, set_satisfaction, set_trust
from sim.engine.workspace import Workspace
from sim.record.counters import ByBrand, Counters
from sim.record.events import EventKind
from sim.record.history import Money
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["bond", "experience"]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_REVENUE, _ANCILLARY = np.int64(Money.REVENUE), np.int64(Money.ANCILLARY)
_B_COMPLAINTS = np.int64(ByBrand.COMPLAINTS)
_COMPLAINT = np.int64(EventKind.COMPLAINT)
_NOBODY = np.int64(NOBODY)
_NO_AMOUNT = np.int64(0)


@inlined
def _update_memory(world: World, counts: Any, customer: Any, surprise: float) -> None:
    """Change satisfaction with the incumbent and trust in it after a surprise."""
    constants = world.constants[0]
    set_satisfaction(
        counts,
        customer,
        satisfaction_after(
            np.float64(customer.satisfaction), surprise, constants.satisfaction_rate, constants.loss_aversion
        ),
    )
    set_trust(
        counts,
        customer,
        trust_after_surprise(
            decode_unit(customer.trust),
            surprise,
            decode_unit(customer.trust_propensity),
            constants.trust_gain,
            constants.trust_loss,
        ),
    )


@inlined
def _sell_extras(
    world: World, workspace: Workspace, counters: Counters, counts: Any, customer: Any, customer_id: Int, delight: float
) -> None:
    """Book what a delighted customer buys beside the brand."""
    constants, brand = world.constants[0], np.int64(customer.incumbent)
    extra = np.floor(constants.ancillary * world.personas[customer.persona].spend * delight + 0.5)
    margin = np.int64(np.floor(extra * constants.ancillary_margin + 0.5))
    pay(world, workspace, counters, counts, customer_id, brand, _REVENUE, np.int64(extra))
    pay(world, workspace, counters, counts, customer_id, brand, _ANCILLARY, margin)


@inlined
def experience(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    customer: Any,
    customer_id: Int,
    lift: float,
    disturbed: float,
    noise: float,
    u_told: float,
) -> None:
    """Experience the incumbent (docs/model.md 7.5), and perhaps complain.

    Parameters
    ----------
    world, market, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    lift : float
        Added by the stage, utility.
    disturbed : float
        Worst intrusion of this week's contacts.
    noise : float
        Standard normal.
    u_told : float
        Uniform in (0, 1): whether a disappointment is told.
    """
    brand = np.int64(customer.incumbent)
    if brand == NOBODY:
        return
    constants, persona = world.constants[0], world.personas[customer.persona]
    ease = ease_of(world, workspace, customer, brand)
    delight = market.brands[brand].delight
    felt_outcome = outcome(
        world.brands[brand].advantage + lift,
        Felt(ease, relevance_of(world, workspace, customer, brand), delight, np.float64(customer.strain), disturbed),
        Felt(
            constants.experience_ease,
            constants.experience_relevance,
            constants.experience_delight,
            constants.experience_effort,
            constants.experience_intrusion,
        ),
        constants.experience_noise_sd,
        noise,
    )
    expected = np.float64(customer.expectation)
    surprise = felt_outcome - expected - world.segments[brand, market.brands[brand].active].promise
    customer.expectation = expectation_after(expected, surprise, constants.expectation_rate)
    counts = counts_of(workspace, counters, customer, brand)
    _update_memory(world, counts, customer, surprise)
    customer.strain = 0.0
    if persona.adapt_digital > 0.0:
        customer.digital_affinity = encode_unit(
            affinity_after_ease(decode_unit(customer.digital_affinity), persona.adapt_digital, ease)
        )
    if delight > 0.0 and constants.ancillary > 0.0:
        _sell_extras(world, workspace, counters, counts, customer, customer_id, delight)
    # Without disappointment the probability is 0.
    if u_told < complaint_probability(constants.complaint_rate, decode_unit(customer.sociability), surprise):
        counts[_B_COMPLAINTS] += 1
        counters.talk[customer_id % constants.groups, brand, 1] += 1
        log_event(workspace, counters, customer, customer_id, _COMPLAINT, brand, _NOBODY, _NOBODY, _NO_AMOUNT)


@inlined
def bond(world: World, workspace: Workspace, counters: Counters, customer: Any) -> None:
    """Enter a bond stage: trust in the incumbent and habit grow.

    Parameters
    ----------
    world, workspace, counters, customer
        See :mod:`sim.engine`.
    """
    if customer.incumbent == NOBODY:
        return
    gain = world.constants[0].bond_gain
    counts = counts_of(workspace, counters, customer, np.int64(customer.incumbent))
    set_trust(counts, customer, bonded(decode_unit(customer.trust), gain))
    customer.habit = encode_unit(bonded(decode_unit(customer.habit), gain))
