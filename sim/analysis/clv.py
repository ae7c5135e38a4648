"""CLV: the distribution over customers of the difference in customer value between an arm and the baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.money import CENTS
from sim.analysis.quantile import quantile_of_ordered
from sim.record.history import Lives

__all__ = ["QUANTILES", "ValueDifferences", "pick_customers"]

BINS = 60
#: Probabilities of the quantiles kept.
QUANTILES: tuple[float, ...] = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
#: The histogram leaves this share of the first replicate's customers to an open tail on each side.
_TAIL = 0.005


def pick_customers(arm: Lives, baseline: Lives) -> dict[str, int | None] | None:
    """Return the customers with the largest gain, the largest loss, and a typical change.

    Typical is the customer whose difference is closest to the mean of all differences that are not zero. Ties go to the
    lowest number.

    Parameters
    ----------
    arm, baseline : Lives
        Accounts of the same customers in both arms.

    Returns
    -------
    dict or None
        `winner`, `loser` and `typical`: a number of a customer each, None where nobody gains, loses or differs. None
        where single accounts were not recorded.
    """
    if arm.value.size == 0 or baseline.value.size == 0:
        return None
    difference = arm.value - baseline.value
    changed = np.flatnonzero(difference)
    distance = np.abs(difference[changed] - difference[changed].mean()) if changed.size else np.zeros(0)
    return {
        "winner": int(difference.argmax()) if (difference > 0).any() else None,
        "loser": int(difference.argmin()) if (difference < 0).any() else None,
        "typical": int(changed[distance.argmin()]) if changed.size else None,
    }


@dataclass(slots=True)
class ValueDifferences:
    """Accumulates the differences of discounted value per customer over replicates, without keeping the customers."""

    edges: NDArray[np.float64] | None = None
    counts: NDArray[np.int64] | None = None
    below: int = 0
    above: int = 0
    minor_units: float = CENTS
    quantiles: list[NDArray[np.float64]] = field(default_factory=list)
    #: customers, winners, losers, sum of minor units; row 0 is everybody, then personas
    by_group: NDArray[np.int64] | None = None

    def add(self, arm: Lives, baseline: Lives, personas: int, minor_units: float = CENTS) -> None:
        """Add one replicate; nothing where single accounts were not recorded.

        Parameters
        ----------
        arm, baseline : Lives
            Accounts of the same customers in both arms.
        personas : int
            Number of personas.
        minor_units : float
            How many make up one unit of money; the same in all replicates.
        """
        if arm.value.size == 0 or baseline.value.size == 0:
            return
        self.minor_units = minor_units
        gains = arm.value - baseline.value
        ordered = np.sort(gains)
        if self.edges is None or self.counts is None or self.by_group is None:
            low = min(quantile_of_ordered(ordered, _TAIL), 0.0)
            high = max(quantile_of_ordered(ordered, 1.0 - _TAIL), 0.0)
            if low == high:
                low, high = -minor_units, minor_units
            # Zero is an edge, so that no bar mixes winners with losers; unchanged customers are in the shares.
            self.edges = np.linspace(np.floor(low), np.ceil(high), BINS + 1)
            self.edges[np.abs(self.edges).argmin()] = 0.0
            self.counts = np.zeros(BINS, dtype=np.int64)
            self.by_group = np.zeros((1 + personas, 4), dtype=np.int64)
        self.counts += np.histogram(gains, self.edges)[0]
        self.below += int((gains < self.edges[0]).sum())
        self.above += int((gains > self.edges[-1]).sum())
        self.quantiles.append(np.array([quantile_of_ordered(ordered, share) for share in QUANTILES]))
        for row in range(1 + personas):
            mine = gains if row == 0 else gains[arm.persona == row - 1]
            self.by_group[row] += (mine.size, int((mine > 0).sum()), int((mine < 0).sum()), int(mine.sum()))

    def summary(self, personas: list[str]) -> dict[str, Any] | None:
        """Return the distribution, ready for JSON, in money; None where nothing was added."""
        if self.edges is None or self.counts is None or self.by_group is None:
            return None
        shares = {}
        for name, (heads, winners, losers, total) in zip(["all", *personas], self.by_group.tolist(), strict=True):
            shares[name] = {
                "customers": heads,
                "winners": winners / heads if heads else None,
                "losers": losers / heads if heads else None,
                "unchanged": (heads - winners - losers) / heads if heads else None,
                "mean": total / heads / self.minor_units if heads else None,
            }
        return {
            "edges": (self.edges / self.minor_units).tolist(),
            "counts": self.counts.tolist(),
            "below": self.below,
            "above": self.above,
            "quantiles": {
                f"{probability:g}": float(value) / self.minor_units
                for probability, value in zip(QUANTILES, np.mean(self.quantiles, axis=0), strict=True)
            },
            "shares": shares,
        }
