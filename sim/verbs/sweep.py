"""Sweep: run every point of a design in every arm, keep every finished run, write one table and what moves it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from agents.quantity import quantity
from sim.execution.chunk import RUN_METRICS
from sim.experiments.design import Design, read_design
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import flatten
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read_name, show
from sim.scenario.yaml_reader import read_yaml
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "SweepKeys", "SweepPlan"]

_DESIGN_KEYS: tuple[str, ...] = ("levers", "grid", "runs", "method", "points", "design_seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepKeys:
    """What is varied, and what is looked at. The keys of a design are read with it, by :func:`read_design`."""

    levers: Any = quantity("{PATH: [low, high]}: levers to be sampled", default=None)
    grid: Any = quantity("{PATH: [values]}: every combination", default=None)
    runs: Any = quantity("[{PATH: value}]: points written out", default=None)
    method: Any = quantity("how levers are sampled", default=None)
    points: Any = quantity("how many points are sampled", default=None)
    design_seed: Any = quantity("seed of the sample", default=None)
    design: Any = quantity("a design by its file or name", default=None)
    cases: Any = quantity("whole scenarios by name, each swept", default=None)
    metric: Any = quantity("the metric whose difference is looked at", default=None)
    retry_failed: bool = quantity("run again what failed", default=False)


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """A sweep to be run. ``config`` are the verb's own keys as they can be run again."""

    name: str
    design: Design
    metric: str
    config: Mapping[str, Any]


def _prepare(job: Job[SweepKeys, None]) -> SweepPlan:
    scenario, mine = job.scenario, plain(job.keys)
    cases = _read_cases(job.keys.cases, scenario, job.config_path)
    metric = job.keys.metric or "contribution"
    if metric not in RUN_METRICS:
        raise ConfigError(f"metric is {show(metric)}; {suggest(metric, RUN_METRICS, 'give one of')}")
    for label, case in cases.items():
        if len(case.arms) < 2:
            raise ConfigError(f"scenario {label!r} has one arm; a sweep is about the difference between arms, give two")
        if case.baseline != scenario.baseline or list(case.arms) != list(scenario.arms):
            raise ConfigError(
                f"scenario {label!r} has the arms {', '.join(case.arms)} and {scenario.name!r} has"
                f" {', '.join(scenario.arms)}; sweep them one after the other"
            )
    name, said = _read_file(job.keys.design, job.config_path)
    design = read_design(_laid_over(said, mine), cases, job.config_path)
    config = {
        "method": design.method,
        "points": design.points,
        "design_seed": design.seed,
        "levers": {lever.name: lever.plain() for lever in design.levers},
        "grid": {path: list(values) for path, values in (design.grid or {}).items()},
        "runs": [dict(run) for run in design.listed] if design.listed != ({},) else [],
        "cases": {label: case.to_dict() for label, case in cases.items()} if len(cases) > 1 else None,
        "metric": metric,
    }
    return SweepPlan(name or ("cases" if len(cases) > 1 else scenario.name), design, metric, config)


def _run(job: Job[SweepKeys, SweepPlan], session: Session) -> Answer:
    """Run the sweep; its tables are gathered in files without a name and copied when the folder is written."""
    from sim.experiments.sweep import sweep
    from sim.reports.sweep import facts_of, summary_of, sweep_document
    from sim.results.answer import Answer

    plan, settings, store = job.plan, job.settings, session.store()
    store.again = job.keys.retry_failed
    scratch = {name: session.keep(_scratch(job.output_dir)) for name in ("table", "differences")}
    progress = session.run_progress(len(plan.design) * settings.replicates, f"sweep {plan.name}")
    swept = sweep(
        plan.design,
        seed=settings.seed,
        replicates=settings.replicates,
        executor=session.executor(),
        store=store,
        **scratch,
        metric=plan.metric,
        engine=settings.engine,
        on_done=progress.tell,
    )
    summary = summary_of(swept)
    facts = facts_of(swept, {"replicates": settings.replicates, "seed": settings.seed})
    return Answer(
        name=plan.name,
        config=job.config(plan.config),
        summary=summary,
        files=lambda folder: _copy(scratch, folder),
        report=sweep_document(swept, title=f"Sweep of {plan.name}", facts=facts),
        manifest={
            "scenario": plan.name,
            "runs": len(swept),
            "failed": len(swept.errors),
            "customer_weeks": progress.customer_weeks,
        },
        lines=[summary["verdict"]],
    )


def _copy(scratch: Mapping[str, IO[bytes]], folder: Path) -> None:
    for name, file in scratch.items():
        file.seek(0)
        with (folder / f"{name}.parquet").open("wb") as out:
            shutil.copyfileobj(file, out, 1 << 20)


def _scratch(output_dir: Path) -> IO[bytes]:
    """Open a file without a name: a killed sweep leaves nothing of it behind."""
    try:
        output_dir.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=output_dir)
    except OSError as error:
        raise ConfigError(
            f"output_dir is {str(output_dir)!r}, where nothing can be written ({error.strerror}); give another"
        ) from None


def _read_cases(data: object, scenario: Scenario, config_path: ConfigPath) -> dict[str, Scenario]:
    if not data:
        return {scenario.name: scenario}
    if not isinstance(data, Mapping):
        raise ConfigError(f"cases is {show(data)}; give a mapping of scenarios by name")
    cases = {}
    for label, case in data.items():
        if not isinstance(case, Mapping):
            raise ConfigError(f"cases.{label} is {show(case)}; give a whole scenario")
        cases[str(label)] = Scenario.from_dict(case, config_path=config_path, where=f"cases.{label}")
    return cases


def _read_file(given: object, config_path: ConfigPath) -> tuple[str, dict[str, Any]]:
    """Read a design from its file, named by path or by its name in a folder `design/`."""
    if given is None:
        return "", {}
    if not isinstance(given, str) or not given:
        raise ConfigError(f"design is {show(given)}; give the path of a YAML file, or the name of one in design/")
    if given.endswith(".yaml") or "/" in given:
        path, where = Path(given).expanduser(), given
    else:
        name = read_name(given, "a design", key="design")
        found = config_path.find("design", name)
        if found is None:
            names = config_path.names("design")
            raise ConfigError(f"there is no design {name!r}; {suggest(name, names, 'there are')}; or give a path")
        path, where = found, config_path.title(found)
    said = read_yaml(path, where=where)
    for key in said:
        if key not in _DESIGN_KEYS:
            raise ConfigError(f"{where}: unknown key {show(key)}; {suggest(key, _DESIGN_KEYS)}")
    return path.stem, said


def _laid_over(said: Mapping[str, Any], mine: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what the command line says about a design over what its file says."""
    chosen = dict(said)
    for key in _DESIGN_KEYS:
        value = mine.get(key)
        if key in ("levers", "grid") and isinstance(value, Mapping) and isinstance(said.get(key), Mapping):
            chosen[key] = {**dict(flatten(said[key])), **dict(flatten(value))}
        elif value not in (None, [], {}):
            chosen[key] = value
    return chosen


COMMAND = Command(keys=SweepKeys, prepare=_prepare, run=_run)
