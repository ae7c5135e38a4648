"""Choose: the brands of several customers who buy at once (MODEL 4.4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined, rule
from agents.population import NOBODY, Population
from agents.purposes import Purpose
from agents.rules.choice import (
    brand_value,
    incumbent_bump,
    lifelong_taste,
    moment_error,
    price_disutility,
    taste_tail,
)
from agents.rules.need import tail_position
from agents.rules.numerics import decode_unit, uniform
from sim.engine.customer_week import buy, group_of, has, present_habit, recall, relevance_of
from sim.luck import block, blocks
from sim.world.world import Clock, World

__all__ = ["buy_all", "draw_brands"]

_RECALL, _TASTE, _CHOICE = np.int64(Purpose.RECALL), np.int64(Purpose.TASTE), np.int64(Purpose.CHOICE)
_AT_FIRST = Clock.FIRST


@inlined
def draw_brands(world: World, purpose: Int, lanes: Int) -> None:
    """Draws of every brand for the customers of all lanes; four brands share a block."""
    desk, constants = world.desk[0], world.constants[0]
    for row in range(0, constants.brands, 4):
        blocks(constants.seed, constants.replicate, desk.who, purpose, desk.when, row >> 2, lanes, desk.words, row)


@inlined
def _recall_alone(world: World, customer: Any, who: Int) -> None:
    """Who comes to buy with nothing in mind and nobody's lead recalls brands first."""
    desk, constants = world.desk[0], world.constants[0]
    for row in range(0, constants.brands, 4):
        drawn = block(constants.seed, constants.replicate, who, _RECALL, np.int64(customer.occasion), row >> 2)
        desk.words[row, 0] = drawn[0]
        desk.words[row + 1, 0] = drawn[1]
        desk.words[row + 2, 0] = drawn[2]
        desk.words[row + 3, 0] = drawn[3]
    recall(world, customer, who, np.int64(0))


@inlined
def _size_up(world: World, population: Population, lanes: Int) -> None:
    """Leave on the desk what lies between each customer and the incumbent, the lead and all other brands."""
    desk, constants = world.desk[0], world.constants[0]
    for lane in range(lanes):
        i = desk.slot[lane]
        customer = population.people[i]
        satisfaction = np.float64(customer.satisfaction)
        habit = present_habit(world, customer)
        desk.sensitivity[lane] = decode_unit(customer.price_sensitivity)
        desk.bump[lane] = incumbent_bump(constants.habit_weight, habit, constants.satisfaction_weight, satisfaction)
        novelty = constants.novelty_weight * decode_unit(customer.novelty_seeking)
        desk.novelty[lane] = 0.0 if customer.incumbent == NOBODY else novelty
        desk.relevance[lane] = constants.relevance_weight * relevance_of(world, customer, np.int64(customer.lead))
        desk.incumbent[lane] = customer.incumbent
        desk.lead[lane] = customer.lead
        desk.considered[lane] = customer.considered
        desk.goal[lane] = -np.inf
        desk.taken[lane] = 0


@inlined
def _taste_all(world: World, brand: Int, lanes: Int) -> None:
    """Add everybody's lifelong taste for a brand to ``weight``."""
    desk, constants = world.desk[0], world.constants[0]
    draws = desk.tastes[brand]
    if constants.log_gamma == 0:
        for lane in range((lanes + 7) & -8):
            desk.weight[lane] += lifelong_taste(uniform(np.int64(draws[lane])), constants.taste_sd)
        return
    for lane in range(lanes):
        u = uniform(np.int64(draws[lane]))
        at = tail_position(taste_tail(u))
        below = np.int64(at)
        share = at - below
        table = world.taste_quantiles[brand, 1 if u >= 0.5 else 0]
        desk.weight[lane] += table[below] * (1.0 - share) + table[below + 1] * share


@inlined
def _choose_all(world: World, lanes: Int) -> None:
    """Leave in ``taken`` each one's considered brand of the highest utility.

    Errors are frozen, so no brand's gain makes two others swap.
    """
    desk, constants = world.desk[0], world.constants[0]
    wide = (lanes + 7) & -8
    for brand in range(constants.brands):
        quality, price = world.brands[brand].quality, world.brands[brand].relative_price
        draws = desk.words[brand]
        if constants.groups == 1:
            everywhere = world.standing[0, brand].reputation
            for lane in range(wide):
                desk.total[lane] = everywhere
        else:
            for lane in range(lanes):
                desk.total[lane] = world.standing[group_of(world, desk.who[lane]), brand].reputation
        for lane in range(wide):
            desk.weight[lane] = brand_value(
                quality,
                price_disutility(constants.price_weight, desk.sensitivity[lane], price),
                constants.reputation_weight * desk.total[lane],
            )
        _taste_all(world, brand, lanes)
        for lane in range(wide):
            desk.weight[lane] += moment_error(uniform(np.int64(draws[lane])), constants.error_scale)
        for lane in range(wide):
            bump, novelty, relevance = desk.bump[lane], desk.novelty[lane], desk.relevance[lane]
            best, taken = desk.goal[lane], desk.taken[lane]
            utility = desk.weight[lane] + (bump if desk.incumbent[lane] == brand else novelty)
            utility += relevance if desk.lead[lane] == brand else 0.0
            better = has(desk.considered[lane], brand) & (utility > best)
            desk.goal[lane] = utility if better else best
            desk.taken[lane] = brand if better else taken


@rule
def buy_all(world: World, population: Population, lanes: Int) -> None:
    """Choose a brand for each of several customers, and buy it; who considers nothing buys the lead's."""
    desk, constants, people = world.desk[0], world.constants[0], population.people
    first = world.clock[_AT_FIRST]
    choosing = np.int64(0)
    loyal = np.int64(0)
    for lane in range(lanes):
        i = desk.people[lane]
        customer = people[i]
        if (customer.considered == 0) & (customer.lead == NOBODY):
            _recall_alone(world, customer, first + i)
        desk.slot[choosing] = i
        desk.spare[loyal] = i
        desk.who[choosing] = first + i
        desk.when[choosing] = customer.occasion
        considers = np.int64(customer.considered != 0)
        choosing += considers
        loyal += 1 - considers
    if choosing > 0:
        draw_brands(world, _CHOICE, choosing)
        for lane in range(choosing):
            desk.when[lane] = 0
        for row in range(0, constants.brands, 4):
            blocks(
                constants.seed, constants.replicate, desk.who, _TASTE, desk.when, row >> 2, choosing, desk.tastes, row
            )
        _size_up(world, population, choosing)
        _choose_all(world, choosing)
    # Behind those who chose stand those who follow their lead.
    for lane in range(loyal):
        i = desk.spare[lane]
        desk.slot[choosing + lane] = i
        desk.taken[choosing + lane] = people[i].lead
    for lane in range(lanes):
        i = desk.slot[lane]
        buy(world, people[i], first + i, desk.taken[lane])
