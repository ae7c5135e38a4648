"""How customers are drawn, once per replicate and the same in every arm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.scenario.journey import stage_names
from sim.scenario.laid_out import LaidOut
from sim.scenario.resolved import ResolvedScenario
from sim.world.compile import hostless_journey
from sim.world.graph import start_shares
from sim.world.quantiles import tail_quantiles, trait_quantiles

__all__ = ["Birth", "compile_birth"]


class Birth(NamedTuple):
    """How customers are drawn, once per replicate, the same in every arm."""

    persona_shares: NDArray[np.float64]  # (P,) cumulative
    trait_quantiles: NDArray[np.float64]  # (P, 8, nodes) even in u
    rate_quantiles: NDArray[np.float64]  # (nodes,) of the own rate multiplier, even in -log2(1 - u)
    start: NDArray[np.float64]  # (K,) cumulative
    persona_rate: NDArray[np.float64]  # (P,)


#: Replicates share one, and so do points of a sweep that moves neither personas nor journeys.
_BIRTHS: LaidOut[Birth] = LaidOut(16)


def compile_birth(scenario: ResolvedScenario) -> Birth:
    """Quantile tables of traits and need rates, and the shares customers are born with; shared, read-only."""
    journey = hostless_journey(scenario, scenario.arms[scenario.baseline])
    parts = (*scenario.personas, *scenario.journeys.values())
    values = (tuple(scenario.journeys), journey, scenario.market.need.heterogeneity)
    return _BIRTHS.find(parts, values, lambda: _compile(scenario, journey))


def _compile(scenario: ResolvedScenario, journey: str) -> Birth:
    stages = stage_names(scenario.journeys)
    shares = np.array([persona.share for persona in scenario.personas])
    born = Birth(
        persona_shares=np.cumsum(shares / shares.sum()),
        trait_quantiles=np.stack([trait_quantiles(persona) for persona in scenario.personas]),
        rate_quantiles=tail_quantiles(scenario.market.need.heterogeneity),
        start=start_shares(scenario.journeys[journey], stages),
        persona_rate=np.array([persona.need_rate for persona in scenario.personas]),
    )
    for column in born:
        column.flags.writeable = False
    return born
