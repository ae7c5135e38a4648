"""Goal: the stages that customers are meant to reach, and what a comparison says of how often they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.analysis.stage_moves import stage_of
from sim.number_format import bracket, in_words, listed, quantity

__all__ = ["PER_CUSTOMERS", "goal_called", "goal_first", "goal_sentence"]

#: Visits to a goal are told per so many customers.
PER_CUSTOMERS = 1000.0


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
