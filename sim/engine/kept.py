"""Kept runs: burn-ins and arms that were run before, so that a change of one arm runs nothing but that arm."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.scenario.digest import digest
from sim.scenario.resolved import ResolvedScenario

__all__ = ["KeptRuns"]


class KeptRuns:
    """Burn-ins and arms by the content of what was asked for; the least recently used ones make room for new ones.

    A burn-in depends on the baseline's arm and on nothing of the other arms; an arm depends on the burn-in and on
    itself. Safe to use from several threads.

    Parameters
    ----------
    limit : int
        Bytes that are kept at most.
    arms : bool
        Whether arms are kept too; burn-ins alone where each arm is asked for once.

    Examples
    --------
    >>> from sim import Scenario, compare
    >>> scenario, kept = Scenario.load("treadmill", population=60, horizon=4, burn_in=2), KeptRuns(10_000_000)
    >>> first = compare(scenario, replicates=2, seed=1, threads=1, kept=kept)
    >>> again = compare(scenario, replicates=2, seed=1, threads=1, kept=kept)
    >>> first.summary_json == again.summary_json
    True
    """

    def __init__(self, limit: int = 256_000_000, *, arms: bool = True) -> None:
        self.limit, self.arms = limit, arms
        self._found: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        with self._lock:
            return self._size

    def key(
        self, scenario: ResolvedScenario, arm: str | None, seed: int, replicate: int, threads: int
    ) -> tuple[Any, ...]:
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
        parts = (scenario.market, *scenario.personas, *scenario.journeys.values(), scenario.arms[scenario.baseline])
        sizes = (scenario.population, scenario.horizon, scenario.burn_in, scenario.record, scenario.step)
        names = (tuple(scenario.journeys), scenario.baseline, arm)
        own = "" if arm is None else digest(scenario.arms[arm])
        return (seed, replicate, threads, *names, *sizes, scenario.minor_units, own, *map(digest, parts))

    def find(self, key: tuple[Any, ...]) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            if key not in self._found:
                return None
            self._found.move_to_end(key)
            return self._found[key][0]

    def put(self, key: tuple[Any, ...], value: Any) -> None:
        """Keep a value under a key; the least recently used ones are dropped where it would be too much."""
        size = _bytes_of(value)
        with self._lock:
            self._size -= self._found.pop(key, (None, 0))[1]
            self._found[key] = (value, size)
            self._size += size
            while self._size > self.limit and len(self._found) > 1:
                self._size -= self._found.popitem(last=False)[1][1]


def _bytes_of(value: Any) -> int:
    """Return the bytes of all memory that the arrays of a value keep alive: a view keeps the whole array it is of."""
    owners: dict[int, NDArray[Any]] = {}
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, np.ndarray):
            while isinstance(item.base, np.ndarray):
                item = item.base
            owners[id(item)] = item
        elif isinstance(item, tuple | list):
            left += item
        elif is_dataclass(item):
            left += [getattr(item, name) for name in item.__dataclass_fields__]
    return sum(array.nbytes for array in owners.values())
