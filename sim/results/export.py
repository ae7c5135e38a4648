"""Export: the event log of a run as CSV or XES, for process-mining tools.

A case is one sampled customer in one arm and replicate. Its first row is where the customer stands when the horizon
begins, so that a customer to whom nothing happened is a case as well. ``only="stages"`` leaves out what is no stage of
the journey (contacts, praise, opting out) and names every event by the stage entered: its map is the journey's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from sim.analysis.tables import WEEK_ZERO
from sim.execution.partial_name import partial_name
from sim.record.events import STAGE_KINDS
from sim.results.table import checked_path, open_table
from sim.scenario.calendar import STEPS, read_day, step_starts
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show
from sim.scenario.yaml_reader import read_yaml

__all__ = ["FORMATS", "ONLY", "export_events"]

FORMATS: tuple[str, ...] = ("csv", "xes")
ONLY: tuple[str, ...] = ("all", "stages")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <classifier name="Activity" keys="concept:name"/>
"""


def export_events(
    folder: str | Path, format: str = "csv", path: str | Path | None = None, *, only: str = "all"
) -> Path:
    """Write the event log of a result folder in another format.

    Parameters
    ----------
    folder : path
        A result folder.
    format : {'csv', 'xes'}
        CSV keeps the columns of `events.parquet`. XES (IEEE 1849-2016) makes every case a trace; its dates count
        weeks from the scenario's start date, or from :data:`sim.analysis.tables.WEEK_ZERO` where it has none, events
        of one week a minute apart. The log says when it begins and ends, and how many customers were sampled.
    path : path, optional
        File to write; by default ``events.FORMAT`` in the folder.
    only : {'all', 'stages'}
        Every event, or the stages entered alone.

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
    if only not in ONLY:
        raise ConfigError(f"only is {only!r}; give one of {', '.join(ONLY)}")
    log = open_table(folder, "events")
    target = Path(path) if path is not None else Path(folder) / f"events.{format}"
    partial = target.with_name(partial_name(target.name))
    try:
        if format == "csv":
            _write_csv(log, partial, only)
        else:
            with partial.open("w", encoding="utf-8", newline="\n") as out:
                _write_xes(log, out, only, *_span(folder))
        partial.replace(target)
    except (pa.ArrowException, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{folder}: its event log cannot be read ({str(error).splitlines()[0]}); write the run again"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{target}: cannot be written ({error.strerror or error}); name a file in a folder you may write to"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write_csv(log: Any, path: Path, only: str) -> None:
    with pyarrow.csv.CSVWriter(path, _undictionary(log.schema_arrow)) as out:
        for number in range(log.num_row_groups):
            table = _kept(log.read_row_group(number), only)
            out.write_table(table.cast(_undictionary(table.schema)))


def _kept(table: Any, only: str) -> Any:
    if only == "all":
        return table
    return table.filter(pc.is_in(table.column("kind").cast(pa.string()), pa.array(STAGE_KINDS)))


def _span(folder: str | Path) -> tuple[datetime, datetime]:
    """Return when the horizon begins and when it ends, from the result's configuration."""
    path = checked_path(folder, "config.yaml")
    config = read_yaml(path)
    horizon, step = config.get("horizon"), config.get("step", "week")
    if type(horizon) is not int:
        raise ConfigError(f"{path}: horizon is {show(horizon)}; give a whole number of steps")
    if step not in STEPS:
        raise ConfigError(f"{path}: step is {show(step)}; {suggest(step, STEPS, 'give one of')}")
    given = config.get("start_date")
    start = WEEK_ZERO if given is None else read_day(given, str(path))
    first, end = step_starts(np.array([0, horizon]), step, start).tolist()
    return first, end


def _undictionary(schema: Any) -> Any:
    return pa.schema(
        [field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema]
    )


def _write_xes(log: Any, out: TextIO, only: str, start: datetime, end: datetime) -> None:
    out.write(_HEAD)
    out.write(_attribute("date", "log:start", _iso(start), 2))
    out.write(_attribute("date", "log:end", _iso(end), 2))
    # A row group holds one arm and replicate, so a case never straddles two.
    for number in range(log.num_row_groups):
        rows = _kept(log.read_row_group(number), only).to_pylist()
        for case, events in groupby(rows, key=lambda row: row["case_id"]):
            out.write("  <trace>\n")
            out.writelines(_trace(case, list(events), only))
            out.write("  </trace>\n")
    out.write("</log>\n")


def _trace(case: str, events: list[dict[str, Any]], only: str) -> Iterator[str]:
    first = events[0]
    yield _attribute("string", "concept:name", case, 4)
    yield _attribute("string", "arm", first["arm"], 4)
    yield _attribute("int", "replicate", first["replicate"], 4)
    yield _attribute("int", "customer", first["customer"], 4)
    for event in events:
        stage, kind = event["stage"], event["kind"]
        # What happened: the stage entered, or what befell the customer who was in it.
        name = stage if only == "stages" or kind == "stage" else kind
        yield "    <event>\n"
        yield _attribute("string", "concept:name", name, 6)
        yield _attribute("date", "time:timestamp", _iso(event["timestamp"]), 6)
        yield _attribute("int", "week", event["week"], 6)
        for key in ("stage", "kind", "brand", "channel", "origin"):
            if event[key] is not None:
                yield _attribute("string", key, event[key], 6)
        if event["amount"] is not None:
            yield _attribute("float", "amount", event["amount"], 6)
        yield "    </event>\n"


def _iso(when: datetime) -> str:
    return f"{when.isoformat()}+00:00"


def _attribute(kind: str, key: str, value: Any, indent: int) -> str:
    text = _NOT_XML.sub("?", str(value))
    return f"{' ' * indent}<{kind} key={quoteattr(key)} value={quoteattr(text)}/>\n"
