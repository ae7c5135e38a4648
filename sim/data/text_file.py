"""Text file: ordinary files of text opened and split into cells, within bounds."""

from __future__ import annotations

import codecs
import io
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sim.data.dates import looks_like_date
from sim.data.foreign_text import likely_readings, refusal_of_text, remedy_of_zeros
from sim.data.quotes import quotes_end_in_their_lines
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = [
    "SNIFFED_BYTES",
    "WHITESPACE",
    "FirstLines",
    "check_file",
    "check_quotes",
    "find_delimiter",
    "first_content",
    "first_lines",
    "not_utf8",
    "open_binary",
    "open_cells",
    "read_text",
    "reason_of",
    "split_line",
    "split_lines",
    "widths_of",
]

#: The last one is Hive's.
_DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x01")
WHITESPACE = "whitespace"
#: From so many rows within one cell on, its quote is a stray one.
_FEWEST_SWALLOWED = 2
SNIFFED_BYTES = 1 << 16
#: Signs of a line that are read at once where quotes are looked at.
_LONGEST_LINE = 1 << 20
_TRANSACTIONS = "a file of transactions"
#: First bytes of compressed files, whatever their names say.
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}
#: First bytes of files that are no text, and what they are.
_FOREIGN = {
    b"PK": "is an archive; unpack it (or, if it is a workbook, save its table as CSV in UTF-8)",
    b"\xd0\xcf\x11\xe0": "is a workbook of an old Excel; save its table as CSV in UTF-8",
    b"SQLite format 3": "is a database of SQLite; export its table as CSV in UTF-8",
    b"ARROW1": "is Arrow (Feather); write it as Parquet or CSV",
    b"%PDF": "is PDF; give a table as CSV in UTF-8",
    b"\xfd7zXZ": "is packed by xz; unpack it",
    **dict.fromkeys((b"7z\xbc\xaf", b"Rar!"), "is an archive; unpack it"),
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "is a picture; give a table as CSV in UTF-8"),
    b"PAR1": "is Parquet within another file; unpack it",
    b"ORC": "is ORC; write it as Parquet or CSV",
    b"Obj\x01": "is Avro; write it as Parquet or CSV",
}
#: Bytes that tell what a file is: the name of the first file of an archive is among them.
_LONGEST_START = 128
#: Byte order marks of encodings with several bytes a sign; UTF-32 first, as its mark begins with that of UTF-16.
_MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",
          codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip


class _BoundedStream(io.RawIOBase):
    """A stream of UTF-8 that ends in a ConfigError once it has given more bytes than it may, or a zero byte."""

    def __init__(self, stream: Any, most_bytes: int, message: str, where: str, encoding: str | None) -> None:
        self._stream, self._left, self._message, self._where = stream, most_bytes, message, where
        self._decoder = None if encoding is None else codecs.getincrementaldecoder(encoding)()
        self._encoding, self._ready, self._given = encoding, b"", 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; return how many bytes it got."""
        block = self._next(len(buffer))
        self._left -= len(block)
        if self._left < 0:
            raise ConfigError(self._message)
        if b"\0" in block:
            raise ConfigError(
                f"{self._where} holds zero bytes (the first behind {self._given + block.index(0):,} others), so it is"
                f" no UTF-8 text; {remedy_of_zeros(block)}"
            )
        buffer[: len(block)] = block
        self._given += len(block)
        return len(block)

    def _next(self, most: int) -> bytes:
        if self._decoder is None:
            return bytes(self._stream.read(most))
        while not self._ready:
            raw = self._stream.read(most)
            try:
                self._ready = self._decoder.decode(raw, final=not raw).encode()
            except UnicodeError as error:
                raise ConfigError(
                    f"{self._where} is not written in {self._encoding} ({error}); save it as UTF-8"
                ) from None
            if not raw:
                break
        block, self._ready = self._ready[:most], self._ready[most:]
        return block

    def close(self) -> None:
        """Close the stream within, too."""
        self._stream.close()
        super().close()


def check_file(path: Path, where: str, what: str = _TRANSACTIONS) -> None:
    """Refuse what is no ordinary file with content.

    Parameters
    ----------
    path : Path
        A link to an ordinary file is one.
    where : str
        Opens every message.
    what : str
        What the file is to be.

    Raises
    ------
    ConfigError
        If it is missing, empty, a folder, a pipe or a device; nothing is opened.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise ConfigError(f"{where} {reason}; give the path of {what}") from None
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{where} is no ordinary file; give the path of {what}")
    if status.st_size == 0:
        rows = " with a row per transaction: customer, date, amount" if what == _TRANSACTIONS else ""
        raise ConfigError(f"{where} is empty; give {'a file' if rows else what}{rows}")


