"""Kept runs: burn-ins and arms that were run before, so that a change of one arm runs nothing but that arm."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from sim.scenario.resolved import ResolvedScenario

__all__ = ["KeptRuns", "run_key"]


class KeptRuns:
    """Burn-ins and arms by the content of what was asked for; the least recently used ones make room for new ones.

    A burn-in depends on the baseline's arm and on nothing of the other arms; an arm depends on the burn-in and on
    itself. Safe to use from several threads.

    Parameters
    ----------
    limit : int
        Bytes that are kept at most.

    Examples
    --------
    >>> from sim import Scenario, compare
    >>> scenario, kept = Scenario.load("treadmill", population=60, horizon=4, burn_in=2), KeptRuns(10_000_000)
    >>> first = compare(scenario, replicates=2, seed=1, threads=1, kept=kept)
    >>> again = compare(scenario, replicates=2, seed=1, threads=1, kept=kept)
    >>> first.summary_json == again.summary_json
    True
    """

    def __init__(self, limit: int = 256_000_000) -> None:
        self.limit = limit
        self._found: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        with self._lock:
            return sum(size for _, size in self._found.values())

    def find(self, key: tuple[Any, ...]) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            if key not in self._found:
                return None
            self._found.move_to_end(key)
            return self._found[key][0]

    def put(self, key: tuple[Any, ...], value: Any) -> None:
        """Keep a value under a key; the least recently used ones are dropped where it would be too much."""
        with self._lock:
            self._found[key] = (value, _bytes_of(value))
            self._found.move_to_end(key)
            total = sum(size for _, size in self._found.values())
            while total > self.limit and len(self._found) > 1:
                total -= self._found.popitem(last=False)[1][1]


def run_key(scenario: ResolvedScenario, arm: str | None, seed: int, replicate: int, threads: int) -> tuple[Any, ...]:
    """Return the key of one arm's history, or of the burn-in: all that it depends on, written out.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm : str or None
        The arm; None for the burn-in.
    seed, replicate : int
        Keys of luck.
    threads : int
        Threads that share the customers: they are cut into as many parts.

    Returns
    -------
    tuple
    """
    shared = repr(
        (
            scenario.market,
            scenario.personas,
            scenario.journeys,
            scenario.baseline,
            scenario.arms[scenario.baseline],
            (scenario.population, scenario.horizon, scenario.burn_in, scenario.record, scenario.step),
        )
    )
    return (seed, replicate, threads, shared, "" if arm is None else repr(scenario.arms[arm]), arm)


def _bytes_of(value: Any) -> int:
    """Return the bytes of all arrays that a value holds."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple | list):
        return sum(_bytes_of(item) for item in value)
    if is_dataclass(value):
        return sum(_bytes_of(getattr(value, field.name)) for field in fields(value))
    return 0
