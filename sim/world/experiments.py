"""Experiments: how many a company plans, and how long what they brought lasts."""

from __future__ import annotations

import numpy as np

from agents.strategies import Strategy, level_of
from sim.scenario.resolved import ResolvedScenario

__all__ = ["planned_experiments", "stock_left"]


def planned_experiments(scenario: ResolvedScenario, strategy: Strategy) -> float:
    """Return how many experiments a strategy's journey team plans a cycle: its level, over all personas, x velocity."""
    shares = np.array([persona.share for persona in scenario.personas])
    levels = np.array([level_of(strategy, "innovation", persona.name) for persona in scenario.personas])
    return float(np.sum(shares / shares.sum() * levels) * scenario.market.innovation.velocity)


def stock_left(scenario: ResolvedScenario) -> float:
    """Return the part of an innovation stock that is left after a step."""
    return float(np.exp2(-1.0 / scenario.market.innovation.half_life))
