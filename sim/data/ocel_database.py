"""OCEL 2.0 in a database of SQLite: its objects and events, as OCEL 2.0 JSON has them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["is_database", "load_ocel_database"]

_MAGIC = b"SQLite format 3\0"
_TABLES = frozenset({"event", "object", "event_object", "event_map_type", "object_map_type"})
#: Columns of an event's or object's own table that are no attributes.
_OWN = frozenset({"ocel_id", "ocel_time", "ocel_changed_field"})
#: What reading needs; anything else, such as a function of a view, is refused by the database.
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_LONGEST_CELL = 1_000_000
#: So many times its own size the rows of a table may hold: a column that was added later says in each the same default.
_MOST_TIMES = 2


def is_database(path: Path) -> bool:
    """Return whether a file is a database of SQLite, by how it begins."""
    with path.open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


def load_ocel_database(path: Path, where: str, most_megabytes: int) -> dict[str, Any]:
    """Return the lists of objects and events of a database, which is only read.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        Of the file.

    Returns
    -------
    dict
        ``objects`` and ``events``.

    Raises
    ------
    ConfigError
        If it holds no OCEL 2.0, cannot be read, is too large, or has changes in a file beside it.
    """
    if path.stat().st_size > most_megabytes * 1_000_000:
        raise ConfigError(f"{where} has more than {most_megabytes:,} MB; divide it")
    log = path.with_name(f"{path.name}-wal")
    if log.is_file() and log.stat().st_size:
        raise ConfigError(f"{where} has changes in {log.name} beside it; end the program that writes it, or export it")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            base.execute("PRAGMA trusted_schema=OFF")
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
            # Tables that a program makes up as they are read have other numbers of rows than the file has bytes.
            plain = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
            names = {name for (name,) in base.execute(plain)}
            if not names >= _TABLES:
                raise ConfigError(
                    f"{where} is a database of SQLite without the tables of OCEL 2.0; export its table of events as CSV"
                    " in UTF-8"
                )
            for table in sorted(name for name in names if name.startswith(("event", "object"))):
                if any(column[-1] for column in base.execute(f"PRAGMA table_xinfo({_quoted(table)})")):
                    raise ConfigError(f"{where}: the table {show(table)} computes a column; write its values out")
            base.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
            tables = _BoundedTables(base, names, where, _MOST_TIMES * path.stat().st_size)
            return {"objects": _objects(tables), "events": _events(tables)}
    except (sqlite3.Error, UnicodeError) as error:
        raise ConfigError(f"{where} is a database of SQLite that cannot be read ({error}); write it again") from None


@dataclass(frozen=True, slots=True)
class _BoundedTables:
    """The tables of a database, whose rows are bounded by the size of its file."""

    base: sqlite3.Connection
    names: set[str]
    where: str
    most_signs: int

    def rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table, the heads of its columns first."""
        told = self.base.execute(f"SELECT {', '.join(columns) or '*'} FROM {_quoted(table)}")
        yield tuple(column[0] for column in told.description)
        signs = 0
        for row in told:
            signs += sum(len(cell) if isinstance(cell, str | bytes) else 1 for cell in row)
            if signs > self.most_signs:
                raise ConfigError(f"{self.where}: the table {show(table)} holds more than the file has; write it again")
            yield row

    def named(self, table: str, *columns: str) -> Iterator[tuple[str, ...]]:
        """Yield what rows say, each of which must say something."""
        rows = self.rows(table, *columns)
        next(rows)
        for row in rows:
            if None in row:
                empty = columns[row.index(None)]
                raise ConfigError(
                    f"{self.where}: a row of the table {show(table)} has no {empty}; mend it, or delete it"
                )
            yield tuple(map(str, row))

    def of_types(self, what: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of the table of each type."""
        for (suffix,) in list(self.named(f"{what}_map_type", "ocel_type_map")):
            table = f"{what}_{suffix}"
            if table in self.names:
                rows = self.rows(table)
                heads = next(rows)
                if "ocel_id" in heads:
                    yield from (dict(zip(heads, row, strict=True)) for row in rows)


def _objects(tables: _BoundedTables) -> list[dict[str, Any]]:
    """Return the objects: a row of a type's own table says all attributes, or how one of them was changed."""
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in tables.of_types("object"):
        changed = row.get("ocel_changed_field")
        since = {} if row.get("ocel_time") is None else {"time": str(row["ocel_time"])}
        said[str(row["ocel_id"])] += [
            {"name": name, "value": value, **since}
            for name, value in row.items()
            if name not in _OWN and value is not None and changed in (None, "", name)
        ]
    kinds = tables.named("object", "ocel_id", "ocel_type")
    return [{"id": name, "type": kind, "attributes": said.get(name, [])} for name, kind in kinds]


def _events(tables: _BoundedTables) -> list[dict[str, Any]]:
    """Return the events in the order of their table."""
    own = {str(row["ocel_id"]): row for row in tables.of_types("event")}
    related: dict[str, list[dict[str, str]]] = defaultdict(list)
    for event, name in tables.named("event_object", "ocel_event_id", "ocel_object_id"):
        related[event].append({"objectId": name})
    events = []
    for name, kind in tables.named("event", "ocel_id", "ocel_type"):
        row = own.get(name, {})
        events.append(
            {
                "id": name,
                "type": kind,
                "time": str(row.get("ocel_time") or ""),
                "attributes": [{"name": head, "value": row[head]} for head in row if head not in _OWN],
                "relationships": related.get(name, []),
            }
        )
    return events


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
