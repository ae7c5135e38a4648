"""Text width: how many columns of a terminal a text takes; letters of East Asia take two, combining marks none."""

from __future__ import annotations

import textwrap
import unicodedata

__all__ = ["display_width", "padded", "wrapped_lines"]

#: Categories of signs that stand upon or within the one before.
_UPON = ("Mn", "Me", "Cf")


def display_width(text: str) -> int:
    """Return how many columns a text takes.

    Parameters
    ----------
    text : str
        One line.

    Examples
    --------
    >>> display_width("Café"), display_width("支払い"), display_width("Cafe\N{COMBINING ACUTE ACCENT}")
    (4, 6, 4)
    """
    return len(text) if text.isascii() else sum(map(_width_of, text))


def padded(text: str, room: int, *, right: bool = False) -> str:
    """Return a text with blanks behind it, or before it, so that it takes as many columns as there is room.

    Parameters
    ----------
    text : str
    room : int
        Columns, >= 0.
    right : bool
        Whether the text ends where the room does.

    Returns
    -------
    str

    Examples
    --------
    >>> padded("支払い", 8), padded("7.5", 5, right=True)
    ('支払い  ', '  7.5')
    """
    blanks = " " * max(0, room - display_width(text))
    return blanks + text if right else text + blanks


def wrapped_lines(text: str, room: int, *, first: str = "", further: str = "") -> list[str]:
    """Return a text as lines that take no more columns than there is room, broken between words.

    A word without room on a line of its own is broken between its letters.

    Parameters
    ----------
    text : str
    room : int
        Columns, >= 2.
    first, further : str
        What the first line and each further one begin with.

    Returns
    -------
    list of str

    Examples
    --------
    >>> wrapped_lines("buys 東京ストア for $12", 12)
    ['buys', '東京ストア', 'for $12']
    >>> wrapped_lines("支払い方法", 4)
    ['支払', 'い方', '法']
    """
    if text.isascii() or all(_width_of(letter) == 1 for letter in text):
        return textwrap.wrap(text, room, initial_indent=first, subsequent_indent=further)
    lines: list[str] = []
    line, blank = first, ""
    for word in (piece for long in text.split() for piece in _pieces(long, room - display_width(further))):
        if blank and display_width(line + blank + word) > room:
            lines.append(line)
            line, blank = further, ""
        line, blank = line + blank + word, " "
    return [*lines, line] if blank else lines


def _pieces(word: str, room: int) -> list[str]:
    """Return a word, in parts where it takes more columns than there is room."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and display_width(pieces[-1] + letter) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _width_of(letter: str) -> int:
    if unicodedata.category(letter) in _UPON:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1
