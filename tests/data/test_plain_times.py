"""Days, times of day and amounts as they are written in Japan, Thailand and databases: right, or told why not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from sim.data.event_log import LogLayout
from sim.data.layout import Layout
from sim.data.log_file import read_event_log
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: 24 purchases of 8 customers at a quarter past three, and what they cost.
ROWS = [(f"c{at % 8}", datetime(2024, 1, 4, 15, 15, 22) + timedelta(days=5 * at), 43 + Decimal(".25") + at * Decimal("61.4"))
        for at in range(24)]  # fmt: skip
FULL_WIDTH = str.maketrans("0123456789.,-/:", "０１２３４５６７８９．，－／：")
ARABIC = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")
WEEK = "月火水木金土日"


def half(t, before, behind):
    return f"{before if t.hour < 12 else behind}{(t.hour - 1) % 12 + 1}:{t:%M:%S}"


TIMES = {
    "Japan": lambda t: f"{t.year}年{t.month}月{t.day}日 {t.hour}時{t:%M}分{t:%S}秒",
    "Japan, nothing between": lambda t: f"{t.year}年{t:%m}月{t:%d}日{t:%H:%M:%S}",
    "Japan, day of the week": lambda t: f"{t:%Y/%m/%d}({WEEK[t.weekday()]}) {t:%H:%M:%S}",
    "Japan, era": lambda t: f"令和{t.year - 2018}年{t.month}月{t.day}日 {t:%H:%M:%S}",
    "Japan, era by letter": lambda t: f"R{t.year - 2018:02}.{t:%m.%d %H:%M:%S}",
    "full width": lambda t: f"{t:%Y/%m/%d %H:%M:%S}".translate(FULL_WIDTH),
    "Arabic digits": lambda t: f"{t:%Y-%m-%d %H:%M:%S}".translate(ARABIC),
    "Korea": lambda t: f"{t.year}. {t.month}. {t.day}. {half(t, '오전 ', '오후 ')}",
    "Korea, words": lambda t: f"{t.year}년 {t.month}월 {t.day}일 {t:%H시 %M분 %S초}",
    "China": lambda t: f"{t.year}/{t.month}/{t.day} {half(t, '上午', '下午')}",
    "China, day of the week": lambda t: f"{t.year}年{t.month}月{t.day}日 星期{'一二三四五六日'[t.weekday()]} {t:%H:%M:%S}",
    "Thailand": lambda t: f"{t:%d/%m}/{t.year + 543} {t:%H:%M:%S}",
    "Thailand, year first": lambda t: f"{t.year + 543}-{t:%m-%d %H:%M:%S}",
    "DB2": lambda t: f"{t:%Y-%m-%d-%H.%M.%S}.000000",
    "without signs, milliseconds": lambda t: f"{t:%Y%m%d%H%M%S}000",
    ".NET": lambda t: f"/Date({round(t.replace(tzinfo=UTC).timestamp() * 1000)})/",
    ".NET, offset": lambda t: f"/Date({round(t.replace(tzinfo=UTC).timestamp() * 1000)}+0000)/",
    "a colon before milliseconds": lambda t: f"{t:%Y-%m-%d %H:%M:%S}:000",
    "Spain": lambda t: f"{t:%d/%m/%Y %H:%M:%S} h",
    "Snowflake": lambda t: f"{t:%Y-%m-%d %H:%M:%S}.000 Z",
    "underscores": lambda t: f"{t:%Y_%m_%d %H:%M:%S}",
    "blanks": lambda t: f"{t:%Y %m %d %H:%M:%S}",
}  # fmt: skip
#: Those without seconds, and without minutes.
SHORTER = {
    "Sweden": (lambda t: f"{t:%Y-%m-%d} kl. {t:%H.%M}", {"second": 0}),
    "without signs, minutes": (lambda t: f"{t:%Y%m%d%H%M}", {"second": 0}),
    "without signs, hours": (lambda t: f"{t:%Y%m%d%H}", {"minute": 0, "second": 0}),
}
DAYS = {
    "digits alone, day first": lambda t: f"{t:%d%m%Y}",
    "digits alone, month first": lambda t: f"{t:%m%d%Y}",
    "era": lambda t: f"R{t.year - 2018}/{t.month}/{t.day}",
    "first year of an era": lambda t: f"令和元年{t.month}月{t.day}日",
}
MONEY = {
    "full width": lambda amount: f"{amount:,}".translate(FULL_WIDTH),
    "Arabic digits": lambda amount: f"{amount}".translate(ARABIC),
    "India": lambda amount: f"Rs. {amount:,}/-",
    "text of a spreadsheet": lambda amount: f"'{amount}",
    "in quotes": lambda amount: f"'{amount}'",
    "a formula": lambda amount: f"={amount}",
}


def ledger_of(tmp_path, *, time=lambda t: f"{t:%Y-%m-%d}", money=str, rows=ROWS, **layout):
    path = tmp_path / "sales.csv"
    path.write_text("customer;date;amount\n" + "".join(f"{who};{time(t)};{money(what)}\n" for who, t, what in rows))
    return read_transactions(path, Layout(**layout))


def log_of(tmp_path, time, rows=ROWS):
    path = tmp_path / "log.csv"
    path.write_text("case;activity;time\n" + "".join(f"{who};buy;{time(t)}\n" for who, t, _ in rows))
    return read_event_log(path, LogLayout())


def check(ledger, year=0):
    found = {
        (ledger.ids[int(customer)].as_py(), ledger.start + timedelta(days=int(day)), round(amount, 2))
        for customer, day, amount in zip(ledger.customer, ledger.day, ledger.amount, strict=True)
    }
    assert found == {(who, t.date().replace(year=year or t.year), float(what)) for who, t, what in ROWS}
    assert ledger.counts["rows"] == ledger.counts["rows_used"] == len(ROWS)


@pytest.mark.parametrize("way", TIMES)
def test_days_and_times_of_day(tmp_path, way):
    check(ledger_of(tmp_path, time=TIMES[way]))
    log = log_of(tmp_path, TIMES[way])
    assert sorted(log.time.tolist()) == [round(t.replace(tzinfo=UTC).timestamp() * 1e6) for _, t, _ in ROWS]


@pytest.mark.parametrize("way", SHORTER)
def test_hours_and_minutes(tmp_path, way):
    write, cut = SHORTER[way]
    check(ledger_of(tmp_path, time=write))
    wanted = [round(t.replace(tzinfo=UTC, **cut).timestamp() * 1e6) for _, t, _ in ROWS]
    assert sorted(log_of(tmp_path, write).time.tolist()) == wanted


@pytest.mark.parametrize("way", DAYS)
def test_days(tmp_path, way):
    check(ledger_of(tmp_path, time=DAYS[way]), 2019 if "first" in way and "era" in way else 0)


@pytest.mark.parametrize("way", MONEY)
def test_amounts(tmp_path, way):
    check(ledger_of(tmp_path, money=MONEY[way]))


@pytest.mark.parametrize("write", ["Rp {}".format, "{} IDR".format, "COP {}".format])
def test_thousands_of_currencies_without_decimals(tmp_path, write):
    rows = [(who, t, 12_345 + 1_000 * at) for at, (who, t, _) in enumerate(ROWS)]
    ledger = ledger_of(tmp_path, rows=rows, money=lambda amount: write(f"{amount:,}".replace(",", ".")))
    assert sorted(ledger.amount.tolist()) == [amount for *_, amount in rows]


def test_heads_of_japan_say_that_commas_part_thousands(tmp_path):
    rows = [(who, t, 12_345 + 1_000 * at) for at, (who, t, _) in enumerate(ROWS)]
    path = tmp_path / "sales.csv"
    lines = [f'{who},{t:%Y/%m/%d},"{amount:,}"' for who, t, amount in rows]
    path.write_text("\n".join(["顧客ID,注文日,合計金額", *lines]), encoding="utf-8")
    assert sorted(read_transactions(path).amount.tolist()) == [amount for *_, amount in rows]


def test_the_calendar_is_told(tmp_path):
    formats = {column.role: column.format for column in ledger_of(tmp_path, time=TIMES["Thailand"]).columns}
    assert formats["date"] == "%d/%m/%Y, years of the Buddhist calendar"


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda t: f"{t.year - 621}/{t.month}/{t.day}", "of Iran, of Islam or of Taiwan"),
        (lambda t: f"{t:%d/%m}/{t.year - 579}", "of Iran, of Islam or of Taiwan"),
        (lambda t: f"{t.year - 1911}/{t:%m/%d}", "of Iran, of Islam or of Taiwan"),
        (lambda t: f"{t:%d/%m}/{(t.year + 543) % 100}", r"would be in the future, such as 2067 \('.+/67' in row 24\)"),
    ],
)
def test_years_of_other_calendars_are_told(tmp_path, write, told):
    with pytest.raises(ConfigError, match=told):
        ledger_of(tmp_path, time=write)
    with pytest.raises(ConfigError, match=told):
        log_of(tmp_path, lambda t: f"{write(t)} {t:%H:%M}")


def test_one_year_of_another_calendar_is_no_day_of_this_one(tmp_path):
    rows = [*ROWS, ("c1", date(2567, 1, 4), 5)]
    with pytest.raises(ConfigError, match=r"1 row with a date that cannot be read as %Y-%m-%d \(row 25: '2567-01-04'"):
        ledger_of(tmp_path, rows=rows)


def test_eight_digits_that_fit_two_orders_are_asked_about(tmp_path):
    rows = [(who, t.replace(day=1 + t.day % 12), what) for who, t, what in ROWS]
    with pytest.raises(ConfigError, match="date_format=%d%m%Y or date_format=%m%d%Y"):
        ledger_of(tmp_path, time=DAYS["digits alone, day first"], rows=rows)


def test_amounts_that_a_spreadsheet_rounded_are_refused(tmp_path):
    rows = [*ROWS[:-1], (*ROWS[-1][:2], "1.5E+03")]
    with pytest.raises(ConfigError, match=r"1 row with an amount that is no number \(row 24: '1.5E\+03'\)"):
        ledger_of(tmp_path, rows=rows)
