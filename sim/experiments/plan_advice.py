"""PlanAdvice: what surrounds the best plan. How much budget is worth having, the marginal dollar, what would change it.

Everything is simulated on the luck on which the plan's own value is measured, so that differences are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from sim.analysis.paired import NORMAL_WIDTH, Estimate, estimate
from sim.analysis.sampling import Sampling
from sim.experiments.factors import NAMED
from sim.experiments.optimize import Confirmed, Optimum, confirm, fresh_luck

__all__ = ["MovedAssumption", "Interaction", "MarginalDollar", "PlanAdvice", "advise", "response_curve"]

Floats = NDArray[np.float64]

#: Parts of the most that could be spent at which the frontier is asked.
_PARTS = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
#: Share of a lever's range by which it is moved for the marginal dollar.
_STEP = 0.1
_CLOUD = 2**11
#: Assumptions that are moved, and how far: a doubling of a cost, a fifth of a margin, half of an effect.
_ASSUMED: tuple[tuple[str, float, float], ...] = (
    ("effectiveness", 0.5, 1.5),
    ("capability_cost", 0.5, 2.0),
    ("contact_cost", 0.5, 2.0),
    ("margin", 0.8, 1.2),
    ("fatigue", 0.5, 2.0),
    ("privacy_concern", -0.1, 0.1),
    ("product_quality", -0.3, 0.3),
    ("loyalty", -0.5, 0.5),
    ("competitors_answer", 0.0, 1.0),
)


@dataclass(frozen=True, slots=True)
class MarginalDollar:
    """What one more unit of money brings through one lever, at the plan.

    Attributes
    ----------
    lever : int
        Number of the lever.
    step : float
        Share of its range by which it was moved; negative where it stands at its upper end or the budget is used up.
    value : Estimate
        Change in value.
    spent : float
        Change in spending.
    """

    lever: int
    step: float
    value: Estimate
    spent: float

    @property
    def rate(self) -> Estimate:
        """Value of one unit of money more through this lever; undefined where it costs next to nothing."""
        ends = (self.value.mean, self.value.ci_low, self.value.ci_high)
        if abs(self.spent) < 1e-9 or any(end is None for end in ends):
            return Estimate(None, None, None)
        mean, low, high = (end / self.spent for end in ends if end is not None)
        return Estimate(mean, min(low, high), max(low, high))


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two levers together: what raising both adds to the sum of raising each, by the emulator."""

    one: int
    other: int
    size: float
    error: float

    @property
    def is_clear(self) -> bool:
        """Whether the 95 % interval keeps off 0."""
        return abs(self.size) > NORMAL_WIDTH * self.error


@dataclass(frozen=True, slots=True)
class MovedAssumption:
    """What the plan is worth where one assumption differs.

    Attributes
    ----------
    name : str
        Name of the factor.
    low, high : float
        What it was set to.
    values : tuple of Estimate
        Value of the plan at either.
    best : tuple of str
        Which was the best at either: what was chosen, unless a rival plan or doing nothing is shown to be better.
    """

    name: str
    low: float
    high: float
    values: tuple[Estimate, Estimate]
    best: tuple[str, str]

    @property
    def swing(self) -> float:
        """By how much the plan's value moves between the two."""
        return abs((self.values[1].mean or 0.0) - (self.values[0].mean or 0.0))


@dataclass(frozen=True, slots=True)
class PlanAdvice:
    """What surrounds the best plan.

    Attributes
    ----------
    frontier : tuple of Confirmed
        The best plan for each budget, cheapest first, on fresh luck.
    marginal : tuple of MarginalDollar
    interaction : Interaction or None
        The strongest of two levers.
    assumptions : tuple of MovedAssumption
        The one that moves the plan's value most first.
    """

    frontier: tuple[Confirmed, ...]
    marginal: tuple[MarginalDollar, ...]
    interaction: Interaction | None
    assumptions: tuple[MovedAssumption, ...]


