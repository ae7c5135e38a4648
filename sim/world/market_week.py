"""Market: the brand-level half of a week (MODEL 3, step 1). Both engines call it, once a week, before the customers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.compiled import Int, loop
from agents.purposes import Purpose
from agents.rules.innovation import delight_of, exponential_uplift, is_run
from agents.rules.numerics import uniform
from agents.rules.talk import reputation_after, salience_after
from sim.luck import NOBODY, block
from sim.world.world import World

__all__ = ["MAX_EXPERIMENTS", "market_week"]

#: Experiments of one brand and cycle; velocity is limited so that this is never reached.
MAX_EXPERIMENTS = 64
_EXPERIMENT = np.int64(Purpose.EXPERIMENT)
_NOBODYS = np.int64(NOBODY)
_BUILD, _RUN, _EXPERIMENTS = 0, 1, 2


@loop
def _word_of_mouth(world: World) -> None:
    """Reputation and salience move with what was said last week."""
    constants = world.constants[0]
    customers, groups = constants.customers, constants.groups
    for brand in range(constants.brands):
        everywhere = 0.0
        for group in range(groups):
            everywhere += world.talk[group, brand, 0] - constants.negativity * world.talk[group, brand, 1]
        everywhere = everywhere / customers
        for group in range(groups):
            size = max((customers + groups - 1 - group) // groups, 1)
            own = (world.talk[group, brand, 0] - constants.negativity * world.talk[group, brand, 1]) / size
            heard = (1.0 - constants.leak) * own + constants.leak * everywhere
            standing = world.standing[group, brand]
            standing.reputation = reputation_after(
                standing.reputation, heard, constants.reputation_decay, constants.reputation_gain
            )
            standing.recall = salience_after(
                world.brands[brand].salience, standing.reputation, constants.salience_effect
            )
    world.talk[:] = 0


@loop
def _experiments(world: World, brand: Int, cycle: Int, planned: float) -> Int:
    """Experiments of one cycle: their successes add to the stock; returns how many were run."""
    constants = world.constants[0]
    run = 0
    for experiment in range(MAX_EXPERIMENTS):
        words = block(constants.seed, constants.replicate, _NOBODYS, _EXPERIMENT, cycle, brand + 64 * experiment)
        if not is_run(experiment, planned, uniform(np.int64(words[2]))):
            break
        run += 1
        if uniform(np.int64(words[0])) < constants.success:
            world.brands[brand].stock += exponential_uplift(uniform(np.int64(words[1])), constants.uplift)
    return run


@loop
def market_week(week: Int, phase_start: Int, world: World, adopted_before: Int, fixed: NDArray[np.int64]) -> bool:
    """One week of the market, in this order; says whether a strategy started.

    1. Reputations move with last week's word of mouth (``world.talk``, which is cleared), salience with them; adoption
       is counted up.
    2. Strategies whose start week this is start; their capabilities are built and paid for.
    3. Running costs are paid.
    4. Where an experiment cycle ends, its successes add to the innovation stock, which decays weekly; delight follows.

    Parameters
    ----------
    week : int
        From the first of the burn-in.
    phase_start : int
        First week of ``fixed`` (weeks, B, 3), cents.
    world : World
        Its market is moved on by a week.
    adopted_before : int
        Customers who bought for the first time last week.
    """
    constants, market = world.constants[0], world.market[0]
    row = week - phase_start
    _word_of_mouth(world)
    market.adopters += adopted_before
    market.adoption = market.adopters / constants.customers
    started = False
    for at in range(constants.brands):
        brand = world.brands[at]
        while brand.active + 1 < world.segments.shape[1] and world.segments[at, brand.active + 1].start <= week:
            brand.active += 1
            fixed[row, at, _BUILD] += world.segments[at, brand.active].build_cost
            started = True
        segment = world.segments[at, brand.active]
        fixed[row, at, _RUN] += segment.run_cost
        if (week + 1) % constants.cycle_weeks == 0:
            run = _experiments(world, at, (week + 1) // constants.cycle_weeks, segment.experiments)
            fixed[row, at, _EXPERIMENTS] += run * segment.experiment_cost
        brand.stock *= constants.stock_left
        brand.delight = delight_of(brand.stock)
    if started or week == 0:
        market.contacting = 0
        for at in range(constants.brands):
            if world.segments[at, world.brands[at].active].makes_contact > 0:
                world.contacting[market.contacting] = at
                market.contacting += 1
    return started
