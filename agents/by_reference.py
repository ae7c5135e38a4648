"""Tuples of columns that compiled code takes by reference: one address instead of nine words for each column.

What does not compile imports such tuples too, and Numba takes long to load: here stands only which they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["by_reference", "tell_each"]

Columns = TypeVar("Columns", bound=type)

_known: list[Any] = []
_listeners: list[Callable[[Any], None]] = []


def by_reference(columns: Columns) -> Columns:
    """Let compiled code take a NamedTuple of arrays by reference: there its attributes are read-only.

    Parameters
    ----------
    columns : class
        A NamedTuple whose fields numba has types for.

    Returns
    -------
    class
        The same; interpreted code sees no difference.
    """
    _known.append(columns)
    for tell in _listeners:
        tell(columns)
    return columns


def tell_each(listener: Callable[[Any], None]) -> None:
    """Call a function with every such tuple, those that are still to come included."""
    _listeners.append(listener)
    for columns in _known:
        listener(columns)
