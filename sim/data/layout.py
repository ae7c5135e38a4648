"""Layout: which column of a file plays which role, as given or as guessed from the head line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.quantity import choice, quantity, whole
from sim.data.dates import looks_like_date
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["DECIMALS", "Layout", "ROLES", "find_columns"]

#: What a row must say, and under which heads files say it; the first that fits counts.
ROLES: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "customer", "customer_id", "customerid", "cust", "cust_id", "custid", "client", "client_id", "user", "user_id",
        "userid", "member", "member_id", "household", "household_id", "account", "account_id", "buyer", "buyer_id",
        "id", "case_id", "person",
    ),
    "date": (
        "date", "day", "datetime", "timestamp", "time", "order_date", "orderdate", "purchase_date", "invoice_date",
        "invoicedate", "transaction_date", "trans_date", "bought_at", "ordered_at", "created_at", "when",
    ),
    "amount": (
        "amount", "spend", "spent", "value", "sales", "revenue", "total", "price", "money", "turnover", "order_value",
        "order_total", "total_price", "net", "gross", "paid", "dollars", "euro", "amt",
    ),
}  # fmt: skip


DECIMALS = {"point": ".", "comma": ","}
#: A price beside a quantity is that of one piece.
_UNIT_PRICES = ("price", "unit_price", "unitprice")
_QUANTITIES = ("quantity", "qty", "units", "pieces")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file of transactions is to be read; what is left out is guessed from the file."""

    columns: Any = quantity(
        "null: guess from the head line; {customer: HEAD, date: HEAD, amount: HEAD}; or, for a file without a head"
        " line, the names of all its columns in order, customer, date and amount among them",
        default=None,
        optional=True,
    )
    delimiter: str | None = quantity(
        "sign between columns, or the word whitespace; null: guess", default=None, optional=True
    )
    date_format: str | None = quantity("such as %d/%m/%Y; null: guess", default=None, optional=True)
    decimal: str | None = quantity(
        "decimal sign of amounts; null: guess", default=None, optional=True, choices=tuple(DECIMALS)
    )
    bad_rows: str = choice("stop", ("stop", "skip"), "rows that cannot be read: stop, or leave them out and count them")
    duplicates: str = choice(
        "keep",
        ("keep", "drop"),
        "rows alike in customer, date and amount: keep them (an order has lines), or drop them",
    )
    most_megabytes: int = whole(2_000, 1, 1_000_000, "text that is read at the most, decompressed", "MB")
    most_rows: int = whole(
        20_000_000, 1, 2_000_000_000, "rows that are read at the most; a million take 120 MB", "rows"
    )


def find_columns(first: list[str], layout: Layout, where: str) -> tuple[tuple[str, ...], bool, dict[str, int]]:
    """Return the names of the columns, whether the file has a head line, and where each role stands.

    Parameters
    ----------
    first : list of str
        Cells of the first line.
    layout : Layout
        What the user says about columns.
    where : str
        The file; opens every message.

    Returns
    -------
    tuple
        Names of the columns, whether the first line names them, and the number of the column of each role.
    """
    given = layout.columns
    if isinstance(given, list | tuple):
        names = tuple("" if name is None else str(name) for name in given)
        if len(names) != len(first):
            raise ConfigError(
                f"{where}: columns names {len(names)} columns, but the first line has {len(first)}"
                f" ({', '.join(show(cell[:20]) for cell in first[:8])}); name every column in order, any word for"
                " those that are not needed"
            )
        return names, False, _places(names, {}, where, "columns")
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(
            f"columns is {show(given)}; give {{customer: HEAD, date: HEAD, amount: HEAD}}, or, for a file without a"
            " head line, the names of all its columns: [customer, date, amount]"
        )
    chosen = dict(given or {})
    for role in chosen:
        if role not in ROLES:
            raise ConfigError(f"columns has the key {show(role)}; accepted: {', '.join(ROLES)}")
    if not chosen and any(looks_like_date(cell) for cell in first):
        raise ConfigError(
            f"{where}: its first line {show(', '.join(first)[:80])} is no head line; name its {len(first)} columns in"
            f" order: columns=[{','.join(_guess_order(first))}]"
        )
    return tuple(first), True, _places(tuple(first), chosen, where, "the head line")


def _guess_order(first: list[str]) -> list[str]:
    """Return an example of names for columns without a head line."""
    if len(first) == len(ROLES):
        return list(ROLES)
    return ["customer", "date", "amount", *(f"other{at}" for at in range(1, len(first) - len(ROLES) + 1))]


def _places(names: tuple[str, ...], chosen: Mapping[str, Any], where: str, source: str) -> dict[str, int]:
    plain = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in names]
    places = {}
    for role, known in ROLES.items():
        wanted = chosen.get(role)
        if wanted is not None:
            if names.count(str(wanted)) != 1:
                found = "is there twice" if str(wanted) in names else "is not there"
                raise ConfigError(
                    f"{where}: columns.{role} is {show(wanted)}, which {found};"
                    f" {suggest(wanted, names, 'the columns are')}"
                )
            places[role] = names.index(str(wanted))
            continue
        at = next((plain.index(word) for word in known if word in plain), None)
        counted = next((name for name, word in zip(names, plain, strict=True) if word in _QUANTITIES), None)
        if role == "amount" and at is not None and plain[at] in _UNIT_PRICES and counted is not None:
            raise ConfigError(
                f"{where}: {names[at]!r} beside {counted!r} is the price of one piece; add a column with {counted} x"
                f" {names[at]} and say columns={{amount: HEAD}}"
            )
        if at is None:
            raise ConfigError(
                f"{where}: no column is known as the {role}; {source} has {', '.join(names)};"
                f" say which it is: columns={{{role}: HEAD}}"
            )
        if plain.count(plain[at]) > 1:
            raise ConfigError(
                f"{where}: {plain.count(plain[at])} columns are called {names[at]!r}; call the one that is not the"
                f" {role} otherwise, in {source}"
            )
        places[role] = at
    if len(set(places.values())) < len(ROLES):
        raise ConfigError(
            f"{where}: one column would be two of {', '.join(ROLES)}; say which is which:"
            " columns={customer: HEAD, date: HEAD, amount: HEAD}"
        )
    return places
