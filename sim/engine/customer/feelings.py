"""What one customer feels this week: relevance, ease, effort, habit, fatigue, trust and satisfaction."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.population import VISITING
from agents.rules.feelings import eased, felt_effort, relevance
from agents.rules.numerics import decode_unit, encode_unit
from sim.engine.customer.brand_mask import has
from sim.engine.customer.channel import channel_of
from sim.engine.customer.stage_view import level_of, stage_view_of
from sim.engine.workspace import Clock, Workspace
from sim.record.counters import ByBrand, ByPersona, Counters
from sim.record.history import FIXED_POINT
from sim.scenario.journey import Does
from sim.world.world import World

__all__ = [
    "add_effort",
    "ease_of",
    "effort_of",
    "fixed_point",
    "known_by",
    "present_fatigue",
    "present_habit",
    "relevance_counts",
    "relevance_of",
    "set_satisfaction",
    "set_trust",
    "store_fatigue",
]

# Typed numbers: a plain int would make numba compile every function anew for every constant.
_B_SATISFACTION, _B_TRUST = np.int64(ByBrand.SATISFACTION), np.int64(ByBrand.TRUST)
_P_FATIGUE = np.int64(ByPersona.FATIGUE)
_DOES_WAIT = np.int64(Does.WAIT)
_AT_WEEK, _AT_ROW, _AT_AUTOMATED = Clock.WEEK, Clock.ROW, Clock.AUTOMATED


@inlined
def known_by(customer: Any, brand: Int, level: Any) -> float:
    """What a brand knows of the customer.

    Parameters
    ----------
    customer
        See :mod:`sim.engine`.
    brand : int
        Brand, or NOBODY.
    level : record
        The brand's strategy level for the customer's persona.

    Returns
    -------
    float
        In [0, 1].
    """
    own, prospect = decode_unit(customer.knowledge), level.prospect_knowledge
    return own if customer.incumbent == brand else prospect


@inlined
def relevance_counts(world: World, workspace: Workspace, customer: Any, brand: Int) -> bool:
    """Whether what a brand says can be relevant: preferences are formed, by use or some time after the need.

    Specific retargeting works for those alone whose preferences are formed (Lambrecht & Tucker 2013).

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    brand : int
        Brand, or NOBODY.

    Returns
    -------
    bool
    """
    forming = world.constants[0].forming_weeks
    visiting = np.int64(customer.marks) & VISITING != 0
    needs = (stage_view_of(workspace, customer).does != _DOES_WAIT) & (not visiting)
    formed = needs & (workspace.clock[_AT_WEEK] - np.int64(customer.need_week) >= forming)
    return (forming == 0) | (customer.incumbent == brand) | formed


@inlined
def relevance_of(world: World, workspace: Workspace, customer: Any, brand: Int) -> float:
    """Relevance of a brand's offers, as far as it counts; none without a brand or after opting out of it.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    brand : int
        Brand, or NOBODY.

    Returns
    -------
    float
        In [0, 1].
    """
    level = level_of(workspace, customer, brand)
    felt = relevance(level.personalization, known_by(customer, brand, level))
    counts = relevance_counts(world, workspace, customer, brand)
    return 0.0 if has(np.uint64(customer.opted_out), brand) or not counts else felt


@inlined
def ease_of(world: World, workspace: Workspace, customer: Any, host: Int) -> float:
    """Ease in the present stage: none without a host brand or automation, or in a human channel.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    host : int
        Host brand, or NOBODY.

    Returns
    -------
    float
        In [0, 1].
    """
    if workspace.clock[_AT_AUTOMATED] == 0:
        return 0.0
    automation = level_of(workspace, customer, host).automation
    felt = eased(automation, decode_unit(customer.digital_affinity), world.constants[0].human_touch)
    return felt * channel_of(world, customer).digital


@inlined
def ease_elsewhere(world: World, workspace: Workspace, customer: Any, host: Int) -> float:
    """Greatest ease that a brand of the market other than the host brand has for the customer.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    host : int
        Host brand, or NOBODY.

    Returns
    -------
    float
        In [0, 1]; brands that have not entered yet have none.
    """
    most, affinity = 0.0, decode_unit(customer.digital_affinity)
    for brand in range(world.constants[0].brands):
        if (brand != host) & (world.brands[brand].enters <= workspace.clock[_AT_WEEK]):
            automation = level_of(workspace, customer, brand).automation
            most = max(most, eased(automation, affinity, world.constants[0].human_touch))
    return most


@inlined
def effort_of(world: World, customer: Any, node: Int, ease: float) -> float:
    """Effort of a stage in the present channel.

    Parameters
    ----------
    world, customer
        See :mod:`sim.engine`.
    node : int
        Node.
    ease : float
        In [0, 1].

    Returns
    -------
    float
    """
    return felt_effort(world.nodes[node].effort, channel_of(world, customer).effort, ease)


@inlined
def add_effort(world: World, workspace: Workspace, customer: Any, at: Int) -> None:
    """Add the effort of a stage to the strain felt since the last experience.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.
    at : int
        Node.
    """
    ease = ease_of(world, workspace, customer, np.int64(customer.host))
    customer.strain = np.float64(customer.strain) + effort_of(world, customer, at, ease)


@inlined
def present_habit(world: World, workspace: Workspace, customer: Any) -> float:
    """Habit, decayed since the last purchase.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.

    Returns
    -------
    float
        In [0, 1].
    """
    return decode_unit(customer.habit) * world.habit_left[workspace.clock[_AT_WEEK] - np.int64(customer.last_purchase)]


@inlined
def present_fatigue(world: World, workspace: Workspace, customer: Any) -> float:
    """Fatigue, decayed since the last contact.

    Parameters
    ----------
    world, workspace, customer
        See :mod:`sim.engine`.

    Returns
    -------
    float
        At least 0.
    """
    return (
        np.float64(customer.fatigue) * world.fatigue_left[workspace.clock[_AT_WEEK] - np.int64(customer.last_contact)]
    )


@inlined
def store_fatigue(workspace: Workspace, counters: Counters, customer: Any, fatigue: float, added: float) -> None:
    """Store fatigue after this week's contacts.

    Parameters
    ----------
    workspace, counters, customer
        See :mod:`sim.engine`.
    fatigue : float
        Before them.
    added : float
        By them.
    """
    customer.fatigue = fatigue + added
    customer.last_contact = workspace.clock[_AT_WEEK]
    counters.by_persona[workspace.clock[_AT_ROW], customer.persona, _P_FATIGUE] += fixed_point(added)


@rule
def fixed_point(x: float) -> Int:
    """Whole multiple of 1 / FIXED_POINT nearest to ``x``."""
    return np.int64(np.floor(x * FIXED_POINT + 0.5))


@inlined
def set_trust(counts: Any, customer: Any, trust: float) -> None:
    """Store trust in the incumbent and count the change.

    Parameters
    ----------
    customer
        See :mod:`sim.engine`.
    counts : int64 (columns,)
        This week's counters of the brand: :func:`sim.engine.customer.accounts.counts_of`.
    trust : float
        In [0, 1].
    """
    code = encode_unit(trust)
    counts[_B_TRUST] += code - np.int64(customer.trust)
    customer.trust = code


@inlined
def set_satisfaction(counts: Any, customer: Any, satisfaction: float) -> None:
    """Store satisfaction with the incumbent and count the change.

    Parameters
    ----------
    customer
        See :mod:`sim.engine`.
    counts : int64 (columns,)
        This week's counters of the brand: :func:`sim.engine.customer.accounts.counts_of`.
    satisfaction : float
        Utility.
    """
    before = fixed_point(np.float64(customer.satisfaction))
    # In single precision: what is stored counts.
    customer.satisfaction = satisfaction
    counts[_B_SATISFACTION] += fixed_point(np.float64(customer.satisfaction)) - before
