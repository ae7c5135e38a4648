"""Page: the report of a comparison, from its result to the slots of the template."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agents.personas import Persona
from agents.strategies import CAPABILITIES, PersonaStrategy, Strategy, highest_level
from agents.traits import TRAITS
from sim.analysis.goal import goal_called
from sim.analysis.verdict import break_even_sentence
from sim.experiments.result import Result
from sim.number_format import in_words, typed
from sim.reports.best_responses import best_response_tables
from sim.reports.comparison import difference_name, focal_title, other_arms, runs_in_words, spread_of_values
from sim.reports.difference_table import Row, difference_rows
from sim.reports.document import write_page
from sim.reports.drawing_process import draw_all
from sim.reports.effects import effects
from sim.reports.labels import METRIC_WORDS, metric_words
from sim.reports.moves import MOST_SHOWN, move_rows
from sim.reports.scope import customers_in_words, horizon_in_words
from sim.reports.time_to_goal import time_rows

__all__ = ["write_report"]

_PERSONA_METRICS = ("contribution", "clv", "loop_share", "retention", "satisfaction", "opt_out_rate")


class ParameterRow(NamedTuple):
    """One value of the configuration with what it means."""

    name: str
    value: str
    unit: str
    about: str


def write_report(result: Result, folder: Path) -> Path:
    """Draw every figure into ``folder/figures`` and write ``folder/report.html``.

    Parameters
    ----------
    result : Result
    folder : Path
        An existing folder. Its `manifest.json`, if there is one, tells version and hash for the section on reproducing.

    Returns
    -------
    Path
        The report.
    """
    (folder / "figures").mkdir(exist_ok=True)
    slots = _slots(result)
    overview, pictures = draw_all(result)
    (folder / "figures" / "overview.png").write_bytes(overview)
    return write_page("compare", folder, pictures, **slots)


def _slots(result: Result) -> dict[str, Any]:
    scenario, summary = result.scenario, result.summary_json
    currency = scenario.market.economics.currency
    others = other_arms(result)
    return {
        "title": scenario.title or scenario.name,
        "command": "journey compare from=.",
        "scenario": scenario,
        "customers": customers_in_words(scenario.market_customers, scenario.population),
        "horizon": horizon_in_words(scenario.horizon, scenario.step, scenario.start_date),
        "baseline": scenario.baseline,
        "focal": focal_title(result),
        "currency": currency,
        "others": others,
        "replicates": result.replicates,
        "runs": runs_in_words(result),
        "seed": result.seed,
        "verdict": [part.split("\n") for part in str(summary["verdict"]).strip().split("\n\n")],
        "summary": summary,
        "moves": [] if scenario.has_market else move_rows(result),
        "moves_shown": MOST_SHOWN,
        "times": time_rows(summary),
        "goal": goal_called(summary.get("goal", {}).get("stages", ())),
        "rows": {arm: difference_rows(summary, arm, currency) for arm in others},
        "origins": {
            arm: summary.get("origins", {}).get(difference_name(result, arm), {}).get("all", {}) for arm in others
        },
        "personas": {arm: _personas(result, arm, currency) for arm in others},
        "values": {arm: _values(result, arm) for arm in others},
        "break_even": {arm: break_even_sentence(summary, arm) for arm in others},
        "metrics": metric_words(summary),
        "known_metrics": [
            metric
            for metric in METRIC_WORDS
            if any(summary["arms"][arm].get(metric, {}).get("mean") is not None for arm in scenario.arms)
        ],
        "persona_metrics": _PERSONA_METRICS,
        "answers": best_response_tables(summary, currency),
        "strategies": list(_strategies(result)),
        "effects": list(effects(result)),
        "capabilities": CAPABILITIES,
        "parameters": list(_parameters(scenario.market)),
        "traits": TRAITS,
    }


def _personas(result: Result, arm: str, currency: str) -> list[tuple[Persona, float, list[Row]]]:
    """Return by persona how many customers it has and its differences from the baseline."""
    lines = []
    for persona in result.scenario.personas:
        block = {
            **result.summary_json["personas"][persona.name],
            "baseline": result.scenario.baseline,
            **{key: result.summary_json[key] for key in ("step", "renews")},
        }
        found = {row.metric: row for row in difference_rows(block, arm, currency, only=_PERSONA_METRICS)}
        customers = result.summary_json["persona_customers"][persona.name]
        lines.append((persona, customers, [found[metric] for metric in _PERSONA_METRICS]))
    return lines


def _values(result: Result, arm: str) -> Mapping[str, Any] | None:
    """Return the shares of customers who are worth more or less than in the baseline; None where not known.

    ``slightly`` is the share of those worth less who lose no more than the narrowest bar below zero: (share, amount).
    """
    found = spread_of_values(result, arm)
    if found is None:
        return None
    shares, zero = found["shares"]["all"], found["edges"].index(0.0)
    fewer = shares["losers"] * shares["customers"]
    slightly = (found["counts"][zero - 1] / fewer, -found["edges"][zero - 1]) if fewer and zero else None
    return {**shares, "slightly": slightly}


def _strategies(result: Result) -> Iterator[tuple[str, str, str, Strategy, list[tuple[str, dict[str, float]]]]]:
    """Yield (arm, brand, journey, strategy, levels that differ by persona and phase) of every plan that acts."""
    for arm in result.scenario.arms.values():
        for brand, plan in arm.plans.items():
            strategy = plan.strategy
            acting = (*CAPABILITIES, "customers", "prospects", "prospect_knowledge")
            if not any(highest_level(strategy, name) for name in acting):
                continue
            market, journey = result.scenario.market, result.scenario.journeys[plan.journey]
            titles = {persona.name: persona.title or in_words(persona.name) for persona in result.scenario.personas}
            yield (
                in_words(arm.name),
                market.brands[brand].title or in_words(brand),
                journey.title or in_words(journey.name),
                strategy,
                [(words, levels) for words, levels in _own_levels(strategy, titles, result.scenario.step) if levels],
            )


def _own_levels(strategy: Strategy, titles: Mapping[str, str], step: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield for whom or from when levels differ, and which."""

    def stated(levels: PersonaStrategy) -> dict[str, float]:
        found = {field.name: getattr(levels, field.name) for field in dataclasses.fields(PersonaStrategy)}
        return {name: level for name, level in found.items() if level is not None}

    for persona, levels in strategy.personas.items():
        yield f"for {titles[persona]}", stated(levels)
    for phase in sorted(strategy.phases.values(), key=lambda phase: phase.weeks):
        when = f"from {step} {phase.weeks} after the start"
        yield when, stated(phase)
        for persona, levels in phase.personas.items():
            yield f"{when}, for {titles[persona]}", stated(levels)


def _parameters(item: Any, path: str = "") -> Iterator[ParameterRow]:
    """Walk a configuration and yield every value with the meaning its field declares."""
    for field in dataclasses.fields(item):
        found, about = getattr(item, field.name), field.metadata
        name = f"{path}{field.name}"
        if name in ("name", "title"):
            continue
        if dataclasses.is_dataclass(found):
            yield from _parameters(found, f"{name}.")
        elif isinstance(found, Mapping):
            for key, inner in found.items():
                if dataclasses.is_dataclass(inner):
                    yield from (
                        part
                        for part in _parameters(inner, f"{name}.{key}.")
                        if not part.name.endswith((".name", ".title"))
                    )
                else:
                    yield ParameterRow(f"{name}.{key}", _plain(inner), about.get("unit", ""), about.get("about", ""))
        else:
            yield ParameterRow(name, _plain(found), about.get("unit", ""), about.get("about", ""))


def _plain(found: Any) -> str:
    if found is None:
        return "none"
    if isinstance(found, bool):
        return "yes" if found else "no"
    return typed(found) if isinstance(found, float) else str(found)
