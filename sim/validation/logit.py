"""Logit (P7): choice shares are the exact ones, and alternatives are independent only where tastes are homogeneous."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc

from sim.scenario.scenario import Scenario
from sim.validation.pattern import ABOVE, Check, Curve, Finding, Panel, Pattern, PatternRun, mean_and_error

__all__ = ["LOGIT", "exact_shares"]

#: Populations lived one after the other, with and without differences of taste.
_REPLICATES = 32
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

    Examples
    --------
    >>> exact_shares(np.array([0.0, 0.0]), 0.0)
    array([0.5, 0.5])
    """
    if taste_sd == 0.0:
        tastes = np.zeros((1, qualities.size))
    else:
        points = qmc.Sobol(qualities.size, scramble=True, rng=1).random(_POINTS)
        tastes = taste_sd * norm.ppf(points)
    utilities = (qualities + tastes) / scale
    weights = np.exp(utilities - utilities.max(axis=1, keepdims=True))
    return np.asarray((weights / weights.sum(axis=1, keepdims=True)).mean(axis=0), dtype=np.float64)


def run(run: PatternRun) -> Finding:
    """Compare shares with the exact ones, with all brands and with the last one off the shelf, in both worlds."""
    scenario = run.scenario("logit")
    brands = list(scenario.brands)
    titles = [scenario.market.brands[brand].title for brand in brands]
    gone = brands[1]
    checks: list[Check] = []
    ratios: dict[float, tuple[float, float]] = {}
    shares: dict[float, NDArray[np.float64]] = {}
    for taste_sd in (0.0, _TASTE_SD):
        before = _shares(run, _world(scenario, taste_sd))
        after = _shares(run, _world(scenario, taste_sd, without=gone))
        qualities = np.array([brand.quality for brand in scenario.market.brands.values()])
        expected = exact_shares(qualities, taste_sd, scenario.market.choice.error_scale)
        shares[taste_sd] = before.mean(axis=0)
        for at, title in enumerate(titles):
            value, error = mean_and_error(before[:, at])
            checks.append(
                Check.near(
                    f"{title}: share, {_named(taste_sd)}",
                    float(expected[at]),
                    value,
                    error,
                    freedom=_REPLICATES - 1,
                    meaningful=0.01,
                    source=_MIXED if taste_sd else _SOURCE,
                )
            )
        first, last = 0, len(brands) - 1
        ratio, error = mean_and_error(before[:, first] / before[:, last])
        change, change_error = mean_and_error(
            np.log(after[:, first] / after[:, last]) - np.log(before[:, first] / before[:, last])
        )
        ratios[taste_sd] = (change, change_error)
        left = [at for at, brand in enumerate(brands) if brand != gone]
        rest = exact_shares(qualities[left], taste_sd, scenario.market.choice.error_scale)
        change_of_exact = np.log(rest[0] / rest[-1]) - np.log(expected[first] / expected[last])
        expected_change = float(change_of_exact) if taste_sd else 0.0
        checks.append(
            Check.near(
                f"{titles[first]} over {titles[last]}: ratio of shares, {_named(taste_sd)}",
                float(expected[first] / expected[last]),
                ratio,
                error,
                freedom=_REPLICATES - 1,
                meaningful=0.05 * float(expected[first] / expected[last]),
                source=_MIXED if taste_sd else _SOURCE,
            )
        )
        checks.append(
            Check.near(
                f"change of ln(ratio) when {scenario.market.brands[gone].title} leaves the shelf, {_named(taste_sd)}",
                expected_change,
                change,
                change_error,
                freedom=_REPLICATES - 1,
                meaningful=0.05,
                source=_MIXED if taste_sd else _SOURCE + ": independence of irrelevant alternatives",
            )
        )
    change, error = ratios[_TASTE_SD]
    checks.append(
        Check.beyond(
            "size of that change where tastes differ: above 0",
            0.0,
            abs(change),
            error,
            kind=ABOVE,
            source="no independence of irrelevant alternatives",
        )
    )
    positions = np.arange(len(brands), dtype=np.float64)
    qualities = np.array([brand.quality for brand in scenario.market.brands.values()])
    return Finding(
        checks=tuple(checks),
        panels=tuple(
            Panel(
                heading=f"Choice shares, {_named(taste_sd)}",
                reading="Simulated shares are the exact ones of the logit."
                if taste_sd == 0.0
                else "Where tastes differ, shares lie closer together, as the mixed logit says.",
                x="brand",
                y="share of purchases",
                curves=(
                    Curve(label="exact", x=positions, y=exact_shares(qualities, taste_sd), published=True),
                    Curve(label="simulated", x=positions, y=shares[taste_sd]),
                ),
                kind="bars",
                ticks=tuple(titles),
            )
            for taste_sd in (0.0, _TASTE_SD)
        ),
        notes=(
            "Errors are frozen: when a brand leaves the shelf only its own buyers choose anew; without differences of "
            "taste they spread over the others in proportion to their shares.",
        ),
    )


def _world(scenario: Scenario, taste_sd: float, without: str | None = None) -> Scenario:
    """Return the market with other tastes, or with a brand that comes to nobody's mind."""
    market = scenario.market
    market = replace(market, choice=replace(market.choice, taste_sd=taste_sd))
    if without is not None:
        market = replace(market, brands={**market.brands, without: replace(market.brands[without], salience=0.0)})
    return replace(scenario, market=market)


def _shares(run: PatternRun, scenario: Scenario) -> NDArray[np.float64]:
    """Return market shares by replicate and brand."""
    counts = [
        history.purchases.sum(axis=(0, 1, 3))
        for _, arms in run.replicates(scenario, _REPLICATES)
        for history in arms.values()
    ]
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
