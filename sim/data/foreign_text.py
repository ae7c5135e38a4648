"""Foreign text: files of text that are no table, told by how they begin, with how to make a table of them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

__all__ = ["likely_readings", "refusal_of_text", "remedy_of_zeros"]

#: Where an archive of tar says what it is.
_TAR_AT = 257
#: The combined and the common format of web servers: address, two names, [time], "request", status.
_WEB_LOG = rb'\S+ \S+ \S+ \[\d{2}/[A-Z][a-z]{2}/\d{4}:[^\]]+\] "'
_W3C_LOG = rb"#(?:Software|Version|Fields|Date):"
_HTML = rb"\s*<(?:!doctype html|html|table)"
_SQL = rb"(?i)\s*(?:insert into|create table|drop table|--[^\n]*\n\s*(?:--|insert|create|drop|set))\b"
_STATEMENT = rb"\s*(?:OFXHEADER:|<OFX>|!Type:|!Account|:20:|\{1:F01)"
_JSON = rb'\s*(?:\[\s*)?\{\s*"'
#: Encodings of other scripts, and the signs that make up nearly all of a text in one.
_OF_SIGNS = {
    "cp1251": "\u0410-\u044f\u0401\u0451",
    "cp932": "\u3040-\u30ff\u4e00-\u9fff\u3005\uff01-\uff5e",
    "euc-kr": "\uac00-\ud7a3",
    "gbk": "\u4e00-\u9fa5\uff01-\uff5e",
    "big5": "\u4e00-\u9fa5",
}
_MOSTLY, _SHOWN, _FEW = 0.9, 30, 3
#: Encodings of DOS and of old Macs; signs that stand between letters, and those that stand before a word.
_OLDER = ("cp850", "cp852", "mac_roman")
_BETWEEN = "\u2019\u2013\u2014\xa0\xad\xb7\xb0"
_BEFORE = "\u2018\u201a\u201c\u201d\u201e\u2026\u2022\xab\xbb\xbf\xa1\xa9\xae"
_JSON_LINES = rb"\s*\{[^\n]*\}[ \t\r]*\n\s*\{"


def refusal_of_text(raw: bytes, path: Path, *, is_json_of_its_own: bool = False) -> str | None:
    """Return why a text is no table, and how to make one; None where it may be one.

    Parameters
    ----------
    raw : bytes
        How it begins.
    path : Path
    is_json_of_its_own : bool
        Whether one object of JSON is something that is read.

    Returns
    -------
    str or None

    Examples
    --------
    >>> line = b'10.0.0.1 - - [01/Mar/2025:05:42:00 +0000] "GET /shop?a=1 HTTP/1.1" 200 7'
    >>> refusal_of_text(line, Path("access.log")).partition(";")[0]
    'is the log of a web server'
    >>> refusal_of_text(b"case,activity,time", Path("log.csv")) is None
    True
    """
    name = shlex.quote(str(path))
    packed = path.suffix == ".gz"
    if re.match(_HTML, raw, re.IGNORECASE):
        return "is a page of HTML; save its table as CSV in UTF-8"
    if re.match(rb"\s*<\?xml", raw):
        return "is XML; save its table as CSV in UTF-8 (in Excel: Save As, CSV UTF-8)"
    if re.match(_SQL, raw):
        return "is a dump of SQL; load it into its database, and write the table as CSV"
    if re.match(_STATEMENT, raw):
        return "is a statement of a bank (OFX, QIF or MT940); take its export as CSV"
    if re.match(_JSON_LINES, raw):
        return f"is JSON with an object in each line; make a table of it: {_from_json(name, packed, lines=True)}"
    if re.match(_JSON, raw) and not (is_json_of_its_own and raw.lstrip()[:1] == b"{"):
        return f"is JSON; save its table as CSV or Parquet: {_from_json(name, packed, lines=False)}"
    read = f"zcat {name} | " if packed else ""
    source = "" if packed else f" {name}"
    if re.match(_WEB_LOG, raw):
        pattern = r's/^([^ ]+) [^ ]+ [^ ]+ \[([^]]+)\] "[A-Z]+ ([^ "?,]+)[^"]*" .*/\1,\3,\2/p'
        return (
            "is the log of a web server; make a table of it: (echo visitor_id,page,time;"
            f" {read}sed -nE '{pattern}'{source}) > visits.csv (visitors are addresses here; take what tells them"
            " better, where the log has it)"
        )
    if re.match(_W3C_LOG, raw):
        return f"is a W3C log; make a table of it: {read}sed -e 's/^#Fields: //' -e '/^#/d'{source} > visits.txt"
    return None


def _from_json(name: str, packed: bool, *, lines: bool) -> str:
    """Return a command that makes a table; the file's name, in a shell's quotes, is a word of its own, never code."""
    opened = "gzip.open(sys.argv[1], 'rt')" if packed else "open(sys.argv[1])"
    rows = f"[json.loads(line) for line in {opened}]" if lines else f"json.load({opened})"
    code = f"import gzip, json, sys, pandas; pandas.json_normalize({rows}).to_csv('table.csv', index=False)"
    return f'python -c "{code}" {name}'


def likely_readings(line: bytes, start: int) -> dict[str, str]:
    """Return what a line that is no UTF-8 says in the encodings that it may be in, the likeliest first.

    Parameters
    ----------
    line : bytes
    start : int
        Where its first odd byte is.

    Returns
    -------
    dict
        What stands there by encoding.

    Examples
    --------
    >>> likely_readings("Straße".encode("cp1252"), 4), likely_readings("Částka".encode("cp1250"), 0)
    ({'cp1252': 'Straße'}, {'cp1252': 'Èástka', 'cp1250': 'Částka'})
    >>> likely_readings("Клиент;Дата".encode("cp1251"), 0), next(iter(likely_readings("顧客,日".encode("cp932"), 0)))
    ({'cp1251': 'Клиент;Дата'}, 'cp932')
    >>> likely_readings("Montréal".encode("cp850"), 5), likely_readings("Montréal".encode("mac_roman"), 5)
    ({'cp850': 'Montréal'}, {'mac_roman': 'Montréal'})
    """
    readings = {}
    for encoding, letters in _OF_SIGNS.items():
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = len(re.findall(r"[^\x00-\x7f]", text))
        # Letters of another script stand together, and not within a word of this one.
        beside = re.search(f"[A-Za-z][{letters}]|[{letters}][a-z]", text)
        if foreign > 1 and not beside and len(re.findall(f"[{letters}]", text)) >= _MOSTLY * foreign:
            readings[encoding] = text[:_SHOWN]
            if encoding == "cp1251":
                break
    if readings:
        return dict(list(readings.items())[:_FEW])
    told = line[max(start - 12, 0) : max(start - 12, 0) + _SHOWN]
    readings = {name: told.decode(name, "replace") for name in ("cp1252", "cp1250")}
    if readings["cp1252"] == readings["cp1250"]:
        del readings["cp1250"]
    if any(map(_may_be_meant, readings.values())):
        return readings
    older = {name: told.decode(name, "replace") for name in _OLDER}
    meant = {name: text for name, text in older.items() if _may_be_meant(text)}
    # Of the two of DOS the western one, unless they differ.
    if meant.get("cp850") == meant.get("cp852"):
        meant.pop("cp852", None)
    return meant or readings


def _may_be_meant(text: str) -> bool:
    """Return whether each sign of no ASCII beside letters may be meant: letters, small within a word, and quotes."""

    def is_odd(before: str, sign: str, after: str) -> bool:
        if sign == "\ufffd":
            return True
        if sign.isascii() or sign in _BETWEEN or not after.isalpha():
            return False
        if sign in _BEFORE:
            return before.isalpha()
        return not sign.isalpha() or (before.isalpha() and after.islower() and not sign.islower())

    padded = f" {text} "
    return not any(map(is_odd, padded, padded[1:], padded[2:]))


def remedy_of_zeros(block: bytes) -> str:
    """Return what to do about a file with zero bytes: every other byte of UTF-16 is one, and archives have many.

    Parameters
    ----------
    block : bytes
        An even number of bytes from the beginning.

    Examples
    --------
    >>> remedy_of_zeros("id,date".encode("utf-16-be"))
    'it looks like UTF-16 without its mark: say encoding=utf-16-be'
    """
    if block[_TAR_AT:].startswith(b"ustar"):
        return "it is an archive of tar: unpack it"
    first, second = block[::2].count(0), block[1::2].count(0)
    if max(first, second) > len(block) // 4:
        return f"it looks like UTF-16 without its mark: say encoding=utf-16-{'be' if first > second else 'le'}"
    return "take them out (tr -d '\\000' < FILE > NEW), or say how it is written: encoding=utf-16-le, say"
