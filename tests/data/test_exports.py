"""Exports as people have them: heads in many languages, rows that are no sale, orders of several rows, pages that overlap."""

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: 60 purchases of 20 customers, one a day at the most, 10.20 to 112.76, in the order of time.
SALES = sorted((1001 + at % 20, datetime(2023, 1, 3, 10) + timedelta(days=at * 37 % 361), 1020 + at * 1739 % 10300)
               for at in range(60))  # fmt: skip
SALES.sort(key=lambda sale: sale[1])


def table(head, row, sales=SALES, sign=","):
    """Return a table with the rows that a function makes of a number from 1, a customer, a time and cents."""
    lines = [head]
    for number, sale in enumerate(sales, 1):
        made = row(number, *sale)
        lines += [sign.join(map(str, cells)) for cells in (made if isinstance(made, list) else [made])]
    return "\n".join(lines) + "\n"


def read(tmp_path, content, **layout):
    path = tmp_path / "sales.csv"
    path.write_text(content, encoding="utf-8")
    return read_transactions(path, Layout(**layout))


def check(ledger, sales=SALES):
    found = {
        (ledger.ids[int(customer)].as_py(), ledger.start + timedelta(days=int(day))): round(100 * amount)
        for customer, day, amount in zip(ledger.customer, ledger.day, ledger.amount, strict=True)
    }
    assert found == {(str(customer), when.date()): cents for customer, when, cents in sales}
    assert ledger.counts["rows"] == ledger.counts["rows_used"] + ledger.counts["rows_left_out"]
    assert sum(ledger.left_out.values()) == ledger.counts["rows_left_out"]


def plain(_, customer, when, cents):
    return customer, when.date(), cents / 100


def comma(cents):
    return f"{cents / 100:.2f}".replace(".", ",")


LANGUAGES = {
    "German": "Belegnr.;Kunden-Nr.;Belegdatum;Rechnungsbetrag", "German, debtors": "Auftrag;Debitor;Auftragsdatum;Umsatz netto",
    "French": "N° commande;N° client;Date de commande;Montant TTC", "French, price": "Commande;Client;Date;Prix total",
    "Italian": "Ordine;Cliente;Data ordine;Importo totale", "Italian, code": "Numero;Codice cliente;Data;Totale",
    "Spanish": "Pedido;ID de cliente;Fecha del pedido;Importe total", "Portuguese": "Pedido;Cliente;Data do pedido;Valor total",
    "Brazilian": "Pedido;Código do cliente;Data;Valor", "Polish": "Zamówienie;Klient;Data zamówienia;Kwota",
    "Polish, worth": "Nr;ID klienta;Data;Wartość", "Dutch": "Order;Klant;Besteldatum;Totaalbedrag",
    "Swedish": "Ordernr;Kundnummer;Orderdatum;Belopp", "Danish": "Ordre;Kundenr.;Dato;Beløb",
    "Turkish": "Sipariş No;Müşteri;Sipariş Tarihi;Toplam", "Japanese": "注文番号;顧客ID;注文日;金額",
    "Japanese, users": "番号;ユーザーID;購入日時;合計金額", "Chinese": "订单号;客户编号;下单日期;金额",
    "Korean": "주문번호;고객번호;주문일;금액", "Russian": "Заказ;Клиент;Дата;Сумма",
    "Czech": "Objednávka;Zákazník;Datum;Částka", "Hungarian": "Rendelés;Vevő;Dátum;Összeg",
    "Finnish": "Tilaus;Asiakas;Päivämäärä;Summa", "SAP": "VBELN;KUNNR;FKDAT;NETWR",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_heads_of_a_language_are_known(tmp_path, language):
    def row(number, customer, when, cents):
        return (5000 + number, customer, f"{when:%d.%m.%Y}", comma(cents))

    check(read(tmp_path, table(LANGUAGES[language], row, sign=";")))


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("customer_id,customer_name,date,amount", lambda who, _: (who, "Ann")),
        ("Customer,Customer No.,date,amount", lambda who, _: ("Ann", who)),
        ("Customer Name,Customer Email,date,amount", lambda who, _: ("Ann", who)),
        ("customer_id,user,date,amount", lambda who, _: (who, "till 2")),
    ],
)
def test_a_number_or_an_address_says_more_than_a_name(tmp_path, head, cells):
    def row(_, customer, when, cents):
        return (*cells(customer, _), when.date(), cents / 100)

    if "user" in head:
        with pytest.raises(ConfigError, match="'customer_id' and 'user' may each be the customer"):
            read(tmp_path, table(head, row))
        return
    check(read(tmp_path, table(head, row)))


