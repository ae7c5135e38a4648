"""Outcome gains: how much likelier by its own counts than by those of all is what became of a context's visits."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agents.compiled import loop

__all__ = ["add_gains"]


@loop
def add_gains(
    code: NDArray[np.int64],
    smoothing: float,
    strength: float,
    bounds: NDArray[np.int64],
    of_all: NDArray[np.float64],
    counts: NDArray[np.float64],
    gains: NDArray[np.float64],
    added: NDArray[np.int64],
) -> None:
    """Hold halves of visits against each other, context by context.

    Parameters
    ----------
    code : int64 (n,)
        Of each visit twice what became of it, and one more where its case is of the first half.
    smoothing : float
        Visits that stand beside those of all, for each thing that became of any.
    strength : float
        Visits with the shares of all that stand beside those of each context.
    bounds : int64 (contexts + 1, 2)
        Where the visits that are split begin and end, then those of each context.
    of_all, counts : float64 (2, kinds)
        Room: visits of each half by what became of them.
    gains : float64 (contexts,)
        Are filled: log likelihood gained.
    added : int64 (contexts,)
        Are filled: what became of a context's visits, in how many ways but one.
    """
    kinds = of_all.shape[1]
    of_all[:] = 0.0
    for at in range(bounds[0, 0], bounds[0, 1]):
        of_all[code[at] % 2, code[at] // 2] += 1.0
    present, first, second = 0, 0.0, 0.0
    for kind in range(kinds):
        present += of_all[0, kind] + of_all[1, kind] > 0.0
        second += of_all[0, kind]
        first += of_all[1, kind]
    for kind in range(kinds):
        # Shares among all.
        of_all[0, kind] = (of_all[0, kind] + smoothing) / (second + smoothing * present)
        of_all[1, kind] = (of_all[1, kind] + smoothing) / (first + smoothing * present)
    for part in range(gains.size):
        begin, end = bounds[part + 1, 0], bounds[part + 1, 1]
        counts[:] = 0.0
        first = 0.0
        for at in range(begin, end):
            counts[code[at] % 2, code[at] // 2] += 1.0
            first += code[at] % 2
        second = end - begin - first
        gain, ways = 0.0, -1
        for kind in range(kinds):
            two, one = counts[0, kind], counts[1, kind]
            ways += two + one > 0.0
            # What the first half says judges the second, then the other way round.
            if two > 0.0:
                share = (one + strength * of_all[1, kind]) / (first + strength)
                gain += two * (math.log(share) - math.log(of_all[1, kind]))
            if one > 0.0:
                share = (two + strength * of_all[0, kind]) / (second + strength)
                gain += one * (math.log(share) - math.log(of_all[0, kind]))
        gains[part] = gain
        added[part] = ways
