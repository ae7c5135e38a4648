"""Composer: a verb's configuration from the command line, composed by Hydra from files that are read safely.

Hydra finds files through sources. Ours serves the shipped files and a user's folder (`--config-dir`), reads both with
:mod:`sim.scenario.yaml_reader`, and hands Hydra every scenario in the normal form of :mod:`sim.scenario.normal_form`: a
defaults list that names the market, the persona mix, the journeys and the strategies, with every field filled in. So
`market=NAME` and `arms.proactive.focal.strategy.automation=0.8` reach their value whatever shorthand a file uses.
"""

from __future__ import annotations

import shutil
import tempfile
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from hydra import version
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString, Transformer
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.plugins.config_source import ConfigResult, ConfigSource
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from configs import FOLDER
from sim.scenario.config_path import GROUPS, ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.normal_form import SCENARIO_KEYS, normalize_file, normalize_scenario
from sim.scenario.schema import NAME, read_value, show
from sim.scenario.settings import Settings
from sim.scenario.yaml_reader import read_yaml

__all__ = ["Composer", "Task", "explain"]

#: What a verb does with one composed configuration.
Task = Callable[[Mapping[str, Any]], Any]

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
#: Keys of a scenario that are mappings, so that Hydra lays over them what is given.
_MAPPINGS: tuple[str, ...] = ("market", "personas", "journeys", "arms", "record")


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
            body = _hydra_form(data, where, name)
        elif group in OWN_GROUPS:
            body = read_yaml(self.folder / group / f"{name}.yaml", trusted=True)
        else:
            body = normalize_file(group, name, folder)
        return ConfigResult(
            config=OmegaConf.create(body),
            path=self.full_path(),
            provider=self.provider,
            header={"package": "_global_" if group in GLOBAL_GROUPS else None},
        )

    def _verb(self) -> dict[str, Any]:
        """Return the verb's shipped configuration with the settings of Hydra that every verb shares."""
        path = FOLDER / f"{self.verb}.yaml"
        body = read_yaml(path, where=f"configs/{self.verb}.yaml", trusted=True)
        body["defaults"] = [*body.get("defaults", ["_self_"]), *HYDRA_DEFAULTS]
        body["hydra"] = {**HYDRA, "help": {"app_name": f"journey {self.verb}", "template": _help(self.verb, path)}}
        return body

    def _user(self, name: str) -> dict[str, Any]:
        """Return a user's file that is to be run as it stands, such as the `config.yaml` of a result folder."""
        path = self.folder / f"{name}.yaml"
        data = read_yaml(path)
        verb = self._verb()
        settings = {key for key in verb if key not in ("defaults", "hydra")} | set(OWN_GROUPS)
        scenario = {key: value for key, value in data.items() if key not in settings}
        # A verb that chooses no scenario of its own, such as `validate`, leaves none behind either.
        without = {"scenario": None} in verb["defaults"] and not scenario
        body = {"defaults": ["_self_"]} if without else _hydra_form(scenario, str(path), name)
        engine = read_value(Settings, "engine", data.get("engine", "numba"), where=str(path))
        chosen = {key: data.get(key, verb[key]) for key in settings if key not in OWN_GROUPS}
        # Where it ran last time says nothing about where it runs now: the verb's own executor, if it has one.
        executors = [{"/executor": item["executor"]} for item in verb["defaults"] if "executor" in item]
        return {
            **body,
            **chosen,
            "defaults": [{"/engine": engine}, *executors, *body["defaults"], *HYDRA_DEFAULTS],
            "hydra": verb["hydra"],
        }


