"""Plan: a setting of the levers that a company can choose, what it is worth, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, TypedCost
from sim.analysis.control_variate import ControlVariate
from sim.analysis.metrics import HIGHEST_YEAR
from sim.execution.chunk import RUN_METRICS
from sim.execution.trials import Trial, run_trials
from sim.experiments.controls import difference_control
from sim.experiments.factor_response import TrialOptions
from sim.experiments.plan_limit import PLAN_METRICS, SPENT, PlanLimit, less_is_better, plan_figure
from sim.experiments.scoped_lever import lever_base
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Factor
from sim.scenario.resolved import Plan
from sim.scenario.scenario import Scenario
from sim.scenario.schema import show

__all__ = ["BUDGET_PER", "ROBUST", "Goal", "PlanQuestion", "PlanRuns", "planned", "read_budget", "read_goal"]

Floats = NDArray[np.float64]

#: What a plan is judged by over states of the world: the mean; the mean of the worst tenth; the worst regret.
ROBUST: tuple[str, ...] = ("mean", "worst_tenth", "regret")
#: What a budget may be for.
BUDGET_PER: tuple[str, ...] = ("horizon", "year")
_LARGEST_BUDGET = 1e15
#: Standard deviations of one run by which expected spending stays below a budget.
_MARGIN = 4.0
#: Levers that cost nothing where they stand at their lower end.
_PRICED = (*CAPABILITIES, "contact_rate", "prospect_contact_rate", "capability_level")


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted: a metric, or a mix of several with their weights.

    Attributes
    ----------
    weights : mapping of str to float
        By metric; negative where less is wanted.
    name : str
        As it was given; a mix is called so.
    """

    weights: Mapping[str, float]
    name: str

    @property
    def without_baseline(self) -> bool:
        """Whether it is a figure of the plan itself rather than a difference to the baseline."""
        return bool({"payback_week", SPENT} & set(self.weights))

    def values(self, arm: Floats, baseline: Floats, never: float) -> Floats:
        """Return what runs are worth.

        Parameters
        ----------
        arm, baseline : float64 (..., len(RUN_METRICS))
        never : float
            Stands for a payback week that is not reached.

        Returns
        -------
        float64 (...)
        """
        total = np.zeros(arm.shape[:-1])
        for metric, weight in self.weights.items():
            found = plan_figure(arm, metric, never)
            if not self.without_baseline:
                found = found - plan_figure(baseline, metric, never)
            total = total + weight * found
        return np.asarray(total)


def read_goal(data: object) -> Goal:
    """Read a goal: the name of a metric, or a mapping of metrics to weights.

    Raises
    ------
    ConfigError
        If a metric is unknown or a weight is no number.

    Examples
    --------
    >>> dict(read_goal("payback_week").weights)
    {'payback_week': -1.0}
    """
    if isinstance(data, str):
        if data not in PLAN_METRICS:
            raise ConfigError(f"goal is {show(data)}; {suggest(data, PLAN_METRICS, 'give one of')}")
        return Goal({data: -1.0 if less_is_better(data) else 1.0}, data)
    if not isinstance(data, Mapping) or not data:
        raise ConfigError(f"goal is {show(data)}; give a metric, or a mapping of metrics to weights")
    for metric, weight in data.items():
        if metric not in PLAN_METRICS:
            raise ConfigError(f"goal names {show(metric)}; {suggest(str(metric), PLAN_METRICS, 'give one of')}")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not np.isfinite(weight) or weight == 0:
            raise ConfigError(f"goal.{metric} is {show(weight)}; give the weight of a unit of it, not 0")
    if len(data) > 1 and {"payback_week", SPENT} & set(data):
        raise ConfigError("goal mixes payback_week or spent with others; give it alone, and the others as limits")
    return Goal({str(name): float(weight) for name, weight in data.items()}, "mix")


