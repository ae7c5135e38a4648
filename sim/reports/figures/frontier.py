"""Frontier: break-even maps, rules about where it loses, the distance to the boundary, and the emulator's quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from sim.number_format import percent
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, MUTED, PALE, WIDTH, canvas, finish, footnote, style, value_axis

__all__ = ["Margin", "Rule", "Scale", "draw_found", "draw_map", "draw_margins", "draw_rules"]

Floats = NDArray[np.float64]
Write = Callable[[float], str]

#: From surely winning to surely losing: luminance falls all the way on both sides of a pale middle, blue or orange.
_SHADES = LinearSegmentedColormap.from_list("losing", ["#9ecae8", "#f4f8fb", "#fbeee6", "#d9763f"])
_BAND = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Scale:
    """One lever as an axis: its name, and how a share of its range is written."""

    name: str
    write: Write
    own: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: by lever the restricted share of its range; what it covers and how surely it holds."""

    bounds: tuple[tuple[int, float, float], ...]
    words: str


@dataclass(frozen=True, slots=True)
class Margin:
    """How far one lever may move: shares of its range at which it breaks even, and between which that is uncertain."""

    lever: int
    at: float | None
    low: float | None
    high: float | None
    loses_above: bool


def draw_map(
    across: Scale,
    up: Scale,
    shares: tuple[Floats, Floats],
    chance: Floats,
    mean: Floats,
    anywhere: Floats,
    runs: tuple[Floats, NDArray[np.bool_], Floats],
) -> Figure:
    """Draw where two levers make it lose: the others where the scenario stands, and the others anywhere.

    Parameters
    ----------
    across, up : Scale
        The levers.
    shares : float64 (G,), float64 (G,)
        Grid of the maps.
    chance, mean, anywhere : float64 (G, G)
        Chance of losing and mean difference at the scenario's other levers; chance of losing over all of them.
    runs : float64 (n, 2), bool (n,), float64 (n,)
        Where runs lie, whether they lost, and how near they are to the first map in the other levers, in [0, 1].

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        height = 8.1
        figure, panels = canvas(height, 2)
        figure.subplots_adjust(
            left=0.86 / WIDTH, right=0.97, top=1.0 - 0.36 / height, bottom=1.12 / height, hspace=0.36
        )
        points, lost, near = runs
        for axes, shade, title in (
            (panels[0], chance, "Other levers as in the scenario"),
            (panels[1], anywhere, "Other levers anywhere in their ranges"),
        ):
            first = axes is panels[0]
            axes.pcolormesh(*shares, shade, cmap=_SHADES, vmin=0.0, vmax=1.0, shading="gouraud", rasterized=True)
            if first:
                _boundary(axes, shares, chance, mean)
                axes.plot(
                    across.own, up.own, marker="*", markersize=13, color="white", markeredgecolor=INK, zorder=5,
                    clip_on=False,
                )  # fmt: skip
            else:
                _levels(axes, shares, shade)
            sizes = 4.0 + 22.0 * near if first else np.full(len(points), 12.0)
            _runs(axes, points, lost, sizes)
            _axis(axes.xaxis, across)
            _axis(axes.yaxis, up)
            axes.set_xlim(0.0, 1.0)
            axes.set_ylim(0.0, 1.0)
            axes.grid(visible=False)
            finish(axes, title, x=across.name, y=up.name)
            axes.tick_params(labelbottom=True)
        notes = [
            "Upper map: line: breaks even; hatched between the dotted lines: the side is uncertain (95 %);",
            "star: the scenario; the larger a mark, the nearer its other levers are to the scenario's.",
            "Lower map: chance of losing where nothing is known of the other levers. Orange is losing.",
            "Marks are runs: × lost, ○ did not.",
        ]
        footnote(figure, "\n".join(notes))
    return figure


def draw_rules(scales: Sequence[Scale], rules: Sequence[Rule]) -> Figure:
    """Draw each rule as the part of each lever's range in which it says that the arm loses."""
    with style():
        rows = [(number, rule) for number, rule in enumerate(rules)]
        lines = sum(len(rule.bounds) for _, rule in rows) + 1.25 * len(rows)
        height = 0.3 * lines + 0.75
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=1.62 / WIDTH, right=0.955, top=1.0 - 0.36 / height, bottom=0.32 / height)
        y = 0.0
        for number, rule in rows:
            words = f"{number + 1}. {rule.words}"
            axes.text(-0.465, y, words, fontsize=8.5, fontweight="bold", va="center", clip_on=False)
            y += 1.0
            for lever, low, high in rule.bounds:
                scale = scales[lever]
                axes.barh(y, 1.0, height=0.42, color=PALE)
                axes.barh(
                    y, high - low, left=low, height=0.42, color=FEWER, hatch="////", edgecolor="white", linewidth=0.0
                )
                axes.plot(scale.own, y, marker="*", markersize=9, color="white", markeredgecolor=INK, clip_on=False)
                axes.text(-0.045, y, short(scale.name, 24), ha="right", va="center", fontsize=8.5)
                for end in (low, high):
                    if 0.0 < end < 1.0:
                        # Beside the bound: inside the bar where there is room, else outside.
                        inside = low < 0.75 if end == low else high > 0.25
                        side = "left" if inside == (end == low) else "right"
                        axes.text(
                            end + (0.014 if side == "left" else -0.014), y, scale.write(end), ha=side, va="center",
                            fontsize=8, fontweight="bold", color="white" if inside else INK,
                            bbox={"facecolor": FEWER, "edgecolor": "none", "pad": 0.8} if inside else None,
                        )  # fmt: skip
                y += 1.0
            y += 0.25
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(y - 0.5, -0.6)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        finish(axes, "Where it loses", x="", y="", flush=True)
        figure.text(
            0.02, 0.05 / height, "Each bar is a lever's range; orange: where the rule holds. Star: the scenario.",
            fontsize=7.5, color=MUTED, va="bottom",
        )  # fmt: skip
    return figure


