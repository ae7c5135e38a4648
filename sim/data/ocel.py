"""OCEL 2.0 JSON: events on objects; the objects of one type are the cases."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from sim.data.amounts import plain_number
from sim.data.column_read import ColumnRead
from sim.data.event_log import LogBuilder, LogLayout
from sim.data.event_times import iso_microseconds
from sim.data.text_file import open_binary
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["read_ocel"]

#: Of a file that is read whole.
_MOST_MEGABYTES = 500


def read_ocel(path: Path, layout: LogLayout, builder: LogBuilder) -> None:
    """Read the events on the objects of one type.

    An event on two objects is an event of each; how many are is said. Objects without events are cases.

    Parameters
    ----------
    path : Path
    layout : LogLayout
        ``columns={case: TYPE}`` says which type of object is the case.
    builder : LogBuilder

    Raises
    ------
    ConfigError
        If the file is no OCEL 2.0 JSON, or several types of object could be the case.
    """
    where = builder.where
    data = _load(path, where, min(layout.most_megabytes, _MOST_MEGABYTES))
    kinds = _kinds_of_objects(data, where)
    counts = Counter(kinds.values())
    wanted = (layout.columns or {}).get("case")
    if wanted is None and len(counts) == 1:
        wanted = next(iter(counts))
    if wanted not in counts:
        found = ", ".join(f"{kind} ({count:,})" for kind, count in counts.most_common(12))
        raise ConfigError(f"{where}: say which type of object is the case: columns={{case: TYPE}}; there are {found}")
    for name, kind in kinds.items():
        if kind == wanted:
            builder.case_of(name)
    rows: dict[str, list[Any]] = {name: [] for name in ("case", "activity", "time", "amount", "brand", "channel")}
    shared = 0
    heads = {role: str((layout.columns or {}).get(role) or role) for role in ("amount", "brand", "channel")}
    for number, event in enumerate(_entries(data, "events", ("type", "time"), where), 1):
        related = event.get("relationships") or []
        if not isinstance(related, list):
            raise ConfigError(f"{where}: relationships of an event is {show(related)}; give a list")
        ids = [str(item.get("objectId")) for item in related if isinstance(item, Mapping)]
        cases = [name for name in dict.fromkeys(ids) if kinds.get(name) == wanted]
        builder.rows += max(len(cases), 1)
        if not cases:
            builder.leave_out(f"on no {wanted}", 1)
            continue
        shared += len(cases) > 1
        try:
            time = iso_microseconds(str(event["time"]))
        except (ValueError, OverflowError):
            shown = f"event {number:,}: {show(str(event['time'])[:30])}"
            builder.leave_out("with a time that cannot be read as ISO 8601", len(cases), [shown])
            continue
        if str(event["type"]).strip().lower() in builder.missing:
            builder.leave_out("without an activity", len(cases), [f"event {number:,}"])
            continue
        values = _attributes(event, where)
        for name in cases:
            rows["case"].append(builder.case_of(name))
            rows["activity"].append(builder.activity_of(str(event["type"])))
            rows["time"].append(time)
            rows["amount"].append(_amount(values.get(heads["amount"]), heads["amount"], number, builder))
            for role in ("brand", "channel"):
                value = values.get(heads[role])
                rows[role].append(-1 if value in (None, "") else builder.extra_of(role, str(value)))
    for name in (*builder.case_names, *builder.activity_codes, *chain.from_iterable(builder.extra_codes.values())):
        if re.search("[\ud800-\udfff]", name):
            raise ConfigError(f"{where}: the name {ascii(name[:30])} has half of a sign in it; mend it")
    amounts = np.array(rows.pop("amount"), np.float64)
    builder.blocks.append({name: np.array(cells, np.int64) for name, cells in rows.items()})
    if np.isfinite(amounts).any():
        builder.blocks[-1]["amount"] = amounts
    if shared:
        who = "1 event is" if shared == 1 else f"{shared:,} events are"
        builder.notices.append(f"{who} on more than one {wanted}: each counts once for every one")
    builder.columns.extend(
        (ColumnRead("case", str(wanted), "object", (), {}), ColumnRead("activity", "type", "event type", (), {}),
         ColumnRead("time", "time", "ISO 8601", (), {}))
    )  # fmt: skip


def _kinds_of_objects(data: Mapping[str, Any], where: str) -> dict[str, str]:
    """Return the type of each object."""
    kinds: dict[str, str] = {}
    for item in _entries(data, "objects", ("id", "type"), where):
        name, kind = str(item["id"]), str(item["type"])
        if kinds.setdefault(name, kind) != kind:
            raise ConfigError(
                f"{where}: the object {show(name)} is there twice, as {show(kinds[name])} and as {show(kind)}; give"
                " each object an id of its own"
            )
    return kinds


def _attributes(event: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the attributes of an event by name."""
    given = event.get("attributes") or []
    if not isinstance(given, list) or not all(isinstance(item, Mapping) and "name" in item for item in given):
        raise ConfigError(f"{where}: attributes of an event is {show(given)}; give a list of {{name, value}}")
    return {str(item["name"]): item.get("value") for item in given}


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
