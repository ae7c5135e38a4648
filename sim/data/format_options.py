"""Format options: what a ledger and an event log can both be told of how their cells are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.quantity import quantity
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["DECIMALS", "check_words", "date_format_option", "decimal_option", "encoding_option", "missing_option"]

#: Decimal signs by the word that asks for them.
DECIMALS: Mapping[str, str] = {"point": ".", "comma": ","}


def encoding_option() -> Any:
    """Return the field that says how text is written."""
    return quantity(
        "how text is written, such as cp1252; null: UTF-8, or what the file's first bytes say",
        default=None,
        optional=True,
    )


def date_format_option() -> Any:
    """Return the field that says how dates are written."""
    return quantity(
        "such as %d/%m/%Y; excel, excel1904 or days1970 for days that are counted; null: guess",
        default=None,
        optional=True,
    )


def decimal_option() -> Any:
    """Return the field that says which sign stands before decimals."""
    return quantity("decimal sign of amounts; null: guess", default=None, optional=True, choices=tuple(DECIMALS))


def missing_option() -> Any:
    """Return the field that says which words say that a cell holds nothing."""
    return quantity(
        "words that say that a cell holds nothing, beside an empty one; null: NA, NULL, nan and the like",
        default=None,
        optional=True,
    )


def check_words(words: Any) -> None:
    """Refuse what is no list of words; a number is one, as the shell may have taken its quotes.

    Raises
    ------
    ConfigError
    """
    if words is not None and not (
        isinstance(words, list | tuple) and all(type(word) in (str, int, float) for word in words)
    ):
        raise ConfigError(f"missing is {show(words)}; give a list of words, such as [NA, '-'], or [] for none")
