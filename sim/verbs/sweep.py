"""Sweep: run every point of a design in every arm, keep every finished run, write one table and what moves it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from sim.execution.chunk import RUN_METRICS
from sim.experiments.design import Design, read_design
from sim.progress import RunProgress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import flatten
from sim.scenario.scenario import Scenario
from sim.scenario.schema import plain, read_name, show
from sim.scenario.settings import Settings, check_writable, lasting, read_settings
from sim.scenario.yaml_reader import read_yaml

__all__ = ["STORE", "Work", "perform", "prepare"]

#: Folder of every run, within the folder of results.
STORE = "store"
_DESIGN_KEYS: tuple[str, ...] = ("levers", "grid", "runs", "method", "points", "design_seed")
_KEYS: tuple[str, ...] = (*_DESIGN_KEYS, "design", "cases", "metric", "retry_failed")


@dataclass(frozen=True, slots=True)
class Work:
    """A sweep to be run."""

    name: str
    design: Design
    settings: Settings
    metric: str
    retry_failed: bool
    output_dir: Path
    #: The whole resolved configuration.
    config: Mapping[str, Any]


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, nothing is varied, or results cannot be written where they are to go.
    """
    settings, rest = read_settings(data)
    mine = {key: rest.pop(key) for key in _KEYS if key in rest}
    scenario = Scenario.from_dict(rest, config_path=config_path)
    cases = _read_cases(mine.get("cases"), scenario, config_path)
    metric = mine.get("metric") or "contribution"
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
    retry = mine.get("retry_failed", False)
    if not isinstance(retry, bool):
        raise ConfigError(f"retry_failed is {show(retry)}; give true or false")
    name, said = _read_file(mine.get("design"), config_path)
    chosen = _laid_over(said, mine)
    design = read_design(chosen, cases, config_path)
    config = {
        **scenario.to_dict(),
        **lasting(settings),
        "method": design.method,
        "points": design.points,
        "design_seed": design.seed,
        "levers": {lever.name: lever.plain() for lever in design.levers},
        "grid": {path: list(values) for path, values in (design.grid or {}).items()},
        "runs": [dict(run) for run in design.listed] if design.listed != ({},) else [],
        "cases": {label: case.to_dict() for label, case in cases.items()} if len(cases) > 1 else None,
        "metric": metric,
    }
    name = name or ("cases" if len(cases) > 1 else scenario.name)
    return Work(name, design, settings, metric, retry, check_writable(settings.output_dir), config)


def perform(work: Work) -> Path:
    """Run the sweep and return its result folder."""
    from sim.execution.executors import make_executor
    from sim.execution.store import Store
    from sim.experiments.sweep import sweep
    from sim.reports.sweep import facts_of, summary_of, sweep_document
    from sim.results.answer import publish_answer

    settings, design = work.settings, work.design
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    store = Store(work.output_dir / STORE)
    store.again = work.retry_failed
    with (
        make_executor(**plain(settings.executor)) as executor,
        _scratch(work.output_dir) as table,
        _scratch(work.output_dir) as differences,
    ):
        with RunProgress(len(design) * settings.replicates, settings, f"sweep {work.name}") as progress:
            swept = sweep(
                design,
                seed=settings.seed,
                replicates=settings.replicates,
                executor=executor,
                store=store,
                table=table,
                differences=differences,
                metric=work.metric,
                engine=settings.engine,
                on_done=progress.tell,
            )
            progress.say("writing the report")
        summary = summary_of(swept)
        seconds = perf_counter() - clock
        facts = facts_of(swept, {"replicates": settings.replicates, "seed": settings.seed})

        def tables(folder: Path) -> None:
            for name, file in (("table", table), ("differences", differences)):
                file.seek(0)
                with (folder / f"{name}.parquet").open("wb") as out:
                    shutil.copyfileobj(file, out, 1 << 20)

        folder = publish_answer(
            work.output_dir,
            "sweep",
            work.name,
            config=work.config,
            summary=summary,
            tables=tables,
            document=sweep_document(swept, title=f"Sweep of {work.name}", facts=facts),
            started=started,
            wall_seconds=seconds,
            scenario=work.name,
            model=store.model,
            runs=len(swept),
            failed=len(swept.errors),
            lived=progress.lived,
            held=progress.held,
            customer_weeks=progress.customer_weeks,
            customer_weeks_per_second=round(progress.customer_weeks / max(seconds, 1e-9)),
        )
    if not settings.quiet:
        print(summary["verdict"])
        done = f"{progress.lived:,} runs lived, {progress.held:,} found in {work.output_dir / STORE}"
        print(f"\n{done}, {progress.failed:,} failed.", flush=True)
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    sys.stdout.flush()
    return folder


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
