"""Payback: when an arm has paid back what it cost, and what discounting does to its gain, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim import number_format
from sim.number_format import bracket
from sim.scenario.calendar import day_beside

__all__ = ["discounted_sentence", "payback_sentence"]

Numbers = Mapping[str, Any]


def payback_sentence(summary: Numbers, name: str) -> str:
    """Say when an arm pays back; where most replicates do not, that comes first.

    Parameters
    ----------
    summary : mapping
        The content of `summary.json`.
    name : str
        The difference, as it is called there.

    Returns
    -------
    str

    Examples
    --------
    >>> entry = {"mean": 51.0, "ci_low": None, "ci_high": None, "share": 0.125}
    >>> asked = {"replicates": 8, "horizon": 52, "differences": {"led - classic": {"payback_week": entry}}}
    >>> payback_sentence(asked, "led - classic")
    'It does not pay back within 52 weeks in 7 of 8 replicates (discounted); in the other it does in week 51.'
    """
    entry, step = summary["differences"][name]["payback_week"], summary.get("step", "week")
    horizon = number_format.counted(summary["horizon"], step)
    total = summary["replicates"]
    back = round(entry["share"] * total)
    it = "In this one replicate it" if total == 1 else "It"
    among = f"; in {back} of {total} replicates" if total > 1 else ""
    if back == 0:
        return f"{it} does not pay back within {horizon} (discounted{among})."
    if entry["mean"] == 0.0 and back == total > 1:
        return "It pays from the start: cumulative discounted contribution never falls below the baseline's."
    when = f"in {step} {number_format.count(entry['mean'])}{day_beside(entry['mean'], step, summary.get('start_date'))}"
    between = bracket(entry, number_format.count)
    if 2 * back < total:
        others, mean = ("the other", "") if back == 1 else (f"the other {back}", " on average")
        return (
            f"It does not pay back within {horizon} in {total - back} of {total} replicates (discounted);"
            f" in {others} it does {when}{mean}{between}."
        )
    mean = " on average" if total > 1 else ""
    others = "the other" if total - back == 1 else f"the other {total - back}"
    rest = f"; in {others} it does not within {horizon}" if back < total else ""
    return f"{it} pays back {when}{mean} (discounted{among}){between}{rest}."


def discounted_sentence(summary: Numbers, name: str, money: Callable[[float], str]) -> str:
    """Say what net present value is where it does not say what contribution says; nothing where both say the same.

    What is spent first and earned later is worth less the higher the discount rate.

    Parameters
    ----------
    summary : mapping
        The content of `summary.json`.
    name : str
        The difference, as it is called there.
    money : callable
        What writes an amount with its sign.

    Returns
    -------
    str

    Examples
    --------
    >>> gain = {"mean": 9.0, "ci_low": 6.0, "ci_high": 12.0}
    >>> value = {"mean": -3.0, "ci_low": -5.0, "ci_high": -1.0}
    >>> asked = {"replicates": 8, "differences": {"led - classic": {"contribution": gain, "npv": value}}}
    >>> discounted_sentence(asked, "led - classic", "{:+.0f}".format)
    'Discounted to the first week it loses: the difference in net present value is -3 [-5 to -1].'
    """
    gain, value = (summary["differences"][name][metric] for metric in ("contribution", "npv"))
    worth = _sign(value)
    if value["ci_low"] is None or worth == _sign(gain):
        return ""
    says = {1: "it gains", -1: "it loses", 0: "whether it gains or loses is open"}[worth]
    comma = "" if worth else ","
    return (
        f"Discounted to the first {summary.get('step', 'week')}{comma} {says}: the difference in net present value is"
        f" {money(value['mean'])}{bracket(value, money)}."
    )


def _sign(entry: Numbers) -> int:
    """Return 1 or -1 where the sign is sure, 0 where it is open."""
    low, high = entry["ci_low"], entry["ci_high"]
    return 0 if low is None or low <= 0.0 <= high else (low > 0.0) - (high < 0.0)
