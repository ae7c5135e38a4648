"""Purchases: which stages of a log are purchases, of which brands, for how much, and how often they come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.data.event_log import EventLog
from sim.discovery.cases import Cases, stage_slugs
from sim.discovery.product_limit import aalen_johansen
from sim.discovery.stage_words import says_paid
from sim.scenario.schema import show

__all__ = ["LoggedBrand", "Purchases", "amounts_where_paid", "find_purchases"]

#: Of a stage's visits, the share that must have an amount (or else a brand) for it to be a purchase.
_MOSTLY = 0.5
_FEWEST = 20
#: Stages that a notice names.
_MOST_NAMED = 3
_MOST_BRANDS = 30
#: A habit is one beyond so many standard errors.
_SURE = 2.0
#: A Dirichlet as even as this is the same for all customers.
_ALIKE = 1000.0


@dataclass(frozen=True, slots=True)
class LoggedBrand:
    """A brand of the log: its name in a configuration and in the log, share of purchases, and mean amount."""

    name: str
    title: str
    share: float
    price: float


@dataclass(frozen=True, slots=True)
class Purchases:
    """Purchases of a log.

    Attributes
    ----------
    stages : frozenset of int
        Stages that are purchases.
    count, buyers : int
        Purchases, and cases that buy.
    brands : tuple of LoggedBrand
        Largest first; one alone where the log has no brands.
    has_brands, has_amounts : bool
        Whether the log has them.
    again : float
        Share of buyers who are seen to buy again.
    interval : float or None
        Mean seconds between purchases, by the product limit, within the time that the log shows.
    repeat : float or None
        Share of next purchases that are of the brand bought before.
    habit : float
        Share of next purchases that are of the brand bought before without a choice; the others are of what each
        customer likes.
    from_first : bool
        Whether the first visit of a case is an event; in our own exports it is where a customer stood before the first.
    currency : str
        Of amounts, where they say one.
    """

    stages: frozenset[int]
    count: int
    buyers: int
    brands: tuple[LoggedBrand, ...]
    has_brands: bool
    has_amounts: bool
    again: float
    interval: float | None
    repeat: float | None
    habit: float
    from_first: bool
    currency: str = ""

    @property
    def makes_market(self) -> bool:
        """Whether the log has rivals, or customers who come back: then there is a market to simulate."""
        return len(self.brands) > 1 or self.again >= 0.2

    @property
    def sum_of_shapes(self) -> float:
        """Of the Dirichlet of brand shares over customers that, with the habit, has the share of repeats.

        References
        ----------
        Goodhardt, Ehrenberg & Chatfield (1984), "The Dirichlet", *JRSS A* 147(5).
        """
        alike = _alike(self.brands)
        liked = 0.0 if self.repeat is None else 1.0 - (1.0 - self.repeat) / (1.0 - self.habit)
        return min(max((1.0 - liked) / (liked - alike), 0.01), _ALIKE) if liked > alike else _ALIKE


def amounts_where_paid(log: EventLog, given: Sequence[int] | None = None) -> EventLog:
    """Return a log whose amounts are those of purchases.

    Money stands at much that is no purchase: what is owed (a fine), asked for (a loan), billed, or what a case is worth
    (an opportunity). So an amount counts where the name of the activity says that something is bought, else where it
    says that something is paid, and nowhere else; what does not count is told. All amounts count where the log has no
    other activity, or is our own, and those at activities that have a brand where others have none.

    Parameters
    ----------
    log : EventLog
    given : sequence of int, optional
        Activities that are purchases, whatever they are called.

    Returns
    -------
    EventLog
    """
    if log.amount is None:
        return log
    visits = np.bincount(log.activity, minlength=len(log.activities))
    paid = np.bincount(log.activity[np.nan_to_num(log.amount) > 0], minlength=visits.size)
    if given is not None:
        counts = np.isin(np.arange(visits.size), np.asarray(given, np.int64))
        return replace(log, amount=np.where(counts[log.activity], log.amount, np.nan))
    has_amounts = (paid >= _FEWEST) & (paid >= _MOSTLY * visits)
    if (visits > 0).sum() <= 1 or log.state_at_start or not has_amounts.any():
        return log
    said = np.where(has_amounts, [says_paid(name) for name in log.activities], 0)
    counts = (said > 0) & (said == said.max())
    if not counts.any():
        counts = has_amounts & _branded(log, visits)
    if (counts >= has_amounts).all():
        return log
    told = _not_paid(log.activities, np.where(has_amounts & ~counts, paid, 0), np.flatnonzero(counts))
    return replace(log, amount=np.where(counts[log.activity], log.amount, np.nan), notices=(*log.notices, told))


def _branded(log: EventLog, visits: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which activities have a brand, where others have none."""
    none = np.zeros(visits.size, np.bool_)
    if "brand" not in log.extra:
        return none
    some = np.bincount(log.activity[log.extra["brand"][0] >= 0], minlength=visits.size)
    branded = (visits > 0) & (some >= _MOSTLY * visits)
    return none if (branded == (visits > 0)).all() else np.asarray(branded)


