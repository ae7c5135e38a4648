"""Forecast pictures: how often customers come back, week by week, and what they spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.paired import NORMAL_WIDTH
from sim.reports.figures.repeat_buying import draw_comebacks, draw_repeats, draw_tiers, draw_tracking, draw_weeks
from sim.reports.picture import Picture
from sim.scenario.calendar import DAYS_A_WEEK

if TYPE_CHECKING:
    from sim.customer_base.forecast import Forecast

__all__ = ["cells", "forecast_pictures"]


def forecast_pictures(found: Forecast) -> list[Picture]:
    """Return what the report of a fit to transactions shows, section by section.

    Parameters
    ----------
    found : Forecast

    Returns
    -------
    list of Picture
        Those that the data have something to show for.
    """
    pictures = [_repeats(found)]
    if found.tested.base.weeks >= 2:
        pictures += [_tracking(found), _weeks(found)]
        if found.tested.base.after.any():
            pictures.append(_comebacks(found))
    if found.used.spend is not None and len(found.used.cohort.tiers) > 1:
        pictures.append(_tiers(found))
    return pictures


def _repeats(found: Forecast) -> Picture:
    size, simulated = found.histogram.size, found.simulated
    observed = found.tested.base.histogram(size - 1).astype(float)
    return Picture(
        "repeats",
        draw_repeats(cells(size), observed, found.histogram, simulated.histogram, simulated.error),
        "Bars of customers by number of repeat purchases, observed, expected and simulated",
        "Three bars of about the same height in every group mean that the model holds. Whisker: 95 % interval of the"
        " simulation.",
        "repeats",
    )


def _tracking(found: Forecast) -> Picture:
    lived = found.simulated.weekly
    spread = NORMAL_WIDTH * np.sqrt(found.parameter_spread**2 + np.nan_to_num(found.simulated.luck) ** 2)
    low = np.maximum(lived - spread, 0.0)
    return Picture(
        "tracking",
        draw_tracking(found.observed, found.weekly, lived, low, lived + spread, found.tested.base.window_weeks),
        "Lines of cumulative repeat purchases by week, observed, expected and simulated, with a forecast band",
        "Left of the line is what the model was fitted to, right of it is forecast. The band covers what the"
        " parameters leave open and the random variation of as many customers as were observed.",
        "weeks",
    )


def _weeks(found: Forecast) -> Picture:
    base = found.tested.base
    return Picture(
        "weeks",
        draw_weeks(base.weekly.astype(float), np.diff(found.simulated.weekly, prepend=0.0), base.window_weeks),
        "Lines of repeat purchases in each week, observed and simulated",
        "Seasons and campaigns stand out from the simulated curve, which knows neither.",
        "weeks",
    )


def _tiers(found: Forecast) -> Picture:
    cohort = found.used.cohort
    return Picture(
        "tiers",
        draw_tiers(cohort.tiers * cohort.spend, cohort.spend, cohort.currency),
        "Bars of the mean spend a purchase by fifth of the customers",
        "What the next fifth of the customers spends a purchase, on average of each fifth.",
        "spend",
    )


def _comebacks(found: Forecast) -> Picture:
    base = found.tested.base
    days = base.days - base.window
    model = found.tested.fit.model
    last = min(7, int(base.repeats.max()))
    groups = np.minimum(base.repeats, last)
    summary = base.summary()
    ahead = model.expected_after(days / DAYS_A_WEEK, summary)
    weight = summary.customers
    of_group = np.minimum(summary.repeats, last).astype(np.int64)
    expected = np.bincount(of_group, ahead * weight, last + 1) / np.maximum(
        np.bincount(of_group, weight, last + 1), 1.0
    )
    counts = np.bincount(groups, minlength=last + 1)
    mean = np.bincount(groups, base.after, last + 1) / np.maximum(counts, 1)
    square = np.bincount(groups, base.after.astype(float) ** 2, last + 1) / np.maximum(counts, 1)
    error = np.sqrt(np.maximum(square - mean**2, 0.0) / np.maximum(counts - 1, 1))
    return Picture(
        "comebacks",
        draw_comebacks(cells(last + 1), mean, error, expected),
        "Lines of purchases after the calibration window by repeat purchases within it, observed and expected",
        "For each group of customers: how often they bought in the time that the model had not seen.",
        "weeks",
    )


def cells(size: int) -> list[str]:
    """Return the names of so many cells by repeat purchases, the last of which holds all above it.

    Examples
    --------
    >>> cells(3)
    ['0', '1', '2+']
    """
    return [*map(str, range(size - 1)), f"{size - 1}+"]
