"""OCEL 2.0 in XML: its objects and events, as OCEL 2.0 JSON has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.data.xml_stream import parse_xml
from sim.scenario.errors import ConfigError

__all__ = ["is_ocel_xml", "load_ocel_xml"]

#: Elements within each other: a log has five.
_DEEPEST = 64
#: Elements below the root of OCEL and of XES that tell one from the other.
_OF_OCEL, _OF_XES = ("object-types", "event-types", "objects", "events"), ("trace", "extension", "classifier", "event")
#: Signs of a value: parts of any length, one after the other, would take long to put together.
_LONGEST_VALUE = 1_000_000


def is_ocel_xml(path: Path, where: str, most_megabytes: int) -> bool:
    """Return whether a file of XML is OCEL, by the first element below its root that tells; else it is taken for XES.

    Parameters
    ----------
    path, where, most_megabytes
        As for :func:`load_ocel_xml`.

    Returns
    -------
    bool

    Raises
    ------
    ConfigError
        As :func:`load_ocel_xml`, of what is read until then.
    """
    depth = 0

    def begin(tag: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 2 and (name := _local(tag)) in (*_OF_OCEL, *_OF_XES):
            raise _Told(name in _OF_OCEL)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    try:
        parse_xml(path, where, most_megabytes, ("OCEL or XES", "XML"), begin, end)
    except _Told as told:
        return told.is_ocel
    return False


class _Told(Exception):
    """What kind of log it is is known, and nothing more is to be read."""

    def __init__(self, is_ocel: bool) -> None:
        super().__init__()
        self.is_ocel = is_ocel


def _local(tag: str) -> str:
    """Return the name of an element without the prefix of its namespace."""
    return tag.rpartition(":")[2]


def load_ocel_xml(path: Path, where: str, most_megabytes: int) -> dict[str, Any]:
    """Return the lists of objects and events of a file.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        Of text, decompressed.

    Returns
    -------
    dict
        ``objects`` and ``events``.

    Raises
    ------
    ConfigError
        If it is not well formed, declares entities or a document type, or holds more, or deeper, than it may.
    """
    found = _Elements(where)
    parse_xml(path, where, most_megabytes, ("OCEL", "OCEL in XML"), found.begin, found.end, found.text)
    return {"objects": found.objects, "events": found.events}


class _Elements:
    """Objects and events as the elements of the file end."""

    def __init__(self, where: str) -> None:
        self.objects: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self._where = where
        self._path: list[str] = []
        self._item: dict[str, Any] = {}
        #: The attribute that is open, and the parts of its value.
        self._said: dict[str, Any] | None = None
        self._value: list[str] = []
        self._length = 0

    def begin(self, tag: str, given: dict[str, str]) -> None:
        """Take what an element says of itself."""
        self._path.append(_local(tag))
        given = {_local(name): value for name, value in given.items()}
        if len(self._path) > _DEEPEST:
            raise ConfigError(
                f"{self._where} has more than {_DEEPEST} elements within each other, which no OCEL file needs; refused"
            )
        match self._path[1:]:
            case ["objects", "object"]:
                self._item = {**given, "attributes": [], "relationships": []}
                self.objects.append(self._item)
            case ["events", "event"]:
                self._item = {**given, "attributes": [], "relationships": []}
                self.events.append(self._item)
            case ["objects", "object", "attributes", "attribute"] | ["events", "event", "attributes", "attribute"]:
                self._said, self._value, self._length = {**given, "value": ""}, [], 0
                if "name" in given:
                    self._item["attributes"].append(self._said)
            case ["objects", "object", _] | ["events", "event", _] if "key" in given:
                raise ConfigError(f"{self._where} is OCEL 1.0 in XML; write it as OCEL 2.0")
            case ["objects", "object", "objects", _] | ["events", "event", "objects", _] if "object-id" in given:
                self._item["relationships"].append({"objectId": given["object-id"]})

    def text(self, text: str) -> None:
        """Take a part of the value of an attribute."""
        if self._said is not None:
            self._value.append(text)
            self._length += len(text)
            if self._length > _LONGEST_VALUE:
                raise ConfigError(f"{self._where} has a value of more than {_LONGEST_VALUE:,} signs; leave it out")

    def end(self, _: str) -> None:
        """Leave an element."""
        if self._said is not None and self._path[3:] == ["attributes", "attribute"]:
            self._said["value"] = "".join(self._value)
            self._said = None
        self._path.pop()
