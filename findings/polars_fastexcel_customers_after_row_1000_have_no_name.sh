#!/usr/bin/env bash
# polars 2.1.0 reads a workbook by fastexcel 0.21.0, and customers after the first thousand rows lose their names. The kind of a
# column is told by its first thousand rows, and what does not fit below is null: where the shop's customers are numbers and those
# of the web, further down, are "W1201", they all become one nameless customer, who has spent the sum. Money keeps its cents, for
# decimals are no other kind. The same workbook sorted the other way round has all its names; so it has by pandas with the same reader
# (python-calamine), by polars with `engine="openpyxl"`, and with `infer_schema_length=None`. No warning is given; the CSV
# reader of polars refuses such a file.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/customers.py" <<'PYTHON'
"""Write purchases of 1,500 customers into a workbook in two orders, and count customers by four readers."""

import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import polars as pl
import xlsxwriter

warnings.simplefilter("error")  # a warning would be an answer of another kind
SHOP, WEB = 1200, 300
shop = [(number, 10) for number in range(1, SHOP + 1)]
web = [(f"W{SHOP + number}", 10.5) for number in range(1, WEB + 1)]


def workbook(name, rows):
    path = Path(__file__).with_name(name)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([("customer", "amount"), *rows]):
            sheet.write_row(number, 0, row)
    return path


def by_pandas(path):
    return pl.from_pandas(pd.read_excel(path, engine="calamine").astype({"customer": str}))


readers = {
    "polars, as it is": pl.read_excel,
    "polars, all rows looked at": lambda path: pl.read_excel(path, infer_schema_length=None),
    "polars, openpyxl": lambda path: pl.read_excel(path, engine="openpyxl"),
    "pandas, calamine": by_pandas,
}
names = ("polars", "fastexcel", "python-calamine", "pandas", "openpyxl")
print(", ".join(f"{name} {version(name)}" for name in names))
found = {}
for order, rows in (("shop first", shop + web), ("web first", web + shop)):
    path = workbook(f"{order}.xlsx", rows)
    for name, read in readers.items():
        spent = read(path).group_by("customer").agg(pl.col("amount").sum()).sort("amount")
        found[order, name] = len(spent), spent["amount"][-1], spent["customer"].null_count()
        count, most, nameless = found[order, name]
        print(f"{order:10} {name:27} {count:4} customers, the best of whom spent {most:7.2f}; {nameless} without a name")

text = "customer,amount\n" + "".join(f"{name},{amount}\n" for name, amount in shop + web)
try:
    pl.read_csv(text.encode())
    refused = False
except pl.exceptions.ComputeError:
    refused = True
print("the same as CSV:", "refused" if refused else "read")
lost = found.pop(("shop first", "polars, as it is"))
right = all(values == (SHOP + WEB, 10.5, 0) for values in found.values())
sys.exit(0 if right and refused and lost == (SHOP + 1, 10.5 * WEB, 1) else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "polars==2.1.0" "fastexcel==0.21.0" "pandas==3.1.1" "python-calamine==0.9.1" "openpyxl==3.1.5" \
  "xlsxwriter==3.3.1" "pyarrow==26.0.1" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/customers.py"
echo "as described: below row 1,000 names of another kind are null"
