"""Composer: one verb's configuration, composed by Hydra from the command line, shown, run once or swept."""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from string import Template
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString, RangeSweep, Transformer
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from sim.command_line.config_source import OWN_GROUPS, help_template
from sim.command_line.hydra_compose import split_sweep, start_hydra
from sim.command_line.long_journeys import composing, put_back
from sim.scenario.config_path import GROUPS, ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.normal_form import SCENARIO_KEYS

__all__ = ["Composer", "Task"]

#: What a verb does with one composed configuration.
Task = Callable[[Mapping[str, Any]], Any]

#: Keys of a scenario that are mappings, so that Hydra lays over them what is given.
_MAPPINGS: tuple[str, ...] = ("market", "personas", "journeys", "arms", "record")
#: Words for these change which keys there are.
_WITH_KEYS: tuple[str, ...] = (*GROUPS, *OWN_GROUPS, *_MAPPINGS)


def _as_value(word: str) -> str:
    """Write a range of the doubt as a mapping: Hydra takes a list for names of files of the group that is so called."""
    found = re.fullmatch(r"doubt=\[([^,\[\]]*),([^,\[\]]*)\]", word)
    return word if found is None else f"doubt={{low: {found[1].strip()}, high: {found[2].strip()}}}"


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
        self.overrides: list[str] = [_as_value(word) for word in arguments.overrides]
        folders = [arguments.config_dir] if arguments.config_dir is not None else []
        self.config_path = ConfigPath.of(*folders)
        self.hydra = start_hydra(verb, self.config_path.folders[:-1])
        self._looked_through: tuple[tuple[str, ...], DictConfig | None] | None = None

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
            if value == {} and (key in _MAPPINGS or self._has_keys(key)):
                raise ConfigError(
                    f"{key} is {{}}, which changes nothing: what is given is laid over the scenario; name the keys to"
                    f" be changed, or take one out with ~{key}.NAME"
                )
            if given.get(run) is not None and key.split(".")[0] in ("scenario", *SCENARIO_KEYS):
                raise ConfigError(
                    f"{key} and {run} are both given; a run comes with its own scenario, so leave one out"
                )

    def _has_keys(self, key: str) -> bool:
        """Return whether a mapping that is not empty stands under a key below those of a scenario."""
        composed = self.composed_for_keys() if key.split(".")[0] in _MAPPINGS else None
        inner = None if composed is None else OmegaConf.select(composed, key)
        return isinstance(inner, DictConfig) and len(inner) > 0

    def refuse_unclear(self) -> None:
        """Refuse overrides of which Hydra would make something else than was meant.

        Raises
        ------
        ConfigError
            If a group is given a list of several files, which Hydra would lay over each other, or of something else; or
            if a range has no end, no step, or more values than a design may have points.
        """
        for override in self._parsed():
            key, value = override.get_key_element().lstrip("+~"), override.value()
            if override.key_or_group in (*GROUPS, *OWN_GROUPS) and isinstance(value, list):
                names = [_unquoted(name) for name in value]
                if len(names) == 1 and isinstance(names[0], str):
                    continue
                if key == "doubt":
                    raise ConfigError(
                        f"doubt is {override.get_value_string()}; give the lower and the higher multiple of the"
                        " effectiveness, such as [0.5,1.5], or the name of a file"
                    )
                several = ",".join(map(str, names)) or "NAME,NAME"
                raise ConfigError(
                    f"{key} is {override.get_value_string()}; give the name of one file;"
                    f" several run one after the other with -m {key}={several}"
                )
            if isinstance(value, RangeSweep):
                _check_range(key, override.get_value_string(), value)

    def show_help(self, parser: Any, arguments: Namespace) -> None:
        """Print the help of the verb, which no value changes: nothing is composed for it."""
        if self._is_left_to_hydra(self._parsed()):
            self.hydra.app_help(config_name=self.name, args_parser=parser, args=arguments)
        else:
            groups = self.hydra.format_config_groups(lambda group: not group.startswith("hydra"))
            print(Template(help_template(self.verb)).substitute(APP_CONFIG_GROUPS=groups))

    def show(self, kind: str, package: str | None, *, resolve: bool) -> None:
        """Print the composed configuration.

        Parameters
        ----------
        kind : {'job', 'hydra', 'all'}
            Which part of it.
        package : str or None
            The dotted key to which it is cut down.
        resolve : bool
            Whether interpolations are replaced by what they stand for.
        """
        self.hydra.show_cfg(
            config_name=self.name, overrides=self.overrides, cfg_type=kind, package=package, resolve=resolve
        )

    def show_information(self, kind: str) -> None:
        """Print what Hydra knows: search path, defaults, plugins."""
        self.hydra.show_info(kind, config_name=self.name, overrides=self.overrides)

    def run(self, task: Task) -> Any:
        """Compose and run once; return what the task returns."""
        if not self._is_left_to_hydra(self._parsed()):
            return task(self._data(self.overrides))
        job = self.hydra.run(config_name=self.name, task_function=_carrying(task), overrides=self.overrides)
        return _outcome(job.return_value)

    def sweep(self, task: Task, check: Task) -> list[Any]:
        """Compose and run every combination of a sweep, after every one of them has been checked."""
        parsed = self._parsed()
        if not self._is_left_to_hydra(parsed):
            # Hydra would compose each of them twice more: to see whether it can be, and to run it.
            jobs = [self._data(overrides) for overrides in split_sweep(parsed)]
            for job in jobs:
                check(job)
            # One that fails holds up no other.
            return [_outcome(done) for done in [_attempt(partial(task, job)) for job in jobs]]
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
        return [_outcome(job.return_value) for batch in batches for job in batch]

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
            return self._data(overrides)

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

    def groups(self, group: str) -> list[str]:
        """Return the names of the files in a group."""
        return list(self.hydra.config_loader.get_group_options(group))

    def composed_for_keys(self) -> DictConfig | None:
        """Return a configuration whose keys can be looked through, or None where none can be composed."""
        # Only what may bring keys with it: a value may be the very thing that is wrong.
        chosen = tuple(word for word in self.overrides if word.lstrip("+~").split("=")[0] in _WITH_KEYS)
        if self._looked_through is None or self._looked_through[0] != chosen:
            self._looked_through = chosen, self._for_keys(chosen)
        return self._looked_through[1]

    def _for_keys(self, chosen: Sequence[str]) -> DictConfig | None:
        for overrides in (chosen, [word for word in chosen if word.startswith("scenario=")], []):
            try:
                return self.hydra.compose_config(
                    config_name=self.name,
                    overrides=list(overrides),
                    run_mode=RunMode.MULTIRUN,
                    validate_sweep_overrides=False,
                )
            except Exception:  # only a hint is lost
                continue
        return None

    def close(self) -> None:
        """Leave no global state of Hydra behind."""
        GlobalHydra.instance().clear()

    def _parsed(self) -> list[Override]:
        return OverridesParser.create(config_loader=self.hydra.config_loader).parse_overrides(self.overrides)

    def _is_left_to_hydra(self, parsed: Sequence[Override]) -> bool:
        """Return whether something is asked of Hydra itself; else nothing of what it does to run a job is needed."""
        return any(override.is_hydra_override() or "${" in str(override.input_line) for override in parsed)

    def _check(self, parsed: Sequence[Any], check: Task) -> None:
        for overrides in split_sweep(parsed):
            check(self._data(overrides))

    def _data(self, overrides: list[str]) -> dict[str, Any]:
        """Compose, and return plain data."""
        with composing(overrides):
            composed = self.hydra.compose_config(config_name=self.name, overrides=overrides, run_mode=RunMode.RUN)
            return dict(put_back(_plain(composed)))


