"""Led journey: what a found journey would be under the effect that its proactive arm assumes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import commonprefix

import numpy as np
from numpy.typing import NDArray

from sim.discovery.cases import Cases
from sim.discovery.goal import ends_only
from sim.discovery.hazards import TimedJourney
from sim.discovery.state_edges import ENDED, TimedEdge, pairs_of, parts_from
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
    missed : float
        Share of cases that end short of the goal.
    """

    short: frozenset[int]
    left: frozenset[int]
    missed: float


def ends_beside(cases: Cases, goal: int, over: NDArray[np.float64]) -> CaseEnds:
    """Return where cases end short of the goal, and where after it.

    Parameters
    ----------
    cases : Cases
    goal : int
    over : float64 (cases,)
        How likely each case is over with its last event.

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
        float((over * ~reached).mean()),
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

    Of those who would end short of the goal, and have not been there, some go on as the others in their stage do. Where
    last visits are told apart, theirs becomes a visit of those who go on, so that they come to the stage no more often
    than they did. Where they would end by going to a stage such as *lost*, they go where the others go.

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
        apart = state in journey.instant or journey.contexts.since_goal(state)
        kept = 0.0 if apart or stage in ends.left | ends.short else _KEPT
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
    if contexts.since_goal(state):
        return {}
    phase = contexts.phase or (0,) * len(contexts.keys)
    apart = {at for at in ways if last[contexts.keys[at][0]] or contexts.since_goal(at)}
    on = [at for at, count in ways.items() if count > 0.0 and at not in apart]
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
        apart = at in journey.instant or contexts.since_goal(at)
        if apart or contexts.stage_at(at) != stage or phase != mine or count <= 0.0:
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
    """Return edges with hazards raised by the assumed factor, in each step as far as all together stay below 1."""
    steps = sorted({step for edge in edges for step, _ in edge.by_step})
    begins = np.array(steps)
    rates = [_at(edge.by_step, begins) for edge in edges]
    total = sum(rate for edge, rate in zip(edges, rates, strict=True) if _is_first(edge))
    factor = np.clip((1.0 - 1e-6) / np.maximum(total, 1e-6), 1.0, _SOONER)
    return [replace(edge, by_step=pairs_of(begins, rate * factor)) for edge, rate in zip(edges, rates, strict=True)]


def _at(pairs: tuple[tuple[int, float], ...], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the values that hold in steps; before the first there is none."""
    begins, values = np.array(pairs, np.float64).T
    return np.r_[0.0, values][np.searchsorted(begins, steps, side="right")]


def _times(edge: TimedEdge, factor: float, *, led: bool = False) -> TimedEdge:
    """Return an edge that so many times as many take."""
    by_step = tuple((step, value * factor) for step, value in edge.by_step)
    return replace(edge, count=edge.count * factor, by_step=by_step, led=led)


def _is_first(edge: TimedEdge) -> bool:
    """Return whether an edge leads to a state, or to the first of the parts of one that is parted by age."""
    return edge.during is None or edge.during[0] == 0
