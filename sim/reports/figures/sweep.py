"""Sweep: what each lever does to a difference, and how the difference spreads over all runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.experiments.main_effects import Effect
from sim.number_format import compact, in_words, percent
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, MUTED, PALE, WIDTH, canvas, finish, look, style, value_axis

__all__ = ["draw_effects", "draw_runs", "draw_scatter", "short_path"]

_PANEL = 1.42
_MOST_PANELS = 8

#: Writes one value of the difference.
Write = Callable[[float], str]


def draw_effects(effects: Sequence[Effect], *, title: str, label: str, write: Write) -> Figure:
    """Draw the mean difference over each lever, the one that explains most on top.

    Parameters
    ----------
    effects : sequence of Effect
    title : str
    label : str
        Of the y axis, with its unit.
    write : callable
        Writes a value of the y axis.

    Returns
    -------
    Figure
        The drawing.
    """
    shown = effects[:_MOST_PANELS]
    ends = [
        end
        for effect in shown
        for level in effect.levels
        for end in (level.mean, level.ci_low, level.ci_high)
        if end is not None
    ]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    room = 0.08 * ((high - low) or 1.0)
    with style():
        height = _PANEL * len(shown) + 0.4
        figure = Figure(figsize=(WIDTH, height))
        figure.subplots_adjust(
            left=0.9 / WIDTH, right=1.0 - 0.12 / WIDTH, top=1.0 - 0.56 / height, bottom=0.56 / height, hspace=0.95
        )
        panels = figure.subplots(len(shown), 1, squeeze=False)
        for effect, (axes,) in zip(shown, panels, strict=True):
            places = _places(effect)
            means = [level.mean for level in effect.levels]
            axes.axhline(0.0, color=INK, linewidth=0.9)
            axes.plot(places, means, color=MUTED, linewidth=1.0, zorder=2)
            for position, level in zip(places, effect.levels, strict=True):
                colour = MORE if level.mean >= 0.0 else FEWER
                if level.ci_low is not None and level.ci_high is not None:
                    axes.plot(
                        [position, position], [level.ci_low, level.ci_high], color=colour, linewidth=1.8, zorder=3
                    )
                marker = "o" if level.mean >= 0.0 else "v"
                axes.plot([position], [level.mean], marker=marker, color=colour, markersize=5.5, zorder=4)
            axes.set_ylim(low - room, high + room)
            axes.yaxis.set_major_locator(MaxNLocator(4))
            value_axis(axes.yaxis, write)
            if any(level.at is None for level in effect.levels):
                axes.set_xticks(places, [short(level.name, 14) for level in effect.levels])
                axes.set_xlim(-0.5, len(places) - 0.5)
            else:
                if effect.scale == "log":
                    axes.set_xscale("log")
                    value_axis(axes.xaxis, compact)
                    axes.minorticks_off()
                if len(effect.levels) <= 5:
                    axes.set_xticks(places, [compact(position, 2) for position in places])
            explains = "" if effect.explains is None else f": explains {percent(effect.explains)}"
            finish(axes, f"{short_path(effect.path)}{explains}", x="", y="", flush=True)
            axes.title.set_fontweight("normal")
        figure.text(0.02, 1.0 - 0.16 / height, title, fontweight="bold", fontsize=10.0, va="center")
        figure.text(0.02, 0.1 / height, label, color=MUTED, fontsize=8.5)
    return figure


def draw_runs(
    means: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    *,
    title: str,
    label: str,
    write: Write,
) -> Figure:
    """Draw every run's difference, from the lowest to the highest, with its interval.

    Parameters
    ----------
    means, low, high : float64 (runs,)
        NaN ends where a run has no interval.
    title, label : str
    write : callable
        Writes a value of the y axis.

    Returns
    -------
    Figure
        The drawing.
    """
    defined = ~np.isnan(means)
    order = np.flatnonzero(defined)[np.argsort(means[defined], kind="stable")]
    sorted_means = means[order]
    share = (np.arange(order.size) + 0.5) / max(order.size, 1)
    with style():
        height = 2.9
        figure = Figure(figsize=(WIDTH, height))
        figure.subplots_adjust(
            left=0.9 / WIDTH, right=1.0 - 0.28 / WIDTH, top=1.0 - 0.42 / height, bottom=0.55 / height
        )
        axes = figure.subplots()
        axes.vlines(share, low[order], high[order], color=PALE, linewidth=max(0.6, min(3.0, 200.0 / order.size)))
        axes.axhline(0.0, color=INK, linewidth=0.9)
        above = sorted_means >= 0.0
        size = 3.4 if order.size <= 200 else 1.8
        axes.plot(share[above], sorted_means[above], linestyle="", marker="o", markersize=size, color=MORE)
        axes.plot(share[~above], sorted_means[~above], linestyle="", marker="v", markersize=size, color=FEWER)
        axes.set_xlim(0.0, 1.0)
        value_axis(axes.xaxis, percent)
        value_axis(axes.yaxis, write)
        finish(axes, title, x=f"share of runs with less; {label}", y="", flush=True)
    return figure


def _places(effect: Effect) -> list[float]:
    if any(level.at is None for level in effect.levels):
        return [float(position) for position in range(len(effect.levels))]
    return [float(level.at or 0.0) for level in effect.levels]


def draw_scatter(
    series: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]], *, x: str, y: str, write: Write
) -> Figure:
    """Draw one point for each run, by arm.

    Parameters
    ----------
    series : mapping of str to (float64, float64)
        Where the points of each arm lie.
    x, y : str
        What the axes show.
    write : callable
        Writes a value of the y axis.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.2)
        figure.subplots_adjust(right=0.97)
        axes.axhline(0.0, color=INK, linewidth=0.9)
        for position, (arm, (across, up)) in enumerate(series.items(), start=1):
            drawn = look(position)
            axes.plot(
                across, up, linestyle="", marker=drawn.marker, markersize=3.4, color=drawn.colour, label=in_words(arm)
            )
        if len(series) > 1:
            axes.legend(frameon=False, fontsize=8.5)
        value_axis(axes.yaxis, write)
        finish(axes, y, x=x, y="", flush=True)
    return figure


def short_path(path: str) -> str:
    """Return the end of a path, which says most: its last two names, in words where it is a lever's.

    Examples
    --------
    >>> short_path("arms.proactive.focal.strategy.automation"), short_path("contact_rate")
    ('strategy.automation', 'contact rate')
    """
    how, colon, inner = path.rpartition(":")
    names = inner.split(".")
    return f"{how}{colon}{'.'.join(names[-2:]) if len(names) > 1 else in_words(inner)}"
