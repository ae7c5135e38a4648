"""Stage view: a journey of very many edges as a map can show it: between stages, by the ways that are taken most.

A journey found in a log has states that are parts of stages, by what came before or by age, and hundreds of edges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.analysis.stage_moves import stage_of
from sim.number_format import exact_percent
from sim.scenario.journey import Edge, Journey

__all__ = ["MOST_WHOLE", "StageView", "between_stages", "stage_view"]

Flows = Mapping[tuple[str, str], NDArray[np.float64]]

#: Edges that a map shows whole; of more, those that make up so many of all moves, and no more than so many.
MOST_WHOLE, _SHARE, _MOST = 60, 0.9, 30


@dataclass(frozen=True, slots=True)
class StageView:
    """The ways between stages that a map shows, from stage to stage, and the share of moves that it does not."""

    pairs: frozenset[tuple[str, str]]
    left_out: float
    #: Whether moves were counted in a run, or are those that the journey's chances make likely.
    counted: bool = True

    @property
    def note(self) -> str:
        """What the map leaves out, in words."""
        share = exact_percent(self.left_out, 0)
        if self.counted:
            return f"Between stages, the most taken ways; {share} of moves are not drawn."
        return f"Between stages, the likeliest ways; about {share} of moves of simulated customers are not drawn."

    def change(self, journey: Journey, other: Journey) -> list[Journey]:
        """Return two journeys so, in which a way is the same where all edges that it stands for are."""
        first, second = (self._by_pair(item) for item in (journey, other))
        kept: list[dict[tuple[str, str], Edge]] = [{}, {}]
        for pair in self.pairs:
            before, after = first.get(pair, []), second.get(pair, [])
            if before and after:
                gone = next((edge for edge in before if edge not in after), None)
                came = next((edge for edge in after if edge not in before), None)
                kept[0][pair] = gone or came or before[0]
                # Fewer edges than before, and none of them new: any difference marks the way as altered.
                kept[1][pair] = came or (replace(after[0], during=(1, 1)) if gone else before[0])
            elif before or after:
                kept[bool(after)][pair] = (before or after)[0]
        drawn = self.journeys([journey, other])
        return [
            replace(item, edges=tuple(replace(e, source=a, target=b) for (a, b), e in edges.items()))
            for item, edges in zip(drawn, kept, strict=True)
        ]

    def _by_pair(self, journey: Journey) -> dict[tuple[str, str], list[Edge]]:
        found: dict[tuple[str, str], list[Edge]] = {}
        for edge in journey.edges:
            found.setdefault((stage_of(edge.source), stage_of(edge.target)), []).append(edge)
        return found

    def journeys(self, journeys: Sequence[Journey]) -> list[Journey]:
        """Return journeys with their stages alone and the ways that are shown."""
        shown = {stage for pair in self.pairs for stage in pair}
        found = []
        for journey in journeys:
            stages = {stage_of(name): stage for name, stage in reversed(list(journey.stages.items()))}
            edges: dict[tuple[str, str], Edge] = {}
            for edge in journey.edges:
                pair = stage_of(edge.source), stage_of(edge.target)
                if pair in self.pairs:
                    edges.setdefault(pair, replace(edge, source=pair[0], target=pair[1]))
            start: dict[str, float] = {}
            for name, share in journey.start.items():
                start[stage_of(name)] = start.get(stage_of(name), 0.0) + share
            order = [name for name in dict.fromkeys(map(stage_of, journey.stages)) if name in shown]
            found.append(
                replace(
                    journey,
                    start={name: share for name, share in start.items() if name in shown},
                    stages={name: stages[name] for name in order},
                    edges=tuple(edges.values()),
                )
            )
        return found


def stage_view(
    journeys: Sequence[Journey], flows: Sequence[Flows], goals: Sequence[str] = (), *, counted: bool = True
) -> StageView | None:
    """Return how a map shows journeys of more edges than it can show; None where it can.

    Parameters
    ----------
    journeys : sequence of Journey
    flows : sequence of mapping
        Of each arm, (from, to) -> customers by replicate.
    goals : sequence of str
        Stages that are shown however few come to them.
    counted : bool
        Whether the flows are those of a run.

    Returns
    -------
    StageView or None

    Examples
    --------
    >>> stage_view([Journey(name="short")], []) is None
    True
    """
    if max((len(journey.edges) for journey in journeys), default=0) <= MOST_WHOLE:
        return None
    most: dict[tuple[str, str], float] = {}
    for arm in flows:
        for pair, counts in between_stages(arm).items():
            most[pair] = max(most.get(pair, 0.0), float(np.mean(counts)))
    if not most:
        return None
    ranked = sorted(most, key=lambda pair: (-most[pair], pair))
    total, reached = sum(most.values()), 0.0
    kept: list[tuple[str, str]] = []
    for pair in ranked[:_MOST]:
        if reached >= _SHARE * total:
            break
        kept.append(pair)
        reached += most[pair]
    for wanted in dict.fromkeys(map(stage_of, goals)):
        # The way by which most come, back to a stage that is shown.
        while wanted not in {target for _, target in kept}:
            way = next((pair for pair in ranked if pair[1] == wanted and pair not in kept), None)
            if way is None:
                break
            kept.append(way)
            wanted = way[0]
    left = 1.0 - sum(most[pair] for pair in kept) / total if total else 0.0
    return StageView(frozenset(kept), left, counted)


def between_stages(flows: Flows) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return flows between stages; moves within one are none."""
    found: dict[tuple[str, str], NDArray[np.float64]] = {}
    for (source, target), counts in flows.items():
        pair = stage_of(source), stage_of(target)
        if pair[0] != pair[1]:
            found[pair] = found[pair] + counts if pair in found else counts
    return found
