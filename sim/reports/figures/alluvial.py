"""Alluvial: a diagram of where purchases came from, one row a stage, each flow as wide as its customers are many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from sim.number_format import in_renewals, in_words, percent
from sim.reports.figures.journey_graph import order_stages
from sim.reports.names import short
from sim.reports.style import INK, MUTED, WIDTH, style
from sim.scenario.journey import Journey, Stage

__all__ = ["draw_alluvial"]

ROW = 0.86
BAR = 0.22
GAP = 0.12
HEAD, FOOT = 0.5, 0.96
SIDE = 0.14
NO_PURCHASE = "no purchase"
_BAR = "#33404d"
#: Half the mean width of a letter of a label, in inches.
_LETTER = 0.042

_DECIDING = ("recall", "search", "choose")
#: Flows by what was left behind: distinct in luminance as well as in colour.
_COLOURS = {
    "before": "#c9c9c9",
    "loop": "#00785a",
    "recall": "#9ecae9",
    "search": "#e69f00",
    "drop": "#8a8a8a",
    "after": "#b9cfdf",
}


@dataclass(frozen=True, slots=True)
class _Flow:
    source: str
    target: str
    count: float
    colour: str


def draw_alluvial(
    journeys: Sequence[Journey], flows: Mapping[tuple[str, str], float], *, title: str, renews: bool = False
) -> Figure | None:
    """Draw how needs turn into purchases, and what follows; None for a journey in which nothing is chosen.

    Parameters
    ----------
    journeys : sequence of Journey
        Journeys in use; they say what each stage does.
    flows : mapping
        (from, to) -> customers over the horizon.
    title : str
    renews : bool
        Whether a purchase is called a renewal.

    Returns
    -------
    Figure or None
        The drawing; None where nothing is chosen or nobody moved.
    """
    stages: dict[str, Stage] = {}
    for journey in journeys:
        for name, stage in journey.stages.items():
            stages.setdefault(name, stage)
    start = [name for journey in journeys for name, share in journey.start.items() if share > 0.0]
    edges = [(edge.source, edge.target) for journey in journeys for edge in journey.edges]
    order = order_stages(list(stages), edges, start)
    choosing = [name for name in order if stages[name].does == "choose"]
    if not choosing:
        return None
    last = order.index(choosing[-1])
    deciding = [
        name
        for place, name in enumerate(order)
        if stages[name].does in _DECIDING or (stages[name].does == "nothing" and place < last)
    ]
    rows, drawn = _lay(deciding, choosing, stages, flows)
    if not drawn:
        return None
    with style():
        return _draw(rows, drawn, title, renews)


def _lay(
    deciding: Sequence[str],
    choosing: Sequence[str],
    stages: Mapping[str, Stage],
    flows: Mapping[tuple[str, str], float],
) -> tuple[list[list[str]], list[_Flow]]:
    """Put nodes in rows: where customers were, what they decide, what they use, where that leads.

    A stage may stand at both ends, so nodes are named by zone: ``before:idle``, ``at:need``, ``after:use``,
    ``then:idle``.
    """
    drawn: list[_Flow] = []
    before: dict[str, None] = {}
    using: dict[str, None] = {}
    then: dict[str, None] = {}
    for (source, target), count in flows.items():
        if count <= 0.0 or source not in stages or target not in stages:
            continue
        if source not in deciding and target in deciding:
            before[source] = None
            drawn.append(_Flow(f"before:{source}", f"at:{target}", count, _COLOURS["before"]))
        elif source in deciding and target in deciding and deciding.index(target) > deciding.index(source):
            does = stages[source].does
            kind = does if does in ("recall", "search") else "loop" if target in choosing else "before"
            drawn.append(_Flow(f"at:{source}", f"at:{target}", count, _COLOURS[kind]))
        elif source in choosing and target not in deciding:
            using[target] = None
            drawn.append(_Flow(f"at:{source}", f"after:{target}", count, _COLOURS["after"]))
        elif source in deciding and target not in deciding:
            then[NO_PURCHASE] = None
            drawn.append(_Flow(f"at:{source}", f"then:{NO_PURCHASE}", count, _COLOURS["drop"]))
    for (source, target), count in flows.items():
        if count > 0.0 and source in using:
            then[target] = None
            drawn.append(_Flow(f"after:{source}", f"then:{target}", count, _COLOURS["after"]))
    # Together at the right: who did not buy.
    ends = [name for name in then if name != NO_PURCHASE] + ([NO_PURCHASE] if NO_PURCHASE in then else [])
    names = {name for flow in drawn for name in (flow.source, flow.target)}
    rows = [
        [f"before:{name}" for name in before],
        *([f"at:{name}"] for name in deciding if f"at:{name}" in names),
        [f"after:{name}" for name in using],
        [f"then:{name}" for name in ends],
    ]
    merged: dict[tuple[str, str], _Flow] = {}
    for flow in drawn:
        known = merged.get((flow.source, flow.target))
        total = flow.count + (known.count if known else 0.0)
        merged[flow.source, flow.target] = _Flow(flow.source, flow.target, total, flow.colour)
    return [row for row in rows if row], list(merged.values())


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where everything lies: by row, the left end and the width of every node and of every flow that passes."""

    rows: list[list[str]]
    row_of: dict[str, int]
    size: dict[str, float]
    spots: list[dict[str | _Flow, tuple[float, float]]]
    scale: float
    height: float

    def top(self, row: int) -> float:
        return self.height - HEAD - ROW * row

    def beside(self, flow: _Flow, row: int) -> float:
        """Return where a flow is in a row: its own lane, or its node's."""
        for item in (flow, flow.source, flow.target):
            if item in self.spots[row]:
                x, wide = self.spots[row][item]
                return x + wide / 2
        return 0.0


