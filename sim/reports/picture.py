"""Picture: a figure of a report with its name, what it shows and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture"]


class Picture(NamedTuple):
    """A figure of a report: its file name without ending, the figure, what it shows, how to read it, its section.

    In place of the figure may stand the text of its SVG, where it is drawn already.
    """

    name: str
    figure: Figure | str
    alt: str
    reading: str
    section: str
