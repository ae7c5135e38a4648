"""History: what one arm of one replicate leaves behind, as integer counts per week and persona."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["FIXED_POINT", "ORIGINS", "UNIT", "Fixed", "History", "Lives", "MarketTrace", "Money", "Origin"]

#: Satisfaction and trust are summed as whole multiples of 1 / FIXED_POINT, so that no order of summing matters.
FIXED_POINT = 65_535
#: Numbers in [0, 1] are stored as whole multiples of 1 / UNIT.
UNIT = 65_535


class Origin(IntEnum):
    """Where a purchase was won (Court et al. 2009)."""

    INITIAL = 0
    EVALUATION = 1
    LOOP = 2


ORIGINS: tuple[str, ...] = tuple(origin.name.lower() for origin in Origin)


class Money(IntEnum):
    """Columns of the money that customers cause, in minor units; costs are positive numbers."""

    REVENUE = 0  # less what was returned
    MARGIN = 1  # unit margin of purchases, less that of what was returned
    ANCILLARY = 2  # contribution from ancillary revenue (already times the ancillary margin)
    CONTACTS = 3  # cost of contacts
    CHANNELS = 4  # cost of channel use
    SERVICE = 5  # cost of stages (a community, a set-up visit ...)


class Fixed(IntEnum):
    """Columns of the money that a brand spends whoever its customers are, in minor units, positive numbers."""

    BUILD = 0
    RUN = 1
    EXPERIMENTS = 2


@dataclass(frozen=True, slots=True)
class MarketTrace:
    """Weekly state of the market *as the customers met it that week*; week 0 is the first of the burn-in.

    Attributes
    ----------
    reputation : float64 (weeks, groups, brands)
    recall_odds : float64 (weeks, groups, brands)
        Salience after word of mouth, as probability in [0, 1].
    delight : float64 (weeks, brands)
        1 - exp(-J) of the innovation stock J.
    adoption : float64 (weeks,)
        Share of customers who ever bought in the category.
    """

    reputation: NDArray[np.float64]
    recall_odds: NDArray[np.float64]
    delight: NDArray[np.float64]
    adoption: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lives:
    """One account per customer over the horizon (length N each, or length 0 where it was not kept).

    ``spend`` and ``contribution`` (to the focal brand, variable, in minor units), ``value`` (the same contribution
    discounted to week 0 of the horizon, in minor units, each entry rounded), ``purchases`` (any brand),
    ``focal_purchases``, ``switches`` (purchases of another brand than the last).
    """

    spend: NDArray[np.int64]
    contribution: NDArray[np.int64]
    value: NDArray[np.int64]
    purchases: NDArray[np.int32]
    focal_purchases: NDArray[np.int32]
    switches: NDArray[np.int32]
    # final state
    persona: NDArray[np.uint8]
    stage: NDArray[np.unsignedinteger]
    incumbent: NDArray[np.int8]
    satisfaction: NDArray[np.float32]
    trust: NDArray[np.float32]
    opted_out: NDArray[np.bool_]  # of the focal brand


@dataclass(frozen=True, slots=True)
class History:
    """Counts of one arm and replicate over the horizon. T weeks, P personas, K stages, B brands, O origins.

    Money is in minor units, ``minor_units`` of which make up one unit of money. Flows are per week; ``customers``
    is the occupancy at the end of each week, or period of a long horizon; ``initial`` before week 0.
    """

    arm: str
    replicate: int
    minor_units: float
    population: NDArray[np.int64]  # (P,) customers per persona
    initial: NDArray[np.int64]  # (P, K) customers per stage before week 0 of the horizon
    customers: NDArray[np.signedinteger]  # (periods, P, K), see sim.record.counters.steps_a_period
    flows: NDArray[np.int64]  # (P, K, K) from, to; over the horizon
    purchases: NDArray[np.int64]  # (T, P, B, O)
    skipped: NDArray[np.int64]  # (T, P, B) purchases without evaluation (no search stage since the need)
    decision_weeks: NDArray[np.int64]  # (T, P, B) sum over purchases of weeks from need to purchase
    switches: NDArray[np.int64]  # (T, P, B) purchases by customers of brand B that went to another brand
    repeats: NDArray[np.int64]  # (T, P, B) purchases by customers of brand B that stayed
    returns: NDArray[np.int64]  # (T, P, B) purchases given back
    considered: NDArray[
        np.int64
    ]  # (T, P, 2) brands considered initially, and added, summed over purchases not in the loop
    buyers: NDArray[np.int64]  # (T, P) customers whose first focal purchase of the horizon fell in the week
    retained: NDArray[np.int64]  # (P, 2) customers of the focal brand at week 0; of these, still so at the end
    incumbents: NDArray[np.int64]  # (T, P, B) customers by brand last bought, end of week
    satisfaction: NDArray[np.int64]  # (T, P, B) sum over those customers, x FIXED_POINT
    trust: NDArray[np.int64]  # (T, P, B) sum over those customers, x FIXED_POINT
    fatigue: NDArray[np.float64]  # (T, P) mean fatigue of all customers, end of week
    contacts: NDArray[np.int64]  # (T, P, B) contacts sent
    timely: NDArray[np.int64]  # (T, P, B) of which timely
    opted_out: NDArray[np.int64]  # (T, P, B) customers opted out, end of week
    praise: NDArray[np.int64]  # (T, P, B) positive statements
    complaints: NDArray[np.int64]  # (T, P, B) negative statements
    money: NDArray[np.int64]  # (T, P, B, len(Money)) minor units
    fixed: NDArray[np.int64]  # (T, B, len(Fixed)) minor units
    adopters: NDArray[np.int64]  # (T,) customers who ever bought in the category, end of week
    trace: MarketTrace
    lives: Lives
    goal_times: NDArray[np.uint16]  # (N,) steps until each first came to a goal, NEVER; (0,) where no stage is one
    goal_arrivals: NDArray[np.int64]  # (P, T + 1) customers by these steps, or (P, 0)
    starts: NDArray[np.int64]  # (sampled, 2) logged customers and the stage of each when the horizon begins
    events: NDArray[np.void]  # structured: see sim.record.events.EVENT; sorted by customer, week, order
    customer_weeks: int
    seconds: float
