"""Optimize: where the next dollar goes. The best plan within a budget, confirmed on fresh luck.

1. Search on luck that all plans share (:mod:`sim.experiments.plan_search`).
2. The best dozen race with the rules of thumb on more of that luck (:mod:`sim.experiments.plan_race`).
3. The best five and the rules are run on fresh luck, and the best is chosen by all luck; doing nothing is chosen where
   the fresh luck shows no gain.
4. The one chosen is run again on luck that chose nothing: its value and interval are what is promised.

Over a doubt, the plan that is best on average is found first, in this way, and is a candidate: another one is chosen
only where it is shown to stand better (:mod:`sim.experiments.robust_choice`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.control_variate import ControlVariate
from sim.analysis.paired import Estimate, estimate
from sim.analysis.sampling import Sampling
from sim.execution.chunk import RUN_METRICS
from sim.experiments.plan import PlanQuestion, PlanRuns
from sim.experiments.plan_limit import SPENDING, plan_figure
from sim.experiments.plan_race import PlanRace
from sim.experiments.plan_search import SAME, PlanModel, PlanSearch, SearchSizes, best_first
from sim.experiments.robust_choice import enough_luck, robust_choice

__all__ = ["Confirmed", "Optimum", "confirm", "fresh_luck", "optimize"]

Floats = NDArray[np.float64]

#: Replicates of the fresh luck on which a plan is chosen, and of that on which its value is measured, begin here.
_CONFIRM, _VALUE = 100_000, 200_000
#: The rule of thumb that every budget has.
_SPLIT = "equal split of the budget"
#: What is added to the name of another one that spends less than it would without a budget.
_DRAWN = ", drawn back to the budget"
#: What doing nothing is called.
_IDLE = "do nothing"
#: How many plans are kept in the end.
_BEST = 5
#: Part of a budget to which a rule of thumb is drawn back: what a run spends varies, and the most of it counts.
_RULE_ROOM = 0.95
#: How often the way is halved that a rule of thumb is drawn back further, where it spends more than the emulator said.
_HALVED = 5


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A plan on fresh luck.

    Attributes
    ----------
    name : str
        What it is: the plan, an alternative, or a rule of thumb.
    shares : float64 (k,)
    worth : float64 (R,)
        Value of every run.
    score : float
        What it is judged by.
    spent, charged, most_spent : float
        Mean spending, that of it which counts against the budget, and what this is held to be at most.
    parts : mapping of str to float
        Spending by kind.
    holds : bool
        Whether it keeps the budget and every limit.
    limited : tuple of Estimate
        What it has of each metric that is limited.
    shortfall : float
        By how much it breaks the budget and limits in all, as parts of what is allowed.
    control : ControlVariate, optional
        The company's luck in every run.
    """

    name: str
    shares: Floats
    worth: Floats
    score: float
    spent: float
    charged: float
    most_spent: float
    parts: Mapping[str, float]
    holds: bool
    limited: tuple[Estimate, ...] = ()
    shortfall: float = 0.0
    control: ControlVariate | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether it is the baseline itself, not a plan."""
        return self.name == _IDLE

    @property
    def value(self) -> Estimate:
        """Mean value with its 95 % interval, the company's luck taken out."""
        return estimate(self.worth, Sampling(control=self.control))

    def gain(self, other: Confirmed) -> Estimate:
        """Return by how much it is worth more than another plan on the same luck, with the 95 % interval."""
        return estimate(self.worth - other.worth, Sampling(control=self.control or other.control))


