"""Limit phrases: a limit in a strategist's words, `at most one contact a week`, as limits on levers and metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sim.experiments.scoped_lever import lever_base
from sim.scenario.calendar import STEPS_A_YEAR
from sim.scenario.errors import ConfigError

__all__ = ["limits_of_phrase"]

_A_YEAR = {unit: STEPS_A_YEAR[unit] for unit in ("day", "week", "month")} | {"year": 1.0}
_UNITS = f"({'|'.join(_A_YEAR)})"
_CONTACTS = re.compile(rf"at most (\S+) contacts? (?:an?|per|each|every) {_UNITS}", re.IGNORECASE)
_PAYBACK = re.compile(rf"(?:only )?(?:what )?pays? back (?:in|within) (\S+) {_UNITS}s?", re.IGNORECASE)
_WORDS = ("a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {"an": 1.0} | {word: float(max(1, at)) for at, word in enumerate(_WORDS)}
_RATES = ("contact_rate", "prospect_contact_rate")


def limits_of_phrase(phrase: str, levers: Iterable[str], step: str) -> tuple[str, ...]:
    """Return the limits that a phrase stands for, or none where it is no phrase.

    Parameters
    ----------
    phrase : str
        ``at most N contacts a UNIT`` or ``only what pays back in N UNITs``; N is a number, or a word up to ten.
    levers : iterable of str
        Names of the levers. Each that is a rate of contact is limited.
    step : str
        What a step is.

    Returns
    -------
    tuple of str

    Raises
    ------
    ConfigError
        If contacts are limited and no lever moves them.

    Examples
    --------
    >>> limits_of_phrase("at most two contacts a week", ["contact_rate for wary", "automation"], "day")
    ('contact_rate for wary <= 0.284931506849',)
    >>> limits_of_phrase("only what pays back in two years", ["automation"], "week")
    ('payback_week <= 104',)
    """
    contacts, payback = _CONTACTS.fullmatch(phrase.strip()), _PAYBACK.fullmatch(phrase.strip())
    found = contacts or payback
    number = None if found is None else _number(found[1])
    if found is None or number is None:
        return ()
    steps = STEPS_A_YEAR[step] / _A_YEAR[found[2].lower()]
    if payback is not None:
        return (f"payback_week <= {number * steps:.12g}",)
    limited = tuple(f"{name} <= {number / steps:.12g}" for name in levers if lever_base(name) in _RATES)
    if not limited:
        raise ConfigError(
            f"limits holds {phrase!r}, and no lever is a rate of contact; add contact_rate to levers, or limit"
            " contacts_per_customer"
        )
    return limited


def _number(text: str) -> float | None:
    if text.lower() in _NUMBERS:
        return _NUMBERS[text.lower()]
    digits = text.replace("_", "")
    return float(digits) if digits.replace(".", "", 1).isdecimal() else None
