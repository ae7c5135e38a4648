"""Shifted beta-geometric: how long subscribers stay, when each has a chance to leave of its own.

At every renewal a subscriber leaves with a probability that differs between subscribers as a Beta(gamma, delta) and
stays the same for life. Retention rises with tenure although nobody changes: those who leave readily have left.

References
----------
Fader & Hardie (2007), "How to project customer retention", *J. Interactive Marketing* 21(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import betaln

from sim.scenario.errors import ConfigError

__all__ = ["ShiftedBetaGeometric", "differ_beyond_chance", "fit_shifted_beta_geometric"]


#: What twice the gain in log likelihood exceeds by chance in one of twenty cases, where a variance that cannot be
#: negative is added: half the time the gain is nothing (Self & Liang 1987).
_BY_CHANCE = 2.7055434540954
#: Logarithms between which gamma and delta are sought.
_LOWEST, _HIGHEST = -9.0, 13.0


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """Parameters of the Beta distribution of the chance to leave: mean gamma / (gamma + delta)."""

    gamma: float
    delta: float

    @property
    def mean(self) -> float:
        """Mean chance to leave at the first renewal."""
        return self.gamma / (self.gamma + self.delta)

    @property
    def concentration(self) -> float:
        """Sum of gamma and delta: higher means subscribers more alike."""
        return self.gamma + self.delta

    def survival(self, renewals: ArrayLike) -> NDArray[np.float64]:
        """Return the share still there after so many renewals (equation 6).

        Examples
        --------
        >>> ShiftedBetaGeometric(0.704, 1.182).survival([0, 1, 2]).round(3)
        array([1.   , 0.627, 0.474])
        """
        t = np.asarray(renewals, np.float64)
        return np.asarray(np.exp(betaln(self.gamma, self.delta + t) - betaln(self.gamma, self.delta)))

    def retention(self, renewal: ArrayLike) -> NDArray[np.float64]:
        """Return the share of those before a renewal who are still there after it (equation 8)."""
        t = np.asarray(renewal, np.float64)
        return np.asarray((self.delta + t - 1.0) / (self.concentration + t - 1.0))


def fit_shifted_beta_geometric(survival: ArrayLike) -> ShiftedBetaGeometric:
    """Estimate by maximum likelihood from the share still there after 0, 1, 2, ... renewals.

    Parameters
    ----------
    survival : array
        From 1, or from any number of subscribers, never rising.

    Raises
    ------
    ConfigError
        If there are fewer than three figures, or they rise, or nobody leaves.
    """
    left = np.asarray(survival, np.float64)
    if left.size < 3:
        raise ConfigError(f"retention is given for {left.size} renewals; give at least the start and two renewals")
    if not np.isfinite(left).all() or left[-1] < 0 or (np.diff(left) > 0).any() or left[-1] >= left[0]:
        raise ConfigError("the shares of subscribers who are still there must fall from renewal to renewal")
    left = left / left[0]
    lost = -np.diff(left)
    renewals = np.arange(left.size, dtype=np.float64)

    def within(point: NDArray[np.float64]) -> NDArray[np.float64]:
        # Both are moved alike, so that the mean chance to leave stays where subscribers hardly differ.
        return np.maximum(point - max(0.0, float(point.max()) - _HIGHEST), _LOWEST)

    def cost(point: NDArray[np.float64]) -> float:
        model = ShiftedBetaGeometric(*np.exp(within(point)))
        expected = model.survival(renewals)
        gone = np.maximum(-np.diff(expected), 1e-300)
        return -float((lost * np.log(gone)).sum() + left[-1] * np.log(max(float(expected[-1]), 1e-300)))

    best = None
    for start in ((1.0, 1.0), (0.5, 3.0), (5.0, 20.0)):
        found = minimize(
            cost, np.log(start), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14, "maxiter": 4000}
        )
        if best is None or found.fun < best.fun:
            best = found
    assert best is not None
    gamma, delta = np.exp(within(np.asarray(best.x)))
    return ShiftedBetaGeometric(float(gamma), float(delta))


def differ_beyond_chance(model: ShiftedBetaGeometric, survivors: ArrayLike) -> bool:
    """Say whether subscribers differ in how readily they leave, by the likelihood ratio against all being alike.

    Where all leave with the same probability, times are geometric. That is the model with a variance of nothing, the
    least there can be, so the ratio is held to half a chi-squared distribution (Self & Liang 1987, *J. American
    Statistical Association* 82, 605), at 5 %.

    Parameters
    ----------
    model : ShiftedBetaGeometric
        Fitted to the same survivors.
    survivors : array
        Numbers of subscribers still there after 0, 1, 2, ... renewals.

    Returns
    -------
    bool

    Examples
    --------
    >>> alike, mixed = [1000, 800, 640, 512], [1000, 631, 468, 382]
    >>> [differ_beyond_chance(fit_shifted_beta_geometric(left), left) for left in (alike, mixed)]
    [False, True]
    """
    left = np.asarray(survivors, np.float64)
    ends = np.append(-np.diff(left), left[-1])
    leaving = (left[0] - left[-1]) / left[:-1].sum()
    stays = (1.0 - leaving) ** np.arange(left.size)
    expected = (
        np.append(-np.diff(survival), survival[-1]) for survival in (model.survival(np.arange(left.size)), stays)
    )
    mixed, alike = (float(ends @ np.log(np.maximum(shares, 1e-300))) for shares in expected)
    return 2.0 * (mixed - alike) > _BY_CHANCE
