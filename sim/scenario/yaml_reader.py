"""YAML reader: one configuration file, read safely, as data and nothing else, whoever wrote it."""

from __future__ import annotations

import re
import stat
from collections.abc import Hashable, Mapping
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from sim.scenario.errors import ConfigError, points_in_thousands
from sim.scenario.schema import show

__all__ = ["LARGEST_FILE", "parse_yaml", "read_yaml", "write_yaml"]

#: Bytes: the configuration of a comparison may have two journeys found in a log, of four million and more each;
#: anything larger is a mistake or an attack.
LARGEST_FILE = 16_000_000
#: Deepest nesting: a strategy of a persona of a plan of an arm needs less than a dozen.
DEEPEST = 40
#: Signs in a line that is written; from how many on numbers fill lines, and of what.
_WIDTH = 120
_MANY = 8
_BY_TIME = ("by_step", "by_visit")

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BASE_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Loader(_BASE):
    """YAML as people write it: `1e-3` is a number, `on` and `no` are words, dates are text, keys come once."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        #: The keys that the value being read stands under.
        self._within: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _Refused(f"line {line}: the key {show(key)} is no word; put it in quotes")
            if key in seen:
                raise _Refused(f"line {line}: the key {key!r} stands there twice; keep one")
            self._within.append(key)
            plain = isinstance(value_node, yaml.ScalarNode) and not value_node.style
            if plain and (asked := points_in_thousands(".".join(self._within), value_node.value)):
                raise _Refused(f"line {line}: {asked}")
            seen[key] = self.construct_object(value_node, deep=deep)
            self._within.pop()
        return seen


class _Dumper(_BASE_DUMPER):
    """YAML that this loader and one of YAML 1.1 both read back as written: it quotes what either would misread."""


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    return loader.construct_mapping(node, deep=True)


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(str(loader.construct_scalar(node)).replace("_", ""))


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _construct_bool(loader: _Loader, node: yaml.ScalarNode) -> bool:
    return str(loader.construct_scalar(node)).lower() == "true"


# The core schema of YAML 1.2, with the underscores of 1.1: under 1.1 an edge's key `on` would read as true.
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN"),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9][0-9_]*", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), [*_first, ""])
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor("tag:yaml.org,2002:bool", _construct_bool)


class _Refused(Exception):
    """Why a file is not accepted, without its place."""


def read_yaml(path: Path, *, where: str = "", trusted: bool = False) -> dict[str, Any]:
    """Read one configuration file.

    Parameters
    ----------
    path : Path
        The file.
    where : str
        How messages call it; its path by default.
    trusted : bool
        Whether the file ships with the simulator: only those may steer Hydra (`defaults`, `hydra`, `${...}`).

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        If the file is missing, not a regular file, too large, not UTF-8, not YAML, empty, no mapping, or if it holds
        aliases, tags, repeated keys, keys that begin with `_`, or `${`.
    """
    where = where or str(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ConfigError(f"{where} is a folder; give a YAML file")
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{where} is no ordinary file; give a YAML file")
        if status.st_size > LARGEST_FILE:
            raise ConfigError(f"{where} has {status.st_size:,} bytes; a configuration may have {LARGEST_FILE:,}")
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        reason = "is a link to a file that does not exist" if path.is_symlink() else "does not exist"
        raise ConfigError(f"{where} {reason}; give the path of a YAML file") from None
    except ConfigError:
        raise
    except (OSError, ValueError) as error:
        raise ConfigError(f"{where} cannot be read: {_reason(error)}") from None
    if len(raw) > LARGEST_FILE:
        raise ConfigError(f"{where} has more than {LARGEST_FILE:,} bytes; a configuration may have no more")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    return parse_yaml(text, where=where, trusted=trusted)


def parse_yaml(text: str, *, where: str, trusted: bool = False) -> dict[str, Any]:
    """Parse the text of one configuration file; see :func:`read_yaml`.

    Parameters
    ----------
    text : str
        YAML.
    where : str
        How messages call it.
    trusted : bool
        As in :func:`read_yaml`.

    Returns
    -------
    dict
    """
    try:
        _inspect(text)
        data = yaml.load(text, Loader=_Loader)
        if data is None:
            raise _Refused("is empty; give a mapping of keys to values")
        if not isinstance(data, Mapping):
            raise _Refused(f"holds {show(data)}; give a mapping of keys to values")
        if not trusted:
            _refuse_steering(data, "")
    except _Refused as refusal:
        reason = str(refusal)
        separator = " " if reason.startswith(("is ", "holds ")) else ": "
        raise ConfigError(f"{where}{separator}{reason}") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ConfigError(f"{where}: {line}{error.problem or 'not YAML'}; correct the YAML there") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{where} is not YAML: {' '.join(str(error).split())}") from None
    return dict(data)


def write_yaml(data: Mapping[str, Any], *, compact: bool = False) -> str:
    """Write plain data as YAML that :func:`parse_yaml` reads back exactly, floats included.

    Probabilities and weights by time are written in lines that they fill; ``compact`` puts every innermost mapping or
    list on one line as well.

    Examples
    --------
    >>> print(write_yaml({"from": "a", "by_step": [[step, 1e-5] for step in range(1, 9)]}), end="")
    from: a
    by_step:
      [[1, 1.0e-05], [2, 1.0e-05], [3, 1.0e-05], [4, 1.0e-05], [5, 1.0e-05], [6, 1.0e-05], [7, 1.0e-05], [8, 1.0e-05]]
    """
    flow = None if compact else False
    lists: list[list[Any]] = []
    text = yaml.dump(
        _without_numbers(dict(data), lists),
        Dumper=_Dumper,
        default_flow_style=flow,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
    )
    return re.sub(
        r'^( *)((?:- )*by_\w+:) !numbers "(\d+)"$', lambda found: _filled(found, lists), text, flags=re.MULTILINE
    )


class _Numbers(str):
    """The word that stands for a list of numbers while all else is written, by a tag that nothing else has."""

    __slots__ = ()


_Dumper.add_representer(_Numbers, lambda dumper, word: dumper.represent_scalar("!numbers", str(word), style='"'))


def _without_numbers(data: Any, lists: list[list[Any]]) -> Any:
    """Return data with a word in place of each list of numbers, or of lists of numbers, that an edge has by time."""
    if isinstance(data, list):
        return [_without_numbers(item, lists) for item in data]
    if not isinstance(data, Mapping):
        return data
    out = {}
    for key, value in data.items():
        if key in _BY_TIME and isinstance(value, list) and len(value) >= _MANY and _only_numbers(value):
            lists.append(value)
            value = _Numbers(len(lists) - 1)
        out[key] = _without_numbers(value, lists)
    return out


def _only_numbers(values: list[Any]) -> bool:
    flat = chain.from_iterable(item if isinstance(item, list) else (item,) for item in values)
    return {int, float}.issuperset(map(type, flat))


def _filled(found: re.Match[str], lists: list[list[Any]]) -> str:
    """Return a key with its list of numbers, in lines below it."""
    margin = " " * (len(found[1]) + 2 * (1 + found[2].count("- ")))
    lines, line = [f"{found[1]}{found[2]}"], f"{margin}["
    for item in lists[int(found[3])]:
        piece = f"[{', '.join(map(_number, item))}], " if isinstance(item, list) else f"{_number(item)}, "
        if len(line) + len(piece) > _WIDTH:
            lines.append(line.rstrip())
            line = margin
        line += piece
    return "\n".join([*lines, f"{line[:-2]}]"])


def _number(value: float) -> str:
    """Write a number so that YAML 1.1, which knows no 1e-05, reads it too."""
    text = repr(value)
    if not isfinite(value):
        return {"inf": ".inf", "-inf": "-.inf"}.get(text, ".nan")
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _inspect(text: str) -> None:
    """Refuse what could blow up or run code before anything is built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=_BASE):
        line = f"line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(f"{line}: holds an alias (*{event.anchor}); write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _Refused(f"{line}: nested deeper than {DEEPEST} levels; no key of the simulator lies so deep")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise _Refused(f"{line}: holds the tag {show(tag)}; leave it out")


def _refuse_steering(data: object, key: str) -> None:
    if isinstance(data, Mapping):
        for name, value in data.items():
            place = f"{key}.{name}" if key else str(name)
            if str(name).startswith("_"):
                raise _Refused(f"the key {show(place)} begins with '_'; such keys are not accepted")
            if "${" in str(name):
                raise _Refused(f"the key {show(place)} holds '${{'; interpolation is not accepted in files")
            _refuse_steering(value, place)
    elif isinstance(data, list):
        for position, value in enumerate(data):
            _refuse_steering(value, f"{key}.{position}")
    elif isinstance(data, str) and "${" in data:
        raise _Refused(f"{key} is {show(data)}; interpolation ('${{') is not accepted in files")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