@dataclass(frozen=True, slots=True)
class Optimum:
    """What a search for the best plan found.

    Attributes
    ----------
    question : PlanQuestion
    sizes : SearchSizes
    runs : PlanRuns
        Every plan of the search.
    model : PlanModel
        Emulators fitted to them.
    plan : Confirmed
        The plan chosen, on luck that chose nothing; doing nothing where `nothing` is true.
    nothing : bool
    best_tried : Confirmed
        The best plan with any spending, the same as `plan` where that is chosen.
    alternatives : tuple of Confirmed
        The best five, on the luck that chose among them.
    rules : tuple of Confirmed
        Rules of thumb, on the luck of `plan`.
    nominal : Confirmed or None
        Where judged by more than the mean: what is chosen by the mean, a plan or doing nothing, on the luck of `plan`.
    """

    question: PlanQuestion
    sizes: SearchSizes
    runs: PlanRuns
    model: PlanModel
    plan: Confirmed
    nothing: bool
    best_tried: Confirmed
    alternatives: tuple[Confirmed, ...]
    rules: tuple[Confirmed, ...]
    nominal: Confirmed | None

    @property
    def is_own(self) -> bool:
        """Whether the best plan with any spending is the scenario's own."""
        own = self.question.rounded(self.question.own[None, :])[0]
        return bool(np.array_equal(self.best_tried.shares, own))

    @property
    def own_holds(self) -> bool:
        """Whether the scenario's own plan keeps the budget and every limit."""
        own = self.question.rounded(self.question.own[None, :])[0]
        tried = np.flatnonzero(np.abs(self.runs.shares - own).max(axis=1) <= SAME)
        # It is always tried, unless it breaks a limit on the levers.
        return bool(tried.size) and bool(self.question.holds(self.runs)[tried[0]])


def optimize(
    question: PlanQuestion,
    sizes: SearchSizes,
    options: dict[str, Any],
    tell: Callable[[PlanRuns], None] | None = None,
) -> Optimum:
    """Find the best plan.

    Parameters
    ----------
    question : PlanQuestion
    sizes : SearchSizes
    options : dict
        Those of :func:`sim.execution.trials.run_trials`.
    tell : callable, optional
        Told of plans as they are run.

    Returns
    -------
    Optimum
    """
    if question.robust == "mean":
        return _by_mean(question, sizes, options, tell)
    nominal = _by_mean(question.nominal, sizes, options, None)
    confirmed = replace(sizes, confirm=enough_luck(question, sizes.confirm))
    return _over_doubt(question, confirmed, options, tell, None if nominal.nothing else nominal.plan.shares)


def _by_mean(
    question: PlanQuestion, sizes: SearchSizes, options: dict[str, Any], tell: Callable[[PlanRuns], None] | None
) -> Optimum:
    """Find the plan that is best on average."""
    search = PlanSearch(question, sizes, options, tell)
    search.search()
    rules, race = _prepared(search)
    # A plan that needs no search is one of the candidates: what is recommended is not worse than what anybody tries.
    candidates = np.unique(np.stack([*race.finalists(), *rules.values()]), axis=0)
    confirmed = confirm(question, candidates, _finalists(candidates), _spread(_CONFIRM, sizes.confirm), options)
    shares, worth = (np.array([getattr(item, name) for item in confirmed]) for name in ("shares", "worth"))
    alternatives = _best(confirmed, race.ranked(shares, worth))
    best = alternatives[0]
    nothing = not (best.holds and (question.goal.without_baseline or _gains(best)))
    shares = np.stack([*(item.shares for item in alternatives), *rules.values()])
    names = [*("plan" for _ in alternatives), *rules]
    measured = confirm(question, shares, names, fresh_luck(sizes.confirm), options)
    ranked, ruled = measured[: len(alternatives)], measured[len(alternatives) :]
    # The best by the luck that chose, unless it breaks a limit on this one: which holds is no choice by value.
    plan = next((item for item in ranked if item.holds), ranked[0])
    nothing = nothing or not plan.holds
    chosen = idle_plan(question, plan) if nothing else plan
    return Optimum(question, sizes, search.runs, race.model, chosen, nothing, plan, alternatives, ruled, None)


def _over_doubt(
    question: PlanQuestion,
    sizes: SearchSizes,
    options: dict[str, Any],
    tell: Callable[[PlanRuns], None] | None,
    nominal: Floats | None,
) -> Optimum:
    """Find the plan that stands best over the doubt; `nominal` is the one that is best on average, None for nothing."""
    search = PlanSearch(question, sizes, options, tell)
    search.search()
    always = [] if nominal is None else [nominal]
    rules, race = _prepared(search, always)
    candidates = np.unique(np.stack([*race.finalists(), *rules.values(), *always]), axis=0)
    confirmed = confirm(question, candidates, _finalists(candidates), _spread(_CONFIRM, sizes.confirm), options)
    at = None if nominal is None else _row(candidates, nominal)
    chosen, score = robust_choice(question, *_worth_and_limits(confirmed), at)
    order = np.argsort(-score[:-1], kind="stable")
    if chosen is not None:
        order = np.array([chosen, *order[order != chosen]])
    alternatives = _best(confirmed, order)
    shares = np.stack([*(item.shares for item in alternatives), *always, *rules.values()])
    names = [*("plan" for _ in alternatives), *("nominal" for _ in always), *rules]
    measured = confirm(question, shares, names, fresh_luck(sizes.confirm), options)
    ranked, ruled = measured[: len(alternatives)], measured[len(alternatives) + len(always) :]
    plan = next((item for item in ranked if item.holds), ranked[0])
    idle = idle_plan(question, plan, measured)
    beside = measured[len(alternatives)] if always else idle
    final = idle if chosen is None or not plan.holds else plan
    # On luck that neither of them was chosen by: a robust plan is no worse than the nominal one.
    if beside.holds and beside.score > final.score and (always or not question.goal.without_baseline):
        final, plan = (replace(beside, name=plan.name),) * 2 if always else (idle, plan)
    return Optimum(question, sizes, search.runs, race.model, final, final is idle, plan, alternatives, ruled, beside)


