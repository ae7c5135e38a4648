"""Catalog: everything that was ever run as tables to be asked: the runs of the store, the folders, their figures.

Three tables. ``runs``: the store, a row for each run, arm and persona with every figure. ``folders``: a row for each
result folder. ``figures``: the summaries of those folders, a row for each arm or difference, persona and metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.execution.checked_file import DamagedFile
from sim.execution.store import check_columns, chunk_files, open_chunk_file, read_chunk_file
from sim.execution.store_folder import STORE
from sim.optional_package import import_optional
from sim.results.runs import StoredResult, list_runs
from sim.scenario.errors import ConfigError
from sim.terminal import complain_once

__all__ = ["TABLES", "Catalog"]

#: Whole numbers from here on are no figures.
_LARGEST = 2**63
TABLES: tuple[str, ...] = ("runs", "folders", "figures")


class Catalog:
    """The tables of a folder of results. Nothing is read before it is asked for.

    Parameters
    ----------
    output_dir : path
        Folder of all results.
    """

    def __init__(self, output_dir: str | Path = "results") -> None:
        self.root = Path(output_dir)

    def runs(self) -> Any:
        """Return the runs of the store, of all versions of the model, as a pyarrow dataset; None where there are none.

        Raises
        ------
        ConfigError
            If files of different versions do not fit together.
        """
        import pyarrow as pa
        import pyarrow.dataset as ds

        # A damaged file is named and set aside; what was held to its checksum in memory is what is asked.
        files = [
            file for path in chunk_files(self.root / STORE) if (file := open_chunk_file(path, _fragment)) is not None
        ]
        if not files:
            return None
        # Versions of the model may know different figures; within one all files have the same columns.
        schemas = [files[0].physical_schema]
        schemas += [file.physical_schema for file in files if not file.physical_schema.equals(schemas[-1])]
        try:
            schema = _without_words(pa.unify_schemas(schemas, promote_options="permissive"))
            return ds.FileSystemDataset(files, schema, ds.ParquetFileFormat(), None)
        except (OSError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(f"{self.root / STORE} holds a file that cannot be read ({reason}); remove it") from None

    def folders(self) -> Any:
        """Return a row for each result folder, the oldest first."""
        import pyarrow as pa

        rows = [_folder(run) for run in list_runs(self.root)]
        names = (
            "verb",
            "name",
            "scenario",
            "seed",
            "replicates",
            "started",
            "seconds",
            "version",
            "config_hash",
            "path",
        )
        kinds = {"seed": pa.int64(), "replicates": pa.int64(), "seconds": pa.float64()}
        return pa.table({name: pa.array([row[name] for row in rows], kinds.get(name, pa.string())) for name in names})

    def figures(self) -> Any:
        """Return every figure of every summary, a row each."""
        import pyarrow as pa

        words = ("folder", "scenario", "kind", "name", "persona", "metric")
        numbers = ("mean", "ci_low", "ci_high", "p_better", "correlation", "variance_reduction")
        rows = [row for run in list_runs(self.root) for row in _figures(run)]
        return pa.table(
            {name: pa.array([row[name] for row in rows], pa.string()) for name in words}
            | {name: pa.array([row.get(name) for row in rows], pa.float64()) for name in numbers}
        )

    def table(self, name: str) -> Any:
        """Return one of `TABLES`, read whole.

        Raises
        ------
        ConfigError
            If there is nothing of it yet.
        """
        if name != "runs":
            return self.folders() if name == "folders" else self.figures()
        runs = self.runs()
        if runs is None:
            raise ConfigError(f"{self.root / STORE} holds no run yet; make some with: journey sweep")
        return runs.to_table()

    def query(self, statement: str) -> Any:
        """Answer a SELECT over the tables, with DuckDB.

        The tables are handed over as they are: DuckDB itself can reach no file, and none of its settings can be changed
        by the statement.

        Raises
        ------
        ConfigError
            If DuckDB is not installed, the statement is not one SELECT, or it cannot be answered.
        """
        duckdb = import_optional("duckdb", "sql needs duckdb", otherwise=", or use: journey results table where=…")
        every = {"runs": self.runs(), "folders": self.folders(), "figures": self.figures()}
        tables = {name: table for name, table in every.items() if table is not None}
        try:
            statements = duckdb.extract_statements(statement)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise ConfigError(f"sql is {statement!r}; give one SELECT over the tables {', '.join(TABLES)}")
            connection = duckdb.connect(":memory:")
            for name, table in tables.items():
                connection.register(name, table)
            for setting in (
                "enable_external_access = false",
                "python_enable_replacements = false",
                "autoinstall_known_extensions = false",
                "autoload_known_extensions = false",
                "lock_configuration = true",
            ):
                connection.execute(f"SET {setting}")
            return _whole_numbers(connection.sql(statement).to_arrow_table())
        except duckdb.Error as error:
            reason = " ".join(str(error).split())
            nothing = "" if "runs" in tables else ", and runs where a sweep was made"
            raise ConfigError(
                f"sql cannot be answered: {reason[:400]}; the tables are {', '.join(tables)}{nothing}"
            ) from None


def _whole_numbers(table: Any) -> Any:
    """Return a table whose sums of whole numbers are whole numbers again, where they fit 64 bits.

    DuckDB hands such sums on as decimals of 38 places and scale 0. Polars keeps that scale in a quotient, so that rates
    are 0 or 1, and Arrow cannot divide two of them (DuckDB 2.0, polars 2.1, pyarrow 26).
    """
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            try:
                whole = table.column(at).cast(pa.int64())
            except pa.ArrowInvalid:
                continue  # beyond 64 bits
            table = table.set_column(at, field.with_type(pa.int64()), whole)
    return table


def _fragment(path: Path) -> Any:
    """Return a file, checked, as a part of a dataset."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    try:
        file = ds.ParquetFileFormat().make_fragment(pa.BufferReader(read_chunk_file(path)))
        schema = file.physical_schema
    except (ValueError, pa.ArrowException) as error:
        if isinstance(error, DamagedFile):
            raise
        raise DamagedFile(f"is no Parquet file ({error})".splitlines()[0]) from None
    check_columns(path, schema)
    return file


