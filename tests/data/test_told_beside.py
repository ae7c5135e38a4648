"""Told beside: what may make a row no purchase, and cannot be known, is told with its count."""

from datetime import date, timedelta

import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

ROWS = [
    (f"c{at % 8}", date(2024, 1, 4) + timedelta(days=5 * at), f"{43.25 + 61.4 * (at * 7 % 40):.2f}") for at in range(40)
]


def read(path, heads, rows, **layout):
    lines = [",".join(heads), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


def beside(tmp_path, head, usual, odd):
    rows = [(*row, odd if at in (5, 19, 30) else usual) for at, row in enumerate(ROWS)]
    return read(tmp_path / "sales.csv", ("customer", "order_date", "total", head), rows)


@pytest.mark.parametrize("head", ["paid_at", "date_paid", "Bezahlt am", "Zahlungsdatum", "Payé le", "fecha_pago"])
def test_purchases_without_a_day_of_payment_are_told(tmp_path, head):
    told = f"{head!r} says nothing in 3 of 40 rows looked at: counted as purchases, paid or not"
    assert told in beside(tmp_path, head, "2024-03-04", "").warnings
    assert not beside(tmp_path, head, "2024-03-04", "2024-03-05").warnings


@pytest.mark.parametrize(("head", "usual"), [("financial_status", "paid"), ("Zahlungsstatus", "bezahlt")])
def test_states_that_say_nothing_are_told(tmp_path, head, usual):
    told = f"{head!r} says nothing in 3 rows: counted as purchases; take such rows out if they are none"
    assert told in beside(tmp_path, head, usual, "").warnings
    assert not beside(tmp_path, head, usual, usual).warnings


@pytest.mark.parametrize(
    ("head", "odd"),
    [("comment", "refunded on 3 May"), ("Bemerkung", "storniert am 3.5."), ("notes", "Cancelled by customer")],
)
def test_notes_that_speak_of_returns_are_told(tmp_path, head, odd):
    told = f"{head!r} speaks of returns or cancellations in 3 rows, such as {odd!r}: counted as purchases; take such"
    assert any(warning.startswith(told) for warning in beside(tmp_path, head, "please ring", odd).warnings)
    assert not beside(tmp_path, head, "please ring", "no refund").warnings


def test_amounts_that_only_rise_are_told(tmp_path):
    heads, so_far, rows = ("customer", "date", "amount"), {}, []
    for who, day, amount in ROWS:
        so_far[who] = so_far.get(who, 0.0) + float(amount)
        rows.append((who, day, f"{so_far[who]:.2f}"))
    told = "amounts rise from one purchase of a customer to the next in 32 of 32 cases: see whether each is the sum"
    assert any(warning.startswith(told) for warning in read(tmp_path / "sales.csv", heads, rows).warnings)
    assert not read(tmp_path / "sales.csv", heads, ROWS).warnings
    # Prices that go up are no sums.
    dearer = [(who, day, f"{40 + 0.13 * at:.2f}") for at, (who, day, _) in enumerate(ROWS)]
    assert not read(tmp_path / "sales.csv", heads, dearer).warnings


@pytest.mark.parametrize("counted", ["tickets", "number_of_seats", "Nächte", "Personen", "billets", "noches"])
def test_a_price_beside_what_is_counted_is_asked_about(tmp_path, counted):
    prices, pieces = (9.99, 14.99, 24.5, 49.0), (1, 2, 3, 1, 4, 2, 1)
    rows = [(who, day, prices[at * 7 % 4], pieces[at % 7]) for at, (who, day, _) in enumerate(ROWS)]
    heads = ("customer", "date", "price", counted)
    with pytest.raises(ConfigError, match=f"whatever '{counted}' says, so it may be the price of one piece"):
        read(tmp_path / "sales.csv", heads, rows)
    ledger = read(tmp_path / "sales.csv", heads, rows, columns={"amount": "price", "quantity": counted})
    assert ledger.amount.sum() == pytest.approx(sum(price * many for *_, price, many in rows))
    of_all = [(*row[:2], f"{row[2] * row[3]:.2f}", row[3]) for row in rows]
    assert read(tmp_path / "sales.csv", heads, of_all).counts["purchases"] == 40


@pytest.mark.parametrize(("head", "usual", "odd"), [("reference", "INV", "CN"), ("doc", "ORDER", "REFUND")])
def test_numbers_of_returns_are_refused_under_any_head(tmp_path, head, usual, odd):
    rows = [(*row, f"{odd if at == 30 else usual}-{1000 + at}") for at, row in enumerate(ROWS)]
    with pytest.raises(
        ConfigError, match=rf"with the number of a return or a credit note in '{head}' \(row 31: '{odd}"
    ):
        read(tmp_path / "sales.csv", ("customer", "date", "amount", head), rows)


@pytest.mark.parametrize(
    ("head", "odd"), [("payment_method", "refund"), ("Zahlungsart", "Storno"), ("shop", "TEST"), ("store", "test")]
)
def test_a_refund_among_ways_to_pay_and_a_shop_for_tests_are_refused(tmp_path, head, odd):
    rows = [(*row, odd if at == 30 else ("card", "cash")[at % 2]) for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match=rf"marked as no purchase.+by the column '{head}' \(row 31: '{odd}'\)"):
        read(tmp_path / "sales.csv", ("customer", "date", "amount", head), rows)


@pytest.mark.parametrize("groups", ["Kunde,Bestellung,Bestellung", "Who,,", "Customer,Order,Order"])
def test_a_line_of_groups_over_the_heads_is_left_out(tmp_path, groups):
    path = tmp_path / "sales.csv"
    rows = [",".join(map(str, row)) for row in ROWS]
    path.write_text("\n".join([groups, "Kundennummer,Datum,Betrag", *rows]) + "\n", encoding="utf-8")
    ledger = read_transactions(path, Layout())
    assert ledger.counts["purchases"] == ledger.rows == 40 and "before the head line left out" in ledger.warnings[0]


@pytest.mark.parametrize("form", ["'%Y-%m-%d", "%d.%m.%Y klo 10.15"])
def test_days_as_spreadsheets_and_finns_write_them(tmp_path, form):
    rows = [(who, day.strftime(form), amount) for who, day, amount in ROWS]
    ledger = read(tmp_path / "sales.csv", ("customer", "date", "amount"), rows)
    assert ledger.start == ROWS[0][1] and ledger.days == 196
