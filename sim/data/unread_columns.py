"""Unread columns: columns of a log that say something of its times and events, and are not read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

__all__ = ["may_be_unread", "unread_columns"]

#: Heads of zones of times, of the order of events, and of how many a row is.
_OF_ZONES = re.compile(r"(?:^|_)(?:tz|time_?zone|(?:utc|gmt|tz)_offset|zeitzone|fuseau_horaire|zona_horaria)(?:_|$)")
_NUMBERED = re.compile(
    r"(?:.+_)?(?:seq|sequence|seq_no|sequence_no|sequence_number|ordinal|rank|position)"
    r"|(?:event|hit|step|visit|page|stage|activity)_(?:number|no|nr|num|order|index|step)"
)
_COUNTS = ("count", "event_count", "events", "frequency", "n", "occurrences", "anzahl", "total_events", "num_events")


def may_be_unread(plain: str) -> bool:
    """Return whether a head, in small letters with underscores, may be that of such a column.

    Examples
    --------
    >>> may_be_unread("utc_offset"), may_be_unread("event_number"), may_be_unread("count"), may_be_unread("country")
    (True, True, True, False)
    """
    return bool(_OF_ZONES.search(plain) or _NUMBERED.fullmatch(plain) or plain in _COUNTS)


def unread_columns(
    chosen: Mapping[str, Sequence[str]], plain: Mapping[str, str], sample: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """Return the columns that say something of times and events and are not read, by what they say.

    Parameters
    ----------
    chosen : mapping
        Heads by role, the case among them.
    plain : mapping
        Of each head, in small letters with underscores.
    sample : sequence of mapping
        Cells of the first rows by head.

    Returns
    -------
    dict
        Of `zone`, where there are several; `count`, where a row is several events; `number`, where numbers of events
        have another order than the rows of their case.

    Examples
    --------
    >>> rows = [{"who": "a", "step_no": "2", "n": "1"}, {"who": "a", "step_no": "1", "n": "3"}]
    >>> unread_columns({"case": ["who"]}, {"who": "who", "step_no": "step_no", "n": "n"}, rows)
    {'number': 'step_no', 'count': 'n'}
    """
    used = {head for named in chosen.values() for head in named}
    cases = [row[chosen["case"][0]] for row in sample]
    found: dict[str, str] = {}
    for head, name in plain.items():
        if head in used or not may_be_unread(name):
            continue
        cells = [row[head] for row in sample]
        numbers = [int(cell) for cell in cells if cell.isascii() and cell.isdigit()]
        if _OF_ZONES.search(name):
            if len(set(cells)) > 1:
                found.setdefault("zone", head)
        elif len(numbers) < len(cells):
            continue
        elif name in _COUNTS:
            if max(numbers, default=1) > 1:
                found.setdefault("count", head)
        elif len(set(zip(cases, numbers, strict=True))) == len(numbers) and not _ascends(cases, numbers):
            # A place in a list of results comes twice in a case, the number of an event does not.
            found.setdefault("number", head)
    return found


def _ascends(cases: Sequence[str], numbers: Sequence[int]) -> bool:
    """Return whether numbers never fall from one row of a case to its next.

    Examples
    --------
    >>> _ascends(["a", "b", "a"], [1, 3, 2]), _ascends(["a", "b", "a"], [2, 3, 1])
    (True, False)
    """
    order = sorted(range(len(cases)), key=cases.__getitem__)
    return all(cases[one] != cases[two] or numbers[one] <= numbers[two] for one, two in pairwise(order))
