"""PlanSearch: Bayesian optimisation of a plan on luck that all plans share.

A Gaussian process is fitted to what plans are worth and another to each limit; the next plans are those of the
largest expected improvement times the chance that all limits hold (Gardner et al. 2014, *ICML*). Because plans share
their luck, the noise that the emulator is told is only what is left after each replicate's common part is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import qmc

from sim.analysis.emulator import GaussianProcess
from sim.analysis.expected_improvement import expected_improvement, residual_noise
from sim.experiments.plan import PlanQuestion, PlanRuns

__all__ = ["PlanModel", "PlanSearch", "SearchSizes"]

Floats = NDArray[np.float64]

#: Points of the space among which the next plans are chosen, and steps from the best known ones.
_CANDIDATES, _NEAR = 512, 64
_STEPS = (0.3, 0.1, 0.03)
#: Part of the spread of values below which an expected improvement is not worth a run.
_ENOUGH = 5e-4
#: Kept free below a budget, of it, where the emulator says what a plan spends.
_ROOM = 0.002


@dataclass(frozen=True, slots=True)
class SearchSizes:
    """How much is run.

    Attributes
    ----------
    evaluations : int
        Plans that are run at most while searching.
    batch : int
        Plans chosen at once.
    replicates : int
        Of each plan, the same for all.
    confirm : int
        Of each of the best five, on fresh luck.
    """

    evaluations: int
    batch: int
    replicates: int
    confirm: int


class PlanModel:
    """What plans are worth and by how much they break each limit, as emulators fitted to runs say it.

    Parameters
    ----------
    question : PlanQuestion
    runs : PlanRuns
        At least two plans.
    """

    def __init__(self, question: PlanQuestion, runs: PlanRuns) -> None:
        self.question = question
        worth = question.worth(runs)
        score, noise = question.score(worth), residual_noise(worth)
        if question.robust != "mean":
            # The mean of the worst tenth rests on a tenth of the states.
            noise = noise * min(10.0, len(question.states))
        self.scale = float(np.abs(score).max()) or 1.0
        # Rounded in its own scale: money in another unit changes no decision.
        self.value = GaussianProcess(runs.shares, np.round(score / self.scale, 9), noise / self.scale**2, question.seed)
        self.limits: list[tuple[GaussianProcess, float]] = []
        for excess in question.excesses(runs):
            size = float(np.abs(excess).max()) or 1.0
            tiny = np.full(len(excess), 1e-8)
            self.limits.append((GaussianProcess(runs.shares, np.round(excess / size, 9), tiny, question.seed), size))
        spent = question.charged(runs).mean(axis=1)
        self.spent_scale = float(spent.max()) or 1.0
        self.spent = GaussianProcess(
            runs.shares, np.round(spent / self.spent_scale, 9), np.full(len(spent), 1e-8), question.seed
        )

    def predict(self, shares: Floats) -> tuple[Floats, Floats]:
        """Return the predicted score of plans and its standard deviation, each (m,)."""
        mean, sd = self.value.predict(shares)
        return mean * self.scale, sd * self.scale

    def spending(self, shares: Floats) -> Floats:
        """Return what plans are predicted to spend of the budget, (m,): in all, or in the year that costs most."""
        return np.maximum(0.0, self.spent.predict(shares)[0] * self.spent_scale)

    def chance(self, shares: Floats) -> Floats:
        """Return the chance that plans hold every limit, (m,)."""
        chance = np.ones(len(shares))
        for emulator, _ in self.limits:
            mean, sd = emulator.predict(shares)
            chance *= ndtr(-mean / np.maximum(sd, 1e-9))
        return chance

    def within(self, shares: Floats, budget: float) -> Floats:
        """Return plans (m, k) drawn back towards doing nothing until they are predicted to keep a budget."""
        start = self.question.nothing
        part = np.ones(len(shares))
        beyond = np.flatnonzero(self.spending(shares) > budget)
        low, high = np.zeros(len(beyond)), np.ones(len(beyond))
        for _ in range(9):
            middle = (low + high) / 2.0
            good = self.spending(start + middle[:, None] * (shares[beyond] - start)) <= budget
            low, high = np.where(good, middle, low), np.where(good, high, middle)
        part[beyond] = low
        return np.asarray(start + part[:, None] * (shares - start))


class PlanSearch:
    """A search for the best plan.

    Parameters
    ----------
    question : PlanQuestion
    sizes : SearchSizes
    options : dict
        Those of :func:`sim.execution.trials.run_trials`.
    tell : callable, optional
        Told of the plans that were run so far, after each batch.
    """

    def __init__(
        self,
        question: PlanQuestion,
        sizes: SearchSizes,
        options: dict[str, Any],
        tell: Callable[[PlanRuns], None] | None = None,
    ) -> None:
        self.question, self.sizes, self.options, self.tell = question, sizes, options, tell
        self.runs = self._run(self._first())

    def search(self) -> PlanRuns:
        """Run plans until the evaluations are used up or no improvement is expected; return them all."""
        idle = 0
        while len(self.runs) < self.sizes.evaluations and idle < 2:
            model = PlanModel(self.question, self.runs)
            chosen, gain = self._next(model, min(self.sizes.batch, self.sizes.evaluations - len(self.runs)))
            if len(chosen) == 0:
                break
            idle = idle + 1 if gain < _ENOUGH * model.scale else 0
            self.runs = self.runs.joined(self._run(chosen))
        return self.runs

    def _run(self, shares: Floats) -> PlanRuns:
        found = self.question.run(shares, range(self.sizes.replicates), **self.options)
        if self.tell is not None:
            self.tell(found)
        return found

    def _first(self) -> Floats:
        """Return the plans that are always tried, and some spread over the space."""
        question = self.question
        count = len(question.factors)
        nothing, own = question.nothing, question.own
        corners = [nothing, own, np.ones(count), nothing + 0.5 * (1.0 - nothing), 0.5 * (nothing + own)]
        for lever in range(count):
            alone, without = nothing.copy(), own.copy()
            alone[lever], without[lever] = 1.0, nothing[lever]
            corners += [alone, without]
        room = max(4, min(3 * count, self.sizes.evaluations // 2 - len(corners)))
        power = int(np.ceil(np.log2(room)))
        spread = qmc.Sobol(count, rng=question.seed).random_base2(power)[:room]
        return self._fresh(np.concatenate([np.array(corners), spread]), None)[: max(4, self.sizes.evaluations)]

    def _fresh(self, shares: Floats, known: Floats | None) -> Floats:
        """Return plans as they are run, each once, none that is known, none that breaks a limit on levers."""
        rounded = np.round(self.question.rounded(np.clip(shares, 0.0, 1.0)), 9)
        _, first = np.unique(rounded, axis=0, return_index=True)
        rounded = rounded[np.sort(first)]
        good = self.question.allowed(rounded)
        if known is not None and len(known):
            good &= np.abs(rounded[:, None, :] - known[None, :, :]).max(axis=2).min(axis=1) > 1e-3
        return np.asarray(rounded[good])

    def _candidates(self, model: PlanModel) -> Floats:
        question, inputs = self.question, len(self.question.factors)
        generator = np.random.default_rng([question.seed, len(self.runs)])
        spread = qmc.Sobol(inputs, rng=generator).random_base2(int(np.log2(_CANDIDATES)))
        # A best plan often lies on a boundary: some levers of some plans are put there.
        edge = generator.random(spread.shape)
        spread = np.where(edge < 0.15, question.nothing, np.where(edge > 0.85, 1.0, spread))
        best = self.runs.shares[best_first(question, self.runs)[:3]]
        near = [
            np.clip(
                point + generator.normal(0.0, step, (_NEAR, inputs)) * (generator.random((_NEAR, inputs)) < 0.6), 0, 1
            )
            for point in best
            for step in _STEPS
        ]
        shares = np.concatenate([spread, *near])
        if question.budget is not None:
            drawn = model.within(shares, question.budget * (1.0 - _ROOM))
            shares = np.concatenate([shares, drawn])
        return self._fresh(shares, self.runs.shares)

    def _next(self, model: PlanModel, count: int) -> tuple[Floats, float]:
        """Choose the next plans; return them and the largest improvement that is expected."""
        question = self.question
        candidates = self._candidates(model)
        if len(candidates) == 0:
            return candidates, 0.0
        order = best_first(question, self.runs)
        holding = question.holds(self.runs)
        best = float(question.score(question.worth(self.runs))[order[0]]) if holding[order[0]] else -np.inf
        mean, sd = model.predict(candidates)
        chance = model.chance(candidates)
        best = max(best, 0.0) if not question.goal.without_baseline else best
        gain = expected_improvement(mean, sd, best if np.isfinite(best) else float(mean.min())) * chance
        worth = np.round(gain / model.scale, 9)
        chosen: list[int] = []
        reach = 0.5 * (len(self.runs) + count) ** (-1.0 / len(question.factors))
        for turn in range(min(count, len(candidates))):
            # The last of each batch is where the mean alone is best: the emulator's own answer is always tested.
            last = turn == count - 1 and count > 1
            by = np.where(chance > 0.5, mean / model.scale, -np.inf) if last and chosen else worth
            at = int(np.argmax(np.where(np.isin(np.arange(len(by)), chosen), -np.inf, by)))
            chosen.append(at)
            away = np.sqrt(((candidates - candidates[at]) ** 2).sum(axis=1))
            worth = np.round(worth * (1.0 - np.exp(-((away / reach) ** 2) / 2.0)), 9)
        return candidates[chosen], float(gain.max())


def best_first(question: PlanQuestion, runs: PlanRuns) -> NDArray[np.int64]:
    """Return the numbers of plans, those that hold every limit first, and the best of them first."""
    score = question.score(question.worth(runs))
    return np.lexsort((-score, ~question.holds(runs)))
