"""Event times: a column of times read in the one way that fits it, to microseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.dates import DAY_COUNTS, EPOCHS, ZONES, day_of_clock, epoch_unit, read_dates
from sim.data.ids import MISSING
from sim.data.row_faults import RowFaults

__all__ = ["NO_TIME", "EventTimes", "iso_microseconds"]

#: A time that could not be read.
NO_TIME = np.iinfo(np.int64).min
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?$"
_ZONED = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)$"
#: What some databases write for Z.
_UTC = r"\s?(?:UTC|GMT)$"
_TIME_OF_DAY = re.compile(
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s?([AaPp]\.?[Mm]\.?)?"
    r"\s?(?:([A-Z]{1,4})\b)?(?:([+-]\d{2}(?::?\d{2})?))?"
)
#: A zone at the end of a time of day.
_ZONE = r"(?:(?<![AaPp])[A-Z]|[+-]\d{2}(?::?\d{2})?|[\])])$"
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
        self._codes: dict[str, int] = {}

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
            self.way = self._way_of(cells, compute)
        if self.way in ("iso", "zoned"):
            return _iso_block(cells, self.way == "zoned", compute, pyarrow)
        if self.way == "epoch":
            return self._epoch_block(cells, compute, pyarrow)
        encoded = cells.dictionary_encode()
        mine = [self._codes.setdefault(word, len(self._codes)) for word in encoded.dictionary.to_pylist()]
        return np.array(mine, np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]

    def _epoch_block(self, cells: Any, compute: Any, pyarrow: Any) -> NDArray[np.int64]:
        digits = self._digits or 10
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

    def _way_of(self, cells: Any, compute: Any) -> str:
        sample = [cell for cell in cells.slice(0, 2000).to_pylist() if cell.lower() not in MISSING]
        self._digits = epoch_unit(sample) if sample else None
        if self._date_format is not None:
            return "words"
        if self._digits is not None:
            return "epoch"
        fitting = {
            way: sum(re.match(pattern, re.sub(_UTC, "Z", cell)) is not None for cell in sample)
            for way, pattern in (("iso", _ISO), ("zoned", _ZONED))
        }
        # Times with a zone beside others without one are words.
        if all(fitting.values()):
            return "words"
        return next((way for way, count in fitting.items() if 2 * count > len(sample)), "words")

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
        if self.way != "words" or not self._codes:
            return values
        words = list(self._codes)
        parts = [day_of_clock(word) for word in words]
        days = [day for day, _ in parts]
        distinct = list(dict.fromkeys(days))
        place = {day: at for at, day in enumerate(distinct)}
        code = np.array([place[day] for day in days], np.int32)
        ordinals, self._found = read_dates(distinct, code[values], self._date_format, self._where, trouble)
        bare = np.array([not re.search(_ZONE, clock) for _, clock in parts])
        self.without_zone = 0 if bare.all() else int(bare[values].sum())
        if self._date_format in DAY_COUNTS:
            parts = [(word, f".{word.partition('.')[2] or 0}") for word in words]
        table = np.array([_with_clock(int(ordinals[code[at]]), clock) for at, (_, clock) in enumerate(parts)], np.int64)
        return table[values]


def _with_clock(ordinal: int, clock: str) -> int:
    if ordinal == 0:
        return int(NO_TIME)
    micros = (ordinal - _EPOCH_ORDINAL) * _DAY
    if clock.startswith("."):
        # Days that are counted have their time of day as a part of one.
        return micros + round(float(clock) * 86_400_000) * 1000
    found = _TIME_OF_DAY.search(clock)
    if found is None:
        return micros
    hour, minute, second, part, half, name, zone = found.groups()
    hours = int(hour) % 12 + (12 if half[0] in "Pp" else 0) if half else int(hour)
    seconds = hours * 3600 + int(minute) * 60 + int(second or 0)
    micros += seconds * 1_000_000 + int((part or "0").ljust(6, "0")[:6])
    micros -= ZONES.get(name or "UTC", 0) * 3_600_000_000
    if zone:
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        shift = timezone(offset if zone[0] == "+" else -offset).utcoffset(None)
        micros -= shift // timedelta(microseconds=1)
    return micros


def _iso_block(cells: Any, zoned: bool, compute: Any, pyarrow: Any) -> NDArray[np.int64]:
    """Read ISO times, with offsets or all without."""
    if zoned and compute.any(compute.match_substring_regex(cells, _UTC)).as_py():
        cells = compute.replace_substring_regex(cells, _UTC, "Z")
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
