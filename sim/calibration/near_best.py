"""Near-best parameters: the emulator that leads to them and draws them, and the simulations that weight them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.calibration.ensemble_sampler import draw
from sim.calibration.kriging import Kriging, fit_kriging
from sim.calibration.result import Member
from sim.calibration.search import FAIR, GOOD, POLISH, Search

__all__ = [
    "Posterior",
    "approach",
    "bias_near",
    "climb",
    "draw_near_best",
    "explore",
    "fit_near_best",
    "polish",
    "simulate_members",
]

Array = NDArray[np.float64]

#: Points that an emulator is fitted to: those that come nearest to the targets, and some of all others.
NEAR, FAR = 240, 60
#: Near-best points that tell how far an emulator is off on average, and how many times the fit's customers each has.
SPOTS, SPOT_SIZE = 8, 4
#: Points that the polish looks at, at most.
MOVES = 3
#: A round of near-best points is the last one if the emulator was off by at most so many standard errors.
SURE = 0.9
#: A gain in log density that is not worth a simulation.
SLIGHT = 0.05
#: Points that a step of the approach climbs from, and a gain in the objective that is none: the polish finds as much.
_CLIMBERS, _IDLE = 6, 0.5
#: Steps without a gain after which the approach has failed.
_PATIENCE = 3
_WALKERS = 128
_KEPT = 2000
#: Moves of a walker that draws the points of a round: they need be near the best, not a fair sample.
_MOVES_OF_A_ROUND = 80
_CLIMB_STEPS, _CLIMB_DAMPINGS, _MOST_DAMPED, _TINY = 20, (0.1, 1.0, 10.0), 1e4, 1e-3


@dataclass(frozen=True, slots=True)
class Posterior:
    """Log posterior density of points of the unit cube, by an emulator, up to a constant.

    Attributes
    ----------
    search : Search
    emulator : Kriging
    bias : float64 (K,)
        What is added to its predictions.
    known : float64 (K,)
        Variance of the targets and of luck.
    trusts : bool
        Whether the emulator is taken at its word: its mode is then where the objective of the search is least.
    """

    search: Search
    emulator: Kriging
    bias: Array
    known: Array
    trusts: bool = False

    @classmethod
    def of(cls, search: Search, emulator: Kriging, bias: Array | None = None, trusts: bool = False) -> Posterior:
        """Return the density of what the search knows now.

        Parameters
        ----------
        search : Search
        emulator : Kriging
        bias : float64 (K,), optional
            What is added to its predictions; nothing by default.
        trusts : bool
            See the attribute.

        Returns
        -------
        Posterior
        """
        bias = np.zeros(len(search.targets)) if bias is None else bias
        return cls(search, emulator, bias, search.error**2 + search.chance**2, trusts)

    def _predict(self, points: Array) -> tuple[Array, Array]:
        """Return how far off each figure is, and its variance, each (n, K)."""
        if self.trusts:
            mean, variance = self.emulator(points), np.broadcast_to(self.known, (len(points), self.known.size))
        else:
            mean, error = self.emulator.predict(points)
            variance = self.known + error**2
        return mean + self.bias - self.search.goal, variance

    def __call__(self, points: Array) -> Array:
        """Return the log density (n,) of points (n, D)."""
        missed, variance = self._predict(points)
        level = (missed**2 / variance + np.log(variance)).sum(axis=-1)
        return np.asarray(-0.5 * (level + self.search.prior.penalty(points)), dtype=np.float64)

    def slopes(self, points: Array) -> tuple[Array, Array]:
        """Return how far off each figure is in standard errors, and by how much more with each coordinate.

        Parameters
        ----------
        points : float64 (n, D)

        Returns
        -------
        float64 (n, K), (n, K, D)
        """
        count, dimensions = points.shape
        missed, variance = self._predict(points)
        sides = np.where(points < 0.5, _TINY, -_TINY)
        around = points[:, None] + sides[:, :, None] * np.eye(dimensions)
        moved = self.emulator(around.reshape(-1, dimensions)).reshape(count, dimensions, -1)
        moved += self.bias - self.search.goal
        spread = np.sqrt(variance)
        slopes = (moved - missed[:, None]) / sides[:, :, None] / spread[:, None]
        return missed / spread, slopes.transpose(0, 2, 1)


def fit_near_best(search: Search, start: Kriging | None = None) -> Kriging:
    """Fit the emulator to the points that come nearest to the targets, going on from an earlier one."""
    points, values = np.array(search.points), np.array(search.values)
    level = search.objective(points, values)
    # Far from any plausible figure points teach little about the neighbourhood of the targets: a few keep it tame.
    order = np.argsort(level, kind="stable")
    rows = np.sort(np.concatenate([order[:NEAR], order[NEAR :: max(1, (order.size - NEAR) // FAR)]]))
    points, values, level = points[rows], values[rows], level[rows]
    closeness = np.exp(-0.5 * np.minimum((level - level.min()) / 10.0, 40.0))
    return fit_kriging(points, values, search.is_share, closeness, start)


def climb(posterior: Posterior, starts: Array, held: NDArray[np.int64] | None = None) -> Array:
    """Climb a posterior density from several points at once, by damped Gauss-Newton steps on the emulator.

    Parameters
    ----------
    posterior : Posterior
    starts : float64 (n, D)
        Points of the unit cube.
    held : int64 (n,), optional
        Coordinate of each that stays.

    Returns
    -------
    float64 (n, D)
        Points of the unit cube, each with at least the density of its start.
    """
    here, count, dimensions = starts.copy(), len(starts), starts.shape[1]
    fixed = np.zeros((count, dimensions), bool)
    if held is not None:
        fixed[np.arange(count), held] = True
    level, damping = posterior(here), np.ones(count)
    eye = np.eye(dimensions)
    for _ in range(_CLIMB_STEPS):
        missed, jacobian = posterior.slopes(here)
        pull, curvature = posterior.search.prior.pull(here)
        slope = np.einsum("nkd,nk->nd", jacobian, missed) + pull
        matrix = np.einsum("nkd,nke->nde", jacobian, jacobian) + curvature[:, :, None] * eye
        # Coordinates that a step would push through a wall stay at it.
        stays = fixed | ((here <= 0.0) & (slope > 0.0)) | ((here >= 1.0) & (slope < 0.0))
        matrix = np.where(stays[:, :, None] | stays[:, None, :], eye, matrix)
        slope = np.where(stays, 0.0, slope)
        tried = np.empty((len(_CLIMB_DAMPINGS), count, dimensions))
        for row, factor in enumerate(_CLIMB_DAMPINGS):
            damped = matrix + (damping * factor)[:, None, None] * eye
            tried[row] = np.clip(here - np.linalg.solve(damped, slope[:, :, None])[:, :, 0], 0.0, 1.0)
        levels = posterior(tried.reshape(-1, dimensions)).reshape(-1, count)
        best = np.argmax(levels, axis=0)
        gain = levels[best, np.arange(count)] - level
        better = gain > 0.0
        here = np.where(better[:, None], tried[best, np.arange(count)], here)
        level = np.where(better, levels[best, np.arange(count)], level)
        damping = np.clip(damping * np.where(better, np.array(_CLIMB_DAMPINGS)[best], 30.0), 1e-3, _MOST_DAMPED)
        # A step that led nowhere is tried again, shorter.
        if (np.where(better, gain < 0.1 * SLIGHT, damping >= _MOST_DAMPED)).all():
            break
    return here


def approach(search: Search) -> None:
    """Go to the targets by the emulator: climb on it from the best points, simulate there, and fit it anew.

    A step takes as many simulations as it has starts, where slopes by differences take one for each parameter. Where
    it does not lead near the targets, descents by simulated slopes follow.
    """
    emulator: Kriging | None = None
    idle, least = 0, search.best()[2]
    for _ in range(search.effort.steps):
        emulator = fit_near_best(search, emulator)
        climbed = climb(Posterior.of(search, emulator), search.starts(_CLIMBERS, 0.1))
        tried: list[Array] = []
        for point in climbed:
            if all(np.abs(point - other).max() > 0.02 for other in tried):
                tried.append(point)
        figures = search.look(np.array(tried))
        if search.near_enough(figures, GOOD):
            return
        gain, least = least - search.best()[2], search.best()[2]
        idle = idle + 1 if gain < _IDLE else 0
        if idle == _PATIENCE or (idle > 0 and search.near_enough(search.best()[1][None], FAIR)):
            break
    if not search.near_enough(search.best()[1][None], FAIR):
        search.descend_from_best()


def sample(search: Search, posterior: Posterior, moves: int, number: int) -> Array:
    """Draw near-best points, by the emulator.

    Parameters
    ----------
    search : Search
        Points and figures so far.
    posterior : Posterior
        What they are drawn from.
    moves : int
        Of every walker.
    number : int
        Number of the random stream.

    Returns
    -------
    float64 (n, D)
        Points of the unit cube.
    """
    generator = np.random.default_rng([search.seed, number])
    points, values = np.array(search.points), np.array(search.values)
    dimensions = points.shape[1]
    order = np.argsort(search.objective(points, values), kind="stable")
    # Half of the walkers begin near the best fits, half wherever a fit is not hopeless: there may be others.
    near, wide = order[: max(2 * dimensions, 12)], order[: max(4 * dimensions, len(order) // 3)]
    walkers = max(_WALKERS, 4 * dimensions)
    best = points[np.concatenate([np.resize(near, walkers // 2), np.resize(wide, walkers - walkers // 2)])]
    best = generator.permutation(best, axis=0)
    start = best + generator.normal(0.0, 0.03, (walkers, dimensions))
    start = np.abs(start)
    start = np.clip(np.where(start > 1.0, 2.0 - start, start), 0.0, 1.0)
    drawn, _ = draw(posterior, start, moves, generator, _KEPT)
    return drawn


def explore(search: Search, say: Callable[[str], None]) -> Kriging:
    """Simulate where the emulator expects near-best points until it is right about them.

    Parameters
    ----------
    search : Search
        Points and figures so far; it gets more.
    say : callable
        Told what is being done.

    Returns
    -------
    Kriging
        Fitted to all of them.
    """
    emulator = fit_near_best(search)
    for number in range(search.effort.rounds):
        say(f"near-best fits, round {number + 1}")
        moves = min(search.effort.moves, _MOVES_OF_A_ROUND)
        drawn = sample(search, Posterior.of(search, emulator), moves, number)
        generator = np.random.default_rng([search.seed, 100 + number])
        chosen = drawn[generator.choice(len(drawn), min(search.effort.round_points, len(drawn)), replace=False)]
        expected = emulator(chosen)
        found = search.look(chosen)
        defined = np.isfinite(found).all(axis=1)
        emulator = fit_near_best(search, emulator)
        if not defined.any():
            continue
        search.near = chosen[defined]
        wrong = np.sqrt(((found - expected)[defined] ** 2).mean(axis=0))
        if number > 0 and (wrong / np.hypot(search.spread(), search.luck)).max() < SURE:
            break
    return emulator


def polish(search: Search, emulator: Kriging) -> tuple[Array, Array]:
    """Move the best point by what a larger population shows; return it, and how far the emulator is off there.

    The emulator smooths what single simulations have of chance; what all of them share, their common luck, the
    larger population with another luck takes out. A move counts only where that population shows it to be one.
    """
    here = climb(Posterior.of(search, emulator, trusts=True), search.best()[0][None])[0]
    best, least, at_best = here, np.inf, np.zeros(len(search.targets))
    count = range(POLISH, POLISH + search.effort.check_replicates)
    for _ in range(MOVES):
        large = search.simulate(here[None], search.effort.check_population, count)[0]
        if not np.isfinite(large).all():
            break
        figures = large.mean(axis=0)
        bias = figures - emulator(here[None])[0]
        search.chance = search.error_of_mean(large)
        level = float(search.objective(here[None], figures[None])[0])
        if level < least:
            best, least, at_best = here, level, bias
        density = Posterior.of(search, emulator, bias, trusts=True)
        moved = climb(density, here[None])[0]
        if density(moved[None])[0] - density(here[None])[0] < SLIGHT:
            break
        here = moved
    return best, at_best


def bias_near(search: Search, emulator: Kriging, bias: Array) -> Array:
    """Return how far the emulator is off on average among near-best points; ``bias`` is that at the best one.

    Each has a larger population and luck of its own, so that their spread gives the error that is left.

    Parameters
    ----------
    search : Search
        Points and figures so far.
    emulator : Kriging
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
    people = min(search.effort.check_population, SPOT_SIZE * search.people)
    large = [search.simulate(spot[None], people, (POLISH + 100 + at,))[0, 0] for at, spot in enumerate(spots)]
    off = np.array(large) - emulator(spots)
    off = off[np.isfinite(off).all(axis=1)]
    if len(off) < 2:
        return bias
    search.chance = off.std(axis=0, ddof=1) / np.sqrt(len(off))
    return np.asarray(off.mean(axis=0), dtype=np.float64)


