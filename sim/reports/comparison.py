"""Comparison: the numbers of a finished comparison that its figures and pages show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.money import CENTS
from sim.analysis.bands import CashDoubt
from sim.calibration.ensemble import SEEDS
from sim.experiments.result import Result
from sim.number_format import counted, in_words
from sim.reports.figures.gap import Gap
from sim.scenario.journey import Journey

if TYPE_CHECKING:
    from sim.reports.figures.effectiveness import EffectivenessCurve

__all__ = [
    "all_journeys",
    "anything_bought",
    "arm_named",
    "arms_in_order",
    "cash_doubt",
    "cash_gains",
    "currency_of",
    "difference_name",
    "effectiveness_curves",
    "flows_of",
    "focal_title",
    "journeys_in_use",
    "other_arms",
    "paybacks",
    "persona_panels",
    "runs_in_words",
    "spread_of_values",
    "waterfall_terms",
]


def runs_in_words(result: Result) -> str:
    """Say how many replicates a comparison has; over an ensemble, of how many fits."""
    runs = counted(result.replicates, "replicate")
    if result.ensemble is None:
        return runs
    return f"{runs}: {counted(result.replicates // SEEDS, 'fit')} drawn, {SEEDS} times each"


def arm_named(result: Result, arm: str | None) -> str:
    """Return an arm by its name, the last one where none is given; ValueError where there is no such arm."""
    if arm is None:
        return arms_in_order(result)[-1]
    if arm not in result.scenario.arms:
        raise ValueError(f"there is no arm {arm!r}; there are {', '.join(result.scenario.arms)}")
    return arm


def arms_in_order(result: Result) -> list[str]:
    """Return the arms, the baseline first: an arm's place is its look."""
    return [result.scenario.baseline, *other_arms(result)]


def other_arms(result: Result) -> list[str]:
    """Return the arms that are compared with the baseline."""
    return [arm for arm in result.scenario.arms if arm != result.scenario.baseline]


def difference_name(result: Result, arm: str) -> str:
    """Return the key of an arm's difference from the baseline in `summary.json`."""
    return f"{arm} - {result.scenario.baseline}"


def focal_title(result: Result) -> str:
    """Return a reader's name of the focal brand."""
    focal = result.scenario.market.focal
    return result.scenario.market.brands[focal].title or in_words(focal)


def currency_of(result: Result) -> str:
    """Return the sign or the code of the currency; what writes an amount puts a space behind a code."""
    return result.scenario.market.economics.currency


def journeys_in_use(result: Result, arm: str) -> list[Journey]:
    """Return the journeys in use in an arm, the focal brand's first."""
    scenario = result.scenario
    plans = scenario.arms[arm].plans
    names = [plans[scenario.market.focal].journey] if scenario.market.focal in plans else []
    names += [plan.journey for plan in plans.values()]
    names.append(scenario.market.journey)
    return [scenario.journeys[name] for name in dict.fromkeys(names) if name in scenario.journeys]


def all_journeys(result: Result) -> list[Journey]:
    """Return the journeys in use in any arm, the baseline's first."""
    found: dict[str, Journey] = {}
    for arm in arms_in_order(result):
        for journey in journeys_in_use(result, arm):
            found.setdefault(journey.name, journey)
    return list(found.values())


def flows_of(result: Result, arm: str) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return by (from, to) how many customers moved over the horizon (replicates,)."""
    stages = result.stages
    counts = result.series(arm, lambda history: history.flows.sum(axis=0)) * result.scenario.scale
    return {
        (stages[source], stages[target]): counts[:, source, target]
        for source, target in np.argwhere(counts.any(axis=0)).tolist()
    }


def anything_bought(result: Result) -> bool:
    """Whether there was any purchase, of any brand, in any arm."""
    return any(bool(arms[arm].purchases.any()) for arms in result.histories for arm in arms)


def cash_gains(result: Result) -> dict[str, NDArray[np.float64]]:
    """Return by arm the weekly contribution minus the baseline's, in money (replicates, weeks)."""
    baseline = result.cash(result.scenario.baseline)
    return {arm: result.cash(arm) - baseline for arm in other_arms(result)}


