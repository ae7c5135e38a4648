"""Chunks: runs that are sent to a worker together, and what each of them leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.category import CATEGORY_METRICS
from sim.analysis.metrics import METRICS
from sim.scenario.scenario import Scenario

__all__ = ["RUN_METRICS", "Chunk", "Run", "RunResult"]

#: Names of the last axis of an outcome's metrics.
RUN_METRICS: tuple[str, ...] = (*METRICS, *CATEGORY_METRICS)


@dataclass(frozen=True, slots=True)
class Run:
    """One replicate of one trial of a chunk: values over the scenario of that number in the chunk."""

    key: str
    scenario: int
    values: Mapping[str, Any]
    seed: int
    replicate: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run of a chunk left: its figures, or why it failed."""

    arms: tuple[str, ...]
    personas: tuple[str, ...]
    #: (arms, 1 + P, len(RUN_METRICS)); None where the run failed.
    metrics: NDArray[np.float64] | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Runs that are sent to a worker together, with every scenario that they start from once."""

    model: str
    scenarios: tuple[Scenario, ...]
    runs: tuple[Run, ...]
