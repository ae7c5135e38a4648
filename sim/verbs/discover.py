"""Discover: an event log in; a map, personas and a journey that `compare` runs out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.quantity import number, quantity, text, whole
from sim.data.event_log import LogLayout
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.journey import Journey
from sim.scenario.normal_form import read_named_journey
from sim.scenario.schema import plain, read_name, show
from sim.scenario.yaml_reader import read_yaml
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "DiscoverKeys", "DiscoverPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverKeys(LogLayout):
    """Which log is read, how, and what its journey is held against."""

    log: str | None = quantity("an event log", default=None, optional=True)
    against: str | None = quantity("a journey as it was drawn: a name, or a YAML file", default=None, optional=True)
    goal: Any = quantity("the stage that cases are meant to reach", default=None, optional=True)
    save_as: str | None = quantity("name of what is written", default=None, optional=True)
    session_minutes: float | None = number(
        None, 0.001, 1e6, "a case is split where nothing happens for longer; null: not", "minutes", optional=True
    )
    sample: int | None = whole(
        None, 1, 2_000_000_000, "cases that are looked at, drawn by seed; null: all", optional=True
    )
    purchases: Any = quantity(
        "stages that are purchases; null: those with amounts whose names say so", default=None, optional=True
    )
    funnel: Any = quantity("stages in order; null: those that most cases pass", default=None, optional=True)
    drawn: float | None = number(
        None, 0.01, 1.0, "share of all moves that the map draws; null: 90%, or all of 20 edges", "share", optional=True
    )
    title: str = text("", "a reader's name for it")


@dataclass(frozen=True, slots=True)
class DiscoverPlan:
    """A log that can be read."""

    path: Path
    layout: LogLayout
    name: str
    against: Journey | None


def _prepare(job: Job[DiscoverKeys, None]) -> DiscoverPlan:
    from sim.data.log_file import LOG_FILE
    from sim.data.text_file import check_file

    keys = job.keys
    if not keys.log:
        raise ConfigError("log is missing; give an event log, such as log=configs/data/visits.csv")
    path = Path(keys.log).expanduser()
    check_file(path, f"log {keys.log!r}", LOG_FILE)
    if keys.goal is not None and not isinstance(keys.goal, str | int):
        raise ConfigError(f"goal is {show(keys.goal)}; name a stage of the log")
    stem = re.sub(r"[^A-Za-z0-9]+", "_", path.name.split(".")[0]).strip("_")[:40] or "found"
    name = stem if keys.save_as is None else read_name(keys.save_as, "what is written", where="", key="save_as")
    if len(name) > 50:
        raise ConfigError(f"save_as has {len(name)} characters; give up to 50")
    against = None if keys.against is None else _read_against(keys.against, job.config_path)
    layout = LogLayout(**{field.name: getattr(keys, field.name) for field in fields(LogLayout)})
    return DiscoverPlan(path, layout, name, against)


def _read_against(against: str, config_path: ConfigPath) -> Journey:
    """Read the journey that was drawn: a file wherever it lies, by its ending, or a name."""
    if (path := Path(against).expanduser()).suffix in (".yaml", ".yml"):
        data, where = read_yaml(path), str(path)
        return read_named_journey(str(data.get("name", path.stem)), data, where)
    data, where = config_path.read("journey", against, key="against")
    return read_named_journey(against, data, where)


def _run(job: Job[DiscoverKeys, DiscoverPlan], session: Session) -> Answer:
    """Read the log, estimate, hold against cases kept aside, and write it all."""
    from sim.data.log_file import read_event_log
    from sim.discovery.discover import discovering
    from sim.discovery.inside_view import inside_view
    from sim.discovery.log_selection import sample_of, sessions_of
    from sim.results.answer import Answer
    from sim.results.discovery import configuration_files, discovery_tables, write_files

    plan, keys = job.plan, job.keys
    log = read_event_log(plan.path, plan.layout)
    if keys.session_minutes is not None:
        log = sessions_of(log, keys.session_minutes)
    if keys.sample is not None:
        log = sample_of(log, keys.sample, job.settings.seed)
    title = keys.title or f"As found in {plan.path.name}"
    goal = None if keys.goal is None else str(keys.goal)
    settings = job.settings
    options: dict[str, Any] = {"goal": goal, "funnel": keys.funnel, "purchases": keys.purchases}
    options.update(seed=settings.seed, threads=settings.threads)
    with discovering(log, plan.name, title, **options) as (found, judged):
        files = configuration_files(found, plan.name, plan.path.name)
        tables = discovery_tables(found)
        inside = None
        if plan.against is not None:
            inside = inside_view(plan.against, found.slugs, found.cases.stages, found.stages, found.edges)
        # What draws is loaded while the cases kept aside are simulated.
        from sim.reports.quick_matplotlib import load_matplotlib

        load_matplotlib()
        from sim.reports.columns import column_lines
        from sim.reports.discovery import discovery_document, discovery_lines, discovery_summary

        found = replace(found, distances=judged(), inside=inside)
    return Answer(
        name=plan.name,
        config=job.config({**plain(keys), "save_as": plan.name}),
        summary=discovery_summary(found, plan.name, plan.path.name),
        tables=tables,
        files=lambda folder: write_files(files, folder / "config"),
        report=discovery_document(found, plan.name, plan.path.name, keys.drawn),
        manifest=_manifest(plan),
        lines=[*column_lines(found.log.columns), "", *discovery_lines(found, plan.path.name)],
        commands=[f"Compare:  journey compare --config-dir RESULT/config scenario={plan.name}"],
    )


def _manifest(plan: DiscoverPlan) -> Mapping[str, Any]:
    with plan.path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return {"scenario": plan.name, "data": plan.path.name, "data_sha256": digest, "customer_steps": 0}


COMMAND = Command(keys=DiscoverKeys, prepare=_prepare, run=_run, scenario=False)
