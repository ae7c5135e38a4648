"""Role heads: under which heads files say who bought, when and for how much, in the languages that exports are in."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = [
    "CLOCKS",
    "IDS",
    "MAIL",
    "NUMBERED",
    "QUANTITIES",
    "ROLES",
    "UNIT_PRICES",
    "WEAKEST",
    "is_doubtful",
    "is_name",
    "is_weak",
    "parted",
    "role_of_head",
    "speaks_of_another_day",
]

#: A price beside a quantity is that of one piece.
UNIT_PRICES = (
    "price", "unit_price", "unitprice", "price_each", "price_per_unit", "item_price", "lineitem_price", "unit_cost",
    "preis", "einzelpreis", "stueckpreis", "prix", "prix_unitaire", "precio", "precio_unitario", "prezzo",
    "prezzo_unitario", "preco", "preco_unitario", "prijs", "stuksprijs", "pris", "styckpris", "cena",
    "cena_jednostkowa", "fiyat", "birim_fiyat", "цена", "単価", "单价", "단가", "selling_price", "sell_price",
    "sale_price", "sales_price", "wholesale_price", "retail_price", "price_per_item", "price_per_piece",
    "verkaufspreis", "stueck_preis", "prix_vente", "prix_de_vente", "precio_venta", "precio_ventas",
    "precio_de_venta", "preco_venda", "preco_de_venda", "prezzo_vendita", "prezzo_di_vendita", "verkoopprijs",
    "cena_sprzedazy", "cena_za_sztuke", "satis_fiyati", "цена_за_единицу", "цена_за_штуку", "цена_продажи",
)  # fmt: skip
QUANTITIES = (
    "quantity", "qty", "units", "pieces", "count", "items", "item_count", "num_items", "no_of_items",
    "number_of_items", "units_sold", "quantity_ordered", "qty_ordered", "order_quantity", "lineitem_quantity",
    "quantity_purchased", "menge", "anzahl", "stueck", "stueckzahl", "quantite", "cantidad", "quantita", "aantal",
    "quantidade", "qtd", "antal", "ilosc", "liczba_sztuk", "adet", "miktar", "количество", "数量", "수량", "mnozstvi",
    "mennyiseg",
)  # fmt: skip
#: What a row says, and under which heads files say it.
ROLES: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "customer", "customer_id", "customerid", "cust", "cust_id", "custid", "client", "client_id", "clientid",
        "user", "user_id", "userid", "member", "member_id", "household_key", "visitorid", "visitor_id", "donor",
        "donor_id", "msisdn", "loyalty_card", "loyalty_card_no", "household", "household_id", "buyer", "buyer_id",
        "customer_no", "customer_number", "kunde", "kunden_id", "kunden_nr", "kundennummer", "kundennr", "kd_nr",
        "cliente", "id_cliente", "cliente_id", "client_no", "code_client", "klant", "klant_id", "klantnummer",
        "buyer_name", "customer_name", "email", "e_mail", "customer_email", "buyer_email", "account", "account_id",
        "id", "case_id", "person",
        # Of shops, payments and books.
        "buyer_username", "buyer_user_id", "billing_email", "email_address", "from_email_address", "payer_email",
        "absender_e_mail_adresse", "shopper_reference", "shopper_email", "kunnr", "kunag", "kunrg", "debitor",
        "debitorennr",
        "debitorennummer", "debitornr", "account_name", "company", "company_name", "associated_company",
        "associated_contact", "payer", "contact_email", "purchase_email", "attendee_email", "backer_uid",
        "guest", "guest_name", "consumer_name",
        "booked_by", "customer_account", "debiteur", "debiteurnummer", "debiteurnr", "username", "user_name",
        "contact_name", "billing_name", "user_pseudo_id", "kundnamn", "注文者メールアドレス", "メールアドレス",
        "contact_id", "patient_id", "subscriber_id", "loyalty_id", "mitgliedsnummer", "mitgliedsnr", "contributor",
        "contributor_id", "supporter_id", "constituent_id", "payer_name", "payer_id", "auftraggeber",
        "zahlungspflichtiger", "einzahler",
        "partner_id", "business_partner", "sold_to", "sold_to_party", "bill_to_customer", "контрагент", "гость",
        # Of other languages, where no rule below has them.
        "kundennamen", "kundenname", "kundnummer", "kundnr", "kundenr", "kundenummer", "asiakasnumero",
        "asiakastunnus", "asiakasnro", "顧客", "顧客id", "顧客番号", "顧客コード", "会員id", "会員番号", "お客様番号",
        "お客様id", "ユーザーid", "購入者", "購入者id", "客户", "客户id", "客户编号", "客户编码", "客户号",
        "客户代码", "会员", "会员号", "会员编号", "用户", "用户id", "用户编号", "买家", "买家id", "买家会员名",
        "客戶", "客戶編號", "會員編號", "고객", "고객번호", "고객id", "고객코드", "회원번호", "회원id", "구매자",
        "구매자id",
    ),
    "date": (
        "date", "datetime", "timestamp", "order_date", "orderdate", "purchase_date", "invoice_date", "invoicedate",
        "transaction_date", "trans_date", "bought_at", "ordered_at", "date_time", "posting_date", "datum",
        "bestelldatum", "rechnungsdatum", "belegdatum", "buchungsdatum", "kaufdatum", "fecha", "date_commande",
        "order_time", "purchase_time", "sale_date", "sold_at", "payment_date", "date_created", "created_date", "day",
        "time", "created_at", "created", "created_utc", "when", "date_added", "created_datetime", "creation_time",
        "ordered_on", "booked_on", "pledged_at", "started_date", "completed_date", "erstellt_am", "bestellt_am",
        "data_wystawienia", "duzenleme_tarihi", "duezenleme_tarihi", "fecha_de_creacion", "date_de_creation",
        "订单创建时间", "创建时间", "transaction_dt", "invoice_dt", "order_dt", "gift_date", "donation_date",
        "recharge_date", "order_created_at", "order_datetime", "order_timestamp", "order_purchase_timestamp",
        "purchase_timestamp", "purchase_datetime", "purchased_at", "placed_at", "order_placed_at", "txn_date",
        "booking_date", "creation_date", "close_date", "closed_date", "paid_at", "processed_at", "opened", "fkdat",
        "auftragsdatum", "verkaufsdatum", "bestellzeitpunkt", "transaktionsdatum", "umsatzdatum", "orderdatum",
        "besteldatum", "aankoopdatum", "factuurdatum", "koopdatum", "verkoopdatum", "ordredato", "bestillingsdato",
        "fakturadato", "kobsdato", "fakturadatum", "koepdatum", "tilauspaivamaara", "tilauspaeivaemaeaerae",
        "tilauspaeivae", "tilauspvm", "ostopaeivae", "pvm", "paeivaemaeaerae", "paeivaeys", "注文日", "注文日時",
        "購入日", "購入日時", "受注日", "受注日時", "売上日", "取引日", "販売日", "日付", "日時", "下单日期",
        "下单时间", "订单日期", "订单时间", "购买日期", "购买时间", "交易日期", "交易时间", "日期", "时间",
        "訂單日期", "주문일", "주문일자", "주문일시", "구매일", "구매일자", "구매일시", "거래일", "거래일자", "날짜",
        "일자",
    ),
    "amount": (
        "amount", "spend", "spent", "sales", "revenue", "total", "turnover", "order_value", "order_total",
        "total_price", "total_amount", "line_total", "paid", "amt", "betrag", "umsatz", "montant", "importe",
        "importo", "bedrag", "gesamtbetrag", "order_total_amount", "order_amount", "grand_total", "total_paid",
        "value", "price", "money", "net", "gross", "dollars", "euro", *UNIT_PRICES, "base_grand_total",
        "invoice_amount", "invoice_total", "transaction_amount", "payment_amount", "purchase_amount",
        "purchase_value", "sale_amount", "sales_amount", "net_amount", "gross_amount", "net_sales", "gross_sales",
        "total_sales", "total_collected", "total_value", "item_total", "line_amount", "amount_paid",
        "amount_captured", "payment_value", "purchase_revenue", "transaction_revenue", "amount_authorized",
        "net_total", "pledge_amount", "totalt", "genel_toplam", "nettosumme", "bruttosumme", "total_pago",
        "买家实际支付金额", "sales_value", "gift_amount", "donation_amount", "recharge_amount", "premium_amount",
        "total_revenue", "order_total_price", "netwr", "brutto", "netto", "rechnungsbetrag", "bestellwert",
        "auftragswert", "warenwert", "gesamtsumme", "gesamtpreis", "endbetrag", "rechnungssumme", "bestellsumme",
        "nettobetrag", "bruttobetrag", "nettoumsatz", "bruttoumsatz", "zahlbetrag", "summe", "gesamt", "totaalbedrag",
        "totaalprijs", "factuurbedrag", "orderbedrag", "omzet", "totalbelopp", "ordersumma", "totalbelob",
        "chiffre_d_affaires", "loppusumma", "金額", "合計", "合計金額", "売上", "売上金額", "注文金額", "購入金額",
        "支払金額", "請求金額", "金额", "总金额", "总价", "总额", "订单金额", "实付金额", "支付金额", "消费金额",
        "销售额", "交易金额", "金額合計", "總金額", "금액", "총금액", "결제금액", "주문금액", "구매금액", "매출",
        "결제액", "구매액", "주문액", "판매액", "판매금액",
        "합계", "dollar_value", "receita", "faturamento", "facturacion", "fatturato", "ricavo", "ricavi", "utarg",
        "obrot", "przychod", "hasilat", "ciro", "выручка", "виручка", "доход",
    ),
    "quantity": (),
    "order": (),
    "currency": ("currency", "currency_code", "ccy", "waehrung", "waehr", "waehrg", "waerk", "devise", "moneda",
                 "valuta", "moeda", "waluta", "para_birimi", "валюта", "通貨", "货币", "币种", "통화"),
    "status": (),
}  # fmt: skip
#: Heads that number rows more often than customers, or say when a row was paid or put down: they count where there is
#: no other at all.
WEAKEST = frozenset(
    {
        "id",
        "time",
        "day",
        "started_date",
        "completed_date",
        "paid_at",
        "processed_at",
        "opened",
        "close_date",
        "closed_date",
        "booking_date",
        "txn_date",
    }
)
#: Heads that count only where no other head of their role is there.
_WEAK = frozenset({
    "customer_name", "buyer_name", "email", "e_mail", "customer_email", "buyer_email", "account", "account_id", "id",
    "time", "day", "started_date", "completed_date", "case_id", "person", "date_created", "created_date",
    "created_at", "created", "created_utc", "when", "order_time", "purchase_time", "sale_date", "sold_at",
    "payment_date", "value", "money", "net", "gross", "dollars", "euro", "order_total_amount", "order_amount",
    "grand_total", "total_paid", *UNIT_PRICES, "visitorid", "visitor_id", "donor", "sales_value", "premium_amount",
    "total_revenue", "contact_email", "purchase_email", "attendee_email", "guest", "guest_name", "consumer_name",
    "booked_by", "username", "user_name", "contact_name", "billing_name", "user_pseudo_id", "kundnamn",
    "注文者メールアドレス", "メールアドレス", "date_added", "created_datetime", "creation_time", "booked_on",
    "pledged_at", "erstellt_am", "data_wystawienia", "payment_value", "purchase_revenue", "transaction_revenue",
    "amount_authorized", "net_total", "pledge_amount", "nettosumme", "bruttosumme", "total_pago", "billing_email",
    "email_address", "from_email_address", "payer_email", "absender_e_mail_adresse", "shopper_email", "account_name",
    "company", "company_name", "associated_company", "associated_contact", "payer", "contact_id", "kundenname",
    "kundennamen", "購入者",
    "买家", "구매자", "data", "txn_date", "booking_date", "creation_date", "close_date", "closed_date", "paid_at",
    "processed_at", "opened", "日時", "时间", "base_grand_total", "invoice_amount", "invoice_total",
    "transaction_amount", "payment_amount", "purchase_amount", "purchase_value", "sale_amount", "sales_amount",
    "net_amount", "gross_amount", "net_sales", "gross_sales", "total_sales", "total_collected", "total_value",
    "item_total", "line_amount", "amount_paid", "amount_captured", "netto", "brutto", "nettobetrag", "bruttobetrag",
    "nettoumsatz", "bruttoumsatz", "summe", "gesamt", "warenwert", "売上", "매출", "合計", "합계", "dollar_value",
    "partner_id", "business_partner", "sold_to", "sold_to_party", "bill_to_customer", "контрагент", "гость",
    "contributor", "payer_id", "auftraggeber", "zahlungspflichtiger", "einzahler", "kunag", "kunrg",
})  # fmt: skip
#: Heads of names of people, who may share one: they count where there is no address or number.
_NAMES = frozenset({
    "customer_name", "buyer_name", "kundenname", "kundennamen", "account_name", "company_name", "payer", "guest_name",
    "guest", "consumer_name", "booked_by", "contact_name", "billing_name", "kundnamn", "contributor", "payer_name",
})  # fmt: skip
#: Ends of words of numbers of things.
NUMBERED = ("nr", "nummer", "number", "num")
#: Words of heads that say that a column names people.
_NAMED = frozenset({
    "name", "names", "naam", "nom", "nombre", "nome", "nazwa", "nazwisko", "adi", "namn", "имя", "наименование",
    "наименування", "назва", "название",
})  # fmt: skip
#: Words of heads that say that a column numbers customers.
IDS = frozenset({
    "id", "no", "nr", "num", "number", "numero", "numer", "nummer", "n", "code", "codice", "codigo", "kod", "kodu",
    "key", "identifiant", "cislo", "azonosito", "номер", "код",
    "login",
})  # fmt: skip
_LINKS = frozenset(
    {"de", "del", "della", "dell", "di", "da", "do", "des", "du", "d", "l", "of", "the", "der", "en", "la"}
)
#: Words of heads of addresses of mail.
MAIL = frozenset({"email", "mail", "e", "correo", "electronico", "courriel", "emailadresse"})
_CUSTOMERS = frozenset({
    "customer", "cust", "client", "kunde", "kunden", "kd", "debitor", "debitoren", "cliente", "clienti", "klient",
    "klienta", "klant", "klanten", "kund", "asiakas", "musteri", "muesteri", "zakaznik", "zakaznika", "vevo",
    "ugyfel", "uegyfel", "acheteur", "comprador", "acquirente", "kaeufer", "koper", "nabywca", "nabywcy",
    "kupujacy", "kupujacego", "alici",
    "buyer", "member", "shopper", "клиент", "клиента", "покупатель", "клієнт", "mitglied", "socio", "membre",
    "donor", "donator", "donateur", "donante", "donatore", "doador", "spender", "donateurs", "contributor",
    "supporter", "subscriber", "abonnent", "suscriptor", "assinante", "жертвователь", "плательщик", "платник",
    "платника", "плательщика",
})  # fmt: skip
_DATES = frozenset({"date", "datum", "fecha", "data", "dato", "tarih", "tarihi", "дата", "datetime", "dt", "ts",
                    "timestamp"})  # fmt: skip
#: Beside a date, its time of day.
CLOCKS = frozenset({
    "time", "hora", "heure", "uhrzeit", "zeit", "ora", "tijd", "godzina", "godz", "czas", "saat", "saati", "tid",
    "orario", "horario", "klockslag", "kello", "klo", "cas", "ido", "время", "час", "時刻", "時間", "时间", "시각",
    "시간",
})  # fmt: skip
#: What the date of a row may be of.
_OF_WHAT = frozenset({
    "order", "purchase", "invoice", "sale", "sales", "transaction", "commande", "achat", "facture", "vente", "pedido",
    "compra", "factura", "venta", "transaccion", "ordine", "acquisto", "fattura", "vendita", "transazione", "encomenda",
    "fatura", "venda", "transacao", "zamowienia", "zakupu", "sprzedazy", "faktury", "transakcji", "siparis", "satis",
    "objednavky", "nakupu", "rendeles", "vasarlas", "заказа", "покупки", "продажи", "ordre", "bon", "ticket", "tx",
    "txn", "trx",
})  # fmt: skip
#: Of what the day is that money came in, which counts where no other day is told.
_OF_PAYING = frozenset({
    "payment", "donation", "gift", "contribution", "deposit", "billing", "bill", "charge", "receipt", "zahlung",
    "paiement", "pago", "pagamento", "betaling", "don", "donacion", "donazione", "doacao", "spende", "platnosci",
    "odeme", "oedeme", "criacao", "creacion", "creation", "creazione", "erstellung", "utworzenia", "создания",
    "створення", "оплаты", "платежа", "внеску", "надходження", "поступления",
})  # fmt: skip
#: Words of heads that may speak of something else: a day or sum beside that of the purchase, who follows or gives.
_DOUBTFUL = frozenset({
    "dt", "ts", "timestamp", "sum", "monto", "faturado", "facturado", "donor", "donator", "donateur", "donante",
    "donatore", "doador", "spender", "donateurs", "contributor", "supporter", "subscriber", "abonnent", "suscriptor",
    "assinante",
}) | _OF_PAYING  # fmt: skip
_MONEY = frozenset({
    "amount", "betrag", "montant", "importe", "importo", "valor", "valore", "bedrag", "belopp", "belob", "belop",
    "kwota", "wartosc", "tutar", "tutari", "castka", "osszeg", "oesszeg", "summa", "сумма", "стоимость", "сума",
    "total", "totale", "totaal", "toplam", "celkem", "vegosszeg", "vegoesszeg", "suma", "razem", "umsatz", "итого",
    "итог", "sum", "monto", "faturado", "facturado",
})  # fmt: skip
#: What an amount of money may be of, beside what a date may be of.
_HOW_MUCH = frozenset({
    "prix", "precio", "prezzo", "preco", "cena", "ttc", "ht", "netto", "brutto", "net", "brut", "netta", "ingreso",
    "ingresos", "paye", "payee", "pagado", "pagato", "betaald", "bezahlt", "paid", "laczna", "calkowita", "razem",
    "celkova", "общая", "грн", "руб", "grand", "gross",
})  # fmt: skip
#: What is paid is an amount with tax.
_NET = frozenset({"ht", "net", "netto", "netta", "brutto", "brut", "gross"})
#: Days on which nobody buys, and those that a table is of.
_OTHER_DAYS = re.compile(
    r"birth|born|dob|naiss|geburt|nacim|nascim|nascita|urodz|dogum|рожд|start|begin|beginn|debut|inicio|inizio|end(?:_|$)"
    r"|(?:^|_)ende(?:_|$)|fin(?:_|$)|due|faellig|echeance|venc|scad|ship|deliver|liefer|livr|entreg|envio|envi|wysyl|required|wymag"
    r"|expir|valid|until|sign_?up|regist|install|join|since|updat|modif|chang|renew|cancel|churn|return|refund|retour"
    r"|arriv|depart|hire|launch|releas|publi|election|report|snapshot|as_of|last_|first_|next_|prev|previous|cohort"
    r"|expected|estimated|planned|approv|close|final|import|export|load|insert|enter|review|creation_du_compte"
)
#: Shorter words are the beginning or end of many.
_SHORTEST = 2
#: Prices beside the one that was paid.
_SELDOM = frozenset({"wholesale_price", "retail_price"})
_GIVEN = frozenset(head for heads in ROLES.values() for head in heads)


def role_of_head(plain: str, role: str) -> bool:
    """Return whether files say a role under a head.

    Parameters
    ----------
    plain : str
        Head in small letters with underscores.
    role : str

    Returns
    -------
    bool

    Examples
    --------
    >>> [role_of_head(head, "customer") for head in ("customer_id", "codice_cliente", "n_client", "client_type")]
    [True, True, True, False]
    >>> role_of_head("data_do_pedido", "date"), role_of_head("montant_ttc", "amount"), role_of_head("n", "customer")
    (True, True, False)
    """
    if plain in ROLES[role]:
        return True
    words = set(plain.split("_")) - _LINKS
    if plain in _GIVEN or not words:
        return False
    if role == "customer":
        who = words - IDS - _NAMED - MAIL
        return len(who) == 1 and who <= (_CUSTOMERS | {"user"} if words & MAIL else _CUSTOMERS)
    if role == "date":
        return len(words & _DATES) == 1 and words <= _DATES | _OF_WHAT | _OF_PAYING | CLOCKS
    if role == "amount":
        return bool(words & _MONEY) and words <= _MONEY | _OF_WHAT | _OF_PAYING | _HOW_MUCH
    return False


def is_weak(plain: str) -> bool:
    """Return whether a head counts only where no other of its role is there.

    Examples
    --------
    >>> is_weak("email"), is_weak("montant_ht"), is_weak("montant_ttc"), is_weak("total"), is_weak("fecha_pago")
    (True, True, False, False, True)
    """
    words = frozenset(plain.split("_"))
    if plain in _GIVEN or plain in _WEAK:
        return plain in _WEAK
    return bool((_NET | MAIL) & words) or is_name(plain) or (bool(_DATES & words) and bool(_OF_PAYING & words))


def is_doubtful(plain: str) -> bool:
    """Return whether a head that is put together of words goes behind all others of its role.

    Examples
    --------
    >>> is_doubtful("subscriber"), is_doubtful("receipt_total"), is_doubtful("order_ts"), is_doubtful("order_date")
    (True, True, True, False)
    """
    return plain in _SELDOM or (plain not in _GIVEN and bool(_DOUBTFUL.intersection(plain.split("_"))))


def is_name(plain: str) -> bool:
    """Return whether a head is that of names of people, who may share one: it counts where there is no number.

    Examples
    --------
    >>> is_name("donor_name"), is_name("nombre_cliente"), is_name("donor_id"), is_name("product_name")
    (True, True, False, False)
    """
    words = frozenset(plain.split("_")) - _LINKS
    return plain in _NAMES or (bool(words & _NAMED) and bool(words & _CUSTOMERS) and words <= _NAMED | _CUSTOMERS)


def parted(plain: str) -> str:
    """Return a head with the words apart that a database has put together: customernumber is customer_number.

    Examples
    --------
    >>> parted("customernumber"), parted("paymentdate"), parted("customerid"), parted("numeration")
    ('customer_number', 'payment_date', 'customerid', 'numeration')
    """
    if "_" in plain or plain in _GIVEN:
        return plain
    for cut in range(2, len(plain) - 1):
        one, other = plain[:cut], plain[cut:]
        head = f"{one}_{other}"
        if head in _GIVEN or head in QUANTITIES or _go_together(one, other) or _go_together(other, one):
            return head
    return plain


def _go_together(one: str, other: str) -> bool:
    """Return whether a word of whose, or of what, goes with one of a number or a day."""
    if len(other) < _SHORTEST:
        return False
    return (one in _CUSTOMERS and other in IDS) or (one in _OF_WHAT | _OF_PAYING and other in _DATES)


def speaks_of_another_day(plain: str) -> bool:
    """Return whether a head is that of a day on which nobody buys: of birth, of the end, when something is due.

    Examples
    --------
    >>> speaks_of_another_day("birth_date"), speaks_of_another_day("due_date"), speaks_of_another_day("expended_date")
    (True, True, False)
    """
    return _OTHER_DAYS.search(plain) is not None
