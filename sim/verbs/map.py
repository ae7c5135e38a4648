"""Map: draw a journey, how two differ, or what flowed through the journeys of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.quantity import quantity
from sim.number_format import in_words
from sim.scenario.errors import ConfigError
from sim.scenario.journey import Journey, read_journey
from sim.scenario.normal_form import normalize_file, read_named_journey
from sim.scenario.resolved import Arm
from sim.scenario.scenario import Scenario
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer
    from sim.results.runs import StoredResult

__all__ = ["COMMAND", "JourneyMap", "MapKeys", "MapPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapKeys:
    """What is drawn; with neither journey nor run, the journeys of the scenario."""

    journey: Any = quantity("a journey, by name or written out", default=None)
    other: str | None = quantity("a second journey by name", default=None, optional=True)
    run: str | None = quantity("a run whose flows are drawn", default=None, optional=True)


@dataclass(frozen=True, slots=True)
class JourneyMap:
    """One map: its file's name without ending, the journeys on it, and in which arms of a run they flowed."""

    name: str
    journey: Journey
    other: Journey | None = None
    arm: str = ""
    other_arm: str = ""


@dataclass(frozen=True, slots=True)
class MapPlan:
    """Maps to be drawn; ``run`` is the run whose flows are drawn, ``scenario`` what it ran."""

    name: str
    maps: tuple[JourneyMap, ...]
    run: StoredResult | None = None
    scenario: Scenario | None = None


def _prepare(job: Job[MapKeys, None]) -> MapPlan:
    keys = job.keys
    if keys.run is not None and keys.journey is not None:
        raise ConfigError("journey and run are both given; a run is drawn with its own journeys, so leave one out")
    if keys.other is not None and keys.journey is None:
        raise ConfigError(f"other is {keys.other!r}, but no journey to compare it with; give journey=NAME too")
    if keys.journey is not None:
        return _plan_journeys(job)
    if keys.run is None:
        scenario = Scenario.from_dict(job.rest, config_path=job.config_path)
        return MapPlan(scenario.name, _maps(scenario), None, scenario)
    from sim.results.runs import find_run

    run = find_run(job.output_dir, keys.run, holding="flows", what="a comparison")
    if "flows" not in run.tables():
        raise ConfigError(f"run is {keys.run!r}, but {str(run.path)!r} holds no flows.parquet; give a run of compare")
    scenario = Scenario.from_yaml(run.config)
    return MapPlan(scenario.name, _maps(scenario), run, scenario)


def _plan_journeys(job: Job[MapKeys, None]) -> MapPlan:
    given = job.keys.journey
    if isinstance(given, str):
        given = normalize_file("journey", given, job.config_path, key="journey")
    name = str(given["name"]) if isinstance(given, Mapping) and "name" in given else "journey"
    journey = read_named_journey(name, given, f"journey {name!r}")
    if job.keys.other is None:
        return MapPlan(name, (JourneyMap(name, journey),))
    other = read_journey(job.keys.other, normalize_file("journey", job.keys.other, job.config_path, key="other"))
    return MapPlan(name, (JourneyMap(f"{name}_to_{other.name}", journey, other),))


def _maps(scenario: Scenario) -> tuple[JourneyMap, ...]:
    """Return the map of every arm's focal journey, and of how each arm differs from the baseline."""

    def journey(arm: Arm) -> Journey:
        return scenario.journeys[arm.plans[scenario.market.focal].journey]

    base = scenario.arms[scenario.baseline]
    maps = [JourneyMap(arm.name, journey(arm), arm=arm.name) for arm in scenario.arms.values()]
    changes = [
        JourneyMap(f"{base.name}_to_{arm.name}", journey(base), journey(arm), base.name, arm.name)
        for arm in scenario.arms.values()
        if arm.name != base.name
    ]
    return (*maps, *changes)


def _run(job: Job[MapKeys, MapPlan], session: Session) -> Answer:
    """Draw the maps into a folder of their own."""
    from sim.results.answer import Answer

    return Answer(
        name=job.plan.name,
        asked=job.config(asked=job.plan.scenario if job.plan.run is None else None),
        report=lambda folder: _draw(job.plan, folder),
        shown=[*(f"{drawn.name}.svg" for drawn in job.plan.maps), "report.html"],
    )


def _draw(plan: MapPlan, folder: Path) -> None:
    """Draw every map into a file of its own and onto one page."""
    from sim.reports.document import Document, write_document
    from sim.reports.picture import Picture

    pictures = []
    flows = None if plan.run is None else plan.run.table("flows").to_pandas()
    for drawn in plan.maps:
        step = "week" if plan.scenario is None else plan.scenario.step
        options: dict[str, Any] = {"step": step}
        if flows is not None and plan.scenario is not None:
            from sim.reports.flows import flows_of

            options |= {
                "flows": flows_of(flows, drawn.arm),
                "customers": float(plan.scenario.market_customers),
                "weeks": plan.scenario.horizon,
            }
            if drawn.other is not None:
                options["other_flows"] = flows_of(flows, drawn.other_arm)
        ways: dict[str, Any] = {name: options.get(name) for name in ("flows", "other_flows", "customers")}
        horizon = (options.get("weeks"), step)
        text = _svg(drawn.journey, other=drawn.other, horizon=horizon, **ways)
        (folder / f"{drawn.name}.svg").write_text(text, encoding="utf-8")
        title = drawn.journey.title or drawn.journey.name
        if drawn.other is None:
            alt = f"Map of the journey {title}."
            reading = f"{title}. Read down: a stage a row; lines on the left lead back."
        else:
            other = drawn.other.title or drawn.other.name
            alt = reading = f"What {other} changes against {title}, edge by edge."
        if flows is not None:
            reading += " The lines are as wide as the customers who took them." if drawn.other is None else ""
        pictures.append(Picture(drawn.name, text, alt, reading, "maps"))
    first = plan.maps[0].journey
    name = (
        plan.scenario.title or plan.scenario.name if plan.scenario is not None else first.title or in_words(plan.name)
    )
    lead = "With the flows of a run." if flows is not None else "Drawn from the configuration alone, without a run."
    write_document(Document(f"Journey map: {name}", (lead,), template="map", pictures=tuple(pictures)), folder)


def _svg(journey: Journey, **shown: Any) -> str:
    """Return the SVG of a map: the one that was drawn of the same before, or a new one."""
    from sim.reports.kept_figures import figures_key, find_figures, keep_figures

    # Written out, not pickled: equal journeys that were composed in different ways pickle differently.
    key = figures_key(repr((journey, {name: _listed(value) for name, value in shown.items()})).encode())
    kept = None if key is None else find_figures(key)
    if kept is not None and isinstance(kept.get(0), str):
        return str(kept[0])
    from sim.reports.quick_matplotlib import load_matplotlib

    load_matplotlib()
    from sim.reports.journey_map import map_figure
    from sim.reports.style import svg_text

    text = svg_text(map_figure(journey, **shown))
    if key is not None:
        keep_figures(key, {0: text})
    return text


def _listed(value: Any) -> Any:
    """Return flows with every digit of them; anything else as it is."""
    return {pair: counts.tolist() for pair, counts in value.items()} if isinstance(value, Mapping) else value


COMMAND = Command(keys=MapKeys, prepare=_prepare, run=_run, scenario=False)
