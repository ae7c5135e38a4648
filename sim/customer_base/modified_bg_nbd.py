"""MBG/NBD: as BG/NBD, but a customer may leave after the first purchase already.

References
----------
Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base analysis,
*International Journal of Research in Marketing* 24(3). Who bought once is alive for certain in BG/NBD; here he is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, digamma, gammaln

from sim.customer_base.buy_till_you_die import BuyTillYouDie
from sim.customer_base.repeat_buying import RepeatModel, Summary

__all__ = ["ModifiedBgNbd"]


@dataclass(frozen=True, slots=True)
class ModifiedBgNbd(RepeatModel):
    """Parameters of the MBG/NBD model.

    Attributes
    ----------
    r, alpha : float
        Shape and rate of the Gamma distribution of purchase rates over customers.
    a, b : float
        Of the Beta distribution of the probability to leave after a purchase, the first one included.
    """

    r: float
    alpha: float
    a: float
    b: float

    NAME: ClassVar[str] = "mbg_nbd"
    TITLE: ClassVar[str] = "MBG/NBD"
    LEAVES: ClassVar[str] = "after_purchase"

    @classmethod
    def starts(cls, rate: float) -> tuple[tuple[float, ...], ...]:
        """Return parameters to start the search from."""
        return BuyTillYouDie.starts(rate)

    @classmethod
    def likelihood(cls, point: NDArray[np.float64], summary: Summary) -> tuple[float, NDArray[np.float64]]:
        """Return the log-likelihood and its gradient in the logarithms of r, alpha, a, b."""
        r, alpha, a, b = np.exp(point)
        x, last, observed, heads = summary.repeats, summary.last, summary.observed, summary.customers
        known = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stayed = gammaln(a + b) + gammaln(b + x + 1.0) - gammaln(b) - gammaln(a + b + x + 1.0)
        still = -(r + x) * np.log(alpha + observed)
        left = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + last)
        either = np.logaddexp(still, left)
        share = np.exp(left - either)  # that the customer has left
        by_r = digamma(r + x) - digamma(r) + np.log(alpha)
        by_r -= (1.0 - share) * np.log(alpha + observed) + share * np.log(alpha + last)
        by_alpha = r / alpha - (r + x) * ((1.0 - share) / (alpha + observed) + share / (alpha + last))
        by_a = digamma(a + b) - digamma(a + b + x + 1.0) + share / a
        by_b = digamma(a + b) + digamma(b + x + 1.0) - digamma(b) - digamma(a + b + x + 1.0) - share / (b + x)
        slope = np.array([(heads * part).sum() for part in (by_r, by_alpha, by_a, by_b)])
        return float((heads * (known + stayed + either)).sum()), slope * np.array([r, alpha, a, b])

    def leaving(self, step: float) -> tuple[float, float]:
        """Return mean and concentration of the chance to leave after a purchase."""
        return self.a / (self.a + self.b), self.a + self.b

    def probability(self, x: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of ``x`` repeat purchases within ``t`` of the first one.

        Examples
        --------
        >>> model = ModifiedBgNbd(0.525, 6.183, 0.891, 1.614)
        >>> round(float(model.probability(np.arange(200_000), 39.0).sum()), 6)
        1.0
        """
        r, alpha, a, b = self.as_array()
        x, t = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(t, np.float64))
        moved = t / (alpha + t)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_moved = np.where(x > 0, x * np.log(moved), 0.0)
        counted = gammaln(r + x) - gammaln(r) - gammaln(x + 1.0) + r * np.log(alpha / (alpha + t)) + log_moved
        alive = np.exp(betaln(a, b + x + 1.0) - betaln(a, b) + counted)
        # Who left after the x-th repeat: it came within t, and for x = 0 the first purchase always has.
        came = np.where(x > 0, betainc(np.maximum(x, 1.0), r, moved), 1.0)
        return np.asarray(alive + np.exp(betaln(a + 1.0, b + x) - betaln(a, b)) * came)

    def expected(self, t: ArrayLike) -> NDArray[np.float64]:
        """Return the expected repeat purchases within ``t`` of the first one."""
        # Who stays after the first purchase is as in BG/NBD, with one purchase survived.
        survived = self.b / (self.a + self.b)
        return survived * BuyTillYouDie(self.r, self.alpha, self.a, self.b + 1.0).expected(t)

    def alive(self, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's probability of being still a customer at the end of the observation."""
        r, alpha, a, b = self.as_array()
        x, last, observed = summary.repeats, summary.last, summary.observed
        odds = np.exp(np.log(a) - np.log(b + x) + (r + x) * (np.log(alpha + observed) - np.log(alpha + last)))
        return np.asarray(1.0 / (1.0 + odds))

    def expected_after(self, t: float, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's expected purchases in the ``t`` after the observation."""
        onward = BuyTillYouDie(self.r, self.alpha, self.a, self.b + 1.0)
        return onward.expected_of_alive(t, summary) * self.alive(summary)
