"""What each mechanism costs: one arm with almost nothing in it, and every mechanism switched on alone."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agents.strategies import Contacts, Strategy
from benchmarks.measure import Measure, customer_weeks, live, scenario_of, turns
from sim.scenario.resolved import Arm, Plan
from sim.scenario.scenario import Scenario

__all__ = ["MECHANISMS", "mechanisms"]

Change = Callable[[Scenario], Scenario]


def _market(**changes: Any) -> Change:
    """A change of the market, of one of its parts or of one of its own numbers."""

    def change(scenario: Scenario) -> Scenario:
        market = scenario.market
        parts = {
            name: replace(getattr(market, name), **given) if isinstance(given, Mapping) else given
            for name, given in changes.items()
        }
        return replace(scenario, market=replace(market, **parts))

    return change


def _personas(**changes: Any) -> Change:
    return lambda scenario: replace(
        scenario, personas=tuple(replace(persona, **changes) for persona in scenario.personas)
    )


def _strategy(journey: str = "classic", **levels: Any) -> Change:
    """Another strategy of the focal brand, from the first week of the burn-in on."""

    def change(scenario: Scenario) -> Scenario:
        (arm,) = scenario.arms.values()
        plan = Plan(journey=journey, strategy=Strategy(**levels))
        plans = {**arm.plans, scenario.market.focal: plan}
        return replace(scenario, arms={arm.name: Arm(name=arm.name, plans=plans)})

    return change


def _after(*changes: Change) -> Change:
    def change(scenario: Scenario) -> Scenario:
        for one in changes:
            scenario = one(scenario)
        return scenario

    return change


def _without_channels(scenario: Scenario) -> Scenario:
    journeys = {
        name: replace(journey, stages={stage: replace(given, channels={}) for stage, given in journey.stages.items()})
        for name, journey in scenario.journeys.items()
    }
    return replace(scenario, journeys=journeys)


_CONTACTS = Contacts(customers=0.15, prospects=0.03)
_ALL_FOUR: Mapping[str, Any] = {
    "automation": 0.7,
    "personalization": 0.6,
    "context": 0.6,
    "innovation": 0.5,
    "prospect_knowledge": 0.1,
    "contacts_per_week": _CONTACTS,
}

#: What is switched on, and how: the classic arm of `treadmill` without channels comes first.
MECHANISMS: Mapping[str, Change] = {
    "classic journey, no channels": _without_channels,
    "channels with cost and effort": lambda scenario: scenario,
    "word of mouth in 20 communities": _market(word_of_mouth={"structure": "communities", "communities": 20}),
    "log-gamma tastes": _market(choice={"taste": "log_gamma"}),
    "automation": _strategy(automation=0.7),
    "the same, adaptive personas (digital affinity)": _after(_personas(adapt_digital=0.05), _strategy(automation=0.7)),
    "innovation": _strategy(innovation=0.5),
    "contacts, mistimed all": _strategy(contacts_per_week=_CONTACTS),
    "contacts with context": _strategy(context=0.6, contacts_per_week=_CONTACTS),
    "contacts with context and personalization": _strategy(
        context=0.6, personalization=0.6, prospect_knowledge=0.1, contacts_per_week=_CONTACTS
    ),
    "the same, adaptive personas (privacy)": _after(
        _personas(adapt_privacy=0.05),
        _strategy(context=0.6, personalization=0.6, prospect_knowledge=0.1, contacts_per_week=_CONTACTS),
    ),
    "the proactive journey, no capability": _strategy("proactive"),
    "the proactive journey, all four capabilities": _strategy("proactive", **_ALL_FOUR),
    "accounts of single customers (CLV)": lambda scenario: replace(
        scenario, record=replace(scenario.record, lives=10**9)
    ),
    "moments of 200 customers": lambda scenario: replace(scenario, record=replace(scenario.record, events=200)),
}


def mechanisms(size: str) -> list[Measure]:
    """Measure what a customer-week costs with each mechanism, by processor time on one thread."""
    people = {"quick": 3_000, "usual": 50_000, "full": 200_000}[size]
    weeks = (26, 13) if size == "quick" else (104, 52)
    whole = scenario_of(people, *weeks)
    bare = replace(whole, arms={"classic": whole.arms["classic"]})
    scenarios = {name: change(bare) for name, change in MECHANISMS.items()}
    for scenario in scenarios.values():
        live(replace(scenario, population=100, horizon=2, burn_in=2))
    jobs = {name: lambda scenario=scenario: live(scenario) for name, scenario in scenarios.items()}
    best = turns(jobs, 2 if size == "quick" else 4, time.process_time)
    cost = {name: 1e9 * best[name] / customer_weeks(bare) for name in best}
    reference = "channels with cost and effort"
    lines = []
    for name, nanoseconds in cost.items():
        lines.append(Measure("mechanisms", name, f"{name}, per customer-week", nanoseconds, "ns"))
        if name != reference:
            more = nanoseconds - cost[reference]
            lines.append(Measure("mechanisms", f"+{name}", "    more than the classic arm", more, "ns"))
    return [*lines, _waiting(size)]


def _waiting(size: str) -> Measure:
    """A customer who only waits: whose next need is years away."""
    people, span = (10_000, 200) if size == "quick" else (1_000_000, 200)
    change = _market(need={"mean_weeks": 5_000.0, "shape": 100.0, "heterogeneity": None})
    one = {
        weeks: replace(change(scenario_of(people, weeks, 0, ("classic",))), horizon=weeks) for weeks in (span, 2 * span)
    }
    jobs = {str(weeks): lambda scenario=scenario: live(scenario) for weeks, scenario in one.items()}
    best = turns(jobs, 3, time.process_time)
    # Birth is taken out by the difference of two spans.
    spent = best[str(2 * span)] - best[str(span)]
    nanoseconds = 1e9 * spent / (people * span)
    return Measure(
        "mechanisms", "waiting", f"a customer who only waits, per week, N={people:,}", nanoseconds, "ns", at_most=1.0
    )
