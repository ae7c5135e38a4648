"""Double jeopardy (P2): small brands have far fewer buyers, who buy slightly less often, and brands share their buyers.

Toothpaste 1973 is simulated as an NBD-Dirichlet market and measured customer by customer. The yogurt and catsup panels
are simulated with normal tastes and inertia, as household panels are estimated today.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.dirichlet import Dirichlet
from sim.analysis.panel import (
    Panel,
    duplication_coefficient,
    jackknife,
    jeopardy_slope,
    panel_of,
    purchases_by_customer,
)
from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart, Curve
from sim.validation.check import ABOVE, Check
from sim.validation.pattern import Finding, Pattern, PatternRun

__all__ = ["DOUBLE_JEOPARDY", "household_panel", "toothpaste", "theory_of"]

Array = NDArray[np.float64]

#: Populations of toothpaste buyers; many small ones, because every event of every customer is kept in memory.
_QUARTERS = 96
_DIRICHLET = "Ehrenberg, Goodhardt & Barwise 1990"
#: Households of each published panel, and populations simulated.
_PANELS = {"yogurt": (100, 2), "catsup": (300, 6)}


class _Measure(NamedTuple):
    """A measure of brands: its published column, half a unit of the last digit there, its name, how to compute it."""

    column: str
    rounding: float
    name: str
    of_panel: Callable[[Panel], Array]
    of_theory: Callable[[Dirichlet], Array]


_OTHER_BUYERS = "dup_with_Colgate"
_MEASURES: tuple[_Measure, ...] = (
    _Measure("pen_dirichlet", 0.00005, "penetration", lambda panel: panel.penetration, Dirichlet.penetration),
    _Measure("w_brand", 0.0005, "purchases per buyer", lambda panel: panel.frequency, Dirichlet.frequency),
    _Measure(
        "SCR",
        0.0005,
        "share of requirements",
        lambda panel: panel.share_of_requirements,
        Dirichlet.share_of_requirements,
    ),
    _Measure("100pct_loyal_share", 0.00005, "100 % loyal", lambda panel: panel.sole_buyers, Dirichlet.sole_buyers),
    _Measure(
        _OTHER_BUYERS,
        0.0005,
        "Colgate buyers who also buy it",
        lambda panel: panel.duplication[0],
        lambda theory: theory.duplication()[0],
    ),
)


def theory_of(scenario: Scenario) -> Dirichlet:
    """Return the NBD-Dirichlet that a market of log-Gamma tastes is meant to be.

    Parameters
    ----------
    scenario : Scenario
        Its market has Gamma-distributed need rates, gaps of shape 1 and log-Gamma tastes.
    """
    need = scenario.market.need
    shapes = np.array([brand.taste_shape for brand in scenario.market.brands.values()])
    return Dirichlet(
        purchases=scenario.horizon / need.mean_weeks,
        shape=float(need.heterogeneity or np.inf),
        strength=float(shapes.sum()),
        shares=tuple(float(share) for share in shapes / shapes.sum()),
    )


def run(run: PatternRun) -> Finding:
    """Simulate the three categories and compare them with their published figures."""
    return sum((household_panel(run, category) for category in _PANELS), start=toothpaste(run))


def toothpaste(run: PatternRun) -> Finding:
    """Simulate toothpaste buyers and compare every brand with the published Dirichlet."""
    scenario = run.scenario("toothpaste_1973")
    published = run.table("dirichlet_toothpaste_uk1973")
    brands = [str(name) for name in published["brand"]]
    theory = theory_of(scenario)
    panels = [
        panel_of(purchases_by_customer(history, scenario.population, len(scenario.brands)))
        for history in run.histories(scenario, _QUARTERS)
    ]
    checks: list[Check] = []
    found: dict[str, tuple[Array, Array]] = {}
    for measure in _MEASURES:
        # The table's own row of Colgate with itself is of a rival as large as Colgate: no brand of the market.
        first = 1 if measure.column == _OTHER_BUYERS else 0
        value, error = jackknife(panels, measure.of_panel)
        found[measure.column] = value[: len(brands)], error[: len(brands)]
        checks.append(_check_theory(measure, theory, published[measure.column], first))
        for at, brand in enumerate(brands[first:], first):
            target = float(published[measure.column][at])
            checks.append(
                Check.near(
                    f"{brand}: {measure.name}",
                    target,
                    float(value[at]),
                    float(error[at]),
                    relative=0.05,
                    rounding=measure.rounding,
                    meaningful=0.10 * target,
                    source=_DIRICHLET,
                )
            )
    charts = (
        Chart.beside(
            f"Toothpaste: {name}",
            reading,
            x="brand, the largest first",
            y=name,
            names=brands,
            published=published[column],
            simulated=found[column][0],
            error=found[column][1],
            label="published Dirichlet",
        )
        for column, name, reading in (
            ("pen_dirichlet", "share of customers who buy it", "Small brands have far fewer buyers."),
            ("w_brand", "purchases per buyer and quarter", "Small brands' buyers buy only slightly less often."),
        )
    )
    return Finding(
        checks=tuple(checks),
        charts=tuple(charts),
        notes=(
            f"Toothpaste: {scenario.population * _QUARTERS:,} customers, single purchases counted from the event log; "
            f"M = {theory.purchases:.3f}, K = {theory.shape:.4f}, S = {theory.strength:.3f}.",
        ),
    )


def _check_theory(measure: _Measure, theory: Dirichlet, figures: Array, first: int) -> Check:
    """Compare our own formulas with the published fit, brand by brand from the first."""
    off = float(np.abs(measure.of_theory(theory)[first : len(figures)] - figures[first:]).max())
    return Check.near(
        f"theory: {measure.name}, largest distance of our NBD-Dirichlet from the published one",
        0.0,
        off,
        # Half a unit of the last digit published, with a little for the rounding of M, K and S.
        absolute=0.0007,
        meaningful=0.002,
        source=_DIRICHLET,
    )


def household_panel(run: PatternRun, category: str) -> Finding:
    """Simulate a category (`yogurt` or `catsup`) and compare many simulated panels with the published one."""
    scenario = run.scenario(f"{category}_panel")
    table = run.table("panel_brand_performance")
    rows = table["category"] == category
    brands = [str(name) for name in table["brand"][rows]]
    grid = run.table(f"scanner_duplication_{category}")
    duplication = np.array([grid[brand] for brand in brands]).T
    penetration, frequency = table["penetration"][rows], table["purch_per_buyer"][rows]
    households, populations = _PANELS[category]
    counts = np.concatenate(
        [
            purchases_by_customer(history, scenario.population, len(scenario.brands))
            for history in run.histories(scenario, populations)
        ]
    )
    # A panel is made of households that buy the category at all.
    counts = counts[counts.sum(axis=1) > 0]
    slope = jeopardy_slope(penetration, frequency)
    checks = [
        _check_panels(
            f"{category}: double-jeopardy slope, d ln(purchases per buyer) / d ln(penetration)",
            slope,
            lambda panel: jeopardy_slope(panel.penetration, panel.frequency),
            # A market without double jeopardy must be told apart.
            slope,
            counts,
            households,
        ),
        _check_panels(
            f"{category}: duplication coefficient D",
            duplication_coefficient(penetration, duplication),
            lambda panel: duplication_coefficient(panel.penetration, panel.duplication),
            0.25,
            counts,
            households,
        ),
    ]
    name = f"{category}: double jeopardy (slope above 0)"
    checks.append(Check.beyond(name, 0.0, checks[0].simulated, checks[0].error, kind=ABOVE, source=_DIRICHLET))
    choice, everybody = scenario.market.choice, panel_of(counts)
    chart = Chart(
        heading=f"{category.capitalize()}: buyers and how often they buy",
        reading="The smaller the brand, the fewer its buyers and the less often they buy it.",
        x="share of households who buy it",
        y="purchases per buyer",
        curves=(
            Curve(label=f"panel of {households}", x=penetration, y=frequency, published=True),
            Curve(label="simulated", x=everybody.penetration, y=everybody.frequency),
        ),
        kind="points",
    )
    return Finding(
        checks=tuple(checks),
        charts=(chart,),
        notes=(
            f"{category.capitalize()}: taste sd {choice.taste_sd:g} logits and inertia {choice.habit:g} logits, inside "
            "the ranges of the evidence (1 to 4; 0.4 to 1.6). Tastes are drawn alike for all brands, so that single "
            "brands may lie off: one with few but devoted buyers, or sizes of one brand that stand in for each other.",
        ),
    )


def _check_panels(
    what: str,
    published: float,
    measure: Callable[[Panel], float],
    meaningful: float,
    counts: NDArray[np.int64],
    households: int,
) -> Check:
    """Compare a figure of a published panel with simulated panels of the same size."""
    starts = range(0, len(counts) - households + 1, households)
    panels = [panel_of(counts[start : start + households]) for start in starts]
    samples = np.array([measure(panel) for panel in panels if panel.buyers.min() > 0])
    between = float(samples.std(ddof=1))
    return Check(
        what=what,
        published=published,
        simulated=float(measure(panel_of(counts))),
        error=float(between / np.sqrt(samples.size)),
        tolerance=max(2.0 * between, 0.05 * abs(published)),
        meaningful=meaningful,
        rule=f"within 2 standard deviations between simulated panels of {households} households (false alarms "
        "5 %: the published panel is one such sample) or 5 % of the published figure",
        source=f"{what.partition(':')[0]} panel of {households} households",
    )


DOUBLE_JEOPARDY = Pattern(
    id="P2",
    noun="double_jeopardy",
    title="Double jeopardy and duplication of purchase",
    reference="Goodhardt, Ehrenberg & Chatfield 1984; Ehrenberg, Goodhardt & Barwise 1990",
    scenarios=("toothpaste_1973", "yogurt_panel", "catsup_panel"),
    effort=182.0,
    run=run,
)
