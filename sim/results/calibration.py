"""Calibration: the files that a fit leaves: configuration to be run by name, an ensemble, and tables of the fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.calibration.ensemble import Ensemble
from sim.calibration.parameters import values_at
from sim.calibration.result import Calibration
from sim.calibration.targets import written
from sim.number_format import counted
from sim.results.configuration import write_configuration, write_ensemble
from sim.scenario.dotted_key import with_values
from sim.scenario.normal_form import normalize_journey
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.scenario.journey import Journey

__all__ = ["draws_table", "ensemble_of", "fitted_scenario", "simulations_table", "write_fit"]

#: Near-best draws that are written: as many as tell a quantile, and as a reader can scroll through.
MOST_DRAWS = 2_000


def fitted_scenario(done: Calibration, name: str, title: str = "") -> tuple[Scenario, dict[str, str]]:
    """Return the scenario with the fitted values under a name of its own, and the new names of changed journeys.

    Parameters
    ----------
    done : Calibration
    name : str
        Name of the new scenario.
    title : str
        A reader's name for it.

    Returns
    -------
    tuple of Scenario and dict of str to str
    """
    base = done.scenario
    fitted = with_values(base, values_at(done.parameters, done.shares))
    renamed = {
        journey: f"{name}_{journey}"[:64]
        for journey in base.journeys
        if fitted.journeys[journey] != base.journeys[journey]
    }
    arms = {
        arm: replace(
            content,
            plans={
                brand: replace(plan, journey=renamed.get(plan.journey, plan.journey))
                for brand, plan in content.plans.items()
            },
        )
        for arm, content in fitted.arms.items()
    }
    journeys: dict[str, Journey] = {
        renamed.get(key, key): replace(journey, name=renamed.get(key, key)) for key, journey in fitted.journeys.items()
    }
    market = replace(
        fitted.market,
        name=name,
        title=title or fitted.market.title,
        journey=renamed.get(fitted.market.journey, fitted.market.journey),
    )
    scenario = replace(
        fitted,
        name=name,
        title=title or fitted.title,
        case=_case(done),
        market=market,
        arms=arms,
        journeys=journeys,
    )
    return scenario, renamed


def _case(done: Calibration) -> str:
    """Say what a fitted scenario is: what it starts from is another case."""
    base = done.scenario
    return (
        f"A market fitted to {counted(len(done.targets), 'figure')}. What these say nothing about, such as prices,"
        f" margins and what the company does, is as in {base.title or base.name!r}: replace it by your own."
    )


def ensemble_of(done: Calibration, name: str, renamed: Mapping[str, str]) -> Ensemble | None:
    """Return the near-best members as an ensemble of the fitted scenario; None where there is none.

    Parameters
    ----------
    done : Calibration
    name : str
        Name of the fitted scenario.
    renamed : mapping of str to str
        New names of the journeys that the fit changed.

    Returns
    -------
    Ensemble or None
    """
    if not done.members:
        return None
    rows = []
    paths: tuple[str, ...] = ()
    for member in done.members:
        values = values_at(done.parameters, member.shares)
        paths = tuple(_renamed(path, renamed) for path in values)
        rows.append(tuple(values.values()))
    weights = tuple(float(f"{member.weight:.9g}") for member in done.members)
    return Ensemble(name, paths, weights, tuple(rows))


def _renamed(path: str, renamed: Mapping[str, str]) -> str:
    steps = path.split(".")
    if steps[0] == "journeys" and steps[1] in renamed:
        steps[1] = renamed[steps[1]]
    return ".".join(steps)


def write_fit(done: Calibration, folder: Path, name: str, title: str, where: str) -> None:
    """Write `market/`, `journey/`, `scenario/` and `ensemble/` files into a folder for `--config-dir`.

    Parameters
    ----------
    done : Calibration
        The fit.
    folder : Path
        Made here.
    name, title : str
        Of the market, the scenario and the ensemble.
    where : str
        Where the targets came from.
    """
    scenario, renamed = fitted_scenario(done, name, title)
    fit = _fit_comment(done, where)
    form = scenario.to_dict()
    market = {key: value for key, value in form["market"].items() if key != "name"}
    write_configuration(
        folder / "market" / f"{name}.yaml", ["The market of a fit.", *fit], {"name": name, **market}, compact=False
    )
    for journey in sorted(set(renamed.values())):
        content = normalize_journey(scenario.journeys[journey])
        content["edges"] = list(content["edges"].values())
        path = folder / "journey" / f"{journey}.yaml"
        write_configuration(path, [f"A journey of the fit {name!r}."], content, compact=False)
    body = {**form, "market": name}
    body["journeys"] = {
        key: value for key, value in form["journeys"].items() if key not in renamed.values() and not _is_shipped(value)
    }
    if not body["journeys"]:
        body.pop("journeys")
    commands = write_ensemble(folder, name, ensemble_of(done, name, renamed), "targets", fit)
    write_configuration(folder / "scenario" / f"{name}.yaml", [*commands, *fit], body, compact=False)


def _is_shipped(journey: Mapping[str, Any]) -> bool:
    """Whether a journey is the shipped one of its name, so that its name is enough."""
    from sim.scenario.config_path import ConfigPath
    from sim.scenario.errors import ConfigError
    from sim.scenario.normal_form import normalize_file

    try:
        return normalize_file("journey", journey["name"], ConfigPath.of()) == dict(journey)
    except ConfigError:
        return False


def _fit_comment(done: Calibration, where: str) -> list[str]:
    import sim

    lines = [f"Fitted by `journey calibrate` {sim.__version__} to {where or 'targets from the command line'}:"]
    for target, figure, error, met in zip(done.targets, done.figures, done.error, done.met, strict=True):
        wanted, fitted = written(target.metric, target.value), written(target.metric, float(figure))
        chance = written(target.metric, float(error))
        source = f" [{target.source}]" if target.source else ""
        lines.append(
            f"  {target.label}: wanted {wanted}, fitted {fitted} +- {chance}{'' if met else ', NOT MET'}{source}"
        )
    lines.append("Parameters, with the interval of 90 % of the near-best fits:")
    for parameter, number, (low, high), left in zip(
        done.parameters, done.numbers, done.intervals(), done.shrinkage, strict=True
    ):
        lines.append(
            f"  {parameter.name}: {number:.4g} [{low:.3g} to {high:.3g}]; {100 * min(left, 1.0):.0f} % of the prior's"
            f" spread is left ({parameter.key})"
        )
    lines.append(f"Seed {done.seed}, {done.population:,} customers a simulation, {done.simulations:,} simulations.")
    return lines


def simulations_table(done: Calibration) -> Any:
    """Return every simulation of the fit: parameters, figures, misfit."""
    import pyarrow as pa

    columns: dict[str, Any] = {
        parameter.name: np.array([parameter.at(float(share)) for share in done.points[:, at]])
        for at, parameter in enumerate(done.parameters)
    }
    columns |= {target.label: done.values[:, at] for at, target in enumerate(done.targets)}
    return pa.table({**columns, "misfit": done.trail})


def draws_table(done: Calibration) -> Any:
    """Return the near-best draws of the parameters, `MOST_DRAWS` of them."""
    import pyarrow as pa

    # Population by population of the sampler: evenly, they are all alike.
    draws = done.draws[np.linspace(0, len(done.draws) - 1, min(len(done.draws), MOST_DRAWS)).astype(np.int64)]
    return pa.table(
        {
            parameter.name: np.array([parameter.at(float(share)) for share in draws[:, at]])
            for at, parameter in enumerate(done.parameters)
        }
    )
