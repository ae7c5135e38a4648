"""Moments of truth: what every stage and edge is worth, drawn on the journey and as a ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.reports.figures.gap import Gap, is_sure
from sim.reports.figures.journey_graph import Link, StageBox, draw_journey_graph, order_stages
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, PALE, WIDTH, canvas, finish, footnote, style, value_axis
from sim.scenario.journey import Journey

__all__ = ["Rank", "draw_moments", "draw_ranking"]

Write = Callable[[float], str]

_DASHED, _DOTTED = (0.0, (3.5, 1.5)), (0.0, (1.0, 1.5))
_ROW = 0.3


class Rank(NamedTuple):
    """One row of the ranking: what it is, the effect of more of it, and of less; None where there is none."""

    name: str
    better: Gap
    worse: Gap | None


def draw_moments(
    journey: Journey,
    stages: Mapping[str, Gap | None],
    ways: Mapping[tuple[str, str], Gap | None],
    *,
    write: Write,
    title: str,
    notes: Sequence[str],
    good: float = 1.0,
    supposed: Sequence[str] = (),
) -> Figure:
    """Draw what the improvement of each stage, and more customers on each edge, is worth.

    Parameters
    ----------
    journey : Journey
    stages : mapping
        Effect by stage; None where nothing is felt.
    ways : mapping
        Effect by (from, to); None where nobody chooses.
    write : callable
        Writes an effect with its sign.
    title : str
    notes : sequence of str
        Lines below the drawing.
    good : float
        1.0 where more of the metric is better, -1.0 where less is.
    supposed : sequence of str
        Stages that are not felt today: their effect is that of a moment that would first have to be made.

    Returns
    -------
    Figure
        The drawing.
    """
    most = max((abs(gap.mean) for gap in stages.values() if gap is not None and gap.mean is not None), default=0.0)
    boxes = {}
    for name in journey.stages:
        gap = stages.get(name)
        if gap is None or gap.mean is None:
            boxes[name] = StageBox(name, "nothing felt", "#ffffff", dashed=True)
        else:
            words = write(gap.mean) if is_sure(gap) else f"({write(gap.mean)})"
            words = f"if felt: {words}" if name in supposed else words
            boxes[name] = StageBox(
                name, words, _tint(good * gap.mean / (most or 1.0), sure=is_sure(gap)), name in supposed
            )
    links = []
    for (source, target), gap in ways.items():
        if gap is None or gap.mean is None:
            links.append(Link(source, target, "", None, "#b5b5b5"))
        elif not is_sure(gap) or gap.mean == 0.0:
            links.append(Link(source, target, f"({write(gap.mean)})", gap.mean, PALE, _DOTTED))
        else:
            pays = good * gap.mean > 0.0
            line = "-" if pays else _DASHED
            links.append(Link(source, target, write(gap.mean), gap.mean, MORE if pays else FEWER, line, True))
    start = [name for name, share in journey.start.items() if share > 0.0]
    order = order_stages(list(journey.stages), list(ways), start)
    with style():
        return draw_journey_graph(boxes, links, order, title=title, notes=notes)


def _tint(strength: float, *, sure: bool) -> str:
    """Return the colour of a box: white at zero or if unsure, blue where an improvement pays, orange where it costs."""
    weight = (0.1 + 0.3 * min(abs(strength), 1.0)) if sure and strength != 0.0 else 0.0
    red, green, blue = to_rgb(MORE if strength >= 0.0 else FEWER)
    return str(to_hex((1.0 - weight * (1.0 - red), 1.0 - weight * (1.0 - green), 1.0 - weight * (1.0 - blue))))


def draw_ranking(rows: Sequence[Rank], *, write: Write, title: str, label: str) -> Figure:
    """Draw the effect of more and of less of each thing as two bars from zero, with intervals.

    Parameters
    ----------
    rows : sequence of Rank
        From top to bottom.
    write : callable
    title, label : str

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        height = _ROW * len(rows) + 1.35
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=2.0 / WIDTH, right=0.97, bottom=0.86 / height, top=1.0 - 0.36 / height)
        for line, row in enumerate(rows):
            for gap, shift, colour, hatch in (
                (row.better, -0.18, MORE, ""),
                (row.worse, 0.18, "#8c8c8c", "////"),
            ):
                if gap is None or gap.mean is None:
                    continue
                axes.barh(
                    line + shift,
                    gap.mean,
                    height=0.34,
                    color=colour,
                    hatch=hatch,
                    edgecolor="white",
                    linewidth=0.0,
                    alpha=1.0 if is_sure(gap) else 0.35,
                )
                if gap.low is not None and gap.high is not None:
                    axes.plot([gap.low, gap.high], [line + shift] * 2, color=INK, linewidth=0.9)
        axes.axvline(0.0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(rows)), [short(row.name, 32) for row in rows], fontsize=7.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, prune="upper"))
        value_axis(axes.xaxis, write)
        finish(axes, title, x=label, y="", flush=True)
        words = (
            "Blue: a better stage, or more customers on the edge. Grey, hatched: the same",
            "step the other way. Line: 95 % interval, common random numbers. Pale: it covers 0.",
        )
        footnote(figure, "\n".join(words))
    return figure