def _not_paid(activities: Sequence[str], paid: NDArray[np.int64], counts: NDArray[np.int64]) -> str:
    """Tell whose amounts do not count as purchases, the most frequent first, and whose do."""
    order = np.argsort(-paid, kind="stable")[: np.count_nonzero(paid)].tolist()
    shown = [show(activities[at]) for at in order[:_MOST_NAMED]]
    more = [f"{len(order) - _MOST_NAMED:,} more"] if len(order) > _MOST_NAMED else []
    names = " and ".join(filter(None, [", ".join([*shown, *more][:-1]), [*shown, *more][-1]]))
    where = " and ".join(show(activities[at]) for at in counts.tolist())
    alone = f"count at {where} alone, not at {names}: " if where else f"at {names} count as no purchases: "
    return f"amounts {alone}they may be owed, asked for, or what a case is worth; purchases=[STAGE] names what is paid"


def find_purchases(log: EventLog, cases: Cases, given: Sequence[int] | None = None) -> Purchases | None:
    """Find the stages of which most visits have an amount above 0, else a brand, and what was bought there.

    Parameters
    ----------
    log : EventLog
        With amounts at purchases alone, as of :func:`amounts_where_paid`.
    cases : Cases
        Of this log, visit by visit.
    given : sequence of int, optional
        The stages that are purchases.

    Returns
    -------
    Purchases or None
        None where no stage is a purchase.
    """
    brand = log.extra.get("brand")
    has_amounts = log.amount is not None and bool((np.nan_to_num(log.amount) > 0).any())
    amount = np.nan_to_num(log.amount) if log.amount is not None else np.zeros(cases.stage.size)
    marked = amount > 0 if has_amounts else brand[0] >= 0 if brand is not None else np.zeros(cases.stage.size, bool)
    visits = np.bincount(cases.stage, minlength=len(cases.stages))
    bought = np.bincount(cases.stage[marked], minlength=len(cases.stages))
    stages = np.flatnonzero((bought >= _FEWEST) & (bought >= _MOSTLY * visits))
    # Where every stage has a brand, none of them is told from the others as the purchase.
    if not has_amounts and stages.size == len(cases.stages):
        stages = stages[:0]
    stages = stages if given is None else np.asarray(given, np.int64)
    if not stages.size:
        return None
    rows = np.flatnonzero(np.isin(cases.stage, stages))
    case = cases.case[rows]
    price = float(amount[rows][amount[rows] > 0].mean()) if has_amounts else 1.0
    code, brands = _brands(brand, rows, amount[rows], price)
    same = np.diff(case) == 0
    again = np.unique(case[1:][same]).size / np.unique(case).size
    known = same & (code[:-1] >= 0) & (code[1:] >= 0)
    repeat = float((code[1:] == code[:-1])[known].mean()) if len(brands) > 1 and known.sum() >= _FEWEST else None
    return Purchases(
        stages=frozenset(stages.tolist()),
        count=rows.size,
        buyers=int(np.unique(case).size),
        brands=brands,
        has_brands=len(brands) > 1,
        has_amounts=has_amounts,
        again=float(again),
        interval=_interval(cases, rows, same),
        repeat=repeat,
        habit=0.0 if repeat is None else _habit(code, case, repeat, _alike(brands)),
        from_first=not log.state_at_start,
        currency=log.currency,
    )


