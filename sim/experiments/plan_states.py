"""PlanStates: states of the world among which nobody knows the right one.

How well each capability really works, and which of a calibration's near-best fits the market is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy.stats import qmc

from agents.strategies import CAPABILITIES
from sim.calibration.ensemble import Ensemble
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show, typed_number

__all__ = ["ASSUMED_RANGE", "plan_states"]

#: Range of the effectiveness of a capability where neither strategy nor user states one. An assumption.
ASSUMED_RANGE = (0.5, 1.5)
#: States at most; ten at least, so that there is a worst tenth.
_MOST = 20


def plan_states(
    scenario: Scenario,
    arm: str,
    own: object,
    robust: str,
    seed: int,
    replicates: int,
    ensemble: Ensemble | None = None,
) -> tuple[Mapping[str, Any], ...]:
    """Return states of the world by dotted key, spread evenly over the doubt in effects and the near-best fits.

    Parameters
    ----------
    scenario : Scenario
    arm : str
    own : object
        Range of every capability's effectiveness, ``[low, high]`` or ``{low, high}``; null for what the strategy
        states and, where that is nothing and a plan is judged by more than the mean, `ASSUMED_RANGE`.
    robust : str
    seed : int
        Of the sample.
    replicates : int
        Of each plan, which meets one state in each.
    ensemble : Ensemble, optional
        Near-best fits of the market; each stands in as many states as its weight asks for.

    Returns
    -------
    tuple of mapping
        One empty mapping where there is no doubt.

    Raises
    ------
    ConfigError
        If the range cannot be used, or there are too few replicates for a worst tenth.
    """
    strategy = scenario.arms[arm].plans[scenario.market.focal].strategy
    ranges: dict[str, tuple[float, float]] = {}
    for name in CAPABILITIES:
        stated = getattr(strategy.doubt, name, None) if strategy.doubt is not None else None
        if own is not None:
            ranges[name] = _read_range(own)
        elif stated is not None:
            ranges[name] = (stated.low, stated.high)
        elif robust != "mean":
            ranges[name] = ASSUMED_RANGE
    if not ranges and ensemble is None:
        return ({},)
    if robust != "mean" and replicates < 10:
        raise ConfigError(
            f"replicates is {replicates}, and robust={robust} judges a plan by the worst of as many states;"
            " give replicates=10 or more"
        )
    count = min(_MOST, replicates)
    sample = qmc.Sobol(max(1, len(ranges)), rng=seed).random(1 << (count - 1).bit_length())[:count, : len(ranges)]
    members = [{} for _ in range(count)] if ensemble is None else [ensemble.values(at) for at in ensemble.picks(count)]
    place = f"times:arms.{arm}.focal.strategy.effectiveness"
    return tuple(
        member
        | {
            f"{place}.{name}": round(low + (high - low) * float(share), 6)
            for (name, (low, high)), share in zip(ranges.items(), row, strict=True)
        }
        for member, row in zip(members, sample, strict=True)
    )


def _read_range(data: object) -> tuple[float, float]:
    if isinstance(data, Mapping) and set(data) == {"low", "high"}:
        data = [data["low"], data["high"]]
    if isinstance(data, list | tuple) and len(data) == 2:
        low, high = (_number(end) for end in data)
        if low is not None and high is not None and 0.0 <= low < high <= 2.0:
            return low, high
    raise ConfigError(f"doubt is {show(data)}; give [low, high] within 0 to 2, such as [0.5, 1.5]")


def _number(end: object) -> float | None:
    number = typed_number(end)
    return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None
