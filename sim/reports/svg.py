"""SVG: figures as files of their own and as parts of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from sim.reports.picture import Picture

__all__ = ["svg_of", "write_figures"]

# Expressions begin with letters that are looked for quickly: with a blank of any kind they took ten times as long.
_GLYPH = re.compile(r'<path id="(DejaVuSans[^"]*)"[^>]*/>\n?')


def svg_of(picture: Picture) -> str:
    """Return the SVG of a picture."""
    if isinstance(picture.figure, str):
        return picture.figure
    from sim.reports.style import svg_text  # loads what draws

    return svg_text(picture.figure)


def write_figures(pictures: Iterable[Picture], folder: Path) -> tuple[list[dict[str, Any]], Markup]:
    """Write every picture to ``folder/figures/NAME.svg``; return them for a page, and the glyphs that they share."""
    drawn = folder / "figures"
    drawn.mkdir(exist_ok=True)
    glyphs: dict[str, str] = {}
    embedded: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        text = svg_of(picture)
        (drawn / f"{picture.name}.svg").write_text(text, encoding="utf-8")
        embedded.append(_embedded(picture, text, f"f{number}", glyphs))
    return embedded, Markup("".join(glyphs.values()))


def _embedded(picture: Picture, text: str, prefix: str, glyphs: dict[str, str]) -> dict[str, Any]:
    """Make a figure's SVG fit into a page: no prolog, no addresses, ids of its own, glyphs shared with the others."""
    for found in _GLYPH.finditer(text):
        glyphs.setdefault(found.group(1), found.group(0).strip())
    text = _GLYPH.sub("", text)
    text = re.sub(r"^.*?(?=<svg)", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace("xlink:href=", "href=")
    text = re.sub(r' id="(?!DejaVuSans)', f' id="{prefix}-', text)
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
