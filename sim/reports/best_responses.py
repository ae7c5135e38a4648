"""Best responses report: what every answer of a competitor is worth to it, and which it chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.analysis.verdict import title
from sim.number_format import NOTHING, in_words, quantity
from sim.reports.document import Table
from sim.reports.labels import words_of

__all__ = ["best_response_tables"]


def best_response_tables(summary: Mapping[str, Any], currency: str) -> list[Table]:
    """Return a table for each arm and competitor that may answer; none where nobody does.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    currency : str

    Returns
    -------
    list of Table
    """
    return [
        _table(in_words(arm), title(summary, brand), item, currency)
        for arm, found in (summary.get("best_responses") or {}).items()
        for brand, item in found["competitors"].items()
    ]


def _table(arm: str, brand: str, item: Mapping[str, Any], currency: str) -> Table:
    words = words_of(item["goal"])

    def write(number: float | None) -> str:
        return NOTHING if number is None else quantity(number, words.kind, currency, sign=True)

    rows = []
    for choice in item["choices"]:
        gain = choice["gain"]
        waits = choice["strategy"] is None
        rows.append(
            (
                choice["name"],
                write(0.0) if waits else write(gain["mean"]),
                "" if waits else f"{write(gain['ci_low'])} to {write(gain['ci_high'])}",
                "chosen" if choice == item["chosen"] else "",
            )
        )
    caption = f"{brand} in {arm}: {words.name} beside waiting"
    return Table((f"{brand} does", "gain", "95 % interval", ""), tuple(rows), caption, (3,))
