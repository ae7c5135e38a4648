"""Columns beside the amount: which side of a ledger a row is on, in what money, and whether it was paid at all."""

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.event_log import LogLayout
from sim.data.layout import Layout
from sim.data.log_file import read_event_log
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: 24 purchases of 8 customers, and a row that is none.
ROWS = [(f"c{at % 8}", date(2024, 1, 4) + timedelta(days=5 * at), 43.25 + 61.4 * at) for at in range(24)]
ODD = ("c1", date(2024, 6, 1), 25.0)


def read(tmp_path, heads, rows, name="sales.csv", **layout):
    path = tmp_path / name
    lines = [",".join(heads), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


def check(ledger, rows=ROWS):
    found = {
        (ledger.ids[int(customer)].as_py(), ledger.start + timedelta(days=int(day)), round(amount, 2))
        for customer, day, amount in zip(ledger.customer, ledger.day, ledger.amount, strict=True)
    }
    assert found == {(who, day, round(what, 2)) for who, day, what in rows}
    counts = ledger.counts
    assert counts["rows"] == counts["rows_used"] + counts["rows_left_out"]
    assert counts["rows_left_out"] == sum(ledger.left_out.values())


@pytest.mark.parametrize(
    ("head", "usual", "odd"),
    [
        ("S/H", "S", "H"), ("Debit/Credit Indicator", "D", "C"), ("CreditDebitIndicator", "CRDT", "DBIT"),
        ("Dr/Cr", "Cr", "Dr"), ("SHKZG", "S", "H"), ("Direction", "in", "out"), ("Money in/out", "In", "Out"),
        ("Af Bij", "Bij", "Af"), ("Debe/Haber", "Haber", "Debe"), ("type", "debit", "credit"),
        ("type", "credit", "debit"), ("Refund Y/N", "N", "Y"), ("paid", "true", "false"), ("paid_flag", "1", "0"),
        ("Storno-Kennzeichen", "nein", "ja"), ("is_completed", "yes", "no"), ("AUART", "TA", "RE"), ("FKART", "F2", "S1"),
        ("FKSTO", "", "X"), ("Status", "O", "C"), ("Status", "P", "C"),
        ("Status", "", "C"), ("S/H", "", "H"), ("D/C", "paid", "C"),
    ],
)  # fmt: skip
def test_a_row_that_is_on_the_other_side_or_was_not_paid_is_asked_about(tmp_path, head, usual, odd):
    heads = ("customer", "date", "amount", head)
    rows = [*((*row, usual) for row in ROWS), (*ODD, odd)]
    with pytest.raises(ConfigError, match=rf"1 row marked as no purchase.+by the column '{head}' \(row 25: '{odd}'\)"):
        read(tmp_path, heads, rows)
    ledger = read(tmp_path, heads, rows, bad_rows="skip")
    check(ledger)
    assert sum(ledger.left_out.values()) == 1
    check(read(tmp_path, heads, rows, columns={"status": None}), [*ROWS, ODD])
    check(read(tmp_path, heads, rows[:-1]))


def test_the_side_of_most_rows_counts_however_the_file_is_sorted(tmp_path):
    rows = [(*ODD[:2], ODD[2] + at, "Dr") for at in range(5)] + [(*row, "Cr") for row in ROWS]
    with pytest.raises(ConfigError, match=r"5 rows marked as no purchase.+by the column 'Dr/Cr' \(row 1: 'Dr', row 2"):
        read(tmp_path, ("customer", "date", "amount", "Dr/Cr"), rows)


def test_a_state_of_one_letter_that_most_rows_have_is_complete(tmp_path):
    rows = [*((*row, "C") for row in ROWS), (*ODD, "O")]
    ledger = read(tmp_path, ("customer", "date", "amount", "Status"), rows)
    check(ledger, [*ROWS, ODD])
    assert "'Status' says C in most rows: taken for complete, all its rows count as purchases" in ledger.warnings


def test_credit_that_is_a_way_to_pay_is_none_of_a_side(tmp_path):
    rows = [(*row, ("Cash", "Credit", "Debit")[at % 3]) for at, row in enumerate(ROWS)]
    check(read(tmp_path, ("customer", "date", "amount", "type"), rows))


CURRENCIES = ["shop_currency", "Order Currency", "presentment_currency", "currency_iso", "cur", "WAERS", "unit", ""]


@pytest.mark.parametrize("head", CURRENCIES)
def test_amounts_in_several_currencies_are_never_added_up(tmp_path, head):
    heads = ("customer", "date", "amount", head)
    rows = [*((*row, "EUR") for row in ROWS), (*ODD, "USD")]
    told = (
        r"1 row in another currency than EUR \(row 25: \$\).+ says nothing of the amounts, columns=\{currency: null\}"
    )
    with pytest.raises(ConfigError, match=told):
        read(tmp_path, heads, rows)
    check(read(tmp_path, heads, rows, bad_rows="skip"))
    check(read(tmp_path, heads, rows, columns={"currency": None}), [*ROWS, ODD])
    assert read(tmp_path, heads, rows[:-1]).currency == "€"


def test_a_currency_of_parquet_is_known_by_its_head(tmp_path):
    path = tmp_path / "sales.parquet"
    names = ("customer", "date", "amount", "shop_currency")
    columns = zip(*((*row, "EUR") for row in ROWS), strict=True)
    parquet.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), path)
    ledger = read_transactions(path)
    check(ledger)
    assert ledger.currency == "€"


