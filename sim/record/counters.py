"""Tally: integer counters that customers fill as they live. Sums of integers have no order."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.memory import aligned_zeros

__all__ = ["EVENT_COLUMNS", "ByBrand", "ByPersona", "Tally", "allocate_tally", "merge"]

#: customer, week, order, kind, stage, brand, channel, origin, amount: as sim.record.events.EVENT.
EVENT_COLUMNS = 9


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
    MONEY = 15  # first of the columns of sim.record.history.Money


class ByPersona(IntEnum):
    """Columns counted per week and persona."""

    CONSIDERED_INITIALLY = 0
    CONSIDERED_LATER = 1
    BUYERS = 2
    FATIGUE = 3  # added, fixed point
    ADOPTED = 4


class Tally(NamedTuple):
    """Counters of one phase and shard. T weeks, P personas, K stages, B brands, G groups."""

    by_brand: NDArray[np.int64]  # (T, P, B, columns)
    by_persona: NDArray[np.int64]  # (T, P, columns)
    occupancy: NDArray[np.int64]  # (T, P, K) change
    flows: NDArray[np.int64]  # (P, K, K)
    talk: NDArray[np.int64]  # (G, B, 2) statements of the running week: praise, complaints
    events: NDArray[np.int64]  # (capacity, EVENT_COLUMNS)
    event_count: NDArray[np.int64]  # (1,)


def allocate_tally(weeks: int, personas: int, stages: int, brands: int, groups: int, events: int) -> Tally:
    """Counters at zero, with room for so many events."""
    return Tally(
        by_brand=aligned_zeros((weeks, personas, brands, ByBrand.MONEY + 6), np.int64),
        by_persona=aligned_zeros((weeks, personas, len(ByPersona)), np.int64),
        occupancy=aligned_zeros((weeks, personas, stages), np.int64),
        flows=aligned_zeros((personas, stages, stages), np.int64),
        talk=aligned_zeros((groups, brands, 2), np.int64),
        events=aligned_zeros((events, EVENT_COLUMNS), np.int64),
        event_count=aligned_zeros(1, np.int64),
    )


def merge(tallies: list[Tally]) -> Tally:
    """Sum of the counters of several shards, and all their events."""
    if len(tallies) == 1:
        return tallies[0]
    events = np.concatenate([tally.events[: tally.event_count[0]] for tally in tallies])
    sums = {name: np.sum([getattr(tally, name) for tally in tallies], axis=0) for name in Tally._fields[:5]}
    return Tally(**sums, events=events, event_count=np.array([len(events)], np.int64))
