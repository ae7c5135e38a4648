"""Event times: a column of times read in the one way that fits it, to microseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.clocks import clock_microseconds, days_and_clocks, has_zone
from sim.data.dates import DAY_COUNTS, read_dates
from sim.data.epochs import EPOCHS, epoch_unit, written_out
from sim.data.ids import MISSING
from sim.data.row_faults import RowFaults
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["NO_TIME", "EventTimes", "iso_microseconds"]

#: A time that could not be read.
NO_TIME = np.iinfo(np.int64).min
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?$"
_ZONED = r"^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)$"
#: Signs of a time with minutes: Arrow reads such a one as the patterns do, without minutes it reads more.
_SHORTEST_ISO, _SHORTEST_ZONED = 16, 20
#: Signs of a date of ISO 8601.
_DATE_ALONE = 10
#: A year of another calendar, which no event of ours has.
_NO_YEAR = r"2[4-6]\d{2}-"
#: What some databases write for Z.
_UTC = r"\s?(?:UTC|GMT)$"
#: An offset behind a blank, as Ruby and Snowflake write it.
_OFFSET_APART = r"\s(Z|[+-]\d{2}(?::?\d{2})?)$"
#: Of different days in words; there are fewer from 1900 to 2200, however they are written.
_MOST_DAYS = 1_000_000
#: An hour of one digit, as table tools leave it.
_ONE_DIGIT = r"^(\d{4}-\d{2}-\d{2}[T ])(\d:)"
#: A time of day alone, or one that goes on behind midnight.
_NO_DAY = r"\d{1,3}:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
_DAY = 86_400_000_000
_EPOCH_ORDINAL = datetime(1970, 1, 1).toordinal()


def iso_microseconds(text: str) -> int:
    """Return an ISO 8601 time in microseconds since 1970; without a zone it is read as UTC, whatever the machine.

    Raises
    ------
    ValueError
        If it is no such time.

    Examples
    --------
    >>> iso_microseconds("1970-01-01T01:30:00+01:00"), iso_microseconds("1970-01-01 00:00:01")
    (1800000000, 1000000)
    """
    read = datetime.fromisoformat(text)
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return (read - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class EventTimes:
    """Reads the blocks of one column; the first block tells how, times in other notations wait for all values.

    Parameters
    ----------
    date_format : str, optional
        As the user gave it: then every value is read by it.
    where : str
        Opens every message.
    """

    def __init__(self, date_format: str | None, where: str) -> None:
        self._date_format, self._where = date_format, where
        self.way = ""
        #: The different days in words, and of each time its day and the microseconds behind midnight UTC.
        self._days: dict[str, int] = {}
        self._behind: list[NDArray[np.int64]] = []
        #: The different times of day in words, their microseconds, and whether they have no zone.
        self._clocks: Any = None
        self._micros_of, self._is_bare = np.zeros(0, np.int64), np.zeros(0, bool)
        self._bare, self._read = 0, 0
        #: Times read at once or word by word, and those of them without a time of day.
        self.read, self._days_alone = 0, 0

    def at_once(self, cells: Any, compute: Any, pyarrow: Any) -> Any:
        """Return a block of cells that are all times of ISO 8601 as such; any other block as it is.

        Parameters
        ----------
        cells : pyarrow array
            As the file has them.
        compute, pyarrow : module
            Loaded by the caller.

        Returns
        -------
        pyarrow array
        """
        if self._date_format is not None or not pyarrow.types.is_string(cells.type) or not len(cells):
            return cells
        if re.match(_NO_YEAR, cells[0].as_py() or ""):
            return cells
        shortest = compute.min(compute.binary_length(cells)).as_py() or 0
        for way, least, zone in (("iso", _SHORTEST_ISO, None), ("zoned", _SHORTEST_ZONED, "UTC")):
            if self.way in ("", way) and shortest >= least:
                try:
                    read = compute.cast(cells, pyarrow.timestamp("us", zone))
                except pyarrow.ArrowInvalid:
                    continue
                self.way = way
                self.read += len(cells)
                return read
        return cells

    def add(self, cells: Any, compute: Any, pyarrow: Any) -> NDArray[np.int64]:
        """Return microseconds of a block of cells, or codes of words to be read later.

        Parameters
        ----------
        cells : pyarrow array of str
            Without blanks around them.
        compute, pyarrow : module
            Loaded by the caller.

        Returns
        -------
        int64 (n,)
        """
        if not self.way:
            self.way = self._way_of(cells)
        self.read += len(cells)
        if self.way in ("iso", "zoned"):
            if compute.any(compute.match_substring_regex(cells, _ONE_DIGIT)).as_py():
                cells = compute.replace_substring_regex(cells, _ONE_DIGIT, r"\10\2")
            self._days_alone += compute.sum(compute.equal(compute.binary_length(cells), _DATE_ALONE)).as_py() or 0
            return _iso_block(cells, self.way == "zoned", compute, pyarrow)
        if self.way == "epoch":
            return self._epoch_block(cells, compute, pyarrow)
        return self._words_block(cells, compute, pyarrow)

    def _words_block(self, cells: Any, compute: Any, pyarrow: Any) -> NDArray[np.int64]:
        """Return the codes of the days, and keep the times of day: of days there are few."""
        encoded = cells.dictionary_encode()
        words, index = encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False)
        if self._date_format in DAY_COUNTS:
            days, clocks, parts = _counted_days(words, compute, pyarrow)
        else:
            days, clocks, parts = days_and_clocks(words, compute, pyarrow)
        of_clock = self._codes_of_clocks(clocks, compute, pyarrow)
        micros, bare = self._micros_of[of_clock] + parts, self._is_bare[of_clock]
        self._behind.append(micros[index])
        self._bare += int(np.count_nonzero(bare[index]))
        alone = compute.equal(clocks, "").to_numpy(zero_copy_only=False)
        self._days_alone += int(np.count_nonzero(alone[index]))
        self._read += index.size
        days = days.dictionary_encode()
        mine = [self._days.setdefault(day, len(self._days)) for day in days.dictionary.to_pylist()]
        if len(self._days) > _MOST_DAYS:
            raise ConfigError(
                f"{self._where}: its times have more than {_MOST_DAYS:,} different days, such as"
                f" {show(next(reversed(self._days))[:30])}, which are no dates; say which column is the time:"
                " columns={time: HEAD}"
            )
        return np.array(mine, np.int64)[days.indices.to_numpy(zero_copy_only=False)][index]

    def _codes_of_clocks(self, clocks: Any, compute: Any, pyarrow: Any) -> NDArray[np.int32]:
        """Return which of the different times of day each is; each is read once for all blocks."""
        encoded = clocks.dictionary_encode()
        if self._clocks is None:
            self._clocks = encoded.dictionary.slice(0, 0)
        places = compute.index_in(encoded.dictionary, self._clocks)
        words = encoded.dictionary.filter(places.is_null())
        new = words.to_pylist()
        self._micros_of = np.append(self._micros_of, np.array([clock_microseconds(word) for word in new], np.int64))
        self._is_bare = np.append(self._is_bare, np.array([not has_zone(word) for word in new], bool))
        self._clocks = pyarrow.concat_arrays([self._clocks, words])
        places = compute.index_in(encoded.dictionary, self._clocks).to_numpy(zero_copy_only=False)
        return np.asarray(places[encoded.indices.to_numpy(zero_copy_only=False)], np.int32)

    def _epoch_block(self, cells: Any, compute: Any, pyarrow: Any) -> NDArray[np.int64]:
        digits = self._digits or 10
        cells = written_out(cells, compute)
        fits = compute.match_substring_regex(cells, rf"^\d{{{digits - 1},{digits}}}(?:\.\d*)?$")
        plain = compute.if_else(fits, cells, "0")
        whole = compute.replace_substring_regex(plain, r"\..*$", "")
        numbers = compute.cast(whole, pyarrow.int64()).to_numpy(zero_copy_only=False)
        per_second = EPOCHS[digits][1] // 86_400
        # Microseconds of the whole seconds and of the rest: the product alone would not fit.
        values = numbers // per_second * 1_000_000 + numbers % per_second * 1_000_000 // per_second
        if per_second == 1 and compute.any(compute.match_substring(plain, ".")).as_py():
            parts = compute.cast(compute.replace_substring_regex(plain, r"^\d+\.?", "0."), pyarrow.float64())
            values = values + np.rint(parts.to_numpy(zero_copy_only=False) * 1e6).astype(np.int64)
        return np.where(fits.to_numpy(zero_copy_only=False), values, NO_TIME)

    def _way_of(self, cells: Any) -> str:
        sample = [cell for cell in cells.slice(0, 2000).to_pylist() if cell.lower() not in MISSING]
        if sample and all(re.fullmatch(_NO_DAY, cell) for cell in sample):
            raise ConfigError(
                f"{self._where}: its times, such as {show(sample[0])}, have no day; put one in front of each, such as"
                f" 2024-01-01 {sample[0]}, or say which columns have day and time: columns={{time: [DATE, TIME]}}"
            )
        self._digits = epoch_unit(sample) if sample else None
        if self._date_format is not None:
            return "words"
        if self._digits is not None:
            return "epoch"
        fitting = {
            way: sum(re.match(pattern, re.sub(_UTC, "Z", cell), re.ASCII) is not None for cell in sample)
            for way, pattern in (("iso", _ISO), ("zoned", _ZONED))
        }
        # Times with a zone beside others without one are words, and years of another calendar.
        if all(fitting.values()) or 2 * sum(re.match(_NO_YEAR, cell) is not None for cell in sample) > len(sample):
            return "words"
        return next((way for way, count in fitting.items() if 2 * count > len(sample)), "words")

    @property
    def dates_only(self) -> int:
        """How many times have no time of day beside others that have one."""
        counted = self.way == "epoch" or self._date_format in DAY_COUNTS
        return 0 if counted or self._days_alone == self.read else self._days_alone

    @property
    def has_zones(self) -> bool:
        """Whether times say their zone, or count from one moment."""
        return self.way in ("zoned", "epoch") or (self.way == "words" and self._bare < self._read)

    @property
    def format(self) -> str:
        """How the times are written, for a reader."""
        if self.way == "epoch":
            return f"{EPOCHS[self._digits or 10][0]} since 1970"
        words = {"iso": "ISO 8601 without zone, read as UTC", "zoned": "ISO 8601 with offset"}
        return words.get(self.way, self._found)

    _found = ""
    _digits: int | None = None
    #: Times without a zone beside others that have one.
    without_zone = 0

    def finish(self, values: NDArray[np.int64], trouble: RowFaults) -> NDArray[np.int64]:
        """Turn codes into microseconds, where the column needed all its values to be understood."""
        if self.way != "words" or not self._days:
            return values
        days = list(self._days)
        ordinals, self._found = read_dates(
            days, values.astype(np.int32), self._date_format, self._where, trouble, "time"
        )
        self.without_zone = 0 if self._bare == self._read else self._bare
        midnights = np.where(ordinals == 0, NO_TIME, (ordinals - _EPOCH_ORDINAL) * _DAY)
        read = midnights[values]
        behind = np.concatenate(self._behind)
        self._behind = []
        behind[read == NO_TIME] = 0
        return read + behind


def _counted_days(words: Any, compute: Any, pyarrow: Any) -> tuple[Any, Any, NDArray[np.int64]]:
    """Return days that are counted without their time of day, which is a part of one, to the millisecond."""
    words = compute.replace_substring_regex(words, r"^(\d{1,6}),(\d+)$", r"\1.\2")
    parted = compute.match_substring_regex(words, r"^\d{1,6}\.\d+$")
    parts = compute.cast(
        compute.if_else(parted, compute.replace_substring_regex(words, r"^\d*", "0"), "0"), pyarrow.float64()
    )
    days = compute.if_else(parted, compute.replace_substring_regex(words, r"\..*$", ""), words)
    micros = np.rint(parts.to_numpy(zero_copy_only=False) * 86_400_000).astype(np.int64) * 1000
    return days, pyarrow.array([""] * len(words), pyarrow.string()), micros


def _iso_block(cells: Any, zoned: bool, compute: Any, pyarrow: Any) -> NDArray[np.int64]:
    """Read ISO times, with offsets or all without."""
    if zoned and compute.any(compute.match_substring_regex(cells, _UTC)).as_py():
        cells = compute.replace_substring_regex(cells, _UTC, "Z")
    if zoned and compute.any(compute.match_substring_regex(cells, _OFFSET_APART)).as_py():
        cells = compute.replace_substring_regex(cells, _OFFSET_APART, r"\1")
    fits = compute.match_substring_regex(cells, _ZONED if zoned else _ISO)
    plain = compute.if_else(fits, cells, "1970-01-01 00:00:00Z" if zoned else "1970-01-01 00:00:00")
    kind = pyarrow.timestamp("ns", "UTC") if zoned else pyarrow.timestamp("ns")
    try:
        read = compute.cast(plain, kind)
    except pyarrow.ArrowInvalid:
        # +01 and ,5 are ISO 8601, but not what Arrow reads; and there are hours such as 25.
        return np.array([_iso_or_none(cell) for cell in cells.to_pylist()], np.int64)
    values = compute.cast(read, pyarrow.int64()).to_numpy(zero_copy_only=False) // 1000
    return np.where(fits.to_numpy(zero_copy_only=False), values, NO_TIME)


def _iso_or_none(cell: str) -> int:
    try:
        return iso_microseconds(cell.replace(",", "."))
    except (ValueError, OverflowError):
        return int(NO_TIME)
