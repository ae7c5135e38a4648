"""Event clocks: dates and times of day of events that stand in two columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sim.data.as_typed import as_typed
from sim.data.dates import looks_like_date
from sim.data.ids import missing_words
from sim.data.role_heads import CLOCKS
from sim.scenario.errors import ConfigError

__all__ = ["DATES_AND_CLOCKS", "HOUR_HEADS", "date_and_clock", "is_clock_head", "with_clock"]

#: Dates and times of day that stand in two columns.
DATES_AND_CLOCKS = (("date", "time"), ("udate", "utime"), ("erdat", "erzet"), ("datum", "uhrzeit"), ("datum", "zeit"))
_CLOCK_ALONE = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?|(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
#: Heads of the hour alone, and its cells.
HOUR_HEADS = ("hour", "hour_of_day", "stunde", "heure", "hora", "ora", "uur", "godzina", "tunti", "saat")
_HOUR = r"(?:[01]?\d|2[0-3])(?:\.0)?"
#: Heads of how long something took.
_DURATION = re.compile(
    r"durat|dauer|duree|duracion|duracao|durata|czas_trwania|elapsed|spent|wait|warte|process|respon|resol|handling|lead"
    r"|cycle|talk|hold|queue|travel|session|total|average|avg|length|lasted|delay|(?:^|_)sla(?:_|$)|remaining|time_to"
)
#: Cells that are looked at.
_LOOKED_AT = 20


def date_and_clock(
    free: Sequence[str], plain: Mapping[str, str], sample: Sequence[Mapping[str, str]]
) -> tuple[str, ...] | None:
    """Return a column of dates and one of times of day, where they have heads that go together, and such cells.

    Parameters
    ----------
    free : sequence of str
        Heads of columns that are nothing else.
    plain : mapping
        Of each head, as :func:`sim.data.layout.plain_head` writes it.
    sample : sequence of mapping
        Cells of the first rows by head.

    Returns
    -------
    (str, str) or None
    """
    for of_date, of_clock in DATES_AND_CLOCKS:
        dates = [head for head in free if plain[head] == of_date]
        clocks = [head for head in free if plain[head] == of_clock]
        if len(dates) == len(clocks) == 1 and sample:
            bare = not any(":" in row[dates[0]] for row in sample)
            if bare and _has_clocks(clocks[0], sample):
                return dates[0], clocks[0]
    return None


def is_clock_head(plain: str) -> bool:
    """Return whether a head is that of a time of day, in small letters with underscores.

    Examples
    --------
    >>> is_clock_head("saat"), is_clock_head("start_time"), is_clock_head("waiting_time"), is_clock_head("timeline")
    (True, True, False, False)
    """
    return bool(CLOCKS & set(plain.split("_"))) and not _DURATION.search(plain)


def with_clock(
    time: str, free: Sequence[str], plain: Mapping[str, str], sample: Sequence[Mapping[str, str]], where: str
) -> tuple[str, ...]:
    """Return the column of times, with one of times of day or hours where it has days alone, or of days.

    Parameters
    ----------
    time : str
        Its head.
    free, plain, sample
        As for :func:`date_and_clock`.
    where : str
        Opens the message.

    Returns
    -------
    tuple of str

    Raises
    ------
    ConfigError
        If several columns, or one of which the head says nothing, may be the time of day.
    """
    if _has_clocks(time, sample):
        dated = [head for head in free if _has_days(head, sample)]
        return (dated[0], time) if len(dated) == 1 else (time,)
    if not _has_days(time, sample):
        return (time,)
    clocks = [head for head in free if not _DURATION.search(plain[head]) and _has_clocks(head, sample)]
    named = [head for head in clocks if is_clock_head(plain[head])]
    if len(named) == 1:
        return time, named[0]
    if not clocks:
        hours = [head for head in free if plain[head] in HOUR_HEADS and _has_clocks(head, sample, _HOUR)]
        return (time, *hours) if len(hours) == 1 else (time,)
    likely = named or clocks
    ways = " or ".join(as_typed("columns", {"time": [time, head]}) for head in likely)
    raise ConfigError(
        f"{where}: {time!r} has days alone, and {' and '.join(map(repr, likely))} may have the time of day; say {ways},"
        f" or {as_typed('columns', {'time': time})} for the days"
    )


def _has_days(head: str, sample: Sequence[Mapping[str, str]]) -> bool:
    """Return whether the first cells of a column are dates without a time of day."""
    days = [row[head] for row in sample if row[head].lower() not in missing_words(None)][:_LOOKED_AT]
    return bool(days) and not any(":" in day for day in days) and all(map(looks_like_date, days))


def _has_clocks(head: str, sample: Sequence[Mapping[str, str]], clock: str = _CLOCK_ALONE) -> bool:
    """Return whether all cells of a column that hold something are times of day."""
    cells = [row[head] for row in sample if row[head].lower() not in missing_words(None)]
    return bool(cells) and all(re.fullmatch(clock, cell) for cell in cells)
