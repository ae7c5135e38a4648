"""Price checks: what the numbers of a table say of its amounts, where their head does not.

An amount may be the price of one piece, or what a discount is still to be taken off.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sim.data.amounts import read_number
from sim.data.as_typed import as_typed
from sim.data.money_heads import speaks_of_discount
from sim.scenario.errors import ConfigError

__all__ = ["columns_of_counts", "is_price_of_one", "left_open_by_discount", "refuse_price_of_one"]

#: Fewer rows of several pieces say nothing.
_FEWEST = 8
#: Prices of one piece come again more often than amounts by the piece, which are so many times as many.
_TIMES = 2
#: What is paid for several pieces is more than for one; prices are not, but for this part.
_NO_MORE = 1.25
#: Share of rows with a discount that have the rest in one column.
_NEARLY_ALL = 0.9
#: Words of heads of what was paid for all pieces, after discounts.
_OF_ALL = frozenset({
    "total", "totale", "totaal", "totalt", "toplam", "sum", "summe", "suma", "summa", "gesamt", "grand", "line",
    "order", "paid", "pagado", "pagato", "paye", "bezahlt", "betaald", "final", "net", "revenue", "turnover", "umsatz",
    "invoice", "charged", "collected", "discounted", "gesamtbetrag", "zahlbetrag", "endbetrag", "gesamtpreis",
    "rechnungsbetrag",     "合計", "合計金額", "实付金额", "总金额", "總金額", "합계", "총금액", "결제금액", "支払金額",
})  # fmt: skip


#: Words of heads of what is bought by number, beside pieces.
_COUNTED = frozenset({
    "tickets", "seats", "nights", "persons", "people", "guests", "copies", "bottles", "licenses", "licences", "hours",
    "pax", "adults", "participants", "attendees", "rooms", "packs", "boxes", "personen", "naechte", "plaetze", "karten",
    "flaschen", "stunden", "teilnehmer", "billets", "places", "nuits", "personnes", "noches", "personas", "entradas",
    "notti", "persone", "biglietti", "noites", "pessoas", "nachten", "kaartjes", "noce", "osoby", "bilety",
})  # fmt: skip


def columns_of_counts(plain: Sequence[str], used: Collection[int]) -> list[int]:
    """Return the columns that count what was bought by their heads, beside those of pieces.

    Parameters
    ----------
    plain : sequence of str
        Heads in small letters with underscores.
    used : collection of int
        Columns that are read.

    Examples
    --------
    >>> columns_of_counts(["price", "number_of_tickets", "seat"], [0])
    [1]
    """
    return [at for at, head in enumerate(plain) if at not in used and _COUNTED & set(head.split("_"))]


def is_price_of_one(amounts: Sequence[float], quantities: Sequence[float]) -> bool:
    """Return whether amounts are rather prices of one piece: they come again whatever the quantity is.

    Parameters
    ----------
    amounts, quantities : sequence of float
        By row.

    Examples
    --------
    >>> prices, pieces = [9.99, 24.5, 49.0, 9.99] * 5, [1, 2, 3, 4, 2, 3, 1, 2, 5, 1] * 2
    >>> is_price_of_one(prices, pieces)
    True
    >>> is_price_of_one([price * many for price, many in zip(prices, pieces)], pieces)
    False
    """
    several = [(price, many) for price, many in zip(amounts, quantities, strict=True) if many > 1]
    single = [price for price, many in zip(amounts, quantities, strict=True) if many == 1]
    if len(several) < _FEWEST:
        return False
    by_piece = {round(price / many, 4) for price, many in zip(amounts, quantities, strict=True) if many > 0}
    again = len(set(amounts)) * _TIMES <= min(len(by_piece), len(amounts))
    mean = sum(price for price, _ in several) / len(several)
    return again and (not single or mean <= _NO_MORE * sum(single) / len(single))


def refuse_price_of_one(
    heads: Sequence[str], plain: Sequence[str], rows: Sequence[Sequence[str]], amount: int, quantity: int, where: str
) -> None:
    """Refuse to guess whether amounts that look like prices of one piece are that.

    Parameters
    ----------
    heads : sequence of str
    plain : sequence of str
        The same in small letters with underscores.
    rows : sequence of sequence of str
        Cells of some rows.
    amount, quantity : int
        Columns.
    where : str
        Opens the message.

    Raises
    ------
    ConfigError
    """
    if _OF_ALL & set(plain[amount].split("_")):
        return
    pairs = [(_number(row, amount), _number(row, quantity)) for row in rows]
    known = [(price, many) for price, many in pairs if price is not None and many is not None]
    if is_price_of_one([price for price, _ in known], [many for _, many in known]):
        raise ConfigError(
            f"{where}: {heads[amount]!r} has the same amounts whatever {heads[quantity]!r} says, so it may be the price"
            f" of one piece; say {as_typed('columns', {'amount': heads[amount], 'quantity': heads[quantity]})} to have"
            f" their product, {as_typed('columns', {'amount': heads[amount]})} if it is the whole amount"
        )


def left_open_by_discount(
    heads: Sequence[str],
    plain: Sequence[str],
    rows: Sequence[Sequence[str]],
    amount: int,
    used: Collection[int],
    where: str,
) -> list[str]:
    """Return the columns of discounts of which nothing says whether the amount is before or after them.

    Parameters
    ----------
    heads, plain, rows, amount, where
        As for :func:`refuse_price_of_one`.
    used : collection of int
        Columns that are read.

    Returns
    -------
    list of str

    Raises
    ------
    ConfigError
        If another column has the amount less the discount.

    Examples
    --------
    >>> rows = [["9", "1", ""], ["8", "2", ""], ["7", "0", ""]]
    >>> left_open_by_discount(["amount", "rebate", "Discount"], ["amount", "rebate", "discount"], rows, 0, [0], "f")
    []
    >>> left_open_by_discount(["amount", "Discount", ""], ["amount", "discount", ""], rows, 0, [0], "f")
    ['Discount']
    """
    found = []
    for at, head in enumerate(heads):
        if at in used or not speaks_of_discount(head):
            continue
        discounted = [row for row in rows if (_number(row, at) or 0.0) != 0.0 and _number(row, amount) is not None]
        if not discounted:
            continue
        others = [other for other in range(len(heads)) if other not in (at, amount)]
        if any(_adds_up(discounted, other, at, amount) for other in others):
            continue
        left = next((other for other in others if _adds_up(discounted, amount, at, other)), None)
        if left is not None:
            raise ConfigError(
                f"{where}: {heads[left]!r} is {heads[amount]!r} less {head!r}; say which was paid:"
                f" {as_typed('columns', {'amount': heads[left]})} or {as_typed('columns', {'amount': heads[amount]})}"
            )
        if not _OF_ALL & set(plain[amount].split("_")):
            found.append(head)
    return found


def _adds_up(rows: Sequence[Sequence[str]], whole: int, discount: int, rest: int) -> bool:
    """Return whether in nearly all rows one column is another one and a discount."""
    numbers = [[_number(row, at) for at in (whole, discount, rest)] for row in rows]
    fits = sum(
        None not in three and abs(abs(three[0]) - abs(three[1]) - abs(three[2])) < 0.006  # type: ignore[arg-type]
        for three in numbers
    )
    return fits >= _NEARLY_ALL * len(rows)


def _number(row: Sequence[str], at: int) -> float | None:
    if len(row) <= at:
        return None
    number = read_number(row[at].strip("€$£ "), ".")
    return read_number(row[at].strip("€$£ "), ",") if number is None else number
