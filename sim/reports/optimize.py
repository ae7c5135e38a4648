"""Optimize report: the plan in words and money, what surrounds it, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from sim.analysis.paired import NORMAL_WIDTH, Estimate
from sim.analysis.summary import brand_titles
from sim.experiments.answers import Answers
from sim.experiments.cheapest_plan import CheapestPlan, cheapest_plan
from sim.experiments.factors import NAMED, factor_number
from sim.experiments.optimize import Confirmed, Optimum
from sim.experiments.plan import PlanQuestion
from sim.experiments.plan_advice import PlanAdvice, response_curve
from sim.experiments.plan_limit import SPENT
from sim.number_format import NOTHING, compact, in_words, money, quantity, short_money
from sim.reports.answers import answers_facts, answers_summary, payoff_table
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.gap import Gap
from sim.reports.figures.plan import (
    FrontierPoint,
    ResponseCurve,
    draw_assumptions,
    draw_frontier,
    draw_responses,
)
from sim.reports.picture import Picture
from sim.reports.plan_value import (
    goal_words,
    money_unit,
    shown_difference,
    shown_value,
    write_difference,
    write_goal,
    write_metric,
    write_rate,
    write_value,
)

__all__ = ["optimize_document", "optimize_facts", "optimize_lines", "optimize_summary"]

_KINDS = {
    "cost_build": "building",
    "cost_run": "running",
    "cost_experiments": "experiments",
    "cost_contacts": "contacts",
}
_JUDGED = {"mean": "the mean", "worst_tenth": "the mean of the worst tenth of states", "regret": "the worst regret"}


def optimize_facts(found: Optimum, advice: PlanAdvice | None, answers: Answers | None = None) -> dict[str, Any]:
    """Return what the words of the report are made of.

    Parameters
    ----------
    found : Optimum
    advice : PlanAdvice or None
        None where it was not asked for.
    answers : Answers or None
        None where it was not asked for.

    Returns
    -------
    dict
    """
    question = found.question
    currency = question.scenario.market.economics.currency
    plan, best = found.plan, found.best_tried
    goal, _ = goal_words(question)
    idle = found.nothing and question.goal.without_baseline
    return {
        "arm": in_words(question.arm),
        "baseline": in_words(question.scenario.baseline),
        "goal": goal,
        "difference": not question.goal.without_baseline,
        "nothing": found.nothing,
        "settings": _settings(question, plan.shares),
        "tried_settings": _settings(question, best.shares),
        "value": write_value(question, plan.value),
        "tried": write_value(question, best.value),
        "tried_holds": best.holds,
        "tried_limited": _limited(question, best),
        "limited": _limited(question, plan),
        "chosen_on": _chosen_on(found),
        "unpaid": int(question.never) if question.goal.name == "payback_week" else None,
        "tried_spent": money(best.spent, currency),
        "spent": money(plan.spent, currency),
        "parts": _parts(plan.parts, currency),
        "budget": None if question.budget is None else money(question.budget, currency),
        "left": None if question.budget is None else money(question.budget - plan.charged, currency),
        "left_share": None if not question.budget else 1.0 - plan.charged / question.budget,
        "yearly": question.budget_per == "year",
        "why_left": _why_left(found, advice),
        "cheapest": _cheapest(question, cheapest_plan(question, found.runs)),
        "limits": list(dict.fromkeys(limit.text for limit in question.limits)),
        # Doing nothing has no payback week and reaches no limit: nothing is beside it.
        "rules": [_beside(found, rule) for rule in (() if idle else found.rules)],
        "evaluations": len(found.runs),
        "confirm": found.sizes.confirm,
        "states": len(question.states),
        "doubts": _doubts(question),
        "robust": question.robust,
        "judged": _JUDGED[question.robust],
        "score": _score(question, plan),
        "price": _price(found),
        **_advice_facts(found, advice),
        "answers": answers_facts(answers, currency, brand_titles(question.scenario)),
    }


def _parts(parts: Mapping[str, float], currency: str) -> list[str]:
    return [f"{money(amount, currency)} on {_KINDS[kind]}" for kind, amount in parts.items() if amount > 0]


def _cheapest(question: PlanQuestion, plan: CheapestPlan | None) -> dict[str, Any] | None:
    """Say what is spent at the least, and on what, where that breaks the budget."""
    if plan is None:
        return None
    currency = question.scenario.market.economics.currency
    return {
        "settings": _settings(question, plan.shares),
        "charged": money(plan.charged, currency),
        "most": money(plan.most_spent, currency),
        "parts": _parts(plan.parts, currency),
        "unmoved": list(plan.unmoved),
    }


def _limited(question: PlanQuestion, item: Confirmed) -> list[str]:
    """Say what a plan has of its budget and of each metric that is limited."""
    said = []
    if question.budget is not None and not item.holds:
        said.append(f"budget: {money(item.most_spent, question.scenario.market.economics.currency)} at most")
    limits = [limit for limit in question.limits if limit.on_metric]
    for limit, value in zip(limits, item.limited, strict=False):
        written = write_metric(question, limit.left, value)
        said.append(f"{limit.text}: {written['mean']} (95 %: {written['low']} to {written['high']})")
    return said


def _chosen_on(found: Optimum) -> dict[str, Any] | None:
    """Return what the best plan was worth on the luck that chose to do nothing, where other luck shows a gain."""
    best, first = found.best_tried, found.alternatives[0]
    low = best.value.ci_low
    if not found.nothing or found.question.robust != "mean" or low is None or low <= 0.0:
        return None
    return write_value(found.question, first.value) if np.array_equal(first.shares, best.shares) else None


def _doubts(question: PlanQuestion) -> list[str]:
    """Say what the states of the world differ in."""
    keys = {key for state in question.states for key in state}
    effects = {key for key in keys if ".effectiveness." in key}
    said = {"how well the capabilities work": effects, "which near-best fit the market is": keys - effects}
    return [words for words, found in said.items() if found]


def _settings(question: PlanQuestion, shares: Any) -> list[str]:
    return [
        f"{factor.label or factor.name} {factor_number(factor, float(factor.at(share)))}"
        for factor, share in zip(question.factors, shares.tolist(), strict=True)
    ]


def _beside(found: Optimum, rule: Confirmed) -> dict[str, Any]:
    question = found.question
    gain = write_difference(question, found.plan.gain(rule))
    currency = question.scenario.market.economics.currency
    # Doing nothing leaves the levers where they cost nothing; it is no plan that a rule could be the same as.
    same = not found.nothing and bool(np.array_equal(found.plan.shares, rule.shares))
    return {"name": rule.name, "gain": gain, "spent": money(rule.spent, currency), "holds": rule.holds, "same": same}


def _why_left(found: Optimum, advice: PlanAdvice | None) -> str:
    """Say why a part of the budget is left: nothing holds or pays, every lever is at its end, or more would not pay."""
    question, plan = found.question, found.plan
    if question.budget is None or plan.charged >= 0.98 * question.budget:
        return ""
    if found.nothing:
        return "nothing" if found.best_tried.holds else "unheld"
    if bool((plan.shares >= 1.0 - 1e-6).all()):
        return "ends"
    if any(limit.on_metric for limit in question.limits):
        return "limits"
    rates = [item.rate for item in advice.marginal] if advice is not None else []
    if rates and all(rate.ci_low is None or rate.ci_low <= 0.0 for rate in rates):
        return "margin"
    return "search"


def _price(found: Optimum) -> dict[str, Any] | None:
    """Return what robustness costs on average: the plan that the mean would choose, less the robust one."""
    nominal = found.nominal
    if nominal is None:
        return None
    question = found.question
    same = nominal.is_nothing == found.nothing and bool(np.allclose(nominal.shares, found.plan.shares))
    return {
        "same": same,
        "nothing": nominal.is_nothing,
        "mean": write_difference(question, nominal.gain(found.plan)),
        "score": _score(question, nominal),
        "settings": _settings(question, nominal.shares),
    }


def _score(question: PlanQuestion, item: Confirmed) -> str:
    """Write what a plan is judged by; a regret as the amount that it is."""
    if question.robust != "regret":
        return write_goal(question, item.score)
    _, kind = goal_words(question)
    return quantity(-item.score, kind, question.scenario.market.economics.currency)


def _advice_facts(found: Optimum, advice: PlanAdvice | None) -> dict[str, Any]:
    question = found.question
    if advice is None:
        none: dict[str, Any] = {"marginal": [], "together": None, "assumption": None, "turning": []}
        return {"advised": False, "called": _called(found), **none}
    factors, unit = question.factors, money_unit(found)
    marginal = [
        {"label": factors[item.lever].label, **write_rate(question, item.rate, unit)}
        for item in advice.marginal
        if item.rate.mean is not None and question.goal.name != SPENT
    ]
    pair = advice.interaction
    together = None
    if pair is not None:
        together = {
            "one": factors[pair.one].label,
            "other": factors[pair.other].label,
            "size": write_difference(question, Estimate(pair.size, None, None))["mean"],
            "adds": pair.size > 0.0,
            "resolved": pair.is_clear,
        }
    assumption = _assumption(question, advice.assumptions[0]) if advice.assumptions else None
    chosen = "do nothing" if found.nothing and not question.goal.without_baseline else "the plan"
    turning = [_turn(found, item, end) for item in advice.assumptions for end in (0, 1) if item.best[end] != chosen]
    return {
        "advised": True,
        "marginal": marginal,
        "unit": None
        if (unit := money_unit(found)) == 1.0
        else money(unit, question.scenario.market.economics.currency),
        "together": together,
        "assumption": assumption,
        "turning": turning,
        "called": _called(found),
    }


def _at(name: str, number: float) -> str:
    kind = NAMED[name]
    if kind.own == 1.0:
        return f"×{number:g}"
    return f"{number:+g}".replace("-", "−") if number else "0"


def _assumption(question: PlanQuestion, item: Any) -> dict[str, Any]:
    return {
        "name": NAMED[item.name].label,
        "low": _at(item.name, item.low),
        "high": _at(item.name, item.high),
        "ends": [write_value(question, value) for value in item.values],
        "resolved": _is_apart(*item.values),
    }


def _is_apart(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates differ for sure: their intervals do not meet."""
    if one.ci_low is None or one.ci_high is None or other.ci_low is None or other.ci_high is None:
        return False
    return one.ci_high < other.ci_low or other.ci_high < one.ci_low


