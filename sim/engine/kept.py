"""Kept runs: burn-ins and arms that were run before, so that a change of one arm runs nothing but that arm."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        self._written: tuple[ResolvedScenario | None, str] = (None, "")

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        with self._lock:
            return sum(size for _, size in self._found.values())

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
        written = self._written
        if written[0] is not scenario:
            # Writing it out takes longer than the key's other uses, and every arm and replicate of a run has the same.
            self._written = written = (scenario, _shared(scenario))
        return (seed, replicate, threads, written[1], "" if arm is None else repr(scenario.arms[arm]), arm)

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


def _shared(scenario: ResolvedScenario) -> str:
    """Write out what every arm of a scenario depends on."""
    return repr(
        (
            scenario.market,
            scenario.personas,
            scenario.journeys,
            scenario.baseline,
            scenario.arms[scenario.baseline],
            (scenario.population, scenario.horizon, scenario.burn_in, scenario.record, scenario.step),
            scenario.minor_units,
        )
    )


def _bytes_of(value: Any) -> int:
    """Return the bytes of all memory that the arrays of a value keep alive: a view keeps the whole array it is of."""
    owners = {id(array): array for array in _owners(value)}
    return sum(array.nbytes for array in owners.values())


def _owners(value: Any) -> Iterator[NDArray[Any]]:
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):
            value = value.base
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _owners(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _owners(getattr(value, field.name))