def _check_range(key: str, written: str, swept: RangeSweep) -> None:
    """Refuse a range without values, or with more than a design may have points: it would be written out first."""
    from sim.experiments.design import MOST_POINTS

    start, stop, step = float(swept.start or 0), float(swept.stop or 0), float(swept.step)
    count = (stop - start) / step if step else math.inf
    if 0.0 < count <= MOST_POINTS:
        return
    key = key.removeprefix("factors.")
    found = "no values" if count <= 0.0 else f"more than {MOST_POINTS:,} values" if math.isfinite(count) else "no end"
    raise ConfigError(
        f"{key} is {written}, which has {found}; give range(START,STOP,STEP), such as range(0,1.01,0.25),"
        f" with 1 to {MOST_POINTS:,} values"
    )


def _attempt(step: Callable[[], Any]) -> Any:
    """Return what a step returns; what goes wrong in it comes back as a value."""
    try:
        return step()
    except Exception as error:  # raised again by the caller
        return error


def _carrying(task: Task) -> Callable[[DictConfig], Any]:
    """Wrap a task so that what goes wrong in it comes back as a value: Hydra would print a message of its own."""
    return lambda composed: _attempt(lambda: task(_plain(composed)))


def _outcome(returned: Any) -> Any:
    if isinstance(returned, Exception):
        raise returned
    return returned


def _plain(composed: DictConfig) -> dict[str, Any]:
    """Return the data of a configuration, which itself is of no use afterwards."""
    if "hydra" in composed:
        # Hydra's own node refers to the running job and cannot be resolved outside one.
        with read_write(composed), open_dict(composed):
            del composed["hydra"]
    data: Any = OmegaConf.to_container(composed, resolve=True)
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
