"""Null effect (P8): a proactive journey without any capability or contact is the classic one, bit for bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, Contacts, Strategy
from sim.record.history import History
from sim.scenario.config_path import ConfigPath
from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart, Curve
from sim.validation.check import Check
from sim.validation.pattern import Finding, Pattern, PatternRun

__all__ = ["NULL_EFFECT", "count_differences", "powerless", "shipped"]

#: By then every mechanism has acted on every kind of customer; the equality is exact, whatever the size.
_POPULATION, _HORIZON, _BURN_IN = 1000, 104, 52


def run(run: PatternRun) -> Finding:
    """Run every shipped scenario without capabilities and contacts, and as it is; count the figures that differ."""
    checks: list[Check] = []
    names = shipped()
    led: list[int] = []
    for name in names:
        scenario = run.scenario(name, horizon=_HORIZON, burn_in=_BURN_IN, record={"customers": True, "events": 100_000})
        scenario = _early(scenario.simulating(run.population(_POPULATION)))
        nothing = _differences(run, powerless(scenario))
        something = _differences(run, scenario)
        led.append(something)
        checks.append(
            Check(
                what=f"{name}: figures that differ",
                published=0.0,
                simulated=float(nothing),
                tolerance=0.0,
                # Were the arms equal whatever their levels, this comparison could find nothing: undecidable then.
                meaningful=float(something - 1),
                rule="exact",
                source="this model's promise",
            )
        )
    positions = np.arange(len(names), dtype=np.float64)
    without = np.array([check.simulated for check in checks])
    return Finding(
        checks=tuple(checks),
        charts=(
            Chart(
                heading="Figures that differ between the arms of a shipped scenario",
                reading="Without capabilities and contacts not one figure differs; with them thousands do.",
                x="scenario",
                y="figures that differ, log10(1 + n)",
                curves=(
                    Curve(label="without capabilities and contacts", x=positions, y=np.log10(1.0 + without)),
                    Curve(label="as shipped", x=positions, y=np.log10(1.0 + np.array(led, dtype=np.float64))),
                ),
                kind="bars",
                ticks=names,
            ),
        ),
        notes=(
            "Compared are all counts by week, persona, stage, brand and origin, all money, every customer's account, "
            "and every event of the log. As shipped, the scenarios differ in "
            f"{min(led):,} to {max(led):,} figures: the comparison could have found something.",
        ),
    )


def shipped() -> tuple[str, ...]:
    """Return the names of every shipped scenario."""
    return ConfigPath.of().names("scenario")


def powerless(scenario: Scenario) -> Scenario:
    """Return the scenario with all capabilities, contact rates and promises at 0; journeys and costs stay."""

    def without(strategy: Strategy) -> Strategy:
        nothing: dict[str, Any] = dict.fromkeys(CAPABILITIES, 0.0)
        return replace(strategy, **nothing, contacts_per_week=Contacts(), promise=0.0, personas={}, phases={})

    return _with_strategies(scenario, without)


def count_differences(one: History, other: History) -> int:
    """Count the figures in which two histories differ, bit for bit; a shape that differs counts its larger size."""
    count = 0
    for (_, mine), (_, theirs) in zip(_arrays(one), _arrays(other), strict=True):
        if mine.shape != theirs.shape:
            count += max(mine.size, theirs.size)
        elif mine.tobytes() != theirs.tobytes():
            count += int(np.count_nonzero(mine != theirs))
    return count


def _arrays(value: Any, place: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        if dataclasses.is_dataclass(inner):
            yield from _arrays(inner, f"{place}{field.name}.")
        elif isinstance(inner, np.ndarray):
            yield f"{place}{field.name}", inner


def _differences(run: PatternRun, scenario: Scenario) -> int:
    (arms,) = run.replicates(scenario, 1)
    baseline = arms[scenario.baseline]
    return sum(count_differences(history, baseline) for arm, history in arms.items() if arm != scenario.baseline)


def _early(scenario: Scenario) -> Scenario:
    """Let strategies start within the horizon of this test."""
    return _with_strategies(
        scenario, lambda strategy: replace(strategy, start_week=min(strategy.start_week, _HORIZON // 4))
    )


def _with_strategies(scenario: Scenario, change: Any) -> Scenario:
    arms = {
        name: replace(
            arm,
            plans={brand: replace(plan, strategy=change(plan.strategy)) for brand, plan in arm.plans.items()},
        )
        for name, arm in scenario.arms.items()
    }
    return replace(scenario, arms=arms)


NULL_EFFECT = Pattern(
    id="P8",
    noun="null_effect",
    title="Without capabilities and contacts the proactive journey is the classic one, bit for bit",
    reference="this model's promise",
    scenarios=shipped(),
    effort=4.0,
    run=run,
)
