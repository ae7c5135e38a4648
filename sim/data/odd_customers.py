"""Odd customers: an id that stands for many people, and a column that may not say who bought."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.data.as_typed import as_typed
from sim.data.ids import masked_ids
from sim.data.layout import plain_head
from sim.data.ledger import Ledger
from sim.data.row_faults import RowFaults
from sim.data.row_marks import only_say_whether
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = ["refuse_stand_ins", "told_of_customers"]

#: So many times the rows of a usual customer, and this share of all, make an id one that stands for many.
_MANY_TIMES, _LARGE = 5, 0.03
#: Ids that are looked at.
_LOOKED_AT = 1_000
#: Fewer customers than this say nothing of what is usual.
_FEWEST_ORDERS = 10


def refuse_stand_ins(keys: NDArray[np.uint64], stand_ins: Mapping[int, str], trouble: RowFaults, where: str) -> None:
    """Refuse an id such as 0 or guest that has the rows of many.

    Parameters
    ----------
    keys : uint64 (n,)
        Of the customer of each row, 0 for a row that is not used.
    stand_ins : mapping
        Words of such ids by their keys.
    trouble : RowFaults
        Numbers the rows.
    where : str
        Opens the message.

    Raises
    ------
    ConfigError
    """
    used = keys[keys != 0]
    customers = np.unique(used).size if stand_ins else 0
    for key, word in stand_ins.items():
        count = int((used == key).sum())
        usual = (used.size - count) / max(customers - 1, 1)
        if count >= max(_MANY_TIMES * usual, _LARGE * used.size, 3) and customers > 1:
            row = trouble.row(int(np.argmax(keys == key)))
            raise ConfigError(
                f"{where}: the customer {show(word)} (row {row}) has {count:,} of {used.size:,} rows, a usual"
                f" one {usual:.1f}; say {as_typed('missing', [str(word)])} bad_rows=skip if it stands for"
                " nobody, to leave such rows out, or missing=[NA] if it is a customer"
            )


def told_of_customers(ledger: Ledger, name: str, guessed: bool, where: str) -> list[str]:
    """Warn of one customer who buys as often as many, and refuse an order's id.

    Parameters
    ----------
    ledger : Ledger
    name : str
        Head of the column of customers.
    guessed : bool
        Whether nobody said that it is that.
    where : str
        Opens every message.

    Returns
    -------
    list of str

    Raises
    ------
    ConfigError
        If the column names no customers.
    """
    heads = np.bincount(ledger.customer)
    if only_say_whether(words := ledger.ids.slice(0, 100).to_pylist()):
        raise ConfigError(
            f"{where}: the column {name!r} only says {' and '.join(map(show, words))}, which is no customer; say which"
            " is: columns={customer: HEAD}"
        )
    if guessed and plain_head(name) == "id" and heads.size == ledger.counts["rows_used"] >= _FEWEST_ORDERS:
        raise ConfigError(
            f"{where}: {name!r} has another value in each of {heads.size:,} rows, so it may be the order's;"
            f" say which column is the customer: columns={{customer: {name!r}}} if it is that one"
        )
    if guessed and heads.size == 1 and heads[0] >= _FEWEST_ORDERS:
        raise ConfigError(
            f"{where}: {name!r} is {show(ledger.ids[0].as_py())} in every row, so it may be no customer; say which"
            " column is: columns={customer: HEAD}"
        )
    told = masked_ids(ledger.ids.slice(0, _LOOKED_AT).to_pylist())
    top = int(np.argmax(heads))
    usual = (heads.sum() - heads[top]) / max(heads.size - 1, 1)
    if heads.size >= _FEWEST_ORDERS and heads[top] >= max(2 * _MANY_TIMES * usual, _LARGE * heads.sum()):
        word = ledger.ids[top].as_py()
        told += [
            f"the customer {show(word)} has {heads[top]:,} of {heads.sum():,} purchases, a usual one {usual:.1f}:"
            f" if it stands for many, say missing=[{show(word)}] and bad_rows=skip"
        ]
    return told
