"""Amounts: a column of money read with one decimal sign and one currency, each cell matched as a whole."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.plain_times import plain_digits, plain_word

__all__ = [
    "SIGNS",
    "Amounts",
    "count_decimal_signs",
    "currency_code",
    "currency_of_head",
    "decide_decimal",
    "find_decimal",
    "is_currency",
    "looks_like_amount",
    "may_differ",
    "plain_number",
    "read_amounts",
    "read_number",
]

#: ISO 4217 (active codes, 2025), and how shops write their own currency. A letter that also scales (k, M) is none.
_CODES = (
    "AED|AFN|ALL|AMD|AOA|ARS|AUD|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BRL|BSD|BTN|BWP|BYN|BZD|CAD|CDF|CHF|CLP|"
    "CNY|COP|CRC|CUP|CVE|CZK|DJF|DKK|DOP|DZD|EGP|ERN|ETB|EUR|FJD|FKP|GBP|GEL|GHS|GIP|GMD|GNF|GTQ|GYD|HKD|HNL|HTG|HUF|"
    "IDR|ILS|INR|IQD|IRR|ISK|JMD|JOD|JPY|KES|KGS|KHR|KMF|KPW|KRW|KWD|KYD|KZT|LAK|LBP|LKR|LRD|LSL|LYD|MAD|MDL|MGA|MKD|"
    "MMK|MNT|MOP|MRU|MUR|MVR|MWK|MXN|MYR|MZN|NAD|NGN|NIO|NOK|NPR|NZD|OMR|PAB|PEN|PGK|PHP|PKR|PLN|PYG|QAR|RON|RSD|RUB|"
    "RWF|SAR|SBD|SCR|SDG|SEK|SGD|SHP|SLE|SOS|SRD|SSP|STN|SVC|SYP|SZL|THB|TJS|TMT|TND|TOP|TRY|TTD|TWD|TZS|UAH|UGX|USD|"
    "UYU|UZS|VES|VND|VUV|WST|XAF|XCD|XOF|XPF|YER|ZAR|ZMW|ZWG|DM|"
    "kr|zł|zl|Kč|Kc|Ft|lei|S?Fr|Rs|Rp|RM|R|TL|руб|р|лв|грн|đ|円|元|원|euros?|dollars?|pounds?"
)
#: Currency before or after a number: a sign, with letters before it or without (US$), or a code or short word.
_CURRENCY = rf"(?:\p{{L}}{{0,3}}\p{{Sc}}|(?i:{_CODES})\.?)"
_MAYBE = rf"(?:{_CURRENCY})?"
#: The same currency in two spellings.
_SAME = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "US$": "$", "USD": "$", "DOLLARS": "$",
         "DOLLAR": "$", "POUND": "GBP", "POUNDS": "GBP", "ZŁ": "PLN", "ZL": "PLN", "KČ": "CZK", "KC": "CZK",
         "FT": "HUF", "FR": "CHF", "SFR": "CHF", "TL": "TRY", "₺": "TRY", "₹": "INR", "RS": "INR", "₽": "RUB",
         "РУБ": "RUB", "Р": "RUB", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "R$": "BRL", "R": "ZAR",
         "RM": "MYR", "LEI": "RON", "₴": "UAH", "ГРН": "UAH", "ЛВ": "BGN"}  # fmt: skip
#: Signs of currencies that are kept by their code.
SIGNS = {"EUR": "€", "GBP": "£", "INR": "₹", "TRY": "₺", "RUB": "₽", "UAH": "₴", "KR": "kr", "円": "¥", "원": "₩"}
_ISO = frozenset(re.findall(r"(?<![A-Z])[A-Z]{3}(?![A-Z])", _CODES))
_DOLLARS = ("USD AUD ARS BBD BMD BND BRL BSD BZD CAD CLP COP CUP CVE DOP FJD GYD HKD JMD KYD LRD MOP MXN NAD NIO NZD"
            " SBD SGD SRD SVC TOP TTD TWD UYU WST XCD ZWG")  # fmt: skip
_POUNDS = "GBP EGP FKP GIP LBP SDG SHP SSP SYP TRY"
_RUPEES = "INR LKR MUR NPR PKR SCR"
#: ISO codes of which a sign or a word may be one (CLDR, and what shops write); what is not here says nothing.
_MEANS = {sign: frozenset(codes.split()) for signs, codes in (
    ("$ ﹩ ＄ DOLLAR DOLLARS", _DOLLARS), ("£ ￡ ₤ POUND POUNDS", _POUNDS), ("₨ RS", _RUPEES), ("₹", "INR BTN"),
    ("KR", "SEK NOK DKK ISK"), ("¥ ￥ 円 元", "JPY CNY TWD HKD MOP"), ("₩ ￦ 원", "KRW KPW"),
    ("FR SFR ₣", "CHF XAF XOF XPF BIF DJF GNF KMF RWF CDF MAD"), ("₽ РУБ Р", "RUB BYN"), ("₺ TL", "TRY"),
    ("€ EURO EUROS", "EUR"), ("DM", "DEM BAM"), ("ZŁ ZL", "PLN"), ("KČ KC", "CZK"), ("FT", "HUF"), ("LEI", "RON MDL"),
    ("RM", "MYR"), ("RP", "IDR"), ("R", "ZAR LSL NAD SZL"), ("₴ ГРН", "UAH"), ("ЛВ", "BGN KGS KZT UZS"),
    ("֏", "AMD"), ("؋", "AFN"), ("৳", "BDT"), ("৲", "BDT INR"), ("૱", "INR"), ("௹", "INR LKR"), ("฿", "THB"),
    ("៛", "KHR"), ("₡", "CRC SVC"), ("₦", "NGN"), ("₪", "ILS"), ("₫ Đ", "VND"), ("₭", "LAK"), ("₮", "MNT"),
    ("₱", "PHP CUP ARS CLP COP DOP MXN UYU"), ("₲", "PYG"), ("₵", "GHS"), ("₸", "KZT"), ("₼", "AZN"), ("₾", "GEL"),
    ("\u20c0", "KGS"), ("\ufdfc", "IRR OMR QAR SAR YER"),
    ("A$ AU$ AUD$", "AUD"), ("C$", "CAD NIO"), ("CA$", "CAD"), ("R$ BR$", "BRL"), ("US$", "USD"), ("HK$", "HKD"),
    ("NZ$", "NZD"), ("NT$", "TWD"), ("S$", "SGD"), ("MX$", "MXN"),
) for sign in signs.split()}  # fmt: skip
#: A number in one notation, after signs and blanks were made plain; %t and %d stand for thousands and decimal sign.
_NUMBER = r"^(?:\d+|\d{1,3}(?:%t\d{3})+|\d{1,2}(?:%t\d{2})+%t\d{3})?(?:%d\d*)?(?:[eE][-+]?\d+)?$"
#: '12.50 or ='12.50: a number that a spreadsheet is to take as text or as a formula; 12.50/- as in India.
_AROUND = r"^(?:=|')?'?([^'=]*?)(?:/-|')?$"
#: 4.0E+02: what a spreadsheet shows of 403.41.
_ROUNDED = r"^[-+(]?\d(?:[.,]\d{1,2})?E\+(?:0[1-9]|[1-9]\d)\)?$"
_BLANKS = r"[\s\x{00A0}\x{2007}-\x{2009}\x{202F}]"
_DASHES = r"[\x{2010}-\x{2015}\x{2212}\x{FE58}\x{FE63}\x{FF0D}]"
#: Currencies without a part of a unit in use (ISO 4217, exponent 0, the peso of Colombia, the rupiah): what has
#: three digits behind it parts thousands.
_WHOLE = r"[¥￥₩₫đ円원]|(?i:\bRP\b|IDR|COP|BIF|CLP|DJF|GNF|ISK|JPY|KMF|KRW|PYG|RWF|UGX|VND|VUV|XAF|XOF|XPF)"
#: One sign with three digits behind it: thousands in one notation, decimals in the other.
_OPEN = r"[1-9]\d{0,2}[.,]\d{3}"
#: 1.2E+06: what stands behind the number is none of its digits.
_EXPONENT = r"(?<=\d)[eE][-+]?\d{1,3}\b"
#: So few amounts decide nothing against so many that they would make a thousandth.
_STRAYS, _MANY_OPEN = 2, 10


@dataclass(frozen=True, slots=True)
class Amounts:
    """A block of amounts.

    Attributes
    ----------
    values : float64 (n,)
        0 where a cell as a whole is no number.
    readable : bool (n,)
        Whether it is one.
    currencies : tuple of str
        The different currencies of the block, '' for none.
    currency : int64 (n,) or None
        Which of them each row has; None where no row names any.
    """

    values: NDArray[np.float64]
    readable: NDArray[np.bool_]
    currencies: tuple[str, ...] = ("",)
    currency: NDArray[np.int64] | None = None


def currency_of_head(head: str) -> str:
    """Return the currency that a head names, '' for none.

    Examples
    --------
    >>> [currency_of_head(head) for head in ("Amount (EUR)", "Total in $", "amount_eur", "Amount")]
    ['EUR', '$', 'EUR', '']
    """
    codes = "EUR|USD|GBP|CHF|INR|JPY|CAD|AUD|SEK|NOK|DKK|PLN|BRL|CZK|HUF|CNY|MXN|NZD|SGD|ZAR"
    found = re.search(rf"[€£₹¥$]|\b(?:{codes})\b", head) or re.search(rf"(?<=[_ ])(?i:{codes})$", head)
    return currency_code(found[0]) if found else ""


def currency_code(word: str) -> str:
    """Return a currency as it is kept, however it is written.

    Examples
    --------
    >>> currency_code("eur"), currency_code("€"), currency_code("Kr.")
    ('EUR', 'EUR', 'KR')
    """
    plain = _spelling(word)
    return _SAME.get(plain, plain)


def is_currency(word: str) -> bool:
    """Return whether a word alone is a currency, by its code or sign.

    Examples
    --------
    >>> is_currency("eur"), is_currency("€"), is_currency("US$"), is_currency("green")
    (True, True, True, False)
    """
    return bool(_codes_of(_spelling(word)))


def may_differ(named: str, written: str) -> bool:
    """Return whether the currency that a row names and the one beside its amount are surely two.

    They are where both are known and no code is among those of both: $ is written by many countries, as are pounds,
    crowns, yen and yuan. A sign or a word that is not known says nothing.

    Parameters
    ----------
    named : str
        As the row has it.
    written : str
        As :func:`currency_code` keeps it.

    Examples
    --------
    >>> may_differ("EUR", "$"), may_differ("CAD", "$"), may_differ("", "$"), may_differ("ILS", "₪")
    (True, False, False, False)
    """
    ours, theirs = _codes_of(_spelling(named)), _codes_kept_as(written)
    return bool(ours) and bool(theirs) and not ours & theirs


def _spelling(word: str) -> str:
    return re.sub(r"\.$", "", word.strip()).upper()


def _codes_of(spelling: str) -> frozenset[str]:
    return frozenset([spelling]) if spelling in _ISO else _MEANS.get(spelling, frozenset())


def _codes_kept_as(currency: str) -> frozenset[str]:
    """Return the codes of all spellings that are kept as one currency."""
    spellings = [currency, *(spelling for spelling, kept in _SAME.items() if kept == currency)]
    return frozenset().union(*map(_codes_of, spellings))


def find_decimal(amounts: Sequence[str]) -> str | None:
    """Tell the decimal sign from what most amounts show; None where every sign could also part thousands.

    Examples
    --------
    >>> find_decimal(["43.25", "9,5", "1,200.00"])
    '.'
    >>> find_decimal(["4.325", "1.200"]) is None
    True
    """
    return decide_decimal(count_decimal_signs(amounts))


def decide_decimal(signs: tuple[int, int, int, int]) -> str | None:
    """Return the decimal sign from the counts of :func:`count_decimal_signs`; None where it is open.

    One or two strays do not decide it: beside 1,250 and 3,400 one 12,5 is rather a slip than all others decimals.

    Examples
    --------
    >>> decide_decimal((0, 5, 0, 3)), decide_decimal((0, 1, 0, 90)), decide_decimal((1, 0, 0, 90))
    (',', None, '.')
    """
    points, commas, open_points, open_commas = signs
    if not points and not commas:
        return None if open_points or open_commas else "."
    decimal, sure, unsure = (",", commas, open_commas) if commas > points else (".", points, open_points)
    return None if sure <= _STRAYS and unsure >= _MANY_OPEN else decimal


def count_decimal_signs(amounts: Sequence[str]) -> tuple[int, int, int, int]:
    """Count amounts whose decimal sign must be a point, must be a comma, and those with a point or a comma that may be.

    Examples
    --------
    >>> count_decimal_signs(["43.25", "9,5", "1,200.00", "4.325", "12"])
    (2, 1, 1, 0)
    """
    votes, unsure = {".": 0, ",": 0}, {".": 0, ",": 0}
    for amount in amounts:
        kept = re.sub(r"[^\d.,]", "", re.sub(_EXPONENT, "", plain_word(amount))).strip(".,")
        signs = [sign for sign in ".," if sign in kept]
        if len(signs) == 2:
            votes[max(signs, key=kept.rindex)] += 1
        elif signs and kept.count(signs[0]) > 1:
            votes["." if signs[0] == "," else ","] += 1
        elif signs and re.fullmatch(_OPEN, kept):
            if re.search(_WHOLE, amount):
                votes["." if signs[0] == "," else ","] += 1
            else:
                unsure[signs[0]] += 1
        elif signs:
            votes[signs[0]] += 1
    return votes["."], votes[","], unsure["."], unsure[","]


def read_number(cell: str, decimal: str) -> float | None:
    """Return the number of one cell, with per cent or without; None where the cell as a whole is none.

    Examples
    --------
    >>> read_number("1.234,5", ","), read_number("58 %", "."), read_number("1'234", "."), read_number("58 or so", ".")
    (1234.5, 58.0, 1234.0, None)
    """
    plain = re.sub(r"[\s\u00a0\u2007-\u2009\u202f]|%\s*$", "", plain_word(cell).strip())
    plain = re.sub(r"^[\u2010-\u2015\u2212]", "-", plain)
    plain = re.sub(r"(?<=\d)['\u2019](?=\d{3}(?:\D|$))", "", plain)
    thousands = "," if decimal == "." else "."
    pattern = _NUMBER.replace("%t", re.escape(thousands)).replace("%d", re.escape(decimal))
    unsigned = re.sub(r"^[-+]", "", plain)
    if not re.search(r"\d", unsigned) or not re.fullmatch(pattern, unsigned):
        return None
    return float(plain.replace(thousands, "").replace(decimal, "."))


def plain_number(cell: str) -> float | None:
    """Return the number of a cell as programs write it, with a decimal point; None where it is none, or not finite.

    Examples
    --------
    >>> plain_number("1234.5"), plain_number("1.234,5"), plain_number("1_234"), plain_number("inf")
    (1234.5, None, None, None)
    """
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in cell else None


def looks_like_amount(cell: str) -> bool:
    """Return whether a cell may be an amount in either notation.

    Examples
    --------
    >>> looks_like_amount("$1,234.50"), looks_like_amount("red"), looks_like_amount("A7")
    (True, False, False)
    """
    cell = plain_word(cell)
    plain = re.sub(rf"^[^\w.,]*(?:(?:{_CODES})\.?)?\s*|\s*(?:{_CODES})?\.?[^\w.,]*$", "", cell, flags=re.IGNORECASE)
    return any(read_number(plain, decimal) is not None for decimal in ".,")


def read_amounts(amount: Any, decimal: str, pyarrow: Any, compute: Any) -> Amounts:
    """Read amounts, with or without currency, thousands signs or brackets for what was paid back.

    Parameters
    ----------
    amount : pyarrow array of str
        Cells without blanks around them.
    decimal : {'.', ','}
        Decimal sign of the column.
    pyarrow, compute : module
        Loaded by the caller.

    Returns
    -------
    Amounts
    """
    if decimal == ".":
        try:
            values = compute.cast(amount, pyarrow.float64()).to_numpy(zero_copy_only=False)
            rounded = np.asarray(compute.match_substring_regex(amount, _ROUNDED).to_numpy(zero_copy_only=False))
            return Amounts(np.where(rounded, 0.0, values), ~rounded)
        except pyarrow.ArrowInvalid:
            pass

    def replaced(column: Any, pattern: str, by: str) -> Any:
        return compute.replace_substring_regex(column, pattern, by)

    # "CR" and "DR" after a number mean opposite things at different banks; two numbers in a cell are no number; cents
    # are no whole units.
    amount = plain_digits(amount, compute)
    amount = replaced(amount, _AROUND, r"\1")
    unclear = compute.or_(
        compute.match_substring_regex(amount, r"(?i)\d" + _BLANKS + r"*(?:cr|dr|db)\.?$|¢"),
        compute.match_substring_regex(amount, rf"\d{_BLANKS}+(?:\d{{1,2}}(?:\D|$)|\d{{4}})|\d{{4}}{_BLANKS}+\d"),
    )
    plain = replaced(amount, _DASHES, "-")
    # 43.- is 43 whole francs.
    plain = replaced(replaced(plain, r"(\d)[.,:]-{1,2}", r"\1"), _BLANKS, "")
    found = compute.extract_regex(plain, rf"^[-+(]*(?P<before>{_MAYBE})[-+(]*[\d.,][^\p{{L}}\p{{Sc}}]*(?:[eE][-+]?\d+)?"
                                         rf"(?P<after>{_MAYBE})[-+)]*$")  # fmt: skip
    plain = replaced(plain, r"^(-?)\((.*)\)$", r"-\2")
    plain = replaced(plain, rf"^{_MAYBE}\(([^()]*)\){_MAYBE}$", r"-\1")
    plain = replaced(plain, rf"^([-+]?){_MAYBE}([-+]?[\d.,].*?)$", r"\1\2")
    plain = replaced(plain, rf"^([-+]?[\d.,'\x{{2019}}_]+(?:[eE][-+]?\d+)?){_MAYBE}(-?){_MAYBE}$", r"\2\1")
    taken_back = compute.starts_with(plain, "-")
    plain = replaced(replaced(plain, r"^[-+]", ""), r"(\d)['\x{2019}_](\d{3})", r"\1\2")
    plain = replaced(plain, r"(\d)['\x{2019}_](\d{3})", r"\1\2")
    thousands = "," if decimal == "." else "."
    pattern = _NUMBER.replace("%t", re.escape(thousands)).replace("%d", re.escape(decimal))
    fits = compute.and_(compute.match_substring_regex(plain, pattern), compute.match_substring_regex(plain, r"\d"))
    unclear = compute.or_(unclear, compute.match_substring_regex(amount, _ROUNDED))
    readable = compute.and_not(fits, unclear)
    plain = compute.replace_substring(compute.replace_substring(plain, thousands, ""), decimal, ".")
    values = compute.cast(compute.if_else(readable, plain, "0"), pyarrow.float64()).to_numpy(zero_copy_only=False)
    signs = np.where(np.asarray(taken_back.to_numpy(zero_copy_only=False)), -1.0, 1.0)
    return Amounts(values * signs, np.asarray(readable.to_numpy(zero_copy_only=False)), *_currencies(found, compute))


def _currencies(found: Any, compute: Any) -> tuple[tuple[str, ...], NDArray[np.int64] | None]:
    """Return the different currencies of what was found before and after numbers, and which each row has."""
    both = compute.binary_join_element_wise(
        *(compute.fill_null(compute.struct_field(found, side), "") for side in ("before", "after")), ""
    )
    encoded = both.dictionary_encode()
    words = [currency_code(word) for word in encoded.dictionary.to_pylist()]
    if not any(words):
        return ("",), None
    different = tuple(dict.fromkeys(words))
    place = np.array([different.index(word) for word in words])
    return different, place[encoded.indices.to_numpy(zero_copy_only=False)]
