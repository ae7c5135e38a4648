"""XES (IEEE 1849-2016): traces of events, plain or compressed, read as a stream."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from sim.data.amounts import plain_number
from sim.data.as_typed import as_typed
from sim.data.column_read import ColumnRead
from sim.data.event_columns import heads_of_role, refuse_as_attribute, refuse_odd_columns
from sim.data.event_heads import REQUIRED_ROLES
from sim.data.event_log import NO_STAGE, OWN_TRACE, LogBuilder, LogLayout
from sim.data.event_times import iso_microseconds
from sim.data.xml_stream import parse_xml
from sim.record.events import STAGE_KINDS
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["read_xes"]

_FLUSHED = 100_000
#: Traces whose keys are told where one is not found.
_LOOKED_AT = 100
#: 2019/11/03: tools that make XES of tables leave times as they were; with the year first they can be read in one way.
_SLASHES = r"^(\d{4})[/.](\d{2})[/.](\d{2})(?=[ T]|$)"
#: Keys that name the case, which belong to a trace rather than to its events.
_CASE_KEY = r"(?i)case[ _-]?(?:id|concept:name)|case|case:concept:name|trace[ _-]?id"


def read_xes(path: Path, layout: LogLayout, builder: LogBuilder) -> None:
    """Read an XES file into a builder.

    Every trace is a case of its own: a name that comes back is another case, and said so.

    Parameters
    ----------
    path : Path
    layout : LogLayout
    builder : LogBuilder

    Raises
    ------
    ConfigError
        If it is not well formed, declares entities or a document type, or holds more than it may.
    """
    reader = _XesReader(layout, builder)
    parse_xml(path, builder.where, layout.most_megabytes, ("XES", "XES"), *_handlers(reader, builder.where))
    reader.finish()


def _handlers(reader: _XesReader, where: str) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None]]:
    """Return what takes the beginnings and ends of elements, and hands every trace to the reader as it ends."""
    depth, inside = 0, ""
    about: dict[str, str] = {}
    events: list[dict[str | None, str]] = []

    def refuse_nested(tag: str) -> None:
        raise ConfigError(
            f"{where} has a {tag.rpartition(':')[2]} within a {inside or 'trace'}, behind {reader.traces:,} whole"
            " traces; XES has traces of events only: write each trace beside the others"
        )

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, inside, about, events
        depth += 1
        if depth == 4:
            if inside == "event" and (key := attributes.get("key")) is not None:
                event = events[-1]
                reader.repeated_keys += key in event
                event[key] = attributes.get("value", "")
            elif tag.rpartition(":")[2] in ("trace", "event"):
                refuse_nested(tag)
            return
        name = tag.rpartition(":")[2]
        if depth == 3:
            inside = name
            if name == "trace":
                refuse_nested(tag)
            if name == "event":
                events.append({})
            elif (key := attributes.get("key")) is not None:
                about[key] = attributes.get("value", "")
        elif depth == 2:
            about, events = {}, []
            if name == "event":
                reader.in_no_trace()
            elif name in ("object-types", "objects"):
                raise ConfigError(f"{where} is OCEL 1.0 in XML; write it as OCEL 2.0")
            if name in ("date", "classifier"):
                reader.log_attribute(name, attributes)
        elif depth == 1 and name != "log":
            raise ConfigError(f"{where} is XML, but its root is no log; give an XES file")

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 1 and tag.rpartition(":")[2] == "trace":
            reader.trace(about, events)

    return begin, end


class _XesReader:
    """Turns traces into codes."""

    def __init__(self, layout: LogLayout, builder: LogBuilder) -> None:
        self.layout, self.builder = layout, builder
        refuse_odd_columns(layout.columns or {}, builder.where)
        given = self.given = dict(layout.columns or {})
        self.heads = {"case": "concept:name", "activity": "concept:name", "time": "time:timestamp"}
        self.heads |= {role: role for role in ("brand", "channel", "amount", "kind")}
        self.heads["lifecycle"] = "lifecycle:transition"
        named = {role: heads_of_role(role, head, builder.where) for role, head in given.items() if head is not None}
        self.heads |= {role: keys[0].removeprefix("case:") for role, keys in named.items()}
        # What the user says is nothing is no key.
        self.heads |= dict.fromkeys(
            (role for role, head in given.items() if head is None and role not in REQUIRED_ROLES), ""
        )
        self.activity = named.get("activity", (self.heads["activity"],))
        for role in ("case", "time"):
            if len(named.get(role, ())) > 1:
                raise ConfigError(
                    f"{builder.where}: columns.{role} is {show(given[role])}; give one key of the XES file"
                )
        attributes = layout.attributes or ()
        self.attributes = [attributes] if isinstance(attributes, str) else [str(name) for name in attributes]
        self.rows: dict[str, list[Any]] = {}
        self.names: dict[str, int] = {}
        self.unnamed = 0
        self.traces = 0
        self.repeated_keys = 0
        #: Keys of the classifiers that the log offers.
        self.offered: list[list[str]] = []
        #: Keys that the user names and that were not seen yet, and keys of the first events and traces.
        asked = {key.removeprefix("case:") for keys in named.values() for key in keys}
        self.unseen = asked | {name.removeprefix("case:") for name in self.attributes}
        self.keys: dict[str, None] = {}
        #: Keys of the first events that have times.
        self.dated: list[str] = []
        self._clear()

    def _clear(self) -> None:
        named = ("case", "activity", "time", "amount", "brand", "channel", "lifecycle", *self.attributes)
        self.rows = {name: [] for name in named}

    def log_attribute(self, name: str, element: Any) -> None:
        """Note when the log begins and ends, and its classifiers."""
        key, value = element.get("key", ""), element.get("value", "")
        if name == "classifier":
            keys = element.get("keys", "")
            parts = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", keys)]
            if parts and parts != list(self.activity):
                self.offered.append(parts)
                way = as_typed("columns", {"activity": parts if len(parts) > 1 else parts[0]})
                self.builder.notices.append(
                    f"the log offers the classifier {element.get('name', '')!r}: {way} takes it; activities are"
                    f" {' and '.join(self.activity)}"
                )
        elif key in ("log:start", "log:end"):
            try:
                setattr(self.builder, key.removeprefix("log:"), iso_microseconds(value))
            except ValueError:
                self.builder.notices.append(f"{key} of the log cannot be read and is not used")

    def in_no_trace(self) -> None:
        """Count an event beside the traces."""
        self.builder.rows += 1
        self.builder.leave_out("that are in no trace", 1, [f"event {self.builder.rows:,}"])

    def trace(self, about: dict[str, str], events: list[dict[str | None, str]]) -> None:
        """Read one case: what is said of it, and its events."""
        self.traces += 1
        name = about.get(self.heads["case"], "").strip()
        if not name:
            self.unnamed += 1
            name = f"trace {self.traces}"
        self.names[name] = self.names.get(name, 0) + 1
        case = self.builder.new_case(name)
        if self.unseen or self.traces <= _LOOKED_AT:
            self._look_at(about, events)
        for event in events:
            self._event(case, about, event)
        if len(self.rows["case"]) >= _FLUSHED:
            self.flush()

    def _look_at(self, about: dict[str, str], events: list[dict[str | None, str]]) -> None:
        """Note which keys there are."""
        known = [str(key) for key in chain(about, *events)]
        self.unseen.difference_update(known)
        if self.traces <= _LOOKED_AT:
            self.keys |= dict.fromkeys(known)
            told = (str(key) for event in events for key, value in event.items() if _is_time(value))
            self.dated += [key for key in told if key not in self.dated]

    def _event(self, case: int, about: dict[str, str], values: dict[str | None, str]) -> None:
        builder, heads, rows = self.builder, self.heads, self.rows
        builder.rows += 1
        if builder.rows > self.layout.most_rows:
            raise ConfigError(f"{builder.where} has more than {self.layout.most_rows:,} events; divide it")
        activity = values.get(self.activity[0], "")
        if len(self.activity) > 1:
            activity = " ".join(word for key in self.activity if (word := values.get(key, "").strip()))
        if "kind" in self.given or about.keys() >= OWN_TRACE:
            kind = values.get(heads["kind"])
            if kind is not None:
                refuse_as_attribute(heads["kind"], self.attributes, builder.where)
                if kind not in STAGE_KINDS:
                    return builder.leave_out(NO_STAGE, 1)
                builder.state_at_start |= kind == "start"
                activity = values.get("stage") or activity
        activity = activity.strip()
        if activity not in builder.activity_codes and activity.lower() in builder.missing:
            return builder.leave_out("without an activity", 1, [f"event {builder.rows:,}"])
        try:
            time = iso_microseconds(re.sub(_SLASHES, r"\1-\2-\3", values[heads["time"]].strip()))
        except KeyError:
            return builder.leave_out("without a time", 1, [f"event {builder.rows:,}"])
        except (ValueError, OverflowError):
            shown = f"event {builder.rows:,}: {show(values[heads['time']][:30])}"
            return builder.leave_out("with a time that cannot be read as ISO 8601", 1, [shown])
        rows["case"].append(case)
        rows["activity"].append(builder.activity_of(activity))
        rows["time"].append(time)
        rows["amount"].append(self._amount(values.get(heads["amount"], "")))
        for role in ("brand", "channel", "lifecycle"):
            value = values.get(heads[role]) or about.get(heads[role])
            rows[role].append(-1 if not value else builder.extra_of(role, value))
        for name in self.attributes:
            key = name.removeprefix("case:")
            value = values.get(name) or about.get(key)
            rows[name].append(-1 if not value else builder.extra_of(name, value))
        return None

    def _amount(self, cell: str) -> float:
        if not cell or cell.strip().lower() in self.builder.missing:
            return float("nan")
        amount = plain_number(cell)
        if amount is None:
            raise ConfigError(
                f"{self.builder.where}: event {self.builder.rows:,} has {show(cell[:30])} as {self.heads['amount']!r},"
                " which is no number with a decimal point; mend it, or name another key: columns={amount: KEY}"
            )
        return amount

    def flush(self) -> None:
        """Hand the events read so far to the builder."""
        columns = {name: np.array(values, np.int64) for name, values in self.rows.items() if name != "amount"}
        self.builder.blocks.append({**columns, "amount": np.array(self.rows["amount"], np.float64)})
        self._clear()

    def finish(self) -> None:
        """Say what a reader must know."""
        self.flush()
        if self.unseen and self.traces:
            keys = tuple(self.keys)
            key = min(self.unseen)
            raise ConfigError(
                f"{self.builder.where}: no event and no trace has the key {show(key)} that columns or attributes name;"
                f" {suggest(key, keys, 'there are')}"
            )
        self._refuse_without_times()
        self._refuse_without_activities()
        of_events = [key for key in self.keys if re.fullmatch(_CASE_KEY, key)]
        if self.traces == self.unnamed == 1 and of_events:
            raise ConfigError(
                f"{self.builder.where}: all events are in one trace without a name, and each has {of_events[0]!r};"
                " write a trace for each case, or the log as CSV"
            )
        builder, repeated = self.builder, sum(count - 1 for count in self.names.values())
        if self.unnamed:
            traces = f"{self.unnamed:,} trace{' has' if self.unnamed == 1 else 's have'}"
            builder.notices.append(f"{traces} no name: each is a case of its own")
        if self.repeated_keys:
            count = f"{self.repeated_keys:,} attribute{' has' if self.repeated_keys == 1 else 's have'}"
            builder.notices.append(f"{count} the key of another one of the same event: the last counts")
        if repeated:
            traces = f"{repeated:,} trace{' has' if repeated == 1 else 's have'}"
            builder.notices.append(f"{traces} the name of one before: each is a case of its own")
        if not any(np.isfinite(block["amount"]).any() for block in builder.blocks):
            for block in builder.blocks:
                del block["amount"]
        builder.columns.extend(
            ColumnRead(role, self.heads[role], "ISO 8601" if role == "time" else "text", (), {})
            for role in ("case", "activity", "time")
        )

    def _refuse_without_activities(self) -> None:
        """Say which keys may be the activity of a log whose events have no name."""
        builder = self.builder
        if "activity" in self.given or builder.left_out.get("without an activity") != builder.rows or not builder.rows:
            return
        ways = [parts if len(parts) > 1 else parts[0] for parts in self.offered if set(parts) <= self.keys.keys()]
        others = [key for key in self.keys if key not in (*self.heads.values(), *self.dated)]
        shown = as_typed("columns", {"activity": ways[0] if ways else others[0] if len(others) == 1 else "KEY"})
        there = f" ({', '.join(map(show, list(self.keys)[:12]))} are there)" if self.keys else ""
        raise ConfigError(
            f"{builder.where}: none of its {builder.rows:,} events has {' and '.join(map(show, self.activity))}"
            f"{there}; say which key says what happened: {shown}"
        )

    def _refuse_without_times(self) -> None:
        """Say why no event of a log counts that has no times, and which keys may be one."""
        builder, key = self.builder, self.heads["time"]
        if not builder.rows or builder.left_out.get("without a time") != builder.rows:
            return
        may_be = (
            f"say which key is the time: {as_typed('columns', {'time': self.dated[0]})}"
            if self.dated
            else "add them, or write the log as CSV with a column of times"
        )
        raise ConfigError(
            f"{builder.where}: none of its {builder.rows:,} events has the key {show(key)}, so nothing tells when they"
            f" were, and stages, durations and what is simulated need that; {may_be}"
        )


def _is_time(value: str) -> bool:
    """Return whether a value is a time of ISO 8601, or a day."""
    try:
        iso_microseconds(re.sub(_SLASHES, r"\1-\2-\3", value.strip()))
    except (ValueError, OverflowError):
        return False
    return not value.strip().isdecimal()
