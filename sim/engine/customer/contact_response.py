"""How one customer responds to one contact of a brand (docs/model.md 7.3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.population import NOBODY
from agents.rules.experience import satisfaction_after_help, trust_after_intrusion
from agents.rules.feelings import (
    intrusion,
    not_rejected,
    opt_out_probability,
    privacy_after_intrusion,
    pull,
    relevance,
)
from agents.rules.numerics import decode_unit, encode_unit
from sim.engine.customer.accounts import counts_of, pay
from sim.engine.customer.brand_mask import bit_of
from sim.engine.customer.event_log import log_event
from sim.engine.customer.feelings import known_by, relevance_counts, set_satisfaction, set_trust
from sim.engine.customer.stage_view import level_of, stage_view_of
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import ByBrand, Counters
from sim.record.events import EventKind
from sim.record.history import Money
from sim.scenario.journey import Does
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["is_moment", "is_reachable", "meet_contact"]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_DOES_WAIT, _DOES_RECALL, _DOES_SEARCH = np.int64(Does.WAIT), np.int64(Does.RECALL), np.int64(Does.SEARCH)
_DOES_USE, _DOES_VISIT = np.int64(Does.USE), np.int64(Does.VISIT)
_CONTACTS = np.int64(Money.CONTACTS)
_B_CONTACTS, _B_TIMELY = np.int64(ByBrand.CONTACTS), np.int64(ByBrand.TIMELY)
_B_OPTED_OUT = np.int64(ByBrand.OPTED_OUT)
_TIMELY, _MISTIMED = np.int64(EventKind.TIMELY_CONTACT), np.int64(EventKind.MISTIMED_CONTACT)
_OPT_OUT = np.int64(EventKind.OPT_OUT)
_AT_WEEK = Clock.WEEK
_NOBODY = np.int64(NOBODY)
_NO_AMOUNT = np.int64(0)


@inlined
def is_moment(world: World, workspace: Workspace, customer: Any) -> bool:
    """Whether a contact could be timely: considering, evaluating, using, or the need near.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.

    Returns
    -------
    bool
    """
    does = stage_view_of(workspace, customer).does
    near = np.int64(customer.need_at) - workspace.clock[_AT_WEEK] <= world.constants[0].near_weeks
    busy = (does == _DOES_RECALL) | (does == _DOES_SEARCH) | (does == _DOES_USE) | (does == _DOES_VISIT)
    return near if does == _DOES_WAIT else busy


@inlined
def is_reachable(world: World, market: MarketState, customer: Any, brand: Int) -> bool:
    """Whether the brand makes contacts in the customer's stage.

    Parameters
    ----------
    world, market, customer
        See :mod:`sim.engine`.
    brand : int
        Brand.

    Returns
    -------
    bool
    """
    stages = world.segments[brand, market.brands[brand].active].stages
    stage = np.uint64(customer.stage)
    return ((stages[stage >> np.uint64(6)] >> (stage & np.uint64(63))) & np.uint64(1)) != 0


@inlined
def _help(world: World, counts: Any, customer: Any, felt: float) -> None:
    """Raise satisfaction with the incumbent by a contact that helps."""
    constants = world.constants[0]
    satisfaction = satisfaction_after_help(
        np.float64(customer.satisfaction), constants.help * felt, constants.satisfaction_rate
    )
    set_satisfaction(counts, customer, satisfaction)


@inlined
def _feel_intrusion(world: World, counts: Any, customer: Any, brand: Int, disturbance: float) -> None:
    """Lower trust in the brand of an intrusive contact, and raise the privacy concern of an adaptive persona."""
    if customer.incumbent == brand:
        trust = trust_after_intrusion(decode_unit(customer.trust), disturbance, world.constants[0].trust_intrusion)
        set_trust(counts, customer, trust)
    rate = world.personas[customer.persona].adapt_privacy
    if rate > 0.0:
        concern = privacy_after_intrusion(decode_unit(customer.privacy_concern), rate, disturbance)
        customer.privacy_concern = encode_unit(concern)


@inlined
def meet_contact(
    world: World,
    market: MarketState,
    workspace: Workspace,
    counters: Counters,
    customer: Any,
    customer_id: Int,
    brand: Int,
    aimed: bool,
    u: float,
    noticed: float,
    fatigue: float,
) -> tuple[float, float, float]:
    """One contact of a brand (docs/model.md 7.3).

    Parameters
    ----------
    world, market, workspace, counters, customer, customer_id
        See :mod:`sim.engine`.
    brand : int
        Brand, or NOBODY.
    aimed : bool
        Whether the brand knows where the customer is.
    u : float
        Uniform in (0, 1): whether the customer opts out.
    noticed : float
        Uniform in (0, 1): whether the contact is heeded.
    fatigue : float
        Before this week's contacts.

    Returns
    -------
    tuple of float
        Pull, 0 unless it is heeded and the brand's journey has the stage; intrusion; fatigue added.
    """
    constants = world.constants[0]
    level = level_of(workspace, customer, brand)
    segment = world.segments[brand, market.brands[brand].active]
    known = relevance(level.personalization, known_by(customer, brand, level))
    disturbance = intrusion(decode_unit(customer.privacy_concern), known, segment.covert)
    counts = counts_of(workspace, counters, customer, brand)
    counts[_B_CONTACTS] += 1
    pay(world, workspace, counters, counts, customer_id, brand, _CONTACTS, segment.contact_cost)
    strength, tiring = 0.0, constants.contact_fatigue
    # A recommendation to look around needs no moment; of mistimed invitations few are heeded.
    heeded = segment.answered if aimed | (level.recommendation > 0.0) else segment.heeded
    if noticed < heeded:
        node = world.node_of[segment.journey, customer.stage]
        counted = known if relevance_counts(world, workspace, customer, brand) else 0.0
        felt = pull(counted, fatigue, constants.resistance * disturbance)
        # Help draws nobody to a purchase.
        if (node // constants.stages == segment.journey) & (level.help == 0.0):
            strength = felt
        # Who resents a contact may not consider its brand for it.
        if (customer.considered != 0) & (noticed < heeded * not_rejected(constants.rejection * disturbance)):
            customer.considered |= bit_of(brand)
        if (level.help > 0.0) & (customer.incumbent == brand):
            _help(world, counts, customer, felt)
    if aimed:
        counts[_B_TIMELY] += 1
        log_event(workspace, counters, customer, customer_id, _TIMELY, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
    else:
        tiring *= constants.mistimed
        log_event(workspace, counters, customer, customer_id, _MISTIMED, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
    if disturbance > 0.0:
        _feel_intrusion(world, counts, customer, brand, disturbance)
    leaves = opt_out_probability(
        constants.optout,
        constants.optout_relief * known,
        constants.optout_fatigue * fatigue,
        constants.optout_intrusion * disturbance,
    )
    if u < leaves:
        customer.opted_out |= bit_of(brand)
        counts[_B_OPTED_OUT] += 1
        log_event(workspace, counters, customer, customer_id, _OPT_OUT, brand, _NOBODY, _NOBODY, _NO_AMOUNT)
    return strength, disturbance, tiring
