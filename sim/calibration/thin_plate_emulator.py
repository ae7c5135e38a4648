"""Emulator of a calibration: figures predicted by `thin_plate_spline` at points that were not simulated.

Radial basis functions over a quadratic trend (Hardy 1971; Wendland 2005, ch. 8), fitted on a scale without bounds
(log odds of shares, logarithms of amounts), smoothed as cross validation finds best.
Unlike :mod:`sim.analysis.emulator` it predicts many outputs at once, on common random numbers and without known noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree
from scipy.special import expit, logit

__all__ = ["ThinPlateEmulator", "fit_thin_plate_emulator"]

Array = NDArray[np.float64]

#: Keeps shares off 0 and 1 and amounts off 0, where the unbounded scale is infinite.
_EDGE = 2e-4
_FOLDS = 6
_SMOOTHINGS = (1e-4, 1e-3, 1e-2, 1e-1)
#: Points per coefficient of the quadratic trend below which a linear one is fitted.
_ENOUGH = 1.5


@dataclass(frozen=True, slots=True)
class ThinPlateEmulator:
    """A fitted emulator.

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


def fit_thin_plate_emulator(
    points: Array, values: Array, shares: NDArray[np.bool_], closeness: Array
) -> ThinPlateEmulator:
    """Fit an emulator to simulated points.

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

    Returns
    -------
    ThinPlateEmulator
        With the smoothing of the smallest error in cross validation.
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
    return ThinPlateEmulator(model(slice(None), best[1]), shares, best[2], places, max(reach, 1e-6))
