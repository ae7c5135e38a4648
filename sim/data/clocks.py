"""Clocks: the time of day behind a date, and its zone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.plain_times import plain_times

__all__ = ["CLOCK", "CLOCK_WITHIN", "clock_microseconds", "days_and_clocks", "days_of_words", "has_zone"]

#: Names of zones that mean one offset from UTC, in hours: RFC 5322, section 4.3, and those of Europe.
_ZONES = {"Z": 0, "UTC": 0, "UT": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
          "PST": -8, "PDT": -7, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3}  # fmt: skip
#: No zone is further than 15 hours from UTC; the minus of typesetters counts.
_OFFSET = "[+\\-\u2212]" + r"(?:0?\d|1[0-5])(?::?[0-5]\d)?"
#: A blank; browsers write the narrow one that does not break before AM and PM.
_BLANK = "[ \u00a0\u202f]"
#: What is written between a date and a time of day.
_DASH = "[-\u2013|]"
#: A time of day behind a date, with its zone; nothing else may follow.
CLOCK = (
    rf"(?:(?:[Tt]|,?{_BLANK}+(?:(?:à|at|um|om|alle|a las|às|as|klo?\.?|o|v|{_DASH}){_BLANK}+)?|:)"
    r"(?:(?:[01]?\d|2[0-3])[:h][0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?|24:00(?::00(?:[.,]0{1,9})?)?"
    rf"|\d{{1,2}}\.[0-5]\d\.[0-5]\d(?:\.\d{{1,9}})?)|:(?:[01]?\d|2[0-3])\.[0-5]\d)(?:{_BLANK}?[AaPp]\.?{_BLANK}?[Mm]\.?|{_BLANK}Uhr)?"
    rf"(?:[ ]?(?:(?:z|{'|'.join(_ZONES)})\b|(?:UTC|GMT)?{_OFFSET})"
    r"(?:\[[A-Za-z_/+-]+\]|[ ]\([A-Za-z ]+\))?)?$"
)
#: Tue Jan 05 10:11:12 UTC 2021: a time of day before the year, as C and Java write it; where only the day counts, in
#: any zone.
_WITHIN = r"^((?:[A-Z][a-z]{2} +)?[A-Z][a-z]{2} +\d{1,2}),? +(\d{1,2}:\d{2}:\d{2})((?: (?:ZONE))?) +(\d{4})$"
_CLOCK_WITHIN = _WITHIN.replace("ZONE", "|".join(_ZONES))
CLOCK_WITHIN = _WITHIN.replace("ZONE", "Z|UT|[A-Z]{3,5}")
#: A zone behind a time of day that means several offsets, or one that changes: left out where only the day counts.
_ANY_ZONE = (
    r"(:[0-5]\d(?:[.,]\d{1,9})?) (?:[A-Z]{3,5}|[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+){1,2}|(?:UTC|GMT)[+-]\d{1,2})$"
)
#: 20210104083000 or 20210104T083000.25+0100: a date, and a time of day without any sign between, with its zone.
_COMPACT_CLOCK = (
    r"^((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))[T_ ]?([01]\d|2[0-3])([0-5]\d)([0-5]\d)"
    rf"((?:[.,]\d{{1,9}})?(?:Z|{_OFFSET})?)$"
)
#: '2021-01-04: what a spreadsheet is to take as text.
_AS_TEXT = r"^'(\d.*)$"
#: 20210104.0: a table tool makes numbers of days, of which some are missing.
_AS_FLOAT = r"^((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))\.0+$"
#: [08/Jan/2021:03:03:19 +0000]: as web servers write it.
_IN_BRACKETS = r"^\[(.*)\]$"
#: A time of day to the second, and the part of a second behind it.
_PART = r"^(\D*\d{1,2}[:.]\d{2}[:.]\d{2})[.,](\d{1,9})"
_TIME_OF_DAY = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?(?: Uhr)?\s?([AaPp]\.?\s?[Mm]\.?)?\s?(?:([A-Z]{1,4})\b)?"
    r"(?:([+-]\d{2}(?::?\d{2})?))?"
)
#: A zone at the end of a time of day.
_ZONE = re.compile(r"(?:(?<![AaPp])[A-Z]|[+-]\d{2}(?::?\d{2})?|[\])])$")
_HALF_DAY = 12


def days_of_words(cells: Any, compute: Any) -> Any:
    """Return the dates of a block of cells, without their times of day.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.
    """
    cells = plain_times(compute.replace_substring_regex(cells, _AS_TEXT, r"\1"), compute)
    if compute.any(compute.match_substring_regex(cells, f":|{_BLANK}")).as_py():
        cells = compute.replace_substring_regex(cells, _IN_BRACKETS, r"\1")
        cells = compute.replace_substring_regex(cells, CLOCK_WITHIN, r"\1 \4")
        cells = compute.replace_substring_regex(cells, _ANY_ZONE, r"\1")
        cells = compute.replace_substring_regex(cells, CLOCK, "")
    return compute.replace_substring_regex(
        compute.replace_substring_regex(cells, _COMPACT_CLOCK, r"\1"), _AS_FLOAT, r"\1"
    )


def days_and_clocks(cells: Any, compute: Any, pyarrow: Any) -> tuple[Any, Any, NDArray[np.int64]]:
    """Return the dates of a block of cells, their times of day to the second, and the microseconds behind these.

    Parameters
    ----------
    cells : pyarrow array of str
    compute, pyarrow : module
        Loaded by the caller.

    Returns
    -------
    pyarrow array of str, pyarrow array of str, int64 (n,)

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> words = pyarrow.array(["Tue Jan 05 10:11:12 UTC 2021", "20210105101112", "5.1.21", "5 Jan, 9:30:15,25 PM"])
    >>> days, clocks, parts = days_and_clocks(words, compute, pyarrow)
    >>> days.to_pylist(), parts.tolist()
    (['Tue Jan 05 2021', '20210105', '5.1.21', '5 Jan'], [0, 0, 0, 250000])
    >>> clocks.to_pylist()
    [' 10:11:12 UTC', ' 10:11:12', '', ', 9:30:15 PM']
    """
    cells = compute.replace_substring_regex(plain_times(cells, compute), _IN_BRACKETS, r"\1")
    cells = compute.replace_substring_regex(cells, _CLOCK_WITHIN, r"\1 \4 \2\3")
    cells = compute.replace_substring_regex(cells, _COMPACT_CLOCK, r"\1 \2:\3:\4\5")
    days = compute.replace_substring_regex(cells, CLOCK, "")
    clocks = _behind(cells, days, compute, pyarrow)
    parted = compute.match_substring_regex(clocks, _PART)
    if not compute.any(parted).as_py():
        return days, clocks, np.zeros(len(days), np.int64)
    parts = compute.replace_substring_regex(clocks, f"{_PART}.*$", r"\2")
    parts = compute.utf8_slice_codeunits(compute.utf8_rpad(compute.if_else(parted, parts, "0"), 6, "0"), 0, 6)
    clocks = compute.replace_substring_regex(clocks, _PART, r"\1")
    return days, clocks, compute.cast(parts, pyarrow.int64()).to_numpy(zero_copy_only=False)


def _behind(cells: Any, beginnings: Any, compute: Any, pyarrow: Any) -> Any:
    """Return what stands behind the beginning of each cell; from the bytes, as Arrow cuts all cells at one place."""
    lengths = compute.binary_length(cells).to_numpy(zero_copy_only=False)
    begun = compute.binary_length(beginnings).to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    if not ends.size or not ends[-1]:
        return cells
    at = np.arange(ends[-1], dtype=np.int32)
    kept = at >= np.repeat((ends - lengths + begun).astype(np.int32), lengths)
    text = b"".join(cells.cast(pyarrow.binary()).to_pylist())
    data = np.frombuffer(text, np.uint8)[kept].tobytes()
    offsets = np.concatenate([[0], np.cumsum(lengths - begun)]).astype(np.int32)
    return pyarrow.StringArray.from_buffers(len(cells), pyarrow.py_buffer(offsets.tobytes()), pyarrow.py_buffer(data))


def has_zone(clock: str) -> bool:
    """Return whether a time of day says its zone.

    Examples
    --------
    >>> has_zone(" 10:11 CET"), has_zone("T10:11+01:00"), has_zone(" 10:11 PM")
    (True, True, False)
    """
    return _ZONE.search(_with_usual_zone(clock)) is not None


def _with_usual_zone(clock: str) -> str:
    """Return a time of day with its zone as most write it: a capital Z, a plain minus, two digits for hours.

    Examples
    --------
    >>> _with_usual_zone("t10:11:12z"), _with_usual_zone(" 10:11:12+5:30"), _with_usual_zone(" 10:11 GMT\u22121")
    ('t10:11:12Z', ' 10:11:12+05:30', ' 10:11 GMT-01')
    """
    plain = re.sub("z$", "Z", clock.replace("\u2212", "-"))
    return re.sub(r"([+-])(\d)(?=:|$|\d\d$)", r"\g<1>0\2", plain)


def clock_microseconds(clock: str) -> int:
    """Return a time of day to the second, with its zone, as microseconds since midnight UTC.

    Examples
    --------
    >>> clock_microseconds("T00:00:01"), clock_microseconds(" 1:00 AM CET"), clock_microseconds("")
    (1000000, 0, 0)
    >>> clock_microseconds(" 5:30:00+5:30"), clock_microseconds("t00:00:01z"), clock_microseconds(" 1:00 GMT+1")
    (0, 1000000, 0)
    """
    found = _TIME_OF_DAY.search(_with_usual_zone(clock))
    if found is None:
        return 0
    hour, minute, second, half, name, zone = found.groups()
    hours = int(hour) % _HALF_DAY + (_HALF_DAY if half[0] in "Pp" else 0) if half else int(hour)
    behind_utc = timedelta(hours=_ZONES.get(name or "UTC", 0))
    if zone:
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        behind_utc += offset if zone[0] == "+" else -offset
    clock_time = timedelta(hours=hours, minutes=int(minute), seconds=int(second or 0))
    return (clock_time - behind_utc) // timedelta(microseconds=1)