def _draw(rows: list[list[str]], flows: list[_Flow], title: str, renews: bool) -> Figure:
    row_of = {name: place for place, row in enumerate(rows) for name in row}
    flows = [flow for flow in flows if row_of[flow.target] > row_of[flow.source]]
    layout = _lay_out(rows, row_of, flows)
    figure = Figure(figsize=(WIDTH, layout.height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, WIDTH)
    axes.set_ylim(0.0, layout.height)
    axes.axis("off")
    axes.set_title(title, x=SIDE / WIDTH, y=1.0 - 0.06 / layout.height, pad=0, va="top")
    _draw_flows(axes, layout, flows)
    needs = sum(layout.size[name] for name in rows[0])
    for row, names in enumerate(rows):
        _draw_nodes(axes, layout, row, names, needs, renews)
    _draw_key(axes, {flow.colour for flow in flows}, renews)
    return figure


def _lay_out(rows: list[list[str]], row_of: dict[str, int], flows: list[_Flow]) -> _Layout:
    size = {
        name: max(
            sum(flow.count for flow in flows if flow.source == name),
            sum(flow.count for flow in flows if flow.target == name),
        )
        for name in row_of
    }
    # In each row: flows that pass on their way to a purchase, then the row's own nodes, then flows that join those
    # on the way later, then those who leave.
    bought = max((place for name, place in row_of.items() if name.startswith("at:")), default=0)
    lanes: list[list[str | _Flow]] = []
    for place, nodes in enumerate(rows):
        passing = [flow for flow in flows if row_of[flow.source] < place < row_of[flow.target]]
        joining = [flow for flow in passing if flow.source.startswith("before:") and row_of[flow.target] < bought]
        buying = [flow for flow in passing if not flow.target.startswith("then:") and flow not in joining]
        leaving = [flow for flow in passing if flow.target.startswith("then:")]
        lanes.append(
            [
                # Those from one stage that end sooner lie nearer to the stage where they end.
                *sorted(buying, key=lambda flow: (row_of[flow.source], -row_of[flow.target])),
                *nodes,
                *sorted(joining, key=lambda flow: row_of[flow.target]),
                *sorted(leaving, key=lambda flow: -row_of[flow.source]),
            ]
        )
    totals = [sum(size[item] if isinstance(item, str) else item.count for item in lane) for lane in lanes]
    room = WIDTH - 2 * SIDE - GAP * max(len(lane) - 1 for lane in lanes)
    scale = room / max(*totals, sum(size[name] for name in rows[0]))
    spots: list[dict[str | _Flow, tuple[float, float]]] = []
    for lane, total in zip(lanes, totals, strict=True):
        x = SIDE + (WIDTH - 2 * SIDE - total * scale - GAP * (len(lane) - 1)) / 2
        places: dict[str | _Flow, tuple[float, float]] = {}
        for item in lane:
            wide = (size[item] if isinstance(item, str) else item.count) * scale
            places[item] = (x, wide)
            x += wide + GAP
        spots.append(places)
    return _Layout(rows, row_of, size, spots, scale, HEAD + ROW * (len(rows) - 1) + BAR + FOOT)


def _draw_flows(axes: Axes, layout: _Layout, flows: list[_Flow]) -> None:
    row_of, spots, scale = layout.row_of, layout.spots, layout.scale
    leave = _ports(flows, lambda flow: flow.source, lambda flow: layout.beside(flow, row_of[flow.source] + 1))
    enter = _ports(flows, lambda flow: flow.target, lambda flow: layout.beside(flow, row_of[flow.target] - 1))
    for flow in sorted(flows, key=lambda item: -item.count):
        first, final = row_of[flow.source], row_of[flow.target]
        way = [(spots[first][flow.source][0] + leave[flow] * scale, layout.top(first) - BAR)]
        way += [(spots[row][flow][0], layout.top(row) - BAR / 2) for row in range(first + 1, final)]
        way.append((spots[final][flow.target][0] + enter[flow] * scale, layout.top(final)))
        _band(axes, way, flow.count * scale, flow.colour)


def _draw_nodes(axes: Axes, layout: _Layout, row: int, names: list[str], needs: float, renews: bool) -> None:
    top = layout.top(row)
    outside: list[float] = []  # right end of the labels on each level outside the bars
    for name in names:
        x, wide = layout.spots[row][name]
        axes.add_artist(Rectangle((x, top - BAR), wide, BAR, facecolor=_BAR, edgecolor="white", lw=0.5, zorder=4))
        stage = name.split(":", 1)[1]
        called = in_renewals(stage, renews) if stage == NO_PURCHASE else in_words(stage)
        share = percent(layout.size[name] / needs)
        whole, words = f"{called} {share}", f"{short(called, 14)} {share}"
        if wide > 2 * _LETTER * len(whole):
            words = whole
        half = _LETTER * len(words)
        if wide > 2 * half:
            where, colour, ground = (x + wide / 2, top - BAR / 2), "white", None
        else:
            middle = min(max(x + wide / 2, half), WIDTH - half)
            level = next((place for place, end in enumerate(outside) if end < middle - half), len(outside))
            outside[level : level + 1] = [middle + half]
            away = 0.1 + 0.15 * level
            # Below the last row there is room; above it the flows arrive.
            below = row + 1 == len(layout.rows)
            where, colour = (middle, top - BAR - away if below else top + away), INK
            ground = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
        written: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8, "fontweight": "bold", "zorder": 6}
        axes.text(*where, words, color=colour, bbox=ground, **written)


