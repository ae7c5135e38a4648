"""Columns: each cell is matched as a whole, each column read in one format, and what was understood is told."""

import gzip
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.calibration.targets import read_target_file
from sim.customer_base.survival import holds_survival, read_survival
from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: Twelve purchases of four customers, 43.25 each, 519 in all.
ROWS = [[str(1001 + at % 4), f"2021-01-{at + 5:02}", "43.25"] for at in range(12)]


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a table, with one cell changed, and reads it."""

    def go(rows=ROWS, head=("customer", "date", "amount"), delimiter=",", cell=None, **layout):
        rows = [list(row) for row in rows]
        if cell is not None:
            at, column, word = cell
            rows[at][column] = word
        path = tmp_path / "sales.csv"
        path.write_text("\n".join(delimiter.join(row) for row in [head, *rows]) + "\n")
        return read_transactions(path, Layout(**layout))

    return go


SAME = ["US$ 43.25", "43.25 EUR", "CHF 43.25", "43,25 kr.".replace(",", "."), "R$43.25", "Rs. 43.25", "\u20b943.25"]


@pytest.mark.parametrize("word", SAME)
def test_one_currency_however_it_is_written(read, word):
    ledger = read([[*row[:2], word] for row in ROWS])
    assert ledger.amount.sum() == pytest.approx(519.0)
    assert ledger.columns[2].format.startswith("decimal point, currency ")


def test_two_currencies_are_never_added_up(read):
    rows = [[*row[:2], "$43.25" if at else "\u20ac40.00"] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match=r"1 row in another currency than \$ \(row 1: EUR\)"):
        read(rows)
    ledger = read(rows, bad_rows="skip")
    assert ledger.left_out == {"in another currency than $": 1} and ledger.amount.sum() == pytest.approx(11 * 43.25)
    rows = [[*row, "EUR" if at else "USD"] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match="1 row in another currency than EUR"):
        read(rows, head=("customer", "date", "amount", "currency"))
    assert read([[*row, "eur"] for row in ROWS], head=("customer", "date", "amount", "currency")).customers == 4


REMARKS = [
    "43.25 est",
    "43k",
    "ca. 43",
    "43.25 (two)",
    "2 x 43",
    "43 25",
    "A43",
    "43.25 / 2",
    "43%",
    "--43",
    "1234 567",
]


@pytest.mark.parametrize("word", REMARKS)
def test_a_remark_in_an_amount_is_no_number(read, word):
    with pytest.raises(ConfigError, match="1 row with an amount that is no number .*row 4"):
        read(cell=(3, 2, word))


@pytest.mark.parametrize("word", ["\uff0d43.25", "\u201143.25", "(43.25 EUR)", "USD -43.25", "43.25 USD-", "-(43.25)"])
def test_signs_of_what_was_paid_back(read, word):
    ledger = read(cell=(3, 2, word))
    assert sum(ledger.left_out.values()) == 1 and ledger.amount.sum() == pytest.approx(11 * 43.25)


@pytest.mark.parametrize(
    "word", ["2021-01-08 cancelled", "2021-01-08 10:30 cancelled", "8 Jan or so", "2021-01-08 25:61"]
)
def test_a_remark_in_a_date_is_no_date(read, word):
    with pytest.raises(ConfigError, match="1 row with a date that cannot be read .*row 4"):
        read(cell=(3, 1, word))


CLOCKS = ["2021-01-08T10:30:15Z", "2021-01-08 10:30", "2021-01-08 10:30:15.123+02:00", "2021-01-08 9:30 PM",
          "2021-01-08 9:30:15 p.m.", "2021-01-08 10:30 UTC"]  # fmt: skip


@pytest.mark.parametrize("word", CLOCKS)
def test_a_time_of_day_is_left_out(read, word):
    ledger = read(cell=(3, 1, word))
    assert sorted(ledger.day.tolist()) == list(range(12))


@pytest.mark.parametrize("far", ["1970-01-01", "1900-01-01", "2199-12-31", "2031-01-08"])
def test_a_date_years_away_from_all_others_is_asked_about(read, far):
    with pytest.raises(ConfigError, match=f"1 row with a date years away from all others .*row 4: '{far}'"):
        read(cell=(3, 1, far))
    ledger = read(cell=(3, 1, far), bad_rows="skip")
    assert ledger.days == 12 and sum(ledger.left_out.values()) == 1


def test_years_without_a_purchase_of_a_file_that_goes_on_are_no_fault(read):
    rows = [[row[0], f"{2010 + at // 6 * 5}-01-{at + 5:02}", row[2]] for at, row in enumerate(ROWS)]
    assert read(rows).customers == 4


@pytest.mark.parametrize(("digits", "factor"), [(10, 1), (13, 1000), (16, 10**6)])
def test_times_since_1970_are_told_from_their_digits(read, digits, factor):
    seconds = [
        int((datetime(2021, 1, 5) + timedelta(days=at) - datetime(1970, 1, 1)).total_seconds()) for at in range(12)
    ]
    ledger = read([[row[0], str(second * factor), row[2]] for row, second in zip(ROWS, seconds, strict=True)])
    assert (ledger.start, ledger.days) == (date(2021, 1, 5), 12)
    assert "since 1970" in ledger.columns[1].format
    assert read([[row[0], row[1].replace("-", "") + "103000", row[2]] for row in ROWS]).days == 12


def test_a_year_of_two_digits_first_or_last_is_asked_about(read):
    with pytest.raises(ConfigError, match="date_format=%d-%m-%y or date_format=%y-%m-%d"):
        read([[row[0], row[1][2:], row[2]] for row in ROWS])


def test_rows_that_repeat_the_head_line_are_left_out_and_counted(read):
    ledger = read([*ROWS, ["customer", "date", "amount"], *ROWS], duplicates="keep")
    assert ledger.left_out == {"repeating the head line": 1} and ledger.rows == 25


def test_a_quote_that_swallows_one_row_alone_is_refused(read):
    rows = [[*row, '"ok' if at == 3 else 'ok"' if at == 4 else "ok"] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match="a quote opens in line 5"):
        read(rows, head=("customer", "date", "amount", "note"))
    legal = [[*row, '"two\nlines"' if at == 3 else "ok"] for at, row in enumerate(ROWS)]
    assert read(legal, head=("customer", "date", "amount", "note")).rows == 12


def test_ids_that_a_table_tool_rounded_are_refused_and_zeros_reported(read):
    with pytest.raises(ConfigError, match=r"an id that a table tool has rounded \(row 4: '1.23457E\+12'\)"):
        read(cell=(3, 0, "1.23457E+12"))
    ledger = read(cell=(3, 0, "01004"))
    assert ledger.customers == 5 and ledger.counts["ids_alike_but_for_zeros"] == 1
    assert read(cell=(3, 0, "5e10")).customers == 5


def test_an_id_that_really_is_na_can_be_asked_for(read):
    assert read(cell=(3, 0, "NA"), missing=[]).customers == 5
    with pytest.raises(ConfigError, match="without a customer"):
        read(cell=(3, 0, "nobody"), missing=["nobody"])


def test_a_unit_price_times_a_quantity(read):
    head = ("Invoice", "Quantity", "InvoiceDate", "Price", "Customer ID")
    rows = [["1", "-2" if at == 3 else "2", row[1] + " 08:26:00", "43.25", row[0]] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match=r"columns=\{amount: Price, quantity: Quantity\}"):
        read(rows, head=head)
    ledger = read(rows, head=head, columns={"amount": "Price", "quantity": "Quantity"})
    assert ledger.amount.sum() == pytest.approx(11 * 86.5) and sum(ledger.left_out.values()) == 1


def test_a_quantity_below_zero_beside_an_amount_above_is_asked_about(read):
    head = ("customer", "date", "amount", "quantity")
    rows = [[*row, "-1" if at == 3 else "1"] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match=r"1 row with a quantity below 0 and an amount above it \(row 4: '-1'\)"):
        read(rows, head=head)
    assert read([[*row[:3], "2"] for row in rows], head=head).amount.sum() == pytest.approx(519.0)
    rows[3][2] = "-43.25"
    assert sum(read(rows, head=head).left_out.values()) == 1


def test_what_stands_before_the_head_line_is_named_and_a_long_note_is_none_of_its_business(tmp_path):
    path = tmp_path / "sales.csv"
    table = "customer,date,amount,note\n" + "".join(",".join([*row, "ok"]) + "\n" for row in ROWS)
    path.write_text("Sales report 2021\n\n" + table)
    ledger = read_transactions(path)
    assert ledger.rows == 12 and ledger.warnings[0] == "1 line before the head line left out ('Sales report 2021')"
    path.write_text(table.replace("ok", '"' + "x" * 200_000 + '"', 1))
    assert read_transactions(path).rows == 12


def test_purchases_without_amounts(read):
    bare = [row[:2] for row in ROWS]
    for ledger in (
        read(bare, head=("customer", "date")),
        read([[*row, "red"] for row in bare], head=("customer", "date", "colour")),
        read(columns={"amount": None}),
    ):
        assert not ledger.priced and ledger.customers == 4 and "no amounts" in ledger.warnings[-1]


def test_the_decimal_sign_is_decided_by_all_amounts(read):
    rows = [
        [str(at % 40), f"2021-{1 + at % 12:02}-{1 + at % 28:02}", "40" if at < 600 else "43,25"] for at in range(700)
    ]
    ledger = read(rows, delimiter=";")
    assert ledger.amount.sum() == pytest.approx(600 * 40 + 100 * 43.25)
    rows = [[*row[:2], "40" if at < 600 else "4.325"] for at, row in enumerate(rows)]
    with pytest.raises(ConfigError, match="decimal=point or decimal=comma"):
        read(rows, delimiter=";")


def test_the_order_of_columns_and_heads_that_only_look_like_a_role(read):
    head = ("id", "customer_id", "date", "time", "total", "price")
    rows = [[f"o{at}", row[0], row[1], "10:30", row[2], "1.00"] for at, row in enumerate(ROWS)]
    ledger = read(rows, head=head)
    assert [column.column for column in ledger.columns] == ["customer_id", "date", "total"]
    assert ledger.amount.sum() == pytest.approx(519.0)


def test_parquet_is_read_like_text(tmp_path, read):
    expected = read()
    days = [date.fromisoformat(row[1]) for row in ROWS]
    columns = {
        "text": [row[1] for row in ROWS],
        "date": days,
        "time": pa.array([datetime.combine(day, datetime.min.time()) for day in days], pa.timestamp("ns")),
    }
    for name, dates in columns.items():
        path = tmp_path / f"{name}.parquet"
        ids = pa.array([int(row[0]) for row in ROWS]) if name != "time" else pa.array([float(row[0]) for row in ROWS])
        parquet.write_table(pa.table({"customer_id": ids, "amount": [43.25] * 12, "date": dates}), path)
        ledger = read_transactions(path)
        assert ledger.ids == expected.ids and ledger.amount.tolist() == expected.amount.tolist()
        assert ledger.day.tolist() == expected.day.tolist()
    parquet.write_table(pa.table({"customer": [None, "A"], "date": days[:2], "amount": [[1.0], [2.0]]}), path)
    with pytest.raises(ConfigError, match="column 'amount' holds list"):
        read_transactions(path)
    path.write_bytes(b"PAR1" + bytes(40))
    with pytest.raises(ConfigError, match="cannot be read as Parquet"):
        read_transactions(path)


def test_what_was_understood_is_told(read):
    ledger = read(cell=(3, 2, "n/a"), bad_rows="skip")
    shown = [column.plain() for column in ledger.columns]
    assert shown[0]["examples"] == ["1001", "1002", "1003"] and shown[1]["format"] == "%Y-%m-%d"
    assert shown[2] == {
        "role": "amount",
        "column": "amount",
        "format": "decimal point",
        "examples": ["43.25", "n/a"],
        "rows_odd": 1,
        "odd": {"without an amount": 1},
    }


SURVIVORS = [
    "year;survival\n0;100,0\n1;80,5\n2;70,2\n3;63,1\n",
    "sep=;\nyear;survival\n0;100 %\n1;80,5 %\n2;70,2 %\n3;63,1 %\n",
    "\n\nyear\tsurvival\r0\t100\r1\t80.5\r2\t70.2\r3\t63.1\r",
    "year|survival\n0|1.0\n1|0.805\n2|0.702\n3|0.631\n",
    "# churn\nof 2021\nyear,survival\n0,100\n1,80.5\n2,70.2\n3,63.1\n",
]


@pytest.mark.parametrize("text", SURVIVORS)
def test_survivors_are_read_by_the_same_rules(tmp_path, text):
    path = tmp_path / "survivors.csv"
    path.write_text(text, newline="")
    assert holds_survival(str(path))
    survival = read_survival(str(path))
    assert survival.share.tolist() == pytest.approx([1.0, 0.805, 0.702, 0.631])
    assert [column.role for column in survival.columns] == ["period", "survivors"]
    path.write_bytes(gzip.compress(text.encode("utf-16")))
    assert holds_survival(str(path)) and read_survival(str(path)).share == pytest.approx(survival.share)
    table = pa.table({"year": [0, 1, 2, 3], "survival": [100.0, 80.5, 70.2, 63.1]})
    parquet.write_table(table, tmp_path / "survivors.parquet")
    assert read_survival(str(tmp_path / "survivors.parquet")).share == pytest.approx(survival.share)


def test_survivors_with_a_remark_are_refused(tmp_path):
    path = tmp_path / "survivors.csv"
    path.write_text("year,survival\n0,100\n1,about 80\n2,70\n")
    with pytest.raises(ConfigError, match="row 2 has 'about 80'"):
        read_survival(str(path))
    path.write_text("year,survival\n0,100%\n1,0.8\n2,0.7\n")
    with pytest.raises(ConfigError, match="figures with % and without, such as '0.8' in row 2"):
        read_survival(str(path))
    path.write_text("year,survival,survival\n0,100,100\n1,80,90\n2,70,80\n")
    with pytest.raises(ConfigError, match="2 columns are called 'survival'"):
        read_survival(str(path))


def test_targets_are_read_by_the_same_rules(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text("metric,value,se\nswitched,20.5 %,\nbrands_initial,2.2,0.1\n")
    expected = read_target_file(path).targets
    path.write_text("\nsep=;\n".lstrip() + "metric;value;se\nswitched;20,5 %;NA\nbrands_initial;2,2;0,1\n")
    assert read_target_file(path).targets == expected


def test_of_columns_that_may_be_the_amount_those_that_speak_of_money_are_proposed(read):
    rows = [[str(1000 + at), row[0], row[1], "7", "40.00", row[2]] for at, row in enumerate(ROWS)]
    head = ("Order Number", "customer", "date", "Bags", "Order Subtotal Amount", "Order Amount Charged")
    wanted = r"'Order Amount Charged' may be it \(or 'Bags', 'Order Subtotal Amount', 'Order Number'\)"
    with pytest.raises(ConfigError, match=wanted):
        read(rows, head)
    # Where all are numbers of things none is proposed, but whether there is an amount is still asked.
    with pytest.raises(ConfigError, match="as the amount; say 'columns={amount: HEAD}', or 'columns={amount: null}'"):
        read([row[:3] for row in rows], head[:3])
