"""Table: the one reader of the tables of a result folder, held to its checksums and to columns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

from sim.execution.checked_file import DamagedFile, checksum_of, hold, open_parquet, require_columns
from sim.results.checksums import recorded
from sim.scenario.errors import ConfigError

__all__ = ["checked_path", "open_table", "read_table"]

#: Columns that somebody relies on, by table.
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "events": {
        **dict.fromkeys(("case_id", "arm", "stage", "brand", "channel", "origin", "kind"), "text"),
        **dict.fromkeys(("replicate", "week", "order", "customer"), "whole"),
        "amount": "number",
        "timestamp": "time",
    },
    "market": {
        **dict.fromkeys(("arm", "brand"), "text"),
        **dict.fromkeys(("replicate", "week", "group"), "whole"),
        **dict.fromkeys(("reputation", "salience", "delight", "adoption"), "number"),
    },
    "flows": {**dict.fromkeys(("arm", "persona", "from", "to"), "text"), "replicate": "whole", "count": "number"},
    "differences": {"arm": "text", "persona": "text"},
}
_REMEDY = "write the run again"


def checked_path(folder: str | Path, name: str) -> Path:
    """Return the path of a file of a result folder after it was held to its checksum.

    Raises
    ------
    ConfigError
        If it is not there, is no ordinary file, or is not what was written.
    """
    path, checksum = recorded(Path(folder), name)
    try:
        found = checksum_of(path)
        if checksum is not None:
            hold(found, checksum)
    except DamagedFile as error:
        raise ConfigError(f"{path}: {error}; {_REMEDY}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from None
    return path


def open_table(folder: str | Path, name: str) -> Any:
    """Open a table to be read row group by row group, after it was checked against its checksum and its columns.

    Raises
    ------
    ConfigError
        If the folder holds no such table, it cannot be read, or it is not what was written.
    """
    path, checksum = recorded(Path(folder), f"{name}.parquet")
    if not path.is_file():
        held = ", ".join(sorted(found.stem for found in Path(folder).glob("*.parquet"))) or "no table"
        raise ConfigError(f"{path}: is not there; {str(folder)!r} holds {held}")
    try:
        table = open_parquet(path, checksum)
        require_columns(table.schema_arrow, _COLUMNS.get(name, {}))
    except DamagedFile as error:
        raise ConfigError(f"{path}: {error}; {_REMEDY}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from None
    return table


def read_table(folder: str | Path, name: str, where: Mapping[str, Any] | None = None) -> Any:
    """Read a table, or the rows of it in which some columns have some values.

    Parameters
    ----------
    folder : path
        A result folder.
    name : str
        Of the table: `weekly`, `flows`, `points`, ...
    where : mapping, optional
        Values by column.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    ConfigError
        If the folder holds no such table, it cannot be read, or it is not what was written.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = open_table(folder, name)
    path = Path(folder) / f"{name}.parquet"
    try:
        if not where:
            return whole.read()
        wanted = reduce(and_, (pc.field(key) == value for key, value in where.items()))
        groups = [whole.read_row_group(number).filter(wanted) for number in range(whole.num_row_groups)]
        return pa.concat_tables(groups) if groups else whole.read()
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise ConfigError(f"{path}: cannot be read ({str(error).splitlines()[0]}); {_REMEDY}") from None
