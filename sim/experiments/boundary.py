"""Boundary: where an emulated difference between two arms changes its sign, on maps and along single levers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.analysis.emulator import Emulator

__all__ = ["LeverBreakEven", "Slice", "find_break_even", "map_boundary"]

Floats = NDArray[np.float64]

#: Points per axis of a map, of the coarser one that is averaged over all other levers, and of a line.
_GRID, _COARSE_GRID, _LINE = 61, 16, 401
#: Probability of losing between which the sign of the difference is uncertain.
_UNCERTAIN = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Slice:
    """The boundary on a map of two levers.

    Attributes
    ----------
    one, other : int
        Numbers of the levers: across and up.
    across, up : float64 (G,)
        Shares of their ranges.
    mean, sd, chance : float64 (G, G)
        Predicted difference, its standard deviation, and the probability of losing, all other levers at the
        scenario's own values. Rows go up.
    anywhere : float64 (G, G)
        Probability of losing, averaged over all other levers, uniform over their ranges.
    """

    one: int
    other: int
    across: Floats
    up: Floats
    mean: Floats
    sd: Floats
    chance: Floats
    anywhere: Floats


@dataclass(frozen=True, slots=True)
class LeverBreakEven:
    """Where one lever alone takes the scenario over the boundary, all others at the scenario's own values.

    Attributes
    ----------
    lever : int
        Number of the lever.
    at : float or None
        Share of its range at which the predicted difference is 0; None where it is nowhere.
    low, high : float or None
        Between these shares the sign is uncertain.
    loses_above : bool
        Whether it loses above, rather than below.
    others : int
        Further crossings.
    """

    lever: int
    at: float | None
    low: float | None
    high: float | None
    loses_above: bool
    others: int


def map_boundary(emulator: Emulator, own: Floats, cloud: Floats, one: int, other: int) -> Slice:
    """Map the boundary over two levers.

    Parameters
    ----------
    emulator : Emulator
        Predicts the difference.
    own : float64 (k,)
        The scenario's own values, as shares of the levers' ranges.
    cloud : float64 (n, k)
        Points of a Sobol' sequence, n at least 128.
    one, other : int
        Numbers of the levers: across and up.

    Returns
    -------
    Slice
    """
    from scipy.interpolate import RectBivariateSpline

    axis = np.linspace(0.0, 1.0, _GRID)
    across, up = np.meshgrid(axis, axis)
    points = np.repeat(own[None, :], across.size, axis=0)
    points[:, one], points[:, other] = across.ravel(), up.ravel()
    mean, sd = emulator.predict(points)
    chance = emulator.chance_below(points)
    # The mean over all other levers is smooth, so that a coarser grid will do.
    coarse = np.linspace(0.0, 1.0, _COARSE_GRID)
    # The beginning of a Sobol' sequence is spread evenly; every n-th point of it is not.
    rest = cloud[:128]
    anywhere = np.empty((len(coarse), len(coarse)))
    for row, height in enumerate(coarse):
        block = np.repeat(rest[None, :, :], len(coarse), axis=0)
        block[:, :, one], block[:, :, other] = coarse[:, None], height
        anywhere[row] = emulator.chance_below(block.reshape(-1, len(own))).reshape(len(coarse), -1).mean(axis=1)
    fine = np.clip(RectBivariateSpline(coarse, coarse, anywhere)(axis, axis), 0.0, 1.0)
    mean, sd, chance = (values.reshape(across.shape) for values in (mean, sd, chance))
    return Slice(one, other, axis, axis, mean, sd, chance, fine)


def find_break_even(emulator: Emulator, own: Floats, lever: int) -> LeverBreakEven:
    """Find where one lever alone takes the scenario over the boundary: the crossing nearest to the scenario.

    Parameters
    ----------
    emulator : Emulator
        Predicts the difference.
    own : float64 (k,)
        The scenario's own values, as shares of the levers' ranges.
    lever : int
        Number of the lever.

    Returns
    -------
    LeverBreakEven
    """
    axis = np.linspace(0.0, 1.0, _LINE)
    points = np.repeat(own[None, :], len(axis), axis=0)
    points[:, lever] = axis
    mean, _ = emulator.predict(points)
    chance = emulator.chance_below(points)
    crossings = list(_zeros(axis, mean))
    if not crossings:
        return LeverBreakEven(lever, None, None, None, bool(mean[-1] < mean[0]), 0)
    at = min(crossings, key=lambda point: abs(point - own[lever]))
    above = float(np.interp(min(at + 0.01, 1.0), axis, mean)) < float(np.interp(max(at - 0.01, 0.0), axis, mean))
    # From the crossing outward, as far as the sign stays uncertain.
    uncertain = (chance > _UNCERTAIN[0]) & (chance < _UNCERTAIN[1])
    middle = int(np.argmin(np.abs(axis - at)))
    low = middle
    while low > 0 and uncertain[low]:
        low -= 1
    high = middle
    while high < len(axis) - 1 and uncertain[high]:
        high += 1
    return LeverBreakEven(lever, at, float(axis[low]), float(axis[high]), above, len(crossings) - 1)


def _zeros(axis: Floats, mean: Floats) -> Iterator[float]:
    """Yield where the line through the points crosses 0."""
    for point in np.flatnonzero((mean[:-1] < 0.0) != (mean[1:] < 0.0)):
        rise = mean[point + 1] - mean[point]
        yield float(axis[point] - mean[point] / rise * (axis[point + 1] - axis[point]))
