"""Plates: figures as files of their own and as parts of a page, and the environment that pages are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from sim.number_format import FILTERS
from sim.reports.figures import Picture
from sim.reports.style import svg_text

__all__ = ["draw_plates", "environment"]

_GLYPH = re.compile(r'\s*<path id="(DejaVuSans[^"]*)"[^>]*/>')


def environment() -> Environment:
    """Return the environment of every page: text is escaped, an unknown name is an error, numbers are formatted."""
    made = Environment(
        loader=PackageLoader("sim.reports", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_signed,
    )
    made.filters.update(FILTERS)
    return made


def draw_plates(pictures: Iterable[Picture], folder: Path) -> tuple[list[dict[str, Any]], Markup]:
    """Write every picture to ``folder/figures/NAME.svg``; return them for a page, and the letters that they share."""
    drawn = folder / "figures"
    drawn.mkdir(exist_ok=True)
    glyphs: dict[str, str] = {}
    plates: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        text = svg_text(picture.figure)
        (drawn / f"{picture.name}.svg").write_text(text, encoding="utf-8")
        plates.append(_plate(picture, text, f"f{number}", glyphs))
    return plates, Markup("".join(glyphs.values()))


def _plate(picture: Picture, text: str, prefix: str, glyphs: dict[str, str]) -> dict[str, Any]:
    """Make a figure's SVG fit into a page: no prolog, no addresses, ids of its own, letters shared with the others."""
    for found in _GLYPH.finditer(text):
        glyphs.setdefault(found.group(1), found.group(0).strip())
    text = _GLYPH.sub("", text)
    text = re.sub(r"^.*?(?=<svg)", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace("xlink:href=", "href=")
    text = re.sub(r'\bid="(?!DejaVuSans)', f'id="{prefix}-', text)
    text = re.sub(r'href="#(?!DejaVuSans)', f'href="#{prefix}-', text)
    text = text.replace("url(#", f"url(#{prefix}-")
    box = re.search(r'viewBox="([^"]+)"', text)
    view = box.group(1) if box else "0 0 360 240"
    opening = f'<svg class="drawing" viewBox="{escape(view)}" role="img" aria-label="{escape(picture.alt)}">'
    text = re.sub(r"<svg[^>]*>", lambda _: opening, text, count=1)
    return {
        "name": picture.name,
        "section": picture.section,
        "alt": picture.alt,
        "reading": picture.reading,
        "svg": Markup(text),
    }


def _signed(value: object) -> object:
    """Tie a minus to its number wherever a page prints one: a browser may break the line between them."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.replace("\u2212", "\u2212\u2060") if "\u2060" not in value else value
    return value
