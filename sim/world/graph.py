"""Graph: the journeys of a scenario compiled to flat, read-only arrays.

A *node* is a stage of one journey: ``node = journey x stages + stage``. Stages have one id by name across all journeys,
so that a customer whose host brand changes stays in the stage and only the edges change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population import NEVER
from sim.scenario.journey import DOES, FEATURES, GATES, Does, Edge, Journey, stage_names
from sim.scenario.market import Market

__all__ = ["ALWAYS", "Graph", "Kind", "On", "Only", "compile_graph", "start_shares"]

#: Features that are felt only toward a host brand that is the incumbent.
TOWARD = ("satisfaction", "trust", "habit")
#: No fixed stay.
OPEN = -1
#: An edge without a gate.
ALWAYS = -1


class On:
    """When an edge opens."""

    WEEK = 0
    CONTACT = 1
    NEED = 2


class Only:
    """For whom an edge opens: ids of :data:`sim.scenario.journey.GATES`."""

    INCUMBENT = GATES.index("incumbent")
    AUTOMATION = GATES.index("automation")
    PERSONALIZATION = GATES.index("personalization")
    CONTEXT = GATES.index("context")
    INNOVATION = GATES.index("innovation")


class Kind:
    """How an edge's hazard is given."""

    LOGIT = 0
    PROBABILITY = 1
    REFERENCE = 2


NODE = np.dtype(
    [
        ("does", np.int64),
        ("weeks", np.int64),  # fixed stay; 0 within the week; OPEN none
        ("weekly", np.bool_),  # whether something can happen in any week
        ("shared", np.bool_),  # whether customers on another journey, which lacks the stage, stand here too
        ("resolves", np.bool_),  # whether the stage resolves within the week on any journey
        ("weighs", np.bool_),  # whether luck decides at an edge
        ("minds", np.bool_),  # whether it matters at an edge that the host brand is the incumbent
        ("draws", np.bool_),  # whether entering draws luck of its own
        # The same once more as numbers; what sums without branches need of it is in sim.world.world.SPOT.
        ("opens", np.int64),  # has edges
        ("acts", np.int64),  # has a weekly deed
        ("roams", np.int64),  # may be left without need or contact
        ("returns", np.int64),  # comes back by itself, ``rest`` weeks after entering or weekly
        ("rest", np.int64),
        ("waits", np.int64),  # comes back when the need is due
        ("never", np.int64),  # NEVER where it does neither, or 0
        ("has_channels", np.bool_),
        ("effort", np.float64),
        ("lift", np.float64),
        ("cost", np.int64),  # cents
        ("ancillary", np.int64),  # cents
        ("first_edge", np.int64),
        ("end_edge", np.int64),
        ("first_used", np.int64),  # features that its edges weigh
        ("end_used", np.int64),
    ],
    align=True,
)
EDGE = np.dtype(
    [
        ("source", np.int64),
        ("target", np.int64),
        ("on", np.int64),
        ("only", np.int64),
        ("kind", np.int64),
        ("intercept", np.float64),
        ("first_term", np.int64),
        ("end_term", np.int64),
    ],
    align=True,
)
TERM = np.dtype([("feature", np.int64), ("coefficient", np.float64)], align=True)
#: Terms that are weighed at once: behind those of an edge others of no weight fill up to a multiple of so many.
TERMS_AT_ONCE = 4
#: ``digital`` is 1 or 0, a factor.
CHANNEL = np.dtype([("digital", np.float64), ("cost", np.int64), ("effort", np.float64)], align=True)


class Graph(NamedTuple):
    """Flat arrays of all journeys. J journeys, K stages, E edges, C channels."""

    #: (J, K) node of a stage on a journey; where the journey lacks the stage, that of the first journey that has it.
    node_of: NDArray[np.uint16]
    nodes: Any  # (J x K,) records of NODE
    edges: Any  # (E,) records of EDGE
    terms: Any  # records of TERM
    used: NDArray[np.int64]  # features that the edges of each node weigh, node by node
    mix: NDArray[np.float64]  # (J x K, C) cumulative shares of channels, zero where a stage has none
    channels: Any  # (C + 1,) records of CHANNEL, behind what holds where there is none


def start_shares(journey: Journey, stages: tuple[str, ...]) -> NDArray[np.float64]:
    """Cumulative shares of customers by the stage they begin in (K,)."""
    shares = np.array([journey.start.get(name, 0.0) for name in stages])
    return np.cumsum(shares / shares.sum())


def _cents(money: float) -> int:
    return round(money * 100)


