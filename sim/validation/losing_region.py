"""Losing region (P10): a part of the parameter space where the classic journey earns more, found and not hidden."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.latin_hypercube import latin_hypercube
from sim.analysis.metrics import METRICS, measure
from sim.analysis.student import student_quantile
from sim.scenario.dotted_key import with_values
from sim.scenario.factor import Factor, read_factors
from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart, Curve
from sim.validation.check import ABOVE, BELOW, Check, mean_and_error
from sim.validation.looks import judge, two_looks
from sim.validation.pattern import COUNTS_ALONE, Finding, Pattern, PatternRun

__all__ = ["LOSING_REGION"]

Array = NDArray[np.float64]

#: Points of a Latin hypercube in the region, and replicates of each after which is judged.
_POINTS, _REPLICATES = 12, two_looks(8, 16)
_CONTRIBUTION = METRICS.index("contribution")
_SOURCE = "found by search in this model (configs/data/losing_region.csv)"
_CONFIDENCE = 0.95


def run(run: PatternRun) -> Finding:
    """Compare both arms at sampled points of the region, and in its counterpart, where the proactive arm pays."""
    scenario = run.scenario("losing_region", record=dict(COUNTS_ALONE))
    levers = _levers(run, scenario)
    shares = latin_hypercube(len(levers), _POINTS, np.random.default_rng(run.seed))
    points = [{lever.name: lever.at(share) for lever, share in zip(levers, row, strict=True)} for row in shares]
    places = {"region": [with_values(scenario, point) for point in points], "treadmill": [_counterpart(run, scenario)]}
    found = judge(
        tuple(places),
        _REPLICATES,
        lambda added, still: {name: np.stack([_gains(run, each, added) for each in places[name]], 1) for name in still},
        _check,
    )
    (gains, checks), (elsewhere, contrast) = found["region"], found["treadmill"]
    average = gains.mean(axis=1)
    mean, error = mean_and_error(average)
    half = float(student_quantile(len(average) - 1, (1.0 + _CONFIDENCE) / 2.0)) * error
    bounds = "; ".join(f"{lever.name} from {lever.low:g} to {lever.high:g}" for lever in levers)
    contact = next(lever.name for lever in levers if lever.name.endswith(".costs.contact"))
    money = scenario.market.economics.currency
    return Finding(
        checks=checks + contrast,
        charts=(_chart(np.array([point[contact] for point in points], dtype=np.float64), gains, money),),
        notes=(
            f"In the region leading changes contribution by {mean:.3g} {money} a customer in {scenario.horizon} weeks, "
            f"95 % interval {mean - half:.3g} to {mean + half:.3g} (mean of {_POINTS} points): the "
            f"classic journey earns more. In the treadmill as shipped it changes it by {elsewhere.mean():.3g} {money}.",
            f"The region: {bounds}.",
            "Find others with: journey frontier.",
        ),
    )


def _counterpart(run: PatternRun, scenario: Scenario) -> Scenario:
    """Return the treadmill, as large and as long."""
    size = {"horizon": scenario.horizon, "burn_in": scenario.burn_in, "population": scenario.population}
    return run.scenario("treadmill", record=dict(COUNTS_ALONE), **size)


def _check(place: str, gains: Array, spent: float) -> tuple[Check, ...]:
    """Judge what leading earns more (replicates, points) in the region or in the treadmill."""
    # Points share the random numbers of a replicate: average over points first, and then over replicates.
    average = gains.mean(axis=1)
    if place == "treadmill":
        what, source = "treadmill, as shipped: what leading earns more, mean per customer", "the model shows either way"
        return (Check.mean_beyond(what, 0.0, average, kind=ABOVE, spent=spent, source=f"{source}: docs/model.md 1"),)
    best = gains[:, int(gains.mean(axis=0).argmax())]
    what = "region: what leading earns more than the classic journey, mean per customer"
    return (
        Check.mean_beyond(what, 0.0, average, kind=BELOW, spent=spent, source=_SOURCE),
        Check.mean_beyond(
            f"region: the same at the best of {_POINTS} points", 0.0, best, kind=BELOW, spent=spent, source=_SOURCE
        ),
    )


def _chart(cost: Array, gains: Array, money: str) -> Chart:
    """Draw the difference at every point over the cost of a contact there."""
    return Chart(
        heading="Leading loses everywhere in the region",
        reading="Every point is one company in the region: what leading earns more, at what a contact costs.",
        x=f"cost of a contact, {money}",
        y=f"difference per customer, {money}",
        curves=(
            Curve.of_replicates("region, 2 standard errors", cost, gains),
            Curve(label="no difference", x=np.array([cost.min(), cost.max()]), y=np.zeros(2), published=True),
        ),
        kind="points",
    )


def _levers(run: PatternRun, scenario: Scenario) -> tuple[Factor, ...]:
    table = run.table("losing_region")
    return read_factors(
        {
            str(path): [float(low), float(high)]
            for path, low, high in zip(table["lever"], table["low"], table["high"], strict=True)
        },
        scenario,
        "configs/data/losing_region.csv",
    )


def _gains(run: PatternRun, scenario: Scenario, added: range) -> Array:
    """Return the difference in contribution per customer, in money, by replicate."""
    rows = []
    for arms in run.replicates(scenario, len(added), first=added.start):
        earned = {arm: measure(history, scenario).values[0, _CONTRIBUTION] for arm, history in arms.items()}
        (other,) = (arm for arm in arms if arm != scenario.baseline)
        rows.append((earned[other] - earned[scenario.baseline]) / scenario.market_customers)
    return np.array(rows, dtype=np.float64)


LOSING_REGION = Pattern(
    id="P10",
    noun="losing_region",
    title="A region of the parameter space where the classic journey earns more",
    reference="Sungevity 2017; docs/model.md 1",
    scenarios=("losing_region", "treadmill"),
    effort=81.0,
    run=run,
)
