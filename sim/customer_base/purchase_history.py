"""Customer base: what a ledger of purchases says about a cohort, up to a day and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.customer_base.repeat_buying import Summary
from sim.data.ledger import Ledger
from sim.scenario.calendar import DAYS_A_WEEK
from sim.scenario.errors import ConfigError

__all__ = ["FEWEST_CUSTOMERS", "CustomerBase", "survey"]

#: From fewer customers no difference between customers can be estimated.
FEWEST_CUSTOMERS = 30
#: So many different dates of one weekday, or one day of the month, are no chance.
_FEWEST_DATES = 6
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: From fewer than this a warning is due.
FEW_CUSTOMERS = 200


@dataclass(frozen=True, slots=True)
class CustomerBase:
    """The customers who first bought in the calibration window, C of them.

    Attributes
    ----------
    start, until, end : date
        First day of the data, last of the calibration window, last of the data.
    first : int64 (C,)
        Day of the first purchase, from 0.
    repeats : int64 (C,)
        Further purchases in the calibration window.
    last : int64 (C,)
        Days from the first purchase to the last within the window.
    after : int64 (C,)
        Purchases after the window.
    spend_count, spend_mean : int64, float64 (C,)
        Repeat purchases in the window that cost something, and their mean amount.
    weekly : int64 (W,)
        Repeat purchases of all of them by week of the data; a last week that is not whole is left out.
    joined : int64 (days of the window,)
        Customers by the day of their first purchase.
    mean_amount : float
        Mean amount of a purchase in the window, first ones included.
    later : int
        Customers who first bought after the window, who are no part of this.
    ids : pyarrow.StringArray
        Names of the customers.
    purchases : mapping
        Where the purchases of the ledger went: first ones, repeats in the window and after it, and those of customers
        who are no part of this; they sum to all.
    """

    start: date
    until: date
    end: date
    first: NDArray[np.int64]
    repeats: NDArray[np.int64]
    last: NDArray[np.int64]
    after: NDArray[np.int64]
    spend_count: NDArray[np.int64]
    spend_mean: NDArray[np.float64]
    weekly: NDArray[np.int64]
    joined: NDArray[np.int64]
    mean_amount: float
    later: int
    ids: Any
    purchases: Mapping[str, int]

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return int(self.first.size)

    @property
    def window(self) -> int:
        """Days of the calibration window."""
        return (self.until - self.start).days + 1

    @property
    def days(self) -> int:
        """Days of the data."""
        return (self.end - self.start).days + 1

    @property
    def weeks(self) -> int:
        """Whole weeks of the data."""
        return int(self.weekly.size)

    @property
    def window_weeks(self) -> int:
        """Whole weeks of the calibration window."""
        return min(self.window // DAYS_A_WEEK, self.weeks)

    @property
    def observed(self) -> NDArray[np.int64]:
        """Days from each customer's first purchase to the end of the window (C,)."""
        return np.asarray(self.window - 1 - self.first)

    def summary(self) -> Summary:
        """Return what a buy-till-you-die model needs to know, in weeks."""
        return Summary.of(self.repeats, self.last / DAYS_A_WEEK, self.observed / DAYS_A_WEEK)

    def single(self) -> Summary:
        """Return the same customer by customer, in the order of all columns (C,)."""
        columns = (self.repeats.astype(np.float64), self.last / DAYS_A_WEEK, self.observed / DAYS_A_WEEK)
        return Summary(*columns, np.ones(self.customers))

    def histogram(self, last: int) -> NDArray[np.int64]:
        """Return customers by repeat purchases in the window, ``last`` or more in the last cell."""
        return np.bincount(np.minimum(self.repeats, last), minlength=last + 1)


