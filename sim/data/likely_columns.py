"""Likely columns: which columns may say who bought, when and for how much, where no head is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from sim.data.amounts import looks_like_amount
from sim.data.dates import looks_like_date
from sim.data.month_names import plain_months
from sim.data.role_heads import IDS, NUMBERED, QUANTITIES, ROLES, role_of_head, speaks_of_another_day

__all__ = ["likely_amounts", "likely_customers", "likely_dates", "only_day", "says_month"]

#: A column of which so many cells are numbers, or dates, may be one.
_NEARLY_ALL = 0.8
#: Words of heads that speak of money, as those of amounts do.
_MONEY = frozenset(word for head in ROLES["amount"] for word in head.split("_")) - {
    "order", "line", "unit", "item", "lineitem", "each", "per", "transaction", "base"}  # fmt: skip
#: Ends of German and Dutch words of money.
_OF_MONEY = ("betrag", "summe", "umsatz", "wert", "bedrag")
#: Words of what is numbered.
_NUMBERS = frozenset({"id", "number", "no", "nr", "num", "code", "user", "phone", "zip", "postcode", "nummer"})
#: Ends of them in Japan, China and Korea.
_OF_NUMBERS = ("番号", "编号", "編號", "单号", "번호")
#: Words of what is counted, measured or coded rather than paid.
_COUNTS = frozenset({
    "pct", "percent", "percentage", "percentual", "prozent", "rate", "ratio", "taxa", "share", "status", "estado",
    "state", "year", "month", "week", "day", "hour", "ano", "mes", "jahr", "monat", "annee", "mois", "age", "edad",
    "idade", "alter", "via", "idx", "index", "row", "line", "rating", "score", "points", "puntos", "puntuacion",
    "postal", "latitude", "longitude", "latitud", "longitud", "lat", "lon", "lng",
})  # fmt: skip
#: Of parts of what is paid, of what is not, and of what the seller paid.
_PARTS = frozenset({
    "discount", "discounts", "shipping", "tax", "taxes", "refund", "refunded", "fee", "subtotal", "vat", "tip",
    "cumulative", "running", "balance", "lifetime", "ltv", "saldo", "cost", "costs", "cogs", "coste", "costo", "custo",
    "kosten", "koszt", "compra", "einkauf", "livraison", "remise", "envio", "versand", "stock", "profit", "freight",
    "frete", "flete", "desconto", "descuento", "rabatt", "cashback", "charges", "tendered",
})  # fmt: skip
_WHOLE = frozenset({"total", "gesamt", "paye", "paid", "grand", "ingreso", "revenue"})
#: Words of heads under which eight digits are a day.
_DATED = frozenset({"date", "datum", "fecha", "data", "dato", "tarih", "tarihi", "дата"})
#: A month without a day, with a sign in it: six digits may number anything.
_MONTH = r"(?:19|20)\d{2}[-/.](?:0[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.](?:19|20)\d{2}"
#: Heads of sums of a quarter, a year, or a month as statisticians write it.
_PERIOD = r"(?:19|20)\d{2}(?:[-_ ]?(?:M?(?:0[1-9]|1[0-2])|Q[1-4]))?|Q[1-4](?:[-_ /]*(?:(?:19|20)?\d{2}))?"
#: Fewer names are kinds of something; more of all rows number them.
_FEWEST_PEOPLE, _MOST_PEOPLE = 5, 0.9
#: Parts of heads that speak of people.
_PEOPLE = re.compile(
    r"custom|client|klient|kunde|kund|klant|user|member|buyer|donor|donat|payer|shopper|subscriber|account|person"
    r"|people|guest|patient|email|e_mail|mail|phone|card|holder|household|zahler|плат|клиент|покуп|contributor"
)
#: What an id may also be of, a contract or a subscription of a customer, which stands for one.
_CONTRACTS = re.compile(r"(?:^|_)(?:sub|subscription|contract|abo|vertrag|policy|loan)_?(?:id|no|nr|number)$")


def likely_dates(plain: Sequence[str], sample: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns whose cells are dates, those of birth or of an end behind, and months last.

    Parameters
    ----------
    plain : sequence of str
        Heads in small letters with underscores.
    sample : sequence of sequence of str
        Cells of some rows.

    Examples
    --------
    >>> likely_dates(["due", "expended", "no"], [["2021-02-01", "2021-01-04", "20210104"]])
    [1, 0]
    >>> likely_dates(["who", "month"], [["7", "2021-01"]])
    [1]
    """
    months = [at for at in range(len(plain)) if _are(sample, at, _is_month)]
    return sorted(_days(plain, sample), key=lambda at: speaks_of_another_day(plain[at])) + months


def _days(plain: Sequence[str], sample: Sequence[Sequence[str]]) -> list[int]:
    return [
        at
        for at, head in enumerate(plain)
        if _are(sample, at, looks_like_date if _DATED & set(head.split("_")) else _is_day)
    ]


