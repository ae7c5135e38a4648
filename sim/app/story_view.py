"""Story view: one customer's life in every arm, as the page tells it."""

from __future__ import annotations

from typing import Any

from sim.experiments.result import Result
from sim.experiments.story import story
from sim.number_format import in_words
from sim.reports.labels import sentence
from sim.reports.story import story_document

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
        ``lead`` (what became of each life), ``arms`` (their names), ``rows`` (step, what happens in each life),
        ``week`` in which they part (None where they do not), ``reason``, and who it is: ``persona``, ``customer``,
        ``need``, ``traits``. Without single lives, and where nobody is worth more, or less, only ``reason``.
    """
    picks = next(iter(result.summary_json["picks"].values()), None)
    if not picks:
        return {"rows": [], "reason": ["No single lives are kept."]}
    if picks[pick] is None and pick != "typical":
        worth = "more" if pick == "winner" else "less"
        return {"rows": [], "reason": [f"Nobody is worth {worth} than in {in_words(result.scenario.baseline)}."]}
    traces = {arm: history.trace for arm, history in result.histories[0].items()}
    told = story(result.scenario, seed=result.seed, customer=picks[pick] or 0, traces=traces)
    page = story_document(told)
    parts = page.slots
    return {
        "lead": list(page.lead),
        "arms": parts["arms"],
        "rows": [[week, [sentence("; ".join(cell)) or "nothing" for cell in cells]] for week, cells in parts["rows"]],
        "week": parts["divergence"],
        "reason": parts["reason"],
        "persona": parts["persona"],
        "customer": told.customer,
        "need": parts["need"],
        "traits": parts["traits"],
    }
