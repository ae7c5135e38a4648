"""Results: list, ask, tabulate, plot, export and rerun what was run."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.quantity import choice, quantity, text, whole
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.schema import NAME, read
from sim.scenario.settings import read_settings

__all__ = ["Work", "perform", "prepare"]

#: Stands for all runs of all sweeps where a folder's name may stand.
STORE = "store"
_ACTIONS = ("list", "show", "table", "query", "plot", "export", "rerun")
_OF_ALL = ("runs", "folders", "figures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done with past runs."""

    action: str = choice("list", _ACTIONS, "what to do")
    run: str = text("latest", "a run's name, part of it, VERB/NAME, latest, store, or a run's key")
    format: str = choice("csv", ("csv", "parquet", "xes"), "format of what is exported")
    of: str | None = quantity("which table", default=None, optional=True)
    where: str = text("", "conditions COLUMN=VALUE with commas between")
    columns: str = text("", "columns with commas between; empty: all")
    sort: str = text("", "column to sort by; a minus before it: descending")
    limit: int = whole(20, 1, 1_000_000, "rows that are printed", "rows")
    sql: str = text("", "one SELECT over the tables runs, folders, figures")
    x: str = text("", "column along the axis")
    y: str = text("contribution", "the figure that is drawn")
    to: str | None = quantity("the file to write", default=None, optional=True)
    output_dir: str = text("results", "folder of all results")
    scenario: str = text("", "list the runs of this scenario alone; empty: all")
    threads: int | None = whole(None, 1, 4096, "threads of a rerun", optional=True)
    quiet: bool = quantity("print nothing but the path", default=False)


def prepare(data: Mapping[str, Any], config_path: ConfigPath) -> Work:
    """Check the whole configuration.

    Raises
    ------
    ConfigError
        If any key or value cannot be used, or there is no such run.
    """
    common, rest = read_settings(data)
    keys = [field.name for field in dataclasses.fields(Work)]
    mine = {key: rest[key] for key in keys if key in rest}
    # A scenario chosen here brings its market and arms along; of all that only its name matters.
    work = read(
        Work,
        {
            **mine,
            "output_dir": common.output_dir,
            "scenario": rest.get("name") or "",
            "threads": common.threads,
            "quiet": common.quiet,
        },
    )
    if work.action == "query" and not work.sql.strip():
        raise ConfigError('sql is empty; give one SELECT, such as sql="select count(*) from runs"')
    if work.action == "rerun":
        _find_key(work)
    elif work.action in ("show", "table", "plot", "export") and work.run != STORE and work.of not in _OF_ALL:
        from sim.results.runs import find_run

        find_run(work.output_dir, work.run)
    if work.format == "xes" and (work.action != "export" or work.run == STORE):
        raise ConfigError("format is xes, which holds the event log of one comparison; give csv or parquet")
    return work


def perform(work: Work) -> None:
    """Print the list, the run or the table, or write the export and print its path."""
    {
        "list": _list,
        "show": _show,
        "table": _table,
        "query": _query,
        "plot": _plot,
        "export": _export,
        "rerun": _rerun,
    }[work.action](work)


def _list(work: Work) -> None:
    from sim.results.runs import list_runs

    runs = list_runs(work.output_dir)
    if not runs:
        print(f"No finished run in {work.output_dir!r} yet; make one with: journey compare")
    for run in runs:
        if not work.scenario or run.name.partition("_")[2].partition("_")[2] == work.scenario:
            print(run.key)


def _show(work: Work) -> None:
    from sim.results.runs import show_run

    if work.run == STORE:
        from sim.results.catalog import Catalog

        runs = Catalog(work.output_dir).table("runs")
        found = len(set(zip(runs["key"].to_pylist(), runs["replicate"].to_pylist(), strict=True)))
        models = sorted(set(runs["model"].to_pylist()))
        print(f"{found:,} runs in {Path(work.output_dir) / STORE}, of {len(models)} versions of the model:")
        print("\n".join(models))
        return
    print(show_run(work.output_dir, work.run))


def _table(work: Work) -> None:
    _print(_selected(work), work.limit)


def _query(work: Work) -> None:
    from sim.results.catalog import Catalog
    from sim.results.selection import write_table

    answer = Catalog(work.output_dir).query(work.sql)
    if work.to is None:
        _print(answer, work.limit)
    else:
        print(write_table(answer, work.to, "parquet" if work.to.endswith(".parquet") else work.format))


def _export(work: Work) -> None:
    from sim.results.export import export_events
    from sim.results.runs import find_run
    from sim.results.selection import write_table

    if work.of is None and work.run != STORE and work.format != "parquet":
        folder = find_run(work.output_dir, work.run).path
        if (folder / "events.parquet").is_file():
            print(export_events(folder, work.format, work.to))
            return
    if work.format == "xes":
        raise ConfigError("format is xes, which holds the event log of one comparison; give csv or parquet")
    target = work.to
    if target is None:
        home = Path(work.output_dir)
        if work.run != STORE and work.of not in _OF_ALL:
            home = find_run(work.output_dir, work.run).path
        name = work.of or ("runs" if work.run == STORE else _main_table(home).stem)
        # Never over what the run wrote itself.
        target = str(home / f"{name}{'_export' if work.format == 'parquet' else ''}.{work.format}")
    print(write_table(_selected(work), target, work.format))


def _selected(work: Work) -> Any:
    from sim.results.selection import select

    columns = [name.strip() for name in work.columns.split(",") if name.strip()]
    return select(_whole_table(work), where=work.where, columns=columns, sort=work.sort)


