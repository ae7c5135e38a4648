"""No sale: rows that a column of states tells to be no sale at all, or none yet.

They are not paid, a draft, a test, a lost deal, or of another kind than a sale: a fee, a payout, a tax, a tip.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data.cells import which_match

__all__ = [
    "KIND_HEADS",
    "PLACE_HEADS",
    "STAGE_HEADS",
    "is_no_sale",
    "is_other_kind",
    "says_how_paid",
    "says_kind",
    "says_kind_of_sale",
]

#: Heads of columns that say what kind of thing a row is. That of an order (pickup, shipping) is none.
KIND_HEADS = (
    "transaction_type", "transactiontype", "trans_type", "booking_type", "activity", "action", "operation",
    "movement", "mrr_movement", "change_type", "scenario", "version", "data_type",
    "posting_type", "movement_type", "payment_type", "premium_type", "activity_type", "txn_type", "type",
    "record_type", "line_type", "item_type", "row_type", "entry_type", "event_type", "event", "kind",
    "reporting_category", "balance_transaction_type", "document_type", "doc_type", "doctype", "invoice_type",
    "rechnungsart", "tipo_documento", "tipo_de_documento", "rodzaj_dokumentu", "type_de_document", "bilagstyp", "typ",
    "art", "vorgang", "vorgangsart", "buchungsart", "belegart", "positionsart", "zeilentyp", "transaktionsart",
    "transaktionstyp", "type_transaction", "type_de_transaction", "tipo", "tipo_transaccion", "tipo_de_transaccion",
    "tipo_transacao", "tipo_de_transacao", "tipo_transazione", "soort", "transactietype", "rodzaj", "tur", "tuer",
    "islem_turu", "islem_tueru", "тип", "тип_операции", "вид_операции", "вид_документа",
    "类型", "類型", "交易类型", "種別", "取引種別",
    "取引区分", "区分", "구분", "유형", "거래유형",
)  # fmt: skip
#: The same of any row of money, whatever it is called: tx_type, charge_kind.
_KIND_HEAD = re.compile(
    r"(?:tx|txn|trx|trans|transactions?|payments?|charge|invoice|movement|entry|row|record|line|posting|money|cash"
    r"|ledger|journal)_(?:type|kind|typ)"
)
#: Heads of kinds of sales, by shipping, on credit or as a gift: they tell no more than what was given back or sold.
_SALE_HEAD = re.compile(
    r"(?:bill(?:ing)?|sales?|booking|operation|action|activity|donation|gift|revenue|trade)_(?:type|kind|typ)"
    r"|side|buy_sell"
)
#: Of columns that say how far a deal is.
STAGE_HEADS = (
    "stage", "deal_stage", "dealstage", "stage_name", "stagename", "opportunity_stage", "pipeline_stage",
    "sales_stage", "deal_status", "phase", "verkaufsphase", "fase",
)  # fmt: skip
#: Of columns that say whether a row is of a trial of the system.
PLACE_HEADS = (
    "mode", "environment", "env", "tags", "order_tags", "umgebung", "modus", "source", "order_source", "channel",
    "sales_channel", "shop", "store", "filiale",
)  # fmt: skip
#: Parts of heads that speak of sending, where what is pending is paid; and of paying, where what is open is not.
_SENDING = ("fulfil", "shipping", "shipment", "delivery", "liefer", "versand", "livraison", "envio", "spedizione")
_PAYING = ("pay", "paid", "financial", "zahl", "bezahl", "betal", "betaal", "paiement", "pago", "pagamento", "platnosc",
           "odeme", "oedeme", "支払", "決済", "付款", "支付", "결제", "оплат")  # fmt: skip

_NOT_PAID = (
    r"(?i)^(?:wc-|payment[ _-]*)?pending|pending[ _-]*(?:payment|capture|authori[sz]ation|approval)"
    r"|^(?:wc-|payment[ _-]*)?on[ _-]?hold$|^awaiting(?:$|.*payment)|^requires[ _]|^incomplete|(?:^|[ _-])drafts?$"
    r"|^(?:payment|invoice)[ _-]due$|^not[ _-](?:paid|attending)$|^belum bayar$|^menunggu pembayaran$"
    r"|^(?:trash(?:ed)?|spam|uncaptured|payment error|uncollectible|written[ _-]off)$"
    r"|^(?:(?:zahlung )?ausstehend|unbezahlt|nicht bezahlt|wartend|wartet auf zahlung|entwurf|zahlungsfehler)$"
    r"|^(?:en attente|en attente d[eu] (?:paiement|r[èe]glement).*|impay[ée]e?|non pay[ée]e?|brouillon"
    r"|erreur de paiement)$|^(?:pendiente(?: de (?:pago|cobro))?|borrador|impagad[oa]|no pagad[oa]|error de pago)$"
    r"|^(?:pendente|rascunho|n[ãa]o pag[oa]|aguardando(?: (?:o )?pagamento)?)$"
    r"|^(?:in attesa(?: d(?:i|el) pagamento.*)?|bozza|non pagat[oa]|errore di pagamento)$"
    r"|^(?:in afwachting(?: van betaling)?|niet betaald|onbetaald|concept)$"
    r"|^(?:oczekuj\pL*(?: .*p[łl]a[tc]\pL*)?|nieop[łl]acon\pL*|szkic|wersja robocza)$"
    r"|^(?:v[äa]ntar(?: på betalning)?|v[äa]ntande|obetald|utkast|afventer(?: betaling)?|ubetalt|kladde|odottaa"
    r"|odottaa maksua|maksamaton)$"
    r"|^(?:[öo]denmedi|taslak|beklemede|[öo]deme bekl\pL*)$|^(?:čeká na platbu|nezaplacen\pL*|függőben|fizetésre vár)$"
    r"|^(?:ожида\pL*(?: .*опла\pL*)?|не ?оплачен\pL*|черновик|очіку\pL*(?: .*опла\pL*)?)$"
    r"|待付款|等待.*付款|未付款|待支付|未支付|未払|未入金|入金待|支払い?待|下書き|草稿|미결제|입금 ?대기|결제 ?대기"
)
#: What is pending of a sale that is paid.
_STILL_TO_SEND = r"(?i)ship|fulfil|deliver|dispatch|pick|production|versand|sending"
_PAID = r"(?i)^(?:paid|bezahlt|pay[ée]e?|pagad[oa]|pago|pagat[oa]|betaald|op[łl]acon[ae]|betald|betalt|atendido)$"
_OPEN = r"(?i)^(?:em aberto|open|offen|offene? .*|openstaand|ouvert|abiert[oa]|apert[oa]|abert[oa])$"
_LOST = (
    r"(?i)^(?:closed?[ _-]?)?lost\b|^(?:verloren|perdue?|perdid[oa]|pers[oa]|disqualified|przegran[ae])(?:$|[ _-])|失注"
)
_WON = (
    r"(?i)^(?:closed?[ _-]?)?won\b|^(?:gewonnen|gagn[ée]e?|ganad[oa]|vinto|vinta|ganh[oa]|wygran[ae])(?:$|[ _-])|受注"
)
_TEST = r"(?i)^(?:test(?:[ _-]?(?:order|mode|payment|transaction|data))?|testing|testbestellung|sandbox|staging|demo)$"
_TEST_AMONG = r"(?i)(?:^|[,;|])\s*(?:test|testing|test[ _-]?order|sandbox)\s*(?:[,;|]|$)"
_DISCOUNT = (
    r"(?i)(?:^|[ _-])(?:discounts?|coupons?|vouchers?|promo(?:tions?|[ _-]codes?)?|rabatte?|gutscheine?|skonto|remises?"
    r"|r[ée]ductions?|descuentos?|descontos?|sconti?|sconto|buono|korting|rabaty?|indirim|скидка)$"
    r"|割引|値引|クーポン|优惠|折扣|優惠|할인|쿠폰"
)
#: What is no sale by itself: the noun at the end of a name such as stripe_fee or General Withdrawal.
_OTHER_KIND = (
    r"(?i)(?:^|[ _-])(?:bonus|cashback|rewards?|redemptions?|payouts?|withdrawals?|currency[ _-]conversions?"
    r"|top[ _-]?ups?|adjustments?|commissions?"
    r"|surcharges?|tips?|gratuit(?:y|ies)|shipping|postage|freight|shipping[ _-](?:costs?|charges?)|interest"
    r"|(?:gift|store)[ _-]?(?:cards?|credits?)(?:[ _-](?:sales?|purchases?|sold))?"
    r"|redeem(?:ed)?|burn(?:ed)?|expir(?:ed|y|ation)|churn(?:ed)?|contraction|write[ _-]?offs?|goodwill"
    r"|(?:account|prorat(?:ion|ed)|applied|goodwill)[ _-]credits?|credits?[ _-](?:applied|adjustments?)|tender(?:ed)?"
    r"|change[ _-]given|(?:opening|closing)[ _-]balance|(?:brought|carried)[ _-]forward|vortrag|anfangs?saldo|endsaldo"
    r"|geb(?:ü|ue)hr(?:en)?|provision(?:en)?|auszahlung(?:en)?|abhebung|umbuchung|umrechnung|versand(?:kosten)?"
    r"|porto|fracht|trinkgeld|aufladung|frais(?: de port)?|virement|retrait|pourboire"
    r"|frais de livraison|comisi[óo]n(?:es)?|retiros?|propinas?|env[íi]os?|taxas?|saques?"
    r"|gorjetas?|frete|commission[ei]|preliev[oi]|mancia|spedizione|uitbetaling|fooi"
    r"|verzendkosten|avgift(?:er)?|utbetalning|dricks|frakt|gebyr|fragt|op[łl]ata|prowizja|wyp[łl]ata|napiwek"
    r"|wysy[łl]ka|komisyon|kargo|bah[şs]i[şs]|комиссия|доставка|налог|чаевые|вывод)$"
    r"|^(?:(?:stripe|paypal|klarna|adyen|square|amazon|fba|ebay|etsy|shopify|application|transaction|processing"
    r"|payment|bank"
    r"|card|merchant|platform|network|selling|listing|final value|dispute|refund|payout)[ _-])*fees?$"
    r"|^(?:expire|change|forecast|budget(?:ed)?|planned|projected|projection|quotation"
    r"|saldo (?:inicial|final|anterior|iniziale|finale)|solde (?:initial|final))$"
    r"|^(?:sales[ _-])?(?:tax(?:es)?|vat|gst|steuern?|mwst\.?|ust\.?|tva|taxe|impuestos?|iva|impostos?|impost[ae]|btw"
    r"|moms|podatek|kdv)$|^(?:(?:internal|balance|account)[ _-])?transfers?$|手数料|送料|消費税|手续费|運費|运费|税费"
    r"|수수료|배송비|세금"
)
_PAYMENT = (
    r"(?i)^(?:delivery notes?|order confirmations?|lieferscheine?|auftragsbest[äa]tigung|bons? de livraison|albar[áa]n"
    r"|pakbon)$|^(?:(?:customer|incoming)[ _-])?(?:payments?|zahlung(?:seingang|en)?|paiements?|r[èe]glement|pagos?"
    r"|cobros?"
    r"|pagament[oi]|betaling|wp[łl]ata|zap[łl]ata|[öo]deme|оплата|入金|收款|입금)$"
)
#: Papers that are no bill, in letters, beside one that is.
_PAPERS = r"^(?:CN|CRN|CM|CRM|RMA|RET|GS|GU|ST|QT|QTE|QUO|AN|AG|PF|DN|LS|RK|NC|AV|OF)$"
_SHORT_SALE = r"^(?:INV|SI|SO|ORD|RE|RG|FA|FT|FV|FAC|VK)$"
#: Beside these a payment is that of a sale told by another row.
_SALE = (
    r"(?i)^(?:[a-z]+[ _-])?(?:invoices?|sales?|orders?|bills?|rechnung(?:en)?|verkauf|bestellung|factures?|ventes?"
    r"|commandes?|facturas?|ventas?|pedidos?|fatture?|vendit[ae]|ordini|factuur|verkoop|faktury?|faktura|sprzeda[żz]"
    r"|fatura|sat[ıi][şs]|счет|счёт|продажа|売上|請求|发票|销售|매출)$"
)
#: What is captured afterwards, in a row of its own.
_RESERVED = r"(?i)^(?:pre-?)?auth(?:ori[sz](?:ed?|ation))?s?$"
_AUTHORIZED = rf"{_RESERVED}|^(?:received|reservierung|sentforsettle)$"
_CAPTURED = r"(?i)^(?:captured?|settled?|settlement)$"
#: A look, a basket or a step on the way, beside what was bought then.
_LOOKED = (
    r"(?i)^(?:(?:page|product|item|screen)?[ _-]?views?|view[ _-](?:item|product|cart|page)"
    r"|(?:add|remove)[ _-]?(?:ed)?[ _-]?(?:to|from)[ _-]?(?:cart|basket|wish[ _-]?list)"
    r"|(?:add|remove)d?[ _-](?:payment|shipping)[ _-]info|cart"
    r"|basket|wish[ _-]?list|fav(?:ou?rite)?s?|clicks?|impressions?|search(?:es)?|select[ _-]item|begin[ _-]checkout"
    r"|checkout[ _-](?:started|begun)|session[ _-]start|log[ _-]?in|sign[ _-]?up|visits?)$"
)
_THEN_BOUGHT = r"(?i)^(?:purchase[d]?|buy|bought|orders?|ordered|transactions?|sales?|checkout[ _-]completed?)$"
#: Beside what customers bought, what they sold; beside what a shop sold, what it bought.
_BOUGHT, _SOLD = r"(?i)^(?:buys?|bought)$", r"(?i)^(?:sells?|sold)$"
_SALES, _STOCKED = (
    r"(?i)^(?:sales?|verkauf|ventes?|ventas?|vendas?|vendit[ae]|sprzeda[żz])$",
    r"(?i)^(?:purchases?|einkauf|achats?|compras?|acquist[oi]|zakupy?)$",
)
#: A column with these says how a sale was paid, so a voucher or a transfer pays one as well.
_MEANS = (
    r"(?i)^(?:cash|(?:credit|debit)?[ _-]?card|visa|master[ _-]?card|amex|paypal|bar|karte|kreditkarte|ec|carte"
    r"|direct[ _-]debit|lastschrift|sepa|bank[ _-]transfer|klarna|apple[ _-]pay|google[ _-]pay|ideal|cheque|check)$"
)


def is_no_sale(words: Any, head: str, compute: Any) -> NDArray[np.bool_]:
    """Return which of the different words of a column of states say that a row is no sale, or none yet.

    Parameters
    ----------
    words : pyarrow array of str
        What such a word says may hang on the others: beside invoices a payment is no sale.
    head : str
        Of the column, in small letters with underscores.
    compute : module
        Loaded by the caller.

    Returns
    -------
    bool (n,)

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> is_no_sale(pyarrow.array(["pending", "completed", "checkout-draft"]), "status", compute).tolist()
    [True, False, True]
    >>> is_no_sale(pyarrow.array(["Closed won", "Closed lost", "Negotiation"]), "deal_stage", compute).tolist()
    [False, True, True]
    >>> is_no_sale(pyarrow.array(["pending", "shipped"]), "shipping_status", compute).tolist()
    [False, False]
    >>> is_no_sale(pyarrow.array(["buy", "sell"]), "order_type", compute).tolist()
    [False, True]
    """

    def says(pattern: str) -> NDArray[np.bool_]:
        return which_match(words, pattern, compute)

    if head in PLACE_HEADS:
        return says(_TEST) | says(_TEST_AMONG)
    found = says(_TEST)
    for beside, pattern in ((_BOUGHT, _SOLD), (_SALES, _STOCKED)):
        if says(beside).any():
            found |= says(pattern)
    if not any(part in head for part in _SENDING):
        found |= says(_NOT_PAID) & ~says(_STILL_TO_SEND)
        if any(part in head for part in _PAYING) or says(_PAID).any():
            found |= says(_OPEN)
    if head in STAGE_HEADS:
        won = says(_WON)
        found |= ~won if won.any() else says(_LOST)
    if says_kind(head):
        found |= _other_kinds(words, compute)
        if not says_how_paid(words, compute):
            found |= says(_DISCOUNT)
    return found


def says_kind(head: str) -> bool:
    """Return whether a column says what kind of thing a row is.

    Parameters
    ----------
    head : str
        In small letters with underscores.

    Examples
    --------
    >>> says_kind("tx_type"), says_kind("document_type"), says_kind("customer_type")
    (True, True, False)
    """
    return head in KIND_HEADS or _KIND_HEAD.fullmatch(head) is not None


def says_kind_of_sale(head: str) -> bool:
    """Return whether a column says what kind of sale a row is, and may say that it was given back.

    Parameters
    ----------
    head : str
        In small letters with underscores.

    Examples
    --------
    >>> says_kind_of_sale("sales_type"), says_kind_of_sale("tx_type")
    (True, False)
    """
    return _SALE_HEAD.fullmatch(head) is not None


def says_how_paid(words: Any, compute: Any) -> bool:
    """Return whether some of the different words of a column say how a sale was paid.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> says_how_paid(pyarrow.array(["Cash", "Credit"]), compute), says_how_paid(pyarrow.array(["Credit"]), compute)
    (True, False)
    """
    return bool(which_match(words, _MEANS, compute).any())


def is_other_kind(cells: Any, head: str, compute: Any) -> NDArray[np.bool_]:
    """Return which rows are of another kind than a sale, or than a part of one as a discount is.

    Parameters
    ----------
    cells : pyarrow array of str
    head, compute
        As for :func:`is_no_sale`.

    Returns
    -------
    bool (n,)

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> is_other_kind(pyarrow.array(["Payment", "stripe_fee", "Discount"]), "type", compute).tolist()
    [False, True, False]
    >>> is_other_kind(pyarrow.array(["Payment", "Invoice"]), "document_type", compute).tolist()
    [True, False]
    """
    if not says_kind(head) or not len(cells):
        return np.zeros(len(cells), bool)
    encoded = cells.dictionary_encode()
    return _other_kinds(encoded.dictionary, compute)[encoded.indices.to_numpy(zero_copy_only=False)]


def _other_kinds(words: Any, compute: Any) -> NDArray[np.bool_]:
    def says(pattern: str) -> NDArray[np.bool_]:
        return which_match(words, pattern, compute)

    if says_how_paid(words, compute):
        return np.zeros(len(words), bool)
    found = says(_OTHER_KIND)
    for pattern, beside in (
        (_PAYMENT, _SALE),
        (_AUTHORIZED, _CAPTURED),
        (_RESERVED, _SALE),
        (_LOOKED, _THEN_BOUGHT),
        (_PAPERS, _SHORT_SALE),
    ):
        if says(beside).any():
            found |= says(pattern)
    return found
