"""Names: what users call things, cut or broken to fit a figure or a table, or made part of a file name."""

from __future__ import annotations

import re
from textwrap import wrap

__all__ = ["short", "slug", "wrapped"]


def short(text: str, width: int = 18) -> str:
    """Cut a name that would not fit, marking the cut.

    Examples
    --------
    >>> short("Vibrant Veronica", 10)
    'Vibrant V…'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def wrapped(text: str, width: int = 17, lines: int = 2) -> str:
    r"""Break a name into lines, and cut what does not fit.

    Parameters
    ----------
    text : str
        The name.
    width : int
        Letters a line.
    lines : int
        At most so many lines.

    Returns
    -------
    str
        The lines, separated by line breaks.

    Examples
    --------
    >>> wrapped("Vibrant Veronica, exercise enthusiast")
    'Vibrant Veronica,\nexercise…'
    """
    return "\n".join(wrap(" ".join(text.split()), width, max_lines=lines, placeholder="…"))


def slug(name: str) -> str:
    """Turn a name into part of a file name.

    Examples
    --------
    >>> slug("A/B <test>")
    'A-B-test'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40] or "unnamed"
