"""Likely moves: how often customers of a journey go each way, as some simulated ones do, for a map of the likeliest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.execution.replicates import run_replicates
from sim.reports.figures.journey_map import edge_shares
from sim.scenario.journey import MOST_STEPS, Edge, Journey, Stage, stage_names
from sim.scenario.normal_form import normalize_journey
from sim.scenario.scenario import Scenario
from sim.scenario.settings import Settings

__all__ = ["CUSTOMERS", "likely_moves"]

#: Customers that are simulated, and steps.
CUSTOMERS, _STEPS = 1_000, MOST_STEPS
#: A step's chance of an edge that something opens.
_OPENED = 0.02


def likely_moves(journey: Journey) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return how often simulated customers go each way.

    They are alike, of every persona that the journey names as many, and no brand is there: an edge that something opens
    (a need, a contact, a capability) is taken now and then, and a stage is passed as its edges say, whatever it does.

    Parameters
    ----------
    journey : Journey

    Returns
    -------
    dict of (str, str) to float64 (1,)
        Without ways that nobody takes.

    Examples
    --------
    >>> ways = (("a", "b", 0.1), ("a", "c", 0.3))
    >>> edges = tuple(Edge(source=a, target=b, probability={"base": p}) for a, b, p in ways)
    >>> journey = Journey(name="short", start={"a": 1.0}, stages={name: Stage() for name in "abc"}, edges=edges)
    >>> moves = likely_moves(journey)
    >>> 220 < moves["a", "b"].item() < 280, sum(moves.values()).item()
    (True, 1000.0)
    """
    chain = _as_chain(journey)
    personas = sorted({name for edge in chain.edges for name in edge.personas}) or ["everyone"]
    scenario = Scenario.from_dict(
        {
            "name": "map",
            "market": "none",
            "personas": {name: {"share": 1.0 / len(personas)} for name in personas},
            "arms": {"map": {"focal": {"journey": chain.name}}},
            "journeys": {chain.name: normalize_journey(chain)},
            "population": CUSTOMERS,
            "horizon": _STEPS,
            "burn_in": 0,
        }
    )
    ((_, histories),) = run_replicates(scenario, seed=Settings().seed, replicates=range(1))
    flows = histories["map"].flows.sum(axis=0)
    names = stage_names(scenario.journeys)
    return {(names[a], names[b]): flows[a, b : b + 1].astype(float) for a, b in zip(*np.nonzero(flows), strict=True)}


def _as_chain(journey: Journey) -> Journey:
    """Return a journey whose stages do nothing, and whose edges have the chances of an average customer."""
    shares: Mapping[int, float] = edge_shares(journey)
    edges = []
    for edge in journey.edges:
        opened = edge.on is not None or edge.only not in (None, "incumbent")
        if edge.by_step or (edge.probability is not None and not opened):
            edges.append(replace(edge, on=None, only=None))
        elif edge.is_reference and not opened:
            edges.append(replace(edge, only=None))
        else:
            share = shares.get(id(edge), _OPENED if opened else 0.0)
            edges.append(Edge(source=edge.source, target=edge.target, probability={"base": share}))
    stages = {
        name: Stage(weeks=0 if stage.does == "choose" else stage.weeks, goal=stage.goal, counted=stage.counted)
        for name, stage in journey.stages.items()
    }
    return replace(journey, stages=stages, edges=tuple(edges))
