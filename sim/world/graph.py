"""Graph: the journeys of a scenario compiled to flat, read-only arrays.

A *node* is a stage of one journey: ``node = journey x stages + stage``. Stages have one id by name across all journeys,
so that a customer whose host brand changes stays in the stage and only the edges change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.features import TOWARD_INCUMBENT
from agents.memory import as_records
from agents.money import CENTS, to_minor
from agents.population import NEVER
from sim.scenario.journey import (
    DOES,
    FEATURES,
    GATES,
    LAST_STEP,
    Does,
    Edge,
    Journey,
    Stage,
    goal_stages,
    stage_names,
)
from sim.scenario.market import Market

__all__ = [
    "ALL_PERSONAS",
    "ALWAYS",
    "INCUMBENT",
    "NEVER_CLOSES",
    "Graph",
    "Kind",
    "On",
    "compile_graph",
    "start_shares",
]

#: No fixed stay.
OPEN = -1
#: An edge without a gate.
ALWAYS = -1
#: An edge that is open to every persona.
ALL_PERSONAS = np.uint64(2**64 - 1)


#: The week in which an edge closes that does not.
NEVER_CLOSES = 2**62


class On:
    """When an edge opens."""

    WEEK = 0
    CONTACT = 1
    NEED = 2


#: The one gate that is no capability: an id of :data:`sim.scenario.journey.GATES`.
INCUMBENT = GATES.index("incumbent")


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
        ("by_visit", np.bool_),  # whether its edges have weights by visit
        ("counted", np.bool_),  # whether entering it counts as a visit
        ("goal", np.bool_),  # whether customers are meant to come to the stage, on any journey
        # The same once more as numbers; what sums without branches need of it is in sim.engine.workspace.STAGE_VIEW.
        ("opens", np.int64),  # has edges
        ("keeps", np.int64),  # who stands here is a customer of the brand bought last: neither lapsed nor gone for good
        ("acts", np.int64),  # has a weekly deed
        ("roams", np.int64),  # may be left without need or contact
        ("returns", np.int64),  # comes back by itself, ``rest`` weeks after entering or weekly
        ("rest", np.int64),
        ("waits", np.int64),  # comes back when the need is due
        ("never", np.int64),  # NEVER where it does neither, or 0
        ("has_channels", np.bool_),
        ("effort", np.float64),
        ("lift", np.float64),
        ("cost", np.int64),  # minor units
        ("ancillary", np.int64),  # minor units
        ("first_edge", np.int64),
        ("end_edge", np.int64),
        ("first_used", np.int64),  # features that its edges depend on
        ("end_used", np.int64),
        # At most with what probability it is left, by time in the stage and by time since the run began: both
        # together, and none where something else decides.
        ("first_bound", np.int64),
        ("first_ahead", np.int64),
        ("end_bound", np.int64),
        # Bins of steps in the stage, and of the run, in which the probabilities of all its edges stay as they are.
        ("first_step", np.int64),
        ("first_ahead_step", np.int64),
        ("end_ahead_step", np.int64),
    ],
    align=True,
)
EDGE = np.dtype(
    [
        ("source", np.int64),
        ("target", np.int64),
        ("on", np.int64),
        ("only", np.int64),
        ("personas", np.uint64),  # bit p: open to persona p
        ("kind", np.int64),
        ("intercept", np.float64),
        ("first_term", np.int64),
        ("end_term", np.int64),
        ("first_step", np.int64),  # of its probabilities by time in stage that of the first bin, where it has them
        ("step_edges", np.int64),  # those of two bins are so far apart; 0 where it has none
        ("first_visit", np.int64),  # weights by visit, where an edge of its stage has them
        ("end_visit", np.int64),
        ("forward", np.bool_),  # they are by time since the run began
        ("opens", np.int64),  # first week in which it is open, and the first in which it no longer is
        ("closes", np.int64),
        ("visits", np.int64),  # leads to a visit
    ],
    align=True,
)
TERM = np.dtype([("feature", np.int64), ("coefficient", np.float64)], align=True)
#: Terms that are weighed at once: behind those of an edge others of no weight fill up to a multiple of so many.
TERMS_AT_ONCE = 4
#: A sum of probabilities in another order may be larger by this part of it.
_ROUNDING = 1e-9
#: ``digital`` is 1 or 0, a factor.
CHANNEL = np.dtype([("digital", np.float64), ("cost", np.int64), ("effort", np.float64)], align=True)


class Graph(NamedTuple):
    """Flat arrays of all journeys. J journeys, K stages, E edges, C channels."""

    #: (J, K) node of a stage on a journey; where the journey lacks the stage, that of the first journey that has it.
    node_of: NDArray[np.uint16]
    nodes: Any  # (J x K,) records of NODE
    edges: Any  # (E,) records of EDGE
    terms: Any  # records of TERM
    by_step: NDArray[np.float64]  # probabilities by time in stage, node by node, bin by bin, edge by edge
    step_bins: NDArray[np.uint16]  # bin of each step, node by node, the last going on
    by_visit: NDArray[np.float64]  # weights by visit, edge by edge
    bounds: NDArray[np.float64]  # sums of these by node
    used: NDArray[np.int64]  # features that the edges of each node depend on, node by node
    mix: NDArray[np.float64]  # (J x K, C) cumulative shares of channels, zero where a stage has none
    channels: Any  # (C + 1,) records of CHANNEL, behind what holds where there is none


def start_shares(journey: Journey, stages: tuple[str, ...]) -> NDArray[np.float64]:
    """Cumulative shares of customers by the stage they begin in (K,)."""
    shares = np.array([journey.start.get(name, 0.0) for name in stages])
    return np.cumsum(shares / shares.sum())


def _edge_terms(edge: Edge) -> tuple[int, float, list[tuple[int, float]]]:
    if edge.logit is not None:
        kind, hazard = Kind.LOGIT, edge.logit
    elif edge.by_step:
        return Kind.PROBABILITY, 0.0, []
    elif edge.probability is not None:
        kind, hazard = Kind.PROBABILITY, edge.probability
    else:
        return Kind.REFERENCE, 0.0, []
    terms = [(FEATURES.index(name), float(value)) for name, value in hazard.items() if name != "base"]
    return kind, float(hazard.get("base", 0.0)), terms


def _begins(edges: Iterable[Edge], forward: bool) -> list[int]:
    """Return the steps, from 1, in which the probability of any edge changes that goes by this clock."""
    return sorted({1, *(step for edge in edges if edge.forward == forward for step, _ in edge.by_step)})


def _values_by_step(edge: Edge, begins: Sequence[int]) -> NDArray[np.float64]:
    """Return an edge's probabilities in the bins that begin with these steps."""
    own, values = zip(*edge.by_step, strict=True)
    return np.array(values, np.float64)[np.searchsorted(own, begins, side="right") - 1]