class Composer:
    """One verb on the command line: shows, composes and runs its configuration.

    Parameters
    ----------
    verb : str
        Name of the verb; its configuration is `configs/VERB.yaml`.
    arguments : Namespace
        What Hydra's own parser made of the command line.

    Raises
    ------
    ConfigError
        If the folder of `--config-dir` does not exist.
    """

    def __init__(self, verb: str, arguments: Namespace) -> None:
        self.verb = verb
        self.name: str = arguments.config_name or verb
        self.overrides: list[str] = list(arguments.overrides)
        folders = [arguments.config_dir] if arguments.config_dir is not None else []
        self.config_path = ConfigPath.of(*folders)
        version.setbase("1.3")
        Plugins.instance().register(JourneySource)
        search_path = ConfigSearchPathImpl()
        search_path.append("hydra", "pkg://hydra.conf")
        for folder in self.config_path.folders[:-1]:
            search_path.append("command-line", f"journey://{verb}:{folder}")
        search_path.append("main", f"journey://{verb}:")
        search_path.append("schema", "structured://")
        GlobalHydra.instance().clear()
        self.hydra = Hydra.create_main_hydra2(task_name=verb, config_search_path=search_path)

    def refuse_idle(self, run: str) -> None:
        """Refuse overrides that would change nothing, and so mislead.

        Parameters
        ----------
        run : str
            Key of the verb that names a finished run, whose scenario then counts; empty where there is none.

        Raises
        ------
        ConfigError
            If a key of a scenario stands beside a run, or a part of a scenario is an empty mapping.
        """
        given = {override.key_or_group: override.value() for override in self._parsed()}
        for key, value in given.items():
            if key in _MAPPINGS and value == {}:
                raise ConfigError(
                    f"{key} is {{}}, which changes nothing: what is given is laid over the scenario; name the keys to"
                    f" be changed, or take one out with ~{key}.NAME"
                )
            if given.get(run) is not None and key.split(".")[0] in ("scenario", *SCENARIO_KEYS):
                raise ConfigError(
                    f"{key} and {run} are both given; a run comes with its own scenario, so leave one out"
                )

    def show_help(self, parser: Any, arguments: Namespace) -> None:
        """Print the help of the verb."""
        self.hydra.app_help(config_name=self.name, args_parser=parser, args=arguments)

    def show(self, kind: str, package: str | None, *, resolve: bool) -> None:
        """Print the composed configuration."""
        self.hydra.show_cfg(
            config_name=self.name, overrides=self.overrides, cfg_type=kind, package=package, resolve=resolve
        )

    def show_information(self, kind: str) -> None:
        """Print what Hydra knows: search path, defaults, plugins."""
        self.hydra.show_info(kind, config_name=self.name, overrides=self.overrides)

    def run(self, task: Task) -> Any:
        """Compose and run once; return what the task returns."""
        job = self.hydra.run(config_name=self.name, task_function=_carrying(task), overrides=self.overrides)
        return _outcome(job)

    def sweep(self, task: Task, check: Task) -> list[Any]:
        """Compose and run every combination of a sweep, after every one of them has been checked."""
        parsed = self._parsed()
        if not any(override.key_or_group == "hydra/sweeper" for override in parsed):
            self._check(parsed, check)
        overrides = list(self.overrides)
        folder = None
        if not any(override.get_key_element() == "hydra.sweep.dir" for override in parsed):
            # Hydra keeps notes of its own about a sweep; a result folder says all of it, so they are not kept.
            folder = tempfile.mkdtemp(prefix="journey-sweep-")
            overrides.append(f"hydra.sweep.dir={_quote(folder)}")
        try:
            batches = self.hydra.multirun(config_name=self.name, task_function=_carrying(task), overrides=overrides)
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
        return [_outcome(job) for batch in batches for job in batch]

    def spread(self, task: Task) -> Any:
        """Compose once and run once, whatever has several values handed over beside the rest.

        ``key=a,b`` and ``key=range(...)`` become entries of ``grid``, ``key=interval(low,high)`` one of ``levers``, and
        several files of a group become ``cases``, each composed as Hydra would compose it alone.
        """
        fixed: list[str] = []
        grid: dict[str, Any] = {}
        levers: dict[str, Any] = {}
        groups: list[list[tuple[str, str]]] = []
        for text, override in zip(self.overrides, self._parsed(), strict=True):
            if not override.is_sweep_override():
                fixed.append(text)
            elif override.is_interval_sweep():
                value: Any = override.value()
                scale = "log" if "log" in value.tags else "linear"
                levers[_without_prefix(override)] = {"low": value.start, "high": value.end, "scale": scale}
            elif override.key_or_group in (*GROUPS, *OWN_GROUPS):
                key = override.get_key_element()
                groups.append([(key, str(name)) for name in override.sweep_iterator(transformer=Transformer.encode)])
            else:
                raw = override.sweep_iterator(transformer=Transformer.identity)
                grid[_without_prefix(override)] = [_unquoted(value) for value in raw]

        def compose(chosen: Sequence[tuple[str, str]]) -> dict[str, Any]:
            overrides = [*fixed, *(f"{key}={name}" for key, name in chosen)]
            return _plain(self.hydra.compose_config(config_name=self.name, overrides=overrides, run_mode=RunMode.RUN))

        combined = list(product(*groups))
        data = compose(combined[0])
        if grid:
            data["grid"] = {**(data.get("grid") or {}), **grid}
        if levers:
            data["levers"] = {**(data.get("levers") or {}), **levers}
        if len(combined) > 1:
            data["cases"] = {
                "+".join(name for _, name in chosen): {
                    key: value for key, value in compose(chosen).items() if key in SCENARIO_KEYS
                }
                for chosen in combined
            }
        return task(data)

    def close(self) -> None:
        """Leave no global state of Hydra behind."""
        GlobalHydra.instance().clear()

    def suggest(self, key: str) -> str:
        """Say what is accepted where an unknown key was given."""
        # Only what chooses a group: a value may be the very thing that is wrong.
        groups = [override for override in self.overrides if "." not in override.split("=")[0]]
        for overrides in (groups, []):
            try:
                composed = self.hydra.compose_config(
                    config_name=self.name,
                    overrides=overrides,
                    run_mode=RunMode.MULTIRUN,
                    validate_sweep_overrides=False,
                )
                break
            except Exception:  # only a hint is lost
                continue
        else:
            return "see --cfg job for the keys there are"
        inner: Any = composed
        path: list[str] = []
        for step in key.split("."):
            if not isinstance(inner, DictConfig) or step not in inner:
                break
            path.append(step)
            inner = inner._get_node(step)
        if not isinstance(inner, DictConfig):
            return f"{'.'.join(path)} is a value and has no keys"
        if key in GROUPS and key not in inner:
            return f"{key} is a group; say for which brand of which arm: arms.ARM.BRAND.{key}=NAME"
        step = key.split(".")[len(path)] if len(path) < len(key.split(".")) else ""
        known = [str(name) for name in inner if name != "hydra"]
        under = ".".join(path)
        return suggest(step, known, f"accepted under {under}:" if under else "accepted:", under=under)

    def explain_group(self) -> str:
        """Say which group was given something that is no name."""
        for override in OverridesParser.create().parse_overrides(self.overrides):
            group, value = override.key_or_group, override.value()
            if group in (*GROUPS, *OWN_GROUPS, "") and not isinstance(value, str | list):
                names = self.hydra.config_loader.get_group_options(group) if group else []
                known = f"; there are {', '.join(names)}" if names else ""
                return f"{group or 'a key without a name'} is {show(value)}; give the name of a file{known}"
        return "a group is given something that is no name; give the name of a file"

    def _parsed(self) -> list[Override]:
        return OverridesParser.create(config_loader=self.hydra.config_loader).parse_overrides(self.overrides)

    def _check(self, parsed: Sequence[Any], check: Task) -> None:
        from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

        for batch in BasicSweeper.split_arguments(list(parsed), None):
            for overrides in batch:
                composed = self.hydra.compose_config(
                    config_name=self.name, overrides=list(overrides), run_mode=RunMode.RUN
                )
                check(_plain(composed))


