"""Odd event logs: every kind comes out to the microsecond and the cent, or is named with its row; rows add up."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from pyarrow import compute

from sim.data.event_log import NO_STAGE, LogLayout
from sim.data.event_times import EventTimes
from sim.data.log_file import read_event_log
from sim.scenario.errors import ConfigError

#: 18 events of 6 cases, by time; amounts of 1,043.25 and more where something is bought.
EVENTS = sorted(
    (
        (f"u{case}", activity, datetime(2021, 1, 25 + case, 8, 30, 15, tzinfo=UTC) + timedelta(days=3 * at, hours=7 * at),
         1043.25 + 7.5 * case if activity == "buy" else None)
        for case in range(6) for at, activity in enumerate(("visit", "compare", "buy"))
    ),
    key=lambda event: event[2],
)  # fmt: skip
HEAD = ("case_id", "activity", "timestamp", "amount")


def plain(amount):
    return "" if amount is None else f"{amount:.2f}"


def quoted(write):
    return lambda moment: f'"{write(moment)}"'


def text(events=EVENTS, *, head=HEAD, sign=",", time=datetime.isoformat, money=plain):
    rows = [sign.join((case, activity, time(moment), money(amount))) for case, activity, moment, amount in events]
    return "\n".join([sign.join(head), *rows]) + "\n"


def read(tmp_path, content, name="log.csv", **layout):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    log = read_event_log(path, LogLayout(**layout))
    assert log.rows == log.case.size + sum(log.left_out.values())
    return log


def check(log, events=EVENTS):
    amounts = np.full(log.case.size, np.nan) if log.amount is None else log.amount
    found = [
        (log.case_names[case], log.activities[activity], int(moment), None if np.isnan(amount) else round(amount, 2))
        for case, activity, moment, amount in zip(log.case, log.activity, log.time, amounts, strict=True)
    ]
    wanted = [(case, name, round(moment.timestamp() * 1e6), amount) for case, name, moment, amount in events]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


def summer(moment):
    return moment.astimezone(timezone(timedelta(hours=1 + (moment.day < 10)))).isoformat()


TIMES = {
    "compact": "{:%Y%m%d%H%M%S}".format,
    "compact with a blank": "{:%Y%m%d %H%M%S}".format,
    "Apache, in brackets": "{:[%d/%b/%Y:%H:%M:%S +0000]}".format,
    "compact with T": "{:%Y%m%dT%H%M%SZ}".format,
    "half past eight in Spanish": lambda moment: (
        f"{moment:%d/%m/%Y %I:%M:%S}\u00a0{'p' if moment.hour > 11 else 'a'}.\u00a0m."
    ),
    "half past eight in a browser": quoted("{:%m/%d/%Y, %I:%M:%S\u202f%p}".format),
    "compact with a zone": lambda moment: f"{moment - timedelta(hours=5):%Y%m%dT%H%M%S.000}-0500",
    "a day of the week before numbers": "{:%a %d/%m/%Y %H:%M:%S}".format,
    "day of the year": "{:%Y-%jT%H:%M:%S}".format,
    "small letters": "{:%Y-%m-%dt%H:%M:%Sz}".format,
    "an hour in one digit": lambda moment: f"{moment + timedelta(hours=5, minutes=30):%Y-%m-%d %H:%M:%S}+5:30",
    "Java's name of a zone": lambda moment: f"{moment + timedelta(hours=1):%Y-%m-%d %H:%M:%S} GMT+1",
    "the minus of typesetters": lambda moment: f"{moment - timedelta(hours=5):%Y-%m-%dT%H:%M:%S}\u221205:00",
    "seconds in powers of ten": lambda moment: f"{moment.timestamp():.12e}",
    "nine and ten digits": lambda moment: f"{moment.timestamp():.1f}",
    "Java": "{:%a %b %d %H:%M:%S UTC %Y}".format,
    "Java, elsewhere": lambda moment: f"{moment + timedelta(hours=1):%a %b %d %H:%M:%S CET %Y}",
    "a named zone": lambda moment: f"{moment - timedelta(hours=8):%Y-%m-%d %H:%M:%S PST}",
    "BigQuery": "{:%Y-%m-%d %H:%M:%S UTC}".format,
    "JavaScript": "{:%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)}".format,
    "Apache": "{:%d/%b/%Y:%H:%M:%S +0000}".format,
    "German": lambda moment: f"{moment.day}. {('Januar', 'Februar')[moment.month - 1]} {moment:%Y %H:%M:%S}",
    "at, in German": lambda moment: f"{moment.day}.{moment.month}.{moment.year} um {moment:%H:%M:%S} Uhr",
    "half past eight": "{:%m/%d/%Y %I:%M:%S %p}".format,
    "across a clock change": summer,
}


@pytest.mark.parametrize("way", TIMES)
def test_times(tmp_path, way):
    check(read(tmp_path, text(time=TIMES[way])))


def test_amounts_in_cents_by_their_head(tmp_path):
    head = ("case_id", "activity", "timestamp", "amount (cents)")
    log = read(tmp_path, text(head=head, money=lambda amount: "" if amount is None else f"{round(amount * 100)}"))
    check(log)
    assert any(column.format.endswith(", in hundredths") for column in log.columns)


def test_hours_as_in_french(tmp_path):
    events = [(*event[:2], event[2].replace(second=0), event[3]) for event in EVENTS]
    check(read(tmp_path, text(events, time="{:%d/%m/%Y à %Hh%M}".format)), events)


def test_a_file_from_new_to_old_is_told_where_times_are_equal(tmp_path):
    told = "rows go from the newest to the oldest, and those of a case at equal times keep the order of the file"
    backwards = sorted(EVENTS, key=lambda event: event[2], reverse=True)
    assert not any(told in notice for notice in read(tmp_path, text(backwards)).notices)
    days = text([*backwards[:2], *backwards[:2], *backwards[2:]])
    log = read(tmp_path, days)
    assert any(told in notice for notice in log.notices)
    assert not any(told in notice for notice in read(tmp_path, text([*EVENTS, EVENTS[-1]])).notices)


def test_names_over_two_lines(tmp_path):
    events = [(case, f"{name}\nonline", *rest) for case, name, *rest in EVENTS]
    check(read(tmp_path, text([(case, f'"{name}"', *rest) for case, name, *rest in events])), events)


def test_days_of_a_spreadsheet_with_a_decimal_comma(tmp_path):
    def counted(moment):
        return f"{(moment - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1):.10f}".replace(".", ",")

    check(read(tmp_path, text(sign=";", time=counted), date_format="excel"))


def test_days_of_a_spreadsheet_keep_their_time(tmp_path):
    content = text(time=lambda moment: f"{(moment - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1):.10f}")
    check(read(tmp_path, content, date_format="excel"))
    with pytest.raises(ConfigError, match="in row 1; .*date_format=excel"):
        read(tmp_path, content)


def german(amount):
    return "" if amount is None else f"{amount:,.2f} €".translate({ord(","): ".", ord("."): ","})


def test_amounts_in_the_notation_of_the_column(tmp_path):
    check(read(tmp_path, text(sign=";", money=german)))
    check(read(tmp_path, text(money=lambda amount: "" if amount is None else f'"${amount:,.2f}"')))
    whole = text(money=lambda amount: "" if amount is None else "1.043")
    assert np.nansum(read(tmp_path, whole, decimal="comma").amount) == 6 * 1043


def changed(at, column, cell):
    rows = [row.split(",") for row in text().splitlines()]
    rows[at][column] = cell
    return "\n".join(",".join(row) for row in rows) + "\n"


BUY = next(at for at, event in enumerate(EVENTS, 1) if event[1] == "buy")
REFUSED = {
    "an amount in another notation": (changed(BUY, 3, '"1043,25"'), rf"decimal point \(row {BUY}: '1043,25'\)"),
    "an amount in words": (changed(BUY, 3, "free"), rf"row {BUY}: 'free'.*columns=\{{amount: null\}}"),
    "two currencies": (changed(BUY, 3, "€7").replace("1050.75", "$1050.75"), "several currencies"),
    "open both ways": (text(money=lambda amount: "1.043"), "'1.043' in row 1 can be read in two ways.*decimal=point"),
    "times in two ways": (
        "\n".join([*text(EVENTS[:9]).splitlines(), *text(EVENTS[9:], time="{:%m/%d/%Y %H:%M}".format).splitlines()[1:]]),
        "9 rows with a time that cannot be read \\(row 10: '0"),
    "yes and no": (text([(str(case > "u2"), *event) for case, *event in EVENTS]), "its cases are only 'False' and 'True'"),
    "two columns of a name": (text(head=("case_id", "activity", "timestamp", "timestamp")), "2 columns are called 'timestamp'"),
    "rounded ids": (text([("1.23457E+12", *event[1:]) for event in EVENTS]), "a table tool has rounded .row 1"),
    "a zone that is none": (text(time="{:%d.%m.%Y %H:%M:%S+99:00}".format), "99:00' in row 1"),
    "a zone with two meanings": (text(time="{:%Y-%m-%d %H:%M:%S IST}".format), "IST' in row 1; IST has no one offset"),
    "a zone that changes": (text(time="{:%Y-%m-%d %H:%M:%S Europe/Paris}".format), "Europe/Paris has no one offset"),
    "such a zone before the year": (text(time="{:%a %b %d %H:%M:%S IST %Y}".format), "IST 2021' in row 1"),
    "not UTF-8": (changed(3, 1, "caf\xe9").encode("latin-1"), "line 4 is not UTF-8 .*encoding=cp1252 reads"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_names_row_value_and_remedy(tmp_path, case):
    content, said = REFUSED[case]
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, content)


LEFT_OUT = {
    "a time in another notation": (changed(6, 2, "01/29/2021"), "with a time that cannot be read (row 6: '01/29/2021')"),
    "no time": (changed(6, 2, "NULL"), "without a time (row 6: 'NULL')"),
    "1970": (changed(6, 2, "1970-01-01T00:00:00+00:00"), "with a time years away from all others (1970-01-01"),
    "nobody": (changed(6, 0, "Guest"), "without a case (row 6: 'Guest'); if such a word is a name, say missing=[]"),
    "a total": (text() + "Total,,,99\n", "without a case (row 19: 'Total')"),
    "a row too narrow, then one without a case": (
        changed(6, 0, "").replace("timestamp,amount\n", "timestamp,amount\nu9,visit\n"), "without a case (row 7)"),
    "one time of seconds since 1970": (
        text(time=lambda moment: f"{moment.timestamp():.0f}" if moment != EVENTS[5][2] else "-5"),
        "with a time that cannot be read (row 6: '-5')"),
    "the head line again": (text() + ",".join(HEAD) + "\n", "repeating the head line (row 19)"),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_is_left_out_is_counted_with_its_row(tmp_path, case):
    content, said = LEFT_OUT[case]
    log = read(tmp_path, content)
    assert any(said in notice for notice in log.notices), log.notices
    assert log.case.size >= 17 and log.cases == 6 and len(log.activities) == 3
    assert log.end - log.start < 30 * 86_400_000_000


def test_times_without_a_time_of_day_are_told(tmp_path):
    log = read(
        tmp_path, text(time=lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}" if moment.hour == 22 else f"{moment:%Y-%m-%d}")
    )
    assert log.notices == ("12 times have no time of day, beside 6 that have one: they are read as midnight",)


def test_times_of_no_likely_year_and_none_at_all_are_left_out_of_parquet(tmp_path):
    times = [None, 2**62, *(int(moment.timestamp() * 1e6) for *_, moment, _ in EVENTS[2:])]
    columns = {"case_id": [row[0] for row in EVENTS], "activity": [row[1] for row in EVENTS]}
    table = pa.table({**columns, "timestamp": pa.array(times, pa.timestamp("us", "UTC"))})
    parquet.write_table(table, tmp_path / "log.parquet")
    log = read_event_log(tmp_path / "log.parquet")
    assert log.left_out == {"with a time before 1900 or after 2200": 1, "without a time": 1} and log.case.size == 16


def test_a_default_day_is_none_however_many_events_have_it(tmp_path):
    log = read(tmp_path, text(time=lambda moment: "1970-01-01T00:00:00Z" if moment.hour == 22 else moment.isoformat()))
    assert log.left_out == {"with a time years away from all others": 6} and log.case.size == 12


def test_half_of_a_sign_in_a_name_is_refused(tmp_path):
    event = '{"id": "e", "type": "\\ud800", "time": "2021-01-01T00:00:00Z", "relationships": [{"objectId": "o"}]}'
    with pytest.raises(ConfigError, match="half of a sign"):
        read(tmp_path, f'{{"objects": [{{"id": "o", "type": "order"}}], "events": [{event}]}}', "log.json")


def test_a_case_that_is_really_called_na_can_be_asked_for(tmp_path):
    content = text([("NA" if case == "u3" else case, *event) for case, *event in EVENTS])
    assert read(tmp_path, content).left_out == {"without a case": 3}
    assert "NA" in read(tmp_path, content, missing=[]).case_names
    with pytest.raises(ConfigError, match="missing is 7"):
        read(tmp_path, content, missing=7)


@pytest.mark.parametrize(("word", "below"), [("NA", 0), ("-43.25", 1), ("(43.25)", 1)])
def test_a_purchase_without_what_was_paid_is_told(tmp_path, word, below):
    said = f"1 of 6 events 'buy' have no amount above 0 ({below} are below it)"
    assert read(tmp_path, changed(BUY, 3, word)).notices[0].startswith(said)


def test_nothing_but_debits_is_told(tmp_path):
    log = read(tmp_path, text(money=lambda amount: "" if amount is None else f"-{amount:.2f}"))
    assert log.notices[0].startswith("no amount is above 0: nothing counts as paid")


def test_times_with_a_zone_and_without_are_told(tmp_path):
    bare = text(time=lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}" if moment.day % 2 else moment.isoformat())
    log = read(tmp_path, bare)
    check(log)
    assert "times have no zone, beside" in log.notices[0]


def test_a_name_as_long_as_a_page_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="row 3 has 2,000 signs as its activity, more than 1,000"):
        read(tmp_path, changed(3, 1, "x" * 2_000))


def test_lifecycle_in_two_spellings(tmp_path):
    lines = ["case_id,activity,timestamp,lifecycle"]
    for at, (case, activity, moment, _) in enumerate(EVENTS):
        words = ("Start", "Complete") if at % 2 else ("start", "complete")
        lines += [f"{case},{activity},{moment.isoformat()},{word}" for word in words]
    log = read(tmp_path, "\n".join(lines) + "\n")
    assert log.case.size == 18 and log.left_out == {"that are no end of an activity (lifecycle start)": 18}


def test_names_alike_but_for_capitals_are_reported(tmp_path):
    notices = read(tmp_path, changed(6, 1, "VISIT")).notices
    assert notices == ("1 activity has a name that is another one's but for capitals: they are kept apart",)


@pytest.mark.parametrize("way", ["my  visit", "my\u00a0visit", "ｍy visit"])
def test_names_alike_but_for_blanks_are_reported(tmp_path, way):
    events = [(case, f"my {name}", *rest) for case, name, *rest in EVENTS]
    notices = read(tmp_path, text(events).replace("my visit", way, 1)).notices
    assert notices == (
        "1 activity has a name that is another one's but for blanks or composed letters: they are kept apart",
    )


def test_dates_beside_times_of_day_in_parquet(tmp_path):
    moments = [moment for *_, moment, _ in EVENTS]
    columns = {
        "case_id": [row[0] for row in EVENTS],
        "activity": [row[1] for row in EVENTS],
        "amount": [row[3] for row in EVENTS],
    }
    for unit in (pa.time32("s"), pa.time64("us"), pa.time64("ns")):
        parts = {"date": [m.date() for m in moments], "time": pa.array([m.time() for m in moments]).cast(unit)}
        parquet.write_table(pa.table(columns | parts), tmp_path / "log.parquet")
        check(read_event_log(tmp_path / "log.parquet"))


LAYOUTS = {
    "UTF-16": text().encode("utf-16"),
    "gzip named csv": gzip.compress(text().encode()),
    "title": "Events of January\n\n" + text(),
    "comments as wide as the table": "# a,b,c,d\n# e\n" + text(),
    "a period before the head": "Period,2021-01-01,2021-02-28\n" + text(),
    "Hive": text(sign="\x01"),
    "other heads": text(head=("Case ID", "Activity", "Complete Timestamp", "Amount")),
}


@pytest.mark.parametrize("way", LAYOUTS)
def test_layouts(tmp_path, way):
    check(read(tmp_path, LAYOUTS[way]))


def test_an_activity_over_two_lines(tmp_path):
    lines = [(case, f'"{name}\nnow"', moment, amount) for case, name, moment, amount in EVENTS]
    check(
        read(tmp_path, text(lines)), [(case, name.strip('"'), moment, amount) for case, name, moment, amount in lines]
    )


def test_numbers_of_parquet_are_not_read_as_text(tmp_path):
    columns = [list(column) for column in zip(*EVENTS, strict=True)]
    columns[3] = [None if amount is None else 1.043 for amount in columns[3]]
    columns[2] = pa.array(columns[2], pa.timestamp("us", "Europe/Berlin"))
    parquet.write_table(pa.table(dict(zip(HEAD, columns, strict=True))), tmp_path / "log.parquet")
    log = read_event_log(tmp_path / "log.parquet")
    assert np.nansum(log.amount) == pytest.approx(6 * 1.043) and log.time.min() == EVENTS[0][2].timestamp() * 1e6


def xes(amount=str, time=datetime.isoformat, encoding="UTF-8"):
    traces = ""
    for case in sorted({event[0] for event in EVENTS}):
        traces += f'<trace><string key="concept:name" value="{case}"/>'
        for _, activity, moment, paid in (event for event in EVENTS if event[0] == case):
            money = "" if paid is None else f'<float key="amount" value="{amount(paid)}"/>'
            traces += (f'<event><string key="concept:name" value="{activity}"/>'
                       f'<date key="time:timestamp" value="{time(moment)}"/>{money}</event>')  # fmt: skip
        traces += "</trace>"
    return f'<?xml version="1.0" encoding="{encoding}"?><log>{traces}</log>'


def test_xes(tmp_path):
    check(read(tmp_path, xes()))
    check(read(tmp_path, xes(encoding="UTF-16").encode("utf-16")))
    with pytest.raises(ConfigError, match="event 3 has '1043,25' as 'amount'"):
        read(tmp_path, xes(amount=lambda amount: str(amount).replace(".", ",")))
    with pytest.raises(ConfigError, match=r"cannot be read as ISO 8601 \(event 1: '25/01/2021'"):
        read(tmp_path, xes(time="{:%d/%m/%Y}".format))
    log = read(tmp_path, xes().replace(EVENTS[0][2].isoformat(), "soon", 1))
    assert log.notices == ("left out: 1 row with a time that cannot be read as ISO 8601 (event 1: 'soon')",)


def test_xes_that_is_odd(tmp_path):
    first = EVENTS[0][1]
    log = read(tmp_path, xes().replace(f'value="{first}"', f'value=" {first} "', 1))
    check(log)
    beside = f'<event><date key="time:timestamp" value="{EVENTS[0][2].isoformat()}"/></event></log>'
    log = read(tmp_path, xes().replace("</log>", beside))
    assert log.left_out == {"that are in no trace": 1} and log.rows == 19
    twice = f'<string key="concept:name" value="{first}"/>'
    log = read(tmp_path, xes().replace(twice, twice * 2, 1))
    check(log)
    assert "has the key of another one of the same event" in log.notices[0]
    log = read(tmp_path, xes().replace(f'value="{first}"', 'value="__INVALID__"', 1))
    assert log.left_out == {"without an activity": 1}


def test_xes_without_times_is_told_why_and_which_key_may_be_one(tmp_path):
    without = re.sub('<date key="time:timestamp"[^>]*>', "", xes())
    told = "none of its 18 events has the key 'time:timestamp', so nothing tells when they were.+; add them, or"
    with pytest.raises(ConfigError, match=told):
        read(tmp_path, without)
    other = xes().replace("time:timestamp", "end")
    with pytest.raises(ConfigError, match=r"say which key is the time: 'columns=\{time: end\}'"):
        read(tmp_path, other)
    check(read(tmp_path, other, columns={"time": "end"}))


def ocel(**of_first):
    events = [
        {"id": f"e{at}", "type": name, "time": moment.isoformat(), "relationships": [{"objectId": case}],
         "attributes": [] if paid is None else [{"name": "amount", "value": paid}]}
        for at, (case, name, moment, paid) in enumerate(EVENTS)
    ]  # fmt: skip
    events[0] |= of_first
    return json.dumps({"objects": [{"id": f"u{at}", "type": "customer"} for at in range(6)], "events": events})


def test_ocel(tmp_path):
    check(read(tmp_path, ocel()))
    log = read(tmp_path, ocel(type=""))
    assert log.notices == ("left out: 1 row without an activity (event 1)",)
    with pytest.raises(ConfigError, match="event 1 has 'ten' as 'amount'"):
        read(tmp_path, ocel(attributes=[{"name": "amount", "value": "ten"}]))
    with pytest.raises(ConfigError, match="attributes of an event is 7"):
        read(tmp_path, ocel(attributes=7))
    with pytest.raises(ConfigError, match="is OCEL 1.0; write it as OCEL 2.0 JSON"):
        read(tmp_path, '{"ocel:objects": {}, "ocel:events": {}}', "log.jsonocel")
    with pytest.raises(ConfigError, match="has no objects, so it has no cases"):
        read(tmp_path, "<log><object-types/><objects/><events/></log>", "log.xml")
    with pytest.raises(ConfigError, match="is OCEL 1.0 in XML; write it as OCEL 2.0"):
        read(tmp_path, '<log><extension name="x"/><events/><objects/></log>', "log.xmlocel")
    double = ocel().replace('"objects": [', '"objects": [{"id": "u1", "type": "order"}, ')
    with pytest.raises(ConfigError, match="'u1' is there twice, as 'order' and as 'customer'"):
        read(tmp_path, double)


def test_what_is_there_twice_or_nowhere_in_ocel_is_said(tmp_path):
    log = read(tmp_path, ocel(id="e1"))
    check(log)
    assert log.notices == ("1 event has the id of one before (such as 'e1'): each counts",)
    again = ocel().replace('"objects": [', '"objects": [{"id": "u1", "type": "customer"}, ')
    assert read(tmp_path, again).notices == ("1 object has the id of one before: those of one id are one object",)
    assert read(tmp_path, again).cases == 6
    log = read(tmp_path, ocel(relationships=[{"objectId": "u0"}, {"objectId": "who"}]))
    assert log.notices == ("1 object is named by events and not listed (such as 'who'): no case",)
    for columns, said in (
        (
            {"case": "customer", "activity": "type"},
            "columns.activity is 'type', but events of OCEL say activity in one",
        ),
        ({"case": "customer", "brands": "x"}, "columns has the key 'brands'; accepted: case"),
        (["a", "b", "c"], "keep and columns in order are for tables"),
    ):
        with pytest.raises(ConfigError, match=said):
            read(tmp_path, ocel(), columns=columns)


def test_what_is_said_of_objects_of_ocel_tells_who_cases_are(tmp_path):
    """As it was at each event; before it is first said, as it was first."""
    said = [
        ("city", "Rome", EVENTS[1][2]),
        ("plan", "basic", datetime(1970, 1, 1, tzinfo=UTC)),
        ("plan", "gold", EVENTS[3][2]),
    ]
    about = json.dumps([{"name": name, "value": value, "time": time.isoformat()} for name, value, time in said])
    content = ocel().replace(
        '{"id": "u0", "type": "customer"}', f'{{"id": "u0", "type": "customer", "attributes": {about}}}'
    )
    log = read(tmp_path, content, attributes=["plan", "city"])
    check(log)
    mine = [(int(log.time[at]), *(values[codes[at]] if codes[at] >= 0 else None for codes, values in log.extra.values()))
            for at in np.flatnonzero(log.case == log.case_names.index("u0"))]  # fmt: skip
    assert set(log.extra) == {"plan", "city"}
    gold = round(EVENTS[3][2].timestamp() * 1e6)
    assert mine == [(time, "gold" if time >= gold else "basic", "Rome") for time, *_ in mine] and len(mine) == 3
    assert {plan for _, plan, _ in mine} == {"basic", "gold"}
    others = log.case != log.case_names.index("u0")
    assert all((codes[others] == -1).all() for codes, _ in log.extra.values())


def test_numbers_of_parquet_have_no_exponent(tmp_path):
    columns = dict(zip(HEAD, [list(column) for column in zip(*EVENTS, strict=True)], strict=True))
    columns["case_id"] = [2e15 + int(name[1:]) for name in columns["case_id"]]
    columns["timestamp"] = [moment.timestamp() * 1000 + 0.25 for moment in columns["timestamp"]]
    parquet.write_table(pa.table(columns), tmp_path / "log.parquet")
    log = read_event_log(tmp_path / "log.parquet")
    assert log.case_names[0].startswith("200000000000000") and log.cases == 6 and log.case.size == 18
    parquet.write_table(pa.table({**columns, "amount": pa.array([1] * 18, pa.duration("s"))}), tmp_path / "log.parquet")
    with pytest.raises(ConfigError, match="column 'amount' holds duration"):
        read_event_log(tmp_path / "log.parquet")


def test_times_of_parquet_that_are_no_time_of_an_event_are_words(tmp_path):
    columns = dict(zip(HEAD, [list(column) for column in zip(*EVENTS, strict=True)], strict=True))
    columns["joined"] = pa.array(columns["timestamp"], pa.timestamp("s", "UTC"))
    columns["case_id"] = pa.array([moment.date() for moment in columns["timestamp"]], pa.date32())
    parquet.write_table(pa.table(columns), tmp_path / "log.parquet")
    log = read_event_log(tmp_path / "log.parquet", LogLayout(attributes=["joined"]))
    assert log.case_names[0].startswith("2021-01-25") and log.extra["joined"][1][0].startswith("2021-01-25 08:30:15")


def test_a_block_without_any_time_is_left_as_it_is():
    cells = pa.array([None, None], pa.string())
    assert EventTimes(None, "log.csv").at_once(cells, compute, pa).equals(cells)


def with_column(head, words):
    lines = text().splitlines()
    added = [head, *(words[at % len(words)] for at in range(len(EVENTS)))]
    return "\n".join(f"{line},{word}" for line, word in zip(lines, added, strict=True)) + "\n"


def test_words_that_are_answers_stay_and_the_others_are_counted(tmp_path):
    words = ["ND", "geen", "Empty", "tbd", "ninguno", "\u043d\u0435\u0442"]
    log = read(tmp_path, with_column("state", words), attributes=["state"])
    assert log.extra["state"][1] == tuple(words) and (log.extra["state"][0] >= 0).all() and not log.notices
    log = read(tmp_path, with_column("channel", ["web", "unknown", "NA", "unknown", "", "app"]))
    assert (log.extra["channel"][0] < 0).sum() == 12
    wanted = (
        "9 rows with no value in 'channel', by its words ('unknown', 'NA'); if such a word is a value, say missing=[]"
    )
    assert log.notices == (wanted,)
    log = read(tmp_path, with_column("channel", ["unknown"]), missing=[])
    assert log.extra["channel"][1] == ("unknown",) and not log.notices
    log = read(tmp_path, text([("geen" if event[0] == "u1" else event[0], *event[1:]) for event in EVENTS]))
    assert log.left_out == {"without a case": 3}


def test_a_column_called_kind_is_like_any_other_but_in_our_own_export(tmp_path):
    for words in (["new", "old"], ["stage"], ["view", "purchase", "complaint"], ["start", "opt-out"]):
        log = read(tmp_path, with_column("kind", words), attributes=["kind"])
        check(log)
        assert sorted(log.extra["kind"][1]) == sorted(words) and not log.state_at_start
        said = f'<string key="stage" value="at"/><string key="kind" value="{words[-1]}"/></event>'
        log = read(tmp_path, xes().replace("</event>", said), attributes=["kind"])
        check(log)
        assert log.extra["kind"][1] == (words[-1],) and not log.state_at_start


def test_of_our_own_export_only_stages_are_read(tmp_path):
    rows = ["case_id,stage,timestamp,kind,origin"]
    kinds = ("start", "timely contact", "stage", "opt-out", "purchase", "praise")
    rows += [f"a,{kind} stage,2024-01-{at + 1:02d},{kind}," for at, kind in enumerate(kinds)]
    stages = ("start stage", "stage stage", "purchase stage")
    log = read(tmp_path, "\n".join(rows) + "\n")
    assert log.activities == stages and log.left_out == {NO_STAGE: 3} and log.state_at_start
    with pytest.raises(ConfigError, match="attributes has 'kind', which is what an event says"):
        read(tmp_path, "\n".join(rows) + "\n", attributes=["kind"])
    trace = '<string key="concept:name" value="a"/><string key="arm" value="b"/><int key="replicate" value="0"/>'
    for at, kind in enumerate(kinds):
        trace += (f'<event><string key="concept:name" value="{kind}"/><string key="kind" value="{kind}"/><string'
                  f' key="stage" value="{kind} stage"/><date key="time:timestamp" value="2024-01-{at + 1:02d}"/></event>')  # fmt: skip
    text = f"<log><trace>{trace}</trace></log>"
    log = read(tmp_path, text)
    assert log.activities == stages and log.left_out == {NO_STAGE: 3} and log.state_at_start
    with pytest.raises(ConfigError, match="attributes has 'kind', which is what an event says"):
        read(tmp_path, text, attributes=["kind"])


@pytest.mark.parametrize("role", ["brand", "channel"])
def test_half_a_sign_is_refused_in_what_an_event_of_ocel_says(tmp_path, role):
    with pytest.raises(ConfigError, match=r"has half of a sign in it"):
        read(tmp_path, ocel(attributes=[{"name": role, "value": "a\ud800"}]))
    log = read(tmp_path, ocel(attributes=[{"name": role, "value": "a\U0001f600"}]))
    assert log.extra[role][1] == ("a\U0001f600",)


@pytest.mark.parametrize(("per_second", "never"), [(1, "4102444800"), (10**9, "133000000000000000")])
def test_one_far_time_leaves_the_others_times_since_1970(tmp_path, per_second, never):
    many = EVENTS * 6
    lines = text(many, time=lambda moment: str(int(moment.timestamp()) * per_second)).splitlines()
    log = read(tmp_path, "\n".join([*lines, f"u0,visit,{never},"]) + "\n")
    check(log, many)
    assert log.left_out == {"with a time years away from all others": 1}
    assert log.notices[0].startswith("left out: 1 row with a time years away from all others (")


def test_one_column_is_not_two_of_case_activity_and_time(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("who,what,when\na,x,2026-01-01\nb,y,2026-01-02\n", encoding="utf-8")
    for columns, told in (
        ({"case": "who", "activity": "who", "time": "when"}, "columns.case and columns.activity are both 'who'"),
        (
            {"case": ["who", "what"], "activity": "what", "time": "when"},
            "columns.case and columns.activity are both 'what'",
        ),
        ({"case": "who", "activity": "when", "time": "when"}, "columns.activity and columns.time are both 'when'"),
    ):
        with pytest.raises(ConfigError, match=told):
            read_event_log(file, LogLayout(columns=columns))
    assert read_event_log(file, LogLayout(columns={"case": "who", "activity": "what", "time": "when", "brand": "what"}))
