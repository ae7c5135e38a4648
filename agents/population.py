"""Population: the memory of all customers, one small record each, and when each is due next.

Numbers in [0, 1] are stored as 16-bit codes (:func:`agents.rules.numerics.encode_unit`), weeks as 16-bit counts from
the first week of the burn-in, utilities as single precision.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.by_reference import by_reference
from agents.memory import Freed, aligned_zeros, as_records
from agents.traits import TRAITS

__all__ = [
    "ACCOUNT",
    "ADOPTED",
    "AHEAD",
    "BUYER",
    "FOCAL_AT_START",
    "HOLDS",
    "MAX_BRANDS",
    "MAX_STAGES",
    "MAX_WEEK",
    "MOST_VISITS",
    "MOVED",
    "NEVER",
    "NOBODY",
    "SAMPLED",
    "SEARCHED",
    "VISITING",
    "WEEKLY",
    "Population",
    "allocate",
    "allocate_accounts",
    "bytes_per_customer",
    "clear",
    "copy_into",
    "customer_record",
    "free",
    "part_of",
    "take",
]

#: No brand, no channel.
NOBODY = -1
#: A week that does not come.
NEVER = 65_535
#: When a customer is ``due``: below this, every week, standing on the node of that number; else as in
#: :func:`agents.rules.due.due_in`.
WEEKLY = 128
#: Weeks that a customer can be due ahead; whoever would come back later is visited then, which leaves no trace.
AHEAD = WEEKLY - 1
#: The last week that a run can reach.
MAX_WEEK = 65_000
#: Visits of a customer are counted so far.
MOST_VISITS = 65_535
#: Brands of a market: sets of them are masks of 64 bits.
MAX_BRANDS = 64
#: Stages of all journeys of a scenario. Those of a journey so large wait on nodes that ``due`` has no number for: they
#: are looked at each week.
MAX_STAGES = 1_000
#: A record of a market of no more brands, or of journeys of no more stages, is narrow.
_NARROW_BRANDS, _NARROW_STAGES = 8, 255

# Bits of ``marks``.
ADOPTED = 1  # ever bought in the category
SEARCHED = 2  # passed through a search stage since the need arose
BUYER = 4  # bought the focal brand within the horizon
FOCAL_AT_START = 8  # customer of the focal brand when the horizon began
SAMPLED = 16  # events are logged
VISITING = 64  # on a visit: the need clock goes on
MOVED = 32  # left the stage in which life began
HOLDS = 128  # has what was bought last: it has not been returned

#: One account per customer over the horizon; money in minor units, ``value`` discounted to the horizon's first week.
ACCOUNT = np.dtype(
    [
        ("spend", np.int64),
        ("contribution", np.int64),
        ("value", np.int64),
        ("purchases", np.int32),
        ("focal_purchases", np.int32),
        ("switches", np.int32),
    ],
    align=True,
)


@cache
def customer_record(brands: int, stages: int) -> np.dtype[Any]:
    """Record of one customer: 63 bytes in a market of up to eight brands with journeys of up to 255 stages, else 88.

    Nothing is padded in the narrow one: with the byte that says when the customer is due, it is 64. There are two
    records and no more, so that the engine is compiled twice at the most.

    Parameters
    ----------
    brands : int
        Of the market, at most 64.
    stages : int
        Of all journeys, at most 1,000.

    Returns
    -------
    dtype

    Examples
    --------
    >>> [customer_record(*sizes).itemsize for sizes in ((8, 255), (9, 255), (8, 256), (64, 1000))]
    [63, 88, 88, 88]

    ========== ===================================================================
    gap        own multiplier of the mean gap between needs
    s, e       ``satisfaction`` with the incumbent and ``expectation`` of it, utility
    F          ``fatigue``, as of ``last_contact``
    strain     effort felt since the last experience
    traits     eight codes, under the names of :data:`agents.traits.TRAITS`
    T, H, K    ``trust``, ``habit`` (as of ``last_purchase``), ``knowledge``: codes
    clocks     ``need_at``: the need clock runs out; ``since``: the stage was entered; ``need_week``: the last need
    n          ``occasion``: count of needs so far
    masks      brands considered ``initial`` -ly and now (``considered``), and ``opted_out`` of
    o, b       ``incumbent`` (brand last bought) and ``host`` (the host brand: the brand on whose journey the customer
               is), or NOBODY
    ========== ===================================================================
    """
    is_wide = brands > _NARROW_BRANDS or stages > _NARROW_STAGES
    masks = [(name, np.uint64 if is_wide else np.uint8) for name in ("initial", "considered", "opted_out")]
    singles = [(name, np.float32) for name in ("gap", "satisfaction", "expectation", "fatigue", "strain")]
    codes = [(name, np.uint16) for name in (*TRAITS, "trust", "habit", "knowledge")]
    weeks = ("need_at", "since", "need_week", "last_purchase", "last_contact", "occasion")
    clocks = [(name, np.uint16) for name in weeks]
    stage = [("stage", np.uint16 if is_wide else np.uint8)]
    small = [(name, np.uint8) for name in ("persona", "marks")]
    signed = [(name, np.int8) for name in ("channel", "incumbent", "host")]
    rest = [*singles, *codes, *clocks, *stage, *small, *signed]
    return np.dtype([*masks, *rest] if is_wide else [*rest, *masks], align=is_wide)


@by_reference
class Population(NamedTuple):
    """All customers: their records (recarray of :func:`customer_record`, length N), when they are due (N,), and more.

    Customers due next in week t have :func:`agents.rules.due.due_in` of t; customers due every week have the number of
    their node. Visits are the stages entered that count, the first included, up to 65,535: (N,) where edges have
    weights by visit, else (0,). ``reached`` is the step behind the one in which each first came to a goal, 0 before it:
    (N,) where a stage is a goal, else (0,).
    """

    people: Any
    due: NDArray[np.uint8]
    visits: NDArray[np.uint16]
    reached: NDArray[np.uint16]


def allocate(
    customers: int, brands: int, stages: int, counts_visits: bool = False, has_goal: bool = False
) -> Population:
    """Room for customers, all zero.

    Parameters
    ----------
    customers, brands, stages : int
        How many.
    counts_visits : bool
        Whether edges have weights by visit.
    has_goal : bool
        Whether a stage is a goal.

    Returns
    -------
    Population
    """
    people = as_records(aligned_zeros(customers, customer_record(brands, stages)))
    visits = aligned_zeros(customers if counts_visits else 0, np.uint16)
    reached = aligned_zeros(customers if has_goal else 0, np.uint16)
    return Population(people, aligned_zeros(customers, np.uint8), visits, reached)


#: Memory of runs that ended, 256 MiB at most. A system may take long to hand out new memory: a fifth of a short run.
_FREED: Freed[Population] = Freed(2**28, lambda population: sum(column.nbytes for column in population))


def take(customers: int, brands: int, stages: int, counts_visits: bool = False, has_goal: bool = False) -> Population:
    """Room for customers, with whatever stands there: memory that was freed, or new memory.

    Parameters
    ----------
    customers, brands, stages : int
        How many.
    counts_visits : bool
        Whether edges have weights by visit.
    has_goal : bool
        Whether a stage is a goal.

    Returns
    -------
    Population
    """
    shape = (customers, customer_record(brands, stages), counts_visits, has_goal)
    return _FREED.take(shape) or allocate(customers, brands, stages, counts_visits, has_goal)


def clear(population: Population) -> None:
    """Set all to zero."""
    for column in population:
        column.view(np.ndarray).view(np.uint8)[:] = 0


def free(population: Population) -> None:
    """Leave the memory of customers to :func:`take`; nothing else may refer to them any more."""
    beside = population.visits.size > 0, population.reached.size > 0
    _FREED.leave((population.due.size, population.people.dtype, *beside), population)


def part_of(population: Population, start: int, stop: int) -> Population:
    """View some neighbours of a population.

    Parameters
    ----------
    population : Population
    start, stop : int
        Rows of the first of them, and behind the last.

    Returns
    -------
    Population
    """
    rows = slice(start, stop)
    return Population(population.people[rows], population.due[rows], population.visits[rows], population.reached[rows])


def copy_into(other: Population, population: Population) -> None:
    """Make the customers of ``other``, as many and of the same record, those of ``population``."""
    for column, kept in zip(other, population, strict=True):
        # As bytes: records are otherwise copied field by field.
        column.view(np.ndarray).view(np.uint8)[:] = kept.view(np.ndarray).view(np.uint8)


def allocate_accounts(customers: int) -> Any:
    """Accounts for ``customers`` customers, all zero; 0 for none."""
    return as_records(np.zeros(customers, ACCOUNT))


def bytes_per_customer(brands: int, stages: int) -> int:
    """Live state per customer in bytes; two more where edges have weights by visit, and where a stage is a goal."""
    return customer_record(brands, stages).itemsize + 1
