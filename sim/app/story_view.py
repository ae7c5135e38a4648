"""Story view: one customer's life in every arm, as the page tells it."""

from __future__ import annotations

from typing import Any

from sim.experiments.result import Result
from sim.experiments.story import story

__all__ = ["story_view"]


def story_view(result: Result, pick: str) -> dict[str, Any]:
    """Return the lives of a picked customer of the first replicate.

    Parameters
    ----------
    result : Result
        A finished comparison.
    pick : {'winner', 'loser', 'typical'}
        Whose life, by what the first arm beside the baseline is worth to the company.

    Returns
    -------
    dict
        ``persona``, ``customer``, ``text`` (the lives side by side), ``week`` of the parting (None where there is none)
        and ``reason``.
    """
    scenario = result.scenario
    picks = next(iter(result.summary_json["picks"].values()), None)
    if not picks:
        return {"text": "", "persona": "", "customer": None, "week": None, "reason": "No single lives are kept."}
    traces = {arm: history.trace for arm, history in result.histories[0].items()}
    told = story(scenario, seed=result.seed, customer=int(picks[pick]), traces=traces)
    return {
        "persona": told.persona,
        "customer": told.customer,
        "text": str(told),
        "week": told.divergence,
        "reason": told.reason,
    }
