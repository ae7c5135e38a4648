"""Which brands one customer considers: recall and search (docs/model.md 7.4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.compiled import Int, inlined
from agents.population import SEARCHED
from agents.rules.numerics import uniform
from sim.engine.customer.brand_mask import bit_of
from sim.engine.customer.word_of_mouth import group_of
from sim.engine.workspace import Workspace
from sim.world.market import MarketState
from sim.world.world import World

__all__ = ["found_chance", "recall", "recall_chance", "recall_nearest", "search"]


@inlined
def recall_chance(world: World, incumbent: Int, brand: Int, salience: float) -> float:
    """Probability that a brand comes to mind; the incumbent almost surely.

    Parameters
    ----------
    world
        See :mod:`sim.engine`.
    incumbent : int
        Brand last bought, or NOBODY.
    brand : int
        Brand, or NOBODY.
    salience : float
        In [0, 1], after word of mouth.

    Returns
    -------
    float
        In [0, 1].
    """
    own = world.constants[0].recall_incumbent
    return own if brand == incumbent else salience


@inlined
def found_chance(world: World, salience: float) -> float:
    """Chance that a week of search meets a brand."""
    return world.constants[0].search_rate * salience


@inlined
def recall_nearest(
    world: World, market: MarketState, workspace: Workspace, customer: Any, group: Int, lane: Int
) -> None:
    """Consider the brand that came nearest to mind, for a customer who recalls none.

    Parameters
    ----------
    world, market, workspace, customer
        See :mod:`sim.engine`.
    group : int
        Group whose word of mouth the customer hears.
    lane : int
        Column of the draws, one row per brand.
    """
    words, incumbent = workspace.scratch[0].draws, np.int64(customer.incumbent)
    nearest = 0
    best = np.inf
    for brand in range(world.constants[0].brands):
        chance = recall_chance(world, incumbent, brand, market.standing[group, brand].recall)
        if chance > 0.0 and uniform(np.int64(words[brand, lane])) / chance < best:
            best = uniform(np.int64(words[brand, lane])) / chance
            nearest = brand
    customer.considered = bit_of(nearest)


@inlined
def recall(world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int, lane: Int) -> None:
    """Form the initial consideration set: each brand by its salience, at least one.

    Parameters
    ----------
    world, market, workspace, customer, customer_id
        See :mod:`sim.engine`.
    lane : int
        Column of the draws, one row per brand.
    """
    words, group, incumbent = workspace.scratch[0].draws, group_of(world, customer_id), np.int64(customer.incumbent)
    mask = np.uint64(customer.considered)
    for brand in range(world.constants[0].brands):
        chance = recall_chance(world, incumbent, brand, market.standing[group, brand].recall)
        comes = uniform(np.int64(words[brand, lane])) < chance
        mask |= np.uint64(comes) << np.uint64(brand)
    customer.considered = mask
    if mask == np.uint64(0):
        recall_nearest(world, market, workspace, customer, group, lane)
    customer.initial = customer.considered


@inlined
def search(world: World, market: MarketState, workspace: Workspace, customer: Any, customer_id: Int, lane: Int) -> None:
    """One week of search: brands not yet considered are found by their salience.

    Parameters
    ----------
    world, market, workspace, customer, customer_id
        See :mod:`sim.engine`.
    lane : int
        Column of the draws, one row per brand.
    """
    words, group = workspace.scratch[0].draws, group_of(world, customer_id)
    customer.marks = np.int64(customer.marks) | SEARCHED
    mask = np.uint64(customer.considered)
    for brand in range(world.constants[0].brands):
        met = uniform(np.int64(words[brand, lane])) < found_chance(world, market.standing[group, brand].recall)
        mask |= np.uint64(met) << np.uint64(brand)
    customer.considered = mask
