"""Plots: the figures of a comparison by name, as ``result.plot.journey_map()``; each returns a matplotlib figure.

What they show comes from :mod:`sim.reports.comparison`; how it is drawn stands in :mod:`sim.reports.figures`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.money import CENTS
from sim.analysis.bands import periods
from sim.experiments.result import Result
from sim.number_format import short_money
from sim.record.history import History
from sim.reports.comparison import (
    all_journeys,
    arm_named,
    arms_in_order,
    cash_gains,
    currency_of,
    difference_name,
    effectiveness_curves,
    flows_of,
    journeys_in_use,
    loyalty_series,
    other_arms,
    paybacks,
    persona_panels,
    waterfall_terms,
)
from sim.reports.figures.alluvial import draw_alluvial
from sim.reports.figures.effectiveness import draw_effectiveness
from sim.reports.figures.journey_map import draw_difference, draw_flows
from sim.reports.figures.money import draw_cash, draw_waterfall
from sim.reports.figures.personas import draw_personas, draw_values
from sim.reports.figures.timeline import Panel, draw_timeline
from sim.reports.overview import overview
from sim.reports.style import money_axis, percent_axis, short

__all__ = [
    "alluvial",
    "cash",
    "contacts",
    "customer_values",
    "difference",
    "effectiveness",
    "journey_map",
    "loyalty",
    "overview",
    "personas",
    "waterfall",
]

_BAND = "Band: 95 % interval of the mean over replicates (Student's t)."
_ONE = "One replicate: no interval."


def journey_map(result: Result, arm: str | None = None, *, minus: str | None = None) -> Figure:
    """Draw one arm's journey with its flows, or the difference of two arms.

    Parameters
    ----------
    result : Result
    arm : str, optional
        Which arm; left out, the last one.
    minus : str, optional
        The arm to subtract.

    Returns
    -------
    Figure
        The figure.
    """
    arm = arm_named(result, arm)
    scenario = result.scenario
    if minus is None:
        title = f"{short(arm, 18)}: how customers move"
        return draw_flows(
            journeys_in_use(result, arm),
            flows_of(result, arm),
            title=title,
            customers=scenario.population,
            weeks=scenario.horizon,
            frame=all_journeys(result),
        )
    minus = arm_named(result, minus)
    return draw_difference(
        [*journeys_in_use(result, minus), *journeys_in_use(result, arm)],
        flows_of(result, arm),
        flows_of(result, minus),
        title=f"{short(arm, 18)} minus {short(minus, 18)}: what moves",
        customers=scenario.population,
        weeks=scenario.horizon,
    )


def alluvial(result: Result, arm: str | None = None) -> Figure | None:
    """Draw where one arm's purchases came from; None where the journey chooses nothing."""
    arm = arm_named(result, arm)
    flows = {pair: float(counts.mean()) for pair, counts in flows_of(result, arm).items()}
    return draw_alluvial(journeys_in_use(result, arm), flows, title=f"{short(arm, 18)}: from need to purchase")


def loyalty(result: Result) -> Figure:
    """Draw the focal brand's market share and loop share over the weeks."""
    share, loop, _ = loyalty_series(result)
    weeks = result.scenario.horizon
    panels = [
        Panel(share, f"Market share of {short(result.scenario.market.focal, 20)}", "of all purchases", percent_axis),
        Panel(loop, "Purchases won in the loyalty loop", "of its purchases", percent_axis),
    ]
    return draw_timeline(weeks, panels, note=_periods_note(result))


def contacts(result: Result) -> Figure:
    """Draw contacts, fatigue and opt-outs over the weeks."""
    scenario = result.scenario
    focal, heads = scenario.focal, float(scenario.population)
    starts = periods(scenario.horizon)
    lengths = np.diff(np.r_[starts, scenario.horizon])

    def weekly_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.add.reduceat(values, starts, axis=1) / lengths)

    def fatigue(history: History) -> NDArray[np.float64]:
        population = history.population.astype(np.float64)
        return np.asarray(history.fatigue @ population / max(population.sum(), 1.0))

    arms = arms_in_order(result)
    sent = {a: weekly_mean(result.series(a, lambda h: h.contacts[:, :, focal].sum(axis=1))) / heads * 100 for a in arms}
    tired = {a: weekly_mean(result.series(a, fatigue)) for a in arms}
    gone = {a: weekly_mean(result.series(a, lambda h: h.opted_out[:, :, focal].sum(axis=1))) / heads for a in arms}
    panels = [
        Panel(sent, "Contacts", "per 100 customers\nand week"),
        Panel(tired, "Contact fatigue", "mean fatigue"),
        Panel(gone, "Opted out", "of customers", percent_axis),
    ]
    return draw_timeline(scenario.horizon, panels, note=_periods_note(result), tall=1.5)