def draw_near_best(search: Search, emulator: Kriging, bias: Array) -> Array:
    """Draw the near-best points of the finished search.

    Parameters
    ----------
    search : Search
    emulator : Kriging
    bias : float64 (K,)
        What is added to its predictions.

    Returns
    -------
    float64 (n, D)
        In the unit cube, equally weighted.
    """
    return sample(search, Posterior.of(search, emulator, bias), search.effort.moves, 50)


def simulate_members(search: Search, emulator: Kriging, draws: Array, bias: Array) -> tuple[Member, ...]:
    """Simulate some of the near-best points, and weight them by the outcome.

    Parameters
    ----------
    search : Search
        Points and figures so far.
    emulator : Kriging
        What drew the points.
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
    # One simulation of the fit's size is itself uncertain: the emulator, fitted to it too, tells how much.
    after = Posterior.of(search, fit_near_best(search, emulator), bias)
    ratio = after(chosen) - Posterior.of(search, emulator, bias)(chosen)
    ratio = np.where(np.isfinite(found).all(axis=1), ratio, -np.inf)
    if not np.isfinite(ratio).any():
        return ()
    weight = np.exp(np.minimum(ratio - np.max(ratio), 0.0))
    # Truncated importance weights (Ionides 2008): no single member outweighs the rest by luck.
    weight = np.minimum(weight, weight.mean() * np.sqrt(len(weight)))
    weight = weight / weight.sum()
    kept = np.flatnonzero(weight > 1e-4)
    weight = weight / weight[kept].sum()
    missed = ((found - search.goal) ** 2 / (search.error**2 + search.chance**2 + search.luck**2)).sum(axis=1)
    return tuple(
        Member(
            float(weight[at]),
            np.array([p.at(float(share)) for p, share in zip(search.parameters, chosen[at], strict=True)]),
            chosen[at],
            found[at],
            float(missed[at]),
        )
        for at in kept
    )
