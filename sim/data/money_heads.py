"""Money heads: what the heads of a table say of its money, beside its currency."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from sim.data.amounts import currency_of_head, is_currency, read_number
from sim.data.ids import MISSING
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

__all__ = [
    "discounts_beside",
    "left_to_pay_beside",
    "paid_days_beside",
    "parts_of_money",
    "price_units_beside",
    "refunds_beside",
    "refuse_unit_before",
    "speaks_of_discount",
    "speaks_of_no_money",
    "unit_of_head",
    "unknown_unit",
    "without_unit",
]

_SIGN = r"(?:eur|euros?|usd|gbp|chf|dollars?|reais|pesos|[€$£¥₹₺])"
#: Units of money that are no whole ones, by the words that heads have for them.
_UNITS = (
    (1e-6, r"micros?|millionths?", "millionths"),
    (0.01, r"cents?|cts?|pence|pennies|centimes|c(?:e|é)ntimos|centavos|centesimi|grosz[ey]|[öø]re|hal(?:é|e)r[eůu]?"
           r"|minor|minor units?|smallest (?:currency )?units?|hundredths|paise|sen|kuru[sş]|коп|копе[йе]\w*|分",
     "hundredths"),
    (100.0, r"hundreds(?! of (?:thousands|millions))|(?:in|x) ?100", "hundreds"),
    (1e4, r"tens? (?:of )?thousands?|[万萬][円元]?|만 ?원?", "ten thousands"),
    (1e5, r"hundreds? (?:of )?thousands?|lakhs?|lacs?", "lakhs"),
    (1e7, r"crores?|(?:rs|inr|₹) ?crs?", "crores"),
    (1e8, r"hundreds? (?:of )?millions?|[億亿][円元]?|억 ?원?", "hundred millions"),
    (1e9, r"billions?|bn|mrd|milliarden?|milliards?|miliardi|млрд|миллиард\w*|十億[円元]?|십억 ?원?", "billions"),
    (1e6, rf"millions?|millionen|mio|mln|mn|mm|mkr|(?:m|mio) ?{_SIGN}|{_SIGN} ?m|millones|milh[õo]es|milioni"
          r"|miljoen(?:en)?|miljoner|mili[oó]n(?:y|ów)?|milyon|млн|миллион\w*|百万[円元]?|백만 ?원?", "millions"),
    (1000.0, rf"thousands?|tsd|tausend|t ?(?:eur|€|chf)|k|k ?{_SIGN}|{_SIGN} ?k|{_SIGN}?0{{3}}s?|x?1000s?|milliers"
             rf"|mille|miles (?:de )?{_SIGN}|mil {_SIGN}|milhares|migliaia|duizend|tys|tysięcy|tis|tisíc|тыс|тысяч\w*"
             r"|tusen|tkr|t kr|ezer|bin (?:tl|₺)|千[円元]?|천 ?원?", "thousands"),
)  # fmt: skip
#: What says, in a line before the head, that amounts are in such a unit: (in thousands), Unit: TEUR, EUR thousands.
_ALL_UNITS = "|".join(names for _, names, _ in _UNITS)
_UNIT_OF_ALL = re.compile(
    rf"(?<!\w)(?:in|en|em|w|в|units?|unité|einheit|unidad|単位|单位|단위) (?:{_SIGN} |rs )?(?!(?:1000|k)(?!\S))"
    rf"(?:{_ALL_UNITS})(?!\S)"
    rf"|(?<!\S)(?:{_ALL_UNITS}) (?:of |de |d )?{_SIGN}(?!\w)|(?<!\S){_SIGN} (?:{_ALL_UNITS})(?!\S)"
)
#: What is counted or measured, and no money: of points and pieces, of weights and hours.
_NO_MONEY = re.compile(
    r"points?|pts|punkte|puntos|pontos|punti|miles|meilen|stamps|stars|coins|credits|pcs|pieces|st(?:ü|ue)ck|stk|units?"
    r"|items?|qty|kg|g|lbs?|l|ml|hours?|hrs?|h|min|minutes|days|nights|%|percent|pct|per cent"
)
#: Words behind an amount that say nothing of its unit: what is in it, or what it is of.
_NO_UNIT = re.compile(
    r"in|incl?|inkl|exc?l?|exkl|including|excluding|without|with|vat|tax(?:es)?|mwst|ust|tva|iva|btw|moms|gst|pst|net|gross"
    r"|netto|brutto|ttc|ht|local|currency|total|sum|gesamt|paid|bezahlt|final|rounded|gerundet|before|after|vor|nach"
    r"|shipping|postage|delivery|fees?|tips?|discounts?|versand(?:kosten)?|rabatt|per|of|the|orders?|invoices?|sales?"
)
#: Money, or pieces, that a customer was given back of a purchase.
_GIVEN_BACK = (
    r"refund(?:s|ed)?|return(?:s|ed)?|r(?:ü|ue)ckerstattung|erstattet(?:er)?|erstattung|rembours(?:é|ement)|reembolso"
)
_DISCOUNT = (
    r"\b(?:discounts?|rabatt|nachlass|remise|descuento|desconto|sconto|korting|rabat|[iı]̇?ndirim|sleva|kedvezm[ée]ny"
    r"|alennus|скидка)\b|割引|値引|折扣|优惠|할인"
)
#: What makes it the amount after one.
_AFTER = (
    r"\b(?:after|with|incl\w*|less|nach|mit|inkl\w*|abz\w*|apr[èe]s|avec|con|com|dopo|na|med|po|z|со|с|после)\b|後|后"
)
#: What is still to be paid, in words that speak of nothing else.
_STILL_OPEN = (
    r"\b(?:balance due|amount due|due|outstanding|remaining(?: amount| balance)?|open (?:amount|balance)"
    r"|unpaid(?: amount)?"
    r"|offener? (?:betrag|posten)|offen|ausstehend|restbetrag|reste (?:à|a) payer|impay[ée]|saldo pendiente|pendiente"
    r"|saldo devedor|da pagare|openstaand(?: bedrag)?|do zap[łl]aty|kvar att betala|restbel[øo]b|к оплате)\b"
)
#: When it was paid.
_PAID_DAY = (
    r"(?:date )?paid(?: (?:at|on|date|time))?|payment (?:date|time|received)|(?:be)?zahlt am|bezahldatum|zahlungsdatum"
    r"|zahldatum|zahlungseingang|pay[ée] le|date (?:de |du )?(?:paiement|r[èe]glement)|fecha (?:de )?(?:pago|cobro)"
    r"|data (?:do |de |di |del )?(?:pagamento|saldo)|betaaldatum|betaald op|betald(?:datum)?|betalt|betalingsdato"
    r"|data (?:p[łl]atno[śs]ci|zap[łl]aty)|[öo]deme tarihi|дата оплаты|支払日|入金日|付款时间|支付时间|결제일"
)
#: Of how many pieces a price is.
_PRICE_UNIT = r"preiseinheit|price unit|price per|per|pricing unit|unit of price|peinh|kpein"
_COUNTED = r"amount|quantity|qty|total|value|sum|units|pieces|items|price|betrag|menge|montant|importe"


def unit_of_head(head: str) -> float:
    """Return what one unit of an amount is worth in whole units of money.

    Examples
    --------
    >>> unit_of_head("amount_cents"), unit_of_head("Revenue (k€)"), unit_of_head("Amount"), unit_of_head("per cent")
    (0.01, 1000.0, 1.0, 1.0)
    >>> unit_of_head("amount_micros"), unit_of_head("total_ct"), unit_of_head("Umsatz (Mio. €)")
    (1e-06, 0.01, 1000000.0)
    >>> unit_of_head("Sales ($'000)"), unit_of_head("Amount (Lakhs)"), unit_of_head("売上（千円）")
    (1000.0, 100000.0, 1000.0)
    """
    words = _words(head)
    if re.search(r"\bper cents?\b", words):
        return 1.0
    return next((unit for unit, names, _ in _UNITS if re.search(rf"(?<!\S)(?:{names})(?!\S)", words)), 1.0)


def parts_of_money(unit: float) -> str:
    """Return what such a unit is called."""
    return next(called for one, _, called in _UNITS if one == unit)


def refuse_unit_before(lines: Sequence[str], head: str, where: str) -> None:
    """Refuse a table whose title says in what unit all amounts are, where the head of the amounts does not.

    Parameters
    ----------
    lines : sequence of str
        Before the head line.
    head : str
        Of the amounts.
    where : str
        Opens the message.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> refuse_unit_before(["Sales of 1000 stores in Spain"], "amount", "f")
    >>> refuse_unit_before(["All amounts in thousands of USD"], "amount (thousands)", "f")
    """
    for line in lines:
        if unit_of_head(head) == 1.0 and (found := _UNIT_OF_ALL.search(_words(line))):
            unit = parts_of_money(unit_of_head(found[0]))
            raise ConfigError(
                f"{where}: before its head line stands {show(line[:60])}, and the head of the amounts, {head!r}, has no"
                f" such unit; write it there, such as '{head} ({unit})', or take that line out"
            )


def speaks_of_no_money(head: str) -> bool:
    """Return whether what stands in brackets behind a head is counted or measured, and no money.

    Examples
    --------
    >>> speaks_of_no_money("Amount (points)"), speaks_of_no_money("Amount (EUR)"), speaks_of_no_money("Points")
    (True, False, False)
    """
    return _NO_MONEY.fullmatch(_in_brackets(head)) is not None


def unknown_unit(head: str) -> str:
    """Return what stands in brackets behind a head and may be a unit that is not known; '' for nothing.

    Examples
    --------
    >>> [unknown_unit(head) for head in ("Amount (fils)", "Amount (incl. VAT)", "Amount (k€)", "Amount")]
    ['fils', '', '', '']
    """
    word = _in_brackets(head)
    known = currency_of_head(head) or unit_of_head(head) != 1.0
    return "" if known or all(_NO_UNIT.fullmatch(one) or is_currency(one) for one in word.split()) else word


def _in_brackets(head: str) -> str:
    found = re.search(r"[(\[（【]([^)\]）】]*)[)\]）】]\s*$", head)
    # MwSt is one word.
    return _words(found[1].lower()) if found else ""


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
        and speaks_of_discount(head)
        and any((read_number(row[at], ".") or read_number(row[at], ",") or 0.0) != 0.0 for row in rows if len(row) > at)
    ]


def speaks_of_discount(head: str) -> bool:
    """Return whether a head is that of a discount.

    Examples
    --------
    >>> speaks_of_discount("Discount Amount"), speaks_of_discount("discounted price"), speaks_of_discount("Rabattcode")
    (True, False, False)
    """
    words = _words(head)
    other = rf"\b(?:codes?|names?|types?|id)\b|{_AFTER}"
    return re.search(_DISCOUNT, words) is not None and re.search(other, words) is None


def price_units_beside(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the columns that say of how many pieces a price is, where it is of more than one.

    Parameters
    ----------
    heads, rows
        As for :func:`refunds_beside`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> price_units_beside(["Preis", "Preiseinheit"], [["9", "100"]])
    ['Preiseinheit']
    >>> price_units_beside(["price", "per"], [["9", "1"]])
    []
    """
    return [
        head
        for at, head in enumerate(heads)
        if re.fullmatch(_PRICE_UNIT, _words(head))
        and any((read_number(row[at], ".") or 1.0) != 1.0 for row in rows if len(row) > at)
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


def left_to_pay_beside(heads: Sequence[str], rows: Sequence[Sequence[str]], used: Collection[int]) -> list[str]:
    """Return the columns that say what is still to be paid of a purchase, where some rows are paid and some are not.

    Parameters
    ----------
    heads, rows, used
        As for :func:`refunds_beside`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> left_to_pay_beside(["total", "Balance Due", "due_date"], [["9", "0.00", "1.2."], ["9", "9.00", "3.2."]], [0])
    ['Balance Due']
    """
    found = []
    for at, head in enumerate(heads):
        if at in used or not re.search(_STILL_OPEN, _words(head)):
            continue
        numbers = [read_number(row[at], ".") or read_number(row[at], ",") or 0.0 for row in rows if len(row) > at]
        if any(number > 0.0 for number in numbers) and not all(number > 0.0 for number in numbers):
            found.append(head)
    return found


def paid_days_beside(
    heads: Sequence[str], rows: Sequence[Sequence[str]], used: Collection[int]
) -> list[tuple[str, int]]:
    """Return the columns that say when a purchase was paid, with how many rows say nothing, where most say it.

    Parameters
    ----------
    heads, used
        As for :func:`refunds_beside`.
    rows : sequence of sequence of str
        Cells of some rows that have an amount.

    Returns
    -------
    list of (str, int)

    Examples
    --------
    >>> paid_days_beside(["Total", "Paid at"], [["9", "2024-01-02"], ["9", ""], ["8", "2024-01-05"]], [0])
    [('Paid at', 1)]
    """
    found = []
    for at, head in enumerate(heads):
        if at not in used and re.fullmatch(_PAID_DAY, _words(head)):
            blank = sum(len(row) > at and row[at].strip().lower() in MISSING for row in rows)
            if 0 < 2 * blank < len(rows):
                found.append((head, blank))
    return found


def _words(head: str) -> str:
    """Return a head as small words parted by blanks."""
    plain = unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", head))
    return re.sub(r"[\s_()\[\]【】/.,:;'\u2018\u2019\"-]+", " ", plain).strip().lower()
