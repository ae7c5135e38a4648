"""Money heads: what the heads of a table say of its money, beside its currency."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sim.data.amounts import read_number

__all__ = ["discounts_beside", "parts_of_money", "refunds_beside", "unit_of_head", "without_unit"]

#: Units of money that are no whole ones, by the words that heads have for them.
_UNITS = (
    (1e-6, r"micros?|millionths?", "millionths"),
    (0.01, r"cents?|ct|pence|centimes|c(?:e|é)ntimos|centavos|grosz[ey]|öre|minor|minor units?"
           r"|smallest (?:currency )?units?", "hundredths"),
    (1e6, r"millions?|mio|mln|(?:m|mio) ?(?:eur|€|usd|\$|£)", "millions"),
    (1000.0, r"thousands?|tsd|tausend|t(?:eur|€|chf)|k(?:eur|€|usd|\$|£)|(?:€|\$|£)k|000s?", "thousands"),
)  # fmt: skip
#: Money, or pieces, that a customer was given back of a purchase.
_GIVEN_BACK = (
    r"refund(?:s|ed)?|return(?:s|ed)?|r(?:ü|ue)ckerstattung|erstattet(?:er)?|erstattung|rembours(?:é|ement)|reembolso"
)
_DISCOUNT = r"\b(?:discounts?|rabatt|nachlass|remise|descuento|desconto|sconto|korting|rabat)\b"
_COUNTED = r"amount|quantity|qty|total|value|sum|units|pieces|items|price|betrag|menge|montant|importe"


def unit_of_head(head: str) -> float:
    """Return what one unit of an amount is worth in whole units of money.

    Examples
    --------
    >>> unit_of_head("amount_cents"), unit_of_head("Revenue (k€)"), unit_of_head("Amount"), unit_of_head("per cent")
    (0.01, 1000.0, 1.0, 1.0)
    >>> unit_of_head("amount_micros"), unit_of_head("total_ct"), unit_of_head("Umsatz (Mio. €)")
    (1e-06, 0.01, 1000000.0)
    """
    words = _words(head)
    if re.search(r"\bper cents?\b", words):
        return 1.0
    return next((unit for unit, names, _ in _UNITS if re.search(rf"(?<!\S)(?:{names})(?!\S)", words)), 1.0)


def parts_of_money(unit: float) -> str:
    """Return what such a unit is called."""
    return next(called for one, _, called in _UNITS if one == unit)


def without_unit(plain: str) -> str:
    """Return a head in small letters with underscores without the unit of money at its end.

    Examples
    --------
    >>> without_unit("amount_in_cents"), without_unit("umsatz_teur"), without_unit("cents"), without_unit("per_cent")
    ('amount', 'umsatz', 'cents', 'per_cent')
    """
    words = plain.split("_")
    for last in (2, 1):
        kept = words[: len(words) - last]
        if kept and kept[-1] != "per" and unit_of_head(" ".join(words[len(kept) :])) != 1.0:
            return "_".join(kept[:-1] if len(kept) > 1 and kept[-1] == "in" else kept)
    return plain


def discounts_beside(heads: Sequence[str], rows: Sequence[Sequence[str]], used: Collection[int]) -> list[str]:
    """Return the columns with discounts that are not read, of a table of unit prices and quantities.

    Parameters
    ----------
    heads, rows, used
        As for :func:`refunds_beside`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> discounts_beside(["UnitPrice", "Quantity", "Discount"], [["9", "2", "0.15"]], [0, 1])
    ['Discount']
    """
    return [
        head
        for at, head in enumerate(heads)
        if at not in used
        and re.search(_DISCOUNT, _words(head))
        and any((read_number(row[at], ".") or read_number(row[at], ",") or 0.0) != 0.0 for row in rows if len(row) > at)
    ]


def refunds_beside(heads: Sequence[str], rows: Sequence[Sequence[str]], used: Collection[int]) -> list[str]:
    """Return the columns that say what was given back of a purchase, and are not read.

    Parameters
    ----------
    heads : sequence of str
    rows : sequence of sequence of str
        Cells of some rows.
    used : collection of int
        Columns that are read.

    Returns
    -------
    list of str

    Examples
    --------
    >>> refunds_beside(["amount", "refund_amount", "returned"], [["9", "0.00", "no"], ["9", "4.50", "yes"]], [0])
    ['refund_amount']
    """
    found = []
    for at, head in enumerate(heads):
        words = _words(head)
        if (
            at in used
            or not re.search(rf"\b(?:{_GIVEN_BACK})\b", words)
            or not re.search(rf"\b(?:{_COUNTED})\b", words)
        ):
            continue
        if any((read_number(row[at], ".") or read_number(row[at], ",") or 0.0) > 0.0 for row in rows if len(row) > at):
            found.append(head)
    return found


def _words(head: str) -> str:
    """Return a head as small words parted by blanks."""
    return re.sub(r"[\s_()\[\]/.,-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", head)).strip().lower()
