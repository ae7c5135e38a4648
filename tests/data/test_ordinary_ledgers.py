"""Ordinary ledgers: tables that people have are read at once, without a question, whatever stands beside the purchases."""

import csv
import gzip
import io
from datetime import date, timedelta

import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions

#: Customer, day, cents; nobody buys twice on a day, and days beyond the 12th tell the order of day and month.
ROWS = [
    (f"C{1001 + at * 7 % 12}", date(2023, 1, 16) + timedelta(days=5 * at), 1235 + at * 3783 % 18999) for at in range(48)
]


def comma(cents):
    return f"{cents / 100:,.2f}".translate({ord(","): ".", ord("."): ","})


def spaced(cents):
    return f"{cents / 100:,.2f}".replace(",", "\u202f").replace(".", ",")


def point(cents):
    return f"{cents / 100:.2f}"


def dollars(cents):
    return f"${cents / 100:,.2f}"


def whole(cents):
    return f"{cents:,}"


ISO, GERMAN, BRITISH, AMERICAN = "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"
#: Heads of who, when and how much, how the day and the money are written, and the sign between columns.
HEADS = [
    ("customer_id", "order_date", "total", ISO, point, ","), ("Customer ID", "Order Date", "Amount", AMERICAN, dollars, ","),
    ("CustomerID", "InvoiceDate", "Amount", BRITISH, point, ","), ("client_id", "transaction_date", "amount", ISO, point, ","),
    ("user_id", "timestamp", "revenue", "%Y-%m-%dT10:11:12Z", point, ","), ("member_id", "date", "spend", ISO, point, "\t"),
    ("Email", "Created at", "Total", "%Y-%m-%d 10:11:12 +0100", point, ","), ("email", "paid_at", "amount", ISO, point, ","),
    ("Kundennummer", "Datum", "Betrag", GERMAN, comma, ";"), ("Kunden-Nr.", "Bestelldatum", "Umsatz", GERMAN, comma, ";"),
    ("Kunde", "Rechnungsdatum", "Gesamtbetrag", GERMAN, comma, ";"), ("KundenID", "Kaufdatum", "Summe", ISO, comma, ";"),
    ("Debitor", "Belegdatum", "Betrag", GERMAN, comma, ";"), ("KUNNR", "FKDAT", "NETWR", "%Y%m%d", point, ";"),
    ("Client", "Date", "Montant", BRITISH, spaced, ";"), ("N° client", "Date de commande", "Montant TTC", BRITISH, spaced, ";"),
    ("Code client", "Date facture", "Total TTC", BRITISH, spaced, ";"), ("Cliente", "Fecha", "Importe", BRITISH, comma, ";"),
    ("ID Cliente", "Fecha de compra", "Total", BRITISH, comma, ";"), ("Cliente", "Data do pedido", "Valor total", BRITISH, comma, ";"),
    ("Codice cliente", "Data ordine", "Importo", BRITISH, comma, ";"), ("Cliente", "Data", "Totale", BRITISH, comma, ";"),
    ("Klantnummer", "Besteldatum", "Bedrag", "%d-%m-%Y", comma, ";"), ("Klant", "Datum", "Totaalbedrag", "%d-%m-%Y", comma, ";"),
    ("Klient", "Data zakupu", "Kwota", ISO, spaced, ";"), ("Numer klienta", "Data", "Wartość", GERMAN, spaced, ";"),
    ("Kundnr", "Orderdatum", "Belopp", ISO, spaced, ";"), ("Kundenr.", "Ordredato", "Beløb", "%d-%m-%Y", comma, ";"),
    ("Asiakasnumero", "Tilauspäivä", "Summa", GERMAN, spaced, ";"), ("Müşteri No", "Sipariş Tarihi", "Tutar", GERMAN, comma, ";"),
    ("Zákazník", "Datum objednávky", "Částka", GERMAN, spaced, ";"), ("Vevő", "Dátum", "Összeg", "%Y.%m.%d", spaced, ";"),
    ("Клиент", "Дата заказа", "Сумма", GERMAN, spaced, ";"), ("Покупатель", "Дата", "Стоимость", GERMAN, spaced, ";"),
    ("顧客ID", "注文日", "金額", "%Y/%m/%d", whole, "\t"), ("会員番号", "購入日時", "合計金額", "%Y-%m-%d 10:11:12", whole, "\t"),
    ("客户编号", "下单时间", "实付金额", "%Y-%m-%d 10:11:12", point, ","), ("用户ID", "订单日期", "订单金额", ISO, point, ","),
    ("고객번호", "주문일자", "결제금액", ISO, whole, "\t"), ("회원ID", "구매일", "금액", "%Y.%m.%d", whole, "\t"),
    ("Donor ID", "Gift Date", "Gift Amount", AMERICAN, dollars, ","), ("household_key", "purchase_date", "sales_value", ISO, point, ","),
    ("loyalty_card", "sale_date", "total", ISO, point, ","), ("buyer_id", "purchased_at", "total_paid", ISO, point, ","),
]  # fmt: skip
#: Columns beside the purchases, with words that say nothing of what became of them.
WORDS = {
    "channel": "web|store|app", "source": "google|direct|email", "payment_method": "card|cash|paypal",
    "Zahlart": "Rechnung|Vorkasse|Paypal", "payment": "card|cash|invoice", "delivery": "standard|express",
    "membership": "active|cancelled|expired", "newsletter": "subscribed|unsubscribed", "campaign": "new|sale|none",
    "tag": "sale|new|vip", "segment": "new|active|lost", "plan": "trial|pro", "store": "Berlin|Köln",
    "email_status": "sent|delivered|bounced", "product": "Order book|Sale sign|Return label", "priority": "open|high",
    "category": "Purchase|Rental", "coupon": "SALE10|NEW5", "season": "sale|regular", "promo": "sale|no sale",
    "country": "DE|AT|CH", "gender": "f|m|d", "first_order": "yes|no", "returning": "yes|no", "gift": "yes|no",
    "returning_customer": "true|false", "new_customer": "1|0", "warehouse": "open|closed", "line": "A|B",
    "document": "Invoice|Receipt", "Beleg": "Rechnung|Kassenbon", "sale": "yes|no", "kind": "order|reorder",
    "type": "first|repeat", "order_type": "pickup|delivery|dine in", "fulfilment": "delivered|collected",
    "shipping_status": "pending|shipped", "table": "1|2|3", "payment terms": "paid|net 30", "shipment": "sent|collected",
    "ticket": "adult|return|single", "fare": "single|return", "status": "paid|completed", "Status": "bezahlt|versendet",
    "État": "Livré|Expédié", "estado": "Entregado|Enviado", "state": "Bavaria|Hesse|Saxony", "Stato": "Pagato|Spedito",
    "order_status": "shipped|delivered|processing", "financial_status": "paid", "refunded": "no", "is_paid": "1",
    "bezahlt": "ja", "cancelled_at": "", "refund_reason": "", "test_order": "false", "archived": "yes|no",
    "currency": "EUR", "city": "Rome|Paris|New York", "size": "S|M|L", "colour": "red|blue", "salesperson": "Ann|Bob",
    "device": "mobile|desktop", "customer_type": "B2B|B2C", "age_group": "18-24|25-34", "subscription": "yes|no",
    "insurance": "none|full", "free_returns": "yes|no", "refundable": "yes|no", "wrapping": "none|paper", "day": "Mon|Tue",
    "shift": "am|pm", "register": "1|2", "cashier": "Eve|Max", "region": "north|south", "note": "ok|thanks|leave at door",
    "delivery_window": "8-12|12-16", "language": "de|en", "browser": "Chrome|Firefox", "utm_medium": "cpc|email|organic",
    "loyalty_tier": "gold|silver", "booking": "phone|online", "class": "economy|business", "room": "single|double",
    "event": "concert|theatre", "service": "cut|colour", "doctor": "A|B", "brand": "Acme|Zeta", "pickup": "yes|no",
    "tax_code": "S|R", "vat": "19%|7%", "expired_points": "0", "item": "Shoes|Hats", "sku": "A-1|B-2|C-3",
}  # fmt: skip
#: Columns of numbers beside them.
NUMBERS = {
    "tax": "{0:.2f}", "shipping": "4.90", "points": "{1}", "qty_returned": "0", "zip": "{1}0115", "age": "3{1}",
    "latitude": "52.{1}", "rating": "4.{1}", "cost": "{0:.2f}", "margin": "0.{1}", "weight": "1.{1}", "hour": "1{1}",
    "exchange_rate": "1.08", "stock": "{1}", "discount_code": "", "items": "{1}", "quantity": "{1}", "order_id": "{2}",
    "invoice_no": "{2}", "row": "{2}", "week": "{1}", "year": "2023", "month": "{1}", "tip": "1.{1}", "fee": "0.30",
    "refund_amount": "0.00", "discount": "0.00", "balance_due": "0.00", "gift_card_amount": "0.00", "commission": "0.{1}",
    "ip": "10.0.0.{1}", "phone": "030 123{1}", "store_id": "{1}", "product_id": "{2}", "distance": "{1}.5",
    "amount_refunded": "0", "session_id": "{2}", "credit": "", "deposit": "0", "unit_cost": "{0:.2f}",
}  # fmt: skip