def _turn(found: Optimum, item: Any, end: int) -> str:
    best = item.best[end].replace("the plan", _called(found))
    return f"{NAMED[item.name].label} {_at(item.name, (item.low, item.high)[end])}: {best} is better"


def _called(found: Optimum) -> str:
    """Return what the plan is called that is looked at; where nothing is to be done, it is not the answer."""
    if not found.nothing:
        return "the plan"
    return "the best plan that spends" if found.best_tried.holds else "the nearest plan"


def optimize_lines(found: Optimum, advice: PlanAdvice | None, answers: Answers | None = None) -> list[str]:
    """Return the verdict in plain words, a line for each thing it says.

    Parameters
    ----------
    found : Optimum
    advice : PlanAdvice or None
    answers : Answers or None

    Returns
    -------
    list of str
    """
    return text_lines("optimize", **optimize_facts(found, advice, answers))


def _shown(question: PlanQuestion, value: Estimate) -> dict[str, float | None]:
    return asdict(shown_value(question, value))


def _confirmed(question: PlanQuestion, item: Confirmed) -> dict[str, Any]:
    return {
        "name": item.name,
        "plan": question.settings(item.shares),
        "value": _shown(question, item.value),
        "spent": item.spent,
        "most_spent": item.most_spent,
        "holds": item.holds,
        "limits": {
            limit.text: asdict(value)
            for limit, value in zip([one for one in question.limits if one.on_metric], item.limited, strict=False)
        },
    }


