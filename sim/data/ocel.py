"""OCEL 2.0: events on objects; the objects of one type are the cases."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from sim.data.amounts import plain_number
from sim.data.column_read import ColumnRead
from sim.data.event_columns import refuse_odd_columns
from sim.data.event_log import LogBuilder, LogLayout
from sim.data.event_times import iso_microseconds
from sim.data.ocel_database import load_ocel_database
from sim.data.ocel_xml import load_ocel_xml
from sim.data.text_file import open_binary
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["read_ocel"]

#: Of a file that is read whole.
_MOST_MEGABYTES = 500
#: What an event may say beside an amount.
_ROLES = ("brand", "channel")
#: Before any time.
_ALWAYS = -(2**63)


def read_ocel(path: Path, layout: LogLayout, builder: LogBuilder, form: str = "json") -> None:
    """Read the events on the objects of one type.

    An event on two objects is an event of each; how many are is said. Objects without events are cases.

    Parameters
    ----------
    path : Path
    layout : LogLayout
        ``columns={case: TYPE}`` says which type of object is the case.
    builder : LogBuilder
    form : {"json", "xml", "sqlite"}
        How it is written.

    Raises
    ------
    ConfigError
        If the file is no OCEL 2.0, or several types of object could be the case.
    """
    where = builder.where
    _refuse_columns(layout.columns or {}, where)
    load = {"json": _load, "xml": load_ocel_xml, "sqlite": load_ocel_database}[form]
    data = load(path, where, min(layout.most_megabytes, _MOST_MEGABYTES))
    kinds = _kinds_of_objects(data, builder)
    counts = Counter(kinds.values())
    if not counts:
        raise ConfigError(f"{where} has no objects, so it has no cases; give a log with objects")
    wanted = (layout.columns or {}).get("case")
    if wanted is None and len(counts) == 1:
        wanted = next(iter(counts))
    if wanted not in counts:
        found = ", ".join(f"{kind} ({count:,})" for kind, count in counts.most_common(12))
        raise ConfigError(f"{where}: say which type of object is the case: columns={{case: TYPE}}; there are {found}")
    reader = _OcelReader(data, kinds, str(wanted), layout, builder)
    events = _entries(data, "events", ("type", "time"), where)
    _note_repeated(Counter(str(event["id"]) for event in events if "id" in event), builder)
    for number, event in enumerate(events, 1):
        reader.event(number, event)
    if events and builder.left_out.get(f"on no {wanted}") == builder.rows:
        on = reader.kinds_of(events)
        found = ", ".join(f"{kind} ({count:,})" for kind, count in on.most_common(12)) or "no object that is listed"
        raise ConfigError(
            f"{where}: none of its {builder.rows:,} events is on a {wanted}; events are on {found}; say which type of"
            " object is the case: columns={case: TYPE}"
        )
    reader.finish()


class _OcelReader:
    """Turns events into codes, one for each object that is a case."""

    def __init__(
        self, data: Mapping[str, Any], kinds: Mapping[str, str], wanted: str, layout: LogLayout, builder: LogBuilder
    ) -> None:
        self.kinds, self.wanted, self.builder = kinds, wanted, builder
        given = layout.attributes or ()
        self.told = [given] if isinstance(given, str) else [str(name) for name in given]
        self.about = _attributes_of_objects(data, wanted, builder.where) if self.told else {}
        self.heads = {role: str((layout.columns or {}).get(role) or role) for role in ("amount", *_ROLES)}
        names = ("case", "activity", "time", "amount", *_ROLES, *self.told)
        self.rows: dict[str, list[Any]] = {name: [] for name in names}
        self.shared = 0
        #: Names that the user gives and that were not seen yet, and those that there are.
        given = {str(head) for role, head in (layout.columns or {}).items() if role != "case" and head is not None}
        self.unseen = given | set(self.told)
        self.names: dict[str, None] = dict.fromkeys(name for said in self.about.values() for name in said)
        self.unseen.difference_update(self.names)
        self.unknown: set[str] = set()
        for name, kind in kinds.items():
            if kind == wanted:
                builder.case_of(name)

    def event(self, number: int, event: Mapping[str, Any]) -> None:
        """Read one event, as one of each of the cases that it is on."""
        builder, rows = self.builder, self.rows
        cases = self._cases_of(event)
        builder.rows += max(len(cases), 1)
        if not cases:
            return builder.leave_out(f"on no {self.wanted}", 1)
        self.shared += len(cases) > 1
        try:
            time = iso_microseconds(str(event["time"]))
        except (ValueError, OverflowError):
            shown = f"event {number:,}: {show(str(event['time'])[:30])}"
            return builder.leave_out("with a time that cannot be read as ISO 8601", len(cases), [shown])
        activity = str(event["type"]).strip()
        if activity.lower() in builder.missing:
            return builder.leave_out("without an activity", len(cases), [f"event {number:,}"])
        values = _attributes(event, builder.where)
        if self.unseen:
            self.names |= dict.fromkeys(values)
            self.unseen.difference_update(values)
        for name in cases:
            rows["case"].append(builder.case_of(name))
            rows["activity"].append(builder.activity_of(activity))
            rows["time"].append(time)
            rows["amount"].append(_amount(values.get(self.heads["amount"]), self.heads["amount"], number, builder))
            for role in _ROLES:
                self._note(role, values.get(self.heads[role]))
            for attribute in self.told:
                own = values.get(attribute)
                self._note(attribute, own or _value_at(self.about.get(name, {}).get(attribute, ()), time))
        return None

    def kinds_of(self, events: Sequence[Mapping[str, Any]]) -> Counter[str]:
        """Count the events that are on objects of each type."""
        related = (event.get("relationships") or [] for event in events)
        named = ({str(item.get("objectId")) for item in each if isinstance(item, Mapping)} for each in related)
        return Counter(kind for ids in named for kind in {self.kinds[one] for one in ids & self.kinds.keys()})

    def _cases_of(self, event: Mapping[str, Any]) -> list[str]:
        """Return the objects of the wanted type that an event is on, each once, whatever it is to them."""
        related = event.get("relationships") or []
        if not isinstance(related, list):
            raise ConfigError(f"{self.builder.where}: relationships of an event is {show(related)}; give a list")
        ids = [str(item.get("objectId")) for item in related if isinstance(item, Mapping)]
        self.unknown.update(name for name in ids if name not in self.kinds)
        return [name for name in dict.fromkeys(ids) if self.kinds.get(name) == self.wanted]

    def _note(self, column: str, value: Any) -> None:
        self.rows[column].append(-1 if value in (None, "") else self.builder.extra_of(column, str(value)))

    def finish(self) -> None:
        """Hand all events to the builder, and say what a reader must know."""
        builder, rows = self.builder, self.rows
        if self.unseen:
            name = min(self.unseen)
            raise ConfigError(
                f"{builder.where}: no event on {self.wanted}, and none of these objects, has the attribute {show(name)}"
                f" that columns or attributes name; {suggest(name, tuple(self.names), 'there are')}"
            )
        for name in (*builder.case_names, *builder.activity_codes, *chain.from_iterable(builder.extra_codes.values())):
            if re.search("[\ud800-\udfff]", name):
                raise ConfigError(f"{builder.where}: the name {ascii(name[:30])} has half of a sign in it; mend it")
        amounts = np.array(rows.pop("amount"), np.float64)
        builder.blocks.append({name: np.array(cells, np.int64) for name, cells in rows.items()})
        if np.isfinite(amounts).any():
            builder.blocks[-1]["amount"] = amounts
        if self.shared:
            who = "1 event is" if self.shared == 1 else f"{self.shared:,} events are"
            builder.notices.append(f"{who} on more than one {self.wanted}: each counts once for every one")
        if self.unknown:
            names = f"{len(self.unknown):,} object{' is' if len(self.unknown) == 1 else 's are'}"
            builder.notices.append(
                f"{names} named by events and not listed (such as {show(min(self.unknown))}): no case"
            )
        builder.columns.extend(
            ColumnRead(role, head, kind, (), {})
            for role, head, kind in (
                ("case", self.wanted, "object"),
                ("activity", "type", "event type"),
                ("time", "time", "ISO 8601"),
            )
        )


def _refuse_columns(given: Any, where: str) -> None:
    """Refuse columns that an object-centric log has no choice of."""
    refuse_odd_columns(given, where)
    for role in given:
        if role not in ("case", "amount", *_ROLES):
            raise ConfigError(
                f"{where}: columns.{role} is {show(given[role])}, but events of OCEL say {role} in one way; leave it"
                " out, or write a table"
            )


def _kinds_of_objects(data: Mapping[str, Any], builder: LogBuilder) -> dict[str, str]:
    """Return the type of each object."""
    kinds: dict[str, str] = {}
    objects = _entries(data, "objects", ("id", "type"), builder.where)
    for item in objects:
        name, kind = str(item["id"]), str(item["type"])
        if kinds.setdefault(name, kind) != kind:
            raise ConfigError(
                f"{builder.where}: the object {show(name)} is there twice, as {show(kinds[name])} and as {show(kind)};"
                " give each object an id of its own"
            )
    if len(kinds) < len(objects):
        again = len(objects) - len(kinds)
        who = "1 object has" if again == 1 else f"{again:,} objects have"
        builder.notices.append(f"{who} the id of one before: those of one id are one object")
    return kinds


def _note_repeated(counts: Mapping[str, int], builder: LogBuilder) -> None:
    """Say that events have the id of another one."""
    again = sum(counts.values()) - len(counts)
    if again:
        who = "1 event has" if again == 1 else f"{again:,} events have"
        first = next(name for name, count in counts.items() if count > 1)
        builder.notices.append(f"{who} the id of one before (such as {show(first)}): each counts")


def _attributes_of_objects(
    data: Mapping[str, Any], wanted: str, where: str
) -> dict[str, dict[str, list[tuple[int, str]]]]:
    """Return what is said of each object of a type, by attribute: since when, and what; the first is said of always."""
    found: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for item in data["objects"]:
        if str(item["type"]) != wanted:
            continue
        mine = found.setdefault(str(item["id"]), {})
        for said in _listed_attributes(item, "an object", where):
            value = said.get("value")
            if value in (None, ""):
                continue
            try:
                since = iso_microseconds(str(said["time"]))
            except (KeyError, ValueError, OverflowError):
                since = _ALWAYS
            mine.setdefault(str(said["name"]), []).append((since, str(value)))
        for values in mine.values():
            values.sort(key=itemgetter(0))
    return found


def _value_at(values: Sequence[tuple[int, str]], time: int) -> str | None:
    """Return what was said last up to a time, or first of all."""
    before = [value for since, value in values if since <= time]
    return before[-1] if before else values[0][1] if values else None


def _attributes(event: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the attributes of an event by name."""
    return {str(item["name"]): item.get("value") for item in _listed_attributes(event, "an event", where)}


