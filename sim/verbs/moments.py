"""Moments: what a small, equal improvement at each stage and each edge of a journey is worth."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.quantity import number, quantity, text
from sim.experiments.arm_metrics import check_metric
from sim.experiments.touchpoints import pick_journey_arm, planned_customer_weeks
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read
from sim.scenario.settings import Settings, check_writable, lasting, read_settings

__all__ = ["Question", "Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be moved, and what is looked at."""

    arm: str | None = quantity(
        "the arm whose focal journey is moved; null: the first that is not the baseline", default=None, optional=True
    )
    metric: str = text("clv", "what the effects are measured in")
    step: float = number(0.1, 0.001, 2.0, "size of every change", "utility")


@dataclass(frozen=True, slots=True)
class Work:
    """Moments of truth to be found."""

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
    keys = ("arm", "metric", "step")
    question = read(Question, {key: rest.pop(key) for key in keys if key in rest})
    check_metric(question.metric)
    scenario = Scenario.from_dict(rest, config_path=config_path)
    pick_journey_arm(scenario, question.arm)
    return Work(scenario, question, settings, check_writable(settings.output_dir))


def perform(work: Work) -> Path:
    """Live every improvement, write the result folder and return it."""
    from sim.analysis.tables import write_parquet
    from sim.execution.executors import make_executor
    from sim.experiments.touchpoints import touchpoints
    from sim.reports.terminal import print_lines
    from sim.reports.touchpoints import moments_document, moments_lines
    from sim.results.answer import publish_answer

    scenario, question, settings = work.scenario, work.question, work.settings
    total = planned_customer_weeks(scenario, question.arm, question.step) * settings.replicates
    with (
        make_executor(**plain(settings.executor)) as executor,
        Progress(total, settings, scenario.title or scenario.name) as progress,
    ):
        done = touchpoints(
            scenario,
            arm=question.arm,
            metric=question.metric,
            step=question.step,
            replicates=settings.replicates,
            seed=settings.seed,
            engine=settings.engine,
            threads=settings.threads,
            executor=executor,
            on_progress=progress.advance,
        )
        progress.say("writing the report")
        lines = moments_lines(done.summary_json)
        folder = publish_answer(
            work.output_dir,
            "moments",
            scenario.name,
            config=_resolved(work),
            summary={**done.summary_json, "verdict": "\n".join(lines)},
            tables=lambda place: write_parquet([done.effects], place / "moments.parquet"),
            document=moments_document(done),
            started=done.arm_metrics.started,
            wall_seconds=done.arm_metrics.wall_seconds,
            scenario=scenario.name,
            arms=len(done.arm_metrics.arms),
            customer_weeks=done.arm_metrics.customer_weeks,
        )
    if not settings.quiet:
        print_lines(lines, sys.stdout)
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again; where it runs and what it shows are no part of it."""
    return {**work.scenario.to_dict(), **plain(work.question), **lasting(work.settings)}
