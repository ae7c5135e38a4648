"""Config source: the files of one verb as Hydra finds them, read safely and handed over in normal form.

Hydra finds files through sources. This one serves the shipped files and a user's folder (`--config-dir`), reads both
with :mod:`sim.scenario.yaml_reader`, and hands Hydra every scenario in the normal form of
:mod:`sim.scenario.normal_form`: a defaults list that names the market, the persona mix, the journeys and the
strategies, with every field filled in. So `market=NAME` and `arms.proactive.focal.strategy.automation=0.8` reach their
value whatever shorthand a file uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf

from configs import FOLDER
from sim.command_line.long_journeys import set_aside
from sim.scenario.config_path import GROUPS, ConfigPath
from sim.scenario.normal_form import normalize_file, normalize_scenario
from sim.scenario.schema import NAME, read_value
from sim.scenario.settings import Settings
from sim.scenario.yaml_reader import read_yaml

__all__ = ["OWN_GROUPS", "JourneySource", "help_template"]

#: Hydra changes no folder, writes no log and leaves no folder behind: a run's only trace is its result folder.
HYDRA: Mapping[str, Any] = {
    "job": {"chdir": False},
    "output_subdir": None,
    "run": {"dir": "."},
}
HYDRA_DEFAULTS: tuple[Mapping[str, str], ...] = (
    {"override hydra/job_logging": "none"},
    {"override hydra/hydra_logging": "none"},
)
#: Groups of which only the shipped files count: they say how a run is done, not what.
OWN_GROUPS: tuple[str, ...] = ("engine", "executor")
#: Groups whose files set keys at the top rather than under the group's name.
GLOBAL_GROUPS: tuple[str, ...] = ("scenario", "engine")


class JourneySource(ConfigSource):
    """A folder of configuration files for one verb: `journey://VERB:FOLDER`, without a folder the shipped one."""

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider=provider, path=path)
        self.verb, _, folder = self.path.partition(":")
        self.trusted = not folder
        self.folder = Path(folder) if folder else FOLDER

    @staticmethod
    def scheme() -> str:
        """Return the scheme under which Hydra knows this source."""
        return "journey"

    def available(self) -> bool:
        """Return whether the folder exists."""
        return self.folder.is_dir()

    def is_group(self, config_path: str) -> bool:
        """Return whether a path is one of the groups; no other folder is ever looked into."""
        if config_path in ("", "."):
            return True
        known = (*GROUPS, *OWN_GROUPS) if self.trusted else GROUPS
        return config_path in known and (self.folder / config_path).is_dir()

    def is_config(self, config_path: str) -> bool:
        """Return whether a path is a file of a group, or at the top a verb's configuration."""
        group, name = _split(config_path)
        if not NAME.fullmatch(name):
            return False
        if not group:
            # A verb's own configuration is always the shipped one: a user's folder adds files, it replaces no verb.
            shipped = (FOLDER / f"{name}.yaml").exists()
            return shipped if self.trusted else not shipped and _exists(self.folder / f"{name}.yaml")
        return self.is_group(group) and ConfigPath((self.folder,)).find(group, name) is not None

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return the names under a path, sorted."""
        names: set[str] = set()
        if config_path in ("", "."):
            if results_filter in (None, ObjectType.GROUP):
                names |= {group for group in (*GROUPS, *OWN_GROUPS) if self.is_group(group)}
        elif results_filter in (None, ObjectType.CONFIG) and self.is_group(config_path):
            names |= {path.stem for path in (self.folder / config_path).iterdir() if path.suffix == ".yaml"}
        return sorted(names)

    def load_config(self, config_path: str) -> ConfigResult:
        """Read a file and bring it into the form that Hydra composes."""
        group, name = _split(config_path)
        folder = ConfigPath((self.folder,))
        if not group:
            body = self._verb() if self.trusted else self._user(name)
        elif group == "scenario":
            data, where = folder.read_scenario(name)
            body = self._hydra_form(data, where, name)
        elif group in OWN_GROUPS:
            body = read_yaml(self.folder / group / f"{name}.yaml", trusted=True)
        else:
            body = normalize_file(group, name, folder)
        return ConfigResult(
            config=OmegaConf.create(set_aside(body)),
            path=self.full_path(),
            provider=self.provider,
            header={"package": "_global_" if group in GLOBAL_GROUPS else None},
        )

    def _verb(self) -> dict[str, Any]:
        """Return the verb's shipped configuration with the settings of Hydra that every verb shares."""
        path = FOLDER / f"{self.verb}.yaml"
        body = read_yaml(path, where=f"configs/{self.verb}.yaml", trusted=True)
        body["defaults"] = [*body.get("defaults", ["_self_"]), *HYDRA_DEFAULTS]
        body["hydra"] = {**HYDRA, "help": {"app_name": f"journey {self.verb}", "template": help_template(self.verb)}}
        return body

    def _user(self, name: str) -> dict[str, Any]:
        """Return a user's file that is to be run as it stands, such as the `config.yaml` of a result folder."""
        path = self.folder / f"{name}.yaml"
        data = read_yaml(path)
        verb = self._verb()
        settings = {key for key in verb if key not in ("defaults", "hydra")} | set(OWN_GROUPS)
        # Groups of the verb's own: the journey that `map` draws stands in the file as it was read.
        groups = {key for item in verb["defaults"] if isinstance(item, dict) for key in item} - {
            "scenario",
            *OWN_GROUPS,
        }
        own = {key: data[key] for key in groups if key in data}
        scenario = {key: value for key, value in data.items() if key not in settings | groups}
        # A verb that chooses no scenario of its own, such as `validate`, leaves none behind either.
        without = not scenario and ({"scenario": None} in verb["defaults"] or any(own.values()))
        body = {"defaults": ["_self_"]} if without else self._hydra_form(scenario, str(path), name)
        engine = read_value(Settings, "engine", data.get("engine", "numba"), where=str(path))
        chosen = {key: data.get(key, verb[key]) for key in settings if key not in OWN_GROUPS}
        # Where it ran last time says nothing about where it runs now: the verb's own executor, if it has one.
        executors = [{"/executor": item["executor"]} for item in verb["defaults"] if "executor" in item]
        return {
            **body,
            **own,
            **chosen,
            "defaults": [{"/engine": engine}, *executors, *body["defaults"], *HYDRA_DEFAULTS],
            "hydra": verb["hydra"],
        }

    def _hydra_form(self, data: Mapping[str, Any], where: str, name: str) -> dict[str, Any]:
        """Return a scenario as a body with a defaults list, for Hydra to compose."""
        config_path = ConfigPath.of() if self.trusted else ConfigPath.of(self.folder)
        form = normalize_scenario(data, config_path, where=where, name=name)
        defaults: list[Any] = []
        for part in form.parts:
            package = "" if part.key == part.group else f"@{part.key}"
            defaults.append({f"/{part.group}{package}": part.name})
        return {"defaults": [*defaults, "_self_"], **form.body}


def help_template(verb: str) -> str:
    """Return the template of a verb's help: its shipped file, whose comments say what every key means."""
    text = (FOLDER / f"{verb}.yaml").read_text(encoding="utf-8").replace("$", "$$")
    return (
        f"journey {verb} [key=value ...]\n\n{text}\n"
        "Groups (choose with group=name; a folder of your own adds to them with --config-dir DIR)\n"
        "$APP_CONFIG_GROUPS\n"
        "--cfg job shows every key with its value; --multirun (-m) key=a,b runs one after the other;\n"
        "--config-dir DIR --config-name NAME runs DIR/NAME.yaml, such as the config.yaml of a result folder.\n"
    )


def _split(config_path: str) -> tuple[str, str]:
    group, _, name = config_path.removesuffix(".yaml").rpartition("/")
    return group, name


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except (OSError, ValueError):
        return False
