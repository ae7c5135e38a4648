"""Layout: which column of a file plays which role, as given or as guessed from the head line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.quantity import choice, quantity, whole
from sim.data.amounts import looks_like_amount
from sim.data.as_typed import as_typed
from sim.data.dates import looks_like_date
from sim.data.format_options import date_format_option, decimal_option, encoding_option, missing_option
from sim.data.head_line import example_names
from sim.data.taken_back import status_columns
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["REQUIRED", "ROLES", "Layout", "find_columns", "find_quantity", "find_status", "is_status", "plain_head"]

#: A price beside a quantity is that of one piece.
_UNIT_PRICES = (
    "price", "unit_price", "unitprice", "price_each", "price_per_unit", "item_price", "lineitem_price", "unit_cost",
    "preis", "einzelpreis", "stueckpreis", "prix", "prix_unitaire", "precio", "precio_unitario", "prezzo",
)  # fmt: skip
_QUANTITIES = (
    "quantity", "qty", "units", "pieces", "count", "items", "item_count", "num_items", "no_of_items", "number_of_items",
    "units_sold", "quantity_ordered", "qty_ordered", "order_quantity", "lineitem_quantity", "quantity_purchased",
    "menge", "anzahl", "stueck", "stueckzahl", "quantite", "cantidad", "quantita", "aantal",
)  # fmt: skip
#: What a row says, and under which heads files say it.
ROLES: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "customer", "customer_id", "customerid", "cust", "cust_id", "custid", "client", "client_id", "clientid", "user",
        "user_id", "userid", "member", "member_id", "household", "household_id", "buyer", "buyer_id", "customer_no",
        "customer_number", "kunde", "kunden_id", "kunden_nr", "kundennummer", "kundennr", "kd_nr", "cliente",
        "id_cliente", "cliente_id", "client_no", "code_client", "klant", "klant_id", "klantnummer", "buyer_name",
        "customer_name", "email", "e_mail", "customer_email", "buyer_email", "account", "account_id", "id", "case_id",
        "person",
    ),
    "date": (
        "date", "datetime", "timestamp", "order_date", "orderdate", "purchase_date", "invoice_date", "invoicedate",
        "transaction_date", "trans_date", "bought_at", "ordered_at", "date_time", "posting_date", "datum",
        "bestelldatum", "rechnungsdatum", "belegdatum", "buchungsdatum", "kaufdatum", "fecha", "date_commande",
        "order_time", "purchase_time", "sale_date", "sold_at", "payment_date", "date_created", "created_date", "day",
        "time", "created_at", "created", "created_utc", "when",
    ),
    "amount": (
        "amount", "spend", "spent", "sales", "revenue", "total", "turnover", "order_value", "order_total",
        "total_price", "total_amount", "line_total", "paid", "amt", "betrag", "umsatz", "montant", "importe",
        "importo", "bedrag", "gesamtbetrag", "order_total_amount", "order_amount", "grand_total", "total_paid", "value",
        "price", "money", "net", "gross", "dollars", "euro", *_UNIT_PRICES,
    ),
    "quantity": (),
    "currency": ("currency", "currency_code", "ccy", "waehrung", "devise", "moneda"),
    "status": (),
}  # fmt: skip
_STATUS = "status"
#: Heads that count only where no other head of their role is there.
_WEAK = frozenset({
    "customer_name", "buyer_name", "email", "e_mail", "customer_email", "buyer_email", "account", "account_id", "id",
    "case_id", "person", "day", "time", "date_created", "created_date", "created_at", "created", "created_utc", "when",
    "order_time", "purchase_time", "sale_date", "sold_at", "payment_date", "value", "money", "net", "gross", "dollars",
    "euro", "order_total_amount", "order_amount", "grand_total", "total_paid", *_UNIT_PRICES,
})  # fmt: skip
#: Heads that number rows more often than customers: they count where there is no other at all.
_WEAKEST = frozenset({"id"})
#: Without these a row says nothing.
REQUIRED = ("customer", "date")


#: A column of which so many cells are numbers may be the amount.
_NUMBERS = 0.8
#: Words of heads that speak of money, as those of amounts do, and of what is numbered.
_MONEY_WORDS = frozenset(word for head in ROLES["amount"] for word in head.split("_")).union(
    ("nettobetrag", "bruttobetrag")
) - {"order", "line", "unit", "item", "lineitem", "each", "per"}
#: Of parts of what is paid, and of what is not.
_PART_WORDS = frozenset({"discount", "shipping", "tax", "taxes", "refund", "refunded", "fee", "subtotal", "vat", "tip"})
_ID_WORDS = frozenset({"id", "number", "no", "nr", "num", "code", "user", "phone", "zip", "postcode", "nummer"})
#: A table of survivors has fewer columns than a file of transactions.
_MOST_OF_SURVIVORS = 4
#: Further columns that are named beside the likeliest.
_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file of transactions is to be read; what is left out is guessed from the file."""

    columns: Any = quantity(
        "null: guess from the head line; {customer: HEAD, date: HEAD, amount: HEAD}, amount: null for none, and"
        " quantity: HEAD where the amount is a unit price, status: HEAD where a column says what was returned; or,"
        " for a file without a head line, the names of all its columns in order, customer, date and amount among them",
        default=None,
        optional=True,
    )
    delimiter: str | None = quantity(
        "sign between columns, or the word whitespace; null: guess", default=None, optional=True
    )
    encoding: str | None = encoding_option()
    date_format: str | None = date_format_option()
    decimal: str | None = decimal_option()
    missing: Any = missing_option()
    bad_rows: str = choice("stop", ("stop", "skip"), "rows that cannot be read: stop, or leave them out and count them")
    duplicates: str = choice(
        "keep",
        ("keep", "drop"),
        "rows alike in customer, date and amount: keep them (an order has lines), or drop them",
    )
    most_megabytes: int = whole(2_000, 1, 1_000_000, "text that is read at the most, decompressed", "MB")
    most_rows: int = whole(
        20_000_000, 1, 2_000_000_000, "rows that are read at the most; a million take 170 MB", "rows"
    )