def says_month(head: str) -> bool:
    """Return whether a head is a month, a quarter, a year or a day, of which a table has sums side by side.

    Examples
    --------
    >>> says_month("2024-01"), says_month("Jan 2024"), says_month("März"), says_month("January sales")
    (True, True, True, False)
    >>> says_month("sales_jan"), says_month("Q1 2024"), says_month("2024M01")
    (True, True, True)
    """
    head = head.strip().rpartition("_")[2] if re.fullmatch(r"[A-Za-z]+_[A-Za-z]{3,}", head.strip()) else head
    plain = plain_months([f"1 {head.strip()} 2001", f"1 {head.strip()}"])
    return (
        re.fullmatch(_PERIOD, head.strip()) is not None
        or _is_month(head)
        or looks_like_date(head)
        or any(re.fullmatch(r"1 [A-Z][a-z]{2} \d{2,4}", one) for one in plain)
    )


def only_day(plain: Sequence[str], sample: Sequence[Sequence[str]]) -> int | None:
    """Return the one column whose cells are dates, if it may be the day of a purchase; None where none or several are.

    Parameters
    ----------
    plain, sample
        As for :func:`likely_dates`.

    Examples
    --------
    >>> only_day(["who", "expended"], [["7", "2021-01-04"]]), only_day(["who", "born"], [["7", "2021-01-04"]])
    (1, None)
    """
    dated = _days(plain, sample)
    return dated[0] if len(dated) == 1 and not speaks_of_another_day(plain[dated[0]]) else None


def likely_customers(plain: Sequence[str], sample: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns that may say who bought, by what their heads speak of, those of numbers first.

    Parameters
    ----------
    plain, sample
        As for :func:`likely_dates`.

    Examples
    --------
    >>> likely_customers(["client_segment", "user_key", "tx_id", "sub_id"], [["a", "b", "c", "d"]])
    [1, 3]
    """

    def kind(at: int) -> int | None:
        words = set(plain[at].split("_"))
        if _CONTRACTS.search(plain[at]):
            return 2
        if not _PEOPLE.search(plain[at]) or any(role_of_head(plain[at], role) for role in ("date", "amount")):
            return None
        if words & {"id", "key", "hash", "uuid", "guid", "email", "mail", "no", "nr", "number", "code"}:
            return 0
        return 1 if words & {"name", "names", "nombre", "nome", "nom"} or len(words) == 1 else None

    found = [(rank, at) for at in range(len(plain)) if (rank := kind(at)) is not None]
    told = [at for _, at in sorted(found) if any(len(row) > at and row[at] for row in sample) or not sample]
    return told or _who_come_again(plain, sample)


def _who_come_again(plain: Sequence[str], sample: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of words that come again, of which there are many: those of customers do.

    Examples
    --------
    >>> rows = [[f"n{at % 6}", str(at), "paid", "9.50"] for at in range(12)]
    >>> _who_come_again(["name", "no", "state", "sum"], rows)
    [0]
    """
    found = []
    for at, head in enumerate(plain):
        cells = [row[at] for row in sample if len(row) > at and row[at]]
        different = len(set(cells))
        if different < _FEWEST_PEOPLE or different > _MOST_PEOPLE * len(cells):
            continue
        if not any(_are(sample, at, kind) for kind in (looks_like_date, _is_number)) and head not in ROLES["amount"]:
            found.append((different, at))
    return [at for _, at in sorted(found, reverse=True)]


def likely_amounts(
    plain: Sequence[str], sample: Sequence[Sequence[str]], used: Collection[int]
) -> tuple[list[int], bool]:
    """Return the columns of numbers, the likeliest amount first, and whether all of them number or count things.

    Parameters
    ----------
    plain, sample
        As for :func:`likely_dates`.
    used : collection of int
        Columns that are something else.

    Returns
    -------
    list of int, bool

    Examples
    --------
    >>> likely_amounts(["order_id", "cost_price", "total_income"], [["7", "1.50", "2.50"]], ())
    ([2, 1, 0], False)
    >>> likely_amounts(["order_id", "zip"], [["7", "10115"]], ())
    ([0, 1], True)
    """
    fitting = []
    for at, head in enumerate(plain):
        if at not in used and _are(sample, at, _is_number):
            said = head.split("_")
            words = frozenset(said)
            numbered = bool((_NUMBERS | IDS | _COUNTS) & words) or said[-1].endswith((*NUMBERED, *_OF_NUMBERS, "id"))
            numbered |= head in QUANTITIES
            of_money = bool(_MONEY & words) or said[-1].endswith(_OF_MONEY)
            fitting.append((numbered, bool(_PARTS & words), not of_money, not _WHOLE & words, at))
    fitting.sort()
    return [at for *_, at in fitting], all(numbered for numbered, *_ in fitting)


def _are(sample: Sequence[Sequence[str]], at: int, fits: Callable[[str], bool]) -> bool:
    cells = [row[at] for row in sample if len(row) > at and row[at]]
    return bool(cells) and sum(map(fits, cells)) >= _NEARLY_ALL * len(cells)


def _is_number(cell: str) -> bool:
    return bool(re.search(r"\d", cell)) and looks_like_amount(cell)


def _is_month(cell: str) -> bool:
    return re.fullmatch(_MONTH, cell) is not None


def _is_day(cell: str) -> bool:
    """Return whether a cell is a date with signs in it: eight digits may number anything."""
    return bool(re.search(r"\D", cell)) and looks_like_date(cell)
