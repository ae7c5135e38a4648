"""The event log's columns: the micro-moments of a hashed sample of customers."""

from enum import IntEnum

import numpy as np

from agents.population import NOBODY

__all__ = ["EVENT", "KINDS", "NOBODY", "STAGE_KINDS", "EventKind"]


class EventKind(IntEnum):
    """Kinds of moments."""

    STAGE = 0  # a stage entered (a purchase tells of its own stage)
    PURCHASE = 1
    TIMELY_CONTACT = 2
    MISTIMED_CONTACT = 3
    OPT_OUT = 4
    PRAISE = 5
    COMPLAINT = 6


KINDS: tuple[str, ...] = ("stage", "purchase", "timely contact", "mistimed contact", "opt-out", "praise", "complaint")
#: Kinds of rows of the event log that say where a customer stands: the state at the start, and stages entered.
STAGE_KINDS: tuple[str, ...] = ("start", "stage", "purchase")

#: One moment. ``stage`` is the customer's stage at that moment, the one just entered where one was entered.
#: ``amount`` is in minor units (purchases only). ``order`` numbers the moments of one customer within one week.
#: ``week`` counts from the first week of the horizon.
EVENT = np.dtype(
    [
        ("customer", np.int64),
        ("week", np.int32),
        ("order", np.int16),
        ("kind", np.int8),
        ("stage", np.int16),
        ("brand", np.int8),
        ("channel", np.int8),
        ("origin", np.int8),
        ("amount", np.int64),
    ]
)
