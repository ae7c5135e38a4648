"""Repeat buying: how often customers came back, the curve of their purchases and its forecast, and what they spend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.analysis.paired import NORMAL_WIDTH
from sim.number_format import compact
from sim.reports.style import (
    INK,
    MORE,
    MUTED,
    PALE,
    canvas,
    finish,
    look,
    money_axis,
    room_for_money,
    style,
    value_axis,
    whole_axis,
)

__all__ = ["Series", "draw_comebacks", "draw_repeats", "draw_tiers", "draw_tracking", "draw_weeks", "mark_forecast"]

Series = NDArray[np.float64]
_BARS = 3
_OBSERVED, _SIMULATED, _EXPECTED = 0, 1, 2


def draw_repeats(names: Sequence[str], observed: Series, expected: Series, simulated: Series, error: Series) -> Figure:
    """Draw customers by number of repeat purchases: observed, expected by the formula, simulated.

    Parameters
    ----------
    names : sequence of str
        Numbers of repeat purchases, the last one with all above it.
    observed, expected, simulated : float64 (groups,)
        Customers by number of repeat purchases: in the data, by the formula, in the simulation.
    error : float64 (groups,)
        Standard error of the simulated counts.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.3)
        place = np.arange(len(names))
        thick = 0.84 / _BARS
        for at, (label, values, form) in enumerate(
            (("observed", observed, _OBSERVED), ("model", expected, _EXPECTED), ("simulated", simulated, _SIMULATED))
        ):
            drawn = look(form)
            axes.bar(
                place + (at - 1) * thick,
                values,
                width=thick * 0.92,
                color=drawn.colour if form == _OBSERVED else "white",
                edgecolor=drawn.colour,
                hatch=drawn.hatch,
                linewidth=0.8,
                label=label,
            )
        axes.errorbar(
            place + thick, simulated, yerr=NORMAL_WIDTH * error, fmt="none", ecolor=INK, elinewidth=0.9, capsize=1.6
        )
        axes.set_xticks(place, list(names))
        value_axis(axes.yaxis, compact)
        finish(axes, "How often customers came back", x="repeat purchases", y="customers")
        _legend(figure, axes, 3.3)
    return figure


def draw_tracking(
    observed: Series, expected: Series, simulated: Series, low: Series, high: Series, window: int
) -> Figure:
    """Draw cumulative repeat purchases by week, with the forecast's 95 % interval after the calibration window.

    Parameters
    ----------
    observed, expected, simulated : float64 (weeks,)
        Cumulative repeat purchases: in the data, by the formula, in the simulation.
    low, high : float64 (weeks,)
        Ends of the forecast's 95 % interval.
    window : int
        Weeks of the calibration window.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.5)
        weeks = np.arange(1, observed.size + 1)
        ahead = weeks >= window
        if ahead.sum() > 1:
            axes.fill_between(weeks[ahead], low[ahead], high[ahead], color=PALE, linewidth=0, label="95 % interval")
        _curve(axes, weeks, observed, _OBSERVED, "observed")
        _curve(axes, weeks, expected, _EXPECTED, "model")
        _curve(axes, weeks, simulated, _SIMULATED, "simulated")
        mark_forecast(axes, window, weeks.size)
        whole_axis(axes.xaxis)
        axes.set_ylim(bottom=0.0)
        value_axis(axes.yaxis, compact)
        finish(axes, "Repeat purchases so far", x="week", y="repeat purchases")
        _legend(figure, axes, 3.5)
    return figure


def draw_weeks(observed: Series, simulated: Series, window: int) -> Figure:
    """Draw repeat purchases week by week.

    Parameters
    ----------
    observed, simulated : float64 (weeks,)
        Repeat purchases a week.
    window : int
        Weeks of the calibration window.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.1)
        weeks = np.arange(1, observed.size + 1)
        _curve(axes, weeks, observed, _OBSERVED, "observed")
        _curve(axes, weeks, simulated, _SIMULATED, "simulated")
        mark_forecast(axes, window, weeks.size)
        whole_axis(axes.xaxis)
        axes.set_ylim(bottom=0.0)
        value_axis(axes.yaxis, compact)
        finish(axes, "Repeat purchases in each week", x="week", y="repeat purchases")
        _legend(figure, axes, 3.1)
    return figure


