"""Sale words: a column whose words are those of sales and of what is none is read, whatever its head is."""

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

ROWS = [(f"c{at % 8}", date(2024, 1, 4) + timedelta(days=5 * at), f"{43.25 + 61.4 * at:.2f}") for at in range(24)]
ODD = ("c1", date(2024, 6, 1), "25.00")
HEADS = ("customer", "date", "amount")


def read(path, heads, rows, **layout):
    lines = [",".join(heads), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


def pairs(ledger):
    customers = [ledger.ids[int(at)].as_py() for at in ledger.customer]
    days = [ledger.start + timedelta(days=int(day)) for day in ledger.day]
    return sorted(zip(customers, days, map("{:.2f}".format, ledger.amount), strict=True))


TOLD = [
    ("document", "Invoice", "Quotation"), ("document", "Invoice", "Credit note"), ("document", "Facture", "Avoir"),
    ("document", "Faktura", "Korekta"), ("line", "item", "tender"), ("what", "Sale", "Refund"),
    ("booking", "Rechnung", "Angebot"), ("dokument", "Rechnung", "Lieferschein"), ("doc", "INV", "CN"),
    ("info", "paid", "voided"), ("flag", "OK", "VOID"), ("Vorfall", "Verkauf", "Retoure"), ("trx", "SALE", "RETURN"),
    ("cat", "order", "return"), ("nature", "Vente", "Remboursement"), ("Beleg", "Rechnung", "Gutschrift"),
    ("concepto", "Venta", "Devolución"), ("mov", "VENTA", "ANULACION"), ("causale", "Vendita", "Reso"),
    ("Zahlung", "bezahlt", "offen"), ("payment", "paid", "unpaid"), ("payment", "completed", "pending"),
    ("fulfilment", "shipped", "cancelled"), ("progress", "delivered", "returned"), ("remark 2", "", "STORNO"),
    ("transaction", "sale", "authorization"), ("transaction", "capture", "refund"), ("entry", "charge", "payout"),
    ("event_name", "purchase", "add_to_cart"), ("action", "buy", "view"), ("step", "completed", "abandoned"),
    ("credit memo", "", "x"), ("order source", "web", "test"), ("種類", "売上", "返品"), ("操作", "购买", "退款"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "usual", "odd"), TOLD)
def test_rows_that_are_no_sale_are_refused_under_any_head(tmp_path, head, usual, odd):
    rows = [*((*row, usual) for row in ROWS), (*ODD, odd)]
    with pytest.raises(ConfigError, match=rf"1 row marked as no purchase.+by the column '{head}' \(row 25: '{odd}'\)"):
        read(tmp_path / "sales.csv", (*HEADS, head), rows)
    ledger = read(tmp_path / "sales.csv", (*HEADS, head), rows, bad_rows="skip")
    assert pairs(ledger) == sorted(ROWS) and sum(ledger.left_out.values()) == 1


SAYS_NOTHING = [
    ("membership", "active|cancelled|expired"), ("newsletter", "active|cancelled"), ("campaign", "new|sale|none"),
    ("season", "sale|regular"), ("ticket", "adult|return|single"), ("fare", "single|return"),
    ("payment", "card|cash|invoice"), ("payment", "Rechnung|Vorkasse|Paypal"), ("email_status", "sent|delivered|bounced"),
    ("sms", "delivered|failed"), ("product", "Order book|Return label"), ("document", "Invoice|Receipt"),
    ("delivery", "delivered|collected"), ("promo", "sale|no sale"), ("segment", "new|active|lost"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "words"), SAYS_NOTHING)
def test_words_of_something_else_take_nothing_back(tmp_path, head, words):
    words = words.split("|")
    rows = [(*row, words[at % len(words)]) for at, row in enumerate(ROWS)]
    ledger = read(tmp_path / "sales.csv", (*HEADS, head), rows)
    assert pairs(ledger) == sorted(ROWS) and not ledger.warnings


def test_looks_and_baskets_are_no_purchases(tmp_path):
    """As shops export what visitors do: the price stands in every row, and few rows are purchases."""
    kinds = ["view", "view", "cart", "purchase"]
    rows = [(f"{day} 10:00:00 UTC", kinds[at % 4], amount, who) for at, (who, day, amount) in enumerate(ROWS)]
    ledger = read(tmp_path / "sales.csv", ("event_time", "event_type", "price", "user_id"), rows, bad_rows="skip",
                  columns={"date": "event_time"})  # fmt: skip
    assert pairs(ledger) == sorted(ROWS[3::4]) and sum(ledger.left_out.values()) == 18


def test_a_word_that_is_not_known_is_told(tmp_path):
    rows = [*((*row, "Sale") for row in ROWS), (*ODD, "Exchange")]
    ledger = read(tmp_path / "sales.csv", (*HEADS, "what"), rows)
    assert "'what' says 'Exchange' in 1 row: counted as purchases; take such rows out if they are none" in (
        ledger.warnings
    )


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_words_of_parquet_tell_as_well(tmp_path, kind):
    who, days, amounts, words = zip(*((*row, "Invoice") for row in ROWS), (*ODD, "Quotation"), strict=True)
    columns = {"customer": who, "date": days, "amount": list(map(float, amounts)), "notes": ["n" * 2000] * 25}
    table = pa.table({**columns, "document": pa.array(words).cast(kind)})
    parquet.write_table(table, tmp_path / "sales.parquet")
    with pytest.raises(ConfigError, match=r"by the column 'document' \(row 25: 'Quotation'\)"):
        read_transactions(tmp_path / "sales.parquet", Layout())
    assert pairs(read_transactions(tmp_path / "sales.parquet", Layout(bad_rows="skip"))) == sorted(ROWS)


def test_lists_of_parquet_play_no_role(tmp_path):
    who, days, amounts = zip(*ROWS, strict=True)
    lists = {name: [["a", "b"]] * 24 for name in ("items", "tags", "status", "currency", "order_id")}
    table = pa.table({"customer": who, "date": days, "amount": list(map(float, amounts)), **lists})
    parquet.write_table(table, tmp_path / "sales.parquet")
    assert pairs(read_transactions(tmp_path / "sales.parquet", Layout())) == sorted(ROWS)


def test_a_day_in_eight_digits_is_known_by_its_head(tmp_path):
    """As Google Analytics exports it, in text and in Parquet."""
    rows = [(f"{day:%Y%m%d}", "purchase", amount, who) for who, day, amount in ROWS]
    heads = ("event_date", "event_name", "value", "user_pseudo_id")
    assert pairs(read(tmp_path / "sales.csv", heads, rows)) == sorted(ROWS)
    parquet.write_table(pa.table(dict(zip(heads, zip(*rows, strict=True), strict=True))), tmp_path / "sales.parquet")
    assert pairs(read_transactions(tmp_path / "sales.parquet", Layout())) == sorted(ROWS)
