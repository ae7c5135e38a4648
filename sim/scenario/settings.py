"""Settings: the keys of a run that every verb shares and that are no part of the scenario."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from agents.quantity import choice, quantity, text, whole
from sim.scenario.errors import ConfigError
from sim.scenario.schema import plain, read

__all__ = ["SETTINGS", "ExecutorSettings", "Settings", "check_writable", "lasting", "read_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSettings:
    """Where runs are executed; the data do not depend on it. See :func:`sim.execution.executors.make_executor`."""

    kind: str = choice("serial", ("serial", "local", "dask"), "this process, processes of this machine, or a cluster")
    workers: int | None = whole(None, 1, 4096, "processes of `local`; null: as many as cores", optional=True)
    address: str | None = quantity("address of the scheduler of `dask`", default=None, optional=True)
    scheduler_file: str | None = quantity("the file that says where it is", default=None, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a scenario is run; of these only ``seed`` and ``replicates`` can change a result."""

    replicates: int = whole(8, 1, 100_000, "independent populations, each run in every arm")
    seed: int = whole(1, 0, 2**32 - 1, "seed of all random draws; the same seed gives the same data")
    engine: str = choice("numba", ("numba", "mesa"), "numba: fast; mesa: to be read, watched and extended")
    threads: int | None = whole(None, 1, 4096, "threads to use; null: all", optional=True)
    executor: ExecutorSettings = quantity("where runs are executed", factory=ExecutorSettings)
    output_dir: str = text("results", "folder of all results")
    progress: bool | None = quantity(
        "show a progress bar; null: where standard error is a terminal", default=None, optional=True
    )
    quiet: bool = quantity("print nothing but the path of the result", default=False)


SETTINGS: tuple[str, ...] = tuple(field.name for field in dataclasses.fields(Settings))
#: Where a run is executed and what it shows on a terminal: no part of what its result says of it.
_PASSING: tuple[str, ...] = ("progress", "quiet", "executor")


def read_settings(data: Mapping[str, Any], *, where: str = "") -> tuple[Settings, dict[str, Any]]:
    """Split a composed configuration into its settings and the rest, and check the settings.

    Raises
    ------
    ConfigError
        If a setting has the wrong type or lies out of range.
    """
    given = {name: value for name, value in data.items() if name in SETTINGS}
    rest = {name: value for name, value in data.items() if name not in SETTINGS}
    return read(Settings, given, where=where), rest


def lasting(settings: Settings) -> dict[str, Any]:
    """Return the settings that belong in the `config.yaml` of a result, as plain data."""
    return {name: value for name, value in plain(settings).items() if name not in _PASSING}


def _try_to_write(folder: str, existing: Path) -> None:
    """Make a folder and remove it: permissions say nothing of file systems that take none, such as /proc."""
    try:
        os.rmdir(mkdtemp(prefix=".writable-", dir=existing))
    except OSError as error:
        raise ConfigError(
            f"output_dir is {folder!r}, but in {str(existing)!r} no folder can be made ({error.strerror}); give another"
        ) from None


def check_writable(folder: str, verb: str = "") -> Path:
    """Return the folder of results as a path, after checking that it, and that of a verb in it, are or can become one.

    Raises
    ------
    ConfigError
        If it is a file, lies under a file, or cannot be written.
    """
    if not folder.strip():
        raise ConfigError("output_dir is empty; give the folder for results, such as 'results'")
    try:
        path = Path(folder).expanduser()
        existing = path / verb
        # A link that leads nowhere is there: no folder can be made in its place.
        while not (existing.exists() or existing.is_symlink()) and existing != existing.parent:
            existing = existing.parent
        if not existing.is_dir():
            raise ConfigError(f"output_dir is {folder!r}, but {str(existing)!r} is not a folder; give another")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise ConfigError(f"output_dir is {folder!r}, but {str(existing)!r} cannot be written; give another")
        _try_to_write(folder, existing)
    except ConfigError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"output_dir is {folder!r}, which cannot be used: {reason}; give another") from None
    return path
