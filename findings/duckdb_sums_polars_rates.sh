#!/usr/bin/env bash
# DuckDB 2.0.1 hands its sums to polars 2.1.0, and every rate becomes 0 or 1. DuckDB's `sum` of whole numbers is a
# HUGEINT; `.pl()` passes it on as a decimal without digits behind the point, and polars gives a quotient of decimals the
# digits of its operands: 50 clicks of 1,900 views are a rate of 0, and a channel's share of all clicks is 0 or 1. The
# mean cost of a click keeps the two digits of the money. In SQL, in pandas (`.df()`) and where polars adds up the same
# whole numbers itself the rates are right; `count(*)` beside them stays an ordinary whole number. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/rates.py" <<'PYTHON'
"""Add up clicks, views and money by channel, and divide the sums in SQL, in pandas, and in polars in two ways."""

import sys
import warnings
from fractions import Fraction

import duckdb
import pandas as pd
import polars as pl

warnings.simplefilter("error")
ROWS = [("mail", 30, 1000, "0.25"), ("mail", 20, 900, "0.35"), ("search", 90, 1500, "8.20"), ("search", 81, 1700, "1.10")]
exact = {}
for name in ("mail", "search"):
    own = [row[1:] for row in ROWS if row[0] == name]
    clicks, views, cost = sum(r[0] for r in own), sum(r[1] for r in own), sum(Fraction(r[2]) for r in own)
    total = sum(row[1] for row in ROWS)
    exact[name] = [float(x) for x in (Fraction(clicks, views), Fraction(clicks, total), cost / clicks)]

database = duckdb.connect()
database.execute("create table ads (channel varchar, clicks bigint, views bigint, cost decimal(10, 2))")
database.executemany("insert into ads values (?, ?, ?, ?)", ROWS)
sums = database.sql(
    "select channel, sum(clicks) as clicks, sum(views) as views, sum(cost) as cost from ads "
    "group by channel order by channel"
)
handed_over, rows, frame = sums.pl(), database.sql("from ads").pl(), sums.df()


def by_polars(table):
    """Return each channel's rate of clicks, share of all clicks and cost of a click."""
    rates = table.select(
        "channel",
        rate=pl.col("clicks") / pl.col("views"),
        share=pl.col("clicks") / pl.col("clicks").sum(),
        cost=pl.col("cost") / pl.col("clicks"),
    )
    return {name: [float(value) for value in values] for name, *values in rates.iter_rows()}


found = {
    "exact": exact,
    "SQL": {
        name: [float(value) for value in values]
        for name, *values in database.sql(
            "select channel, clicks / views, clicks / sum(clicks) over (), cost / clicks from sums order by channel"
        ).fetchall()
    },
    "pandas": {
        row.channel: [row.clicks / row.views, row.clicks / frame["clicks"].sum(), float(row.cost) / row.clicks]
        for row in frame.itertuples()
    },
    "polars, its own sums": by_polars(
        rows.group_by("channel").agg(pl.col("clicks", "views", "cost").sum()).sort("channel")
    ),
    "polars, DuckDB's sums": by_polars(handed_over),
}
print("duckdb", duckdb.__version__, "polars", pl.__version__, "pandas", pd.__version__)
print("types: SQL", [str(kind) for kind in sums.types], "- polars", [str(kind) for kind in handed_over.dtypes])
print("rate of clicks, share of clicks, cost of a click")
for tool, channels in found.items():
    print(f"{tool:22}", {name: [round(float(value), 4) for value in values] for name, values in channels.items()})


def near(one, other):
    return all(abs(a - b) < 1e-9 for a, b in zip(one, other, strict=True))


right = all(near(found[tool][name], exact[name]) for tool in ("SQL", "pandas") for name in exact)
# Money is a decimal in the polars table as well: its own rates and shares are right, the cost of a click is rounded.
right &= all(near(found["polars, its own sums"][name][:2], exact[name][:2]) for name in exact)
wrong = found["polars, DuckDB's sums"]
whole = {name: values[:2] for name, values in wrong.items()} == {"mail": [0.0, 0.0], "search": [0.0, 1.0]}
cents = all(abs(values[2] - round(exact[name][2], 2)) < 1e-9 for name, values in wrong.items())
far = abs(wrong["mail"][2] / exact["mail"][2] - 1) > 0.1
sys.exit(0 if right and whole and cents and far else "changed: the rates are no longer rounded in this way")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "duckdb==2.0.1" "polars==2.1.0" "pandas==3.1.1" "pyarrow==26.0.1" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/rates.py"
echo "as described: the rates of DuckDB's sums are 0 or 1 in polars"
