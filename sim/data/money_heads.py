"""Money heads: what the heads of a table say of its money, beside its currency."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sim.data.amounts import read_number

__all__ = ["parts_of_money", "refunds_beside", "unit_of_head"]

#: Units of money that are no whole ones, by the words that heads have for them.
_UNITS = (
    (0.01, r"cents?|pence|centimes|c(?:e|é)ntimos|centavos|minor units?|smallest (?:currency )?units?"),
    (1000.0, r"thousands?|tsd|t(?:eur|€|chf)|k(?:eur|€|usd|\$|£)|(?:€|\$|£)k|000s?"),
)
#: Money, or pieces, that a customer was given back of a purchase.
_GIVEN_BACK = (
    r"refund(?:s|ed)?|return(?:s|ed)?|r(?:ü|ue)ckerstattung|erstattet(?:er)?|erstattung|rembours(?:é|ement)|reembolso"
)
_COUNTED = r"amount|quantity|qty|total|value|sum|units|pieces|items|price|betrag|menge|montant|importe"


def unit_of_head(head: str) -> float:
    """Return what one unit of an amount is worth in whole units of money.

    Examples
    --------
    >>> unit_of_head("amount_cents"), unit_of_head("Revenue (k€)"), unit_of_head("Amount"), unit_of_head("per cent")
    (0.01, 1000.0, 1.0, 1.0)
    """
    words = _words(head)
    if re.search(r"\bper cents?\b", words):
        return 1.0
    return next((unit for unit, names in _UNITS if re.search(rf"(?<!\S)(?:{names})(?!\S)", words)), 1.0)


def parts_of_money(unit: float) -> str:
    """Return what such a unit is called."""
    return "hundredths" if unit < 1.0 else "thousands"


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
