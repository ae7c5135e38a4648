"""Record: from the counters of an engine to the history of an arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agents.compiled import loop
from agents.memory import as_records
from agents.population import SAMPLED
from sim.record.counters import ByBrand, ByPersona, Counters
from sim.record.events import EVENT
from sim.record.goal_times import GoalTimes
from sim.record.history import FIXED_POINT, UNIT, History, Lives, MarketTrace
from sim.record.order import stable_order
from sim.world.world import World

__all__ = [
    "Stocks",
    "Traced",
    "allocate_trace",
    "continued_trace",
    "final_states",
    "lives_of",
    "make_history",
    "stocks_after",
    "stocks_at_birth",
    "starts_of",
]

#: Weekly state of the market, columns of :class:`sim.record.history.MarketTrace`.
Traced: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


class Stocks(NamedTuple):
    """Levels of everything that counters keep as weekly changes. P personas, K stages, B brands."""

    occupancy: NDArray[np.int64]  # (P, K)
    incumbents: NDArray[np.int64]  # (P, B)
    satisfaction: NDArray[np.int64]  # (P, B)
    trust: NDArray[np.int64]  # (P, B)
    opted_out: NDArray[np.int64]  # (P, B)
    fatigue: NDArray[np.float64]  # (P,) sum over customers, fixed point


def stocks_at_birth(stood: NDArray[np.int64], brands: int) -> Stocks:
    """Levels before the first week: customers stand in their first stage (P, K), and nobody is anybody's customer."""
    personas = len(stood)
    none = np.zeros((personas, brands), np.int64)
    return Stocks(stood, none, none, none, none, np.zeros(personas))


def _fatigue(stocks: Stocks, counters: Counters, left: float) -> NDArray[np.float64]:
    """Sum of fatigue at the end of each week (T, P): every customer's decays at the same rate, so their sum does."""
    added = counters.by_persona[:, :, ByPersona.FATIGUE]
    if not added.any() and not stocks.fatigue.any():
        return np.zeros(added.shape)
    out = np.empty(added.shape)
    for persona, level in enumerate(stocks.fatigue.tolist()):
        out[:, persona] = [level := level * left + more for more in added[:, persona].tolist()]
    return out


def _occupied(before: NDArray[np.int64], changes: NDArray[np.int64]) -> NDArray[np.signedinteger]:
    """Return how many customers are in each stage at the end of each period (periods, P, K), in the smallest type."""
    customers = np.cumsum(changes, axis=0, dtype=np.min_scalar_type(-1 - int(before.sum())))
    customers += before.astype(customers.dtype)
    return customers


def stocks_after(stocks: Stocks, counters: Counters, fatigue_left: float) -> Stocks:
    """Levels at the end of a phase.

    Parameters
    ----------
    stocks : Stocks
        Levels at its beginning.
    counters : Counters
        Its weekly changes.
    fatigue_left : float
        Share of fatigue left after a week, in [0, 1].

    Returns
    -------
    Stocks
    """
    fatigue = _fatigue(stocks, counters, fatigue_left)
    change = counters.by_brand.sum(axis=0)
    return Stocks(
        stocks.occupancy + counters.occupancy.sum(axis=0),
        stocks.incumbents + change[:, :, ByBrand.INCUMBENTS],
        stocks.satisfaction + change[:, :, ByBrand.SATISFACTION],
        stocks.trust + change[:, :, ByBrand.TRUST],
        stocks.opted_out + change[:, :, ByBrand.OPTED_OUT],
        fatigue[-1] if len(fatigue) else stocks.fatigue,
    )


def allocate_trace(weeks: int, groups: int, brands: int) -> Traced:
    """Allocate room for the weekly state of the market.

    Parameters
    ----------
    weeks, groups, brands : int
        Numbers of each.

    Returns
    -------
    Traced
        Reputation, recall, delight, adoption.
    """
    return (
        np.zeros((weeks, groups, brands)),
        np.zeros((weeks, groups, brands)),
        np.zeros((weeks, brands)),
        np.zeros(weeks),
    )


def continued_trace(trace: Traced, weeks: int) -> Traced:
    """Return room for a trace of its own that agrees with another one in its first weeks."""
    own = tuple(np.zeros_like(column) for column in trace)
    for column, before in zip(own, trace, strict=True):
        column[:weeks] = before[:weeks]
    return own  # type: ignore[return-value]


@loop
def _lay_out(rows: NDArray[np.int64], order: NDArray[np.int64], log: Any) -> None:
    """Write events down as records in an order by customer and week; number those of one customer and week.

    Parameters
    ----------
    rows : int64 (n, EVENT_COLUMNS)
        As engines write them.
    order : int64 (n,)
        Which row comes first, second ...
    log : recarray (n,) of EVENT
        Written to.
    """
    customer, week, number = np.int64(-1), np.int64(-1), np.int64(0)
    for place in range(order.size):
        row, event = rows[np.uint64(order[place])], log[place]
        if row[0] != customer or row[1] != week:
            customer, week, number = row[0], row[1], np.int64(0)
        event.customer, event.week, event.order = customer, week, number
        event.kind, event.stage, event.brand = row[3], row[4], row[5]
        event.channel, event.origin, event.amount = row[6], row[7], row[8]
        number += 1


def _log(counters: Counters) -> NDArray[np.void]:
    """The event log, ordered by customer and then as they happened."""
    rows = counters.events[: counters.event_count[0]]
    log = np.empty(len(rows), EVENT)
    if len(rows):
        # Customers' weeks come in order, and moments of one week as they happened: stable, so that both stay so.
        order = stable_order(rows[:, 0], int(rows[:, 0].max()))
        _lay_out(rows, order, as_records(log))
    return log


