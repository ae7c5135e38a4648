"""Dates: a column of dates read in the one format that fits all its values, each cell matched as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sim.data.as_typed import as_typed
from sim.data.clocks import CLOCK, CLOCK_WITHIN
from sim.data.epochs import FROM_ELSEWHERE, SCIENTIFIC
from sim.data.month_names import plain_month, plain_months
from sim.data.plain_times import plain_time
from sim.data.row_faults import RowFaults
from sim.data.swapped_days import rows_with_swapped_days
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = [
    "DAY_COUNTS",
    "far_from_others",
    "looks_like_date",
    "parse_date",
    "read_dates",
]

#: Formats of dates; those with a month in words are in the form of :func:`sim.data.month_names.plain_month`.
_FORMATS = (
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y.%m.%d.", "%Y. %m. %d.",
    "%Y_%m_%d", "%Y %m %d",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%y/%m/%d",
    "%d %b %Y", "%d %b %y", "%b %d %Y", "%b %d %y", "%Y %b %d", "%Y %d %b",
    "%G-W%V-%u", "%GW%V%u",
    "%Y-%j", "%Y%j",
)  # fmt: skip
#: Six digits, or eight without the year first, which only a column of such cells alone makes dates.
_DIGITS = ("%y%m%d", "%d%m%y", "%m%d%y", "%d%m%Y", "%m%d%Y")
#: How many digits and signs a date has in formats of which `strptime` takes shorter ones too: 1997111 as 11 November.
_LENGTHS = {"%Y%m%d": 8, "%Y-%j": 8, "%Y%j": 7, **dict.fromkeys(_DIGITS[:3], 6),
            **dict.fromkeys(_DIGITS[3:], 8)}  # fmt: skip
#: Formats that say nothing of a day.
_NO_DAY = r"\d{4}[-/.]?(?:W|Q)\d{1,2}|(?:19|20)\d{2}[-/.]?(?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.](?:19|20)\d{2}"

#: Months as digits, and the format that takes the first day of each.
_MONTHS = {
    r"\d{4}-\d{2}": "%Y-%m",
    r"\d{4}/\d{2}": "%Y/%m",
    r"\d{6}": "%Y%m",
    r"\d{1,2}/\d{4}": "%m/%Y",
    r"\d{1,2}-\d{4}": "%m-%Y",
    r"\d{1,2}\.\d{4}": "%m.%Y",
}
#: Formats with the day of the year, and how many accounting periods a year may have: 2023-012 is one, too.
_ORDINALS, _PERIODS = ("%Y-%j", "%Y%j"), 16
#: Names for date_format of days that are counted, by the day from which they are.
DAY_COUNTS = {"excel": date(1899, 12, 30), "excel1904": date(1904, 1, 1), "days1970": date(1970, 1, 1)}
#: A name behind a time of day that may be a zone.
_UNKNOWN_ZONE = r"\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)? ([A-Z]{3,5}|[A-Z][A-Za-z]+/[\w/+-]+)$"
_COUNTED = r"\d{1,6}(?:[.,]\d+)?"

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
#: A year of the Buddhist calendar of Thailand, that of Christ and 543, and the share of a column that has such years.
_BUDDHIST, _IN_BUDDHIST = 543, r"(?<!\d)(2[45]\d{2}|26\d{2})(?!\d)"
_NEARLY_ALL = 0.9
#: Years of the calendars of Iran, of Islam, and of Taiwan.
_OF_ANOTHER = r"(?:1[34]\d{2}|1[01]\d)([-/.])\d{1,2}\1\d{1,2}$|\d{1,2}([-/.])\d{1,2}\2(?:1[34]\d{2}|1[01]\d)$"
#: Dates apart from all others by more than this many days, and than all others span, are taken for placeholders.
_FAR = 3 * 366
#: They are so few at the most: of all rows; of a small file's rows, and rows of it; of all rows where it is one day.
_FEW, _FEW_OF_SMALL, _SMALL_FEW, _ONE_DAY = 0.01, 0.1, 10.0, 0.5
#: Fewer different days say nothing of how far apart they are.
_FEWEST_DAYS = 5
#: Of dates with the year first, the share with the day before the month that is no slip of a row.
_SLIPS = 0.05
#: Years of two digits that go over more years than this are those of two centuries.
_MOST_YEARS = 60
#: Of two digits a later year is rather one of another calendar: 67 of that of Thailand is 2024.
_LAST_OF_TWO_DIGITS = 2045
#: So many years, and so many to each day of the month that is there, are days.
_MANY_YEARS, _YEARS_TO_A_DAY = 15, 4


def looks_like_date(cell: str) -> bool:
    """Return whether a cell can be read as a date in any known format.

    Examples
    --------
    >>> looks_like_date("2021-01-04 10:30"), looks_like_date("2021-01-04 cancelled")
    (True, False)
    """
    plain = plain_month(re.sub(CLOCK, "", re.sub(CLOCK_WITHIN, r"\1 \4", plain_time(cell.strip("[]")))))
    return any(parse_date(plain, pattern) is not None for pattern in _FORMATS)


def parse_date(word: str, pattern: str) -> date | None:
    """Return the day that a word says in a format, or None."""
    if pattern in DAY_COUNTS:
        if not re.fullmatch(_COUNTED, word):
            return None
        found = DAY_COUNTS[pattern] + timedelta(days=int(re.split("[.,]", word)[0]))
        return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None
    try:
        found = datetime.strptime(word, pattern).date()
    except ValueError:
        return None
    # %d/%m/%y takes what %Y should.
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR or len(word) != _LENGTHS.get(pattern, len(word)):
        return None
    return found


def read_dates(
    words: list[str],
    code: NDArray[np.int32],
    date_format: str | None,
    where: str,
    trouble: RowFaults,
    role: str = "date",
) -> tuple[NDArray[np.int64], str]:
    """Return the day (as an ordinal, 0 where it cannot be read) of each different date, in the one format that fits.

    Parameters
    ----------
    words : list of str
        The different dates of the column.
    code : int32 (n,)
        Which of them each row has.
    date_format : str, optional
        A format of `strptime`, or one of :data:`DAY_COUNTS`; by default the format that fits all values.
    where : str
        The file; opens every message.
    trouble : RowFaults
        Takes the rows whose date cannot be read, or is years away from all others.
    role : str
        What the column is called in ``columns``.

    Returns
    -------
    int64 (len(words),), str
        Days as proleptic ordinals, 0 where one cannot be used; the format.
    """
    plain = plain_months(words)
    of_thailand = None if date_format in DAY_COUNTS else _of_thailand(plain)
    plain = of_thailand or plain
    if date_format is None:
        pattern = _guess_format(plain, words, code, where, trouble, role)
        found = [parse_date(word, pattern) for word in plain]
        _refuse_both_orders(plain, words, code, pattern, where, trouble)
    else:
        pattern = _given_format(date_format)
        found = [parse_date(word, pattern) or _in_english(word, plain_word, pattern)
                 for word, plain_word in zip(words, plain, strict=True)]  # fmt: skip
    days = np.array([0 if day is None else day.toordinal() for day in found], dtype=np.int64)
    bad = np.flatnonzero(days == 0)
    if bad.size:
        rows = np.flatnonzero(np.isin(code, bad))
        if rows.size == code.size:
            raise ConfigError(
                f"{where}: no date can be read as {pattern}, such as {_first(code, words, trouble)};"
                " say how they are written: date_format=%d/%m/%Y, say"
            )
        trouble.add(f"with a date that cannot be read as {pattern}", rows.size, _shown(rows, code, words, trouble))
    far = far_from_others(days, np.bincount(code[code >= 0], minlength=days.size))
    if far.size:
        rows = np.flatnonzero(np.isin(code, far))
        trouble.add("with a date years away from all others", rows.size, _shown(rows, code, words, trouble))
        days[far] = 0
    _refuse_two_centuries(days, words, code, pattern, where, trouble)
    if date_format is None:
        _refuse_swapped_days(days, words, code, pattern, where, trouble)
    return days, pattern + (", years of the Buddhist calendar" if of_thailand else "")


def _of_thailand(words: Sequence[str]) -> list[str] | None:
    """Return dates whose years are those of the Buddhist calendar with those of ours; None where they are not.

    Examples
    --------
    >>> _of_thailand(["04/01/2567", "2567-02-29"]), _of_thailand(["2024-01-04"])
    (['04/01/2024', '2024-02-29'], None)
    """
    found = [re.search(_IN_BUDDHIST, word) for word in words]
    if not found or sum(year is not None for year in found) < _NEARLY_ALL * len(found):
        return None
    return [re.sub(_IN_BUDDHIST, lambda year: str(int(year[0]) - _BUDDHIST), word, count=1) for word in words]


def _refuse_swapped_days(
    days: NDArray[np.int64], words: list[str], code: NDArray[np.int32], pattern: str, where: str, trouble: RowFaults
) -> None:
    rows = rows_with_swapped_days(days, code)
    if rows.size:
        shown = ", ".join(islice(_shown(rows, code, words, trouble), 3))
        raise ConfigError(
            f"{where}: its rows are in order of time where day and month of {rows.size:,} dates up to the 12th are"
            f" exchanged ({shown}), and of all later ones as they stand: a spreadsheet or a program that expects the"
            f" other order changed them; export the table again, or, if they are right, say date_format={pattern}"
        )


def _refuse_two_centuries(
    days: NDArray[np.int64], words: list[str], code: NDArray[np.int32], pattern: str, where: str, trouble: RowFaults
) -> None:
    """Refuse years of two digits that would be those of two centuries: 69 is read as 1969, and 68 as 2068."""
    known = np.flatnonzero(days)
    if "%y" not in pattern or not known.size:
        return
    first, last = known[np.argmin(days[known])], known[np.argmax(days[known])]
    if days[last] - days[first] > _MOST_YEARS * 366:
        raise ConfigError(
            f"{where}: years of two digits would go from {date.fromordinal(int(days[first])).year}"
            f" ({_first(code, words, trouble, int(first))}) to {date.fromordinal(int(days[last])).year}"
            f" ({_first(code, words, trouble, int(last))}); write years with four digits"
        )
    if date.fromordinal(int(days[last])).year > _LAST_OF_TWO_DIGITS:
        raise ConfigError(
            f"{where}: years of two digits would be in the future, such as"
            f" {date.fromordinal(int(days[last])).year} ({_first(code, words, trouble, int(last))}); write years with"
            " four digits, of the Gregorian calendar"
        )


def _shown(rows: NDArray[np.int64], code: NDArray[np.int32], words: list[str], trouble: RowFaults) -> map[str]:
    return map(lambda at: f"row {trouble.row(at)}: {show(words[code[at]][:30])}", rows)


def _first(code: NDArray[np.int32], words: list[str], trouble: RowFaults, word: int | None = None) -> str:
    """Return the first row that has a date, or that has one date, in words."""
    at = int(np.argmax(code >= 0 if word is None else code == word))
    return f"{show(words[int(code[at])][:30])} in row {trouble.row(at)}"


def _given_format(date_format: str) -> str:
    """Return the part of a format that says the day: a time of day is cut off the cells, so off the format too."""
    if date_format in DAY_COUNTS:
        return date_format
    pattern = re.sub(r" %[HI]:%M(?::%S)?(?: %Z)?(?= %Y)", "", date_format)
    pattern = re.sub(r"[ T_:]?%[HI].*$", "", pattern) or date_format
    try:
        datetime.strptime(datetime(2001, 2, 3).strftime(pattern), pattern)
    except ValueError:
        raise ConfigError(
            f"date_format is {show(pattern)}, which is no format; give one such as %d/%m/%Y, or"
            f" {', '.join(DAY_COUNTS)} for days that are counted"
        ) from None
    return pattern


def _in_english(word: str, plain: str, pattern: str) -> date | None:
    """Read a date with its month in another language by a format that names the month."""
    if plain == word or not re.search("%[bB]", pattern):
        return None
    order = re.findall(r"%([dbBmYy])", pattern)
    return parse_date(plain, " ".join(f"%{'b' if part == 'B' else part}" for part in order))


def far_from_others(days: NDArray[np.int64], heads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which days are years before or after all others: 1900-01-01 or 9999-12-31 for one not known.

    Parameters
    ----------
    days : int64 (n,)
        Ordinals, 0 for one that cannot be read.
    heads : int64 (n,)
        Rows with each.
    """
    order = np.argsort(days, kind="stable")
    order = order[(days[order] > 0) & (heads[order] > 0)]
    far: list[int] = []
    rows = heads.sum()
    few = max(1.0, _FEW * rows, min(_FEW_OF_SMALL * rows, _SMALL_FEW))
    for side in (1, -1):
        kept = order[::side]
        for at in range(1, kept.size):
            most = _ONE_DAY * rows if at == 1 and kept.size >= _FEWEST_DAYS else few
            if heads[kept[:at]].sum() > most:
                break
            rest = np.abs(int(days[kept[-1]]) - int(days[kept[at]]))
            if abs(int(days[kept[at]]) - int(days[kept[at - 1]])) > max(_FAR, rest):
                far.extend(kept[:at].tolist())
                order = kept[at:][::side]
                break
    return np.array(far, dtype=np.int64)