def draw_margins(scales: Sequence[Scale], margins: Sequence[Margin], losing: Sequence[bool]) -> Figure:
    """Draw how far each lever may move, alone, before the arm no longer pays.

    Parameters
    ----------
    scales : sequence of Scale
    margins : sequence of Margin
    losing : sequence of bool
        By lever, whether the arm loses where the scenario stands; what counts where nothing breaks even.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        height = 0.44 * len(margins) + 1.0
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=1.62 / WIDTH, right=0.955, top=1.0 - 0.36 / height, bottom=0.5 / height)
        for row, (margin, lost) in enumerate(zip(margins, losing, strict=True)):
            scale = scales[margin.lever]
            spans = [(0.0, 1.0, lost)]
            if margin.at is not None:
                spans = [(0.0, margin.at, not margin.loses_above), (margin.at, 1.0, margin.loses_above)]
            for start, end, bad in spans:
                axes.barh(
                    row, end - start, left=start, height=0.36, color=FEWER if bad else MORE, alpha=1.0,
                    hatch="////" if bad else "", edgecolor="white", linewidth=0.0,
                )  # fmt: skip
            if margin.at is not None and margin.low is not None and margin.high is not None:
                axes.plot([margin.at] * 2, [row - 0.26, row + 0.26], color=INK, linewidth=1.6)
                axes.plot([margin.low, margin.high], [row + 0.26] * 2, color=INK, linewidth=1.2, solid_capstyle="butt")
                axes.text(
                    margin.at, row - 0.29, scale.write(margin.at), ha="center", va="bottom", fontsize=8,
                    fontweight="bold",
                )  # fmt: skip
            axes.plot(scale.own, row, marker="*", markersize=10, color="white", markeredgecolor=INK, clip_on=False)
            for end, side in ((0.0, "left"), (1.0, "right")):
                if margin.at is None or abs(margin.at - end) > 0.2:
                    axes.text(end, row - 0.24, scale.write(end), ha=side, va="bottom", fontsize=7, color=MUTED)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(len(margins) - 0.5, -0.75)
        axes.set_xticks([])
        axes.set_yticks(range(len(margins)), [short(scales[margin.lever].name, 24) for margin in margins])
        axes.tick_params(axis="y", length=0, pad=9)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        finish(axes, "How far each lever may move alone", x="", y="", flush=True)
        notes = [
            "Star: the scenario. Blue: it pays; hatched orange: it loses. Upright line: breaks even,",
            "with the bar below it: where that may lie (95 %). All other levers as in the scenario.",
        ]
        footnote(figure, "\n".join(notes))
    return figure


def draw_found(groups: Sequence[tuple[str, Floats, Floats, Floats]], *, label: str, write: Write) -> Figure:
    """Draw what was predicted for runs that the emulator had not seen against what was found.

    Parameters
    ----------
    groups : sequence of (name, predicted, found, half-width)
        The half-width is that of the run's own 95 % interval.
    label : str
    write : callable

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        height = 4.5
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=0.9 / WIDTH, right=0.94, bottom=1.1 / height, top=1.0 - 0.36 / height)
        marks = (("o", MUTED, "white"), ("s", MORE, MORE))
        ends = np.concatenate([np.r_[predicted, found] for _, predicted, found, _ in groups])
        low, high = float(ends.min()), float(ends.max())
        room = 0.05 * (high - low or 1.0)
        line = [low - room, high + room]
        axes.plot(line, line, color=INK, linewidth=0.8)
        axes.axhline(0.0, color=INK, linewidth=0.7, linestyle=(0.0, (4.0, 2.0)))
        axes.axvline(0.0, color=INK, linewidth=0.7, linestyle=(0.0, (4.0, 2.0)))
        for (name, predicted, found, half), (marker, colour, face) in zip(groups, marks, strict=False):
            axes.errorbar(
                predicted, found, yerr=half, fmt=marker, markersize=3.6, color=colour, markerfacecolor=face,
                elinewidth=0.5, linewidth=0.0, label=name,
            )  # fmt: skip
        axes.set_xlim(line[0], line[1])
        axes.set_ylim(line[0], line[1])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(nbins=5))
            value_axis(axis, write)
        finish(axes, "Can the emulator be relied on?", x=f"predicted {label}", y="found", flush=True)
        notes = ["Upper right and lower left: the side was predicted. Whisker: 95 % interval of the run.",
                 "On the line: predicted exactly."]  # fmt: skip
        footnote(figure, "\n".join(notes))
        # Below the panel: whiskers reach into every corner of it.
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0.01, 0.4 / height), ncols=2, frameon=False, fontsize=8,
            handletextpad=0.4,
        )  # fmt: skip
    return figure


