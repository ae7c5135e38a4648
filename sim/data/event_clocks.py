"""Event clocks: dates and times of day of events that stand in two columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sim.data.as_typed import as_typed
from sim.data.dates import looks_like_date
from sim.data.ids import missing_words
from sim.data.role_heads import CLOCKS
from sim.scenario.errors import ConfigError

__all__ = ["DATES_AND_CLOCKS", "HOUR_HEADS", "choose_time", "date_and_clock", "is_clock_head", "is_dated"]

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
#: So many cases of several rows tell that a time stands still within cases.
_FEWEST_CASES = 5


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


def _with_clock(
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


def choose_time(
    chosen: dict[str, tuple[str, ...]],
    heads: Sequence[str],
    plain: Mapping[str, str],
    sample: Sequence[Mapping[str, str]],
    where: str,
) -> str:
    """Take the time that moves within cases, with its time of day, and return what is said where another stands still.

    When a case was opened stands in each of its rows, whatever happened later.

    Parameters
    ----------
    chosen : dict
        Heads by role: the time is put into it.
    heads : sequence of str
        Of the file.
    plain, sample, where
        As for :func:`date_and_clock` and the messages.

    Returns
    -------
    str
        '' where nothing is to be said.

    Raises
    ------
    ConfigError
        If several columns move while the one that is called a time stands still, or several may be the time of day.

    Examples
    --------
    >>> rows = [{"id": f"t{at % 5}", "created": "2025-01-01", "changed": f"2025-01-{1 + at:02}"} for at in range(10)]
    >>> chosen = {"case": ("id",), "time": ("created",)}
    >>> choose_time(chosen, list(rows[0]), {head: head for head in rows[0]}, rows, "log 'tickets.csv'")[:57]
    "'created' is the same in all rows of a case, and 'changed"
    >>> chosen["time"]
    ('changed',)
    """
    time, named = chosen.get("time", ()), chosen.get("case", ())
    free = [head for head in heads if all(head not in named for named in chosen.values())]
    dated = [head for head in free if is_dated(head, sample)]
    if not time and len(named) == 1 and len(dated) > 1:
        moving = [head for head in dated if not _stands_still(named[0], head, sample)]
        time = tuple(moving) if len(moving) == 1 else ()
    if len(time) != 1:
        return ""
    guessed = taken = time[0]
    if len(named) == 1 and _stands_still(named[0], guessed, sample):
        moving = [head for head in dated if not _stands_still(named[0], head, sample)]
        if len(moving) > 1:
            ways = " or ".join(as_typed("columns", {"time": head}) for head in moving)
            raise ConfigError(
                f"{where}: {guessed!r} is the same in all rows of a case, and {' and '.join(map(repr, moving))} are"
                f" not; say which is the time of an event: {ways}"
            )
        taken = moving[0] if moving else guessed
    chosen["time"] = _with_clock(taken, [head for head in free if head != taken], plain, sample, where)
    if guessed in chosen["time"]:
        return ""
    way = as_typed("columns", {"time": guessed})
    return (
        f"{guessed!r} is the same in all rows of a case, and {taken!r} is not, which is taken as the time; {way} takes"
        f" {guessed!r}"
    )


def _stands_still(case: str, head: str, sample: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a column is the same in all rows of each case, of which several have several rows."""
    cells: dict[str, list[str]] = {}
    for row in sample:
        if row[case].lower() not in missing_words(None):
            cells.setdefault(row[case], []).append(row[head])
    several = [set(each) for each in cells.values() if len(each) > 1]
    return len(several) >= _FEWEST_CASES and all(len(each) == 1 for each in several)


def _has_days(head: str, sample: Sequence[Mapping[str, str]]) -> bool:
    """Return whether the first cells of a column are dates without a time of day."""
    days = [row[head] for row in sample if row[head].lower() not in missing_words(None)][:_LOOKED_AT]
    return bool(days) and not any(":" in day for day in days) and all(map(looks_like_date, days))


def _has_clocks(head: str, sample: Sequence[Mapping[str, str]], clock: str = _CLOCK_ALONE) -> bool:
    """Return whether all cells of a column that hold something are times of day."""
    cells = [row[head] for row in sample if row[head].lower() not in missing_words(None)]
    return bool(cells) and all(re.fullmatch(clock, cell) for cell in cells)


def is_dated(head: str, sample: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a column has dates; digits alone may number anything."""
    cells = [row[head] for row in sample if row[head]]
    return bool(cells) and all(looks_like_date(cell) and not cell.isdecimal() for cell in cells[:20])
