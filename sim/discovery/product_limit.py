"""Product-limit estimates with competing exits (Aalen & Johansen 1978), deterministic on tied times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Incidence", "aalen_johansen"]


@dataclass(frozen=True, slots=True)
class Incidence:
    """How many have left by which exit.

    Attributes
    ----------
    times : float64 (t,)
        Distinct times at which somebody left, rising.
    cumulative : float64 (t, exits)
        Probability of having left by each exit.
    staying : float64 (t,)
        Probability of still being there after each time.
    """

    times: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    staying: NDArray[np.float64]

    @property
    def final(self) -> NDArray[np.float64]:
        """Probability of each exit by the last time seen."""
        return self.cumulative[-1] if len(self.times) else np.zeros(self.cumulative.shape[1])

    def staying_at(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of staying longer than given times."""
        at = np.searchsorted(self.times, time, side="right")
        return np.concatenate([[1.0], self.staying])[at]


def aalen_johansen(time: NDArray[np.float64], exit: NDArray[np.int64], exits: int) -> Incidence:
    """Estimate the cumulative incidence of competing exits.

    At a tied time all who leave do so from the same number at risk, and who is censored there is at risk still.

    Parameters
    ----------
    time : float64 (n,)
        How long each stayed, >= 0.
    exit : int64 (n,)
        By which exit it left, 0 to ``exits`` - 1; -1 where it was still there (censored).
    exits : int
        How many exits there are.

    Returns
    -------
    Incidence

    References
    ----------
    Aalen & Johansen (1978), Scandinavian Journal of Statistics 5, 141-150.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.array([1, 1, 2, 2, 3, 3, 4, 4, 5, 5.0])
    >>> exit = np.array([1, 2, 1, 2, 1, 0, 2, 1, 0, 1]) - 1
    >>> round(float(aalen_johansen(time, exit, 2).final[0]), 12)
    0.55
    """
    left = exit >= 0
    times, place = np.unique(time[left], return_inverse=True)
    if not times.size:
        return Incidence(times, np.zeros((0, exits)), np.zeros(0))
    events = np.zeros((times.size, exits))
    np.add.at(events, (place, exit[left]), 1.0)
    at_risk = time.size - np.searchsorted(np.sort(time), times, side="left")
    total = events.sum(axis=1)
    staying = np.cumprod(1.0 - total / at_risk)
    before = np.concatenate([[1.0], staying[:-1]])
    return Incidence(times, np.cumsum(before[:, None] * events / at_risk[:, None], axis=0), staying)