def _alike(brands: Sequence[LoggedBrand]) -> float:
    """Return the share of repeats among customers who all like the brands by their shares."""
    return sum(item.share**2 for item in brands)


def _habit(code: NDArray[np.int64], case: NDArray[np.int64], repeat: float, alike: float) -> float:
    """Return the share of next purchases that are of the brand bought before without a choice.

    With a habit h and repeats q of those who choose by what they like, the brand of the last purchase is bought again
    with 1 - (1 - h)(1 - q), and that of the last but one with 1 - (1 - h^2)(1 - q): without a habit they are alike.
    """
    three = (case[2:] == case[:-2]) & (code[2:] >= 0) & (code[1:-1] >= 0) & (code[:-2] >= 0)
    if three.sum() < _FEWEST:
        return 0.0
    last = ((code[2:] == code[1:-1]).astype(float) + (code[1:-1] == code[:-2]))[three] / 2.0
    drop = last - (code[2:] == code[:-2])[three]
    # Purchases of one customer depend on each other: cases are what is independent.
    by_case = np.bincount(case[2:][three], weights=drop - drop.mean())
    error = np.sqrt(by_case @ by_case) / drop.size
    if last.mean() >= 1.0 or drop.mean() <= _SURE * error:
        return 0.0
    # Not more than leaves customers who like brands alike.
    most = 1.0 - (1.0 - repeat) / (1.0 - alike) if repeat > alike else 0.0
    return float(min(drop.mean() / (1.0 - last.mean()), most))


def _brands(
    brand: tuple[NDArray[np.int64], tuple[str, ...]] | None,
    rows: NDArray[np.int64],
    amount: NDArray[np.float64],
    price: float,
) -> tuple[NDArray[np.int64], tuple[LoggedBrand, ...]]:
    """Return the brand of each purchase (-1: not said), and the brands, the smallest put together."""
    code = np.full(rows.size, -1, np.int64) if brand is None else brand[0][rows]
    if brand is None or (counts := np.bincount(code[code >= 0], minlength=len(brand[1]))).astype(bool).sum() < 2:
        return code, (LoggedBrand("shop", "The company", 1.0, price),)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    kept = order[:_MOST_BRANDS]
    titles = [brand[1][at] for at in kept.tolist()] + (["Other brands"] if order.size > kept.size else [])
    place = np.full(len(brand[1]), kept.size, np.int64)
    place[kept] = np.arange(kept.size)
    code = np.where(code >= 0, place[code], -1)
    names = [
        f"{slug}_brand" if slug in ("focal", "competitors") else slug for slug in stage_slugs(titles, any_script=False)
    ]
    found = []
    for at, (name, title) in enumerate(zip(names, titles, strict=True)):
        paid = amount[(code == at) & (amount > 0)]
        share = float((code == at).sum() / (code >= 0).sum())
        found.append(LoggedBrand(name, title, share, float(paid.mean()) if paid.size else price))
    return code, tuple(found)


def _interval(cases: Cases, rows: NDArray[np.int64], same: NDArray[np.bool_]) -> float | None:
    """Mean time to the next purchase by the product limit, up to the longest that was seen."""
    if same.sum() < _FEWEST:
        return None
    goes_on = np.r_[same, False]
    until = np.where(goes_on, np.roll(cases.time[rows], -1), cases.end)
    time = np.maximum(until - cases.time[rows], 0.0)
    seen = aalen_johansen(time, np.where(goes_on, 0, -1), 1)
    return float(np.r_[1.0, seen.staying[:-1]] @ np.diff(np.r_[0.0, seen.times]))
