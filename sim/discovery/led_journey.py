"""Led journey: what a found journey would be under the effect that its proactive arm assumes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import commonprefix

import numpy as np

from sim.discovery.cases import Cases
from sim.discovery.goal import ends_only
from sim.discovery.hazards import TimedJourney
from sim.discovery.state_edges import ENDED, TimedEdge, parts_from
from sim.number_format import percent

__all__ = ["CaseEnds", "assumed_effect", "ends_beside", "led_journey"]

#: Assumed: of those who would end without the goal, the share that a proactive journey keeps.
_KEPT = 0.2
#: Assumed where nobody is seen to end: how much sooner customers leave the stage that takes most of their time.
_SOONER = 1.1


@dataclass(frozen=True, slots=True)
class CaseEnds:
    """Where cases end.

    Attributes
    ----------
    short : frozenset of int
        Stages with which cases end, short of the goal: lost, abandoned.
    left : frozenset of int
        Stages whose ends are left as they are: the goal, and those in which most who end have been at the goal.
    """

    short: frozenset[int]
    left: frozenset[int]


def ends_beside(cases: Cases, goal: int) -> CaseEnds:
    """Return where cases end short of the goal, and where after it.

    Parameters
    ----------
    cases : Cases
    goal : int

    Returns
    -------
    CaseEnds
    """
    stages = len(cases.stages)
    last = cases.first[1:] - 1
    reached = np.zeros(cases.count, bool)
    reached[cases.case[cases.stage == goal]] = True
    ends = np.bincount(cases.stage[last], minlength=stages)
    after = np.bincount(cases.stage[last], weights=reached, minlength=stages) > 0.5 * ends
    return CaseEnds(
        frozenset(np.flatnonzero(ends_only(cases) & ~after).tolist()) - {goal},
        frozenset(np.flatnonzero(after).tolist()) | {goal},
    )


def assumed_effect(sooner: str | None = None) -> dict[str, str]:
    """Return the assumption that the proactive arm rests on; ``sooner`` is the stage that is left sooner, if one is."""
    effect = f"Of customers who would end before the goal, {percent(_KEPT)} go on as the others in their stage do"
    if sooner is not None:
        effect = (
            f"Customers leave {sooner}, where they spend most of their time, with chances {percent(_SOONER - 1)} higher"
        )
    return {
        "what": effect,
        "source": "assumption: a log under one strategy shows the effect of none; change it in the proactive journey",
    }


def led_journey(journey: TimedJourney, *, ends: CaseEnds, sooner: int | None = None) -> TimedJourney:
    """Return a journey with the assumed effect.

    Of those who would end short of the goal some go on as the others in their stage do. Where last visits are told
    apart, theirs becomes a visit of those who go on, so that they come to the stage no more often than they did. Where
    they would end by going to a stage such as *lost*, they go where the others go.

    Parameters
    ----------
    journey : TimedJourney
    ends : CaseEnds
        Where cases end.
    sooner : int, optional
        Stage that is left sooner than it was, instead.

    Returns
    -------
    TimedJourney
    """
    of_state: dict[int, list[TimedEdge]] = defaultdict(list)
    for edge in journey.edges:
        of_state[edge.source].append(edge)
    edges: list[TimedEdge] = []
    for state, mine in of_state.items():
        stage = journey.contexts.stage_at(state)
        if sooner is not None:
            edges += _faster(mine) if stage == sooner and state not in journey.instant else mine
            continue
        kept = _KEPT if state not in journey.instant and stage not in ends.left | ends.short else 0.0
        edges += _shared_out(_kept_here(mine, kept), journey, ends)
    if sooner is not None:
        return replace(journey, edges=tuple(edges))
    # Who begins with a last visit and is led begins with another one, in the same place of the luck.
    begun = {state: _instead(state, journey.start, journey, ends) for state in journey.start}
    return replace(
        journey,
        edges=tuple(edges),
        start={state: share * (1.0 - _KEPT if begun[state] else 1.0) for state, share in journey.start.items()},
        led={
            state: {other: _KEPT * journey.start[state] * share for other, share in others.items()}
            for state, others in begun.items()
            if others
        },
    )


def _shared_out(edges: list[TimedEdge], journey: TimedJourney, ends: CaseEnds) -> Iterator[TimedEdge]:
    """Yield the edges of a state, of which those to last visits lead some to those who go on."""
    counts = {edge.target: edge.count for edge in edges if edge.target != ENDED and _is_first(edge)}
    whole = {states[0]: states for states in journey.contexts.parts().values()}
    for edge in edges:
        others = {} if edge.target == ENDED else _instead(edge.target, counts, journey, ends)
        if not others:
            yield edge
            continue
        yield _times(edge, 1.0 - _KEPT)
        for other, share in others.items():
            yield from parts_from(_times(edge, _KEPT * share, led=True), whole[other], journey.contexts.ages)


def _instead(state: int, ways: Mapping[int, float], journey: TimedJourney, ends: CaseEnds) -> dict[int, float]:
    """Return where those come who go on, of those who would come to a last visit: shares by state; empty: they end.

    They come to the stage as others do the same way, where any do: ``ways`` has how many, by state.
    """
    contexts = journey.contexts
    stage = contexts.stage_at(state)
    last = contexts.at_once.last
    phase = contexts.phase or (0,) * len(contexts.keys)
    on = [at for at, count in ways.items() if count > 0.0 and not last[contexts.keys[at][0]]]
    if stage in ends.short:
        same = {at: ways[at] for at in on if contexts.stage_at(at) not in ends.short}
    elif last[contexts.keys[state][0]] and stage not in ends.left:
        same = {at: ways[at] for at in on if contexts.stage_at(at) == stage and phase[at] == phase[state]}
        if not same:
            return _who_go_on(state, journey)
    else:
        return {}
    total = sum(same.values())
    return {at: count / total for at, count in same.items()}


def _who_go_on(state: int, journey: TimedJourney) -> dict[int, float]:
    """Return the states of those who are in the stage of a state for a time and go on, by their shares.

    They are in its phase and came the same way, as far back as some did.
    """
    contexts = journey.contexts
    going = np.zeros(len(contexts.keys))
    for edge in journey.edges:
        going[edge.source] += edge.count if edge.target != ENDED else 0.0
    mine = contexts.phase[state] if contexts.phase else 0
    stage, before = contexts.stage_at(state), contexts.keys[state][1:]
    nearest: tuple[int, dict[int, float]] = (-1, {})
    for (key, phase), parts in contexts.parts().items():
        at, count = parts[0], float(going[list(parts)].sum())
        if at in journey.instant or contexts.stage_at(at) != stage or phase != mine or count <= 0.0:
            continue
        together = len(commonprefix([before, key[1:]]))
        if together > nearest[0]:
            nearest = together, {}
        if together == nearest[0]:
            nearest[1][at] = count
    total = sum(nearest[1].values())
    return {at: count / total for at, count in nearest[1].items()}


def _kept_here(edges: list[TimedEdge], kept: float) -> list[TimedEdge]:
    """Return the edges of a state in which cases both end and go on, where some of those who would end go on."""
    others = sum(edge.by_step[0][1] for edge in edges if edge.target != ENDED and _is_first(edge))
    leaving = sum(edge.by_step[0][1] for edge in edges if edge.target == ENDED)
    if not kept or leaving <= 0.0:
        return edges
    out = []
    for edge in edges:
        (_, first), *later = edge.by_step
        if edge.target == ENDED:
            out.append(replace(edge, by_step=((1, first * (1.0 - kept)), *later)))
        elif others > 0.0 and not edge.forward:
            # Who is kept goes on as those who left in the first step do; by the age of the case it does so in its time.
            led = ((1, first * (1.0 + kept * leaving / others)), *(later or [(2, first)]))
            out.append(replace(edge, by_step=led))
        else:
            out.append(edge)
    return out


def _faster(edges: list[TimedEdge]) -> list[TimedEdge]:
    """Return edges with hazards raised by the assumed factor, as far as all together stay below 1."""
    first = [edge for edge in edges if _is_first(edge)]
    steps = {step for edge in first for step, _ in edge.by_step}
    total = max(
        (sum([value for begin, value in edge.by_step if begin <= step][-1] for edge in first) for step in steps),
        default=0.0,
    )
    factor = max(min(_SOONER, (1.0 - 1e-6) / total), 1.0) if total > 0.0 else 1.0
    return [_times(edge, factor) for edge in edges]


def _times(edge: TimedEdge, factor: float, *, led: bool = False) -> TimedEdge:
    """Return an edge that so many times as many take."""
    by_step = tuple((step, value * factor) for step, value in edge.by_step)
    return replace(edge, count=edge.count * factor, by_step=by_step, led=led)


def _is_first(edge: TimedEdge) -> bool:
    """Return whether an edge leads to a state, or to the first of the parts of one that is parted by age."""
    return edge.during is None or edge.during[0] == 0
