"""The one error that a user of the simulator sees: it names the place, what was found and what is accepted."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

__all__ = ["ConfigError", "points_in_thousands", "suggest"]

#: Keys of whole numbers (at the top of a file, `customers` are those of a market), and such a number with points
#: between its thousands, as many countries write it.
_WHOLE = re.compile(r"(?:(?:.+\.)?market\.)?customers|(?:.+\.)?(?:population|horizon|burn_in|replicates|seed|threads)")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")


class ConfigError(ValueError):
    """Bad input: a configuration key, a file or a name that cannot be used.

    The message names the key or file, the value found, and the remedy; the command line prints it alone and
    ends with status 2.
    """


def suggest(
    name: object,
    known: Iterable[object],
    opening: str = "accepted:",
    *,
    under: str = "",
    listed: Iterable[str] | None = None,
) -> str:
    """Return the remedy for an unknown name: the most similar known one, and all that are known.

    Parameters
    ----------
    name : object
        What was found.
    known : iterable
        What is accepted, in the order in which it is listed.
    opening : str
        Words before the list.
    under : str
        Dotted key under which the names stand; it is written before the suggestion.
    listed : iterable of str, optional
        How the list shows them, where it says more than their names.

    Returns
    -------
    str
        The end of a message, without a full stop.

    Examples
    --------
    >>> suggest("serach", ["buy", "search"], "stages are")
    "did you mean 'search'? stages are buy, search"
    >>> suggest("x", [], "there are")
    'there are none'
    """
    names = [str(item) for item in known]
    shown = ", ".join(names if listed is None else listed) or ("nothing" if opening.startswith("accepted") else "none")
    similar = difflib.get_close_matches(str(name), names, n=1, cutoff=0.55)
    if not similar or similar[0] == name:
        return f"{opening} {shown}"
    meant = f"{under}.{similar[0]}" if under else similar[0]
    return f"did you mean {meant!r}? {opening} {shown}"


def points_in_thousands(key: str, value: str) -> str:
    """Return what is asked where a whole number has points between its thousands; nothing for any other value.

    Parameters
    ----------
    key : str
        Dotted.
    value : str
        As it was typed.

    Returns
    -------
    str

    Examples
    --------
    >>> points_in_thousands("population", "20.000")
    'population is 20.000, and the point is a decimal point here; write 20_000, or 20 if that is meant'
    >>> points_in_thousands("contacts_per_week.customers", "1.000")
    ''
    """
    if not _WHOLE.fullmatch(key) or not _THOUSANDS.fullmatch(value):
        return ""
    return (
        f"{key} is {value}, and the point is a decimal point here; write {value.replace('.', '_')},"
        f" or {value.partition('.')[0]} if that is meant"
    )
