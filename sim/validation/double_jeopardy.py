"""Double jeopardy (P2): small brands have far fewer buyers, who buy slightly less often, and brands share their buyers.

Toothpaste 1973 is simulated as an NBD-Dirichlet market and measured customer by customer. The yogurt and catsup panels
are simulated with normal tastes and inertia, as household panels are estimated today.
"""

from __future__ import annotations

from collections.abc import Callable

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
from sim.validation.pattern import ABOVE, Check, Curve, Finding, Pattern, PatternRun
from sim.validation.pattern import Panel as Picture

__all__ = ["DOUBLE_JEOPARDY", "household_panel", "toothpaste", "theory_of"]

Array = NDArray[np.float64]

#: Populations of toothpaste buyers; many small ones, because every moment of every customer is kept in memory.
_QUARTERS = 96
_DIRICHLET = "Ehrenberg, Goodhardt & Barwise 1990"
#: Households of each published panel, and populations lived.
_PANELS = {"yogurt": (100, 2), "catsup": (300, 6)}

#: Column of the published table, half a unit of its last digit, name, and how a panel and the theory tell it.
_MEASURES: tuple[tuple[str, float, str, Callable[[Panel], Array], Callable[[Dirichlet], Array]], ...] = (
    ("pen_dirichlet", 0.00005, "penetration", lambda panel: panel.penetration, Dirichlet.penetration),
    ("w_brand", 0.0005, "purchases per buyer", lambda panel: panel.frequency, Dirichlet.frequency),
    (
        "SCR",
        0.0005,
        "share of requirements",
        lambda panel: panel.share_of_requirements,
        Dirichlet.share_of_requirements,
    ),
    ("100pct_loyal_share", 0.00005, "100 % loyal", lambda panel: panel.sole_buyers, Dirichlet.sole_buyers),
    (
        "dup_with_Colgate",
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
    dental = toothpaste(run)
    panels = [household_panel(run, category) for category in _PANELS]
    return Finding(
        checks=(*dental.checks, *(check for panel in panels for check in panel.checks)),
        panels=(*dental.panels, *(picture for panel in panels for picture in panel.panels)),
        notes=(*dental.notes, *(note for panel in panels for note in panel.notes)),
    )


def toothpaste(run: PatternRun) -> Finding:
    """Live toothpaste buyers and compare every brand with the published Dirichlet."""
    scenario = run.scenario("toothpaste_1973")
    published = run.table("dirichlet_toothpaste_uk1973")
    brands = [str(name) for name in published["brand"]]
    theory = theory_of(scenario)
    panels = [
        panel_of(purchases_by_customer(arms["market"], scenario.population, len(scenario.brands)))
        for _, arms in run.replicates(scenario, _QUARTERS)
    ]
    checks: list[Check] = []
    found: dict[str, tuple[Array, Array]] = {}
    for column, rounding, name, measure, expected in _MEASURES:
        # The table's own row of Colgate with itself is of a rival as large as Colgate: no brand of the market.
        first = 1 if column == "dup_with_Colgate" else 0
        figures = published[column][first:]
        exact = expected(theory)[first : len(brands)]
        off = float(np.abs(exact - figures).max())
        checks.append(
            Check.near(
                f"theory: {name}, largest distance of our NBD-Dirichlet from the published one",
                0.0,
                off,
                # Half a unit of the last digit published, with a little for the rounding of M, K and S.
                absolute=0.0007,
                meaningful=0.002,
                source=_DIRICHLET,
            )
        )
        value, error = jackknife(panels, measure)
        found[column] = value[: len(brands)], error[: len(brands)]
        for at, brand in enumerate(brands[first:], first):
            target = float(published[column][at])
            checks.append(
                Check.near(
                    f"{brand}: {name}",
                    target,
                    float(value[at]),
                    float(error[at]),
                    relative=0.05,
                    rounding=rounding,
                    meaningful=0.10 * target,
                    source=_DIRICHLET,
                )
            )
    positions = np.arange(len(brands), dtype=np.float64)
    pictures = tuple(
        Picture(
            heading=f"Toothpaste: {name}",
            reading=reading,
            x="brand, the largest first",
            y=name,
            curves=(
                Curve(label="published Dirichlet", x=positions, y=published[column], published=True),
                Curve(label="simulated", x=positions, y=found[column][0], error=found[column][1]),
            ),
            kind="bars",
            ticks=tuple(brands),
        )
        for column, name, reading in (
            ("pen_dirichlet", "share of customers who buy it", "Small brands have far fewer buyers."),
            ("w_brand", "purchases per buyer and quarter", "Small brands' buyers buy only slightly less often."),
        )
    )
    return Finding(
        checks=tuple(checks),
        panels=pictures,
        notes=(
            f"Toothpaste: {scenario.population * _QUARTERS:,} customers, single purchases counted from the event log; "
            f"M = {theory.purchases:.3f}, K = {theory.shape:.4f}, S = {theory.strength:.3f}.",
        ),
    )


def household_panel(run: PatternRun, category: str) -> Finding:
    """Live a category (`yogurt` or `catsup`) and compare many simulated panels with the published one."""
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
            purchases_by_customer(arms["market"], scenario.population, len(scenario.brands))
            for _, arms in run.replicates(scenario, populations)
        ]
    )
    # A panel is made of households that buy the category at all.
    counts = counts[counts.sum(axis=1) > 0]
    panels = [
        panel_of(counts[start : start + households]) for start in range(0, len(counts) - households + 1, households)
    ]
    everybody = panel_of(counts)
    checks: list[Check] = []
    measures: tuple[tuple[str, float, Callable[[Panel], float], float], ...] = (
        (
            "double-jeopardy slope, d ln(purchases per buyer) / d ln(penetration)",
            jeopardy_slope(penetration, frequency),
            lambda panel: jeopardy_slope(panel.penetration, panel.frequency),
            # A market without double jeopardy must be told apart.
            jeopardy_slope(penetration, frequency),
        ),
        (
            "duplication coefficient D",
            duplication_coefficient(penetration, duplication),
            lambda panel: duplication_coefficient(panel.penetration, panel.duplication),
            0.25,
        ),
    )
    for name, figure, measure, meaningful in measures:
        samples = np.array([measure(panel) for panel in panels if panel.buyers.min() > 0])
        between = float(samples.std(ddof=1))
        error = between / np.sqrt(samples.size)
        checks.append(
            Check(
                what=f"{category}: {name}",
                published=figure,
                simulated=float(measure(everybody)),
                error=float(error),
                tolerance=max(2.0 * between, 0.05 * abs(figure)),
                meaningful=meaningful,
                rule=f"within 2 standard deviations between simulated panels of {households} households (false alarms "
                "5 %: the published panel is one such sample) or 5 % of the published figure",
                source=f"{category} panel of {households} households",
            )
        )
    error = checks[0].error
    checks.append(
        Check.beyond(
            f"{category}: double jeopardy (slope above 0)",
            0.0,
            checks[0].simulated,
            error,
            kind=ABOVE,
            source="Ehrenberg, Goodhardt & Barwise 1990",
        )
    )
    choice = scenario.market.choice
    return Finding(
        checks=tuple(checks),
        panels=(
            Picture(
                heading=f"{category.capitalize()}: buyers and how often they buy",
                reading="The smaller the brand, the fewer its buyers and the less often they buy it.",
                x="share of households who buy it",
                y="purchases per buyer",
                curves=(
                    Curve(label=f"panel of {households}", x=penetration, y=frequency, published=True),
                    Curve(label="simulated", x=everybody.penetration, y=everybody.frequency),
                ),
                kind="points",
            ),
        ),
        notes=(
            f"{category.capitalize()}: taste sd {choice.taste_sd:g} logits and inertia {choice.habit:g} logits, inside "
            "the ranges of the evidence (1 to 4; 0.4 to 1.6). Tastes are drawn alike for all brands, so that single "
            "brands may lie off: one with few but devoted buyers, or sizes of one brand that stand in for each other.",
        ),
    )


DOUBLE_JEOPARDY = Pattern(
    id="P2",
    noun="double_jeopardy",
    title="Double jeopardy and duplication of purchase",
    reference="Goodhardt, Ehrenberg & Chatfield 1984; Ehrenberg, Goodhardt & Barwise 1990",
    scenarios=("toothpaste_1973", "yogurt_panel", "catsup_panel"),
    effort=840.0,
    run=run,
)