def table(heads, rows, sign=","):
    out = io.StringIO()
    csv.writer(out, delimiter=sign, lineterminator="\n").writerows([heads, *rows])
    return out.getvalue()


PLAIN = table(("customer_id", "date", "amount"), [(who, day, point(cents)) for who, day, cents in ROWS])
BELOW = PLAIN.partition("\n")[2]
#: The same table in other clothes.
CLOTHES = {
    "semicolons": PLAIN.replace(",", ";"), "tabs": PLAIN.replace(",", "\t"), "pipes": PLAIN.replace(",", "|"),
    "blanks behind commas": PLAIN.replace(",", ", "), "quotes": '"' + PLAIN.strip().replace(",", '","').replace("\n", '"\n"') + '"\n',
    "lines of Windows": PLAIN.replace("\n", "\r\n"), "lines of old Macs": PLAIN.replace("\n", "\r"),
    "no line end at the end": PLAIN.strip(), "blank lines at the end": PLAIN + "\n\n\n", "a mark": "\ufeff" + PLAIN,
    "sep=": "sep=,\n" + PLAIN, "a title": "Sales of our shop\n\n" + PLAIN, "comments": "# by us\n" + PLAIN,
    "UTF-16": PLAIN.encode("utf-16"), "gzip": gzip.compress(PLAIN.encode()), "signs between at the end": PLAIN.replace("\n", ",,\n"),
    "names of rows": "\n".join(f'"{at}",{line}' if at else line for at, line in enumerate(PLAIN.splitlines())),
    "heads again": PLAIN + PLAIN, "empty rows": PLAIN + ",,\n,,\n", "capitals": PLAIN.replace("customer_id", "CUSTOMER_ID"),
    "newest first": "customer_id,date,amount\n" + "\n".join(reversed(BELOW.splitlines())) + "\n",
    "a table of Markdown": "| customer_id | date | amount |\n|---|---|---|\n" + "".join(f"| {line.replace(',', ' | ')} |\n" for line in BELOW.splitlines()),
}  # fmt: skip


