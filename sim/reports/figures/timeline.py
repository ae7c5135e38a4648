"""Timeline: quantities over the weeks of the horizon, with the 95 % interval of the mean over replicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory
from numpy.typing import NDArray

from sim.analysis.bands import Band, bands_of, period_middles
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shape import ANYTHING, Shape
from sim.number_format import in_words
from sim.reports.names import short
from sim.reports.style import INK, canvas, finish, footnote, look, style, whole_axis

__all__ = ["TimelinePanel", "draw_timeline", "label_ends", "plot_bands"]


class TimelinePanel(NamedTuple):
    """One panel of a timeline: series (replicates, points) by arm, its title, its y label and how to write its axis.

    ``shape`` is what the quantity can be, ``sampling`` how the replicates were drawn: bands are made as tables are.
    """

    series: Mapping[str, NDArray[np.float64]]
    title: str
    label: str
    write: Callable[[Axes], None] | None = None
    zero: bool = True
    shape: Shape = ANYTHING
    sampling: Sampling = INDEPENDENT

    def bands(self) -> dict[str, Band]:
        """Return the band of every arm."""
        return bands_of(self.series, self.sampling, self.shape)


def plot_bands(axes: Axes, weeks: NDArray[np.float64], bands: Mapping[str, Band], *, first: int = 0) -> None:
    """Draw one line with its band per arm and write each arm's name at the end of its line.

    Parameters
    ----------
    axes : Axes
    weeks : float64 (points,)
    bands : mapping
        Arm -> its mean and interval, the baseline first.
    first : int
        Look of the first series; 0 is the baseline's.
    """
    ends: list[tuple[float, str, str]] = []
    for position, (arm, band) in enumerate(bands.items(), start=first):
        drawn = look(position)
        if band.low is not None and band.high is not None:
            axes.fill_between(weeks, band.low, band.high, color=drawn.colour, alpha=0.18, linewidth=0.0)
        axes.plot(
            weeks,
            band.mean,
            color=drawn.colour,
            linestyle=drawn.line,
            linewidth=1.7,
            marker=drawn.marker,
            markersize=3.6,
            markevery=max(1, weeks.size // 9),
        )
        known = np.flatnonzero(~np.isnan(band.mean))
        if known.size:
            ends.append((float(band.mean[known[-1]]), arm, drawn.colour))
    label_ends(axes, ends)


def label_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write names at the right edge, each at its line's end, moved apart where they would touch."""
    low, high = axes.get_ylim()
    figure = axes.get_figure()
    tall = axes.get_position().height * (figure.get_size_inches()[1] if isinstance(figure, Figure) else 3.0)
    step = (high - low) * 0.135 / max(tall, 0.1)
    places: list[float] = []
    for value, _, _ in sorted(ends):
        places.append(max(value, places[-1] + step) if places else value)
    over = places[-1] - high if places else 0.0
    if over > 0.0:
        for position in range(len(places) - 1, -1, -1):
            limit = high if position == len(places) - 1 else places[position + 1] - step
            places[position] = min(places[position], limit)
    where = blended_transform_factory(axes.transAxes, axes.transData)
    for place, (_, arm, colour) in zip(places, sorted(ends), strict=True):
        written: dict[str, Any] = {
            "color": colour,
            "fontsize": 8.5,
            "fontweight": "bold",
            "va": "center",
            "transform": where,
        }
        axes.text(1.015, place, short(in_words(arm), 13), **written)


def draw_timeline(
    weeks: int,
    panels: list[TimelinePanel],
    *,
    note: str = "",
    tall: float = 1.75,
    first: int = 0,
    x: str = "week of the horizon",
) -> Figure:
    """Draw panels one below the other over the same weeks.

    Parameters
    ----------
    weeks : int
        Length of the horizon.
    panels : list of TimelinePanel
        The values of each are per period of :func:`~sim.analysis.bands.periods`, drawn in the period's middle.
    note : str
        A line below the panels: what the band is.
    tall : float
        Height of one panel in inches.
    first : int
        Look of the first series: 0 is the baseline's, 1 where the baseline is not drawn.
    x : str
        Label of the axis of steps.

    Returns
    -------
    Figure
        The drawing.
    """
    middle = period_middles(weeks)
    with style():
        figure, every = canvas(tall * len(panels) + 0.75, rows=len(panels))
        inches = figure.get_size_inches()[1]
        figure.subplots_adjust(hspace=0.3, bottom=0.72 / inches, top=1.0 - 0.36 / inches)
        for position, (axes, panel) in enumerate(zip(every, panels, strict=True)):
            if panel.write is not None:
                panel.write(axes)
            bands = panel.bands()
            _limits(axes, bands.values(), zero=panel.zero)
            plot_bands(axes, middle, bands, first=first)
            last = position + 1 == len(panels)
            finish(axes, panel.title, x=x if last else "", y=panel.label, flush=True)
            axes.set_xlim(0, max(weeks - 1, 1))
            whole_axis(axes.xaxis)
        footnote(figure, note, above=0.1)
    return figure


def _limits(axes: Axes, bands: Iterable[Band], *, zero: bool) -> None:
    """Fix the range before anything is drawn: labels at the ends of lines need it."""
    every = np.concatenate([part for band in bands for part in band if part is not None])
    known = every[np.isfinite(every)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high <= low:
        high = low + 1.0
    pad = 0.06 * (high - low)
    axes.set_ylim(low if zero and low == 0.0 else low - pad, high + pad)
    if low < 0.0 < high:
        axes.axhline(0.0, color=INK, linewidth=0.8)
