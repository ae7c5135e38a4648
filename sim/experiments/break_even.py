"""Break-even effectiveness: how well the capabilities must work, at full cost, for an arm to earn as the baseline does.

The arm is run again with other effectiveness, on the same random numbers and with no more customers than are needed.
The curve is anchored at effectiveness 1 by the comparison itself, so that the two never disagree; where the comparison
has no more customers than the curve, it is the run at effectiveness 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, Strategy
from sim.analysis.crossing import crossing
from sim.analysis.metrics import METRICS
from sim.analysis.paired import Estimate
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.experiments.measured import Runs, measured

__all__ = ["GRID", "BreakEven", "break_even"]

#: Multiples of the stated effectiveness at which an arm is run.
GRID: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
#: Customers with which the curve is run, at most.
MAX_CUSTOMERS = 2_000
_CONTRIBUTION = METRICS.index("contribution")


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
    runs: Runs,
    arm: str,
    own: NDArray[np.float64],
    baseline: NDArray[np.float64],
    *,
    options: Mapping[str, Any],
    sampling: Sampling = INDEPENDENT,
) -> BreakEven | None:
    """Find the break-even effectiveness of an arm on common random numbers.

    Parameters
    ----------
    runs : sequence of tuple
        What the comparison ran: scenarios and replicates of each.
    arm : str
        An arm that is not the baseline.
    own, baseline : float64 (R,)
        Its contribution and the baseline's by replicate, in money, as the comparison found them.
    options : mapping
        How to run: ``seed``, ``engine``, ``threads``, ``executor``.
    sampling : Sampling
        How the replicates were drawn.

    Returns
    -------
    BreakEven or None
        None where the arm's focal brand uses no capability.
    """
    scenario, _ = runs[0]
    strategy = scenario.arms[arm].plans[scenario.market.focal].strategy if scenario.market.focal else Strategy()
    if not any(getattr(strategy, name) > 0.0 for name in CAPABILITIES):
        return None
    is_known = scenario.population <= MAX_CUSTOMERS
    numbers = [number for number, times in enumerate(GRID) if not (is_known and times == 1.0)]
    arms = {f"{arm} {number}": dict.fromkeys(CAPABILITIES, GRID[number]) for number in numbers}
    curve = np.repeat(own[:, None], len(GRID), axis=1)
    for row, replicate in enumerate(measured(runs, arms, MAX_CUSTOMERS, options)):
        curve[row, numbers] = [measures.values[0, _CONTRIBUTION] for measures in replicate.values()]
    anchored = curve - curve[:, [GRID.index(1.0)]] + (own - baseline)[:, None]
    return BreakEven(crossing(np.array(GRID), anchored, sampling), GRID, anchored)
