"""Effectiveness: what an arm gains over how well its capabilities work, and where it breaks even."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import offset_copy

from sim.number_format import percent
from sim.reports.figures.gap import Gap
from sim.reports.figures.point_labels import PointLabels, Spot
from sim.reports.figures.timeline import label_ends
from sim.reports.style import (
    INK,
    MUTED,
    Look,
    canvas,
    finish,
    footnote,
    look,
    money_axis,
    room_for_money,
    style,
    value_axis,
)

__all__ = ["EffectivenessCurve", "draw_effectiveness"]

#: Room below the zero line for the words of a break-even point, as a part of the highest value.
_BELOW_ZERO = 0.15
#: How far the intervals of two arms' break-even points lie apart, in points.
_APART = 3.8


class EffectivenessCurve(NamedTuple):
    """The difference in contribution at multiples of the assumed effectiveness, and where it rises through zero."""

    grid: Sequence[float]
    gains: Sequence[Gap]
    break_even: Gap


def draw_effectiveness(curves: Mapping[str, EffectivenessCurve], *, currency: str, title: str) -> Figure:
    """Draw the difference in contribution over effectiveness, a line with its band per arm.

    Parameters
    ----------
    curves : mapping
        Arm -> its curve, in money.
    currency : str
        Currency of the amounts.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.1)
        figure.subplots_adjust(left=0.17, bottom=0.25, right=0.82)
        room_for_money(figure, currency)
        ends = [end for curve in curves.values() for gap in curve.gains for end in gap if end is not None]
        low, high = min([0.0, *ends]), max([0.0, *ends])
        room = (high - low) or 1.0
        axes.set_xlim(0.0, max(curve.grid[-1] for curve in curves.values()))
        # The zero line lies so high that what is written below it does not reach the axis.
        axes.set_ylim(min(low - 0.06 * room, -_BELOW_ZERO * high), high + 0.06 * room)
        axes.axhline(0.0, color=INK, linewidth=0.8)
        axes.axvline(1.0, color=MUTED, linewidth=0.9, linestyle=(0.0, (4.0, 1.6)))
        labels, last = PointLabels(axes), []
        for position, (arm, curve) in enumerate(curves.items(), start=1):
            away = _APART * (position - (len(curves) + 1) / 2)
            _draw_curve(axes, labels, curve, look(position), away)
            last.append((curve.gains[-1].mean or 0.0, arm, look(position).colour))
        money_axis(axes, currency)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        value_axis(axes.xaxis, percent)
        label_ends(axes, last)
        finish(
            axes,
            title,
            x="effectiveness of the capabilities",
            y=f"contribution, {currency}",
            flush=True,
        )
        words = "Band: 95 % interval of the mean. Mark on the zero line: break-even with its 95 %\n"
        footnote(figure, f"{words}interval. 100 %, dashed: as assumed. The cost of the capabilities stays as it is.")
    return figure


def _draw_curve(axes: Axes, labels: PointLabels, curve: EffectivenessCurve, drawn: Look, away: float) -> None:
    """Draw one curve, and the interval of its break-even so many points below the zero line."""
    grid = np.asarray(curve.grid)
    mean, low, high = (
        np.array([np.nan if end is None else end for end in ends], dtype=np.float64)
        for ends in zip(*curve.gains, strict=True)
    )
    axes.fill_between(grid, low, high, color=drawn.colour, alpha=0.18, linewidth=0.0)
    axes.plot(grid, mean, color=drawn.colour, linestyle=drawn.line, linewidth=1.8)
    at = curve.break_even
    if at.mean is None:
        return
    if at.low is not None and at.high is not None:
        below = offset_copy(axes.transData, axes.get_figure(root=True), y=-away, units="points")
        (bar,) = axes.plot([at.low, at.high], [0.0, 0.0], color=drawn.colour, linewidth=3.6, solid_capstyle="butt")
        bar.set_transform(below)
    axes.plot([at.mean], [0.0], marker=drawn.marker, color=drawn.colour, markersize=7, mec="white", zorder=5)
    # Right of the point the line lies above zero, left of it below.
    under, over = (-13.0, -24.0, -35.0), (6.0, 17.0, 28.0)
    spots = [Spot(6.0, under[0], "left"), Spot(-6.0, over[0], "right"), *(Spot(6.0, up, "left") for up in under[1:])]
    spots += [*(Spot(-6.0, up, "right") for up in over[1:]), *(Spot(6.0, up, "left") for up in over)]
    labels.write(f"breaks even at {percent(at.mean)}", (at.mean, 0.0), drawn.colour, spots)
