"""Calibration: how near the figures came, and what the targets say about the parameters and what they leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from sim.analysis.paired import NORMAL_WIDTH
from sim.calibration.targets import written
from sim.number_format import compact, decimal
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, MUTED, PALE, WIDTH, canvas, finish, footnote, style, value_axis

if TYPE_CHECKING:
    from sim.calibration.result import Calibration

__all__ = ["draw_correlations", "draw_fit", "draw_identified", "draw_profiles", "draw_trail"]

_ROW = 0.34
#: Misfits beyond this are drawn at the edge: they say no more than "far".
_FAR = 4.0
#: Rise of the misfit that bounds a 90 % interval of one parameter (chi-square, one degree of freedom).
_NINETY = 2.706


def draw_fit(done: Calibration) -> Figure:
    """Draw every target's deviation in units of its tolerance: before, and after."""
    count = len(done.targets)
    with style():
        figure, axes, height = _rows(count, left=1.9, right=1.0)
        axes.axvspan(-1.0, 1.0, color=PALE, alpha=0.6, linewidth=0)
        axes.axvline(0.0, color=INK, linewidth=0.8)
        for row, target in enumerate(done.targets):
            if np.isfinite(done.before[row]):
                before = np.clip((done.before[row] - target.value) / target.tolerance, -_FAR, _FAR)
                axes.plot(before, row, marker="s", markersize=5, color="white", markeredgecolor=MUTED, zorder=3)
            after = float(np.clip((done.figures[row] - target.value) / target.tolerance, -_FAR, _FAR))
            chance = float(NORMAL_WIDTH * done.error[row] / target.tolerance)
            colour = MORE if done.met[row] else FEWER
            axes.errorbar(
                after, row, xerr=chance, marker="o" if done.met[row] else "X", markersize=6, color=colour, capsize=2.5
            )
            text = f"{written(target.metric, float(done.figures[row]))}\nof {written(target.metric, target.value)}"
            _beside(axes, row, text)
        axes.set_yticks(range(count), [short(target.title, 28) for target in done.targets])
        axes.set_ylim(count - 0.5, -0.5)
        axes.set_xlim(-_FAR * 1.05, _FAR * 1.05)
        axes.grid(visible=False)
        finish(axes, "How near the figures came", x="deviation, in tolerances (band: met)", y="", flush=True)
        footnote(figure, "Circle: fitted, on independent random numbers; cross: not met; square: before the fit.")
        return figure


def draw_identified(done: Calibration) -> Figure:
    """Draw for every parameter what was likely before and what the targets leave, between its bounds."""
    count = len(done.parameters)
    with style():
        figure, axes, height = _rows(count, left=1.3, right=1.25)
        low, high = np.quantile(done.draws, [0.05, 0.95], axis=0)
        before_low, before_high = np.quantile(done.prior_draws(), [0.05, 0.95], axis=0)
        for row in range(count):
            axes.plot([before_low[row], before_high[row]], [row, row], color=PALE, linewidth=8, solid_capstyle="butt")
            axes.plot([low[row], high[row]], [row, row], color=MORE, linewidth=3.5, solid_capstyle="butt")
            axes.plot(done.shares[row], row, marker="o", markersize=6, color=INK)
            ends = done.intervals()[row]
            text = f"{compact(done.numbers[row])}\n{compact(ends[0])} to {compact(ends[1])}"
            _beside(axes, row, text)
        axes.set_yticks(range(count), [short(parameter.name, 20) for parameter in done.parameters])
        axes.set_ylim(count - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0.0, 0.5, 1.0], ["lower bound", "", "upper bound"])
        axes.grid(visible=False)
        finish(axes, "What the targets say about each parameter", x="", y="", flush=True)
        footnote(figure, "Point: best fit. Dark: 90 % of near-best fits. Pale: 90 % before any target.")
        return figure