def draw_comebacks(names: Sequence[str], observed: Series, error: Series, expected: Series) -> Figure:
    """Draw purchases after the window by how often a customer had come back within it.

    Parameters
    ----------
    names : sequence of str
        Groups by number of repeat purchases in the calibration window.
    observed, error : float64 (groups,)
        Mean purchases after the window, and its standard error.
    expected : float64 (groups,)
        The same by the formula.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.1)
        place = np.arange(len(names))
        drawn = look(_OBSERVED)
        axes.errorbar(
            place,
            observed,
            yerr=NORMAL_WIDTH * error,
            color=drawn.colour,
            marker=drawn.marker,
            markersize=4.5,
            linewidth=1.4,
            linestyle=drawn.line,
            elinewidth=0.9,
            capsize=1.8,
            label="observed, mean and 95 % interval",
        )
        drawn = look(_SIMULATED)
        axes.plot(
            place, expected, color=drawn.colour, marker=drawn.marker, markersize=4.5, linewidth=1.4, label="expected"
        )
        axes.set_xticks(place, list(names))
        axes.set_ylim(bottom=0.0)
        finish(
            axes,
            "Who came back often comes back again",
            x="repeat purchases in the calibration window",
            y="purchases after it\nper customer",
        )
        _legend(figure, axes, 3.1)
    return figure


def draw_tiers(amounts: Series, mean: float, currency: str) -> Figure:
    """Draw what equal groups of customers spend a purchase.

    Parameters
    ----------
    amounts : float64 (tiers,)
        Mean amount of a purchase in every tier of customers.
    mean : float
        Mean amount over all customers.
    currency : str
        Currency of the amounts.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(2.7)
        place = np.arange(amounts.size)
        axes.bar(place, amounts, width=0.66, color=MORE)
        axes.axhline(mean, color=MUTED, linewidth=1.0, linestyle=(0.0, (4.0, 1.6)))
        axes.annotate("mean", (place[0] - 0.33, mean), xytext=(0, 3), textcoords="offset points", color=MUTED)
        names = [f"{at}." for at in range(1, amounts.size + 1)]
        if names:
            names[0], names[-1] = "spend\nleast", "spend\nmost"
        axes.set_xticks(place, names)
        money_axis(axes, currency)
        figure.subplots_adjust(bottom=0.78 / 2.7)
        room_for_money(figure, currency)
        finish(axes, "What customers spend a purchase", x="fifths of the customers", y="a purchase")
    return figure


def mark_forecast(axes: Axes, fitted: int, last: int) -> None:
    """Mark where the fit ends and the forecast begins, if that is before the last week or period drawn.

    Parameters
    ----------
    axes : Axes
        The panel.
    fitted : int
        Where the fitted part ends.
    last : int
        Where the forecast ends.
    """
    if fitted >= last:
        return
    axes.axvline(fitted + 0.5, color=MUTED, linewidth=0.9)
    axes.annotate(
        "forecast",
        (fitted + 0.5, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(4, -9),
        textcoords="offset points",
        color=MUTED,
        fontsize=8.0,
    )


def _curve(axes: Axes, weeks: NDArray[np.int64], values: Series, form: int, label: str) -> None:
    drawn = look(form)
    axes.plot(weeks, values, color=drawn.colour, linestyle=drawn.line, linewidth=1.6, label=label)


def _legend(figure: Figure, axes: Axes, height: float) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.subplots_adjust(right=0.97, bottom=0.86 / height)
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0.01, 0.0),
        ncols=4 if len(labels) > 3 else 3,
        frameon=False,
        fontsize=8.0,
        handlelength=2.2,
        columnspacing=1.2,
    )