def read_text(path: Path, where: str, what: str, most_bytes: int, encoding: str | None = None) -> str:
    """Read a small file of text whole.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    what : str
        What the file is to be.
    most_bytes : int
        A larger file is refused.
    encoding : str, optional
        As for :func:`open_binary`.

    Returns
    -------
    str

    Raises
    ------
    ConfigError
        As :func:`check_file`, and if it is too large or not UTF-8.
    """
    check_file(path, where, what)
    try:
        with open_binary(path, where, most_bytes // 1_000_000 + 1, encoding) as stream:
            raw = stream.read(most_bytes + 1)
        text = raw[:most_bytes].decode("utf-8-sig")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or _not_utf8(raw)
        raise ConfigError(f"{where} cannot be read: {reason}; give {what} in UTF-8") from None
    if len(raw) > most_bytes:
        raise ConfigError(f"{where} has more than {most_bytes:,} bytes; {what} is small")
    return text


def open_binary(path: Path, where: str, most_megabytes: int, encoding: str | None = None) -> BinaryIO:
    """Open a file of text as UTF-8, decompressed as its first bytes say.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        Of text: whoever reads more of it gets a ConfigError.
    encoding : str, optional
        As Python names it; by default UTF-8, or what a byte order mark says.

    Returns
    -------
    binary file

    Raises
    ------
    ConfigError
        If it cannot be opened, or is compressed twice.
    """
    import pyarrow

    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        raise ConfigError(f"encoding is {show(encoding)}; give one that Python knows, such as cp1252") from None
    try:
        with path.open("rb") as raw:
            packed = _first_of(_COMPRESSED, raw.read(8))
        with pyarrow.input_stream(str(path), compression=packed) as stream:
            start = stream.read(_LONGEST_START)
        if _first_of(_COMPRESSED, start) and packed:
            raise ConfigError(f"{where} is compressed twice; unpack it once")
        stream = pyarrow.input_stream(str(path), compression=packed)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; give a text file that may be read") from None
    message = (
        f"{where} holds more than {most_megabytes:,} MB of text; divide it, or say most_megabytes={2 * most_megabytes}"
        " if there is memory for it"
    )
    if start.startswith(b"PK") and re.search(rb"\[Content_Types\]|_rels/|docProps/|xl/|mimetypeapp", start):
        raise ConfigError(f"{where} is a workbook; save its sheet as CSV in UTF-8 (in Excel: Save As, CSV UTF-8)")
    if foreign := _first_of(_FOREIGN, start):
        raise ConfigError(f"{where} {foreign}")
    bounded = _BoundedStream(stream, most_megabytes * 1_000_000, message, where, encoding or _first_of(_MARKS, start))
    return io.BufferedReader(bounded, SNIFFED_BYTES)


def is_plain(path: Path, encoding: str | None) -> bool:
    """Return whether lines may be read wherever they stand: it is neither compressed nor of several bytes a sign."""
    with path.open("rb") as raw:
        start = raw.read(8)
    several = (encoding or "").lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    return not (several or _first_of({**_COMPRESSED, **_MARKS}, start))


def _first_of(known: Mapping[bytes, str], start: bytes) -> str | None:
    """Return what the first bytes of a file say, None where they are none of those known."""
    return next((name for mark, name in known.items() if start.startswith(mark)), None)


def not_utf8(path: Path, where: str, most_megabytes: int) -> ConfigError:
    """Return the error of a file that is not UTF-8, with the first line that is not, and how to read it.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        As for :func:`open_binary`.

    Returns
    -------
    ConfigError
    """
    with open_binary(path, where, most_megabytes) as stream:
        for number, line in enumerate(stream, 1):
            if (reason := _not_utf8(line, number)) != _NOT_UTF8:
                return ConfigError(f"{where}: {reason}")
    return ConfigError(f"{where} {_NOT_UTF8}; save it as UTF-8")


_NOT_UTF8 = "is not UTF-8 text"


def _not_utf8(raw: bytes, first: int = 1) -> str:
    """Say which line is not UTF-8, and what it would be as Windows writes it."""
    for number, line in enumerate(raw.splitlines(), first):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            told = line[max(error.start - 12, 0) :][:30]
            readings = (
                f"encoding={how} reads {show(text)}" for how, text in likely_readings(line, error.start).items()
            )
            return (
                f"line {number:,} is not UTF-8 text ({show(told.decode('utf-8', 'backslashreplace'))}); save it as"
                f" UTF-8, or say how it is written: {' or '.join(readings)}"
            )
    return _NOT_UTF8


def open_cells(
    path: Path, where: str, delimiter: str, most_megabytes: int, encoding: str | None = None
) -> tuple[BinaryIO, str]:
    """Open text whose cells are parted by one sign: runs of blanks become one tab.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    delimiter : str
        As :func:`find_delimiter` found it.
    most_megabytes : int
        As for :func:`open_binary`.
    encoding : str, optional
        As for :func:`open_binary`.

    Returns
    -------
    binary stream, str
        The stream, and the one sign between its cells.
    """
    stream = open_binary(path, where, most_megabytes, encoding)
    if delimiter != WHITESPACE:
        return stream, delimiter
    return io.BufferedReader(_SqueezedStream(stream), SNIFFED_BYTES), "\t"


def check_quotes(
    path: Path,
    where: str,
    delimiter: str,
    *,
    width: int,
    most_megabytes: int,
    encoding: str | None = None,
    date_at: int | None = None,
) -> None:
    """Refuse a quote that opens and swallows rows.

    A field with a line break is legal, but not one whose lines are rows by themselves.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    delimiter : str
        Sign between columns.
    width : int
        Columns of a row.
    most_megabytes : int
        As for :func:`open_binary`.
    encoding : str, optional
        As for :func:`open_binary`.
    date_at : int, optional
        Column of dates: a line within a cell that has a date there is a row, too.

    Raises
    ------
    ConfigError
        With the line of the quote and how many lines it swallows.
    """
    import csv

    with open_binary(path, where, most_megabytes, encoding) as stream:
        if quotes_end_in_their_lines(stream, delimiter, csv.field_size_limit()):
            return
    with open_binary(path, where, most_megabytes, encoding) as raw:
        text = io.TextIOWrapper(raw, "utf-8", errors="replace", newline="")
        # A cell without an end may be all of the file: it is looked at in parts.
        reader = csv.reader(iter(lambda: text.readline(_LONGEST_LINE), ""), delimiter=delimiter)
        line, longest = 1, False
        while not longest:
            try:
                record = next(reader)
            except StopIteration:
                break
            except csv.Error:
                record, longest = [], True
            broken = [cell for cell in record if "\n" in cell or "\r" in cell]
            swallowed = re.split(r"\r\n|\n|\r", max(broken, key=len, default=""))[1:]
            swallowed = [text for text in swallowed if text.strip()]
            rows = sum(text.count(delimiter) >= width - 1 for text in swallowed[:-1])
            dated = date_at is not None and any(_has_date(text, delimiter, date_at) for text in swallowed)
            if longest and reader.line_num == line:
                raise ConfigError(
                    f"{where}: line {line:,} has a cell of more than {csv.field_size_limit():,} signs; shorten it, or"
                    " see to its quotes"
                )
            if longest or dated or (rows >= _FEWEST_SWALLOWED and rows == len(swallowed) - 1):
                raise ConfigError(
                    f"{where}: a quote opens in line {line:,} and takes {reader.line_num - line:,} lines that follow"
                    " into one cell; close it, or write it twice within quotes"
                )
            line = reader.line_num + 1


def _has_date(text: str, delimiter: str, at: int) -> bool:
    """Return whether a line has a date in a column."""
    cells = [cell.strip().strip('"') for cell in text.split(delimiter)]
    return len(cells) > at and looks_like_date(cells[at])


@dataclass(frozen=True, slots=True)
class FirstLines:
    """The first lines of a text file that hold something.

    Attributes
    ----------
    lines : tuple of str
    before : tuple of int
        How many lines of the file are before each of them, blank ones and Excel's ``sep=;`` counted.
    announced : str or None
        Sign between columns as such a line gives it.
    whole : bool
        Whether that is the whole file.
    """

    lines: tuple[str, ...]
    before: tuple[int, ...]
    announced: str | None
    whole: bool


def first_lines(path: Path, where: str, most_megabytes: int, encoding: str | None = None) -> FirstLines:
    """Return the first lines that hold something.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        As for :func:`open_binary`.
    encoding : str, optional
        As for :func:`open_binary`.

    Returns
    -------
    FirstLines

    Raises
    ------
    ConfigError
        If the file cannot be read, is no text, or has only blank lines.
    """
    try:
        with open_binary(path, where, most_megabytes, encoding) as stream:
            raw = stream.read(SNIFFED_BYTES)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; give a text file that may be read") from None
    if foreign := refusal_of_text(raw, path):
        raise ConfigError(f"{where} {foreign}")
    whole = len(raw) < SNIFFED_BYTES
    # The last line may be cut within a sign.
    full = raw if whole else raw[: max(raw.rfind(b"\n"), raw.rfind(b"\r")) + 1] or raw
    if (reason := _not_utf8(full)) != _NOT_UTF8:
        raise ConfigError(f"{where}: {reason}")
    lines, before, announced = first_content(full.decode("utf-8-sig", errors="replace"))
    if not lines:
        raise ConfigError(f"{where} has only blank lines; give a file with a row for each line of its table")
    return FirstLines(tuple(lines), tuple(before), announced, whole)


def first_content(text: str) -> tuple[list[str], list[int], str | None]:
    r"""Return the lines of a text that hold something, how many lines are before each, and the sign of ``sep=;``.

    Examples
    --------
    >>> first_content("sep=;\r\n\r\na;b\r\n")
    (['a;b'], [2], ';')
    """
    every = [line.lstrip("\ufeff") for line in re.split(r"\r\n|\n|\r", text)]
    held = [at for at, line in enumerate(every) if line.strip()]
    announced = re.fullmatch(r'"?sep=(.)"?', every[held[0]].strip(" ")) if held else None
    held = held[1:] if announced else held
    return [every[at] for at in held], held, announced[1] if announced else None


def reason_of(error: Exception) -> str:
    """Return the first line of what an error says."""
    return (getattr(error, "strerror", None) or str(error)).splitlines()[0]


def find_delimiter(lines: Sequence[str], given: str | None, fewest: int, where: str) -> str:
    """Return the sign between columns, as given or as most lines have it.

    Parameters
    ----------
    lines : sequence of str
        First lines of the file.
    given : str or None
        As the user gave it.
    fewest : int
        Columns that a line needs.
    where : str
        Opens every message.

    Returns
    -------
    str

    Raises
    ------
    ConfigError
        If no sign gives enough columns.
    """
    if given is not None:
        if given != WHITESPACE and (not isinstance(given, str) or len(given) != 1 or given in "\"'\r\n"):
            raise ConfigError(f"delimiter is {show(given)}; give one sign, such as ';', or the word {WHITESPACE}")
        return given
    fitting = []
    for sign in _DELIMITERS:
        widths = widths_of(split_lines(lines, sign)[0])
        usual = max(set(widths), key=widths.count)
        if usual >= fewest:
            fitting.append((widths.count(usual), usual, -_DELIMITERS.index(sign), sign))
    if fitting:
        return max(fitting)[3]
    if len(lines[0].split()) >= fewest:
        return WHITESPACE
    raise ConfigError(
        f"{where}: its first line {show(lines[0][:80])} has fewer than {fewest} columns;"
        " if they are there, say which sign parts them: delimiter='SIGN'"
    )


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    r"""Return how many cells rows have, those with a cell over several lines only where most are such.

    A quote that is never closed takes rows into one cell: what reads quotes says so.

    Examples
    --------
    >>> widths_of([["id", "day"], ["1", "2021-01-04"], ["2\n3,2021-01-05"]])
    [2, 2]
    """
    whole = [row for row in rows if not any("\n" in cell for cell in row)]
    return [len(row) for row in (whole if 2 * len(whole) >= len(rows) else rows)]


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, without blanks around them."""
    if delimiter == WHITESPACE:
        return line.split()
    import csv

    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def split_lines(lines: Sequence[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the cells of rows that may go over several lines within quotes, and the line in which each begins.

    Parameters
    ----------
    lines : sequence of str
    delimiter : str
        As :func:`find_delimiter` found it.

    Returns
    -------
    list of list of str, list of int
    """
    import csv

    if delimiter == WHITESPACE or not any('"' in line for line in lines):
        return [split_line(line, delimiter) for line in lines], list(range(len(lines)))
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    rows: list[list[str]] = []
    began: list[int] = []
    try:
        while True:
            start = reader.line_num
            row = next(reader)
            rows.append([cell.strip() for cell in row])
            began.append(start)
    except (StopIteration, csv.Error):
        return rows, began


class _SqueezedStream(io.RawIOBase):
    """A stream whose runs of blanks become one tab each, without any at the ends of a line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""
        self._ready = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; return how many bytes it got."""
        while not self._ready:
            raw = self._stream.read(SNIFFED_BYTES)
            if not raw and not self._rest:
                return 0
            block = self._rest + raw
            cut = block.rfind(b"\n") + 1 if raw else len(block)
            self._rest = block[cut:]
            squeezed = re.sub(rb"[ \t\r]+", b"\t", block[:cut])
            self._ready = re.sub(rb"^\t|\t$", b"", squeezed, flags=re.MULTILINE)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size
