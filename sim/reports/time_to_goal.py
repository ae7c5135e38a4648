"""Time to goal: how soon customers reach the goal of the journey, in every arm, ready to be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.analysis.stage_moves import with_width
from sim.analysis.summary import difference_name
from sim.number_format import NOTHING, interval, quantity
from sim.reports.moves import MoveRow
from sim.scenario.calendar import time_unit, with_unit

__all__ = ["SAME_WORDS", "TIME_WORDS", "time_rows"]

#: What each quantity is called; all but the first are times.
TIME_WORDS: Mapping[str, str] = {
    "reached": "customers who reach it at all",
    "quarter_of_customers": "a quarter of all, within",
    "half_of_customers": "half of all, within",
    "three_quarters_of_customers": "three quarters of all, within",
    "restricted_mean": "mean time without it, of all",
    "quarter_of_those_who_come": "of those who reach it a quarter, within",
    "half_of_those_who_come": "of those who reach it half, within",
    "three_quarters_of_those_who_come": "of those who reach it three quarters, within",
}
_SAME = "time of those who reach it in both arms"
#: What is told of the same customers in both arms.
SAME_WORDS: Mapping[str, str] = {
    "reached_in_both": "customers who reach it in both arms",
    "later_by": "these, later by",
    "sooner": "of these, share who reach it sooner",
    "later": "of these, share who reach it later",
    "reached_here_only": "customers who reach it in the arm alone",
    "reached_there_only": "customers who reach it in the baseline alone",
}


def time_rows(summary: Mapping[str, Any]) -> list[MoveRow]:
    """Return how soon the goal is reached, a line per quantity that is known in some arm.

    Parameters
    ----------
    summary : mapping
        Content of the `summary.json` of a comparison, or of arms alone.

    Returns
    -------
    list of MoveRow
        Empty where no stage is a goal.
    """
    found = summary.get("time_to_goal")
    if not found:
        return []
    gaps = {arm: difference_name(arm, summary["baseline"]) for arm in found["arms"] if arm != summary["baseline"]}
    rows = []
    for key, words in TIME_WORDS.items():
        blocks = {arm: block[key] for arm, block in found["arms"].items()}
        known = [block["mean"] for block in blocks.values() if block is not None]
        if not known:
            continue
        changes = {arm: found["differences"][name][key] for arm, name in gaps.items()}
        unit, steps = ("", 1.0) if key == "reached" else time_unit(max(known), summary["step"])
        kind = "share" if key == "reached" else "number"
        rows.append(
            MoveRow(
                words,
                {arm: _written(block, kind, unit, steps) for arm, block in blocks.items()},
                {arm: _gap(entry, kind, unit, steps) for arm, entry in changes.items()},
            )
        )
    same = {arm: found["same_customers"][name]["later_by"] for arm, name in gaps.items()}
    if any(entry is not None for entry in same.values()):
        largest = max(abs(entry["mean"]) for entry in same.values() if entry is not None)
        unit, steps = time_unit(largest, summary["step"])
        changes = {arm: _gap(entry, "number", unit, steps) for arm, entry in same.items()}
        rows.append(MoveRow(_SAME, dict.fromkeys(found["arms"], NOTHING), changes))
    return rows


def _written(entry: Mapping[str, Any] | None, kind: str, unit: str, steps: float) -> str:
    """Write a mean with its unit."""
    if entry is None:
        return NOTHING
    return with_unit(quantity(entry["mean"] / steps, kind, ""), unit).rstrip()


def _gap(entry: Mapping[str, Any] | None, kind: str, unit: str, steps: float) -> tuple[str, str, bool]:
    """Write a difference and its interval, and whether this stays clear of zero."""
    if entry is None:
        return NOTHING, NOTHING, False
    entry = with_width(entry)
    low, high = (None if entry[end] is None else entry[end] / steps for end in ("ci_low", "ci_high"))
    sure = low is not None and high is not None and (low > 0.0 or high < 0.0)
    change = with_unit(quantity(entry["mean"] / steps, kind, "", sign=True), unit).rstrip()
    return change, interval(low, high, kind, "").removesuffix(" points"), sure
