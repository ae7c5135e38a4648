"""Documented, bounded values: what a configuration field means, in which unit, and what it may be."""

from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any

__all__ = ["choice", "money", "number", "quantity", "text", "whole"]


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
    in_millicents: bool = False,
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
    in_millicents : bool
        Whether the number is an amount of money that must be a whole number of thousandths of a cent.

    Returns
    -------
    Any
        A :func:`dataclasses.field` that carries the rest as its metadata.

    Examples
    --------
    >>> from dataclasses import dataclass, fields
    >>> @dataclass
    ... class Need:
    ...     mean_weeks: float = quantity("mean gap between needs", default=52.0, low=1.0, unit="weeks")
    >>> fields(Need)[0].metadata["unit"]
    'weeks'
    """
    metadata = {
        "about": about,
        "low": low,
        "high": high,
        "unit": unit,
        "choices": choices,
        "optional": optional,
        "in_millicents": in_millicents,
    }
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


def number(
    default: float | None, low: float | None, high: float | None, about: str, unit: str = "", *, optional: bool = False
) -> Any:
    """Declare a real number.

    Parameters
    ----------
    default, low, high : float, optional
        Default value and inclusive bounds, in ``unit``; None is no bound, and as a default needs ``optional``.
    about : str
        What the value means.
    unit : str
        Unit, such as "weeks"; empty for a number without one.
    optional : bool
        Whether ``null`` is accepted.

    Returns
    -------
    Any
        A :func:`dataclasses.field`.

    Examples
    --------
    >>> number(0.5, 0.0, 1.0, "share of the market").metadata["high"]
    1.0
    """
    return quantity(about, default=default, low=low, high=high, unit=unit, optional=optional)


def money(default: float, low: float, high: float, about: str) -> Any:
    """Declare an amount of money, typed to a thousandth of a cent at most.

    Parameters
    ----------
    default, low, high : float
        Default value and inclusive bounds, in units of the currency.
    about : str
        What is paid for.

    Returns
    -------
    Any
        A :func:`dataclasses.field`.

    Examples
    --------
    >>> money(0.0, 0.0, 1e6, "cost of one contact").metadata["about"]
    'cost of one contact'
    """
    return quantity(about, default=default, low=low, high=high, unit="money", in_millicents=True)


def whole(
    default: int | None, low: int | None, high: int | None, about: str, unit: str = "", *, optional: bool = False
) -> Any:
    """Declare a whole number.

    Parameters
    ----------
    default, low, high : int, optional
        Default value and inclusive bounds, in ``unit``; None is no bound, and as a default needs ``optional``.
    about : str
        What the value means.
    unit : str
        Unit, such as "weeks"; empty for a number without one.
    optional : bool
        Whether ``null`` is accepted.

    Returns
    -------
    Any
        A :func:`dataclasses.field`.

    Examples
    --------
    >>> whole(52, 1, None, "length of the horizon", "weeks").default
    52
    """
    return quantity(about, default=default, low=low, high=high, unit=unit, optional=optional)


def choice(default: str, choices: tuple[str, ...], about: str) -> Any:
    """Declare one word out of several.

    Parameters
    ----------
    default : str
        One of the choices.
    choices : tuple of str
        Allowed words.
    about : str
        What the word decides.

    Returns
    -------
    Any
        A :func:`dataclasses.field`.

    Examples
    --------
    >>> choice("disclosed", ("disclosed", "covert"), "use of data").metadata["choices"]
    ('disclosed', 'covert')
    """
    return quantity(about, default=default, choices=choices)


def text(default: str, about: str) -> Any:
    """Declare free text, described by ``about``; returns a :func:`dataclasses.field`."""
    return quantity(about, default=default)
