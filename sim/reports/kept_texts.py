"""Kept texts: how texts of figures are laid out, in the user's cache: a label is laid out once, not in each report.

Most texts of a report stand in the next one too: names of stages, arms and metrics, ticks, short numbers. To lay one
out, that is to find which glyph stands where and how large the whole is, takes as long as all else that is done to draw
it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from mmap import mmap
from pathlib import Path
from typing import NamedTuple

from agents.cache_home import cache_home
from agents.kept_files import read_kept, write_kept

__all__ = ["FontTexts", "TextLayout"]

#: Where they lie in the cache.
TEXTS = "texts"
#: So many fonts, each with so many texts: those of two reports.
MOST_KEPT, MOST_TEXTS = 12, 400


class TextLayout(NamedTuple):
    """A text in a font of 100 points: its size, its glyphs by number, and how far from its start each stands.

    All lengths are whole numbers of FreeType's units, 64 a point.
    """

    width: int
    height: int
    descent: int
    glyphs: list[int]
    places: list[int]


@dataclass
class FontTexts:
    """The texts laid out in one font.

    Attributes
    ----------
    font : bytes-like, optional
        What its file holds; where nobody knows, its texts are not kept for other processes.
    made_by : str
        What lays it out, with version.
    """

    font: bytes | mmap | None
    made_by: str
    _are_new: bool = field(default=False, init=False)

    def find(self, text: str) -> TextLayout | None:
        """Return how a text is laid out, or None where it is not known."""
        found = self._known.pop(text, None)
        if found is not None:
            self._known[text] = found  # those that were used last stand at the end
        return found

    def add(self, text: str, laid_out: TextLayout) -> None:
        """Remember how a text is laid out."""
        self._known[text] = laid_out
        self._are_new = True

    def keep(self) -> None:
        """Keep what is new for other processes."""
        if self._are_new and self._file is not None:
            self._are_new = False
            last = dict(list(self._known.items())[-MOST_TEXTS:])
            write_kept(self._file, json.dumps(last).encode(), MOST_KEPT)

    @cached_property
    def _known(self) -> dict[str, TextLayout]:
        body = None if self._file is None else read_kept(self._file)
        try:
            return {} if body is None else {text: TextLayout(*found) for text, found in json.loads(body).items()}
        except (ValueError, TypeError, AttributeError):
            return {}

    @cached_property
    def _file(self) -> Path | None:
        if self.font is None:
            return None
        digest = hashlib.sha256(self.made_by.encode())
        digest.update(self.font)
        return Path(cache_home()) / TEXTS / digest.hexdigest()
