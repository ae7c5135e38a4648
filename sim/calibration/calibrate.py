"""Calibrate: fit parameters of a scenario to figures of a real market, by simulation on common luck.

1. A pilot at the start tells how many customers make chance small against the targets' own errors.
2. A scan of the prior (Sobol' points) finds places to start from; the same scan serves every fit of the same scenario.
3. From the best of them, damped Gauss-Newton steps within the bounds (Levenberg 1944; Marquardt 1963). On common luck
   the objective is deterministic, so finite differences work, and all points of a Jacobian run at once.
4. A surrogate of all points so far draws the near-best parameters; some of them are simulated, and the surrogate is
   fitted anew, until it predicts what is simulated.
5. The best point is moved by what a larger population with luck of its own shows, and checked on a third luck.
6. Targets that are missed are named: out of reach by themselves, or at odds with which others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import stdtr, stdtrit
from scipy.stats import qmc

from sim.analysis.category import FROM_EVENTS
from sim.calibration.parameters import Parameter, values_at
from sim.calibration.surrogate import Surrogate, draw, fit_surrogate
from sim.calibration.targets import SHARES, Target, written
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import Executor
from sim.execution.store import Store
from sim.execution.trials import Finished, Trial, run_trials
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Arm
from sim.scenario.scenario import Scenario

__all__ = ["Calibration", "Effort", "Member", "Miss", "Profile", "calibrate", "describe"]

Array = NDArray[np.float64]

#: Customers of the pilot, and how many replicates tell its chance.
PILOT_PEOPLE = 1000
PILOT_REPLICATES = 8
#: A fit has so many customers that chance is at most this share of a target's standard error.
CHANCE = 0.45
#: First replicates of the lucks that polish and that check: never those of the fit.
POLISH, CHECK = 1000, 2000
MOST_EVENTS = 100_000
#: Degrees of freedom of the prior.
TAIL = 4.0
#: How much the prior weighs where the targets cannot be met with all of it.
RELAXED = 0.1
#: Points that a surrogate is fitted to: those that come nearest to the targets, and some of all others.
NEAR, FAR = 400, 80
#: Near-best points that tell how far a surrogate is off on average.
SPOTS = 8
#: Points that the polish looks at, at most.
MOVES = 4
_STEP = 0.04
_DAMPINGS = (0.1, 1.0, 10.0)
_WALKERS = 128
_KEPT = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much work goes into a fit.

    Attributes
    ----------
    scan : int
        Points looked at first.
    starts, steps : int
        Descents, and Gauss-Newton steps of each, at most.
    rounds, round_points : int
        Rounds of near-best points, at most, and points of each.
    members : int
        Near-best fits that are kept.
    moves : int
        Moves of every walker that draws near-best points.
    profiles : bool
        Whether the misfit is profiled over every parameter.
    fit_population : int or None
        Customers of a simulation of the fit; None: as many as the targets need.
    check_population, check_replicates : int
        Of the polish and of the check.
    """

    scan: int = 96
    starts: int = 3
    steps: int = 12
    rounds: int = 6
    round_points: int = 48
    members: int = 32
    moves: int = 700
    profiles: bool = True
    fit_population: int | None = None
    check_population: int = 20_000
    check_replicates: int = 4


@dataclass(frozen=True, slots=True)
class Member:
    """One near-best set of parameters: its weight, its numbers, what stands at each path, what was simulated."""

    weight: float
    numbers: Array
    shares: Array
    figures: Array
    chi_square: float


