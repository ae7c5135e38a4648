"""Frontier: where the loyalty loop loses, as rules and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.quantity import quantity, text, whole
from sim.analysis.metrics import LESS_IS_BETTER
from sim.experiments.arm_metrics import check_metric, pick_arm
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import choose_factors, isolate_arm, written_ranges
from sim.experiments.frontier import DEFAULT_FACTORS, KINDS_OF_RUN, SampleSizes
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Factor
from sim.scenario.resolved import Record
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read, show
from sim.scenario.settings import Settings, check_writable, lasting, read_settings

__all__ = ["Plan", "Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked and how much is spent on it, beside the levers."""

    arm: str | None = quantity("the arm in question; null: the first not the baseline", default=None, optional=True)
    metric: str = text("contribution", "the metric in which it wins or loses")
    rules: int = whole(3, 1, 9, "rules at most")
    first: int = whole(96, 10, 1_000_000, "points spread evenly over the space")
    batches: int = whole(4, 0, 1000, "batches of points near the border")
    batch: int = whole(16, 1, 10_000, "points in each batch")
    held_out: int = whole(96, 10, 1_000_000, "points at random that only judge")
    inside: int = whole(32, 0, 1_000_000, "points inside the rules that only judge")


@dataclass(frozen=True, slots=True)
class Work:
    """A frontier to be found."""

    scenario: Scenario
    plan: Plan
    response: FactorResponse
    effort: SampleSizes
    #: Pairs of levers to draw by place; None: as found best.
    maps: tuple[tuple[int, int], ...] | None
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
    levers, maps = rest.pop("levers", None), rest.pop("maps", None)
    check_metric(plan.metric)
    if plan.metric in LESS_IS_BETTER:
        raise ConfigError(f"metric is {plan.metric!r}, of which less is better; give one of which more is, such as npv")
    if settings.replicates < 2:
        raise ConfigError("replicates is 1; give at least 2, so that luck can be told from the levers")
    scenario = Scenario.from_dict(rest, config_path=config_path)
    arm = pick_arm(scenario, plan.arm)
    # What is recorded of single customers costs time, and no metric of many arms needs it.
    small = isolate_arm(replace(scenario, record=Record(customers=False, events=0, lives=0)), arm, levers)
    factors = choose_factors(levers, small, arm, names=DEFAULT_FACTORS)
    if len(factors) < 2:
        raise ConfigError(f"levers has {len(factors)}; give at least two, between which a border can run")
    from sim.analysis.emulator import check_installed
    from sim.analysis.global_sensitivity import design

    check_installed()
    design("sobol", 1, 2, 0)
    response = FactorResponse(small, arm, plan.metric, factors, settings.seed)
    effort = SampleSizes(plan.first, plan.batches, plan.batch, plan.held_out, plan.inside, settings.replicates)
    pairs = None if maps is None else _read_maps(maps, factors)
    return Work(scenario, plan, response, effort, pairs, settings, check_writable(settings.output_dir))


def _read_maps(maps: object, factors: Sequence[Factor]) -> tuple[tuple[int, int], ...]:
    names = [factor.name for factor in factors]
    if not isinstance(maps, list | tuple):
        raise ConfigError(f"maps is {show(maps)}; give pairs of levers, such as [[{names[0]},{names[1]}]]")
    if len(maps) == 2 and all(isinstance(item, str) for item in maps):
        maps = [maps]
    pairs = []
    for pair in maps:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or pair[0] == pair[1]:
            raise ConfigError(f"maps holds {show(pair)}; give pairs of two levers, such as [[{names[0]},{names[1]}]]")
        for name in pair:
            if name not in names:
                raise ConfigError(
                    f"maps names {show(name)}, which is no lever here; {suggest(name, names, 'there are')}"
                )
        pairs.append((names.index(pair[0]), names.index(pair[1])))
    return tuple(pairs)


def perform(work: Work) -> Path:
    """Find the border, say where it runs, write the result folder and return it."""
    from datetime import UTC, datetime
    from time import perf_counter

    from sim.execution.executors import make_executor
    from sim.execution.store import Store
    from sim.experiments.frontier import frontier
    from sim.reports.frontier import frontier_document, frontier_lines, frontier_summary
    from sim.results.answer import publish_answer
    from sim.results.points import write_points

    response, settings = work.response, work.settings
    runs = work.effort.points * settings.replicates
    each = response.customer_weeks(1)
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    with (
        make_executor(**plain(settings.executor)) as executor,
        Progress(runs * each, settings, work.scenario.title or work.scenario.name) as progress,
    ):
        found = frontier(
            response,
            work.effort,
            rules=work.plan.rules,
            maps=work.maps,
            executor=executor,
            store=Store(work.output_dir / "store"),
            on_done=lambda finished: progress.advance(finished.runs * each),
            engine=settings.engine,
        )
        progress.say("writing the report")
        lines = frontier_lines(found)
        kinds = [KINDS_OF_RUN[kind] for kind in found.kinds]
        more: dict[str, Sequence[Any]] = {"kind": kinds, "batch": found.batches.tolist()}
        folder = publish_answer(
            work.output_dir,
            "frontier",
            work.scenario.name,
            config=_resolved(work),
            summary={**frontier_summary(found), "verdict": "\n".join(lines)},
            tables=lambda place: write_points(place / "points.parquet", response, found.shares, found.values, more),
            document=frontier_document(found, lines),
            started=started,
            wall_seconds=perf_counter() - clock,
            scenario=work.scenario.name,
            points=work.effort.points,
            runs=runs,
            customer_weeks=runs * each,
        )
    if not settings.quiet:
        print("\n".join(lines))
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again; where it runs and what it shows are no part of it."""
    factors = work.response.factors
    maps = None if work.maps is None else [[factors[one].name, factors[other].name] for one, other in work.maps]
    asked = {**plain(work.plan), "arm": work.response.arm, "levers": written_ranges(factors), "maps": maps}
    return {**work.scenario.to_dict(), **asked, **lasting(work.settings)}
