"""Kinds of rows: points, movements of subscriptions, what was tendered, and balances are no purchases, and are told."""

from datetime import date, timedelta

import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

ROWS = [(f"c{at % 8}", date(2024, 1, 4) + timedelta(days=5 * at), f"{43.25 + 61.4 * at:.2f}") for at in range(24)]
ODD = ("c1", date(2024, 6, 1), "25.00")


def read(tmp_path, heads, rows, **layout):
    path = tmp_path / "sales.csv"
    lines = [",".join(heads), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


def pairs(ledger):
    customers = [ledger.ids[int(at)].as_py() for at in ledger.customer]
    days = [ledger.start + timedelta(days=int(day)) for day in ledger.day]
    return sorted(zip(customers, days, map("{:.2f}".format, ledger.amount), strict=True))


NO_SALES = [
    *(("transaction_type", "Earn", word) for word in ("Redeem", "Points redeemed", "Burn", "Expired", "Points expiry")),
    ("activity", "Accrual", "Redemption"), ("change_type", "new", "churn"), ("mrr_movement", "expansion", "contraction"),
    ("line_type", "Subscription", "Account credit"), ("line_type", "Subscription", "Proration credit"),
    ("line_type", "Subscription", "Write-off"), ("row_type", "ITEM", "TENDER"), ("type", "Sale", "Cash tendered"),
    ("scenario", "Actual", "Forecast"), ("version", "Actual", "Budget"), ("document_type", "Order", "Quotation"),
    ("is_forecast", "0", "1"), ("planned", "no", "yes"), ("type", "Invoice", "Opening balance"), ("entry_type", "Invoice", "Balance carried forward"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "usual", "odd"), NO_SALES)
def test_kinds_of_rows_that_are_no_sale_are_refused(tmp_path, head, usual, odd):
    heads = ("customer", "date", "amount", head)
    rows = [*((*row, usual) for row in ROWS), (*ODD, odd)]
    with pytest.raises(ConfigError, match=rf"1 row marked as no purchase.+by the column '{head}' \(row 25: '{odd}'\)"):
        read(tmp_path, heads, rows)
    ledger = read(tmp_path, heads, rows, bad_rows="skip")
    assert pairs(ledger) == sorted(ROWS) and sum(ledger.left_out.values()) == 1
    assert pairs(read(tmp_path, heads, rows[:-1])) == sorted(ROWS)


@pytest.mark.parametrize(
    ("usual", "odd"), [("Sale", "Deposit"), ("Subscription", "Late fee charged"), ("Earn", "Gift")]
)
def test_kinds_that_may_be_no_sale_are_told(tmp_path, usual, odd):
    heads = ("customer", "date", "amount", "type")
    ledger = read(tmp_path, heads, [*((*row, usual) for row in ROWS), (*ODD, odd)])
    assert pairs(ledger) == sorted([*ROWS, ODD])
    assert f"'type' says '{odd}' in 1 row: counted as purchases; take such rows out if they are none" in ledger.warnings


def test_kinds_of_goods_are_not_told(tmp_path):
    rows = [(*row, ("shoes", "hats", "service")[at % 3]) for at, row in enumerate(ROWS)]
    assert not read(tmp_path, ("customer", "date", "amount", "type"), rows).warnings


@pytest.mark.parametrize("head", ["", "Unnamed: 3", "Column4"])
@pytest.mark.parametrize(("usual", "odd"), [("", "-"), ("+", "-"), ("Dr", "Cr"), ("", "\u2212")])
def test_what_stands_behind_amounts_without_a_head_counts(tmp_path, head, usual, odd):
    heads = ("customer", "date", "amount", head)
    rows = [*((*row, usual) for row in ROWS), (*ODD, odd)]
    with pytest.raises(ConfigError, match=rf"by the column '{head or 'column 4'}' \(row 25: '{odd}'\)"):
        read(tmp_path, heads, rows)
    ledger = read(tmp_path, heads, rows[:-1])
    assert pairs(ledger) == sorted(ROWS) and not ledger.warnings


@pytest.mark.parametrize("cell", ["7", "remark", "x - y"])
def test_other_columns_without_a_head_say_nothing(tmp_path, cell):
    ledger = read(tmp_path, ("customer", "date", "amount", ""), [(*row, cell) for row in ROWS])
    assert pairs(ledger) == sorted(ROWS) and [column.role for column in ledger.columns] == [
        "customer",
        "date",
        "amount",
    ]


@pytest.mark.parametrize(
    "word", ["Carried forward", "Amount brought forward", "Opening balance", "Übertrag", "Saldo final"]
)
def test_sums_that_are_carried_to_the_next_page_are_no_customer(tmp_path, word):
    rows, so_far = [], 0.0
    for at, row in enumerate(ROWS):
        if at and at % 8 == 0:
            rows.append((word, row[1], f"{so_far:.2f}"))
        so_far += float(row[2])
        rows.append(row)
    with pytest.raises(ConfigError, match="2 rows with a total for a customer"):
        read(tmp_path, ("customer", "date", "amount"), rows)
    assert pairs(read(tmp_path, ("customer", "date", "amount"), rows, bad_rows="skip")) == sorted(ROWS)


@pytest.mark.parametrize(
    "heads",
    [("Jan 2024", "Feb 2024", "Mar 2024"), ("Q1", "Q2", "Q3"), ("2024M01", "2024M02", "2024M03"), ("2021", "2022", "2023"),
     ("sales_jan", "sales_feb", "sales_mar"), ("2024_01", "2024_02", "2024_03")],
)  # fmt: skip
@pytest.mark.parametrize("more", [(), ("date", "total")])
def test_periods_side_by_side_are_refused_also_beside_a_date(tmp_path, heads, more):
    rows = [(f"c{at}", 1, 2, 3, *(("2023-01-04", 6) if more else ())) for at in range(12)]
    with pytest.raises(ConfigError, match="are months side by side"):
        read(tmp_path, ("customer", *heads, *more), rows)


def test_states_that_are_codes_alone_are_told(tmp_path):
    heads = ("customer", "date", "amount", "status")
    ledger = read(tmp_path, heads, [*((*row, "1") for row in ROWS), (*ODD, "0")])
    assert any("'status' says '1' in 24 rows, '0' in 1 row: counted as purchases" in told for told in ledger.warnings)
    assert not read(tmp_path, heads, [(*row, ("Bayern", "Hessen")[at % 2]) for at, row in enumerate(ROWS)]).warnings


@pytest.mark.parametrize("name", ["**** **** {}", "XXXXXXXX{}", "a***{}@b***.com", "\u2022\u2022\u2022\u2022 {}"])
def test_masked_ids_are_told(tmp_path, name):
    rows = [(name.format(1000 + int(who[1:])), *rest) for who, *rest in ROWS]
    assert any("are masked" in told for told in read(tmp_path, ("customer", "date", "amount"), rows).warnings)
    rows = [(f"*{who}", *rest) for who, *rest in ROWS]
    assert not read(tmp_path, ("customer", "date", "amount"), rows).warnings
