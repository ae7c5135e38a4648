"""Latin hypercube: points of the unit cube, one in each of as many slices along every axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["latin_hypercube"]


def latin_hypercube(axes: int, points: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw a Latin hypercube (McKay, Beckman & Conover 1979), the one that scipy.stats draws, which takes long to load.

    Parameters
    ----------
    axes : int
        Dimensions of the cube, at least 1.
    points : int
        How many are drawn.
    generator : Generator
        Where they are drawn from.

    Returns
    -------
    float64 (points, axes)
        In [0, 1).

    Examples
    --------
    >>> np.sort(latin_hypercube(2, 4, np.random.default_rng(1)), axis=0).round(1)
    array([[0.2, 0.2],
           [0.3, 0.3],
           [0.6, 0.7],
           [1. , 0.8]])
    """
    own = generator.spawn(1)[0]
    within = own.uniform(size=(points, axes))
    slices = np.tile(np.arange(1, points + 1), (axes, 1))
    for axis in range(axes):
        slices[axis] = own.permutation(slices[axis])
    return (slices.T - within) / points
