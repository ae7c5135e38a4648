"""Text blocks: a table of text read block by block, the columns asked for as text, whatever the table is for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, get_ident
from time import sleep
from typing import Any

from sim.data.text_file import not_utf8, open_cells, reason_of
from sim.scenario.errors import ConfigError

__all__ = ["LinesRead", "text_blocks"]

#: Thousandths of a second that a thread of Arrow is waited for: it may be so far ahead that it does not read again.
_LONGEST_WAIT = 100


@dataclass(slots=True)
class LinesRead:
    """Counts the lines of a text while it is read, so that rows of several lines are known without a look at quotes."""

    ends: int = 0
    #: Carriage returns that do not belong to the end of a line; they may be one.
    returns: int = 0
    _last: bytes = b""

    def add(self, block: bytes) -> None:
        """Take the next bytes of the text."""
        self.ends += block.count(b"\n")
        if b"\r" in block or self._last == b"\r":
            self.returns += block.count(b"\r") - block.count(b"\r\n")
            self.returns -= self._last == b"\r" and block[:1] == b"\n"
        self._last = block[-1:] or self._last

    def are_rows(self, rows: int) -> bool:
        r"""Return whether each line is surely a row of its own, as there are so many rows.

        Examples
        --------
        >>> lines = LinesRead()
        >>> for block in (b"a,b\r", b"\nc,d\n", b"e,f"):
        ...     lines.add(block)
        >>> lines.are_rows(3), lines.are_rows(2)
        (True, False)
        """
        return not self.returns and rows == self.ends + (self._last not in (b"", b"\n"))


class _EndedStream:
    """A stream whose lines are counted as they are read, and that can be ended.

    Arrow reads ahead on a thread of its own. One that calls Python while the interpreter ends aborts the process.
    """

    def __init__(self, stream: Any, lines: LinesRead | None) -> None:
        self._stream, self._lines, self.close = stream, lines, stream.close
        self._lock, self._ended, self._is_over = Lock(), False, False
        self._readers: set[int] = set()

    def end(self) -> None:
        """Give no more, and wait until those who read have gone.

        Who was given nothing reads no further, and Python knows of a thread of Arrow only while it calls. A thread
        that is far enough ahead does not read again: it is waited for no longer than is set.
        """
        with self._lock:
            self._ended = True
        others = self._readers - {get_ident()}
        for _ in range(_LONGEST_WAIT):
            if not others or (self._is_over and others.isdisjoint(sys._current_frames())):
                return
            sleep(0.001)

    @property
    def closed(self) -> bool:
        return bool(self._stream.closed)

    def readable(self) -> bool:
        return True

    def read(self, most: int = -1) -> bytes:
        self._readers.add(get_ident())
        with self._lock:
            block: bytes = b"" if self._ended else self._stream.read(most)
            self._is_over = not block
            if self._lines is not None and not self._ended:
                self._lines.add(block)
        return block


def text_blocks(
    path: Path,
    where: str,
    delimiter: str,
    *,
    width: int,
    kept: Sequence[int],
    skipped: int,
    refuse: Callable[[Any], str],
    most_megabytes: int,
    block_bytes: int,
    encoding: str | None = None,
    lines: LinesRead | None = None,
) -> Iterator[Any]:
    """Yield record batches of the columns asked for, every cell as text.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    delimiter : str
        As :func:`sim.data.text_file.find_delimiter` found it.
    width : int
        Columns of a row.
    kept : sequence of int
        Places of the columns asked for, in the order of the batches' columns.
    skipped : int
        Lines before the first row.
    refuse : callable
        Told of every row of another width; returns "skip".
    most_megabytes : int
        As for :func:`sim.data.text_file.open_binary`.
    block_bytes : int
        Of a block, at least; no row may be longer.
    encoding : str, optional
        As for :func:`sim.data.text_file.open_binary`.
    lines : LinesRead, optional
        Takes what is read.

    Yields
    ------
    pyarrow.RecordBatch

    Raises
    ------
    ConfigError
        If the file cannot be read, is not UTF-8, or has a row that is too long.
    """
    import pyarrow
    from pyarrow import csv

    names = [f"column{at}" for at in range(width)]
    stream, sign = open_cells(path, where, delimiter, most_megabytes, encoding)
    source = _EndedStream(stream, lines)
    reader = None
    try:
        reader = csv.open_csv(
            source,
            read_options=csv.ReadOptions(
                column_names=names, skip_rows=skipped, block_size=block_bytes, use_threads=False
            ),
            parse_options=csv.ParseOptions(delimiter=sign, newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=csv.ConvertOptions(
                include_columns=[names[at] for at in kept],
                column_types=dict.fromkeys(names, pyarrow.string()),
                strings_can_be_null=False,
            ),
        )
        yield from reader
    except pyarrow.ArrowInvalid as error:
        reason = reason_of(error)
        if "Empty CSV" in reason:
            return
        if "UTF8" in reason or "UTF-8" in reason:
            raise not_utf8(path, where, most_megabytes) from None
        if "straddling" in reason:
            most = block_bytes >> 20
            raise ConfigError(f"{where} has a row of more than {most} MB; see to its quotes and line ends") from None
        raise ConfigError(
            f"{where} cannot be read: {reason}; see that every row has the columns of the first"
        ) from None
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; give a text file that may be read") from None
    finally:
        source.end()
        # It waits for its thread when it is dropped, and the thread for Python.
        del reader
