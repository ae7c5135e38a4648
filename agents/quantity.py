"""Documented, bounded values: what a configuration field means, in which unit, and what it may be."""

from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any

__all__ = ["choice", "number", "quantity", "text", "whole"]


def quantity(
    about: str,
    *,
    default: Any = MISSING,
    factory: Callable[[], Any] | None = None,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    optional: bool = False,
) -> Any:
    """Declare a dataclass field together with what a reader and a validator need to know.

    Parameters
    ----------
    about : str
        What the value means; ends up in error messages and in the reference page.
    default, factory
        As for :func:`dataclasses.field`; a field with neither is required.
    low, high : float, optional
        Inclusive bounds of a number.
    unit : str
        Unit of a number.
    choices : tuple of str
        Allowed words.
    optional : bool
        Whether ``null`` is accepted.
    """
    metadata = {
        "about": about,
        "low": low,
        "high": high,
        "unit": unit,
        "choices": choices,
        "optional": optional,
    }
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


def number(
    default: float | None, low: float | None, high: float | None, about: str, unit: str = "", *, optional: bool = False
) -> Any:
    """Declare a real number within inclusive bounds."""
    return quantity(about, default=default, low=low, high=high, unit=unit, optional=optional)


def whole(
    default: int | None, low: int | None, high: int | None, about: str, unit: str = "", *, optional: bool = False
) -> Any:
    """Declare a whole number within inclusive bounds."""
    return quantity(about, default=default, low=low, high=high, unit=unit, optional=optional)


def choice(default: str, choices: tuple[str, ...], about: str) -> Any:
    """Declare one word out of a closed list."""
    return quantity(about, default=default, choices=choices)


def text(default: str, about: str) -> Any:
    """Declare free text."""
    return quantity(about, default=default)
