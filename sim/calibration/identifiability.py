"""Identifiability: the smallest misfit where one parameter is held; and why a target is missed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.calibration.near_best import climb, log_density
from sim.calibration.result import Miss, Profile
from sim.calibration.search import CHECK, Search
from sim.calibration.thin_plate_emulator import ThinPlateEmulator

__all__ = ["check_best", "find_misses", "profile_misfit"]

Array = NDArray[np.float64]


def check_best(search: Search, shares: Array) -> tuple[Array, Array]:
    """Simulate the best point on luck that the fit never saw."""
    count = range(CHECK, CHECK + max(2, search.effort.check_replicates))
    figures = search.simulate(shares[None], search.effort.check_population, count)[0]
    return figures.mean(axis=0), search.error_of_mean(figures, search.effort.check_population)


def find_misses(search: Search, shares: Array, figures: Array) -> tuple[Miss, ...]:
    """Say of every target that is not met what could be reached, and what stands in its way.

    Parameters
    ----------
    search : Search
        The finished search; it may simulate more points.
    shares : float64 (D,)
        Best point of the unit cube.
    figures : float64 (K,)
        Figures of the targets at that point.

    Returns
    -------
    tuple of Miss
        Largest miss first, in units of the tolerance.
    """
    tolerances = search.tolerances()
    missed = np.flatnonzero(~(np.abs(figures - search.goal) <= tolerances))
    out: list[Miss] = []
    for at in missed[np.argsort(-(np.abs(figures - search.goal) / tolerances)[missed], kind="stable")]:
        only = np.zeros(len(search.targets), bool)
        only[at] = True
        every = np.array(search.values)[:, at]
        nearest = int(np.argmin(np.abs(every - search.goal[at])))
        if abs(every[nearest] - search.goal[at]) > 0.5 * tolerances[at]:
            search.descend(np.array(search.points)[nearest], only, 6)
            every = np.array(search.values)[:, at]
        alone = float(every[np.argmin(np.abs(every - search.goal[at]))])
        reachable = abs(alone - search.goal[at]) <= tolerances[at]
        against: list[tuple[float, str]] = []
        if reachable and not out:
            # Of the worst, which other target stands in its way: leave each out and look again.
            for other in range(len(search.targets)):
                if other == at:
                    continue
                active = np.ones(len(search.targets), bool)
                active[other] = False
                _, found = search.descend(shares, active, 4)
                if abs(found[at] - search.goal[at]) < 0.5 * abs(figures[at] - search.goal[at]):
                    against.append((float(found[at]), search.targets[other].label))
        out.append(
            Miss(
                search.targets[at],
                float(figures[at]),
                alone,
                bool(reachable),
                tuple(label for _, label in against),
                tuple(value for value, _ in against),
            )
        )
    return tuple(out)


def profile_misfit(search: Search, emulator: ThinPlateEmulator, bias: Array, draws: Array) -> tuple[Profile, ...]:
    """Return the smallest misfit along each parameter, the others free, by the emulator.

    Parameters
    ----------
    search : Search
        Points and figures so far.
    emulator : ThinPlateEmulator
        Predicts the figures at any point.
    bias : float64 (K,)
        Simulated minus predicted figures.
    draws : float64 (n, D)
        Near-best points of the unit cube.

    Returns
    -------
    tuple of Profile
        One for each parameter, at 13 values over its range.
    """
    density = log_density(search, emulator, bias, search.chance)
    best = np.vstack([draws, np.array(search.points)])
    level = density(best)
    top = float(level.max())
    out = []
    for at, parameter in enumerate(search.parameters):
        grid = np.linspace(0.0, 1.0, 13)
        misfit = []
        for share in grid:
            near = np.exp(-0.5 * ((best[:, at] - share) / 0.08) ** 2)
            start = best[int(np.argmax(level + np.log(near + 1e-12)))].copy()
            start[at] = share
            held = climb(density, start, held=at)
            misfit.append(-2.0 * (float(density(held[None])[0]) - top))
        out.append(Profile(np.array([parameter.at(share) for share in grid]), np.maximum(misfit, 0.0)))
    return tuple(out)
