"""Gamma-Gamma: what customers spend a purchase, when customers differ and their purchases vary.

Each customer's purchases are Gamma with shape p around a mean of the customer's own, which varies between customers so
that p / mean is Gamma(q, rate v); spending is independent of how often a customer buys.

References
----------
Colombo & Jiang (1999), *J. Interactive Marketing* 13(3); Fader & Hardie (2013), "The Gamma-Gamma model of monetary
value".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammainc, gammaincinv, gammaln

from sim.scenario.errors import ConfigError

__all__ = ["GammaGamma", "fit_gamma_gamma"]

_LOWEST, _HIGHEST = 1e-3, 1e5
#: A shape from which amounts hardly vary any more.
_ALIKE = 1000.0


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Parameters of the Gamma-Gamma model.

    Attributes
    ----------
    p : float
        Shape of one customer's purchases: higher is more alike.
    q : float
        Shape of the distribution over customers: higher means customers more alike; a mean exists for q > 1.
    v : float
        Its rate, in money.
    """

    p: float
    q: float
    v: float

    @property
    def unbounded(self) -> tuple[str, ...]:
        """Parameters at an end of the range that makes sense, where the data leave them open.

        From p = 1,000 on a customer's own amounts vary by 3 % at the most: they are one price.
        """
        shapes = {"p": self.p, "q": self.q}
        return tuple(name for name, value in shapes.items() if value >= _ALIKE or value <= 2.0 * _LOWEST)

    def log_likelihood(self, purchases: ArrayLike, mean: ArrayLike) -> float:
        """Return the log-likelihood of customers' mean spend over so many purchases each."""
        point = np.log([self.p, self.q, self.v])
        return _likelihood(point, np.asarray(purchases, np.float64), np.asarray(mean, np.float64))[0]

    @property
    def mean(self) -> float:
        """Mean spend a purchase over customers; infinite where q is 1 or less."""
        return self.p * self.v / (self.q - 1.0) if self.q > 1.0 else np.inf

    def expected(self, purchases: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
        """Return the expected mean spend of customers of whom some purchases are known."""
        n, z = np.asarray(purchases, np.float64), np.asarray(mean, np.float64)
        return np.asarray(self.p * (self.v + n * z) / (self.p * n + self.q - 1.0))

    def tiers(self, count: int) -> NDArray[np.float64]:
        """Return the mean spend of each of ``count`` equal groups of customers, from those who spend least.

        Their mean is the mean over all customers.

        Examples
        --------
        >>> GammaGamma(6.25, 3.74, 15.44).tiers(3).round(1)
        array([17.1, 28.6, 59.9])
        """
        edges = gammaincinv(self.q, np.linspace(1.0, 0.0, count + 1))  # of q's Gamma: small means spends much
        share = gammainc(self.q - 1.0, edges)
        return np.asarray(self.mean * count * -np.diff(share))

    def density(self, mean: ArrayLike) -> NDArray[np.float64]:
        """Return the density over customers of the mean spend a purchase."""
        z = np.asarray(mean, np.float64)
        scale = self.p * self.v
        return np.asarray(np.exp(self.q * np.log(scale) - gammaln(self.q) - (self.q + 1.0) * np.log(z) - scale / z))


def fit_gamma_gamma(purchases: ArrayLike, mean: ArrayLike) -> GammaGamma:
    """Estimate by maximum likelihood from customers' number of purchases and mean spend, both above 0.

    Raises
    ------
    ConfigError
        If there are fewer than ten customers, or all spend the same.
    """
    n, z = np.asarray(purchases, np.float64), np.asarray(mean, np.float64)
    if n.size < 10 or np.ptp(z) <= 1e-9 * z.mean():
        raise ConfigError("the amounts of fewer than ten customers differ; spending cannot be fitted")
    scale = float(np.median(z))
    bounds = [(np.log(_LOWEST), np.log(_HIGHEST))] * 3

    def cost(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = _likelihood(point, n, z / scale)
        return -value / n.size, -slope / n.size

    best = None
    for p, q in ((2.0, 3.0), (8.0, 4.0), (1.0, 8.0)):
        start = np.log([p, q, (q - 1.0) / p])
        found = minimize(cost, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9})
        if best is None or found.fun < best.fun:
            best = found
    assert best is not None
    p, q, v = np.exp(best.x)
    return GammaGamma(float(p), float(q), float(v * scale))


def _likelihood(
    point: NDArray[np.float64], n: NDArray[np.float64], z: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Log-likelihood and its gradient in the logarithms of p, q, v (Fader & Hardie 2013, equation 1a)."""
    p, q, v = np.exp(point)
    whole = p * n
    total = v + n * z
    value = gammaln(whole + q) - gammaln(whole) - gammaln(q) + q * np.log(v)
    value = value + (whole - 1.0) * np.log(z) + whole * np.log(n) - (whole + q) * np.log(total)
    by_p = n * (digamma(whole + q) - digamma(whole) + np.log(z) + np.log(n) - np.log(total))
    by_q = digamma(whole + q) - digamma(q) + np.log(v) - np.log(total)
    by_v = q / v - (whole + q) / total
    slope = np.array([by_p.sum(), by_q.sum(), by_v.sum()])
    return float(value.sum()), slope * np.array([p, q, v])
