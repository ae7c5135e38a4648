"""Quotes: whether every quoted cell of a text ends in its line, told without splitting it into cells."""

from __future__ import annotations

import codecs
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["quotes_end_in_their_lines"]

_BLOCK_BYTES = 1 << 20
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


def quotes_end_in_their_lines(stream: BinaryIO, delimiter: str, longest: int) -> bool:
    r"""Return whether each quoted cell begins behind a delimiter, ends before one, and does so in one line.

    Parameters
    ----------
    stream : binary file
        UTF-8.
    delimiter : str
        Sign between columns.
    longest : int
        Bytes of a line; a longer one is not looked into.

    Returns
    -------
    bool
        False also where that cannot be told so simply: what splits the text into cells must say then.

    Examples
    --------
    >>> import io
    >>> texts = [b'a,"b ""c"", d",e\n"f",g\n', b'a,"b\nc"\n', b'5" disc,6" disc\n']
    >>> [quotes_end_in_their_lines(io.BytesIO(text), ",", 100) for text in texts]
    [True, False, False]
    """
    sign = delimiter.encode()
    rest = b""
    while len(sign) == 1:
        read = stream.read(_BLOCK_BYTES)
        block = (rest + read).removeprefix(codecs.BOM_UTF8)
        cut = block.rfind(b"\n") + 1 if read else len(block)
        rest = block[cut:] if b'"' in block[cut:] else block[cut:][-1:]
        if len(rest) > longest or not _is_simple(block[:cut], sign[0], longest):
            break
        if not read:
            return True
    return False


def _is_simple(text: bytes, sign: int, longest: int) -> bool:
    block: NDArray[np.uint8] = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(block == _QUOTE)
    if not quotes.size:
        return True
    lines = np.flatnonzero(block == _NEWLINE)
    # The end of a line may also be a carriage return alone.
    if quotes.size % 2 or text.count(b"\r") != text.count(b"\r\n"):
        return False
    if np.diff(lines, prepend=-1, append=block.size).max() > longest:
        return False
    opened, closed = quotes[::2], quotes[1::2]
    before = np.where(opened == 0, _NEWLINE, block[opened - 1])
    behind = np.where(closed == block.size - 1, _NEWLINE, block[np.minimum(closed + 1, block.size - 1)])
    return bool(
        np.isin(before, (sign, _NEWLINE, _QUOTE)).all()
        and np.isin(behind, (sign, _NEWLINE, _RETURN, _QUOTE)).all()
        and (np.searchsorted(lines, opened) == np.searchsorted(lines, closed)).all()
    )
