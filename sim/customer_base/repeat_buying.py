"""Repeat buying: what every model of customers who buy till they die has, and its estimate by maximum likelihood.

A model is a frozen dataclass of four parameters above 0. Times are in any unit; rates are per the same unit.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from sim.scenario.errors import ConfigError

__all__ = ["Fit", "RepeatModel", "Summary", "fit_repeat_buying"]

#: Parameters are sought between these; an estimate at an end means that the data do not bound it.
LOWEST, HIGHEST = 1e-4, 1e5
#: Candidates for each near-best set, and the number of different customers from which one has to do.
_CANDIDATES, _MANY = 10, 20_000
#: Candidates spread so much wider than the approximation; sets so far off, in logarithms, need data to speak for them.
_WIDER, _OPEN = 1.2, 1.5


class RepeatModel:
    """Customers who buy at a rate of their own, Gamma(r, alpha) over customers, until they leave for good.

    Attributes
    ----------
    NAME, TITLE : str
        In configurations and in reports.
    LEAVES : str
        When a customer may leave: `after_repeat`, `after_purchase` or `any_time`.
    """

    __slots__ = ()
    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    LEAVES: ClassVar[str]
    r: float
    alpha: float

    def __init__(self, *parameters: float) -> None:
        raise NotImplementedError

    def __post_init__(self) -> None:
        for name, value in zip(self.names(), self.as_array(), strict=True):
            if not np.isfinite(value) or value <= 0:
                raise ConfigError(f"{name} is {float(value)!r}; give a number above 0")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the parameters."""
        return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]

    def as_array(self) -> NDArray[np.float64]:
        """Return the parameters (4,)."""
        return np.array([getattr(self, name) for name in self.names()], np.float64)

    def log_likelihood(self, summary: Summary) -> float:
        """Return the log-likelihood of customers' summaries."""
        return self.likelihood(np.log(self.as_array()), summary)[0]

    @classmethod
    @abstractmethod
    def starts(cls, rate: float) -> tuple[tuple[float, ...], ...]:
        """Return parameters to start the search from; ``rate`` is the mean rate of repeat purchases."""

    @classmethod
    @abstractmethod
    def likelihood(cls, point: NDArray[np.float64], summary: Summary) -> tuple[float, NDArray[np.float64]]:
        """Return the log-likelihood and its gradient in the logarithms of the parameters."""

    @abstractmethod
    def probability(self, x: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of ``x`` repeat purchases within ``t`` of the first one."""

    @abstractmethod
    def expected(self, t: ArrayLike) -> NDArray[np.float64]:
        """Return the expected repeat purchases within ``t`` of the first one."""

    @abstractmethod
    def alive(self, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's probability of being still a customer at the end of the observation."""

    @abstractmethod
    def expected_after(self, t: float, summary: Summary) -> NDArray[np.float64]:
        """Return each customer's expected purchases in the ``t`` after the observation."""

    @abstractmethod
    def leaving(self, step: float) -> tuple[float, float]:
        """Return mean and concentration of the Beta of chances to leave, in a ``step`` of time if at any time."""


M = TypeVar("M", bound=RepeatModel)


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
class Fit(Generic[M]):
    """An estimate by maximum likelihood.

    Attributes
    ----------
    model : RepeatModel
    log_likelihood : float
    covariance : float64 (4, 4)
        Of the logarithms of the parameters: the inverse of the observed information.
    unbounded : tuple of str
        Parameters at an end of the range searched, or of which the data say nothing: their errors are infinite.
    """

    model: M
    log_likelihood: float
    covariance: NDArray[np.float64]
    unbounded: tuple[str, ...] = ()

    @property
    def errors(self) -> NDArray[np.float64]:
        """Standard errors of the parameters by the delta method (4,)."""
        errors = self.model.as_array() * np.sqrt(np.diag(self.covariance))
        names = self.model.names()
        errors[[names.index(name) for name in self.unbounded]] = np.inf
        return errors

    def members(self, count: int, seed: int, summary: Summary) -> tuple[tuple[M, ...], NDArray[np.float64]]:
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
        tuple of RepeatModel, float64 (n,)
            Sets and their weights.
        """
        generator = np.random.Generator(np.random.Philox(key=[seed, 0x7472616E]))
        free = np.array([name not in self.unbounded for name in self.model.names()])
        values, vectors = np.linalg.eigh(self.covariance * np.outer(free, free))
        spread = vectors * _WIDER * np.sqrt(np.clip(values, 0.0, 1.0))
        # With very many customers the approximation is as good as exact, and a likelihood takes long.
        draws = generator.standard_normal((count * (_CANDIDATES if summary.customers.size < _MANY else 1), 4))
        best = np.log(self.model.as_array())
        points = np.clip(best + draws @ spread.T, np.log(LOWEST), np.log(HIGHEST))
        gains = np.array([self.model.likelihood(point, summary)[0] for point in points]) + 0.5 * (draws**2).sum(axis=1)
        gains -= 0.5 * (((points - best) / _OPEN) ** 2).sum(axis=1)
        reached = np.cumsum(np.exp(gains - logsumexp(gains)))
        places = (np.arange(count) + generator.random()) / count * reached[-1]
        found = np.minimum(np.searchsorted(reached, places), len(points) - 1)
        picked, times = np.unique(found, return_counts=True)
        members = tuple(type(self.model)(*map(float, np.exp(points[at]))) for at in picked)
        return members, times / count


def fit_repeat_buying(kind: type[M], summary: Summary) -> Fit[M]:
    """Estimate a model by maximum likelihood, from several starts.

    Parameters
    ----------
    kind : type
        The model's class.
    summary : Summary
        Data.

    Raises
    ------
    ConfigError
        If nobody bought again: there is nothing to estimate from.
    """
    if summary.customers.size == 0 or not (summary.repeats > 0).any():
        raise ConfigError("nobody bought a second time in the observation; give a longer one, or more customers")
    mean = float((summary.repeats * summary.customers).sum() / (summary.observed * summary.customers).sum())
    total = float(summary.customers.sum())

    def cost(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = kind.likelihood(point, summary)
        return -value / total, -slope / total

    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * len(kind.names())
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000}
    best: Any = None
    for parameters in kind.starts(max(mean, 1e-12)):
        start = np.log(np.clip(parameters, 2 * LOWEST, HIGHEST / 2))
        found = minimize(cost, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
        if best is None or found.fun < best.fun:
            best = found
    if best is None or not np.isfinite(best.fun):
        raise ConfigError("the purchase counts cannot be fitted; see that times and counts are finite and not negative")
    point = np.asarray(best.x)
    covariance, loose = _inverse(_information(kind, point, summary), point)
    model = kind(*map(float, np.exp(point)))
    return Fit(model, float(-best.fun * total), covariance, tuple(np.array(kind.names())[loose].tolist()))


def _information(kind: type[RepeatModel], point: NDArray[np.float64], summary: Summary) -> NDArray[np.float64]:
    """Observed information in the logarithms, by central differences of the gradient."""
    step = 1e-4
    rows = []
    for at in range(point.size):
        shift = np.zeros(point.size)
        shift[at] = step
        before, after = (kind.likelihood(point + side * shift, summary)[1] for side in (-1.0, 1.0))
        rows.append((before - after) / (2.0 * step))
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
