"""Wilson: the interval of a share of a count."""

from __future__ import annotations

from math import sqrt

__all__ = ["wilson"]

_Z = 1.959963984540054


def wilson(share: float, count: float) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), 0 to 1 where nothing was counted.

    Parameters
    ----------
    share : float
        Observed, 0 to 1.
    count : float
        Of how many.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> tuple(round(end, 3) for end in wilson(0.5, 100))
    (0.404, 0.596)
    """
    if count <= 0:
        return 0.0, 1.0
    middle = share + _Z * _Z / (2 * count)
    half = _Z * sqrt(share * (1 - share) / count + _Z * _Z / (4 * count * count))
    whole = 1 + _Z * _Z / count
    return max((middle - half) / whole, 0.0), min((middle + half) / whole, 1.0)