def read_budget(data: object) -> tuple[float | None, str]:
    """Read a budget: an amount for the whole horizon, `80_000/year`, or a mapping of `amount` and `per`.

    Returns
    -------
    tuple of float and str
        The amount, None without any, and one of `BUDGET_PER`.

    Raises
    ------
    ConfigError
        If it cannot be read.

    Examples
    --------
    >>> read_budget(100_000), read_budget("80_000/year"), read_budget({"amount": "80_000", "per": "year"})
    ((100000.0, 'horizon'), (80000.0, 'year'), (80000.0, 'year'))
    """
    if data is None:
        return None, BUDGET_PER[0]
    amount, per = data, BUDGET_PER[0]
    written = TypedCost.of_text(data) if isinstance(data, str) else None
    if written is not None:
        amount, per = written["amount"], written["every"]
    elif isinstance(data, Mapping):
        for key in data:
            if key not in ("amount", "per"):
                raise ConfigError(f"budget has unknown key {show(key)}; accepted: amount, per")
        amount, per = data.get("amount"), data.get("per", per)
    if per not in BUDGET_PER:
        raise ConfigError(f"budget is per {show(per)}; {suggest(str(per), BUDGET_PER, 'give one of')}")
    digits = amount.replace("_", "") if isinstance(amount, str) else ""
    number = float(digits) if digits.replace(".", "", 1).isdecimal() else amount
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0.0 <= number <= _LARGEST_BUDGET:
        raise ConfigError(
            f"budget is {show(data)}; give an amount from 0 to {_LARGEST_BUDGET:.0e}, such as 100_000, 80_000/year or"
            " {amount: 80_000, per: year}"
        )
    return float(number), str(per)


