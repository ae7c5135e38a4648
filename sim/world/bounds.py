"""Bounds: sums of money and counts in 64-bit cells, shown not to overflow before anything is simulated."""

from __future__ import annotations

import math

import numpy as np

from agents.money import CENTS
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import ResolvedScenario
from sim.world.world import World

__all__ = ["LARGEST_SUM", "check_sums", "largest_sums"]

#: The largest number of a 64-bit cell.
LARGEST_SUM = 2**63 - 1
#: No exponential draw from a uniform of at most 53 bits is larger than so many times its mean: 53 ln 2 = 36.7.
_LARGEST_DRAW = 37


def largest_sums(scenario: ResolvedScenario, world: World) -> dict[str, int]:
    """Return what no sum over all customers and steps can exceed, by what it is a sum of (money: minor units).

    Parameters
    ----------
    scenario : ResolvedScenario
    world : World
        The arm, compiled.

    Returns
    -------
    dict of str to int
        Whole numbers without a bound of their own.

    Notes
    -----
    A customer enters each stage once a step at most, since a journey has no instantaneous cycle, and is contacted by
    each brand once a step at most. Prices, costs of stages, channels and contacts are the largest of all. The stock
    of innovation has the largest draw at every experiment of every cycle, and decays between them.
    """
    steps = max(scenario.burn_in, scenario.horizon)
    brands, stages = len(scenario.brands), world.node_of.shape[1]
    innovation, constants = scenario.market.innovation, world.constants[0]
    cycles = 1 + (scenario.burn_in + scenario.horizon) // innovation.cycle_weeks
    experiments = math.ceil(max(innovation.velocity, float(world.segments.experiments.max(initial=0.0))))
    fading = 1.0 - float(np.exp2(-innovation.cycle_weeks / innovation.half_life))
    stock = min(cycles, 1.0 / fading) * (experiments + 1) * _LARGEST_DRAW * innovation.uplift
    effect = max(1.0, float(world.segments.uplift_effect.max(initial=1.0)))
    spend = max(persona.spend for persona in scenario.personas)
    delight = math.ceil(float(constants.ancillary) * stock * effect * spend)
    choices = max(
        sum(stage.does == "choose" for stage in journey.stages.values()) for journey in scenario.journeys.values()
    )
    largest_offer = int(world.offers.revenue.max(initial=0))
    largest_margin = int(abs(world.offers.margin).max(initial=0))
    ancillary = int(abs(world.nodes.ancillary).max(initial=0)) + delight
    visits, buys = (scenario.population * steps * times for times in (stages, choices))
    fixed = sum(map(int, world.segments.build_cost.ravel())) + steps * int(world.run_costs.max(initial=0))
    return {
        "revenue": buys * largest_offer + visits * ancillary,
        "margins": buys * largest_margin + visits * ancillary,
        "costs of stages": visits * int(abs(world.nodes.cost).max(initial=0)),
        "costs of channels": visits * int(world.channels.cost.max(initial=0)),
        "costs of contacts": scenario.population * steps * brands * int(world.segments.contact_cost.max(initial=0)),
        "costs of capabilities": fixed,
        "costs of experiments": cycles * (experiments + 1) * int(world.segments.experiment_cost.max(initial=0)),
        "counts": visits,
    }


def check_sums(scenario: ResolvedScenario, world: World) -> None:
    """Refuse an arm of which a sum might not fit a 64-bit cell.

    Raises
    ------
    ConfigError
        Names the sum, its bound, and what makes it smaller.
    """
    for name, bound in largest_sums(scenario, world).items():
        if bound > LARGEST_SUM:
            unit = "" if name == "counts" else " cents" if world.constants[0].minor_units == CENTS else " millicents"
            raise ConfigError(
                f"population is {scenario.population:,}, horizon {scenario.horizon:,}: the sum of all {name} may come"
                f" to {bound:.2e}{unit}, more than the {LARGEST_SUM:.2e} that can be counted; give fewer customers or"
                " steps, smaller amounts, or money in a larger unit"
            )