def read(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_transactions(path, Layout(duplicates="drop"))


def same(ledger, unit=100):
    days = [ledger.start + timedelta(days=int(day)) for day in ledger.day]
    names = [ledger.ids[int(at)].as_py() for at in ledger.customer]
    cents = [round(amount * unit) for amount in ledger.amount]
    return sorted(zip(names, days, cents, strict=True)) == sorted(ROWS)


def test_there_are_two_hundred_ordinary_ledgers():
    assert len(HEADS) + len(WORDS) + len(NUMBERS) + len(CLOTHES) >= 200


@pytest.mark.parametrize("heads", HEADS, ids=lambda heads: f"{heads[0]} {heads[2]}")
def test_heads(tmp_path, heads):
    who, when, paid, form, money, sign = heads
    rows = [(name, day.strftime(form), money(cents)) for name, day, cents in ROWS]
    assert same(read(tmp_path / "sales.csv", table((who, when, paid), rows, sign)), 1 if money is whole else 100)


@pytest.mark.parametrize("head", WORDS)
def test_words_beside_purchases(tmp_path, head):
    words = WORDS[head].split("|")
    rows = [(who, day, point(cents), words[at % len(words)]) for at, (who, day, cents) in enumerate(ROWS)]
    assert same(read(tmp_path / "sales.csv", table(("customer_id", "date", "amount", head), rows)))


@pytest.mark.parametrize("head", NUMBERS)
def test_numbers_beside_purchases(tmp_path, head):
    rows = [
        (who, day, NUMBERS[head].format(cents / 625, at % 9 + 1, 5001 + at), point(cents))
        for at, (who, day, cents) in enumerate(ROWS)
    ]
    assert same(read(tmp_path / "sales.csv", table(("customer_id", "date", head, "amount"), rows)))


@pytest.mark.parametrize("way", CLOTHES)
def test_clothes(tmp_path, way):
    assert same(read(tmp_path / "sales.csv", CLOTHES[way]))
