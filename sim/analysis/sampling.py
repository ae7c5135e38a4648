"""Sampling: how the replicates of a result came about, which is what its intervals have to account for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sim.analysis.control_variate import ControlVariate

__all__ = ["INDEPENDENT", "Sampling"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How replicates were drawn.

    Attributes
    ----------
    members : tuple of int
        Parameter set of each replicate, where they differ in those too; empty where all are of one set.
    control : ControlVariate, optional
        The company's luck in every replicate of what is estimated.
    controls : mapping
        The same by arm, of the arm's own figures and of its difference from the baseline; arms whose company has no
        luck are left out.
    baseline : str
        Name of the baseline.

    Examples
    --------
    >>> Sampling((0, 0, 1, 1, 1, 1)).used, round(Sampling((0, 0, 1, 1, 1, 1)).effective, 2)
    (2, 1.8)
    """

    members: tuple[int, ...] = ()
    control: ControlVariate | None = field(default=None, compare=False)
    controls: Mapping[str, ControlVariate] = field(default_factory=dict, compare=False)
    baseline: str = ""

    def of(self, arm: str) -> Sampling:
        """Return how the replicates of one arm, or of its difference from the baseline, were drawn."""
        return replace(self, control=self.controls.get(arm))

    def beside(self, arm: str, values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64] | None:
        """Return the baseline's values among those of arms, where the company's luck moves the arm and not it."""
        moves = arm in self.controls and self.baseline not in self.controls
        return values.get(self.baseline) if moves else None

    def is_plain(self, replicates: int) -> bool:
        """Return whether so many replicates differ in luck alone, and none of it is taken out."""
        return not self.members and (self.control is None or not self.control.is_used(replicates))

    def adjusted(self, values: NDArray[np.float64], beside: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return values (R,) with the company's luck taken out; themselves where there is none."""
        return values if self.control is None else self.control.adjusted(values, self.members, beside)

    def mean_weights(self, known: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return what each replicate that has a value counts in their mean, the company's luck taken out.

        Parameters
        ----------
        known : bool (R,)
            Which replicates have a value.

        Returns
        -------
        float64 (known replicates,)
            They sum to 1 but for rounding.

        Examples
        --------
        >>> Sampling().mean_weights(np.array([True, True, False, True, True])).tolist()
        [0.25, 0.25, 0.25, 0.25]
        """
        units = np.where(known, np.eye(known.size)[known], np.nan)
        return np.array([np.nanmean(self.adjusted(unit)) for unit in units])

    @property
    def used(self) -> int:
        """Number of distinct parameter sets."""
        return len(set(self.members))

    @property
    def effective(self) -> float:
        """Effective number of parameter sets: as many equally weighted ones would say as much (Kish 1965)."""
        return effective_members(np.array(self.members))


def effective_members(members: NDArray[np.int64]) -> float:
    """Return (sum of weights) squared over the sum of squared weights; a weight is how often a set was simulated."""
    _, counts = np.unique(members, return_counts=True)
    return float(counts.sum() ** 2 / (counts**2).sum()) if counts.size else 0.0


#: Replicates that differ in nothing but luck, as many as were asked for.
INDEPENDENT = Sampling()
