"""OCEL 2.0 JSON: events on objects; the objects of one type are the cases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

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
    kinds = {str(item["id"]): str(item["type"]) for item in _entries(data, "objects", ("id", "type"), where)}
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
    rows: dict[str, list[int]] = {"case": [], "activity": [], "time": []}
    shared = 0
    for event in _entries(data, "events", ("type", "time"), where):
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
        except ValueError:
            builder.leave_out("with a time that cannot be read", len(cases))
            continue
        for name in cases:
            rows["case"].append(builder.case_of(name))
            rows["activity"].append(builder.activity_of(str(event["type"])))
            rows["time"].append(time)
    builder.blocks.append({name: np.array(values, np.int64) for name, values in rows.items()})
    if shared:
        builder.notices.append(f"{shared:,} events are on more than one {wanted}: each counts once for every one")
    builder.columns.extend(
        (ColumnRead("case", str(wanted), "object", (), {}), ColumnRead("activity", "type", "event type", (), {}),
         ColumnRead("time", "time", "ISO 8601", (), {}))
    )  # fmt: skip


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
    if not isinstance(found, list):
        raise ConfigError(f"{where} has no list {key}; give OCEL 2.0 JSON with objects and events")
    for at, item in enumerate(found):
        if not isinstance(item, Mapping) or any(need not in item for need in needs):
            raise ConfigError(f"{where}: {key}.{at} is {show(item)}; it needs {' and '.join(needs)}")
    return found
