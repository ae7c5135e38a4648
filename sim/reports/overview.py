"""Overview: one wide picture of a comparison."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.analysis.bands import Band, bands_of, period_middles
from sim.analysis.shape import SHARE
from sim.experiments.result import Result
from sim.number_format import in_renewals, in_words
from sim.reports.comparison import (
    cash_doubt,
    cash_gains,
    currency_of,
    other_arms,
    paybacks,
    persona_panels,
    runs_in_words,
    waterfall_terms,
)
from sim.reports.figures.money import plot_cash, plot_waterfall
from sim.reports.figures.personas import plot_personas
from sim.reports.figures.timeline import plot_bands
from sim.reports.names import short
from sim.reports.scope import scope_of, steps_axis
from sim.reports.style import finish, percent_axis, style
from sim.reports.weekly_series import weekly_series

__all__ = ["overview"]


def overview(result: Result) -> Figure:
    """Draw one wide picture of a comparison: share, loop, cash, waterfall and personas."""
    arms = other_arms(result)
    currency = currency_of(result)
    share, loop = (weekly_series(result, metric) for metric in ("market_share", "loop_share"))
    middle = period_middles(result.scenario.horizon)
    with style():
        figure = Figure(figsize=(11.0, 6.6))
        grid = figure.subplots(2, 2)
        figure.subplots_adjust(left=0.09, right=0.91, top=0.86, bottom=0.085, wspace=0.42, hspace=0.42)
        scenario = result.scenario
        figure.suptitle(
            short(scenario.title or scenario.name, 90), x=0.012, y=0.975, ha="left", fontweight="bold", fontsize=14
        )
        words = (
            f"{scope_of(scenario)}, {runs_in_words(result)}, common random numbers; bands and bars are 95 % intervals"
        )
        figure.text(0.012, 0.915, words, fontsize=9)
        top = grid[0][0]
        percent_axis(top)
        _range(top, loop)
        plot_bands(top, middle, _bands(result, loop))
        ahead = steps_axis(scenario)
        won, of = "Purchases won in the loyalty loop", "share of its purchases"
        finish(top, in_renewals(won, scenario.renews), x=ahead, y=in_renewals(of, scenario.renews))
        if arms:
            plot_cash(
                grid[0][1],
                cash_gains(result),
                currency=currency,
                payback=paybacks(result),
                doubt=cash_doubt(result),
                step=scenario.step,
            )
            finish(
                grid[0][1],
                f"Cumulative cash against {short(in_words(scenario.baseline), 18)}",
                x=ahead,
                y="",
            )
            start, end, terms = waterfall_terms(result, arms[0])
            plot_waterfall(grid[1][0], start, end, terms, currency=currency)
            finish(
                grid[1][0], f"From {short(start[0], 16)} to {short(end[0], 16)}", x=f"contribution, {currency}", y=""
            )
            names, panels = persona_panels(result)
            plot_personas(grid[1][1], names, panels[0][2], kind="money", currency=currency)
            finish(grid[1][1], "For whom it pays", x=panels[0][0], y="")
        else:
            percent_axis(grid[0][1])
            _range(grid[0][1], share)
            plot_bands(grid[0][1], middle, _bands(result, share))
            finish(grid[0][1], "Market share", x=ahead, y=in_renewals("share of purchases", scenario.renews))
            for axes in grid[1]:
                axes.axis("off")
    return figure


def _bands(result: Result, shares: dict[str, NDArray[np.float64]]) -> dict[str, Band]:
    return bands_of(shares, result.sampling, SHARE)


def _range(axes: Axes, series: dict[str, NDArray[np.float64]]) -> None:
    top = max((float(np.nanmax(values)) for values in series.values() if np.isfinite(values).any()), default=1.0)
    axes.set_ylim(0.0, top * 1.1 or 1.0)
