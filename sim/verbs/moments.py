"""Moments: what a small, equal improvement at each stage and each edge of a journey is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.quantity import number, quantity, text
from sim.experiments.arm_metrics import check_metric
from sim.experiments.touchpoints import pick_journey_arm, planned_customer_weeks
from sim.scenario.schema import plain
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "TouchpointKeys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchpointKeys:
    """What is to be moved, and what is looked at."""

    arm: str | None = quantity(
        "the arm whose focal journey is moved; null: the first that is not the baseline", default=None, optional=True
    )
    metric: str = text("clv", "what the effects are measured in")
    improvement: float = number(0.1, 0.001, 2.0, "size of every change", "utility")


def _check(job: Job[TouchpointKeys, None]) -> None:
    check_metric(job.keys.metric)
    pick_journey_arm(job.scenario, job.keys.arm)


def _run(job: Job[TouchpointKeys, None], session: Session) -> Answer:
    """Run every improvement and rank the effects."""
    from sim.experiments.touchpoints import touchpoints
    from sim.reports.touchpoints import moments_document, moments_lines
    from sim.results.answer import Answer

    weeks = planned_customer_weeks(job.scenario, job.keys.arm, job.keys.improvement)
    progress = session.progress(weeks * job.settings.replicates)
    done = touchpoints(job.scenario, **plain(job.keys), **session.kept_options(progress))
    lines = moments_lines(done.summary_json)
    return Answer(
        name=job.scenario.name,
        config=job.config(),
        summary={**done.summary_json, "verdict": "\n".join(lines)},
        tables={"moments": [done.effects]},
        report=moments_document(done),
        manifest={
            "scenario": job.scenario.name,
            "arms": len(done.arm_metrics.arms),
            "customer_weeks": done.arm_metrics.customer_weeks,
        },
        lines=lines,
    )


COMMAND = Command(keys=TouchpointKeys, prepare=_check, run=_run)
