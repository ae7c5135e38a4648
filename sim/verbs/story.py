"""Story: one customer's life in every arm, week by week, up to where the lives part and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.quantity import choice, whole
from sim.errors import ConfigError
from sim.experiments.load import scenario_from_dict
from sim.library import Library
from sim.progress import Progress
from sim.reading import read
from sim.scenario import Scenario
from sim.settings import Settings, check_writable, read_settings

__all__ = ["Choice", "Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whose life is told."""

    customer: int | None = whole(None, 0, None, "a customer's number; null: as picked", "customers", optional=True)
    pick: str = choice("typical", ("winner", "loser", "typical"), "whose life, by what the other arm is worth")
    replicate: int = whole(0, 0, 100_000, "in which replicate")


@dataclass(frozen=True, slots=True)
class Work:
    """A story to be told."""

    scenario: Scenario
    settings: Settings
    choice: Choice


def prepare(data: Mapping[str, Any], library: Library) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or there is no such customer.
    """
    settings, rest = read_settings(data)
    keys = ("customer", "pick", "replicate")
    chosen = read(Choice, {key: rest.pop(key) for key in keys if key in rest})
    scenario = scenario_from_dict(rest, library=library)
    if chosen.customer is not None and chosen.customer >= scenario.population:
        last = scenario.population - 1
        raise ConfigError(f"customer is {chosen.customer}; the customers of this population are 0 to {last}")
    check_writable(settings.output_dir)
    return Work(scenario, settings, chosen)


def perform(work: Work) -> None:
    """Live the customer's lives and print them."""
    from sim.experiments.story import story

    scenario, settings, chosen = work.scenario, work.settings, work.choice
    total = scenario.population * (scenario.burn_in + scenario.horizon * len(scenario.arms))
    with Progress(total, settings, scenario.title or scenario.name) as progress:
        told = story(
            scenario,
            seed=settings.seed,
            replicate=chosen.replicate,
            customer=chosen.customer,
            pick=chosen.pick,
            engine=settings.engine,
            threads=settings.threads,
            on_progress=progress.advance,
        )
    print(told)
