"""Figures of money: whatever the currency is called, no amount touches another one, and no label leaves the figure."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from sim.reports.figures.effectiveness import EffectivenessCurve, draw_effectiveness
from sim.reports.figures.gap import Gap
from sim.reports.figures.money import draw_cash, draw_waterfall
from sim.reports.figures.personas import draw_personas
from sim.reports.figures.plan import FrontierPoint, ResponseCurve, draw_assumptions, draw_frontier, draw_responses
from sim.reports.figures.repeat_buying import draw_tiers
from sim.reports.style import style

CURRENCIES = ("$", "Kč", "EUR", "NT$", "points")


def _cash(currency: str) -> Figure:
    weekly = np.full((2, 60), -3_000.0)
    return draw_cash({"led": weekly}, currency=currency, payback={}, title="cash")


def _effectiveness(currency: str) -> Figure:
    gains = [Gap(value, value - 9_000.0, value + 9_000.0) for value in (-180_000.0, -60_000.0, 90_000.0)]
    curve = EffectivenessCurve((0.0, 1.0, 2.0), gains, Gap(1.4, 1.2, 1.6))
    return draw_effectiveness({"led": curve}, currency=currency, title="effectiveness")


def _waterfall(currency: str) -> Figure:
    terms = [("margin", 419_000.0), ("build", -130_000.0), ("running", -148_000.0)]
    return draw_waterfall(("classic", 120_000.0), ("led", 261_000.0), terms, currency=currency, title="waterfall")


def _personas(currency: str) -> Figure:
    gaps = {"led": [Gap(-1_300.0, -2_500.0, 900.0), Gap(1_000.0, 400.0, 2_400.0)]}
    panels = [(f"contribution, {currency} a customer", "money", gaps), ("loop share, points", "share", gaps)]
    return draw_personas(["everybody", "Olive"], panels, currency=currency, title="personas")


def _assumptions(currency: str) -> Figure:
    ends = [(-203_456.0, 181_000.0), (-99_000.0, 42_000.0)]
    return draw_assumptions(["capability cost", "competitors' answer"], ends, 1e5, value="worth", currency=currency)


def _budgets(currency: str) -> Figure:
    points = [FrontierPoint(spent, Gap(2 * spent, spent, 3 * spent)) for spent in (20_000.0, 60_000.0, 125_000.0)]
    return draw_frontier(points, None, value=f"worth, {currency}", currency=currency, money=True)


def _responses(currency: str) -> Figure:
    at = np.linspace(0.0, 1.0, 9)
    curve = ResponseCurve("automation", at, -150_000.0 + 200_000.0 * at, 9_000.0 * at, 0.3)
    return draw_responses([curve], value=f"worth, {currency}", currency=currency)


def _tiers(currency: str) -> Figure:
    return draw_tiers(np.array([1_000.0, 2_500.0, 12_000.0]), 5_000.0, currency)


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize(
    "draw", [_cash, _effectiveness, _waterfall, _personas, _assumptions, _budgets, _responses, _tiers]
)
def test_no_label_leaves_the_figure_and_no_amount_touches_another_one(draw, currency):
    figure = draw(currency)
    with style():
        FigureCanvasAgg(figure).draw()
        _hold_labels(figure)


def _hold_labels(figure: Figure) -> None:
    whole = figure.bbox
    for axes in figure.axes:
        boxes: list[Bbox] = [axes.xaxis.label.get_window_extent(), axes.yaxis.label.get_window_extent()]
        for axis, ends in ((axes.xaxis, ("x0", "x1")), (axes.yaxis, ("y0", "y1"))):
            low, high = sorted(axis.get_view_interval())
            ticks = [
                tick.label1.get_window_extent()
                for tick in axis.get_major_ticks()
                if low <= tick.get_loc() <= high and tick.label1.get_text()
            ]
            boxes += ticks
            ticks.sort(key=lambda box, ends=ends: getattr(box, ends[0]))
            for box, after in zip(ticks, ticks[1:], strict=False):
                assert getattr(box, ends[1]) <= getattr(after, ends[0]) + 1.0
        for box in boxes:
            assert box.x0 >= whole.x0 - 0.5 and box.x1 <= whole.x1 + 0.5, (box, whole)
