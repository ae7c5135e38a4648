"""Money: the waterfall from one arm's contribution to another's, and cumulative cash with payback and low point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.analysis.bands import CashDoubt
from sim.analysis.paired import estimate
from sim.number_format import compact, percent, short_money
from sim.reports.figures.point_labels import PointLabels, Spot
from sim.reports.figures.timeline import label_ends
from sim.reports.names import short
from sim.reports.style import (
    FEWER,
    INK,
    MORE,
    MUTED,
    Look,
    canvas,
    finish,
    footnote,
    look,
    money_axis,
    room_for_money,
    style,
    whole_axis,
)

__all__ = ["draw_cash", "draw_waterfall", "plot_cash", "plot_waterfall"]

_POINTS = 90
#: Height of a line of words beside a point, in points, and how many lines are tried.
_LINE, _LINES = 11.0, 8


def draw_waterfall(
    start: tuple[str, float],
    end: tuple[str, float],
    terms: Sequence[tuple[str, float]],
    *,
    currency: str,
    title: str,
    position: int = 1,
) -> Figure:
    """Draw how one contribution becomes another, term by term.

    Parameters
    ----------
    start, end : (name, amount)
        The baseline's and the arm's contribution, in money.
    terms : sequence of (name, amount)
        Differences, costs with a negative sign; they add up to ``end - start``.
    currency : str
    title : str
    position : int
        Place of the arm among the arms, which decides its look.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(0.34 * (len(terms) + 2) + 0.95)
        figure.subplots_adjust(left=0.22, right=0.97)
        plot_waterfall(axes, start, end, terms, currency=currency, position=position)
        finish(axes, title, x=f"contribution over the horizon, {currency}", y="", flush=True)
    return figure


def _say_cut(axes: Axes) -> None:
    """Say beside the lower axis, below its ticks, that it does not begin at 0."""
    axes.annotate(
        "cut, not from 0 →",
        (0.0, 0.0),
        xycoords="axes fraction",
        xytext=(0, -21),
        textcoords="offset points",
        fontsize=7,
        color=MUTED,
        ha="right",
        va="top",
    )


def _telling_apart(first: float, last: float) -> int:
    """Return in how many digits two totals are written: three, or one more than are needed to tell them apart."""
    for digits in range(3, 9):
        if compact(first, digits) != compact(last, digits):
            return digits if digits == 3 else digits + 1
    return 3


def plot_waterfall(
    axes: Axes,
    start: tuple[str, float],
    end: tuple[str, float],
    terms: Sequence[tuple[str, float]],
    *,
    currency: str,
    position: int = 1,
) -> None:
    """Draw the bars of a waterfall; the axis is cut where the two totals dwarf the terms, and says so.

    Parameters
    ----------
    axes : Axes
        The panel.
    start, end : (name, amount)
        The baseline's and the arm's contribution, in money.
    terms : sequence of (name, amount)
        Differences that add up to ``end - start``.
    currency : str
        Currency of the amounts.
    position : int
        Place of the arm among the arms, which decides its look.
    """
    steps, level = [], start[1]
    for name, amount in terms:
        steps.append((name, level, amount))
        level += amount
    reach = [start[1], end[1], *(before + amount for _, before, amount in steps)]
    low, high = min(reach), max(reach)
    span = high - low
    cut = low > 0.0 and 0.0 < span < 0.35 * high
    floor = low - 0.45 * span if cut else min(low, 0.0)
    ceiling = max(high, 0.0) if not cut else high
    room = (ceiling - floor) or 1.0
    axes.set_xlim(floor - (0.0 if cut or floor == 0.0 else 0.2 * room), ceiling + 0.24 * room)
    left = axes.get_xlim()[0]
    names = []
    digits = _telling_apart(start[1], end[1])
    for row, (name, amount) in enumerate((start, *[(step[0], step[2]) for step in steps], end)):
        names.append(short(name, 16))
        total = row in (0, len(steps) + 1)
        if total:
            drawn = look(0 if row == 0 else position)
            axes.barh(row, amount - (left if cut else 0.0), left=left if cut else 0.0, height=0.62, color=drawn.colour)
            where, words, bold = max(amount, 0.0), short_money(amount, currency, digits=digits), "bold"
        else:
            before = steps[row - 1][1]
            axes.barh(
                row,
                amount,
                left=before,
                height=0.62,
                color=MORE if amount >= 0.0 else FEWER,
                hatch="" if amount >= 0.0 else "////",
                edgecolor="white",
                linewidth=0.0,
            )
            where, words, bold = max(before, before + amount), short_money(amount, currency, sign=True), "normal"
        axes.text(where + 0.012 * room, row, words, va="center", fontsize=8.5, fontweight=bold)
        if row < len(steps) + 1:
            after = amount if row == 0 else steps[row - 1][1] + amount
            axes.plot([after, after], [row - 0.31, row + 1.31], color=INK, linewidth=0.6)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    money_axis(axes, currency, axis="x")
    if cut:
        _say_cut(axes)
    else:
        axes.axvline(0.0, color=INK, linewidth=0.8)


