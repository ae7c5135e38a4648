"""What one customer feels this week: relevance, ease, effort, habit, fatigue, trust and satisfaction."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.rules.feelings import eased, felt_effort, relevance
from agents.rules.numerics import decode_unit, encode_unit
from sim.engine.customer.brand_mask import has
from sim.engine.customer.channel import channel_of
from sim.engine.customer.stage_view import level_of
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import ByBrand, ByPersona, Counters
from sim.record.history import FIXED_POINT
from sim.world.world import World

__all__ = [
    "add_effort",
    "ease_of",
    "effort_of",
    "fixed_point",
    "known_by",
    "present_fatigue",
    "present_habit",
    "relevance_of",
    "set_satisfaction",
    "set_trust",
    "store_fatigue",
]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_B_SATISFACTION = np.int64(ByBrand.SATISFACTION)
_B_TRUST = np.int64(ByBrand.TRUST)
_P_FATIGUE = np.int64(ByPersona.FATIGUE)
_AT_WEEK = Clock.WEEK
_AT_ROW = Clock.ROW
_AT_AUTOMATED = Clock.AUTOMATED


@inlined
def known_by(customer: Any, brand: Int, level: Any) -> float:
    """What a brand knows of the customer."""
    own, prospect = decode_unit(customer.knowledge), level.prospect_knowledge
    return own if customer.incumbent == brand else prospect


@inlined
def relevance_of(workspace: Workspace, customer: Any, brand: Int) -> float:
    """Relevance of a brand's offers; none without a host brand or for a customer who has opted out."""
    level = level_of(workspace, customer, brand)
    felt = relevance(level.personalization, known_by(customer, brand, level))
    return 0.0 if has(np.uint64(customer.opted_out), brand) else felt


@inlined
def ease_of(world: World, workspace: Workspace, customer: Any, host: Int) -> float:
    """Ease in the present stage: none without a host brand or automation, or where the channel is a human one."""
    if workspace.clock[_AT_AUTOMATED] == 0:
        return 0.0
    felt = eased(level_of(workspace, customer, host).automation, decode_unit(customer.digital_affinity))
    return felt * channel_of(world, customer).digital


@inlined
def effort_of(world: World, customer: Any, node: Int, ease: float) -> float:
    """Effort of a stage in the present channel."""
    return felt_effort(world.nodes[node].effort, channel_of(world, customer).effort, ease)


@inlined
def add_effort(world: World, workspace: Workspace, customer: Any, at: Int) -> None:
    """Feel the effort of a stage."""
    ease = ease_of(world, workspace, customer, np.int64(customer.host))
    customer.strain = np.float64(customer.strain) + effort_of(world, customer, at, ease)


@inlined
def present_habit(world: World, workspace: Workspace, customer: Any) -> float:
    """Habit, worn off since the last purchase."""
    return decode_unit(customer.habit) * world.habit_left[workspace.clock[_AT_WEEK] - np.int64(customer.last_purchase)]


@inlined
def present_fatigue(world: World, workspace: Workspace, customer: Any) -> float:
    """Fatigue, worn off since the last contact."""
    return (
        np.float64(customer.fatigue) * world.fatigue_left[workspace.clock[_AT_WEEK] - np.int64(customer.last_contact)]
    )


@inlined
def store_fatigue(workspace: Workspace, counters: Counters, customer: Any, fatigue: float, added: float) -> None:
    """Store fatigue after this week's contacts."""
    customer.fatigue = fatigue + added
    customer.last_contact = workspace.clock[_AT_WEEK]
    counters.by_persona[workspace.clock[_AT_ROW], customer.persona, _P_FATIGUE] += fixed_point(added)


@rule
def fixed_point(x: float) -> Int:
    """Whole multiple of 1 / FIXED_POINT nearest to ``x``."""
    return np.int64(np.floor(x * FIXED_POINT + 0.5))


@inlined
def set_trust(counts: Any, customer: Any, trust: float) -> None:
    """Store trust in the incumbent, whose counters these are, and keep the market's sum."""
    code = encode_unit(trust)
    counts[_B_TRUST] += code - np.int64(customer.trust)
    customer.trust = code


@inlined
def set_satisfaction(counts: Any, customer: Any, satisfaction: float) -> None:
    """Store satisfaction with the incumbent, whose counters these are, and keep the market's sum."""
    before = fixed_point(np.float64(customer.satisfaction))
    # In single precision: what is stored counts.
    customer.satisfaction = satisfaction
    counts[_B_SATISFACTION] += fixed_point(np.float64(customer.satisfaction)) - before
