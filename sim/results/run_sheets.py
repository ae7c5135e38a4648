"""Run sheets: what the workbook of a run holds, read from the files of its result folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.execution.partial_name import partial_name
from sim.number_format import counted, exact_money
from sim.reports.sheet import (
    Column,
    Sheet,
    assumption_sheet,
    cost_sheet,
    difference_sheet,
    moment_sheet,
    move_sheet,
    parameter_sheet,
    persona_sheet,
    summary_sheet,
    target_sheet,
    time_sheet,
    verdict_sheet,
)
from sim.results.workbook import TABLES, table_sheet, write_workbook
from sim.scenario.calendar import read_day, step_date
from sim.scenario.errors import ConfigError
from sim.scenario.market import NO_MARKET
from sim.scenario.yaml_reader import read_yaml

__all__ = ["DERIVED", "cash_sheet", "derived_table", "export_workbook", "sheets_of", "step_date", "write_tables"]

#: Tables that are made of a run's files where they are asked for: what they are called in `of=`.
DERIVED: tuple[str, ...] = ("summary", "differences", "personas", "costs", "cash", "weekly_wide")
#: Tables of single events, steps and flows: Parquet holds them, a workbook would only be heavy.
_RAW = ("weekly", "flows", "events", "market", "customers")
#: A table that is longer is left in its Parquet file, and the workbook says so.
_MOST_ROWS = 20_000
_CASH = "contribution"


def write_tables(
    folder: Path, verb: str, config: Mapping[str, Any], summary: Mapping[str, Any], lines: Sequence[str]
) -> None:
    """Write `tables.xlsx` of a result folder whose other tables are written.

    Parameters
    ----------
    folder : Path
        The folder.
    verb : str
        The command whose result it is.
    config : mapping
        The whole resolved configuration.
    summary : mapping
        Content of `summary.json`.
    lines : sequence of str
        What the terminal shows; the verdict where the summary has none.
    """
    write_workbook(folder / TABLES, sheets_of(folder, verb, config, summary, lines))


def sheets_of(
    folder: Path,
    verb: str,
    config: Mapping[str, Any],
    summary: Mapping[str, Any],
    lines: Sequence[str] = (),
    start: date | None = None,
) -> list[Sheet]:
    """Return the sheets of a run: verdict, differences, per persona, cash by step, costs, tables, assumptions.

    Parameters
    ----------
    folder : Path
        A folder with the Parquet files of the run.
    verb, config, summary, lines
        As for :func:`write_tables`.
    start : date, optional
        Day on which step 0 begins; gives a column of dates.

    Returns
    -------
    list of Sheet
        Those that have rows.
    """
    import pyarrow.parquet as pq

    verdict = str(summary.get("verdict") or "\n".join(lines))
    title = str(summary.get("title") or config.get("title") or config.get("name") or verb)
    sheets: list[Sheet | None] = [verdict_sheet(title, _facts(verb, config, summary), verdict)]
    if _is_comparison(summary) and (config.get("market") or {}).get("name") == NO_MARKET:
        sheets.append(move_sheet(summary))
    elif _is_comparison(summary):
        sheets += [difference_sheet(summary), persona_sheet(summary), summary_sheet(summary)]
        if (folder / "weekly.parquet").is_file():
            sheets.append(cash_sheet(_read(folder / "weekly.parquet"), summary, start))
    sheets += [
        time_sheet(summary),
        cost_sheet(summary),
        moment_sheet(summary),
        target_sheet(summary),
        parameter_sheet(summary),
    ]
    for path in sorted(folder.glob("*.parquet")):
        if path.stem in _RAW:
            continue
        rows = pq.read_metadata(path).num_rows
        if rows <= _MOST_ROWS:
            sheets.append(table_sheet(_named(path.stem), _flat(_read(path))))
        else:
            note = f"{path.name} has {rows:,} rows; journey results export writes it as CSV."
            sheets.append(Sheet(_named(path.stem), (Column("table", "Table", width=80),), ((note,),)))
    sheets.append(assumption_sheet(config))
    return [sheet for sheet in sheets if sheet is not None and sheet.rows]


def export_workbook(
    folder: Path,
    verb: str,
    summary: Mapping[str, Any],
    config: Path,
    path: str | None,
    start: date | None,
) -> Path:
    """Write the workbook of a finished run once more: to another place, with dates, or of a run that had none.

    Parameters
    ----------
    folder : Path
        The result folder.
    verb : str
        The command whose result it is.
    summary : mapping
        Content of `summary.json`.
    config : Path
        Its `config.yaml`.
    path : str or None
        The file; None: the folder's own, or one beside it where dates are wanted.
    start : date or None
        Day on which step 0 begins.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigError
        If the file cannot be written.
    """
    own = folder / TABLES
    if path is None and start is None and own.is_file():
        return own
    target = Path(path).expanduser() if path is not None else (folder / "tables_dated.xlsx" if start else own)
    sheets = sheets_of(folder, verb, read_yaml(config), summary, start=start)
    partial = target.with_name(partial_name(target.name))
    try:
        write_workbook(partial, sheets)
        partial.replace(target)
    except OSError as error:
        raise ConfigError(
            f"{target}: cannot be written ({error.strerror or error}); name a file in a folder you may write to"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return target


def cash_sheet(weekly: Any, summary: Mapping[str, Any], start: date | None = None) -> Sheet:
    """Return by step what the focal brand contributes in every arm, the mean over the replicates.

    Parameters
    ----------
    weekly : pyarrow.Table
        The tidy table of steps.
    summary : mapping
        Content of `summary.json`.
    start : date, optional
        Day on which step 0 begins, the scenario's own where left out; a column of dates stands beside the steps then.

    Returns
    -------
    Sheet
    """
    step, baseline = str(summary.get("step", "week")), summary["baseline"]
    start = start or start_of(summary)
    cash = _cash_by_arm(weekly, summary)
    first, a_row = _first_steps(weekly, summary)
    cash = {arm: series[first] for arm, series in cash.items()}
    columns: list[Column] = [Column("step", step.capitalize() if a_row == 1 else f"From {step}", "count", 8)]
    cells: list[Any] = [first.tolist()]
    if start is not None:
        columns.append(Column("date", "From", "date", 12))
        cells.append([step_date(start, week, step) for week in first.tolist()])
    for arm, series in cash.items():
        columns.append(Column(arm, arm, "money", 18))
        cells.append(series.tolist())
    for arm, series in cash.items():
        if arm != baseline:
            gain = series - cash[baseline]
            columns.append(Column(f"{arm} - {baseline}", f"{arm} less {baseline}", "money", 20))
            cells.append(gain.tolist())
            columns.append(Column(f"{arm} - {baseline} cumulative", "cumulative", "money", 18))
            cells.append(np.cumsum(gain).tolist())
    span = step if a_row == 1 else f"period of {counted(a_row, step)}"
    note = f"Contribution of the focal brand in each {span}, the mean over the replicates, not discounted."
    note += "".join(_luck_left_in(arm, float(series.sum()), summary) for arm, series in cash.items())
    rows = tuple(zip(*cells, strict=True))
    return Sheet(f"Cash by {step}", tuple(columns), rows, str(summary.get("currency", "")), note)


def _luck_left_in(arm: str, total: float, summary: Mapping[str, Any]) -> str:
    """Say why steps do not add up to an arm's contribution; nothing where they do."""
    told = summary["arms"][arm].get("contribution", {}).get("mean")
    currency = str(summary.get("currency", ""))
    added_up, expected = (exact_money(0.0 if amount is None else amount, currency) for amount in (total, told))
    if told is None or added_up == expected:
        return ""
    return (
        f" The steps of {arm} add up to {added_up}; its contribution, {expected}, has the luck of the company's"
        " experiments taken out, which single steps have in."
    )


