"""Tempering: points drawn from a posterior density by a population that goes from the prior to it in steps.

A sequential Monte Carlo sampler (Del Moral, Doucet & Jasra 2006): the likelihood is raised to powers that grow to 1,
each so much larger that half of the population would still count; the points are drawn anew by their weights and moved.
It starts from the prior and not from the best points, so that what the figures leave open keeps the prior's spread, and
it finds fits that lie apart. Moves are differential evolution (ter Braak 2006), in all coordinates or in some (Vrugt et
al. 2009), and one coordinate drawn anew from the prior.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.calibration.prior import Prior

__all__ = ["draw_posterior"]

Array = NDArray[np.float64]

#: Share of the population that counts after a step, by the effective number of its weights (Kish 1965).
_COUNTING = 0.5
#: Moves that follow each other at random; one coordinate from the prior is tried as often as all others.
_KINDS = ("all", "some", "one", "one")
#: Of the moves in some coordinates, the chance of each to be one of them.
_CROSSED = 1.0 / 3.0
#: Length of a move by the best known rule, 2.38 / sqrt(2 D); one in ten leaps from fit to fit.
_LENGTH, _LEAPS = 2.38, 0.1
#: Noise of a move: relative to it, and in widths of the cube.
_STRETCH, _JITTER = 0.05, 1e-4
#: The first power is at least this.
_LEAST_POWER = 1e-12
#: Moves between two populations that are kept of those at power 1.
_EVERY = 5


class _Population:
    """Points with their log likelihood and log prior density, and how they are moved."""

    def __init__(self, likelihood: Callable[[Array], Array], prior: Prior, points: Array) -> None:
        self.likelihood, self.prior, self.points = likelihood, prior, points
        self.level, self.before = likelihood(points), -0.5 * prior.penalty(points)

    def resample(self, step: float, generator: np.random.Generator) -> None:
        """Draw the points anew, by their likelihood to a power, in random order."""
        weight = np.exp(step * (self.level - self.level.max()))
        count = len(weight)
        reached = np.cumsum(weight) / weight.sum()
        rows = np.minimum(np.searchsorted(reached, (np.arange(count) + generator.random()) / count), count - 1)
        rows = generator.permutation(rows)
        self.points, self.level, self.before = self.points[rows], self.level[rows], self.before[rows]

    def move(self, power: float, generator: np.random.Generator) -> None:
        """Move each half of the points by how the other half lies."""
        half = len(self.points) // 2
        for mine, others in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
            kind = _KINDS[generator.integers(len(_KINDS))]
            here, apart = self.points[mine], self.points[others]
            proposal = self._fresh(here, generator) if kind == "one" else _evolved(here, apart, kind, generator)
            inside = ((proposal >= 0.0) & (proposal <= 1.0)).all(axis=1)
            level, before = np.full(len(here), -np.inf), np.full(len(here), -np.inf)
            if inside.any():
                level[inside] = self.likelihood(proposal[inside])
                before[inside] = -0.5 * self.prior.penalty(proposal[inside])
            gain = power * (level - self.level[mine])
            if kind != "one":
                # A coordinate from the prior is as likely as the prior says by the way that it is drawn.
                gain += before - self.before[mine]
            taken = np.log(generator.random(len(here))) < gain
            self.points[mine] = np.where(taken[:, None], proposal, here)
            self.level[mine] = np.where(taken, level, self.level[mine])
            self.before[mine] = np.where(taken, before, self.before[mine])

    def _fresh(self, here: Array, generator: np.random.Generator) -> Array:
        """Return the points with one coordinate of each drawn anew from the prior."""
        rows, columns = np.arange(len(here)), generator.integers(0, here.shape[1], len(here))
        fresh = here.copy()
        fresh[rows, columns] = self.prior.quantile(generator.random(here.shape))[rows, columns]
        return fresh


def _evolved(here: Array, apart: Array, kind: str, generator: np.random.Generator) -> Array:
    """Return points moved by differences of two of the others."""
    count, dimensions = here.shape
    first = generator.integers(0, len(apart), count)
    second = (first + generator.integers(1, len(apart), count)) % len(apart)
    moved = generator.random((count, dimensions)) < (1.0 if kind == "all" else _CROSSED)
    moved[np.arange(count), generator.integers(0, dimensions, count)] = True
    length = _LENGTH / np.sqrt(2.0 * moved.sum(axis=1))
    length = np.where(generator.random(count) < _LEAPS, 1.0, length) * (1.0 + _STRETCH * generator.normal(size=count))
    jitter = _JITTER * generator.normal(size=(count, dimensions))
    return np.asarray(here + moved * (length[:, None] * (apart[first] - apart[second]) + jitter), dtype=np.float64)


def _next_power(level: Array, power: float) -> float:
    """Return the power to which the likelihood is raised next."""

    def counting(to: float) -> float:
        weight = np.exp((to - power) * (level - level.max()))
        return float(weight.sum() ** 2 / (weight @ weight) / len(weight))

    if counting(1.0) >= _COUNTING:
        return 1.0
    low, high = power, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if counting(middle) > _COUNTING else (low, middle)
    # However steep the likelihood is, it ends.
    return min(max(low, 1.1 * power, _LEAST_POWER), 1.0)


def draw_posterior(
    likelihood: Callable[[Array], Array],
    prior: Prior,
    *,
    count: int,
    moves: int,
    settling: int,
    generator: np.random.Generator,
) -> Array:
    """Draw points from a posterior density on the unit cube.

    Parameters
    ----------
    likelihood : callable
        Log likelihood (n,) of points (n, D), up to a constant.
    prior : Prior
        What the points are drawn from first; of full weight.
    count : int
        Points of the population, at least 4.
    moves : int
        Of each point after each power below 1.
    settling : int
        Moves at power 1; populations of the second half of them are kept.
    generator : numpy Generator
        Luck of the search: it is no part of any simulation.

    Returns
    -------
    float64 (n, D)
        Equally likely points: one population, or several where ``settling`` is long.

    Examples
    --------
    >>> prior = Prior(np.array([0.5]), np.array([0.2]))
    >>> near = lambda points: -0.5 * ((points[:, 0] - 0.7) / 0.01) ** 2
    >>> found = draw_posterior(near, prior, count=400, moves=5, settling=20, generator=np.random.default_rng(1))
    >>> abs(float(found.mean()) - 0.7) < 0.005, 0.008 < float(found.std()) < 0.012
    (True, True)
    """
    population = _Population(likelihood, prior, prior.quantile(generator.random((count, prior.centre.size))))
    power, kept = 0.0, []
    while power < 1.0:
        reached = _next_power(population.level, power)
        population.resample(reached - power, generator)
        power = reached
        for number in range(moves if power < 1.0 else settling):
            population.move(power, generator)
            if power == 1.0 and number >= settling // 2 and (number - settling // 2) % _EVERY == 0:
                kept.append(population.points.copy())
    return np.concatenate(kept) if kept else population.points
