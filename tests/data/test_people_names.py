"""First and last names in two columns: asked about, and together who bought."""

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: Purchases of eight people, of whom four share a first name and two a last one.
PEOPLE = [(first, last) for last in ("Berg", "Cole", "Diaz", "Rao") for first in ("Anna", "Ben")]
ROWS = [(*PEOPLE[at % 8], date(2024, 1, 4) + timedelta(days=5 * at), 43.25 + 61.4 * at) for at in range(24)]
HEADS = [
    ("First Name", "Last Name"), ("Vorname", "Name"), ("Nombre Cliente", "Apellidos Cliente"), ("Imię", "Nazwisko"),
    ("Customer Name", "Customer Surname"), ("Nome", "Cognome"), ("First Name (Billing)", "Last Name (Billing)"),
    ("名", "姓"), ("名(請求先)", "氏(請求先)"),
]  # fmt: skip


def read(tmp_path, heads, rows, **layout):
    path = tmp_path / "sales.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in (heads, *rows)) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


def purchases(ledger):
    return {
        (ledger.ids[int(customer)].as_py(), ledger.start + timedelta(days=int(day)), round(amount, 2))
        for customer, day, amount in zip(ledger.customer, ledger.day, ledger.amount, strict=True)
    }


@pytest.mark.parametrize("names", HEADS)
def test_two_columns_say_who_bought_together(tmp_path, names):
    heads = (*names, "date", "amount")
    with pytest.raises(ConfigError, match=r"say who bought together; say 'columns=\{customer: \["):
        read(tmp_path, heads, ROWS)
    ledger = read(tmp_path, heads, ROWS, columns={"customer": list(names)})
    assert purchases(ledger) == {(f"{first} {last}", day, round(what, 2)) for first, last, day, what in ROWS}
    told = next(column for column in ledger.columns if column.role == "customer")
    assert (told.column, told.examples[0]) == (" and ".join(names), "Anna Berg")
    beside = [(first, last, f"{last}@x.org", *rest) for first, last, *rest in ROWS]
    assert read(tmp_path, (*names, "email", "date", "amount"), beside).customers == 4


def test_who_has_one_name_alone_is_a_customer_and_who_has_none_is_not(tmp_path):
    heads = ("First Name", "Last Name", "date", "amount")
    rows = [*ROWS, ("Cher", "NA", ROWS[0][2], 9), ("", "n/a", ROWS[0][2], 9)]
    with pytest.raises(ConfigError, match=r"1 row without a customer \(row 26\)"):
        read(tmp_path, heads, rows, columns={"customer": ["First Name", "Last Name"]})
    ledger = read(tmp_path, heads, rows, columns={"customer": ["First Name", "Last Name"]}, bad_rows="skip")
    assert ("Cher", ROWS[0][2], 9.0) in purchases(ledger)
    assert (ledger.counts["rows"], ledger.counts["rows_used"], ledger.customers) == (26, 25, 9)


def test_names_in_parquet(tmp_path):
    path = tmp_path / "sales.parquet"
    columns = map(list, zip(*ROWS, strict=True))
    parquet.write_table(pa.table(dict(zip(("first_name", "last_name", "date", "amount"), columns, strict=True))), path)
    ledger = read_transactions(path, Layout(columns={"customer": ["first_name", "last_name"]}))
    assert purchases(ledger) == {(f"{first} {last}", day, round(what, 2)) for first, last, day, what in ROWS}


def test_a_name_that_is_no_head_is_told(tmp_path):
    with pytest.raises(ConfigError, match="columns.customer is 'Lost Name', which is not there; did you mean 'Last"):
        read(
            tmp_path,
            ("First Name", "Last Name", "date", "amount"),
            ROWS,
            columns={"customer": ["First Name", "Lost Name"]},
        )
    with pytest.raises(ConfigError, match=r"columns.date is a list of 2, which is not there"):
        read(tmp_path, ("customer", "b", "date", "amount"), ROWS, columns={"date": ["date", "b"]})


@pytest.mark.parametrize("heads", [("first_touch_channel", "last_touch_channel"), ("first_seen", "last_seen")])
def test_what_was_first_and_last_is_no_name(tmp_path, heads):
    rows = [(f"Ann {at % 5}", day, amount, "ads", "mail") for at, (_, _, day, amount) in enumerate(ROWS)]
    assert len(read(tmp_path, ("customer_name", "date", "amount", *heads), rows).day) == len(rows)


@pytest.mark.parametrize("given", [[], ["Vorname", "Vorname"]])
def test_heads_of_names_are_given_each_once(tmp_path, given):
    with pytest.raises(ConfigError, match=r"columns\.customer is .*give heads of columns, each once"):
        read(tmp_path, ("Vorname", "Nachname", "date", "amount"), ROWS, columns={"customer": given})
