"""Attribute: how much of an arm's effect each capability causes, alone and together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.quantity import choice, quantity, text
from sim.experiments.arm_metrics import check_metric, pick_arm
from sim.experiments.attribute import CONTACTS, factorial_design
from sim.scenario.schema import plain
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "AttributeKeys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeKeys:
    """What is to be explained."""

    arm: str | None = quantity(
        "the arm that is explained; null: the first that is not the baseline", default=None, optional=True
    )
    metric: str = text("contribution", "the metric that is divided")
    contacts: str = choice("base", CONTACTS, "whether contacts stand in every combination or are a player")


def _check(job: Job[AttributeKeys, None]) -> None:
    check_metric(job.keys.metric)
    pick_arm(job.scenario, job.keys.arm)


def _run(job: Job[AttributeKeys, None], session: Session) -> Answer:
    """Run every combination of capabilities and divide the effect."""
    from sim.experiments.attribute import attribute
    from sim.reports.attribution import attribution_document, attribution_lines
    from sim.results.answer import Answer

    arms = factorial_design(job.scenario, job.keys.arm, contacts=job.keys.contacts).scenario
    progress = session.progress(arms.customer_weeks(job.settings.replicates))
    done = attribute(job.scenario, **plain(job.keys), **session.kept_options(progress))
    lines = attribution_lines(done.summary_json)
    return Answer(
        name=job.scenario.name,
        config=job.config(),
        summary={**done.summary_json, "verdict": "\n".join(lines)},
        tables={"shares": [done.shares], "combinations": [done.combinations()]},
        report=attribution_document(done),
        manifest={
            "scenario": job.scenario.name,
            "arms": len(arms.arms),
            "customer_weeks": done.arm_metrics.customer_weeks,
        },
        lines=lines,
    )


COMMAND = Command(keys=AttributeKeys, prepare=_check, run=_run)
