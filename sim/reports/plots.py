"""Plots: the figures of a comparison by name, as ``result.plot.journey_map()``; each returns a matplotlib figure.

What they show comes from :mod:`sim.reports.comparison`; how it is drawn stands in :mod:`sim.reports.figures`.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.bands import periods
from sim.analysis.sampling import INDEPENDENT
from sim.analysis.shape import COUNT, SHARE
from sim.experiments.result import Result
from sim.number_format import in_renewals, in_words, short_money
from sim.reports.comparison import (
    all_journeys,
    arm_named,
    cash_doubt,
    cash_gains,
    currency_of,
    effectiveness_curves,
    flows_of,
    focal_title,
    journeys_in_use,
    other_arms,
    paybacks,
    persona_panels,
    spread_of_values,
    waterfall_terms,
)
from sim.reports.figures.alluvial import draw_alluvial
from sim.reports.figures.effectiveness import draw_effectiveness
from sim.reports.figures.journey_map import draw_difference, draw_flows
from sim.reports.figures.money import draw_cash, draw_waterfall
from sim.reports.figures.personas import draw_personas, draw_values
from sim.reports.figures.timeline import TimelinePanel, draw_timeline
from sim.reports.names import short
from sim.reports.overview import overview
from sim.reports.scope import steps_axis
from sim.reports.stage_view import between_stages, stage_view
from sim.reports.style import money_axis, percent_axis, room_for_money
from sim.reports.weekly_series import weekly_series
from sim.scenario.journey import goal_stages

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

_BAND = "Band: 95 % interval of the mean over replicates, for luck alone."
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
    flows, journeys, every = flows_of(result, arm), journeys_in_use(result, arm), all_journeys(result)
    view = stage_view(every, [flows_of(result, each) for each in scenario.arms], goal_stages(scenario.journeys))
    shown, note = (None, "") if view is None else (view.pairs, view.note)
    if view is not None:
        flows, journeys, every = between_stages(flows), view.journeys(journeys), view.journeys(every)
    if minus is None:
        title = f"{_called(arm)}: how customers move"
        return draw_flows(
            journeys,
            flows,
            title=title,
            customers=scenario.market_customers,
            weeks=scenario.horizon,
            step=scenario.step,
            frame=every,
            shown=shown,
            note=note,
        )
    minus = arm_named(result, minus)
    before, others = flows_of(result, minus), journeys_in_use(result, minus)
    if view is not None:
        before, others = between_stages(before), view.journeys(others)
    return draw_difference(
        [*others, *journeys],
        flows,
        before,
        title=f"{_called(arm)} minus {_called(minus)}: what moves",
        customers=scenario.market_customers,
        weeks=scenario.horizon,
        step=scenario.step,
        sampling=result.sampling.of(arm) if minus == scenario.baseline else INDEPENDENT,
        shown=shown,
        note=note,
    )


def alluvial(result: Result, arm: str | None = None) -> Figure | None:
    """Draw where one arm's purchases came from; None where the journey chooses nothing."""
    arm = arm_named(result, arm)
    flows = {pair: float(counts.mean()) for pair, counts in flows_of(result, arm).items()}
    renews = result.scenario.renews
    title = f"{_called(arm)}: {in_renewals('from need to purchase', renews)}"
    return draw_alluvial(journeys_in_use(result, arm), flows, title=title, renews=renews)


def loyalty(result: Result) -> Figure:
    """Draw the focal brand's market share and loop share over the weeks."""
    focal, renews = short(focal_title(result), 34), result.scenario.renews
    panels = [
        TimelinePanel(
            weekly_series(result, "market_share"),
            f"Market share of {focal}",
            in_renewals("of all purchases", renews),
            percent_axis,
            shape=SHARE,
            sampling=result.sampling,
        ),
        TimelinePanel(
            weekly_series(result, "loop_share"),
            in_renewals("Purchases won in the loyalty loop", renews),
            in_renewals("of its purchases", renews),
            percent_axis,
            shape=SHARE,
            sampling=result.sampling,
        ),
    ]
    return draw_timeline(result.scenario.horizon, panels, note=_periods_note(result), x=steps_axis(result.scenario))


