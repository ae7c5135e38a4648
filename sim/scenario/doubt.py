"""Doubt: the ranges of effectiveness that a strategy states, read from its short forms or from a file in `doubt/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from agents.strategies import CAPABILITIES, Doubt
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import plain, read, show

__all__ = ["read_doubt"]

#: What a file of ranges may say beside them.
_WORDS = ("name", "title")
_NO_DOUBT = "none"
_WANTED = "give [low, high], such as [0.5, 1.5], a mapping of capabilities to such ranges, or a name in doubt/"


def read_doubt(data: object, config_path: ConfigPath, *, where: str = "", key: str = "doubt") -> Doubt | None:
    """Read the doubt of a strategy.

    Parameters
    ----------
    data : object
        ``[low, high]`` for every capability; a mapping of capabilities to ``[low, high]`` or ``{low, high, source}``;
        the name of a file in `doubt/`; null or ``none``.
    config_path : ConfigPath
        Where the file is looked up.
    where : str
        File that the data comes from; opens every message.
    key : str
        Dotted key under which it stands.

    Returns
    -------
    Doubt or None

    Raises
    ------
    ConfigError
        If a key is unknown, a number lies outside 0 to 2, or a range is upside down.

    Examples
    --------
    >>> read_doubt([0.5, 1.5], ConfigPath.of()).context.high
    1.5
    """
    if data is None or data == _NO_DOUBT:
        return None
    if isinstance(data, Doubt):
        return data
    place = where
    if isinstance(data, str):
        data, place = config_path.read("doubt", data, key=key, where=where)
        key = ""
        data = {name: value for name, value in data.items() if name not in _WORDS}
    if isinstance(data, list | tuple):
        data = dict.fromkeys(CAPABILITIES, data)
    if not isinstance(data, Mapping):
        raise ConfigError(f"{_place(place)}{key} is {show(data)}; {_WANTED}")
    for name in data:
        if name not in CAPABILITIES:
            raise ConfigError(
                f"{_place(place)}unknown key {show(_join(key, str(name)))}; {suggest(name, CAPABILITIES)}"
            )
    ranges = {name: _range(value, place, _join(key, name)) for name, value in data.items()}
    found = read(Doubt, ranges, where=place, key=key)
    for item in fields(found):
        one = getattr(found, item.name)
        if one is not None and one.low > one.high:
            raise ConfigError(
                f"{_place(place)}{_join(key, item.name)} is [{one.low:g}, {one.high:g}]; give the lower number first"
            )
    return found if any(value is not None for value in ranges.values()) else None


def _range(data: object, where: str, key: str) -> Any:
    if data is None or isinstance(data, Mapping):
        return data
    if isinstance(data, list | tuple) and len(data) == 2:
        return {"low": data[0], "high": data[1]}
    raise ConfigError(f"{_place(where)}{key} is {show(plain(data))}; give [low, high], {{low, high, source}} or null")


def _place(where: str) -> str:
    return f"{where}: " if where else ""


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
