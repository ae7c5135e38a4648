"""Results: list, ask, tabulate, plot, export and rerun what was run."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.quantity import choice, quantity, text, whole
from sim.execution.store_folder import STORE
from sim.number_format import listed
from sim.scenario.calendar import read_day
from sim.scenario.errors import ConfigError
from sim.scenario.schema import NAME
from sim.scenario.yaml_reader import read_yaml
from sim.terminal import clean, say, say_row
from sim.verbs.frame import Command, Job, Session

if TYPE_CHECKING:
    from sim.execution.chunk import RunResult
    from sim.execution.trials import Outcome
    from sim.results.runs import StoredResult

__all__ = ["COMMAND", "ResultsKeys"]

_ACTIONS = ("list", "show", "table", "query", "plot", "export", "rerun", "check", "clean")
_STANDARD_OUTPUT = "-"
_OF_ALL = ("runs", "folders", "figures")
#: Which actions each key has a consequence for.
_USED_BY = {
    "run": ("show", "table", "plot", "export", "rerun", "check"),
    "format": ("query", "export"),
    "only": ("export",),
    "of": ("table", "export"),
    "where": ("table", "plot", "export"),
    "columns": ("table", "export"),
    "sort": ("table", "export"),
    "limit": ("table", "query"),
    "sql": ("query",),
    "x": ("plot",),
    "y": ("plot",),
    "to": ("query", "export"),
    "start_date": ("table", "export"),
    "yes": ("clean",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsKeys:
    """What is to be done with past runs; `store` in place of a run stands for all runs that are kept."""

    action: str = choice("list", _ACTIONS, "what to do")
    run: str = text("latest", "a run's name, part of it, VERB/NAME, latest, store, or a run's key")
    format: str = choice("csv", ("csv", "xlsx", "parquet", "xes"), "format of what is exported")
    only: str = choice("all", ("all", "stages"), "of an event log: every event, or the stages entered alone")
    of: str | None = quantity("which table", default=None, optional=True)
    where: str = text("", "conditions COLUMN=VALUE with commas between")
    columns: str = text("", "columns with commas between; empty: all")
    sort: str = text("", "column to sort by; a minus before it: descending")
    limit: int = whole(20, 1, 1_000_000, "rows that are printed", "rows")
    sql: str = text("", "one SELECT over the tables runs, folders, figures")
    x: str = text("", "column along the axis")
    y: str = text("contribution", "the figure that is drawn")
    to: str | None = quantity("the file to write; -: standard output", default=None, optional=True)
    start_date: str | None = quantity(
        "day on which step 0 begins; null: the scenario's own", default=None, optional=True
    )
    yes: bool = quantity("remove what clean lists", default=False)


def _prepare(job: Job[ResultsKeys, None]) -> None:
    keys = job.keys
    _refuse_unused(keys)
    if keys.action == "query" and not keys.sql.strip():
        raise ConfigError('sql is empty; give one SELECT, such as sql="select count(*) from runs"')
    if keys.action == "rerun":
        _find_key(job)
    elif keys.action in ("show", "table", "plot", "export") and keys.run != STORE and keys.of not in _OF_ALL:
        _found(job)
    _start(keys)
    if keys.format == "xes" and (keys.action != "export" or keys.run == STORE):
        raise ConfigError("format is xes, which holds the event log of one comparison; give csv or parquet")


def _refuse_unused(keys: ResultsKeys) -> None:
    """Refuse a key that the action would ignore."""
    for field in fields(keys):
        value, actions = getattr(keys, field.name), _USED_BY.get(field.name, _ACTIONS)
        if keys.action not in actions and value != field.default:
            raise ConfigError(
                f"{field.name} is {value!r}, which has no consequence for journey results {keys.action}; it goes with"
                f" {listed(actions)}"
            )


def _run(job: Job[ResultsKeys, None], session: Session) -> Sequence[str]:
    """Return the list, the run or the table, or the path of what was written."""
    return {
        "list": _list,
        "show": _show,
        "table": _table,
        "query": _query,
        "plot": _plot,
        "export": _export,
        "rerun": _rerun,
        "check": _check,
        "clean": _clean,
    }[job.keys.action](job)


def _list(job: Job[ResultsKeys, None]) -> Sequence[str]:
    from sim.results.runs import list_runs

    # A scenario chosen here brings its market and arms along; of all that only its name matters.
    scenario, runs = job.rest.get("name"), list_runs(job.output_dir)
    if not runs:
        return [f"No finished run in {str(job.output_dir)!r} yet; make one with: journey compare"]
    return [run.key for run in runs if not scenario or run.subject == scenario]


def _show(job: Job[ResultsKeys, None]) -> Sequence[str]:
    from sim.results.runs import show_run

    if job.keys.run == STORE:
        from sim.results.catalog import Catalog

        runs = Catalog(job.output_dir).table("runs")
        found = len(set(zip(runs["key"].to_pylist(), runs["replicate"].to_pylist(), strict=True)))
        models = sorted(set(runs["model"].to_pylist()))
        return [f"{found:,} runs in {job.output_dir / STORE}, of {len(models)} versions of the model:", *models]
    return [show_run(job.output_dir, job.keys.run)]


def _table(job: Job[ResultsKeys, None]) -> Sequence[str]:
    """Show a table: the columns that differ, what is the same in every row in a line of its own."""
    from sim.results.selection import same_everywhere

    table = _selected(job)
    if job.keys.columns.strip() or not sys.stdout.isatty():
        return _shown(table, job.keys.limit)
    same = same_everywhere(table)
    kept = [name for name in table.column_names if name not in same]
    lines = list(_shown(table.select(kept) if kept else table, job.keys.limit))
    told = [f"{name.rsplit('.', 1)[-1]} {_cell(cell)}" for name, cell in same.items() if _cell(cell)]
    return [*lines, *([f"The same in every row: {', '.join(told)}."] if kept and told else [])]


def _query(job: Job[ResultsKeys, None]) -> Sequence[str]:
    from sim.results.catalog import Catalog
    from sim.results.selection import write_table

    answer = Catalog(job.output_dir).query(job.keys.sql)
    if job.keys.to is None:
        return _shown(answer, job.keys.limit)
    format = "parquet" if job.keys.to.endswith(".parquet") else job.keys.format
    return _written(job.keys, lambda target: write_table(answer, target or "", format))


def _export(job: Job[ResultsKeys, None]) -> Sequence[str]:
    """Write a table, the event log or the workbook into a file."""
    return _written(job.keys, lambda target: _exported(job, target))


def _written(keys: ResultsKeys, write: Callable[[str | None], Path]) -> Sequence[str]:
    """Return the path of a file that is written, or write it on standard output for `to=-`, as other programs do."""
    if keys.to != _STANDARD_OUTPUT:
        return [str(write(keys.to))]
    if keys.format not in ("csv", "xes"):
        raise ConfigError(f"to is '-', standard output, but {keys.format} is no text; give a file, or format=csv")
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(write(str(Path(folder) / "table")).read_text("utf-8"))
    return []


def _exported(job: Job[ResultsKeys, None], target: str | None) -> Path:
    from sim.results.export import export_events
    from sim.results.selection import write_table

    if job.keys.of is None and job.keys.run != STORE and job.keys.format != "parquet":
        run = _found(job)
        if job.keys.format == "xlsx":
            from sim.results.run_sheets import export_workbook

            start = _start(job.keys)
            return export_workbook(run.path, run.verb, run.summary, run.config, target, start)
        if (run.path / "events.parquet").is_file():
            return export_events(run.path, job.keys.format, target, only=job.keys.only)
    if job.keys.format == "xes":
        raise ConfigError("format is xes, which holds the event log of one comparison; give csv, xlsx or parquet")
    if target is None:
        home = job.output_dir
        name = job.keys.of or "runs"
        if job.keys.run != STORE and job.keys.of not in _OF_ALL:
            run = _found(job)
            home = run.path
            name = job.keys.of or _main_table(run)
        # Never over what the run wrote itself.
        target = str(home / f"{name}{'_export' if job.keys.format == 'parquet' else ''}.{job.keys.format}")
    return write_table(_selected(job), target, job.keys.format)


def _selected(job: Job[ResultsKeys, None]) -> Any:
    from sim.results.selection import select

    columns = [name.strip() for name in job.keys.columns.split(",") if name.strip()]
    baseline = ""
    if job.keys.sort and job.keys.run != STORE and job.keys.of not in _OF_ALL:
        found = _found(job)
        summary = found.summary
        baseline = str(summary.get("baseline") or read_yaml(found.config).get("baseline") or "")
    return select(_whole_table(job), where=job.keys.where, columns=columns, sort=job.keys.sort, baseline=baseline)


def _whole_table(job: Job[ResultsKeys, None]) -> Any:
    from sim.results.catalog import Catalog
    from sim.results.run_sheets import DERIVED, derived_table, start_of
    from sim.results.selection import with_dates, with_values_apart

    if job.keys.run == STORE or job.keys.of in _OF_ALL:
        name = job.keys.of or "runs"
        if name not in _OF_ALL:
            raise ConfigError(f"of is {name!r}; of all results there are {', '.join(_OF_ALL)}")
        table = Catalog(job.output_dir).table(name)
        return with_values_apart(table) if name == "runs" else table
    run = _found(job)
    start = _start(job.keys) or start_of(run.summary)
    chosen = job.keys.of or _main_table(run)
    held = run.tables()
    if chosen in DERIVED and chosen not in held:
        weekly = run.table("weekly") if "weekly" in held and chosen in ("cash", "weekly_wide") else None
        table = derived_table(chosen, run.summary, weekly, start)
        if table is not None:
            return with_dates(table, start, str(run.summary.get("step", "week")))
    if not NAME.fullmatch(chosen) or chosen not in held:
        can = [name for name in DERIVED if name not in held and derived_table(name, run.summary) is not None]
        shown = ", ".join([*held, *can]) or "no table"
        raise ConfigError(f"of is {chosen!r}, but {str(run.path)!r} holds {shown}; give one of them")
    return with_dates(run.table(chosen), start, str(run.summary.get("step", "week")))


def _found(job: Job[ResultsKeys, None]) -> StoredResult:
    """Find the run that is asked for; `latest` is the latest of those that have what is asked of it."""
    from sim.results.run_sheets import DERIVED
    from sim.results.runs import find_run

    keys = job.keys
    if keys.action == "plot":
        return find_run(job.output_dir, keys.run, holding="differences", what="a sweep")
    if keys.format == "xes":
        return find_run(job.output_dir, keys.run, holding="events", what="an event log")
    if keys.action in ("table", "export") and keys.of is not None:
        if keys.of not in DERIVED:
            return find_run(job.output_dir, keys.run, holding=keys.of, what=f"a table {keys.of!r}")
        return find_run(job.output_dir, keys.run, holding=("weekly", keys.of), what="a comparison")
    if keys.action == "table" or (keys.action == "export" and keys.format != "xlsx"):
        return find_run(job.output_dir, keys.run, holding="*", what="a table")
    return find_run(job.output_dir, keys.run)


def _start(keys: ResultsKeys) -> date | None:
    if keys.start_date is None:
        return None
    return read_day(keys.start_date)


def _main_table(run: StoredResult) -> str:
    """Return the name of the table that says most of a run."""
    names = run.tables()
    if not names:
        raise ConfigError(f"{str(run.path)!r} holds no table; journey results show {run.name} lists what there is")
    return next((name for name in ("table", "weekly") if name in names), names[0])


def _plot(job: Job[ResultsKeys, None]) -> Sequence[str]:
    from sim.results.plot import plot_sweep

    if job.keys.run == STORE:
        raise ConfigError("run is 'store', but a plot is of one sweep; give its name, or latest")
    folder = _found(job).path
    return [str(plot_sweep(folder, job.output_dir, x=job.keys.x, y=job.keys.y, where=job.keys.where))]


def _find_key(job: Job[ResultsKeys, None]) -> tuple[str, list[int], Mapping[str, Any]]:
    """Find a run of the store by its key or the beginning of it: the key, its replicates, and its first row."""
    import pyarrow.compute as pc

    from sim.results.catalog import Catalog

    if not NAME.fullmatch(job.keys.run) or len(job.keys.run) < 6:
        raise ConfigError(f"run is {job.keys.run!r}; give the key of a run, or at least its first 6 characters")
    runs = Catalog(job.output_dir).runs()
    columns = ["key", "replicate", "seed", "model", "scenario", "values", "base", "error"]
    rows = (
        None if runs is None else runs.to_table(columns=columns, filter=pc.starts_with(pc.field("key"), job.keys.run))
    )
    keys = [] if rows is None else list(dict.fromkeys(rows["key"].to_pylist()))
    if len(keys) != 1:
        found = "fits no run" if not keys else f"fits {len(keys)} runs"
        raise ConfigError(
            f"run {job.keys.run!r} {found} of {job.output_dir / STORE}; the tables of sweeps have the keys"
        )
    assert rows is not None
    return keys[0], sorted(set(rows["replicate"].to_pylist())), {name: rows[name][0].as_py() for name in columns}


def _rerun(job: Job[ResultsKeys, None]) -> Sequence[str]:
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

    key, replicates, row = _find_key(job)
    scenario = with_values(Scenario.from_dict(json.loads(row["base"])), json.loads(row["values"]))
    seed = int(row["seed"])
    with make_executor() as executor:
        (again,) = run_trials([Trial(scenario, seed, tuple(replicates))], executor=executor)
    if again.error:
        raise ConfigError(f"run {key[:12]} fails again: {again.error}")
    store = Store(job.output_dir / STORE, str(row["model"]))
    kept = [store.read(key, replicate) for replicate in replicates]
    same = [_is_same(then, again, column) for column, then in enumerate(kept) if then.metrics is not None]
    shown = _replicates_of_page(replicates)
    result = compare(scenario, replicates=shown, seed=seed, threads=job.settings.threads)
    folder = write(result, job.output_dir)
    if job.settings.quiet:
        return [str(folder)]
    lines = []
    if row["model"] != model_version():
        lines.append(f"The store's run was made by version {row['model']} of the model, this is {model_version()}.")
    if not same:
        lines.append(f"The run failed then ({row['error']}); now it did not.")
    else:
        count = f"{len(replicates)} replicate{'s' if len(replicates) != 1 else ''}"
        lines.append(
            f"{count} of {key[:12]} simulated again: {'the same' if all(same) else 'NOT the same'} to the bit."
        )
    if max(replicates) >= shown:
        lines.append(
            f"The page shows the same scenario on replicates 0 to {shown - 1}; those simulated again are"
            f" {replicates[0]} to {replicates[-1]}."
        )
    return [*lines, "", str(folder / "report.html")]


def _replicates_of_page(replicates: Sequence[int]) -> int:
    """Return how many replicates a comparison of a run has: its own and those before them, else as many of its own.

    Examples
    --------
    >>> _replicates_of_page([0, 1, 3]), _replicates_of_page([200_000, 200_001])
    (4, 2)
    """
    return max(replicates) + 1 if max(replicates) < 2 * len(replicates) else len(replicates)


def _is_same(then: RunResult, again: Outcome, column: int) -> bool:
    """Say whether the figures of a run are those of the replicate in a column, to the bit."""
    if then.metrics is None or not set(then.arms) <= set(again.arms):
        return False
    import numpy as np

    now = again.metrics[[again.arms.index(arm) for arm in then.arms], column]
    # A question about single capabilities or touchpoints keeps the figures of one arm alone.
    measured = ~np.isnan(then.metrics).all(axis=(0, 1)) if then.detail else slice(None)
    return then.metrics[..., measured].tobytes() == now[..., measured].tobytes()


def _check(job: Job[ResultsKeys, None]) -> Sequence[str]:
    """Verify everything, the store or one run; a status of 1 says that something is damaged."""
    from sim.results.check import check_lines, check_results
    from sim.results.runs import LATEST, find_run

    name = "" if job.keys.run == LATEST else job.keys.run
    if name not in ("", STORE):
        name = find_run(job.output_dir, name).key
    lines, sound = check_lines(check_results(job.output_dir, name), job.output_dir)
    if sound:
        return lines
    say(*lines)
    raise SystemExit(1)


def _clean(job: Job[ResultsKeys, None]) -> Sequence[str]:
    """List what killed runs left behind, and remove it where that is wanted."""
    from sim.results.check import check_lines, clean_results, left_over

    found = list(left_over(job.output_dir))
    if not found:
        return [f"Nothing is left over in {str(job.output_dir)!r}."]
    if job.keys.yes:
        return [f"removed {item.path}" for item in clean_results(found)]
    lines, _ = check_lines(found, job.output_dir)
    return [*lines[: len(found)], "", "To remove these and nothing else: journey results clean yes=true"]


def _shown(table: Any, limit: int) -> Sequence[str]:
    """Print the first rows of a table: drawn at a terminal, plain columns for other programs elsewhere."""
    shown = table.slice(0, limit)
    rows = list(zip(*(shown[name].to_pylist() for name in shown.column_names), strict=True))
    more = f"{len(table) - limit:,} rows more; limit=N shows them, export writes them"
    if not sys.stdout.isatty():
        say_row(shown.column_names)
        for row in rows:
            say_row(row)
        if len(table) > limit:
            say(more, stream=sys.stderr)
        return []
    return [
        _drawn([name.rsplit(".", 1)[-1] for name in shown.column_names], rows),
        *([more] if len(table) > limit else []),
    ]


def _drawn(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    from rich.console import Console
    from rich.table import Table

    drawn = Table(show_edge=False)
    for name in head:
        drawn.add_column(clean(name))
    for row in rows:
        drawn.add_row(*(_cell(cell) for cell in row))
    width = shutil.get_terminal_size().columns
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False, no_color=True)
    with console.capture() as told:
        console.print(drawn)
    return told.get().rstrip("\n")


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:.6g}" if isinstance(cell, float) else clean(cell)


COMMAND = Command(keys=ResultsKeys, prepare=_prepare, run=_run, scenario=False)
