"""Prior: how likely parameters are before any target, and points drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from sim.calibration.parameters import Parameter

__all__ = ["Prior", "prior_draws"]

Array = NDArray[np.float64]

#: Degrees of freedom of the prior.
TAIL = 4.0
#: The scan is a design, the same for every seed of a fit.
_DESIGN_SEED = 0


@dataclass(frozen=True, slots=True)
class Prior:
    """Student's t around where the scenario stands, cut at the bounds; coordinates are shares between the bounds.

    Its tails are heavy: a market that is unlike others is unlikely beforehand, not excluded. ``weight`` below 1 makes
    it weaker where the targets cannot be met otherwise.
    """

    centre: Array
    width: Array
    weight: float = 1.0

    @classmethod
    def of(cls, parameters: Sequence[Parameter]) -> Prior:
        """Return the prior of parameters, centred where the scenario stands."""
        return cls(
            np.array([parameter.share(parameter.own) for parameter in parameters]),
            np.array([parameter.width for parameter in parameters]),
        )

    def penalty(self, points: Array) -> Array:
        """Minus twice the log density, up to a constant."""
        distance = (points - self.centre) / self.width
        level = ((TAIL + 1.0) * np.log1p(distance**2 / TAIL)).sum(axis=-1)
        return np.asarray(self.weight * level, dtype=np.float64)

    def pull(self, point: Array) -> tuple[Array, Array]:
        """Half the slope of the penalty, and a curvature for Gauss-Newton steps (iteratively reweighted)."""
        distance = (point - self.centre) / self.width
        curvature = self.weight * (TAIL + 1.0) / (TAIL + distance**2) / self.width**2
        return curvature * (point - self.centre), curvature

    def quantile(self, uniform: Array) -> Array:
        """Map uniforms (n, D) to points, coordinate by coordinate."""
        low, high = (stdtr(TAIL, (end - self.centre) / self.width) for end in (0.0, 1.0))
        return np.clip(self.centre + self.width * stdtrit(TAIL, low + uniform * (high - low)), 0.0, 1.0)


def prior_draws(prior: Prior, count: int) -> Array:
    """Return points of the prior (count, D), even in every coordinate: a Latin hypercube through its quantiles."""
    return prior.quantile(_latin_hypercube(prior.centre.size, count))


def _latin_hypercube(dimensions: int, count: int) -> Array:
    """Return points with one in each of ``count`` slices of every coordinate (McKay, Beckman & Conover 1979).

    SciPy has it too, but to import its statistics takes as long as to simulate forty points.
    """
    generator = np.random.default_rng(_DESIGN_SEED)
    slices = np.argsort(generator.random((count, dimensions)), axis=0)
    return np.clip((slices + generator.random((count, dimensions))) / count, 1e-9, 1.0 - 1e-9)
