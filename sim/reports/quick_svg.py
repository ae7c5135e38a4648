"""Quick SVG: elements are written in one piece, without the comments and the indentation that a figure does without.

Matplotlib repeats each text as a comment, indents each line by its depth, and looks for signs to be escaped in every
name and number; :func:`sim.reports.style.svg_text` takes comments and blanks out again. What is left is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO

__all__ = ["quicken_svg"]


def quicken_svg() -> None:
    """Have the matplotlib that is loaded write SVG quickly; another release writes as it does by itself."""
    from matplotlib.backends import backend_svg

    quote = getattr(backend_svg, "_quote_escape_attrib", None)
    escape = getattr(backend_svg, "_escape_cdata", None)
    if quote is None or escape is None or not hasattr(backend_svg, "_XMLWriter"):
        return
    setattr(backend_svg, "_XMLWriter", lambda file: _Writer(file, quote, escape))  # noqa: B010 -- no name for mypy


class _Writer:
    """What matplotlib writes its elements with: the same calls, and the same lines but for blanks and comments."""

    def __init__(self, file: IO[str], quote: Callable[[str], str], escape: Callable[[str], str]) -> None:
        self._write, self._quote, self._escape = file.write, quote, escape
        self._tags: list[str] = []
        self._data = ""
        self._is_open = False

    def start(self, tag: str, attrib: Mapping[str, str] | None = None, **extra: str) -> int:
        """Open an element, and return what closes it."""
        self._finish(">\n")
        self._tags.append(tag)
        self._write(f"<{tag}{self._attributes(attrib or {})}{self._attributes(extra)}")
        self._is_open = True
        return len(self._tags) - 1

    def element(self, tag: str, text: str | None = None, attrib: Mapping[str, str] | None = None, **extra: str) -> None:
        """Write an element with nothing in it but text."""
        if text:
            self.start(tag, attrib, **extra)
            self.data(text)
            self.end(indent=False)
            return
        self._finish(">\n")
        self._write(f"<{tag}{self._attributes(attrib or {})}{self._attributes(extra)}/>\n")

    def _attributes(self, attributes: Mapping[str, str]) -> str:
        return "".join([f" {name}={self._quoted(value)}" for name, value in attributes.items() if value])

    def _quoted(self, value: str) -> str:
        if '"' in value or "&" in value or "<" in value or ">" in value:
            return self._quote(value)
        return f'"{value}"'

    def _finish(self, opening: str) -> None:
        if self._is_open:
            self._write(opening)
            self._is_open = False
        if self._data:
            self._write(self._escape(self._data))
            self._data = ""

    def comment(self, comment: str) -> None:
        """Leave a comment out."""
        self._finish(">\n")

    def data(self, text: str) -> None:
        """Add text to the element that is open."""
        self._data += text

    def end(self, tag: str | None = None, indent: bool = True) -> None:
        """Close the element that was opened last."""
        tag = self._tags.pop()
        if self._data:
            self._finish(">\n" if indent else ">")
        elif self._is_open:
            self._is_open = False
            self._write("/>\n")
            return
        self._write(f"</{tag}>\n")

    def close(self, id: int) -> None:
        """Close all elements down to one."""
        while len(self._tags) > id:
            self.end()

    def flush(self) -> None:
        """Have nothing to do: what is written is in memory."""