def final_states(world: World, accounts: Any, people: Any) -> dict[str, NDArray[Any]]:
    """Return how customers stand at the end, where their accounts are kept: part of :class:`sim.record.history.Lives`.

    Parameters
    ----------
    world : World
        The arm they lived in.
    accounts : recarray (n,) or (0,)
        Their accounts.
    people : recarray (n,)
        Their records at the end.

    Returns
    -------
    dict of arrays
        By field, copied.
    """
    last = (people if accounts.size else people[:0]).view(np.ndarray)
    focal = last.dtype["opted_out"].type(1 << int(world.constants[0].focal))
    return {
        **{name: last[name].copy() for name in ("persona", "stage", "incumbent", "satisfaction")},
        "trust": (last["trust"] / UNIT).astype(np.float32),
        "opted_out": (last["opted_out"] & focal) != 0,
    }


def lives_of(accounts: Any, states: Sequence[Mapping[str, NDArray[Any]]]) -> Lives:
    """Return accounts, which are not copied and not to be changed any more, and :func:`final_states` of all parts."""
    own = accounts.view(np.ndarray)
    return Lives(
        **{name: own[name] for name in own.dtype.names},
        **{name: np.concatenate([part[name] for part in states]) for name in states[0]},
    )


def starts_of(people: Any, first: int = 0) -> NDArray[np.int64]:
    """Return logged customers and the stages in which they stand now (sampled, 2); ``first`` is the first one's id."""
    rows = np.flatnonzero(people.marks & SAMPLED)
    return np.stack([rows + first, people.stage[rows].astype(np.int64)], axis=1)


def make_history(
    arm: str,
    world: World,
    stocks: Stocks,
    counters: Counters,
    lives: Lives,
    trace: Traced,
    fixed: NDArray[np.int64],
    at_start: NDArray[np.int64],
    still: NDArray[np.int64],
    starts: NDArray[np.int64],
    goal: GoalTimes,
    adopters: int,
    seconds: float,
) -> History:
    """Turn the counters of one arm's horizon, and the levels it began with, into its history.

    Parameters
    ----------
    arm : str
        Its name.
    world : World
        Its constants.
    stocks : Stocks
        Levels when the horizon begins.
    counters : Counters
        Of all its customers.
    lives : Lives
        Theirs, where accounts were kept: :func:`lives_of`.
    trace : Traced
        Weekly state of the market.
    fixed : int64 (T, B, 3)
        Minor units spent whoever the customers are: :class:`sim.record.history.Fixed`.
    at_start, still : int64 (P,)
        The focal brand's customers at the beginning, and those who still are at the end.
    starts : int64 (sampled, 2)
        Logged customers and their stages when the horizon begins: :func:`starts_of`.
    goal : GoalTimes
        When customers first came to a goal.
    adopters : int
        Customers who had bought in the category before.
    seconds : float
        Wall time.

    Returns
    -------
    History
    """
    constants = world.constants[0]
    heads = stocks.occupancy.sum(axis=1)
    by_brand, by_persona = counters.by_brand, counters.by_persona

    def level(before: NDArray[np.int64], column: int) -> NDArray[np.int64]:
        return before + np.cumsum(by_brand[..., column], axis=0)

    return History(
        arm=arm,
        replicate=int(constants.replicate),
        minor_units=float(constants.minor_units),
        population=heads,
        initial=stocks.occupancy,
        customers=_occupied(stocks.occupancy, counters.occupancy),
        flows=counters.flows,
        purchases=by_brand[..., ByBrand.INITIAL : ByBrand.LOOP + 1],
        skipped=by_brand[..., ByBrand.SKIPPED],
        decision_weeks=by_brand[..., ByBrand.DECISION_WEEKS],
        switches=by_brand[..., ByBrand.SWITCHES],
        repeats=by_brand[..., ByBrand.REPEATS],
        returns=by_brand[..., ByBrand.RETURNS],
        considered=by_persona[..., ByPersona.CONSIDERED_INITIALLY : ByPersona.CONSIDERED_LATER + 1],
        buyers=by_persona[..., ByPersona.BUYERS],
        retained=np.stack([at_start, still], axis=1),
        incumbents=level(stocks.incumbents, ByBrand.INCUMBENTS),
        satisfaction=level(stocks.satisfaction, ByBrand.SATISFACTION),
        trust=level(stocks.trust, ByBrand.TRUST),
        fatigue=_fatigue(stocks, counters, float(world.fatigue_left[1])) / FIXED_POINT / np.maximum(heads, 1),
        contacts=by_brand[..., ByBrand.CONTACTS],
        timely=by_brand[..., ByBrand.TIMELY],
        opted_out=level(stocks.opted_out, ByBrand.OPTED_OUT),
        praise=by_brand[..., ByBrand.PRAISE],
        complaints=by_brand[..., ByBrand.COMPLAINTS],
        money=by_brand[..., ByBrand.MONEY :],
        fixed=fixed,
        adopters=adopters + np.cumsum(by_persona[..., ByPersona.ADOPTED].sum(axis=1)),
        trace=MarketTrace(*trace),
        lives=lives,
        goal_times=goal.steps,
        goal_arrivals=goal.arrivals,
        starts=starts,
        events=_log(counters),
        customer_weeks=int(constants.customers) * len(by_persona),
        seconds=seconds,
    )
