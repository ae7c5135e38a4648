"""Format options: what a ledger and an event log can both be told of how their cells are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.quantity import quantity

__all__ = ["DECIMALS", "date_format_option", "decimal_option", "encoding_option"]

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
