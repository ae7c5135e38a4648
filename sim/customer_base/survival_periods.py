"""Survival periods: those of a table of survivors as numbers, however they are written, below or beside each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from sim.data.layout import plain_head
from sim.data.month_names import ENGLISH_MONTHS, plain_months
from sim.data.small_table import SmallTable
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["SIZES", "Periods", "has_periods_in_its_head", "read_periods", "with_periods_below"]

_YEAR = r"(?P<year>(?:19|20)\d{2})"
#: Periods of the calendar, and how many a year has.
_CALENDAR: tuple[tuple[str, int, str], ...] = (
    ("month", 12, _YEAR + r"[-/.](?P<part>0?[1-9]|1[0-2])(?:[-/.](?:0?1|2[89]|3[01]))?(?: 00:00(?::00)?)?"),
    ("month", 12, rf"(?P<part>0?[1-9]|1[0-2])[-/.]{_YEAR}"),
    ("month", 12, _YEAR + r"(?P<part>0[1-9]|1[0-2])"),
    # With slashes it may be the second of January.
    ("month", 12, rf"0?1\.(?P<part>0?[1-9]|1[0-2])\.{_YEAR}"),
    ("quarter", 4, _YEAR + r"[-/. ]?Q(?P<part>[1-4])"),
    ("quarter", 4, rf"Q(?P<part>[1-4])[-/. ]?{_YEAR}"),
    ("quarter", 4, rf"(?P<part>[1-4])\. ?(?:Quartal|Q) {_YEAR}"),
    ("quarter", 4, r"[QT](?P<part>[1-4])[-/. ']?(?P<year>(?:19|20)?\d{2})"),
    ("quarter", 4, r"(?P<part>[1-4])[QT][-/. ']?(?P<year>(?:19|20)?\d{2})"),
)
_WEEKS = (_YEAR + r"-?W(?P<part>[0-5]\d)", rf"(?:KW|W) ?(?P<part>[0-5]?\d)[-/ ]{_YEAR}")
#: Days, in every order, and the time of day at which all begin.
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y")
_MIDNIGHT = r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:?00)?$"
#: A month in words, with a year or without.
_NAMED = r"(?P<word>[^\W\d_]+)\.?(?:[-/.' ]+(?P<year>(?:19|20)?\d{2}))?"
_YEAR_FIRST = rf"{_YEAR}[-/. ]+(?P<word>[^\W\d_]+)\.?"
#: Heads of how many a cohort has at its start.
SIZES = frozenset({
    "size", "cohort_size", "users", "customers", "subscribers", "new_customers", "new_users", "new_subscribers",
    "members", "accounts", "n", "total", "start", "kunden", "nutzer", "abonnenten", "anzahl", "clients", "clientes",
})  # fmt: skip
#: So many periods in a head line make it one.
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods as numbers, one apart where they follow one another.

    Attributes
    ----------
    numbers : float64 (n,)
    unit : str
        What one is called, where the cells tell; else ''.
    kind : str
        How they are written, for a reader.
    """

    numbers: NDArray[np.float64]
    unit: str
    kind: str

    @property
    def follow(self) -> bool:
        """Whether they follow one another."""
        return bool(np.isfinite(self.numbers).all() and np.allclose(np.diff(self.numbers), 1.0))


def read_periods(cells: Sequence[str]) -> Periods | None:
    """Return periods by their cells; None where these are neither numbered nor of the calendar.

    Examples
    --------
    >>> read_periods(["Month 0", "Month 1"]).numbers.tolist(), read_periods(["Nov-21", "Dez-21"]).unit
    ([0.0, 1.0], 'month')
    >>> read_periods(["December", "January"]).numbers.tolist(), read_periods(["Q4 2021", "Q1 2022"]).follow
    ([12.0, 13.0], True)
    >>> read_periods(["KW 52/2022", "KW 1/2023"]).follow, read_periods(["4. Quartal 2022", "1. Quartal 2023"]).follow
    (True, True)
    >>> read_periods(["1/31/2021", "2/28/2021"]).unit, read_periods(["2021-01-04", "2021-01-11"]).unit
    ('month', 'week')
    """
    words = [re.fullmatch(r"([^\d+-]*)(\d{1,4})([^\d.,%]*)", cell) for cell in cells]
    if all(words) and len({(word[1].strip().lower(), word[3].strip().lower()) for word in words if word}) == 1:
        return Periods(np.array([float(word[2]) for word in words if word]), "", "whole numbers, one apart")
    for pattern in _WEEKS:
        if not all(weeks := [re.fullmatch(pattern, cell, re.IGNORECASE) for cell in cells]):
            continue
        try:
            days = [date.fromisocalendar(int(week["year"]), int(week["part"]), 1) for week in weeks if week]
        except ValueError:
            return None
        return Periods(np.array([day.toordinal() / 7.0 for day in days]), "week", "weeks of the calendar")
    if by_days := _by_days([re.sub(_MIDNIGHT, "", cell) for cell in cells]):
        return by_days
    for unit, per_year, pattern in _CALENDAR:
        found = [re.fullmatch(pattern, cell, re.IGNORECASE) for cell in cells]
        if all(found):
            steps = [int(match["year"]) * per_year + int(match["part"]) for match in found if match]
            return Periods(np.array(steps, float), unit, f"{unit}s of the calendar")
    return _months_by_name(cells)


