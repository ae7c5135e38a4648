"""Lines: numbers of a result as the page draws and writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.bands import Band, bands_of
from sim.analysis.shape import SHARE
from sim.experiments.result import Result
from sim.number_format import interval, quantity

__all__ = ["POINTS", "entry_of", "lines_of", "lines_of_shares", "numbers"]

#: Points of a line: few enough that their intervals cost little of a move, and no corner is seen on a page.
POINTS = 65


def entry_of(entry: Mapping[str, Any], kind: str, result: Result, *, sign: bool) -> dict[str, Any]:
    """Return an estimate with its interval in words and as numbers.

    Parameters
    ----------
    entry : mapping
        ``mean``, ``ci_low``, ``ci_high``.
    kind : str
        As of :func:`sim.number_format.quantity`.
    result : Result
        Whose currency it is.
    sign : bool
        Whether a plus is written.

    Returns
    -------
    dict
        ``text``, ``interval``, ``mean``, ``low``, ``high``.
    """
    currency = result.scenario.market.economics.currency
    return {
        "text": quantity(entry["mean"], kind, currency, sign=sign),
        "interval": interval(entry["ci_low"], entry["ci_high"], kind, currency, sign=sign),
        "mean": entry["mean"],
        "low": entry["ci_low"],
        "high": entry["ci_high"],
    }


def lines_of_shares(
    weeks: NDArray[np.float64], values: Mapping[str, NDArray[np.float64]], result: Result
) -> dict[str, Any]:
    """Return shares by week, with bands for luck alone as the report's figures have them.

    Parameters
    ----------
    weeks : float64 (points,)
    values : mapping of str to float64 (replicates, points)
        By arm.
    result : Result

    Returns
    -------
    dict
        ``note``, ``weeks`` and ``lines``.
    """
    note = "" if result.replicates == 1 else "Bands: luck alone."
    return {"note": note, **lines_of(weeks, bands_of(values, result.sampling, SHARE))}


def lines_of(weeks: NDArray[np.float64], bands: Mapping[str, Band]) -> dict[str, Any]:
    """Return bands by arm as the page draws them.

    Parameters
    ----------
    weeks : float64 (points,)
    bands : mapping of str to Band

    Returns
    -------
    dict
        ``weeks`` and ``lines``.
    """
    lines = {
        arm: {
            "mean": numbers(band.mean),
            "low": None if band.low is None else numbers(band.low),
            "high": None if band.high is None else numbers(band.high),
        }
        for arm, band in bands.items()
    }
    return {"weeks": numbers(weeks), "lines": lines}


def numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Return numbers as JSON has them: five digits, and null where undefined.

    Examples
    --------
    >>> numbers(np.array([0.123456789, np.nan]))
    [0.12346, None]
    """
    return [None if not math.isfinite(value) else float(f"{value:.5g}") for value in values.tolist()]
