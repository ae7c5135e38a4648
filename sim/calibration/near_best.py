"""Near-best parameters: the emulator that draws them, and the simulations that weight them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sim.calibration.result import Member
from sim.calibration.search import POLISH, Search
from sim.calibration.tempering import draw_posterior
from sim.calibration.thin_plate_emulator import ThinPlateEmulator, fit_thin_plate_emulator

__all__ = [
    "bias_near",
    "climb",
    "draw_near_best",
    "explore",
    "fit_near_best",
    "log_density",
    "polish",
    "simulate_members",
]

Array = NDArray[np.float64]

#: Points that an emulator is fitted to: those that come nearest to the targets, and some of all others.
NEAR, FAR = 400, 80
#: Near-best points that tell how far an emulator is off on average.
SPOTS = 8
#: Customers of each, relative to the check: the emulator's error there is larger than their luck.
SPOT_SHARE = 0.25
#: Points that the polish looks at, at most; replicates of each, at most, and their customers, relative to the check.
MOVES, POLISH_REPLICATES, POLISH_SHARE = 4, 2, 0.5
#: How many near-best points are drawn at once, and moves of each after each step towards the posterior.
_DRAWN, _MOVES = 300, 16
#: The same and moves at the posterior for points to be simulated: so few of them need not be as fair a sample.
_DRAWN_OF_A_ROUND, _MOVES_OF_A_ROUND, _SETTLING_OF_A_ROUND = 240, 10, 30


def fit_near_best(search: Search) -> ThinPlateEmulator:
    """Fit the emulator to the points that come nearest to the targets."""
    points, values = np.array(search.points), np.array(search.values)
    level = search.objective(points, values)
    # Far from any plausible figure points teach little about the neighbourhood of the targets: a few keep it tame.
    order = np.argsort(level, kind="stable")
    rows = np.sort(np.concatenate([order[:NEAR], order[NEAR :: max(1, (order.size - NEAR) // FAR)]]))
    points, values, level = points[rows], values[rows], level[rows]
    closeness = np.exp(-0.5 * np.minimum((level - level.min()) / 10.0, 60.0)) + 1e-9
    return fit_thin_plate_emulator(points, values, search.is_share, closeness, search.error)


def log_density(search: Search, emulator: ThinPlateEmulator, bias: Array, chance: Array) -> Callable[[Array], Array]:
    """Return the log posterior density of points (n, D), up to a constant.

    Parameters
    ----------
    search : Search
    emulator : ThinPlateEmulator
    bias : float64 (K,)
        What is added to its predictions.
    chance : float64 (K,)
        Monte-Carlo standard error of the figures.

    Returns
    -------
    callable
        Of points (n, D) in the unit cube; returns (n,).
    """
    known = search.error**2 + chance**2

    def density(points: Array) -> Array:
        predicted, error = emulator.with_error(points)
        missed = predicted + bias - search.goal
        variance = known + error**2
        level = (missed**2 / variance + np.log(variance)).sum(axis=-1)
        return np.asarray(-0.5 * (level + search.prior.penalty(points)), dtype=np.float64)

    return density


def sample(
    search: Search,
    emulator: ThinPlateEmulator,
    bias: Array,
    chance: Array,
    number: int,
    *,
    few: bool = False,
) -> Array:
    """Draw near-best points, by the emulator.

    Parameters
    ----------
    search : Search
        Points and figures so far.
    emulator : ThinPlateEmulator
        Predicts the figures at any point.
    bias : float64 (K,)
        Simulated minus predicted figures.
    chance : float64 (K,)
        Monte-Carlo standard error of the figures.
    number : int
        Number of the random stream.
    few : bool
        Whether fewer points and moves do, as in a round: they are only to be simulated.

    Returns
    -------
    float64 (n, D)
        Points of the unit cube.
    """
    count, moves, settling = _DRAWN, _MOVES, search.effort.moves
    if few:
        count, moves, settling = _DRAWN_OF_A_ROUND, _MOVES_OF_A_ROUND, min(_SETTLING_OF_A_ROUND, settling)
    density, prior = log_density(search, emulator, bias, chance), replace(search.prior, weight=1.0)
    return draw_posterior(
        lambda points: density(points) + 0.5 * prior.penalty(points),
        prior,
        count=count,
        moves=moves,
        settling=settling,
        generator=np.random.default_rng([search.seed, number]),
    )


def explore(search: Search, say: Callable[[str], None]) -> ThinPlateEmulator:
    """Simulate where the emulator expects near-best points until it is right about them.

    What it was wrong by about points that it drew itself, and had not seen, is its error: cross validation asks it
    about points that lie among others.
    """
    emulator = fit_near_best(search)
    for number in range(search.effort.rounds):
        say(f"near-best fits, round {number + 1}")
        drawn = sample(search, emulator, np.zeros(len(search.targets)), search.chance, number, few=True)
        generator = np.random.default_rng([search.seed, 100 + number])
        chosen = drawn[generator.choice(len(drawn), min(search.effort.round_points, len(drawn)), replace=False)]
        expected, distance = emulator(chosen), emulator.distance(chosen)
        found = search.look(chosen)
        defined = np.isfinite(found).all(axis=1)
        emulator = fit_near_best(search)
        if not defined.any():
            continue
        search.near = chosen[defined]
        wrong = np.sqrt(((found - expected)[defined] ** 2).mean(axis=0))
        emulator = replace(emulator, error=wrong, reach=float(distance[defined].mean()))
        if number > 0 and (wrong / search.spread()).max() < 0.5:
            break
    return emulator


def polish(search: Search, emulator: ThinPlateEmulator) -> tuple[Array, Array]:
    """Move the best point by what a larger population shows; return it, and how far the emulator is off there.

    The emulator smooths what single simulations have of chance; what all of them share, their common luck, the
    larger population with another luck takes out. A move counts only where that population shows it to be one.
    """
    points, values = np.array(search.points), np.array(search.values)
    here = points[int(np.argmin(search.objective(points, values)))]
    best, least, at_best = here, np.inf, np.zeros(len(search.targets))
    count = range(POLISH, POLISH + min(POLISH_REPLICATES, search.effort.check_replicates))
    people = max(search.people, round(POLISH_SHARE * search.effort.check_population))
    for _ in range(MOVES):
        large = search.simulate(here[None], people, count)[0]
        if not np.isfinite(large).all():
            break
        figures = large.mean(axis=0)
        bias = figures - emulator(here[None])[0]
        search.chance = search.error_of_mean(large, people)
        level = float(search.objective(here[None], figures[None])[0])
        if level < least:
            best, least, at_best = here, level, bias
        density = log_density(search, emulator, bias, search.chance)
        moved = climb(density, here)
        if density(moved[None])[0] <= density(here[None])[0]:
            break
        here = moved
    return best, at_best


def bias_near(search: Search, emulator: ThinPlateEmulator, bias: Array) -> Array:
    """Return how far the emulator is off on average among near-best points; ``bias`` is that at the best one.

    Each has a larger population and luck of its own, so that their spread gives the error that is left.

    Parameters
    ----------
    search : Search
        Points and figures so far.
    emulator : ThinPlateEmulator
        Predicts the figures at any point.
    bias : float64 (K,)
        Simulated minus predicted figures.

    Returns
    -------
    float64 (K,)
        Mean bias; ``bias`` itself where too few points are defined.
    """
    spots = search.near[:SPOTS]
    if len(spots) < SPOTS:
        return bias
    people = max(search.people, round(SPOT_SHARE * search.effort.check_population))
    large = [search.simulate(spot[None], people, (POLISH + 100 + at,))[0, 0] for at, spot in enumerate(spots)]
    off = np.array(large) - emulator(spots)
    off = off[np.isfinite(off).all(axis=1)]
    if len(off) < 2:
        return bias
    search.chance = off.std(axis=0, ddof=1) / np.sqrt(len(off))
    return np.asarray(off.mean(axis=0), dtype=np.float64)


def draw_near_best(search: Search, emulator: ThinPlateEmulator, bias: Array, *, few: bool = False) -> Array:
    """Draw the near-best points of the finished search.

    Parameters
    ----------
    search : Search
    emulator : ThinPlateEmulator
    bias : float64 (K,)
        What is added to its predictions.
    few : bool
        Whether they are only to be simulated, and not to say where the near-best points lie.

    Returns
    -------
    float64 (n, D)
        In the unit cube, equally weighted.
    """
    return sample(search, emulator, bias, search.chance, 50, few=few)


def simulate_members(search: Search, emulator: ThinPlateEmulator, draws: Array, bias: Array) -> tuple[Member, ...]:
    """Simulate some of the near-best points, and weight them by the outcome.

    Parameters
    ----------
    search : Search
        Points and figures so far.
    emulator : ThinPlateEmulator
        Predicts the figures at any point.
    draws : float64 (n, D)
        Near-best points of the unit cube.
    bias : float64 (K,)
        Simulated minus predicted figures.

    Returns
    -------
    tuple of Member
        Weights sum to 1; empty where no simulated figure is defined.
    """
    generator = np.random.default_rng([search.seed, 200])
    chosen = draws[generator.choice(len(draws), min(search.effort.members, len(draws)), replace=False)]
    found = search.look(chosen) + bias
    variance = search.error**2 + search.chance**2
    # One simulation of the fit's size is itself uncertain.
    truly = -0.5 * ((found - search.goal) ** 2 / (variance + search.luck**2)).sum(axis=1)
    expected = emulator(chosen) + bias
    wide = variance + emulator.error_at(chosen) ** 2
    thought = -0.5 * ((expected - search.goal) ** 2 / wide + np.log(wide)).sum(axis=1)
    ratio = np.where(np.isfinite(truly), truly - thought, -np.inf)
    if not np.isfinite(ratio).any():
        return ()
    weight = np.exp(np.minimum(ratio - np.max(ratio), 0.0))
    # Truncated importance weights (Ionides 2008): no single member outweighs the rest by luck.
    weight = np.minimum(weight, weight.mean() * np.sqrt(len(weight)))
    weight = weight / weight.sum()
    kept = np.flatnonzero(weight > 1e-4)
    weight = weight / weight[kept].sum()
    return tuple(
        Member(
            float(weight[at]),
            np.array([p.at(float(share)) for p, share in zip(search.parameters, chosen[at], strict=True)]),
            chosen[at],
            found[at],
            float(-2.0 * truly[at]),
        )
        for at in kept
    )


def climb(density: Callable[[Array], Array], start: Array, held: int | None = None) -> Array:
    """Climb a density within the unit cube; coordinate ``held`` stays.

    Parameters
    ----------
    density : callable
        Log density of points (n, D); returns (n,).
    start : float64 (D,)
        Point of the unit cube.
    held : int, optional
        Coordinate that stays.

    Returns
    -------
    float64 (D,)
        Point of the unit cube with at least the density of the start.
    """
    free = np.array([at for at in range(start.size) if at != held])
    if free.size == 0:
        return start
    tiny = 1e-4

    def below(free_part: Array) -> tuple[float, Array]:
        point = start.copy()
        point[free] = free_part
        sides = np.where(point[free] < 0.5, tiny, -tiny)
        around = np.repeat(point[None], free.size + 1, axis=0)
        around[np.arange(1, free.size + 1), free] += sides
        level = -density(around)
        return float(level[0]), (level[1:] - level[0]) / sides

    found = minimize(
        below, start[free], jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * free.size, options={"maxiter": 12}
    )
    out = start.copy()
    if np.isfinite(found.fun) and found.fun <= below(start[free])[0]:
        out[free] = np.clip(found.x, 0.0, 1.0)
    return out
