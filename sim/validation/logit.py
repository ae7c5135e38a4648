"""Logit (P7): choice shares are the exact ones, and alternatives are independent only where tastes are homogeneous."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart
from sim.validation.check import ABOVE, Check, mean_and_error
from sim.validation.pattern import COUNTS_ALONE, Finding, Pattern, PatternRun

__all__ = ["LOGIT", "exact_shares"]

#: Replicates, with and without differences of taste.
_REPLICATES = 32
#: The brand that is withdrawn.
_WITHDRAWN = 1
#: Standard deviation of taste where tastes differ, in logits: inside the range of household panels (1 to 4).
_TASTE_SD = 2.0
#: Steps of the integrals over tastes and over the highest utility, by the trapezoidal rule, which is as good as exact
#: for such smooth integrands; how far the former reaches, in standard deviations, and the latter beyond all utilities.
_TASTE_STEP, _TASTES, _STEP, _BELOW, _ABOVE = 0.1, 8.0, 0.05, 8.0, 30.0
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
        weights = np.exp((qualities - qualities.max()) / scale)
        return np.asarray(weights / weights.sum(), dtype=np.float64)
    # Utilities of brands are independent of each other: a brand is chosen at utility u where all others lie below it.
    normal = np.arange(-_TASTES, _TASTES + _TASTE_STEP, _TASTE_STEP)
    density = np.exp(-(normal**2) / 2.0)
    density /= density.sum()
    utilities = (qualities[:, None] + taste_sd * normal) / scale
    levels = np.arange(utilities.min() - _BELOW, utilities.max() + _ABOVE, _STEP)
    hazard = np.exp(utilities[:, :, None] - levels)
    below = np.exp(-hazard)  # (B, tastes, levels)
    at, under = (np.einsum("t,btl->bl", density, each) for each in (hazard * below, below))
    shares = np.array([(at[brand] * np.delete(under, brand, axis=0).prod(axis=0)).sum() for brand in range(len(at))])
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def run(run: PatternRun) -> Finding:
    """Compare choice shares with the exact ones, before and after a brand is withdrawn, without and with tastes."""
    scenario = run.scenario("logit", record=dict(COUNTS_ALONE))
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