def optimize_summary(found: Optimum, advice: PlanAdvice | None, answers: Answers | None = None) -> dict[str, Any]:
    """Return the content of `summary.json`.

    Parameters
    ----------
    found : Optimum
    advice : PlanAdvice or None
    answers : Answers or None

    Returns
    -------
    dict
    """
    question = found.question
    more: dict[str, Any] = {}
    if advice is not None:
        more = {
            "frontier": [_confirmed(question, item) for item in advice.frontier],
            "marginal": {
                question.factors[item.lever].name: asdict(shown_difference(question, item.rate))
                for item in advice.marginal
            },
            "interaction": None
            if advice.interaction is None
            else {
                "levers": [question.factors[at].name for at in (advice.interaction.one, advice.interaction.other)],
                "size": advice.interaction.size,
                "ci_low": advice.interaction.size - NORMAL_WIDTH * advice.interaction.error,
                "ci_high": advice.interaction.size + NORMAL_WIDTH * advice.interaction.error,
            },
            "assumptions": [
                {
                    "name": item.name,
                    "low": {"at": item.low, "value": _shown(question, item.values[0]), "best": item.best[0]},
                    "high": {"at": item.high, "value": _shown(question, item.values[1]), "best": item.best[1]},
                }
                for item in advice.assumptions
            ],
        }
    return {
        "scenario": question.scenario.name,
        "arm": question.arm,
        "baseline": question.scenario.baseline,
        "goal": dict(question.goal.weights) if question.goal.name == "mix" else question.goal.name,
        "robust": question.robust,
        "states": len(question.states),
        "budget": question.budget,
        "budget_per": question.budget_per,
        "limits": list(dict.fromkeys(limit.text for limit in question.limits)),
        "plan": question.settings(found.plan.shares),
        "nothing": found.nothing,
        "value": _shown(question, found.plan.value),
        "score": found.plan.score,
        "spent": found.plan.spent,
        "most_spent": found.plan.most_spent,
        "spent_by_kind": {_KINDS[kind]: amount for kind, amount in found.plan.parts.items()},
        "evaluations": len(found.runs),
        "cheapest": _cheapest_summary(question, cheapest_plan(question, found.runs)),
        "best_with_spending": _confirmed(question, found.best_tried),
        "alternatives": [_confirmed(question, item) for item in found.alternatives],
        "rules_of_thumb": [_confirmed(question, item) for item in found.rules],
        "nominal": None if found.nominal is None else _confirmed(question, found.nominal),
        **answers_summary(answers),
        **more,
    }


