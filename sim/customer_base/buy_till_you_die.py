"""Buy till you die: repeat purchases of customers who at some point stop for good (BG/NBD).

A customer buys at a rate that differs between customers as a Gamma, and after each repeat purchase leaves for good with
a probability that differs between customers as a Beta. Times are in any unit; rates are per the same unit.

References
----------
Fader, Hardie & Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model, *Marketing
Science* 24(2). Equation numbers below are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, betaln, digamma, gammaln, hyp2f1

from sim.customer_base.repeat_buying import Fit, RepeatModel, Summary, fit_repeat_buying

__all__ = ["BuyTillYouDie", "average_purchases", "fit_buy_till_you_die"]

#: Close to a = 1 the closed forms divide by zero; they are smooth there, so a neighbour is as good.
_NEAR_ONE = 1e-7
#: Where a + b is larger, the hypergeometric function loses its digits and the Beta is averaged over instead.
_ALIKE = 500.0
#: Customers averaged over at once, to bound memory.
_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class BuyTillYouDie(RepeatModel):
    """Parameters of the BG/NBD model.

    Attributes
    ----------
    r, alpha : float
        Shape and rate of the Gamma distribution of purchase rates over customers: mean r / alpha.
    a, b : float
        Of the Beta distribution of the probability to leave after a repeat purchase: mean a / (a + b).
    """

    r: float
    alpha: float
    a: float
    b: float

    NAME: ClassVar[str] = "bg_nbd"
    TITLE: ClassVar[str] = "BG/NBD"
    LEAVES: ClassVar[str] = "after_repeat"

    @classmethod
    def starts(cls, rate: float) -> tuple[tuple[float, ...], ...]:
        """Return parameters to start the search from."""
        return tuple((r, r / rate, a, b) for r, a, b in ((0.5, 0.5, 2.0), (0.25, 1.0, 3.0), (2.0, 0.2, 5.0)))

    @classmethod
    def likelihood(cls, point: NDArray[np.float64], summary: Summary) -> tuple[float, NDArray[np.float64]]:
        """Return the log-likelihood (equation 6) and its gradient in the logarithms of r, alpha, a, b."""
        r, alpha, a, b = np.exp(point)
        x, last, observed, heads = summary.repeats, summary.last, summary.observed, summary.customers
        bought = np.maximum(x, 1.0)
        known = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stayed = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        still = -(r + x) * np.log(alpha + observed)
        left = np.where(x > 0, np.log(a) - np.log(b + bought - 1.0) - (r + x) * np.log(alpha + last), -np.inf)
        either = np.logaddexp(still, left)
        value = float((heads * (known + stayed + either)).sum())
        share = np.exp(left - either)  # that the customer has left
        by_r = digamma(r + x) - digamma(r) + np.log(alpha)
        by_r -= (1.0 - share) * np.log(alpha + observed) + share * np.log(alpha + last)
        by_alpha = r / alpha - (r + x) * ((1.0 - share) / (alpha + observed) + share / (alpha + last))
        by_a = digamma(a + b) - digamma(a + b + x) + share / a
        by_b = digamma(a + b) + digamma(b + x) - digamma(b) - digamma(a + b + x) - share / (b + bought - 1.0)
        slope = np.array([(heads * part).sum() for part in (by_r, by_alpha, by_a, by_b)])
        return value, slope * np.array([r, alpha, a, b])

    def leaving(self, step: float) -> tuple[float, float]:
        """Return mean and concentration of the chance to leave after a repeat purchase."""
        return self.a / (self.a + self.b), self.a + self.b

    def probability(self, x: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of ``x`` repeat purchases within ``t`` of the first one (equation 8).

        Examples
        --------
        >>> model = BuyTillYouDie(0.243, 4.414, 0.793, 2.426)
        >>> round(float(model.probability(np.arange(200_000), 39.0).sum()), 6)
        1.0
        """
        r, alpha, a, b = self.as_array()
        x, t = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(t, np.float64))
        moved = np.divide(t, alpha + t)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_moved = np.where(x > 0, x * np.log(moved), 0.0)
        alive = np.exp(
            betaln(a, b + x)
            - betaln(a, b)
            + gammaln(r + x)
            - gammaln(r)
            - gammaln(x + 1.0)
            + r * (np.log(alpha) - np.log(alpha + t))
            + log_moved
        )
        bought = np.maximum(x, 1.0)
        # What the paper writes as one minus a sum of negative binomial terms is the regularised incomplete beta.
        gone = np.exp(betaln(a + 1.0, b + bought - 1.0) - betaln(a, b)) * betainc(bought, r, moved)
        return np.asarray(alive + np.where(x > 0, gone, 0.0))

    def expected(self, t: ArrayLike) -> NDArray[np.float64]:
        """Return the expected repeat purchases within ``t`` of the first one (equation 9).

        Examples
        --------
        >>> round(float(BuyTillYouDie(0.243, 4.414, 0.793, 2.426).expected(39.0)), 2)
        1.2
        """
        r, alpha, a, b = self._apart()
        t = np.asarray(t, np.float64)
        if a + b > _ALIKE:
            return average_purchases(r, alpha, a, b, t)
        shrunk = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1.0, t / (alpha + t))
        found = np.asarray((a + b - 1.0) / (a - 1.0) * (1.0 - shrunk))
        # SciPy's hypergeometric function has no value at some parameters that are nothing special.
        if np.isfinite(found).all():
            return found
        return np.where(np.isfinite(found), found, average_purchases(r, alpha, a, b, t))

    def alive(self, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's probability of being still a customer at the end of the observation."""
        r, alpha, a, b = self.as_array()
        x, last, observed = summary.repeats, summary.last, summary.observed
        bought = np.maximum(x, 1.0)
        odds = np.exp(
            np.log(a) - np.log(b + bought - 1.0) + (r + x) * (np.log(alpha + observed) - np.log(alpha + last))
        )
        return np.where(x > 0, 1.0 / (1.0 + odds), 1.0)

    def expected_after(self, t: float, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's expected purchases in the ``t`` after the observation (equation 10)."""
        return self.expected_of_alive(t, summary) * self.alive(summary)

    def expected_of_alive(self, t: float, summary: Summary) -> NDArray[np.float64]:
        """Return what each customer would buy in the ``t`` after the observation if it had not left by then."""
        r, alpha, a, b = self._apart()
        x, observed = summary.repeats, summary.observed
        span = alpha + observed
        ahead = np.full_like(x, np.nan)
        if a + b <= _ALIKE:
            shrunk = (span / (span + t)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1.0, t / (span + t))
            ahead = (a + b + x - 1.0) / (a - 1.0) * (1.0 - shrunk)
        missing = ~np.isfinite(ahead)
        for repeats in np.unique(x[missing]):
            alike = np.flatnonzero(missing & (x == repeats))
            # The time per unit of the rate is all that is left of a customer beside the repeats.
            for part in np.array_split(alike, -(-alike.size // _CHUNK)):
                ahead[part] = average_purchases(r + repeats, 1.0, a, b + repeats, t / span[part])
        return ahead

    def _apart(self) -> tuple[float, float, float, float]:
        """Parameters, with a kept off 1 and a + b off 1, where the closed forms are limits."""
        r, alpha, a, b = self.as_array()
        if abs(a - 1.0) < _NEAR_ONE:
            a = 1.0 + _NEAR_ONE
        if abs(a + b - 1.0) < _NEAR_ONE:
            b += _NEAR_ONE
        return float(r), float(alpha), float(a), float(b)


def average_purchases(shape: float, rate: float, a: float, b: float, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected purchases in ``t`` by averaging (1 - (rate / (rate + p t)) ** shape) / p over p ~ Beta(a, b).

    Parameters
    ----------
    shape, rate : float
        Of the Gamma of purchase rates.
    a, b : float
        Of the Beta of chances to leave.
    t : float64 array
        Times ahead.

    Returns
    -------
    float64 array
    """
    leaving = np.maximum(betaincinv(a, b, (np.arange(200) + 0.5) / 200.0), 1e-12)
    moved = np.multiply.outer(t, leaving) / rate
    return np.asarray((-np.expm1(-shape * np.log1p(moved)) / leaving).mean(axis=-1))


def fit_buy_till_you_die(summary: Summary) -> Fit[BuyTillYouDie]:
    """Estimate BG/NBD by maximum likelihood, from several starts.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> repeats = generator.poisson(generator.gamma(0.5, 2.0, 500))
    >>> last = np.where(repeats > 0, 20.0, 0.0)
    >>> fit_buy_till_you_die(Summary.of(repeats, last, np.full(500, 30.0))).model.r > 0
    True
    """
    return fit_repeat_buying(BuyTillYouDie, summary)
