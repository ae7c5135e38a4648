"""Break-even effectiveness: how well the capabilities must work, at full cost, for an arm to earn as the baseline does.

The arm is run again with other effectiveness, on the same random numbers and with no more customers than are needed.
The curve is anchored at effectiveness 1 by the comparison itself, so that the two never disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

__all__ = ["GRID", "BreakEven", "break_even", "located"]

#: Multiples of the stated effectiveness at which an arm may be run.
GRID: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
#: Those at which it is always run; between two of them only where the mean curve rises through zero.
_COARSE: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
_STATED = 1.0
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
        Multiples of the scenario's effectiveness at which it was run.
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
    gain = own - baseline
    # Where the comparison has no more customers than the curve, it is the run at effectiveness 1.
    found = {_STATED: own} if scenario.population <= MAX_CUSTOMERS else {}

    def curves_at(multiples: Sequence[float]) -> NDArray[np.float64]:
        wanted = [times for times in multiples if times not in found]
        arms = {f"{arm} {number}": dict.fromkeys(CAPABILITIES, times) for number, times in enumerate(wanted)}
        replicates = measured(runs, arms, MAX_CUSTOMERS, options)
        earned = np.array([[each.values[0, _CONTRIBUTION] for each in replicate.values()] for replicate in replicates])
        found.update(zip(wanted, earned.T, strict=True))
        return np.column_stack([found[times] - found[_STATED] + gain for times in multiples])

    return located(curves_at, sampling)


def located(curves_at: Callable[[Sequence[float]], NDArray[np.float64]], sampling: Sampling = INDEPENDENT) -> BreakEven:
    """Find where a curve over effectiveness crosses zero, looking closely only where its mean rises through it.

    Parameters
    ----------
    curves_at : callable
        Given multiples of the stated effectiveness, of ``GRID`` and increasing, returns the difference in contribution
        at each, float64 (R, multiples), in money.
    sampling : Sampling
        How the replicates were drawn.

    Returns
    -------
    BreakEven
        On the multiples at which it looked.

    Examples
    --------
    >>> found = located(lambda multiples: np.array([[times - 0.6 for times in multiples]] * 2))
    >>> found.grid, round(found.at.mean, 3)
    ((0.0, 0.5, 0.75, 1.0, 2.0), 0.6)
    """

    def on(grid: tuple[float, ...]) -> BreakEven:
        curves = curves_at(grid)
        return BreakEven(crossing(np.array(grid), curves, sampling), grid, curves)

    coarse = on(_COARSE)
    if coarse.at.mean is None:
        return coarse
    right = next(number for number, times in enumerate(_COARSE) if times >= coarse.at.mean)
    between = [times for times in GRID if _COARSE[right - 1] < times < _COARSE[right]]
    return on(tuple(sorted((*_COARSE, *between))))
