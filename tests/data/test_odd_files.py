"""Odd files: exports of shops, banks and table tools come out to the cent, or are refused with row, value and remedy."""

import bz2
import gzip
import io
import tarfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_DNS, uuid5

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.layout import Layout
from sim.data.row_faults import says_nothing
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: 24 purchases of 8 customers, 43.25 to 1,455.45.
ROWS = [(str(1001 + at * 7 % 8), date(2021, 1, 5) + timedelta(days=3 * at), 43 + Decimal(".25") + at * Decimal("61.4"))
        for at in range(24)]  # fmt: skip
HEAD = ("customer_id", "date", "amount")
GERMAN = ["Januar", "Februar", "März"]
FRENCH = ["janv.", "févr.", "mars"]


def text(rows=ROWS, head=HEAD, sign=",", end="\n", *, day=str, money=str, name=str):
    """Return a table as text; a function writes each kind of cell."""
    cells = [head, *((name(row[0]), day(row[1]), money(row[2]), *row[3:]) for row in rows)]
    return end.join(sign.join(map(str, row)) for row in cells) + end


def read(tmp_path, content, name="sales.csv", **layout):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transactions(path, Layout(**layout))


def check(ledger, rows=ROWS):
    """The ledger has exactly these purchases, and its rows add up."""
    found = {
        (ledger.ids[int(customer)].as_py(), ledger.start + timedelta(days=int(day))): round(amount, 2)
        for customer, day, amount in zip(ledger.customer, ledger.day, ledger.amount, strict=True)
    }
    assert found == {(row[0], row[1]): float(row[2]) for row in rows}
    counts = ledger.counts
    assert counts["rows"] == counts["rows_used"] + counts["rows_left_out"]
    assert counts["rows_left_out"] == sum(ledger.left_out.values())


def swiss(amount):
    return f"CHF {amount:,.2f}".replace(",", "'")


def german(amount):
    return f"{amount:,.2f}".translate({ord(","): ".", ord("."): ","})


def french(amount):
    return f"{amount:,.2f} €".translate({ord(","): "\u202f", ord("."): ","})


def at_ten(day):
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC).timestamp()


EPOCH = {
    "seconds with decimals": lambda day: f"{at_ten(day)}23",
    "milliseconds": lambda day: int(at_ten(day) * 1000),
    "seconds in powers of ten": lambda day: f"{at_ten(day):.9e}",
    "milliseconds in powers of ten": lambda day: f"{at_ten(day) * 1000:.12E}",
    "the shorter of two ways, as R does": lambda day: (
        "1.60985e+09" if day.month == 1 and day.day == 5 else int(at_ten(day))
    ),
}
DAYS = {
    "german": lambda day: f"{day.day}. {GERMAN[day.month - 1]} {day.year}",
    "german, blanks": lambda day: f"{day.day}. {day.month}. {day.year}",
    "german, short": lambda day: f"{day.day:02}.{GERMAN[day.month - 1][:3]}.{day.year}",
    "french, short": lambda day: f"{day.day} {FRENCH[day.month - 1]} {day.year}",
    "spanish": lambda day: f"{day.day} de {('enero', 'febrero', 'marzo')[day.month - 1]} de {day.year}",
    "hungarian": lambda day: f"{day:%Y.%m.%d}.",
    "korean": lambda day: f"{day.year}. {day.month}. {day.day}.",
    "japanese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "russian": lambda day: f"{day.day} {('января', 'февраля', 'марта')[day.month - 1]} {day.year}",
    "ordinal": lambda day: f'"{day:%B} {day.day}th, {day.year}"',
    "weekday": lambda day: f'"{day:%A, %B %d, %Y}"',
    "ISO week": lambda day: f"{day:%G-W%V-%u}",
    "Oracle": lambda day: f"{day:%d-%b-%y} 10.30.15.123456 AM".upper(),
    "SAS": lambda day: f"{day:%d%b%Y}:10:11:12".upper(),
    "Apache": lambda day: f"{day:%d/%b/%Y}:10:11:12 +0000",
    "C": lambda day: f"{day:%a %b %d} 10:11:12 {day.year}",
    "a zone with two meanings": lambda day: f"{day:%a %b %d} 10:11:12 IST {day.year}",
    "a zone of five letters": lambda day: f"{day:%a %b %d} 10:11:12 CHAST {day.year}",
    "JavaScript": lambda day: f"{day:%a %b %d %Y} 10:11:12 GMT+0000 (Coordinated Universal Time)",
    "Amazon": lambda day: f'"{day:%b %d, %Y} 10:00:01 PM PDT"',
    "a day of the week before numbers": lambda day: (
        f"{('Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa', 'So')[day.weekday()]}. {day:%d.%m.%Y}"
    ),
    "day of the year": "{:%Y-%j}".format,
    "day of the year, without any sign": "{:%Y%j}".format,
    "a place for a zone": "{:%Y-%m-%d 23:30:00 America/New_York}".format,
    "a zone of two meanings behind": "{:%Y-%m-%d 10:30:00 IST}".format,
    "C without a clock": "{:%b %d %Y}".format,
    "without any sign, with a zone": "{:%Y%m%dT233000.125-0500}".format,
    "across a clock change": lambda day: f"{day}T00:30:00+0{1 + (day > date(2021, 3, 1))}:00",
    **EPOCH,
}


