"""Dates: a column of dates read in the one format that fits all its values."""

from __future__ import annotations

import re
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from sim.data.row_faults import RowFaults
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["CLOCK", "looks_like_date", "parse_date", "read_dates"]

_FORMATS = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y",
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip


CLOCK = r"[ T]\d{1,2}:\d{2}.*$"


_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def looks_like_date(cell: str) -> bool:
    """Return whether a cell can be read as a date in any known format."""
    plain = re.sub(CLOCK, "", cell)
    return any(parse_date(plain, pattern) is not None for pattern in _FORMATS)


def parse_date(word: str, pattern: str) -> date | None:
    """Return the day that a word says in a format, or None."""
    try:
        found = datetime.strptime(word, pattern).date()
    except ValueError:
        return None
    # %Y%m%d takes 1997111 as well, and %d/%m/%y takes what %Y should.
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR or (pattern == "%Y%m%d" and len(word) != 8):
        return None
    return found


def read_dates(
    words: list[str], code: NDArray[np.int32], date_format: str | None, where: str, trouble: RowFaults
) -> NDArray[np.int64]:
    """Return the day (as an ordinal, 0 where it cannot be read) of each different date, in the one format that fits.

    Parameters
    ----------
    words : list of str
        The different dates of the column.
    code : int32 (n,)
        Which of them each row has.
    date_format : str, optional
        A format of `strptime`; by default the one that fits all values.
    where : str
        The file; opens every message.
    trouble : RowFaults
        Takes the rows whose date cannot be read.

    Returns
    -------
    int64 (len(words),)
        Days as proleptic ordinals, 0 where one cannot be read.
    """
    # A time of day is cut off the cells, so it is cut off the format too.
    pattern = None if date_format is None else re.sub(r"[ T]%[HI].*$", "", date_format)
    if pattern is None:
        pattern = _guess_format(words, where)
    else:
        try:
            datetime.strptime(datetime(2001, 2, 3).strftime(pattern), pattern)
        except ValueError:
            raise ConfigError(
                f"date_format is {show(pattern)}, which is no format; give one such as %d/%m/%Y"
            ) from None
    found = [parse_date(word, pattern) for word in words]
    days = np.array([0 if day is None else day.toordinal() for day in found], dtype=np.int64)
    bad = np.flatnonzero(days == 0)
    if bad.size:
        unreadable = np.isin(code, bad)
        rows = np.flatnonzero(unreadable)
        shown = (f"row {at + 1}: {show(words[code[at]][:30])}" for at in rows)
        if rows.size == code.size:
            raise ConfigError(
                f"{where}: no date can be read as {pattern}, such as {show(words[0][:30])} in row 1;"
                " say how they are written: date_format=%d/%m/%Y, say"
            )
        trouble.add(f"with a date that cannot be read as {pattern}", rows.size, shown)
    return days


def _guess_format(words: list[str], where: str) -> str:
    """Return the format that most dates fit; where day and month could change places, ask."""
    few = words[:: max(1, len(words) // 400)]
    scores = {pattern: sum(parse_date(word, pattern) is not None for word in few) for pattern in _FORMATS}
    likely = [pattern for pattern in _FORMATS if scores[pattern] > 0]
    if not likely:
        raise ConfigError(
            f"{where}: no date can be read, such as {show(words[0][:30])} in row 1; say how they are written:"
            " date_format=%d/%m/%Y, say, or say which column is the date: columns={date: HEAD}"
        )
    fits = {pattern: sum(parse_date(word, pattern) is not None for word in words) for pattern in likely}
    most = max(fits.values())
    best = [pattern for pattern in likely if fits[pattern] == most]
    for other in best[1:]:
        differing = next(
            (word for word in words if parse_date(word, best[0]) != parse_date(word, other)),
            None,
        )
        if differing is not None:
            raise ConfigError(
                f"{where}: the dates can be read in two ways, {best[0]} and {other}, such as {show(differing)};"
                f" say which: date_format={best[0]} or date_format={other}"
            )
    return best[0]
