"""Story: one customer's life in every arm, week by week, up to where the lives part and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.quantity import choice, quantity, whole
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read
from sim.scenario.settings import Settings, check_writable, read_settings

__all__ = ["Choice", "Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whose life is told."""

    customer: int | None = whole(None, 0, None, "a customer's number; null: as picked", "customers", optional=True)
    pick: str = choice("typical", ("winner", "loser", "typical"), "whose life, by what the other arm is worth")
    replicate: int = whole(0, 0, 100_000, "in which replicate")
    run: str | None = quantity("a run whose recorded market is used; null: live it", default=None, optional=True)


@dataclass(frozen=True, slots=True)
class Work:
    """A story to be told."""

    scenario: Scenario
    settings: Settings
    choice: Choice
    #: The finished run whose market the customer meets again, or None where the market has to be lived first.
    run: Path | None = None


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or there is no such customer.
    """
    settings, rest = read_settings(data)
    keys = ("customer", "pick", "replicate", "run")
    chosen = read(Choice, {key: rest.pop(key) for key in keys if key in rest})
    run = None
    if chosen.run is None:
        scenario = Scenario.from_dict(rest, config_path=config_path)
    else:
        run, scenario, settings, chosen = _recorded(chosen, settings)
    if chosen.customer is not None and chosen.customer >= scenario.population:
        last = scenario.population - 1
        raise ConfigError(f"customer is {chosen.customer}; the customers of this population are 0 to {last}")
    check_writable(settings.output_dir)
    return Work(scenario, settings, chosen, run)


def _recorded(chosen: Choice, settings: Settings) -> tuple[Path, Scenario, Settings, Choice]:
    """Look up a finished run: its scenario, its seed and, where no customer is named, whom it picked."""
    from sim.results.runs import find_run

    folder = find_run(settings.output_dir, chosen.run or "latest").path
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        seed, replicates, picks = int(summary["seed"]), int(summary["replicates"]), summary["picks"]
    except (OSError, ValueError, KeyError, TypeError):
        found = f"{str(folder)!r} holds no summary of a compare"
        raise ConfigError(f"run is {chosen.run!r}, but {found}; give another") from None
    if summary.get("ensemble"):
        raise ConfigError(
            f"run is {chosen.run!r}, which was lived over an ensemble of parameter sets: a story is about one market;"
            " give a run without one"
        )
    if chosen.replicate >= replicates:
        raise ConfigError(f"replicate is {chosen.replicate}; the replicates of this run are 0 to {replicates - 1}")
    if chosen.customer is None:
        first = next(iter(picks.values()), None) if isinstance(picks, dict) else None
        if chosen.replicate != 0 or not first:
            raise ConfigError(
                f"pick is {chosen.pick!r}, but this run picked nobody in replicate {chosen.replicate};"
                " give customer=NUMBER"
            )
        chosen = replace(chosen, customer=int(first[chosen.pick]))
    return folder, Scenario.from_yaml(folder / "config.yaml"), replace(settings, seed=seed), chosen


def perform(work: Work) -> None:
    """Live the customer's lives and print them."""
    from sim.experiments.story import story

    scenario, settings, chosen = work.scenario, work.settings, work.choice
    traces = None
    if work.run is not None:
        from sim.results import read_trace

        traces = {arm: read_trace(work.run, arm, chosen.replicate) for arm in scenario.arms}
    with Progress(scenario.customer_weeks(), settings, scenario.title or scenario.name) as progress:
        told = story(
            scenario,
            seed=settings.seed,
            replicate=chosen.replicate,
            customer=chosen.customer,
            pick=chosen.pick,
            engine=settings.engine,
            threads=settings.threads,
            on_progress=progress.advance,
            traces=traces,
        )
    print(told)
