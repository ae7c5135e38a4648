"""Taken back: rows that are no purchase, or not in full, by what a column beside the amount says became of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.back_words import AMONG, BUT, WHOLE
from sim.data.cells import which_match
from sim.data.flag_columns import FLAG_HEADS, NO, YES, of_flags, says_no_of_sale, says_whether, says_yes_of_none
from sim.data.ids import MISSING
from sim.data.money_sides import is_nameless, says_side
from sim.data.no_sale import (
    KIND_HEADS,
    PLACE_HEADS,
    STAGE_HEADS,
    is_no_sale,
    says_kind,
    says_kind_of_sale,
)

__all__ = [
    "KIND",
    "has_short_words",
    "is_free",
    "is_taken_back",
    "read_as",
    "says_state",
    "says_whole",
    "status_columns",
    "tells_of_few",
    "word_columns",
]

#: The head that a column is read under whose words alone tell.
KIND = "kind"

#: Of SAP: types of orders and bills that are returns, credits, quotations, pro forma and cancelled ones; the cancelled.
_OF_SAP = {
    "auart": r"^(?:RE|CR|RK|G2|AG|AF|IN|KR|CBRE|CBAR)$", "fkart": r"^(?:G2|RE|S1|S2|SR|F5|F8|LG|CBRE)$",
    "vbtyp": r"^(?:A|B|H|K|N|O|S|U|6)$", "fksto": r"^X$", "blart": r"^(?:DG|RG)$",
}  # fmt: skip
#: Heads of columns of signs, in which a minus does.
_SIGN_HEADS = ("sign", "vorzeichen", "signo", "signe")
#: Heads of columns of states, the most telling first.
_STATE_HEADS = (
    "financial_status", "payment_status", "order_status", "status", "order_type", "state", "d_c", "dc", "dr_cr",
    "cr_dr", "debit_credit", "credit_debit", "soll_haben", "transaction_status", "sale_type", "bestellstatus",
    "zahlungsstatus", "auftragsstatus", "statut", "estado", "stato", "fulfillment_status", "fulfilment_status",
    "shipping_status", "delivery_status", "payment_state", "order_state", "result", "outcome", "response",
    "estado_pedido", "estado_pago", "statut_commande", "statut_paiement", "durum", "stav", "stan", "tila", "статус",
    "статус_заказа", "状态", "狀態", "订单状态", "訂單狀態", "交易状态", "ステータス", "状態", "注文状況", "상태",
    "주문상태", "etat", "etat_commande", "etat_de_la_commande", "statut_de_la_commande", "statut_du_paiement",
    "estado_del_pedido", "estado_del_pago", "status_do_pedido", "status_do_pagamento", "situacao", "stato_ordine",
    "stato_dell_ordine", "stato_pagamento", "stato_del_pagamento", "status_zamowienia", "status_platnosci",
    "orderstatus", "betaalstatus", "betalningsstatus", "betalingsstatus", "siparis_durumu", "oedeme_durumu",
    "bezahlstatus", "rechnungsstatus", "invoice_status", "charge_status", "payment_intent_status", "支払状況",
    "支払い状況", "支払ステータス", "決済状況", "付款状态", "支付状态", "결제상태", "состояние", "статус_оплаты",
)  # fmt: skip
#: Heads of columns of free words, where only a whole cell tells.
_FREE_HEADS = (
    "reason", "remark", "remarks", "note", "notes", "comment", "comments", "memo", "description", "details",
    "bemerkung", "bemerkungen", "kommentar", "buchungstext", "verwendungszweck", "grund", "commentaire", "motivo",
)  # fmt: skip
_STATUS_HEADS = tuple(
    dict.fromkeys((*_STATE_HEADS, *_OF_SAP, *KIND_HEADS, *STAGE_HEADS, *_SIGN_HEADS, *FLAG_HEADS, *PLACE_HEADS))
)
#: Other heads that speak of a state, and whose state is none of a purchase, or none that it is in now.
_OF_STATE = re.compile(r"(?:^|_)(?:status|statut|estado|stato|zustand|durum|durumu|situacao)(?:_|$)")
_NOT_OF_IT = re.compile(
    r"(?:^|_)(?:prev|previous|prior|old|former|vorherig|anterior|precedent|precedente)(?:_|$)|customer|client|kunde|klant|member|mitglied|account|subscri|abo|loyal|marital|civil|famili|employ|user|contact"
    r"|email|lead|stock|inventory|lager|tax"
)
#: Heads of what is sent to people, and of what they have: its state is none of a purchase.
_OF_PEOPLE = re.compile(
    r"(?:^|_)(?:news_?letter|sms|push|mails?|e_mail|notifi\w*|opt_?in|consent|contract|vertrag|plan|trial|loan|policy"
    r"|ticket|fare|gutschein|coupon|voucher|promo\w*|previous|next)(?:_|$)"
)
#: Heads of columns that say when a row was taken back.
_WHEN_HEAD = re.compile(
    r"^(?:(?:cancel(?:l?ed|lation)?|refund(?:ed)?|return(?:ed)?|void(?:ed)?|deleted|deletion|chargeback|reversal"
    r"|reversed|storno|storniert|retour|retoure)_?(?:at|on|date|time|datetime|timestamp|am|datum)"
    r"|date_(?:cancel(?:l?ed|lation)?|refund(?:ed)?|return(?:ed)?|deleted|void(?:ed)?))$"
)
#: Heads of columns that name the order that a row takes back.
_LINK_HEAD = re.compile(
    r"^(?:(?:return|refund|reversal|credit|storno|cancellation)_(?:of|for|zu|von)(?:_(?:order|invoice|sale"
    r"|transaction))?"
    r"|(?:original|reversed|refunded|returned|credited|cancelled|stornierte)_(?:order|invoice|sale|receipt|transaction"
    r"|bestellung|rechnung))(?:_(?:id|no|nr|number|ref))?$"
)
#: Heads of columns that say why, or by what number, a row was taken back or was never paid: where there is something.
_WHY_HEAD = re.compile(
    r"^(?:cancel(?:l?ed|lation)?|refund(?:ed|s)?|return(?:ed|s)?|void(?:ed)?|reversal|chargeback|dispute|declined?|failure"
    r"|fail(?:ed)?|error|rejection|reject(?:ed)?|rma|storno|stornierungs?|retouren?|annulation|anulacion|annullamento"
    r"|rimborso|remboursement|reembolso)_?(?:reason|reasons|code|message|msg|id|no|nr|number|by|type|note|notes|comment"
    r"|grund|nummer|motiv|motivo)$"
    r"|^(?:motif|motivo|raison|reason|grund|powod)_(?:d_|de_|for_|der_|des_)?(?:annulation|remboursement|retour"
    r"|cancelacion|anulacion|devolucion|reembolso|reso|rimborso|annullamento|cancel(?:l?ation)?|refund|return|stornos?"
    r"|stornierung|anulowania|zwrotu|failure)$"
)
#: Its words for nothing of the kind.
_ALL_WELL = r"(?i)^(?:0+|200|ok|okay|success(?:ful)?|succeeded|approved|none|no error|n/?a|-+)$"
#: Heads of what was sold, where a whole cell tells that it is no sale but money given back.
_ITEM_HEADS = (
    "product", "product_name", "item", "item_name", "lineitem_name", "line_item", "article", "artikel", "produkt",
    "produkt_name", "produktname", "bezeichnung", "category", "kategorie", "categorie", "categoria", "class", "klasse",
    "product_category", "product_type", "service", "subject", "betreff", "produit",
    "producto", "produto", "prodotto",
)  # fmt: skip
_ITEM_BACK = (
    r"(?i)^(?:refunds?|refunded|returns?|returned(?: item)?|cancel(?:l?ed|lation)|charge[ _-]?backs?|reversals?"
    r"|credit[ _-](?:note|memo)|storno(?:rechnung|buchung)?|stornierung|gutschrift|retoure|(?:r(?:ü|ue)ck)?erstattung"
    r"|remboursement|avoir|reembolso|devoluci(?:ó|o)n|estorno|rimborso|nota di credito|terugbetaling|creditnota"
    r"|zwrot(?: pieni[ęe]dzy)?|iade|возврат|返金|返品|退款|退货|환불|반품)$"
)
#: All that stands behind amounts in a column without a name.
_SIDE_OR_SIGN = r"(?i)[-+\u2010-\u2015\u2212]?|cr|dr|c|d|s|h|debit|credit|soll|haben"
_MINUS = r"^[-\x{2010}-\x{2015}\x{2212}](?:1(?:\.0*)?)?$"
#: Days that stand for none.
_NO_DAY = r"^(?:0000|0001-01-01|1900-01-01|1970-01-01|9999)|^0$"
_SOME_DAY = r"[1-9]"


def status_columns(heads: Sequence[str], sample: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns that may say of a row that it is no purchase, the most telling first.

    Parameters
    ----------
    heads : sequence of str
        In small letters with underscores.
    sample : sequence of sequence of str
        Cells of some rows: where most have a day on which they were taken back it is one on which they are to be, and
        where most name an order that they take back it is their own.

    Returns
    -------
    list of int

    Examples
    --------
    >>> status_columns(["customer", "note", "cancelled_at", "status"], [["a", "", "", "paid"]])
    [3, 2, 1]
    """
    told = [at for at, head in enumerate(heads) if any(of.match(head) for of in (_WHEN_HEAD, _LINK_HEAD, _WHY_HEAD))]
    few = [at for at in told if 2 * sum(len(row) > at and _says_more(row[at]) for row in sample) <= len(sample)]
    named = [
        [heads.index(head) for head in group if heads.count(head) == 1]
        for group in (_STATUS_HEADS, (*_FREE_HEADS, *_ITEM_HEADS))
    ]
    tells = (says_state, says_side, says_kind, says_kind_of_sale)
    others = [
        at
        for at, head in enumerate(heads)
        if (any(says(head) for says in tells) or (says_whether(head) and of_flags([*_cells(at, sample)])))
        and at not in named[0]
        and (not is_nameless(head) or _has_signs(at, sample))
    ]
    return [*named[0], *others, *few, *named[1]]


