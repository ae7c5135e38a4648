"""Runs: the finished runs of a results folder, listed, found and shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenario.errors import ConfigError, suggest

__all__ = ["Run", "find_run", "list_runs", "show_run"]

#: Stands for the run that was written last.
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run."""

    path: Path
    verb: str
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.path.name

    @property
    def key(self) -> str:
        """Name by which :func:`find_run` finds it: ``VERB/NAME``."""
        return f"{self.verb}/{self.name}"

    @property
    def subject(self) -> str:
        """What follows date and time in its name: the scenario's name, as a rule."""
        return self.name.partition("_")[2].partition("_")[2]

    @property
    def scenario(self) -> str:
        """Name of its scenario."""
        return str(self.manifest.get("scenario", "?"))

    @property
    def summary(self) -> dict[str, Any]:
        """Content of its `summary.json`."""
        return _read(self.path / "summary.json")

    def tables(self) -> list[str]:
        """Return the names of its tables, sorted."""
        return sorted(path.stem for path in self.path.glob("*.parquet"))

    def table(self, name: str) -> Any:
        """Read one of its tables whole, as a pyarrow table; see :func:`sim.results.table.read_table`."""
        from sim.results.table import read_table

        return read_table(self.path, name)


def list_runs(output_dir: str | Path = "results") -> list[Run]:
    """List finished runs, the oldest first; no partial folder, and nothing that a link leads to outside of it."""
    root = Path(output_dir)
    return [run for run in _all_runs(root) if _is_inside(run, root)]


def find_run(output_dir: str | Path = "results", name: str = LATEST) -> Run:
    """Find one run.

    Parameters
    ----------
    output_dir : path
        Folder of all results.
    name : str
        ``NAME``, ``VERB/NAME``, an unambiguous part of the name, ``latest`` or ``VERB/latest``. A whole name goes
        before the name of a scenario, and that before a part of a name.

    Raises
    ------
    ConfigError
        If there is no such run, more than one, or the name leads out of the results folder.
    """
    root = Path(output_dir)
    parts = Path(name).parts
    if not parts or len(parts) > 2 or Path(name).is_absolute() or any(part in ("..", ".") for part in parts):
        raise ConfigError(
            f"run is {name!r}; give the name of a folder within {str(root)!r}, as `journey results list` shows it, "
            "or latest"
        )
    every = _all_runs(root)
    runs = [run for run in every if _is_inside(run, root)]
    wanted = "/".join(parts)
    for run in every:
        if wanted in (run.name, run.key) and run not in runs:
            raise ConfigError(
                f"run {name!r} leads out of {str(root.resolve())!r}, to {run.path.resolve()}; only what lies inside can"
                " be read"
            )
    if not runs:
        raise ConfigError(f"output_dir {str(root)!r}: no finished run lies there; run `journey compare` first")
    if parts[-1] == LATEST:
        found = [run for run in runs if parts[0] in (LATEST, run.verb)][-1:]
    else:
        found = (
            [run for run in runs if wanted in (run.name, run.key)]
            or [run for run in runs if wanted == run.subject]
            or [run for run in runs if wanted in run.key]
        )
    if len(found) > 1:
        raise ConfigError(
            f"run {name!r} fits {len(found)} runs: {', '.join(run.key for run in found[:5])}; give more of the name"
        )
    if not found:
        known = [word for run in runs for word in (run.name, run.key)]
        remedy = suggest(wanted, known, "`journey results list`", listed=["shows them all"])
        raise ConfigError(f"run {name!r} is not in {str(root)!r}; {remedy}")
    return found[0]


def _all_runs(root: Path) -> list[Run]:
    if not root.is_dir():
        return []
    runs = []
    for verb in sorted(place for place in root.iterdir() if place.is_dir() and not place.name.startswith(".")):
        for folder in verb.iterdir():
            if folder.name.startswith(".") or not (folder / "manifest.json").is_file():
                continue
            try:
                runs.append(Run(folder, verb.name, _read(folder / "manifest.json")))
            except ConfigError:
                continue  # damaged by hand: not a finished run
    return sorted(runs, key=lambda run: (str(run.manifest.get("started", "")), run.name))


def _is_inside(run: Run, root: Path) -> bool:
    return run.path.resolve().is_relative_to(root.resolve())


def show_run(output_dir: str | Path = "results", name: str = LATEST) -> str:
    """Describe one run in words: what was run, the verdict, where it lies."""
    run = find_run(output_dir, name)
    manifest = run.manifest
    commit = manifest.get("git_commit")
    lines = [
        f"{run.key}",
        f"scenario {run.scenario}, seed {manifest.get('seed')}, {manifest.get('replicates')} replicates, "
        f"engine {manifest.get('engine')}, started {manifest.get('started')}, {manifest.get('wall_seconds')} s",
        f"version {manifest.get('version')}, commit {commit[:12] if commit else 'unknown'}, "
        f"config {str(manifest.get('config_hash'))[:12]}",
        "",
        str(run.summary.get("verdict", "")),
        "",
        *sorted(str(file.relative_to(run.path)) for file in run.path.iterdir()),
        str(run.path),
    ]
    return "\n".join(lines)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as JSON ({error}); write the run again") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds {type(content).__name__}, not a mapping; write the run again")
    return content