def explain(error: Exception, composer: Composer | None = None) -> str:
    """Say in one line what was wrong with a configuration, and what is accepted."""
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, OverrideParseException):
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "not understood")
        return f"cannot read {error.override!r} on the command line: {reason}; write key=value, in quotes if need be"
    if isinstance(error, MissingConfigException):
        return _explain_missing(error)
    message = " ".join(str(error).split())
    if message.startswith("Config group override must be") and composer is not None:
        return composer.explain_group()
    if isinstance(error, HydraException):
        if message.startswith("Could not override '"):
            key = message.split("'")[1]
            hint = composer.suggest(key) if composer is not None else "see --cfg job for the keys there are"
            if "No match in the defaults list" in message:
                return f"the group {key!r} cannot be chosen here; {hint}"
            return f"unknown key {key!r}; {hint}"
        if isinstance(error.__cause__, OmegaConfBaseException):
            cause = str(error.__cause__).splitlines()[0]
            message = f"{message}: {cause}" if message else cause
    elif isinstance(error, OmegaConfBaseException):
        message = str(error).splitlines()[0]
        if getattr(error, "full_key", None):
            message = f"{error.full_key}: {message}"
    return message or f"the configuration cannot be composed ({type(error).__name__})"


def _explain_missing(error: MissingConfigException) -> str:
    group, _, name = (error.missing_cfg_file or "").partition("/")
    if not name or error.options is None:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return lines[0] + "; give the name of a file that is there" if lines else "a configuration file is missing"
    options = list(error.options)
    return f"there is no {group} {name!r}; {suggest(name, options, 'there are')}"


