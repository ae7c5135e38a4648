"""Scratch memory of one partition of customers: allocated once, written all the time, and no part of any result.

Customers are handled in *blocks* of neighbours whose records fit the cache. Those of a block who stand on one node
take a step together, up to ``LANES`` at a time: *lane* ``n`` of every column belongs to the same customer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.by_reference import by_reference
from agents.compiled import before_compiling
from agents.memory import Freed, aligned_zeros, as_records
from agents.population import MAX_BRANDS
from sim.engine.intrinsics import VECTOR_WIDTH
from sim.scenario.journey import FEATURES
from sim.world.world import LEVEL, World

__all__ = ["BLOCK", "LANES", "Clock", "Workspace", "allocate_workspace", "free_workspace"]

# What compiled loops over a workspace ask of the machine.
before_compiling("sim.engine.machine")

#: Customers of a block. A power of two.
BLOCK = 8192
#: Customers of one node who take a step in the same loop.
LANES = 128

#: A stage on the journey of one host brand, as numbers that sums need no branches for; see sim.world.graph.NODE.
STAGE_VIEW = np.dtype(
    [
        ("node", np.uint16),
        ("does", np.uint8),
        ("acts", np.uint8),
        ("roams", np.uint8),
        ("stays", np.int32),  # weeks until it may be left: NEVER where it has no edges
        # (need_at & by_need) + (since & by_stay) + after: WEEKLY and a week, or below it the node of those due weekly.
        ("by_need", np.uint32),
        ("by_stay", np.uint32),
        ("after", np.uint32),
    ],
    align=True,
)

#: Columns of a block and of the lanes. Indices are unsigned: one that may be negative costs a branch.
SCRATCH = np.dtype(
    [
        # A block. Index: the customer's row in the partition.
        # Due this week: first customers who return, then customers who are due weekly.
        ("active", np.uint32, (BLOCK + VECTOR_WIDTH,)),
        ("upcoming", np.uint32, (BLOCK + VECTOR_WIDTH,)),  # the same of the next block
        ("sequence", np.uint32, (BLOCK,)),  # 0, 1, 2 ...
        ("is_active", np.uint8, (BLOCK,)),
        ("contacted", np.uint32, (BLOCK,)),  # row in the block
        ("moved", np.uint32, (BLOCK + VECTOR_WIDTH,)),  # contacted, and perhaps on another node now
        ("due_alone", np.uint32, (BLOCK,)),  # when each of some is due next unless a contact comes first
        # By row in the block; zero except for those contacted.
        ("pulled", np.uint8, (BLOCK,)),  # whether a contact pulls
        ("pulls", np.float64, (BLOCK,)),
        ("intrusions", np.float64, (BLOCK,)),
        # Lanes: customers and their draws.
        ("index", np.uint32, (LANES,)),  # row in the partition
        ("customer_id", np.uint32, (LANES,)),
        ("period", np.uint32, (LANES,)),  # week or occasion of a draw
        ("draws", np.uint32, (MAX_BRANDS, LANES)),
        ("taste_draws", np.uint32, (MAX_BRANDS, LANES)),
        ("form_draws", np.uint32, (MAX_BRANDS, LANES)),
        ("entry_draws", np.uint32, (4, LANES)),
        ("node", np.uint16, (LANES,)),
        ("selected", np.uint32, (LANES + VECTOR_WIDTH,)),  # those chosen by a condition: index or lane
        ("followers", np.uint32, (LANES,)),  # index of customers who buy without considering
        # Lanes: contact.
        ("reached_by", np.uint64, (LANES,)),  # brands whose contact reaches the customer
        ("is_reached", np.uint8, (LANES,)),
        ("is_aimed", np.uint8, (LANES,)),
        ("is_timely", np.uint8, (LANES,)),
        ("contact_count", np.int64, (LANES,)),
        ("fatigue", np.float64, (LANES,)),  # before this week's contacts
        ("fatigue_added", np.float64, (LANES,)),
        ("strongest_pull", np.float64, (LANES,)),
        ("worst_intrusion", np.float64, (LANES,)),
        # Lanes: transition.
        ("features", np.float64, (len(FEATURES), LANES)),
        ("is_incumbent", np.uint8, (LANES,)),  # whether the host brand is the incumbent
        ("is_open", np.uint8, (LANES,)),  # whether an edge exists
        ("ones", np.uint8, (LANES,)),  # for an edge that always exists
        ("predictor", np.float64, (LANES,)),  # linear predictor of an edge
        ("step_bin", np.int64, (LANES,)),  # of the time in the stage
        ("total_odds", np.float64, (LANES,)),
        ("cumulative", np.float64, (LANES,)),  # sum of odds or probabilities up to an edge
        ("threshold", np.float64, (LANES,)),  # the draw, in units of the total
        ("total", np.float64, (LANES,)),  # where edges have weights by visit: sum of probabilities
        ("weighted", np.float64, (LANES,)),  # of weight x probability
        ("rest_weight", np.float64, (LANES,)),  # weight of the reference, 0 where none is open
        ("stays", np.float64, (LANES,)),  # 1 where the customer stays with what is left, else 0
        ("edge", np.int64, (LANES,)),  # edge taken
        # Lanes: consideration and choice.
        ("salience", np.float64, (LANES,)),
        ("considered", np.uint64, (LANES,)),
        ("incumbent", np.int64, (LANES,)),
        ("host", np.int64, (LANES,)),
        ("price_sensitivity", np.float64, (LANES,)),
        ("incumbent_bump", np.float64, (LANES,)),
        ("novelty", np.float64, (LANES,)),
        ("relevance", np.float64, (LANES,)),
        ("reputation", np.float64, (LANES,)),
        ("utility", np.float64, (LANES,)),
        ("best_utility", np.float64, (LANES,)),
        ("brand", np.int64, (LANES,)),  # brand chosen
        # Lanes: entering a stage.
        ("channel_index", np.int64, (LANES,)),
        ("noise", np.float64, (LANES,)),  # of the experience
        ("gap_position", np.float64, (LANES,)),  # of the draw in the table of quantiles
        # Lanes: birth.
        ("rate_position", np.float64, (LANES,)),  # of the draw in the table of own rates
    ],
    align=True,
)

#: Waiting customers of a block, and when a contact may next reach them.
LOOKAHEAD = np.dtype(
    [
        ("waiting", np.uint32, (BLOCK + VECTOR_WIDTH,)),  # row in the partition
        ("index", np.uint32, (BLOCK + VECTOR_WIDTH,)),  # of those whom one brand may still reach in time
        ("reached_by", np.uint64, (BLOCK,)),
        ("rate", np.uint32, (BLOCK + VECTOR_WIDTH,)),  # contacts per 65,536 weeks
        ("own_due", np.uint32, (BLOCK + VECTOR_WIDTH,)),  # the customer's next week without a contact
        ("next_contact", np.uint32, (BLOCK,)),
        ("continues", np.uint8, (BLOCK,)),  # whether to look further ahead
        ("customer_id", np.uint32, (BLOCK,)),
        ("period", np.uint32, (BLOCK,)),
        ("draws", np.uint32, (4, BLOCK)),
    ],
    align=True,
)


class Clock:
    """Entries of ``Workspace.clock``."""

    WEEK = 0  # from the first of the burn-in
    ROW = 1  # row of the counters
    FIRST = 2  # id of the partition's first customer
    TO_PREFETCH = 3  # records of the next block that are still to be prefetched
    AUTOMATED = 4  # whether any brand automates anything this week; where none does, ease is 0
    LAID_OUT = 5  # for how many started strategies ``stage_views`` and ``levels_now`` have been laid out
    RETURNING = 6  # how many of a block come back this week
    RETURNING_NEXT = 7  # how many of the next one
    DECIDED = 8  # one more than the brand whose contacts are decided from outside; 0: none
    ENTRIES = 9


@by_reference
class Workspace(NamedTuple):
    """Scratch memory and clock of one partition. B brands, K stages, P personas."""

    clock: NDArray[np.int64]  # see Clock
    codes: NDArray[np.uint16]  # (n, words) the partition's records as 16-bit codes, for traits by number
    stage_views: Any  # (B + 1, K) STAGE_VIEW by host brand; row 0: no host
    levels_now: Any  # (B + 1, P) LEVEL of every brand's strategy in force; row 0: no brand, all zero
    decided: NDArray[np.uint8]  # (n,) whom the brand of Clock.DECIDED contacts this week
    scratch: Any  # (1,) SCRATCH
    lookahead: Any  # (1,) LOOKAHEAD
    queue: NDArray[np.uint16]  # (nodes + 1, BLOCK) customers who may leave a node, by row in the block
    queued: NDArray[np.int64]  # (nodes + 1,) how many; the last entry for customers who are queued otherwise
    entering: NDArray[np.uint16]  # (nodes, BLOCK) customers who come to a node
    entered: NDArray[np.int64]  # (nodes,)
    left: NDArray[np.int64]  # (nodes,) how many left it this week
    cumulative_odds: NDArray[np.float64]  # (edges, LANES)
    edge_counts: NDArray[np.int64]  # (edges, P) edges taken this week


def allocate_workspace(world: World, people: Any, first: int) -> Workspace:
    """Allocate the scratch memory of one partition.

    Parameters
    ----------
    world : World
        The arm its customers live in.
    people : recarray, shape (n,)
        Records of its customers (:func:`agents.population.customer_record`).
    first : int
        Id of its first customer.

    Returns
    -------
    Workspace
    """
    edges, personas = len(world.edges) + 1, len(world.personas)
    brands, stages = len(world.brands), world.node_of.shape[1]
    workspace = Workspace(
        clock=aligned_zeros(Clock.ENTRIES, np.int64),
        codes=_as_codes(people),
        stage_views=as_records(aligned_zeros((brands + 1, stages), STAGE_VIEW)),
        levels_now=as_records(aligned_zeros((brands + 1, personas), LEVEL)),
        decided=aligned_zeros(people.size, np.uint8),
        queued=aligned_zeros(len(world.nodes) + 1, np.int64),
        entered=aligned_zeros(len(world.nodes), np.int64),
        left=aligned_zeros(len(world.nodes), np.int64),
        edge_counts=aligned_zeros((edges, personas), np.int64),
        **_take(world, people.size),
    )
    workspace.clock[Clock.FIRST] = first
    return workspace


def _as_codes(people: Any) -> NDArray[np.uint16]:
    """View records as 16-bit codes from the first byte of each on; a last odd byte is left out."""
    width = people.dtype.itemsize
    return np.ndarray((people.size, width // 2), np.uint16, people.view(np.ndarray), strides=(width, 2))


#: Memory that is used again, latest last: most of it is written before it is read, and what must be zero is left so
#: after every week. Only runs of the same shape share it, so that no index left behind points outside of anything.
_FREED: Freed[dict[str, Any]] = Freed(8)
_REUSED = ("scratch", "lookahead", "queue", "entering", "cumulative_odds")


#: Asked of NumPy at once: records look for a field of the name first.
_SHAPE = np.ndarray.shape.__get__


def _shape(world: World, customers: int) -> tuple[Any, ...]:
    return (customers, *map(_SHAPE, world))


def _take(world: World, customers: int) -> dict[str, Any]:
    """Return the large columns of a workspace: those of a run that ended, or new ones."""
    freed, nodes = _FREED.take(_shape(world, customers)), len(world.nodes)
    if freed is not None:
        return freed
    scratch: Any = as_records(aligned_zeros(1, SCRATCH))
    scratch.sequence = np.arange(BLOCK)
    scratch.ones = 1
    return {
        "scratch": scratch,
        "lookahead": as_records(aligned_zeros(1, LOOKAHEAD)),
        "queue": aligned_zeros((nodes + 1, BLOCK), np.uint16),
        "entering": aligned_zeros((nodes, BLOCK), np.uint16),
        "cumulative_odds": aligned_zeros((len(world.edges) + 1, LANES), np.float64),
    }


def free_workspace(world: World, workspace: Workspace) -> None:
    """Leave the memory of a run that came to its end to the next one; the workspace is not to be used any more.

    Parameters
    ----------
    world : World
        As when it was allocated.
    workspace : Workspace
    """
    _FREED.leave(_shape(world, workspace.decided.size), {name: getattr(workspace, name) for name in _REUSED})
