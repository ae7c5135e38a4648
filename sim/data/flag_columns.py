"""Flag columns: columns of yes and no whose heads say what that is of, such as `refunded` or `is_paid`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from sim.data.back_words import WHOLE

__all__ = ["FLAG_HEADS", "NO", "YES", "of_flags", "says_no_of_sale", "says_whether", "says_yes_of_none"]

#: Heads of columns that say yes where a row is no purchase.
_YES_HEADS = (
    "refunded", "returned", "cancelled", "canceled", "void", "voided", "return", "refund", "credit_memo", "credit_note",
    "test_order", "test_mode",
    "deleted", "fraud", "reversed", "storno", "storniert", "gutschrift", "retoure", "test", "sandbox", "draft",
    "testbestellung", "fully_refunded", "disputed", "chargeback", "no_show", "makulerad", "annulleret",
    "forecast", "planned", "projected", "annullato", "annule", "anulado", "anulada", "geannuleerd", "iptal",
)  # fmt: skip
#: Heads of columns that say no where a row is none.
_NO_HEADS = (
    "captured", "success", "successful", "valid", "approved", "livemode", "live_mode", "bezahlt", "paid", "payed",
    "complete", "completed", "confirmed",
)  # fmt: skip
FLAG_HEADS = (*_YES_HEADS, *_NO_HEADS)
#: The same in other words, where all cells say yes or no.
_MORE_YES = re.compile(
    r"(?:pending|on_hold|incomplete|not_paid|unbezahlt|impaye|impagad[oa]|onbetaald|obetald|ubetalt|duplicate[ds]?"
    r"|spam|trash(?:ed)?|internal|exclude[ds]?|ignored?|fraudulent|suspected_fraud|bot|aborted|written_off|widerruf(?:en)?"
    r"|zwrot|zwrocon[aey]|anulowan[aey]|iade|iptal_edildi|zrusen[aoy]?|vracen[aoy]?|возврат|отмен\w*|返品|返金"
    r"|キャンセル(?:済み?)?|退款|退货|取消|취소|환불|반품)"
)
_MORE_NO = re.compile(
    r"(?:settled|cleared|accepted|authori[sz]ed|succeeded|success(?:ful)?_payment|payment_(?:success(?:ful)?|received)"
    r"|pay|payee?|regle|pagad[oa]|pagat[oa]|pag[oa]|cobrad[oa]|saldat[oa]|betaald|oplacon[aey]|zaplacon[aey]|betald"
    r"|betalt|maksettu|oedendi|odendi|zaplaceno|kifizetve|оплачен\w*|支払済み?|入金済み?|已付款|已支付|결제완료)"
)
#: What such a head may have around it.
_AROUND = re.compile(
    r"^(?:is|was|has_been|has|had|marked_as|marked|ist|wurde|est|es|e)_(?:an?_)?|_(?:y_n|yn|yes_no|j_n|ja_nein|o_n|s_n"
    r"|flag|ind|indicator|kz|kennzeichen|bool)$"
)
#: What it may be said of.
_OF_WHAT = re.compile(r"^(?:order|sale|payment|transaction|invoice|item|purchase|line)_")
YES = (
    r"(?i)^(?:true|t|yes|y|1|1\.0|x|ja|j|oui|o|s[iíì]|s|sim|tak|evet|да|da|wahr|vrai|verdader[oa]|ver[oa]|verdadeir[oa]|はい|是"
    r"|예|✓|✔|☑)$"
)
NO = (
    r"(?i)^(?:false|f|no|n|0|0\.0|nein|non|nee|n[ãa]o|nie|nej|ne|hay[ıi]r|нет|falsch|faux|fals[oa]|いいえ|否|아니요|☐)$"
)


def of_flags(cells: Sequence[str]) -> bool:
    """Return whether all cells that say something say yes or no.

    Examples
    --------
    >>> of_flags(["", "x"]), of_flags(["yes", "no", ""]), of_flags(["yes", "12.50"])
    (True, True, False)
    """
    return all(re.match(YES, cell) or re.match(NO, cell) for cell in set(cells) if cell)


@cache
def _whole_of_heads() -> re.Pattern[str]:
    """Return the pattern of words of what was taken back as heads have them, without accents."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", WHOLE) if not unicodedata.combining(sign))
    return re.compile(plain)


def _said_of(head: str) -> str:
    """Return a head of a column of yes and no without what says that it is one.

    Examples
    --------
    >>> _said_of("refund_y_n"), _said_of("is_paid"), _said_of("paid_flag"), _said_of("refunded")
    ('refund', 'paid', 'paid', 'refunded')
    """
    return _AROUND.sub("", head)


def says_yes_of_none(head: str) -> bool:
    """Return whether a column says yes where a row is no purchase.

    Parameters
    ----------
    head : str
        In small letters with underscores.

    Examples
    --------
    >>> says_yes_of_none("is_refunded"), says_yes_of_none("order_declined"), says_yes_of_none("remboursee")
    (True, True, True)
    >>> says_yes_of_none("refundable"), says_yes_of_none("returning_customer")
    (False, False)
    """
    said = _said_of(head)
    bare = _OF_WHAT.sub("", said)
    whole = _whole_of_heads().match(bare.replace("_", " ")) is not None
    return said in _YES_HEADS or whole or _MORE_YES.fullmatch(bare) is not None


def says_no_of_sale(head: str) -> bool:
    """Return whether a column says no where a row is no purchase, or none yet.

    Parameters
    ----------
    head : str
        In small letters with underscores.

    Examples
    --------
    >>> says_no_of_sale("is_paid"), says_no_of_sale("payment_settled"), says_no_of_sale("shipped")
    (True, True, False)
    """
    said = _said_of(head)
    return (
        said in _NO_HEADS
        or _MORE_NO.fullmatch(said) is not None
        or _MORE_NO.fullmatch(_OF_WHAT.sub("", said)) is not None
    )


def says_whether(head: str) -> bool:
    """Return whether a column of yes and no says by its head whether a row is a purchase.

    Examples
    --------
    >>> says_whether("is_refunded"), says_whether("unpaid"), says_whether("gift")
    (True, True, False)
    """
    return says_yes_of_none(head) or says_no_of_sale(head)