def word_columns(heads: Sequence[str]) -> list[int]:
    """Return the columns whose heads say nothing of what became of a row, so that their words may.

    Parameters
    ----------
    heads : sequence of str
        In small letters with underscores.

    Examples
    --------
    >>> word_columns(["document", "status", "note", "newsletter"])
    [0]
    """
    return [
        at
        for at, head in enumerate(heads)
        if read_as(head) == KIND and head != KIND and not _NOT_OF_IT.search(head) and not _OF_PEOPLE.search(head)
    ]


def read_as(head: str) -> str:
    """Return the head that a column is read under: its own, or that of kinds where it says nothing.

    Examples
    --------
    >>> read_as("status"), read_as("paid_flag"), read_as("document")
    ('status', 'paid_flag', 'kind')
    """
    tells = (says_state, says_side, says_kind, says_kind_of_sale, says_whether, tells_of_few)
    return head if head in _STATUS_HEADS or any(says(head) for says in tells) else KIND


def says_whole(words: Any, compute: Any) -> NDArray[np.bool_]:
    """Return which words say as a whole that a row was taken back, in any column.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> says_whole(pyarrow.array(["Refund", "Refund policy"]), compute).tolist()
    [True, False]
    """
    return which_match(words, WHOLE, compute)


def _has_signs(at: int, sample: Sequence[Sequence[str]]) -> bool:
    return all(re.fullmatch(_SIDE_OR_SIGN, cell) for cell in _cells(at, sample))