def spread_of_values(result: Result, arm: str) -> dict[str, Any] | None:
    """Return how the differences in value are spread over customers, with the mean of the tables; None where not known.

    A table's mean has the company's luck taken out, which the customers of the replicates themselves have not.
    """
    name = difference_name(result, arm)
    found = result.summary_json["clv_differences"].get(name)
    if found is None or found["shares"]["all"]["winners"] is None:
        return None
    mean = result.summary_json["differences"][name]["clv"]["mean"]
    return {**found, "shares": {**found["shares"], "all": {**found["shares"]["all"], "mean": mean}}}


def cash_doubt(result: Result) -> CashDoubt:
    """Return what the bands of cumulative cash cover beside independent replicates."""
    return CashDoubt(
        result.sampling,
        {
            arm: doubt.shifts(lambda own, base: np.cumsum(own.gain(base)[0]) / CENTS)
            for arm, doubt in result.doubts.items()
        },
    )


def paybacks(result: Result) -> dict[str, tuple[float | None, float | None]]:
    """Return by arm the mean payback week and the share of replicates that pay back."""
    found = {
        arm: result.summary_json["differences"][difference_name(result, arm)]["payback_week"]
        for arm in other_arms(result)
    }
    return {arm: (entry["mean"], entry.get("share")) for arm, entry in found.items()}


def waterfall_terms(result: Result, arm: str) -> tuple[tuple[str, float], tuple[str, float], list[tuple[str, float]]]:
    """Return the baseline's and the arm's contribution, and the terms between them, each with its name."""
    baseline = result.scenario.baseline
    arms = result.summary_json["arms"]
    ends = [(in_words(name), float(arms[name]["contribution"]["mean"])) for name in (baseline, arm)]
    found = result.summary_json["waterfall"][difference_name(result, arm)]["all"]
    terms = [("running" if term == "run" else term, float(entry["mean"] or 0.0)) for term, entry in found.items()]
    return ends[0], ends[1], terms


def persona_panels(result: Result) -> tuple[list[str], list[tuple[str, str, dict[str, list[Gap]]]]]:
    """Return names of the rows, and for each panel its label, its kind and the differences by arm."""
    summary, scenario = result.summary_json, result.scenario
    blocks = [summary, *(summary["personas"][persona.name] for persona in scenario.personas)]
    names = ["everybody", *(persona.title or persona.name for persona in scenario.personas)]
    if len(scenario.personas) == 1:
        blocks, names = blocks[1:], names[1:]

    def gaps(metric: str, scale: float) -> dict[str, list[Gap]]:
        return {
            arm: [
                Gap(*(None if entry[key] is None else entry[key] * scale for key in ("mean", "ci_low", "ci_high")))
                for block in blocks
                for entry in [block["differences"][difference_name(result, arm)][metric]]
            ]
            for arm in other_arms(result)
        }

    heads = [
        float(scenario.market_customers),
        *(summary["persona_customers"][persona.name] for persona in scenario.personas),
    ]
    if len(scenario.personas) == 1:
        heads = heads[1:]
    each = gaps("contribution", 1.0)
    per_customer = {
        arm: [
            Gap(*(None if value is None or heads[row] == 0 else value / heads[row] for value in gap))
            for row, gap in enumerate(rows)
        ]
        for arm, rows in each.items()
    }
    return names, [
        (f"contribution, {currency_of(result)} a customer", "money", per_customer),
        ("loop share, points", "share", gaps("loop_share", 1.0)),
    ]


def effectiveness_curves(result: Result) -> dict[str, EffectivenessCurve]:
    """Return by arm its gain over effectiveness; arms without capabilities have none."""
    from sim.reports.figures.effectiveness import EffectivenessCurve  # loads what draws

    summary, out = result.summary_json, {}
    for arm in other_arms(result):
        name = difference_name(result, arm)
        found = summary.get("effectiveness", {}).get(name)
        if found is not None:
            at = summary["differences"][name]["break_even_effectiveness"]
            out[arm] = EffectivenessCurve(
                found["grid"], [_gap(entry) for entry in found["contribution"]], _gap(at or {})
            )
    return out


def _gap(entry: Mapping[str, float | None]) -> Gap:
    return Gap(entry.get("mean"), entry.get("ci_low"), entry.get("ci_high"))
