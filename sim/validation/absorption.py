"""Absorption (P6): a journey of constant probabilities is an absorbing Markov chain with exact expectations."""

from __future__ import annotations

from collections.abc import Iterator
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.analysis.markov import Chain, chain_of
from sim.record.history import History
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart, Curve
from sim.validation.check import Check
from sim.validation.pattern import COUNTS_ALONE, Finding, Pattern, PatternRun

__all__ = ["ABSORPTION", "check_chain", "random_chain"]

#: Random journeys beside the shipped one.
RANDOM_CHAINS = 4
CUSTOMERS = 200_000
#: Each figure of a chain is allowed four standard errors: of about forty, one in four hundred seeds exceeds any.
_SIGMAS = 4.0
_ALARMS = erfc(_SIGMAS / sqrt(2.0))
_SOURCE = "fundamental matrix (Kemeny & Snell 1960)"
#: Deviations that matter: of a share, and relative ones of the mean and the variance of a time.
_SHARE, _MEAN, _VARIANCE = 0.01, 0.02, 0.06
_MEAN_WEEKS, _VARIANCE_WEEKS = "mean weeks to the end", "variance of the weeks to the end"
#: Share of customers who may still be on their way at the end.
_LEFT = 1e-7


def random_chain(generator: np.random.Generator, name: str = "chain", customers: int = CUSTOMERS) -> Scenario:
    """Draw a journey: three to seven transient stages in a random graph, one to three absorbing ones.

    Every transient stage is left with a probability of 5 % to 95 % a week, and leads to an absorbing one.

    Parameters
    ----------
    generator : Generator
        Where the journey is drawn from.
    name : str
        Of scenario, journey and arm.
    customers : int
        Population.

    Returns
    -------
    Scenario
        Its horizon is long enough that all but a share of 1e-8 of the customers are absorbed.
    """
    transient, ends = int(generator.integers(3, 8)), int(generator.integers(1, 4))
    stages = [f"stage_{at}" for at in range(transient)] + [f"end_{at}" for at in range(ends)]
    edges = []
    for at in range(transient):
        others = [to for to in range(transient + ends) if to != at]
        chosen = set(generator.choice(others, size=min(len(others), int(generator.integers(1, 5))), replace=False))
        # On to the next stage, or an end: so that every stage is reached and none is a trap.
        chosen.add(at + 1)
        if at == transient - 1:
            chosen.update(range(transient, transient + ends))
        weights = generator.dirichlet(np.ones(len(chosen))) * generator.uniform(0.05, 0.95)
        edges += [
            {"from": stages[at], "to": stages[int(to)], "probability": float(weight)}
            for to, weight in zip(sorted(chosen), weights, strict=True)
        ]
    first = float(generator.uniform(0.4, 1.0))
    journey = {
        "start": {stages[0]: first, stages[1]: 1.0 - first},
        "stages": {stage: {} for stage in stages},
        "edges": edges,
    }
    data = {
        "name": name,
        "market": "none",
        "personas": "everyone",
        "journeys": {name: journey},
        "arms": {name: {"focal": {"journey": name}}},
        "baseline": name,
        "population": customers,
        "horizon": 1,
        "burn_in": 0,
        "record": dict(COUNTS_ALONE),
    }
    scenario = Scenario.from_dict(data)
    weeks = chain_of(scenario.journeys[name]).steps_until(_LEFT / 10.0)
    return Scenario.from_dict({**data, "horizon": min(weeks, 5000)})


def check_chain(label: str, scenario: Scenario, history: History) -> list[Check]:
    """Compare the occupancy, absorption and absorption times of a simulated chain with the exact ones.

    Parameters
    ----------
    label : str
        Opens the name of every check.
    scenario : Scenario
        With one journey of constant probabilities.
    history : History
        What was simulated.

    Returns
    -------
    list of Check
    """
    journey = next(iter(scenario.journeys.values()))
    chain = chain_of(journey)
    stages = stage_names(scenario.journeys)
    order = [stages.index(state) for state in chain.states]
    counts = np.asarray(history.customers.sum(axis=1)[:, order], dtype=np.float64)
    expected = chain.occupancy(len(counts))
    return [
        _check_occupancy(label, expected, counts / scenario.population, scenario.population),
        *_check_ends(label, chain, counts[-1], scenario.population),
        *_check_times(label, chain, counts),
    ]


def _check_occupancy(label: str, expected: NDArray[np.float64], found: NDArray[np.float64], customers: int) -> Check:
    """Compare the share in every stage and week at once, by the largest deviation in its own standard errors."""
    error = np.sqrt(expected * (1.0 - expected) / customers)
    # Where fewer than ten customers are expected a binomial is no normal; those weeks say nothing.
    enough = expected * (1.0 - expected) * customers >= 10.0
    deviation = np.where(enough, np.abs(found - expected) / np.where(enough, error, 1.0), 0.0)
    sigmas = NormalDist().inv_cdf(1.0 - _ALARMS / 2.0 / max(1, int(enough.sum())))
    week, state = np.unravel_index(int(deviation.argmax()), deviation.shape)
    return Check.near(
        f"{label}: share in a stage, the worst of {int(enough.sum())} (week {week + 1})",
        float(expected[week, state]),
        float(found[week, state]),
        float(error[week, state]),
        sigmas=sigmas,
        meaningful=_SHARE,
        source=_SOURCE,
    )


