"""Dates: a column of dates read in the one format that fits all its values, each cell matched as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from sim.data.row_faults import RowFaults
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["CLOCK", "COMPACT_CLOCK", "EPOCHS", "epoch_unit", "looks_like_date", "parse_date", "read_dates"]

_FORMATS = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%y/%m/%d",
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d-%b-%Y", "%d-%b-%y", "%d%b%Y", "%d.%b.%Y",
    "%Y-%b-%d", "%a, %d %b %Y", "%A, %d %B %Y",
)  # fmt: skip


#: A time of day behind a date, with its zone; nothing else may follow.
CLOCK = (
    r"(?:T|,?[ ]+)(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?(?:[ ]?[AaPp]\.?[Mm]\.?)?"
    r"(?:[ ]?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)(?:\[[A-Za-z_/+-]+\])?)?$"
)
#: 20210104083000: a date, and a time of day without any sign between.
COMPACT_CLOCK = r"^((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))[T_]?(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ?$"

#: Digits of a time since 1970 by the part of a second it counts, and how many parts a day has.
EPOCHS = {10: ("seconds", 86_400), 13: ("milliseconds", 86_400_000), 16: ("microseconds", 86_400_000_000),
          19: ("nanoseconds", 86_400_000_000_000)}  # fmt: skip

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
#: Dates apart from all others by more than this many days, and than all others span, are taken for placeholders.
_FAR = 3 * 366
#: They are so few at the most, of all rows.
_FEW = 0.01


def looks_like_date(cell: str) -> bool:
    """Return whether a cell can be read as a date in any known format.

    Examples
    --------
    >>> looks_like_date("2021-01-04 10:30"), looks_like_date("2021-01-04 cancelled")
    (True, False)
    """
    plain = re.sub(CLOCK, "", cell)
    return any(parse_date(plain, pattern) is not None for pattern in _FORMATS)


def epoch_unit(words: Sequence[str]) -> int | None:
    """Return how many digits the times since 1970 of a column have, or None where it holds no such times.

    Examples
    --------
    >>> epoch_unit(["1577836800000"]), epoch_unit(["2020-01-01"]), epoch_unit(["20200101"])
    (13, None, None)
    """
    lengths = {len(word) for word in words}
    if len(lengths) != 1 or (digits := lengths.pop()) not in EPOCHS or not all(word.isdecimal() for word in words):
        return None
    return digits


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
) -> tuple[NDArray[np.int64], str]:
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
        Takes the rows whose date cannot be read, or is years away from all others.

    Returns
    -------
    int64 (len(words),), str
        Days as proleptic ordinals, 0 where one cannot be used; the format.
    """
    # A time of day is cut off the cells, so it is cut off the format too.
    pattern = None if date_format is None else re.sub(r"[ T_]?%[HI].*$", "", date_format) or date_format
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
        rows = np.flatnonzero(np.isin(code, bad))
        if rows.size == code.size:
            raise ConfigError(
                f"{where}: no date can be read as {pattern}, such as {show(words[0][:30])} in row 1;"
                " say how they are written: date_format=%d/%m/%Y, say"
            )
        trouble.add(f"with a date that cannot be read as {pattern}", rows.size, _shown(rows, code, words))
    far = _far_from_others(days, code)
    if far.size:
        rows = np.flatnonzero(np.isin(code, far))
        trouble.add("with a date years away from all others", rows.size, _shown(rows, code, words))
        days[far] = 0
    return days, pattern


def _shown(rows: NDArray[np.int64], code: NDArray[np.int32], words: list[str]) -> map[str]:
    return map(lambda at: f"row {at + 1}: {show(words[code[at]][:30])}", rows)


def _far_from_others(days: NDArray[np.int64], code: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the words whose day is years before or after all others: 1900-01-01 or 9999-12-31 for one not known."""
    heads = np.bincount(code[code >= 0], minlength=days.size)
    order = np.argsort(days, kind="stable")
    order = order[(days[order] > 0) & (heads[order] > 0)]
    far: list[int] = []
    few = max(1.0, _FEW * heads.sum())
    for side in (1, -1):
        kept = order[::side]
        for at in range(1, kept.size):
            if heads[kept[:at]].sum() > few:
                break
            rest = np.abs(int(days[kept[-1]]) - int(days[kept[at]]))
            if abs(int(days[kept[at]]) - int(days[kept[at - 1]])) > max(_FAR, rest):
                far.extend(kept[:at].tolist())
                order = kept[at:][::side]
                break
    return np.array(far, dtype=np.int64)


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
