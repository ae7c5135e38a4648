"""Break-even effectiveness: how well the capabilities must work, at full cost, for an arm to earn as the baseline does.

The arm is run again with other effectiveness, on the same random numbers and with no more customers than are needed.
The curve is anchored at effectiveness 1 by the comparison itself, so that the two never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, Effectiveness, Strategy
from sim.analysis.crossing import crossing
from sim.analysis.paired import Estimate
from sim.experiments.arm_metrics import run_arms
from sim.scenario.resolved import Arm
from sim.scenario.scenario import Scenario

__all__ = ["GRID", "BreakEven", "break_even", "scaled_arm"]

#: Multiples of the stated effectiveness at which an arm is run.
GRID: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
#: Customers with which the curve is run, at most.
MAX_CUSTOMERS = 2_000


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Contribution over effectiveness of one arm.

    Attributes
    ----------
    at : Estimate
        Break-even effectiveness, a multiple of the scenario's own; undefined where there is none from 0 to 2.
    grid : tuple of float
        Multiples of the scenario's effectiveness.
    curves : float64 (R, len(grid))
        Difference in contribution from the baseline, in money.
    """

    at: Estimate
    grid: tuple[float, ...]
    curves: NDArray[np.float64]


def break_even(
    scenario: Scenario, arm: str, difference: NDArray[np.float64], *, options: Mapping[str, Any]
) -> BreakEven | None:
    """Find the break-even effectiveness of an arm on common random numbers.

    Parameters
    ----------
    scenario : Scenario
        What was compared.
    arm : str
        An arm that is not the baseline.
    difference : float64 (R,)
        Its difference in contribution by replicate, in money, as the comparison found it.
    options : mapping
        How to run, ``seed`` (that of the comparison) among it, as for
        :func:`sim.experiments.arm_metrics.run_arms`.

    Returns
    -------
    BreakEven or None
        None where the arm's focal brand uses no capability.
    """
    own = scenario.arms[arm].plans[scenario.market.focal].strategy if scenario.market.focal else Strategy()
    if not any(getattr(own, name) > 0.0 for name in CAPABILITIES):
        return None
    customers = min(scenario.population, MAX_CUSTOMERS)
    arms = {scenario.baseline: scenario.arms[scenario.baseline]}
    arms |= {f"at_{number}": scaled_arm(scenario, arm, times) for number, times in enumerate(GRID)}
    found = run_arms(
        [replace(scenario.simulating(customers), arms=arms, precision=None)],
        replicates=len(difference),
        **options,
    )
    curve = np.stack([found.of(f"at_{number}", "contribution")[:, 0] for number in range(len(GRID))], axis=1)
    anchored = curve - curve[:, [GRID.index(1.0)]] + difference[:, None]
    return BreakEven(crossing(np.array(GRID), anchored), GRID, anchored)


def scaled_arm(scenario: Scenario, arm: str, times: float) -> Arm:
    """Return an arm whose focal brand's capabilities work so many times as well, at the same cost.

    Parameters
    ----------
    scenario : Scenario
    arm : str
    times : float
        Multiple of the stated effectiveness, 0 to 2; the product is kept within its range.

    Returns
    -------
    Arm
    """
    whole = scenario.arms[arm]
    plan = whole.plans[scenario.market.focal]
    own = plan.strategy.effectiveness
    effectiveness = Effectiveness(**{name: min(getattr(own, name) * times, 2.0) for name in CAPABILITIES})
    scaled = replace(plan, strategy=replace(plan.strategy, effectiveness=effectiveness))
    return replace(whole, plans={**whole.plans, scenario.market.focal: scaled})
