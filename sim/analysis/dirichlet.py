"""NBD-Dirichlet: how a population of customers buys the brands of a category over a period.

Every customer buys the category as a Poisson process whose rate is Gamma-distributed over customers (the NBD), and
chooses among the brands with probabilities that are Dirichlet-distributed over customers, independently of the rate.

References
----------
Goodhardt, Ehrenberg & Chatfield (1984), "The Dirichlet: a comprehensive model of buying behaviour", J. Royal
Statistical Society A 147, 621-655. Ehrenberg (1988), "Repeat-Buying", appendix C: the measures below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc, betaln, gammaln

__all__ = ["OUTLIERS", "Dirichlet", "fit_category", "fit_dirichlet"]

Array = NDArray[np.float64]

#: Rules for brands whose own S is an outlier.
OUTLIERS: tuple[str, ...] = ("keep", "notched_boxplot")
#: The sums over numbers of category purchases stop where fewer customers than this share buy as often.
_TAIL = 1e-12


@dataclass(frozen=True, slots=True)
class Dirichlet:
    """The model of one category over one period.

    Attributes
    ----------
    purchases : float
        Mean category purchases per customer in the period (M), > 0.
    shape : float
        Shape of the Gamma of rates (K), > 0; small means a few heavy buyers.
    strength : float
        Sum of the Dirichlet's parameters (S), > 0; small means loyal customers.
    shares : tuple of float
        Market share of every brand; what is missing to 1 is bought of other brands.

    Examples
    --------
    >>> toothpaste = Dirichlet(purchases=1.456, shape=0.78, strength=1.55, shares=(0.25, 0.19))
    >>> toothpaste.penetration().round(3)
    array([0.205, 0.161])
    """

    purchases: float
    shape: float
    strength: float
    shares: tuple[float, ...]

    @property
    def weights(self) -> Array:
        """Parameters of the Dirichlet, one per brand: strength x share."""
        return self.strength * np.array(self.shares)

    def category_penetration(self) -> float:
        """Return the share of customers who buy the category: 1 - (1 + M / K) ** -K."""
        return float(1.0 - (1.0 + self.purchases / self.shape) ** -self.shape)

    def penetration(self) -> Array:
        """Return the share of customers who buy each brand at least once (b)."""
        return 1.0 - np.array([self._none_of(weight) for weight in self.weights])

    def frequency(self) -> Array:
        """Return the purchases of each brand per buyer of it (w)."""
        return self.purchases * np.array(self.shares) / self.penetration()

    def category_frequency(self) -> Array:
        """Return the category purchases per buyer of each brand (w_P)."""
        numbers, chances = self._numbers()
        bought = np.array([np.sum(numbers * chances * (1.0 - self._zero(weight, numbers))) for weight in self.weights])
        return bought / self.penetration()

    def share_of_requirements(self) -> Array:
        """Return the share of their category purchases that buyers of each brand make of it (SCR)."""
        return self.frequency() / self.category_frequency()

    def sole_buyers(self) -> Array:
        """Return the share of each brand's buyers who buy nothing else of the category (100 % loyal)."""
        numbers, chances = self._numbers()
        # All n purchases are of the brand: none of them is of the rest.
        sole = np.array(
            [np.sum((chances * self._zero(self.strength - weight, numbers))[1:]) for weight in self.weights]
        )
        return sole / self.penetration()

    def duplication(self) -> Array:
        """Return the share of the buyers of a row's brand who also buy a column's (1 on the diagonal)."""
        weights, bought = self.weights, self.penetration()
        both = np.array([[self._none_of(one + other) for other in weights] for one in weights])
        both = bought[:, None] + bought[None, :] - (1.0 - both)
        np.fill_diagonal(both, bought)
        return np.asarray(both / bought[:, None], dtype=np.float64)

    def repeat_rate(self) -> Array:
        """Return the chance that a purchase of each brand is followed by one of it: (S p + 1) / (S + 1)."""
        return (self.weights + 1.0) / (self.strength + 1.0)

    def _numbers(self) -> tuple[Array, Array]:
        """Numbers of category purchases from 0, and the share of customers who make as many (NBD)."""
        # By hand: scipy.stats takes longer to load than a Dirichlet to be computed.
        share = self.purchases / (self.shape + self.purchases)
        many = 64
        while betainc(many, self.shape, share) > _TAIL:
            many *= 2
        numbers = np.arange(many + 1, dtype=np.float64)
        # More than n buy with the chance of the incomplete beta function of n + 1.
        numbers = numbers[: 2 + int(np.argmax(betainc(numbers + 1.0, self.shape, share) <= _TAIL))]
        chances = gammaln(self.shape + numbers) - gammaln(numbers + 1.0) - gammaln(self.shape)
        chances += numbers * np.log(share) + self.shape * np.log1p(-share)
        return numbers, np.exp(chances)

    def _zero(self, weight: float, numbers: Array) -> Array:
        """Chance that none of n category purchases is of brands of this weight (beta-binomial)."""
        rest = self.strength - weight
        if weight <= 0.0:
            return np.ones_like(numbers)
        if rest <= 0.0:
            return np.where(numbers == 0, 1.0, 0.0)
        return np.exp(betaln(weight, rest + numbers) - betaln(weight, rest))

    def _none_of(self, weight: float) -> float:
        numbers, chances = self._numbers()
        return float(np.sum(chances * self._zero(weight, numbers)))