def _draw_key(axes: Axes, colours: Collection[str], renews: bool) -> None:
    """Say what the colours mean, of those that are drawn."""
    keys = [("loop", "straight to buy"), ("recall", "considered"), ("search", "evaluated"), ("drop", "did not buy")]
    x = SIDE
    for kind, said in keys:
        if _COLOURS[kind] not in colours:
            continue
        words = in_renewals(said, renews)
        hatch = "////" if kind == "drop" else ""
        key = Rectangle((x, 0.3), 0.14, 0.1, facecolor=_COLOURS[kind], edgecolor="white", linewidth=0.0, hatch=hatch)
        axes.add_artist(key)
        axes.text(x + 0.18, 0.35, words, fontsize=7.5, va="center")
        x += 0.36 + 0.068 * len(words)
    note = "Percent of all needs. Top: where customers were when the need arose."
    axes.text(SIDE, 0.12, note, fontsize=7.5, color=MUTED, va="center")


def _ports(flows: Sequence[_Flow], node: Callable[[_Flow], str], where: Callable[[_Flow], float]) -> dict[_Flow, float]:
    """Return how far along its node each flow begins, in the order in which the flows lie."""
    out: dict[_Flow, float] = {}
    filled: dict[str, float] = {}
    for flow in sorted(flows, key=lambda item: (where(item), item.source, item.target)):
        out[flow] = filled.get(node(flow), 0.0)
        filled[node(flow)] = out[flow] + flow.count
    return out


def _band(axes: Axes, way: Sequence[tuple[float, float]], wide: float, colour: str) -> None:
    """Draw a flow along the points of its left edge, from top to bottom."""
    left: list[tuple[float, float]] = [way[0]]
    for (x0, y0), (x1, y1) in zip(way, way[1:], strict=False):
        bend = (y0 - y1) * 0.45
        left += [(x0, y0 - bend), (x1, y1 + bend), (x1, y1)]
    right = [(x + wide, y) for x, y in reversed(left)]
    curves = [Path.CURVE4] * (len(left) - 1)
    codes = [Path.MOVETO, *curves, Path.LINETO, *curves, Path.CLOSEPOLY]
    path = Path([*left, *right, left[0]], codes)
    hatch = "///" if colour == _COLOURS["drop"] else ""
    axes.add_artist(PathPatch(path, facecolor=colour, edgecolor="white", linewidth=0.4, hatch=hatch, zorder=2))
