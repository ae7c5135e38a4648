"""Ensemble: near-best parameter sets that a calibration left, and which of them a comparison simulates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import value_at, with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read_name, show

__all__ = ["NO_ENSEMBLE", "SEEDS", "Ensemble", "chosen_ensemble", "read_ensemble"]

#: Says that a scenario is not to be run over its ensemble.
NO_ENSEMBLE = "none"

#: Replicates of each member: two are enough to separate luck from parameters.
SEEDS = 2
MOST_MEMBERS = 2_000
_KEYS = ("name", "title", "scenario", "paths", "members")


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Parameter sets with weights.

    Attributes
    ----------
    name : str
        Name of the file.
    paths : tuple of str
        Dotted paths of the values that differ between members.
    weights : tuple of float
        Weight of each member; they sum to 1.
    rows : tuple of tuple
        The values of each member, in the order of ``paths``.
    """

    name: str
    paths: tuple[str, ...]
    weights: tuple[float, ...]
    rows: tuple[tuple[Any, ...], ...]

    def values(self, member: int) -> dict[str, Any]:
        """Return what stands at every path for a member."""
        return dict(zip(self.paths, self.rows[member], strict=True))

    def scenario(self, base: Scenario, member: int) -> Scenario:
        """Return a scenario with a member's values laid over it."""
        return with_values(base, self.values(member))

    def picks(self, count: int) -> tuple[int, ...]:
        """Return ``count`` members, each as often as its weight asks for (systematic resampling).

        Examples
        --------
        >>> Ensemble("two", ("horizon",), (0.75, 0.25), ((10,), (20,))).picks(4)
        (0, 0, 0, 1)
        """
        reached = np.cumsum(self.weights)
        places = np.searchsorted(reached, (np.arange(count) + 0.5) / count * reached[-1])
        return tuple(int(place) for place in np.minimum(places, len(self.weights) - 1))

    def plain(self) -> dict[str, Any]:
        """Return the ensemble as plain data: the content of its file."""
        members = [{"weight": weight, "values": list(row)} for weight, row in zip(self.weights, self.rows, strict=True)]
        return {"name": self.name, "paths": list(self.paths), "members": members}


def read_ensemble(data: object, scenario: Scenario, config_path: ConfigPath) -> Ensemble:
    """Read an ensemble: the name of a file in `ensemble/`, or its content.

    Parameters
    ----------
    data : str or mapping
        Name of a file in `ensemble/`, or its content.
    scenario : Scenario
        Every member must fit it.
    config_path : ConfigPath
        Where the file is looked up.

    Returns
    -------
    Ensemble
        Weights sum to 1.

    Raises
    ------
    ConfigError
        If there is no such file, or it does not fit the scenario.
    """
    given: Mapping[str, Any]
    if isinstance(data, str):
        given, where = config_path.read("ensemble", data, key="scenario.ensemble")
        name = data
    else:
        given, where = _mapping(data, "ensemble"), "ensemble"
        name = read_name(given.get("name"), "an ensemble", where=where, key="name")
    for key in given:
        if key not in _KEYS:
            raise ConfigError(f"{where}: unknown key {show(key)}; accepted: {', '.join(_KEYS)}")
    paths = given.get("paths")
    if not isinstance(paths, list | tuple) or not paths or not all(isinstance(path, str) for path in paths):
        raise ConfigError(f"{where}: paths is {show(paths)}; give a list of dotted paths")
    weights, rows = _read_members(given.get("members"), len(paths), where)
    total = math.fsum(weights)
    ensemble = Ensemble(name, tuple(paths), tuple(weight / total for weight in weights), rows)
    for member in range(len(rows)):
        try:
            ensemble.scenario(scenario, member)
        except ConfigError as error:
            raise ConfigError(
                f"{where}: member {member} does not fit scenario {scenario.name!r}: {error}; an ensemble belongs to the"
                " scenario that it was calibrated with"
            ) from None
    return ensemble


def chosen_ensemble(asked: object, scenario: Scenario, config_path: ConfigPath) -> Ensemble | None:
    """Return the ensemble that a scenario is to be run over.

    Parameters
    ----------
    asked : object
        As for :func:`read_ensemble`; None for the ensemble of the scenario's name, where there is one and the scenario
        is a file; `NO_ENSEMBLE` for none.
    scenario : Scenario
    config_path : ConfigPath

    Returns
    -------
    Ensemble or None

    Raises
    ------
    ConfigError
        If there is no such ensemble, it does not fit, or the scenario was changed in what its own ensemble sets.
    """
    own = config_path.find("scenario", scenario.name) is not None
    if asked == NO_ENSEMBLE:
        return None
    if asked is None:
        if not own or config_path.find("ensemble", scenario.name) is None:
            return None
        asked = scenario.name
    ensemble = read_ensemble(asked, scenario, config_path)
    if isinstance(asked, str) and own:
        _check_untouched(scenario, ensemble, config_path)
    return ensemble


def _check_untouched(scenario: Scenario, ensemble: Ensemble, config_path: ConfigPath) -> None:
    """Refuse a change of what the members of an ensemble set: it would have no effect."""
    data, where = config_path.read_scenario(scenario.name)
    fitted = Scenario.from_dict(data, config_path=config_path, where=where)
    for path in ensemble.paths:
        now, before = (value_at(one, path) for one in (scenario, fitted))
        if now != before:
            raise ConfigError(
                f"{path} is {show(now)}, but the ensemble {ensemble.name!r} sets it; give ensemble=none to run this one"
                " market, or leave it out"
            )


def _read_members(members: object, width: int, where: str) -> tuple[list[float], tuple[tuple[Any, ...], ...]]:
    if not isinstance(members, list | tuple) or not 1 <= len(members) <= MOST_MEMBERS:
        raise ConfigError(f"{where}: members is {show(members)}; give a list of 1 to {MOST_MEMBERS} members")
    weights: list[float] = []
    rows: list[tuple[Any, ...]] = []
    for at, member in enumerate(members):
        item = _mapping(member, f"{where}: members.{at}")
        weight, row = item.get("weight", 1.0), item.get("values")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0.0 < weight < math.inf:
            raise ConfigError(f"{where}: members.{at}.weight is {show(weight)}; give a number above 0")
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != width:
            raise ConfigError(f"{where}: members.{at}.values is {show(row)}; give {width} values, one for each path")
        weights.append(float(weight))
        rows.append(tuple(row))
    return weights, tuple(rows)


def _mapping(data: object, where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where} is {show(data)}; give a mapping")
    return data