def _cells(at: int, sample: Sequence[Sequence[str]]) -> Iterator[str]:
    return (row[at] for row in sample if len(row) > at)


def _says_more(cell: str) -> bool:
    return cell.lower() not in MISSING and re.match(_ALL_WELL, cell) is None


def says_state(head: str) -> bool:
    """Return whether a column says what became of a sale, rather than what kind of thing a row is.

    Examples
    --------
    >>> says_state("order_status"), says_state("attendee_status"), says_state("customer_status"), says_state("type")
    (True, True, False, False)
    """
    of_sale = head in _STATE_HEADS or head in STAGE_HEADS
    return of_sale or (_OF_STATE.search(head) is not None and _NOT_OF_IT.search(head) is None)


def has_short_words(head: str) -> bool:
    """Return whether in a column of states or kinds a letter may do: C for a credit, or cancelled.

    Examples
    --------
    >>> has_short_words("status"), has_short_words("tx_type"), has_short_words("note")
    (True, True, False)
    """
    return head in _STATE_HEADS or says_kind(head)


def is_free(head: str) -> bool:
    """Return whether a column holds free words, such as notes.

    Examples
    --------
    >>> is_free("notes"), is_free("status")
    (True, False)
    """
    return head in _FREE_HEADS


def tells_of_few(head: str) -> bool:
    """Return whether a column has other things to say than states, and only some cells tell that a row is no purchase.

    Examples
    --------
    >>> tells_of_few("product_name"), tells_of_few("refund_reason"), tells_of_few("status")
    (True, True, False)
    """
    of_few = any(heads.match(head) for heads in (_WHEN_HEAD, _LINK_HEAD, _WHY_HEAD))
    return of_few or is_nameless(head) or head in _ITEM_HEADS or head in _FREE_HEADS