@pytest.mark.parametrize("way", DAYS)
def test_dates(tmp_path, way):
    check(read(tmp_path, text(day=DAYS[way])))


def test_seconds_before_2001_have_a_digit_less(tmp_path):
    rows = [(name, day.replace(year=2001) + timedelta(days=230), amount) for name, day, amount in ROWS]
    assert {len(str(int(at_ten(day)))) for _, day, _ in rows} == {9, 10}
    check(read(tmp_path, text(rows, day=lambda day: int(at_ten(day)))), rows)


@pytest.mark.parametrize(("name", "since"), [("excel", (1899, 12, 30)), ("excel1904", (1904, 1, 1))])
def test_days_of_a_spreadsheet_are_asked_about(tmp_path, name, since):
    content = text(day=lambda day: f"{(day - date(*since)).days}.4375")
    with pytest.raises(ConfigError, match=r"\.4375' in row 1; .*date_format=excel \(or excel1904"):
        read(tmp_path, content)
    check(read(tmp_path, content, date_format=name))


MONEY = {
    "German": (";", german),
    "German with its sign": (";", lambda amount: german(amount) + "\u00a0€"),
    "Swiss": (",", swiss),
    "French": (";", french),
    "signs for a spreadsheet": (",", lambda amount: f'="{amount}"'),
}


@pytest.mark.parametrize("way", MONEY)
def test_amounts(tmp_path, way):
    sign, money = MONEY[way]
    check(read(tmp_path, text(sign=sign, money=money)))


def test_the_currency_of_the_file_is_known(tmp_path):
    assert read(tmp_path, text(money="CHF {}".format)).currency == "CHF"
    assert read(tmp_path, text(money="€{}".format)).currency == "€"
    coded = text([(*row, "gbp") for row in ROWS], (*HEAD, "currency"))
    assert read(tmp_path, text(head=(*HEAD[:2], "Amount (EUR)"))).currency == "€"
    assert read(tmp_path, coded).currency == "£" and read(tmp_path, text()).currency == ""


def test_yen_have_no_decimals(tmp_path):
    rows = [(name, day, int(amount)) for name, day, amount in ROWS]
    for form in ('"¥{:,}"', '"{:,} JPY"', '"{:,}円"'):
        check(read(tmp_path, text(rows, money=form.format)), rows)


def test_a_parquet_column_of_numbers_has_no_thousands_signs(tmp_path):
    table = pa.table({"customer": ["A", "B"], "date": [date(2021, 1, 4), date(2021, 1, 5)], "amount": [4.325, 1.125]})
    parquet.write_table(table, tmp_path / "sales.parquet")
    assert read_transactions(tmp_path / "sales.parquet").amount.tolist() == [4.325, 1.125]