def _by_days(cells: Sequence[str]) -> Periods | None:
    """Return periods by the day on which each begins or ends, where they follow in one order of day and month."""
    found = []
    for form in _DAYS:
        try:
            days = [datetime.strptime(cell, form).date() for cell in cells]
        except ValueError:
            continue
        last = {(day + timedelta(days=1)).day == 1 for day in days} == {True}
        counts = {"day": [day.toordinal() for day in days], "week": [day.toordinal() / 7.0 for day in days]}
        if last or len({day.day for day in days}) == 1:
            counts["month"] = [12.0 * day.year + day.month for day in days]
        read = [Periods(np.array(steps, float), unit, f"{unit}s of the calendar") for unit, steps in counts.items()]
        found += [periods for periods in read if periods.follow and len(cells) > 1]
    return found[0] if len(found) == 1 else None


def _months_by_name(cells: Sequence[str]) -> Periods | None:
    """Return months in words, in any language that dates may have; without years each follows the one before."""
    found = [re.fullmatch(_NAMED, cell) or re.fullmatch(_YEAR_FIRST, cell) for cell in cells]
    years = [match["year"] for match in found if match]
    if len(years) < len(cells) or not cells or len({year is None for year in years}) > 1:
        return None
    words = plain_months([f"1 {match['word']} {match['year'] or 2001}" for match in found if match])
    parts = [word.split() for word in words]
    if any(len(part) != 3 or part[1] not in ENGLISH_MONTHS for part in parts):
        return None
    months = np.array([ENGLISH_MONTHS.index(part[1]) + 1.0 for part in parts])
    if None not in years:
        return Periods(months + 12.0 * np.array([int(year or 0) for year in years]), "month", "months of the calendar")
    turns = np.concatenate([[0], np.cumsum(np.diff(months) <= 0)])
    return Periods(months + 12.0 * turns, "month", "months by name")


def has_periods_in_its_head(head: Sequence[str]) -> bool:
    """Return whether a head line has periods side by side: `0, 1, 2`, or `cohort, size, 2021-01, 2021-02, 2021-03`."""
    return _first_period(head) is not None


def _first_period(head: Sequence[str]) -> int | None:
    for first in (0, 1, 2, 3):
        if len(head) - first >= _FEWEST and (found := read_periods(head[first:])) and found.follow:
            return first
    return None


def with_periods_below(table: SmallTable, period: str) -> SmallTable:
    """Return a table with a row a period, of one that has them side by side; any other as it is.

    Parameters
    ----------
    table : SmallTable
    period : str
        What the column of periods is to be called.

    Returns
    -------
    SmallTable

    Raises
    ------
    ConfigError
        If it has several rows, each of a cohort.
    """
    first = _first_period(table.head)
    if first is None or not table.rows:
        return table
    names, row = table.head[first:], table.rows[0]
    if len(table.rows) > 1:
        example = ", then ".join(f"{name},{cell}" for name, cell in list(zip(names, row[first:], strict=True))[:2])
        raise ConfigError(
            f"{table.where}: its head line has the periods ({show(names[0])} to {show(names[-1])}), and its"
            f" {len(table.rows):,} rows are cohorts; keep the head line and one row, or write one cohort with a row a"
            f" period: period,survivors, then {example} and so on"
        )
    cells = list(zip(names, row[first:], strict=True))
    notices = [f"periods stand side by side in the head line, from {show(names[0])} on"]
    numbered = re.fullmatch(r"(\D*)0?1(\D*)", names[0])
    if first and numbered and plain_head(table.head[first - 1]) in SIZES:
        # The size of a cohort is its period 0.
        first -= 1
        cells.insert(0, (f"{numbered[1]}0{numbered[2]}", "100%" if "%" in row[first + 1] else row[first]))
        notices.append(f"{table.head[first]!r} is taken for all at the start")
    return replace(
        table,
        head=(period, "survivors"),
        rows=tuple(cells),
        row_numbers=tuple(range(first + 1, len(row) + 1)),
        where=f"{table.where} (a row here is a column there)",
        notices=(*table.notices, *notices),
    )
