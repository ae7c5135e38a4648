"""Metrics: the metrics of the focal brand over the horizon, for everybody and for each persona."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from agents.money import CENTS
from sim.analysis.shape import COUNT, LOW_POINT, RATING, SHARE, Shape
from sim.record.history import FIXED_POINT, History, Money, Origin
from sim.scenario.calendar import STEPS_A_YEAR

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario

__all__ = [
    "COST_METRICS",
    "COUNTED",
    "EVERYBODY",
    "HIGHEST_YEAR",
    "LESS_IS_BETTER",
    "METRICS",
    "NEVER_NEGATIVE",
    "OF_SOME",
    "SHAPES",
    "TERMS",
    "Measures",
    "discount",
    "highest_year",
    "low_point",
    "measure",
    "needs_arise",
    "of_market",
    "over_horizon",
    "payback_week",
    "ratio",
    "ratios",
    "returns",
    "searches",
    "with_total",
]

#: The metrics of `summary.json`, in its order.
METRICS: tuple[str, ...] = (
    "contribution",
    "revenue",
    "npv",
    "purchases",
    "market_share",
    "penetration",
    "purchase_frequency",
    "loop_share",
    "evaluation_skipped_share",
    "weeks_to_purchase",
    "retention",
    "clv",
    "switch_rate",
    "advocacy",
    "contacts_per_customer",
    "opt_out_rate",
    "satisfaction",
    "payback_week",
    "cash_low_point",
    "return_rate",
)

#: Metrics that only some scenarios have: left out of the summary of others.
OF_SOME: tuple[str, ...] = ("return_rate",)

#: The terms that contribution is the sum of, costs with a negative sign, in the order of the waterfall.
TERMS: tuple[str, ...] = ("margin", "ancillary", "contacts", "channels", "service", "build", "run", "experiments")

#: What contribution is reduced by, by kind, as positive amounts; a persona bears fixed costs per head.
COST_METRICS: tuple[str, ...] = tuple(f"cost_{name}" for name in TERMS[2:])

#: The most that building, running, experiments and contacts cost in any one year of the horizon; of everybody alone.
HIGHEST_YEAR = "cost_highest_year"

#: Metrics, of the category too, of which the company wants less.
LESS_IS_BETTER: tuple[str, ...] = (
    "weeks_to_purchase",
    "switch_rate",
    "opt_out_rate",
    "contacts_per_customer",
    "return_rate",
    "weeks_to_purchase_category",
)

#: Counts of the focal brand by week and persona that metrics are sums of.
_OF_FOCAL: tuple[str, ...] = (
    "skipped",
    "decision_weeks",
    "switches",
    "repeats",
    "returns",
    "contacts",
    "praise",
    "complaints",
    "satisfaction",
    "incumbents",
)

#: What each metric can be; the others can be anything.
SHAPES: dict[str, Shape] = {
    **dict.fromkeys(
        (
            "market_share",
            "penetration",
            "loop_share",
            "evaluation_skipped_share",
            "retention",
            "switch_rate",
            "opt_out_rate",
            "return_rate",
        ),
        SHARE,
    ),
    **dict.fromkeys(
        ("revenue", "purchases", "purchase_frequency", "weeks_to_purchase", "contacts_per_customer"), COUNT
    ),
    "satisfaction": RATING,
    "cash_low_point": LOW_POINT,
}

#: Events a customer, or a purchase, of the focal brand: there may be few of these, and no event among them.
COUNTED: tuple[str, ...] = (
    "loop_share",
    "evaluation_skipped_share",
    "retention",
    "switch_rate",
    "return_rate",
    "purchase_frequency",
    "advocacy",
)

#: Name under which all customers together stand where a persona is named.
EVERYBODY = "all"

#: A payback week of 0: the cumulative difference is never below zero.
NEVER_NEGATIVE = 0.0
# Personas bear fixed costs per head, in fractions of a cent: less than half a cent is not a debt.
HALF_A_CENT = 0.5

# Sign of each term in contribution, in the order of TERMS.
_VARIABLE = ((Money.MARGIN, 1), (Money.ANCILLARY, 1), (Money.CONTACTS, -1), (Money.CHANNELS, -1), (Money.SERVICE, -1))
_COLUMNS, _SIGNS = (np.array(side) for side in zip(*_VARIABLE, strict=True))


@dataclass(frozen=True, slots=True)
class Measures:
    """The metrics of one arm and replicate. Row 0 of every array is everybody, then one row per persona.

    Amounts and counts are of the whole market, however many of its customers were simulated.

    Attributes
    ----------
    values : float64 (1 + P, len(METRICS))
        The metrics; NaN where undefined (a share of no purchases). ``payback_week`` is NaN here, because it
        needs the baseline: see :func:`payback_week`.
    cash : float64 (1 + P, T)
        Contribution a step, in minor units: whole ones in row 0 where everybody is simulated; personas bear fixed costs
        per head.
    terms : float64 (1 + P, len(TERMS))
        What contribution is the sum of, in minor units.
    origins : float64 (1 + P, 3)
        Focal purchases by where they were won.
    behind : float64 (1 + P, len(COUNTED))
        Simulated customers or purchases that each of these metrics is of.
    flows : float64 (K, K)
        Customers who went from stage to stage, over the horizon and all personas.
    minor_units : float
        How many make up one unit of money.
    arrivals : float64 (1 + P, T + 1)
        Simulated customers who first come to a goal so many steps after the horizon begins; (1 + P, 0) where there is
        none.
    customers : float64 (1 + P,)
        Simulated customers.
    """

    values: NDArray[np.float64]
    cash: NDArray[np.float64]
    terms: NDArray[np.float64]
    origins: NDArray[np.float64]
    behind: NDArray[np.float64]
    flows: NDArray[np.float64]
    minor_units: float
    arrivals: NDArray[np.float64]
    customers: NDArray[np.float64]

    def gain(self, baseline: Self) -> NDArray[np.float64]:
        """Return how much more is contributed than in the baseline, in cents a step (1 + P, T)."""
        return (self.cash - baseline.cash) / (self.minor_units / CENTS)

    def costs(self) -> NDArray[np.float64]:
        """Return what was spent by kind, in money, in the order of `COST_METRICS` (1 + P, len(COST_METRICS))."""
        # 0 - amount: a negated zero would be -0.0, another byte than 0.0.
        return (0.0 - self.terms[:, -len(COST_METRICS) :]) / self.minor_units


@lru_cache(maxsize=8)
def discount(steps: int, rate: float, step: str = "week") -> NDArray[np.float64]:
    """Return the factor by which money of each step counts in step 0; shared, not to be changed.

    Parameters
    ----------
    steps : int
        Length of the horizon.
    rate : float
        Discount rate a year.
    step : {'week', 'day', 'month'}
        What one step is.

    Returns
    -------
    float64 (steps,)

    Examples
    --------
    >>> discount(53, 0.10)[[0, 52]].round(4).tolist()
    [1.0, 0.9091]
    """
    factors = np.asarray((1.0 + rate) ** (-np.arange(steps) / STEPS_A_YEAR[step]), dtype=np.float64)
    factors.flags.writeable = False
    return factors


def payback_week(difference: NDArray[np.float64], rate: float, step: str = "week") -> float:
    """Return the step from which the discounted cumulative difference stays at or above zero.

    Parameters
    ----------
    difference : float64 (T,)
        Contribution of an arm minus the baseline's, a step, in cents.
    rate : float
        Discount rate a year.
    step : {'week', 'day', 'month'}
        What one step is.

    Returns
    -------
    float
        Step of the horizon (the first is 0); `NEVER_NEGATIVE` where it never was below zero; NaN where it
        still is below zero at the end.

    Examples
    --------
    >>> payback_week(np.array([-300.0, 100.0, 100.0, 100.0, 50.0]), 0.0)
    3.0
    """
    cumulative = np.cumsum(difference * discount(difference.size, rate, step))
    negative = np.flatnonzero(cumulative < -HALF_A_CENT)
    if negative.size == 0:
        return NEVER_NEGATIVE
    last = int(negative[-1])
    return float("nan") if last == difference.size - 1 else float(last + 1)


def low_point(cash: NDArray[np.float64], minor_units: float = CENTS) -> NDArray[np.float64]:
    """Return the lowest point of cumulative undiscounted money, in money, along the last axis (steps, minor units)."""
    return np.asarray(np.cumsum(cash, axis=-1).min(axis=-1) / minor_units, dtype=np.float64)


def highest_year(history: History, scenario: ResolvedScenario) -> float:
    """Return the most that the focal brand spends in any one year of the horizon, in money.

    Parameters
    ----------
    history : History
        Counts over the horizon; years are counted from its first step, and the last may be shorter.
    scenario : ResolvedScenario

    Returns
    -------
    float
        What is built, run, tried in experiments and paid for contacts.
    """
    focal = scenario.focal
    spent = of_market(history.money[:, :, focal, Money.CONTACTS].sum(axis=1), scenario)
    spent = spent + history.fixed[:, focal].sum(axis=1)
    years = np.add.reduceat(spent, np.arange(0, spent.size, int(STEPS_A_YEAR[scenario.step])))
    return float(years.max() / history.minor_units)


def with_total(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put the sum over personas (the first axis) before them."""
    return np.concatenate([counts.sum(axis=0, keepdims=True), counts])