def find_columns(
    first: list[str], sample: Sequence[Sequence[str]], layout: Layout, where: str
) -> tuple[tuple[str, ...], bool, dict[str, int]]:
    """Return the names of the columns, whether the file has a head line, and where each role stands.

    Parameters
    ----------
    first : list of str
        Cells of the first line.
    sample : sequence of sequence of str
        Cells of some lines that follow.
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
        return names, False, _places(names, {}, sample, where, "columns")
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
            f" order, such as {as_typed('columns', example_names(first, ('customer', 'date', 'amount'), 'date'))}"
        )
    return tuple(first), True, _places(tuple(first), chosen, sample, where, "the head line")


def _places(
    names: tuple[str, ...], chosen: Mapping[str, Any], sample: Sequence[Sequence[str]], where: str, source: str
) -> dict[str, int]:
    """Return the column of each role: the one that is named, else the only one that fits."""
    plain = [plain_head(name) for name in names]
    places: dict[str, int] = {}
    for role in ROLES:
        wanted = chosen.get(role)
        if wanted is not None:
            places[role] = _named(role, wanted, names, where)
        elif role in chosen and role not in REQUIRED:
            continue
        elif (at := _guess(role, names, plain, where, source)) is not None:
            places[role] = at
        elif source == "columns" and role == "quantity" and "quantity" in plain:
            places[role] = plain.index("quantity")
    counted = next((name for name, word in zip(names, plain, strict=True) if word in _QUANTITIES), None)
    if "amount" not in chosen and "quantity" not in places and counted is not None and "amount" in places:
        at = places["amount"]
        if plain[at] in _UNIT_PRICES:
            raise ConfigError(
                f"{where}: {names[at]!r} beside {counted!r} may be the price of one piece; say"
                f" {as_typed('columns', {'amount': names[at], 'quantity': counted})} to have their product,"
                f" {as_typed('columns', {'amount': names[at]})} if it is the whole amount"
            )
    if "quantity" in places and "amount" not in places:
        raise ConfigError(f"{where}: columns has a quantity and no amount; say which column is the unit price: amount")
    if len(set(places.values())) < len(places):
        raise ConfigError(
            f"{where}: one column would be two of {', '.join(places)}; say which is which:"
            " columns={customer: HEAD, date: HEAD, amount: HEAD}"
        )
    if "amount" not in places and "amount" not in chosen and source != "columns":
        _ask_for_amount(names, places, sample, where)
    return places


def find_quantity(names: Sequence[str]) -> int | None:
    """Return the column of a quantity by its head, the one there is; None where there is none or several."""
    places = [at for at, name in enumerate(names) if plain_head(name) in _QUANTITIES]
    return places[0] if len(places) == 1 else None


def find_status(
    names: Sequence[str], sample: Sequence[Sequence[str]], places: Mapping[str, int], layout: Layout
) -> dict[str, int]:
    """Return the columns that may say what became of a row, where the user says nothing of them.

    Parameters
    ----------
    names : sequence of str
        Heads.
    sample : sequence of sequence of str
        Cells of some rows.
    places : mapping
        Column of each role known so far.
    layout : Layout

    Returns
    -------
    dict
        Of roles `status`, `status_2` and so on, the most telling first.
    """
    if _STATUS in places or (isinstance(layout.columns, Mapping) and _STATUS in layout.columns):
        return {}
    found = [at for at in status_columns([plain_head(name) for name in names], sample) if at not in places.values()]
    return {_STATUS if number == 1 else f"{_STATUS}_{number}": at for number, at in enumerate(found, 1)}


def is_status(role: str) -> bool:
    """Return whether a role is that of a column that says what became of a row."""
    return role.startswith(_STATUS)


def plain_head(name: str) -> str:
    """Return a head in small letters with underscores, without a unit in brackets or a currency behind it.

    Examples
    --------
    >>> plain_head("Customer ID"), plain_head("totalAmount"), plain_head("Amount (EUR)"), plain_head("Stück")
    ('customer_id', 'total_amount', 'amount', 'stueck')
    """
    word = re.sub(r"[(\[][^)\]]*[)\]]\s*$", "", name).strip() or name
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()
    word = word.translate({0xE4: "ae", 0xF6: "oe", 0xFC: "ue", 0xDF: "ss"})
    word = "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))
    word = re.sub(r"[\W_]+", "_", word).strip("_")
    return re.sub(r"(?<=[a-z])_(?:eur|usd|gbp|chf|inr|jpy|cad|aud|brl|sek|dkk|nok|pln)$", "", word)


def _named(role: str, wanted: object, names: tuple[str, ...], where: str) -> int:
    if names.count(str(wanted)) != 1:
        found = "is there twice" if str(wanted) in names else "is not there"
        raise ConfigError(
            f"{where}: columns.{role} is {show(wanted)}, which {found}; {suggest(wanted, names, 'the columns are')}"
        )
    return names.index(str(wanted))


def _guess(role: str, names: tuple[str, ...], plain: list[str], where: str, source: str) -> int | None:
    """Return the one column that fits a role by its head; where several do, ask."""
    fitting = [at for at, word in enumerate(plain) if word in ROLES[role]]
    for weak in (_WEAK, _WEAKEST):
        fitting = [at for at in fitting if plain[at] not in weak] or fitting
    if source == "columns" and role in plain:
        fitting = [at for at, word in enumerate(plain) if word == role]
    if len({names[at] for at in fitting}) < len(fitting):
        twice = next(at for at in fitting if names.count(names[at]) > 1)
        raise ConfigError(
            f"{where}: {names.count(names[twice])} columns are called {names[twice]!r}; call the one that is not the"
            f" {role} otherwise, in {source}"
        )
    if len(fitting) > 1:
        raise ConfigError(
            f"{where}: {' and '.join(repr(names[at]) for at in fitting)} may each be the {role}; say which:"
            f" {' or '.join(as_typed('columns', {role: names[at]}) for at in fitting)}"
        )
    if not fitting and role in REQUIRED:
        raise ConfigError(
            f"{where}: no column is known as the {role}; {source} has {', '.join(names)};"
            f" say which it is: {as_typed('columns', {role: 'HEAD'})}{_if_survivors(names, role)}"
        )
    return fitting[0] if fitting else None


def _if_survivors(names: Sequence[str], role: str) -> str:
    """Return how to say that a small table is one of survivors, where nothing tells who bought."""
    if role != "customer" or len(names) > _MOST_OF_SURVIVORS:
        return ""
    return (
        f"; if it says how many subscribers are left after each period,"
        f" {as_typed('columns', {'period': 'HEAD', 'survivors': 'HEAD'})}"
    )


def _ask_for_amount(
    names: tuple[str, ...], places: Mapping[str, int], sample: Sequence[Sequence[str]], where: str
) -> None:
    """Ask which column is the amount where one without a known head may be; without any there are no amounts."""
    fitting = []
    for at, name in enumerate(names):
        cells = [row[at] for row in sample if len(row) > at and row[at]]
        numbers = sum(bool(re.search(r"\d", cell)) and looks_like_amount(cell) for cell in cells)
        if at not in places.values() and cells and numbers >= _NUMBERS * len(cells):
            said = plain_head(name).split("_")
            odd = bool(_ID_WORDS.intersection(said)), bool(_PART_WORDS.intersection(said))
            fitting.append((*odd, not _MONEY_WORDS.intersection(said), name))
    if fitting:
        # Those that speak of money first, those that speak of numbers of orders last.
        first, *others = [name for *_, name in sorted(fitting, key=lambda one: one[:3])]
        more = f" (or {', '.join(map(repr, others[:_FEW]))})" if others else ""
        raise ConfigError(
            f"{where}: no column is known as the amount, and {first!r} may be it{more}; say"
            f" {as_typed('columns', {'amount': first})}, or 'columns={{amount: null}}' to fit buying and leaving"
            " without amounts"
        )
