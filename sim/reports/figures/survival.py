"""Survival: who is still a subscriber, and how retention rises with tenure."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.reports.figures.repeat_buying import mark_forecast
from sim.reports.style import canvas, finish, look, percent_axis, style, whole_axis

__all__ = ["draw_survival"]


def draw_survival(
    observed: NDArray[np.float64], simulated: NDArray[np.float64], fitted: int, unit: str, *, rates: bool = False
) -> Figure:
    """Draw the share still there by period, or with ``rates`` the share that renews.

    Parameters
    ----------
    observed, simulated : float64 (periods + 1,)
        Share of the subscribers still there, in [0, 1].
    fitted : int
        Periods that the model was fitted to.
    unit : str
        What a period is.
    rates : bool
        Draw the retention rate of each period, not the share that is left.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        figure, (axes,) = canvas(3.1)
        first = 0
        if rates:
            observed, simulated = (_rates(one) for one in (observed, simulated))
            first = 1
        at = np.arange(first, first + observed.size)
        for form, (label, values) in enumerate((("observed", observed), ("simulated", simulated))):
            drawn = look(form)
            axes.plot(
                at,
                values,
                color=drawn.colour,
                linestyle=drawn.line,
                marker=drawn.marker if at.size <= 40 else "",
                markersize=4.5,
                linewidth=1.5,
                label=label,
            )
        mark_forecast(axes, fitted, int(at[-1]))
        whole_axis(axes.xaxis)
        if not rates:
            axes.set_ylim(bottom=0.0)
        percent_axis(axes)
        title = "Retention rises with tenure" if rates else "Who is still a subscriber"
        finish(axes, title, x=unit, y="share that renews" if rates else "share still there")
        handles, labels = axes.get_legend_handles_labels()
        figure.subplots_adjust(right=0.97, bottom=0.86 / 3.1)
        figure.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0.01, 0.0), ncols=2, frameon=False, fontsize=8.0
        )
    return figure


def _rates(share: NDArray[np.float64]) -> NDArray[np.float64]:
    before = share[:-1]
    return np.divide(share[1:], before, out=np.full(before.size, np.nan), where=before > 0)
