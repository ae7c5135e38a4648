"""Picture: a figure of a report with its name, what it shows and how to read it."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.figure import Figure

__all__ = ["Picture"]


class Picture(NamedTuple):
    """A figure of a report: its file name without ending, the figure, what it shows, how to read it, its section."""

    name: str
    figure: Figure
    alt: str
    reading: str
    section: str