def _listed_attributes(item: Mapping[str, Any], what: str, where: str) -> list[Mapping[str, Any]]:
    given = item.get("attributes") or []
    if not isinstance(given, list) or not all(isinstance(said, Mapping) and "name" in said for said in given):
        raise ConfigError(f"{where}: attributes of {what} is {show(given)}; give a list of {{name, value}}")
    return given


def _amount(value: Any, head: str, number: int, builder: LogBuilder) -> float:
    if value is None or str(value).strip().lower() in builder.missing:
        return math.nan
    amount = None if isinstance(value, bool) else plain_number(str(value))
    if amount is None:
        raise ConfigError(
            f"{builder.where}: event {number:,} has {show(value)} as {head!r}, which is no number with a decimal point;"
            " mend it, or name another attribute: columns={amount: NAME}"
        )
    return amount


def _load(path: Path, where: str, most_megabytes: int) -> Mapping[str, Any]:
    try:
        with open_binary(path, where, most_megabytes) as stream:
            data = json.load(stream)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is no JSON that can be read ({error}); give OCEL 2.0 JSON") from None
    except OSError as error:
        raise ConfigError(f"{where} cannot be read ({error}); write it again") from None
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where} is JSON, but no OCEL 2.0 log; it needs objects and events")
    return data


def _entries(data: Mapping[str, Any], key: str, needs: tuple[str, ...], where: str) -> list[Mapping[str, Any]]:
    found = data.get(key)
    if f"ocel:{key}" in data:
        raise ConfigError(f"{where} is OCEL 1.0; write it as OCEL 2.0 JSON, with lists of objects and events")
    if not isinstance(found, list):
        raise ConfigError(f"{where} has no list {key}; give OCEL 2.0 JSON with objects and events")
    for at, item in enumerate(found):
        if not isinstance(item, Mapping) or any(need not in item for need in needs):
            raise ConfigError(f"{where}: {key}.{at} is {show(item)}; it needs {' and '.join(needs)}")
    return found