def test_a_column_that_says_whether_it_is_paid_is_no_amount(tmp_path):
    def row(_, customer, when, cents):
        return (customer, when.date(), cents, "true", "false")

    ledger = read(tmp_path, table("customer,created,amount_in_cents,paid,refunded", row))
    check(ledger)
    assert "'amount_in_cents' is in hundredths: amounts are told in whole units of money" in ledger.warnings


@pytest.mark.parametrize(
    ("head", "worth"),
    [
        ("Betrag in Cent", 100),
        ("total_ct", 100),
        ("amount_minor", 100),
        ("amount_micros", 1_000_000),
        ("Umsatz (TEUR)", 0.001),
    ],
)
def test_units_of_heads_count(tmp_path, head, worth):
    def row(_, customer, when, cents):
        return (customer, when.date(), f"{cents / 100 * worth:.6f}")

    check(read(tmp_path, table(f"customer,date,{head}", row)))


NO_SALES = [
    ("status", "pending", "completed"), ("Art", "Rücklastschrift", "Lastschrift"), ("BookingType", "Cancellation", "Premium"), ("Status", "CXL", "OUT"), ("order_status", "wc-on-hold", "wc-processing"), ("status", "checkout-draft", "open"),
    ("payment_status", "Awaiting payment", "Paid"), ("status", "requires_payment_method", "succeeded"),
    ("Zahlungsstatus", "Offen", "Bezahlt"), ("Status", "Entwurf", "Abgeschlossen"), ("Status", "Ausstehend", "Abgeschlossen"),
    ("État", "Erreur de paiement", "Livré"), ("État", "En attente de paiement par chèque", "Livré"),
    ("Estado", "Pendiente de pago", "Enviado"), ("Stato", "In attesa di pagamento", "Spedito"),
    ("状态", "待付款", "已完成"), ("결제상태", "미결제", "결제완료"), ("支払状況", "未払い", "支払済み"),
    ("Stage", "Closed Lost", "Closed Won"), ("Deal Stage", "Negotiation", "Closed won"), ("mode", "test", "live"),
    ("environment", "sandbox", "production"), ("tags", "vip, test", "vip"), ("type", "stripe_fee", "charge"),
    ("transaction_type", "payout", "payment"), ("Line Type", "Shipping", "Product"), ("type", "tip", "sale"),
    ("Typ", "Versandkosten", "Artikel"), ("Document Type", "Payment", "Invoice"), ("type", "gift card", "sale"),
    ("Pledged Status", "dropped", "collected"), ("status", "pending_submission", "paid_out"), ("Status", "open", "paid"),
    ("Status", "Payment Due", "Paid"), ("订单状态", "交易关闭", "交易成功"), ("订单状态", "等待买家付款", "交易成功"),
    ("Situação", "Em aberto", "Atendido"), ("Tipo documento", "Nota di credito", "Fattura"), ("Rodzaj", "Korekta", "Faktura VAT"),
    ("Status", "Quotation Sent", "Sales Order"), ("Status Pesanan", "Batal", "Selesai"), ("Status", "no_show", "ok"),
    ("kind", "bonus", "purchase"), ("Belegart", "Lieferschein", "Rechnung"), ("type", "authorization", "capture"),
    ("test", "true", "false"), ("return_of", "17", ""), ("original_order_id", "17", ""),
]  # fmt: skip