def _boundary(axes: Axes, shares: tuple[Floats, Floats], chance: Floats, mean: Floats) -> None:
    """Draw the break-even line and the band in which its side is uncertain."""
    if chance.min() < _BAND[1] and chance.max() > _BAND[0]:
        axes.contourf(*shares, chance, levels=list(_BAND), colors="none", hatches=["....."])
        axes.contour(*shares, chance, levels=list(_BAND), colors=INK, linewidths=0.7, linestyles=":")
    if mean.min() < 0.0 < mean.max():
        axes.contour(*shares, mean, levels=[0.0], colors=INK, linewidths=1.6)


def _levels(axes: Axes, shares: tuple[Floats, Floats], chance: Floats) -> None:
    levels = [level for level in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95) if chance.min() < level < chance.max()]
    if levels:
        widths = [1.5 if level == 0.5 else 0.7 for level in levels]
        drawn = axes.contour(*shares, chance, levels=levels, colors=INK, linewidths=widths)
        axes.clabel(drawn, fmt={level: percent(level) for level in levels}, fontsize=7.5)


def _runs(axes: Axes, points: Floats, lost: NDArray[np.bool_], sizes: Floats) -> None:
    x, y = points.T
    won = ~lost
    axes.scatter(x[won], y[won], s=sizes[won], facecolor="none", edgecolor=INK, linewidth=0.6, alpha=0.7, zorder=4)
    axes.scatter(x[lost], y[lost], s=sizes[lost], marker="x", color=INK, linewidth=0.8, alpha=0.8, zorder=4)


def _axis(axis: Axis, scale: Scale) -> None:
    axis.set_major_locator(FixedLocator([0.0, 0.25, 0.5, 0.75, 1.0]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: scale.write(min(1.0, max(0.0, float(share))))))
