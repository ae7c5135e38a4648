"""Transactions: whatever is wrong with a file is said with counts; what is right is read to the cent."""

import gzip
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.customer_base.purchase_history import survey
from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
HEAD = "customer,date,amount\n"


@pytest.fixture
def write(tmp_path):
    def put(text, name="sales.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return put


BAD = {
    "empty": ("", {}, "is empty"),
    "blank lines": ("\n \n", {}, "only blank lines"),
    "head alone": (HEAD, {}, "no rows below its head line"),
    "one column": ("customer\nA\n", {}, "fewer than 2 columns"),
    "foreign heads": ("ostnik;datum;betrag\nA;2021-01-01;3\n", {}, "no column is known as the customer"),
    "an amount perhaps": ("customer,date,worth\nA,2021-01-01,3.5\n", {}, r"columns=\{amount: worth\}"),
    "two customers": ("customer,user_id,date\nA,B,2021-01-01\n", {}, "'customer' and 'user_id' may each be"),
    "two amounts": ("customer,date,net,gross\nA,2021-01-01,3,4\n", {}, "'net' and 'gross' may each be"),
    "a quantity alone": ("customer,date,qty\nA,2021-01-01,3\n", {"columns": {"quantity": "qty"}}, "no amount"),
    "missing words": (HEAD + "A,2021-01-01,3\n", {"missing": "NA"}, "give a list of words"),
    "a workbook": (b"PK\x03\x04" + bytes(60), {}, "save its table as CSV"),
    "no head": ("A,2021-01-01,3\nB,2021-01-02,3\n", {}, r"columns=\[customer, date, amount\]"),
    "unknown column": (HEAD + "A,2021-01-01,3\n", {"columns": {"customer": "buyr"}}, "is not there"),
    "unknown role": (HEAD + "A,2021-01-01,3\n", {"columns": {"buyer": "customer"}}, "accepted: customer, date, amount"),
    "columns is a word": (HEAD + "A,2021-01-01,3\n", {"columns": "customer"}, "columns is 'customer'"),
    "too few columns named": (HEAD + "A,2021-01-01,3\n", {"columns": ["customer", "date"]}, "names 2 columns"),
    "a head twice": (
        "customer,date,amount,Amount\nA,2021-01-01,3,4\n",
        {},
        "'amount' and 'Amount' may each be the amount",
    ),
    "a head in two currencies": (
        "customer,date,amount_eur,amount_usd\nA,2021-01-01,3,4\n",
        {},
        "'amount_eur' and 'amount_usd' may each be",
    ),
    "a head really twice": ("customer,date,amount,amount\nA,2021-01-01,3,4\n", {}, "2 columns are called 'amount'"),
    "no dates": (HEAD + "A,x,3\nB,y,3\n", {}, "no date can be read"),
    "ambiguous dates": (HEAD + "A,01/02/2021,3\nB,03/04/2021,3\n", {}, "read in two ways"),
    "some dates": (HEAD + "A,2021-02-28,3\nB,2021-02-30,3\n", {}, r"1 row with a date .*row 2: '2021-02-30'"),
    "wrong format": (HEAD + "A,2021-02-28,3\n", {"date_format": "%d.%m.%Y"}, "no date can be read as"),
    "no format": (HEAD + "A,2021-02-28,3\n", {"date_format": "%Q"}, "no format"),
    "amounts": (HEAD + "A,2021-02-28,3\nB,2021-02-28,three\n", {}, r"1 row with an amount .*row 2: 'three'"),
    "infinite amount": (HEAD + "A,2021-02-28,3\nB,2021-02-28,inf\n", {}, "1 row with an amount"),
    "no customer": (HEAD + "A,2021-02-28,3\n,2021-02-28,3\n", {}, r"1 row without a customer \(row 2\)"),
    "ragged": (HEAD + "A,2021-02-28,3\nB,2021-02-28\n", {}, "1 row with another number of columns"),
    "open quote": (HEAD + '"A,2021-02-28,3\nB,2021-02-28,3\n', {}, "a quote opens in line 2"),
    "all negative": (HEAD + "A,2021-02-28,-3\n", {}, "none of its 1 rows can be used"),
    "utf-16 without its mark": ((HEAD + "A,2021-02-28,3\n").encode("utf-16-le"), {}, "zero bytes.*encoding=utf-16"),
    "latin-1": (HEAD.encode() + b"M\xfcller,2021-02-28,3\n", {}, "line 2 is not UTF-8 .*encoding=cp1252 reads 'Müller"),
    "a sentence": ("this is no table\nat all\n", {}, "has 4 columns, most rows have 2, such as 'at, all'"),
    "delimiter": (HEAD + "A,2021-02-28,3\n", {"delimiter": ";;"}, "delimiter is ';;'"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_named(write, case):
    text, options, said = BAD[case]
    path = write(text)
    with pytest.raises(ConfigError, match=said) as caught:
        read_transactions(path, Layout(**options))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_file(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        read_transactions(tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="no ordinary file"):
        read_transactions(tmp_path)


def test_a_date_column_that_is_none(write):
    rows = "".join(f"A,order number {at},3\n" for at in range(130_000))
    with pytest.raises(ConfigError, match="different values"):
        read_transactions(write(HEAD + rows))


def adds_up(ledger):
    counts = ledger.counts
    assert counts["rows"] == ledger.rows == counts["rows_used"] + counts["rows_left_out"]
    assert counts["rows_left_out"] == sum(ledger.left_out.values())
    assert counts["rows_used"] == counts["purchases"] + counts["merged_within_a_day"]
    assert counts["purchases"] == ledger.day.size and counts["customers"] == len(ledger.ids) == ledger.customers


def test_nothing_is_left_out_silently(write):
    """Rows read, left out and put together add up to the rows of the file, and each kind is told with its count."""
    text = HEAD + (
        "A,2021-01-01,3.50\nA,2021-01-01,3.50\nA,2021-01-01,1\nA,2021-02-01,2\n"
        "B,2021-01-05,-4\nB,2021-01-05,0\n,2021-01-05,4\nC,2021-13-05,4\nC,2021-01-05,x\nC,2021-01-05\n"
    )
    ledger = read_transactions(write(text), Layout(bad_rows="skip"))
    assert ledger.rows == 10
    assert ledger.left_out == {
        "without a customer": 1,
        "with an amount that is no number": 1,
        "with another number of columns": 1,
        "with a date that cannot be read as %Y-%m-%d": 1,
        "with a negative amount: taken as returns, no purchase is taken back": 1,
    }
    assert ledger.counts == {
        "rows": 10,
        "duplicates": 1,
        "merged_within_a_day": 2,
        "rows_used": 5,
        "rows_left_out": 5,
        "free_purchases": 1,
        "purchases": 3,
        "customers": 2,
    }
    adds_up(ledger)
    assert len(ledger.warnings) == 5
    assert sorted(ledger.amount) == [0.0, 2.0, 8.0]
    dropped = read_transactions(write(text), Layout(bad_rows="skip", duplicates="drop"))
    assert sorted(dropped.amount) == [0.0, 2.0, 4.5]
    adds_up(dropped)


FORMATS = {
    "2021-03-04": "%Y-%m-%d",
    "20210304": "%Y%m%d",
    "2021/03/04": "%Y/%m/%d",
    "04.03.2021": "%d.%m.%Y",
    "04 Mar 2021": "%d %b %Y",
    "March 04, 2021": "%B %d, %Y",
    "2021-03-04T23:59:59Z": "",
    "2021-03-04 00:00:00.000+01:00": "",
}


@pytest.mark.parametrize("word", FORMATS)
def test_formats_of_dates_are_told_from_the_file(write, word):
    other = word.replace("04", "29", 1) if not word.startswith(("2021-03-04", "20210304", "2021/03")) else word
    ledger = read_transactions(write(f'{HEAD}A,"{word}",3\nB,"{other}",3\n'))
    assert ledger.start == date(2021, 3, 4)


@pytest.mark.parametrize(("form", "first"), [("%d/%m/%Y", date(2021, 2, 1)), ("%m/%d/%Y", date(2021, 1, 2))])
def test_day_and_month_where_they_could_change_places(write, form, first):
    path = write(HEAD + "A,01/02/2021,3\nB,03/04/2021,3\n")
    assert read_transactions(path, Layout(date_format=form)).start == first
    clear = write(HEAD + f"A,01/02/2021,3\nB,{'13/04/2021' if form == '%d/%m/%Y' else '04/13/2021'},3\n", "clear.csv")
    assert read_transactions(clear).start == first


AMOUNTS = {
    "3.5": 3.5,
    "$3.50": 3.5,
    "3.50 EUR": 3.5,
    '"$1,234.56"': 1234.56,
    "1 234.5": 1234.5,
    "1e2": 100.0,
    ".5": 0.5,
    "+4": 4.0,
    "£1'000.25": 1000.25,
}


@pytest.mark.parametrize("word", AMOUNTS)
def test_amounts_of_money(write, word):
    assert read_transactions(write(f"{HEAD}A,2021-01-01,{word}\n")).amount.tolist() == [AMOUNTS[word]]


@pytest.mark.parametrize("word", ["-3", "(3.00)", "-$3.00", "$-3.00", "3.00-"])
def test_what_was_paid_back_is_no_purchase(write, word):
    ledger = read_transactions(write(f"{HEAD}A,2021-01-01,5\nA,2021-01-02,{word}\n"))
    assert sum(ledger.left_out.values()) == 1
    assert ledger.amount.tolist() == [5.0]
    assert "returns" in ledger.warnings[0]


def test_decimal_commas(write):
    text = "customer;date;amount\nA;01.02.2021;3,50\nB;14.02.2021;1.234,56 €\n"
    assert read_transactions(write(text)).amount.tolist() in ([3.5, 1234.56], [1234.56, 3.5])
    whole = "customer;date;amount\nA;01.02.2021;1,234\nB;14.02.2021;2,000\n"
    assert sorted(read_transactions(write(whole), Layout(decimal="point")).amount) == [1234.0, 2000.0]
    assert sorted(read_transactions(write(whole), Layout(decimal="comma")).amount) == [1.234, 2.0]


def test_columns_by_any_name_and_in_any_order(write):
    text = "when;Order value;who\n2021-01-01;3;A\n2021-01-05;4;A\n"
    ledger = read_transactions(write(text), Layout(columns={"customer": "who"}))
    assert ledger.day.tolist() == [0, 4]
    assert ledger.amount.tolist() == [3.0, 4.0]


def test_customers_are_words_not_numbers(write):
    ledger = read_transactions(write(HEAD + "007,2021-01-01,3\n7,2021-01-01,3\n 7 ,2021-01-09,3\n"))
    assert ledger.customers == 2


def test_blanks_tabs_byte_order_marks_line_ends_and_compression(write, tmp_path):
    rows = [("A", "2021-01-01", "3"), ("B", "2021-01-04", "4"), ("A", "2021-01-09", "5")]
    expected = read_transactions(write(HEAD + "".join(",".join(row) + "\n" for row in rows)))
    variants = {
        "blank": "customer date amount\n" + "".join("  " + "   ".join(row) + "  \r\n" for row in rows),
        "tab": "customer\tdate\tamount\r\n" + "".join("\t".join(row) + "\r\n" for row in rows),
        "mark": "\ufeff" + HEAD + "".join(",".join(row) + "\n" for row in rows).rstrip("\n"),
        "pipe": "customer|date|amount\n\n" + "".join("|".join(row) + "\n\n" for row in rows),
    }
    for name, text in variants.items():
        ledger = read_transactions(write(text, f"{name}.txt"))
        assert ledger.amount.tolist() == expected.amount.tolist(), name
        assert ledger.day.tolist() == expected.day.tolist(), name
    packed = tmp_path / "sales.csv.gz"
    packed.write_bytes(gzip.compress((HEAD + "".join(",".join(row) + "\n" for row in rows)).encode()))
    assert read_transactions(packed).amount.tolist() == expected.amount.tolist()


@settings(deadline=None, max_examples=25)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("ABCDE"), st.integers(0, 400), st.integers(0, 10**6)), min_size=1, max_size=60
    ),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_does_not_matter_and_no_cent_is_lost(tmp_path_factory, rows, order):
    place = tmp_path_factory.mktemp("sales") / "sales.csv"

    def read(some):
        days = [date.fromordinal(738_000 + day).isoformat() for _, day, _ in some]
        lines = [f"{who},{day},{cents / 100:.2f}" for (who, _, cents), day in zip(some, days, strict=True)]
        place.write_text(HEAD + "\n".join(lines) + "\n")
        return read_transactions(place)

    ledger = read(rows)
    mixed = list(rows)
    order.shuffle(mixed)
    again = read(mixed)
    for name in ("customer", "day", "amount"):
        assert getattr(ledger, name).tolist() == getattr(again, name).tolist()
    assert round(ledger.amount.sum() * 100) == sum(cents for _, _, cents in rows)
    assert ledger.customer.size == len({(who, day) for who, day, _ in rows})


def _rows(customers, days, seed=1):
    generator = np.random.default_rng(seed)
    lines = []
    for who in range(customers):
        for day in np.unique(generator.integers(0, days, 1 + generator.poisson(2.0))):
            lines.append(f"C{who},{date.fromordinal(738_000 + int(day)).isoformat()},{generator.integers(1, 99)}")
    return HEAD + "\n".join(lines) + "\n"


def test_one_customer(write):
    with pytest.raises(ConfigError, match="1 customer who first bought"):
        survey(read_transactions(write(HEAD + "A,2021-01-01,3\nA,2021-03-01,3\n")))


def test_too_short_a_time(write):
    with pytest.raises(ConfigError, match="covers 1 day"):
        survey(read_transactions(write(HEAD + "".join(f"{at},2021-01-01,3\n" for at in range(50)))))


def test_nobody_came_back(write):
    rows = "".join(f"{at},2021-01-{1 + at % 28:02d},3\n" for at in range(80))
    with pytest.raises(ConfigError, match="none of the"):
        survey(read_transactions(write(HEAD + rows)))


@pytest.mark.parametrize("until", [date(2019, 1, 1), date(2030, 1, 1)])
def test_a_window_outside_of_the_data(write, until):
    with pytest.raises(ConfigError, match="the data run from"):
        survey(read_transactions(write(_rows(100, 300))), until)


def test_every_purchase_is_a_first_a_repeat_or_a_later_one(write):
    ledger = read_transactions(write(_rows(300, 364)))
    base, warnings = survey(ledger)
    assert base.window == 182
    assert base.customers + base.later == ledger.customers
    inside = np.isin(ledger.customer, np.flatnonzero(np.bincount(ledger.customer[ledger.day < 182], minlength=300)))
    assert base.customers + base.repeats.sum() + base.after.sum() == inside.sum()
    assert base.weekly.sum() == base.repeats.sum() + base.after.sum()
    assert (base.last <= base.observed).all()
    assert any("first bought after" in warning for warning in warnings)
    whole, warnings = survey(ledger, date.fromordinal(ledger.start.toordinal() + ledger.days - 1))
    assert whole.later == 0
    assert any("nothing is left" in warning for warning in warnings)


@pytest.mark.slow
def test_ten_million_rows_stay_below_two_gibibytes(tmp_path):
    """In a process of its own, whose peak memory counts the compiled libraries and all."""
    path = tmp_path / "sales.csv"
    generator = np.random.default_rng(1)
    days = [date.fromordinal(738_000 + day).isoformat() for day in range(730)]
    who = (100_000 * generator.beta(0.6, 2.0, 500_000)).astype(int)
    day, money = generator.integers(0, 730, 500_000), generator.integers(1, 10_000, 500_000)
    lines = (f"C{a:08d},{days[b]},{c / 100:.2f}" for a, b, c in zip(who, day, money, strict=True))
    block = "\n".join(lines) + "\n"
    with path.open("w") as stream:
        stream.write(HEAD)
        for part in range(20):
            stream.write(block.replace("C", f"C{part:02d}"))
    script = (
        "import resource, sys; from sim.data.transactions import read_transactions as read;"
        "from sim.customer_base.purchase_history import survey;"
        "ledger = read(sys.argv[1]); base, _ = survey(ledger); base.summary();"
        "print(ledger.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows, kibibytes = map(int, done.stdout.split())
    if sys.platform == "darwin":
        kibibytes //= 1024
    assert rows == 10_000_000
    assert kibibytes < 2 * 1024**2


#: Twelve purchases of four customers, 43.25 each.
ROWS = [[str(1001 + at % 4), f"2021-01-{at + 5:02}", "43.25"] for at in range(12)]


def table(rows=ROWS, head=HEAD, delimiter=",", end="\n"):
    return (head.replace(",", delimiter) + "\n".join(delimiter.join(row) for row in rows) + "\n").replace("\n", end)


def changed(column, value, rows=(3,)):
    return [[value if (at, place) in {(r, column) for r in rows} else cell for place, cell in enumerate(row)]
            for at, row in enumerate(ROWS)]  # fmt: skip


@pytest.mark.parametrize("word", ["NA", "NULL", "nan", "\\N", "(not set)", "n/a", "None", ""])
def test_a_customer_missing_in_words_is_missing(write, word):
    path = write(table(changed(0, word)))
    with pytest.raises(ConfigError, match=r"1 row without a customer \(row 4"):
        read_transactions(path)
    ledger = read_transactions(path, Layout(bad_rows="skip"))
    assert ledger.customers == 4 and ledger.rows == ledger.day.size + 1


def test_an_id_with_a_decimal_zero_is_the_same_id(write):
    assert read_transactions(write(table(changed(0, "1004.0")))).customers == 4


RETURNS = ["-43.25", "\u221243.25", "\u201343.25", "$(43.25)", "$ (43.25)", "($43.25)", "(43.25)", "43.25-", "-$43.25"]


@pytest.mark.parametrize("amount", RETURNS)
def test_a_return_is_a_return_however_its_sign_is_written(write, amount):
    ledger = read_transactions(write(table(changed(2, amount))))
    assert sum(ledger.left_out.values()) == 1 and ledger.day.size == 11


@pytest.mark.parametrize("amount", ["43.-", "43.--", "CHF 43", "43 kr."])
def test_whole_francs_are_no_return(write, amount):
    assert read_transactions(write(table(changed(2, amount)))).amount.sum() == pytest.approx(11 * 43.25 + 43)


@pytest.mark.parametrize("amount", ["43.25 CR", "43.25 DR", "9,5", "43.25 (two)", "4.3.2", "12a34"])
def test_an_amount_is_read_as_a_whole_or_refused(write, amount):
    rows = [row if at != 3 else [*row[:2], amount] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match="1 row with an amount that is no number .*row 4"):
        read_transactions(write(table(rows, delimiter=";")))


def test_an_amount_too_large_to_be_one_is_told_as_that(write):
    rows = [row if at != 3 else [*row[:2], "100000000001"] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match=r"1 row with an amount beyond 100,000,000,000 \(row 4"):
        read_transactions(write(table(rows, delimiter=";")))


def test_thousands_or_decimals_are_asked_for(write):
    path = write(table([[*row[:2], "4.325"] for row in ROWS], delimiter=";"))
    with pytest.raises(ConfigError, match="decimal=point or decimal=comma"):
        read_transactions(path)
    assert read_transactions(path, Layout(decimal="comma")).amount[0] == 4325.0


@pytest.mark.parametrize(
    "text", [table(end="\r"), table(end="\r\n"), "\n\n" + table(), "sep=;\n" + table(delimiter=";")]
)
def test_line_ends_and_lines_before_the_head(write, text):
    ledger = read_transactions(write(text))
    assert (ledger.rows, ledger.customers, ledger.amount.sum()) == (12, 4, 519.0)


def test_a_time_in_the_format_of_dates(write):
    path = write(table([[row[0], f"{at + 5:02}/01/2021 10:30", row[2]] for at, row in enumerate(ROWS)]))
    assert read_transactions(path, Layout(date_format="%d/%m/%Y %H:%M")).start == date(2021, 1, 5)


def test_a_quote_that_swallows_rows_is_refused_with_its_line(write):
    rows = [[*row, '"ok' if at in (3, 9) else "ok"] for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match="a quote opens in line 5"):
        read_transactions(write(table(rows, "customer,date,amount,note\n")))


def test_a_unit_price_is_no_amount(write):
    rows = [[*row, "2"] for row in ROWS]
    with pytest.raises(ConfigError, match="the price of one piece"):
        read_transactions(write(table(rows, "customer,date,price,quantity\n")))


def test_ids_alike_but_for_case_are_reported(write):
    rows = [["Ann@x.org" if row[0] == "1001" else "ann@x.org", *row[1:]] for row in ROWS]
    ledger = read_transactions(write(table(rows)))
    assert ledger.counts["ids_alike_but_for_case"] == 1 and "but for capitals" in ledger.warnings[-1]
