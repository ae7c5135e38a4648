"""Product-limit estimates with competing exits (Aalen & Johansen 1978), deterministic on tied times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Incidence", "aalen_johansen", "share_gone"]

#: Below this share nobody is said to leave for good.
_NOBODY_LEAVES = 0.005
#: Times up to so many times as many as there are stays are counted and not sorted.
_DENSE = 4.0
#: Of those who left: the share behind whose time it was long enough quiet to tell.
_NEARLY_ALL = 0.99
#: Who left in the quiet time must be so few of those expected at the pace before it, of whom so many are needed.
_QUIET, _ENOUGH = 0.2, 10.0


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
    gone : int64 (t,)
        How many have left by each time.
    """

    times: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    staying: NDArray[np.float64]
    gone: NDArray[np.int64]

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
    gone, by = time[left], exit[left]
    if not gone.size:
        return Incidence(gone, np.zeros((0, exits)), np.zeros(0), np.zeros(0, np.int64))
    last = float(gone.max())
    whole = gone.astype(np.int64)
    if last * exits <= _DENSE * time.size and (whole == gone).all():
        # Logs often have whole seconds, which are counted.
        events = np.bincount(whole * exits + by, minlength=(int(last) + 1) * exits).reshape(-1, exits)
        steps = np.flatnonzero(events.any(axis=1))
        times, events = steps.astype(np.float64), events[steps]
        earlier = np.r_[0, np.cumsum(np.bincount(np.minimum(time, last).astype(np.int64)))][steps]
    else:
        times, place = np.unique(gone, return_inverse=True)
        events = np.bincount(place * exits + by, minlength=times.size * exits).reshape(times.size, exits)
        earlier = np.searchsorted(np.sort(time), times, side="left")
    at_risk = time.size - earlier
    total = events.sum(axis=1)
    staying = np.cumprod(1.0 - total / at_risk)
    before = np.concatenate([[1.0], staying[:-1]])
    cumulative = np.cumsum(before[:, None] * events / at_risk[:, None], axis=0)
    return Incidence(times, cumulative, staying, np.cumsum(total))


def share_gone(time: NDArray[np.float64], left: NDArray[np.bool_], found: Incidence | None = None) -> float:
    """Return the share that never leaves, as far as they were watched long enough to tell, else 0.

    The survival function of those who leave some day and those who never do has a plateau. One is believed where nearly
    nobody left in the time after 99 % of those who did, though at the pace before it ten or more would have (the
    test of Maller & Zhou 1996, made deaf to single late events). Without it all count as waiting still.

    Parameters
    ----------
    time : float64 (n,)
        How long each stayed, >= 0.
    left : bool (n,)
        Whether it left then; else it was still there.
    found : Incidence, optional
        Of these, where it is estimated already.

    Returns
    -------
    float
        0 to 1.

    References
    ----------
    Maller & Zhou (1996), Survival Analysis with Long-Term Survivors, chapter 4.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.r_[np.arange(1.0, 51.0), np.full(50, 500.0)]
    >>> round(share_gone(time, np.arange(100) < 50), 9)
    0.5
    >>> share_gone(np.r_[np.arange(1.0, 51.0), np.full(50, 50.0)], np.arange(100) < 50)
    0.0
    """
    if not left.any():
        return 1.0
    found = aalen_johansen(time, np.where(left, 0, -1), 1) if found is None else found
    never = float(found.staying[-1])
    if never <= _NOBODY_LEAVES:
        return 0.0
    whole = int(found.gone[-1])
    # Who left in the middle, and behind nearly all.
    places = np.searchsorted(found.gone, [int((whole - 1) * share) for share in (0.5, _NEARLY_ALL)], side="right")
    (middle, boundary), (half, nearly) = found.times[places], found.gone[places].tolist()
    after = float(np.maximum(time - boundary, 0.0).sum())
    before = float(np.clip(time - middle, 0.0, boundary - middle).sum())
    if before <= 0.0:
        return never if after > 0.0 else 0.0
    expected = (nearly - half) / before * after
    return never if expected >= _ENOUGH and whole - nearly <= _QUIET * expected else 0.0
