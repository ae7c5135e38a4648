"""Scenario: a market, a persona mix and one or more arms, loaded by name, from a file or from plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import with_values
from sim.scenario.market import NO_MARKET
from sim.scenario.normal_form import normalize_scenario, written_out
from sim.scenario.resolve import resolve
from sim.scenario.resolved import ResolvedScenario
from sim.scenario.settings import SETTINGS
from sim.scenario.yaml_reader import read_yaml

__all__ = ["Scenario"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(ResolvedScenario):
    """Everything a run depends on but the seed and the number of replicates.

    Examples
    --------
    >>> Scenario.load("treadmill", population=500, **{"market.contact.fatigue": 0.3}).population
    500
    """

    @classmethod
    def load(cls, name: str, *, config_dir: str | Path | None = None, **overrides: Any) -> Self:
        """Load a scenario by name.

        Parameters
        ----------
        name : str
            Name of a file in `scenario/`, shipped or in ``config_dir``.
        config_dir : path, optional
            A folder of one's own, searched before the shipped one.
        **overrides
            Values by dotted key, as :func:`sim.scenario.dotted_key.with_values` sets them:
            ``**{"market.price_elasticity": -2}``. ``market`` and ``personas`` may be the name of another file.

        Raises
        ------
        ConfigError
            If a file, key or value cannot be used.
        """
        config_path = ConfigPath.of() if config_dir is None else ConfigPath.of(config_dir)
        data, where = config_path.read_scenario(name)
        return cls._load(data, where, name, config_path, overrides)

    @classmethod
    def from_yaml(cls, path: str | Path, *, config_dir: str | Path | None = None, **overrides: Any) -> Self:
        """Load a scenario from a file: one of `scenario/`, or the `config.yaml` of a result folder.

        A file that lies in a folder called `scenario` may name its neighbours in `market/`, `personas/`, `journey/` and
        `strategy/`.

        Parameters
        ----------
        path : path
            The file.
        config_dir, **overrides
            As in :meth:`load`.

        Raises
        ------
        ConfigError
            If a file, key or value cannot be used.
        """
        path = Path(path)
        # The ensemble that a result was run over stands beside its scenario, as settings do.
        data = {key: value for key, value in read_yaml(path).items() if key not in (*SETTINGS, "ensemble")}
        folders = [config_dir] if config_dir is not None else []
        if path.absolute().parent.name == "scenario":
            folders.append(path.absolute().parent.parent)
        return cls._load(data, str(path), path.stem, ConfigPath.of(*folders), overrides)

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        *,
        config_path: ConfigPath | None = None,
        where: str = "",
        name: str = "scenario",
    ) -> Self:
        """Build a scenario from plain data: the inverse of :meth:`to_dict`.

        Parameters
        ----------
        data : mapping
            The keys of a scenario file; names of files that are left in it are looked up.
        config_path : ConfigPath, optional
            Where they are looked up; the shipped files by default.
        where : str
            File that the data comes from; opens every message.
        name : str
            Name of the scenario where the data gives none.

        Returns
        -------
        Scenario

        Raises
        ------
        ConfigError
            If a key is unknown or missing, a value cannot be used, or parts contradict each other.
        """
        config_path = config_path or ConfigPath.of()
        form = normalize_scenario(data, config_path, where=where, name=name)
        return cls(**resolve(form, config_path, where=where))

    @property
    def has_market(self) -> bool:
        """Whether anything can be bought; without a market a journey is run alone."""
        return self.market.name != NO_MARKET

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain data, every field written out."""
        return written_out(self)

    @classmethod
    def _load(
        cls, data: dict[str, Any], where: str, name: str, config_path: ConfigPath, overrides: Mapping[str, Any]
    ) -> Self:
        late = {}
        for key, value in overrides.items():
            if key in ("market", "personas") and isinstance(value, str):
                given = data.get(key)
                # A named file is replaced; what the scenario changes about it stays, as on the command line.
                data[key] = {**given, "use": value} if isinstance(given, Mapping) and "use" in given else value
            else:
                late[key] = value
        scenario = cls.from_dict(data, config_path=config_path, where=where, name=name)
        return with_values(scenario, late, config_path=config_path)
