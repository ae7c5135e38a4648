"""Difference table: one arm against the baseline, a line per metric, ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.analysis.summary import difference_name
from sim.number_format import NOTHING, exact_percent, interval, probability, quantity
from sim.reports.labels import metric_words
from sim.scenario.calendar import day_beside

__all__ = ["Row", "chance_above", "difference_rows", "earns_the_same", "payback_of"]

#: Not changes that could be zero, so no interval of theirs is "clear of zero".
_NO_CHANGE = ("payback_week", "cash_low_point")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of differences, ready to be written."""

    metric: str
    name: str
    about: str
    baseline: str
    arm: str
    difference: str
    beside: str  #: what stands in brackets behind the difference, with a blank before it; empty for most
    brief: str  #: the difference where there is room for no brackets
    interval: str
    better: str
    sure: bool


def difference_rows(summary: Mapping[str, Any], arm: str, currency: str, *, only: tuple[str, ...] = ()) -> list[Row]:
    """Return the table of one arm's differences from the baseline.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`, or of one persona in it together with ``baseline``.
    arm : str
    currency : str
    only : tuple of str
        Metrics; left out, all of them.

    Returns
    -------
    list of Row
        A line per metric that the summary has.
    """
    baseline, step = summary["baseline"], summary.get("step", "week")
    found = summary["differences"][difference_name(arm, baseline)]
    rows = []
    for metric, words in metric_words(summary).items():
        if metric not in found or (only and metric not in only):
            continue
        payback = metric == "payback_week"
        entry = payback_of(found) if payback else found[metric]
        ends = [summary["arms"][name].get(metric, {}).get("mean") for name in (baseline, arm)]
        low, high = entry["ci_low"], entry["ci_high"]
        written = quantity(entry["mean"], words.kind, currency, sign=not payback)
        beside, brief = "", ""
        if payback:
            share = entry.get("share")
            ends = [None, None]
            beside = "" if entry["mean"] is None else day_beside(entry["mean"], step, summary.get("start_date"))
            if not earns_the_same(found):
                written = "never" if entry["mean"] is None else f"{step} {written}"
            if share is not None and 0.0 < share < 1.0:
                beside += f" ({exact_percent(share, 0)} of replicates)"
                brief = (
                    f"{written} in {exact_percent(share, 0)}"
                    if share >= 0.5
                    else f"never in {exact_percent(1 - share, 0)}"
                )
        sure = metric not in _NO_CHANGE and low is not None and high is not None and (low > 0.0 or high < 0.0)
        better = chance_above(entry)
        rows.append(
            Row(
                metric=metric,
                name=words.name,
                about=words.about,
                baseline=quantity(ends[0], words.kind, currency),
                arm=quantity(ends[1], words.kind, currency),
                difference=written,
                beside=beside,
                brief=brief or written,
                interval=interval(low, high, words.kind, currency, sign=not payback),
                better=NOTHING if better is None else probability(better),
                sure=sure,
            )
        )
    return rows


def chance_above(entry: Mapping[str, Any]) -> float | None:
    """Return the probability that a difference is above zero; None where it is exactly zero in every replicate.

    Parameters
    ----------
    entry : mapping
        A difference, as `summary.json` has it.

    Examples
    --------
    >>> chance_above({"mean": 2.0, "ci_low": 1.0, "ci_high": 3.0, "p_better": 0.99})
    0.99
    >>> chance_above({"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0, "p_better": 0.5})
    """
    found: float | None = entry.get("p_better")
    return None if entry["mean"] == entry["ci_low"] == entry["ci_high"] == 0.0 else found


def earns_the_same(found: Mapping[str, Any]) -> bool:
    """Whether an arm earns exactly what the baseline does in every replicate, so that nothing is to be paid back.

    Parameters
    ----------
    found : mapping
        The differences of an arm, as `summary.json` has them.
    """
    entry = found["contribution"]
    return bool(entry["mean"] == entry["ci_low"] == entry["ci_high"] == 0.0)


def payback_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return when an arm pays back, in whole steps; nothing where there is nothing to pay back.

    Parameters
    ----------
    found : mapping
        The differences of an arm, as `summary.json` has them.

    Examples
    --------
    >>> same = {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0}
    >>> payback_of({"contribution": same, "payback_week": {**same, "share": 1.0}})
    {'mean': None, 'ci_low': None, 'ci_high': None, 'share': None}
    """
    if earns_the_same(found):
        return dict.fromkeys(found["payback_week"])
    return _in_whole_steps(found["payback_week"])


def _in_whole_steps(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an estimate of when something happens as a verdict has it: in whole steps.

    Examples
    --------
    >>> _in_whole_steps({"mean": 57.6, "ci_low": 0.03, "ci_high": None})
    {'mean': 58.0, 'ci_low': 0.0, 'ci_high': None}
    """
    rounded = {of: None if entry[of] is None else float(round(entry[of])) for of in ("mean", "ci_low", "ci_high")}
    return {**entry, **rounded}
