"""Calibrate: fit a market to figures of a real one, or customers to a file, and write it as configuration to be used.

With `targets` the market is fitted to figures; with `data`, see :mod:`sim.verbs.calibrate_data`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.quantity import number, quantity, whole
from sim.calibration.parameters import Parameter, default_parameters, read_parameters
from sim.calibration.targets import Target, TargetFile, read_target_file, read_targets
from sim.data.column_read import ColumnRead
from sim.data.layout import Layout
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import NAME, read_name, show
from sim.verbs.calibrate_data import DataPlan, prepare_data, run_data
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.results.answer import Answer

__all__ = ["COMMAND", "CalibrateKeys", "TargetPlan"]

#: Replicates of the check that make a Monte-Carlo error worth its name.
_FEWEST_REPLICATES = 2
_EFFORT = ("scan", "rounds", "members", "fit_population")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateKeys(Layout):
    """What is fitted to what, and how much work goes into it. The keys of a layout say how the file is read."""

    targets: Any = quantity("figures, or the file or name of a file that holds them", default=None)
    save_as: str | None = quantity("name of what is written; null: that of the file", default=None, optional=True)
    save_title: str | None = quantity("its title", default=None, optional=True)
    parameters: Any = quantity("what may move, with ranges; null: what usually decides the targets", default=None)
    data: str | None = quantity("instead of targets: a file of purchases or survivors", default=None, optional=True)
    until: Any = quantity("last day, or number of periods, that is fitted; null: the first half", default=None)
    currency: str | None = quantity(
        "sign of the currency; null: that of the file, else the dollar sign", default=None, optional=True
    )
    margin_share: float = number(
        0.4, 0.0, 1.0, "share of a purchase that is contribution, in the scenario written from purchases"
    )
    model: str | None = quantity(
        "model of repeat buying; null: BG/NBD unless another is clearly likelier",
        default=None,
        optional=True,
        choices=("bg_nbd", "mbg_nbd", "pareto_nbd"),
    )
    scan: int = whole(64, 8, 8192, "points looked at first")
    rounds: int = whole(6, 0, 100, "rounds of near-best points")
    members: int = whole(32, 1, 1000, "near-best fits that are kept")
    fit_population: int | None = quantity(
        "customers of a simulation of the fit; null: as many as the targets need", default=None, low=100, optional=True
    )


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """A fit to figures; ``where`` is the file that they came from."""

    targets: tuple[Target, ...]
    parameters: tuple[Parameter, ...]
    name: str
    title: str
    where: str
    source: TargetFile | None = None

    @property
    def columns(self) -> tuple[ColumnRead, ...]:
        """What was understood of the columns of a table."""
        return () if self.source is None else self.source.columns

    @property
    def notices(self) -> tuple[str, ...]:
        """What was left out of it."""
        return () if self.source is None else self.source.notices


def _prepare(job: Job[CalibrateKeys, None]) -> TargetPlan | DataPlan:
    keys, scenario = job.keys, job.scenario
    if keys.data is not None:
        if keys.targets is not None:
            raise ConfigError(
                "targets and data are both given; a fit is to figures or to transactions, so leave one out"
            )
        return prepare_data(keys.data, keys, keys.until, save_as=keys.save_as, title=keys.save_title)
    if keys.targets is None:
        raise ConfigError(
            "targets is missing; give a file of figures (targets=mine.yaml), a name in targets/ (targets=average), or"
            " figures, such as 'targets={switched: 58 %}'"
        )
    source = _source(keys.targets, job.config_path, keys)
    where = source.where if source is not None else ""
    targets = read_targets(keys.targets if source is None else source.targets, scenario, where=where)
    said, place = keys.parameters, ""
    if said is None and source is not None:
        said, place = source.parameters, where
    parameters = default_parameters(scenario, targets) if said is None else read_parameters(said, scenario, where=place)
    name = keys.save_as or (source.name if source is not None else "fitted")
    read_name(name, "the result", key="save_as")
    title = keys.save_title or (source.title if source is not None else "")
    return TargetPlan(targets, parameters, name, title, where, source)


def _source(targets: object, config_path: ConfigPath, layout: Layout) -> TargetFile | None:
    """Return the file that is named, or None where the figures themselves are given."""
    if not isinstance(targets, str):
        return None
    path = Path(targets).expanduser()
    if path.is_dir() and config_path.find("targets", targets) is None:
        raise ConfigError(f"targets is {show(targets)}, which is a folder; give a .yaml or .csv file of it")
    if path.suffix:
        return read_target_file(path, layout)
    if not NAME.fullmatch(targets):
        raise ConfigError(f"targets is {show(targets)}; give a .yaml or .csv file, or a name in targets/")
    found = config_path.find("targets", targets)
    if found is None:
        names = config_path.names("targets")
        raise ConfigError(f"targets is {show(targets)}; {suggest(targets, names, 'give a file, or one of')}")
    return read_target_file(found)


def _run(job: Job[CalibrateKeys, TargetPlan | DataPlan], session: Session) -> Answer:
    """Fit, and say what came out."""
    plan = job.plan
    if isinstance(plan, DataPlan):
        return run_data(job, plan, session)
    from sim.calibration.calibrate import calibrate
    from sim.calibration.result import Effort
    from sim.reports.calibration import calibration_document, calibration_lines, calibration_summary, target_lines
    from sim.reports.columns import column_lines
    from sim.results.answer import Answer
    from sim.results.calibration import draws_table, simulations_table, write_fit

    keys, name = job.keys, plan.name
    progress = session.run_progress(_expected_simulations(keys, plan), f"calibrate {name}")
    done = calibrate(
        job.scenario,
        plan.targets,
        plan.parameters,
        seed=job.settings.seed,
        effort=Effort(
            **{key: getattr(keys, key) for key in _EFFORT},
            check_population=job.scenario.population,
            check_replicates=max(_FEWEST_REPLICATES, job.settings.replicates),
        ),
        executor=session.executor(),
        store=session.store(),
        on_done=progress.tell,
        say=progress.say,
    )
    command = f"journey compare --config-dir RESULT/config scenario={name}"
    title = plan.title or name.replace("_", " ").capitalize()
    return Answer(
        name=name,
        config=_config(job, plan),
        summary=calibration_summary(done, name) | {"columns": [column.plain() for column in plan.columns]},
        tables={"simulations": [simulations_table(done)], "near_best": [draws_table(done)]},
        files=lambda folder: write_fit(done, folder / "config", name, title, Path(plan.where).name),
        report=calibration_document(done, title, command),
        manifest={"scenario": name, "simulations": done.simulations, "fit_population": done.population},
        lines=[
            *([*column_lines(plan.columns), ""] if plan.columns else []),
            *(f"Note: {notice}" for notice in plan.notices),
            *target_lines(done),
            "",
            *calibration_lines(done),
        ],
        commands=[command, *([f"{command} ensemble=none"] if done.members else [])],
    )


def _expected_simulations(keys: CalibrateKeys, plan: TargetPlan) -> int:
    """Return about how many simulations there will be, for the bar."""
    brands = len({target.brand for target in plan.targets})
    steps = 3 * (len(plan.parameters) + 5 * 3)
    return brands * (8 + keys.scan + steps + 24 * keys.rounds + keys.members + 20)


def _config(job: Job[CalibrateKeys, Any], plan: TargetPlan) -> dict[str, Any]:
    return job.config(
        {
            "targets": [target.plain() for target in plan.targets],
            "parameters": [parameter.plain() for parameter in plan.parameters],
            "save_as": plan.name,
            "save_title": plan.title,
            "data": None,
            **{key: getattr(job.keys, key) for key in _EFFORT},
        }
    )


COMMAND = Command(keys=CalibrateKeys, prepare=_prepare, run=_run)