def numbered(content):
    head, *rows = content.splitlines()
    return "\n".join([head, *(f'"{at}",{row}' for at, row in enumerate(rows, 1))]) + "\n"


LAYOUTS = {
    "byte order mark": "\ufeff" + text(),
    "UTF-16, tabs": text(sign="\t", end="\r\n").encode("utf-16"),
    "UTF-32": text().encode("utf-32"),
    "carets": text(sign="^"),
    "quoted sep line": '"sep=;"\n' + text(sign=";"),
    "title": "Sales report\n\n" + text(),
    "titles over remarks of two lines": "Report,Sales\nMade,2023\n\n"
    + text([(*row, '"one\ntwo"') for row in ROWS], (*HEAD, "remark")),
    "heads of groups": "Customer,,Order\n" + text(),
    "title with empty cells": "Sales report,,\n,,\n" + text(),
    "comments": "# of 2021\n# all shops\n" + text(),
    "names of rows as R writes them": numbered(text()),
    "an empty cell behind every row": text().replace("\n", ",\n").replace("amount,", "amount"),
    "empty rows": text() + ",,\n,,\n",
    "no sign of direction": text(day=lambda day: f"\u200e{day}"),
    "text for a spreadsheet": text(name='="{}"'.format),
    "other heads": text(head=("customerId", "Order Date", "Total Amount (EUR)")),
    "comments as wide as the table": "# a,b,c\n# of shop, now\n" + text(),
    "a period": "Shop: A\nFrom: 2021-01-01, To: 2021-04-01\n\n" + text(),
    "a period in cells": "Period,2021-01-01,2021-04-01\n" + text(),
    "Hive": text(sign="\x01"),
    "German heads": text(head=("Kundennummer", "Datum", "Betrag"), sign=";", money=german),
    "gzip named csv": gzip.compress(text().encode()),
    "bzip2 named csv": bz2.compress(text().encode()),
    "a cell over two lines": text([(*row, '"one\r\ntwo"') for row in ROWS], (*HEAD, "note"), end="\r\n"),
    "a head over two lines": text(head=('"customer\nid"', *HEAD[1:])),
    "lines of blanks and the end of a file of DOS": text() + "  \n \n\x1a",
    "one currency in two spellings": text(
        [(*row, "€" if at % 2 else "EUR") for at, row in enumerate(ROWS)], (*HEAD, "currency")
    ),
    "states of nothing": text([(*row, "paid") for row in ROWS], (*HEAD, "status")),
}


@pytest.mark.parametrize("way", LAYOUTS)
def test_layouts(tmp_path, way):
    check(read(tmp_path, LAYOUTS[way]))
    check(read(tmp_path, LAYOUTS[way], name="sales.csv.gz"))


def test_text_of_windows_is_read_where_it_is_said(tmp_path):
    rows = [(f"Müller {row[0]}", *row[1:]) for row in ROWS]
    content = text(rows, money="€{}".format).encode("cp1252")
    with pytest.raises(ConfigError, match=r"line 2 is not UTF-8 text .*encoding=cp1252 reads 'Müller 1001"):
        read(tmp_path, content)
    check(read(tmp_path, content, encoding="cp1252"), rows)
    with pytest.raises(ConfigError, match="encoding is 'klingon'; give one"):
        read(tmp_path, content, encoding="klingon")


def changed(at, cell, column=2, head=HEAD, rows=ROWS):
    """Return the table with one cell changed."""
    other = [list(row) for row in rows]
    other[at][column] = cell
    return text(other, head)