@dataclass(frozen=True, slots=True)
class Miss:
    """A target that is not met: what alone could be reached, and the targets that stand in its way."""

    target: Target
    fitted: float
    alone: float
    reachable: bool
    against: tuple[str, ...]
    without: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Smallest misfit that the other parameters allow where one is held, on the surrogate."""

    numbers: Array
    misfit: Array


@dataclass(frozen=True, slots=True)
class Calibration:
    """A finished fit.

    Attributes
    ----------
    scenario : Scenario
        What was fitted, unchanged.
    parameters, targets : tuple
        As given.
    shares : float64 (D,)
        The best point, each coordinate in [0, 1] between the bounds.
    before : float64 (K,)
        The figures where the scenario stood.
    figures, error : float64 (K,)
        What it gives on luck that the fit never saw, and the Monte-Carlo standard error of that.
    draws : float64 (n, D)
        Near-best points that the surrogate leaves likely, equally weighted.
    members : tuple of Member
        Some of them, simulated.
    misses : tuple of Miss
        Targets that are not met.
    profiles : tuple of Profile
        By parameter.
    trail : float64 (n,)
        Misfit of every point simulated, in order.
    points, values : float64 (n, D), (n, K)
        Those points and what came out.
    simulations : int
        How many replicates were wanted, those from the store included.
    population : int
        Customers of the fit.
    surrogate_error : float64 (K,)
        Of a prediction of the surrogate.
    relaxed : bool
        Whether the targets could be met only far from where the scenario stands.
    """

    scenario: Scenario
    parameters: tuple[Parameter, ...]
    targets: tuple[Target, ...]
    seed: int
    shares: Array
    before: Array
    figures: Array
    error: Array
    draws: Array
    members: tuple[Member, ...]
    misses: tuple[Miss, ...]
    profiles: tuple[Profile, ...]
    trail: Array
    points: Array
    values: Array
    simulations: int
    population: int
    surrogate_error: Array
    relaxed: bool

    @property
    def numbers(self) -> tuple[float, ...]:
        """The best number of every parameter."""
        return tuple(p.at(float(share)) for p, share in zip(self.parameters, self.shares, strict=True))

    @property
    def met(self) -> tuple[bool, ...]:
        """Whether each target is met within its tolerance."""
        return tuple(
            bool(abs(figure - target.value) <= target.tolerance)
            for target, figure in zip(self.targets, self.figures, strict=True)
        )

    def intervals(self, level: float = 0.9) -> tuple[tuple[float, float], ...]:
        """Return the interval of every parameter that holds ``level`` of the near-best points."""
        low, high = np.quantile(self.draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        return tuple((p.at(float(a)), p.at(float(b))) for p, a, b in zip(self.parameters, low, high, strict=True))

    def prior_draws(self) -> Array:
        """Return points as likely as they are before any target (n, D)."""
        return _prior_draws(_Prior.of(self.parameters), 4096)

    @property
    def shrinkage(self) -> Array:
        """Standard deviation of every parameter after the fit, relative to before: near 1, the targets say nothing."""
        return np.asarray(self.draws.std(axis=0) / self.prior_draws().std(axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Prior:
    """Student's t around where the scenario stands, cut at the bounds; coordinates are shares between the bounds.

    Its tails are heavy: a market that is unlike others is unlikely beforehand, not excluded. ``weight`` below 1 makes
    it weaker where the targets cannot be met otherwise.
    """

    centre: Array
    width: Array
    weight: float = 1.0

    @classmethod
    def of(cls, parameters: Sequence[Parameter]) -> _Prior:
        return cls(
            np.array([parameter.share(parameter.start) for parameter in parameters]),
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
        low, high = (stdtr(TAIL, (end - self.centre) / self.width) for end in (0.0, 1.0))
        return np.clip(self.centre + self.width * stdtrit(TAIL, low + uniform * (high - low)), 0.0, 1.0)


def _prior_draws(prior: _Prior, count: int) -> Array:
    return prior.quantile(_sobol(prior.centre.size, count))


def _sobol(dimensions: int, count: int) -> Array:
    exponent = max(0, int(np.ceil(np.log2(max(count, 1)))))
    points = qmc.Sobol(dimensions, scramble=True, rng=0).random_base2(exponent)[:count]
    return np.asarray(np.clip(points, 1e-9, 1.0 - 1e-9), dtype=np.float64)


def calibrate(
    scenario: Scenario,
    targets: Sequence[Target],
    parameters: Sequence[Parameter],
    *,
    seed: int = 1,
    effort: Effort | None = None,
    executor: Executor,
    store: Store | None = None,
    on_done: Callable[[Finished], None] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Fit parameters to targets.

    Parameters
    ----------
    scenario : Scenario
        Where it starts; arms that no target names are not run.
    targets, parameters : sequence
        At least one of each.
    seed : int
        Key of all luck.
    effort : Effort, optional
        How much work.
    executor, store, on_done
        See :func:`sim.execution.trials.run_trials`; with a store, what was simulated before is not simulated again.
    say : callable
        Told what is being done.

    Raises
    ------
    ConfigError
        If no simulation of the scan came to a figure for every target.
    """
    if not targets or not parameters:
        raise ConfigError("a calibration needs at least one target and one parameter; give both")
    effort = effort or Effort()
    search = _Search(scenario, tuple(targets), tuple(parameters), seed, effort, executor, store, on_done)
    say("pilot")
    search.pilot()
    say("scan")
    search.scan()
    say("descent")
    search.descend_from_best()
    surrogate = search.explore(say)
    say("polish")
    # The best point is where the figures are met; how sure the surrogate is far from it widens only the draws.
    sharp = search.surrogate()
    shares, bias = search.polish(sharp)
    bias = search.bias_near(surrogate, bias)
    draws = search.draws(surrogate, bias)
    # Members are simulated and weighed by what came out: drawn too widely, hardly one would be left.
    members = search.members(sharp, search.draws(sharp, bias), bias)
    say("check")
    figures, error = search.check(shares)
    say("misses")
    misses = search.misses(shares, figures)
    return Calibration(
        scenario=scenario,
        parameters=tuple(parameters),
        targets=tuple(targets),
        seed=seed,
        shares=shares,
        before=search.look(search.prior.centre)[0],
        figures=figures,
        error=error,
        draws=draws,
        members=members,
        misses=misses,
        profiles=search.profiles(surrogate, bias, draws) if effort.profiles else (),
        trail=np.array([search.misfit(value[None])[0] for value in search.values]),
        points=np.array(search.points),
        values=np.array(search.values),
        simulations=search.wanted,
        population=search.people,
        surrogate_error=surrogate.error,
        relaxed=search.prior.weight < 1.0,
    )


