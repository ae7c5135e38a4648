"""Choice: the brand that each of several customers buys (docs/model.md 7.4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.kernel import kernel
from agents.population import NOBODY, Population
from agents.purposes import Purpose
from agents.rules.need import tail_position
from agents.rules.numerics import decode_unit, uniform
from agents.rules.utility import brand_value, incumbent_bump, lifelong_taste, moment_error, price_disutility, taste_tail
from sim.engine.customer.brand_mask import has
from sim.engine.customer.consideration import recall
from sim.engine.customer.feelings import present_habit, relevance_of
from sim.engine.customer.purchase import buy
from sim.engine.customer.word_of_mouth import group_of
from sim.engine.workspace import Clock, Workspace
from sim.luck import block, blocks
from sim.record.counters import Counters
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["buy_lanes", "draw_brands"]

_RECALL, _TASTE, _CHOICE = np.int64(Purpose.RECALL), np.int64(Purpose.TASTE), np.int64(Purpose.CHOICE)
_FORM = np.int64(Purpose.FORM)
_AT_FIRST, _AT_WEEK = Clock.FIRST, Clock.WEEK


@inlined
def draw_brands(world: World, workspace: Workspace, purpose: Int, lanes: Int) -> None:
    """Draw for every brand and every customer of the lanes; four brands share a block.

    Parameters
    ----------
    world, workspace
        See :mod:`sim.engine`.
    purpose : int
        An :class:`agents.purposes.Purpose`.
    lanes : int
        Customers on the lanes.
    """
    scratch, constants = workspace.scratch[0], world.constants[0]
    for row in range(0, constants.brands, 4):
        blocks(
            constants.seed,
            constants.replicate,
            scratch.customer_id,
            purpose,
            scratch.period,
            row >> 2,
            lanes,
            scratch.draws,
            row,
        )


@inlined
def _recall_alone(world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int) -> None:
    """Recall brands for a customer who buys without a consideration set and without a host brand."""
    scratch, constants = workspace.scratch[0], world.constants[0]
    for row in range(0, constants.brands, 4):
        drawn = block(constants.seed, constants.replicate, customer_id, _RECALL, np.int64(customer.occasion), row >> 2)
        scratch.draws[row, 0] = drawn[0]
        scratch.draws[row + 1, 0] = drawn[1]
        scratch.draws[row + 2, 0] = drawn[2]
        scratch.draws[row + 3, 0] = drawn[3]
    recall(world, market, workspace, customer, customer_id, np.int64(0))


@inlined
def _prepare_choice(world: World, workspace: Workspace, population: Population, lanes: Int) -> None:
    """Compute what the incumbent, the host and all other brands gain with each customer."""
    scratch, constants = workspace.scratch[0], world.constants[0]
    for lane in range(lanes):
        i = scratch.selected[lane]
        customer = population.people[i]
        satisfaction = np.float64(customer.satisfaction)
        habit = present_habit(world, workspace, customer)
        scratch.price_sensitivity[lane] = decode_unit(customer.price_sensitivity)
        scratch.incumbent_bump[lane] = incumbent_bump(
            constants.habit_weight, habit, constants.satisfaction_weight, satisfaction
        )
        novelty = constants.novelty_weight * decode_unit(customer.novelty_seeking)
        scratch.novelty[lane] = 0.0 if customer.incumbent == NOBODY else novelty
        scratch.relevance[lane] = constants.relevance_weight * relevance_of(
            world, workspace, customer, np.int64(customer.host)
        )
        scratch.incumbent[lane] = customer.incumbent
        scratch.host[lane] = customer.host
        scratch.considered[lane] = customer.considered
        scratch.best_utility[lane] = -np.inf
        scratch.brand[lane] = 0


@inlined
def _taste_lanes(world: World, workspace: Workspace, brand: Int, lanes: Int) -> None:
    """Add everybody's lifelong taste for a brand to its utility."""
    scratch, constants = workspace.scratch[0], world.constants[0]
    draws = scratch.taste_draws[brand]
    if constants.log_gamma == 0:
        for lane in range((lanes + 7) & -8):
            scratch.utility[lane] += lifelong_taste(uniform(np.int64(draws[lane])), constants.taste_sd)
        return
    for lane in range(lanes):
        u = uniform(np.int64(draws[lane]))
        at = tail_position(taste_tail(u))
        below = np.int64(at)
        share = at - below
        table = world.taste_quantiles[brand, 1 if u >= 0.5 else 0]
        scratch.utility[lane] += table[below] * (1.0 - share) + table[below + 1] * share


