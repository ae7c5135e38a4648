"""Attribute: how much of an arm's effect each capability causes, alone and together."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.quantity import choice, quantity, text
from sim.experiments.arm_metrics import check_metric, pick_arm
from sim.experiments.attribute import CONTACTS, factorial_design
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read
from sim.scenario.settings import Settings, check_writable, lasting, read_settings

__all__ = ["Question", "Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be explained."""

    arm: str | None = quantity(
        "the arm that is explained; null: the first that is not the baseline", default=None, optional=True
    )
    metric: str = text("contribution", "the metric that is divided")
    contacts: str = choice("base", CONTACTS, "whether contacts stand in every combination or are a player")


@dataclass(frozen=True, slots=True)
class Work:
    """An attribution to be made."""

    scenario: Scenario
    question: Question
    settings: Settings
    output_dir: Path


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or results cannot be written where they are to go.
    """
    settings, rest = read_settings(data)
    keys = ("arm", "metric", "contacts")
    question = read(Question, {key: rest.pop(key) for key in keys if key in rest})
    check_metric(question.metric)
    scenario = Scenario.from_dict(rest, config_path=config_path)
    pick_arm(scenario, question.arm)
    return Work(scenario, question, settings, check_writable(settings.output_dir))


def perform(work: Work) -> Path:
    """Live every combination, divide the effect, write the result folder and return it."""
    from sim.analysis.tables import write_parquet
    from sim.execution.executors import make_executor
    from sim.experiments.attribute import attribute
    from sim.reports.attribution import attribution_document, attribution_lines
    from sim.reports.terminal import print_lines
    from sim.results.answer import publish_answer

    scenario, question, settings = work.scenario, work.question, work.settings
    design = factorial_design(scenario, question.arm, contacts=question.contacts)
    total = design.scenario.customer_weeks(settings.replicates)
    with (
        make_executor(**plain(settings.executor)) as executor,
        Progress(total, settings, scenario.title or scenario.name) as progress,
    ):
        done = attribute(
            scenario,
            arm=question.arm,
            metric=question.metric,
            contacts=question.contacts,
            replicates=settings.replicates,
            seed=settings.seed,
            engine=settings.engine,
            threads=settings.threads,
            executor=executor,
            on_progress=progress.advance,
        )
        progress.say("writing the report")
        lines = attribution_lines(done.summary_json)

        def tables(folder: Path) -> None:
            write_parquet([done.shares], folder / "shares.parquet")
            write_parquet([done.combinations()], folder / "combinations.parquet")

        folder = publish_answer(
            work.output_dir,
            "attribute",
            scenario.name,
            config=_resolved(work),
            summary={**done.summary_json, "verdict": "\n".join(lines)},
            tables=tables,
            document=attribution_document(done),
            started=done.arm_metrics.started,
            wall_seconds=done.arm_metrics.wall_seconds,
            scenario=scenario.name,
            arms=len(done.design.scenario.arms),
            customer_weeks=done.arm_metrics.customer_weeks,
        )
    if not settings.quiet:
        print_lines(lines, sys.stdout)
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again; where it runs and what it shows are no part of it."""
    return {**work.scenario.to_dict(), **plain(work.question), **lasting(work.settings)}
