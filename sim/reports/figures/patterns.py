"""Patterns: what a pattern published and what the simulation found, drawn from the finding's own description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.number_format import compact
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, MUTED, WIDTH, Look, canvas, finish, look, style, value_axis

if TYPE_CHECKING:
    from sim.validation.chart import Chart, Curve
    from sim.validation.check import Check

__all__ = ["draw_checks", "draw_panel"]

_ERRORS = 2.0
#: More points than this are drawn as a line without marks.
_MARKED = 24
_ROW = 0.24
#: Letters of a name beside a bar, and beside the distance of a check.
_LONGEST, _LONGEST_CHECK = 46, 45
_LEGEND_ROW = 0.18
#: Distances beyond this many tolerances are drawn at the edge.
_EDGE = 2.0


def draw_panel(panel: Chart) -> Figure:
    """Draw one panel: published as grey reference, simulated in colour with two standard errors."""
    with style():
        names = panel.ticks
        lying = panel.kind == "bars" and len(names) > 0
        legend = _LEGEND_ROW * -(-len(panel.curves) // 2)
        plot = max(1.4, 0.34 * len(names) * max(1, len(panel.curves)) ** 0.5) if lying else 1.9
        height = plot + legend + 1.02
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(right=0.97, bottom=(0.66 + legend) / height, top=1.0 - 0.36 / height)
        if lying:
            _bars(axes, panel)
            longest = max(len(short(name, _LONGEST)) for name in names)
            figure.subplots_adjust(left=(0.3 + 0.055 * longest) / WIDTH)
            finish(axes, short(panel.heading, 62), x=panel.y, y="", flush=True)
        else:
            for curve, form in _forms(panel):
                _curve(axes, curve, form, panel.kind)
            if panel.ticks:
                axes.set_xticks(range(len(panel.ticks)), [short(name, 12) for name in panel.ticks])
            finish(axes, short(panel.heading, 62), x=panel.x, y=panel.y, flush=True)
        figure.legend(
            *_entries(axes),
            loc="lower left",
            bbox_to_anchor=(0.01, 0.0),
            ncols=2,
            frameon=False,
            fontsize=8.0,
            handlelength=2.6,
        )
    return figure


def draw_checks(checks: tuple[Check, ...], title: str) -> Figure:
    """Draw how far every simulated figure lies from the published one, in tolerances: inside the band passes."""
    checks = tuple(check for check in checks if np.isfinite(check.published + check.simulated)) or checks
    with style():
        height = _ROW * len(checks) + 1.15
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=0.5, right=0.97, bottom=0.62 / height, top=1.0 - 0.36 / height)
        axes.axvspan(-1.0, 1.0, color="#ececec", linewidth=0)
        axes.axvline(0.0, color=MUTED, linewidth=0.8)
        for row, check in enumerate(checks):
            scale = check.tolerance or abs(check.published) or 1.0
            away = (check.simulated - check.published) / scale
            shown = float(np.clip(away, -_EDGE, _EDGE)) if np.isfinite(away) else _EDGE
            spread = min(_ERRORS * check.error / scale, 2.0 * _EDGE) if np.isfinite(check.error) else 0.0
            axes.plot([shown - spread, shown + spread], [row, row], color=MORE, linewidth=1.2, clip_on=True)
            inside = check.passed and (not check.found or abs(away) <= 1.0)
            mark, colour = ("o", MORE) if inside else ("x", FEWER)
            axes.plot([shown], [row], mark, color=colour, markersize=5.5, markeredgewidth=1.8 if mark == "x" else 1.0)
        axes.set_xlim(-_EDGE - 0.15, _EDGE + 0.15)
        axes.set_ylim(len(checks) - 0.4, -0.6)
        axes.set_yticks(range(len(checks)), [short(check.what, _LONGEST_CHECK) for check in checks], fontsize=7.0)
        axes.grid(visible=False)
        finish(axes, title, x="distance, in tolerances", y="", flush=True)
    return figure


def _bars(axes: Axes, panel: Chart) -> None:
    count = len(panel.curves)
    thick = 0.76 / count
    for place, (curve, form) in enumerate(_forms(panel)):
        at = curve.x + (place - (count - 1) / 2.0) * thick
        axes.barh(
            at,
            curve.y,
            height=thick * 0.92,
            color="white" if form.hatch and not curve.published else form.colour,
            edgecolor=form.colour,
            hatch=form.hatch,
            label=curve.label,
            linewidth=0.9,
        )
        if curve.error is not None:
            axes.errorbar(
                curve.y,
                at,
                xerr=_ERRORS * np.nan_to_num(curve.error),
                fmt="none",
                ecolor=INK,
                elinewidth=0.9,
                capsize=1.8,
            )
    axes.set_yticks(range(len(panel.ticks)), [short(name, _LONGEST) for name in panel.ticks], fontsize=7.5)
    axes.set_ylim(len(panel.ticks) - 0.45, -0.55)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    value_axis(axes.xaxis, compact)


def _curve(axes: Axes, curve: Curve, form: Look, kind: str) -> None:
    marked = kind == "points" or curve.x.size <= _MARKED
    options: dict[str, Any] = {
        "color": form.colour,
        "label": curve.label,
        "linestyle": "none" if kind == "points" else form.line,
        "linewidth": 1.5,
        "marker": form.marker if marked else "",
        "markersize": 4.5,
        "markerfacecolor": "white" if curve.published else form.colour,
    }
    axes.plot(curve.x, curve.y, **options)
    if curve.error is not None:
        error = _ERRORS * np.nan_to_num(curve.error)
        if marked:
            axes.errorbar(curve.x, curve.y, yerr=error, fmt="none", ecolor=form.colour, elinewidth=0.9, capsize=1.8)
        else:
            axes.fill_between(curve.x, curve.y - error, curve.y + error, color=form.colour, alpha=0.2, linewidth=0)
    value_axis(axes.yaxis, compact)


def _forms(panel: Chart) -> list[tuple[Curve, Look]]:
    """Return every series with its look: published ones as the baseline is drawn, simulated ones each in its own."""
    forms, place = [], 0
    for curve in panel.curves:
        place += not curve.published
        forms.append((curve, look(0 if curve.published else place)))
    return forms


def _entries(axes: Axes) -> tuple[list[Any], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    return handles, [short(label, 40) for label in labels]
