"""Journey graph: a journey drawn from top to bottom, one stage a row, so that any graph can be read on a phone.

Edges to the next row run straight down. Edges that skip rows run down on the right, edges that return run up on the
left; edges with the same target share a line and thicken it as they join, as streams do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from sim.number_format import in_words
from sim.reports.names import short, short_apart, wrapped
from sim.reports.style import INK, MUTED, PALE, WIDTH

__all__ = ["StageBox", "Link", "draw_journey_graph", "order_stages"]

BOX_WIDTH = 1.34
#: Letters a line of a name in a box, and lines.
LINE = 19
LINES = 3
#: Height of a box, and of each further line of its name.
BOX_HEIGHT = 0.42
FURTHER_LINE = 0.14
#: Size of a name in points, where it fits.
NAME = 9.0
#: Size of a note in points.
NOTE = 7.5
ROW_GAP = 0.34
PORT = 0.165
TRACK = 0.2
#: Colour of a shared line whose edges differ.
MIXED = "#6d7783"
LABEL = 0.56
LETTER = 0.064
MARGIN = 0.12
THICKEST = 8.0
CORNER = 0.09
POINTS = 72.0


@dataclass(frozen=True, slots=True)
class StageBox:
    """One stage: its name, a line below it, and its colour."""

    name: str
    caption: str
    tint: str = "#ffffff"
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One drawn edge.

    ``weight`` is its flow, signed for a difference; None draws a thin line. ``line`` is a dash pattern of matplotlib.
    """

    source: str
    target: str
    label: str = ""
    weight: float | None = None
    colour: str = INK
    line: str | tuple[float, tuple[float, ...]] = "-"
    strong: bool = False


def order_stages(stages: Sequence[str], edges: Sequence[tuple[str, str]], start: Sequence[str]) -> tuple[str, ...]:
    """Order stages by the longest way to them from where customers begin, ways that lead back left out.

    Parameters
    ----------
    stages : sequence of str
        Names, in the order of the file, which decides where the graph does not.
    edges : sequence of (source, target)
    start : sequence of str
        Where customers begin.

    Returns
    -------
    tuple of str
        The stages from top to bottom.

    Examples
    --------
    >>> order_stages(["buy", "idle", "need"], [("idle", "need"), ("need", "buy"), ("buy", "idle")], ["idle"])
    ('idle', 'need', 'buy')
    """
    place = {name: position for position, name in enumerate(stages)}
    ways: dict[str, list[str]] = {name: [] for name in stages}
    for source, target in edges:
        if source != target and target not in ways[source]:
            ways[source].append(target)
    finished: list[str] = []
    forward: dict[str, list[str]] = {name: [] for name in stages}
    state: dict[str, int] = {}
    for root in [*start, *stages]:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(ways[root]))]
        while stack:
            name, rest = stack[-1]
            target = next(rest, "")
            if not target:
                stack.pop()
                state[name] = 2
                finished.append(name)
                continue
            if state.get(target) == 1:
                continue  # leads back to where the way came from
            forward[name].append(target)
            if target not in state:
                state[target] = 1
                stack.append((target, iter(ways[target])))
    layer = dict.fromkeys(stages, 0)
    for name in reversed(finished):
        for target in forward[name]:
            layer[target] = max(layer[target], layer[name] + 1)
    return tuple(sorted(stages, key=lambda name: (layer[name], place[name])))


@dataclass(slots=True)
class _Bus:
    """The shared line of all edges of one side that lead to one target."""

    target: int
    feeders: list[tuple[int, Link]] = field(default_factory=list)  # row, edge
    track: int = 0

    @property
    def rows(self) -> tuple[int, int]:
        rows = [self.target, *(row for row, _ in self.feeders)]
        return min(rows), max(rows)


