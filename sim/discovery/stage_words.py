"""Stage words: whether the name of a stage says that something was bought, is paid, or came to nothing."""

from __future__ import annotations

import re

__all__ = ["says_lost", "says_paid", "says_purchase"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words of purchases; of orders, which say a purchase beside one that they are done; and what stands beside them.
_BOUGHT = _set(
    "purchase purchases purchased bought buy paid kauf käufe gekauft bezahlt achat achats acheté payé compra"
    " compras comprado comprada pagado pagada acquisto acquistato pagato comprou aankoop gekocht betaald zakup"
    " kupiono köp köpt betald osto ostettu køb købt kjøp kjøpt nákup won gewonnen gagné gagnée ganado ganada vinto"
    " vinta converted покупка покупки куплено купил купила купівля αγορά شراء רכישה"
)
_ORDER = _set("order checkout transaction payment bestellung zahlung commande paiement pedido ordine bestelling")
_DONE = _set(
    "complete completed confirmed confirmation placed place success successful succeeded made done finished"
    " finalized abgeschlossen bestätigt erfolgreich confirmée terminée validée effectué confirmado realizado"
    " completado confermato completato bevestigd voltooid"
)
_BESIDE = _set("event page the a an is has been online closed deal opportunity lead")
#: Words of what nobody wants to reach.
_LOST = _set(
    "reject rejection refuse refusal decline deny denial fail withdraw withdrawal disqualify lost abandoned"
    " abandon abandonment cancelled canceled cancel cancellation rejected refused declined denied failed failure"
    " error dropped churn churned expired unsubscribed unsubscribe bounced withdrawn disqualified unqualified"
    " verloren abgebrochen storniert abgelehnt gekündigt fehlgeschlagen perdu perdue annulé annulée abandonné"
    " refusé perdido perdida cancelado cancelada rechazado rechazada perso persa annullato rifiutato verlopen"
    " geannuleerd отмена отменен отменён отказ отклонено потерян"
)
_LOST_PARTS = ("離脱", "解約", "失注", "キャンセル", "取消", "流失", "放棄", "放弃", "이탈", "취소", "해지", "ยกเลิก")
#: Where an amount stands as well, further words of purchases, and of what is paid.
_SOLD = _set(
    "sale sales sold verkauf verkauft vente ventes vendu venta ventas venda vendas vendita vendite verkoop"
    " conversion subscription subscribe subscribed subscribes abo abonnement renewal renew renewed reorder"
    " reordered booking booked buchung gebucht reservation reserved donation donate donated spende gift pledge"
    " topup recharge comprar acheter kaufen acquistare kopen satın alış satış πώληση"
    " купить продажа придбання"
)
_PAY = _set(
    "orders ordered pay pays payments pos checkouts transactions bestellt bestellungen zahlen commandes payer"
    " pago pagos pagar pedidos pagamento pagamenti pagare ordini pagamentos betaling zamówienie płatność zapłacono"
    " betalning beställning sipariş ödeme παραγγελία πληρωμή заказ заказы оплата оплачено замовлення دفع طلب תשלום"
    " הזמנה"
)
#: The same in scripts that are written without spaces.
_SOLD_PARTS = ("購入", "購買", "买", "買", "購", "购", "下单", "成交", "売上", "구매", "구입", "ซื้อ", "खरीद")
_PAY_PARTS = ("注文", "支払", "決済", "付款", "支付", "订单", "訂單", "주문", "결제", "สั่ง", "ชำระ", "भुगतान")
#: What stands beside them where something else is told: it is asked for, begun, prepared, sent, or taken back.
_ELSE = _set(
    "not no non request requested requests requisition rfq quote quotation offer propose proposal approve"
    " approved approval review reviewed check checked change changed update updated edit refund refunded refunds"
    " return returned returns chargeback reversed reversal reminder overdue due pending attempt attempted details"
    " detail history view viewed info information method begin begun began start started initiate initiated"
    " proceed add added remove removed item items cart basket wishlist penalty fine send sent ship shipped"
    " shipping shipment deliver delivered delivery dispatch dispatched pick picked pack packed plan planned"
    " estimate estimated collection intent unpaid nicht keine angefragt anfrage erstattung erstattet retoure"
    " rückgabe mahnung remboursement retour demande devolución reembolso solicitud rimborso возврат отмена ожидает"
)
#: Things that are bought, whose names say something else only where it is not said that they were bought; and what a
#: subscription begins with, which is that it is bought.
_HAD = _set("purchased bought buy sold gekauft acheté comprado comprada acquistato gekocht köpt ostettu købt kjøpt")
_THINGS = _set("item items plan cart basket add")
_ABO = _set("subscription subscribe subscribed abo abonnement")
_BEGUN = _set("begin begun began start started")
_ELSE_PARTS = (
    "申請",
    "申请",
    "キャンセル",
    "返品",
    "返金",
    "取消",
    "购物车",
    "購物車",
    "カート",
    "退款",
    "退货",
    "환불",
    "취소",
    "未",
)


def says_purchase(name: str) -> bool:
    """Return whether the name of a stage says that something was bought, and nothing else.

    Examples
    --------
    >>> [says_purchase(name) for name in ("purchase", "OrderCompleted", "Kauf", "購入", "payment_details", "order")]
    [True, True, True, True, False, False]
    """
    known = _words(name)
    if name.strip().removesuffix("完了").removesuffix("済み").removesuffix("成功").removesuffix("완료") in _SOLD_PARTS:
        return True
    bought = bool(known & _BOUGHT) or bool(known & _ORDER and known & _DONE)
    return bought and known <= _BOUGHT | _ORDER | _DONE | _BESIDE


def says_paid(name: str) -> int:
    """Return what the name of a stage with amounts says: 2 that something is bought, 1 that it is paid, 0 neither.

    More words say it here than where nothing but a name is known. What is owed, asked for, begun or taken back is
    neither.

    Examples
    --------
    >>> [says_paid(name) for name in ("In-store purchase", "Renewal", "order_placed", "購入完了")]
    [2, 2, 2, 2]
    >>> [says_paid(name) for name in ("Payment", "order", "Pay invoice")]
    [1, 1, 1]
    >>> [says_paid(name) for name in ("Create Fine", "Submit application", "add_payment_info", "Purchase requisition")]
    [0, 0, 0, 0]
    >>> [says_paid(name) for name in ("item_purchased", "Subscription started", "Item purchase requested")]
    [2, 2, 0]
    """
    known = _words(name)
    if known & _HAD:
        known -= _THINGS
    if known & _ABO:
        known -= _BEGUN
    if known & (_ELSE | _LOST) or any(part in name for part in _ELSE_PARTS):
        return 0
    if known & (_BOUGHT | _SOLD) or (known & _ORDER and known & _DONE) or any(part in name for part in _SOLD_PARTS):
        return 2
    return int(bool(known & (_ORDER | _PAY)) or any(part in name for part in _PAY_PARTS))


def says_lost(name: str) -> bool:
    """Return whether the name of a stage says that a case came to nothing.

    Examples
    --------
    >>> [says_lost(name) for name in ("Closed Lost", "order_cancelled", "Reject application", "離脱", "Resolved")]
    [True, True, True, True, False]
    """
    return bool(_words(name) & _LOST) or any(part in name for part in _LOST_PARTS)


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", name).casefold()))
