"""Markov: an absorbing chain's occupancy, where it ends, and how long that takes, exactly.

References
----------
Kemeny & Snell (1960), *Finite Markov chains*, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.scenario.errors import ConfigError
from sim.scenario.journey import Journey

__all__ = ["Chain", "chain_of"]


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain whose last states absorb.

    Attributes
    ----------
    states : tuple of str
        Transient ones first.
    start : float64 (K,)
        Shares at the start.
    matrix : float64 (K, K)
        Probability of each move in one step.
    transient : int
        How many states are transient.
    """

    states: tuple[str, ...]
    start: NDArray[np.float64]
    matrix: NDArray[np.float64]
    transient: int

    @property
    def fundamental(self) -> NDArray[np.float64]:
        """Expected visits of each transient state from each, N = (I - Q)^-1."""
        k = self.transient
        return np.asarray(np.linalg.inv(np.eye(k) - self.matrix[:k, :k]))

    def occupancy(self, steps: int) -> NDArray[np.float64]:
        """Return the shares in each state after 1, 2, ... steps (steps, K)."""
        shares = np.empty((steps, len(self.states)))
        now = self.start
        for step in range(steps):
            now = now @ self.matrix
            shares[step] = now
        return shares

    def absorbed(self) -> NDArray[np.float64]:
        """Return the share that ends in each absorbing state."""
        k = self.transient
        shares = np.asarray(self.start[:k] @ self.fundamental @ self.matrix[:k, k:] + self.start[k:])
        # They sum to 1 but for rounding; the only one there is must be exactly 1.
        return shares / shares.sum()

    def moments(self) -> tuple[float, float]:
        """Return mean and variance of the steps to absorption."""
        k = self.transient
        inverse, ones = self.fundamental, np.ones(k)
        mean = inverse @ ones
        second = (2.0 * inverse - np.eye(k)) @ mean
        first = float(self.start[:k] @ mean)
        return first, float(self.start[:k] @ second) - first**2

    def steps_until(self, left: float) -> int:
        """Return after how many steps at most the share ``left`` is still on its way."""
        slowest = float(np.abs(np.linalg.eigvals(self.matrix[: self.transient, : self.transient])).max())
        step = max(1, int(np.ceil(np.log(left) / np.log(max(slowest, 1e-12)))))
        while self.occupancy(step)[-1, : self.transient].sum() > left:
            step *= 2
        return step


def chain_of(journey: Journey) -> Chain:
    """Return the chain that a journey of constant weekly probabilities is.

    Raises
    ------
    ConfigError
        If a stage does something, holds for a fixed stay, or has an edge that is no constant probability for everybody
        in every week.

    Examples
    --------
    >>> from sim.scenario.journey import read_journey
    >>> edge = {"from": "a", "to": "b", "probability": 0.25}
    >>> chain_of(read_journey("c", {"start": {"a": 1.0}, "stages": {"a": {}, "b": {}}, "edges": [edge]})).moments()
    (4.0, 12.0)
    """
    for name, stage in journey.stages.items():
        if stage.does != "nothing" or stage.weeks is not None:
            raise ConfigError(
                f"journey {journey.name!r}: stage {name!r} is more than a state; only a chain has a matrix"
            )
    leaving = {edge.source for edge in journey.edges}
    states = tuple(sorted(journey.stages, key=lambda name: name not in leaving))
    at = {name: position for position, name in enumerate(states)}
    matrix = np.zeros((len(states), len(states)))
    for edge in journey.edges:
        conditions = (edge.on, edge.only, edge.by_visit, edge.personas, edge.during)
        if edge.probability is None or set(edge.probability) > {"base"} or any(conditions):
            raise ConfigError(
                f"journey {journey.name!r}: the edge {edge.source} -> {edge.target} is no constant probability;"
                " only a chain has a matrix"
            )
        matrix[at[edge.source], at[edge.target]] += edge.probability.get("base", 0.0)
    matrix[np.diag_indices(len(states))] += 1.0 - matrix.sum(axis=1)
    start = np.array([journey.start.get(name, 0.0) for name in states])
    return Chain(states, start / start.sum(), matrix, len(leaving))
