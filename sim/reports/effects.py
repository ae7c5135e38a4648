"""Effects: by which edges of the journeys, and how strongly, the capabilities act on customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agents.strategies import CAPABILITIES, highest_level
from sim.analysis.stage_moves import move_in_words
from sim.experiments.result import Result
from sim.number_format import in_words
from sim.scenario.journey import Edge

__all__ = ["ACTS_THROUGH", "EdgeEffect", "effects"]

#: What a capability, or a contact, changes for a customer, as features of edges (docs/model.md 7.2).
ACTS_THROUGH: Mapping[str, str] = {
    "ease": "automation",
    "effort": "automation (less effort)",
    "relevance": "personalization",
    "pull": "contacts: context, personalization",
    "intrusion": "contacts",
    "fatigue": "contacts",
    "delight": "innovation",
}


class EdgeEffect(NamedTuple):
    """One coefficient: journey and edge, what acts there, through which feature, how strongly, and the source."""

    journey: str
    edge: str
    acts: str
    feature: str
    coefficient: float
    scale: str
    source: str


def effects(result: Result) -> Iterator[EdgeEffect]:
    """Yield every coefficient through which a capability or a contact acts, of the journeys that a strategy uses."""
    scenario = result.scenario
    used = {
        plan.journey: None
        for arm in scenario.arms.values()
        for plan in arm.plans.values()
        if any(highest_level(plan.strategy, name) for name in (*CAPABILITIES, "customers"))
    }
    for name in used:
        journey = scenario.journeys[name]
        for edge in journey.edges:
            for feature, coefficient in (edge.logit or edge.probability or {}).items():
                if feature in ACTS_THROUGH and coefficient:
                    scale = "log odds" if edge.logit else "probability"
                    # No journey carries a source of its own: a coefficient is what whoever wrote it assumed.
                    yield EdgeEffect(
                        journey.title or in_words(name),
                        _words(edge),
                        ACTS_THROUGH[feature],
                        feature,
                        coefficient,
                        scale,
                        "assumption",
                    )


def _words(edge: Edge) -> str:
    condition = [f"on a {edge.on}" if edge.on else "", f"only {edge.only}" if edge.only else ""]
    said = ", ".join(filter(None, condition))
    return f"{move_in_words(edge.source, edge.target)}{f' ({said})' if said else ''}"
