"""Sensitivity: which levers decide how an arm does against the baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents.quantity import choice, quantity, text, whole
from sim.analysis.global_sensitivity import METHODS, points_of
from sim.experiments.arm_metrics import check_metric, pick_arm
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import choose_factors, isolate_arm, written_ranges
from sim.experiments.sensitivity import DEFAULT_FACTORS
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Record
from sim.scenario.schema import plain
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "SensitivityKeys"]

#: A design of more runs than this is a mistake in a key.
MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityKeys:
    """What is asked."""

    arm: str | None = quantity("the arm in question; null: the first not the baseline", default=None, optional=True)
    metric: str = text("contribution", "the metric whose difference is watched")
    method: str = choice("morris", METHODS, "how influence is measured")
    size: int = whole(16, 2, 1_000_000, "trajectories (morris) or rows (sobol)")
    levers: Any = quantity("levers with their ranges; null: the usual ones", default=None)


def _prepare(job: Job[SensitivityKeys, None]) -> FactorResponse:
    keys, scenario, seed = job.keys, job.scenario, job.settings.seed
    check_metric(keys.metric)
    arm = pick_arm(scenario, keys.arm)
    # What is recorded of single customers costs time, and no metric of many arms needs it.
    small = isolate_arm(replace(scenario, record=Record(customers=False, events=0, lives=0)), arm, keys.levers)
    factors = choose_factors(keys.levers, small, arm, names=DEFAULT_FACTORS)
    if len(factors) < 1:
        raise ConfigError(f"levers is null, but scenario {scenario.name!r} has none of the usual ones; give paths")
    points = points_of(keys.method, len(factors), keys.size)
    if points > MOST_POINTS:
        raise ConfigError(
            f"size is {keys.size}, which makes {points:,} points of {len(factors)} levers; give a smaller one"
        )
    from sim.analysis.global_sensitivity import design

    design(keys.method, len(factors), keys.size, seed)  # says now what is missing or no power of 2
    return FactorResponse(small, arm, keys.metric, factors, seed)


def _run(job: Job[SensitivityKeys, FactorResponse], session: Session) -> Answer:
    """Run the design and say which levers decide."""
    from sim.experiments.sensitivity import sensitivity
    from sim.reports.sensitivity import sensitivity_document, sensitivity_lines, sensitivity_summary
    from sim.results.answer import Answer
    from sim.results.points import points_table

    keys, response, replicates = job.keys, job.plan, job.settings.replicates
    runs = points_of(keys.method, len(response.factors), keys.size) * replicates
    progress = session.run_progress(runs, f"sensitivity {job.scenario.name}")
    found = sensitivity(
        response,
        method=keys.method,
        size=keys.size,
        replicates=replicates,
        executor=session.executor(),
        store=session.store(),
        on_done=progress.tell,
        engine=job.settings.engine,
    )
    lines = sensitivity_lines(found)
    shares, values = found.global_sensitivity.shares, found.global_sensitivity.values
    return Answer(
        name=job.scenario.name,
        config=job.config({**plain(keys), "arm": response.arm, "levers": written_ranges(response.factors)}),
        summary={**sensitivity_summary(found), "verdict": "\n".join(lines)},
        tables={"points": [points_table(response, shares, values)]},
        report=sensitivity_document(found, lines),
        manifest={
            "scenario": job.scenario.name,
            "points": len(shares),
            "runs": runs,
            "customer_weeks": response.customer_weeks(runs),
        },
        lines=lines,
    )


COMMAND = Command(keys=SensitivityKeys, prepare=_prepare, run=_run)
