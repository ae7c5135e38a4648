"""Layout: which column of a file plays which role, as given or as guessed from the head line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.quantity import choice, quantity, whole
from sim.data.amounts import currency_of_head
from sim.data.as_typed import as_typed
from sim.data.dates import looks_like_date
from sim.data.format_options import date_format_option, decimal_option, encoding_option, missing_option
from sim.data.head_line import example_names
from sim.data.likely_columns import likely_amounts, likely_customers, likely_dates, only_day, says_month
from sim.data.money_heads import speaks_of_no_money, without_unit
from sim.data.people_names import names_in_two
from sim.data.role_heads import (
    IDS,
    MAIL,
    NUMBERED,
    QUANTITIES,
    ROLES,
    UNIT_PRICES,
    WEAKEST,
    is_doubtful,
    is_name,
    is_weak,
    parted,
    role_of_head,
)
from sim.data.row_marks import only_say_whether
from sim.data.sale_words import tell_of_sales
from sim.data.taken_back import status_columns, word_columns
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["REQUIRED", "ROLES", "Layout", "find_columns", "find_quantity", "find_status", "is_status", "plain_head"]

_STATUS = "status"
#: Without these a row says nothing.
REQUIRED = ("customer", "date")


#: A number of pieces, and what is no such number; heads that end so are of money.
_PIECES, _DECIMALS = r"\d{1,2}(?:[.,]0+)?", r"\d[.,]\d{1,2}$"
_PRICES = ("price", "value", "preis", "wert", "prix", "precio", "prezzo", "sales", "revenue", "sum", "cost", "paid")
#: Words of heads of what was paid in the end.
_AT_LAST = frozenset({"final", "discounted", "reduced", "paid", "after", "actual", "effective", "charged", "net"})
#: Letters that kunde and kundennummer have in common.
_STEM = 4
#: Fewer months are no table of sums by month.
_FEWEST_MONTHS = 3
#: A table of survivors has fewer columns than a file of transactions.
_MOST_OF_SURVIVORS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file of transactions is to be read; what is left out is guessed from the file."""

    columns: Any = quantity(
        "null: guess from the head line; {customer: HEAD, date: HEAD, amount: HEAD}, amount: null for none, and"
        " quantity: HEAD where the amount is a unit price, order: HEAD for an order's number, status: HEAD where a"
        " column says what was returned; or, for a file without a head line, the names of all its columns in order,"
        " customer, date and amount among them; customer: [HEAD, HEAD] where first and last name stand apart",
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
        "ask",
        ("ask", "keep", "drop"),
        "rows alike in customer, date, amount and order: keep or drop them, or ask where the file may tell them twice",
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
    plain = [without_unit(plain_head(name)) for name in _without_table(names)]
    places: dict[str, int] = {}
    for role in ROLES:
        wanted = chosen.get(role)
        if role == "customer" and isinstance(wanted, list | tuple):
            if not wanted or len(set(map(str, wanted))) < len(wanted):
                raise ConfigError(
                    f"{where}: columns.customer is {show(wanted)}; give heads of columns, each once:"
                    " columns={customer: [HEAD, HEAD]}"
                )
            places |= {
                role if number == 1 else f"{role}_{number}": _named(role, head, names, where)
                for number, head in enumerate(wanted, 1)
            }
        elif wanted is not None:
            places[role] = _named(role, wanted, names, where)
        elif role in chosen and role not in REQUIRED:
            continue
        elif (at := _guess(role, names, plain, sample, where, source)) is not None:
            places[role] = at
        elif source == "columns" and role == "quantity" and "quantity" in plain:
            places[role] = plain.index("quantity")
    counted = next((name for name, word in zip(names, plain, strict=True) if word in QUANTITIES), None)
    if "amount" not in chosen and "quantity" not in places and counted is not None and "amount" in places:
        at = places["amount"]
        if plain[at] in UNIT_PRICES:
            raise ConfigError(
                f"{where}: {names[at]!r} beside {counted!r} may be the price of one piece; say"
                f" {as_typed('columns', {'amount': names[at], 'quantity': counted})} to have their product,"
                f" {as_typed('columns', {'amount': names[at]})} if it is the whole amount"
            )
    if "date" not in chosen and plain[places["date"]] == "day" and {"year", "month"} <= set(plain):
        raise ConfigError(
            f"{where}: its dates stand in three columns, year, month and day; put them into one, such as 2021-01-31"
        )
    if "amount" in places and "amount" not in chosen:
        _refuse_months(names, where)
        _refuse_counts(names, places, sample, where)
        _refuse_two_prices(names, plain, places, where)
    if "currency" in places and "currency" not in chosen and _speaks_of_another_amount(names, plain, places):
        # That of an amount before it was converted.
        del places["currency"]
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


def _speaks_of_another_amount(names: tuple[str, ...], plain: list[str], places: Mapping[str, int]) -> bool:
    """Return whether the head of the amount says its currency, and a column beside it may be one in another."""
    at = places.get("amount")
    if at is None or not currency_of_head(names[at]):
        return False
    return any(
        other != at and role_of_head(plain[other], "amount") and not currency_of_head(names[other])
        for other in range(len(names))
    )


def find_quantity(names: Sequence[str]) -> int | None:
    """Return the column of a quantity by its head, the one there is; None where there is none or several."""
    places = [at for at, name in enumerate(names) if plain_head(name) in QUANTITIES]
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
    heads = [plain_head(name) for name in names]
    found = [at for at in status_columns(heads, sample) if at not in places.values()]
    found += [
        at
        for at in word_columns(heads)
        if at not in (*places.values(), *found) and tell_of_sales([row[at] for row in sample if len(row) > at])
    ]
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
    >>> plain_head("IDKlienta"), plain_head("customernumber"), plain_head("Umsatz in EUR"), plain_head("Total in $")
    ('id_klienta', 'customer_number', 'umsatz', 'total')
    """
    word = re.sub(r"[(\[（【][^)\]）】]*[)\]）】]\s*$|\s+in\s+[€$£₹¥]\s*$", "", name).strip() or name
    word = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", "_", word).lower()
    word = word.translate({0xE4: "ae", 0xF6: "oe", 0xFC: "ue", 0xDF: "ss"})
    word = word.replace("ł", "l").replace("ø", "o").replace("ı", "i")
    # Marks of Latin, Greek and Cyrillic letters; those of kana make another one.
    word = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", word)))
    word = re.sub(r"[\W_]+", "_", word).strip("_")
    currencies = "euros?|eur|us_dollars?|dollars?|usd|gbp|chf|inr|jpy|cad|aud|brl|sek|dkk|nok|pln"
    return parted(re.sub(rf"(?<=[a-z])(?:_in)?_(?:{currencies})$", "", word))


def _named(role: str, wanted: object, names: tuple[str, ...], where: str) -> int:
    if names.count(str(wanted)) != 1:
        found = "is there twice" if str(wanted) in names else "is not there"
        raise ConfigError(
            f"{where}: columns.{role} is {show(wanted)}, which {found}; {suggest(wanted, names, 'the columns are')}"
        )
    return names.index(str(wanted))


def _guess(
    role: str, names: tuple[str, ...], plain: list[str], sample: Sequence[Sequence[str]], where: str, source: str
) -> int | None:
    """Return the one column that fits a role by its head; where several do, ask."""
    fitting = [at for at, word in enumerate(plain) if role_of_head(word, role)]
    if role == "amount":
        fitting = [at for at in fitting if not _says_whether(at, sample) and not speaks_of_no_money(names[at])]
    fitting = [at for at in fitting if not is_weak(plain[at])] or fitting
    fitting = [at for at in fitting if plain[at] not in WEAKEST] or fitting
    fitting = [at for at in fitting if not is_name(plain[at])] or fitting
    fitting = [at for at in fitting if not is_doubtful(plain[at])] or fitting
    if role == "customer" and len(fitting) > 1:
        # A name beside the number of whose it is.
        fitting = [at for at in fitting if not any(_numbers(plain[other], plain[at]) for other in fitting)]
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
    two = names_in_two(plain) if role == "customer" else None
    if two is not None and source != "columns" and all(is_name(plain[at]) for at in fitting):
        first, last = (names[at] for at in two)
        raise ConfigError(
            f"{where}: {first!r} and {last!r} say who bought together; say"
            f" {as_typed('columns', {'customer': [first, last]})}, where people of one name are one customer, or which"
            " other column it is: columns={customer: HEAD}"
        )
    if not fitting and role == "date" and (day := only_day(plain, sample)) is not None:
        return day
    if not fitting and role in REQUIRED:
        _refuse_summaries(names, plain, where)
        first, more = _likeliest(role, names, plain, sample)
        raise ConfigError(
            f"{where}: no column is known as the {role}{more}; {source} has {', '.join(names)};"
            f" say which it is: {as_typed('columns', {role: first})}{_if_survivors(names, role)}"
        )
    return fitting[0] if fitting else None


def _refuse_summaries(names: tuple[str, ...], plain: list[str], where: str) -> None:
    """Refuse a table of sums: a row for each customer, with months side by side or with how often and how recently."""
    _refuse_months(names, where)
    if {"frequency", "recency"} <= set(plain):
        raise ConfigError(
            f"{where}: 'frequency' and 'recency' sum up what each customer bought; give the purchases themselves, a row"
            " for each, with its day"
        )


def _refuse_months(names: tuple[str, ...], where: str) -> None:
    months = [name for name in names if says_month(name)]
    if len(months) >= _FEWEST_MONTHS:
        raise ConfigError(
            f"{where}: {', '.join(map(repr, months[:3]))} are months side by side, with sums of each; write a row for"
            " each purchase, with its day"
        )


def _refuse_two_prices(names: tuple[str, ...], plain: list[str], places: Mapping[str, int], where: str) -> None:
    """Refuse to guess that a price is what was paid where another one is what it was at the end."""
    at = places["amount"]
    last = [
        other
        for other, head in enumerate(plain)
        if other != at and _AT_LAST & set(head.split("_")) and set(_PRICES) & set(head.split("_"))
    ]
    if last and plain[at] in UNIT_PRICES:
        ways = " or ".join(as_typed("columns", {"amount": names[one]}) for one in (at, last[0]))
        raise ConfigError(f"{where}: {names[at]!r} and {names[last[0]]!r} may each be the amount; say which: {ways}")


def _likeliest(role: str, names: tuple[str, ...], plain: list[str], sample: Sequence[Sequence[str]]) -> tuple[str, str]:
    """Return the column that may be the customer or the date, `HEAD` where none is likely, and what is said of it."""
    likely = [names[at] for at in (likely_dates if role == "date" else likely_customers)(plain, sample)]
    return (likely[0], f", and {_and_others(likely)}") if likely else ("HEAD", "")


def _and_others(likely: Sequence[str]) -> str:
    """Return that a column may be it, with the next likely ones."""
    more = f" (or {', '.join(map(repr, likely[1:4]))})" if len(likely) > 1 else ""
    return f"{likely[0]!r} may be it{more}"


def _says_whether(at: int, sample: Sequence[Sequence[str]]) -> bool:
    """Return whether a column only says yes or no of something, such as whether a bill is paid."""
    words = list(dict.fromkeys(row[at] for row in sample if len(row) > at and row[at]))
    return only_say_whether(words) or (len(words) > 1 and set(words) <= {"0", "1"})


def _refuse_counts(
    names: tuple[str, ...], places: Mapping[str, int], sample: Sequence[Sequence[str]], where: str
) -> None:
    """Refuse to guess an amount of small whole numbers beside a column of prices: it may count pieces."""
    at = places["amount"]
    cells = [[row[column] for row in sample if len(row) > column and row[column]] for column in range(len(names))]
    if not cells[at] or not all(re.fullmatch(_PIECES, cell) for cell in cells[at]):
        return
    for other, name in enumerate(names):
        said = plain_head(name).split("_")[-1]
        if (
            other not in places.values()
            and said in _PRICES
            and any(re.search(_DECIMALS, cell) for cell in cells[other])
        ):
            raise ConfigError(
                f"{where}: {names[at]!r} has small whole numbers alone, so it may count pieces beside {name!r}; say"
                f" which is the amount: {as_typed('columns', {'amount': name})} or"
                f" {as_typed('columns', {'amount': names[at]})}"
            )


def _without_table(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return heads without the name of the one table that all of them have before a point: orders.total is total."""
    tables = {name.partition(".")[0] for name in names}
    return (
        tuple(name.partition(".")[2] for name in names)
        if len(tables) == 1 and all("." in name for name in names)
        else names
    )


def _numbers(head: str, other: str) -> bool:
    """Return whether a head is that of the numbers of what another one names: customer_id beside customer."""
    words, named = set(head.split("_")), set(other.split("_")) - {"name"}
    if head == other or named & IDS or other.endswith(NUMBERED):
        return False
    if words & (IDS | MAIL) and words - IDS - MAIL >= named:
        return True
    return bool(words & IDS or head.endswith(NUMBERED)) and head[:_STEM] == other[:_STEM]


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
    plain = [plain_head(name) for name in names]
    likely, all_numbered = likely_amounts(plain, sample, set(places.values()))
    if likely:
        first = "HEAD" if all_numbered else names[likely[0]]
        may_be = "" if all_numbered else f", and {_and_others([names[at] for at in likely])}"
        raise ConfigError(
            f"{where}: no column is known as the amount{may_be}; say"
            f" {as_typed('columns', {'amount': first})}, or 'columns={{amount: null}}' to fit buying and leaving"
            " without amounts"
        )
