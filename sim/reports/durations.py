"""Durations: how long something takes, as people write it."""

from __future__ import annotations

from sim.number_format import decimal

__all__ = ["duration"]


def duration(seconds: float) -> str:
    """Write a time in the largest unit of which it has two.

    Parameters
    ----------
    seconds : float
        0 or more.

    Returns
    -------
    str

    Examples
    --------
    >>> duration(90), duration(7200), duration(864000)
    ('90 s', '2.0 h', '10.0 d')
    """
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{decimal(seconds / size, 1)} {unit}"
    return f"{decimal(seconds, 0)} s"
