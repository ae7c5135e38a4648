"""Terminal: the one gate through which everything is printed, so that no name or title can steer a terminal."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TextIO

from sim.number_format import ascii_text

__all__ = ["clean", "complain", "complain_once", "is_ascii", "say", "say_row"]

#: A whole escape sequence (colour, title, link), so that its letters do not stay behind; or any single control sign.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)


def clean(text: object, *, ascii_only: bool = False) -> str:
    r"""Return one line of text without escape sequences and control characters.

    Parameters
    ----------
    text : object
        What is shown as a string.
    ascii_only : bool
        Whether to replace signs that a terminal without UTF-8 cannot show.

    Examples
    --------
    >>> clean("a\x1b[31mred\x1b[0m\tb\n")
    'a red  b '
    """
    line = str(text)
    if not line.isprintable():
        line = "".join(
            sign if sign.isprintable() or unicodedata.category(sign) == "Zs" else " " for sign in _ESCAPE.sub(" ", line)
        )
    return ascii_text(line) if ascii_only else line


def is_ascii(stream: TextIO) -> bool:
    """Whether a stream can show no more than ASCII."""
    return not (stream.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def say(*texts: object, stream: TextIO | None = None) -> None:
    """Print texts, each from a line of its own; a line break within a text stays, every other control sign goes.

    At a terminal, lines that are wider than it are broken between words; elsewhere they stay as they are.
    """
    out = sys.stdout if stream is None else stream
    width = shutil.get_terminal_size().columns if out.isatty() else 0
    for text in texts:
        for part in str(text).split("\n"):
            line = clean(part, ascii_only=is_ascii(out))
            lines = textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) if width > 0 else []
            out.write("\n".join(lines if len(line) > width and lines else [line]) + "\n")
    out.flush()


def say_row(cells: Iterable[Any], stream: TextIO | None = None) -> None:
    """Print one row of a table for other programs: cells with tabs between, an empty one for null."""
    out = sys.stdout if stream is None else stream
    out.write("\t".join("" if cell is None else clean(cell, ascii_only=is_ascii(out)) for cell in cells) + "\n")


def complain(message: str) -> None:
    """Print one message on standard error."""
    say(f"journey: {message}", stream=sys.stderr)


@lru_cache(maxsize=1000)
def complain_once(message: str) -> None:
    """Print one message on standard error, the first time alone."""
    complain(message)