def survey(ledger: Ledger, until: date | None = None) -> tuple[CustomerBase, tuple[str, ...]]:
    """Return the cohort of a ledger, and warnings about it.

    Parameters
    ----------
    ledger : Ledger
    until : date, optional
        Last day of the calibration window; by default the first half of the data ends with it.

    Raises
    ------
    ConfigError
        If the window is no part of the data, holds too few customers, or nobody in it bought twice.
    """
    import pyarrow

    days, end, window = _window(ledger, until)
    starts = np.flatnonzero(np.r_[True, np.diff(ledger.customer) != 0])
    first = ledger.day[starts]
    inside = first < window
    if int(inside.sum()) < FEWEST_CUSTOMERS:
        many = int(inside.sum())
        raise ConfigError(
            f"data has {many} customer{'' if many == 1 else 's'} who first bought by"
            f" {ledger.start + timedelta(days=window - 1)}, of {ledger.customers} in all; how customers differ can be"
            f" estimated from {FEWEST_CUSTOMERS} at least, so give more or a later until"
        )
    sizes = np.diff(np.r_[starts, ledger.customer.size])
    origin = np.repeat(first, sizes)
    again = np.ones(ledger.customer.size, dtype=np.bool_)
    again[starts] = False
    early = ledger.day < window
    member = np.repeat(inside, sizes)
    repeats = np.add.reduceat((again & early).astype(np.int64), starts)
    after = np.add.reduceat((~early).astype(np.int64), starts)
    last = np.maximum.reduceat(np.where(early, ledger.day - origin, 0), starts)
    paid = again & early & (ledger.amount > 0)
    spend_count = np.add.reduceat(paid.astype(np.int64), starts)
    spent = np.add.reduceat(np.where(paid, ledger.amount, 0.0), starts)
    weeks = days // DAYS_A_WEEK
    week = ledger.day[again & member] // DAYS_A_WEEK
    base = CustomerBase(
        start=ledger.start,
        until=ledger.start + timedelta(days=window - 1),
        end=end,
        first=first[inside],
        repeats=repeats[inside],
        last=last[inside],
        after=after[inside],
        spend_count=spend_count[inside],
        spend_mean=spent[inside] / np.maximum(spend_count[inside], 1),
        weekly=np.bincount(week, minlength=weeks)[:weeks],
        joined=np.bincount(first[inside], minlength=window),
        mean_amount=float(ledger.amount[member & early].mean()) if ledger.priced else float("nan"),
        later=int((~inside).sum()),
        ids=ledger.ids.filter(pyarrow.array(inside)),
        purchases={
            "first": int(inside.sum()),
            "repeats_in_window": int(repeats[inside].sum()),
            "repeats_after": int(after[inside].sum()),
            "of_later_customers": int((~member).sum()),
        },
    )
    if not base.repeats.any():
        _refuse_one_time_buyers(base, ledger)
    return base, (*_coarse(ledger), *_warnings(base))


def _refuse_one_time_buyers(base: CustomerBase, ledger: Ledger) -> None:
    """Refuse customers none of whom bought again: it may be that each order has a number of its own as the customer."""
    ever, remedy = "", "give a longer file or a later until"
    if len(ledger.day) == ledger.customers:
        ever = ", nor does anyone in the whole file"
        remedy = "where a column tells customers across their orders, say which: columns={customer: HEAD}"
    raise ConfigError(
        f"none of the {base.customers:,} customers who first bought by {base.until} bought again by then{ever}; repeat"
        f" buying cannot be fitted, so {remedy}"
    )


def _window(ledger: Ledger, until: date | None) -> tuple[int, date, int]:
    """Return the days of the data, its last day, and the days of the calibration window."""
    days = ledger.days
    end = ledger.start + timedelta(days=days - 1)
    if days < 2 * DAYS_A_WEEK:
        raise ConfigError(
            f"data covers {days} day{'s' if days > 1 else ''} ({ledger.start} to {end}); give two weeks at least,"
            " better a year, so that customers can come back"
        )
    window = days // 2 if until is None else (until - ledger.start).days + 1
    if not DAYS_A_WEEK <= window <= days:
        raise ConfigError(
            f"until is {until}, but the data run from {ledger.start} to {end}; give a day between, a week after the"
            " first at least"
        )
    return days, end, window


def _coarse(ledger: Ledger) -> list[str]:
    """Tell dates that stand for months or weeks: all of one day of the month, or of one weekday."""
    days = [ledger.start + timedelta(days=int(day)) for day in np.flatnonzero(np.bincount(ledger.day))]
    if len(days) < _FEWEST_DATES:
        return []
    if len({day.day for day in days}) == 1:
        when, unit = f"day {days[0].day} of a month", "month"
    elif all((day + timedelta(days=1)).day == 1 for day in days):
        when, unit = "the last day of a month", "month"
    elif len({day.weekday() for day in days}) == 1:
        when, unit = f"a {_WEEKDAYS[days[0].weekday()]}", "week"
    else:
        return []
    return [
        f"all purchases are dated on {when}: if rows are sums of {unit}s, or purchases are told by the {unit}, those"
        " of a customer within one count as one, so give their days where they are known"
    ]


def _warnings(base: CustomerBase) -> list[str]:
    warnings = []
    if base.customers < FEW_CUSTOMERS:
        warnings.append(f"only {base.customers} customers in the calibration window: expect wide errors")
    if base.later:
        warnings.append(
            f"{base.later:,} customers first bought after {base.until}: no part of the fit that is tested, nor of its"
            " forecast; the fit to all of the file has them"
        )
    if base.window >= base.days - DAYS_A_WEEK:
        warnings.append("the calibration window is the whole of the data: nothing is left to test a forecast on")
    if base.joined[0] > 0.5 * base.customers and base.window > 2 * DAYS_A_WEEK:
        warnings.append(
            f"{base.joined[0] / base.customers:.0%} of the customers first bought on the first day: if they had bought"
            " before the file begins, their age is not known and the fit takes them for new"
        )
    return warnings
