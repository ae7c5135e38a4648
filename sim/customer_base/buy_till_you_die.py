"""Buy till you die: repeat purchases of customers who at some point stop for good (BG/NBD).

A customer buys at a rate that differs between customers as a Gamma, and after each repeat purchase leaves for good with
a probability that differs between customers as a Beta. Times are in any unit; rates are per the same unit.

References
----------
Fader, Hardie & Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model, *Marketing
Science* 24(2). Equation numbers below are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv, betaln, digamma, gammaln, hyp2f1, logsumexp

from sim.scenario.errors import ConfigError

__all__ = ["BuyTillYouDie", "Fit", "Summary", "fit_buy_till_you_die"]

#: Parameters are sought between these; an estimate at an end means that the data do not bound it.
LOWEST, HIGHEST = 1e-4, 1e5
#: Close to a = 1 the closed forms divide by zero; they are smooth there, so a neighbour is as good.
_NEAR_ONE = 1e-7
#: Where a + b is larger, the hypergeometric function loses its digits and the Beta is averaged over instead.
_ALIKE = 500.0
#: Customers averaged over at once, to bound memory.
_CHUNK = 8192
#: Candidates for each near-best set, and the number of different customers from which one has to do.
_CANDIDATES, _MANY = 10, 20_000
#: Candidates spread so much wider than the approximation; sets so far off, in logarithms, need data to speak for them.
_WIDER, _OPEN = 1.2, 1.5


@dataclass(frozen=True, slots=True)
class BuyTillYouDie:
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

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not np.isfinite(value) or value <= 0:
                raise ConfigError(f"{field.name} is {value!r}; give a number above 0")

    def log_likelihood(self, summary: Summary) -> float:
        """Return the log-likelihood of customers' summaries (equation 6)."""
        return _likelihood(np.log(self.as_array()), summary)[0]

    def as_array(self) -> NDArray[np.float64]:
        """Return r, alpha, a, b (4,)."""
        return np.array([self.r, self.alpha, self.a, self.b])

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
            return _average(r, alpha, a, b, t)
        shrunk = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1.0, t / (alpha + t))
        found = np.asarray((a + b - 1.0) / (a - 1.0) * (1.0 - shrunk))
        # SciPy's hypergeometric function has no value at some parameters that are nothing special.
        return found if np.isfinite(found).all() else np.where(np.isfinite(found), found, _average(r, alpha, a, b, t))

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
                ahead[part] = _average(r + repeats, 1.0, a, b + repeats, t / span[part])
        return np.asarray(ahead * self.alive(summary))

    def _apart(self) -> tuple[float, float, float, float]:
        """Parameters, with a kept off 1 and a + b off 1, where the closed forms are limits."""
        r, alpha, a, b = self.as_array()
        if abs(a - 1.0) < _NEAR_ONE:
            a = 1.0 + _NEAR_ONE
        if abs(a + b - 1.0) < _NEAR_ONE:
            b += _NEAR_ONE
        return float(r), float(alpha), float(a), float(b)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the model needs to know of customers: all arrays have the same length.

    Attributes
    ----------
    repeats : float64 array
        Repeat purchases in the observation.
    last : float64 array
        Time of the last of them after the first purchase, 0 without any.
    observed : float64 array
        Time from the first purchase to the end of the observation.
    customers : float64 array
        How many customers are alike in all three.
    """

    repeats: NDArray[np.float64]
    last: NDArray[np.float64]
    observed: NDArray[np.float64]
    customers: NDArray[np.float64]

    @classmethod
    def of(cls, repeats: ArrayLike, last: ArrayLike, observed: ArrayLike) -> Summary:
        """Return the summary of single customers, those who are alike counted together.

        Parameters
        ----------
        repeats : array (n,)
            Repeat purchases of each customer.
        last : array (n,)
            Time of the last purchase since the first; 0 without a repeat.
        observed : array (n,)
            Time from the first purchase to the end of observation, same unit.

        Returns
        -------
        Summary
            One row for each different customer, with counts.
        """
        rows = np.stack([np.asarray(part, np.float64) for part in (repeats, last, observed)])
        order = np.lexsort(rows)
        rows = rows[:, order]
        fresh = np.r_[True, (np.diff(rows, axis=1) != 0).any(axis=0)] if order.size else np.zeros(0, bool)
        starts = np.flatnonzero(fresh)
        counts = np.diff(np.r_[starts, order.size]).astype(np.float64)
        return cls(rows[0, starts], rows[1, starts], rows[2, starts], counts)


@dataclass(frozen=True, slots=True)
class Fit:
    """An estimate by maximum likelihood.

    Attributes
    ----------
    model : BuyTillYouDie
    log_likelihood : float
    covariance : float64 (4, 4)
        Of the logarithms of r, alpha, a, b: the inverse of the observed information.
    unbounded : tuple of str
        Parameters at an end of the range searched, or of which the data say nothing: their errors are infinite.
    """

    model: BuyTillYouDie
    log_likelihood: float
    covariance: NDArray[np.float64]
    unbounded: tuple[str, ...] = ()

    @property
    def errors(self) -> NDArray[np.float64]:
        """Standard errors of r, alpha, a, b by the delta method (4,)."""
        errors = self.model.as_array() * np.sqrt(np.diag(self.covariance))
        names = [field.name for field in fields(self.model)]
        errors[[names.index(name) for name in self.unbounded]] = np.inf
        return errors

    def members(self, count: int, seed: int, summary: Summary) -> tuple[tuple[BuyTillYouDie, ...], NDArray[np.float64]]:
        """Return near-best parameter sets, at most ``count``, and their weights, which sum to 1.

        Draws from a little more than the normal approximation at the maximum, in logarithms, each weighted by how much
        its true likelihood exceeds the approximation's, and drawn again by those weights (sampling importance
        resampling: Rubin 1988), so that a curved likelihood is not taken for a flat one. Where the data leave a
        parameter nearly open, sets beyond a factor of about e ** 1.5 are held for unlikely.

        Parameters
        ----------
        count : int
            Sets at most, at least 1.
        seed : int
            Key of the random draws.
        summary : Summary
            Data of the fit.

        Returns
        -------
        tuple of BuyTillYouDie, float64 (n,)
            Sets and their weights.
        """
        generator = np.random.Generator(np.random.Philox(key=[seed, 0x7472616E]))
        free = np.array([field.name not in self.unbounded for field in fields(self.model)])
        values, vectors = np.linalg.eigh(self.covariance * np.outer(free, free))
        spread = vectors * _WIDER * np.sqrt(np.clip(values, 0.0, 1.0))
        # With very many customers the approximation is as good as exact, and a likelihood takes long.
        draws = generator.standard_normal((count * (_CANDIDATES if summary.customers.size < _MANY else 1), 4))
        best = np.log(self.model.as_array())
        points = np.clip(best + draws @ spread.T, np.log(LOWEST), np.log(HIGHEST))
        gains = np.array([_likelihood(point, summary)[0] for point in points]) + 0.5 * (draws**2).sum(axis=1)
        gains -= 0.5 * (((points - best) / _OPEN) ** 2).sum(axis=1)
        reached = np.cumsum(np.exp(gains - logsumexp(gains)))
        places = (np.arange(count) + generator.random()) / count * reached[-1]
        found = np.minimum(np.searchsorted(reached, places), len(points) - 1)
        picked, times = np.unique(found, return_counts=True)
        members = tuple(BuyTillYouDie(*map(float, np.exp(points[at]))) for at in picked)
        return members, times / count


def _average(shape: float, rate: float, a: float, b: float, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected purchases in ``t`` by averaging (1 - (rate / (rate + p t)) ** shape) / p over p ~ Beta(a, b)."""
    leaving = np.maximum(betaincinv(a, b, (np.arange(200) + 0.5) / 200.0), 1e-12)
    moved = np.multiply.outer(t, leaving) / rate
    return np.asarray((-np.expm1(-shape * np.log1p(moved)) / leaving).mean(axis=-1))