def fit_category(penetration: float, frequency: float) -> tuple[float, float]:
    """Return mean purchases M and shape K of the NBD with this category penetration and purchases per buyer.

    Parameters
    ----------
    penetration : float
        Share of customers who buy the category in the period, in (0, 1).
    frequency : float
        Category purchases per buyer, above what a Poisson process without heterogeneity gives.

    Returns
    -------
    M, K : float
        ``M = penetration * frequency``; K solves ``1 - (1 + M / K) ** -K = penetration``.

    Raises
    ------
    ValueError
        If no NBD has these figures.

    Examples
    --------
    >>> tuple(round(value, 4) for value in fit_category(0.56, 2.6))
    (1.456, 0.7788)
    """
    purchases = penetration * frequency
    if not (0.0 < penetration < 1.0 and purchases > -log(1.0 - penetration)):
        raise ValueError(
            f"no NBD has penetration {penetration} and {frequency} purchases per buyer; with this penetration buyers"
            f" buy more often than {-log(1.0 - penetration) / penetration if 0 < penetration < 1 else float('nan')}"
        )
    shape = brentq(lambda k: -k * np.log1p(purchases / k) - log(1.0 - penetration), 1e-9, 1e9, xtol=1e-12)
    return purchases, float(shape)


def fit_dirichlet(
    penetration: float,
    frequency: float,
    shares: Sequence[float],
    brand_penetrations: Sequence[float],
    *,
    outliers: str = "keep",
) -> Dirichlet:
    """Fit the model as Goodhardt, Ehrenberg & Chatfield (1984) do: by zeros and means.

    M and K come from the category (:func:`fit_category`). Each brand's own S is the one that gives its penetration, and
    S is their mean, weighted by share.

    Parameters
    ----------
    penetration : float
        Share of customers who buy the category in the period, in (0, 1).
    frequency : float
        Category purchases per buyer in the period, above 1.
    shares : sequence of float, B
        Market share of each brand.
    brand_penetrations : sequence of float, B
        Share of customers who buy each brand, below the category's penetration.
    outliers : {'keep', 'notched_boxplot'}
        Which brands' S enter the mean: all, or only those that a notched boxplot does not mark. See Notes.

    Returns
    -------
    Dirichlet

    Raises
    ------
    ValueError
        If the figures of the category or of a brand contradict each other, or `outliers` is neither.

    Notes
    -----
    ``notched_boxplot`` is the rule of the R package NBDdirichlet (Chen; 1.4, `R/dirichlet.R`), which applies it without
    saying so: it leaves out every S beyond 1.5 times the spread of the hinges, and every S above the upper notch of
    the box, ``median + 1.58 * spread / sqrt(B)`` (McGill, Tukey & Larsen 1978, *The American Statistician* 32, 12-16).
    On the toothpaste figures of 1973 it leaves out three of eight brands; the published S of 1.30 follows from it.

    Examples
    --------
    Toothpaste, United Kingdom, first quarter of 1973 (Ehrenberg, Goodhardt & Barwise 1990):

    >>> shares = (0.25, 0.19, 0.10, 0.10, 0.09, 0.08, 0.03, 0.02)
    >>> bought = (0.20, 0.17, 0.09, 0.08, 0.08, 0.07, 0.03, 0.02)
    >>> round(fit_dirichlet(0.56, 2.6, shares, bought).strength, 4)
    1.5499
    >>> round(fit_dirichlet(0.56, 2.6, shares, bought, outliers="notched_boxplot").strength, 4)
    1.2953
    """
    if outliers not in OUTLIERS:
        raise ValueError(f"outliers is {outliers!r}; give one of {', '.join(OUTLIERS)}")
    purchases, shape = fit_category(penetration, frequency)
    strengths, weights = np.empty(len(shares)), np.array(shares, dtype=np.float64)
    for brand, (share, bought) in enumerate(zip(shares, brand_penetrations, strict=True)):

        def gap(strength: float, share: float = share, bought: float = bought) -> float:
            return float(Dirichlet(purchases, shape, strength, (share,)).penetration()[0]) - bought

        if gap(1e-6) > 0.0 or gap(1e6) < 0.0:
            raise ValueError(f"no Dirichlet gives a brand of share {share} the penetration {bought}")
        strengths[brand] = brentq(gap, 1e-6, 1e6, xtol=1e-10)
    kept = _inside_notched_box(strengths) if outliers == "notched_boxplot" else np.ones(len(shares), dtype=bool)
    return Dirichlet(purchases, shape, float(np.average(strengths[kept], weights=weights[kept])), tuple(shares))


def _inside_notched_box(values: Array) -> NDArray[np.bool_]:
    """Return which values are no outliers of R's boxplot and not above its upper notch."""
    ordered = np.sort(values)
    half = (len(values) + 1) // 2
    low, middle, high = (float(np.median(part)) for part in (ordered[:half], ordered, ordered[-half:]))
    spread = high - low
    upper = min(high + 1.5 * spread, middle + 1.58 * spread / np.sqrt(len(values)))
    return np.asarray((values >= low - 1.5 * spread) & (values <= upper))
