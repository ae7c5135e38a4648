"""Logit (P7): choice shares are the exact ones, and alternatives are independent only where tastes are homogeneous."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart
from sim.validation.check import ABOVE, Check, mean_and_error
from sim.validation.pattern import Finding, Pattern, PatternRun

__all__ = ["LOGIT", "exact_shares"]

#: Replicates, with and without differences of taste.
_REPLICATES = 32
#: The brand that is withdrawn.
_WITHDRAWN = 1
#: Standard deviation of taste where tastes differ, in logits: inside the range of household panels (1 to 4).
_TASTE_SD = 2.0
#: Points of the integral over tastes, a power of two; its error is far below the Monte-Carlo error.
_POINTS = 2**15
_SOURCE = "McFadden 1974, exact"
_MIXED = "mixed logit (McFadden & Train 2000), by numerical integration"


def exact_shares(qualities: NDArray[np.float64], taste_sd: float, scale: float = 1.0) -> NDArray[np.float64]:
    """Return the shares of the logit, or of the mixed logit with independent normal tastes.

    Parameters
    ----------
    qualities : float64 (B,)
        Deterministic utilities.
    taste_sd : float
        Standard deviation of every brand's taste; 0 is the plain logit.
    scale : float
        Scale of the Gumbel errors, > 0.

    Returns
    -------
    float64 (B,)
        They sum to 1.

    Examples
    --------
    >>> exact_shares(np.array([0.0, 0.0]), 0.0)
    array([0.5, 0.5])
    """
    if taste_sd == 0.0:
        tastes = np.zeros((1, qualities.size))
    else:
        from scipy.stats import norm, qmc  # slow to import: only when something runs

        points = qmc.Sobol(qualities.size, scramble=True, rng=1).random(_POINTS)
        tastes = taste_sd * norm.ppf(points)
    utilities = (qualities + tastes) / scale
    weights = np.exp(utilities - utilities.max(axis=1, keepdims=True))
    return np.asarray((weights / weights.sum(axis=1, keepdims=True)).mean(axis=0), dtype=np.float64)


def run(run: PatternRun) -> Finding:
    """Compare choice shares with the exact ones, before and after a brand is withdrawn, without and with tastes."""
    scenario = run.scenario("logit")
    titles = [scenario.market.brands[brand].title for brand in scenario.brands]
    qualities = np.array([brand.quality for brand in scenario.market.brands.values()])
    checks: list[Check] = []
    charts: list[Chart] = []
    for taste_sd, reading in (
        (0.0, "Simulated shares are the exact ones of the logit."),
        (_TASTE_SD, "Where tastes differ, shares lie closer together, as the mixed logit says."),
    ):
        before = _shares(run, _world(scenario, taste_sd))
        after = _shares(run, _world(scenario, taste_sd, without=scenario.brands[_WITHDRAWN]))
        change = np.log(after[:, 0] / after[:, -1]) - np.log(before[:, 0] / before[:, -1])
        checks += _check_shares(titles, qualities, taste_sd, scenario.market.choice.error_scale, before, change)
        charts.append(
            Chart.beside(
                f"Choice shares, {_named(taste_sd)}",
                reading,
                x="brand",
                y="share of purchases",
                names=titles,
                published=exact_shares(qualities, taste_sd),
                simulated=before.mean(axis=0),
                label="exact",
            )
        )
    mean, error = mean_and_error(change)
    source = "no independence of irrelevant alternatives"
    what = "size of that change where tastes differ: above 0"
    checks.append(Check.beyond(what, 0.0, abs(mean), error, kind=ABOVE, source=source))
    return Finding(
        checks=tuple(checks),
        charts=tuple(charts),
        notes=(
            "Errors are frozen: when a brand is withdrawn only its own buyers choose anew; without differences of "
            "taste they spread over the others in proportion to their shares.",
        ),
    )


def _check_shares(
    titles: list[str],
    qualities: NDArray[np.float64],
    taste_sd: float,
    scale: float,
    before: NDArray[np.float64],
    change: NDArray[np.float64],
) -> Iterator[Check]:
    """Check every share, the ratio of the first to the last, and how ln(ratio) changes when a brand is withdrawn."""
    source = _MIXED if taste_sd else _SOURCE
    expected = exact_shares(qualities, taste_sd, scale)
    for at, title in enumerate(titles):
        what = f"{title}: share, {_named(taste_sd)}"
        yield Check.near_mean(what, float(expected[at]), before[:, at], student=True, meaningful=0.01, source=source)
    ratio = float(expected[0] / expected[-1])
    yield Check.near_mean(
        f"{titles[0]} over {titles[-1]}: ratio of shares, {_named(taste_sd)}",
        ratio,
        before[:, 0] / before[:, -1],
        student=True,
        meaningful=0.05 * ratio,
        source=source,
    )
    rest = exact_shares(np.delete(qualities, _WITHDRAWN), taste_sd, scale)
    yield Check.near_mean(
        f"change of ln(ratio) when {titles[_WITHDRAWN]} is withdrawn, {_named(taste_sd)}",
        float(np.log(rest[0] / rest[-1]) - np.log(expected[0] / expected[-1])) if taste_sd else 0.0,
        change,
        student=True,
        meaningful=0.05,
        source=_MIXED if taste_sd else _SOURCE + ": independence of irrelevant alternatives",
    )


def _world(scenario: Scenario, taste_sd: float, without: str | None = None) -> Scenario:
    """Return the market with other tastes, or without a brand: nobody recalls it."""
    market = scenario.market
    market = replace(market, choice=replace(market.choice, taste_sd=taste_sd))
    if without is not None:
        market = replace(market, brands={**market.brands, without: replace(market.brands[without], salience=0.0)})
    return replace(scenario, market=market)


def _shares(run: PatternRun, scenario: Scenario) -> NDArray[np.float64]:
    """Return market shares by replicate and brand."""
    counts = [history.purchases.sum(axis=(0, 1, 3)) for history in run.histories(scenario, _REPLICATES)]
    return np.array([count / count.sum() for count in counts], dtype=np.float64)


def _named(taste_sd: float) -> str:
    return f"taste sd {taste_sd:g}" if taste_sd else "tastes alike"


LOGIT = Pattern(
    id="P7",
    noun="logit",
    title="Multinomial-logit shares; independence of irrelevant alternatives where tastes are alike",
    reference="McFadden 1974; McFadden & Train 2000",
    scenarios=("logit",),
    effort=13.0,
    run=run,
)
