"""Log file: an event log in any of its formats, told by the content."""

from __future__ import annotations

from pathlib import Path

from sim.data.event_columns import refuse_as_attribute
from sim.data.event_log import EventLog, LogBuilder, LogLayout
from sim.data.event_table import read_table
from sim.data.foreign_text import refusal_of_text
from sim.data.format_options import check_words
from sim.data.ids import missing_words
from sim.data.ocel import read_ocel
from sim.data.ocel_database import is_database
from sim.data.ocel_xml import is_ocel_xml
from sim.data.parquet_file import is_parquet
from sim.data.text_file import check_file, open_binary
from sim.data.xes import read_xes
from sim.scenario.errors import ConfigError

__all__ = ["LOG_FILE", "read_event_log"]

#: Roles under whose names no attribute can be.
_OF_EVENTS = ("case", "activity", "time", "amount", "lifecycle")
LOG_FILE = "an event log: CSV, Parquet, XES or OCEL 2.0"


def read_event_log(path: str | Path, layout: LogLayout | None = None) -> EventLog:
    """Read an event log; the format is told by the content, not the name.

    Parameters
    ----------
    path : path
    layout : LogLayout, optional

    Returns
    -------
    EventLog

    Raises
    ------
    ConfigError
        If the file is missing, hostile, too large, lacks a column, or no event can be used.
    """
    layout = layout or LogLayout()
    place, where = Path(path), f"log {str(path)!r}"
    check_file(place, where, LOG_FILE)
    check_words(layout.missing)
    _refuse_roles_as_attributes(layout, where)
    builder = LogBuilder(where, frozenset(missing_words(layout.missing)))
    kind = _kind_of(place, where, layout.most_megabytes)
    kind, _, form = kind.partition(" ")
    if kind in ("xes", "ocel") and (layout.keep is not None or isinstance(layout.columns, list | tuple)):
        raise ConfigError(
            f"{where}: keep and columns in order are for tables, and this is {kind.upper()}; leave them out"
        )
    if kind == "xes":
        read_xes(place, layout, builder)
    elif kind == "ocel":
        read_ocel(place, layout, builder, form)
    else:
        read_table(place, layout, builder, parquet=kind == "parquet")
    log = builder.finish()
    if log.rows != log.case.size + sum(log.left_out.values()):
        raise ConfigError(f"{where}: rows do not add up; report this with the file")
    return log


def _refuse_roles_as_attributes(layout: LogLayout, where: str) -> None:
    given = layout.attributes if isinstance(layout.attributes, list | tuple) else [layout.attributes]
    for role in _OF_EVENTS:
        refuse_as_attribute(role, given, where)


def _kind_of(place: Path, where: str, most_megabytes: int) -> str:
    if is_parquet(place):
        return "parquet"
    try:
        if is_database(place):
            return "ocel sqlite"
        with open_binary(place, where, most_megabytes) as stream:
            first = stream.read(4096)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read ({error}); give {LOG_FILE}") from None
    head = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] in (b"{", b"[") and (foreign := refusal_of_text(head, place, is_json_of_its_own=True)):
        raise ConfigError(f"{where} {foreign}")
    if head[:1] == b"<":
        return "ocel xml" if is_ocel_xml(place, where, most_megabytes) else "xes"
    return "ocel json" if head[:1] == b"{" else "csv"