def advise(found: Optimum, options: dict[str, Any], replicates: int) -> PlanAdvice:
    """Run what surrounds the best plan.

    Parameters
    ----------
    found : Optimum
    options : dict
        Those of :func:`sim.execution.trials.run_trials`.
    replicates : int
        Of every run.

    Returns
    -------
    PlanAdvice
    """
    return PlanAdvice(
        _frontier(found, options, replicates),
        _marginal(found, options, replicates),
        _interaction(found),
        _assumptions(found, options, max(2, replicates // 2)),
    )


def response_curve(found: Optimum, lever: int, points: int = 41) -> tuple[Floats, Floats, Floats]:
    """Return what the emulator makes of one lever, all others as in the plan.

    Parameters
    ----------
    found : Optimum
    lever : int
        Number of the lever.
    points : int

    Returns
    -------
    tuple of float64 (points,)
        Shares of its range, predicted value, its standard deviation.
    """
    axis = np.linspace(0.0, 1.0, points)
    line = np.repeat(found.best_tried.shares[None, :], points, axis=0)
    line[:, lever] = axis
    return axis, *found.model.predict(line)


def _cloud(found: Optimum) -> Floats:
    inputs = len(found.question.factors)
    spread = qmc.Sobol(inputs, rng=found.question.seed + 3).random_base2(int(np.log2(_CLOUD)))
    edge = np.random.default_rng([found.question.seed, 0xED]).random(spread.shape)
    spread = np.where(edge < 0.2, found.question.nothing, np.where(edge > 0.85, 1.0, spread))
    return np.asarray(np.concatenate([spread, found.runs.shares]))


def _frontier(found: Optimum, options: dict[str, Any], replicates: int) -> tuple[Confirmed, ...]:
    question, model = found.question, found.model
    cloud = _cloud(found)
    cloud = cloud[question.allowed(cloud)]
    if len(cloud) == 0:
        return ()
    most = float(model.spending(np.ones((1, len(question.factors))))[0])
    top = max(most, question.budget or 0.0, found.best_tried.charged)
    best: list[Floats] = []
    for part in _PARTS:
        drawn = model.within(cloud, part * top * 0.998)
        good = drawn[question.allowed(drawn) & (model.spending(drawn) <= part * top)]
        if len(good):
            best.append(good[int(np.argmax(np.round(model.mean(good) / model.scale, 9)))])
    if not best:
        return ()
    plans = question.rounded(np.array(best))
    run = confirm(question, plans, ["frontier"] * len(plans), fresh_luck(replicates), options)
    return tuple(sorted(run, key=lambda item: item.spent))


def _marginal(found: Optimum, options: dict[str, Any], replicates: int) -> tuple[MarginalDollar, ...]:
    question, plan = found.question, found.best_tried
    moved, steps = [plan.shares], []
    for lever in range(len(question.factors)):
        step = _STEP if plan.shares[lever] <= 1.0 - _STEP else -_STEP
        point = plan.shares.copy()
        point[lever] = np.clip(point[lever] + step, 0.0, 1.0)
        moved.append(point)
        steps.append(step)
    shares = question.rounded(np.array(moved))
    at, *others = confirm(question, shares, [""] * len(shares), fresh_luck(replicates), options)
    return tuple(
        MarginalDollar(lever, step, other.gain(at), other.spent - at.spent)
        for lever, (step, other) in enumerate(zip(steps, others, strict=True))
    )


def _interaction(found: Optimum) -> Interaction | None:
    """Return the two levers that do most together beyond what each does alone, from doing nothing to the plan."""
    question, plan = found.question, found.best_tried.shares
    nothing = question.nothing
    moved = [lever for lever in range(len(plan)) if abs(plan[lever] - nothing[lever]) > 1e-6]
    best: Interaction | None = None
    for one, other in combinations(moved, 2):
        corners = np.repeat(plan[None, :], 4, axis=0)
        corners[1, one] = nothing[one]
        corners[2, other] = nothing[other]
        corners[3, one], corners[3, other] = nothing[one], nothing[other]
        means, errors = found.model.predict(corners)
        both, without_one, without_other, neither = means
        size = float(both - without_one - without_other + neither)
        # Errors of neighbouring predictions are alike and cancel in part: this one is rather too large.
        found_here = Interaction(one, other, size, float(np.sqrt((errors**2).sum())))
        if best is None or (found_here.is_clear, abs(size)) > (best.is_clear, abs(best.size)):
            best = found_here
    return best


def _assumptions(found: Optimum, options: dict[str, Any], replicates: int) -> tuple[MovedAssumption, ...]:
    question, plan = found.question, found.best_tried
    nothing = question.nothing
    rivals = {"the plan": plan.shares, "half of the plan": nothing + 0.5 * (plan.shares - nothing)}
    # A plan that breaks the budget or a limit as assumed is no rival.
    rivals |= {rule.name: rule.shares for rule in found.rules if rule.holds}
    others = [item.shares for item in found.alternatives if item.holds]
    if others:
        far = max(others, key=lambda shares: float(np.abs(shares - plan.shares).max()))
        rivals["another finalist"] = far
    shares = question.rounded(np.array(list(rivals.values())))
    taken = {path for factor in question.factors for path, _ in factor.paths}
    found_all, luck = [], fresh_luck(replicates)
    (assumed,) = confirm(question, shares[:1], ["the plan"], luck, options)
    for name, low, high in _ASSUMED:
        if name not in NAMED:
            continue
        paths = NAMED[name].paths(question.scenario, question.arm)
        if not paths or {path for path, _ in paths} & taken or name in {factor.name for factor in question.factors}:
            continue
        ends = []
        for number in (low, high):
            values = {path: number * weight for path, weight in paths}
            runs = question.run(shares, luck, values=values, **options)
            worth = question.worth(runs)
            moved = _moved(plan.value, estimate(worth[0] - assumed.worth))
            if moved is None:
                moved = estimate(worth[0], Sampling(control=question.control(shares[0], luck, values)))
            may = question.holds(runs)
            may[0] = may[0] or plan.holds
            ends.append((moved, _best(found, worth, list(rivals), may)))
        found_all.append(MovedAssumption(name, low, high, (ends[0][0], ends[1][0]), (ends[0][1], ends[1][1])))
    return tuple(sorted(found_all, key=lambda item: -item.swing))


def _moved(value: Estimate, change: Estimate) -> Estimate | None:
    """Return a value after a change that was measured beside it; None where one of them is not known.

    Examples
    --------
    >>> _moved(Estimate(10.0, 7.0, 13.0), Estimate(-5.0, -9.0, -1.0))
    Estimate(mean=5.0, ci_low=0.0, ci_high=10.0)
    """
    if value.mean is None or value.ci_low is None or value.ci_high is None:
        return None
    if change.mean is None or change.ci_low is None or change.ci_high is None:
        return None
    mean = value.mean + change.mean
    below = hypot(value.mean - value.ci_low, change.mean - change.ci_low)
    return Estimate(mean, mean - below, mean + hypot(value.ci_high - value.mean, change.ci_high - change.mean))


def _best(found: Optimum, worth: Floats, rivals: list[str], may: NDArray[np.bool_]) -> str:
    """Return which plan is the best: the one chosen, unless another, or doing nothing, is shown to be better.

    Parameters
    ----------
    found : Optimum
    worth : float64 (n, R)
        Value of every run, of the plan first.
    rivals : list of str
        Names of the plans.
    may : bool (n,)
        Which keep the budget and every limit; a plan that does so as assumed always may.
    """
    question = found.question
    if not may.any():
        return rivals[0] if question.goal.without_baseline else "do nothing"
    top = int(np.argmax(np.where(may, question.score(worth), -np.inf)))
    if not found.nothing and not _surely(worth[top] - worth[0]):
        top = 0
    if question.goal.without_baseline:
        return rivals[top]
    idle = not _surely(worth[top]) if found.nothing else _surely(-worth[top])
    return "do nothing" if idle else rivals[top]


def _surely(gain: Floats) -> bool:
    low = estimate(gain).ci_low
    return low is not None and low > 0.0
