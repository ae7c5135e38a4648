"""Precision: how many replicates make an interval as narrow as was asked for.

A run that stops when its own interval looks narrow stops too often where its mean happens to be large: relative to the
mean, the interval is then narrow. So a pilot with random numbers of its own says how many replicates are needed (Stein
1945, Annals of Mathematical Statistics 16, 243-258, for two samples), and these are fresh. They are a third more than
the pilot says, so that few runs have to go on, which is what bias is left: `benchmarks/precision_stopping.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, isfinite

__all__ = ["FEWEST", "MAX_REPLICATES", "run_until_precise"]

#: No precision is worth more replicates than this. The pilot's replicates are numbered from here on.
MAX_REPLICATES = 1000
#: A pilot begins with so many replicates, and no result has fewer.
FEWEST = 8
#: The pilot ends at this relative half-width, from which the number for a smaller one can be told, or at this many.
_ENOUGH, _LONGEST = 0.3, 128
#: Replicates run over those that the pilot asks for, and by how much they are made more where that was too few.
_MARGIN, _GROWTH = 1.3, 1.5


def run_until_precise(
    precision: float, replicates: int, pilot: Callable[[int], float], run: Callable[[int], float], most: int
) -> float:
    """Run a pilot and then as many fresh replicates as it asks for, more where these are still not enough.

    Parameters
    ----------
    precision : float
        Relative half-width of the interval that is asked for, positive.
    replicates : int
        The result has at least so many.
    pilot, run : callable
        Runs replicates until there are so many, of the pilot and of the result, and returns the relative half-width of
        the interval of all of them; infinity where it is not known.
    most : int
        The result has at most so many.

    Returns
    -------
    float
        Relative half-width of the result's interval; above the precision only with the most replicates.

    Examples
    --------
    >>> counts = []
    >>> def half_width(count):
    ...     counts.append(count)
    ...     return 2.0 / count**0.5
    >>> half_width(run_until_precise(0.25, 8, half_width, half_width, 1000) > 0) and counts[:-1]
    [8, 16, 32, 45, 84]
    """
    wanted, goal = min(FEWEST, most), max(precision, _ENOUGH)
    while True:
        width = pilot(wanted)
        if width <= goal or wanted >= min(_LONGEST, most):
            break
        wanted = min(_LONGEST, most, max(wanted + 1, min(2 * wanted, _scaled(wanted, width / goal))))
    wanted = min(most, max(replicates, _scaled(_MARGIN * wanted, max(width / precision, 1.0))))
    while True:
        width = run(wanted)
        if width <= precision or wanted >= most:
            return width
        wanted = min(most, ceil(_GROWTH * wanted))


def _scaled(count: float, times: float) -> int:
    """Return how many replicates make an interval so many times narrower: width falls with the square root of them."""
    return ceil(min(count * times**2, float(MAX_REPLICATES))) if isfinite(times) else MAX_REPLICATES