def test_two_columns_of_currencies_are_asked_about_where_they_differ(tmp_path):
    heads = ("customer", "date", "amount", "shop_currency", "customer_currency")
    rows = [(*row, "EUR", ("EUR", "USD")[at % 2]) for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match=r"columns=\{currency: shop_currency\}.+columns=\{currency: null\}"):
        read(tmp_path, heads, rows)
    check(read(tmp_path, heads, rows, columns={"currency": "shop_currency"}))
    check(read(tmp_path, heads, [(*row[:3], "EUR", "EUR") for row in rows]))
    check(read(tmp_path, heads, [(*row[:3], "EUR", "USD") for row in rows]))


@pytest.mark.parametrize(
    ("head", "words"), [("size", ("TOP", "ALL")), ("country", ("DEU", "USA")), ("tags", ("EUR", "x"))]
)
def test_other_words_of_three_letters_are_no_currencies(tmp_path, head, words):
    rows = [(*row, words[at % 2]) for at, row in enumerate(ROWS)]
    check(read(tmp_path, ("customer", "date", "amount", head), rows))


@pytest.mark.parametrize("head", ["currency", "params_currency", "Währung"])
def test_events_with_amounts_in_several_currencies_are_refused(tmp_path, head):
    path = tmp_path / "log.csv"

    def write(of_last):
        rows = [f"{who},{name},{day},{what if name == 'buy' else ''},{'EUR' if name == 'buy' else 'CHF'}"
                for who, day, what in ROWS for name in ("look", "buy")]  # fmt: skip
        rows[-1] = rows[-1].replace("EUR", of_last)
        path.write_text("\n".join([f"case,activity,time,revenue,{head}", *rows]) + "\n", encoding="utf-8")

    write("EUR")
    assert read_event_log(path).currency == "EUR"
    write("USD")
    with pytest.raises(
        ConfigError, match=r"several currencies \(row 2: 'EUR', row 48: 'USD'\).+columns=\{amount: null\}"
    ):
        read_event_log(path)
    assert read_event_log(path, LogLayout(columns={"amount": None})).amount is None


FRAMES = {
    "psql": (" {} | {} | {}", "----------+------------+---------", "(24 rows)", 2),
    "mysql": ("| {} | {} | {} |", "+----------+------------+---------+", "+----------+------------+---------+", 2),
    "sqlcmd": ("{:<8} {} {}", "-------- ---------- --------", "(24 rows affected)", 2),
    "markdown": ("| {} | {} | {} |", "| --- | :---: | ---: |", None, 1),
    "csv with a line": ("{},{},{}", "------,------,------", None, 1),
    "SAP": ("|{}|{}|{}|", "-" * 30, "-" * 30, 2),
}


