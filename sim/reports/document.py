r"""Document: the report of a verb, one file that opens offline, without any script.

A report
--------
The words stand in ``sim/reports/templates``, as whole sentences with slots (those of a comparison's verdict
in :mod:`sim.analysis.verdict`):

``VERB.txt.jinja``
    What the terminal prints, a paragraph a line; :func:`text_lines` fills it. The same lines lead the page.
``VERB.html.jinja``
    The page. It extends ``base.html.jinja`` (title, facts, lead, how to run it again), and fills ``block main`` with
    ``<section>``, ``<h2>`` and ``<p>``. ``macros.html.jinja`` has ``table`` for a :class:`Table` and ``drawings``
    for figures: ``{{ drawings(figures | selectattr("section", "equalto", "money") | list) }}``.

Slots hold numbers, not words: templates format them with the filters of :mod:`sim.number_format`, such as
``{{ share | percent }}`` or ``{{ gain | money(currency, sign=True) }}``. An unknown slot is an error.
In Python a report is a :class:`Document`: its template, the lead, the slots and the pictures.
A document without a template of its own shows title, facts and lead, by ``base.html.jinja``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from sim.number_format import FILTERS, listed, tied
from sim.reports.kept_templates import KeptTemplates
from sim.reports.labels import sentence, titled
from sim.reports.picture import Picture
from sim.reports.svg import write_figures

__all__ = ["Document", "Table", "text_lines", "write_document", "write_page"]

#: Signs of a text that stands on one line, so that its column is as narrow as it is.
_ONE_LINE = 24


def kind_of_words(text: str) -> str:
    """Return how a text is set in a table: `short`, in one line, or `words`, in as many lines as it takes."""
    return "short" if len(text) <= _ONE_LINE else "words"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; numbers are written out by who knows what they mean.

    ``head`` names the columns, every row has a cell for each. ``words`` are the columns (by position) that hold text
    and so are set flush left; the first always is. ``short`` are those that stand on one line however long they are.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    words: tuple[int, ...] = ()
    short: tuple[int, ...] = ()

    def kind(self, column: int, cell: str) -> str:
        """Return how a cell is set: flush left in as many lines as it takes (`words`) or in one (`short`); numbers ''.

        Examples
        --------
        >>> table = Table(("Stage", "Visits"), (("Home", "654"),))
        >>> table.kind(0, "Home"), table.kind(0, "a sentence of several words"), table.kind(1, "654")
        ('short', 'words', '')
        """
        if column in self.short:
            return "short"
        return kind_of_words(cell) if column == 0 or column in self.words else ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report.

    Attributes
    ----------
    title : str
        Heading of the page.
    lead : tuple of str
        The verdict in plain words, a paragraph each.
    facts : str
        One line of what was run.
    template : str
        Name of its template, without ``.html.jinja``.
    pictures : tuple of Picture
        Figures that the template shows, as ``figures``.
    slots : mapping
        What else the template is filled with.
    """

    title: str
    lead: tuple[str, ...]
    facts: str = ""
    template: str = "base"
    pictures: tuple[Picture, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)


def write_document(document: Document, folder: Path, name: str = "report.html") -> Path:
    """Write every picture of a document into ``folder/figures`` and its page.

    Parameters
    ----------
    document : Document
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
    return write_page(
        document.template,
        folder,
        document.pictures,
        name,
        title=document.title,
        facts=document.facts,
        lead=document.lead,
        **document.slots,
    )


def write_page(
    template: str, folder: Path, pictures: Iterable[Picture], name: str = "report.html", /, **slots: Any
) -> Path:
    """Write pictures into ``folder/figures`` and a page from a template.

    Parameters
    ----------
    template : str
        Name of the template, without ``.html.jinja``.
    folder : Path
        An existing folder, with or without a `manifest.json`.
    pictures : iterable of Picture
        Figures of the page; the template knows them as ``figures``.
    name : str
        File name of the page.
    **slots
        What the template is filled with.

    Returns
    -------
    Path
        The page.
    """
    figures, glyphs = write_figures(pictures, folder)
    filled = {**_provenance(folder), **slots}
    page = _environment(html=True).get_template(f"{template}.html.jinja")
    place = folder / name
    place.write_text(page.render(figures=figures, glyphs=glyphs, **filled), encoding="utf-8")
    return place


def text_lines(template: str, **slots: Any) -> list[str]:
    """Fill a template of plain text.

    Parameters
    ----------
    template : str
        Name of the template, without ``.txt.jinja``.
    **slots
        What the template is filled with.

    Returns
    -------
    list of str
        Its paragraphs, one for every line that is not blank.
    """
    text = _environment(html=False).get_template(f"{template}.txt.jinja").render(**slots)
    return [line.strip() for line in text.splitlines() if line.strip()]


def _environment(*, html: bool) -> Environment:
    """Return what templates are filled in: on a page all text is escaped; an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("sim.reports"),
        autoescape=select_autoescape(default=html, default_for_string=html),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_tied if html else None,
        bytecode_cache=KeptTemplates("html" if html else "text"),
    )
    made.filters.update(FILTERS)
    made.filters.update(kind_of_words=kind_of_words, listed=listed, sentence=sentence, titled=titled)
    made.globals.update(Table=Table)
    return made


def _tied(value: object) -> object:
    return tied(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _provenance(folder: Path) -> dict[str, Any]:
    """Return what runs this again. No date: the same run writes the same page."""
    place = folder / "manifest.json"
    manifest = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
    return {key: manifest.get(key) or "" for key in ("verb", "version", "git_commit", "config_hash")}
