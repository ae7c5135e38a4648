"""Retention (P5): subscribers who differ in how readily they leave, so that retention rises with tenure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.shifted_beta_geometric import fit_shifted_beta_geometric
from sim.validation.chart import Chart, Curve
from sim.validation.check import Check
from sim.validation.pattern import COUNTS_ALONE, Finding, Pattern, PatternRun

__all__ = ["RETENTION"]

Array = NDArray[np.float64]

#: Years from which the Beta distribution of churn is estimated; the others are forecast.
_CALIBRATED = 7
#: Deviation of survival that matters: one point of a hundred.
_POINT = 0.01
_TRAIT = "personas.subscriber.novelty_seeking"


def _run(run: PatternRun) -> Finding:
    table = run.table("sbg_retention_regular")
    years = np.asarray(table["year"], dtype=np.float64)
    actual, published = table["actual_pct"] / 100.0, table["sbg_pct_calib7"] / 100.0
    model = fit_shifted_beta_geometric(actual[: _CALIBRATED + 1])
    scenario = run.scenario(
        "retention",
        record=dict(COUNTS_ALONE),
        **{f"{_TRAIT}.mean": model.mean, f"{_TRAIT}.concentration": model.concentration},
    )
    (history,) = run.histories(scenario)
    subscribed = list(scenario.journeys["subscription"].stages).index("subscribed")
    simulated = np.r_[1.0, history.customers.sum(axis=1)[:, subscribed] / scenario.population]
    error = np.asarray(np.sqrt(published * (1.0 - published) / scenario.population))
    checks = [
        Check.near(
            f"survival after year {year:.0f}",
            float(published[at]),
            float(simulated[at]),
            float(error[at]),
            meaningful=_POINT / 2.0,
            source="shifted beta-geometric (Fader & Hardie 2007), computed",
        )
        for at, year in enumerate(years)
        if year > 0
    ]
    checks += [
        Check.near(
            f"survival actually observed after year {year:.0f}, forecast",
            float(actual[at]),
            float(simulated[at]),
            float(error[at]),
            sigmas=0.0,
            absolute=_POINT,
            meaningful=2.0 * _POINT,
            source="regular segment (Fader & Hardie 2007)",
        )
        for at, year in enumerate(years)
        if year > _CALIBRATED
    ]
    return Finding(
        checks=tuple(checks),
        charts=_charts(years, actual, simulated, error),
        notes=(
            f"Beta distribution of the chance to leave, fitted to years 1 to {_CALIBRATED}: gamma {model.gamma:.4f},"
            f" delta {model.delta:.4f}. One step stands for a year, from renewal to renewal.",
        ),
    )


def _charts(years: Array, actual: Array, simulated: Array, error: Array) -> tuple[Chart, ...]:
    """Draw survival, and the share that renews at each renewal."""
    kept, before = simulated[1:] / simulated[:-1], years[1:]
    return (
        Chart(
            heading="Who is still a subscriber",
            reading=f"Churn was fitted to years 1 to {_CALIBRATED}; the years after them are forecast.",
            x="years since joining",
            y="share still there",
            curves=(
                Curve(label="observed", x=years, y=actual, published=True),
                Curve(label="simulated", x=years, y=simulated, error=error),
            ),
        ),
        Chart(
            heading="Retention rises with tenure, though nobody changes",
            reading="Those who leave readily leave first; who remains is more loyal on average.",
            x="renewal",
            y="share renewing",
            curves=(
                Curve(label="observed", x=before, y=actual[1:] / actual[:-1], published=True),
                Curve(label="simulated", x=before, y=kept),
            ),
        ),
    )


RETENTION = Pattern(
    id="P5",
    noun="retention",
    title="Retention of a subscription rises with tenure (shifted beta-geometric)",
    reference="Fader & Hardie 2007",
    scenarios=("retention",),
    effort=12.0,
    run=_run,
)
