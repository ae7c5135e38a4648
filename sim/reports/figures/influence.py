"""Influence: which levers decide, how far alone, and which of them act together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.number_format import compact, percent
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, MUTED, PALE, WIDTH, canvas, finish, footnote, style, value_axis

__all__ = ["Bar", "draw_pairs", "draw_screen", "draw_spread", "draw_tornado"]

_ROW = 0.34
_LEFT = 1.62

#: Writes one value of the output with its sign.
Write = Callable[[float], str]


class Bar:
    """One lever of a tornado.

    Parameters
    ----------
    name : str
    whole, alone : float
        Its influence, and the part of it that it has by itself; the sign of ``alone`` is its direction, 0 is none.
    low, high : float
        95 % interval of the whole.
    floor : float
        What chance alone would show.
    sure : bool
        Whether the influence can be told from none.
    """

    __slots__ = ("alone", "floor", "high", "low", "name", "sure", "whole")

    def __init__(
        self, name: str, whole: float, alone: float, low: float, high: float, floor: float, *, sure: bool
    ) -> None:
        self.name, self.whole, self.alone, self.low, self.high = name, whole, alone, low, high
        self.floor, self.sure = floor, sure


def draw_tornado(
    bars: Sequence[Bar], *, title: str, label: str, write: Write, signed: bool, notes: Sequence[str]
) -> Figure:
    """Draw one bar for each lever, the most influential on top.

    Parameters
    ----------
    bars : sequence of Bar
        From top to bottom.
    title, label : str
    write : callable
        Writes a value of the axis.
    signed : bool
        Whether the solid part has a direction: blue raises, hatched orange lowers.
    notes : sequence of str
        Lines below the drawing.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        below = 0.56 + 0.125 * len(notes)
        height = _ROW * len(bars) + 0.42 + below
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=_LEFT / WIDTH, right=0.97, bottom=below / height, top=1.0 - 0.36 / height)
        top = max((bar.high for bar in bars), default=1.0) or 1.0
        for row, bar in enumerate(bars):
            part = min(abs(bar.alone), bar.whole)
            axes.barh(row, bar.whole, height=0.62, color=PALE, edgecolor=MUTED, linewidth=0.6)
            falls = signed and bar.alone < 0.0
            axes.barh(
                row,
                part,
                height=0.62,
                color=FEWER if falls else MORE,
                edgecolor="white",
                linewidth=0.0,
                hatch="////" if falls else "",
            )
            axes.plot([bar.low, bar.high], [row, row], color=INK, linewidth=1.1, solid_capstyle="butt")
            for end in (bar.low, bar.high):
                axes.plot([end, end], [row - 0.13, row + 0.13], color=INK, linewidth=1.1)
            if bar.floor > 0.0:
                axes.plot([bar.floor, bar.floor], [row - 0.36, row + 0.36], color=INK, linewidth=0.9, linestyle=":")
            axes.text(
                bar.high + 0.015 * top, row, write(bar.whole), va="center", fontsize=8.5,
                color=INK if bar.sure else MUTED, fontweight="bold" if bar.sure else "normal",
            )  # fmt: skip
        axes.set_xlim(0.0, top * 1.2)
        axes.set_ylim(len(bars) - 0.45, -0.55)
        axes.set_yticks(range(len(bars)), [short(bar.name, 24) for bar in bars])
        for tick, bar in zip(axes.get_yticklabels(), bars, strict=True):
            tick.set_color(INK if bar.sure else MUTED)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        value_axis(axes.xaxis, write)
        finish(axes, title, x=label, y="", flush=True)
        footnote(figure, "\n".join(notes))
    return figure


