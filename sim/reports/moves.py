"""Moves: how often customers take each step of the journey, in every arm; all that a journey without a market tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.goal import PER_CUSTOMERS, goal_called
from sim.analysis.stage_moves import move_in_words, moves_of, stage_of, with_width
from sim.experiments.result import Result
from sim.number_format import interval, quantity
from sim.reports.comparison import difference_name, flows_of, other_arms

__all__ = ["MOST_SHOWN", "MoveRow", "move_rows"]

#: Steps that are told at once; journeys found in logs have hundreds.
MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One step of the journey, ready to be written: moves per 1,000 customers over the horizon.

    Attributes
    ----------
    name : str
        The step, such as *visit → basket*.
    arms : mapping of arm to str
        The mean over the replicates.
    gaps : mapping of arm to (difference, interval, sure)
        Against the baseline; ``sure`` where the 95 % interval stays clear of zero. There is none where all replicates
        happen to differ by the same.
    """

    name: str
    arms: Mapping[str, str]
    gaps: Mapping[str, tuple[str, str, bool]]


def move_rows(result: Result) -> list[MoveRow]:
    """Return the steps that were taken in any arm, those most often taken first; before them all ways to the goal.

    Parameters
    ----------
    result : Result
        A comparison, or arms alone.
    """
    summary = result.summary_json
    scale = PER_CUSTOMERS / max(result.scenario.market_customers, 1)
    flows = {
        arm: {step: count * scale for step, count in _between_stages(flows_of(result, arm)).items()}
        for arm in result.scenario.arms
    }
    changed = {
        arm: {(entry["from"], entry["to"]): entry for entry in moves_of(summary, difference_name(result, arm))}
        for arm in other_arms(result)
    }
    steps = sorted({step for by_step in flows.values() for step in by_step})
    steps.sort(key=lambda step: -max(by_step.get(step, 0.0) for by_step in flows.values()))

    def gap(entry: Mapping[str, Any], scale: float) -> tuple[str, str, bool]:
        low, high = (None if entry[end] is None else entry[end] * scale for end in ("ci_low", "ci_high"))
        sure = low is not None and high is not None and (low > 0.0 or high < 0.0)
        return quantity(entry["mean"] * scale, "number", "", sign=True), interval(low, high, "number", ""), sure

    # A step that no replicate took more or less often is not listed among the changes.
    same = {"mean": 0.0, "ci_low": None, "ci_high": None}
    goal = summary.get("goal")
    rows = []
    if goal is not None:
        rows.append(
            MoveRow(
                f"all ways to {goal_called(goal['stages'])}",
                {arm: quantity(entry["mean"] * PER_CUSTOMERS, "number", "") for arm, entry in goal["arms"].items()},
                {
                    arm: gap(with_width(goal["differences"][difference_name(result, arm)]), PER_CUSTOMERS)
                    for arm in changed
                },
            )
        )
    return rows + [
        MoveRow(
            move_in_words(*step),
            {arm: quantity(by_step.get(step, 0.0), "number", "") for arm, by_step in flows.items()},
            {arm: gap(changed[arm].get(step, same), scale) for arm in changed},
        )
        for step in steps
    ]


def _between_stages(flows: Mapping[tuple[str, str], NDArray[np.float64]]) -> dict[tuple[str, str], float]:
    """Return mean flows, those of parts of a stage added up."""
    found: dict[tuple[str, str], float] = {}
    for (source, target), counts in flows.items():
        step = stage_of(source), stage_of(target)
        found[step] = found.get(step, 0.0) + float(counts.mean())
    return found
