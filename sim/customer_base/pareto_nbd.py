"""Pareto/NBD: a customer may leave for good at any time, at a rate of its own that is Gamma over customers.

References
----------
Schmittlein, Morrison & Colombo (1987), Counting your customers: who are they and what will they do next?, *Management
Science* 33(1); Fader & Hardie (2005), A note on deriving the Pareto/NBD model and related expressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, hyp2f1

from sim.customer_base.repeat_buying import RepeatModel, Summary

__all__ = ["ParetoNbd"]

#: Points of the quadrature over the time of leaving, and step of the gradient in logarithms.
_POINTS, _STEP = 128, 1e-5
#: Argument of the hypergeometric series above which the integral that it stands for takes a fraction of the time.
_NEAR_ONE = 0.98


@dataclass(frozen=True, slots=True)
class ParetoNbd(RepeatModel):
    """Parameters of the Pareto/NBD model.

    Attributes
    ----------
    r, alpha : float
        Shape and rate of the Gamma distribution of purchase rates over customers.
    s, beta : float
        Shape and rate of the Gamma distribution of the rates of leaving over customers.
    """

    r: float
    alpha: float
    s: float
    beta: float

    NAME: ClassVar[str] = "pareto_nbd"
    TITLE: ClassVar[str] = "Pareto/NBD"
    LEAVES: ClassVar[str] = "any_time"

    @classmethod
    def starts(cls, rate: float) -> tuple[tuple[float, ...], ...]:
        """Return parameters to start the search from."""
        return tuple((r, r / rate, s, 1.2 * r / rate) for r, s in ((0.5, 0.6), (1.5, 0.2)))

    @classmethod
    def likelihood(cls, point: NDArray[np.float64], summary: Summary) -> tuple[float, NDArray[np.float64]]:
        """Return the log-likelihood and its gradient, by central differences, in the logarithms of the parameters."""
        heads, pairs = summary.customers, _pairs(summary)

        def value(at: NDArray[np.float64]) -> float:
            still, left, known = cls(*map(float, np.exp(at)))._parts(summary, pairs)
            return float((heads * (known + np.logaddexp(still, left))).sum())

        steps = np.eye(point.size) * _STEP
        slope = [(value(point + step) - value(point - step)) / (2.0 * _STEP) for step in steps]
        return value(point), np.array(slope)

    def _parts(
        self, summary: Summary, pairs: tuple[_Pairs, _Pairs]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Logarithms of: being alive with these purchases; having left; and their common factor (equations 16, 17)."""
        r, alpha, s, beta = self.as_array()
        x, last, observed = summary.repeats, summary.last, summary.observed
        known = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        still = -(r + x) * np.log(alpha + observed) - s * np.log(beta + observed)
        whole = r + s + x
        larger, other = max(alpha, beta), min(alpha, beta)
        # Who bought at the very end cannot have left since.
        between, since = np.full(np.shape(last), -np.inf), last < observed
        if (larger - other) / larger < _NEAR_ONE:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                # The series takes long, and there are far fewer pairs than customers.
                first, second = (self._series(repeats, time)[place] for repeats, time, place in pairs)
                found = first + np.log(-np.expm1(np.minimum(second - first, 0.0)))
            between[since] = found[since]
        bad = ~np.isfinite(between) & since
        if bad.any():
            between[bad] = (
                _integral(r + x[bad], alpha, s, beta, last[bad], observed[bad]) - np.log(s) + np.log(whole[bad])
            )
        return still, np.log(s) - np.log(whole) + between, known

    def _series(self, x: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of the hypergeometric term of so many repeats and a time."""
        r, alpha, s, beta = self.as_array()
        whole = r + s + x
        larger, other, power = (alpha, beta, s + 1.0) if alpha >= beta else (beta, alpha, r + x)
        return np.asarray(
            np.log(hyp2f1(whole, power, whole + 1.0, (larger - other) / (larger + t))) - whole * np.log(larger + t)
        )

    def leaving(self, step: float) -> tuple[float, float]:
        """Return mean and concentration of the chance to leave in a step of so much time.

        A chance that is Beta(s, beta / step - (s - 1) / 2) leaves as many after n steps as the Gamma of rates, up to
        terms of (step / beta) squared: both fall as a power s of time.
        """
        rate = max(self.beta / step - (self.s - 1.0) / 2.0, 0.5)
        return self.s / (self.s + rate), self.s + rate

    def probability(self, x: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of ``x`` repeat purchases within ``t`` of the first one.

        The time of leaving is averaged over: Gauss-Legendre.

        Examples
        --------
        >>> model = ParetoNbd(0.553, 10.578, 0.606, 11.669)
        >>> round(float(model.probability(np.arange(2_000), 39.0).sum()), 6)
        1.0
        """
        r, alpha, s, beta = self.as_array()
        x, t = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(t, np.float64))
        nodes, weights = _gauss_legendre()
        # In the logarithm of beta + time, leaving is a plain exponential.
        longest = np.log1p(t / beta)
        found = _negative_binomial(r, alpha, x, t) * np.exp(-s * longest)
        for node, weight in zip((nodes + 1.0) / 2.0, weights / 2.0, strict=True):
            left = longest * node
            found = found + weight * longest * s * np.exp(-s * left) * _negative_binomial(
                r, alpha, x, beta * np.expm1(left)
            )
        return np.asarray(found)

    def expected(self, t: ArrayLike) -> NDArray[np.float64]:
        """Return the expected repeat purchases within ``t`` of the first one.

        Examples
        --------
        >>> round(float(ParetoNbd(0.553, 10.578, 0.606, 11.669).expected(39.0)), 2)
        1.21
        """
        r, alpha, s, beta = self.as_array()
        t = np.asarray(t, np.float64)
        return np.asarray(r * beta / alpha * _over_power(np.log((beta + t) / beta), s - 1.0))

    def alive(self, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's probability of being still a customer at the end of the observation."""
        still, left, _ = self._parts(summary, _pairs(summary))
        return np.asarray(np.exp(still - np.logaddexp(still, left)))

    def expected_after(self, t: float, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's expected purchases in the ``t`` after the observation."""
        r, alpha, s, beta = self.as_array()
        x, observed = summary.repeats, summary.observed
        rate = (r + x) * (beta + observed) / (alpha + observed)
        ahead = rate * _over_power(np.log((beta + observed + t) / (beta + observed)), s - 1.0)
        return np.asarray(ahead * self.alive(summary))


#: Different pairs of repeats and a time, and where each customer's stands among them.
_Pairs: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]


def _pairs(summary: Summary) -> tuple[_Pairs, _Pairs]:
    """Return the pairs of repeats with the time of the last purchase, and with the time observed."""
    return _group(summary.repeats, summary.last), _group(summary.repeats, summary.observed)


def _group(repeats: NDArray[np.float64], times: NDArray[np.float64]) -> _Pairs:
    order = np.lexsort((times, repeats))
    k, t = repeats[order], times[order]
    fresh = np.ones(order.size, dtype=np.bool_)
    fresh[1:] = (np.diff(k) != 0) | (np.diff(t) != 0)
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.cumsum(fresh) - 1
    return k[fresh], t[fresh], place


def _over_power(log_ratio: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """(1 - exp(-power x log_ratio)) / power, which is log_ratio where power is 0."""
    if abs(power) < 1e-9:
        return log_ratio
    return np.asarray(-np.expm1(-power * log_ratio) / power)


def _negative_binomial(r: float, alpha: float, x: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(x > 0, x * np.log(t / (alpha + t)), 0.0)
    return np.asarray(np.exp(gammaln(r + x) - gammaln(r) - gammaln(x + 1.0) + r * np.log(alpha / (alpha + t)) + moved))


@lru_cache(maxsize=1)
def _gauss_legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on [-1, 1]: an eigenvalue problem, which a fit would else solve ten thousand times."""
    return np.polynomial.legendre.leggauss(_POINTS)


def _integral(
    power: NDArray[np.float64],
    alpha: float,
    s: float,
    beta: float,
    last: NDArray[np.float64],
    observed: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Logarithm of the integral of s / ((alpha + t) ** power (beta + t) ** (s + 1)) from ``last`` to ``observed``."""
    nodes, weights = _gauss_legendre()
    low, high = np.log(alpha + last), np.log(alpha + observed)
    at = low[:, None] + (high - low)[:, None] * (nodes + 1.0) / 2.0
    inside = (1.0 - power[:, None]) * at - (s + 1.0) * np.log(np.exp(at) - alpha + beta) + np.log(s)
    top = inside.max(axis=1)
    summed = (np.exp(inside - top[:, None]) * weights).sum(axis=1) * (high - low) / 2.0
    # Who bought within a rounding of the end has not left since: the integral is 0.
    with np.errstate(divide="ignore"):
        return np.asarray(top + np.log(summed))