@pytest.mark.parametrize(("head", "word", "usual"), NO_SALES)
def test_rows_that_are_no_sale_are_refused(tmp_path, head, word, usual):
    odd = (7, 31, 32)

    def row(number, customer, when, cents):
        return customer, when.date(), cents / 100, f'"{word if number in odd else usual}"'

    content = table(f"customer,date,amount,{head}", row)
    with pytest.raises(
        ConfigError, match=rf"3 rows marked as no purchase, or not in full, by the column '{head}' .row 7"
    ):
        read(tmp_path, content)
    check(read(tmp_path, content, bad_rows="skip"), [sale for at, sale in enumerate(SALES, 1) if at not in odd])
    check(read(tmp_path, content, columns={"status": None}))


@pytest.mark.parametrize(
    ("head", "word", "usual"),
    [
        ("shipping_status", "pending", "shipped"), ("status", "Awaiting fulfillment", "Shipped"), ("type", "Payment", "Charge"),
        ("type", "Membership fee", "Class"), ("delivery_status", "Dropped off", "Delivered"), ("type", "transfer", "direct debit"), ("event_type", "conversion", "purchase"), ("customer_status", "cancelled", "active"),
        ("order_type", "shipping", "pickup"), ("type", "gift card", "cash"), ("Stage", "Second call", "First call"),
        ("status", "pending_shipment", "done"), ("original_order_id", "17", "18"), ("État", "En attente d'expédition", "Livré"),
    ],
)  # fmt: skip
def test_rows_that_only_look_so_are_sales(tmp_path, head, word, usual):
    def row(at, who, when, cents):
        return (who, when.date(), cents / 100, word if at in (7, 31) else usual)

    check(read(tmp_path, table(f"customer,date,amount,{head}", row)))


def test_a_state_that_is_not_known_is_told(tmp_path):
    def row(at, customer, when, cents):
        return customer, when.date(), cents / 100, "Deferred" if at in (7, 31) else "shipped" if at % 2 else "paid"

    ledger = read(tmp_path, table("customer,date,amount,Order Status", row))
    check(ledger)
    assert (
        "'Order Status' says 'Deferred' in 2 rows: counted as purchases; take such rows out if they are none"
        in ledger.warnings
    )
    quiet = read(tmp_path, table("customer,date,amount,Order Status", row).replace("Deferred", "delivered"))
    assert not any("Order Status" in warning for warning in quiet.warnings)


def test_a_column_of_one_word_is_no_customer_and_three_columns_no_date(tmp_path):
    with pytest.raises(ConfigError, match="'Account' is 'Revenue' in every row, so it may be no customer; say which"):
        read(
            tmp_path,
            table("Account,Date,Amount,Name", lambda _, who, when, cents: ("Revenue", when.date(), cents / 100, who)),
        )
    with pytest.raises(ConfigError, match="stand in three columns, year, month and day; put them into one"):
        read(
            tmp_path,
            table("customer,year,month,day,amount", lambda _, who, when, cents: (who, *when.timetuple()[:3], cents)),
        )


