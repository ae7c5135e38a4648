"""Gap: a difference between two arms, as figures draw it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Gap", "is_sure"]


class Gap(NamedTuple):
    """A difference with its 95 % interval; no interval from one replicate, nothing where undefined."""

    mean: float | None
    low: float | None
    high: float | None


def is_sure(gap: Gap) -> bool:
    """Whether the interval stays clear of zero; one replicate gives none, so that nothing of it is sure.

    Examples
    --------
    >>> is_sure(Gap(1.0, 0.5, 1.5)), is_sure(Gap(1.0, -0.5, 2.5)), is_sure(Gap(1.0, None, None))
    (True, False, False)
    """
    return None not in gap and (gap.low > 0.0 or gap.high < 0.0)  # type: ignore[operator]
