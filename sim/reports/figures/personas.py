"""People: for which personas an arm pays, and which customers win or lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.number_format import compact, in_words, money, percent, typed
from sim.reports.figures.gap import Gap, is_sure
from sim.reports.names import short, wrapped
from sim.reports.style import FEWER, INK, MORE, MUTED, WIDTH, finish, footnote, look, money_axis, style, value_axis

__all__ = ["draw_personas", "draw_values", "plot_personas"]

#: Height at which lines end, so that they do not cross the shares written above the bars, as a part of the axes.
_BELOW_SHARES = 0.9


def draw_personas(
    names: Sequence[str],
    panels: Sequence[tuple[str, str, Mapping[str, Sequence[Gap]]]],
    *,
    currency: str,
    title: str,
) -> Figure:
    """Draw differences per persona as dots with intervals, one panel per metric.

    Parameters
    ----------
    names : sequence of str
        Rows from top to bottom.
    panels : sequence of (label, kind, gaps)
        Axis label; ``money``, ``share`` or ``number``; and per arm one gap per row.
    currency : str
    title : str

    Returns
    -------
    Figure
        The drawing.
    """
    arms = list(dict.fromkeys(arm for _, _, gaps in panels for arm in gaps))
    row_height = max(0.4, 0.17 * len(arms) + 0.12)
    height = row_height * len(names) + 1.25
    with style():
        figure = Figure(figsize=(WIDTH, height))
        every = figure.subplots(1, len(panels), squeeze=False)[0]
        figure.subplots_adjust(
            left=1.42 / WIDTH, right=0.97, top=1.0 - 0.42 / height, bottom=0.78 / height, wspace=0.16
        )
        for panel, (axes, (label, kind, gaps)) in enumerate(zip(every, panels, strict=True)):
            plot_personas(axes, names, gaps, kind=kind, currency=currency, written=panel == 0)
            finish(axes, title if panel == 0 else "", x=label, y="", flush=panel == 0)
        _key(figure, arms, height)
        footnote(figure, _MARKS, above=0.06)
    return figure


_MARKS = "Right of zero: more than in the baseline. Bar: 95 % interval. Hollow: it covers zero."


def _key(figure: Figure, arms: Sequence[str], height: float) -> None:
    if len(arms) < 2:
        return
    x = 0.02
    for position, arm in enumerate(arms, start=1):
        drawn = look(position)
        words = f"{_GLYPHS[drawn.marker]} {short(in_words(arm), 16)}"
        figure.text(x, 0.21 / height, words, fontsize=8, color=drawn.colour, fontweight="bold")
        x += 0.05 + 0.018 * len(short(arm, 16))


_GLYPHS = {"s": "■", "o": "●", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖"}


def plot_personas(
    axes: Axes,
    names: Sequence[str],
    gaps: Mapping[str, Sequence[Gap]],
    *,
    kind: str,
    currency: str,
    written: bool = True,
) -> None:
    """Draw the dots of one metric into a panel.

    Parameters
    ----------
    axes : Axes
        The panel.
    names : sequence of str
        Rows from top to bottom.
    gaps : mapping
        Arm -> one difference per row.
    kind : {'money', 'share', 'number'}
        What the differences measure.
    currency : str
        Currency of amounts.
    written : bool
        Whether the rows are named.
    """
    axes.axvline(0.0, color=INK, linewidth=0.9)
    step = 0.5 / max(len(gaps), 1)
    for position, arm_gaps in enumerate(gaps.values(), start=1):
        drawn = look(position)
        for row, gap in enumerate(arm_gaps):
            y = row + (position - (len(gaps) + 1) / 2) * step
            if gap.mean is None:
                continue
            if gap.low is not None and gap.high is not None:
                axes.plot([gap.low, gap.high], [y, y], color=drawn.colour, linewidth=2.2, solid_capstyle="butt")
            axes.plot(
                [gap.mean],
                [y],
                marker=drawn.marker,
                markersize=6,
                color=drawn.colour,
                markerfacecolor=drawn.colour if is_sure(gap) else "white",
                linestyle="none",
            )
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [wrapped(name) for name in names] if written else [""] * len(names))
    axes.grid(axis="x", visible=True)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, symmetric=False))
    axes.margins(x=0.1)
    if kind == "money":
        money_axis(axes, currency, axis="x")
    elif kind == "share":
        value_axis(axes.xaxis, lambda share: compact(share * 100))
    else:
        value_axis(axes.xaxis, compact)


def draw_values(values: Mapping[str, Any], *, currency: str, title: str) -> Figure:
    """Draw the distribution over customers of the difference in discounted value: who wins, who loses.

    Parameters
    ----------
    values : mapping
        ``edges``, ``counts``, ``below``, ``above`` and ``shares.all`` with ``winners, losers, unchanged, mean``.
    currency : str
    title : str

    Returns
    -------
    Figure
        The drawing.
    """
    edges = np.asarray(values["edges"], dtype=np.float64)
    counts = np.asarray(values["counts"], dtype=np.float64)
    total = max(counts.sum() + values["below"] + values["above"], 1.0)
    share = counts / total
    everybody = values["shares"]["all"]
    with style():
        height = 3.1
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0.155, 0.235, 0.805, 0.635))
        loses = edges[1:] <= 0.0
        for bars, colour, hatch in ((loses, FEWER, "////"), (~loses, MORE, "")):
            heights = np.where(bars, share, 0.0)
            axes.stairs(heights, edges, fill=True, color=colour, hatch=hatch, edgecolor="white", linewidth=0.0)
        axes.set_yscale("log")
        smallest = float(share[share > 0.0].min()) if np.any(share > 0.0) else 1e-3
        axes.set_ylim(max(smallest * 0.6, 1e-7), min(max(float(share.max()) * 9.0, smallest * 10), 30.0))
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{typed(value * 100)} %" if value <= 1.0 else "")
        )
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        money_axis(axes, currency, axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.axvline(0.0, ymax=_BELOW_SHARES, color=INK, linewidth=0.9)
        mean = everybody["mean"]
        if mean is not None:
            axes.axvline(mean, ymax=_BELOW_SHARES, color=INK, linewidth=1.2, linestyle=(0.0, (3.0, 2.0)))
            axes.annotate(
                f"mean {money(mean, currency, sign=True)}",
                (mean, 0.79),
                xycoords=("data", "axes fraction"),
                xytext=(5 if mean >= 0 else -5, 0),
                textcoords="offset points",
                ha="left" if mean >= 0 else "right",
                fontsize=8.5,
            )
        written: dict[str, Any] = {"transform": axes.transAxes, "fontsize": 8.5, "fontweight": "bold", "va": "top"}
        for x, side, colour, words in (
            (0.015, "left", FEWER, f"{_share(everybody['losers'])} worth less"),
            (1.0, "right", MORE, f"{_share(everybody['winners'])} worth more"),
        ):
            axes.text(x, 0.99, words, color=colour, ha=side, **written)
        ground = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        same = f"{_share(everybody['unchanged'])} unchanged"
        axes.text(0.5, 0.99, same, color=MUTED, ha="center", bbox=ground, **written)
        words = f"difference in a customer's value, discounted, {currency}"
        finish(axes, title, x=words, y="share of customers (log scale)", flush=True)
        outside = (values["below"] + values["above"]) / total
        note = "A customer's value: contribution caused, without the company's fixed costs."
        if outside > 0.0:
            note += f" {percent(outside)} lie outside."
        figure.text(0.02, 0.025, note, fontsize=7.5, color=MUTED, va="bottom")
    return figure


def _share(value: float | None) -> str:
    return "?" if value is None else percent(value)
