"""Costs: what is charged for capabilities, from what was typed and the level at which it was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.money import CENTS, to_minor
from agents.personas import Persona
from agents.strategies import CAPABILITIES, Strategy, TypedCost, level_of
from sim.scenario.calendar import STEPS_A_YEAR
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import ResolvedScenario
from sim.world.timeline import Segment

__all__ = ["SegmentCosts", "charged_amount", "segment_costs"]


_PERIODS_A_YEAR = {**STEPS_A_YEAR, "year": 1.0}


@dataclass(frozen=True, slots=True)
class SegmentCosts:
    """What one segment of a brand's timeline is charged, in minor units by capability.

    Attributes
    ----------
    build : mapping of str to int
        Once, in the step in which the segment starts; what stands already is not built again.
    standing : mapping of str to int
        What stood already, of what building all of it would cost.
    run : mapping of str to int
        At every payment.
    payments : mapping of str to int64 (Y,)
        Payments of a running cost that fall due in each step of a year, or of the whole run where that is shorter;
        years repeat.
    """

    build: Mapping[str, int]
    standing: Mapping[str, int]
    run: Mapping[str, int]
    payments: Mapping[str, NDArray[np.int64]]

    def run_schedule(self) -> NDArray[np.int64]:
        """Return what is paid for running in each step of a year or of a shorter run, in minor units (Y,)."""
        return np.asarray(sum(self.run[name] * self.payments[name] for name in CAPABILITIES), dtype=np.int64)


#: What one capability may cost, in minor units: up to here a float holds every whole number.
LARGEST_COST = 2**53


def charged_amount(
    cost: TypedCost, strategy: Strategy, name: str, personas: Sequence[Persona], minor_units: float = CENTS
) -> int:
    """Return what a capability costs at the levels that a strategy has, in minor units.

    The amount typed, exactly, at the levels at which it was typed. At other levels it is multiplied by the ratio of the
    mean of level ** convexity over all customers now to the same mean at the levels typed.

    Parameters
    ----------
    cost : TypedCost
    strategy : Strategy
        Has the levels and the convexity.
    name : str
        The capability.
    personas : sequence of Persona
        Whose shares are the weights of the levels.
    minor_units : float
        How many make up one unit of money.

    Returns
    -------
    int

    Examples
    --------
    >>> strategy = Strategy(automation=0.8)
    >>> charged_amount(TypedCost(amount=200_000.0, level=0.8), strategy, "automation", [Persona(name="all")])
    20000000
    >>> charged_amount(TypedCost(amount=200_000.0, level=0.4), strategy, "automation", [Persona(name="all")])
    80000000
    """
    amount = to_minor(cost.amount, minor_units)
    if amount > LARGEST_COST:
        raise ConfigError(
            f"costs of {name}: {cost.amount:,.0f} is more than the {LARGEST_COST / minor_units:.0e} that can be counted"
            " where an amount of the scenario is finer than a cent; type money in whole cents or in a larger unit"
        )
    if amount == 0 or cost.level is None:
        return amount
    power = strategy.costs.convexity
    now = typed = 0.0
    for persona in personas:
        now += persona.share * level_of(strategy, name, persona.name) ** power
        typed += persona.share * cost.personas.get(persona.name, cost.level) ** power
    if now == typed:
        return amount
    whole = sum(persona.share for persona in personas)
    charged = amount * (now / (typed or whole))
    if charged > LARGEST_COST:
        raise ConfigError(
            f"costs of {name}: {cost.amount:,.0f} at level {cost.level:g} comes to {charged / minor_units:.2e} at"
            f" the level of now with convexity {power:g}, more than the {LARGEST_COST / minor_units:.0e} that can be"
            " counted; type the cost at a level near the one that is used"
        )
    return round(charged)


def segment_costs(timeline: Sequence[Segment], scenario: ResolvedScenario) -> list[SegmentCosts]:
    """Return what every segment of a brand's timeline is charged.

    Parameters
    ----------
    timeline : sequence of Segment
        As :func:`sim.world.timeline.timeline_of` gives it.
    scenario : ResolvedScenario

    Returns
    -------
    list of SegmentCosts
        What the first segment has stands from the start and is not built.
    """
    stands = dict.fromkeys(CAPABILITIES, 0)
    minor_units, out = scenario.minor_units, []
    for at, (start, plan, since) in enumerate(timeline):
        costs = plan.strategy.costs
        price = {
            name: charged_amount(getattr(costs.build, name), plan.strategy, name, scenario.personas, minor_units)
            for name in CAPABILITIES
        }
        # Nothing is paid back for what is given up.
        build = {name: max(0, price[name] - stands[name]) if at > 0 else 0 for name in CAPABILITIES}
        run = {
            name: charged_amount(getattr(costs.run, name), plan.strategy, name, scenario.personas, minor_units)
            for name in CAPABILITIES
        }
        standing = {name: price[name] - build[name] for name in CAPABILITIES}
        # A phase goes on paying in the steps in which its strategy has paid so far.
        due = {
            name: payments if since == start else np.roll(payments, since - start)
            for name, payments in ((name, _payments(getattr(costs.run, name).every, scenario)) for name in CAPABILITIES)
        }
        out.append(SegmentCosts(build, standing, run, due))
        stands = {name: max(stands[name], price[name]) for name in CAPABILITIES}
    return out


def _payments(every: str, scenario: ResolvedScenario) -> NDArray[np.int64]:
    """Return the payments that fall due in each step of a year, the first at once, the others evenly spread.

    A year has 31,536,000 seconds: of a shorter run only its own steps are counted.
    """
    year = int(STEPS_A_YEAR[scenario.step])
    periods = year if every == "step" else int(_PERIODS_A_YEAR[every])
    return _spread(periods, year, min(year, scenario.burn_in + scenario.horizon))


@lru_cache(maxsize=8)
def _spread(periods: int, year: int, steps: int) -> NDArray[np.int64]:
    """Return how many of the periods of a year begin in each of its first steps; shared, not to be changed."""
    found = np.diff(-(-np.arange(steps + 1) * periods // year))
    found.flags.writeable = False
    return found