def _laid_out(pairs: Sequence[tuple[int, float]]) -> NDArray[np.float64]:
    """Return one value for each visit up to the last that changes."""
    begins = [begin for begin, _ in pairs]
    values = np.array([value for _, value in pairs], np.float64)
    return np.repeat(values, np.diff([*begins, begins[-1] + 1])) if begins else values


class _Tables:
    """Edges, terms and used features of all nodes, as they are laid out one behind the other."""

    def __init__(self, personas: tuple[str, ...]) -> None:
        self.personas = personas
        self.edges: list[tuple[Any, ...]] = []
        self.by_step: list[NDArray[np.float64]] = []
        self.step_bins: list[NDArray[np.uint16]] = []
        self.by_visit: list[NDArray[np.float64]] = []
        self.bounds: list[NDArray[np.float64]] = []
        self.steps = self.bins = self.visits = self.bound = 0
        self.terms: list[tuple[int, float]] = []
        self.used: list[int] = []

    def add_edges(self, row: Any, journey: Journey, name: str, stages: tuple[str, ...]) -> None:
        """Lay out the edges that leave a stage, and note in the node's row what they need."""
        row.first_edge = len(self.edges)
        first_term = len(self.terms)
        leaving = [edge for edge in journey.edges if edge.source == name]
        row.by_visit = any(edge.by_visit for edge in leaving)
        for edge, laid in zip(leaving, self._add_steps(row, leaving), strict=True):
            kind, base, weights = _edge_terms(edge)
            on = {None: On.WEEK, "contact": On.CONTACT, "need": On.NEED}[edge.on]
            only = ALWAYS if edge.only is None else GATES.index(edge.only)
            span = (len(self.terms), len(self.terms) + len(weights))
            steps = laid + self._add_visits(edge, row.by_visit)
            personas = self._mask(edge)
            ends = (stages.index(name), stages.index(edge.target))
            visits = journey.stages[edge.target].does == "visit"
            first, last = edge.during or (1, LAST_STEP)
            during = (edge.forward, first - 1, last if last < LAST_STEP else NEVER_CLOSES)
            self.edges.append((*ends, on, only, personas, kind, base, *span, *steps, *during, visits))
            self.terms += weights
            self.terms += [(weights[0][0], 0.0)] * (-len(weights) % TERMS_AT_ONCE) if weights else []
            row.minds |= only == INCUMBENT or any(FEATURES[feature] in TOWARD_INCUMBENT for feature, _ in weights)
            row.weighs |= kind != Kind.REFERENCE
            row.weekly |= edge.on is None
        row.end_edge = len(self.edges)
        row.first_used = len(self.used)
        self.used += sorted({feature for feature, _ in self.terms[first_term:]})
        row.end_used = len(self.used)
        self._add_bounds(row, leaving)

    def _add_steps(self, row: Any, edges: Sequence[Edge]) -> list[tuple[int, int]]:
        """Lay out the probabilities by time of the edges of a stage, bin by bin: customers need those of one bin.

        Returns of each edge where its own begin, and how far apart they are.
        """
        row.first_step = row.first_ahead_step = row.end_ahead_step = self.bins
        laid = [(0, 0)] * len(edges)
        if not any(edge.by_step for edge in edges):
            return laid
        for forward in (False, True):
            timed = [at for at, edge in enumerate(edges) if edge.by_step and edge.forward == forward]
            begins = _begins(edges, forward)
            self.step_bins.append(
                np.repeat(np.arange(len(begins), dtype=np.uint16), np.diff([*begins, begins[-1] + 1]))
            )
            row.first_ahead_step, row.end_ahead_step = row.end_ahead_step, row.end_ahead_step + begins[-1]
            for column, at in enumerate(timed):
                laid[at] = (self.steps + column, len(timed))
            self.by_step.append(np.array([_values_by_step(edges[at], begins) for at in timed]).T.ravel())
            self.steps += self.by_step[-1].size
        self.bins = row.end_ahead_step
        return laid

    def _add_visits(self, edge: Edge, by_visit: bool) -> tuple[int, int]:
        """Lay out an edge's weights by visit: 1 where it has none but another of its stage has."""
        values = _laid_out(edge.by_visit or ((1, 1.0),)) if by_visit else np.zeros(0)
        self.by_visit.append(values)
        self.visits += values.size
        return self.visits - values.size, self.visits

    def _add_bounds(self, row: Any, edges: Sequence[Edge]) -> None:
        """Lay out at most how likely a stage is left, by bins of time in it and of time in the run.

        Who draws no less stays, whichever edges are open. So it is where all that decides is the time.
        """
        row.first_bound = row.first_ahead = row.end_bound = self.bound
        if row.weeks == 0 or not any(edge.by_step for edge in edges):
            return
        begins = {forward: _begins(edges, forward) for forward in (False, True)}
        sums = {forward: np.zeros(len(steps)) for forward, steps in begins.items()}
        for edge in edges:
            kind, base, weights = _edge_terms(edge)
            if kind != Kind.PROBABILITY or weights:
                return
            values = _values_by_step(edge, begins[edge.forward]) if edge.by_step else np.array([base])
            sums[edge.forward] += np.clip(values, 0.0, 1.0) * max((weight for _, weight in edge.by_visit), default=1.0)
        for one in sums.values():
            self.bounds.append(one * (1.0 + _ROUNDING))
        row.first_ahead += sums[False].size
        self.bound = row.end_bound = row.first_ahead + sums[True].size

    def _mask(self, edge: Edge) -> np.uint64:
        """Bits of the personas to whom an edge is open."""
        if not edge.personas:
            return ALL_PERSONAS
        return np.uint64(sum(1 << self.personas.index(name) for name in edge.personas))


