"""Expected improvement: how much a point is expected to gain on the best one known (Jones, Schonlau & Welch 1998)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

__all__ = ["expected_improvement", "residual_noise"]

Floats = NDArray[np.float64]


def expected_improvement(mean: Floats, sd: Floats, best: float) -> Floats:
    """Return the expected gain of each point on the best value known.

    Parameters
    ----------
    mean, sd : float64 (m,)
        Predicted value of each point and its standard deviation.
    best : float
        Best value known.

    Returns
    -------
    float64 (m,)

    References
    ----------
    Jones, Schonlau & Welch 1998, *Journal of Global Optimization* 13, equation 15.

    Examples
    --------
    >>> expected_improvement(np.array([0.0, 3.0]), np.array([1.0, 1e-9]), 1.0).round(3).tolist()
    [0.083, 2.0]
    """
    spread = np.maximum(sd, 1e-12)
    ahead = (mean - best) / spread
    return np.asarray(spread * (ahead * ndtr(ahead) + np.exp(-(ahead**2) / 2.0) / np.sqrt(2.0 * np.pi)))


def residual_noise(values: Floats) -> Floats:
    """Return the variance of each point's mean that is left when all points share their luck.

    What a replicate adds to every point alike does not count: it cancels when points are compared. The rest is
    pooled over points half and half, for few replicates say little of one point.

    Parameters
    ----------
    values : float64 (n, R)
        Value of each point in each replicate; the replicates are the same at all points.

    Returns
    -------
    float64 (n,)

    Examples
    --------
    >>> residual_noise(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [0.0, 0.0]
    """
    points, replicates = values.shape
    if replicates < 2 or points < 2:
        return np.zeros(points)
    rest = values - values.mean(axis=0) - values.mean(axis=1)[:, None] + values.mean()
    own = (rest**2).sum(axis=1) / (replicates - 1)
    return np.asarray((0.5 * own + 0.5 * own.mean()) / replicates)
