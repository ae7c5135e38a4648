"""Names: what users call things, cut or broken to fit a figure or a table, or made part of a file name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from textwrap import wrap

__all__ = ["short", "short_apart", "slug", "wrapped"]


def short(text: str, width: int = 18) -> str:
    """Cut a name that would not fit, marking the cut.

    Examples
    --------
    >>> short("Vibrant Veronica", 10)
    'Vibrant V…'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def short_apart(texts: Sequence[str], width: int) -> tuple[str, ...]:
    """Cut names that would not fit so that no two look alike: in the middle where their beginnings are the same.

    Examples
    --------
    >>> short_apart(["Confirmation of receipt sent", "Confirmation of receipt read", "Pay"], 17)
    ('Confirma…ipt sent', 'Confirma…ipt read', 'Pay')
    """
    cut = [short(text, width) for text in texts]
    alike = Counter(cut)
    for at, text in enumerate(texts):
        if alike[cut[at]] > 1:
            flat, end = " ".join(text.split()), (width - 1) // 2
            cut[at] = flat if len(flat) <= width else f"{flat[: width - 1 - end].rstrip()}…{flat[-end:].lstrip()}"
    taken: dict[str, None] = {}
    for name in cut:
        unique, number = name, 1
        while unique in taken:
            number += 1
            unique = f"{short(name, width - 1 - len(str(number)))} {number}"
        taken[unique] = None
    return tuple(taken)


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