def draw_journey_graph(
    boxes: Mapping[str, StageBox], links: Sequence[Link], order: Sequence[str], *, title: str, notes: Sequence[str]
) -> Figure:
    """Draw boxes and edges.

    Parameters
    ----------
    boxes : mapping
        Stages by name.
    links : sequence of Link
        At most one per pair of stages.
    order : sequence of str
        Stages from top to bottom; names without a box are skipped.
    title : str
        Lines of the title, separated by line breaks.
    notes : sequence of str
        Lines below the drawing: how to read it.

    Returns
    -------
    Figure
        The drawing.
    """
    rows = [name for name in order if name in boxes]
    down, sides = _sort_links(links, {name: row for row, name in enumerate(rows)})
    tracks = {side: _assign(list(buses.values())) for side, buses in sides.items()}
    ports = _ports_of(sides)
    said = _names([in_words(boxes[name].name) for name in rows])
    heights = [
        max(
            BOX_HEIGHT + FURTHER_LINE * name.count("\n"),
            PORT * max(len(ports.get((row, -1), ())), len(ports.get((row, 1), ()))),
        )
        for row, name in enumerate(said)
    ]
    room = {side: _room(buses.values()) for side, buses in sides.items()}
    left, right = (room[side] + TRACK * tracks[side] if tracks[side] else 0.1 for side in (-1, 1))
    needed = left + right + BOX_WIDTH + 2 * MARGIN
    width = max(WIDTH, needed)
    centre = MARGIN + left + BOX_WIDTH / 2 + (width - needed) * 0.5
    head = 0.21 * (title.count("\n") + 1) + 0.16
    notes = [line for note in notes for line in _lines(note, width - 2 * MARGIN)]
    foot = 0.165 * len(notes) + 0.14
    height = head + sum(heights) + ROW_GAP * (len(rows) - 1) + foot
    figure, axes = _empty_figure(width, height, title, notes)
    tops, y = [], height - head
    for tall in heights:
        tops.append(y)
        y -= tall + ROW_GAP
    middle = [top - tall / 2 for top, tall in zip(tops, heights, strict=True)]
    biggest = _biggest(links, sides)
    for side, buses in sides.items():
        edge = centre + side * BOX_WIDTH / 2
        for bus in sorted(buses.values(), key=lambda item: -item.track):
            x = edge + side * (room[side] + TRACK * (bus.track + 0.35))
            _draw_bus(axes, bus, side, (edge, x), _Ports(ports, middle, side, bus.track), biggest)
    for row, link in down.items():
        thick = _thickness(link.weight, biggest)
        above, below = tops[row] - heights[row], tops[row + 1]
        _stroke(axes, [(centre, above), (centre, below + 0.06 + 0.007 * thick)], link, thick, 2.2)
        _arrow(axes, (centre, below), (0.0, -1.0), link, thick)
        _say(axes, centre + 0.06 + thick / POINTS / 2, (above + below) / 2 + 0.03, link, "left")
    for row, name in enumerate(rows):
        _box(axes, boxes[name], said[row], centre, tops[row], heights[row])
    return figure


def _names(names: Sequence[str]) -> list[str]:
    """Return names as the boxes show them: broken at words, cut where they are too long, no two alike."""
    said = [wrapped(name, LINE, LINES) for name in names]
    alike = Counter(said)
    # Broken at words, three lines hold fewer letters than three times one line.
    apart = short_apart(names, LINE * LINES * 2 // 3)
    return [wrapped(less, LINE, LINES) if alike[name] > 1 else name for name, less in zip(said, apart, strict=True)]


def _sort_links(links: Sequence[Link], row_of: Mapping[str, int]) -> tuple[dict[int, Link], dict[int, dict[int, _Bus]]]:
    """Return the edges to the next row, and by side (-1 is left) and target the lines of all others."""
    down: dict[int, Link] = {}
    sides: dict[int, dict[int, _Bus]] = {-1: {}, 1: {}}
    for link in links:
        source, target = row_of[link.source], row_of[link.target]
        if target == source + 1:
            down[source] = link
        elif target != source:
            bus = sides[1 if target > source else -1].setdefault(target, _Bus(target))
            bus.feeders.append((source, link))
    return down, sides


def _ports_of(sides: Mapping[int, Mapping[int, _Bus]]) -> dict[tuple[int, int], list[tuple[int, bool]]]:
    """Return by (row, side) the ports of a box from top to bottom: (track, whether the line arrives there)."""
    ports: dict[tuple[int, int], list[tuple[int, bool]]] = {}
    for side, buses in sides.items():
        for bus in buses.values():
            ports.setdefault((bus.target, side), []).append((bus.track, True))
            for row, _ in bus.feeders:
                ports.setdefault((row, side), []).append((bus.track, False))
    for (_, side), items in ports.items():
        # Inner tracks next to where their line runs to, the arriving line on the other end: fewest crossings.
        items.sort(key=lambda item: (item[1], item[0]) if side < 0 else (not item[1], -item[0]))
    return ports


@dataclass(frozen=True, slots=True)
class _Ports:
    """Where the line of one track meets the boxes on its side."""

    ports: Mapping[tuple[int, int], list[tuple[int, bool]]]
    middle: Sequence[float]
    side: int
    track: int

    def height(self, row: int, *, arrives: bool) -> float:
        items = self.ports[row, self.side]
        position = items.index((self.track, arrives))
        return self.middle[row] + (len(items) / 2 - 0.5 - position) * PORT


def _empty_figure(width: float, height: float, title: str, notes: Sequence[str]) -> tuple[Figure, Axes]:
    """Return an empty figure, measured in inches, with its title and notes.

    Its limits stand: shapes are added as artists, because of a patch matplotlib would look how far it reaches.
    """
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, width)
    axes.set_ylim(0.0, height)
    axes.axis("off")
    axes.set_title(title, x=MARGIN / width, y=1.0 - 0.06 / height, pad=0, va="top", linespacing=1.25)
    for place, note in enumerate(reversed(notes)):
        axes.text(MARGIN, 0.09 + 0.165 * place, note, fontsize=NOTE, color=MUTED, va="bottom")
    return figure, axes


