"""The brand-level half of a week (docs/model.md 3, step 1), which both engines call before the customers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.by_reference import by_reference
from agents.compiled import Int, loop
from agents.memory import as_records
from agents.purposes import Purpose
from agents.rules.innovation import delight_of, exponential_uplift, is_run
from agents.rules.numerics import uniform
from agents.rules.talk import reputation_after, salience_after
from sim.luck import NOBODY, block
from sim.world.world import World

__all__ = ["MAX_EXPERIMENTS", "MarketState", "allocate_market", "market_week", "start_from"]

#: Experiments of one brand and cycle; velocity is limited so that this is never reached.
MAX_EXPERIMENTS = 64
_EXPERIMENT = np.int64(Purpose.EXPERIMENT)
_NOBODYS = np.int64(NOBODY)
_BUILD, _RUN, _EXPERIMENTS = 0, 1, 2

BRAND_STATE = np.dtype(
    [
        ("active", np.int64),  # segment in force
        ("stock", np.float64),  # innovation stock J
        ("delight", np.float64),
    ]
)
STANDING = np.dtype([("reputation", np.float64), ("recall", np.float64)])  # recall: salience after word of mouth
TOTALS = np.dtype([("adopters", np.int64), ("adoption", np.float64), ("contacting", np.int64)])


@by_reference
class MarketState(NamedTuple):
    """What changes about a market from week to week, without its customers. B brands, G groups."""

    brands: Any  # (B,) BRAND_STATE
    standing: Any  # (G, B) STANDING
    totals: Any  # (1,) TOTALS
    contacting: NDArray[np.int64]  # (B,) brands that make contact, the first ``totals.contacting`` entries


def allocate_market(world: World) -> MarketState:
    """Return a fresh market: nobody talks yet, nothing is innovated, nobody has bought."""
    brands, groups = len(world.brands), int(world.constants.groups[0])
    standing = as_records(np.zeros((groups, brands), STANDING))
    standing.recall = world.brands.salience
    return MarketState(
        brands=as_records(np.zeros(brands, BRAND_STATE)),
        standing=standing,
        totals=as_records(np.zeros(1, TOTALS)),
        contacting=np.zeros(brands, np.int64),
    )


def start_from(market: MarketState) -> MarketState:
    """Return a market of its own that stands as another one does."""
    return MarketState(*(column.copy() for column in market))


@loop
def _word_of_mouth(week: Int, world: World, market: MarketState, talk: NDArray[np.int64]) -> None:
    """Reputation and salience move with what was said last week; a brand that is not there yet comes to no mind."""
    constants = world.constants[0]
    customers, groups = constants.customers, constants.groups
    for brand in range(constants.brands):
        everywhere = 0.0
        for group in range(groups):
            everywhere += talk[group, brand, 0] - constants.negativity * talk[group, brand, 1]
        everywhere = everywhere / customers
        for group in range(groups):
            size = max((customers + groups - 1 - group) // groups, 1)
            own = (talk[group, brand, 0] - constants.negativity * talk[group, brand, 1]) / size
            heard = (1.0 - constants.leak) * own + constants.leak * everywhere
            standing = market.standing[group, brand]
            standing.reputation = reputation_after(
                standing.reputation, heard, constants.reputation_decay, constants.reputation_gain
            )
            standing.recall = salience_after(
                world.brands[brand].salience, standing.reputation, constants.salience_effect
            )
            if week < world.brands[brand].enters:
                standing.recall = 0.0
    talk[:] = 0


@loop
def _experiments(world: World, market: MarketState, brand: Int, cycle: Int, planned: float, effect: float) -> Int:
    """Experiments of one cycle: their successes, times ``effect``, add to the stock; returns how many were run."""
    constants = world.constants[0]
    run = 0
    for experiment in range(MAX_EXPERIMENTS):
        words = block(constants.seed, constants.replicate, _NOBODYS, _EXPERIMENT, cycle, brand + 64 * experiment)
        if not is_run(experiment, planned, uniform(np.int64(words[2]))):
            break
        run += 1
        if uniform(np.int64(words[0])) < constants.success:
            market.brands[brand].stock += exponential_uplift(uniform(np.int64(words[1])), constants.uplift * effect)
    return run


@loop
def market_week(
    week: Int,
    phase_start: Int,
    world: World,
    market: MarketState,
    talk: NDArray[np.int64],
    adopted_before: Int,
    fixed: NDArray[np.int64],
) -> bool:
    """One week of the market, in this order; says whether a strategy started.

    1. Reputations move with last week's word of mouth (``talk``, which is cleared), salience with them; adoption is
       counted up.
    2. Strategies whose start week this is start; their capabilities are built and paid for.
    3. Running costs are paid where a payment is due.
    4. Where an experiment cycle ends, its successes add to the innovation stock, which decays weekly; delight follows.

    Parameters
    ----------
    week : int
        From the first of the burn-in.
    phase_start : int
        First week of ``fixed``.
    world : World
    market : MarketState
        Moved on by a week.
    talk : array of int, shape (G, B, 2)
        Praise and complaints of last week.
    adopted_before : int
        Customers who bought for the first time last week.
    fixed : array of int, shape (weeks, B, 3)
        Cents spent whoever the customers are: build, running, experiments.

    Returns
    -------
    bool
    """
    constants, totals = world.constants[0], market.totals[0]
    row = week - phase_start
    _word_of_mouth(week, world, market, talk)
    totals.adopters += adopted_before
    totals.adoption = totals.adopters / constants.customers
    started = False
    for at in range(constants.brands):
        brand = market.brands[at]
        while brand.active + 1 < world.segments.shape[1] and world.segments[at, brand.active + 1].start <= week:
            brand.active += 1
            fixed[row, at, _BUILD] += world.segments[at, brand.active].build_cost
            started = True
        segment = world.segments[at, brand.active]
        running = world.run_costs[at, brand.active]
        fixed[row, at, _RUN] += running[(week - segment.start) % running.shape[0]]
        if (week + 1) % constants.cycle_weeks == 0:
            cycle = (week + 1) // constants.cycle_weeks
            run = _experiments(world, market, at, cycle, segment.experiments, segment.uplift_effect)
            fixed[row, at, _EXPERIMENTS] += run * segment.experiment_cost
        brand.stock *= constants.stock_left
        brand.delight = delight_of(brand.stock)
    if started or week == 0:
        totals.contacting = 0
        for at in range(constants.brands):
            if world.segments[at, market.brands[at].active].makes_contact > 0:
                market.contacting[totals.contacting] = at
                totals.contacting += 1
    return started
