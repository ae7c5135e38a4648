"""Rows apart: rows from places all over a text file: what its columns say is not told from its beginning alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path

from sim.data.text_file import SNIFFED_BYTES, is_plain, open_binary, split_line, split_lines

__all__ = ["rows_apart"]

#: Places in a file, lines at each, and the bytes that are read there.
_PLACES, _LINES, _BYTES = 48, 32, 1 << 14
#: What is read of a file that must be read from its beginning.
_MOST_MEGABYTES = 8


def rows_apart(
    path: Path, where: str, most_megabytes: int, encoding: str | None, *, after: int, delimiter: str, width: int
) -> list[list[str]]:
    """Return the cells of some rows behind the first ones, from places all over the file.

    Parameters
    ----------
    path : Path
        A file that was found to be text.
    where : str
        Opens every message.
    most_megabytes : int
        As for :func:`sim.data.text_file.open_binary`.
    encoding : str or None
        The same.
    after : int
        Lines at the beginning that were looked at.
    delimiter : str
    width : int
        Of the rows that count: a line within a quoted cell has another one.

    Returns
    -------
    list of list of str
        In their order; of a file that is compressed, or has several bytes a sign, of its first 8 MB.
    """
    size = path.stat().st_size
    if size > SNIFFED_BYTES and is_plain(path, encoding):
        pieces = _pieces(path, size)
        lines = [line for piece in pieces for line in _whole_lines(piece, encoding or "utf-8")]
    else:
        lines = _lines_of_beginning(path, where, most_megabytes, encoding, after)
    # A quote that is open goes over several lines.
    rows = (split_lines([line], delimiter)[0] if '"' in line else [split_line(line, delimiter)] for line in lines)
    found = chain.from_iterable(rows)
    return list(islice((row for row in found if len(row) == width), _PLACES * _LINES))


def _lines_of_beginning(path: Path, where: str, most_megabytes: int, encoding: str | None, after: int) -> list[str]:
    """Return lines that are equally far apart, of as much as is read of a file that must be read from its beginning."""
    try:
        with open_binary(path, where, min(most_megabytes, _MOST_MEGABYTES + 1), encoding) as stream:
            text = stream.read(min(most_megabytes, _MOST_MEGABYTES) * 1_000_000).decode("utf-8", errors="replace")
    except OSError:
        return []  # whoever reads the rows says what is wrong
    behind = [line for line in re.split(r"\r\n|\n|\r", text)[after:-1] if line.strip() and line.count('"') % 2 == 0]
    return behind[:: max(1, len(behind) // (_PLACES * _LINES))]


def _pieces(path: Path, size: int) -> Sequence[bytes]:
    """Return bytes from places that are equally far apart, the last at the end."""
    with path.open("rb") as stream:
        pieces = []
        for place in range(1, _PLACES + 1):
            stream.seek(max(SNIFFED_BYTES, size * place // _PLACES - _BYTES))
            pieces.append(stream.read(_BYTES))
    return pieces


def _whole_lines(piece: bytes, encoding: str) -> list[str]:
    """Return some lines of a piece of a file, without the first and the last, which may be cut."""
    lines = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[1:-1][-_LINES:]
    decoded = (line.decode(encoding, errors="replace") for line in lines)
    return [line for line in decoded if line.strip() and line.count('"') % 2 == 0]
