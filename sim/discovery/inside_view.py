"""Inside view: where a journey as it was drawn and the journey as it was lived differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.discovery.lived_map import LivedEdge
from sim.scenario.journey import Journey

__all__ = ["ViewGap", "view_gaps"]

_WORDS = {"stage": "lived, not drawn", "unlived": "drawn, not lived"}


@dataclass(frozen=True, slots=True)
class ViewGap:
    """One difference: a stage or an edge, what was drawn and what was lived.

    ``drawn`` is the share of those who leave the stage where the journey gives constant probabilities, else None.
    """

    what: str
    source: str
    target: str
    drawn: float | None
    lived: float | None
    cases: int
    kind: str


def view_gaps(journey: Journey, slugs: Sequence[str], edges: Sequence[LivedEdge]) -> tuple[ViewGap, ...]:
    """Compare a drawn journey with the edges of real cases.

    Parameters
    ----------
    journey : Journey
        As drawn.
    slugs : sequence of str
        Names of the lived stages.
    edges : sequence of LivedEdge

    Returns
    -------
    tuple of ViewGap
        Stages first, then edges; most taken first.
    """
    lived = {(slugs[edge.source], slugs[edge.target]): edge for edge in edges}
    visits: dict[str, int] = {}
    for (_, target), edge in lived.items():
        visits[target] = visits.get(target, 0) + edge.count
    drawn = {(edge.source, edge.target) for edge in journey.edges}
    shares = _drawn_shares(journey)
    gaps = [
        ViewGap("stage", name, "", None, None, visits.get(name, 0), _WORDS["stage"])
        for name in slugs
        if name not in journey.stages
    ]
    gaps += [
        ViewGap("stage", name, "", None, None, 0, _WORDS["unlived"]) for name in journey.stages if name not in slugs
    ]
    rest = []
    for pair in dict.fromkeys([*lived, *sorted(drawn)]):
        found = lived.get(pair)
        kind = _WORDS["stage"] if pair not in drawn else _WORDS["unlived"] if found is None else "another share"
        planned = shares.get(pair)
        if kind == "another share":
            assert found is not None
            if planned is None or found.ci_low <= planned <= found.ci_high:
                continue
        rest.append(
            ViewGap("edge", *pair, planned, None if found is None else found.share, found.count if found else 0, kind)
        )
    return (*gaps, *sorted(rest, key=lambda gap: -gap.cases))


def _drawn_shares(journey: Journey) -> dict[tuple[str, str], float]:
    """Shares of those who leave a stage, where all its edges have constant probabilities."""
    shares: dict[tuple[str, str], float] = {}
    for stage in journey.stages:
        mine = [edge for edge in journey.edges if edge.source == stage]
        constant = [
            edge.probability for edge in mine if edge.probability is not None and set(edge.probability) == {"base"}
        ]
        if not mine or len(constant) != len(mine):
            continue
        total = sum(hazard["base"] for hazard in constant)
        for edge, hazard in zip(mine, constant, strict=True):
            if total > 0:
                pair = (edge.source, edge.target)
                shares[pair] = shares.get(pair, 0.0) + hazard["base"] / total
    return shares
