"""Pressure (P9): contribution rises with contact and then falls; the delight of a one-off innovation fades."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import measure
from sim.record.history import FIXED_POINT, History
from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart, Curve
from sim.validation.check import ABOVE, BELOW, Check, mean_and_error
from sim.validation.looks import Interim, judge, two_looks
from sim.validation.lost_list import lost_list
from sim.validation.pattern import COUNTS_ALONE, Finding, Pattern, PatternRun

__all__ = ["PRESSURE", "SHIPPED", "contacts", "contribution_at_rates", "delight", "shipped_market"]

Array = NDArray[np.float64]

#: The first replicates find the best rate, others judge it: picked and judged by the same luck it would be flattered.
_PICKING, _JUDGING = 4, two_looks(5, 12)
_DELIGHTS = 6
#: Shipped scenarios whose strategy is run at these contact rates, with so many customers and populations.
SHIPPED = ("average", "treadmill", "starwood", "recipe_app", "telecom", "phone_subscription")
#: What contacts say there. A recommendation to look around is no exposure to advertising: each reminds of leaving
#: (Ascarza, Iyengar & Schleicher 2016), and the best rate of those is none.
_MESSAGE = "invitation"
_RATES = (0.0, 0.15, 0.3, 0.5, 1.0)
#: Of the same number of customers, many small populations know their error better than few large ones.
#: Six looks simulate as much as one would on average at a third of the last look's replicates, and hardly miss a lead.
_CUSTOMERS = 4_000
_JUDGED = (
    *(Interim(6, 0.05), Interim(8, 0.1), Interim(10, 0.1)),
    *(Interim(13, 0.15), Interim(17, 0.2), Interim(24, 0.4)),
)
_WAITING = "waiting"
#: What every rate earned on many other populations of these scenarios: the best inner rate of those is judged.
_RECORD = "contact_rates"
#: Weeks over which what is left of a delight is averaged: three years on.
_LAST = 26
_CONTACTS = "Schmidt & Eisend 2015: response to repetition is an inverted U"
_EXPECTATIONS = "Oliver 1980; Anderson & Sullivan 1993: satisfaction is surprise, and expectations adapt"


def run(run: PatternRun) -> Finding:
    """Compare arms of different contact rates; follow the satisfaction that one innovation brings."""
    found = contacts(run) + delight(run) + lost_list(run)
    for name in SHIPPED:
        found += shipped_market(run, name)
    return found


def contacts(run: PatternRun) -> Finding:
    """Run arms that differ in nothing but the contact rate."""
    scenario = run.scenario("pressure", record=dict(COUNTS_ALONE))
    arms = list(scenario.arms)
    rates = np.array([_rate(scenario, arm) for arm in arms])
    picked = _earned(run, scenario, arms, range(_PICKING))
    best, last = int(picked.mean(axis=0).argmax()), len(arms) - 1
    inside = 0 < best < last
    judged = _judge(
        run, scenario, arms, best, first=_PICKING, looks=_JUDGING, words="{end} earns less than the best rate"
    )
    checks = [
        Check(
            what="best contact rate lies inside the range (position between the lowest, 0, and the highest, 1)",
            published=0.5,
            simulated=best / last,
            tolerance=0.5 - 0.5 / last,
            meaningful=0.5,
            rule="strictly between the ends of the range",
            source=_CONTACTS,
        )
    ]
    checks += judged.checks
    gain, spread = mean_and_error(judged.earned[:, judged.columns.index(best)] - judged.earned[:, 0])
    return Finding(
        checks=tuple(checks),
        charts=(
            Chart(
                heading="What contacts earn",
                reading="Contribution rises with the first contacts and falls where they tire and drive away.",
                x="chance a week of contacting a customer",
                y="contribution per customer",
                curves=(
                    Curve.of_replicates(f"{len(picked)} populations, 2 standard errors", rates, picked),
                    judged.curve(rates, "others"),
                ),
            ),
        ),
        notes=(
            f"Best of the rates that were tried: {rates[best]:g} a week ({'inside' if inside else 'at the end of'} the "
            f"range), which earns {gain:.3g} ± {2 * spread:.2g} a customer more than no contact in three years; rate "
            f"picked on {_PICKING} populations, judged on {len(judged.earned)} or more others.",
        ),
    )


def shipped_market(run: PatternRun, name: str) -> Finding:
    """Run the strategy of a shipped scenario at several contact rates: the inverted U where everything else works too.

    Parameters
    ----------
    run : PatternRun
    name : str
        Of the scenario.

    Returns
    -------
    Finding
    """
    record = run.table(_RECORD)
    rows = record["scenario"] == name
    rates, earned, error = (record[column][rows] for column in ("contacts_per_week", "contribution", "error"))
    # The best rate inside the range is held against both ends: were an end the best, it would lose to that.
    best = 1 + int(earned[1:-1].argmax())
    scenario, arms = _at_rates(run, name, rates)
    words = f"{name}: {{end}} earns less than the best rate, {rates[best]:g} a week"
    judged = _judge(run, scenario, arms, best, looks=_JUDGED, words=words)
    return Finding(
        checks=judged.checks,
        charts=(
            Chart(
                heading=f"What contacts earn in the shipped scenario {name}",
                reading="With all else at work too, and contacts that invite, the best rate lies inside the range.",
                x="chance a week of contacting a customer",
                y="contribution per customer",
                curves=(
                    Curve(label="on record, 2 standard errors", x=rates, y=earned, error=error),
                    judged.curve(rates, "others"),
                ),
            ),
        ),
    )


def contribution_at_rates(run: PatternRun, name: str, replicates: range) -> tuple[tuple[float, ...], Array]:
    """Run the strategy of a shipped scenario at every contact rate.

    Parameters
    ----------
    run : PatternRun
    name : str
        Of the scenario.
    replicates : range

    Returns
    -------
    tuple of float (A,), float64 (replicates, A)
        The rates, a week, and what each earned per customer, in money.
    """
    scenario, arms = _at_rates(run, name, _RATES)
    return _RATES, _earned(run, scenario, arms, replicates)


def _at_rates(run: PatternRun, name: str, rates: Iterable[float]) -> tuple[Scenario, list[str]]:
    """Return a shipped scenario with an arm for each contact rate, and the names of these."""
    written = run.scenario(name).to_dict()
    *_, led = [plans for arm, plans in written["arms"].items() if arm != written["baseline"]]
    arms = {}
    for rate in rates:
        strategy = led["focal"]["strategy"]
        contacted = {**strategy["contacts_per_week"], "customers": float(rate)}
        plan = {**led["focal"], "strategy": {**strategy, "contacts_per_week": contacted, "message": _MESSAGE}}
        arms[f"rate_{round(100 * rate)}"] = {**led, "focal": plan}
    # The baseline only gives all arms the same burn-in.
    waiting = {_WAITING: written["arms"][written["baseline"]]}
    scenario = Scenario.from_dict(
        {
            **written,
            "arms": {**waiting, **arms},
            "baseline": _WAITING,
            "population": run.population(_CUSTOMERS),
            "record": dict(COUNTS_ALONE),
        }
    )
    return scenario, list(arms)


class _Judged(NamedTuple):
    """What judges the best rate: its checks, and what the rates of some columns earned until the first look."""

    checks: tuple[Check, ...]
    columns: list[int]
    earned: Array

    def curve(self, rates: Array, whose: str) -> Curve:
        """Draw what was judged at first."""
        label = f"{len(self.earned)} {whose}, which judge the best"
        return Curve.of_replicates(label, rates[self.columns], self.earned)


def _judge(
    run: PatternRun,
    scenario: Scenario,
    arms: list[str],
    best: int,
    *,
    first: int = 0,
    looks: Sequence[Interim],
    words: str,
) -> _Judged:
    """Hold the best rate against both ends of the range, on replicates from the first; no other rate is needed."""
    ends = {0: "no contact", len(arms) - 1: "contact every week"}
    seen: list[tuple[list[int], Array]] = []

    def leads(added: range, still: tuple[int, ...]) -> dict[int, Array]:
        columns = sorted({best, *still})
        replicates = range(first + added.start, first + added.stop)
        earned = _earned(run, scenario, [arms[column] for column in columns], replicates)
        seen.append((columns, earned))
        top = earned[:, columns.index(best)]
        return {end: earned[:, columns.index(end)] - top for end in still}

    def check(end: int, lead: Array, spent: float) -> tuple[Check, ...]:
        what = f"{words.format(end=ends[end])}, per customer"
        return (Check.mean_beyond(what, 0.0, lead, kind=BELOW, spent=spent, source=_CONTACTS),)

    found = judge(tuple(ends), looks, leads, check)
    return _Judged(tuple(one for _, checks in found.values() for one in checks), *seen[0])


def _earned(run: PatternRun, scenario: Scenario, arms: list[str], replicates: range) -> Array:
    """Return what arms earn per customer: (replicates, arms)."""
    found = run.replicates(scenario, len(replicates), first=replicates.start, arms=arms)
    return np.array([[_contribution(histories[arm], scenario) for arm in arms] for histories in found])


def delight(run: PatternRun) -> Finding:
    """Follow the satisfaction that one lasting innovation brings, with expectations that adapt and without."""
    scenario = run.scenario("one_delight", record=dict(COUNTS_ALONE))
    # The same market, in which expectations never adapt.
    market = scenario.market
    frozen = replace(scenario, market=replace(market, experience=replace(market.experience, expectation_rate=0.0)))
    adapting, lasting = (_gained(run, each) for each in (scenario, frozen))
    weeks = np.arange(adapting.shape[1], dtype=np.float64)
    peak = int(adapting.mean(axis=0).argmax())
    high, _ = mean_and_error(adapting[:, peak])
    left = adapting[:, -_LAST:].mean(axis=1)
    fall = adapting[:, peak + 26] - adapting[:, peak]
    kept = lasting[:, -_LAST:].mean(axis=1)
    unadapted = "left after four years if expectations did not adapt: above half the peak"
    checks = (
        Check.mean_beyond("satisfaction gained at its peak", 0.0, adapting[:, peak], kind=ABOVE, source=_EXPECTATIONS),
        Check.near_mean(
            "satisfaction gained that is left after four years",
            0.0,
            left,
            student=True,
            absolute=0.02 * high,
            meaningful=0.10 * high,
            source=_EXPECTATIONS,
        ),
        Check.mean_beyond("change of it in the half year after the peak", 0.0, fall, kind=BELOW, source=_EXPECTATIONS),
        Check.mean_beyond(unadapted, 0.5 * high, kept, kind=ABOVE, source="the mechanism switched off"),
    )
    return Finding(
        checks=checks,
        charts=(
            Chart(
                heading="A one-off innovation delights, and fades",
                reading="Expectations rise to what is given: the innovation stays, the delight goes.",
                x="weeks since the innovation",
                y="satisfaction gained, utility",
                curves=(
                    Curve(label="if expectations did not adapt", x=weeks, y=lasting.mean(axis=0), published=True),
                    Curve(label="simulated", x=weeks, y=adapting.mean(axis=0)),
                ),
            ),
        ),
    )


def _rate(scenario: Scenario, arm: str) -> float:
    return scenario.arms[arm].plans[scenario.market.focal].strategy.contacts_per_week.customers


def _contribution(history: History, scenario: Scenario) -> float:
    """Contribution of the focal brand per customer, in money."""
    return float(measure(history, scenario).cash[0].sum() / history.minor_units / scenario.market_customers)


def _gained(run: PatternRun, scenario: Scenario) -> Array:
    """Return satisfaction gained against the arm without the innovation: (replicates, weeks)."""
    rows = []
    for arms in run.replicates(scenario, _DELIGHTS):
        after, before = (_satisfaction(arms[arm]) for arm in ("after", "before"))
        rows.append(after - before)
    return np.array(rows)


def _satisfaction(history: History) -> Array:
    heads = np.maximum(history.incumbents.sum(axis=(1, 2)), 1)
    return np.asarray(history.satisfaction.sum(axis=(1, 2)) / FIXED_POINT / heads, dtype=np.float64)


PRESSURE = Pattern(
    id="P9",
    noun="pressure",
    title="Contact pressure is an inverted U; a one-off delight fades",
    reference="Schmidt & Eisend 2015; Oliver 1980",
    scenarios=("pressure", "one_delight"),
    effort=330.0,
    run=run,
)
