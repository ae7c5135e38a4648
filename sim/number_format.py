"""Number format: how every number, sign, unit and interval is written in reports, figures and the terminal.

It knows nothing but numbers, so that a verdict and a page write them alike. Templates have the same functions
as filters (:data:`FILTERS`): ``{{ share | percent }}``, ``{{ gain | money("EUR", sign=True) }}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from types import MappingProxyType
from typing import Any

__all__ = [
    "FILTERS",
    "MINUS",
    "NOTHING",
    "ascii_text",
    "bracket",
    "compact",
    "count",
    "counted",
    "decimal",
    "exact_money",
    "exact_percent",
    "in_renewals",
    "in_steps",
    "in_words",
    "listed",
    "interval",
    "money",
    "p_value",
    "percent",
    "points",
    "probability",
    "quantity",
    "short_money",
    "significant",
    "spaced",
    "tied",
    "typed",
    "unbroken",
]

MINUS = "\u2212"
#: Written where a number is undefined, such as the loop share of no purchases.
NOTHING = "\u2013"
_NO_BREAK, _WORD_JOINER = "\u00a0", "\u2060"
_THOUSAND, _MILLION, _BILLION = 1e3, 1e6, 1e9
_PERCENT = 100.0
_RENEWED = {"bought": "renewed", "buys": "renews", "buy": "renew"}
_ASCII = (
    (MINUS, "-"),
    (NOTHING, "-"),
    (_WORD_JOINER, ""),
    ("\u202f", ","),
    (_NO_BREAK, " "),
    ("\u2026", "..."),
    ("\u00b1", "+/-"),
    ("\u00d7", "x"),
)


def compact(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Write a number in few digits, with k, M or bn where it is large.

    Parameters
    ----------
    value : float
        Any finite number.
    digits : int
        Significant digits, at least 1; whole numbers keep theirs.
    sign : bool
        Mark numbers above zero with a plus.

    Returns
    -------
    str
        The number; below 0.0001 in size it is ``0``.

    Examples
    --------
    >>> compact(1234567.0), compact(-0.5), compact(12.0, sign=True), compact(99.7, 2)
    ('1.23 M', '−0.5', '+12', '100')
    """
    size = abs(value)
    for limit, scale, word in ((_BILLION, _BILLION, " bn"), (_MILLION, _MILLION, " M"), (1e4, _THOUSAND, " k")):
        if size >= limit * 0.9995:
            scaled, suffix = size / scale, word
            break
    else:
        scaled, suffix = size, ""
    whole = scaled >= 10.0 ** (digits - 1)
    written = f"{scaled:,.0f}" if whole else f"{scaled:.{digits}g}" if scaled >= 1e-4 else "0"
    return f"{_mark(value if written != '0' else 0.0, sign)}{written}{suffix}"


def decimal(value: float, places: int = 0, *, sign: bool = False) -> str:
    """Write a number with a fixed number of decimals.

    Parameters
    ----------
    value : float
        Any finite number.
    places : int
        Decimals, at least 0.
    sign : bool
        Mark numbers above zero with a plus.

    Returns
    -------
    str
        The number, its thousands parted by commas.

    Examples
    --------
    >>> decimal(-1234.56, 1), decimal(3.0, 1, sign=True)
    ('−1,234.6', '+3.0')
    """
    return f"{_mark(value, sign)}{abs(value):,.{places}f}"


def significant(value: float, digits: int = 4) -> str:
    """Write a number in significant digits, never in powers of ten.

    Parameters
    ----------
    value : float
        Any number.
    digits : int
        Significant digits, at least 1.

    Returns
    -------
    str
        The number, its thousands parted by commas from 10,000 on; below 10⁻¹² in size it is ``0``, one that is not
        finite a dash.

    Examples
    --------
    >>> significant(17643.2), significant(-1234.5), significant(0.20014), significant(0.0000451, 2)
    ('17,640', '−1234', '0.2001', '0.000045')
    """
    if not isfinite(value):
        return NOTHING
    rounded = Decimal(f"{abs(value):.{digits}g}")
    if rounded < Decimal("1e-12"):
        return "0"
    return f"{_mark(value, False)}{rounded:,.0f}" if rounded >= 10_000 else f"{_mark(value, False)}{rounded:f}"