def _lines(note: str, room: float) -> list[str]:
    """Break a note where it would not fit into so many inches, between words."""
    plain = FontProperties(size=NOTE)
    lines: list[str] = []
    for word in note.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        wide = text_to_path.get_text_width_height_descent(longer, plain, False)[0] / POINTS
        if lines and wide > room:
            lines.append(word)
        else:
            lines[-1:] = [longer]
    return lines


def _draw_bus(axes: Axes, bus: _Bus, side: int, across: tuple[float, float], ports: _Ports, biggest: float) -> None:
    """Draw all edges of one side to one target: each joins the line at `across[1]`, which thickens on its way."""
    edge, x = across
    arrive = ports.height(bus.target, arrives=True)
    feeders = sorted(bus.feeders, key=lambda item: -abs(item[0] - bus.target))
    flow, straight = 0.0, True
    colours: set[str] = set()
    lines: set[str | tuple[float, tuple[float, ...]]] = set()
    for position, (row, link) in enumerate(feeders):
        y = ports.height(row, arrives=False)
        up = 1.0 if arrive > y else -1.0
        thick = _thickness(link.weight, biggest)
        _stroke(axes, [(edge, y), (x, y), (x, y + up * CORNER)], link, thick, 2.0 + bus.track * 0.01)
        _say(axes, edge + side * 0.06, y, link, "left" if side > 0 else "right")
        flow, straight = flow + (link.weight or 0.0), straight and link.weight is None
        colours.add(link.colour)
        lines.add(link.line)
        last = position + 1 == len(feeders)
        until = arrive if last else ports.height(feeders[position + 1][0], arrives=False)
        merged = _merge(link, colours, lines, None if straight else flow)
        thick = _thickness(merged.weight, biggest)
        begin = (x, y + up * CORNER)
        if last:
            tip = 0.06 + 0.007 * thick
            _stroke(axes, [begin, (x, arrive), (edge + side * tip, arrive)], merged, thick, 2.5)
            _arrow(axes, (edge, arrive), (-side, 0.0), merged, thick)
        else:
            _stroke(axes, [begin, (x, until + up * CORNER)], merged, thick, 2.5)


def _assign(buses: list[_Bus]) -> int:
    """Give every line the innermost track on which it meets no other; return the number of tracks."""
    taken: list[list[tuple[int, int]]] = []
    for bus in sorted(buses, key=lambda item: (item.rows[1] - item.rows[0], item.target)):
        low, high = bus.rows
        for track, spans in enumerate(taken):
            if all(high < first or last < low for first, last in spans):
                bus.track = track
                spans.append((low, high))
                break
        else:
            bus.track = len(taken)
            taken.append([(low, high)])
    return len(taken)


def _room(buses: Iterable[_Bus]) -> float:
    """Return how far from the boxes the first line may run, so that it clears every label."""
    longest = max((len(link.label) for bus in buses for _, link in bus.feeders), default=0)
    return max(LABEL, 0.2 + LETTER * longest)