def personas(result: Result) -> Figure:
    """Draw for which personas each arm differs from the baseline, in value and in purchases."""
    names, panels = persona_panels(result)
    return draw_personas(
        names,
        panels,
        currency=currency_of(result),
        title=f"For whom it pays: minus {short(result.scenario.baseline, 18)}",
    )


def waterfall(result: Result, arm: str | None = None) -> Figure:
    """Draw how the baseline's contribution becomes an arm's, term by term."""
    arm = arm_named(result, arm)
    start, end, terms = waterfall_terms(result, arm)
    gain = short_money(end[1] - start[1], currency_of(result), sign=True)
    title = f"From {short(start[0], 16)} to {short(end[0], 16)}: {gain}"
    return draw_waterfall(start, end, terms, currency=currency_of(result), title=title)


def cash(result: Result) -> Figure:
    """Draw cumulative contribution minus the baseline's, with low point and payback."""
    return draw_cash(
        cash_gains(result),
        currency=currency_of(result),
        payback=paybacks(result),
        title=f"Cumulative cash against {short(result.scenario.baseline, 18)}",
    )


def effectiveness(result: Result) -> Figure | None:
    """Draw the difference in contribution over how well the capabilities work; None where no arm uses any."""
    curves = effectiveness_curves(result)
    if not curves:
        return None
    title = f"Contribution minus {short(result.scenario.baseline, 14)}, by effectiveness"
    return draw_effectiveness(curves, currency=currency_of(result), title=title)


def customer_values(result: Result, arm: str | None = None) -> Figure | None:
    """Draw the distribution over customers of the difference in value; None where customers' accounts were not kept."""
    arm = arm_named(result, arm)
    values = result.summary_json.get("clv_differences", {}).get(difference_name(result, arm))
    if values is None:
        return None
    return draw_values(values, currency=currency_of(result), title=f"Who wins, who loses: {short(arm, 18)}")


def difference(result: Result, metric: str = "contribution") -> Figure:
    """Draw the weekly difference of every arm from the baseline.

    Parameters
    ----------
    result : Result
    metric : {'contribution', 'revenue', 'purchases', 'contacts', 'opted_out', 'fatigue', 'market_share', 'loop_share'}
    """
    scenario = result.scenario
    focal, baseline = scenario.focal, scenario.baseline
    starts = periods(scenario.horizon)
    lengths = np.diff(np.r_[starts, scenario.horizon])
    shares = dict(zip(("market_share", "loop_share"), loyalty_series(result)[:2], strict=True))
    weekly = {
        "revenue": lambda h: h.money[:, :, focal, 0].sum(axis=1) / CENTS,
        "purchases": lambda h: h.purchases[:, :, focal].sum(axis=(1, 2)),
        "contacts": lambda h: h.contacts[:, :, focal].sum(axis=1),
        "opted_out": lambda h: h.opted_out[:, :, focal].sum(axis=1),
        "fatigue": lambda h: h.fatigue @ h.population / max(h.population.sum(), 1),
    }
    known = ("contribution", *weekly, *shares)
    if metric not in known:
        raise ValueError(f"metric {metric!r} has no weekly difference; choose one of {', '.join(known)}")
    series: dict[str, NDArray[np.float64]] = {}
    for arm in other_arms(result):
        if metric in shares:
            series[arm] = shares[metric][arm] - shares[metric][baseline]
            continue
        if metric == "contribution":
            gap = result.cash(arm) - result.cash(baseline)
        else:
            gap = result.series(arm, weekly[metric]) - result.series(baseline, weekly[metric])
        series[arm] = np.add.reduceat(gap, starts, axis=1) / lengths
    words = metric.replace("_", " ")
    write = None
    unit = "a week"
    if metric in ("contribution", "revenue"):
        unit = f"{currency_of(result)} a week"

        def write(axes: Axes) -> None:
            money_axis(axes, currency_of(result))
    elif metric in shares:
        unit, write = "percentage points", percent_axis
    panel = Panel(series, f"Difference in {words} from {short(baseline, 18)}", f"{words}, {unit}", write)
    return draw_timeline(scenario.horizon, [panel], note=_periods_note(result), tall=2.6, first=1)


def _periods_note(result: Result) -> str:
    starts = periods(result.scenario.horizon)
    length = int(starts[1] - starts[0]) if starts.size > 1 else 1
    means = "" if length == 1 else f" Means of {length} weeks."
    return (_BAND if result.replicates > 1 else _ONE) + means
