"""Levers: the sliders of the page, with the names, ranges and steps that the command line knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from agents.strategies import CAPABILITIES
from sim.analysis.summary import persona_titles
from sim.app.question import Book
from sim.experiments.factors import read_named_factor
from sim.reports.labels import sentence
from sim.scenario.dotted_key import value_at
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

__all__ = ["levers_of"]

#: Named factors by the part of the page in which they stand.
_GROUPS = {
    "The company": ("contact_rate", "capability_cost", "contact_cost"),
    "The market": ("product_quality", "margin", "loyalty", "fatigue", "competitors_answer"),
    "The customers": ("privacy_concern", "deliberation"),
}
_STEPS = 100


def levers_of(book: Book, name: str) -> list[dict[str, Any]]:
    """Return the sliders that a scenario has.

    Parameters
    ----------
    book : Book
        The scenarios.
    name : str
        One of them.

    Returns
    -------
    list of dict
        In the order of the page; each with ``key`` (as on the command line), ``title``, ``about``, ``group``, ``low``,
        ``high``, ``own`` (where the scenario stands), ``scale`` (linear or log) and ``step`` (of a linear one).

    Examples
    --------
    >>> from sim.scenario.config_path import ConfigPath
    >>> [lever["key"] for lever in levers_of(Book.of(ConfigPath.of()), "treadmill")][:2]
    ['arms.proactive.focal.strategy.automation', 'arms.proactive.focal.strategy.personalization']
    """
    scenario, arm = book.own(name), book.arm(name)
    if _is_chain(scenario):
        return [*_shares(scenario)]
    found = [*_strategy(scenario, arm)]
    for group, names in _GROUPS.items():
        for factor_name in names:
            try:
                factor = read_named_factor(factor_name, None, scenario, arm)
            except ConfigError:
                continue  # the scenario has nothing that it could change
            entry = {key: value for key, value in asdict(factor).items() if key in ("low", "high", "scale", "own")}
            found.append(
                {
                    "key": factor_name,
                    "title": sentence(factor.label),
                    "about": factor.title,
                    "group": group,
                    "step": _step(factor.low, factor.high),
                    **entry,
                }
            )
    found.extend(_shares(scenario))
    order = list(_GROUPS)
    return sorted(found, key=lambda lever: order.index(lever["group"]))


def _is_chain(scenario: Scenario) -> bool:
    """Say whether customers move by chances alone that no company, market or trait changes, as found in a log."""
    journeys = scenario.journeys.values()
    edges = [edge for journey in journeys for edge in journey.edges]
    hazards = [hazard for edge in edges for hazard in (edge.logit, edge.probability) if hazard is not None]
    return (
        all(stage.does == "nothing" for journey in journeys for stage in journey.stages.values())
        and all(edge.on is None and edge.only is None for edge in edges)
        and all(set(hazard) <= {"base"} for hazard in hazards)
    )


def _strategy(scenario: Scenario, arm: str) -> Iterator[dict[str, Any]]:
    """Yield the levels of the capabilities, how well they work, and when they start."""
    opening = f"arms.{arm}.focal.strategy"
    for name, capability in CAPABILITIES.items():
        yield _linear(f"{opening}.{name}", sentence(name), f"level of {capability.title}", 0.0, 1.0, scenario)
    own = value_at(scenario, f"{opening}.effectiveness")
    levels = set(own.values()) if isinstance(own, dict) else {own}
    if len(levels) == 1:
        lever = _linear(
            f"{opening}.effectiveness", "Effectiveness", "multiple of how well the capabilities are assumed to work",
            0.0, 2.0, scenario,
        )  # fmt: skip
        yield {**lever, "own": float(levels.pop())}
    start = _linear(
        f"{opening}.start_week", f"Start {scenario.step}", "step in which the strategy starts", 0.0, 104.0, scenario
    )
    if scenario.horizon > 104:
        yield {**start, "step": 1.0}


def _linear(key: str, title: str, about: str, low: float, high: float, scenario: Scenario) -> dict[str, Any]:
    own = value_at(scenario, key)
    return {
        "key": key,
        "title": title,
        "about": about,
        "group": "The company",
        "low": low,
        "high": high,
        "own": float(own) if isinstance(own, int | float) else low,
        "scale": "linear",
        "step": _step(low, high),
    }


def _shares(scenario: Scenario) -> Iterator[dict[str, Any]]:
    """Yield the shares of the personas; what they add up to is taken as the whole."""
    if len(scenario.personas) < 2:
        return
    titles = persona_titles(scenario)
    for persona in scenario.personas:
        title = titles.get(persona.name, persona.name)
        lever = _linear(
            f"personas.{persona.name}.share", f"Share of {title}", "part of all customers, relative to the others",
            0.0, 1.0, scenario,
        )  # fmt: skip
        yield {**lever, "group": "The customers"}


def _step(low: float, high: float) -> float:
    """Return a step of a slider that reaches both ends in round numbers."""
    raw = (high - low) / _STEPS
    return 0.01 if raw <= 0.02 else round(raw, 2)
