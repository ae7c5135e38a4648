"""Integer counters that customers fill as they live. Sums of integers have no order."""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.by_reference import by_reference
from agents.compiled import Int, rule
from agents.memory import aligned_zeros
from agents.population import allocate_accounts
from sim.record.history import Money

__all__ = [
    "EVENT_COLUMNS",
    "ByBrand",
    "ByPersona",
    "Counters",
    "allocate_counters",
    "merge",
    "period_of",
    "steps_a_period",
    "trimmed",
    "with_room",
]

#: customer, week, order, kind, stage, brand, channel, origin, amount: as sim.record.events.EVENT.
EVENT_COLUMNS = 9
#: At whose ends it is kept how many customers are in each stage.
_MOST_PERIODS = 5_000


class ByBrand(IntEnum):
    """Columns counted per week, persona and brand. Stocks are kept as weekly changes."""

    INITIAL = 0  # purchases by origin, in the order of sim.record.history.Origin
    EVALUATION = 1
    LOOP = 2
    SKIPPED = 3  # purchases without evaluation
    DECISION_WEEKS = 4
    SWITCHES = 5  # purchases elsewhere by customers of the brand
    REPEATS = 6
    INCUMBENTS = 7  # change
    SATISFACTION = 8  # change, fixed point
    TRUST = 9  # change, fixed point
    CONTACTS = 10
    TIMELY = 11
    OPTED_OUT = 12  # change
    PRAISE = 13
    COMPLAINTS = 14
    RETURNS = 15  # purchases given back
    MONEY = 16  # first of the columns of sim.record.history.Money


class ByPersona(IntEnum):
    """Columns counted per week and persona."""

    CONSIDERED_INITIALLY = 0
    CONSIDERED_LATER = 1
    BUYERS = 2
    FATIGUE = 3  # added, fixed point
    ADOPTED = 4


@by_reference
class Counters(NamedTuple):
    """Counters of one phase and partition. T weeks, P personas, K stages, B brands, G groups."""

    by_brand: NDArray[np.int64]  # (T, P, B, columns)
    by_persona: NDArray[np.int64]  # (T, P, columns)
    occupancy: NDArray[np.int64]  # (periods, P, K) change
    flows: NDArray[np.int64]  # (P, K, K)
    talk: NDArray[np.int64]  # (G, B, 2) statements of the running week: praise, complaints
    events: NDArray[np.int64]  # (capacity, EVENT_COLUMNS)
    event_count: NDArray[np.int64]  # (1,)
    accounts: Any  # (customers or 0,) agents.population.ACCOUNT: each customer's own money with the focal brand


def steps_a_period(weeks: int) -> int:
    """Return how many steps a period has, at whose ends it is kept how many customers are in each stage.

    Parameters
    ----------
    weeks : int
        Of the horizon.

    Returns
    -------
    int
        1 for a horizon of up to 5,000 steps. A journey found in a log may have hundreds of stages and 40,000 steps.

    Examples
    --------
    >>> steps_a_period(260), steps_a_period(5_000), steps_a_period(5_001), steps_a_period(20_000)
    (1, 1, 2, 4)
    """
    return max(-(-weeks // _MOST_PERIODS), 1)


@rule
def period_of(row: Int, weeks: Int, periods: Int) -> Int:
    """Return to which period a week counts.

    Parameters
    ----------
    row : int
        The week, from the first of the phase.
    weeks, periods : int
        Of the phase, as the shapes of its counters have them.

    Returns
    -------
    int
        0 to ``periods`` - 1.

    Examples
    --------
    >>> int(period_of(259, 260, 260)), int(period_of(19_999, 20_000, 5_000))
    (259, 4999)
    """
    return row // ((weeks + periods - 1) // periods)


def allocate_counters(
    weeks: int, personas: int, stages: int, brands: int, groups: int, accounts: Any = None
) -> Counters:
    """Return counters at zero, without room for events.

    Parameters
    ----------
    weeks, personas, stages, brands, groups : int
        Sizes T, P, K, B, G.
    accounts : recarray, optional
        Accounts of the partition's customers; none are kept by default.

    Returns
    -------
    Counters
    """
    return Counters(
        by_brand=aligned_zeros((weeks, personas, brands, ByBrand.MONEY + len(Money)), np.int64),
        by_persona=aligned_zeros((weeks, personas, len(ByPersona)), np.int64),
        occupancy=aligned_zeros((-(-weeks // steps_a_period(weeks)), personas, stages), np.int64),
        flows=aligned_zeros((personas, stages, stages), np.int64),
        talk=aligned_zeros((groups, brands, 2), np.int64),
        events=aligned_zeros((0, EVENT_COLUMNS), np.int64),
        event_count=aligned_zeros(1, np.int64),
        accounts=allocate_accounts(0) if accounts is None else accounts,
    )


def with_room(counters: Counters, events: int) -> Counters:
    """Return the same counters, with room for so many more events at least."""
    old = counters.events
    if counters.event_count[0] + events <= len(old):
        return counters
    # Not cleared: whoever reads the log reads no further than was written. There must be room for a week before every
    # week, so the first room is that of several.
    used = int(counters.event_count[0])
    roomy = np.empty((2 * max(len(old), events) + events, old.shape[1]), np.int64)
    roomy[:used] = old[:used]
    return counters._replace(events=roomy)


def trimmed(counters: Counters) -> Counters:
    """Return the same counters without room that was never used, to be sent elsewhere."""
    return counters._replace(events=counters.events[: int(counters.event_count[0])])


def merge(parts: list[Counters]) -> Counters:
    """Return the sum of the counters of several partitions and all their events; accounts are left to the caller."""
    if len(parts) == 1:
        return parts[0]
    sums = {name: np.sum([getattr(part, name) for part in parts], axis=0) for name in Counters._fields[:5]}
    events = np.concatenate([trimmed(part).events for part in parts])
    count = np.array([len(events)], np.int64)
    return Counters(**sums, events=events, event_count=count, accounts=parts[0].accounts[:0])
