"""Surrogate: what a simulation would say at a point where it was not run, and which points the data leave likely.

Radial basis functions over a quadratic trend (Hardy 1971; Wendland 2005, ch. 8), fitted on a scale without bounds
(log odds of shares, logarithms of amounts), smoothed as cross validation finds best. The points that the data leave
likely are drawn by an ensemble of walkers that stretch towards and away from each other (Goodman & Weare 2010).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree
from scipy.special import expit, logit

__all__ = ["Surrogate", "draw", "fit_surrogate"]

Array = NDArray[np.float64]

#: Keeps shares off 0 and 1 and amounts off 0, where the unbounded scale is infinite.
_EDGE = 2e-4
_FOLDS = 6
_SMOOTHINGS = (1e-4, 1e-3, 1e-2, 1e-1)
#: Points per coefficient of the quadratic trend below which a linear one is fitted.
_ENOUGH = 1.5


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted surrogate.

    Attributes
    ----------
    shares : bool (K,)
        Which outputs lie in [0, 1].
    error : float64 (K,)
        Standard error of a prediction near the points that mattered, from cross validation.
    places : KD tree
        Of the simulated points.
    reach : float
        How far the nearest simulated point was in that cross validation.
    """

    model: Any
    shares: NDArray[np.bool_]
    error: Array
    places: Any
    reach: float

    def __call__(self, points: Array) -> Array:
        """Predict the outputs (n, K) at points (n, D)."""
        return _bounded(np.asarray(self.model(np.atleast_2d(points)), dtype=np.float64), self.shares)

    def error_at(self, points: Array) -> Array:
        """Return the standard error of the predictions (n, K) at points (n, D).

        Where nothing was simulated nearby it grows with the distance.
        """
        return np.asarray(self.error * np.maximum(1.0, self.distance(points) / self.reach)[:, None], dtype=np.float64)

    def distance(self, points: Array) -> Array:
        """Return how far the nearest simulated point is (n,) from points (n, D)."""
        distance, _ = self.places.query(np.atleast_2d(points))
        return np.asarray(distance, dtype=np.float64)


def _unbounded(values: Array, shares: NDArray[np.bool_]) -> Array:
    out = np.log(np.maximum(values, _EDGE))
    inside = np.clip(values, _EDGE, 1.0 - _EDGE)
    return np.where(shares, logit(inside), out)


def _bounded(values: Array, shares: NDArray[np.bool_]) -> Array:
    return np.where(shares, expit(values), np.exp(np.clip(values, -50.0, 50.0)))


def fit_surrogate(points: Array, values: Array, shares: NDArray[np.bool_], closeness: Array) -> Surrogate:
    """Fit a surrogate to simulated points.

    Parameters
    ----------
    points : float64 (n, D)
        Where it was simulated, each coordinate in [0, 1].
    values : float64 (n, K)
        What came out, without NaN.
    shares : bool (K,)
        Which outputs lie in [0, 1]; all others are at least 0.
    closeness : float64 (n,)
        Weight of each point in the cross validation: how much its neighbourhood matters.
    """
    count, dimensions = points.shape
    trend = (dimensions + 1) * (dimensions + 2) // 2
    degree = 2 if count * (1.0 - 1.0 / _FOLDS) >= _ENOUGH * trend else 1
    target = _unbounded(values, shares)

    def model(rows: NDArray[np.bool_] | slice, smoothing: float) -> Any:
        return RBFInterpolator(
            points[rows], target[rows], kernel="thin_plate_spline", smoothing=smoothing, degree=degree
        )

    fold = np.arange(count) % _FOLDS
    weight = closeness / closeness.sum()
    best: tuple[float, float, Array] | None = None
    for smoothing in _SMOOTHINGS:
        missed = np.empty_like(target)
        bounded = np.empty_like(values)
        for number in range(_FOLDS):
            out = fold == number
            predicted = model(~out, smoothing)(points[out])
            missed[out] = predicted - target[out]
            bounded[out] = _bounded(predicted, shares) - values[out]
        loss = float((weight[:, None] * missed**2).sum())
        error = np.sqrt((weight[:, None] * bounded**2).sum(axis=0))
        if best is None or loss < best[0]:
            best = (loss, smoothing, error)
    assert best is not None
    places = KDTree(points)
    nearest, _ = places.query(points, k=2)
    reach = float((weight * nearest[:, 1]).sum())
    return Surrogate(model(slice(None), best[1]), shares, best[2], places, max(reach, 1e-6))


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