def _without_words(schema: Any) -> Any:
    """Return a schema whose words are plain: a dictionary differs from file to file."""
    import pyarrow as pa

    return pa.schema(
        [field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in schema]
    )


def _folder(run: StoredResult) -> dict[str, Any]:
    manifest = run.manifest

    def word(key: str) -> str | None:
        return None if manifest.get(key) is None else str(manifest[key])

    def count(key: str) -> int | None:
        value = manifest.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    seconds = manifest.get("wall_seconds")
    return {
        "verb": run.verb,
        "name": run.name,
        "scenario": word("scenario"),
        "seed": count("seed"),
        "replicates": count("replicates"),
        "started": word("started"),
        "seconds": float(seconds) if isinstance(seconds, int | float) else None,
        "version": word("version"),
        "config_hash": word("config_hash"),
        "path": str(run.path),
    }


def _figures(run: StoredResult) -> Iterator[dict[str, Any]]:
    try:
        summary = run.summary
    except ConfigError as error:
        complain_once(f"{error}; its figures are left out")
        return
    blocks: list[tuple[str, Mapping[str, Any]]] = [("all", summary)]
    personas = summary.get("personas")
    if isinstance(personas, Mapping):
        blocks += [(str(name), block) for name, block in personas.items() if isinstance(block, Mapping)]
    for persona, block in blocks:
        for kind, key in (("arm", "arms"), ("difference", "differences")):
            named = block.get(key)
            if not isinstance(named, Mapping):
                continue
            for name, metrics in named.items():
                if not isinstance(metrics, Mapping):
                    continue
                for metric, numbers in metrics.items():
                    if isinstance(numbers, Mapping) and "mean" in numbers:
                        yield {
                            "folder": run.key,
                            "scenario": run.scenario,
                            "kind": kind,
                            "name": str(name),
                            "persona": persona,
                            "metric": str(metric),
                            **{
                                end: float(number)
                                for end, number in numbers.items()
                                if type(number) is float or (type(number) is int and abs(number) < _LARGEST)
                            },
                        }
