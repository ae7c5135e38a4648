"""Currency columns: which column says in what money an amount is, under whatever head."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sim.data.amounts import is_currency
from sim.data.as_typed import as_typed
from sim.data.ids import MISSING
from sim.scenario.errors import ConfigError

__all__ = ["find_currency", "says_currency"]

#: Heads that speak of a currency.
_HEAD = re.compile(
    r"(?:^|_)(?:currency|currencies|curr|cur|ccy|waers|waerk|waehrg?|waehrung\w*|devise|divisa|moneda|moeda|valuta"
    r"|waluta|mena|penznem|valuutta|para_birimi|doviz|doeviz|валюта|通貨|货币|币种|貨幣|통화)(?:_|$)"
)
#: Under another head, one of these tells that words of three letters are currencies.
_USUAL = frozenset({
    "EUR", "USD", "GBP", "CHF", "JPY", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "BRL", "CZK", "HUF", "CNY", "INR",
    "MXN", "NZD", "SGD", "ZAR", "KRW", "TRY",
})  # fmt: skip


def says_currency(plain: str) -> bool:
    """Return whether a head speaks of a currency.

    Examples
    --------
    >>> says_currency("shop_currency"), says_currency("waers"), says_currency("current")
    (True, True, False)
    """
    return _HEAD.search(plain) is not None


def find_currency(
    plain: Sequence[str], names: Sequence[str], sample: Sequence[Sequence[str]], used: Collection[int], where: str
) -> int | None:
    """Return the column of the currency of the amount, None where there is none.

    Parameters
    ----------
    plain : sequence of str
        Heads in small letters with underscores.
    names : sequence of str
        As the file has them.
    sample : sequence of sequence of str
        Cells of some rows.
    used : collection of int
        Columns that are something else.
    where : str
        Opens the message.

    Returns
    -------
    int or None

    Raises
    ------
    ConfigError
        If columns say different currencies, and one of them more than one.

    Examples
    --------
    >>> find_currency(["who", "order_currency"], ["who", "Order currency"], [["EUR", "EUR"], ["ann", "USD"]], [], "f")
    1
    >>> find_currency(["who", "size"], ["who", "Size"], [["ann", "TOP"], ["bob", "ALL"]], [], "f") is None
    True
    """
    cells = [[row[at].upper() for row in sample if len(row) > at] for at in range(len(plain))]
    told = [[word for word in column if word.lower() not in MISSING] for column in cells]
    fitting = [
        at
        for at, words in enumerate(told)
        if at not in used
        and words
        and all(map(is_currency, words))
        and (says_currency(plain[at]) or any(word in _USUAL or not word.isalpha() for word in words))
    ]
    fitting = [at for at in fitting if says_currency(plain[at])] or fitting
    if len({tuple(cells[at]) for at in fitting}) <= 1:
        return fitting[0] if fitting else None
    if all(len(set(told[at])) == 1 for at in fitting):
        return None
    ways = " or ".join(as_typed("columns", {"currency": names[at]}) for at in fitting)
    raise ConfigError(
        f"{where}: {' and '.join(repr(names[at]) for at in fitting)} may each be the currency of the amount; say which:"
        f" {ways}, or 'columns={{currency: null}}' if all amounts are in one"
    )
