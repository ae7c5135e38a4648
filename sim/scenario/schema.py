"""Schema: plain mappings read into the frozen dataclasses of the model, checked field by field, and back."""

from __future__ import annotations

import dataclasses
import math
import numbers
import re
import types
import typing
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from agents.money import MILLICENTS, is_counted
from sim.scenario.errors import ConfigError, suggest

__all__ = [
    "between",
    "check",
    "defaults",
    "is_money",
    "plain",
    "read",
    "is_spelled",
    "is_word_sign",
    "read_name",
    "read_value",
    "show",
    "typed_number",
]

T = TypeVar("T")

#: Names of brands, personas, arms, stages, channels and files: they become keys, column values and file names.
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: A percentage, as one types a share.
_PERCENTAGE = re.compile(r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)) ?%")
#: A number that Hydra takes for a word, and YAML does not.
_LEADING_ZEROS = re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?")
#: Longest text a field may hold: a title or a case, not a book.
LONGEST_TEXT = 20_000


def read(kind: type[T], data: object, *, where: str = "", key: str = "") -> T:
    """Read a dataclass declared with :mod:`agents.quantity` from plain data.

    Parameters
    ----------
    kind : type
        The dataclass.
    data : object
        A mapping of field names to plain values; what is left out takes its default.
    where : str
        File or object that the data comes from; opens every message.
    key : str
        Dotted key under which the data stands.

    Returns
    -------
    T
        The dataclass, every field checked.

    Raises
    ------
    ConfigError
        If a key is unknown, a part is missing, or a value has the wrong type or lies out of range.

    Examples
    --------
    >>> from sim.scenario.market import Need
    >>> read(Need, {"mean_weeks": 4}).mean_weeks
    4.0
    >>> read(Need, {"mean_weeks": -3}, where="market 'telecom'", key="need")
    Traceback (most recent call last):
    ...
    sim.scenario.errors.ConfigError: market 'telecom': need.mean_weeks is -3; give a number from 1 to 5000 (weeks)
    """
    given = check(kind, data, where=where, key=key)
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(typing.cast(Any, kind)):
        if field.name in given:
            values[field.name] = _value(
                hints[field.name], field.metadata, given[field.name], where, _join(key, field.name)
            )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ConfigError(f"{_place(where)}{_join(key, field.name)} is missing; give {_accepted(kind, field.name)}")
    return kind(**values)


def check(kind: type[Any], data: object, *, where: str = "", key: str = "", partial: bool = False) -> dict[str, Any]:
    """Return the mapping with its keys checked against the fields of a dataclass.

    With ``partial`` the values are read too, down to the last leaf, and nothing is required or filled in: this is how a
    few named differences are checked before they are laid over the file that they change.

    Parameters
    ----------
    kind : type
        The dataclass.
    data : object
        A mapping of field names to plain values.
    where : str
        File that the data comes from; opens every message.
    key : str
        Dotted key under which the data stands.
    partial : bool
        Whether the data holds only differences.

    Returns
    -------
    dict
        The data as it is; with ``partial`` its values read.

    Raises
    ------
    ConfigError
        If ``data`` is no mapping or has an unknown key.
    """
    names = [field.name for field in dataclasses.fields(kind)]
    if not isinstance(data, Mapping):
        found = f"{key} is {show(data)}" if key else f"found {show(data)}"
        raise ConfigError(f"{_place(where)}{found}; give a mapping with keys among {', '.join(names)}")
    for name in data:
        if name not in names:
            raise ConfigError(f"{_place(where)}unknown key {show(_join(key, str(name)))}; {suggest(name, names)}")
    if partial:
        hints = _hints(kind)
        metadata = {field.name: field.metadata for field in dataclasses.fields(kind)}
        return {
            name: _value(hints[name], metadata[name], value, where, _join(key, name), partial=True)
            for name, value in data.items()
        }
    return dict(data)


def read_value(kind: type[Any], name: str, value: object, *, where: str = "", key: str = "") -> Any:
    """Read one field of a dataclass; ``key`` is the full dotted key, the field's name by default.

    Parameters
    ----------
    kind : type
        The dataclass that declares the field.
    name : str
        Name of the field.
    value : object
        Plain value.
    where : str
        File that the data comes from; opens every message.
    key : str
        Full dotted key; the field's name by default.

    Returns
    -------
    object
        The value, checked.
    """
    metadata = {field.name: field.metadata for field in dataclasses.fields(kind)}[name]
    return _value(_hints(kind)[name], metadata, value, where, key or name)


def is_spelled(value: str, most: int = 64) -> bool:
    """Say whether a name that becomes no file's is one: letters, accents and digits of any script, `_` and `-`.

    Examples
    --------
    >>> [is_spelled(name) for name in ("add_to_cart", "検索", "खरीद", "a b", "<b>", "")]
    [True, True, True, False, False, False]
    """
    return 0 < len(value) <= most and all(is_word_sign(sign) for sign in value)