def draw_screen(
    names: Sequence[str], strength: Sequence[float], change: Sequence[float], *, write: Write, label: str, unit: str
) -> Figure:
    """Draw Morris' plane: how much a lever matters against how much its effect changes with the others.

    Parameters
    ----------
    names : sequence of str
        Empty for a point that is to bear none.
    strength, change : sequence of float
        ``mu_star`` and ``sigma``.
    write : callable
    label, unit : str
        Labels of the axes.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        notes = [
            "Above the upper line the effect may even change direction with the other levers;",
            "below the lower one it is nearly the same whatever they are. Weak levers bear no name.",
        ]
        height = 4.0
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=0.9 / WIDTH, right=0.97, bottom=0.8 / height, top=1.0 - 0.36 / height)
        x, y = np.asarray(strength), np.asarray(change)
        right, up = (float(max(item.max(), 1e-9)) for item in (x, y))
        line = np.array([0.0, max(right, up) * 1.5])
        axes.plot(line, line, color=MUTED, linewidth=0.9, linestyle=(0.0, (4.0, 2.0)))
        axes.plot(line, 0.5 * line, color=MUTED, linewidth=0.9, linestyle=(0.0, (1.0, 1.5)))
        axes.scatter(x, y, s=26, color=MORE, zorder=3)
        axes.set_xlim(0.0, right * 1.2)
        axes.set_ylim(0.0, up * 1.15)
        _label_points(axes, [short(name, 24) for name in names], x / (right * 1.2), y / (up * 1.15))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(nbins=5))
            value_axis(axis, write)
        finish(axes, "How much it matters, and how much that depends", x=label, y=unit, flush=True)
        footnote(figure, "\n".join(notes))
    return figure


def draw_pairs(names: Sequence[str], pairs: Mapping[tuple[int, int], tuple[float, bool]]) -> Figure:
    """Draw the second-order indices of Sobol' as a triangle.

    Parameters
    ----------
    names : sequence of str
    pairs : mapping of (one, other) to (index, sure)
    """
    with style():
        count = len(names)
        height = 0.36 * count + 1.75
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=_LEFT / WIDTH, right=0.97, bottom=1.25 / height, top=1.0 - 0.36 / height)
        most = max((abs(value) for value, _ in pairs.values()), default=0.0) or 1.0
        for (one, other), (value, sure) in pairs.items():
            shade = min(1.0, max(0.0, value) / max(most, 0.02))
            colour = tuple(1.0 - shade * (1.0 - channel) for channel in (0.0, 0.447, 0.698))
            axes.add_patch(_square(one, other - 1, colour))
            ink = "white" if shade > 0.6 else INK if sure else MUTED
            axes.text(
                one, other - 1, percent(max(value, 0.0)), ha="center", va="center", fontsize=7.5, color=ink,
                fontweight="bold" if sure else "normal",
            )  # fmt: skip
        axes.set_xlim(-0.5, count - 1.5)
        axes.set_ylim(count - 1.5, -0.5)
        axes.set_xticks(range(count - 1), [short(name, 20) for name in names[:-1]], rotation=40, ha="right")
        axes.set_yticks(range(count - 1), [short(name, 24) for name in names[1:]])
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        finish(axes, "What two levers do only together", x="", y="", flush=True)
        footnote(figure, "Share of the variance, beyond what each does alone. Bold: its 95 % interval stays above 0.")
    return figure


def draw_spread(means: NDArray[np.float64], *, title: str, label: str, write: Write) -> Figure:
    """Draw how often which difference came out over the points of a design: where it loses, and where it wins.

    Parameters
    ----------
    means : float64 (points,)
        Difference from the baseline at every point of the design.
    title, label : str
        Title of the figure, and what the axis shows.
    write : callable
        Writes a value with its sign.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        height = 2.5
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=0.62 / WIDTH, right=0.97, bottom=0.5 / height, top=1.0 - 0.36 / height)
        low, high = float(means.min()), float(means.max())
        width = max(max(high, 0.0) - min(low, 0.0), 1e-9) / 24
        first, last = np.floor(min(low, 0.0) / width), np.ceil(max(high, 0.0) / width)
        # An edge lies on 0, so that no bar mixes losing with winning.
        edges = np.arange(first, last + 1) * width
        edges = np.r_[edges, edges[-1] + width] if edges[-1] <= high else edges
        counts, _ = np.histogram(means, edges)
        middle = (edges[:-1] + edges[1:]) / 2
        loses = middle < 0.0
        axes.bar(middle[loses], counts[loses], width, color=FEWER, hatch="////", edgecolor="white", linewidth=0.3)
        axes.bar(middle[~loses], counts[~loses], width, color=MORE, edgecolor="white", linewidth=0.3)
        axes.axvline(0.0, color=INK, linewidth=0.9)
        share = float((means < 0.0).mean())
        for x, side, colour, words in (
            (0.015, "left", FEWER, f"{percent(share)} lose"),
            (1.0, "right", MORE, f"{percent(1.0 - share)} do not"),
        ):
            axes.text(
                x, 0.99, words, transform=axes.transAxes, ha=side, va="top", color=colour, fontsize=8.5,
                fontweight="bold", bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            )  # fmt: skip
        axes.set_ylim(0.0, max(float(counts.max()), 1.0) * 1.25)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        value_axis(axes.xaxis, write)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, prune="upper"))
        finish(axes, title, x=label, y="points", flush=True)
        value_axis(axes.yaxis, compact)
    return figure


def _square(x: float, y: float, colour: tuple[float, ...]) -> Rectangle:
    return Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=colour, edgecolor=PALE, linewidth=0.6)


def _label_points(axes: Axes, names: Sequence[str], x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Write names beside points, moved apart where they would lie over each other; all in shares of the panel."""
    taken: list[tuple[float, float, float]] = []
    for lever in np.argsort(-x):
        if not names[lever]:
            continue
        wide, at = 0.022 * len(names[lever]), float(y[lever])
        side = "right" if x[lever] + wide + 0.03 > 1.0 else "left"
        start = float(x[lever]) + (0.02 if side == "left" else -0.02 - wide)
        moves = [0.0] + [step * sign for step in np.arange(0.03, 0.5, 0.03) for sign in (1.0, -1.0)]
        height = next(
            (
                at + move
                for move in moves
                if 0.01 < at + move < 0.99
                and not any(
                    abs(at + move - spot) < 0.045 and start < begin + long and begin < start + wide
                    for begin, spot, long in taken
                )
            ),
            at,
        )
        taken.append((start, height, wide))
        axes.text(
            start if side == "left" else start + wide, height, names[lever], transform=axes.transAxes, fontsize=8,
            ha=side, va="center",
        )  # fmt: skip
        if abs(height - at) > 0.02:
            axes.plot(
                [float(x[lever]), start if side == "left" else start + wide], [at, height],
                transform=axes.transAxes, color=MUTED, linewidth=0.5,
            )  # fmt: skip
