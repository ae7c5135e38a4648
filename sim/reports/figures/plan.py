"""Plan: response curves of its levers, the efficient frontier of budgets, and the assumptions that move its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.reports.figures.gap import Gap
from sim.reports.style import FEWER, INK, MORE, MUTED, canvas, finish, footnote, money_axis, room_for_money, style

__all__ = ["FrontierPoint", "ResponseCurve", "draw_assumptions", "draw_frontier", "draw_responses"]

Floats = NDArray[np.float64]


class ResponseCurve(NamedTuple):
    """One lever: its name, its numbers, predicted value with standard deviation, and where the plan stands."""

    name: str
    numbers: Floats
    mean: Floats
    sd: Floats
    at: float


class FrontierPoint(NamedTuple):
    """The best plan for a budget: what it spends and what it is worth."""

    spent: float
    gap: Gap


def draw_responses(curves: Sequence[ResponseCurve], *, value: str, currency: str | None) -> Figure:
    """Draw predicted value over each lever, all others as in the plan.

    Parameters
    ----------
    curves : sequence of ResponseCurve
    value : str
        What is drawn upwards.
    currency : str or None
        Of the value, where it is money.

    Returns
    -------
    Figure
    """
    with style():
        height = 1.0 + 1.75 * len(curves)
        figure, panels = canvas(height, len(curves), shared=False)
        figure.subplots_adjust(left=0.2, right=0.96, top=1.0 - 0.34 / height, bottom=0.85 / height, hspace=0.75)
        if currency is not None:
            room_for_money(figure, currency)
        low = min(float((curve.mean - 2.0 * curve.sd).min()) for curve in curves)
        high = max(float((curve.mean + 2.0 * curve.sd).max()) for curve in curves)
        room = (high - low) or 1.0
        for axes, curve in zip(panels, curves, strict=True):
            axes.set_ylim(min(low, 0.0) - 0.05 * room, high + 0.05 * room)
            axes.axhline(0.0, color=INK, linewidth=0.8)
            half = 1.96 * curve.sd
            axes.fill_between(curve.numbers, curve.mean - half, curve.mean + half, color=MORE, alpha=0.18, linewidth=0)
            axes.plot(curve.numbers, curve.mean, color=MORE, linewidth=1.8)
            axes.axvline(curve.at, color=MUTED, linewidth=0.9, linestyle=(0.0, (4.0, 1.6)))
            axes.set_xlim(float(curve.numbers[0]), float(curve.numbers[-1]))
            if currency is not None:
                money_axis(axes, currency)
            finish(axes, curve.name, x="", y=value)
        footnote(figure, "By the emulator, with its 95 % interval; all other levers as in the plan.\nDashed: the plan.")
    return figure


def draw_frontier(
    points: Sequence[FrontierPoint], plan: FrontierPoint | None, *, value: str, currency: str, money: bool
) -> Figure:
    """Draw the value of the best plan for each budget, on fresh luck.

    Parameters
    ----------
    points : sequence of FrontierPoint
        Cheapest first; nothing spent among them where that is worth something.
    plan : FrontierPoint or None
        The plan chosen.
    value : str
        What is drawn upwards.
    currency : str
    money : bool
        Whether the value is money.

    Returns
    -------
    Figure
    """
    with style():
        figure, (axes,) = canvas(3.2)
        figure.subplots_adjust(left=0.2, bottom=0.27, right=0.95)
        room_for_money(figure, currency, axis="x")
        if money:
            room_for_money(figure, currency)
        axes.axhline(0.0, color=INK, linewidth=0.8)
        _points(axes, points)
        if plan is not None and plan.gap.mean is not None:
            axes.plot([plan.spent], [plan.gap.mean], marker="*", markersize=13, color="white", mec=INK, zorder=5)
        if money:
            money_axis(axes, currency)
        # Amounts are wide: more of them would touch.
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        money_axis(axes, currency, axis="x")
        finish(axes, "What each budget is worth", x=f"spent, {currency}", y=value)
        footnote(
            figure,
            "Each point: the best plan for a budget, on fresh luck, with its 95 % interval.\nStar: the plan.",
        )
    return figure


def _points(axes: Axes, points: Sequence[FrontierPoint]) -> None:
    spent = np.array([point.spent for point in points])
    ends = [(point.gap.mean or 0.0, point.gap.low or 0.0, point.gap.high or 0.0) for point in points]
    mean, low, high = np.array(ends).T
    axes.plot(spent, mean, color=MORE, linewidth=1.4)
    axes.errorbar(spent, mean, yerr=[mean - low, high - mean], fmt="o", color=MORE, markersize=5, elinewidth=1.2)


def draw_assumptions(
    names: Sequence[str], ends: Sequence[tuple[float, float]], at: float, *, value: str, currency: str | None
) -> Figure:
    """Draw what the plan is worth at either end of each assumption.

    Parameters
    ----------
    names : sequence of str
        The assumptions with both ends.
    ends : sequence of (float, float)
        Value of the plan at the lower and the higher end.
    at : float
        Its value as assumed.
    value : str
        What is drawn.
    currency : str or None
        Of the value, where it is money.

    Returns
    -------
    Figure
    """
    with style():
        height = 1.25 + 0.36 * len(names)
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=0.45, right=0.96, top=1.0 - 0.34 / height, bottom=0.8 / height)
        if currency is not None:
            room_for_money(figure, currency, axis="x")
        for row, (low, high) in enumerate(ends):
            axes.plot([low, high], [row, row], color=MUTED, linewidth=2.0, zorder=1)
            axes.plot([low], [row], marker="o", color=FEWER, markersize=6)
            axes.plot([high], [row], marker="s", color=MORE, markersize=6)
        axes.axvline(0.0, color=INK, linewidth=0.8)
        axes.axvline(at, color=MUTED, linewidth=0.9, linestyle=(0.0, (4.0, 1.6)))
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        if currency is not None:
            money_axis(axes, currency, axis="x")
        finish(axes, "What the plan rests on", x=value, y="")
        footnote(figure, "● lower, ■ higher end of the assumption. Dashed: as assumed.")
    return figure
