"""Plain times: notations of days and times of day that are written in the usual way before they are read.

Digits of other scripts, what Japan, China and Korea write between the parts, years of the eras of Japan, and times of
day of databases.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["plain_digits", "plain_time", "plain_times", "plain_word"]

#: The zeros of digits: full-width, Arabic, Persian, Devanagari, Thai.
_ZEROS = (0xFF10, 0x0660, 0x06F0, 0x0966, 0x0E50)
#: Signs beside such digits, and those that they stand for.
_SIGNS = {"\uff0e": ".", "\uff0c": ",", "\uff0d": "-", "\uff0b": "+", "\uff0f": "/", "\uff1a": ":", "\uff08": "(",
          "\uff09": ")", "\u066b": ".", "\u066c": ",", "\u3000": " "}  # fmt: skip
_PLAIN = str.maketrans({chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)} | _SIGNS)
_ANY_OF_THEM = f"[{''.join(map(chr, _PLAIN))}]"
#: A day, and behind it a time of day without anything between, or with a day of the week.
_EASTERN_DAY = r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]"
_WEEKDAY = (
    r" ?\((?:[月火水木金土日](?:曜日?)?|[월화수목금토일](?:요일)?|(?:星期|周)?[一二三四五六日天])\)"
    r"| ?(?:[月火水木金土日]曜日?|[월화수목금토일]요일|(?:星期|周)[一二三四五六日天])"
    r"| ?\((?:Mon|Tue|Tues|Wed|Wednes|Thu|Thurs|Fri|Sat|Satur|Sun)(?:day)?\.?\)"
)
#: In this order: each pattern of RE2, and what stands in its place.
_EASTERN = (
    (_EASTERN_DAY, r"\1-\2-\3 "),
    (r"(\d{1,2}) ?[時时點点시] ?([0-5]\d) ?[分분](?: ?([0-5]\d) ?[秒초])", r"\1:\2:\3"),
    (r"(\d{1,2}) ?[時时點点시] ?([0-5]\d) ?[分분]", r"\1:\2"),
    (r"(\d{1,2}) ?[時时點点시] ?(\d) ?[分분]", r"\1:0\2"),
    (_WEEKDAY, " "),
    (r" ?(?:오전|上午|午前) ?(\d{1,2}:\d{2}(?::\d{2})?)", r" \1 AM"),
    (r" ?(?:오후|下午|午後) ?(\d{1,2}:\d{2}(?::\d{2})?)", r" \1 PM"),
    ("  +", " "),
)
#: An era of Japan, by its first letter or in full, and the year before its first.
_ERAS = {"R": 2018, "令和": 2018, "\u32ff": 2018, "H": 1988, "平成": 1988, "\u337b": 1988, "S": 1925, "昭和": 1925,
         "\u337c": 1925, "大正": 1911, "明治": 1867}  # fmt: skip
_OF_ERA = rf"^({'|'.join(_ERAS)})\.? ?(\d{{1,2}}|元)(?:年|[./-]) ?(\d{{1,2}})(?:月|[./-]) ?(\d{{1,2}})"
#: What may not follow, without a look ahead, which RE2 has not.
_ENDS = r"(?:日|[^\d.,/-]|$)"
_DAY = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
#: What is written in other ways in ASCII: 2024-01-04-10.15.22.123456 (DB2), 202401041015, 2024010410 and
#: 20240104101522123 (without signs), kl. 10.15 (Sweden), 10:15:22:123, 10:15 h, 10:15:22.000 Z.
_OTHERS = (
    (r"^(\d{4}-\d{2}-\d{2})-(\d{2})\.(\d{2})\.(\d{2})((?:\.\d{1,9})?)$", r"\1 \2:\3:\4\5"),
    (rf"^({_DAY})([01]\d|2[0-3])$", r"\1 \2:00"),
    (rf"^({_DAY})[T_ ]?([01]\d|2[0-3])([0-5]\d)$", r"\1 \2:\3"),
    (rf"^({_DAY})([01]\d|2[0-3])([0-5]\d)([0-5]\d)(\d{{3}})$", r"\1 \2:\3:\4.\5"),
    (r"( klo?\.? +\d{1,2})\.([0-5]\d)$", r"\1:\2"),
    (r"( \d{1,2}:[0-5]\d:[0-5]\d):(\d{3})$", r"\1.\2"),
    (r"( \d{1,2}:[0-5]\d(?::[0-5]\d)?) h(?:rs?|s)?\.?$", r"\1"),
    (r"( \d{1,2}:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?) Z$", r"\1Z"),
)
#: One of them, or a year of an era, may be there.
_MAY_BE = (
    r"^[RHS]\.? ?\d|-\d\d\.\d\d\.\d\d|^\d{10}$|^\d{12}$|^\d{8}[T_ ]\d{4}$|^\d{17}$| kl|:\d\d:\d{3}$|\d h|\d Z$"
    r"|\([A-Z]"
)


def plain_word(word: str) -> str:
    """Return a word with the usual digits, and the usual signs beside them.

    Examples
    --------
    >>> plain_word("２０２４／０１／０４"), plain_word("٢٤٨٨٫٦٨"), plain_word("12²")
    ('2024/01/04', '2488.68', '12²')
    """
    return word if word.isascii() else word.translate(_PLAIN)


def plain_digits(cells: Any, compute: Any) -> Any:
    """Return cells as :func:`plain_word` writes each.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.
    """
    if compute.all(compute.string_is_ascii(cells)).as_py():
        return cells
    odd = compute.match_substring_regex(cells, _ANY_OF_THEM)
    if not compute.any(odd).as_py():
        return cells
    import pyarrow

    words = [word.translate(_PLAIN) for word in cells.filter(odd).to_pylist()]
    return compute.replace_with_mask(cells, odd, pyarrow.array(words, pyarrow.string()))


def plain_times(cells: Any, compute: Any) -> Any:
    """Return days and times of day as they are usually written; what is written in no known way stays as it is.

    Parameters
    ----------
    cells : pyarrow array of str
    compute : module
        Loaded by the caller.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> words = pyarrow.array(["2024年1月4日 10時15分", "2024/1/4(木)", "2024. 1. 4. 오후 3:15", "R6.1.4"])
    >>> plain_times(words, compute).to_pylist()
    ['2024-1-4 10:15', '2024/1/4', '2024. 1. 4. 3:15 PM', '2024-1-4']
    >>> words = pyarrow.array(["2024-01-04-10.15.22.123456", "202401041015", "2024-01-04 kl. 10.15", "R2D2"])
    >>> plain_times(words, compute).to_pylist()
    ['2024-01-04 10:15:22.123456', '20240104 10:15', '2024-01-04 kl. 10:15', 'R2D2']
    """
    import pyarrow

    rewrites: tuple[tuple[str, str], ...] = ()
    if not compute.all(compute.string_is_ascii(cells)).as_py():
        cells = plain_digits(cells, compute)
        rewrites = _EASTERN
    if compute.any(compute.match_substring_regex(cells, _MAY_BE)).as_py():
        rewrites = (*_EASTERN, *_OTHERS)
    if not rewrites:
        return cells
    era = compute.match_substring_regex(cells, _OF_ERA + _ENDS)
    if compute.any(era).as_py():
        words = [_without_era(word) for word in cells.filter(era).to_pylist()]
        cells = compute.replace_with_mask(cells, era, pyarrow.array(words, pyarrow.string()))
    for pattern, by in rewrites:
        cells = compute.replace_substring_regex(cells, pattern, by)
    return compute.utf8_trim_whitespace(cells)


def plain_time(word: str) -> str:
    """Return one day or time of day as :func:`plain_times` does.

    Examples
    --------
    >>> plain_time("2024年1月4日"), plain_time("2024-01-04")
    ('2024-1-4', '2024-01-04')
    """
    if word.isascii() and not re.search(_MAY_BE, word):
        return word
    import pyarrow
    from pyarrow import compute

    return str(plain_times(pyarrow.array([word]), compute)[0].as_py())


def _without_era(word: str) -> str:
    found = re.match(_OF_ERA, word)
    if found is None:
        return word
    era, year, month, day = found.groups()
    behind = word[found.end() :].removeprefix("日").strip()
    return f"{_ERAS[era] + (1 if year == '元' else int(year))}-{month}-{day} {behind}".rstrip()
