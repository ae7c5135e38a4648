"""Calibrate: fit a market to figures of a real one, and write it as configuration that can be used by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.quantity import quantity, whole
from sim.calibration.parameters import Parameter, default_parameters, read_parameters
from sim.calibration.targets import Target, TargetFile, read_target_file, read_targets
from sim.progress import Progress
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.scenario import Scenario
from sim.scenario.schema import NAME, plain, read, read_name, show
from sim.scenario.settings import Settings, check_writable, lasting, read_settings
from sim.verbs import calibrate_data

__all__ = ["Plan", "Work", "perform", "prepare"]

#: Keys that a user's own configuration gives beside the scenario's.
KEYS: tuple[str, ...] = ("targets", "save_as", "save_title", "parameters", "data")
#: Replicates of the check that make a Monte-Carlo error worth its name.
_FEWEST_REPLICATES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much work goes into a fit."""

    scan: int = whole(96, 8, 8192, "points looked at first")
    rounds: int = whole(6, 0, 100, "rounds of near-best points")
    members: int = whole(32, 1, 1000, "near-best fits that are kept")
    fit_population: int | None = quantity(
        "customers of a simulation of the fit; null: as many as the targets need", default=None, low=100, optional=True
    )


@dataclass(frozen=True, slots=True)
class Work:
    """A calibration to be made."""

    scenario: Scenario
    targets: tuple[Target, ...]
    parameters: tuple[Parameter, ...]
    plan: Plan
    name: str
    title: str
    where: str
    settings: Settings
    output_dir: Path


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Any:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, targets contradict each other, or results cannot be written.
    """
    if data.get("data") is not None:
        if data.get("targets") is not None:
            raise ConfigError(
                "targets and data are both given; a fit is to figures or to transactions, so leave one out"
            )
        return calibrate_data.prepare(data, config_path, others=(*KEYS, *Plan.__dataclass_fields__))
    settings, rest = read_settings(data)
    given = {key: rest.pop(key, None) for key in KEYS}
    for key in calibrate_data.KEYS:
        rest.pop(key, None)
    plan = read(Plan, {key: rest.pop(key) for key in Plan.__dataclass_fields__ if key in rest})
    scenario = Scenario.from_dict(rest, config_path=config_path)
    if given["targets"] is None:
        raise ConfigError(
            "targets is missing; give a file of figures (targets=mine.yaml), a name in targets/ (targets=average), or"
            " figures, such as 'targets={switched: 58 %}'"
        )
    source = _source(given["targets"], config_path)
    where = source.where if source is not None else ""
    targets = read_targets(given["targets"] if source is None else source.targets, scenario, where=where)
    said = given["parameters"] if given["parameters"] is not None or source is None else source.parameters
    parameters = default_parameters(scenario, targets) if said is None else read_parameters(said, scenario, where=where)
    name = given["save_as"] or (source.name if source is not None else "fitted")
    read_name(name, "the result", key="save_as")
    title = given["save_title"] or (source.title if source is not None else "")
    if not isinstance(title, str):
        raise ConfigError(f"save_title is {show(title)}; give text")
    return Work(scenario, targets, parameters, plan, name, title, where, settings, check_writable(settings.output_dir))


def _source(targets: object, config_path: ConfigPath) -> TargetFile | None:
    """Return the file that is named, or None where the figures themselves are given."""
    if not isinstance(targets, str):
        return None
    path = Path(targets).expanduser()
    if path.suffix:
        return read_target_file(path)
    if not NAME.fullmatch(targets):
        raise ConfigError(f"targets is {show(targets)}; give a .yaml or .csv file, or a name in targets/")
    found = config_path.find("targets", targets)
    if found is None:
        names = config_path.names("targets")
        raise ConfigError(f"targets is {show(targets)}; {suggest(targets, names, 'give a file, or one of')}")
    return read_target_file(found)


def perform(work: Any) -> Path:
    """Fit, say what came out, write the result folder and return it."""
    if isinstance(work, calibrate_data.Work):
        return calibrate_data.perform(work)
    from datetime import UTC, datetime
    from time import perf_counter

    from sim.analysis.tables import write_parquet
    from sim.calibration.calibrate import Effort, calibrate
    from sim.execution.executors import make_executor
    from sim.execution.store import Store
    from sim.reports.calibration import calibration_document, calibration_lines, calibration_summary, target_lines
    from sim.results.answer import publish_answer
    from sim.results.calibration import draws_table, simulations_table, write_configuration

    scenario, plan, settings = work.scenario, work.plan, work.settings
    effort = Effort(
        scan=plan.scan,
        rounds=plan.rounds,
        members=plan.members,
        fit_population=plan.fit_population,
        check_population=scenario.population,
        check_replicates=max(_FEWEST_REPLICATES, settings.replicates),
    )
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), perf_counter()
    expected = _expected_simulations(work)
    with (
        make_executor(**plain(settings.executor)) as executor,
        Progress(expected, settings, work.name) as progress,
    ):
        done = calibrate(
            scenario,
            work.targets,
            work.parameters,
            seed=settings.seed,
            effort=effort,
            executor=executor,
            store=Store(work.output_dir / "store"),
            on_done=lambda finished: progress.advance(finished.runs),
            say=progress.say,
        )
        progress.say("writing the report")
        lines = calibration_lines(done)
        command = "journey compare --config-dir {folder} scenario=" + work.name
        title = work.title or work.name.replace("_", " ").capitalize()

        def tables(folder: Path) -> None:
            write_parquet([simulations_table(done)], folder / "simulations.parquet")
            write_parquet([draws_table(done)], folder / "near_best.parquet")
            write_configuration(done, folder / "config", work.name, work.title, Path(work.where).name)

        folder = publish_answer(
            work.output_dir,
            "calibrate",
            work.name,
            config=_resolved(work),
            summary=calibration_summary(done, work.name),
            tables=tables,
            document=calibration_document(done, title, command.format(folder="RESULT/config")),
            started=started,
            wall_seconds=perf_counter() - clock,
            scenario=work.name,
            simulations=done.simulations,
            fit_population=done.population,
        )
    if not settings.quiet:
        print("\n".join([*target_lines(done), "", *lines, "", command.format(folder=folder / "config")]))
        if done.members:
            print(f"{command.format(folder=folder / 'config')} scenario.ensemble={work.name}")
    print(folder if settings.quiet else f"\n{folder / 'report.html'}", flush=True)
    return folder


def _expected_simulations(work: Work) -> int:
    """Return about how many simulations there will be, for the bar."""
    brands = len({target.brand for target in work.targets})
    steps = 3 * 5 * (len(work.parameters) + 4)
    return brands * (8 + work.plan.scan + steps + 48 * work.plan.rounds + work.plan.members + 8)


def _resolved(work: Work) -> dict[str, Any]:
    """Return the whole configuration as it can be run again, targets and parameters written out."""
    return {
        **work.scenario.to_dict(),
        "targets": [target.plain() for target in work.targets],
        "parameters": [parameter.plain() for parameter in work.parameters],
        "save_as": work.name,
        "save_title": work.title,
        "data": None,
        **plain(work.plan),
        **lasting(work.settings),
    }