def typed(value: float) -> str:
    """Write a setting as a user would type it.

    Examples
    --------
    >>> typed(0.85), typed(-2.0)
    ('0.85', '−2')
    """
    return f"{value:g}".replace("-", MINUS)


def count(value: float) -> str:
    """Write a number of things: whole, with commas.

    Examples
    --------
    >>> count(20000)
    '20,000'
    """
    return decimal(value)


def counted(number: int, noun: str) -> str:
    """Write how many there are of something.

    Examples
    --------
    >>> counted(1, "replicate"), counted(1200, "week")
    ('1 replicate', '1,200 weeks')
    """
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def in_steps(words: str, step: str) -> str:
    """Write words about weeks for a scenario whose step is another time.

    Parameters
    ----------
    words : str
        A label or a sentence of the simulator's own, without names that a user gave.
    step : str
        A step of :data:`sim.scenario.calendar.STEPS`.

    Returns
    -------
    str

    Examples
    --------
    >>> in_steps("Payback week, of 52 weeks", "month"), in_steps("Weekly difference", "day")
    ('Payback month, of 52 months', 'Daily difference')
    """
    if step == "week":
        return words
    every = {"day": "daily", "month": "monthly", "hour": "hourly"}.get(step, f"per-{step}")

    def written(found: re.Match[str]) -> str:
        word = every if found[2] == "ly" else f"{step}{found[2]}"
        return word.capitalize() if found[1] == "W" else word

    return re.sub(r"\b([Ww])eek(s|ly|)\b", written, words)


def in_renewals(words: str, renews: bool = True) -> str:
    """Write words about purchases for a business whose customers renew.

    Parameters
    ----------
    words : str
        A label or a sentence of the simulator's own, without names that a user gave.
    renews : bool
        Whether customers renew; where not, the words stay.

    Returns
    -------
    str

    Examples
    --------
    >>> in_renewals("Purchases of customers who bought"), in_renewals("no purchase, did not buy")
    ('Renewals of customers who renewed', 'no renewal, did not renew')
    """
    if not renews:
        return words
    words = words.replace("Purchase", "Renewal").replace("purchase", "renewal")
    return re.sub(r"\b(bought|buys|buy)\b", lambda found: _RENEWED[found[1]], words)


