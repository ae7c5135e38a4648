"""Quick text: fonts lie in memory, and what matplotlib asks of them for every text is asked once.

Half of the time that text takes goes into reading the font through Python: a seek and a read for each part of a glyph
that is loaded. Which files a font's properties name, and how high its lines are, is looked up again for every text,
though a report has a dozen fonts; and each text is laid out once to be measured and once to be drawn, whatever was laid
out before. What is drawn is the same.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from functools import cache
from inspect import signature
from types import ModuleType
from typing import Any

from sim.reports.kept_texts import FontTexts, TextLayout

__all__ = ["find_texts", "keep_texts", "quicken_text"]

#: FreeType's units of a point.
_UNITS = 64.0
#: What the function that lays out a text is told; another release of matplotlib may tell it otherwise.
_TOLD = ("self", "font", "s", "glyph_map", "return_new_glyphs_only", "features", "language")
#: By the name of its first font, the texts laid out in this process.
_texts: dict[str, FontTexts] = {}


def find_texts() -> None:
    """Find how texts were laid out before, in the fonts of the style that is in force."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    for weight in ("normal", "bold"):
        text_to_path.get_text_width_height_descent("0", FontProperties(weight=weight), False)


def keep_texts() -> None:
    """Keep how texts were laid out, for other processes."""
    for texts in _texts.values():
        texts.keep()


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
    _quicken_layout()


def _quicken_layout() -> None:
    """Lay each text out once that stands wholly in the first of its fonts."""
    import matplotlib
    from matplotlib import ft2font
    from matplotlib.textpath import TextToPath

    names = "get_glyphs_with_font", "get_text_width_height_descent"
    glyphs, size = (getattr(TextToPath, name, None) for name in names)
    if glyphs is None or size is None or tuple(signature(glyphs).parameters) != _TOLD:
        return
    made_by = f"matplotlib {matplotlib.__version__} {ft2font.__freetype_version__}"
    layouts = _Layouts(glyphs, size, ft2font.LoadFlags.NO_HINTING, made_by)
    for name, function in zip(names, (layouts.glyphs_function(), layouts.size_function()), strict=True):
        setattr(TextToPath, name, function)


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
        # Not the size: every font that is drawn with has all sizes.
        key = tuple([value for name, value in vars(properties).items() if name != "_size"])
        if key not in found:
            found[key] = find(self, properties)
        return found[key]

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


class _Layouts:
    """Texts that are laid out wholly in the first of their fonts, so that it does not matter which others there are."""

    def __init__(self, glyphs: Callable[..., Any], size: Callable[..., Any], flags: Any, made_by: str) -> None:
        self._glyphs, self._size, self._flags, self._made_by = glyphs, size, flags, made_by
        self._outlines: dict[str, Any] = {}

    def size_function(self) -> Callable[..., Any]:
        """Return what measures a text."""

        def size(converter: Any, s: str, prop: Any, ismath: Any) -> Any:
            if ismath:
                return self._size(converter, s, prop, ismath)
            font = converter._get_font(prop)
            found = self._found(font, s) or self._laid_out(converter, font, s, prop)
            if found is None:
                return self._size(converter, s, prop, ismath)
            scale = prop.get_size_in_points() / converter.FONT_SCALE
            width, height, descent = (units / _UNITS * scale for units in found[:3])
            return width, height, descent

        return size

    def glyphs_function(self) -> Callable[..., Any]:
        """Return what says which glyphs stand where, and how those look that are new."""

        def glyphs(
            converter: Any, font: Any, s: str, glyph_map: Any = None, return_new_glyphs_only: bool = False, **how: Any
        ) -> Any:
            found = None if any(how.values()) or not return_new_glyphs_only else self._found(font, s)
            if found is None:
                return self._glyphs(converter, font, s, glyph_map, return_new_glyphs_only, **how)
            names = [converter._get_glyph_repr(font, glyph) for glyph in found.glyphs]
            new = {
                name: self._outline(font, name, glyph)
                for name, glyph in zip(names, found.glyphs, strict=True)
                if name not in (glyph_map or ())
            }
            places = [units / _UNITS for units in found.places]
            return [(name, x, 0.0, 1.0) for name, x in zip(names, places, strict=True)], new, []

        return glyphs

    def _found(self, font: Any, text: str) -> TextLayout | None:
        name = font.postscript_name
        if name not in _texts:
            _texts[name] = FontTexts(font.fname if isinstance(font.fname, mmap.mmap) else None, self._made_by)
        return _texts[name].find(text)

    def _laid_out(self, converter: Any, font: Any, text: str, properties: Any) -> TextLayout | None:
        """Lay a text out; None where it takes another font, or a sign is in none, or one stands above the line."""
        said, _, _ = self._glyphs(converter, font, text, {}, True)
        own = converter._get_glyph_repr(font, 0).removesuffix("0")
        named = (name.rpartition("-") for name, *_ in said)
        glyphs = [int(glyph, 16) if f"{of}-" == own else 0 for of, _, glyph in named]
        properties = properties.copy()
        properties.set_size(converter.FONT_SCALE)
        lengths = [*self._size(converter, text, properties, False), *(x for _, x, _, _ in said)]
        units = [round(length * _UNITS) for length in lengths]
        if 0 in glyphs or any(y for _, _, y, _ in said) or [number / _UNITS for number in units] != lengths:
            return None
        width, height, descent, *places = units
        found = TextLayout(width, height, descent, glyphs, places)
        _texts[font.postscript_name].add(text, found)
        return found

    def _outline(self, font: Any, name: str, glyph: int) -> Any:
        if name not in self._outlines:
            font.load_glyph(glyph, flags=self._flags)
            self._outlines[name] = font.get_path()
        return self._outlines[name]
