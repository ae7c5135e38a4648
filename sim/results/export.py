"""Export: the event log of a run as CSV or XES, for process-mining tools."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import quoteattr

import pyarrow as pa
import pyarrow.csv

from sim.results.table import open_table
from sim.scenario.errors import ConfigError

__all__ = ["FORMATS", "export_events"]

FORMATS: tuple[str, ...] = ("csv", "xes")
#: Week 0 of the horizon, for tools that need a date: a Monday, and no claim about the calendar.
WEEK_ZERO = datetime(2001, 1, 1)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <classifier name="Activity" keys="concept:name"/>
"""


def export_events(folder: str | Path, format: str = "csv", path: str | Path | None = None) -> Path:
    """Write the event log of a result folder in another format.

    Parameters
    ----------
    folder : path
        A result folder.
    format : {'csv', 'xes'}
        CSV keeps the columns of `events.parquet`. XES (IEEE 1849-2016) makes every case a trace; its dates count
        weeks from `WEEK_ZERO`, events of one week a minute apart.
    path : path, optional
        File to write; by default ``events.FORMAT`` in the folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigError
        If the folder holds no event log, or the file cannot be written.
    """
    if format not in FORMATS:
        raise ConfigError(f"format is {format!r}; give one of {', '.join(FORMATS)}")
    log = open_table(folder, "events")
    target = Path(path) if path is not None else Path(folder) / f"events.{format}"
    partial = target.with_name(f".partial-{target.name}-{os.getpid()}")
    try:
        if format == "csv":
            _write_csv(log, partial)
        else:
            with partial.open("w", encoding="utf-8", newline="\n") as out:
                _write_xes(log, out)
        partial.replace(target)
    except OSError as error:
        raise ConfigError(
            f"{target}: cannot be written ({error.strerror or error}); name a file in a folder you may write to"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write_csv(log: Any, path: Path) -> None:
    with pyarrow.csv.CSVWriter(path, _undictionary(log.schema_arrow)) as out:
        for place in range(log.num_row_groups):
            table = log.read_row_group(place)
            out.write_table(table.cast(_undictionary(table.schema)))


def _undictionary(schema: Any) -> Any:
    return pa.schema(
        [field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema]
    )


def _write_xes(log: Any, out: TextIO) -> None:
    out.write(_HEAD)
    # A row group holds one arm and replicate, so a case never straddles two.
    for place in range(log.num_row_groups):
        rows = log.read_row_group(place).to_pylist()
        for case, events in groupby(rows, key=lambda row: row["case_id"]):
            out.write("  <trace>\n")
            out.writelines(_trace(case, list(events)))
            out.write("  </trace>\n")
    out.write("</log>\n")


def _trace(case: str, events: list[dict[str, Any]]) -> Iterator[str]:
    first = events[0]
    yield _attribute("string", "concept:name", case, 4)
    yield _attribute("string", "arm", first["arm"], 4)
    yield _attribute("int", "replicate", first["replicate"], 4)
    yield _attribute("int", "customer", first["customer"], 4)
    for event in events:
        stage, kind = event["stage"], event["kind"]
        # What happened: the stage entered, or what befell the customer who was in it.
        name = stage if kind == "stage" else kind
        when = WEEK_ZERO + timedelta(weeks=event["week"], minutes=event["order"])
        yield "    <event>\n"
        yield _attribute("string", "concept:name", name, 6)
        yield _attribute("date", "time:timestamp", f"{when.isoformat()}+00:00", 6)
        yield _attribute("int", "week", event["week"], 6)
        for key in ("stage", "kind", "brand", "channel", "origin"):
            if event[key] is not None:
                yield _attribute("string", key, event[key], 6)
        if event["amount"] is not None:
            yield _attribute("float", "amount", event["amount"], 6)
        yield "    </event>\n"


def _attribute(kind: str, key: str, value: Any, indent: int) -> str:
    text = _NOT_XML.sub("?", str(value))
    return f"{' ' * indent}<{kind} key={quoteattr(key)} value={quoteattr(text)}/>\n"