def _finalists(candidates: Floats) -> list[str]:
    return ["alternative"] * len(candidates)


def _row(shares: Floats, point: Floats) -> int:
    return int(np.abs(shares - point).max(axis=1).argmin())


def _worth_and_limits(confirmed: Sequence[Confirmed]) -> tuple[Floats, NDArray[np.bool_]]:
    return np.array([item.worth for item in confirmed]), np.array([item.holds for item in confirmed])


def _prepared(search: PlanSearch, always: Sequence[Floats] = ()) -> tuple[dict[str, Floats], PlanRace]:
    """Return the rules of thumb, and the race that they and other plans run against what the search has found."""
    question = search.question
    model = PlanModel(question, search.runs)
    rules = _kept(search, rules_of_thumb(question, model))
    points = np.array([*rules.values(), *always]).reshape(-1, len(question.factors))
    search.add(points)
    search.around(model, search.runs.shares[best_first(question, search.runs)[0]])
    return rules, PlanRace(search, points)


def _kept(search: PlanSearch, rules: dict[str, Floats]) -> dict[str, Floats]:
    """Return rules of thumb that spend something, drawn back as far as their runs need to keep the budget."""
    question = search.question
    nothing = question.rounded(question.nothing[None, :])[0]
    left = {name: point for name, point in rules.items() if np.abs(point - nothing).max() > SAME}
    if question.budget is None or not left:
        return left
    points = np.array(list(left.values()))
    # How far each goes from nothing towards its point: what keeps the budget, and what is known to break it.
    keeps, breaks = np.zeros(len(points)), np.ones(len(points))
    part = np.ones(len(points))
    for _ in range(1 + _HALVED):
        open_ = np.flatnonzero(keeps < breaks)
        if len(open_) == 0:
            break
        drawn = question.rounded(nothing + part[open_, None] * (points[open_] - nothing))
        runs = question.run(drawn, range(search.sizes.replicates), **search.options)
        held = question.most_spent(runs) <= question.budget * _RULE_ROOM
        keeps[open_[held]], breaks[open_[~held]] = part[open_[held]], part[open_[~held]]
        part = 0.5 * (keeps + breaks)
    drawn = question.rounded(nothing + keeps[:, None] * (points - nothing))
    # What still spends too much at a small part of itself does not fit the budget at all.
    return {
        name if kept == 1.0 else _drawn_back(name): point
        for name, point, kept in zip(left, drawn, keeps, strict=True)
        if kept > 0.0
    }


def _drawn_back(name: str) -> str:
    """Return what a rule of thumb is called that the budget holds back; a split is of the budget anyway."""
    return name if name == _SPLIT or name.endswith(_DRAWN) else f"{name}{_DRAWN}"


def _best(confirmed: Sequence[Confirmed], order: NDArray[np.int64]) -> tuple[Confirmed, ...]:
    """Return the first five of what was confirmed, in an order."""
    ranked = [confirmed[at] for at in order]
    if not any(item.holds for item in ranked):
        ranked.sort(key=lambda item: item.shortfall)
    # A rule of thumb that breaks a limit is shown beside the plan; it is no alternative to it.
    return tuple([item for item in ranked if item.holds] or ranked)[:_BEST]


def fresh_luck(count: int) -> range:
    """Return replicates of the luck on which a plan's value is measured."""
    return _spread(_VALUE, count)


