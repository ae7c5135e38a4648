"""Sensitivity: which levers decide how an arm does against the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.quantity import choice, quantity, text, whole
from sim.analysis.global_sensitivity import METHODS, points_of
from sim.experiments.arm_metrics import check_metric, pick_arm
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import choose_factors, isolate_arm, written_ranges
from sim.experiments.sensitivity import DEFAULT_FACTORS
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Record
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read
from sim.scenario.settings import Settings, check_writable, lasting, read_settings

__all__ = ["Plan", "Work", "perform", "prepare"]

#: A design of more runs than this is a mistake in a key.
MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked, beside the levers."""

    arm: str | None = quantity("the arm in question; null: the first not the baseline", default=None, optional=True)
    metric: str = text("contribution", "the metric whose difference is watched")
    method: str = choice("morris", METHODS, "how influence is measured")
    size: int = whole(16, 2, 1_000_000, "trajectories (morris) or rows (sobol)")


@dataclass(frozen=True, slots=True)
class Work:
    """A sensitivity to be found."""

    scenario: Scenario
    plan: Plan
    response: FactorResponse
    settings: Settings
    output_dir: Path


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, a package is missing, or results cannot be written where they are to go.
    """
    settings, rest = read_settings(data)
    plan = read(Plan, {key: rest.pop(key) for key in Plan.__dataclass_fields__ if key in rest})
    levers = rest.pop("levers", None)
    check_metric(plan.metric)
    scenario = Scenario.from_dict(rest, config_path=config_path)
    arm = pick_arm(scenario, plan.arm)
    # What is recorded of single customers costs time, and no metric of many arms needs it.
    small = isolate_arm(replace(scenario, record=Record(customers=False, events=0, lives=0)), arm, levers)
    factors = choose_factors(levers, small, arm, names=DEFAULT_FACTORS)
    if len(factors) < 1:
        raise ConfigError(f"levers is null, but scenario {scenario.name!r} has none of the usual ones; give paths")
    points = points_of(plan.method, len(factors), plan.size)
    if points > MOST_POINTS:
        raise ConfigError(
            f"size is {plan.size}, which makes {points:,} points of {len(factors)} levers; give a smaller one"
        )
    from sim.analysis.global_sensitivity import design

    design(plan.method, len(factors), plan.size, settings.seed)  # says now what is missing or no power of 2
    response = FactorResponse(small, arm, plan.metric, factors, settings.seed)
    return Work(scenario, plan, response, settings, check_writable(settings.output_dir))


def perform(work: Work) -> Path:
    """Run the design, say what decides, write the result folder and return it."""
    from datetime import UTC, datetime
    from time import perf_counter

    from sim.execution.executors import make_executor
    from sim.execution.store import Store
    from sim.experiments.sensitivity import sensitivity
    from sim.reports.sensitivity import sensitivity_document, sensitivity_lines, sensitivity_summary
    from sim.results.answer import publish_answer
    from sim.results.points import write_points

    plan, response, settings = work.plan, work.response, work.settings
    runs = points_of(plan.method, len(response.factors), plan.size) * settings.replicates
    each = response.customer_weeks(1)
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    with (
        make_executor(**plain(settings.executor)) as executor,
        Progress(runs * each, settings, work.scenario.title or work.scenario.name) as progress,
    ):
        found = sensitivity(
            response,
            method=plan.method,
            size=plan.size,
            replicates=settings.replicates,
            executor=executor,
            store=Store(work.output_dir / "store"),
            on_done=lambda finished: progress.advance(finished.runs * each),
            engine=settings.engine,
        )
        progress.say("writing the report")
        lines = sensitivity_lines(found)
        shares, values = found.global_sensitivity.shares, found.global_sensitivity.values
        folder = publish_answer(
            work.output_dir,
            "sensitivity",
            work.scenario.name,
            config=_resolved(work),
            summary={**sensitivity_summary(found), "verdict": "\n".join(lines)},
            tables=lambda place: write_points(place / "points.parquet", response, shares, values),
            document=sensitivity_document(found, lines),
            started=started,
            wall_seconds=perf_counter() - clock,
            scenario=work.scenario.name,
            points=len(shares),
            runs=runs,
            customer_weeks=runs * each,
        )
    if not settings.quiet:
        print("\n".join(lines))
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again; where it runs and what it shows are no part of it."""
    asked = {**plain(work.plan), "arm": work.response.arm, "levers": written_ranges(work.response.factors)}
    return {**work.scenario.to_dict(), **asked, **lasting(work.settings)}
