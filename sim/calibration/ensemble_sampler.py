"""Ensemble sampler: points drawn from a density on the unit cube by walkers that stretch towards each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["draw"]

Array = NDArray[np.float64]


def draw(
    log_density: Callable[[Array], Array], start: Array, steps: int, generator: np.random.Generator, keep: int
) -> tuple[Array, Array]:
    """Draw points from a density on the unit cube with an ensemble of walkers.

    Parameters
    ----------
    log_density : callable
        Of points (n, D) inside the cube, up to a constant.
    start : float64 (W, D)
        First places of an even number of walkers, at least twice as many as dimensions.
    steps : int
        Moves of every walker; the first half is forgotten.
    generator : numpy Generator
        Luck of the search: it is no part of any simulation.
    keep : int
        About how many points to return.

    Returns
    -------
    points, log_density : float64 (n, D), (n,)

    References
    ----------
    Goodman & Weare 2010, Comm. App. Math. Comp. Sci. 5(1).
    """
    walkers, dimensions = start.shape
    half = walkers // 2
    place = start.copy()
    level = log_density(place)
    kept_points: list[Array] = []
    kept_levels: list[Array] = []
    every = max(1, (steps - steps // 2) * walkers // max(keep, 1))
    for step in range(steps):
        for mine in (slice(0, half), slice(half, walkers)):
            others = place[half:] if mine.start == 0 else place[:half]
            count = place[mine].shape[0]
            # Density of the stretch proportional to 1 / sqrt(z) on [1/2, 2].
            stretch: Array = np.square(1.0 + generator.random(count)) / 2.0
            partner = others[generator.integers(0, others.shape[0], count)]
            proposal = partner + stretch[:, None] * (place[mine] - partner)
            inside = ((proposal >= 0.0) & (proposal <= 1.0)).all(axis=1)
            new = np.full(count, -np.inf)
            if inside.any():
                new[inside] = log_density(proposal[inside])
            chance = (dimensions - 1) * np.log(stretch) + new - level[mine]
            taken = np.log(generator.random(count)) < chance
            place[mine] = np.where(taken[:, None], proposal, place[mine])
            level[mine] = np.where(taken, new, level[mine])
        if step >= steps // 2 and (step - steps // 2) % every == 0:
            kept_points.append(place.copy())
            kept_levels.append(level.copy())
    return np.concatenate(kept_points), np.concatenate(kept_levels)