def start_of(summary: Mapping[str, Any]) -> date | None:
    """Return the day on which step 0 of a run begins; None where its scenario gives none."""
    given = summary.get("start_date")
    return None if given is None else read_day(given)


def _cash_by_arm(weekly: Any, summary: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Return the contribution of the focal brand by arm (steps,), summed over personas, the mean over replicates."""
    steps = int(summary["horizon"])
    found = {arm: np.zeros(steps) for arm in summary["arms"]}
    # Buffers, not Arrow's own conversions: those would load pandas, a third of a second of every run.
    for batch in weekly.to_batches():
        arm, metric, key = (_codes(batch[name]) for name in ("arm", "metric", "key"))
        if _CASH not in metric[1] or summary["focal"] not in key[1]:
            continue
        week = np.frombuffer(batch["week"].buffers()[1], np.int32, len(batch), batch["week"].offset * 4)
        value = np.frombuffer(batch["value"].buffers()[1], np.float64, len(batch), batch["value"].offset * 8)
        mine = (metric[0] == metric[1].index(_CASH)) & (key[0] == key[1].index(summary["focal"]))
        for name, series in found.items():
            if name in arm[1]:
                chosen = mine & (arm[0] == arm[1].index(name))
                series += np.bincount(week[chosen], value[chosen], steps)
    for series in found.values():
        series /= max(int(summary["replicates"]), 1)
    return found


def _first_steps(weekly: Any, summary: Mapping[str, Any]) -> tuple[NDArray[np.int64], int]:
    """Return the first step of each row of a series (rows,), and how many steps a row stands for."""
    horizon = int(summary["horizon"])
    a_row = weekly["steps"][0].as_py() if "steps" in weekly.column_names else 1
    return np.arange(0, horizon, a_row), a_row


def _codes(column: Any) -> tuple[NDArray[np.int32], list[str]]:
    """Return a column of words as numbers (rows,) and the words that they stand for."""
    codes = column.indices
    return np.frombuffer(codes.buffers()[1], np.int32, len(codes), codes.offset * 4), column.dictionary.to_pylist()


def derived_table(name: str, summary: Mapping[str, Any], weekly: Any = None, start: date | None = None) -> Any:
    """Return one of the :data:`DERIVED` tables of a comparison, or None where the run has no such thing.

    Parameters
    ----------
    name : str
        Of the table.
    summary : mapping
        Content of `summary.json`.
    weekly : pyarrow.Table, optional
        The tidy table of steps; needed for `cash` and `weekly_wide`.
    start : date, optional
        Day on which step 0 begins; gives a column of dates.

    Returns
    -------
    pyarrow.Table or None
    """
    import pyarrow as pa

    if name == "costs":
        sheet = cost_sheet(summary)
    elif not _is_comparison(summary):
        return None
    elif name == "weekly_wide":
        return None if weekly is None else _wide(weekly)
    elif name == "cash":
        sheet = None if weekly is None else cash_sheet(weekly, summary, start)
    else:
        make = {"summary": summary_sheet, "differences": difference_sheet, "personas": persona_sheet}[name]
        sheet = make(summary)
    return None if sheet is None else pa.table(sheet.records())


def _wide(weekly: Any) -> Any:
    """Return the steps with a column for every metric, or for every key of a metric that has keys."""
    import pyarrow as pa

    frame = weekly.to_pandas()
    frame["column"] = [
        f"{metric}.{key}" if key else metric
        for metric, key in zip(frame["metric"].astype(str), frame["key"].fillna("").astype(str), strict=True)
    ]
    order = list(dict.fromkeys(frame["column"]))
    index = [name for name in ("arm", "replicate", "week", "steps", "date", "persona") if name in frame]
    wide = frame.pivot_table(index=index, columns="column", values="value", aggfunc="first", observed=True)
    return pa.Table.from_pandas(wide[[name for name in order if name in wide]].reset_index(), preserve_index=False)


def _read(path: Path) -> Any:
    """Read a Parquet file; `pyarrow.parquet.read_table` would load pandas."""
    import pyarrow.parquet as pq

    return pq.ParquetFile(path).read()


def _is_comparison(summary: Mapping[str, Any]) -> bool:
    arms = summary.get("arms")
    return isinstance(arms, Mapping) and "baseline" in summary and isinstance(summary.get("differences"), Mapping)


def _facts(verb: str, config: Mapping[str, Any], summary: Mapping[str, Any]) -> list[tuple[str, Any]]:
    step = str(summary.get("step") or config.get("step") or "week")
    customers = summary.get("market_customers")
    return [
        ("Command", f"journey {verb}"),
        ("Scenario", summary.get("scenario") or config.get("name")),
        ("Customers of the market", customers),
        ("Customers simulated", summary.get("population") or config.get("population")),
        (f"Horizon, {step}s", summary.get("horizon") or config.get("horizon")),
        ("Starts on", summary.get("start_date") or config.get("start_date")),
        ("Replicates", summary.get("replicates") or config.get("replicates")),
        ("Seed", str(config["seed"]) if "seed" in config else None),
        ("Currency", summary.get("currency")),
    ]


def _named(stem: str) -> str:
    words = stem.replace("_", " ").capitalize()
    return f"{words} (table)" if words in ("Differences", "Verdict", "Assumptions") else words


def _flat(table: Any) -> Any:
    """Return a table whose nested columns are written as text."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            texts = pa.array([None if value is None else str(value) for value in table[field.name].to_pylist()])
            table = table.set_column(place, field.name, texts)
    return table