def draw_cash(
    cash: Mapping[str, NDArray[np.float64]],
    *,
    currency: str,
    payback: Mapping[str, tuple[float | None, float | None]],
    title: str,
    doubt: CashDoubt | None = None,
    step: str = "week",
    x: str = "week of the horizon",
) -> Figure:
    """Draw cumulative contribution minus the baseline's, with low point and payback.

    Parameters
    ----------
    cash : mapping
        Arm -> difference of contribution a week (replicates, weeks), in money.
    currency : str
    payback : mapping
        Arm -> (mean discounted payback week or None, share of replicates that pay back or None).
    title : str
    doubt : CashDoubt, optional
        What bands cover beside independent replicates.
    step : {'week', 'day', 'month'}
        What one step is.
    x : str
        Label of the axis of steps.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.2)
        figure.subplots_adjust(left=0.17, bottom=0.24, right=0.82)
        room_for_money(figure, currency)
        plot_cash(axes, cash, currency=currency, payback=payback, doubt=doubt, step=step)
        finish(axes, title, x=x, y=f"cumulative difference, {currency}", flush=True)
        words = "Undiscounted. Band: 95 % interval of the mean. ▼ lowest point, mean over replicates.\n"
        footnote(figure, f"{words}Payback: the {step} from which the discounted sum stays above zero.")
    return figure


def plot_cash(
    axes: Axes,
    cash: Mapping[str, NDArray[np.float64]],
    *,
    currency: str,
    payback: Mapping[str, tuple[float | None, float | None]],
    doubt: CashDoubt | None = None,
    step: str = "week",
) -> None:
    """Draw the lines of cumulative cash into a panel.

    Parameters
    ----------
    axes : Axes
        The panel.
    cash : mapping
        Arm -> difference of contribution a week (replicates, weeks), in money.
    currency : str
        Currency of the amounts.
    payback : mapping
        Arm -> (mean discounted payback week or None, share of replicates that pay back or None).
    doubt : CashDoubt, optional
        What bands cover beside independent replicates.
    step : {'week', 'day', 'month'}
        What one step is.
    """
    doubt = doubt or CashDoubt()
    ends: list[tuple[float, str, str]] = []
    lines = []
    for position, (arm, weekly) in enumerate(cash.items(), start=1):
        total = np.cumsum(weekly, axis=1)
        weeks = total.shape[1]
        low = int(total.mean(axis=0).argmin())
        # The low point is always among the points drawn.
        keep = np.unique(np.r_[np.linspace(0, weeks - 1, min(weeks, _POINTS)).round().astype(int), low])
        band = doubt.band(arm, total, keep)
        # The mean of the lowest points, as in the tables; the lowest point of the mean is less deep.
        depth = estimate(total.min(axis=1), doubt.sampling.of(arm)).mean
        lines.append((position, arm, keep, band, low, 0.0 if depth is None else depth))
    weeks = max(int(keep[-1]) + 1 for _, _, keep, *_ in lines)
    axes.set_xlim(0, max(weeks - 1, 1))
    paid = [week for week, _ in payback.values() if week is not None and week > 0.0]
    below = sum(week < 0.5 * weeks for week in paid) + sum(depth < 0.0 for *_, depth in lines)
    room = _leave_room(axes, [part for *_, band, _, _ in lines for part in band if part is not None], len(paid), below)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    labels = PointLabels(axes)
    for position, arm, keep, band, low, depth in lines:
        drawn = look(position)
        if band.low is not None and band.high is not None:
            axes.fill_between(keep, band.low, band.high, color=drawn.colour, alpha=0.18, linewidth=0.0)
        axes.plot(keep, band.mean, color=drawn.colour, linestyle=drawn.line, linewidth=1.8)
        ends.append((float(band.mean[-1]), arm, drawn.colour))
        if depth < 0.0:
            axes.plot([low], [depth], marker="v", color=drawn.colour, markersize=6)
        week, share = payback.get(arm, (None, None))
        if week is not None and week > 0.0:
            _mark_payback(axes, labels, (week, step), share, weeks, drawn)
    for position, _, _, _, low, depth in lines:
        if depth < 0.0:
            words = f"{short_money(depth, currency)}, about {step} {low}"
            # A shallow low point leaves the room below zero to the payback.
            down = -21.0 if depth > -0.12 * room else -10.0
            spots = _column(6.0, "left", down, -_LINE) if low < 0.6 * weeks else _column(-6.0, "right", down, -_LINE)
            labels.write(words, (low, depth), look(position).colour, spots)
    whole_axis(axes.xaxis)
    money_axis(axes, currency)
    label_ends(axes, ends)


def _mark_payback(
    axes: Axes, labels: PointLabels, when: tuple[float, str], share: float | None, weeks: int, drawn: Look
) -> None:
    """Mark the payback week on the line of zero."""
    week, step = when
    axes.plot(
        [week], [0.0], marker=drawn.marker, color=drawn.colour, markersize=7, mec="white", clip_on=False, zorder=5
    )
    often = "" if share is None or share >= 1.0 else f" ({percent(share)} of replicates)"
    # Right of the payback the line is above zero, left of it below: the label keeps to the other side.
    spots = _column(5.0, "left", -12.0, -_LINE) if week < 0.5 * weeks else _column(-5.0, "right", 7.0, _LINE)
    labels.write(f"payback {step} {week:.0f}{often}", (week, 0.0), drawn.colour, spots)


def _leave_room(axes: Axes, drawn: Sequence[NDArray[np.float64]], paid: int, below: int) -> float:
    """Set the limits of a panel so that its labels have room; return how high what is drawn is, in money.

    Parameters
    ----------
    axes : Axes
    drawn : sequence of float64
        Lines and bands.
    paid, below : int
        How many arms pay back, and how many labels stand below the line of zero.
    """
    bottom, top = min([0.0, *(float(np.min(p)) for p in drawn)]), max([0.0, *(float(np.max(p)) for p in drawn)])
    room = (top - bottom) or 1.0
    figure = axes.get_figure(root=True)
    high = 72.0 * float(axes.get_position().height * (figure.get_size_inches()[1] if figure is not None else 3.0))
    # A payback and a low point have room already; of more, each may stand one line lower than it had to.
    further = 1.3 * max(below - 2, 0) * _LINE / high
    if below > 2:
        lines = min((below + 2) * _LINE / high, 0.6)
        further = max(further, (1.3 * lines - 0.2 + bottom / room) / (1.0 - lines))
    # Late paybacks are written above zero, where the line may not reach.
    axes.set_ylim(bottom - (0.2 + further) * room, max(top + 0.1 * room, 0.13 * room * paid))
    return room


def _column(right: float, end: Literal["left", "right"], up: float, step: float) -> list[Spot]:
    """Return spots one below, or one above, the other."""
    return [Spot(right, up + step * line, end) for line in range(_LINES)]