def over_horizon(counts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Sum counts by week that are of one shape over the weeks, all at once.

    Parameters
    ----------
    counts : sequence of int64 (T, ...)

    Returns
    -------
    int64 (counts, ...)

    Examples
    --------
    >>> over_horizon([np.array([[1, 2], [3, 4]]), np.array([[0, 0], [5, 6]])]).tolist()
    [[4, 6], [5, 6]]
    """
    weeks, *shape = counts[0].shape
    beside = np.concatenate([each.reshape(weeks, -1) for each in counts], axis=1)
    return np.asarray(beside.sum(axis=0)).reshape(len(counts), *shape)


def ratio(above: NDArray[np.generic], below: NDArray[np.generic]) -> NDArray[np.float64]:
    """Divide where the divisor is not 0; NaN elsewhere."""
    out = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=out, where=np.asarray(below) != 0)
    return out


def ratios(
    pairs: Mapping[str, tuple[NDArray[np.generic], NDArray[np.generic]]],
) -> dict[str, NDArray[np.float64]]:
    """Divide pairs of arrays of one length as :func:`ratio` does, all at once.

    Examples
    --------
    >>> one, two = np.array([1, 2]), np.array([4, 0])
    >>> {name: found.tolist() for name, found in ratios({"a share": (one, two), "a mean": (two, one)}).items()}
    {'a share': [0.25, nan], 'a mean': [4.0, 0.0]}
    """
    above, below = (np.array(side, np.float64) for side in zip(*pairs.values(), strict=True))
    return dict(zip(pairs, ratio(above, below), strict=True))


def of_market(counts: NDArray[Any], scenario: ResolvedScenario) -> NDArray[np.float64]:
    """Return counts or amounts of the simulated customers as those of the whole market."""
    return np.multiply(counts, scenario.scale, dtype=np.float64)


def measure(history: History, scenario: ResolvedScenario) -> Measures:
    """Return every metric of one arm and replicate.

    Parameters
    ----------
    history : History
        Counts over the horizon.
    scenario : ResolvedScenario
        Names the focal brand and the discount rate.

    Notes
    -----
    What customers cause is counted of those who were simulated and stands for the whole market; fixed costs (build,
    run, experiments) are the company's, charged as they are. A persona bears them per head of its customers, so
    personas add up to everybody.
    """
    focal = scenario.focal
    heads = with_total(history.population)
    factor = discount(len(history.purchases), scenario.market.economics.discount_rate, scenario.step)

    revenue, variable, cash, terms = _money(history, scenario, heads)
    bought = history.purchases.sum(axis=0)  # (P, B, O)
    by_origin = with_total(bought[:, focal])  # (1 + P, O)
    purchases = by_origin.sum(axis=1)
    buyers = with_total(history.buyers.sum(axis=0))
    retained = with_total(history.retained)
    of_focal = over_horizon([getattr(history, name)[:, :, focal] for name in _OF_FOCAL])  # (counts, P)
    skipped, weeks, switches, repeats, returned, contacts, praise, complaints, satisfaction, incumbents = with_total(
        of_focal.T
    ).T
    again = switches + repeats
    behind = (purchases, purchases, retained[:, 0], again, purchases, buyers, heads / 1000)
    shares = ratios(
        {
            "market_share": (purchases, with_total(bought.sum(axis=(1, 2)))),
            "penetration": (buyers, heads),
            "purchase_frequency": (purchases, buyers),
            "loop_share": (by_origin[:, Origin.LOOP], purchases),
            "evaluation_skipped_share": (skipped, purchases if searches(scenario) else 0 * purchases),
            "weeks_to_purchase": (weeks, purchases if needs_arise(scenario) else 0 * purchases),
            "retention": (retained[:, 1], retained[:, 0]),
            "clv": (variable @ factor / history.minor_units, of_market(heads, scenario)),
            "switch_rate": (switches, again),
            "advocacy": ((praise - complaints) * 1000, heads),
            "contacts_per_customer": (contacts, heads),
            "opt_out_rate": (with_total(history.opted_out[-1, :, focal]), heads),
            "satisfaction": (satisfaction / FIXED_POINT, incumbents),
            "return_rate": (returned, purchases if returns(scenario) else 0 * purchases),
        }
    )
    metrics = shares | {
        "contribution": cash.sum(axis=1) / history.minor_units,
        "revenue": revenue / history.minor_units,
        "npv": cash @ factor / history.minor_units,
        "purchases": of_market(purchases, scenario),
        "payback_week": np.full(heads.size, np.nan),
        "cash_low_point": low_point(cash, history.minor_units),
    }
    return Measures(
        values=np.stack([metrics[name] for name in METRICS], axis=1),
        cash=cash,
        terms=terms,
        origins=of_market(by_origin, scenario),
        behind=np.stack(behind, axis=1).astype(np.float64),
        flows=of_market(history.flows.sum(axis=0), scenario),
        minor_units=history.minor_units,
        arrivals=with_total(history.goal_arrivals).astype(np.float64),
        customers=heads.astype(np.float64),
    )


def returns(scenario: ResolvedScenario) -> bool:
    """Whether what was bought can be given back on some journey of the scenario."""
    return _does_any(scenario, "return")


def needs_arise(scenario: ResolvedScenario) -> bool:
    """Whether a need arises on some journey, from which the time to a purchase is counted; of a log it is not known."""
    return _does_any(scenario, "wait", "visit")


def searches(scenario: ResolvedScenario) -> bool:
    """Whether customers search for alternatives on some journey, which can then be skipped."""
    return _does_any(scenario, "search")


def _does_any(scenario: ResolvedScenario, *what: str) -> bool:
    return any(stage.does in what for journey in scenario.journeys.values() for stage in journey.stages.values())


def _money(
    history: History, scenario: ResolvedScenario, heads: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The focal brand's revenue (1 + P,), contribution before and after fixed costs (1 + P, T), and its terms."""
    focal = scenario.focal
    money = of_market(with_total(np.moveaxis(history.money[:, :, focal], 1, 0)), scenario)  # (1 + P, T, Money)
    fixed = history.fixed[:, focal]  # (T, Fixed)
    burden = ratio(heads, np.broadcast_to(heads[0], heads.shape))
    burden[np.isnan(burden)] = 0.0
    variable = money[:, :, _COLUMNS] @ _SIGNS
    cash = variable - burden[:, None] * fixed.sum(axis=1)[None, :]
    sums = money.sum(axis=1)
    terms = np.concatenate([_SIGNS * sums[:, _COLUMNS], -burden[:, None] * fixed.sum(axis=0)], axis=1)
    return sums[:, Money.REVENUE], variable, cash, terms
