"""Quick text: fonts lie in memory, and what matplotlib asks of them for every text is asked once.

Half of the time that text takes goes into reading the font through Python: a seek and a read for each part of a glyph
that is loaded. Which files a font's properties name, and how high its lines are, is looked up again for every text,
though a report has a dozen fonts. What is drawn is the same.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from copy import copy
from functools import cache
from types import ModuleType
from typing import Any

__all__ = ["quicken_text"]


def quicken_text() -> None:
    """Have the matplotlib that is loaded draw text quickly; what another release does otherwise it does by itself."""
    from matplotlib import font_manager, text

    if hasattr(font_manager, "ft2font"):
        setattr(font_manager, "ft2font", _MappedFonts(font_manager.ft2font))  # noqa: B010 -- a module's name is fixed for mypy
    find = getattr(font_manager.FontManager, "_find_fonts_by_props", None)
    if find is not None:
        setattr(font_manager.FontManager, "_find_fonts_by_props", _remembering(find))  # noqa: B010
    if hasattr(text, "get_font"):
        open_font = text.get_font
        tables = cache(lambda paths: _LineHeights(open_font, paths))
        setattr(text, "get_font", lambda paths: tables(tuple(paths)))  # noqa: B010


class _MappedFonts:
    """The module of fonts, which opens those that are drawn with from a map of their file."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def FT2Font(self, file: Any, *words: Any, **names: Any) -> Any:
        """Open a font. One that is only looked at, for a list of all, is not drawn with and tells its file's name."""
        if "_kerning_factor" in names and isinstance(file, str):
            with open(file, "rb") as font:
                file = mmap.mmap(font.fileno(), 0, access=mmap.ACCESS_READ)
        return self._module.FT2Font(file, *words, **names)


def _remembering(find: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Remember which files were found."""
    found: dict[Any, list[Any]] = {}

    def remembered(self: Any, properties: Any, *words: Any, **names: Any) -> list[Any]:
        if words or names:
            return find(self, properties, *words, **names)
        if properties not in found:
            # A copy: whoever asked may change theirs.
            found[copy(properties)] = find(self, properties)
        return found[properties]

    return remembered


class _LineHeights:
    """A font for who asks how high its lines are: tables are read once."""

    def __init__(self, open_font: Callable[[Sequence[Any]], Any], paths: Sequence[Any]) -> None:
        self._open_font, self._paths = open_font, paths
        self._tables: dict[str, Any] = {}

    def get_sfnt_table(self, name: str) -> Any:
        """Return a table of the font's file, or None where it has none of that name."""
        if name not in self._tables:
            self._tables[name] = self._open_font(self._paths).get_sfnt_table(name)
        return self._tables[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._open_font(self._paths), name)
