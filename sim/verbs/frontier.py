"""Frontier: where the loyalty loop loses, as rules and maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents.quantity import quantity, text, whole
from sim.analysis.metrics import LESS_IS_BETTER
from sim.experiments.arm_metrics import check_metric, pick_arm
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import choose_factors, isolate_arm, written_ranges
from sim.experiments.frontier import DEFAULT_FACTORS, KINDS_OF_RUN, SampleSizes
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Factor
from sim.scenario.resolved import Record
from sim.scenario.schema import plain, show
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "FrontierKeys", "FrontierPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierKeys:
    """What is asked and how much is spent on it."""

    arm: str | None = quantity("the arm in question; null: the first not the baseline", default=None, optional=True)
    metric: str = text("contribution", "the metric in which it wins or loses")
    rules: int = whole(3, 1, 9, "rules at most")
    first: int = whole(96, 10, 1_000_000, "points spread evenly over the space")
    batches: int = whole(4, 0, 1000, "batches of points near the boundary")
    batch: int = whole(16, 1, 10_000, "points in each batch")
    held_out: int = whole(96, 10, 1_000_000, "points at random that only judge")
    inside: int = whole(32, 0, 1_000_000, "points inside the rules that only judge")
    levers: Any = quantity("levers with their ranges; null: the usual ones", default=None)
    maps: Any = quantity("pairs of levers to draw; null: as found best", default=None)


@dataclass(frozen=True, slots=True)
class FrontierPlan:
    """The response to be sampled, how often, and the pairs of levers to draw by place (None: as found best)."""

    response: FactorResponse
    sizes: SampleSizes
    maps: tuple[tuple[int, int], ...] | None


def _prepare(job: Job[FrontierKeys, None]) -> FrontierPlan:
    keys, scenario, settings = job.keys, job.scenario, job.settings
    check_metric(keys.metric)
    if keys.metric in LESS_IS_BETTER:
        raise ConfigError(f"metric is {keys.metric!r}, of which less is better; give one of which more is, such as npv")
    if settings.replicates < 2:
        raise ConfigError("replicates is 1; give at least 2, so that luck can be told from the levers")
    arm = pick_arm(scenario, keys.arm)
    # What is recorded of single customers costs time, and no metric of many arms needs it.
    small = isolate_arm(replace(scenario, record=Record(customers=False, events=0, lives=0)), arm, keys.levers)
    factors = choose_factors(keys.levers, small, arm, names=DEFAULT_FACTORS)
    if len(factors) < 2:
        raise ConfigError(f"levers has {len(factors)}; give at least two, between which a boundary can run")
    from sim.analysis.emulator import check_installed
    from sim.analysis.global_sensitivity import design

    check_installed()
    design("sobol", 1, 2, 0)
    return FrontierPlan(
        FactorResponse(small, arm, keys.metric, factors, settings.seed),
        SampleSizes(keys.first, keys.batches, keys.batch, keys.held_out, keys.inside, settings.replicates),
        None if keys.maps is None else _read_maps(keys.maps, factors),
    )


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


def _run(job: Job[FrontierKeys, FrontierPlan], session: Session) -> Answer:
    """Find the boundary and say where it runs."""
    from sim.experiments.frontier import frontier
    from sim.reports.frontier import frontier_document, frontier_lines, frontier_summary
    from sim.results.answer import Answer
    from sim.results.points import points_table

    response, sizes = job.plan.response, job.plan.sizes
    runs = sizes.points * job.settings.replicates
    progress = session.run_progress(runs, f"frontier {job.scenario.name}")
    found = frontier(
        response,
        sizes,
        rules=job.keys.rules,
        maps=job.plan.maps,
        executor=session.executor(),
        store=session.store(),
        on_done=progress.tell,
        engine=job.settings.engine,
    )
    lines = frontier_lines(found)
    more = {"kind": [KINDS_OF_RUN[kind] for kind in found.kinds], "batch": found.batches.tolist()}
    return Answer(
        name=job.scenario.name,
        config=_config(job),
        summary={**frontier_summary(found), "verdict": "\n".join(lines)},
        tables={"points": [points_table(response, found.shares, found.values, more)]},
        report=frontier_document(found, lines),
        manifest={
            "scenario": job.scenario.name,
            "points": sizes.points,
            "runs": runs,
            "customer_weeks": response.customer_weeks(runs),
        },
        lines=lines,
    )


def _config(job: Job[FrontierKeys, FrontierPlan]) -> dict[str, Any]:
    factors, pairs = job.plan.response.factors, job.plan.maps
    maps = None if pairs is None else [[factors[one].name, factors[other].name] for one, other in pairs]
    return job.config(
        {**plain(job.keys), "arm": job.plan.response.arm, "levers": written_ranges(factors), "maps": maps}
    )


COMMAND = Command(keys=FrontierKeys, prepare=_prepare, run=_run)
