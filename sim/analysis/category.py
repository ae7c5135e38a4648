"""Category: metrics of the whole market, all brands together, for everybody and for each persona."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import needs_arise, over_horizon, ratio, ratios, searches, with_total
from sim.record.events import EventKind
from sim.record.history import History, Origin

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario

__all__ = ["CATEGORY_METRICS", "CATEGORY_TITLES", "FROM_ACCOUNTS", "FROM_EVENTS", "category_measures"]

#: Metrics of a category, in the order of the columns of :func:`category_measures`.
CATEGORY_METRICS: tuple[str, ...] = (
    # Court et al. (2009): where purchases are won, and how many brands are considered.
    "initial_share",
    "evaluation_share",
    "loop_share_category",
    "brands_initial",
    "brands_added",
    # McKinsey (2017): what customers do who bought before.
    "loyal_without_shopping",
    "shopped_and_rebought",
    "switched",
    "switchers_from_initial_set",
    # How much is bought, and by whom.
    "purchases_per_customer",
    "purchases_per_buyer",
    "category_penetration",
    "repeat_share",
    "adoption",
    "evaluation_skipped_category",
    "weeks_to_purchase_category",
    "largest_share",
    "concentration",
)

#: What reports call those whose key, read as words, does not say what it is; of all purchases or brands of the market.
CATEGORY_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "initial_share": "won in initial consideration",
        "evaluation_share": "won in active evaluation",
        "loop_share_category": "won in the loyalty loop",
        "brands_initial": "brands considered first",
        "brands_added": "brands added later",
        "loyal_without_shopping": "loyal, did not look around",
        "shopped_and_rebought": "looked, bought the same",
        "switched": "switched brand",
        "switchers_from_initial_set": "switched to a first choice",
        "category_penetration": "bought at least once",
        "repeat_share": "share of repeat purchases",
        "evaluation_skipped_category": "bought without evaluation",
        "weeks_to_purchase_category": "weeks to purchase",
        "largest_share": "share of the largest brand",
    }
)

#: Metrics that need every customer's own account (`record.lives` at least the population); NaN without.
FROM_ACCOUNTS: tuple[str, ...] = ("purchases_per_buyer", "category_penetration")
#: Metrics that need the events of customers: of those that are logged, so `record.events` sets the sample.
FROM_EVENTS: tuple[str, ...] = ("switchers_from_initial_set",)


def category_measures(history: History, scenario: ResolvedScenario) -> NDArray[np.float64]:
    """Return every figure of the category for one arm and replicate.

    Parameters
    ----------
    history : History
        Counts over the horizon.
    scenario : ResolvedScenario
        What was run.

    Returns
    -------
    float64 (1 + P, len(CATEGORY_METRICS))
        Row 0 is everybody, then one row per persona; NaN where undefined (a share of no purchases) or not recorded.

    Notes
    -----
    Of purchases by somebody who bought before, ``loyal_without_shopping`` were made in the loop, ``switched`` went to
    another brand, ``shopped_and_rebought`` are the rest. Histories count purchases by origin and purchases by repeat or
    switch, not both crossed: a loop purchase counts as a repeat, as it is wherever no brand reaches out to others'
    customers. ``switchers_from_initial_set`` is computed from consecutive purchases in the event log.
    """
    heads = with_total(history.population)
    by_brand = with_total(history.purchases.sum(axis=0))  # (1 + P, B, O)
    by_origin = by_brand.sum(axis=1)
    purchases = by_origin.sum(axis=1)
    shopped = purchases - by_origin[:, Origin.LOOP]
    considered = with_total(history.considered.sum(axis=0))
    repeats, switches, skipped, weeks = with_total(
        over_horizon([history.repeats, history.switches, history.skipped, history.decision_weeks]).sum(axis=2).T
    ).T
    experienced = repeats + switches
    in_loop = np.minimum(by_origin[:, Origin.LOOP], repeats)
    shares = ratio(by_brand.sum(axis=2), np.broadcast_to(purchases[:, None], by_brand.shape[:2]))
    buyers = _buyers(history)
    adopters = np.full(heads.size, np.nan)
    adopters[0] = history.adopters[-1] if history.adopters.size else 0.0
    figures = ratios(
        {
            "initial_share": (by_origin[:, Origin.INITIAL], purchases),
            "evaluation_share": (by_origin[:, Origin.EVALUATION], purchases),
            "loop_share_category": (by_origin[:, Origin.LOOP], purchases),
            "brands_initial": (considered[:, 0], shopped),
            "brands_added": (considered[:, 1], shopped),
            "loyal_without_shopping": (in_loop, experienced),
            "shopped_and_rebought": (repeats - in_loop, experienced),
            "switched": (switches, experienced),
            "purchases_per_customer": (purchases, heads),
            "purchases_per_buyer": (purchases, buyers),
            "category_penetration": (buyers, heads),
            "repeat_share": (repeats, purchases),
            "adoption": (adopters, heads),
            "evaluation_skipped_category": (skipped, purchases if searches(scenario) else 0 * purchases),
            "weeks_to_purchase_category": (weeks, purchases if needs_arise(scenario) else 0 * purchases),
        }
    ) | {
        "switchers_from_initial_set": _from_initial_set(history),
        "largest_share": shares.max(axis=1),
        "concentration": (shares**2).sum(axis=1),
    }
    return np.stack([figures[name] for name in CATEGORY_METRICS], axis=1)


def _buyers(history: History) -> NDArray[np.float64]:
    """Customers who bought in the category at all; NaN where no single accounts were kept."""
    lives = history.lives
    if lives.purchases.size == 0:
        return np.full(1 + history.population.size, np.nan)
    bought = lives.persona[lives.purchases > 0]
    return with_total(np.bincount(bought, minlength=history.population.size).astype(np.int64)).astype(np.float64)


def _from_initial_set(history: History) -> NDArray[np.float64]:
    """Share of switchers whose new brand was in their initial set; NaN where no purchases of theirs were logged."""
    out = np.full(1 + history.population.size, np.nan)
    events = history.events
    at = np.flatnonzero(events["kind"] == EventKind.PURCHASE)
    customer, brand = events["customer"][at], events["brand"][at]
    later = at[1:][(customer[1:] == customer[:-1]) & (brand[1:] != brand[:-1])]
    initial = events["origin"][later] == Origin.INITIAL
    if initial.size:
        out[0] = float(initial.mean())
    personas = history.lives.persona
    if personas.size:
        of = personas[events["customer"][later]]
        switches, first_choices = (np.bincount(rows, minlength=out.size - 1) for rows in (of, of[initial]))
        out[1:] = ratio(first_choices, switches)
    return out
