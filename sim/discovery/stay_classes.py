"""Stay classes: how long visits stay, in classes that hold alike many of those that go from one stage to another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["StayClasses", "stay_classes"]


class StayClasses(NamedTuple):
    """Classes of a number in each of several groups.

    ``groups`` rise; ``cuts`` has a row for each, and says from which number on each class but the first begins.
    """

    groups: NDArray[np.int64]
    cuts: NDArray[np.float64]

    @property
    def number(self) -> int:
        """How many classes there are, some of them empty where many numbers are the same."""
        return self.cuts.shape[1] + 1

    def of(self, group: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the class of each number, from 0; that of the nearest higher group where its own was never seen.

        Parameters
        ----------
        group : int64 (n,)
        value : float64 (n,)

        Returns
        -------
        int64 (n,)
        """
        at = np.minimum(np.searchsorted(self.groups, group), len(self.groups) - 1)
        found = np.zeros(group.size, np.int64)
        for cut in self.cuts.T:
            found += value >= cut[at]
        return found


def stay_classes(group: NDArray[np.int64], value: NDArray[np.float64], number: int) -> StayClasses:
    """Find where classes begin that hold alike many numbers of each group.

    Parameters
    ----------
    group : int64 (n,)
        At least one.
    value : float64 (n,)
    number : int
        Of classes.

    Returns
    -------
    StayClasses

    Examples
    --------
    >>> group, value = np.array([7, 7, 7, 7, 9, 9]), np.array([5.0, 1.0, 40.0, 30.0, 2.0, 2.0])
    >>> found = stay_classes(group, value, 2)
    >>> found.of(group, value).tolist()
    [0, 0, 1, 1, 1, 1]
    """
    order = np.lexsort((value, group))
    begins = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
    sizes = np.diff(np.r_[begins, order.size])
    places = begins[:, None] + sizes[:, None] * np.arange(1, number) // number
    return StayClasses(group[order[begins]], value[order[places]])
