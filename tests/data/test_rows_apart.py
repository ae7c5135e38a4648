"""Rows apart: what a column says far below the first rows counts as what it says above."""

import gzip
import io
from datetime import date, timedelta

import pytest
from pyarrow import csv, parquet

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

ROWS, FIRST_ODD = 3000, 1500
#: Head of a column, its usual cell, and what 1 in 20 rows of the second half have.
REFUSED = {
    "a word below a head that says nothing": ("xyz", "", "Storno", "marked as no purchase"),
    "a word beside another": ("xyz", "OK", "Storno", "marked as no purchase"),
    "numbers of returns": ("order_id", "{row}", "RMA{row}", "with the number of a return"),
}
TOLD = {
    "given back": ("refunded_amount", "0.00", "{amount}", "'refunded_amount' says what was given back"),
    "still to be paid": ("balance_due", "0.00", "{amount}", "'balance_due' says what is still to be paid"),
    "a discount": ("discount", "0.00", "2.00", "'discount' is not taken off"),
}


def ledger(head, usual, odd):
    lines = [f"customer_id,date,amount,{head}"]
    for row in range(ROWS):
        day = date(2023, 1, 1) + timedelta(days=row // 8)
        amount = f"{5 + row * 7919 % 8500 / 100:.2f}"
        cell = odd if row >= FIRST_ODD and row % 20 == 7 else usual
        lines.append(f"c{row * 37 % 401},{day},{amount},{cell.format(row=row, amount=amount)}")
    return "\n".join(lines) + "\n"


def write(path, text, form):
    if form == "parquet":
        parquet.write_table(csv.read_csv(io.BytesIO(text.encode())), path)
        return path
    content = {"gzip": gzip.compress(text.encode()), "utf-16": text.encode("utf-16")}
    path.write_bytes(content.get(form, text.encode()))
    return path


@pytest.mark.parametrize("form", ["plain", "gzip", "utf-16", "parquet"])
@pytest.mark.parametrize("case", REFUSED)
def test_odd_rows_far_below_are_refused(tmp_path, case, form):
    head, usual, odd, said = REFUSED[case]
    with pytest.raises(ConfigError, match=f"75 rows {said}"):
        read_transactions(write(tmp_path / "own.csv", ledger(head, usual, odd), form))


@pytest.mark.parametrize("form", ["plain", "gzip", "utf-16", "parquet"])
@pytest.mark.parametrize("case", TOLD)
def test_what_a_column_says_far_below_is_told(tmp_path, case, form):
    head, usual, odd, said = TOLD[case]
    found = read_transactions(write(tmp_path / "own.csv", ledger(head, usual, odd), form))
    assert sum(said in warning for warning in found.warnings) == 1


def test_a_stray_decimal_sign_far_below_is_decided_by_all_amounts(tmp_path):
    path = tmp_path / "own.csv"
    text = ledger("note", "", "").replace(",note", "").replace(",\n", "\n")
    head, *rows = text.splitlines()
    # Thousands with commas in quotes, and 1 row in 300 with cents: of all rows enough to tell.
    lines = [
        f'{row.rsplit(",", 1)[0]},"1,{at % 900 + 100}{".50" if at % 300 == 299 else ""}"' for at, row in enumerate(rows)
    ]
    path.write_text("\n".join([head, *lines]) + "\n")
    found = read_transactions(path)
    assert found.counts["rows_used"] == ROWS
    path.write_text("\n".join([head, *(line.replace(".50", "") for line in lines)]) + "\n")
    with pytest.raises(ConfigError, match="can be read in two ways"):
        read_transactions(path)
    assert read_transactions(path, Layout(decimal="point")).counts["rows_used"] == ROWS