def is_word_sign(sign: str) -> bool:
    """Say whether a character may stand in such a name."""
    return sign in "_-" or sign.isalnum() or unicodedata.category(sign)[0] == "M"


def read_name(value: object, what: str, *, where: str = "", key: str = "", any_script: bool = False) -> str:
    """Read a name: it becomes a file's name or a column's value, so it may not leave its folder or its line.

    Parameters
    ----------
    value : object
        The name as it was given.
    what : str
        What it names, with its article: `'a stage'`.
    where : str
        File that the data comes from; opens every message.
    key : str
        Dotted key under which it stands.
    any_script : bool
        Whether it may have letters beyond A to Z; no file is called so.

    Returns
    -------
    str
    """
    if isinstance(value, str) and (NAME.fullmatch(value) or (any_script and is_spelled(value))):
        return value
    place = f"{key} is" if key else f"the name of {what} is"
    letters = "letters" if any_script else "letters from A to Z"
    raise ConfigError(f"{_place(where)}{place} {show(value)}; name {what} with 1 to 64 {letters}, digits, '_' or '-'")


def defaults(kind: type[Any]) -> dict[str, Any]:
    """Return the plain data of a dataclass with every field at its default."""
    return typing.cast(dict[str, Any], plain(kind()))


def plain(value: object) -> Any:
    """Turn a value of the model into plain data: the inverse of :func:`read`, exactly."""
    # A journey found in a log has a hundred thousand numbers.
    if type(value) in _PLAIN:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return list(value) if _PLAIN.issuperset(map(type, value)) else [plain(item) for item in value]
    return value


def typed_number(value: object) -> object:
    """Return the number that a word stands for (`50%`, `007`), or the value as it is.

    Examples
    --------
    >>> typed_number("12.5 %"), typed_number("0100"), typed_number("many")
    (0.125, 100, 'many')
    """
    if not isinstance(value, str):
        return value
    percentage = _PERCENTAGE.fullmatch(value.strip())
    if percentage:
        return float(Decimal(percentage[1]) / 100)
    if _LEADING_ZEROS.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


def is_money(metadata: Mapping[str, Any]) -> bool:
    """Say whether a field is an amount of money that is counted in whole minor units."""
    return bool(metadata.get("in_millicents", False))


