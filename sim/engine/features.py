"""Features of the customers of the lanes, one column each; :mod:`agents.features` is the readable twin."""

from __future__ import annotations

import numpy as np

from agents.compiled import Int, inlined
from agents.kernel import kernel
from agents.population import NOBODY, SEARCHED, Population
from agents.rules.numerics import decode_unit
from agents.traits import TRAITS
from sim.engine.customer.feelings import (
    ease_elsewhere,
    ease_of,
    effort_of,
    present_fatigue,
    present_habit,
    relevance_of,
)
from sim.engine.customer.word_of_mouth import group_of
from sim.engine.workspace import BLOCK, Clock, Workspace
from sim.scenario.journey import FEATURES
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["load_feature"]

_AT_WEEK = Clock.WEEK
_TRAITS = len(TRAITS)
#: Features that :func:`load_feature` has a branch for, behind the traits.
_LOADED = (
    "satisfaction", "trust", "habit", "fatigue", "weeks_in_stage", "ease", "relevance", "pull", "delight", "intrusion",
    "effort", "reputation", "price", "adoption", "evaluated",
    "ease_elsewhere",
)  # fmt: skip
if {*TRAITS, *_LOADED} != set(FEATURES) or FEATURES[:_TRAITS] != TRAITS:
    # A feature without a branch would be taken for 0.
    raise NotImplementedError(f"load_feature computes {sorted(_LOADED)}, journeys may name {sorted(FEATURES)}")
(
    _SATISFACTION, _TRUST, _HABIT, _FATIGUE, _WEEKS, _EASE, _RELEVANCE, _PULL, _DELIGHT, _INTRUSION,
    _EFFORT, _REPUTATION, _PRICE, _ADOPTION, _EVALUATED, _ELSEWHERE,
) = (FEATURES.index(name) for name in _LOADED)  # fmt: skip


@inlined
def _load_memory(world: World, workspace: Workspace, population: Population, feature: Int, lanes: Int) -> None:
    """Satisfaction, trust or habit: memories of the incumbent, 0 unless the host brand is the incumbent."""
    scratch, people = workspace.scratch[0], population.people
    felt = scratch.features[feature]
    if feature == _SATISFACTION:
        for lane in range(lanes):
            felt[lane] = np.float64(people[scratch.index[lane]].satisfaction)
    elif feature == _TRUST:
        for lane in range(lanes):
            felt[lane] = decode_unit(people[scratch.index[lane]].trust)
    else:
        for lane in range(lanes):
            felt[lane] = present_habit(world, workspace, people[scratch.index[lane]])
    # Apart from the records: without AVX-512 only vectors are chosen from without a branch.
    for lane in range((lanes + 7) & -8):
        memory = felt[lane]
        felt[lane] = memory if scratch.is_incumbent[lane] != 0 else 0.0


@kernel()
def load_feature(
    world: World, market: MarketState, workspace: Workspace, population: Population, at: Int, feature: Int, lanes: Int
) -> None:
    """Compute one feature of the customers of the lanes, into its row of ``features``.

    Parameters
    ----------
    world, market, workspace, population
        What the customers of the partition meet, and their records.
    at : int
        Node they stand on.
    feature : int
        Place in :data:`sim.scenario.journey.FEATURES`; one that no branch computes cannot be (see above).
    lanes : int
        Customers on the lanes.
    """
    scratch, people = workspace.scratch[0], population.people
    felt = scratch.features[feature]
    if feature < _TRAITS:
        trait = np.uint64(world.constants[0].first_trait + feature)
        for lane in range(lanes):
            felt[lane] = decode_unit(workspace.codes[scratch.index[lane], trait])
    elif (feature == _SATISFACTION) | (feature == _TRUST) | (feature == _HABIT):
        _load_memory(world, workspace, population, feature, lanes)
    elif feature == _FATIGUE:
        for lane in range(lanes):
            felt[lane] = present_fatigue(world, workspace, people[scratch.index[lane]])
    elif feature == _WEEKS:
        for lane in range(lanes):
            felt[lane] = np.float64(workspace.clock[_AT_WEEK] - np.int64(people[scratch.index[lane]].since))
    elif feature == _EASE:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            felt[lane] = ease_of(world, workspace, customer, np.int64(customer.host))
    elif feature == _RELEVANCE:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            felt[lane] = relevance_of(world, workspace, customer, np.int64(customer.host))
    elif feature == _PULL:
        for lane in range(lanes):
            felt[lane] = scratch.pulls[scratch.index[lane] & (BLOCK - 1)]
    elif feature == _DELIGHT:
        for lane in range(lanes):
            host = np.int64(people[scratch.index[lane]].host)
            value = market.brands[host].delight
            felt[lane] = value if host != NOBODY else 0.0
    elif feature == _INTRUSION:
        for lane in range(lanes):
            felt[lane] = scratch.intrusions[scratch.index[lane] & (BLOCK - 1)]
    elif feature == _EFFORT:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            felt[lane] = effort_of(world, customer, at, ease_of(world, workspace, customer, np.int64(customer.host)))
    elif feature == _REPUTATION:
        for lane in range(lanes):
            host = np.int64(people[scratch.index[lane]].host)
            value = market.standing[group_of(world, scratch.customer_id[lane]), host].reputation
            felt[lane] = value if host != NOBODY else 0.0
    elif feature == _PRICE:
        for lane in range(lanes):
            host = np.int64(people[scratch.index[lane]].host)
            value = world.brands[host].relative_price
            felt[lane] = value if host != NOBODY else 0.0
    elif feature == _ADOPTION:
        for lane in range(lanes):
            felt[lane] = market.totals[0].adoption
    elif feature == _EVALUATED:
        for lane in range(lanes):
            felt[lane] = np.float64(np.int64(people[scratch.index[lane]].marks) & SEARCHED != 0)
    elif feature == _ELSEWHERE:
        for lane in range(lanes):
            customer = people[scratch.index[lane]]
            felt[lane] = ease_elsewhere(world, workspace, customer, np.int64(customer.host))
