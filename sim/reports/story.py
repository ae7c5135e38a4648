"""Story page: one customer's life in every arm, a timeline in words, the lives side by side, the parting marked."""

from __future__ import annotations

from typing import Any

from sim.experiments.story import Story, need_in_words, timeline, totals
from sim.number_format import in_words
from sim.reports.document import Document
from sim.reports.sheet import Column, Sheet, verdict_sheet

__all__ = ["story_document", "story_sheets"]

#: From where on a trait is called high, and below which low.
_HIGH, _LOW = 0.6, 0.4


def story_document(told: Story) -> Document:
    """Return the page of a story.

    Parameters
    ----------
    told : Story
    """
    scenario = told.scenario
    rows = timeline(told)
    titles = [in_words(life.arm) for life in told.lives]
    return Document(
        title=f"{scenario.title or scenario.name}: one customer, {len(told.lives)} lives",
        lead=tuple(totals(told)),
        facts=f"Customer {told.customer}, {told.persona} · {scenario.horizon} {scenario.step}s",
        template="story",
        slots={
            "persona": told.persona,
            "need": need_in_words(told),
            "traits": _traits(told),
            "arms": titles,
            "step": scenario.step,
            "rows": rows,
            "divergence": told.divergence,
            "reason": told.reason.split("\n"),
        },
    )


def story_sheets(told: Story) -> list[Sheet]:
    """Return the tables of a story: what came of each life, and what happened by step.

    Parameters
    ----------
    told : Story
    """
    scenario = told.scenario
    facts = [
        ("Command", "journey story"),
        ("Scenario", scenario.name),
        ("Customer", told.customer),
        ("Persona", told.persona),
        (f"Lives part in {scenario.step}", told.divergence),
    ]
    columns = (
        Column("step", scenario.step.capitalize(), "count", 8),
        *(Column(life.arm, in_words(life.arm), width=60) for life in told.lives),
    )
    rows = tuple((step, *("; ".join(cell) or "nothing" for cell in cells)) for step, cells in timeline(told))
    return [
        verdict_sheet(scenario.title or scenario.name, facts, "\n".join([*totals(told), told.reason])),
        Sheet("Lives", columns, rows),
    ]


def _traits(told: Story) -> dict[str, Any]:
    """Return the traits of which the customer has much, and those of which it has little, in words."""
    words = {in_words(name): value for name, value in told.traits.items()}
    return {
        "high": [name for name, value in words.items() if value >= _HIGH],
        "low": [name for name, value in words.items() if value < _LOW],
    }