def _variants(scenario: Scenario, targets: Sequence[Target]) -> dict[str | None, Scenario]:
    """Return what has to be run, by the brand that stands as the focal one: only its figures are counted in full."""
    wanted = {scenario.baseline, *(target.arm for target in targets if target.arm)}
    arms: dict[str, Arm] = {name: arm for name, arm in scenario.arms.items() if name in wanted}
    lean = replace(scenario, arms=arms)
    brands = dict.fromkeys(target.brand for target in targets)
    return {
        brand: lean if brand is None else replace(lean, market=replace(lean.market, focal=brand)) for brand in brands
    }


@dataclass(slots=True)
class _Search:
    """What is known so far: every point simulated with the luck of the fit, and how to simulate more."""

    scenario: Scenario
    targets: tuple[Target, ...]
    parameters: tuple[Parameter, ...]
    seed: int
    effort: Effort
    executor: Executor
    store: Store | None
    on_done: Callable[[Finished], None] | None
    people: int = PILOT_PEOPLE
    wanted: int = 0
    points: list[Array] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)
    known: dict[bytes, Array] = field(default_factory=dict)
    #: Near-best points of the last round.
    near: Array = field(default_factory=lambda: np.empty((0, 0)))
    variants: dict[str | None, Scenario] = field(init=False)
    prior: _Prior = field(init=False)
    goal: Array = field(init=False)
    error: Array = field(init=False)
    #: Standard deviation of a figure by luck, of one simulation of the fit; and of what is known now.
    luck: Array = field(init=False)
    chance: Array = field(init=False)
    is_share: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.variants = _variants(self.scenario, self.targets)
        self.prior = _Prior.of(self.parameters)
        self.goal = np.array([target.value for target in self.targets])
        self.error = np.array([target.error for target in self.targets])
        self.luck = self.chance = np.zeros(len(self.targets))
        self.is_share = np.array([target.metric in SHARES for target in self.targets])

    # -- simulation

    def simulate(self, points: Array, people: int, replicates: Sequence[int]) -> Array:
        """Return the figures of the targets at points (n, D), by replicate: (n, R, K); NaN where undefined."""
        events = min(people, MOST_EVENTS) if any(target.metric in FROM_EVENTS for target in self.targets) else 0
        trials: list[Trial] = []
        for variant in self.variants.values():
            sized = replace(variant, population=people, record=replace(variant.record, events=events, customers=False))
            trials += [
                Trial(sized, self.seed, tuple(replicates), values_at(self.parameters, point)) for point in points
            ]
        self.wanted += len(trials) * len(replicates)
        outcomes = list(run_trials(trials, executor=self.executor, store=self.store, on_done=self.on_done))
        broken = next((outcome.error for outcome in outcomes if outcome.error), "")
        if broken and all(outcome.error for outcome in outcomes):
            raise ConfigError(f"no simulation of this calibration succeeds: {broken}")
        out = np.full((len(points), len(replicates), len(self.targets)), np.nan)
        for column, target in enumerate(self.targets):
            block = list(self.variants).index(target.brand) * len(points)
            for row in range(len(points)):
                outcome = outcomes[block + row]
                arm = outcome.arms.index(target.arm or self.scenario.baseline)
                person = 0 if target.persona is None else outcome.personas.index(target.persona)
                out[row, :, column] = outcome.metrics[arm, :, person, RUN_METRICS.index(target.metric)]
        return out

    def look(self, points: Array) -> Array:
        """Return the figures at points with the luck of the fit (n, K), and keep them."""
        points = np.atleast_2d(points)
        new = [point for point in points if point.tobytes() not in self.known]
        if new:
            figures = self.simulate(np.array(new), self.people, (0,))[:, 0]
            for point, figure in zip(new, figures, strict=True):
                if point.tobytes() not in self.known:
                    self.known[point.tobytes()] = figure
                    if np.isfinite(figure).all():
                        self.points.append(point.copy())
                        self.values.append(figure)
        return np.array([self.known[point.tobytes()] for point in points])

    # -- objective

    def spread(self) -> Array:
        return np.sqrt(self.error**2 + self.chance**2)

    def misfit(self, figures: Array) -> Array:
        """Sum over targets of squared deviations in standard errors; infinite where undefined."""
        size = (((figures - self.goal) / self.spread()) ** 2).sum(axis=-1)
        return np.where(np.isfinite(size), size, np.inf)

    def objective(self, points: Array, figures: Array) -> Array:
        return np.asarray(self.misfit(figures) + self.prior.penalty(points), dtype=np.float64)

    # -- the steps

    def pilot(self) -> None:
        """Find out how large chance is, and how many customers keep it small."""
        figures = self.simulate(self.prior.centre[None], PILOT_PEOPLE, range(PILOT_REPLICATES))[0]
        with np.errstate(invalid="ignore"):
            chance = np.nanstd(figures, axis=0, ddof=1) if np.isfinite(figures).any() else np.zeros(len(self.targets))
        chance = np.nan_to_num(chance)
        if self.effort.fit_population is not None:
            self.people = self.effort.fit_population
        else:
            ratio = float(np.max(chance / (CHANCE * self.error), initial=0.0))
            # Steps of a power of two, so that fits of like targets share what they simulate.
            needed = PILOT_PEOPLE * max(1.0, ratio**2)
            self.people = int(min(self.effort.check_population, PILOT_PEOPLE * 2 ** np.ceil(np.log2(needed / 1000.0))))
        self.luck = self.chance = chance * np.sqrt(PILOT_PEOPLE / self.people)

    def scan(self) -> None:
        points = np.vstack([self.prior.centre[None], _prior_draws(self.prior, self.effort.scan)])
        self.look(points)
        if not self.points:
            names = ", ".join(target.label for target in self.targets)
            raise ConfigError(
                f"no point within the bounds of the parameters has a figure for every target ({names}): nobody buys, or"
                " nobody is left; widen the bounds or leave a target out"
            )

    def descend_from_best(self) -> None:
        points, values = np.array(self.points), np.array(self.values)
        order = np.argsort(self.objective(points, values), kind="stable")
        starts: list[int] = []
        for place in order:
            # Starts that lie together would end together.
            if all(np.abs(points[place] - points[other]).max() > 0.2 for other in starts):
                starts.append(int(place))
            if len(starts) == self.effort.starts:
                break
        for start in starts:
            _, figures = self.descend(points[start])
            if (np.abs(figures - self.goal) <= 0.35 * self.tolerances()).all():
                return
        points, values = np.array(self.points), np.array(self.values)
        best = int(np.argmin(self.objective(points, values)))
        if (np.abs(values[best] - self.goal) <= 0.8 * self.tolerances()).all():
            return
        # Nothing near the usual market fits: look further away.
        usual, self.prior = self.prior, replace(self.prior, weight=RELAXED)
        _, figures = self.descend(points[best])
        if self.misfit(figures[None])[0] > 0.7 * self.misfit(values[best][None])[0]:
            self.prior = usual

    def tolerances(self) -> Array:
        return np.array([target.tolerance for target in self.targets])

    def descend(
        self, point: Array, active: NDArray[np.bool_] | None = None, steps: int | None = None
    ) -> tuple[Array, Array]:
        """Go downhill from a point by damped Gauss-Newton steps; ``active`` are the targets that count."""
        active = np.ones(len(self.targets), bool) if active is None else active
        spread = self.spread()
        here, figures = point.copy(), self.look(point)[0]

        def height(points: Array, found: Array) -> Array:
            size = (((found - self.goal) / spread)[..., active] ** 2).sum(axis=-1)
            return np.where(np.isfinite(size), size, np.inf) + self.prior.penalty(points)

        level = float(height(here, figures))
        damping = 1.0
        for _ in range(self.effort.steps if steps is None else steps):
            sides = np.where(here < 0.5, _STEP, -_STEP)
            slopes = self.look(here + np.diag(sides))
            jacobian = ((slopes - figures) / sides[:, None] / spread).T[active]
            jacobian = np.nan_to_num(jacobian)
            residual = ((figures - self.goal) / spread)[active]
            pull, curvature = self.prior.pull(here)
            matrix = jacobian.T @ jacobian + np.diag(curvature)
            slope = jacobian.T @ residual + pull
            tried = np.array([_bounded_step(matrix, slope, here, damping * factor) for factor in _DAMPINGS])
            found = self.look(tried)
            levels = height(tried, found)
            best = int(np.argmin(levels))
            gain = level - float(levels[best])
            if gain <= 0.0:
                damping *= 30.0
                if damping > 1e4:
                    break
                continue
            here, figures, level = tried[best], found[best], float(levels[best])
            damping = min(max(damping * _DAMPINGS[best], 1e-3), 1e3)
            if gain < 0.1:
                break
        return here, figures

    def surrogate(self) -> Surrogate:
        points, values = np.array(self.points), np.array(self.values)
        level = self.objective(points, values)
        # Far from any plausible figure points teach little about the neighbourhood of the targets: a few keep it tame.
        order = np.argsort(level, kind="stable")
        rows = np.sort(np.concatenate([order[:NEAR], order[NEAR :: max(1, (order.size - NEAR) // FAR)]]))
        points, values, level = points[rows], values[rows], level[rows]
        closeness = np.exp(-0.5 * np.minimum((level - level.min()) / 10.0, 60.0)) + 1e-9
        return fit_surrogate(points, values, self.is_share, closeness)

    def log_density(self, surrogate: Surrogate, bias: Array, chance: Array) -> Callable[[Array], Array]:
        known = self.error**2 + chance**2

        def density(points: Array) -> Array:
            missed = surrogate(points) + bias - self.goal
            variance = known + surrogate.error_at(points) ** 2
            level = (missed**2 / variance + np.log(variance)).sum(axis=-1)
            return np.asarray(-0.5 * (level + self.prior.penalty(points)), dtype=np.float64)

        return density

    def sample(self, surrogate: Surrogate, bias: Array, chance: Array, number: int) -> Array:
        """Draw near-best points, by the surrogate."""
        generator = np.random.default_rng([self.seed, number])
        points, values = np.array(self.points), np.array(self.values)
        dimensions = points.shape[1]
        order = np.argsort(self.objective(points, values), kind="stable")
        # Half of the walkers begin near the best fits, half wherever a fit is not hopeless: there may be others.
        near, wide = order[: max(2 * dimensions, 12)], order[: max(4 * dimensions, len(order) // 3)]
        walkers = max(_WALKERS, 4 * dimensions)
        best = points[np.concatenate([np.resize(near, walkers // 2), np.resize(wide, walkers - walkers // 2)])]
        best = generator.permutation(best, axis=0)
        start = best + generator.normal(0.0, 0.03, (walkers, dimensions))
        start = np.abs(start)
        start = np.clip(np.where(start > 1.0, 2.0 - start, start), 0.0, 1.0)
        drawn, _ = draw(self.log_density(surrogate, bias, chance), start, self.effort.moves, generator, _KEPT)
        return drawn

    def explore(self, say: Callable[[str], None]) -> Surrogate:
        """Simulate where the surrogate expects near-best points until it is right about them.

        What it was wrong by about points that it drew itself, and had not seen, is its error: cross validation asks it
        about points that lie among others.
        """
        surrogate = self.surrogate()
        for number in range(self.effort.rounds):
            say(f"near-best fits, round {number + 1}")
            drawn = self.sample(surrogate, np.zeros(len(self.targets)), self.chance, number)
            generator = np.random.default_rng([self.seed, 100 + number])
            chosen = drawn[generator.choice(len(drawn), min(self.effort.round_points, len(drawn)), replace=False)]
            expected, distance = surrogate(chosen), surrogate.distance(chosen)
            found = self.look(chosen)
            defined = np.isfinite(found).all(axis=1)
            surrogate = self.surrogate()
            if not defined.any():
                continue
            self.near = chosen[defined]
            wrong = np.sqrt(((found - expected)[defined] ** 2).mean(axis=0))
            surrogate = replace(surrogate, error=wrong, reach=float(distance[defined].mean()))
            if number > 0 and (wrong / self.spread()).max() < 0.5:
                break
        return surrogate

    def polish(self, surrogate: Surrogate) -> tuple[Array, Array]:
        """Move the best point by what a larger population shows; return it, and how far the surrogate is off there.

        The surrogate smooths what single simulations have of chance; what all of them share, their common luck, the
        larger population with another luck takes out. A move counts only where that population shows it to be one.
        """
        points, values = np.array(self.points), np.array(self.values)
        here = points[int(np.argmin(self.objective(points, values)))]
        best, least, at_best = here, np.inf, np.zeros(len(self.targets))
        count = range(POLISH, POLISH + self.effort.check_replicates)
        for _ in range(MOVES):
            large = self.simulate(here[None], self.effort.check_population, count)[0]
            if not np.isfinite(large).all():
                break
            figures = large.mean(axis=0)
            bias = figures - surrogate(here[None])[0]
            self.chance = self.error_of_mean(large)
            level = float(self.objective(here[None], figures[None])[0])
            if level < least:
                best, least, at_best = here, level, bias
            density = self.log_density(surrogate, bias, self.chance)
            moved = _climb(density, here)
            if density(moved[None])[0] <= density(here[None])[0]:
                break
            here = moved
        return best, at_best

    def bias_near(self, surrogate: Surrogate, bias: Array) -> Array:
        """Return how far the surrogate is off on average among near-best points; ``bias`` is that at the best one.

        Each has a larger population and luck of its own, so that what is left of chance is told by how they differ.
        """
        spots = self.near[:SPOTS]
        if len(spots) < SPOTS:
            return bias
        large = [
            self.simulate(spot[None], self.effort.check_population, (POLISH + 100 + at,))[0, 0]
            for at, spot in enumerate(spots)
        ]
        off = np.array(large) - surrogate(spots)
        off = off[np.isfinite(off).all(axis=1)]
        if len(off) < 2:
            return bias
        self.chance = off.std(axis=0, ddof=1) / np.sqrt(len(off))
        return np.asarray(off.mean(axis=0), dtype=np.float64)

    def error_of_mean(self, large: Array) -> Array:
        """Monte-Carlo error of a mean over replicates (R, K), their few degrees of freedom pooled with the pilot's."""
        count = len(large)
        pilot = self.luck**2 * self.people / self.effort.check_population
        own = large.var(axis=0, ddof=1) if count > 1 else np.zeros(large.shape[1])
        pooled = (pilot * (PILOT_REPLICATES - 1) + own * (count - 1)) / (PILOT_REPLICATES + count - 2)
        return np.asarray(np.sqrt(pooled / count), dtype=np.float64)

    def draws(self, surrogate: Surrogate, bias: Array) -> Array:
        return self.sample(surrogate, bias, self.chance, 50)

    def members(self, surrogate: Surrogate, draws: Array, bias: Array) -> tuple[Member, ...]:
        """Simulate some of the near-best points, and weigh them by what came out."""
        generator = np.random.default_rng([self.seed, 200])
        chosen = draws[generator.choice(len(draws), min(self.effort.members, len(draws)), replace=False)]
        found = self.look(chosen) + bias
        variance = self.error**2 + self.chance**2
        # One simulation of the fit's size is itself uncertain.
        truly = -0.5 * ((found - self.goal) ** 2 / (variance + self.luck**2)).sum(axis=1)
        expected = surrogate(chosen) + bias
        wide = variance + surrogate.error_at(chosen) ** 2
        thought = -0.5 * ((expected - self.goal) ** 2 / wide + np.log(wide)).sum(axis=1)
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
                np.array([p.at(float(share)) for p, share in zip(self.parameters, chosen[at], strict=True)]),
                chosen[at],
                found[at],
                float(-2.0 * truly[at]),
            )
            for at in kept
        )

    def check(self, shares: Array) -> tuple[Array, Array]:
        """Simulate the best point on luck that the fit never saw."""
        count = range(CHECK, CHECK + max(2, self.effort.check_replicates))
        figures = self.simulate(shares[None], self.effort.check_population, count)[0]
        return figures.mean(axis=0), self.error_of_mean(figures)

    def misses(self, shares: Array, figures: Array) -> tuple[Miss, ...]:
        """Say of every target that is not met what could be reached, and what stands in its way."""
        tolerances = self.tolerances()
        missed = np.flatnonzero(~(np.abs(figures - self.goal) <= tolerances))
        out: list[Miss] = []
        for at in missed[np.argsort(-(np.abs(figures - self.goal) / tolerances)[missed], kind="stable")]:
            only = np.zeros(len(self.targets), bool)
            only[at] = True
            every = np.array(self.values)[:, at]
            place = int(np.argmin(np.abs(every - self.goal[at])))
            if abs(every[place] - self.goal[at]) > 0.5 * tolerances[at]:
                self.descend(np.array(self.points)[place], only, 6)
                every = np.array(self.values)[:, at]
            alone = float(every[np.argmin(np.abs(every - self.goal[at]))])
            reachable = abs(alone - self.goal[at]) <= tolerances[at]
            against: list[tuple[float, str]] = []
            if reachable and not out:
                # Of the worst, which other target stands in its way: leave each out and look again.
                for other in range(len(self.targets)):
                    if other == at:
                        continue
                    active = np.ones(len(self.targets), bool)
                    active[other] = False
                    _, found = self.descend(shares, active, 4)
                    if abs(found[at] - self.goal[at]) < 0.5 * abs(figures[at] - self.goal[at]):
                        against.append((float(found[at]), self.targets[other].label))
            out.append(
                Miss(
                    self.targets[at],
                    float(figures[at]),
                    alone,
                    bool(reachable),
                    tuple(label for _, label in against),
                    tuple(value for value, _ in against),
                )
            )
        return tuple(out)

    def profiles(self, surrogate: Surrogate, bias: Array, draws: Array) -> tuple[Profile, ...]:
        density = self.log_density(surrogate, bias, self.chance)
        best = np.vstack([draws, np.array(self.points)])
        level = density(best)
        top = float(level.max())
        out = []
        for at, parameter in enumerate(self.parameters):
            grid = np.linspace(0.0, 1.0, 13)
            misfit = []
            for share in grid:
                near = np.exp(-0.5 * ((best[:, at] - share) / 0.08) ** 2)
                start = best[int(np.argmax(level + np.log(near + 1e-12)))].copy()
                start[at] = share
                held = _climb(density, start, held=at)
                misfit.append(-2.0 * (float(density(held[None])[0]) - top))
            out.append(Profile(np.array([parameter.at(share) for share in grid]), np.maximum(misfit, 0.0)))
        return tuple(out)


def _bounded_step(matrix: Array, slope: Array, here: Array, damping: float) -> Array:
    """Return where a damped step leads within the unit cube: coordinates that it would push out stay at the wall."""
    free = np.ones(here.size, bool)
    step = np.zeros(here.size)
    for _ in range(here.size):
        step[:] = 0.0
        rows = np.flatnonzero(free)
        if rows.size == 0:
            break
        damped = matrix[np.ix_(rows, rows)] + damping * np.eye(rows.size)
        step[rows] = -np.linalg.solve(damped, slope[rows])
        pushed = free & (((here <= 1e-9) & (step < 0.0)) | ((here >= 1.0 - 1e-9) & (step > 0.0)))
        if not pushed.any():
            break
        free &= ~pushed
    return np.asarray(np.clip(here + step, 0.0, 1.0), dtype=np.float64)


def _climb(density: Callable[[Array], Array], start: Array, held: int | None = None) -> Array:
    """Climb a density within the unit cube; coordinate ``held`` stays."""
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


def describe(miss: Miss) -> str:
    """Say in words why a target is not met."""
    target = miss.target
    metric = target.metric
    wanted, fitted = written(metric, target.value), written(metric, miss.fitted)
    if not miss.reachable:
        return (
            f"{target.label} {wanted} is out of reach within the bounds of the parameters: the nearest reachable value"
            f" is {written(metric, miss.alone)}, with the other targets {fitted}."
        )
    if miss.against:
        ways = ", ".join(
            f"{label} (without it: {written(metric, value)})"
            for label, value in zip(miss.against, miss.without, strict=True)
        )
        return (
            f"{target.label} {wanted} contradicts {ways}: alone it can be reached, with the others the nearest"
            f" reachable value is {fitted}."
        )
    return (
        f"{target.label} {wanted} contradicts the other targets taken together: alone it can be reached, with them the"
        f" nearest reachable value is {fitted}."
    )
