"""Kriging: figures predicted at points that were not simulated, each with its uncertainty.

A Gaussian process with a linear trend (kriging: Matheron 1969; Rasmussen & Williams 2006, ch. 2.7 and 5.4), Matérn
5/2 correlation and a length scale for each parameter: a figure hardly depends on most of the parameters, and what does
not matter must not make two points strangers. Fitted on a scale without bounds (log odds of shares, logarithms of
amounts), because that is where figures are smooth.
Unlike :mod:`sim.analysis.emulator` it predicts many figures at once, estimates the luck of the simulations, which
share their random numbers, by itself, and needs no package beside SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky
from scipy.optimize import minimize
from scipy.special import expit, logit

__all__ = ["Kriging", "fit_kriging"]

Array = NDArray[np.float64]

#: Keeps shares off 0 and 1 and amounts off 0, where the unbounded scale is infinite.
_EDGE = 2e-4
#: Points that the length scales are estimated from, at most: those that matter most.
_ESTIMATED_FROM = 160
#: Steps of the estimation, from nothing and from the scales of an earlier fit.
_STEPS, _STEPS_AGAIN = 40, 12
#: Bounds of the logarithms of length scales, in widths of the unit cube, and of variances, relative to the figures'.
_SCALES, _SIGNAL, _NOISE = (-2.5, 3.0), (-6.0, 8.0), (-12.0, 1.0)
#: Variance of the coefficients of the trend beforehand, in variances of the figure over the width of the cube.
_TREND_VARIANCE = 25.0
#: A length scale is about 1, within a factor e: what few points say nothing about stays tame.
_SCALE_WIDTH = 1.0
#: Errors of points left out widen the predictions; beforehand so many are taken to have been as large as expected.
_EXPECTED = 8.0


class _Figure(NamedTuple):
    """What predicts one figure: scales of distance, variance, coefficients and the inverse of the kriging system."""

    inverse_scales: Array
    variance: float
    coefficients: Array
    system: Array
    points: Array
    #: Logarithms of the length scales, of variance and of noise, where the next fit starts.
    theta: Array
    middle: float
    size: float


@dataclass(frozen=True, slots=True)
class Kriging:
    """A fitted emulator.

    Attributes
    ----------
    shares : bool (K,)
        Which outputs lie in [0, 1].
    widening : float64 (K,)
        What the standard errors of the system are multiplied by: at least 1, more where left-out points lay further
        off than it said.
    """

    figures: tuple[_Figure, ...]
    shares: NDArray[np.bool_]
    widening: Array

    def __call__(self, points: Array) -> Array:
        """Predict the outputs (n, K) at points (n, D)."""
        points = np.atleast_2d(points)
        found = [figure.middle + figure.size * (_rows(figure, points) @ figure.coefficients) for figure in self.figures]
        return _bounded(np.stack(found, axis=1), self.shares)

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return the predictions and their standard errors, each (n, K), at points (n, D)."""
        points = np.atleast_2d(points)
        mean = np.empty((len(points), len(self.figures)))
        error = np.empty_like(mean)
        for column, figure in enumerate(self.figures):
            rows = _rows(figure, points)
            mean[:, column] = figure.middle + figure.size * (rows @ figure.coefficients)
            left = figure.variance - np.einsum("ij,ij->i", rows @ figure.system, rows)
            error[:, column] = figure.size * np.sqrt(np.maximum(left, 1e-12))
        bounded = _bounded(mean, self.shares)
        # To first order a standard error is changed as the scale is stretched.
        stretch = np.where(self.shares, bounded * (1.0 - bounded), bounded)
        return bounded, np.asarray(error * self.widening * stretch, dtype=np.float64)


def fit_kriging(
    points: Array,
    values: Array,
    shares: NDArray[np.bool_],
    closeness: Array,
    start: Kriging | None = None,
) -> Kriging:
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
        How much the neighbourhood of each point matters, in (0, 1]: for the length scales, and for the errors of points
        left out (leave-one-out, in closed form: Dubrule 1983).
    start : Kriging, optional
        An earlier fit of the same outputs, from whose length scales the estimation goes on.

    Returns
    -------
    Kriging

    Examples
    --------
    >>> points = np.random.default_rng(1).random((40, 2))
    >>> emulator = fit_kriging(points, np.exp(points[:, :1]), np.array([False]), np.ones(40))
    >>> mean, error = emulator.predict(np.array([[0.5, 0.5]]))
    >>> bool(abs(mean[0, 0] - np.exp(0.5)) < 0.01)
    True
    """
    target = _unbounded(values, shares)
    most = np.sort(np.argsort(-closeness, kind="stable")[:_ESTIMATED_FROM])
    figures, widening = [], []
    for column in range(values.shape[1]):
        middle, size = float(target[:, column].mean()), float(target[:, column].std()) or 1.0
        scaled = (target[:, column] - middle) / size
        before = start.figures[column].theta if start is not None else None
        theta = _estimate(points[most], scaled[most], before)
        figure, missed = _solve(points, scaled, theta, middle, size)
        figures.append(figure)
        weight = closeness / closeness.max()
        surplus = (_EXPECTED + (weight * missed**2).sum()) / (_EXPECTED + weight.sum())
        widening.append(max(1.0, float(np.sqrt(surplus))))
    return Kriging(tuple(figures), shares, np.array(widening))


def _unbounded(values: Array, shares: NDArray[np.bool_]) -> Array:
    out = np.log(np.maximum(values, _EDGE))
    inside = np.clip(values, _EDGE, 1.0 - _EDGE)
    return np.where(shares, logit(inside), out)


def _bounded(values: Array, shares: NDArray[np.bool_]) -> Array:
    return np.where(shares, expit(values), np.exp(np.clip(values, -50.0, 50.0)))


def _trend(points: Array) -> Array:
    """Return the columns of the linear trend (n, 1 + D)."""
    return np.concatenate([np.ones((len(points), 1)), points], axis=1)


def _correlation(root: Array) -> Array:
    """Return Matérn's correlation with smoothness 5/2 at the root of five times a squared distance."""
    return (1.0 + root * (1.0 + root / 3.0)) * np.exp(-root)


