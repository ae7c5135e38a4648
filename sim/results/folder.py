"""Folder: one run's files, written beside their final name and renamed, so that a folder is whole or absent."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sim.analysis.tables import write_parquet
from sim.errors import ConfigError
from sim.results.manifest import manifest_of, resolved_config

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = ["PARTIAL", "TABLES", "write"]

#: Begins the name of a folder that is still being written, or was when its run was killed.
PARTIAL = ".partial-"
#: Tables every run leaves behind; `customers` only where the scenario records them.
TABLES: tuple[str, ...] = ("weekly", "flows", "events", "market")
_MOST_SUFFIXES = 10_000


def write(
    result: Result,
    output_dir: str | Path = "results",
    *,
    verb: str = "compare",
    config: Mapping[str, Any] | None = None,
    report: bool = True,
) -> Path:
    """Write a result folder and return its path, ``output_dir/VERB/DATE_TIME_scenario``.

    Parameters
    ----------
    result : Result
        What to write.
    output_dir : path
        Folder of all results; made where it does not exist.
    verb : str
        The command whose result it is.
    config : mapping, optional
        The whole resolved configuration, for `config.yaml`. Left out: the scenario, seed, replicates, engine, threads.
    report : bool
        Whether to draw the report and its figures.

    Raises
    ------
    ConfigError
        If the folder cannot be written to.

    Notes
    -----
    Everything is written into a hidden folder beside the final one, which then is renamed. An exception or Ctrl-C
    removes the hidden folder; a killed process leaves it behind, and nobody lists it.
    """
    shelf = Path(output_dir) / _plain(verb)
    made = _make(shelf)
    name = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{_plain(result.scenario.name)}"
    partial = shelf / f"{PARTIAL}{name}-{os.getpid()}"
    try:
        partial.mkdir()
        _fill(partial, result, resolved_config(result) if config is None else config, report)
        return _rename(partial, shelf / name)
    except OSError as error:
        _clear(partial, made)
        raise ConfigError(
            f"output_dir {str(output_dir)!r}: cannot write there ({error.strerror or error}); "
            "name a folder you may write to"
        ) from error
    except BaseException:
        _clear(partial, made)
        raise


def _fill(folder: Path, result: Result, config: Mapping[str, Any], report: bool) -> None:
    (folder / "config.yaml").write_text(
        yaml.safe_dump(_plain_data(config), sort_keys=False, allow_unicode=True, width=120), encoding="utf-8"
    )
    _dump(folder / "summary.json", result.summary_json)
    names = TABLES if not result.scenario.record.customers else (*TABLES, "customers")
    for name in names:
        write_parquet(result.tables(name), folder / f"{name}.parquet")
    _dump(folder / "manifest.json", manifest_of(result))
    if report:
        from sim.reports.page import write_report  # the roof: needed only by who wants the page

        write_report(result, folder)


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    # allow_nan: a NaN here would be a bug, and no JSON.
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _make(shelf: Path) -> list[Path]:
    """Make the folder of a verb; return what was made, the deepest first."""
    missing = [place for place in (shelf, *shelf.parents) if not place.exists()]
    try:
        shelf.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"output_dir {str(shelf.parent)!r}: cannot be made a folder ({error.strerror or error}); "
            "name a folder you may write to"
        ) from error
    return missing


def _rename(partial: Path, final: Path) -> Path:
    """Give the folder its name, or the first free one after it: two runs may end in the same second."""
    for attempt in range(1, _MOST_SUFFIXES):
        place = final if attempt == 1 else final.with_name(f"{final.name}-{attempt}")
        if place.exists():
            continue
        try:
            return partial.rename(place)
        except OSError:
            # Another run took the name in between: a folder that is not empty is never replaced.
            if not place.exists():
                raise
    raise ConfigError(f"{final}: there are {_MOST_SUFFIXES} results of this second already; wait for the next")


def _clear(partial: Path, made: list[Path]) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    for place in made:
        try:
            place.rmdir()
        except OSError:  # somebody else's results lie there by now
            return


def _plain(name: str) -> str:
    """Return a name that is one part of a path and nothing else."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "unnamed"


def _plain_data(value: Any) -> Any:
    """Turn mappings and tuples into what every YAML reader knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_data(item) for item in value]
    return value