def contacts(result: Result) -> Figure:
    """Draw contacts, fatigue and opt-outs over the weeks."""
    customers = float(result.scenario.market_customers)
    sent = {arm: values / customers * 100 for arm, values in weekly_series(result, "contacts").items()}
    gone = {arm: values / customers for arm, values in weekly_series(result, "opted_out").items()}
    drawn = result.sampling
    panels = [
        TimelinePanel(sent, "Contacts", f"per 100 customers\nand {result.scenario.step}", shape=COUNT, sampling=drawn),
        TimelinePanel(weekly_series(result, "fatigue"), "Contact fatigue", "mean fatigue", shape=COUNT, sampling=drawn),
        TimelinePanel(gone, "Opted out", "of customers", percent_axis, shape=SHARE, sampling=drawn),
    ]
    return draw_timeline(
        result.scenario.horizon, panels, note=_periods_note(result), x=steps_axis(result.scenario), tall=1.5
    )


def personas(result: Result) -> Figure:
    """Draw for which personas each arm differs from the baseline, in value and in purchases."""
    names, panels = persona_panels(result)
    return draw_personas(
        names,
        panels,
        currency=currency_of(result),
        title=f"For whom it pays: minus {_called(result.scenario.baseline)}",
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
        title=f"Cumulative cash against {_called(result.scenario.baseline)}",
        doubt=cash_doubt(result),
        step=result.scenario.step,
        x=steps_axis(result.scenario),
    )


def effectiveness(result: Result) -> Figure | None:
    """Draw the difference in contribution over how well the capabilities work; None where no arm uses any."""
    curves = effectiveness_curves(result)
    if not curves:
        return None
    title = f"Contribution minus {_called(result.scenario.baseline, 14)}, by effectiveness"
    return draw_effectiveness(curves, currency=currency_of(result), title=title)


def customer_values(result: Result, arm: str | None = None) -> Figure | None:
    """Draw the distribution over customers of the difference in value; None where customers' accounts were not kept."""
    arm = arm_named(result, arm)
    values = spread_of_values(result, arm)
    if values is None:
        return None
    return draw_values(values, currency=currency_of(result), title=f"Who wins, who loses: {_called(arm)}")


def difference(result: Result, metric: str = "contribution") -> Figure:
    """Draw the weekly difference of every arm from the baseline.

    Parameters
    ----------
    result : Result
    metric : {'contribution', 'revenue', 'purchases', 'contacts', 'opted_out', 'fatigue', 'market_share', 'loop_share'}
    """
    baseline = result.scenario.baseline
    series = weekly_series(result, metric)
    gaps = {arm: series[arm] - series[baseline] for arm in other_arms(result)}
    words = in_renewals(in_words(metric), result.scenario.renews)
    write = None
    unit = f"a {result.scenario.step}"
    if metric in ("contribution", "revenue"):
        unit = f"{currency_of(result)} a {result.scenario.step}"

        def write(axes: Axes) -> None:
            if (figure := axes.get_figure(root=True)) is not None:
                room_for_money(figure, currency_of(result))
            money_axis(axes, currency_of(result))
    elif metric in ("market_share", "loop_share"):
        unit, write = "percentage points", percent_axis
    title = f"Difference in {words} from {_called(baseline)}"
    panel = TimelinePanel(gaps, title, f"{words}, {unit}", write, sampling=result.sampling)
    return draw_timeline(
        result.scenario.horizon, [panel], note=_periods_note(result), x=steps_axis(result.scenario), tall=2.6, first=1
    )


def _called(arm: str, width: int = 18) -> str:
    return short(in_words(arm), width)


def _periods_note(result: Result) -> str:
    starts = periods(result.scenario.horizon)
    length = int(starts[1] - starts[0]) if starts.size > 1 else 1
    means = "" if length == 1 else f" Means of {length} {result.scenario.step}s."
    return (_BAND if result.replicates > 1 else _ONE) + means
