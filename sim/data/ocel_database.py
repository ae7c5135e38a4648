"""OCEL 2.0 in a database of SQLite: its objects and events, as OCEL 2.0 JSON has them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
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
        If it holds no OCEL 2.0, cannot be read, or is too large.
    """
    if path.stat().st_size > most_megabytes * 1_000_000:
        raise ConfigError(f"{where} has more than {most_megabytes:,} MB; divide it")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            base.execute("PRAGMA trusted_schema=OFF")
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
            # Tables that a program makes up as they are read have other numbers of rows than the file has bytes.
            plain = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            tables = {name for (name,) in base.execute(plain)}
            if not tables >= _TABLES:
                raise ConfigError(
                    f"{where} is a database of SQLite without the tables of OCEL 2.0; export its table of events as CSV"
                    " in UTF-8"
                )
            for table in sorted(name for name in tables if name.startswith(("event", "object"))):
                if any(column[-1] for column in base.execute(f"PRAGMA table_xinfo({_quoted(table)})")):
                    raise ConfigError(f"{where}: the table {show(table)} computes a column; write its values out")
            base.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
            return {"objects": _objects(base, tables), "events": _events(base, tables)}
    except (sqlite3.Error, UnicodeError) as error:
        raise ConfigError(f"{where} is a database of SQLite that cannot be read ({error}); write it again") from None


def _objects(base: sqlite3.Connection, tables: set[str]) -> list[dict[str, Any]]:
    """Return the objects: a row of a type's own table says all attributes, or how one of them was changed."""
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _own_rows(base, "object", tables):
        changed = row.get("ocel_changed_field")
        since = {} if row.get("ocel_time") is None else {"time": str(row["ocel_time"])}
        said[str(row["ocel_id"])] += [
            {"name": name, "value": value, **since}
            for name, value in row.items()
            if name not in _OWN and value is not None and changed in (None, "", name)
        ]
    kinds = base.execute("SELECT ocel_id, ocel_type FROM object")
    return [{"id": str(name), "type": str(kind), "attributes": said.get(str(name), [])} for name, kind in kinds]


def _events(base: sqlite3.Connection, tables: set[str]) -> list[dict[str, Any]]:
    """Return the events in the order of their table."""
    own = {str(row["ocel_id"]): row for row in _own_rows(base, "event", tables)}
    related: dict[str, list[dict[str, str]]] = defaultdict(list)
    for event, name in base.execute("SELECT ocel_event_id, ocel_object_id FROM event_object"):
        related[str(event)].append({"objectId": str(name)})
    events = []
    for name, kind in base.execute("SELECT ocel_id, ocel_type FROM event"):
        row = own.get(str(name), {})
        events.append(
            {
                "id": str(name),
                "type": str(kind),
                "time": str(row.get("ocel_time") or ""),
                "attributes": [{"name": head, "value": row[head]} for head in row if head not in _OWN],
                "relationships": related.get(str(name), []),
            }
        )
    return events


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _own_rows(base: sqlite3.Connection, what: str, tables: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table of each type."""
    for (suffix,) in base.execute(f"SELECT ocel_type_map FROM {what}_map_type").fetchall():
        table = f"{what}_{suffix}"
        if table in tables:
            rows = base.execute(f"SELECT * FROM {_quoted(table)}")
            heads = [column[0] for column in rows.description]
            if "ocel_id" in heads:
                yield from (dict(zip(heads, row, strict=True)) for row in rows)
