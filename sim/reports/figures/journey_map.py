"""Journeys: maps of stages and edges, from a journey's file alone, with the flows of a run, or as a difference."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.traits import TRAITS
from sim.analysis.paired import estimate
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.number_format import compact, counted, percent, typed
from sim.reports.figures.journey_graph import Link, StageBox, draw_journey_graph, order_stages
from sim.reports.flows import Flows
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, PALE, style
from sim.scenario.journey import Edge, Journey, Stage

__all__ = ["draw_change", "draw_difference", "draw_flows", "draw_journey"]

LOOP = "#009E73"
_TINTS = {
    "wait": "#efefef",
    "nothing": "#ffffff",
    "recall": "#dcebf7",
    "search": "#dcebf7",
    "choose": "#fde3b3",
    "use": "#e8f5ef",
    "visit": "#e8f5ef",
    "bond": "#cdeadd",
    "talk": "#cdeadd",
    "return": "#f6dcd4",
}
_DASHES: dict[str, tuple[float, tuple[float, ...]]] = {
    "contact": (0.0, (3.5, 1.5)),
    "only": (0.0, (1.2, 1.2)),
    "fewer": (0.0, (3.5, 1.5)),
    "unsure": (0.0, (1.0, 1.5)),
}
_FEW = 0.005


@dataclass(frozen=True, slots=True)
class _Union:
    """Stages and edges of several journeys, so that every map of a report lies the same way."""

    stages: Mapping[str, Stage]
    edges: Mapping[tuple[str, str], tuple[Edge, ...]]
    order: tuple[str, ...]


def _join(journeys: Sequence[Journey], more: Iterable[tuple[str, str]] = ()) -> _Union:
    stages: dict[str, Stage] = {}
    edges: dict[tuple[str, str], list[Edge]] = {}
    for journey in journeys:
        for name, stage in journey.stages.items():
            stages.setdefault(name, stage)
        for edge in journey.edges:
            edges.setdefault((edge.source, edge.target), []).append(edge)
    for pair in more:
        for name in pair:
            stages.setdefault(name, Stage())
        edges.setdefault(pair, [])
    start = [name for journey in journeys for name, share in journey.start.items() if share > 0.0 and name in stages]
    order = order_stages(list(stages), list(edges), start)
    return _Union(stages, {pair: tuple(found) for pair, found in edges.items()}, order)


def draw_journey(journey: Journey, step: str = "week", note: str = "") -> Figure:
    """Draw a journey from its file alone: what each stage does, and the pull of each edge on an average customer.

    Parameters
    ----------
    journey : Journey
    step : {'week', 'day', 'month'}
        What one step is.
    note : str
        What the map leaves out of a journey that is put together by stages; edges then have no share.

    Returns
    -------
    Figure
    """
    union = _join([journey])
    boxes = {name: StageBox(name, _does(stage, step), _tint(stage)) for name, stage in journey.stages.items()}
    hazards = {} if note else edge_shares(journey)
    links = []
    for pair, edges in union.edges.items():
        labels = list(dict.fromkeys(_edge_words(edge, hazards) for edge in edges))
        links.append(_plain_link(pair, edges, journey, label=" · ".join(filter(None, labels))))
    title = short(journey.title or f"Journey {journey.name}", 44)
    share = [
        f"Share that goes this way a {step} (or at once, in a stage of no time)",
        "for a customer with every trait at ½ and no history.",
    ]
    notes = [*([note] if note else share), *_key(links)]
    with style():
        return draw_journey_graph(boxes, links, union.order, title=title, notes=notes)


def draw_flows(
    journeys: Sequence[Journey],
    flows: Flows,
    *,
    title: str,
    customers: float | None = None,
    weeks: int | None = None,
    step: str = "week",
    frame: Sequence[Journey] = (),
    what: str = "customers",
    shares: Mapping[tuple[str, str], float] | None = None,
    shown: Collection[tuple[str, str]] | None = None,
    note: str = "",
) -> Figure:
    """Draw the journeys of one arm with the flows of a run: widths by customers, labels by share of those who leave.

    Parameters
    ----------
    journeys : sequence of Journey
        Journeys in use in the arm.
    flows : mapping
        (from, to) -> customers by replicate.
    title : str
    customers : float, optional
        Population, to write visits per customer.
    weeks : int, optional
        Length of the horizon.
    step : {'week', 'day', 'month'}
        What one step is.
    frame : sequence of Journey
        Journeys of all arms, so that the stages of all maps lie in the same order.
    what : str
        What the flows count, as the note says it.
    shares : mapping, optional
        (from, to) -> share of those who leave a stage, where flows do not tell it.
    shown : collection of (from, to), optional
        Edges that are drawn, of all that flow; all.
    note : str
        What the map leaves out.

    Returns
    -------
    Figure
        The drawing.
    """
    pairs = [pair for pair in flows if shown is None or pair in shown]
    union = _join(journeys, pairs)
    order = _join([*frame, *journeys], pairs).order
    mean = {pair: float(np.mean(count)) for pair, count in flows.items()}
    leaving = _sums((source, count) for (source, _), count in mean.items())
    arriving = _sums((target, count) for (_, target), count in mean.items())
    shares = shares or {pair: count / leaving[pair[0]] for pair, count in mean.items() if leaving[pair[0]]}
    starts = {name for journey in journeys for name in journey.start}
    boxes = {
        name: StageBox(
            name,
            _visits(arriving.get(name, 0.0), customers, name in starts) if customers else _does(stage, step),
            _tint(stage),
        )
        for name, stage in union.stages.items()
    }
    links = []
    for pair, edges in union.edges.items():
        count = mean.get(pair, 0.0)
        drawn = _plain_link(pair, edges, *journeys, label=percent(shares.get(pair, 0.0)))
        if count == 0.0:
            drawn = Link(*pair, label=drawn.label, weight=0.0, colour=PALE, line=_DASHES["unsure"])
        else:
            line = "-" if any(edge.on is None and edge.only in (None, "incumbent") for edge in edges) else drawn.line
            drawn = Link(*pair, label=drawn.label, weight=count, colour=drawn.colour, line=line, strong=drawn.strong)
        links.append(drawn)
    span = f" in {counted(weeks, step)}" if weeks else ""
    notes = [
        "Label: share of those leaving the stage. Width: " + what + span + ".",
        *_key(links),
        *filter(None, [note]),
    ]
    if customers:
        notes.insert(0, f"In the boxes: times an average customer enters{span}.")
    with style():
        return draw_journey_graph(boxes, links, order, title=title, notes=notes)


def draw_difference(
    journeys: Sequence[Journey],
    flows: Flows,
    baseline: Flows,
    *,
    title: str,
    customers: float,
    weeks: int | None = None,
    step: str = "week",
    sampling: Sampling = INDEPENDENT,
    shown: Collection[tuple[str, str]] | None = None,
    note: str = "",
) -> Figure:
    """Draw by how much an arm's flows differ from the baseline's, per 100 customers.

    Blue and + is more; orange, − and dashed is fewer. Edges whose 95 % interval covers zero are grey and dotted; from
    one replicate there is no interval, and none is grey.

    Parameters
    ----------
    journeys : sequence of Journey
        Journeys in use in either arm.
    flows, baseline : mapping
        (from, to) -> customers over the horizon (replicates,), in the arm and in the baseline.
    title : str
        Title of the figure.
    customers : float
        Number of customers; the labels are per 100 of them.
    weeks : int, optional
        Length of the horizon, for the note.
    step : {'week', 'day', 'month'}
        What one step is.
    sampling : Sampling
        How the replicates of the difference were drawn.
    shown : collection of (from, to), optional
        Edges that are drawn, of all that flow; all.
    note : str
        What the map leaves out.

    Returns
    -------
    Figure
        The drawing.
    """
    pairs = list(dict.fromkeys([*baseline, *flows]))
    union = _join(journeys, [pair for pair in pairs if shown is None or pair in shown])
    empty = np.zeros(max((len(counts) for counts in (*flows.values(), *baseline.values())), default=1))
    scale = 100.0 / customers
    change = {pair: (flows.get(pair, empty) - baseline.get(pair, empty)) * scale for pair in (*union.edges, *pairs)}
    arriving: dict[str, NDArray[np.float64]] = {}
    for (_, target), counts in change.items():
        arriving[target] = arriving.get(target, empty) + counts
    boxes = {
        name: StageBox(
            name, f"{_signed(estimate(arriving.get(name, empty), sampling).mean or 0.0)} visits", _tint(stage)
        )
        for name, stage in union.stages.items()
    }
    links = []
    for pair in union.edges:
        counts = change[pair]
        found = estimate(counts, sampling)
        mean = found.mean or 0.0
        sure = found.ci_low is None or found.ci_high is None or found.ci_low > 0.0 or found.ci_high < 0.0
        if mean == 0.0 or not sure:
            # A wide line catches the eye: what may be chance stays thin, however large its mean.
            links.append(Link(*pair, _signed(mean), None, PALE, _DASHES["unsure"]))
        else:
            line = "-" if mean > 0.0 else _DASHES["fewer"]
            links.append(Link(*pair, _signed(mean), mean, MORE if mean > 0.0 else FEWER, line, True))
    span = f" over {counted(weeks, step)}" if weeks else ""
    notes = [
        f"Times per 100 customers{span}, more (+) or fewer (−) than in the baseline.",
        "Blue, solid: more. Orange, dashed: fewer. Thin, grey, dotted: the interval covers 0.",
        "Where edges join, the line is as wide as their sum, which may cancel out.",
        *filter(None, [note]),
    ]
    with style():
        return draw_journey_graph(boxes, links, union.order, title=title, notes=notes)


def draw_change(
    journey: Journey, other: Journey, shares: Mapping[tuple[str, str], str] | None = None, note: str = ""
) -> Figure:
    """Draw what a second journey's file adds to, takes from and alters in a first one.

    Parameters
    ----------
    journey, other : Journey
    shares : mapping, optional
        What is written on edges that differ, where journeys are held against one another by who goes where; edges of
        both that are not among them are the same, and so are stages of both.
    note : str
        What the map leaves out.

    Returns
    -------
    Figure
    """
    union = _join([journey, other])
    boxes = {}
    for name, stage in union.stages.items():
        before, after = journey.stages.get(name), other.stages.get(name)
        words = "new" if before is None else "gone" if after is None else "altered"
        words = "same" if before and after and (shares is not None or before == after) else words
        boxes[name] = StageBox(name, words, _tint(stage), dashed=words in ("new", "gone"))
    links = []
    for pair in union.edges:
        before_edges = [edge for edge in journey.edges if (edge.source, edge.target) == pair]
        after_edges = [edge for edge in other.edges if (edge.source, edge.target) == pair]
        if not before_edges:
            links.append(
                Link(*pair, f"+ {(shares or {}).get(pair) or _gate(after_edges) or 'new'}", None, MORE, "-", True)
            )
        elif not after_edges:
            links.append(Link(*pair, "− gone", None, FEWER, _DASHES["fewer"], True))
        elif (before_edges == after_edges) if shares is None else (pair not in shares):
            links.append(Link(*pair, "", None, "#9a9a9a"))
        else:
            added = [edge for edge in after_edges if edge not in before_edges]
            altered = (shares or {}).get(pair) or f"± {_gate(added) or 'chance'}"
            links.append(Link(*pair, altered, None, INK, "-", True))
    called = [short(item.title or item.name, 48) for item in (journey, other)]
    if called[0] == called[1]:
        called = [short(item.name, 48) for item in (journey, other)]
    title = f"From {called[0]}\nto {called[1]}"
    mark = "±" if shares is None else "share → share"
    notes = [f"+ new (blue)   − gone (orange, dashed)   {mark} altered (black)   unmarked: same"]
    if any(link.label.startswith("± ") for link in links):
        notes.append("chance: how readily customers go that way; else what opens the way, too")
    notes += [note] if note else []
    with style():
        return draw_journey_graph(boxes, links, union.order, title=title, notes=notes)


def _plain_link(pair: tuple[str, str], edges: Sequence[Edge], *journeys: Journey, label: str) -> Link:
    source, target = pair
    stages = {name: stage for journey in journeys for name, stage in journey.stages.items()}
    loop = (
        target in stages
        and source in stages
        and stages[target].does == "choose"
        and stages[source].does not in ("recall", "search", "choose")
    )
    gated = edges and all(edge.on == "contact" for edge in edges)
    by_capability = edges and all(edge.only not in (None, "incumbent") for edge in edges)
    line = _DASHES["contact"] if gated else _DASHES["only"] if by_capability else "-"
    return Link(source, target, label, None, LOOP if loop else "#4a6076", line, loop)


def _key(links: Sequence[Link]) -> list[str]:
    """Return the note on what lines and colours mean, of those that are drawn."""
    lines = {
        "contacts open it": any(link.line == _DASHES["contact"] for link in links),
        "a capability": any(link.line == _DASHES["only"] for link in links),
    }
    said = [f"{look}: {what}" for look, (what, drawn) in zip(("dashed", "dotted"), lines.items(), strict=True) if drawn]
    words = "; ".join(said)
    sentences = [f"{words[0].upper()}{words[1:]}."] if said else []
    if any(link.colour == LOOP for link in links):
        sentences.append("Green: the loop, straight to the choice.")
    return [" ".join(sentences)] if sentences else []


def _sums(items: Iterable[tuple[str, float]]) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, count in items:
        out[name] = out.get(name, 0.0) + count
    return out


def _tint(stage: Stage) -> str:
    return _TINTS.get(stage.does, "#ffffff")


def _does(stage: Stage, step: str) -> str:
    parts = [stage.does if stage.does != "nothing" else ""]
    if stage.weeks:
        parts.append(counted(stage.weeks, step))
    if stage.effort:
        parts.append(f"effort {typed(stage.effort)}")
    return " · ".join(filter(None, parts))


def _visits(count: float, customers: float, begins: bool) -> str:
    if not count:
        return "customers begin here" if begins else "never entered"
    return f"{compact(count / customers, 2)} × per customer"


def _signed(value: float) -> str:
    if abs(value) < _FEW:
        return "0" if value == 0.0 else "±0"
    return f"{'+' if value > 0 else ''}{compact(value, 2)}"


def _gate(edges: Sequence[Edge]) -> str:
    for edge in edges:
        if edge.on == "contact":
            return "contact"
        if edge.only not in (None, "incumbent"):
            return str(edge.only)
    return ""


def _hazard(terms: Mapping[str, float]) -> float:
    return sum(value * (1.0 if name == "base" else 0.5 if name in TRAITS else 0.0) for name, value in terms.items())


def edge_shares(journey: Journey) -> dict[int, float]:
    """Return, by identity of the edge, the share that goes this way where no gate is open.

    Edges whose chances go by time are not among them.
    """
    out: dict[int, float] = {}
    for name in journey.stages:
        mine = [
            edge
            for edge in journey.edges
            if edge.source == name and edge.on is None and edge.only in (None, "incumbent")
        ]
        if any(edge.by_visit for edge in mine):
            continue
        logits = {id(edge): exp(min(_hazard(edge.logit), 50.0)) for edge in mine if edge.logit is not None}
        below = 1.0 + sum(logits.values())
        taken = 0.0
        for edge in mine:
            if edge.logit is not None:
                out[id(edge)] = logits[id(edge)] / below
            elif edge.probability is not None:
                out[id(edge)] = min(max(_hazard(edge.probability), 0.0), 1.0)
            taken += out.get(id(edge), 0.0)
        for edge in mine:
            if edge.is_reference:
                out[id(edge)] = max(1.0 - taken, 0.0)
    return out


def _edge_words(edge: Edge, hazards: Mapping[int, float]) -> str:
    if edge.on == "need":
        return "need"
    if edge.on == "contact":
        return "contact"
    if edge.only not in (None, "incumbent"):
        return str(edge.only)
    share = hazards.get(id(edge))
    return "" if share is None else percent(share)
