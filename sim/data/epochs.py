"""Epochs: times counted since 1970, in seconds or parts of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from sim.data.plain_times import plain_digits, plain_word

__all__ = ["EPOCHS", "FROM_ELSEWHERE", "SCIENTIFIC", "days_of_epochs", "epoch_unit", "written_out"]

#: Digits of a time since 1970 by the part of a second it counts, and how many parts a day has.
EPOCHS = {10: ("seconds", 86_400), 13: ("milliseconds", 86_400_000), 16: ("microseconds", 86_400_000_000),
          19: ("nanoseconds", 86_400_000_000_000)}  # fmt: skip
#: Numbers as long as times since 1970 that are rather counted from elsewhere: ticks of 100 nanoseconds since the year 1
#: or 1601 (they would be nanoseconds in 1990 or 1974), and seconds since 1900 or 1904 (in 2080 and later).
FROM_ELSEWHERE = r"(?:1[2-5]|6[34])\d{16}|(?:3[5-9]|4)\d{8,9}(?<=\d{10})"
#: A date with an hour, or with hour and minute, as long as such a time: 2024010410 and 202401041015.
_DATE_AND_HOUR = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])(?:[0-5]\d)?"
#: /Date(1577836800000+0000)/, as .NET writes milliseconds.
_OF_NET = r"^\\?/Date\((\d+)(?:[+-]\d{4})?\)\\?/$"
#: A number such as 1.6094592e+09.
SCIENTIFIC = r"^[1-9](?:\.\d+)?[eE]\+?\d{1,2}$"
#: Of a column of times since 1970, the share of cells that must be such times; the others are faults of rows.
_MOSTLY = 0.9


def epoch_unit(words: Sequence[str]) -> int | None:
    """Return how many digits the times since 1970 of a column usually have; None where it holds no such times.

    Times before September 2001 have one digit less, and a table tool may add decimals. One in powers of ten counts
    where it has all its digits.

    Examples
    --------
    >>> epoch_unit(["1577836800000"]), epoch_unit(["2020-01-01"]), epoch_unit(["20200101"])
    (13, None, None)
    >>> epoch_unit(["999999999.5", "1000000000.5"]), epoch_unit(["0", *["1577836800"] * 9])
    (10, 10)
    >>> epoch_unit(["4102444800", *["1577836800"] * 99]), epoch_unit(["3786825600"])
    (10, None)
    >>> epoch_unit(["637454016000000000"]), epoch_unit(["852076800000000000"])
    (None, 19)
    >>> epoch_unit(["2024010410"]), epoch_unit(["202401041015"]), epoch_unit(["/Date(1577836800000)/"])
    (None, None, 13)
    >>> epoch_unit(["1.577836800e+09"]), epoch_unit(["1.57784E+09"])
    (10, None)
    """
    words = [plain_word(re.sub(_OF_NET, r"\1", word)) for word in words]
    if sum(re.fullmatch(_DATE_AND_HOUR, word) is not None for word in words) >= _MOSTLY * len(words):
        return None
    found = [re.fullmatch(r"([1-9]\d*)(?:\.\d*)?", _with_all_digits(word)) for word in words]
    lengths = [len(match[1]) for match in found if match]
    units = [next((unit for unit in EPOCHS if length in (unit - 1, unit)), None) for length in lengths]
    since_1970 = [not re.fullmatch(FROM_ELSEWHERE, match[1]) for match in found if match]
    digits = [unit for unit, fits in zip(units, since_1970, strict=True) if unit is not None and fits]
    if not digits or len(digits) < _MOSTLY * len(words):
        return None
    return max(set(digits), key=digits.count)


def _with_all_digits(word: str) -> str:
    """Return a number in powers of ten as it is counted, if none of its digits was rounded away; else the word."""
    if not re.match(SCIENTIFIC, word):
        return word
    number = Decimal(word)
    rounded = int(number.as_tuple().exponent) > 0
    return word if rounded else format(number, "f")


def written_out(cells: Any, compute: Any) -> Any:
    """Return times since 1970 with those in powers of ten as they are counted.

    Beside times with all their digits, one in powers of ten was not rounded: R writes the shorter of the two.

    Parameters
    ----------
    cells : pyarrow array of str
        Of a column that has an :func:`epoch_unit`.
    compute : module
        Loaded by the caller.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> written_out(pyarrow.array(["1.6e+09", "1600000001", "soon"]), compute).to_pylist()
    ['1600000000', '1600000001', 'soon']
    """
    cells = plain_digits(cells, compute)
    if compute.any(compute.match_substring(cells, "/Date(")).as_py():
        cells = compute.replace_substring_regex(cells, _OF_NET, r"\1")
    found = compute.match_substring_regex(cells, SCIENTIFIC)
    if not compute.any(found).as_py():
        return cells
    import pyarrow

    words = [format(Decimal(word), "f") for word in cells.filter(found).to_pylist()]
    return compute.replace_with_mask(cells, found, pyarrow.array(words, pyarrow.string()))


def days_of_epochs(cells: Any, digits: int, compute: Any) -> Any:
    """Return times since 1970 as days, 2021-01-04; what is no such time stays as it is.

    Parameters
    ----------
    cells : pyarrow array of str
    digits : int
        As :func:`epoch_unit` says.
    compute : module
        Loaded by the caller.

    Returns
    -------
    pyarrow array of str

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> days_of_epochs(pyarrow.array(["1577836800", "soon"]), 10, compute).to_pylist()
    ['2020-01-01', 'soon']
    """
    import pyarrow

    cells = written_out(cells, compute)
    fits = compute.match_substring_regex(cells, rf"^\d{{{digits - 1},{digits}}}(?:\.\d*)?$")
    whole = compute.replace_substring_regex(cells, r"\..*$", "")
    numbers = compute.cast(compute.if_else(fits, whole, "0"), pyarrow.int64()).to_numpy(zero_copy_only=False)
    days = (numbers // EPOCHS[digits][1]).astype("datetime64[D]")
    words = pyarrow.array(np.datetime_as_string(days).astype(object), pyarrow.string())
    return compute.if_else(fits, words, cells)
