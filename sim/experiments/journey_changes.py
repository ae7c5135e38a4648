"""Journey changes: a small, equal change of each stage and each edge of a journey, for better and for worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, log

from agents.traits import TRAITS
from sim.scenario.journey import Edge, Journey, Stage, edge_names
from sim.scenario.market import Market

__all__ = ["Change", "changes"]

#: An experience lift that is not 0, though it adds nothing: a lift of exactly 0 would be no experience.
_BARELY = 1e-12
#: Probabilities between which odds are taken.
_LEAST, _MOST = 1e-3, 1.0 - 1e-3


@dataclass(frozen=True, slots=True)
class Change:
    """A stage or an edge of a journey, and how it is changed for better and for worse.

    Attributes
    ----------
    kind : str
        ``stage`` or ``edge``.
    name : str
        Of the stage, or of the edge as :func:`sim.scenario.journey.edge_names` calls it.
    source, target : str
        Stages that an edge joins; a stage's own name twice.
    how : str
        What is changed: ``experience`` (the stage's experience lift), ``effort`` (less of it), ``moment`` (the stage
        is given an experience, better or worse), ``logit`` or ``probability`` (of the edge), ``others`` (of the
        other edges out of its stage, with the opposite sign: an edge without a hazard has none of its own). Or why
        nothing can be changed: ``unfelt`` (no experience), ``clock`` (a fixed time), ``only way``.
    amount : float
        By how much, in units of what is changed; for the better.
    scale : float
        Factor of the effect for the better: above 1 where the stage has less effort than the step would take off.
    better, worse, reference : Journey or None
        The journeys with more and with less of it, and the reference they are compared with; None where that is
        the journey itself.
    """

    kind: str
    name: str
    source: str
    target: str
    how: str
    amount: float = 0.0
    scale: float = 1.0
    better: Journey | None = None
    worse: Journey | None = None
    reference: Journey | None = None


def changes(journey: Journey, market: Market, step: float) -> tuple[Change, ...]:
    """Return the changes of every stage and every edge of a journey, for better and for worse.

    Parameters
    ----------
    journey : Journey
    market : Market
        Gives the weight of effort in experience, and the effort of channels.
    step : float
        Size of every change in utility units (those of logits), at least 0.

    Returns
    -------
    tuple of Change
        Stages first, then edges, in the journey's order.

    Notes
    -----
    *Stages.* Where there is an experience, it is better by the step. Where there is effort and no experience, effort
    falls by as much as makes the next experience better by the step (at the stage's mean channel, before automation
    takes its part). Where there is neither, but the customer may already be the brand's, the stage is given an
    experience, and one that is better by the step is compared with one that adds nothing. Before a purchase there is
    no experience in such a stage.

    *Edges.* The odds of taking the edge rise by the factor exp(step). Of an edge with a probability, the base rises by
    as much as the odds would at the mean of all traits. For an edge without a hazard, the odds of all other edges out
    of its stage fall. Whether more customers on an edge are good or bad is for the simulation to show.
    """
    before = _before_purchase(journey)
    found = [_stage_change(journey, name, market, step, name in before) for name in journey.stages]
    found += [_edge_change(journey, number, name, step) for number, name in enumerate(edge_names(journey.edges))]
    return tuple(found)


def _before_purchase(journey: Journey) -> set[str]:
    """Return the stages that may be entered between a need and the purchase, by one who is not yet a customer."""
    begin = [name for name, stage in journey.stages.items() if stage.does == "wait"] or list(journey.start)
    reached: set[str] = set()
    frontier = list(begin)
    while frontier:
        here = frontier.pop()
        for edge in journey.edges:
            target = journey.stages[edge.target]
            if edge.source == here and edge.target not in reached and target.does not in ("wait", "choose"):
                reached.add(edge.target)
                frontier.append(edge.target)
    return reached


def _stage_change(journey: Journey, name: str, market: Market, step: float, before_purchase: bool) -> Change:
    stage = journey.stages[name]
    ends = (name, name)

    def lifted(amount: float) -> Journey:
        lift = stage.experience_lift + amount
        # A lift of exactly zero would end the experience of a stage that gives one through its lift alone.
        return _with_stage(journey, name, replace(stage, experience_lift=lift or _BARELY))

    if stage.does == "use" or stage.experience_lift != 0.0:
        return Change("stage", name, *ends, "experience", step, better=lifted(step), worse=lifted(-step))
    weight = market.experience.effort * _channel_effort(stage, market)
    if stage.effort > 0.0 and weight > 0.0:
        wanted = step / weight
        taken = min(wanted, stage.effort)
        return Change(
            "stage",
            name,
            *ends,
            "effort",
            -taken,
            wanted / taken if taken else 1.0,
            better=_with_stage(journey, name, replace(stage, effort=stage.effort - taken)),
            worse=_with_stage(journey, name, replace(stage, effort=stage.effort + wanted)),
        )
    if before_purchase or stage.does == "choose":
        return Change("stage", name, *ends, "unfelt")
    return Change("stage", name, *ends, "moment", step, better=lifted(step), worse=lifted(-step), reference=lifted(0.0))


def _channel_effort(stage: Stage, market: Market) -> float:
    if not stage.channels:
        return 1.0
    return sum(share * market.channels[channel].effort for channel, share in stage.channels.items())


def _edge_change(journey: Journey, number: int, name: str, step: float) -> Change:
    edge = journey.edges[number]
    ends = (edge.source, edge.target)
    if edge.by_step:
        more, less = (_moved(journey, {number: moved}) for moved in (step, -step))
        return Change("edge", name, *ends, "logit", step, better=more, worse=less)
    if edge.logit is not None or edge.probability is not None:
        how, amount = ("logit", step) if edge.logit is not None else ("probability", _shift(edge, step))
        more, less = (_moved(journey, {number: moved}) for moved in (step, -step))
        return Change("edge", name, *ends, how, amount, better=more, worse=less)
    if edge.on == "need":
        return Change("edge", name, *ends, "clock")
    others = [
        other
        for other, item in enumerate(journey.edges)
        if item.source == edge.source and other != number and not item.is_reference
    ]
    if not others:
        return Change("edge", name, *ends, "only way")
    more, less = (_moved(journey, dict.fromkeys(others, moved)) for moved in (-step, step))
    return Change("edge", name, *ends, "others", step, better=more, worse=less)


def _moved(journey: Journey, steps: Mapping[int, float]) -> Journey:
    """Return the journey with the odds of some edges moved by factors exp(step)."""
    edges = list(journey.edges)
    for number, step in steps.items():
        edge = edges[number]
        if edge.logit is not None:
            edges[number] = replace(edge, logit={**edge.logit, "base": edge.logit.get("base", 0.0) + step})
        elif edge.by_step:
            edges[number] = replace(edge, by_step=tuple((at, _moved_odds(value, step)) for at, value in edge.by_step))
        elif edge.probability is not None:
            base = edge.probability.get("base", 0.0) + _shift(edge, step)
            edges[number] = replace(edge, probability={**edge.probability, "base": base})
    return replace(journey, edges=tuple(edges))


def _moved_odds(probability: float, step: float) -> float:
    """Return a probability whose odds are moved by a factor exp(step); 0 and 1 stay."""
    if not 0.0 < probability < 1.0:
        return probability
    return 1.0 / (1.0 + exp(-(log(probability / (1.0 - probability)) + step)))


def _shift(edge: Edge, step: float) -> float:
    """Return by how much a probability moves when its odds move by exp(step), at the mean of all traits."""
    terms = edge.probability or {}
    mean = sum(value * (1.0 if name == "base" else 0.5 if name in TRAITS else 0.0) for name, value in terms.items())
    mean = min(max(mean, _LEAST), _MOST)
    return 1.0 / (1.0 + exp(-(log(mean / (1.0 - mean)) + step))) - mean


def _with_stage(journey: Journey, name: str, stage: Stage) -> Journey:
    return replace(journey, stages={**journey.stages, name: stage})
