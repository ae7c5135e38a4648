"""Optimize: where to put the next dollar, and what competitors do when it is put there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents.quantity import choice, quantity, whole
from sim.calibration.ensemble import Ensemble, chosen_ensemble
from sim.experiments.answers import pick_competitor
from sim.experiments.arm_metrics import pick_arm
from sim.experiments.factors import NAMED, choose_factors, isolate_arm, written_ranges
from sim.experiments.plan import ROBUST, PlanQuestion, planned, read_budget, read_goal
from sim.experiments.plan_limit import SPENT, read_limits
from sim.experiments.plan_search import SearchSizes
from sim.experiments.plan_states import plan_states
from sim.number_format import counted
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.factor import Factor
from sim.scenario.resolved import Plan, Record
from sim.scenario.schema import plain, read_name, show
from sim.terminal import say
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from agents.strategies import Strategy
    from sim.experiments.answers import Answers
    from sim.experiments.optimize import Optimum
    from sim.experiments.plan import PlanRuns
    from sim.results.answer import Answer

__all__ = ["COMMAND", "DEFAULT_LEVERS", "OptimizeKeys"]

#: Levers that are moved where none are named.
DEFAULT_LEVERS: tuple[str, ...] = ("automation", "personalization", "context", "innovation", "contact_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizeKeys:
    """What is asked and how much is spent on it."""

    arm: str | None = quantity("the arm in question; null: the first not the baseline", default=None, optional=True)
    levers: Any = quantity("levers with their ranges; null: the usual ones", default=None)
    budget: Any = quantity("most that is spent over the horizon, or a year: 80_000/year", default=None)
    goal: Any = quantity("a metric, or a mapping of metrics to weights", default="npv")
    limits: Any = quantity("what a plan must hold", default=None)
    robust: str = choice("mean", ROBUST, "what a plan is judged by over the doubt in effects")
    doubt: Any = quantity("range of the effectiveness where the strategy states none", default=None)
    ensemble: Any = quantity("near-best fits of the market, by name or written out; none: one market", default=None)
    save_as: str | None = quantity("name of the strategy that is written", default=None, optional=True)
    evaluations: int = whole(96, 8, 100_000, "plans tried at most")
    batch: int = whole(4, 1, 1000, "plans chosen at once")
    confirm: int = whole(32, 4, 10_000, "replicates of fresh luck")
    answer: bool = quantity("let a competitor answer the plan", default=False)
    competitor: str | None = quantity("who answers; null: the best known", default=None, optional=True)
    strategies: Any = quantity("strategies that it may follow beside the plan and the scenario's own", default=None)
    lags: Any = quantity("weeks after which it can follow", default=(26, 52))
    advice: bool = quantity("run what surrounds the plan", default=True)


def _prepare(job: Job[OptimizeKeys, None]) -> PlanQuestion:
    keys, scenario, settings = job.keys, job.scenario, job.settings
    goal = read_goal(keys.goal)
    budget, budget_per = read_budget(keys.budget)
    if settings.replicates < 2:
        raise ConfigError("replicates is 1; give at least 2, so that luck can be told from the levers")
    arm = pick_arm(scenario, keys.arm)
    # What is recorded of single customers costs time, and no metric of many arms needs it.
    small = isolate_arm(replace(scenario, record=Record(customers=False, events=0, lives=0)), arm, keys.levers or [])
    wanted = keys.levers
    if wanted is None:
        wanted = [name for name in DEFAULT_LEVERS if NAMED[name].paths(small, arm)]
    factors = choose_factors(wanted, small, arm, names=DEFAULT_LEVERS)
    if keys.save_as is not None:
        read_name(keys.save_as, "the strategy", key="save_as")
    from sim.analysis.emulator import check_installed

    check_installed()
    _check_answers(job)
    ensemble = chosen_ensemble(keys.ensemble, small, job.config_path)
    _check_levers(factors, ensemble, small.horizon)
    states, by_mean = (
        plan_states(small, arm, keys.doubt, robust, settings.seed, settings.replicates, ensemble)
        for robust in (keys.robust, ROBUST[0])
    )
    limits = read_limits(keys.limits, factors, small.step)
    if set(goal.weights) == {SPENT} and not limits:
        raise ConfigError(
            "goal is 'spent', the least that reaches a limit, and limits is empty: doing nothing spends nothing; give"
            " one, such as 'limits=[payback_week <= 52]'"
        )
    return PlanQuestion(
        small, arm, factors, goal, budget, limits, keys.robust, states, settings.seed, budget_per, by_mean
    )


def _run(job: Job[OptimizeKeys, PlanQuestion], session: Session) -> Answer:
    """Search, confirm and say what to do."""
    from sim.experiments.optimize import optimize
    from sim.experiments.plan_advice import advise
    from sim.reports.optimize import optimize_document, optimize_lines, optimize_summary
    from sim.results.answer import Answer
    from sim.results.plan import plans_table

    keys, question = job.keys, job.plan
    sizes = SearchSizes(keys.evaluations, keys.batch, job.settings.replicates, keys.confirm)
    progress = session.run_progress(_expected_runs(question, sizes), f"optimize {job.scenario.name}")
    options = {
        "executor": session.executor(),
        "store": session.store(),
        "on_done": progress.tell,
        "engine": job.settings.engine,
    }
    best = _BestSoFar(question)
    try:
        found = optimize(question, sizes, options, best.tell)
        advice = advise(found, options, max(4, keys.confirm // 2)) if keys.advice else None
        answers = _answers(job, found, options) if keys.answer else None
    except KeyboardInterrupt:
        if not job.settings.quiet:
            say(*best.lines())
        raise
    lines = optimize_lines(found, advice, answers)
    return Answer(
        name=job.scenario.name,
        config=job.config({**plain(keys), **_said(job)}),
        summary={**optimize_summary(found, advice, answers), "verdict": "\n".join(lines)},
        tables={"plans": [plans_table(found)]},
        files=_writer(found, keys.save_as),
        report=optimize_document(found, advice, lines, answers),
        manifest={
            "scenario": job.scenario.name,
            "plans": len(found.runs),
            "runs": progress.lived + progress.held,
            "customer_weeks": progress.customer_weeks,
        },
        lines=lines,
        commands=_commands(keys.save_as, found, job.scenario.name),
    )


def _answers(job: Job[OptimizeKeys, PlanQuestion], found: Optimum, options: dict[str, Any]) -> Answers:
    """Let a competitor answer the best plan that spends money."""
    from sim.experiments.answers import BrandChoice, answer, copies

    keys, question = job.keys, job.plan
    scenario = question.scenario
    own = scenario.arms[question.arm].plans[scenario.market.focal]
    plans = {"the plan": planned(question, found.best_tried.shares)}
    if not found.is_own:
        plans["the scenario's own"] = own
    lags = [int(lag) for lag in keys.lags]
    # The focal brand keeps its own budget and limits; the competitor's are not known.
    may = plans if found.own_holds else {"the plan": plans["the plan"]}
    first = [BrandChoice("waits", None), *(BrandChoice(name, plan) for name, plan in may.items())]
    second = [BrandChoice("waits", None), *(copy for name, plan in plans.items() for copy in copies(plan, name, lags))]
    for name, strategy in _stated(job).items():
        second += copies(Plan(journey=own.journey, strategy=strategy), name, lags)
    # Who would start behind the horizon does what waiting does.
    second = [one for one in second if one.plan is None or one.plan.strategy.start_week < scenario.horizon]
    return answer(
        scenario,
        pick_competitor(scenario, keys.competitor),
        (first, second),
        metric="npv",
        seed=question.seed,
        replicates=keys.confirm,
        fresh=keys.confirm,
        options=options,
    )


def _stated(job: Job[OptimizeKeys, Any]) -> dict[str, Strategy]:
    """Return the strategies that the competitor may follow, by name."""
    names = job.keys.strategies or []
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"strategies is {show(names)}; give names of files in strategy/, such as [all_four]")
    arm = next(name for name in job.scenario.arms if name != job.scenario.baseline)
    found = {}
    for name in names:
        try:
            changed = with_values(job.scenario, {f"arms.{arm}.focal.strategy": name}, config_path=job.config_path)
        except ConfigError as error:
            raise ConfigError(f"strategies names {show(name)}, and so {error}") from error
        found[name] = changed.arms[arm].plans[changed.market.focal].strategy
    return found


def _check_answers(job: Job[OptimizeKeys, Any]) -> None:
    keys = job.keys
    lags = keys.lags
    if not isinstance(lags, list | tuple) or not lags:
        raise ConfigError(f"lags is {show(lags)}; give whole numbers of steps, such as [26, 52]")
    if wrong := [lag for lag in lags if type(lag) is not int or not 0 <= lag <= 65_000]:
        raise ConfigError(f"lags holds {show(wrong[0])}; give whole numbers of steps from 0 to 65000, such as [26, 52]")
    if keys.answer:
        pick_competitor(job.scenario, keys.competitor)
        _stated(job)
        horizon, step = job.scenario.horizon, job.scenario.step
        if min(lags) >= horizon:
            raise ConfigError(
                f"lags is [{', '.join(map(str, lags))}], and the horizon has {counted(horizon, step)}: nobody follows"
                " within it; give fewer, or a longer horizon"
            )


def _said(job: Job[OptimizeKeys, PlanQuestion]) -> dict[str, Any]:
    """Return what was chosen where a key was left out, as the configuration of the result says it."""
    question = job.plan
    ensemble = chosen_ensemble(job.keys.ensemble, question.scenario, job.config_path)
    fits = {} if ensemble is None else {"ensemble": ensemble.plain()}
    return {"arm": question.arm, "levers": written_ranges(question.factors), **fits}


def _check_levers(factors: tuple[Factor, ...], ensemble: Ensemble | None, horizon: int) -> None:
    """Refuse a lever without effect: one that a near-best fit of the market sets, or a start after the end."""
    for factor in factors:
        if factor.name == "start_week" and factor.low >= horizon:
            raise ConfigError(
                f"levers.start_week begins at {factor.low:g}, beyond the horizon of {horizon} steps;"
                " give an earlier one"
            )
        for path, _ in factor.paths:
            if ensemble is not None and path in ensemble.paths:
                raise ConfigError(
                    f"levers names {factor.name}, which the ensemble {ensemble.name!r} sets; leave it out, or give"
                    " ensemble=none"
                )


def _writer(found: Optimum, save_as: str | None) -> Any:
    if save_as is None:
        return None
    from sim.results.plan import write_strategy

    return lambda folder: write_strategy(found, save_as, folder)


def _commands(save_as: str | None, found: Optimum, scenario: str) -> tuple[str, ...]:
    if save_as is None:
        return ()
    place = f"arms.{found.question.arm}.focal.strategy"
    return (f"journey compare --config-dir RESULT/config scenario={scenario} {place}={save_as}",)


def _expected_runs(question: PlanQuestion, sizes: SearchSizes) -> int:
    runs = sizes.evaluations * sizes.replicates + 36 * sizes.replicates + 10 * sizes.confirm
    return runs if question.robust == "mean" else 2 * runs


class _BestSoFar:
    """The best plan while the search goes on, for whoever stops it."""

    def __init__(self, question: PlanQuestion) -> None:
        self._question = question
        self._runs: PlanRuns | None = None

    def tell(self, runs: PlanRuns) -> None:
        """Take note of plans that were run."""
        self._runs = runs if self._runs is None else self._runs.joined(runs)

    def lines(self) -> list[str]:
        """Say what was found so far."""
        from sim.experiments.plan_search import best_first

        if self._runs is None:
            return ["Stopped before a plan was run; the same command goes on with the runs that were finished."]
        at = int(best_first(self._question, self._runs)[0])
        settings: Mapping[str, float] = self._question.settings(self._runs.shares[at])
        words = ", ".join(f"{name} {value:.3g}" for name, value in settings.items())
        return [
            f"Stopped after {len(self._runs)} plans. The best of them so far, not confirmed on fresh luck: {words}.",
            "The same command goes on where this one stopped.",
        ]


COMMAND = Command(keys=OptimizeKeys, prepare=_prepare, run=_run)
