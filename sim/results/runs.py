"""Runs: the finished runs of a results folder, listed, found and shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.number_format import counted
from sim.results.answer import REPORT
from sim.results.checksums import recorded
from sim.results.manifest import MANIFEST, read_json, read_manifest
from sim.results.order import order_of
from sim.results.table import checked_path, read_table
from sim.scenario.errors import ConfigError, suggest
from sim.terminal import complain_once

__all__ = ["LATEST", "StoredResult", "find_run", "list_runs", "show_run"]

#: Stands for the run that was written last.
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class StoredResult:
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
        return read_json(*recorded(self.path, "summary.json"))

    @property
    def config(self) -> Path:
        """Path of its `config.yaml`, held to its checksum.

        Raises
        ------
        ConfigError
            If it is not what was written.
        """
        return checked_path(self.path, "config.yaml")

    def tables(self) -> list[str]:
        """Return the names of its tables, sorted."""
        return sorted(path.stem for path in self.path.glob("*.parquet"))

    def holds(self, tables: Collection[str]) -> bool:
        """Whether it holds one of some tables; `*` is any."""
        held = self.tables()
        return bool(held) if "*" in tables else not set(tables).isdisjoint(held)

    def table(self, name: str) -> Any:
        """Read one of its tables whole, as a pyarrow table; see :func:`sim.results.table.read_table`."""
        return read_table(self.path, name)


def list_runs(output_dir: str | Path = "results") -> list[StoredResult]:
    """List finished runs, the oldest first; no partial folder, and nothing that a link leads to outside of it."""
    root = Path(output_dir)
    runs, faults = _all_runs(root)
    _tell(faults)
    return [run for run in runs if _is_inside(run.path, root)]


def find_run(
    output_dir: str | Path = "results", name: str = LATEST, *, holding: str | Sequence[str] = (), what: str = ""
) -> StoredResult:
    """Find one run.

    Parameters
    ----------
    output_dir : path
        Folder of all results.
    name : str
        ``NAME``, ``VERB/NAME``, an unambiguous part of the name, ``latest`` or ``VERB/latest``. A whole name goes
        before the name of a scenario, and that before a part of a name. The path of the folder or of its report, as
        commands print it, will do as well.
    holding : str or sequence of str
        Tables, one of which the latest must hold; `*` is any. A run that is named is taken whatever it holds.
    what : str
        How a message calls such a run.

    Returns
    -------
    StoredResult

    Raises
    ------
    ConfigError
        If there is no such run, more than one, or the name leads out of the results folder.
    """
    root = Path(output_dir)
    parts = _within(Path(name), root).parts
    if not parts or len(parts) > 2 or Path(*parts).is_absolute() or any(part in ("..", ".") for part in parts):
        raise ConfigError(
            f"run is {name!r}; give the name of a folder within {str(root)!r}, as `journey results list` shows it, "
            f"or latest{_elsewhere(Path(name))}"
        )
    every, faults = _all_runs(root)
    runs = [run for run in every if _is_inside(run.path, root)]
    wanted = "/".join(parts)
    for folder, fault in faults:
        if wanted in (folder.name, f"{folder.parent.name}/{folder.name}"):
            raise fault
    _tell(faults)
    for run in every:
        if wanted in (run.name, run.key) and run not in runs:
            raise ConfigError(
                f"run {name!r} leads out of {str(root.resolve())!r}, to {run.path.resolve()}; only what lies inside can"
                " be read"
            )
    if not runs:
        raise ConfigError(f"output_dir {str(root)!r}: no finished run lies there; run `journey compare` first")
    if parts[-1] == LATEST:
        tables = {holding} if isinstance(holding, str) else set(holding)
        of_verb = [run for run in runs if parts[0] in (LATEST, run.verb)]
        found = [run for run in of_verb if not tables or run.holds(tables)][-1:]
        if of_verb and not found:
            raise ConfigError(f"run is {name!r}, but no run in {str(root)!r} is or holds {what}; name another run")
    else:
        found = (
            [run for run in runs if wanted in (run.name, run.key)]
            or [run for run in runs if wanted == run.subject]
            or [run for run in runs if wanted in run.key]
        )
    if len(found) > 1:
        latest = f", or {wanted}/{LATEST}" if all(run.verb == wanted for run in found) else ""
        fits = f"fits {len(found)} runs: {', '.join(run.key for run in found[:5])}"
        raise ConfigError(f"run {name!r} {fits}; give more of the name{latest}")
    if not found:
        known = [word for run in runs for word in (run.name, run.key)]
        remedy = suggest(wanted, known, "`journey results list`", listed=["shows them all"])
        raise ConfigError(f"run {name!r} is not in {str(root)!r}; {remedy}")
    return found[0]


def _within(given: Path, root: Path) -> Path:
    """Return the path of a run, or of its report, as it is within the folder of results; any other as it is."""
    folder = given.parent if given.name == REPORT else given
    for start in (root, root.resolve()):
        if len(folder.parts) > len(start.parts) > 0 and folder.is_relative_to(start):
            return folder.relative_to(start)
    return given


def _elsewhere(given: Path) -> str:
    """Say how a run of another folder of results is found, where there is one at a path."""
    folder = given.parent if given.name == REPORT else given
    other = folder.parent.parent
    return f"; runs of another folder take output_dir={other}" if (folder / MANIFEST).is_file() else ""


def _all_runs(root: Path) -> tuple[list[StoredResult], list[tuple[Path, ConfigError]]]:
    """Return the runs, and the folders whose manifest cannot be used with what is wrong; no link out is read."""
    if not root.is_dir():
        return [], []
    runs, faults = [], []
    for verb in sorted(place for place in root.iterdir() if place.is_dir() and not place.name.startswith(".")):
        for folder in verb.iterdir():
            if folder.name.startswith(".") or not (folder / MANIFEST).is_file():
                continue
            if not _is_inside(folder, root):
                runs.append(StoredResult(folder, verb.name, {}))
                continue
            try:
                runs.append(StoredResult(folder, verb.name, read_manifest(folder)))
            except ConfigError as error:
                faults.append((folder, error))
    return sorted(runs, key=lambda run: (order_of(run.manifest), run.name)), faults


def _tell(faults: Sequence[tuple[Path, ConfigError]]) -> None:
    for _, fault in faults:
        complain_once(f"{fault}; this result is left out")


def _is_inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def show_run(output_dir: str | Path = "results", name: str = LATEST) -> str:
    """Describe one run in words: what was run, the verdict, where it lies."""
    run = find_run(output_dir, name)
    manifest = run.manifest
    commit, replicates = manifest.get("git_commit"), manifest.get("replicates")
    facts = [
        f"scenario {run.scenario}" if "scenario" in manifest else "",
        f"seed {manifest.get('seed')}",
        counted(replicates, "replicate") if isinstance(replicates, int) else "",
        f"engine {manifest.get('engine')}, started {manifest.get('started')}, {manifest.get('wall_seconds')} s",
    ]
    lines = [
        f"{run.key}",
        ", ".join(filter(None, facts)),
        f"version {manifest.get('version')}, commit {commit[:12] if commit else 'unknown'}, "
        f"config {str(manifest.get('config_hash'))[:12]}",
        "",
        str(run.summary.get("verdict", "")),
        "",
        *sorted(str(file.relative_to(run.path)) for file in run.path.iterdir()),
        str(run.path),
    ]
    return "\n".join(lines)