def is_taken_back(cells: Any, head: str, compute: Any) -> NDArray[np.bool_]:
    """Return which cells of such a column say that a row is no purchase, or not in full.

    Parameters
    ----------
    cells : pyarrow array of str
    head : str
        That the column is read under, as :func:`read_as` says.
    compute : module
        Loaded by the caller.

    Returns
    -------
    bool (n,)

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> words = pyarrow.array(["Cancelled by customer", "not cancelled", "REFUND_PENDING", "shipped"])
    >>> is_taken_back(words, "status", compute).tolist()
    [True, False, True, False]
    """
    encoded = cells.dictionary_encode()
    words, of_row = encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False)
    if not len(words):
        return np.zeros(len(cells), bool)

    def says(pattern: str) -> NDArray[np.bool_]:
        return which_match(words, pattern, compute)

    if head in _SIGN_HEADS or is_nameless(head):
        found = says(_MINUS)
    elif says_no_of_sale(head):
        found = says(NO)
    elif _WHEN_HEAD.match(head):
        nothing = np.array([word.lower() in MISSING for word in words.to_pylist()])
        found = says(_SOME_DAY) & ~says(_NO_DAY) & ~nothing
    elif _WHY_HEAD.match(head):
        nothing = np.array([word.lower() in MISSING for word in words.to_pylist()])
        found = ~nothing & ~says(NO) & ~says(_ALL_WELL)
    elif head in _ITEM_HEADS:
        found = says(_ITEM_BACK)
    elif _LINK_HEAD.match(head):
        nothing = np.array([word.lower() in MISSING for word in words.to_pylist()])
        found = ~nothing & ~says(NO)
    else:
        found = says(WHOLE)
        if head not in _FREE_HEADS:
            found |= (says(AMONG) & ~says(BUT)) | is_no_sale(words, head, compute)
        if says_yes_of_none(head):
            found |= says(YES)
        if head in _OF_SAP:
            found |= says(_OF_SAP[head])
    return np.asarray(found[of_row])
