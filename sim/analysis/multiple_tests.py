"""Many tests at once: which effects of a list differ from nothing, when the list is long."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["FAMILY_ERROR", "beyond_chance"]

#: Chance that any effect of a list is named that is none.
FAMILY_ERROR = 0.05


def beyond_chance(chances: Sequence[float | None], error: float = FAMILY_ERROR) -> list[bool]:
    """Say which effects stand out from chance, so that all that are named are right with probability 1 − `error`.

    The sequentially rejective test of Holm (1979), *Scandinavian Journal of Statistics* 6, 65–70: the smallest chance
    is held to `error` over the number of effects, the next to `error` over one fewer, until one fails. It holds
    however the effects depend on each other.

    Parameters
    ----------
    chances : sequence of float or None
        Of each effect the probability, between 0 and 1, of one at least as large were there none (two-sided); None
        or NaN where it is not known, which never stands out but counts among the effects.
    error : float
        Between 0 and 1.

    Returns
    -------
    list of bool
        In the order of `chances`.

    Examples
    --------
    >>> beyond_chance([0.04, 0.001, 0.02, None])
    [False, True, False, False]
    """
    left = len(chances)
    found = [False] * left
    known = sorted((chance, place) for place, chance in enumerate(chances) if chance is not None and chance == chance)
    for chance, place in known:
        if chance > error / left:
            break
        found[place] = True
        left -= 1
    return found