def _cheapest_summary(question: PlanQuestion, plan: CheapestPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "plan": question.settings(plan.shares),
        "charged": plan.charged,
        "most_spent": plan.most_spent,
        "spent_by_kind": {_KINDS[kind]: amount for kind, amount in plan.parts.items()},
        "no_lever": list(plan.unmoved),
    }


def optimize_document(
    found: Optimum, advice: PlanAdvice | None, lines: list[str], answers: Answers | None = None
) -> Document:
    """Return the report.

    Parameters
    ----------
    found : Optimum
    advice : PlanAdvice or None
    answers : Answers or None
    lines : list of str
        Its lead.

    Returns
    -------
    Document
    """
    question = found.question
    scenario = question.scenario
    pictures = [_responses_picture(found)]
    if advice is not None and advice.frontier and question.goal.name != SPENT:
        pictures.append(_frontier_picture(found, advice))
    if advice is not None and advice.assumptions:
        pictures.append(_assumptions_picture(found, advice))
    return Document(
        title=f"The best plan: {scenario.title or scenario.name}",
        lead=tuple(lines),
        template="optimize",
        pictures=tuple(pictures),
        slots={
            **optimize_facts(found, advice, answers),
            "payoff_table": payoff_table(answers, scenario.market.economics.currency, brand_titles(scenario)),
            "levers": len(question.factors),
            "population": scenario.population,
            "horizon": scenario.horizon,
            "step": scenario.step,
            "seed": question.seed,
            "replicates": found.sizes.replicates,
            "plan_table": _plan_table(found),
            "plans_table": _plans_table(found),
            "marginal_table": _marginal_table(found, advice),
        },
    )


def _plan_table(found: Optimum) -> Table:
    question = found.question
    rows = []
    for lever, factor in enumerate(question.factors):
        numbers = (found.plan.shares[lever], question.own[lever])
        cells = [factor_number(factor, float(factor.at(share))) for share in numbers]
        ends = f"{factor_number(factor, factor.low)} to {factor_number(factor, factor.high)}"
        rows.append((factor.label or factor.name, cells[0], cells[1], ends))
    return Table(("Lever", "plan", "the scenario's own", "range"), tuple(rows), "The plan")


def _plans_table(found: Optimum) -> Table:
    question = found.question
    currency = question.scenario.market.economics.currency
    rows = []
    for item in (found.plan, *(() if found.nominal is None else (found.nominal,)), *found.rules):
        rows.append(_plan_row(question, item, "best on average" if item is found.nominal else item.name, currency))
    for number, item in enumerate(found.alternatives, start=1):
        rows.append(_plan_row(question, item, f"finalist {number}", currency))
    head = ("", "value", "95 % interval", "spent", *(factor.label or factor.name for factor in question.factors))
    return Table(
        head,
        tuple(rows),
        "Plan and rules of thumb on luck that chose nothing; finalists on the luck that chose among them",
    )


def _plan_row(question: PlanQuestion, item: Confirmed, name: str, currency: str) -> tuple[str, ...]:
    value = write_value(question, item.value)
    note = "" if item.holds else " (breaks a limit)"
    # Doing nothing is no setting of the levers.
    numbers = [
        NOTHING if item.is_nothing else factor_number(factor, float(factor.at(share)))
        for factor, share in zip(question.factors, item.shares.tolist(), strict=True)
    ]
    interval = f"{value['low']} to {value['high']}"
    return (f"{name}{note}", value["mean"], interval, money(item.spent, currency), *numbers)