def _describe_stage(row: Any, stage: Stage, minor_units: float) -> None:
    """Fill in what a stage does by itself, without its edges."""
    does = DOES.index(stage.does)
    weeks = 0 if does == Does.CHOOSE else stage.weeks
    row.does = does
    row.weeks = OPEN if weeks is None else weeks
    row.effort = stage.effort
    row.lift = stage.experience_lift
    row.cost = to_minor(stage.cost, minor_units)
    row.ancillary = to_minor(stage.ancillary, minor_units)
    row.weekly = does in (Does.SEARCH, Does.TALK)
    row.acts = row.weekly
    row.rest = 0 if row.acts or row.weeks < 0 else row.weeks
    row.draws = bool(stage.channels) or stage.experience_lift != 0.0 or does == Does.USE
    row.has_channels = bool(stage.channels)
    row.counted = stage.counted


def compile_graph(
    journeys: Mapping[str, Journey], market: Market, personas: tuple[str, ...] = (), minor_units: float = CENTS
) -> Graph:
    """Lay out every journey as flat arrays, in the order of the files.

    Parameters
    ----------
    journeys : mapping of str to Journey
    market : Market
        Its channels are those of the stages.
    personas : tuple of str
        Names of all, for edges that are open to some alone.
    minor_units : float
        How many make up one unit of money.

    Returns
    -------
    Graph

    Raises nothing: journeys and channels were validated when they were read.
    """
    stages, goals = stage_names(journeys), goal_stages(journeys)
    channels = tuple(market.channels)
    j, k = len(journeys), len(stages)
    # Plain objects: setting a field of a NumPy record takes twenty times as long.
    rows = [SimpleNamespace(**dict.fromkeys(NODE.names or (), 0) | {"weeks": OPEN}) for _ in range(j * k)]
    mix = np.zeros((j * k, max(len(channels), 1)))
    node_of = np.full((j, k), OPEN, np.int64)
    tables = _Tables(personas)
    for journey_id, journey in enumerate(journeys.values()):
        for stage_id, name in enumerate(stages):
            node = journey_id * k + stage_id
            row, stage = rows[node], journey.stages.get(name)
            if stage is not None:
                node_of[journey_id, stage_id] = node
                _describe_stage(row, stage, minor_units)
                if stage.channels:
                    shares = np.array([stage.channels.get(channel, 0.0) for channel in channels])
                    mix[node] = np.cumsum(shares / shares.sum())
            tables.add_edges(row, journey, name, stages)
            row.goal = name in goals
            row.opens = row.end_edge > row.first_edge
            row.keeps = bool(row.opens) and not (stage is not None and stage.lapsed)
            row.roams = row.weekly or row.does != Does.WAIT
            row.returns = row.weekly
            row.waits = row.does == Does.WAIT and not row.weekly
            row.never = 0 if row.returns or row.waits else NEVER
    table = as_records(np.array([tuple(vars(row).values()) for row in rows], NODE))
    for stage_id in range(k):
        home = int(np.argmax(node_of[:, stage_id] != OPEN))
        lacking = node_of[:, stage_id] == OPEN
        table[home * k + stage_id].shared = lacking.any()
        node_of[lacking, stage_id] = node_of[home, stage_id]
        table["resolves"][stage_id::k] = (table["weeks"][stage_id::k] == 0).any()
    costs = [(each.digital, to_minor(each.cost, minor_units), each.effort) for each in market.channels.values()]
    graph = Graph(
        node_of=node_of.astype(np.uint16),
        nodes=table,
        edges=as_records(np.array(tables.edges, EDGE)),
        terms=as_records(np.array(tables.terms, TERM)),
        by_step=np.concatenate([np.zeros(0), *tables.by_step]),
        step_bins=np.concatenate([np.zeros(0, np.uint16), *tables.step_bins]),
        by_visit=np.concatenate([np.zeros(0), *tables.by_visit]),
        bounds=np.concatenate([np.zeros(0), *tables.bounds]),
        used=np.array(tables.used, np.int64),
        mix=mix,
        channels=as_records(np.array([(1.0, 0, 1.0), *costs], CHANNEL)),
    )
    for column in graph:
        column.flags.writeable = False
    return graph