@dataclass(frozen=True, slots=True)
class PlanRuns:
    """Runs of plans.

    Attributes
    ----------
    shares : float64 (n, k)
        The plans, as shares of the levers' ranges.
    arm, baseline : float64 (n, R, len(RUN_METRICS))
        Figures of every run.
    """

    shares: Floats
    arm: Floats
    baseline: Floats

    def __len__(self) -> int:
        return len(self.shares)

    def joined(self, other: PlanRuns) -> PlanRuns:
        """Return these plans and those of another."""
        parts = zip((self.shares, self.arm, self.baseline), (other.shares, other.arm, other.baseline), strict=True)
        return PlanRuns(*(np.concatenate(pair) for pair in parts))


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What is asked: which setting of the levers reaches a goal best within a budget and limits.

    Attributes
    ----------
    scenario : Scenario
        With the baseline and the arm.
    arm : str
    factors : tuple of Factor
        The levers.
    goal : Goal
    budget : float or None
        Most that may be spent, in money.
    limits : tuple of PlanLimit
    robust : str
        One of `ROBUST`.
    states : tuple of mapping
        States of the world by dotted key, among which nobody knows the right one; one empty mapping where none are.
    seed : int
    budget_per : str
        One of `BUDGET_PER`: whether the budget is for the whole horizon or for each year of it.
    mean_states : tuple of mapping
        States over which the mean is taken for the plan that a robust one is held against; empty: `states`.
    """

    scenario: Scenario
    arm: str
    factors: tuple[Factor, ...]
    goal: Goal
    budget: float | None
    limits: tuple[PlanLimit, ...]
    robust: str
    states: tuple[Mapping[str, Any], ...]
    seed: int
    budget_per: str = "horizon"
    mean_states: tuple[Mapping[str, Any], ...] = ()

    @property
    def nominal(self) -> PlanQuestion:
        """The same question, judged by the mean."""
        return replace(self, robust="mean", states=self.mean_states or self.states, mean_states=())

    @property
    def never(self) -> float:
        """Stands for a payback week that is not reached."""
        return 2.0 * self.scenario.horizon

    @property
    def own(self) -> Floats:
        """The scenario's own plan, (k,)."""
        return np.array([factor.own_share for factor in self.factors])

    @property
    def nothing(self) -> Floats:
        """The levers with everything that costs at its lower end, (k,)."""
        return np.array([self._least(factor) for factor in self.factors])

    def _least(self, factor: Factor) -> float:
        names = lever_base(factor.name), factor.name.rpartition(".")[2]
        priced = any(name in (*_PRICED, "customers", "prospects") for name in names)
        return factor.share(max(0.0, factor.low)) if priced else factor.own_share

    def settings(self, shares: Floats) -> dict[str, float]:
        """Return the number of every lever of one plan."""
        return {factor.name: factor.at(share) for factor, share in zip(self.factors, shares.tolist(), strict=True)}

    def rounded(self, shares: Floats) -> Floats:
        """Return plans (n, k) as they are run: a setting may be rounded, to cents or whole weeks."""
        return np.array(
            [
                [factor.share(float(factor.at(share))) for factor, share in zip(self.factors, point, strict=True)]
                for point in shares
            ]
        ).reshape(-1, len(self.factors))

    def allowed(self, shares: Floats) -> NDArray[np.bool_]:
        """Say which plans (n, k) hold the limits on the levers themselves."""
        levers = {
            factor.name: np.array([float(factor.at(share)) for share in shares[:, lever]])
            for lever, factor in enumerate(self.factors)
        }
        good = np.ones(len(shares), dtype=bool)
        for limit in self.limits:
            if not limit.on_metric:
                good &= limit.excess_of_levers(levers) <= 1e-9
        return good

    def run(
        self,
        shares: Floats,
        replicates: range,
        *,
        values: Mapping[str, Any] | None = None,
        **options: Unpack[TrialOptions],
    ) -> PlanRuns:
        """Run plans on luck that they share.

        Parameters
        ----------
        shares : float64 (n, k)
        replicates : range
            Replicate r meets state r modulo the number of states.
        values : mapping, optional
            Assumptions that differ, by dotted key.
        **options
            Those of :func:`sim.execution.trials.run_trials`.

        Returns
        -------
        PlanRuns

        Raises
        ------
        ConfigError
            If a run failed.
        """
        wanted = self._groups(replicates)
        trials = [trial for point in shares for trial in self._trials(point, wanted, values)]
        found = np.empty((2, len(shares), len(replicates), len(RUN_METRICS)))
        for number, outcome in enumerate(run_trials(trials, **options)):
            point, at = divmod(number, len(wanted))
            if outcome.error:
                raise ConfigError(f"a plan could not be run: {outcome.error}")
            columns = [replicates.index(replicate) for replicate in wanted[at][1]]
            for row, name in enumerate((self.arm, self.scenario.baseline)):
                found[row, point, columns] = outcome.metrics[outcome.arms.index(name), :, 0]
        return PlanRuns(np.array(shares), found[0], found[1])

    def _groups(self, replicates: range) -> list[tuple[int, tuple[int, ...]]]:
        """Return the replicates that meet each state, without states that none meets."""
        states = len(self.states)
        groups = [tuple(r for r in replicates if r % states == state) for state in range(states)]
        return [(state, group) for state, group in enumerate(groups) if group]

    def _trials(
        self, point: Floats, groups: Sequence[tuple[int, tuple[int, ...]]], values: Mapping[str, Any] | None
    ) -> list[Trial]:
        """Return what is run of one plan, by state."""
        plan = {
            path: number
            for factor, share in zip(self.factors, point.tolist(), strict=True)
            for path, number in factor.values(factor.at(share)).items()
        }
        return [
            Trial(self.scenario, self.seed, group, {**plan, **self.states[state], **(values or {})})
            for state, group in groups
        ]

    def control(
        self, point: Floats, replicates: range, values: Mapping[str, Any] | None = None
    ) -> ControlVariate | None:
        """Return the company's luck in the runs of one plan, as the control variate of what they are worth.

        Parameters
        ----------
        point : float64 (k,)
            The plan, as shares of the levers' ranges.
        replicates : range
        values : mapping, optional
            As for :meth:`run`.

        Returns
        -------
        ControlVariate or None
            None where no company experiments, or where spending is the goal: that is what it is.
        """
        if self.goal.name == SPENT:
            return None
        surprise, variances = np.zeros(len(replicates)), []
        for trial in self._trials(point, self._groups(replicates), values):
            found = difference_control(trial.resolved, self.arm, self.seed, trial.replicates)
            if found is not None:
                surprise[[replicates.index(number) for number in trial.replicates]] = found.surprise
                variances.append(found.variance)
        return ControlVariate(surprise, float(np.mean(variances))) if variances else None

    def worth(self, runs: PlanRuns) -> Floats:
        """Return the value of every run, (n, R): the goal, as a difference to the baseline where it is one."""
        return self.goal.values(runs.arm, runs.baseline, self.never)

    def score(self, worth: Floats) -> Floats:
        """Return by what plans are judged, (n,): mean, mean of the worst tenth, or the worst regret, negative.

        The regret is beside the best of these plans in each state, and doing nothing where the goal is a difference to
        it.
        """
        if self.robust == "mean":
            return np.asarray(worth.mean(axis=1))
        states = self.by_state(worth)
        if self.robust == "worst_tenth":
            worst = max(1, round(states.shape[1] / 10.0))
            return np.asarray(np.sort(states, axis=1)[:, :worst].mean(axis=1))
        best = states.max(axis=0)
        if not self.goal.without_baseline:
            best = np.maximum(best, 0.0)
        return np.asarray(-(best - states).max(axis=1))

    def by_state(self, worth: Floats) -> Floats:
        """Return the mean over the replicates of each state, (n, S)."""
        states = len(self.states)
        return np.stack([worth[:, state::states].mean(axis=1) for state in range(min(states, worth.shape[1]))], axis=1)

    def spending(self, runs: PlanRuns) -> Floats:
        """Return what every run spends, (n, R), in money."""
        return plan_figure(runs.arm, SPENT, self.never)

    def charged(self, runs: PlanRuns) -> Floats:
        """Return what every run spends of its budget, (n, R), in money: in all, or in the year that costs most."""
        return plan_figure(runs.arm, HIGHEST_YEAR if self.budget_per == "year" else SPENT, self.never)

    def most_spent(self, runs: PlanRuns) -> Floats:
        """Return what a plan is held to spend at most, (n,): the most of any run, and four standard deviations.

        In all, or in the year that costs most where the budget is for each year.
        """
        spent = self.charged(runs)
        return np.asarray(np.maximum(spent.max(axis=1), spent.mean(axis=1) + _MARGIN * spent.std(axis=1)))

    def excesses(self, runs: PlanRuns) -> Floats:
        """Return by how much plans break the budget and each limit on a metric, (limits, n); at most 0 where held."""
        rows = [] if self.budget is None else [self.most_spent(runs) - self.budget]
        rows += [limit.excess(runs.arm, self.never) for limit in self.limits if limit.on_metric]
        return np.stack(rows) if rows else np.zeros((0, len(runs)))

    @property
    def allowances(self) -> Floats:
        """How large what the budget and each limit on a metric allow is, (limits,), as a scale of what breaks them."""
        sizes = [] if self.budget is None else [self.budget]
        sizes += [abs(float(limit.right)) for limit in self.limits if limit.on_metric]
        return np.array([size or 1.0 for size in sizes])

    def shortfall(self, excesses: Floats) -> Floats:
        """Return by how much plans break the budget and limits in all, each as a part of what is allowed, (n,).

        Parameters
        ----------
        excesses : float64 (limits, n)
            Those of :meth:`excesses`.

        Returns
        -------
        float64 (n,)
        """
        return np.asarray((np.maximum(excesses, 0.0) / self.allowances[:, None]).sum(axis=0))

    def holds(self, runs: PlanRuns) -> NDArray[np.bool_]:
        """Say which plans keep the budget and every limit."""
        return np.asarray((self.excesses(runs) <= 0.0).all(axis=0) & self.allowed(runs.shares))


def planned(question: PlanQuestion, shares: Floats) -> Plan:
    """Return the focal brand's journey and strategy in a plan.

    Parameters
    ----------
    question : PlanQuestion
    shares : float64 (k,)

    Returns
    -------
    Plan
    """
    settings = {
        path: value
        for factor, share in zip(question.factors, shares.tolist(), strict=True)
        for path, value in factor.values(factor.at(share)).items()
    }
    changed = with_values(question.scenario, settings)
    return changed.arms[question.arm].plans[changed.market.focal]