def _biggest(links: Sequence[Link], sides: Mapping[int, Mapping[int, _Bus]]) -> float:
    flows = [abs(link.weight or 0.0) for link in links if link.source != link.target]
    flows += [
        abs(sum(link.weight or 0.0 for _, link in bus.feeders)) for buses in sides.values() for bus in buses.values()
    ]
    return max(flows, default=0.0)


def _thickness(weight: float | None, biggest: float) -> float:
    if weight is None or biggest <= 0.0:
        return 1.2
    return 0.8 + (THICKEST - 0.8) * abs(weight) / biggest


def _merge(
    link: Link, colours: set[str], lines: set[str | tuple[float, tuple[float, ...]]], flow: float | None
) -> Link:
    """Return how a shared line looks after the edges that joined it."""
    if len(colours) == 1 and len(lines) == 1:
        return Link(link.source, link.target, weight=flow, colour=link.colour, line=link.line)
    return Link(link.source, link.target, weight=flow, colour=MIXED, line="-")


def _stroke(axes: Axes, corners: list[tuple[float, float]], link: Link, thick: float, depth: float) -> None:
    """Draw a line with rounded corners."""
    points, codes = [corners[0]], [Path.MOVETO]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        points += [_toward(corner, before), corner, _toward(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    points.append(corners[-1])
    codes.append(Path.LINETO)
    style = link.line if thick < 4.0 or link.line == "-" else (0.0, (1.6, 0.7))
    axes.add_artist(
        PathPatch(
            Path(points, codes),
            fill=False,
            edgecolor=link.colour,
            linewidth=thick,
            linestyle=style,
            capstyle="butt",
            zorder=depth,
        )
    )


def _toward(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Return the point one corner radius from a corner in the direction of another point."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = max(abs(dx) + abs(dy), 1e-9)
    reach = min(CORNER, length) / length
    return corner[0] + dx * reach, corner[1] + dy * reach


def _arrow(axes: Axes, tip: tuple[float, float], direction: tuple[float, float], link: Link, thick: float) -> None:
    long, half = 0.07 + 0.007 * thick, 0.035 + thick / POINTS * 0.62
    (x, y), (dx, dy) = tip, direction
    back = (x - dx * long, y - dy * long)
    corners = [tip, (back[0] - dy * half, back[1] + dx * half), (back[0] + dy * half, back[1] - dx * half)]
    axes.add_artist(Polygon(corners, closed=True, facecolor=link.colour, edgecolor="white", linewidth=0.4, zorder=5))


def _say(axes: Axes, x: float, y: float, link: Link, side: str) -> None:
    if link.label:
        axes.text(
            x,
            y,
            link.label,
            fontsize=7.5,
            fontweight="bold" if link.strong else "normal",
            color=MUTED if link.colour == PALE else INK,
            ha=side,
            va="center",
            zorder=6,
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.92},
        )


def _inches(name: str) -> float:
    """Return how wide the longest line of a name is at its usual size."""
    bold = FontProperties(weight="bold", size=NAME)
    lines = name.split("\n")
    return max(text_to_path.get_text_width_height_descent(line, bold, False)[0] for line in lines) / POINTS


def _box(axes: Axes, box: StageBox, name: str, centre: float, top: float, tall: float) -> None:
    axes.add_artist(
        FancyBboxPatch(
            (centre - BOX_WIDTH / 2, top - tall),
            BOX_WIDTH,
            tall,
            boxstyle="round,pad=0,rounding_size=0.07",
            facecolor=box.tint,
            edgecolor="#6b6b6b",
            linewidth=0.9,
            linestyle="--" if box.dashed else "-",
            zorder=4,
        )
    )
    shift = 0.075 if box.caption else 0.0
    middle = top - tall / 2
    written: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 7}
    text = axes.text(centre, middle + shift, name, fontweight="bold", linespacing=1.1, **written)
    text.set_fontsize(NAME * min(1.0, (BOX_WIDTH - 0.1) / _inches(name)))
    if box.caption:
        axes.text(
            centre,
            middle - 0.09 - FURTHER_LINE / 2 * name.count("\n"),
            short(box.caption, 24),
            fontsize=7,
            color=MUTED,
            **written,
        )