def _whole_table(work: Work) -> Any:
    import pyarrow.parquet as pq

    from sim.results.catalog import Catalog
    from sim.results.runs import find_run
    from sim.results.selection import with_values_apart

    if work.run == STORE or work.of in _OF_ALL:
        name = work.of or "runs"
        if name not in _OF_ALL:
            raise ConfigError(f"of is {name!r}; of all results there are {', '.join(_OF_ALL)}")
        table = Catalog(work.output_dir).table(name)
        return with_values_apart(table) if name == "runs" else table
    folder = find_run(work.output_dir, work.run).path
    return pq.read_table(_main_table(folder) if work.of is None else _named_table(folder, work.of))


def _named_table(folder: Path, name: str) -> Path:
    names = sorted(path.stem for path in folder.glob("*.parquet"))
    if not NAME.fullmatch(name) or name not in names:
        raise ConfigError(
            f"of is {name!r}, but {str(folder)!r} holds {', '.join(names) or 'no table'}; give one of them"
        )
    return folder / f"{name}.parquet"


def _main_table(folder: Path) -> Path:
    """Return the table that says most of a folder."""
    for name in ("table", "weekly"):
        if (folder / f"{name}.parquet").is_file():
            return folder / f"{name}.parquet"
    found = sorted(folder.glob("*.parquet"))
    if not found:
        raise ConfigError(f"{str(folder)!r} holds no table; journey results show {folder.name} lists what there is")
    return found[0]


def _plot(work: Work) -> None:
    from sim.results.plot import plot_sweep
    from sim.results.runs import find_run

    if work.run == STORE:
        raise ConfigError("run is 'store', but a plot is of one sweep; give its name, or latest")
    folder = find_run(work.output_dir, work.run).path
    print(plot_sweep(folder, work.output_dir, x=work.x, y=work.y, where=work.where))


def _find_key(work: Work) -> tuple[str, list[int], Mapping[str, Any]]:
    """Find a run of the store by its key or the beginning of it: the key, its replicates, and its first row."""
    import pyarrow.compute as pc

    from sim.results.catalog import STORE as folder
    from sim.results.catalog import Catalog

    if not NAME.fullmatch(work.run) or len(work.run) < 6:
        raise ConfigError(f"run is {work.run!r}; give the key of a run, or at least its first 6 characters")
    runs = Catalog(work.output_dir).runs()
    columns = ["key", "replicate", "seed", "model", "scenario", "values", "base", "error"]
    rows = None if runs is None else runs.to_table(columns=columns, filter=pc.starts_with(pc.field("key"), work.run))
    keys = [] if rows is None else list(dict.fromkeys(rows["key"].to_pylist()))
    if len(keys) != 1:
        found = "fits no run" if not keys else f"fits {len(keys)} runs"
        raise ConfigError(
            f"run {work.run!r} {found} of {Path(work.output_dir) / folder}; the tables of sweeps have the keys"
        )
    assert rows is not None
    return keys[0], sorted(set(rows["replicate"].to_pylist())), {name: rows[name][0].as_py() for name in columns}


def _rerun(work: Work) -> None:
    """Run a run of the store again, as a comparison, and say whether its figures are the same to the bit."""
    import json

    from sim.execution.executors import make_executor
    from sim.execution.store import Store
    from sim.execution.trials import Trial, run_trials
    from sim.execution.version import model_version
    from sim.experiments.compare import compare
    from sim.results import write
    from sim.scenario.dotted_key import with_values
    from sim.scenario.scenario import Scenario

    key, replicates, row = _find_key(work)
    scenario = with_values(Scenario.from_dict(json.loads(row["base"])), json.loads(row["values"]))
    seed = int(row["seed"])
    with make_executor() as executor:
        (again,) = run_trials([Trial(scenario, seed, tuple(replicates))], executor=executor)
    if again.error:
        raise ConfigError(f"run {key[:12]} fails again: {again.error}")
    store = Store(Path(work.output_dir) / STORE, str(row["model"]))
    kept = [store.read(key, replicate).metrics for replicate in replicates]
    same = [
        metrics.shape == again.metrics[:, place].shape and metrics.tobytes() == again.metrics[:, place].tobytes()
        for place, metrics in enumerate(kept)
        if metrics is not None
    ]
    result = compare(scenario, replicates=max(replicates) + 1, seed=seed, threads=work.threads)
    folder = write(result, work.output_dir)
    if not work.quiet:
        count = f"{len(replicates)} replicate{'s' if len(replicates) != 1 else ''}"
        if row["model"] != model_version():
            print(f"The store's run was made by version {row['model']} of the model, this is {model_version()}.")
        if not same:
            print(f"The run failed then ({row['error']}); now it did not.")
        else:
            print(f"{count} of {key[:12]} lived again: {'the same' if all(same) else 'NOT the same'} to the bit.")
    print(folder if work.quiet else f"\n{folder / 'report.html'}")


def _print(table: Any, limit: int) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = table.slice(0, limit)
    if not sys.stdout.isatty():
        # For a pipe: plain columns that other programs split.
        print("\t".join(shown.column_names))
        for row in zip(*(shown[name].to_pylist() for name in shown.column_names), strict=True):
            print("\t".join("" if cell is None else str(cell) for cell in row))
        if len(table) > limit:
            print(f"{len(table) - limit:,} rows more; limit=N shows them, export writes them", file=sys.stderr)
        return
    written = Table(show_edge=False)
    for name in shown.column_names:
        written.add_column(name.rsplit(".", 1)[-1])
    for row in zip(*(shown[name].to_pylist() for name in shown.column_names), strict=True):
        written.add_row(*(_cell(cell) for cell in row))
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(written)
    if len(table) > limit:
        console.print(f"{len(table) - limit:,} rows more; limit=N shows them, export writes them")


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)