def _squared_distance(left: Array, right: Array, inverse_scales: Array) -> Array:
    a, b = left * inverse_scales, right * inverse_scales
    square = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2.0 * (a @ b.T)
    return np.maximum(square, 0.0)


def _rows(figure: _Figure, points: Array) -> Array:
    """Return the right-hand sides of the kriging system at points: covariances and trend (n, N + 1 + D)."""
    correlation = _correlation(np.sqrt(5.0 * _squared_distance(points, figure.points, figure.inverse_scales)))
    return np.concatenate([figure.variance * correlation, _trend(points)], axis=1)


def _estimate(points: Array, target: Array, before: Array | None) -> Array:
    """Estimate length scales, variance and noise by maximum likelihood."""
    count, dimensions = points.shape
    trend = _trend(points)
    sloped = _TREND_VARIANCE * (trend @ trend.T)
    apart = (points[:, None] - points[None]) ** 2

    def loss(theta: Array) -> tuple[float, Array]:
        scales = np.exp(-2.0 * theta[:dimensions])
        root = np.sqrt(5.0 * (apart @ scales))
        correlation, slope = _correlation(root), (-5.0 / 6.0) * (1.0 + root) * np.exp(-root)
        variance, noise = np.exp(theta[dimensions]), np.exp(theta[dimensions + 1])
        covariance = variance * correlation + sloped
        covariance[np.diag_indices(count)] += noise
        try:
            factor = cholesky(covariance, lower=True, check_finite=False)
        except LinAlgError:
            return 1e10, np.zeros_like(theta)
        inverse = cho_solve((factor, True), np.eye(count), check_finite=False)
        weights = inverse @ target
        inner = 0.5 * (inverse - np.outer(weights, weights))
        pulled = inner * slope * variance
        unlikely = theta[:dimensions] / _SCALE_WIDTH
        level = 0.5 * float(target @ weights) + float(np.log(np.diag(factor)).sum()) + 0.5 * float(unlikely @ unlikely)
        gradient = np.empty_like(theta)
        gradient[:dimensions] = -2.0 * scales * (pulled.ravel() @ apart.reshape(-1, dimensions))
        gradient[:dimensions] += unlikely / _SCALE_WIDTH
        gradient[dimensions] = variance * float((inner * correlation).sum())
        gradient[dimensions + 1] = noise * float(np.trace(inner))
        return level, gradient

    first = np.concatenate([np.zeros(dimensions), [0.0, np.log(1e-3)]]) if before is None else before
    bounds = [_SCALES] * dimensions + [_SIGNAL, _NOISE]
    steps = _STEPS if before is None else _STEPS_AGAIN
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
    return np.asarray(found.x, dtype=np.float64)


def _solve(points: Array, target: Array, theta: Array, middle: float, size: float) -> tuple[_Figure, Array]:
    """Solve the kriging system; return it, and how far off each point is when left out, in standard errors."""
    count, dimensions = points.shape
    inverse_scales = np.exp(-theta[:dimensions])
    variance, noise = float(np.exp(theta[dimensions])), float(np.exp(theta[dimensions + 1]))
    correlation = _correlation(np.sqrt(5.0 * _squared_distance(points, points, inverse_scales)))
    trend = _trend(points)
    unknowns = count + 1 + dimensions
    matrix = np.zeros((unknowns, unknowns))
    matrix[:count, :count] = variance * correlation
    matrix[np.arange(count), np.arange(count)] = variance + noise
    matrix[:count, count:], matrix[count:, :count] = trend, trend.T
    matrix[np.arange(count, unknowns), np.arange(count, unknowns)] = -1.0 / _TREND_VARIANCE
    system = np.linalg.inv(matrix)
    system = 0.5 * (system + system.T)
    coefficients = system[:, :count] @ target
    own = np.maximum(np.diag(system)[:count], 1e-300)
    missed = coefficients[:count] / np.sqrt(own)
    return _Figure(inverse_scales, variance, coefficients, system, points, theta, middle, size), missed
