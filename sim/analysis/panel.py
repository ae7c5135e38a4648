"""Panel: who bought which brand how often, as a household panel reports it.

Sums over customers, so that replicates add up and a jackknife over them does not need the event log.

References
----------
Ehrenberg, Uncles & Goodhardt (2004), "Understanding brand performance measures: using Dirichlet benchmarks", J.
Business Research 57: penetration, purchase frequency, share of requirements, sole buyers, duplication of purchase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.record.events import EventKind
from sim.record.history import History

__all__ = ["Panel", "duplication_coefficient", "jackknife", "jeopardy_slope", "panel_of", "purchases_by_customer"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """Sums over the customers of a panel. B brands.

    Attributes
    ----------
    customers : float
        Customers in the panel.
    buyers : float64 (B,)
        Customers who bought the brand.
    purchases : float64 (B,)
        Purchases of the brand.
    category : float64 (B,)
        Category purchases of the brand's buyers.
    sole : float64 (B,)
        Buyers of the brand who bought nothing else.
    both : float64 (B, B)
        Customers who bought both brands.
    """

    customers: float
    buyers: Array
    purchases: Array
    category: Array
    sole: Array
    both: Array

    def __add__(self, other: Panel) -> Panel:
        return Panel(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __sub__(self, other: Panel) -> Panel:
        return Panel(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(self)))

    @property
    def penetration(self) -> Array:
        """Share of customers who bought each brand."""
        return self.buyers / self.customers

    @property
    def frequency(self) -> Array:
        """Purchases of each brand per buyer of it."""
        return self.purchases / self.buyers

    @property
    def category_frequency(self) -> Array:
        """Category purchases per buyer of each brand."""
        return self.category / self.buyers

    @property
    def share_of_requirements(self) -> Array:
        """Share of their category purchases that buyers of each brand make of it."""
        return self.purchases / self.category

    @property
    def sole_buyers(self) -> Array:
        """Share of each brand's buyers who bought nothing else."""
        return self.sole / self.buyers

    @property
    def duplication(self) -> Array:
        """Share of the buyers of a row's brand who also bought a column's."""
        return self.both / self.buyers[:, None]

    @property
    def market_share(self) -> Array:
        """Share of all purchases."""
        return np.asarray(self.purchases / self.purchases.sum(), dtype=np.float64)


def purchases_by_customer(history: History, customers: int, brands: int) -> NDArray[np.int64]:
    """Count the purchases of the horizon from the event log.

    Parameters
    ----------
    history : History
        Its log must hold every customer's events: ``record.events`` at least the population.
    customers, brands : int
        Population, and number of brands.

    Returns
    -------
    int64 (customers, brands)
    """
    bought = history.events["kind"] == EventKind.PURCHASE
    places = history.events["customer"][bought] * brands + history.events["brand"][bought]
    return np.bincount(places, minlength=customers * brands).reshape(customers, brands)


def panel_of(counts: NDArray[np.int64]) -> Panel:
    """Sum up what every customer of a panel bought: ``counts`` is (customers, brands)."""
    bought = (counts > 0).astype(np.float64)
    category = counts.sum(axis=1).astype(np.float64)
    only_one = bought.sum(axis=1) == 1
    return Panel(
        customers=float(len(counts)),
        buyers=bought.sum(axis=0),
        purchases=counts.sum(axis=0).astype(np.float64),
        category=bought.T @ category,
        sole=bought[only_one].sum(axis=0),
        both=bought.T @ bought,
    )


def jackknife(panels: Sequence[Panel], measure: Callable[[Panel], Array | float]) -> tuple[Array, Array]:
    """Return a measure of all panels together and its standard error, by leaving out one panel at a time.

    The error of a single panel is unknown (nan).
    """
    total = panels[0]
    for panel in panels[1:]:
        total = total + panel
    value = np.asarray(measure(total), dtype=np.float64)
    count = len(panels)
    if count < 2:
        return value, np.full_like(value, nan)
    left_out = np.array([measure(total - panel) for panel in panels], dtype=np.float64)
    return value, sqrt((count - 1) / count) * np.sqrt(((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))


def jeopardy_slope(penetration: Array, frequency: Array) -> float:
    """Return how purchases per buyer rise with penetration: the least-squares slope of ln w on ln b over the brands.

    Above 0 is double jeopardy: the smaller brand has fewer buyers, and they buy it less often.
    """
    x, y = np.log(penetration), np.log(frequency)
    x = x - x.mean()
    return float(x @ y / (x @ x))


def duplication_coefficient(penetration: Array, duplication: Array) -> float:
    """Return D of the duplication of purchase law b(k|j) = D b(k), by least squares over all pairs of brands."""
    apart = ~np.eye(len(penetration), dtype=bool)
    expected = np.broadcast_to(penetration, duplication.shape)[apart]
    return float(expected @ duplication[apart] / (expected @ expected))
