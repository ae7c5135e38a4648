"""Story: one customer's life in every arm, week by week, up to where the lives part and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.quantity import choice, quantity, whole
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer
    from sim.results.runs import StoredResult

__all__ = ["COMMAND", "StoryKeys", "StoryPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryKeys:
    """Customer whose story is told."""

    customer: int | None = whole(None, 0, None, "a customer's number; null: as picked", "customers", optional=True)
    pick: str = choice("typical", ("winner", "loser", "typical"), "whose life, by what the other arm is worth")
    replicate: int = whole(0, 0, 100_000, "in which replicate")
    run: str | None = quantity("a run whose recorded market is used; null: run it", default=None, optional=True)


@dataclass(frozen=True, slots=True)
class StoryPlan:
    """The customer and scenario of a story; ``run`` is the finished run whose recorded market is used, if any."""

    scenario: Scenario
    seed: int
    customer: int | None
    run: StoredResult | None = None


def _prepare(job: Job[StoryKeys, None]) -> StoryPlan:
    keys = job.keys
    if keys.customer is not None and keys.pick != "typical":
        raise ConfigError(
            f"customer is {keys.customer} and pick is {keys.pick!r}, which both say whose story; leave one out"
        )
    if keys.run is not None:
        plan = _plan_recorded(job, keys.run)
    else:
        scenario = Scenario.from_dict(job.rest, config_path=job.config_path)
        plan = StoryPlan(scenario, job.settings.seed, keys.customer)
    if plan.customer is None and keys.pick != "typical" and (plan.run is not None or not plan.scenario.has_market):
        from sim.experiments.story import nobody_picked

        raise ConfigError(nobody_picked(plan.scenario, keys.pick))
    if plan.customer is not None and plan.customer >= plan.scenario.population:
        last = plan.scenario.population - 1
        raise ConfigError(f"customer is {plan.customer}; the customers of this population are 0 to {last}")
    return plan


def _plan_recorded(job: Job[StoryKeys, None], name: str) -> StoryPlan:
    """Look up a finished run: its scenario, its seed and, where no customer is named, whom it picked."""
    from sim.results.runs import find_run

    keys, run = job.keys, find_run(job.output_dir, name, holding="market", what="a comparison")
    try:
        summary = run.summary
        seed, replicates, picks = int(summary["seed"]), int(summary["replicates"]), summary["picks"]
    except (ValueError, KeyError, TypeError):
        found = f"{str(run.path)!r} holds no summary of a compare"
        raise ConfigError(f"run is {name!r}, but {found}; give another") from None
    if summary.get("ensemble"):
        raise ConfigError(
            f"run is {name!r}, which ran over an ensemble of parameter sets: a story is about one market;"
            " give a run without one"
        )
    if keys.replicate >= replicates:
        raise ConfigError(f"replicate is {keys.replicate}; the replicates of this run are 0 to {replicates - 1}")
    customer = keys.customer
    if customer is None:
        first = next(iter(picks.values()), None) if isinstance(picks, dict) else None
        if keys.replicate != 0 or not first:
            raise ConfigError(
                f"pick is {keys.pick!r}, but this run picked nobody in replicate {keys.replicate}; give customer=NUMBER"
            )
        customer = first[keys.pick]
    return StoryPlan(Scenario.from_yaml(run.config), seed, customer, run)


def _run(job: Job[StoryKeys, StoryPlan], session: Session) -> Answer:
    """Simulate the customer in every arm, tell it, and write it as a page."""
    from sim.experiments.story import story
    from sim.reports.story import story_document, story_sheets
    from sim.results.answer import Answer
    from sim.results.workbook import TABLES, write_workbook

    plan, keys, scenario = job.plan, job.keys, job.plan.scenario
    traces = None
    if plan.run is not None:
        from sim.results.trace import read_trace  # loads Arrow

        traces = {arm: read_trace(plan.run.path, arm, keys.replicate) for arm in scenario.arms}
    told = story(
        scenario,
        seed=plan.seed,
        replicate=keys.replicate,
        customer=plan.customer,
        pick=keys.pick,
        engine=job.settings.engine,
        threads=job.settings.threads,
        on_progress=session.progress(scenario.customer_weeks(), scenario.title or scenario.name).advance,
        traces=traces,
    )
    own = {**plain(keys), "run": None, "customer": plan.customer}
    return Answer(
        name=scenario.name,
        asked={**job.config(own, asked=scenario), "seed": plan.seed},
        files=lambda folder: write_workbook(folder / TABLES, story_sheets(told)),
        report=story_document(told),
        lines=[str(told)],
    )


COMMAND = Command(keys=StoryKeys, prepare=_prepare, run=_run, scenario=False)
