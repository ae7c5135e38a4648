"""Map: draw a journey, how two differ, or what flowed through the journeys of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.quantity import quantity, text
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.journey import Journey, read_journey
from sim.scenario.normal_form import normalize_file, read_named_journey
from sim.scenario.resolved import Arm
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read
from sim.scenario.settings import check_writable, read_settings

__all__ = ["Picture", "Settings", "Work", "perform", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Keys of the verb that are no part of the scenario."""

    other: str | None = quantity("a second journey by name", default=None, optional=True)
    run: str | None = quantity("a run whose flows are drawn", default=None, optional=True)
    output_dir: str = text("results", "folder of all results")
    quiet: bool = quantity("print nothing but the path", default=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """One map: its file's name without ending, the journeys on it, and in which arms of a run they flowed."""

    name: str
    journey: Journey
    other: Journey | None = None
    arm: str = ""
    other_arm: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """Maps to be drawn."""

    name: str
    pictures: tuple[Picture, ...]
    output_dir: Path
    quiet: bool
    #: The run whose flows are drawn, with the scenario that it ran.
    run: Path | None = None
    scenario: Scenario | None = None


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, a journey or run does not exist, or nothing can be written.
    """
    common, rest = read_settings(data)
    mine: dict[str, Any] = {key: rest.pop(key) for key in ("other", "run") if key in rest}
    settings = read(Settings, {**mine, "output_dir": common.output_dir, "quiet": common.quiet})
    rest.pop("journey", None)
    given = data.get("journey")
    output_dir = check_writable(settings.output_dir)
    if settings.run is not None and given is not None:
        raise ConfigError("journey and run are both given; a run is drawn with its own journeys, so leave one out")
    if settings.other is not None and given is None:
        raise ConfigError(f"other is {settings.other!r}, but no journey to compare it with; give journey=NAME too")
    if given is not None:
        return _prepare_journeys(given, settings, output_dir, config_path)
    if settings.run is None:
        scenario = Scenario.from_dict(rest, config_path=config_path)
        return Work(scenario.name, _pictures(scenario), output_dir, settings.quiet)
    from sim.results.runs import find_run

    run = find_run(settings.output_dir, settings.run).path
    if not (run / "flows.parquet").is_file():
        raise ConfigError(f"run is {settings.run!r}, but {str(run)!r} holds no flows.parquet; give a run of compare")
    scenario = Scenario.from_yaml(run / "config.yaml")
    return Work(scenario.name, _pictures(scenario), output_dir, settings.quiet, run, scenario)


def perform(work: Work) -> Path:
    """Draw the maps into a folder of their own and return it."""
    from sim.reports.journey_map import draw_map
    from sim.results.folder import publish

    flows = _flows(work)

    def fill(folder: Path) -> None:
        for picture in work.pictures:
            options: dict[str, Any] = {}
            if flows is not None and work.scenario is not None:
                options = {
                    "flows": flows(picture.arm),
                    "customers": float(work.scenario.population),
                    "weeks": work.scenario.horizon,
                }
                if picture.other is not None:
                    options["other_flows"] = flows(picture.other_arm)
            draw_map(picture.journey, other=picture.other, path=folder / f"{picture.name}.svg", **options)

    folder = publish(work.output_dir, "map", work.name, fill)
    if work.quiet:
        print(folder)
    else:
        for picture in work.pictures:
            print(folder / f"{picture.name}.svg")
    return folder


def _prepare_journeys(given: object, settings: Settings, output_dir: Path, config_path: ConfigPath) -> Work:
    if isinstance(given, str):
        given = normalize_file("journey", given, config_path, key="journey")
    name = str(given["name"]) if isinstance(given, Mapping) and "name" in given else "journey"
    journey = read_named_journey(name, given, f"journey {name!r}")
    if settings.other is None:
        return Work(name, (Picture(name, journey),), output_dir, settings.quiet)
    other = read_journey(settings.other, normalize_file("journey", settings.other, config_path, key="other"))
    picture = Picture(f"{name}_to_{other.name}", journey, other)
    return Work(name, (picture,), output_dir, settings.quiet)


def _pictures(scenario: Scenario) -> tuple[Picture, ...]:
    """Return the map of every arm's focal journey, and of how each arm differs from the baseline."""

    def journey(arm: Arm) -> Journey:
        return scenario.journeys[arm.plans[scenario.market.focal].journey]

    base = scenario.arms[scenario.baseline]
    maps = [Picture(arm.name, journey(arm), arm=arm.name) for arm in scenario.arms.values()]
    changes = [
        Picture(f"{base.name}_to_{arm.name}", journey(base), journey(arm), base.name, arm.name)
        for arm in scenario.arms.values()
        if arm.name != base.name
    ]
    return (*maps, *changes)


def _flows(work: Work) -> Callable[[str], Any] | None:
    if work.run is None:
        return None
    import pyarrow.parquet as parquet

    from sim.reports.journey_map import flows_of

    table = parquet.read_table(work.run / "flows.parquet").to_pandas()
    return lambda arm: flows_of(table, arm)