def _gains(best: Confirmed) -> bool:
    """Say whether a plan is shown to be worth more than doing nothing, on luck that did not find it."""
    low = best.value.ci_low
    return best.score > 0.0 and (low is None or low > 0.0)


def _spread(first: int, count: int) -> range:
    return range(first, first + count)


def confirm(
    question: PlanQuestion, shares: Floats, names: list[str], replicates: range, options: dict[str, Any]
) -> tuple[Confirmed, ...]:
    """Run plans on luck that they share.

    Parameters
    ----------
    question : PlanQuestion
    shares : float64 (n, k)
    names : list of str
        What each of them is.
    replicates : range
    options : dict
        Those of :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    tuple of Confirmed
    """
    runs = question.run(shares, replicates, **options)
    worth, scores = question.worth(runs), question.score(question.worth(runs))
    spent, charged = question.spending(runs).mean(axis=1), question.charged(runs).mean(axis=1)
    most, holds = question.most_spent(runs), question.holds(runs)
    shortfall = question.shortfall(question.excesses(runs))
    metrics = [limit.left for limit in question.limits if limit.on_metric]
    found = [
        Confirmed(
            name,
            shares[at],
            worth[at],
            float(scores[at]),
            float(spent[at]),
            float(charged[at]),
            float(most[at]),
            {kind: float(runs.arm[at, :, RUN_METRICS.index(kind)].mean()) for kind in SPENDING},
            bool(holds[at]),
            tuple(estimate(plan_figure(runs.arm[at], metric, question.never)) for metric in metrics),
            float(shortfall[at]),
            question.control(shares[at], replicates),
        )
        for at, name in enumerate(names)
    ]
    if question.robust != "mean":
        return tuple(found)
    # What a plan is judged by is the mean that is told of it.
    return tuple(replace(item, score=item.score if item.value.mean is None else item.value.mean) for item in found)


def idle_plan(question: PlanQuestion, beside: Confirmed, among: Sequence[Confirmed] = ()) -> Confirmed:
    """Return doing nothing: the baseline itself, which differs from itself by exactly 0.

    Parameters
    ----------
    question : PlanQuestion
    beside : Confirmed
        A plan on the same luck.
    among : sequence of Confirmed
        Plans beside which it is judged.

    Returns
    -------
    Confirmed
    """
    worth = np.zeros_like(beside.worth)
    score = question.score(np.array([*(item.worth for item in among), worth]))
    return Confirmed(
        _IDLE,
        question.nothing,
        worth,
        float(score[-1]),
        0.0,
        0.0,
        0.0,
        dict.fromkeys(beside.parts, 0.0),
        True,
    )


def rules_of_thumb(question: PlanQuestion, model: PlanModel) -> dict[str, Floats]:
    """Return plans that need no search, by name, drawn back to the budget where they would exceed it.

    Parameters
    ----------
    question : PlanQuestion
    model : PlanModel
        Says what plans spend.

    Returns
    -------
    dict of str to float64 (k,)
        The scenario's own, every lever at half, and a budget divided equally among the levers.
    """
    nothing = question.nothing
    rules = {"the scenario's own": question.own, "every lever at half": nothing + 0.5 * (1.0 - nothing)}
    if question.budget is not None:
        rules[_SPLIT] = _equal_split(question, model)
        room = question.budget * _RULE_ROOM
        drawn = {name: model.within(point[None, :], room)[0] for name, point in rules.items()}
        rules = {
            name if np.array_equal(point, rules[name]) else _drawn_back(name): point for name, point in drawn.items()
        }
    return {name: question.rounded(point[None, :])[0] for name, point in rules.items()}


def _equal_split(question: PlanQuestion, model: PlanModel) -> Floats:
    """Return the plan in which each lever, raised alone, spends the same part of the budget, by the emulator."""
    assert question.budget is not None
    each = question.budget / len(question.factors)
    nothing = question.nothing
    base = float(model.spending(nothing[None, :])[0])
    grid = np.linspace(0.0, 1.0, 101)
    plan = nothing.copy()
    for lever in range(len(nothing)):
        line = np.repeat(nothing[None, :], grid.size, axis=0)
        line[:, lever] = nothing[lever] + grid * (1.0 - nothing[lever])
        fits = np.flatnonzero(model.spending(line) - base <= each)
        plan[lever] = line[fits[-1] if fits.size else 0, lever]
    return plan
