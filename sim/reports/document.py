"""Sheet: the report of every verb but `compare`, one file that opens offline, without any script."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.number_format import unbroken
from sim.reports.figures import Picture
from sim.reports.svg import draw_plates, environment

__all__ = ["Section", "Sheet", "Table", "write_sheet"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; numbers are written out by who knows what they mean.

    ``head`` names the columns, every row has a cell for each. ``words`` are the columns (by position) that hold text
    and so are set flush left; the first always is.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    words: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a sheet: paragraphs, then tables, then pictures."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report. ``lead`` is the verdict in plain words; ``facts`` one line of what was run."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    facts: str = ""


def write_sheet(sheet: Sheet, folder: Path, name: str = "report.html") -> Path:
    """Draw every picture into ``folder/figures`` and write the page.

    Parameters
    ----------
    sheet : Sheet
        All its text is escaped.
    folder : Path
        An existing folder. Its `manifest.json`, if there is one, tells version and hash for the part on reproducing.
    name : str
        File name of the page.

    Returns
    -------
    Path
        The page.
    """
    plates, glyphs = draw_plates((picture for section in sheet.sections for picture in section.pictures), folder)
    left = iter(plates)
    sections = [
        {
            "heading": section.heading,
            "paragraphs": [unbroken(paragraph) for paragraph in section.paragraphs],
            "tables": section.tables,
            "plates": [next(left) for _ in section.pictures],
        }
        for section in sheet.sections
    ]
    page = (
        environment()
        .get_template("sheet.html.jinja")
        .render(
            title=sheet.title,
            facts=sheet.facts,
            lead=[unbroken(paragraph) for paragraph in sheet.lead],
            sections=sections,
            glyphs=glyphs,
            **_provenance(folder),
        )
    )
    place = folder / name
    place.write_text(page, encoding="utf-8")
    return place


def _provenance(folder: Path) -> dict[str, Any]:
    place = folder / "manifest.json"
    manifest = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
    return {key: manifest.get(key) or "" for key in ("verb", "version", "git_commit", "config_hash")}
