"""Price checks: numbers tell that an amount is the price of one piece, or before a discount."""

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

PRICES = (9.99, 14.99, 24.5, 49.0, 129.0)
#: Customer, day, price of one piece, pieces.
ROWS = [
    (f"c{at % 8}", date(2024, 1, 4) + timedelta(days=5 * at), PRICES[at * 7 % 5], (1, 1, 2, 3, 4, 2, 1)[at % 7])
    for at in range(40)
]
PAID = sum(price * pieces for *_, price, pieces in ROWS)


def read(path, heads, rows, **layout):
    lines = [",".join(heads), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


@pytest.mark.parametrize("head", ["amount", "Betrag", "value", "sales"])
@pytest.mark.parametrize("counted", ["quantity", "Menge", "units"])
def test_an_amount_that_is_the_price_of_one_piece_is_asked_about(tmp_path, head, counted):
    heads = ("customer", "date", counted, head)
    rows = [(who, day, pieces, price) for who, day, price, pieces in ROWS]
    with pytest.raises(ConfigError, match=rf"'{head}' has the same amounts whatever '{counted}' says.+price of one"):
        read(tmp_path / "sales.csv", heads, rows)
    ledger = read(tmp_path / "sales.csv", heads, rows, columns={"amount": head, "quantity": counted})
    assert ledger.amount.sum() == pytest.approx(PAID)
    ledger = read(tmp_path / "sales.csv", heads, rows, columns={"amount": head})
    assert ledger.amount.sum() == pytest.approx(sum(price for *_, price, _ in ROWS))


def test_what_was_paid_for_all_pieces_is_not_asked_about(tmp_path):
    path, heads = tmp_path / "sales.csv", ("customer", "date", "quantity", "amount")
    of_all = [(who, day, pieces, f"{price * pieces:.2f}") for who, day, price, pieces in ROWS]
    assert read(path, heads, of_all).amount.sum() == pytest.approx(PAID)
    # Baskets of whatever, gifts of round sums, and a head that says that it is all.
    baskets = [(who, day, pieces, f"{13.35 + 7.91 * at:.2f}") for at, (who, day, _, pieces) in enumerate(ROWS)]
    assert read(path, heads, baskets).customers == 8
    gifts = [(who, day, 1, price) for who, day, price, _ in ROWS]
    assert read(path, heads, gifts).amount.sum() == pytest.approx(sum(price for *_, price, _ in ROWS))
    total = [(who, day, pieces, price) for who, day, price, pieces in ROWS]
    assert read(path, (*heads[:3], "order_total"), total).customers == 8


def test_a_discount_beside_an_amount_is_told(tmp_path):
    rows = [(who, day, price, "1.50" if at % 4 == 0 else "0.00") for at, (who, day, price, _) in enumerate(ROWS)]
    heads = ("customer", "date", "amount", "discount")
    told = "'discount' is not taken off: amounts count as they stand"
    assert told in read(tmp_path / "sales.csv", heads, rows).warnings
    assert told not in read(tmp_path / "sales.csv", heads, rows, columns={"amount": "amount"}).warnings
    assert told not in read(tmp_path / "sales.csv", ("customer", "date", "total_paid", "discount"), rows).warnings
    before = [(*row, f"{float(row[2]) + float(row[3]):.2f}") for row in rows]
    assert told not in read(tmp_path / "sales.csv", (*heads, "list"), before).warnings


def test_the_rest_of_an_amount_less_a_discount_is_asked_about(tmp_path):
    rows = [
        (who, day, price, off := 1.5 * (at % 3), f"{price - off:.2f}") for at, (who, day, price, _) in enumerate(ROWS)
    ]
    heads = ("customer", "date", "amount", "rabatt", "due")
    with pytest.raises(
        ConfigError, match=r"'due' is 'amount' less 'rabatt'; say which was paid: 'columns=\{amount: due"
    ):
        read(tmp_path / "sales.csv", heads, rows)
    ledger = read(tmp_path / "sales.csv", heads, rows, columns={"amount": "due"})
    assert ledger.amount.sum() == pytest.approx(sum(float(row[-1]) for row in rows))


def test_numbers_of_parquet_tell_as_well(tmp_path):
    who, days, prices, pieces = (list(column) for column in zip(*ROWS, strict=True))
    table = {"customer": who, "date": days, "quantity": pieces, "amount": prices}
    parquet.write_table(pa.table(table), path := tmp_path / "sales.parquet")
    with pytest.raises(ConfigError, match="may be the price of one piece"):
        read_transactions(path, Layout())
    due = {**table, "quantity": [1] * 40, "discount": [0.5] * 40, "due": [price - 0.5 for price in prices]}
    parquet.write_table(pa.table(due), path)
    with pytest.raises(ConfigError, match="'due' is 'amount' less 'discount'"):
        read_transactions(path, Layout())
