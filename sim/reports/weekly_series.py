"""Weekly series: quantities of the focal brand over the horizon, by arm, replicate and period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.bands import periods, ratio
from sim.experiments.result import Result
from sim.record.history import History, Origin
from sim.reports.comparison import arms_in_order

__all__ = ["WEEKLY_METRICS", "weekly_series"]

#: What a brand's history holds of each week.
_WEEKLY: Mapping[str, Callable[[History, int], NDArray[Any]]] = {
    "revenue": lambda history, brand: history.money[:, :, brand, 0].sum(axis=1) / history.minor_units,
    "purchases": lambda history, brand: history.purchases[:, :, brand].sum(axis=(1, 2)),
    "contacts": lambda history, brand: history.contacts[:, :, brand].sum(axis=1),
    "opted_out": lambda history, brand: history.opted_out[:, :, brand].sum(axis=1),
    "fatigue": lambda history, brand: history.fatigue @ history.population / max(history.population.sum(), 1),
}
_MEANS = ("fatigue",)
#: What can be drawn over the weeks.
WEEKLY_METRICS = ("contribution", *_WEEKLY, "market_share", "loop_share")


def weekly_series(result: Result, metric: str) -> dict[str, NDArray[np.float64]]:
    """Return a quantity by arm, the baseline first.

    Parameters
    ----------
    result : Result
        A finished comparison.
    metric : str
        One of ``WEEKLY_METRICS``.

    Returns
    -------
    dict
        Arm -> (replicates, periods): means a week, money in whole units; shares in [0, 1], NaN without purchases.

    Raises
    ------
    ValueError
        If the metric is not known by week.
    """
    if metric not in WEEKLY_METRICS:
        raise ValueError(f"metric {metric!r} has no weekly difference; choose one of {', '.join(WEEKLY_METRICS)}")
    brand, weeks = result.scenario.focal, result.scenario.horizon
    starts = periods(weeks)
    lengths = np.diff(np.r_[starts, weeks])
    out = {}
    for arm in arms_in_order(result):
        if metric in ("market_share", "loop_share"):
            mine = result.series(arm, lambda history: history.purchases[:, :, brand].sum(axis=1))  # (R, T, origins)
            if metric == "market_share":
                every = result.series(arm, lambda history: history.purchases.sum(axis=(1, 2, 3)))
                out[arm] = ratio(mine.sum(axis=2), every, starts)
            else:
                out[arm] = ratio(mine[:, :, Origin.LOOP], mine.sum(axis=2), starts)
            continue
        if metric == "contribution":
            values = result.cash(arm)
        else:
            values = result.series(arm, lambda history: _WEEKLY[metric](history, brand))
            if metric not in _MEANS:
                values = values * result.scenario.scale
        out[arm] = np.add.reduceat(values, starts, axis=1) / lengths
    return out
