"""Goal: the stages that customers are meant to reach, and what a comparison says of how often they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.analysis.stage_moves import stage_of, with_width
from sim.number_format import bracket, counted, exact_percent, in_words, listed, quantity
from sim.scenario.calendar import time_unit, with_unit

__all__ = ["PER_CUSTOMERS", "goal_called", "goal_first", "goal_sentence", "soon_sentence"]

#: Visits to a goal are told per so many customers.
PER_CUSTOMERS = 1000.0
_PARTS = {"half": "Half", "three_quarters": "Three quarters", "quarter": "A quarter"}
#: Times of fewer steps are not told.
_STEPS = 2.0


def goal_called(stages: Sequence[str]) -> str:
    """Return what the goal is called: parts of one stage, told apart by what came before, are that stage.

    Parameters
    ----------
    stages : sequence of str
        Names of the stages that are the goal.

    Examples
    --------
    >>> goal_called(["order_paid", "order_paid__at_once", "order_paid__phase_2__after_basket", "sign__up"])
    'order paid and sign, up'
    """
    return listed([in_words(name) for name in dict.fromkeys(map(stage_of, stages))])


def goal_first(arm: str, headline: str, goal: str) -> tuple[str, str]:
    """Return the two first sentences of a verdict where nothing is earned: the goal is what it is about.

    Parameters
    ----------
    arm : str
        With whose name the headline begins.
    headline : str
    goal : str
        As of :func:`goal_sentence`.

    Returns
    -------
    str, str

    Examples
    --------
    >>> goal_first("led", "led: nothing is bought.", "The goal, Pay, is reached more often.")
    ('led: the goal, Pay, is reached more often.', 'Nothing is bought.')
    """
    nothing = headline.removeprefix(f"{arm}: ")
    return f"{arm}: {goal[:1].lower()}{goal[1:]}", f"{nothing[:1].upper()}{nothing[1:]}"


def goal_sentence(summary: Mapping[str, Any], arm: str, name: str) -> str:
    """Say how often customers come to the goal, in an arm and in the baseline; empty where no stage is a goal.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    arm : str
    name : str
        Of the arm's difference from the baseline.

    Returns
    -------
    str
    """
    found = summary.get("goal")
    if not found:
        return ""

    def per(value: float, *, sign: bool = False) -> str:
        return quantity(value * PER_CUSTOMERS, "number", "", sign=sign)

    gain = found["differences"][name]
    before, after = (found["arms"][one]["mean"] for one in (summary["baseline"], arm))
    counts = f"{per(before)} times per 1,000 customers with {in_words(summary['baseline'])}, {per(after)} times here"
    said = f"{per(gain['mean'], sign=True)}{bracket(gain, lambda value: per(value, sign=True))}"
    called, low, high = goal_called(found["stages"]), gain["ci_low"], gain["ci_high"]
    if low is not None and low <= 0.0 <= high and low < high:
        return f"Whether the goal, {called}, is reached more or less often is open: {counts} ({said})."
    return f"The goal, {called}, is reached {counts} ({said})."


def soon_sentence(summary: Mapping[str, Any], arm: str, name: str) -> str:
    """Say how soon customers come to the goal, in an arm and in the baseline; empty where nobody comes in either.

    Where half of all customers come in both arms, not at once, that is told; else three quarters or a quarter; else the
    mean time up to the horizon's end. Then whether the same customers, with the same luck, come sooner.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    arm : str
    name : str
        Of the arm's difference from the baseline.

    Returns
    -------
    str
    """
    found = summary.get("time_to_goal")
    if not found:
        return ""
    before, after = (found["arms"][one] for one in (summary["baseline"], arm))
    if not any(block["reached"]["mean"] for block in (before, after)):
        return ""
    gain, base = found["differences"][name], in_words(summary["baseline"])
    part = next((part for part in _PARTS if _is_told(before, after, gain, f"{part}_of_customers")), None)
    key = "restricted_mean" if part is None else f"{part}_of_customers"
    unit, steps = time_unit(max(block[key]["mean"] for block in (before, after)), summary["step"])
    there, here = (with_unit(quantity(block[key]["mean"] / steps, "number", ""), unit) for block in (before, after))
    change = f"{there} with {base}, {here} here ({_changed(gain[key], unit, steps)})"
    if with_width(gain[key])["ci_low"] is None and gain[key]["mean"] == 0.0:
        change = f"{there} in both arms"
    if part is not None:
        said = f"{_PARTS[part]} of all customers come to it within {change}."
    else:
        end = counted(summary["horizon"], summary["step"])
        said = f"On average it takes customers {change} to come to it; who never does counts with all {end}."
    return " ".join(filter(None, [said, _same_customers(found["same_customers"][name], base, summary["step"])]))


def _is_told(before: Mapping[str, Any], after: Mapping[str, Any], gain: Mapping[str, Any], key: str) -> bool:
    """Whether a time is known in both arms and no fraction of a step, which the journey cannot tell."""
    return gain[key] is not None and max(block[key]["mean"] for block in (before, after)) >= _STEPS


def _changed(entry: Mapping[str, Any], unit: str, steps: float, *, sign: bool = True) -> str:
    """Write a difference of times with its interval."""

    def write(value: float) -> str:
        return quantity(value / steps, "number", "", sign=sign)

    return f"{with_unit(write(entry['mean']), unit)}{bracket(with_width(entry), write)}"


def _same_customers(found: Mapping[str, Any], base: str, step: str) -> str:
    """Say whether those who come to the goal in both arms come sooner; empty where in some replicate nobody does."""
    by = found["later_by"]
    if by is None:
        return ""
    others = {"here alone": "reached_here_only", f"with {base} alone": "reached_there_only"}
    more = {where: found[key]["mean"] for where, key in others.items()}
    rest = listed([f"{exact_percent(share)} {where}" for where, share in more.items() if share])
    rest = f"; {rest}" if rest else ""
    who = f"The {exact_percent(found['reached_in_both']['mean'])} of customers who come to it in both arms come"
    if by["mean"] == 0.0 and found["sooner"]["mean"] == 0.0:
        return f"{who} at the same time in both{rest}."
    unit, steps = time_unit(abs(by["mean"]), step)
    low, high = by["ci_low"], by["ci_high"]
    if low is not None and low <= 0.0 <= high:
        change = _changed(by, unit, steps)
        return f"Whether {who[:1].lower()}{who[1:]} sooner or later than with {base} is open ({change}){rest}."
    ends = {key: value if value is None else abs(value) for key, value in by.items()}
    ends |= {"ci_low": ends["ci_high"], "ci_high": ends["ci_low"]} if by["mean"] < 0.0 else {}
    than = f"{_changed(ends, unit, steps, sign=False)} {'sooner' if by['mean'] < 0.0 else 'later'}"
    return f"{who} {than} than with {base}{rest}."
