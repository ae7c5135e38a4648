"""Shape: what a quantity can be, so that its interval says nothing that cannot be."""

from __future__ import annotations

from math import exp, inf
from typing import NamedTuple

__all__ = ["ANYTHING", "COUNT", "LOW_POINT", "RATING", "SHARE", "Shape"]


class Shape(NamedTuple):
    """Bounds of a quantity, whether its replicates are skewed, and how much further down its interval reaches.

    An interval is that of the mean on the scale of log odds between the bounds, or of the logarithm above a lower
    bound alone (delta method), so that it stays inside, and is the plain one to the first order far from them.
    """

    low: float = -inf
    high: float = inf
    skewed: bool = False
    deeper: float = 1.0

    def difference(self) -> Shape:
        """Return the shape of a difference of two such quantities."""
        return Shape(self.low - self.high, self.high - self.low, self.skewed)

    def ends(self, mean: float, below: float, above: float) -> tuple[float, float]:
        """Return the ends of an interval within the bounds.

        Parameters
        ----------
        mean : float
        below, above : float
            How far a plain interval would reach.

        Returns
        -------
        tuple of float

        Examples
        --------
        >>> tuple(round(end, 3) for end in SHARE.ends(0.02, 0.05, 0.05))
        (0.002, 0.207)
        >>> ANYTHING.ends(0.02, 0.05, 0.05)
        (-0.030000000000000002, 0.07)
        """
        low, high = mean - below, mean + above
        if self.low > -inf and self.high < inf:
            room, width = (mean - self.low) * (self.high - mean), self.high - self.low
            if room <= 0.0:
                return max(low, self.low), min(high, self.high)
            odds = (mean - self.low) / (self.high - mean)
            ends = (odds * exp(-below * width / room), odds * exp(min(above * width / room, 700.0)))
            low, high = (self.low + width * end / (1.0 + end) for end in ends)
        elif self.low > -inf and mean > self.low:
            low = self.low + (mean - self.low) * exp(-below / (mean - self.low))
        return max(low, self.low), min(high, self.high)


ANYTHING = Shape()
SHARE = Shape(0.0, 1.0)
COUNT = Shape(low=0.0)
#: Satisfaction and the like: experiments that succeed, and are talked about, make it skewed.
RATING = Shape(skewed=True)
#: The lowest point of a sum of money: few replicates go far down, and most samples hold none of them. In the treadmill
#: market 90.7 to 92.7 % of plain intervals of 8 replicates cover the mean, with this 94.7 to 96 %
#: (`benchmarks/interval_coverage.py`).
LOW_POINT = Shape(deeper=1.25)
