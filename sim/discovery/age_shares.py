"""Age shares: where cases go from a state that takes no time, by how old they are.

By the hazards of all states by the age of the case it comes out how many cases are where at each age, only if what
takes no time sends cases of each age where those of that age went. Ages are halved again and again at the median of
their visits, and the shares of each part are drawn to those of the part that it is half of: how much is what makes
each visit likeliest by all others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["AgeShares", "shares_by_age"]

#: Visits that a part of the ages needs, about.
_FEWEST = 8
#: Visits with the shares of the whole that stand beside those of a part.
_STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
#: Log likelihood that shares by age must gain at least.
_LEAST_GAIN = 2.0
_SMOOTHING = 0.5


class AgeShares(NamedTuple):
    """Shares of exits by age, and what they gain, in nats, over the same at all ages.

    ``begins`` are int64 (parts,), the age from which on each part is, the first 0; ``shares`` float64 (exits, parts).
    """

    begins: NDArray[np.int64]
    shares: NDArray[np.float64]
    gain: float


def shares_by_age(
    age: NDArray[np.int64],
    exit: NDArray[np.int64],
    exits: int,
    halvings: int,
    weight: NDArray[np.float64] | None = None,
) -> AgeShares:
    """Estimate which share of visits takes each exit, by age; the same at all ages where these tell little.

    Parameters
    ----------
    age : int64 (n,)
        Of the case at each visit, n >= 1.
    exit : int64 (n,)
        From 0.
    exits : int
        How many there are.
    halvings : int
        How often ages are halved at the most.
    weight : float64 (n,), optional
        As how many each visit counts; one.

    Returns
    -------
    AgeShares

    Examples
    --------
    >>> found = shares_by_age(np.arange(32), (np.arange(32) >= 16).astype(np.int64), 2, 6)
    >>> found.begins.tolist(), found.shares.round(1).tolist()
    ([0, 8, 16, 24], [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    >>> shares_by_age(np.arange(32), np.arange(32) % 2, 2, 6).shares.tolist()
    [[0.5], [0.5]]
    """
    weight = np.ones(age.size) if weight is None else weight
    order = np.argsort(age, kind="stable")
    upto = np.cumsum(weight[order])
    depth = min(halvings, int(np.log2(max(upto[-1] / _FEWEST, 1.0))))
    parts = 2**depth
    begins = age[order][np.searchsorted(upto, np.arange(1, parts) * upto[-1] / parts, side="right")]
    cell = np.searchsorted(begins, age, side="right") * exits + exit
    counts, squares = (
        np.bincount(cell, weights=each, minlength=parts * exits).reshape(parts, exits) for each in (weight, weight**2)
    )
    levels = []
    for level in range(depth + 1):
        count, square = (each.reshape(2**level, -1, exits).sum(axis=1) for each in (counts, squares))
        # What a visit counts for itself, of those that take an exit.
        levels.append((count, np.divide(square, count, out=np.zeros_like(count), where=count > 0.0)))
    (whole,), (itself,) = levels[0]
    share = whole / whole.sum()
    by_others = np.maximum(whole - itself + _SMOOTHING, _SMOOTHING) / (whole.sum() - itself + _SMOOTHING * exits)
    alike = float(whole @ np.log(by_others))
    best = AgeShares(np.zeros(1, np.int64), share[:, None], 0.0)
    for strength in _STRENGTHS if depth else ():
        part, others = share[None], by_others[None]
        for count, itself in levels[1:]:
            visits = count.sum(axis=1, keepdims=True)
            part, others = np.repeat(part, 2, axis=0), np.repeat(others, 2, axis=0)
            part = (count + strength * part) / (visits + strength)
            others = np.where(
                count > 0.0, (count - itself + strength * others) / np.maximum(visits - itself + strength, 1.0), 1.0
            )
        gain = float((counts * np.log(others)).sum()) - alike
        if gain > max(best.gain, _LEAST_GAIN):
            best = AgeShares(np.r_[0, begins], part.T, gain)
    # Parts in which nobody is, for many visits were of one age, begin with the one after.
    kept = np.r_[np.diff(best.begins) > 0, True]
    return AgeShares(best.begins[kept], best.shares[:, kept], best.gain)