def in_words(name: str) -> str:
    """Write a name that stands in a file as people read it.

    Examples
    --------
    >>> in_words("all_four"), in_words("product_view__after_search")
    ('all four', 'product view, after search')
    """
    return name.replace("__", ", ").replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """Join names in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def money(amount: float, currency: str, *, sign: bool = False, words: bool = False) -> str:
    r"""Write an amount of money as tables do, or as sentences do.

    Parameters
    ----------
    amount : float
        The amount in whole units of the currency.
    currency : str
        A sign or a code; a code takes a space.
    sign : bool
        Mark gains with a plus.
    words : bool
        Write million and billion out.

    Returns
    -------
    str
        The amount with its currency.

    Examples
    --------
    >>> money(-1500000.0, "$"), money(1.5e6, "$", words=True), money(12.5, "EUR", sign=True)
    ('−$1.50 M', '$1.50 million', '+EUR\xa012.50')
    """
    size = abs(amount)
    opening = f"{_mark(amount if size >= 0.005 else 0.0, sign)}{spaced(currency)}"
    for unit, short, long in ((_BILLION, " bn", " billion"), (_MILLION, " M", " million")):
        # 999,999.6 is written as a million, not as 1,000,000.
        if size >= unit * 0.9999995:
            return f"{opening}{size / unit:,.2f}{long if words else short}"
    return f"{opening}{size:,.{0 if size >= _THOUSAND else 2}f}"


def exact_money(amount: float, currency: str) -> str:
    """Write an amount of money to the cent, without cents where there are none; below 1 to a thousandth of a cent.

    Parameters
    ----------
    amount : float
        The amount in whole units of the currency.
    currency : str
        A sign or a code; a code takes a space.

    Returns
    -------
    str
        The amount with its currency.

    Examples
    --------
    >>> exact_money(1234567.0, "$"), exact_money(117.6, "$"), exact_money(-0.04, "$"), exact_money(0.001, "$")
    ('$1,234,567', '$117.60', '−$0.04', '$0.001')
    """
    size = round(abs(amount), 2 if abs(amount) >= 1.0 else 5)
    written = f"{size:,.5f}".rstrip("0")
    whole, _, after = written.partition(".")
    written = whole if not after else f"{whole}.{after:0<2}"
    return f"{_mark(amount if size else 0.0, False)}{spaced(currency)}{written}"


def short_money(amount: float, currency: str, *, sign: bool = False, digits: int = 3) -> str:
    """Write an amount of money in three digits, where a figure has room for no more; cents are two digits.

    Parameters
    ----------
    amount : float
        The amount in whole units of the currency.
    currency : str
        A sign or a code; a code takes a space.
    sign : bool
        Mark gains with a plus.
    digits : int
        Significant digits.

    Returns
    -------
    str
        The amount with its currency.

    Examples
    --------
    >>> short_money(-1500000.0, "$"), short_money(12.0, "$", sign=True), short_money(25.54, "$")
    ('−$1.5 M', '+$12', '$25.54')
    """
    written = compact(abs(amount), digits)
    if len(written.partition(".")[2]) == 1 or 1.0 <= round(abs(amount), 2) < 100.0:
        written = decimal(abs(amount), 2).removesuffix(".00")
    return f"{_mark(amount if written != '0' else 0.0, sign)}{spaced(currency)}{written}"


def spaced(currency: str) -> str:
    r"""Return a currency as it stands before a number: a code such as EUR takes a space.

    Examples
    --------
    >>> spaced("$"), spaced("EUR")
    ('$', 'EUR\xa0')
    """
    return currency + _NO_BREAK if currency[-1:].isalnum() else currency


def exact_percent(share: float, places: int | None = None, *, sign: bool = False) -> str:
    """Write a share as a percentage.

    Parameters
    ----------
    share : float
        1 is 100 %.
    places : int, optional
        Decimals; left out, three digits and at most one decimal (two below 1 %).
    sign : bool
        Mark shares above zero with a plus.

    Returns
    -------
    str
        The percentage.

    Examples
    --------
    >>> exact_percent(0.21345), exact_percent(0.00314), exact_percent(0.5, 0), exact_percent(-0.031, 1, sign=True)
    ('21.3 %', '0.31 %', '50 %', '−3.1 %')
    """
    if places is not None:
        return f"{decimal(share * _PERCENT, places, sign=sign)} %"
    return f"{_hundredths(share, sign)} %"


def percent(share: float, *, sign: bool = False) -> str:
    """Write a share as a whole percentage, where a figure or a sentence has room for no more.

    Examples
    --------
    >>> percent(0.314), percent(0.002), percent(-0.0314, sign=True)
    ('31 %', '<1 %', '−3.1 %')
    """
    size = abs(share) * _PERCENT
    if size == 0.0:
        return "0 %"
    mark = _mark(share, sign)
    if size < 0.95:
        return f"{mark}{size:.2g} %" if sign else f"<{mark}1 %"
    return f"{mark}{size:.0f} %" if size >= 9.95 or not sign else f"{mark}{size:.1f} %"


def points(difference: float, places: int | None = None) -> str:
    """Write a difference of two shares in percentage points, always with its sign.

    Examples
    --------
    >>> points(0.0213), points(-0.0213, 1)
    ('+2.1 points', '−2.1 points')
    """
    if places is not None:
        return f"{decimal(difference * _PERCENT, places, sign=True)} points"
    return f"{_hundredths(difference, True)} points"


def probability(chance: float) -> str:
    """Write a probability, without claiming a certainty that no sample gives.

    Examples
    --------
    >>> probability(0.9732), probability(0.9999), probability(0.0001)
    ('97.3 %', '>99.9 %', '<0.1 %')
    """
    if 0.0 < chance < 0.001:
        return "<0.1 %"
    if 0.999 < chance < 1.0:
        return ">99.9 %"
    return f"{chance * _PERCENT:.3g} %"


def p_value(chance: float) -> str:
    """Write the p value of a test, with its relation.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00002)
    ('= 0.031', '< 0.001')
    """
    return f"= {chance:.2g}" if chance >= 0.001 else "< 0.001"


def quantity(number: float | None, kind: str, currency: str, *, sign: bool = False) -> str:
    """Write one number of a metric by what it measures.

    Parameters
    ----------
    number : float or None
        The number; None is undefined.
    kind : {'money', 'share', 'weeks', 'number'}
        What it measures.
    currency : str
        Of amounts.
    sign : bool
        Write a difference: gains with a plus, shares in points.

    Returns
    -------
    str
        The number with its unit.

    Examples
    --------
    >>> quantity(0.2134, "share", "$"), quantity(-3.21, "share", "$", sign=True), quantity(None, "weeks", "$")
    ('21.3 %', '−321 points', '–')
    """
    if number is None:
        return NOTHING
    if kind == "money":
        return money(number, currency, sign=sign)
    if kind == "share":
        return points(number) if sign else exact_percent(number)
    if kind == "number" and _THOUSAND <= abs(number) < _MILLION:
        return decimal(number, sign=sign)
    return compact(number, sign=sign)


def interval(low: float | None, high: float | None, kind: str, currency: str, *, sign: bool = True) -> str:
    """Write a 95 % interval; nothing where one replicate gives none.

    Parameters
    ----------
    low, high : float or None
        Its ends; None where there is no interval.
    kind : {'money', 'share', 'weeks', 'number'}
        What they measure.
    currency : str
        Of amounts.
    sign : bool
        Whether it is the interval of a difference.

    Returns
    -------
    str
        Both ends, the unit once.

    Examples
    --------
    >>> interval(-1.0, 2.5, "number", "$"), interval(0.1, 0.2, "share", "$", sign=False)
    ('−1 to +2.5', '10 to 20 %')
    """
    if low is None or high is None:
        return NOTHING
    first, last = (quantity(number, kind, currency, sign=sign) for number in (low, high))
    return f"{first.removesuffix(' points').removesuffix(' %')} to {last}"


def bracket(entry: Mapping[str, Any], write: Callable[[float], str]) -> str:
    """Write the interval of an estimate in brackets after it; empty where there is none.

    Examples
    --------
    >>> bracket({"ci_low": -1.0, "ci_high": 2.0}, compact)
    ' [−1 to 2]'
    """
    if entry["ci_low"] is None or entry["ci_high"] is None:
        return ""
    return f" [{write(entry['ci_low'])} to {write(entry['ci_high'])}]"


def unbroken(words: str) -> str:
    """Keep a number, its sign and its unit on one line."""
    words = re.sub(rf"(?<![\w{MINUS}])[-{MINUS}]{_WORD_JOINER}?(?=[\d$\u20ac\u00a3])", MINUS + _WORD_JOINER, words)
    words = words.replace("\u00b1 ", f"\u00b1{_NO_BREAK}")
    return words.replace(" %", f"{_NO_BREAK}%").replace(" M ", f"{_NO_BREAK}M ")


def tied(words: str) -> str:
    """Tie every number to its sign and its percent: a browser may break the line between them.

    Examples
    --------
    >>> tied("[−€2 to +€3], 5 %") == "[−\u2060€2 to +\u2060€3], 5\u00a0%"
    True
    """
    if _WORD_JOINER in words:
        return words
    words = re.sub(rf"([+{MINUS}])(?=[^\s+{MINUS}])", rf"\1{_WORD_JOINER}", words)
    return re.sub(r"(?<=\d) %", f"{_NO_BREAK}%", words)


def ascii_text(words: str) -> str:
    r"""Write a text for what shows plain letters only.

    Examples
    --------
    >>> ascii_text("−EUR\xa012 – never…")
    '-EUR 12 - never...'
    """
    for fancy, simple in _ASCII:
        words = words.replace(fancy, simple)
    return words.encode("ascii", "replace").decode("ascii")


def _mark(value: float, sign: bool) -> str:
    return MINUS if value < 0.0 else "+" if sign and value > 0.0 else ""


def _hundredths(share: float, sign: bool) -> str:
    scaled = share * _PERCENT
    return compact(round(scaled, 1 if abs(scaled) >= 1.0 else 2), sign=sign)


#: What templates format numbers with.
FILTERS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        write.__name__: write
        for write in (
            compact,
            count,
            counted,
            decimal,
            money,
            exact_money,
            in_renewals,
            in_steps,
            in_words,
            p_value,
            exact_percent,
            interval,
            points,
            probability,
            quantity,
            short_money,
            significant,
            typed,
            percent,
            unbroken,
        )
    }
)