def _guess_format(
    plain: list[str], words: list[str], code: NDArray[np.int32], where: str, trouble: RowFaults, role: str
) -> str:
    """Return the format that most dates fit; where day and month could change places, ask."""
    few = plain[:: max(1, len(plain) // 400)]
    scores = {pattern: sum(parse_date(word, pattern) is not None for word in few) for pattern in _FORMATS}
    likely = [pattern for pattern in _FORMATS if scores[pattern] > 0]
    if not likely and not all(re.fullmatch(_NO_DAY, word) for word in few):
        likely = [pattern for pattern in _DIGITS if all(parse_date(word, pattern) for word in plain)]
    if not likely:
        raise ConfigError(
            f"{where}: no date can be read, such as {_first(code, words, trouble)}; {_remedy(words, role)}"
        )
    fits = {pattern: sum(parse_date(word, pattern) is not None for word in plain) for pattern in likely}
    most = max(fits.values())
    best = _with_few_years([pattern for pattern in likely if fits[pattern] == most], plain)
    for other in best[1:]:
        differing = next(
            (
                at
                for at, word in enumerate(plain)
                if (one := parse_date(word, best[0])) and (two := parse_date(word, other)) and one != two
            ),
            None,
        )
        if differing is not None:
            raise ConfigError(
                f"{where}: the dates can be read in two ways, {best[0]} and {other}, such as"
                f" {_first(code, words, trouble, differing)}; say which: date_format={best[0]} or date_format={other}"
            )
    days = [found for word in plain if (found := parse_date(word, best[0]))] if best[0] in _ORDINALS else ()
    if days and max(day.timetuple().tm_yday for day in days) <= _PERIODS:
        raise ConfigError(
            f"{where}: dates such as {_first(code, words, trouble)} may be days of the year or accounting periods; if"
            f" they are days, say date_format={best[0]}; else give a column with days: {_column_of(role)}"
        )
    return best[0]


def _with_few_years(patterns: list[str], plain: list[str]) -> list[str]:
    """Leave out formats that take days for years: years of two digits that are many, with days that are few."""
    kept = []
    for pattern in patterns:
        swapped = pattern.replace("%d", "%_").replace("%y", "%d").replace("%_", "%y")
        if "%y" in pattern and swapped in patterns:
            days = [found for word in plain if (found := parse_date(word, pattern))]
            years, in_month = len({day.year for day in days}), len({day.day for day in days})
            if years >= _MANY_YEARS and years > _YEARS_TO_A_DAY * in_month:
                continue
        kept.append(pattern)
    return kept


def _refuse_both_orders(
    plain: list[str], words: list[str], code: NDArray[np.int32], pattern: str, where: str, trouble: RowFaults
) -> None:
    """Refuse a column in which the day is before the month and behind it: left out would be only those one can tell."""
    order = {"%d": "%m", "%m": "%d"}
    other = re.sub("%[dm]", lambda part: order[part[0]], pattern)
    if "%m" not in pattern or pattern.startswith("%y") or pattern == "%Y%m%d":
        return
    strange = [at for at, word in enumerate(plain) if not parse_date(word, pattern) and parse_date(word, other)]
    # Nobody means the day by the second part of 2021-14-01 alone.
    if strange and not (pattern.startswith("%Y") and len(strange) <= max(_SLIPS * len(plain), 2)):
        fitting = (at for at, word in enumerate(plain) if parse_date(word, pattern) and not parse_date(word, other))
        usual = next(fitting, None)
        if usual is None:
            raise ConfigError(
                f"{where}: dates such as {_first(code, words, trouble, strange[0])} can only be read as {other}, and"
                f" none only as {pattern}; say date_format={other}"
            )
        raise ConfigError(
            f"{where}: dates are written both as {pattern}, such as {_first(code, words, trouble, usual)}, and as"
            f" {other}, such as {_first(code, words, trouble, strange[0])}; write all in one way"
        )


def _column_of(role: str) -> str:
    return as_typed("columns", {role: "HEAD"})


def _remedy(words: list[str], role: str) -> str:
    """Return what to do about dates that no format fits."""
    few, column = words[:50], _column_of(role)
    if all(re.fullmatch(_NO_DAY, word) for word in few):
        how = next((pattern for form, pattern in _MONTHS.items() if all(re.fullmatch(form, word) for word in few)), "")
        by_month = f"say date_format={how} to count each as the first day of its month, or " if how else ""
        return f"they name no day; {by_month}give a column with days: {column}"
    if all(re.fullmatch(rf"(?:{FROM_ELSEWHERE})(?:\.\d*)?", word) for word in few):
        return (
            "such numbers count from 1900, 1904, 1601 or the year 1 rather than from 1970; write them as dates, or say"
            f" which column is the {role}: {column}"
        )
    if all(re.match(_OF_ANOTHER, word) for word in few):
        return (
            "such years are those of another calendar, of Iran, of Islam or of Taiwan; write days of the Gregorian"
            " calendar, such as 2024-01-31"
        )
    if all(re.match(SCIENTIFIC, word) for word in few):
        return "a table tool has rounded them; write the table out with all digits, or with dates"
    if zones := [found[1] for word in few if (found := re.search(_UNKNOWN_ZONE, word))]:
        return f"{zones[0]} has no one offset from UTC that is known; write it as such, +01:00, or leave it out"
    if all(re.fullmatch(_COUNTED, word) for word in few):
        days = ", ".join(f"{name} {day}" for name in DAY_COUNTS if (day := parse_date(few[0], name)))
        if days:
            return (
                "if they are days counted by a spreadsheet, say date_format=excel (or excel1904 for its years from"
                f" 1904), if they are days since 1970, date_format=days1970 (the first one: {days}); else say which"
                f" column is the {role}: {column}"
            )
    return f"say how they are written: date_format=%d/%m/%Y, say, or say which column is the {role}: {column}"
