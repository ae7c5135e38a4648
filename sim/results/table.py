"""Table: the one reader of the tables of a result folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.scenario.errors import ConfigError

__all__ = ["open_table", "read_table"]


def open_table(folder: str | Path, name: str) -> Any:
    """Open a table to be read row group by row group.

    Raises
    ------
    ConfigError
        If the folder holds no such table, or it cannot be read.
    """
    path = Path(folder) / f"{name}.parquet"
    if not path.is_file():
        held = ", ".join(sorted(found.stem for found in Path(folder).glob("*.parquet"))) or "no table"
        raise ConfigError(f"{path}: is not there; {str(folder)!r} holds {held}")
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"{path}: cannot be read ({str(error).splitlines()[0]}); write the run again") from None


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

    Raises
    ------
    ConfigError
        If the folder holds no such table, or it cannot be read.
    """
    whole = open_table(folder, name)
    if not where:
        return whole.read()
    return pq.read_table(Path(folder) / f"{name}.parquet", filters=[(key, "=", value) for key, value in where.items()])