def lines_of(cents):
    """Return what the lines of an order cost, one to three."""
    count = 1 + cents % 3
    return [cents - (count - 1) * (cents // count), *[cents // count] * (count - 1)]


def test_lines_of_an_order_without_its_amount_are_left_out(tmp_path):
    def row(number, customer, when, cents):
        first = (f"#{1000 + number}", f"c{customer}@x.com", "paid", cents / 100, f"{when} +0100", 9.9)
        return [first, *((*first[:2], "", "", first[4], 9.9) for _ in lines_of(cents)[1:])]

    content = table("Name,Email,Financial Status,Total,Created at,Lineitem price", row)
    ledger = read(tmp_path, content)
    check(ledger, [(f"c{customer}@x.com", *rest) for customer, *rest in SALES])
    assert set(ledger.left_out) == {"without an amount, of an order whose first row has it"}
    # An amount that is missing in the first row of an order is a fault.
    with pytest.raises(ConfigError, match="1 row without an amount"):
        read(tmp_path, content.replace(f",paid,{SALES[0][2] / 100},", ",paid,,", 1))


def test_lines_of_an_order_in_parquet(tmp_path):
    rows = [(f"#{at}", f"c{who}", when, cents / 100 if line == 0 else None)
            for at, (who, when, cents) in enumerate(SALES) for line in range(2)]  # fmt: skip
    columns = dict(zip(("Name", "Email", "Created at", "Total"), zip(*rows, strict=True), strict=True))
    parquet.write_table(pa.table({name: list(cells) for name, cells in columns.items()}), tmp_path / "orders.parquet")
    check(read_transactions(tmp_path / "orders.parquet"), [(f"c{who}", *rest) for who, *rest in SALES])


def test_a_converted_amount_has_the_currency_of_its_head(tmp_path):
    def row(at, customer, when, cents):
        paid = (cents / 92, "USD") if at % 5 == 0 else (cents / 100, "EUR")
        return customer, when.date(), *paid, cents / 100

    content = table("customer,date,amount,currency,amount_eur", row)
    with pytest.raises(ConfigError, match="'amount' and 'amount_eur' may each be the amount"):
        read(tmp_path, content)
    ledger = read(tmp_path, content, columns={"amount": "amount_eur"})
    check(ledger)
    assert ledger.currency == "€"
    with pytest.raises(ConfigError, match="12 rows in another currency than EUR"):
        read(tmp_path, content, columns={"amount": "amount"})


def test_a_discount_beside_unit_prices_is_told(tmp_path):
    def row(at, who, when, cents):
        return who, when.date(), cents / 200, 2, 0.1 if at == 7 else 0

    ledger = read(tmp_path, table("customer,date,UnitPrice,Quantity,Discount", row),
                  columns={"amount": "UnitPrice", "quantity": "Quantity"}, decimal="point")  # fmt: skip
    check(ledger)
    assert "'Discount' is not taken off: amounts are price times quantity in full" in ledger.warnings


def test_an_amount_in_each_line_of_an_order_is_asked_about(tmp_path):
    def row(number, customer, when, cents):
        return [(5000 + number, customer, when.date(), f"SKU{at}", cents / 100) for at in range(len(lines_of(cents)))]

    content = table("order_id,customer_id,date,sku,order_total", row)
    with pytest.raises(
        ConfigError, match=r"of several rows have one amount in all of them, such as [\d.]+ in rows \d+ and"
    ):
        read(tmp_path, content)
    check(read(tmp_path, content, duplicates="drop"))
    assert read(tmp_path, content, duplicates="keep").amount.sum() > 1.5 * sum(cents for *_, cents in SALES) / 100

    # Amounts of lines add up, also where an order has two alike.
    def lines(number, who, when, cents):
        return [(5000 + number, who, when.date(), "x", part / 100) for part in lines_of(cents)]

    check(read(tmp_path, table("order_id,customer_id,date,sku,line_total", lines)))


@pytest.mark.parametrize("numbered", [True, False])
def test_purchases_told_once_for_each_of_their_states_are_asked_about(tmp_path, numbered):
    def row(at, customer, when, cents):
        states = [("a", "created"), ("b", "paid")]
        rows = [(f"{begins}{at}", customer, when.date(), state, cents / 100) for begins, state in states]
        return [cells if numbered else cells[1:] for cells in rows]

    head = "transaction_id,customer,date,status,amount" if numbered else "customer,date,status,amount"
    with pytest.raises(
        ConfigError, match="60 of 60 days with several rows of a customer have one amount in all of them"
    ):
        read(tmp_path, table(head, row))
    check(read(tmp_path, table(head, row), duplicates="drop", columns={"order": None} if numbered else None))


def test_an_amount_far_above_all_others_is_told(tmp_path):
    def row(at, who, when, cents):
        return (who, when.date(), 9999999.99 if at == 20 else cents / 100)

    ledger = read(tmp_path, table("customer,date,amount", row))
    assert any("the largest amount, 9,999,999.99, is" in warning for warning in ledger.warnings)
    assert not read(tmp_path, table("customer,date,amount", plain)).warnings


def test_blanks_below_a_customer_are_told_as_merged_cells(tmp_path):
    def row(at, who, when, cents):
        return ("" if at % 2 else who, when.date(), cents / 100)

    with pytest.raises(
        ConfigError, match="30 rows without a customer .* if a blank means the customer of the row above, fill"
    ):
        read(tmp_path, table("customer,date,amount", row))


def test_orders_alike_in_all_but_their_number_are_no_copies(tmp_path):
    sales = [SALES[0], *SALES]

    def row(number, customer, when, cents):
        return (number, customer, when.date(), cents / 100)

    ledger = read(tmp_path, table("order_id,customer_id,date,amount", row, sales), duplicates="drop")
    assert ledger.counts["duplicates"] == 0 and ledger.counts["rows_used"] == 61
    assert read(tmp_path, table("customer_id,date,amount", lambda *one: row(*one)[1:], sales)).counts["duplicates"] == 1


def test_a_row_with_the_sum_of_its_order_is_refused(tmp_path):
    def row(number, customer, when, cents):
        parts = [cents // 3, cents - cents // 3]
        return [(5000 + number, customer, when.date(), part / 100) for part in (cents, *parts)]

    content = table("order_id,customer_id,date,amount", row)
    with pytest.raises(
        ConfigError, match=r"60 rows with the sum of the other rows of its order for an amount \(row 1: "
    ):
        read(tmp_path, content)
    check(read(tmp_path, content, bad_rows="skip"))


def test_a_row_with_the_sum_of_its_customer_is_refused(tmp_path):
    rows = []
    for customer in range(1001, 1021):
        mine = [sale for sale in SALES if sale[0] == customer]
        rows += [*mine, (customer, mine[-1][1], sum(cents for *_, cents in mine))]
    content = table("customer,date,amount", plain, rows)
    with pytest.raises(
        ConfigError, match="20 rows with the sum of the other rows of its customer for an amount .row 4"
    ):
        read(tmp_path, content)
    check(read(tmp_path, content, bad_rows="skip"))


@pytest.mark.parametrize("numbered", [True, False])
def test_discounts_are_taken_off_their_purchase(tmp_path, numbered):
    def row(number, customer, when, cents):
        lines = [(number, customer, when.date(), (cents + 500) / 100), (number, customer, when.date(), -5)]
        return [line if numbered else line[1:] for line in lines]

    head = "order_id,customer,date,amount" if numbered else "customer,date,amount"
    ledger = read(tmp_path, table(head, row))
    check(ledger)
    assert any("60 rows with a negative amount on the day" in warning for warning in ledger.warnings)


def test_returns_on_another_day_and_fees_are_taken_off_nothing(tmp_path):
    def row(number, customer, when, cents):
        day = when.date()
        back = [(customer, day + timedelta(days=400), "RETURN", -cents / 100)] if number % 9 == 0 else []
        return [(customer, day, "SALE", cents / 100), (customer, day, "FEE", -0.45), *back]

    ledger = read(tmp_path, table("customer,date,type,amount", row))
    check(ledger)
    assert sorted(ledger.left_out.values()) == [6, 60]


def test_more_returns_than_purchases_are_asked_about(tmp_path):
    def row(number, who, when, cents):
        return (who, when.date(), cents / 100 * (1 if number % 9 == 0 else -1))

    with pytest.raises(
        ConfigError, match=r"54 of 60 amounts are below 0 \(the first in row 1\).* turn their signs round"
    ):
        read(tmp_path, table("customer,date,amount", row))


@pytest.mark.parametrize("number", ["RMA17", "C5017", "GS-5017", "CN 5017"])
def test_numbers_of_returns_are_refused(tmp_path, number):
    usual = "" if number[0] == "C" else "SO"

    def row(at, customer, when, cents):
        return (number if at == 31 else f"{usual}{5000 + at}"), customer, when.date(), cents / 100

    content = table("Invoice,customer,date,amount", row)
    with pytest.raises(ConfigError, match=r"1 row with the number of a return or a credit note in 'Invoice' \(row 31"):
        read(tmp_path, content)
    check(read(tmp_path, content, bad_rows="skip"), [sale for at, sale in enumerate(SALES, 1) if at != 31])
    check(read(tmp_path, content, columns={"order": None}))


def test_pages_that_overlap_are_asked_about(tmp_path):
    for sales, said in (
        ([*SALES[:30], *SALES[22:]], "rows 31 to 38 say again, row by row, what rows 23 to 30 say"),
        ([*SALES, *SALES], "rows 61 to 120 say again, row by row, what rows 1 to 60 say"),
    ):
        with pytest.raises(ConfigError, match=said):
            read(tmp_path, table("customer,date,amount", plain, sales))
        check(read(tmp_path, table("customer,date,amount", plain, sales), duplicates="drop"))
    # A few copies here and there are no page.
    few = read(tmp_path, table("customer,date,amount", plain, [*SALES, *SALES[3:30:9]]))
    assert few.counts["duplicates"] == 3


@pytest.mark.parametrize(
    "name", ["guest@shop.com", "Gastbestellung", "Thekenverkauf", "Diverse Kunden", "CPD-Kunde", "Consumidor final", "[deleted]",
             "Client de passage", "Klient detaliczny", "REDACTED", "散客"],
)  # fmt: skip
def test_one_name_for_many_is_asked_about(tmp_path, name):
    def row(at, who, when, cents):
        return (name if at % 4 == 0 else who, when.date(), cents / 100)

    content = table("customer,date,amount", row)
    with pytest.raises(ConfigError, match=r"has 15 of 60 rows, a usual one 2\.2; say 'missing="):
        read(tmp_path, content)
    left = read(tmp_path, content, missing=[name], bad_rows="skip")
    check(left, [sale for at, sale in enumerate(SALES, 1) if at % 4])


DAYS = {
    "eBay": lambda when: f"{when:%b-%d-%y}",
    "Brazilian": lambda when: (
        f"{when.day} de {['jan', 'fev', 'mar', 'abr', 'mai', 'jun', 'jul', 'ago', 'set', 'out', 'nov', 'dez'][when.month - 1]} de"
        f" {when.year} às {when:%H:%M}"
    ),
    "a dash before the time": lambda when: f"{when:%d/%m/%Y - %H:%M}",
    "Swedish": lambda when: f"{when:%Y-%m-%d} kl. {when:%H:%M}",
    "two digits of the year, last": lambda when: f"{when:%d/%m/%y}",
    "two digits of the year, first": lambda when: f"{when:%y-%m-%d}",
}


@pytest.mark.parametrize("way", DAYS)
def test_days(tmp_path, way):
    check(
        read(tmp_path, table("customer,date,amount", lambda _, who, when, cents: (who, DAYS[way](when), cents / 100)))
    )


def test_spaces_of_typesetters_and_cents_in_a_cell(tmp_path):
    def spaced(cents):
        return f"{cents:,}.00".replace(",", "\u2007")

    content = table("customer,date,amount", lambda _, who, when, cents: (who, when.date(), spaced(cents)))
    check(read(tmp_path, content), [(*sale, 100 * cents) for *sale, cents in SALES])
    with pytest.raises(ConfigError, match="60 rows with an amount that is no number"):
        read(tmp_path, content.replace(".00", "¢"))


@pytest.mark.parametrize(("stray", "thousands"), [("12,5", ","), ("12.5", ".")])
def test_one_stray_among_whole_thousands_does_not_make_them_thousandths(tmp_path, stray, thousands):
    def row(at, customer, when, cents):
        return customer, when.date(), stray if at == 20 else f"{cents:,}".replace(",", thousands)

    with pytest.raises(ConfigError, match=r"can be read in two ways.*decimal=point or decimal=comma"):
        read(tmp_path, table("customer;date;amount", row, sign=";"))


def test_days_as_numbers_with_a_decimal_and_days_that_are_counted(tmp_path):
    check(
        read(
            tmp_path, table("customer,date,amount", lambda _, who, when, cents: (who, f"{when:%Y%m%d}.0", cents / 100))
        )
    )
    content = table(
        "customer,date,amount", lambda _, who, when, cents: (who, (when - datetime(1970, 1, 1)).days, cents / 100)
    )
    with pytest.raises(
        ConfigError, match=r"the first one: excel 1953-\d\d-\d\d, excel1904 1957-\S+, days1970 2023-01-03"
    ):
        read(tmp_path, content)
    check(read(tmp_path, content, date_format="days1970"))


@pytest.mark.parametrize(
    ("head", "encoding"),
    [("Zákazník;Datum;Částka", "cp1250"), ("Клиент;Дата;Сумма", "cp1251"), ("顧客ID;注文日;金額", "cp932"),
     ("客户编号;下单日期;金额", "gbk"), ("고객번호;주문일;금액", "euc-kr"), ("Käufer;Datum;Betrag", "cp1252")],
)  # fmt: skip
def test_other_encodings_are_told_by_what_they_read(tmp_path, head, encoding):
    content = table(head, lambda _, who, when, cents: (who, f"{when:%d.%m.%Y}", comma(cents)), sign=";")
    path = tmp_path / "sales.csv"
    path.write_bytes(content.encode(encoding))
    with pytest.raises(ConfigError, match=rf"line 1 is not UTF-8 text .*encoding={encoding} reads '{head[:20]}"):
        read_transactions(path)
    if encoding != "cp1252":
        check(read_transactions(path, Layout(encoding=encoding)))


def test_pieces_are_not_guessed_to_be_money(tmp_path):
    content = table(
        "TRANSACTION_DT,CUSTOMER_ID,AMOUNT,SALES_PRICE", lambda _, who, when, cents: (when.date(), who, 2, cents / 100)
    )
    with pytest.raises(
        ConfigError, match="'AMOUNT' has small whole numbers alone, so it may count pieces beside 'SALES_PRICE'"
    ):
        read(tmp_path, content)
    check(read(tmp_path, content, columns={"amount": "SALES_PRICE"}))


def test_heads_may_name_their_table(tmp_path):
    head = "orders.customer_id,orders.created_at,orders.total"
    check(read(tmp_path, table(head, lambda _, who, when, cents: (who, when, cents / 100))))


def test_quotes_behind_blanks_and_a_title_with_a_date(tmp_path):
    quoted = table('"customer"; "date"; "amount"', lambda _, who, when, cents: (f'"{who}"', f'"{when.date()}"', f'"{comma(cents)}"'),
                   sign="; ")  # fmt: skip
    check(read(tmp_path, quoted))
    plain = table("customer,date,amount", lambda _, who, when, cents: (who, when.date(), cents / 100))
    check(read(tmp_path, f"Sales report,,\nGenerated,2024-03-01,\n,,\n{plain}"))


def test_order_of_rows_does_not_matter(tmp_path):
    shuffled = sorted(SALES, key=lambda sale: sale[2])

    def row(number, who, when, cents):
        return (number, who, when.date(), cents / 100)

    check(read(tmp_path, table("order_id,customer,date,amount", row, shuffled)))
    check(read(tmp_path, table("order_id,customer,date,amount", row, SALES[::-1])))
