"""Chunks: runs that are sent to a worker together, and what each of them leaves."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.category import CATEGORY_METRICS
from sim.analysis.metrics import COST_METRICS, HIGHEST_YEAR, METRICS
from sim.scenario.scenario import Scenario

__all__ = ["RUN_METRICS", "Chunk", "Run", "RunResult", "detail_arrays", "detail_bytes"]

#: Names of the last axis of an outcome's metrics.
RUN_METRICS: tuple[str, ...] = (*METRICS, *CATEGORY_METRICS, *COST_METRICS, HIGHEST_YEAR)


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
    #: What a question keeps of a run beside its figures: arrays (see :func:`detail_bytes`), or nothing.
    detail: bytes = b""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Runs that are sent to a worker together, with every scenario that they start from once."""

    model: str
    scenarios: tuple[Scenario, ...]
    runs: tuple[Run, ...]


def detail_bytes(*arrays: NDArray[Any]) -> bytes:
    """Write arrays as the detail of a run; :func:`detail_arrays` reads them.

    Examples
    --------
    >>> [array.tolist() for array in detail_arrays(detail_bytes(np.arange(2), np.array([0.5])))]
    [[0, 1], [0.5]]
    """
    buffer = io.BytesIO()
    for array in arrays:
        np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def detail_arrays(detail: bytes) -> list[NDArray[Any]]:
    """Read the arrays of a detail; no code in it is run. A ValueError where it is not what was written."""
    buffer, arrays = io.BytesIO(detail), []
    try:
        while buffer.tell() < len(detail):
            arrays.append(np.load(buffer, allow_pickle=False))
    except (OSError, EOFError, SyntaxError, MemoryError) as error:
        raise ValueError(f"the detail of a run cannot be read ({error})") from error
    return arrays