def show(value: object) -> str:
    """Show a value the way a user would have written it, cut to a readable length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        names = ", ".join(map(str, list(value)[:4])) + (", ..." if len(value) > 4 else "")
        return f"a mapping of {names}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 80 else f"{shown[:70]}... ({len(shown)} characters)"


def _place(where: str) -> str:
    return f"{where}: " if where else ""


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


#: Types of values that are plain as they are.
_PLAIN = frozenset({float, int, str, bool, type(None)})
_HINTS: dict[Any, dict[str, Any]] = {}


def _hints(kind: Any) -> dict[str, Any]:
    # Resolving the hints of a class takes longer than reading it.
    if kind not in _HINTS:
        _HINTS[kind] = typing.get_type_hints(kind)
    return _HINTS[kind]


def _optional(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        return members[0], True
    return hint, False


def _accepted(kind: type[Any], name: str) -> str:
    metadata = {field.name: field.metadata for field in dataclasses.fields(kind)}[name]
    return _wanted(_hints(kind)[name], metadata)


def _bound(number: float) -> str:
    """Write an end of a range, never in powers of ten."""
    return f"{Decimal(f'{number:.12g}'):f}"


def between(low: float | None, high: float | None) -> str:
    """Say between which ends a number lies, with a blank before it; nothing where it has none.

    Examples
    --------
    >>> between(0, 2.5), between(0, None), between(None, 1e6), between(None, None)
    (' from 0 to 2.5', ' of at least 0', ' of at most 1000000', '')
    """
    if low is not None and high is not None:
        return f" from {_bound(low)} to {_bound(high)}"
    if low is not None:
        return f" of at least {_bound(low)}"
    return "" if high is None else f" of at most {_bound(high)}"


def _wanted(hint: Any, metadata: Mapping[str, Any]) -> str:
    """Say what a field accepts."""
    hint, optional = _optional(hint)
    low, high = metadata.get("low"), metadata.get("high")
    choices = metadata.get("choices") or ()
    if choices:
        wanted = f"one of {', '.join(choices)}"
    elif hint in (int, float):
        wanted = "a whole number" if hint is int else "a number"
        wanted += between(low, high)
        if metadata.get("unit"):
            wanted += f" ({metadata['unit']})"
    elif hint is bool:
        wanted = "true or false"
    elif hint is str:
        wanted = "text"
    elif typing.get_origin(hint) is tuple:
        wanted = "a list"
    else:
        wanted = "a mapping"
    return f"{wanted} or null" if optional else wanted


def _value(
    hint: Any, metadata: Mapping[str, Any], value: object, where: str, key: str, *, partial: bool = False
) -> Any:
    if hint is Any:  # checked by whoever uses it
        return value
    inner, optional = _optional(hint)
    if value is None:
        if optional:
            return None
        raise _refusal(hint, metadata, value, where, key)
    if inner is bool:
        if not isinstance(value, bool):
            raise _refusal(hint, metadata, value, where, key)
        return value
    if inner in (int, float):
        return _number(inner, hint, metadata, value, where, key)
    if inner is str:
        return _text(hint, metadata, value, where, key)
    if dataclasses.is_dataclass(inner) and isinstance(inner, type):
        return _part(inner, value, where, key, partial=partial)
    arguments = typing.get_args(inner)
    if typing.get_origin(inner) is tuple:
        if not isinstance(value, list | tuple):
            raise _refusal(hint, metadata, value, where, key)
        return tuple(
            _value(arguments[0], {}, item, where, f"{key}.{position}", partial=partial)
            for position, item in enumerate(value)
        )
    if not isinstance(value, Mapping):
        raise _refusal(hint, metadata, value, where, key)
    return {
        read_name(name, "an entry", where=where, key=f"a name under {key}"): _entry(
            arguments[1], str(name), item, where, _join(key, str(name)), partial=partial
        )
        for name, item in value.items()
    }


def _entry(hint: Any, name: str, value: object, where: str, key: str, *, partial: bool) -> Any:
    """Read one entry of a mapping by name; an entry that has a field `name` bears the name under which it stands."""
    if not (dataclasses.is_dataclass(hint) and isinstance(hint, type)):
        return _value(hint, {}, value, where, key, partial=partial)
    if isinstance(value, Mapping) and "name" in _hints(hint):
        inside = value.get("name") or name
        if inside != name:
            raise ConfigError(
                f"{_place(where)}{key}.name is {show(inside)} but stands under {name!r}; leave it out or rename one"
            )
        value = {**value, "name": name}
    return _part(hint, value, where, key, partial=partial)


def _part(kind: type[Any], value: object, where: str, key: str, *, partial: bool) -> Any:
    shorthand = _shorthand(kind)
    if shorthand:
        value = typed_number(value)
    of_text = getattr(kind, "of_text", None)
    if of_text is not None and isinstance(value, str):
        value = {**defaults(kind), **(of_text(value) or {})} if of_text(value) else value
    if shorthand and _is_number(value):
        metadata = {field.name: field.metadata for field in dataclasses.fields(kind)}
        read_as = {name: _value(_hints(kind)[name], metadata[name], value, where, key) for name in shorthand}
        value = {**defaults(kind), **read_as}
    elif shorthand and not isinstance(value, Mapping):
        wanted = _accepted(kind, shorthand[0])
        names = ", ".join(field.name for field in dataclasses.fields(kind))
        wanted += "" if of_text is None else ", a running cost also as 5000/month"
        raise ConfigError(f"{_place(where)}{key} is {show(value)}; give {wanted}, or a mapping with keys among {names}")
    if partial:
        return check(kind, value, where=where, key=key, partial=True)
    return read(kind, value, where=where, key=key)


def _shorthand(kind: Any) -> tuple[str, ...]:
    """Return the fields that a bare number stands for, as the class declares: a Spread may be written as its mean."""
    return getattr(kind, "SHORTHAND", ())


def _number(
    kind: type[Any], hint: Any, metadata: Mapping[str, Any], value: object, where: str, key: str
) -> int | float:
    given, value = value, typed_number(value)
    if not _is_number(value) or (kind is int and isinstance(given, str) and "%" in given):
        raise _refusal(hint, metadata, given, where, key)
    try:
        number = float(typing.cast(float, value))
    except OverflowError:
        raise _refusal(hint, metadata, value, where, key) from None
    low, high = metadata.get("low"), metadata.get("high")
    outside = (low is not None and number < low) or (high is not None and number > high)
    if not math.isfinite(number) or outside or (kind is int and number != int(number)):
        raise _refusal(hint, metadata, value, where, key)
    if is_money(metadata) and not is_counted(number, MILLICENTS):
        raise ConfigError(f"{_place(where)}{key} is {show(value)}; give a multiple of 0.00001, a thousandth of a cent")
    if kind is int:
        return int(typing.cast(int, value))
    return number


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _text(hint: Any, metadata: Mapping[str, Any], value: object, where: str, key: str) -> str:
    choices: tuple[str, ...] = metadata.get("choices") or ()
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise _refusal(hint, metadata, value, where, key)
    if choices and value not in choices:
        raise ConfigError(f"{_place(where)}{key} is {show(value)}; {suggest(value, choices, 'give one of')}")
    return value


def _refusal(hint: Any, metadata: Mapping[str, Any], value: object, where: str, key: str) -> ConfigError:
    return ConfigError(f"{_place(where)}{key} is {show(value)}; give {_wanted(hint, metadata)}")
