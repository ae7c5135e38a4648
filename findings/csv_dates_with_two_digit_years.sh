#!/usr/bin/env bash
# DuckDB 2.0.1 and polars 2.1.0 both read the dates of one CSV file, 01/02/24, 28/02/24 and 13/04/24 (day, month,
# year), and both get every one of them wrong, each in its own way and without a warning. DuckDB's sniffer takes the
# day for the year: 2001-02-24, 2028-02-24, 2013-04-24, although day/month/year fits as well; every such date of the
# years 2001 to 2028 can be read so. polars (`try_parse_dates=True`) finds the day and the month and puts them into the
# first century: 0024-02-01. With four-digit years both are right, so it is seen only where dates are compared with
# another table. pandas and pyarrow leave the column as text.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/dates.py" <<'PYTHON'
"""Read the same three purchases with four readers, with two and with four digits in the year."""

import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow
import pyarrow.csv

folder = Path(sys.argv[1])
MEANT = [date(2024, 2, 1), date(2024, 2, 28), date(2024, 4, 13)]


def read(pattern):
    """Return what each reader makes of the dates written in this pattern."""
    place = folder / "purchases.csv"
    lines = [f"{customer},{day.strftime(pattern)},19.90" for customer, day in enumerate(MEANT)]
    place.write_text("customer,date,amount\n" + "\n".join(lines) + "\n")
    query = f"select date from read_csv('{place}') order by customer"
    return {
        "duckdb": [row[0] for row in duckdb.sql(query).fetchall()],
        "polars": pl.read_csv(place, try_parse_dates=True)["date"].to_list(),
        "pandas": pd.read_csv(place)["date"].tolist(),
        "pyarrow": pyarrow.csv.read_csv(place)["date"].to_pylist(),
    }


print("duckdb", duckdb.__version__, "polars", pl.__version__, "pandas", pd.__version__, "pyarrow", pyarrow.__version__)
short, long = read("%d/%m/%y"), read("%d/%m/%Y")
for name, found in (("two-digit years", short), ("four-digit years", long)):
    for reader, dates in found.items():
        print(f"{name:17} {reader:8}", ", ".join(map(str, dates)))

text = [day.strftime("%d/%m/%y") for day in MEANT]
assert [datetime.strptime(day, "%d/%m/%y").date() for day in text] == MEANT, "the dates are no longer what was meant"
first_is_year = [datetime.strptime(day, "%y/%m/%d").date() for day in text]
first_century = [day.replace(year=day.year - 2000) for day in MEANT]
wrong = short["duckdb"] == first_is_year and short["polars"] == first_century
others = short["pandas"] == text == short["pyarrow"] and long["duckdb"] == MEANT == long["polars"]
sys.exit(0 if wrong and others else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "duckdb==2.0.1" "polars==2.1.0" "pandas==3.1.1" "pyarrow==26.0.1"
"$folder/venv/bin/python" "$folder/dates.py" "$folder"
echo "as described: one file, two readers that are sure, no date right"