def draw_profiles(done: Calibration) -> Figure:
    """Draw how far the misfit rises where one parameter is held and all others are free."""
    count = len(done.parameters)
    columns = 2
    rows = (count + columns - 1) // columns
    with style():
        height = 1.35 * rows + 0.75
        figure = Figure(figsize=(WIDTH, height))
        figure.subplots_adjust(
            left=0.55 / WIDTH, right=0.98, bottom=0.55 / height, top=1.0 - 0.62 / height, hspace=0.85, wspace=0.3
        )
        for at, (parameter, profile) in enumerate(zip(done.parameters, done.profiles, strict=True)):
            axes = figure.add_subplot(rows, columns, at + 1)
            axes.axhline(_NINETY, color=MUTED, linewidth=0.8, linestyle=(0, (4, 2)))
            axes.plot(profile.numbers, np.minimum(profile.misfit, 30.0), color=MORE, marker=".", markersize=4)
            axes.axvline(done.numbers[at], color=INK, linewidth=0.8)
            if parameter.scale == "log":
                axes.set_xscale("log")
                value_axis(axes.xaxis, compact)
                axes.xaxis.set_minor_formatter(NullFormatter())
            else:
                axes.xaxis.set_major_locator(MaxNLocator(4))
            axes.set_ylim(0.0, 10.0)
            axes.set_title(short(parameter.name, 26), fontsize=8.5, pad=3)
            axes.tick_params(labelsize=7.5)
        figure.text(0.02, 1.0 - 0.2 / height, "Where the misfit rises, the targets speak", fontsize=10, weight="bold")
        footnote(figure, "Misfit above the best, all other parameters free. Dashed: bounds 90 %. Upright: best fit.")
        return figure


def draw_correlations(done: Calibration) -> Figure:
    """Draw which parameters stand in for each other among the near-best fits."""
    count = len(done.parameters)
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = np.nan_to_num(np.atleast_2d(np.corrcoef(done.draws.T)))
    with style():
        height = 0.36 * count + 1.75
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=1.3 / WIDTH, right=0.97, bottom=1.15 / height, top=1.0 - 0.36 / height)
        axes.imshow(matrix, cmap="RdBu_r", vmin=-1.0, vmax=1.0, aspect="auto")
        for row in range(count):
            for column in range(count):
                if row != column:
                    dark = abs(matrix[row, column]) > 0.6
                    number = decimal(matrix[row, column], 1, sign=True)
                    axes.text(
                        column, row, number, ha="center", va="center", fontsize=7.5, color="white" if dark else INK
                    )
        names = [short(parameter.name, 16) for parameter in done.parameters]
        axes.set_xticks(range(count), names, rotation=45, ha="right")
        axes.set_yticks(range(count), names)
        axes.grid(visible=False)
        finish(axes, "Which parameters stand in for each other", x="", y="", flush=True)
        footnote(figure, "Correlation among near-best fits; near ±1: the targets fix a combination, not each.")
        return figure


def draw_trail(done: Calibration) -> Figure:
    """Draw the misfit of every simulation, in the order in which it was looked at."""
    with style():
        figure, (axes,) = canvas(2.3)
        trail = np.maximum(done.trail, 1e-2)
        axes.semilogy(np.arange(1, trail.size + 1), trail, linestyle="none", marker=".", markersize=3, color=MUTED)
        axes.semilogy(np.arange(1, trail.size + 1), np.minimum.accumulate(trail), color=MORE, linewidth=1.5)
        value_axis(axes.yaxis, compact)
        axes.yaxis.set_minor_formatter(NullFormatter())
        finish(axes, "How the fit was found", x="simulations", y="misfit")
        return figure


def _rows(count: int, *, left: float, right: float) -> tuple[Figure, Axes, float]:
    """Make a panel with a row each and room in inches for names and numbers beside it; return its height too."""
    height = _ROW * count + 1.25
    figure, (axes,) = canvas(height)
    figure.subplots_adjust(left=left / WIDTH, right=1.0 - right / WIDTH, bottom=0.78 / height, top=1.0 - 0.36 / height)
    return figure, axes, height


def _beside(axes: Axes, row: int, text: str) -> None:
    axes.text(1.02, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5, linespacing=0.95)
