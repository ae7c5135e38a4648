"""Text file: ordinary files of text opened and split into cells, within bounds."""

from __future__ import annotations

import io
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sim.data.dates import looks_like_date
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = [
    "SNIFFED_BYTES",
    "WHITESPACE",
    "check_file",
    "check_quotes",
    "find_delimiter",
    "first_content",
    "first_lines",
    "open_binary",
    "open_cells",
    "read_text",
    "reason_of",
    "split_line",
]

_DELIMITERS = (",", ";", "\t", "|")


WHITESPACE = "whitespace"
#: From so many rows within one cell on, its quote is a stray one.
_FEWEST_SWALLOWED = 2


SNIFFED_BYTES = 1 << 16


_TRANSACTIONS = "a file of transactions"


class _BoundedStream(io.RawIOBase):
    """A stream that ends in a ConfigError once it has given more bytes than it may."""

    def __init__(self, stream: Any, most_bytes: int, message: str) -> None:
        self._stream, self._left, self._message = stream, most_bytes, message

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; return how many bytes it got."""
        block = self._stream.read(len(buffer))
        self._left -= len(block)
        if self._left < 0:
            raise ConfigError(self._message)
        buffer[: len(block)] = block
        return len(block)

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


def read_text(path: Path, where: str, what: str, most_bytes: int) -> str:
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
        with path.open("rb") as stream:
            raw = stream.read(most_bytes + 1)
        text = raw[:most_bytes].decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"{where} cannot be read: {reason}; give {what} in UTF-8") from None
    if len(raw) > most_bytes:
        raise ConfigError(f"{where} has more than {most_bytes:,} bytes; {what} is small")
    return text


def open_binary(path: Path, where: str, most_megabytes: int) -> BinaryIO:
    """Open a file of text, decompressed as its name says.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        Of text: whoever reads more of it gets a ConfigError.

    Returns
    -------
    binary file

    Raises
    ------
    ConfigError
        If it cannot be opened.
    """
    import pyarrow

    try:
        stream = pyarrow.input_stream(str(path), compression="detect")
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; give a text file that may be read") from None
    message = (
        f"{where} holds more than {most_megabytes:,} MB of text; divide it, or say most_megabytes={2 * most_megabytes}"
        " if there is memory for it"
    )
    return io.BufferedReader(_BoundedStream(stream, most_megabytes * 1_000_000, message), SNIFFED_BYTES)


def open_cells(path: Path, where: str, delimiter: str, most_megabytes: int) -> tuple[BinaryIO, str]:
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

    Returns
    -------
    binary stream, str
        The stream, and the one sign between its cells.
    """
    stream = open_binary(path, where, most_megabytes)
    if delimiter != WHITESPACE:
        return stream, delimiter
    return io.BufferedReader(_SqueezedStream(stream), SNIFFED_BYTES), "\t"


def check_quotes(
    path: Path, where: str, delimiter: str, width: int, most_megabytes: int, date_at: int | None = None
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
    date_at : int, optional
        Column of dates: a line within a cell that has a date there is a row, too.

    Raises
    ------
    ConfigError
        With the line of the quote and how many lines it swallows.
    """
    import csv

    with open_binary(path, where, most_megabytes) as stream:
        if not any(b'"' in block for block in iter(lambda: stream.read(SNIFFED_BYTES), b"")):
            return
    with open_binary(path, where, most_megabytes) as raw:
        reader = csv.reader(io.TextIOWrapper(raw, "utf-8", errors="replace", newline=""), delimiter=delimiter)
        line, longest = 1, False
        while not longest:
            try:
                record = next(reader)
            except StopIteration:
                return
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


def first_lines(path: Path, where: str, most_megabytes: int) -> tuple[list[str], int, str | None, bool]:
    """Return the first lines that hold something.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        As for :func:`open_binary`.

    Returns
    -------
    lines : list of str
    skipped : int
        Lines before the first of them: blank ones, and Excel's ``sep=;``.
    announced : str or None
        Sign between columns as such a line gives it.
    whole : bool
        Whether that is the whole file.

    Raises
    ------
    ConfigError
        If the file cannot be read, is no text, or has only blank lines.
    """
    try:
        with open_binary(path, where, most_megabytes) as stream:
            raw = stream.read(SNIFFED_BYTES)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; give a text file that may be read") from None
    if raw[:2] == b"PK":
        raise ConfigError(f"{where} is a workbook or an archive; save its table as CSV in UTF-8")
    if b"\0" in raw:
        raise ConfigError(f"{where} is no UTF-8 text (it holds zero bytes); save it as CSV in UTF-8")
    whole = len(raw) < SNIFFED_BYTES
    text = raw.decode("utf-8-sig", errors="replace")
    lines, before, announced = first_content(text)
    if not lines:
        raise ConfigError(f"{where} has only blank lines; give a file with a row for each line of its table")
    return lines if whole or len(lines) == 1 else lines[:-1], before, announced, whole


def first_content(text: str) -> tuple[list[str], int, str | None]:
    r"""Return the lines of a text that hold something, how many lines are before them, and the sign of ``sep=;``.

    Examples
    --------
    >>> first_content("sep=;\r\n\r\na;b\r\n")
    (['a;b'], 1, ';')
    """
    every = re.split(r"\r\n|\n|\r", text)
    before = next((at for at, line in enumerate(every) if line.strip()), 0)
    announced = re.fullmatch(r"sep=(.)", every[before].strip(" "))
    if announced:
        before += 1
    return [line for line in every[before:] if line.strip()], before, announced[1] if announced else None


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
        widths = [len(split_line(line, sign)) for line in lines]
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


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, without blanks around them."""
    if delimiter == WHITESPACE:
        return line.split()
    import csv

    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


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