STATES = [(*row, "sale") for row in ROWS]
REFUSED = {
    "a total": (text() + "Grand Total,2021-03-20,9\n", r"1 row with a total for a customer \(row 25: 'Grand Total'\)"),
    "a total in Polish": (text() + "Razem,2021-03-20,9\n", r"a total for a customer \(row 25: 'Razem'\)"),
    "a total by another name": (
        text() + f"All shops,2021-03-20,{sum(row[2] for row in ROWS)}\n",
        r"1 row with the sum of all others for an amount \(row 25: 'All shops'\)"),
    "nobody": (changed(3, "Guest", 0), r"1 row without a customer \(row 4: 'Guest'\)"),
    "not set": (changed(3, "(not provided)", 0), r"without a customer \(row 4: '\(not provided\)'\)"),
    "an empty object": (changed(3, "{}", 0), r"without a customer \(row 4: '\{\}'\)"),
    "a dash": (changed(3, "\u2014", 0), r"without a customer \(row 4: '\u2014'\)"),
    "zero bytes": (text() + "\0", f"the first behind {len(text())} others"),
    "a currency that is not the head's": (text(head=("customer_id", "date", "Amount (EUR)"), money="£{}".format),
                                          "row 1 has an amount in GBP, and its column 'Amount .EUR.' is in EUR"),
    "another decimal sign": (changed(3, '"227,45"'), r"no number \(row 4: '227,45'\)"),
    "too narrow, then a fault": (changed(3, "x").replace("2021-01-11,166", "166"), r"row 4: 'x'"),
    "too narrow": (text() + "1004,2021\n", r"columns \(row 25: 2 instead of 3: '1004,2021'\)"),
    "returned": (changed(5, "Refunded", 3, (*HEAD, "status"), STATES), r"row 6: 'Refunded'.*columns=\{status: null\}"),
    "part of it returned": (changed(5, "partially_refunded", 3, (*HEAD, "status"), STATES), "row 6: 'partially"),
    "credit": (changed(5, "C", 3, (*HEAD, "D/C"), STATES), r"by the column 'D/C' \(row 6: 'C'\)"),
    "a flag": (changed(5, "TRUE", 3, (*HEAD, "is_refund"), [(*row, "FALSE") for row in ROWS]), "row 6: 'TRUE'"),
    "price of an item": (text([(*row, "3") for row in ROWS], (*HEAD[:2], "price", "items")), "price of one piece"),
    "order's id": (text([(at, *row[1:]) for at, row in enumerate(ROWS)], ("id", *HEAD[1:])), "'id' has another value in each"),
    "both orders": (
        text([(row[0], f"{row[1]:%d/%m/%Y}" if at > 8 else f"{row[1]:%m/%d/%Y}", row[2])
              for at, row in enumerate(ROWS)]),
        r"both as %d/%m/%Y, such as '13/02/2021' in row 14, and as %m/%d/%Y, such as '01/14/2021' in row 4"),
    "two lengths of dates": (changed(3, "20210114", 1), r"row 4: '20210114'"),
    "a default day in a fifth of the rows": (
        text([(row[0], "1970-01-01" if at % 5 else row[1], row[2]) for at, row in enumerate(ROWS[:12] * 4)][:11] + ROWS),
        "8 rows with a date years away from all others"),
    "two dates of another century": (
        text([(row[0], str(row[1]).replace("2021-01-0", "1921-01-0"), row[2]) for row in ROWS]), "years away"),
    "two centuries": (
        text(day=lambda day: f"{day:%d.%m.}{68 + day.month % 2}"), "from 1969 .'05.01.69' in row 1. to 2068"),
    "the day before the month, behind the year": (text(day="{:%Y-%d-%m}".format), "say date_format=%Y-%d-%m"),
    "a customer called NA": (changed(3, "NA", 0), r"row 4: 'NA'.*if such a word is a customer, missing=\[\]"),
    "nothing but debits": (text(money="-{}".format), "write purchases as amounts above 0"),
    "Erstattung": (changed(5, "Erstattung", 3, (*HEAD, "Typ"), STATES), "row 6: 'Erstattung'"),
    "rounded seconds": (text(day=lambda day: f"{at_ten(day):.5e}"), r"'1.60984e\+09' in row 1; a table tool has rounded"),
    "accounting periods": (text(day=lambda day: f"{day.year}{day.month:03}"), "'2021001' in row 1 may be days of the year or"),
    "a minus in a column of its own": (changed(5, "-", 3, (*HEAD, "Sign"), [(*row, "+") for row in ROWS]), "row 6: '-'"),
    "Rückerstattet": (changed(5, "Rückerstattet", 3, (*HEAD, "Status"), STATES), "row 6: 'Rückerstattet'"),
    "charged back": (changed(5, "charged_back", 3, (*HEAD, "status"), STATES), "row 6: 'charged_back'"),
    "months": (text(day="{:%Y-%m}".format), "'2021-01' in row 1; they name no day"),
    "weeks": (text(day="{:%G-W%V}".format), "'2021-W01' in row 1; they name no day"),
    "a subtotal": (text() + "1004 Total,2021-03-20,9\n", r"a total for a customer \(row 25: '1004 Total'\)"),
    "an average": (text() + "Average,2021-03-20,9\n", r"a total for a customer \(row 25: 'Average'\)"),
    "yes and no": (text(name=lambda name: "yes" if int(name) % 2 else "no"), "only says 'yes' and 'no', which is no customer"),
    "two currencies of a row": (
        text([(*row, "EUR") for row in ROWS], (*HEAD, "currency"), money="${}".format), "another currency than in the column"),
    "ticks since the year 1": (
        text(day=lambda day: (day.toordinal() - 1) * 864_000_000_000), "'637454016000000000' in row 1; such numbers count"),
    "seconds since 1900": (text(day=lambda day: int(at_ten(day)) + 2_208_988_800), "such numbers count from 1900"),
    "packed by xz": (b"\xfd7zXZ\0" + bytes(99), "is packed by xz"),
    "Spanish for nothing": (changed(3, "sin datos", 0), r"without a customer \(row 4: 'sin datos'\)"),
    "Turkish for nothing": (changed(3, "Belirtilmemiş", 0), r"without a customer \(row 4: 'Belirtilmemiş'\)"),
    "UTF-16 without its mark": (text().encode("utf-16-be"), "say encoding=utf-16-be$"),
    "an hour too many": (changed(3, "2021-01-14 24:30", 1), "row 4: '2021-01-14 24:30'"),
    "rows wider than the head": (text(money=lambda amount: str(amount).replace(".", ",")), "3 columns, most rows have 4"),
    "open both ways": (text(money=lambda _: "1.234"), r"'1\.234' in row 1 can be read in two ways"),
    "a zero byte far behind": ((text() * 3000).encode() + b"10\x0004,2021-01-05,3\n", "holds zero bytes"),
    "no rows and no end of a line": ("customer_id,date,amount", "has no rows below its head line"),
    "compressed twice": (gzip.compress(gzip.compress(text().encode())), "is compressed twice"),
    "old Excel": (b"\xd0\xcf\x11\xe0" + bytes(99), "workbook of an old Excel"),
    "HTML": ("<html><table><tr><td>customer</td></tr></table></html>", "is a page of HTML"),
    "JSON": ('{"customer": "1", "date": "2021-01-04"}\n', "is JSON"),
    "SQLite": (b"SQLite format 3\0" + bytes(99), "is a database"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "is a picture; give a table"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_names_row_value_and_remedy(tmp_path, case):
    content, said = REFUSED[case]
    with pytest.raises(ConfigError, match=said) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_what_a_head_says_of_money_counts(tmp_path):
    cents = read(tmp_path, text(head=(*HEAD[:2], "Amount (cents)"), money=lambda amount: int(amount * 100)))
    check(cents)
    assert cents.warnings[0] == "'Amount (cents)' is in hundredths: amounts are told in whole units of money"
    check(read(tmp_path, text(head=(*HEAD[:2], "Amount (k€)"), money=lambda amount: amount / 1000)))


def test_what_was_given_back_beside_the_amount_is_told(tmp_path):
    rows = [(*row, "9.95" if at % 5 == 0 else "0.00") for at, row in enumerate(ROWS)]
    ledger = read(tmp_path, text(rows, (*HEAD, "Refund Amount")))
    check(ledger)
    assert ledger.warnings[0].startswith("'Refund Amount' says what was given back, and is not taken off")
    assert not read(tmp_path, text([(*row, "0.00") for row in ROWS], (*HEAD, "Refund Amount"))).warnings


def test_a_file_without_a_head_line_is_refused_with_names_that_fit(tmp_path):
    rows = [(f"{at:03}", *row) for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match=r"such as 'columns=\[customer, other1, date, amount\]'"):
        read(tmp_path, text(rows).split("\n", 1)[1])


def test_an_id_that_stands_for_many_is_asked_about(tmp_path):
    rows = [("0" if at % 4 == 0 else f"{at}", *row[1:]) for at, row in enumerate(ROWS)]
    with pytest.raises(
        ConfigError, match=r"""'0' \(row 1\) has 6 of 24 rows, a usual one 1.0; say 'missing=\["0"\]' bad"""
    ):
        read(tmp_path, text(rows))
    assert read(tmp_path, text(rows), missing=["0"], bad_rows="skip").customers == 18
    # What a shell makes of missing=['0'].
    assert read(tmp_path, text(rows), missing=[0], bad_rows="skip").customers == 18
    assert read(tmp_path, text(rows), missing=["NA"]).customers == 19
    named = [("Till 3" if at % 2 else f"{at}", *row[1:]) for at, row in enumerate(ROWS)]
    assert "'Till 3' has 12 of 24 purchases, a usual one 1.0" in read(tmp_path, text(named)).warnings[0]


def test_a_total_is_left_out_where_asked_and_a_large_purchase_kept(tmp_path):
    every = sum(row[2] for row in ROWS)
    ledger = read(tmp_path, text() + f"All,2021-03-20,{every}\n", bad_rows="skip")
    assert ledger.left_out == {"with the sum of all others for an amount": 1}
    check(ledger)
    large = [*ROWS, ("All", date(2021, 3, 20), every + Decimal("0.01"))]
    check(read(tmp_path, text(large)), large)


@pytest.mark.parametrize("grand", [False, True])
def test_sums_of_the_rows_before_are_refused_by_any_name(tmp_path, grand):
    rows = []
    for month in (1, 2, 3):
        mine = [row for row in ROWS if row[1].month == month]
        rows += [*mine, (f"Month {month}", mine[-1][1], sum(row[2] for row in mine))]
    if grand:
        rows.append(("Year", rows[-1][1], sum(row[2] for row in ROWS)))
    said = (
        rf"{3 + grand} rows with the sum of the rows before for an amount \(row 10: 'Month 1', row 21: 'Month 2', row"
    )
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, text(rows))
    check(read(tmp_path, text(rows), bad_rows="skip"))
    # Where everything costs the same, every second row is the one before it.
    same = [(row[0], row[1], Decimal("9.95")) for row in ROWS]
    check(read(tmp_path, text(same)), same)


def test_ids_alike_but_for_blanks_are_reported(tmp_path):
    rows = [(f"Shop{' ' * (1 + at % 3)}{row[0]}", *row[1:]) for at, row in enumerate(ROWS)]
    (warning,) = read(tmp_path, text(rows)).warnings
    assert "have an id that is another one's but for" in warning and "blanks" in warning


def test_utf16_without_its_mark_is_read_where_it_is_said(tmp_path):
    check(read(tmp_path, text().encode("utf-16-le"), encoding="utf-16-le"))


def test_rows_marked_as_returned_are_counted_or_ignored(tmp_path):
    content = changed(5, "refunded", 3, (*HEAD, "status"), STATES)
    left = read(tmp_path, content, bad_rows="skip")
    assert left.left_out == {"marked as no purchase, or not in full, by the column 'status'": 1}
    check(left, [row for at, row in enumerate(ROWS) if at != 5])
    check(read(tmp_path, content, columns={"status": None}))


@pytest.mark.parametrize(
    ("per_second", "never", "shown"), [(1, "4102444800", "2100-01-01"), (10**9, "133000000000000000", "1974-03-20")]
)
def test_one_far_day_leaves_the_others_times_since_1970(tmp_path, per_second, never, shown):
    content = text(ROWS * 4, day=lambda day: int(at_ten(day)) * per_second) + f"1004,{never},9\n"
    with pytest.raises(ConfigError, match=rf"1 row with a date years away from all others \(row \d+: '{shown}'\)"):
        read(tmp_path, content)
    ledger = read(tmp_path, content, bad_rows="skip", duplicates="keep")
    assert ledger.left_out == {"with a date years away from all others": 1} and "since 1970" in ledger.columns[1].format


def test_amounts_without_the_currency_that_others_have_are_counted(tmp_path):
    ledger = read(tmp_path, changed(3, "£" + text().splitlines()[4].split(",")[2]))
    check(ledger)
    assert "23 rows without a currency: taken as GBP" in ledger.warnings


def other_state(head, word, usual, at=5):
    """Return a table in which one row's state is another than that of the others."""
    return changed(at, word, 3, (*HEAD, head), [(*row, usual) for row in ROWS])


@pytest.mark.parametrize(
    ("head", "word", "usual"),
    [
        ("Order Status", "Cancelled by customer", "Shipped"), ("status", "payment failed", "paid"),
        ("state", "REFUND_PENDING", "DONE"), ("Type", "Sale return", "Sale"), ("doctype", "Quotation", "Invoice"),
        ("fulfillment_status", "cancelled", "fulfilled"), ("Estado", "Pago rechazado", "Pago aceptado"),
        ("status", "已取消", "已完成"), ("статус", "отменён", "выполнен"), ("durum", "İptal edildi", "Tamamlandı"),
        ("cancelled_at", "2021-02-01", ""), ("Refunded at", "2021-02-01T10:00:00Z", ""),
        ("deleted_at", "2021-02-01", "NULL"), ("is_test", "true", "false"), ("is_paid", "0", "1"),
        ("livemode", "false", "true"), ("Storno", "X", ""), ("remark", "Refund", ""), ("result", "DECLINED", "OK"),
    ],
)  # fmt: skip
def test_a_row_that_another_column_takes_back_is_refused(tmp_path, head, word, usual):
    content = other_state(head, word, usual)
    with pytest.raises(
        ConfigError, match=rf"1 row marked as no purchase, or not in full, by the column '{head}' .row 6"
    ):
        read(tmp_path, content)
    check(read(tmp_path, content, bad_rows="skip"), [row for at, row in enumerate(ROWS) if at != 5])
    check(read(tmp_path, other_state(head, usual, usual)))


def test_every_column_of_states_is_read_however_far_behind(tmp_path):
    rows = [(*row, "paid", "shipped", "") for row in ROWS * 60]
    rows[-1] = (*rows[-1][:4], "returned", "")
    content = text(rows, (*HEAD, "payment_status", "order_status", "cancelled_at"))
    with pytest.raises(ConfigError, match=r"by the column 'order_status' \(row 1,?440: 'returned'\)"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("head", "word", "usual"),
    [
        ("status", "not cancelled", "paid"), ("Type", "Returning customer", "New"), ("type", "Free cancellation", "Flex"),
        ("rate_type", "Non-refundable", "Flex"), ("note", "customer asked about refund rules", ""),
        ("status", "未取消", "已完成"), ("return_date", "2021-03-01", "2021-03-02"), ("cancelled_at", "0000-00-00", ""),
        ("status", "active until cancelled", "active"),
    ],
)  # fmt: skip
def test_what_only_speaks_of_returns_is_a_purchase(tmp_path, head, word, usual):
    check(read(tmp_path, other_state(head, word, usual)))


def test_an_unknown_column_of_numbers_of_parquet_is_asked_about(tmp_path):
    table = pa.table({name: list(column) for name, column in zip(HEAD, zip(*ROWS, strict=True), strict=True)})
    parquet.write_table(table.rename_columns([*HEAD[:2], "worth"]), tmp_path / "sales.parquet")
    with pytest.raises(ConfigError, match="no column is known as the amount, and 'worth' may be it"):
        read_transactions(tmp_path / "sales.parquet")


def test_an_archive_of_tar_is_told(tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        about = tarfile.TarInfo("sales.csv")
        about.size = len(text())
        archive.addfile(about, io.BytesIO(text().encode()))
    for content in (packed.getvalue(), gzip.compress(packed.getvalue())):
        with pytest.raises(ConfigError, match="it is an archive of tar: unpack it"):
            read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "is XML; save its table",
        ),
        ("-- dump\nINSERT INTO sales VALUES ('1', '2024-01-01', 5);\n", "is a dump of SQL; load it into its database"),
        ("OFXHEADER:100\nDATA:OFXSGML\n", "is a statement of a bank"),
        (":20:STARTUMS\n:25:10020030/1234567\n", "is a statement of a bank"),
        ("!Type:Bank\nD01/01/24\nT5.00\n^\n", "is a statement of a bank"),
    ],
)
def test_other_kinds_of_files_are_told(tmp_path, content, told):
    with pytest.raises(ConfigError, match=told):
        read(tmp_path, content)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_text_that_parquet_has_as_bytes(tmp_path, kind):
    path = tmp_path / "sales.parquet"
    table = {head: list(cells) for head, cells in zip(HEAD, zip(*ROWS, strict=True), strict=True)}
    table["customer_id"] = pa.array([f"ä{name}".encode() for name in table["customer_id"]], kind)
    parquet.write_table(pa.table(table), path)
    check(read_transactions(path), [(f"ä{name}", day, paid) for name, day, paid in ROWS])
    table["customer_id"] = pa.array([b"\xff\xfe" + bytes([at]) for at in range(len(ROWS))], kind)
    parquet.write_table(pa.table(table), path)
    with pytest.raises(ConfigError, match="its column 'customer_id' holds .*binary; give a column of text"):
        read_transactions(path)


