"""Held-out gain: how much likelier something more makes cases kept aside, and how sure that is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["HeldOutGain", "gain_of"]

#: What is found further, a kind or a phase, gains so many standard errors, and so many nats a case; nothing likely to
#: be found gains surely less than nothing, by so many.
_SURE, _LEAST, _SURELY_LESS = 2.0, 0.002, 3.0


class HeldOutGain(NamedTuple):
    """The mean gain of log likelihood a case, and its standard error."""

    mean: float
    error: float

    @property
    def sure(self) -> bool:
        """Whether it is worth what is found further."""
        return self.mean >= max(_SURE * self.error, _LEAST)

    @property
    def surely_less(self) -> bool:
        """Whether cases are surely less likely by it."""
        return self.mean + _SURELY_LESS * self.error < 0.0


def gain_of(now: NDArray[np.float64], before: NDArray[np.float64]) -> HeldOutGain:
    """Return the gain of cases that were judged.

    Parameters
    ----------
    now, before : float64 (cases,)
        Log likelihood of each; of those that were not judged ``now`` is not finite.

    Returns
    -------
    HeldOutGain

    Examples
    --------
    >>> found = gain_of(np.array([-1.0, -2.0, np.nan]), np.array([-2.0, -3.0, -4.0]))
    >>> tuple(found), found.sure, found.surely_less
    ((1.0, 0.0), True, False)
    """
    gain = (now - before)[np.isfinite(now)]
    return HeldOutGain(float(gain.mean()), float(gain.std() / np.sqrt(gain.size)))