def fit_buy_till_you_die(summary: Summary) -> Fit:
    """Estimate the model by maximum likelihood, from several starts.

    Raises
    ------
    ConfigError
        If nobody bought again: there is nothing to estimate from.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> repeats = generator.poisson(generator.gamma(0.5, 2.0, 500))
    >>> last = np.where(repeats > 0, 20.0, 0.0)
    >>> fit_buy_till_you_die(Summary.of(repeats, last, np.full(500, 30.0))).model.r > 0
    True
    """
    if summary.customers.size == 0 or not (summary.repeats > 0).any():
        raise ConfigError("nobody bought a second time in the observation; give a longer one, or more customers")
    mean = float((summary.repeats * summary.customers).sum() / (summary.observed * summary.customers).sum())
    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * 4

    def cost(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = _likelihood(point, summary)
        return -value / total, -slope / total

    total = float(summary.customers.sum())
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000}
    best = None
    for r, a, b in ((0.5, 0.5, 2.0), (0.25, 1.0, 3.0), (2.0, 0.2, 5.0)):
        start = np.log(np.clip([r, r / max(mean, 1e-12), a, b], 2 * LOWEST, HIGHEST / 2))
        found = minimize(cost, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
        if best is None or found.fun < best.fun:
            best = found
    if best is None or not np.isfinite(best.fun):
        raise ConfigError("the purchase counts cannot be fitted; see that times and counts are finite and not negative")
    point = np.asarray(best.x)
    information = _information(point, summary)
    covariance, loose = _inverse(information, point)
    names = tuple(field.name for field in fields(BuyTillYouDie))
    model = BuyTillYouDie(*map(float, np.exp(point)))
    return Fit(model, float(-best.fun * total), covariance, tuple(np.array(names)[loose].tolist()))


def _likelihood(point: NDArray[np.float64], summary: Summary) -> tuple[float, NDArray[np.float64]]:
    """Log-likelihood and its gradient in the logarithms of r, alpha, a, b."""
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


def _information(point: NDArray[np.float64], summary: Summary) -> NDArray[np.float64]:
    """Observed information in the logarithms, by central differences of the gradient."""
    step = 1e-4
    rows = []
    for at in range(point.size):
        shift = np.zeros(point.size)
        shift[at] = step
        rows.append((_likelihood(point - shift, summary)[1] - _likelihood(point + shift, summary)[1]) / (2.0 * step))
    matrix = np.array(rows)
    return np.asarray(0.5 * (matrix + matrix.T))


def _inverse(
    information: NDArray[np.float64], point: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Covariance, and which parameters the data leave open."""
    ends = (point < np.log(LOWEST) + 1e-3) | (point > np.log(HIGHEST) - 1e-3)
    kept = np.flatnonzero(~ends)
    covariance = np.zeros_like(information)
    if kept.size:
        values, vectors = np.linalg.eigh(information[np.ix_(kept, kept)])
        firm = values > 1e-6
        inverse = (vectors[:, firm] / values[firm]) @ vectors[:, firm].T
        covariance[np.ix_(kept, kept)] = inverse
        ends[kept] |= (np.abs(vectors[:, ~firm]) > 0.3).any(axis=1)
    return covariance, ends