def _check_ends(label: str, chain: Chain, final: NDArray[np.float64], customers: int) -> Iterator[Check]:
    for name, share, count in zip(
        chain.states[chain.transient :], chain.absorbed(), final[chain.transient :], strict=True
    ):
        yield Check.near(
            f"{label}: share that ends in {name}",
            float(share),
            float(count) / customers,
            sqrt(max(share * (1.0 - share), 0.0) / customers),
            sigmas=_SIGMAS,
            meaningful=_SHARE,
            source=_SOURCE,
        )


def _check_times(label: str, chain: Chain, counts: NDArray[np.float64]) -> Iterator[Check]:
    arrived = np.diff(np.r_[0.0, counts[:, chain.transient :].sum(axis=1)])
    weeks = np.arange(1, arrived.size + 1, dtype=np.float64)
    n = arrived.sum()
    mean, variance = chain.moments()
    found = float((arrived * weeks).sum() / n)
    spread = float((arrived * (weeks - found) ** 2).sum() / (n - 1.0))
    fourth = float((arrived * (weeks - found) ** 4).sum() / n)
    yield Check.near(
        f"{label}: {_MEAN_WEEKS}",
        mean,
        found,
        sqrt(variance / n),
        sigmas=_SIGMAS,
        meaningful=_MEAN * mean,
        source=_SOURCE,
    )
    yield Check.near(
        f"{label}: {_VARIANCE_WEEKS}",
        variance,
        spread,
        sqrt(max(fourth - spread**2, 0.0) / n),
        sigmas=_SIGMAS,
        meaningful=_VARIANCE * variance,
        source=_SOURCE,
    )


def _occupancy_chart(scenario: Scenario, history: History) -> Chart:
    """Draw one stage that is passed through and one end: exact, and what the customers did."""
    chain = chain_of(next(iter(scenario.journeys.values())))
    stages = stage_names(scenario.journeys)
    expected = chain.occupancy(scenario.horizon)
    # Weeks in which all but one customer in a hundred arrive.
    shown = int(np.argmax(expected[:, : chain.transient].sum(axis=1) < 0.01)) + 1
    weeks = np.arange(1, shown + 1, dtype=np.float64)
    curves = []
    for at in (1, chain.transient):
        name = chain.states[at]
        found = history.customers[:shown, :, stages.index(name)].sum(axis=1) / scenario.population
        curves.append(Curve(label=f"{name}, exact", x=weeks, y=expected[:shown, at], published=True))
        curves.append(Curve(label=name, x=weeks, y=found))
    return Chart(
        heading="Where customers are, week by week",
        reading="Each simulated line lies on the exact one of the same stage.",
        x="week",
        y="share of customers",
        curves=tuple(curves),
    )


def _times_chart(checks: list[Check]) -> Chart:
    """Draw mean and standard deviation of the weeks to the end, exact against simulated, of every journey."""
    means = [check for check in checks if _MEAN_WEEKS in check.what]
    spreads = [check for check in checks if _VARIANCE_WEEKS in check.what]
    exact = np.r_[[check.published for check in means], np.sqrt([check.published for check in spreads])]
    return Chart(
        heading="Weeks to the end, of every journey",
        reading="Every simulated point lies on its exact one.",
        x="exact",
        y="simulated",
        kind="points",
        curves=(
            Curve(label="exact", x=exact, y=exact, published=True),
            Curve(
                label="mean",
                x=np.array([check.published for check in means]),
                y=np.array([check.simulated for check in means]),
            ),
            Curve(
                label="standard deviation",
                x=np.sqrt([check.published for check in spreads]),
                y=np.sqrt([check.simulated for check in spreads]),
            ),
        ),
    )


def _run(run: PatternRun) -> Finding:
    scenario = run.scenario("absorption", record=dict(COUNTS_ALONE))
    generator = np.random.Generator(np.random.Philox(key=[run.seed, 0x61627372]))
    named = {"shipped journey": scenario}
    for at in range(1, RANDOM_CHAINS + 1):
        named[f"random journey {at}"] = random_chain(generator, f"random_{at}", run.population(CUSTOMERS))
    checks: list[Check] = []
    charts: list[Chart] = []
    for label, one in named.items():
        (history,) = run.histories(one)
        checks += check_chain(label, one, history)
        if one is scenario:
            charts.append(_occupancy_chart(one, history))
    charts.append(_times_chart(checks))
    return Finding(
        checks=tuple(checks),
        charts=tuple(charts),
        notes=(
            f"{RANDOM_CHAINS} journeys are drawn from the seed; tests draw many more. {len(checks)} checks at four"
            f" standard errors (or, for the worst of many shares, as rarely): one of them fails by chance in"
            f" {100 * _ALARMS * len(checks):.1g} % of all seeds.",
        ),
    )


ABSORPTION = Pattern(
    id="P6",
    noun="absorption",
    title="Journeys of constant probabilities are Markov chains",
    reference="Kemeny & Snell 1960",
    scenarios=("absorption",),
    effort=0.2 * 150 * (RANDOM_CHAINS + 1),
    run=_run,
)
