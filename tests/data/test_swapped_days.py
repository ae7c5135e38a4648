"""Swapped days: a ledger in order of time whose dates up to the 12th were exchanged is refused, and no other."""

from datetime import date, timedelta

import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

DAYS = [date(2023, 1, 1) + timedelta(days=number // 4) for number in range(1600)]


def exchanged(day):
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else day


def write(tmp_path, days, pattern):
    path = tmp_path / "own.csv"
    rows = [f"c{row * 37 % 211},{day.strftime(pattern)},{row % 80 + 5}.50" for row, day in enumerate(days)]
    path.write_text("\n".join(["customer_id,date,amount", *rows]) + "\n")
    return path


@pytest.mark.parametrize("pattern", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_exchanged_days_are_refused_unless_the_format_is_given(tmp_path, pattern, newest_first):
    days = DAYS[::-1] if newest_first else DAYS
    path = write(tmp_path, map(exchanged, days), pattern)
    with pytest.raises(ConfigError, match=r"up to the 12th are exchanged \(row \d+: .*, say date_format=%"):
        read_transactions(path)
    assert read_transactions(path, Layout(date_format=pattern)).counts["rows_used"] == len(DAYS)


def test_rows_in_any_other_order_are_read(tmp_path):
    mixed = [DAYS[row * 611 % len(DAYS)] for row in range(len(DAYS))]
    by_customer = sorted(range(len(DAYS)), key=lambda row: row * 37 % 211)
    late = [*DAYS[400:], *DAYS[:400]]
    for days in (DAYS, DAYS[::-1], mixed, [exchanged(day) for day in mixed], [DAYS[row] for row in by_customer], late):
        found = read_transactions(write(tmp_path, days, "%Y-%m-%d"))
        assert found.counts["rows_used"] == len(DAYS)
