"""PlanSearch: Bayesian optimisation of a plan on luck that all plans share.

A Gaussian process is fitted to what plans are worth and another to each limit; the next plans are those of the
largest expected improvement times the chance that all limits hold (Gardner et al. 2014, *ICML*). Because plans share
their luck, the noise that the emulator is told is only what is left after each replicate's common part is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import qmc

from sim.analysis.emulator import GaussianProcess
from sim.analysis.expected_improvement import expected_improvement, residual_noise
from sim.experiments.plan import PlanQuestion, PlanRuns
from sim.scenario.errors import ConfigError

__all__ = ["SAME", "PlanModel", "PlanSearch", "SearchSizes", "RaceStanding"]

Floats = NDArray[np.float64]

#: Points of the space among which the next plans are chosen, and steps from the best known ones.
_CANDIDATES, _NEAR = 512, 64
_STEPS = (0.3, 0.1, 0.03)
#: Part of the best value known below which an expected improvement is not worth a run; where nothing is worth much, of
#: so much of the largest value, gain or loss.
_ENOUGH, _SMALL = 2e-3, 0.02
#: Plans kept for what follows the search, and the part of all plans that they are at most.
_KEPT, _KEPT_PART = 32, 3
#: Step of a lever around the best plan, and from how near an end it is tried at the end.
_STEP, _END = 0.1, 0.3
#: Points, as a power of two, among which plans are looked for where limits on the levers leave few.
_MANY = 12
#: How many plans around the best are run at once.
_AROUND = 8
#: By how much a plan differs at least in one lever from all that were run, while searching: on one luck what is learnt
#: from a closer one is that luck.
_NEW = 0.04
#: Shares by which two plans differ at most in every lever and are the same.
SAME = 1e-3
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


class RaceStanding(NamedTuple):
    """What some plans of a search are worth by more luck than the search's own.

    Attributes
    ----------
    rows : int64 (n,)
        Their numbers in the search.
    mean, noise : float64 (n,)
        What they are worth, and the variance of that.
    """

    rows: NDArray[np.int64]
    mean: Floats
    noise: Floats


class PlanModel:
    """What plans are worth and by how much they break each limit, as emulators fitted to runs say it.

    Parameters
    ----------
    question : PlanQuestion
    runs : PlanRuns
        At least two plans.
    closer : RaceStanding, optional
        What is known of some of them by more luck.
    """

    def __init__(self, question: PlanQuestion, runs: PlanRuns, closer: RaceStanding | None = None) -> None:
        self.question = question
        worth = question.worth(runs)
        score, noise = question.score(worth), residual_noise(worth)
        if closer is not None:
            # Luck that plans share moves neighbours alike: many of them say no more than one does.
            apart = np.abs(runs.shares[:, None, :] - runs.shares[None, :, :]).max(axis=2)
            noise = noise * (apart < _STEP).sum(axis=1)
            score[closer.rows], noise[closer.rows] = closer.mean, closer.noise
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

    def mean(self, shares: Floats) -> Floats:
        """Return the predicted score of plans, (m,)."""
        return self.value.mean(shares) * self.scale

    def spending(self, shares: Floats) -> Floats:
        """Return what plans are predicted to spend of the budget, (m,): in all, or in the year that costs most."""
        return np.maximum(0.0, self.spent.mean(shares) * self.spent_scale)

    def chance(self, shares: Floats) -> Floats:
        """Return the chance that plans hold every limit, (m,)."""
        chance = np.ones(len(shares))
        for emulator, _ in self.limits:
            mean, sd = emulator.predict(shares)
            chance *= ndtr(-mean / np.maximum(sd, 1e-9))
        return chance

    def shortfall(self, shares: Floats) -> Floats:
        """Return by how much plans are predicted to break the limits in all, (m,)."""
        means = [emulator.mean(shares) * size for emulator, size in self.limits]
        return self.question.shortfall(np.array(means).reshape(len(self.limits), len(shares)))

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
        idle, most = 0, self.sizes.evaluations - min(_KEPT, self.sizes.evaluations // _KEPT_PART)
        while len(self.runs) < most and idle < 2:
            model = PlanModel(self.question, self.runs)
            chosen, gain, best = self._next(model, min(self.sizes.batch, most - len(self.runs)))
            if len(chosen) == 0:
                break
            idle = idle + 1 if gain < _ENOUGH * max(abs(best), _SMALL * model.scale) else 0
            self.runs = self.runs.joined(self._run(chosen))
        return self.runs

    def add(self, shares: Floats) -> None:
        """Run those of some plans that were not tried yet, however many plans were."""
        fresh = self._fresh(shares, self.runs.shares)
        if len(fresh):
            self.runs = self.runs.joined(self._run(fresh))

    def around(self, model: PlanModel, best: Floats) -> Floats:
        """Return the plans around the best one that the emulator thinks most of; those not tried yet are run.

        Parameters
        ----------
        model : PlanModel
        best : float64 (k,)
            The best plan known.

        Returns
        -------
        float64 (n, k)
            The emulator's own answer, and every lever of it a step up or down, or at an end that is near.
        """
        levers = np.eye(len(best), dtype=bool)
        centre = self._answer(model, best)
        points = [centre]
        nothing = self.question.nothing
        for end in (nothing, np.ones(len(best))):
            near = np.abs(centre - end) <= _END
            points += [np.where(lever, end, centre) for lever in levers if (lever & near).any()]
            points.append(np.where(near, end, centre))
        points.append(np.where(centre <= nothing + _END, nothing, np.where(centre >= 1.0 - _END, 1.0, centre)))
        points += [np.clip(centre + step * lever, 0.0, 1.0) for lever in levers for step in (-_STEP, _STEP)]
        shares = self._fresh(self._affordable(model, np.array(points)), None)
        if len(shares) == 0:
            return shares
        worth = np.where(model.chance(shares) > 0.5, model.mean(shares) / model.scale, -np.inf)
        shares = shares[np.argsort(-np.round(worth, 9), kind="stable")]
        known = np.abs(shares[:, None, :] - self.runs.shares[None, :, :]).max(axis=2).min(axis=1) <= SAME
        room = max(0, min(_AROUND, self.sizes.evaluations - len(self.runs)))
        fresh = shares[~known][:room]
        self.add(fresh)
        return np.concatenate([fresh, shares[:_AROUND][known[:_AROUND]]])

    def _answer(self, model: PlanModel, best: Floats) -> Floats:
        """Return the best plan by the emulator, found from the best one known by ever smaller steps."""
        generator = np.random.default_rng([self.question.seed, len(self.runs), 0xA])
        for step in (*_STEPS, *_STEPS):
            moved = best + generator.normal(0.0, step, (_CANDIDATES, len(best))) * (
                generator.random((_CANDIDATES, len(best))) < 0.6
            )
            shares = self._affordable(model, np.concatenate([best[None, :], np.clip(moved, 0.0, 1.0)]))
            good = self.question.allowed(shares) & (model.chance(shares) > 0.5)
            good[0] = True
            best = shares[int(np.argmax(np.where(good, np.round(model.mean(shares) / model.scale, 9), -np.inf)))]
        return best

    def _affordable(self, model: PlanModel, shares: Floats) -> Floats:
        budget = self.question.budget
        return shares if budget is None else model.within(shares, budget * (1.0 - _ROOM))

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
        first = self._fresh(np.concatenate([np.array(corners), spread]), None)
        if len(first) < 4:
            # Limits on the levers leave little: points are looked for among many.
            many = qmc.Sobol(count, rng=question.seed).random_base2(_MANY)
            first = np.concatenate([first, self._fresh(many, first)[:room]])
        if len(first) < 2:
            written = " and ".join(dict.fromkeys(limit.text for limit in question.limits if not limit.on_metric))
            raise ConfigError(
                f"limits are {written}, and of {1 << _MANY:,} settings of the levers"
                f" {'one holds' if len(first) else 'none holds'} them all; loosen one of them"
            )
        return first[: max(4, self.sizes.evaluations)]

    def _fresh(self, shares: Floats, known: Floats | None, apart: float = SAME) -> Floats:
        """Return plans as they are run, each once, none that is known, none that breaks a limit on levers."""
        rounded = np.round(self.question.rounded(np.clip(shares, 0.0, 1.0)), 9)
        _, first = np.unique(rounded, axis=0, return_index=True)
        rounded = rounded[np.sort(first)]
        good = self.question.allowed(rounded)
        if known is not None and len(known):
            good &= np.abs(rounded[:, None, :] - known[None, :, :]).max(axis=2).min(axis=1) > apart
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
        return self._fresh(shares, self.runs.shares, _NEW)

    def _next(self, model: PlanModel, count: int) -> tuple[Floats, float, float]:
        """Choose the next plans; return them, the largest improvement that is expected, and on what."""
        question = self.question
        candidates = self._candidates(model)
        if len(candidates) == 0:
            return candidates, 0.0, 0.0
        order = best_first(question, self.runs)
        holding = question.holds(self.runs)
        # What the emulator makes of the plans that were run: the best mean of few replicates is too good.
        known = model.mean(self.runs.shares[order[:_NEAR]])[holding[order[:_NEAR]]]
        best = float(known.max()) if known.size else -np.inf
        mean, sd = model.predict(candidates)
        chance = model.chance(candidates)
        # Doing nothing has a regret of its own, and is worth 0 by the mean and in the worst states.
        idle = not question.goal.without_baseline and question.robust != "regret"
        best = max(best, 0.0) if idle else best
        best = best if np.isfinite(best) else float(mean.min())
        gain = expected_improvement(mean, sd, best) * chance
        if not holding.any():
            # Whatever a plan is worth, it has to hold the limits first.
            before = float(question.shortfall(question.excesses(self.runs)).min())
            gain = model.scale * np.maximum(0.0, before - model.shortfall(candidates))
        worth = np.round(gain / model.scale, 9)
        chosen: list[int] = []
        reach = 0.5 * (len(self.runs) + count) ** (-1.0 / len(question.factors))
        for turn in range(min(count, len(candidates))):
            # The last of each batch is where the mean alone is best: the emulator's own answer is always tested.
            last = turn == count - 1 and count > 1 and bool(holding.any())
            by = np.where(chance > 0.5, mean / model.scale, -np.inf) if last and chosen else worth
            at = int(np.argmax(np.where(np.isin(np.arange(len(by)), chosen), -np.inf, by)))
            chosen.append(at)
            away = np.sqrt(((candidates - candidates[at]) ** 2).sum(axis=1))
            worth = np.round(worth * (1.0 - np.exp(-((away / reach) ** 2) / 2.0)), 9)
        return candidates[chosen], float(gain.max()), best


def best_first(question: PlanQuestion, runs: PlanRuns) -> NDArray[np.int64]:
    """Return the numbers of plans, those that hold every limit first, and the best of them first.

    Where none holds them, those that break them least come first.
    """
    score, holds = question.score(question.worth(runs)), question.holds(runs)
    if not holds.any():
        return np.lexsort((-score, question.shortfall(question.excesses(runs))))
    return np.lexsort((-score, ~holds))