@pytest.mark.parametrize("way", FRAMES)
def test_lines_around_a_table_are_left_out_and_counted(tmp_path, way):
    form, rule, foot, count = FRAMES[way]
    for heads, name, of_row in (
        (("customer", "date", "amount"), "sales.txt", lambda row: (row[0], row[1], f"{row[2]:.2f}")),
        (("case", "activity", "time"), "log.txt", lambda row: (row[0], "buy", row[1])),
    ):
        lines = [form.format(*heads), rule, *(form.format(*map(str, of_row(row))) for row in ROWS), foot]
        path = tmp_path / name
        path.write_text("\n".join(line for line in lines if line) + "\n")
        if name == "sales.txt":
            ledger = read_transactions(path)
            check(ledger)
            assert ledger.counts["rows_left_out"] == count
        else:
            log = read_event_log(path)
            assert (log.rows, log.case.size, sum(log.left_out.values())) == (24 + count, 24, count)


def test_a_head_line_repeated_in_other_capitals_is_left_out(tmp_path):
    rows = [*ROWS[:9], ("Customer", "Date", "AMOUNT"), *ROWS[9:]]
    ledger = read(tmp_path, ("customer", "date", "amount"), rows)
    check(ledger)
    assert ledger.left_out == {"repeating the head line": 1}


@pytest.mark.parametrize(
    ("head", "usual", "odd"),
    [
        ("failure_code", "", "card_declined"), ("Decline reason", "", "insufficient funds"), ("error_code", "00", "51"),
        ("cancel_reason", "", "customer"), ("Refund ID", "", "re_7"), ("Stornogrund", "-", "Kunde"),
        ("dispute_id", "", "dp_1"), ("Motivo de cancelación", "", "cliente"), ("chargeback_code", "None", "4853"),
        ("product", "Shoe", "Refund"), ("Kategorie", "Schuhe", "Gutschrift"), ("item_name", "Hat", "Returned item"),
        ("Bezeichnung", "Hut", "Stornobuchung"), ("Class", "A", "Chargeback"),
    ],
)  # fmt: skip
def test_a_row_that_was_given_back_or_failed_by_a_reason_or_its_name_is_asked_about(tmp_path, head, usual, odd):
    heads = ("customer", "date", "amount", head)
    rows = [*((*row, usual) for row in ROWS), (*ODD, odd)]
    with pytest.raises(ConfigError, match=rf"1 row marked as no purchase.+by the column '{head}' \(row 25: '{odd}'\)"):
        read(tmp_path, heads, rows)
    check(read(tmp_path, heads, rows, bad_rows="skip"))
    check(read(tmp_path, heads, rows[:-1]))


@pytest.mark.parametrize(
    ("head", "word"),
    [("return_reason", "too small"), ("product", "Return ticket"), ("error_code", "0000"), ("category", "Draft"),
     ("failure_message", "none"), ("return_policy", "30 days")],
)  # fmt: skip
def test_what_all_rows_say_or_only_sounds_like_it_takes_nothing_back(tmp_path, head, word):
    ledger = read(tmp_path, ("customer", "date", "amount", head), [(*row, word) for row in ROWS])
    check(ledger)
    assert [column.role for column in ledger.columns] == ["customer", "date", "amount"]


@pytest.mark.parametrize(
    ("heads", "told"),
    [
        (("customer", "2024-01", "2024-02", "2024-03"), "'2024-01', '2024-02', '2024-03' are months side by side"),
        (("Kunde", "Januar", "Februar", "März"), "'Januar', 'Februar', 'März' are months side by side"),
        (("customer_id", "frequency", "recency", "T"), "'frequency' and 'recency' sum up what each customer bought"),
    ],
)
def test_sums_of_customers_are_told_as_that(tmp_path, heads, told):
    with pytest.raises(ConfigError, match=told):
        read(tmp_path, heads, [(f"c{at}", at, 2 * at, 3.5 * at) for at in range(1, 40)])
