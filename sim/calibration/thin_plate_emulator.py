"""Emulator of a calibration: figures predicted by a thin-plate spline at points that were not simulated.

Radial basis functions over a quadratic trend (Hardy 1971; Wendland 2005, ch. 8), fitted on a scale without bounds
(log odds of shares, logarithms of amounts), smoothed as cross validation finds best. It is what
``scipy.interpolate.RBFInterpolator`` gives with ``kernel="thin_plate_spline"``, read in a fifth of the time: a
posterior density is read a hundred thousand times.
Distances are taken along coordinates that are stretched by how much the outputs change with each: between points that
differ in what hardly matters, there is little to bend.
Unlike :mod:`sim.analysis.emulator` it predicts many outputs at once, on common random numbers and without known noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq, solve
from scipy.spatial.distance import cdist
from scipy.special import expit, logit

__all__ = ["ThinPlateEmulator", "fit_thin_plate_emulator"]

Array = NDArray[np.float64]

#: Keeps shares off 0 and 1 and amounts off 0, where the unbounded scale is infinite.
_EDGE = 2e-4
_FOLDS = 6
_SMOOTHINGS = (1e-4, 1e-3, 1e-2, 1e-1)
#: Points per coefficient of the quadratic trend below which a linear one is fitted.
_ENOUGH = 1.5
#: A coordinate that hardly matters is at least so wide, relative to the one that matters most.
_NARROWEST = 0.1
#: Weight of points far from the targets, where it is found out how much each coordinate matters.
_REMOTE = 0.02
#: A squared distance whose logarithm is finite, and its product with it 0.
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class _Trend:
    """A linear or quadratic trend over a box."""

    middle: Array
    half: Array
    is_quadratic: bool

    def terms(self, points: Array) -> Array:
        """Return the monomials (n, C) at points (n, D)."""
        scaled = (points - self.middle) / self.half
        columns = [np.ones((len(points), 1)), scaled]
        if self.is_quadratic:
            first, second = np.triu_indices(points.shape[1])
            columns.append(scaled[:, first] * scaled[:, second])
        return np.concatenate(columns, axis=1)


@dataclass(frozen=True, slots=True)
class ThinPlateEmulator:
    """A fitted emulator.

    Attributes
    ----------
    points : float64 (n, D)
        Where it was simulated, stretched.
    stretch : float64 (D,)
        What coordinates are multiplied with.
    weights : float64 (n + C, K)
        Of the spline around every point, then of the monomials of the trend.
    trend : _Trend
    shares : bool (K,)
        Which outputs lie in [0, 1].
    error : float64 (K,)
        Standard error of a prediction near the points that mattered, from cross validation.
    reach : float
        How far the nearest simulated point was in that cross validation.
    """

    points: Array
    stretch: Array
    weights: Array
    trend: _Trend
    shares: NDArray[np.bool_]
    error: Array
    reach: float

    def __call__(self, points: Array) -> Array:
        """Predict the outputs (n, K) at points (n, D)."""
        return self.with_error(points)[0]

    def with_error(self, points: Array) -> tuple[Array, Array]:
        """Return the outputs and the standard errors of their predictions, (n, K) each, at points (n, D).

        Where nothing was simulated nearby the error grows with the distance.
        """
        points = np.atleast_2d(points) * self.stretch
        squares = _squares(points, self.points)
        nearest = np.sqrt(squares.min(axis=1))
        count = len(self.points)
        spline, trend = _thin_plate(squares) @ self.weights[:count], self.trend.terms(points) @ self.weights[count:]
        error = self.error * np.maximum(1.0, nearest / self.reach)[:, None]
        return _bounded(spline + trend, self.shares), np.asarray(error, dtype=np.float64)

    def error_at(self, points: Array) -> Array:
        """Return the standard error of the predictions (n, K) at points (n, D)."""
        return self.with_error(points)[1]

    def distance(self, points: Array) -> Array:
        """Return how far the nearest simulated point is (n,) from points (n, D)."""
        return np.asarray(cdist(np.atleast_2d(points) * self.stretch, self.points).min(axis=1), dtype=np.float64)


def _squares(points: Array, centres: Array) -> Array:
    """Return squared distances (n, m) of points from centres: one product of matrices, a fifth of the time of pairs."""
    squares = points @ (-2.0 * centres.T)
    squares += (points**2).sum(axis=1)[:, None]
    squares += (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares, 0.0, out=squares), dtype=np.float64)


def _thin_plate(squares: Array) -> Array:
    """Return r**2 log(r) of squared distances, 0 at 0."""
    out = np.maximum(squares, _TINY)
    np.log(out, out=out)
    out *= squares
    out *= 0.5
    return np.asarray(out, dtype=np.float64)


def _unbounded(values: Array, shares: NDArray[np.bool_]) -> Array:
    out = np.log(np.maximum(values, _EDGE))
    inside = np.clip(values, _EDGE, 1.0 - _EDGE)
    return np.where(shares, logit(inside), out)


def _bounded(values: Array, shares: NDArray[np.bool_]) -> Array:
    return np.where(shares, expit(values), np.exp(np.clip(values, -50.0, 50.0)))


def _per_unit(values: Array, shares: NDArray[np.bool_]) -> Array:
    """Return by how much values change with a unit of the unbounded scale."""
    inside = np.clip(values, _EDGE, 1.0 - _EDGE)
    return np.where(shares, inside * (1.0 - inside), np.maximum(values, _EDGE))


def _weights(spline: Array, terms: Array, target: Array, smoothing: float) -> Array:
    """Solve for the weights (n + C, K) of splines (n, n) and monomials (n, C) that give targets (n, K)."""
    count, trend = terms.shape
    system = np.zeros((count + trend, count + trend))
    system[:count, :count] = spline + smoothing * np.eye(count)
    system[:count, count:], system[count:, :count] = terms, terms.T
    wanted = np.concatenate([target, np.zeros((trend, target.shape[1]))])
    return np.asarray(solve(system, wanted, assume_a="gen"), dtype=np.float64)


def _stretch(points: Array, target: Array, scale: Array, weight: Array) -> Array:
    """Return how wide each coordinate is made (D,): the root of how much the outputs change along it, by a plane."""
    root = np.sqrt(np.minimum(1.0, weight + _REMOTE))[:, None]
    plane = np.column_stack([np.ones(len(points)), points])
    slopes = lstsq(plane * root, target / scale * root)[0][1:]
    size = np.sqrt((slopes**2).mean(axis=1))
    return np.asarray(np.maximum(np.sqrt(size / max(float(size.max()), 1e-300)), _NARROWEST), dtype=np.float64)


def fit_thin_plate_emulator(
    points: Array, values: Array, shares: NDArray[np.bool_], closeness: Array, accuracy: Array
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
        Weight of each point in the cross validation, at most 1: how much its neighbourhood matters.
    accuracy : float64 (K,)
        To what each output has to be known, which says how much they count beside each other.

    Returns
    -------
    ThinPlateEmulator
        With the smoothing of the smallest error in cross validation.
    """
    count, dimensions = points.shape
    target = _unbounded(values, shares)
    middle = (closeness[:, None] * values).sum(axis=0) / closeness.sum()
    stretch = _stretch(points, target, accuracy / _per_unit(middle, shares), closeness)
    points = points * stretch
    coefficients = (dimensions + 1) * (dimensions + 2) // 2
    low, high = points.min(axis=0), points.max(axis=0)
    half = np.where(high > low, (high - low) / 2.0, 1.0)
    trend = _Trend((low + high) / 2.0, half, count * (1.0 - 1.0 / _FOLDS) >= _ENOUGH * coefficients)
    squares = cdist(points, points, "sqeuclidean")
    spline, terms = _thin_plate(squares), trend.terms(points)
    fold = np.arange(count) % _FOLDS
    weight = closeness / closeness.sum()
    best: tuple[float, float, Array] | None = None
    for smoothing in _SMOOTHINGS:
        missed = np.empty_like(target)
        bounded = np.empty_like(values)
        for number in range(_FOLDS):
            out, kept = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            found = _weights(spline[np.ix_(kept, kept)], terms[kept], target[kept], smoothing)
            predicted = np.concatenate([spline[np.ix_(out, kept)], terms[out]], axis=1) @ found
            missed[out] = predicted - target[out]
            bounded[out] = _bounded(predicted, shares) - values[out]
        loss = float((weight[:, None] * missed**2).sum())
        error = np.sqrt((weight[:, None] * bounded**2).sum(axis=0))
        if best is None or loss < best[0]:
            best = (loss, smoothing, error)
    assert best is not None
    np.fill_diagonal(squares, np.inf)
    reach = max(float((weight * np.sqrt(squares.min(axis=1))).sum()), 1e-6)
    weights = _weights(spline, terms, target, best[1])
    return ThinPlateEmulator(points, stretch, weights, trend, shares, best[2], reach)