@inlined
def _choose_lanes(world: World, market: MarketState, workspace: Workspace, lanes: Int) -> None:
    """Leave in ``brand`` each one's considered brand of the highest utility.

    Errors are frozen, so no brand's gain makes two others swap.
    """
    scratch, constants = workspace.scratch[0], world.constants[0]
    wide = (lanes + 7) & -8
    for brand in range(constants.brands):
        promise = world.segments[brand, market.brands[brand].active].promise
        quality, price = world.brands[brand].quality, world.brands[brand].relative_price
        draws = scratch.draws[brand]
        if constants.groups == 1:
            everywhere = market.standing[0, brand].reputation
            for lane in range(wide):
                scratch.reputation[lane] = everywhere
        else:
            for lane in range(lanes):
                scratch.reputation[lane] = market.standing[group_of(world, scratch.customer_id[lane]), brand].reputation
        for lane in range(wide):
            scratch.utility[lane] = brand_value(
                quality,
                price_disutility(constants.price_weight, scratch.price_sensitivity[lane], price),
                constants.reputation_weight * scratch.reputation[lane],
            )
        _taste_lanes(world, workspace, brand, lanes)
        if world.brands[brand].form != NOBODY:
            form_draws = scratch.form_draws[world.brands[brand].form]
            for lane in range(wide):
                scratch.utility[lane] += lifelong_taste(uniform(np.int64(form_draws[lane])), constants.form_sd)
        for lane in range(wide):
            scratch.utility[lane] += moment_error(uniform(np.int64(draws[lane])), constants.error_scale)
        for lane in range(wide):
            bump, novelty, relevance = scratch.incumbent_bump[lane], scratch.novelty[lane], scratch.relevance[lane]
            best, taken = scratch.best_utility[lane], scratch.brand[lane]
            utility = scratch.utility[lane] + (bump if scratch.incumbent[lane] == brand else novelty + promise)
            utility += relevance if scratch.host[lane] == brand else 0.0
            better = has(scratch.considered[lane], brand) & (utility > best)
            scratch.best_utility[lane] = utility if better else best
            scratch.brand[lane] = brand if better else taken


@inlined
def _draw_lifelong(world: World, workspace: Workspace, purpose: Int, things: Int, lanes: Int, draws: Any) -> None:
    """Fill a row of draws for each thing of which a customer has a lifelong taste; ``period`` is 0 on the lanes."""
    constants, scratch = world.constants[0], workspace.scratch[0]
    for row in range(0, things, 4):
        blocks(
            constants.seed,
            constants.replicate,
            scratch.customer_id,
            purpose,
            scratch.period,
            row >> 2,
            lanes,
            draws,
            row,
        )


@kernel()
def buy_lanes(
    world: World, market: MarketState, workspace: Workspace, counters: Counters, population: Population, lanes: Int
) -> None:
    """Choose a brand for each customer of the lanes, and buy it; without a consideration set the host brand is bought.

    Parameters
    ----------
    world, market, workspace, counters, population
        See :mod:`sim.engine`.
    lanes : int
        Customers on the lanes.
    """
    scratch, constants, people = workspace.scratch[0], world.constants[0], population.people
    first = workspace.clock[_AT_FIRST]
    week = workspace.clock[_AT_WEEK]
    choosing = np.int64(0)
    loyal = np.int64(0)
    for lane in range(lanes):
        i = scratch.index[lane]
        customer = people[i]
        if (customer.considered == 0) & (customer.host == NOBODY):
            _recall_alone(world, market, workspace, customer, first + i)
        scratch.selected[choosing] = i
        scratch.followers[loyal] = i
        scratch.customer_id[choosing] = first + i
        # Without needs there are no occasions to tell one purchase from the next: the week does.
        scratch.period[choosing] = customer.occasion if constants.has_needs != 0 else week
        considers = np.int64(customer.considered != 0)
        choosing += considers
        loyal += 1 - considers
    if choosing > 0:
        draw_brands(world, workspace, _CHOICE, choosing)
        for lane in range(choosing):
            scratch.period[lane] = 0
        _draw_lifelong(world, workspace, _TASTE, constants.brands, choosing, scratch.taste_draws)
        _draw_lifelong(world, workspace, _FORM, constants.forms, choosing, scratch.form_draws)
        _prepare_choice(world, workspace, population, choosing)
        _choose_lanes(world, market, workspace, choosing)
    # Customers who buy the host brand come behind those who chose.
    for lane in range(loyal):
        i = scratch.followers[lane]
        scratch.selected[choosing + lane] = i
        scratch.brand[choosing + lane] = people[i].host
    for lane in range(lanes):
        i = scratch.selected[lane]
        buy(world, workspace, counters, people[i], first + i, scratch.brand[lane])