def _hydra_form(data: Mapping[str, Any], where: str, name: str) -> dict[str, Any]:
    """Return a scenario as a body with a defaults list, for Hydra to compose."""
    form = normalize_scenario(data, where=where, name=name)
    defaults: list[Any] = []
    for part in form.parts:
        package = "" if part.key == part.group else f"@{part.key}"
        defaults.append({f"/{part.group}{package}": part.name})
    return {"defaults": [*defaults, "_self_"], **form.body}


def _help(verb: str, path: Path) -> str:
    """Return the template of a verb's help: its shipped file, whose comments say what every key means."""
    text = path.read_text(encoding="utf-8").replace("$", "$$")
    return (
        f"journey {verb} [key=value ...]\n\n{text}\n"
        "Groups (choose with group=name; a folder of your own adds to them with --config-dir DIR)\n"
        "$APP_CONFIG_GROUPS\n"
        "--cfg job shows every key with its value; --multirun (-m) key=a,b runs one after the other;\n"
        "--config-dir DIR --config-name NAME runs DIR/NAME.yaml, such as the config.yaml of a result folder.\n"
    )


def _carrying(task: Task) -> Callable[[DictConfig], Any]:
    """Wrap a task so that what goes wrong in it comes back as a value: Hydra would print a message of its own."""

    def carry(composed: DictConfig) -> Any:
        try:
            return task(_plain(composed))
        except Exception as error:  # raised again by the caller
            return error

    return carry


def _outcome(job: JobReturn) -> Any:
    outcome = job.return_value
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _plain(composed: DictConfig) -> dict[str, Any]:
    # Hydra's own node refers to the running job and cannot be resolved outside one.
    ours = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    data: Any = OmegaConf.to_container(ours, resolve=True)
    return dict(data)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(value: Any) -> Any:
    """Return an element of a sweep as plain data."""
    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, list):
        return [_unquoted(item) for item in value]
    if isinstance(value, dict):
        return {str(_unquoted(key)): _unquoted(item) for key, item in value.items()}
    return value


def _without_prefix(override: Override) -> str:
    """Return the key of an override; a named factor stands below `factors` only for Hydra."""
    return str(override.get_key_element()).lstrip("+").removeprefix("factors.")


def _split(config_path: str) -> tuple[str, str]:
    group, _, name = config_path.removesuffix(".yaml").rpartition("/")
    return group, name


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except (OSError, ValueError):
        return False
