"""Birth: who the customers of a partition are when the burn-in begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, inlined, rule
from agents.kernel import calls
from agents.population import NOBODY, Population
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import encode_unit, log, uniform
from sim.engine.customer.need_clock import first_need
from sim.engine.workspace import LANES, Clock, Workspace
from sim.luck import blocks
from sim.scenario.journey import Does
from sim.world.birth import Birth
from sim.world.world import World

__all__ = ["birth"]

_BIRTH, _TRAITS, _NEED = np.int64(Purpose.BIRTH), np.int64(Purpose.TRAITS), np.int64(Purpose.NEED)
_WAIT = np.int64(Does.WAIT)
_EVER, _TRAITS_LATER = np.int64(0), np.int64(1)
_AT_FIRST = Clock.FIRST
# Rows of the draws, four words each: birth itself, eight traits, the first need.
_PERSONA_ROW, _STAGE_ROW, _RATE_ROW = np.int64(0), np.int64(1), np.int64(2)
_TRAITS_ROW, _TRAITS_LATER_ROW, _NEED_ROW = np.int64(4), np.int64(8), np.int64(12)
_PHASE_ROW = np.int64(14)


@rule
def _category(shares: NDArray[np.float64], u: float) -> Int:
    """Category of a uniform by cumulative shares; the last category catches what rounding leaves."""
    at = 0
    while at < shares.size - 1 and u >= shares[at]:
        at += 1
    return at


@rule
def _trait(table: NDArray[np.float64], word: Int) -> Int:
    """Code of a trait by inverse transform of a random word, from its quantiles even in the uniform."""
    position = uniform(np.int64(word)) * (table.size - 1)
    below = np.int64(position)
    return encode_unit(table[below] + (table[below + 1] - table[below]) * (position - below))


@inlined
def _draw(world: World, workspace: Workspace, start: Int, lanes: Int) -> None:
    """Draw all that the customers of the lanes are born with; the first is that of row ``start``."""
    scratch, constants = workspace.scratch[0], world.constants[0]
    seed, replicate, first = constants.seed, constants.replicate, workspace.clock[_AT_FIRST] + start
    for lane in range(LANES):
        scratch.customer_id[lane] = first + lane
        scratch.period[lane] = _EVER
    ids, period, draws = scratch.customer_id, scratch.period, scratch.draws
    blocks(seed, replicate, ids, _BIRTH, period, _EVER, lanes, draws, _EVER)
    blocks(seed, replicate, ids, _TRAITS, period, _EVER, lanes, draws, _TRAITS_ROW)
    blocks(seed, replicate, ids, _TRAITS, period, _TRAITS_LATER, lanes, draws, _TRAITS_LATER_ROW)
    blocks(seed, replicate, ids, _NEED, period, _EVER, lanes, draws, _NEED_ROW)
    for lane in range((lanes + 7) & -8):
        # Positions in the tables of the own rate and of the first gap.
        scratch.rate_position[lane] = tail_position(log(1.0 - uniform(np.int64(draws[_RATE_ROW, lane]))))
        scratch.gap_position[lane] = tail_position(log(1.0 - uniform(np.int64(draws[_NEED_ROW, lane]))))


@inlined
def _be_born(born: Birth, world: World, workspace: Workspace, customer: Any, lane: Int) -> None:
    """Make one customer of the draws of a lane."""
    scratch, draws = workspace.scratch[0], workspace.scratch[0].draws
    persona = _category(born.persona_shares, uniform(np.int64(draws[_PERSONA_ROW, lane])))
    customer.persona = persona
    customer.stage = _category(born.start, uniform(np.int64(draws[_STAGE_ROW, lane])))
    at = scratch.rate_position[lane]
    below = np.int64(at)
    share = at - below
    rate = born.rate_quantiles[below] * (1.0 - share) + born.rate_quantiles[below + 1] * share
    customer.gap = 1.0 / max(rate * born.persona_rate[persona], 1e-9)
    table = born.trait_quantiles[persona]
    customer.deliberation = _trait(table[0], draws[_TRAITS_ROW, lane])
    customer.price_sensitivity = _trait(table[1], draws[_TRAITS_ROW + 1, lane])
    customer.trust_propensity = _trait(table[2], draws[_TRAITS_ROW + 2, lane])
    customer.novelty_seeking = _trait(table[3], draws[_TRAITS_ROW + 3, lane])
    customer.digital_affinity = _trait(table[4], draws[_TRAITS_LATER_ROW, lane])
    customer.privacy_concern = _trait(table[5], draws[_TRAITS_LATER_ROW + 1, lane])
    customer.sociability = _trait(table[6], draws[_TRAITS_LATER_ROW + 2, lane])
    customer.patience = _trait(table[7], draws[_TRAITS_LATER_ROW + 3, lane])
    customer.channel = NOBODY
    customer.incumbent = NOBODY
    customer.host = NOBODY
    customer.need_at = 0
    if world.nodes[world.node_of[world.constants[0].journey, customer.stage]].does == _WAIT:
        first_need(world, workspace, customer, scratch.gap_position[lane], uniform(np.int64(draws[_PHASE_ROW, lane])))


@calls(blocks)
def birth(born: Birth, world: World, workspace: Workspace, population: Population, stood: NDArray[np.int64]) -> None:
    """Draw every customer of a partition: persona, traits, own need rate, first stage and the phase of the first need.

    Parameters
    ----------
    world, workspace, population
        See :mod:`sim.engine`.
    born : Birth
        Quantile tables and shares.
    stood : int64 (P, K)
        Counts customers by persona and first stage.
    """
    people, journey = population.people, world.constants[0].journey
    for start in range(0, people.size, LANES):
        lanes = min(LANES, people.size - start)
        _draw(world, workspace, start, lanes)
        for lane in range(lanes):
            customer = people[start + lane]
            _be_born(born, world, workspace, customer, lane)
            stood[customer.persona, customer.stage] += 1
            if population.visits.size > 0:
                population.visits[start + lane] = world.nodes[world.node_of[journey, customer.stage]].counted