@pytest.mark.parametrize("kind", [pa.binary(16), *([pa.uuid()] if hasattr(pa, "uuid") else [])])
def test_uuids_of_parquet_are_read_as_their_text(tmp_path, kind):
    path = tmp_path / "sales.parquet"
    table = {head: list(cells) for head, cells in zip(HEAD, zip(*ROWS, strict=True), strict=True)}
    ids = {name: uuid5(NAMESPACE_DNS, str(name)) for name in table["customer_id"]}
    table["customer_id"] = pa.array([ids[name].bytes for name in table["customer_id"]], kind)
    parquet.write_table(pa.table(table), path)
    check(read_transactions(path), [(str(ids[name]), day, paid) for name, day, paid in ROWS])


def test_columns_of_fixed_width_with_blanks_in_cells_are_told(tmp_path):
    rows = [f"{'Ann Lee':<16}{day}{paid:>10}" for _, day, paid in ROWS]
    with pytest.raises(ConfigError, match=r"have fixed widths, and some cells have blanks.+ 3 words, most rows have 4"):
        read(tmp_path, "\n".join([f"{'customer':<16}{'date':<10}{'amount':>10}", *rows]), name="sales.txt")


@pytest.mark.parametrize(
    ("row", "nothing"),
    [
        ("-" * 50_000 + " end of report", False),
        ("+----+---+", True),
        ("== | ==", True),
        ("---- - ----", False),
        ("-", False),
    ],
)
def test_a_rule_of_dashes_is_told_from_one_with_words_however_long(row, nothing):
    assert says_nothing(row) is nothing
