"""Unread columns: columns of a log that say something of its times and events, and are not read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sim.data.as_typed import as_typed
from sim.data.ids import missing_words

__all__ = ["may_be_unread", "unread_columns", "unread_notes"]

#: Heads of zones of times, of the order of events, and of how many a row is.
_OF_ZONES = re.compile(r"(?:^|_)(?:tz|time_?zone|(?:utc|gmt|tz)_offset|zeitzone|fuseau_horaire|zona_horaria)(?:_|$)")
_NUMBERED = re.compile(
    r"sort(?:ing|_order|_key)?|(?:.+_)?(?:seq|sequence|seq_no|sequence_no|sequence_number|ordinal|rank|position)"
    r"|(?:event|hit|step|visit|page|stage|activity)_(?:number|no|nr|num|order|index|step)"
)
#: Heads that say of an event that it should not count, and how rows say so, or not.
_FLAGS = re.compile(
    r"(?:is_?)?(?:deleted|test|bot|internal|spam|duplicate|void|voided|draft)(?:_(?:flag|event|user|row|traffic|record))?"
)
_YES, _NO = ("true", "1", "yes", "y", "t", "x"), ("false", "0", "no", "n", "f", "")
#: Heads of how somebody came, which may be the channel, the likeliest first.
_CHANNELS = ("utm_medium", "traffic_source_medium", "session_medium", "source_medium", "medium", "utm_source")
_COUNTS = ("count", "event_count", "events", "frequency", "n", "occurrences", "anzahl", "total_events", "num_events")


def may_be_unread(plain: str) -> bool:
    """Return whether a head, in small letters with underscores, may be that of such a column.

    Examples
    --------
    >>> may_be_unread("utc_offset"), may_be_unread("event_number"), may_be_unread("count"), may_be_unread("country")
    (True, True, True, False)
    """
    return bool(
        _OF_ZONES.search(plain)
        or _NUMBERED.fullmatch(plain)
        or _FLAGS.fullmatch(plain)
        or plain in (*_COUNTS, *_CHANNELS)
    )


def unread_notes(
    read: Sequence[str],
    chosen: Mapping[str, Sequence[str]],
    plain: Mapping[str, str],
    sample: Sequence[Mapping[str, str]],
) -> Iterator[str]:
    """Say which columns mark rows that may not count, and which may be the channel, with what is to be typed.

    Parameters
    ----------
    read : sequence of str
        Heads of columns that are read, or left alone because the user says so.
    chosen : mapping
        Heads by role.
    plain : mapping
        Of each head, in small letters with underscores.
    sample : sequence of mapping
        Cells of the first rows by head.

    Yields
    ------
    str

    Examples
    --------
    >>> rows = [{"is_test": "0", "utm_medium": "email"}, {"is_test": "1", "utm_medium": "cpc"}]
    >>> for told in unread_notes([], {}, {"is_test": "is_test", "utm_medium": "utm_medium"}, rows):
    ...     print(told)
    'is_test' is '1' in 1 of the first 2 rows, which count: 'keep={is_test: "0"}' leaves them out
    'utm_medium' may be the channel and is not read: 'columns={channel: utm_medium}' takes it
    """
    free = [head for head in plain if head not in read]
    for head in free:
        words = Counter(row[head] for row in sample)
        if not _FLAGS.fullmatch(plain[head]) or not all(word.lower() in (*_YES, *_NO) for word in words):
            continue
        marked = [word for word in words if word.lower() in _YES]
        if marked and (others := [word for word in words if word not in marked]):
            rows = sum(words[word] for word in marked)
            way = as_typed("keep", {head: others[0] if len(others) == 1 else others})
            yield (
                f"{head!r} is {marked[0]!r} in {rows:,} of the first {len(sample):,} rows, which count: {way} leaves"
                " them out"
            )
    if "channel" not in chosen:
        for name in _CHANNELS:
            for head in [head for head in free if plain[head] == name]:
                words = Counter(row[head] for row in sample if row[head].lower() not in missing_words(None))
                if len(words) > 1:
                    way = as_typed("columns", {"channel": head})
                    yield f"{head!r} may be the channel and is not read: {way} takes it"
                    return


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