def _edge_terms(edge: Edge) -> tuple[int, float, list[tuple[int, float]]]:
    if edge.logit is not None:
        kind, hazard = Kind.LOGIT, edge.logit
    elif edge.probability is not None:
        kind, hazard = Kind.PROBABILITY, edge.probability
    else:
        return Kind.REFERENCE, 0.0, []
    terms = [(FEATURES.index(name), float(value)) for name, value in hazard.items() if name != "base"]
    return kind, float(hazard.get("base", 0.0)), terms


def compile_graph(journeys: Mapping[str, Journey], market: Market) -> Graph:
    """Lay out every journey as flat arrays, in the order of the files.

    Raises nothing: journeys and channels were validated when they were read.
    """
    stages = stage_names(journeys)
    channels = tuple(market.channels)
    j, k, c = len(journeys), len(stages), len(channels)
    nodes = j * k
    table = np.zeros(nodes, NODE).view(np.recarray)
    table.weeks = OPEN
    mix = np.zeros((nodes, max(c, 1)))
    node_of = np.full((j, k), OPEN, np.int64)
    edges: list[tuple[int, int, int, int, int, float, int, int]] = []
    terms: list[tuple[int, float]] = []
    used: list[int] = []
    for journey_id, journey in enumerate(journeys.values()):
        for stage_id, name in enumerate(stages):
            node = journey_id * k + stage_id
            row = table[node]
            row.first_edge = len(edges)
            first_term = len(terms)
            stage = journey.stages.get(name)
            if stage is not None:
                node_of[journey_id, stage_id] = node
                does = DOES.index(stage.does)
                weeks = 0 if does == Does.CHOOSE else stage.weeks
                row.does = does
                row.weeks = OPEN if weeks is None else weeks
                row.effort = stage.effort
                row.lift = stage.experience_lift
                row.cost = _cents(stage.cost)
                row.ancillary = _cents(stage.ancillary)
                row.weekly = does in (Does.SEARCH, Does.TALK)
                row.acts = row.weekly
                row.rest = 0 if row.acts or row.weeks < 0 else row.weeks
                row.draws = bool(stage.channels) or stage.experience_lift != 0.0 or does == Does.USE
                if stage.channels:
                    row.has_channels = True
                    shares = np.array([stage.channels.get(channel, 0.0) for channel in channels])
                    mix[node] = np.cumsum(shares / shares.sum())
                for edge in journey.edges:
                    if edge.source != name:
                        continue
                    kind, base, weights = _edge_terms(edge)
                    on = {None: On.WEEK, "contact": On.CONTACT, "need": On.NEED}[edge.on]
                    only = ALWAYS if edge.only is None else GATES.index(edge.only)
                    target = stages.index(edge.target)
                    edges.append((stage_id, target, on, only, kind, base, len(terms), len(terms) + len(weights)))
                    terms.extend(weights)
                    terms.extend([(weights[0][0], 0.0)] * (-len(weights) % TERMS_AT_ONCE) if weights else [])
                    row.minds |= only == Only.INCUMBENT or any(FEATURES[feature] in TOWARD for feature, _ in weights)
                    if edge.on is None:
                        row.weekly = True
            row.weighs = any(kind != Kind.REFERENCE for _, _, _, _, kind, *_ in edges[row.first_edge :])
            row.end_edge = len(edges)
            row.opens = row.end_edge > row.first_edge
            row.roams = row.weekly or row.does != Does.WAIT
            row.returns = row.weekly
            row.waits = row.does == Does.WAIT and not row.weekly
            row.never = 0 if row.returns or row.waits else NEVER
            row.first_used = len(used)
            used += sorted({feature for feature, _ in terms[first_term:]})
            row.end_used = len(used)
    for stage_id in range(k):
        home = int(np.argmax(node_of[:, stage_id] != OPEN))
        lacking = node_of[:, stage_id] == OPEN
        table[home * k + stage_id].shared = lacking.any()
        node_of[lacking, stage_id] = node_of[home, stage_id]
        table["resolves"][stage_id::k] = (table["weeks"][stage_id::k] == 0).any()
    passages = [market.channels[name] for name in channels]
    graph = Graph(
        node_of=node_of.astype(np.uint16),
        nodes=table,
        edges=np.array(edges, EDGE).view(np.recarray),
        terms=np.array(terms, TERM).view(np.recarray),
        used=np.array(used, np.int64),
        mix=mix,
        channels=np.array(
            [(1.0, 0, 1.0), *((channel.digital, _cents(channel.cost), channel.effort) for channel in passages)],
            CHANNEL,
        ).view(np.recarray),
    )
    for column in graph:
        column.flags.writeable = False
    return graph
