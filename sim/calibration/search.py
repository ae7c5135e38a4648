"""Search: every point simulated with the luck of the fit, and the descents that add more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sim.analysis.category import FROM_EVENTS
from sim.calibration.parameters import Parameter, values_at
from sim.calibration.prior import Prior, prior_draws
from sim.calibration.result import Effort
from sim.calibration.targets import SHARES, Target
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import Executor
from sim.execution.store import Store
from sim.execution.trials import Finished, Trial, run_trials
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Arm
from sim.scenario.scenario import Scenario

__all__ = ["POLISH", "Search"]

Array = NDArray[np.float64]

#: Customers of the pilot, and how many replicates tell its chance.
PILOT_PEOPLE = 1000
PILOT_REPLICATES = 8
#: A fit has so many customers that chance is at most this share of a target's standard error: the emulator's own error
#: is as large, and larger populations take out at the end what the luck of the fit had in it.
CHANCE = 0.8
#: First replicates of the seeds that polish and that check: never those of the fit.
POLISH, CHECK = 1000, 2000
MOST_EVENTS = 100_000
#: How much the prior weighs where the targets cannot be met with all of it.
RELAXED = 0.1
_STEP = 0.04
_DAMPINGS = (0.1, 1.0, 10.0)
#: A descent ends where a step gains less than this; those that only lead to near-best points are left to the emulator.
_LITTLE, _ENOUGH = 0.1, 0.5


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
class Search:
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
    prior: Prior = field(init=False)
    goal: Array = field(init=False)
    error: Array = field(init=False)
    #: Standard deviation of a figure by luck, of one simulation of the fit; and of what is known now.
    luck: Array = field(init=False)
    chance: Array = field(init=False)
    is_share: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.variants = _variants(self.scenario, self.targets)
        self.prior = Prior.of(self.parameters)
        self.goal = np.array([target.value for target in self.targets])
        self.error = np.array([target.error for target in self.targets])
        self.luck = self.chance = np.zeros(len(self.targets))
        self.is_share = np.array([target.metric in SHARES for target in self.targets])

    def simulate(self, points: Array, people: int, replicates: Sequence[int]) -> Array:
        """Return the figures of the targets at points, by replicate.

        Parameters
        ----------
        points : float64 (n, D)
            Points of the unit cube.
        people : int
            Population of each simulation.
        replicates : sequence of int
            Numbers of the R replicates.

        Returns
        -------
        float64 (n, R, K)
            Figures of the K targets; NaN where undefined.
        """
        events = min(people, MOST_EVENTS) if any(target.metric in FROM_EVENTS for target in self.targets) else 0
        trials: list[Trial] = []
        for variant in self.variants.values():
            sized = replace(variant.simulating(people), record=replace(variant.record, events=events, customers=False))
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

    def spread(self) -> Array:
        """Return the standard error of every deviation (K,), chance included."""
        return np.sqrt(self.error**2 + self.chance**2)

    def misfit(self, figures: Array) -> Array:
        """Sum over targets of squared deviations in standard errors; infinite where undefined."""
        size = (((figures - self.goal) / self.spread()) ** 2).sum(axis=-1)
        return np.where(np.isfinite(size), size, np.inf)

    def objective(self, points: Array, figures: Array) -> Array:
        """Return misfit plus prior penalty (n,)."""
        return np.asarray(self.misfit(figures) + self.prior.penalty(points), dtype=np.float64)

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
        """Simulate the centre and draws of the prior; a ConfigError if none has every figure."""
        points = np.vstack([self.prior.centre[None], prior_draws(self.prior, self.effort.scan)])
        self.look(points)
        if not self.points:
            names = ", ".join(target.label for target in self.targets)
            raise ConfigError(
                f"no point within the bounds of the parameters has a figure for every target ({names}): nobody buys, or"
                " nobody is left; widen the bounds or leave a target out"
            )

    def descend_from_best(self) -> None:
        """Descend from the best points of the scan; with a weaker prior where none of them fits."""
        points, values = np.array(self.points), np.array(self.values)
        order = np.argsort(self.objective(points, values), kind="stable")
        starts: list[int] = []
        for index in order:
            # Starts that lie together would end together.
            if all(np.abs(points[index] - points[other]).max() > 0.2 for other in starts):
                starts.append(int(index))
            if len(starts) == self.effort.starts:
                break
        for start in starts:
            _, figures = self.descend(points[start], little=_ENOUGH)
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
        """Return how far off each target still counts as met (K,)."""
        return np.array([target.tolerance for target in self.targets])

    def descend(
        self,
        point: Array,
        active: NDArray[np.bool_] | None = None,
        steps: int | None = None,
        *,
        little: float = _LITTLE,
    ) -> tuple[Array, Array]:
        """Go downhill from a point by damped Gauss-Newton steps (Levenberg 1944; Marquardt 1963).

        Slopes are finite differences at the start, and what a step has shown of them is put right by it (Broyden 1965);
        where no step leads down they are taken anew.

        Parameters
        ----------
        point : float64 (D,)
            Start, in the unit cube.
        active : bool (K,), optional
            Targets that count; all by default.
        steps : int, optional
            Steps at most; those of the effort by default.
        little : float
            It ends where a step gains less.

        Returns
        -------
        float64 (D,), float64 (K,)
            Best point and its figures.
        """
        active = np.ones(len(self.targets), bool) if active is None else active
        spread = self.spread()
        here, figures = point.copy(), self.look(point)[0]

        def height(points: Array, found: Array) -> Array:
            size = (((found - self.goal) / spread)[..., active] ** 2).sum(axis=-1)
            return np.where(np.isfinite(size), size, np.inf) + self.prior.penalty(points)

        level = float(height(here, figures))
        damping, jacobian, is_fresh = 1.0, self._slopes(here, figures), True
        for _ in range(self.effort.steps if steps is None else steps):
            residual = ((figures - self.goal) / spread)[active]
            pull, curvature = self.prior.pull(here)
            matrix = jacobian[active].T @ jacobian[active] + np.diag(curvature)
            slope = jacobian[active].T @ residual + pull
            tried = np.array([_bounded_step(matrix, slope, here, damping * factor) for factor in _DAMPINGS])
            found = self.look(tried)
            levels = height(tried, found)
            best = int(np.argmin(levels))
            gain = level - float(levels[best])
            if gain <= 0.0:
                if not is_fresh:
                    jacobian, is_fresh = self._slopes(here, figures), True
                    continue
                damping *= 30.0
                if damping > 1e4:
                    break
                continue
            step = tried[best] - here
            shown = np.nan_to_num((found[best] - figures) / spread - jacobian @ step)
            jacobian, is_fresh = jacobian + np.outer(shown, step) / float(step @ step), False
            here, figures, level = tried[best], found[best], float(levels[best])
            damping = min(max(damping * _DAMPINGS[best], 1e-3), 1e3)
            if gain < little:
                break
        return here, figures

    def _slopes(self, here: Array, figures: Array) -> Array:
        """Return the slopes of all figures in standard errors (K, D) at a point, by finite differences."""
        sides = np.where(here < 0.5, _STEP, -_STEP)
        beside = self.look(here + np.diag(sides))
        return np.nan_to_num(((beside - figures) / sides[:, None] / self.spread()).T)

    def error_of_mean(self, large: Array, people: int) -> Array:
        """Monte-Carlo error of a mean over replicates (R, K) of so many customers, pooled with the pilot's."""
        count = len(large)
        pilot = self.luck**2 * self.people / people
        own = large.var(axis=0, ddof=1) if count > 1 else np.zeros(large.shape[1])
        pooled = (pilot * (PILOT_REPLICATES - 1) + own * (count - 1)) / (PILOT_REPLICATES + count - 2)
        return np.asarray(np.sqrt(pooled / count), dtype=np.float64)


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