def _marginal_table(found: Optimum, advice: PlanAdvice | None) -> Table | None:
    question = found.question
    if advice is None or question.goal.name == SPENT:
        return None
    currency, unit = question.scenario.market.economics.currency, money_unit(found)
    more = f"{money(unit, currency)} more" if unit > 1.0 else "one unit of money more"
    rows = []
    for item in advice.marginal:
        rate = write_rate(question, item.rate, unit) if item.rate.mean is not None else None
        value = write_difference(question, item.value)
        rows.append(
            (
                question.factors[item.lever].label or question.factors[item.lever].name,
                "up" if item.step > 0 else "down",
                money(item.spent, currency, sign=True),
                value["mean"],
                f"{value['low']} to {value['high']}",
                NOTHING if rate is None else f"{rate['mean']} [{rate['low']} to {rate['high']}]",
            )
        )
    head = (
        "Lever, moved by a tenth of its range",
        "",
        "spending",
        "value",
        "95 % interval",
        f"value of {money(unit, currency) if unit > 1.0 else f'{currency}1'} more",
    )
    return Table(head, tuple(rows), f"What {more} brings, simulated at the plan on the plan's own luck", (1,))


def _value_axis(found: Optimum) -> tuple[str, str | None]:
    goal, kind = goal_words(found.question)
    currency = found.question.scenario.market.economics.currency
    return (f"{goal}, {currency}" if kind == "money" else goal), (currency if kind == "money" else None)


def _responses_picture(found: Optimum) -> Picture:
    question = found.question
    value, currency = _value_axis(found)
    turned = -1.0 if question.goal.without_baseline else 1.0
    curves = []
    for lever, factor in enumerate(question.factors):
        axis, mean, sd = response_curve(found, lever)
        numbers = np.array([float(factor.at(share)) for share in axis])
        at = float(factor.at(found.best_tried.shares[lever]))
        curves.append(ResponseCurve(factor.label or factor.name, numbers, turned * mean, sd, at))
    return Picture(
        "responses",
        draw_responses(curves, value=value, currency=currency),
        f"Predicted {value} over each lever, the others as in the plan.",
        f"Where a curve still {'falls' if turned < 0.0 else 'rises'} at its right end, more would pay if it were"
        " possible; a flat one does not matter.",
        "responses",
    )


def _gap(question: PlanQuestion, value: Estimate) -> Gap:
    shown = shown_value(question, value)
    return Gap(shown.mean, shown.ci_low, shown.ci_high)


def _frontier_picture(found: Optimum, advice: PlanAdvice) -> Picture:
    question = found.question
    value, currency = _value_axis(found)
    money_sign = question.scenario.market.economics.currency
    points = [FrontierPoint(item.spent, _gap(question, item.value)) for item in advice.frontier]
    words = "; ".join(f"{short_money(at.spent, money_sign)}: {compact(at.gap.mean or 0.0)}" for at in points)
    if not question.goal.without_baseline:
        points.insert(0, FrontierPoint(0.0, Gap(0.0, 0.0, 0.0)))
    return Picture(
        "frontier",
        draw_frontier(
            points,
            FrontierPoint(found.plan.spent, _gap(question, found.plan.value)),
            value=value,
            currency=money_sign,
            money=currency is not None,
        ),
        f"Value of the best plan for each amount spent: {words}.",
        "The slope is what one more unit of money brings; where it is flat or falls, more budget is not worth having.",
        "frontier",
    )


def _assumptions_picture(found: Optimum, advice: PlanAdvice) -> Picture:
    value, currency = _value_axis(found)
    question = found.question
    names = [
        f"{NAMED[item.name].label}, {_at(item.name, item.low)} / {_at(item.name, item.high)}"
        for item in advice.assumptions
    ]
    means = [[shown_value(question, value).mean or 0.0 for value in item.values] for item in advice.assumptions]
    ends = [(low, high) for low, high in means]
    at = shown_value(question, found.best_tried.value).mean or 0.0
    plan = _called(found)
    loses = "" if question.goal.without_baseline else f" Left of zero {plan} loses."
    return Picture(
        "assumptions",
        draw_assumptions(names, ends, at, value=value, currency=currency),
        f"Value of {plan} at either end of each assumption: {', '.join(names)}.",
        f"The longest line is the assumption that {plan} rests on most.{loses}",
        "assumptions",
    )
