"""Logs in which who a case is, or what happened to it, is easily mistaken: read right, asked about, or told."""

import csv
import re
import shlex
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log
from sim.scenario.errors import ConfigError

#: Eight cases of four events each: case, activity, time.
EVENTS = [(f"T{at % 8}", ("new", "open", "waiting", "solved")[at // 8], datetime(2025, 4, 7, 8) + timedelta(hours=5 * at))
          for at in range(32)]  # fmt: skip


def written(tmp_path, head, row, events=EVENTS, name="log.csv"):
    path = tmp_path / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head.split(","), *(row(at, *event) for at, event in enumerate(events))])
    return path


def events_of(log):
    began = datetime(1970, 1, 1)
    return sorted(
        (log.case_names[case], log.activities[activity], began + timedelta(microseconds=int(time)))
        for case, activity, time in zip(log.case, log.activity, log.time, strict=True)
    )


def layouts(message):
    """Return what a message says may be typed, as layouts of a log."""
    words = [shlex.split(word)[0] for word in re.findall(r"'columns=[^']*'", message)]
    return [LogLayout(columns=yaml.safe_load(word.partition("=")[2])) for word in words]


@pytest.mark.parametrize(
    ("head", "row"),
    (
        ("field_name,ticket_id,updated,user_id,value", lambda at, *e: ["status", e[0], e[2], f"9{at % 3}", e[1]]),
        (
            "tablename,documentkey,fieldname,oldvalue,newvalue,sys_created_on,user",
            lambda at, *e: ["incident", e[0], "state", "", e[1], e[2], "ann"],
        ),
        ("user_id,field,contact_id,to_value,changed_at", lambda at, *e: ["7", "stage", e[0], e[1], e[2]]),
        ("Opportunity ID,From Stage,To Stage,Last Modified", lambda at, *e: [e[0], "x", e[1], e[2]]),
        ("Issue,New Status,Entered", lambda at, *e: [e[0], e[1], e[2]]),
        ("objectId,propertyName,value,timestamp", lambda at, *e: [e[0], "lifecyclestage", e[1], e[2]]),
        ("user_id,event,event_name,time", lambda at, *e: [e[0], "struct", e[1], e[2]]),
    ),
)
def test_who_changes_a_field_is_no_case_and_one_word_no_stages(tmp_path, head, row):
    assert events_of(read_event_log(written(tmp_path, head, row))) == sorted(EVENTS)


def test_users_who_may_work_on_what_is_seen_with_several_are_asked_about(tmp_path):
    path = written(tmp_path, "ticket_id,user_id,status,time", lambda at, *e: [e[0], f"u{at % 3}", e[1], e[2]])
    with pytest.raises(ConfigError, match="'ticket_id' and 'user_id' may each be the case") as error:
        read_event_log(path)
    ticket, user = (read_event_log(path, layout) for layout in layouts(str(error.value)))
    assert events_of(ticket) == sorted(EVENTS) and user.cases == 3
    path = written(tmp_path, "ticket_id,user_id,status,time", lambda at, *e: [e[0], f"u{e[0]}", e[1], e[2]])
    assert {name[:2] for name in read_event_log(path).case_names} == {"uT"}


def test_stages_side_by_side_are_parted_whatever_stands_beside_them(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    days = [datetime(2025, 2, 3) + timedelta(days=at) for at in range(8)]
    stages = ("Opened", "Assigned", 'Sent "back"', "Resolved", "Closed")
    rows = [
        [f"T{at}", "Closed", *(f"{day + timedelta(days=step):%d/%m/%Y}" if at + step else "" for step in range(5))]
        for at, day in enumerate(days)
    ]
    for heads in (("Ticket ID", "Status"), ("Ticket ID", "Owner")):
        path = tmp_path / "wide.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[*heads, *stages], *rows])
        with pytest.raises(
            ConfigError, match="each 'Ticket ID' stands in one row, and 'Opened', .* and 2 more"
        ) as error:
            read_event_log(path)
        query = re.search(r"SELECT .*VALUE time\)", str(error.value))[0].replace("FILE", str(path))
        duckdb.sql(query).write_csv(str(tmp_path / "long.csv"))
        log = read_event_log(tmp_path / "long.csv")
        wanted = [(f"T{at}", stage, day + timedelta(days=step)) for at, day in enumerate(days)
                  for step, stage in enumerate(stages) if at + step]  # fmt: skip
        assert events_of(log) == sorted(wanted)


def test_dates_of_several_types_in_parquet_are_parted(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "wide.parquet"
    duckdb.sql(
        "SELECT 'd' || i AS deal_id, 'won' AS stage, DATE '2025-01-01' + i::INT AS created,"
        " TIMESTAMP '2025-03-01 10:30:00' + INTERVAL (i) DAY AS closed FROM range(9) t(i)"
    ).write_parquet(str(path))
    with pytest.raises(ConfigError, match="each 'deal_id' stands in one row") as error:
        read_event_log(path)
    query = re.search(r"SELECT .*VALUE time\)", str(error.value))[0].replace("FILE", str(path))
    duckdb.sql(query).write_parquet(str(tmp_path / "long.parquet"))
    log = read_event_log(tmp_path / "long.parquet")
    assert log.activities == ("created", "closed") and log.cases == 9 and log.case.size == 18
    assert events_of(log)[0] == ("d0", "closed", datetime(2025, 3, 1, 10, 30))


def test_how_cases_stand_is_told(tmp_path):
    once = [(f"c{at}", *event[1:]) for at, event in enumerate(EVENTS)]
    path = written(tmp_path, "case_id,status,created_at", lambda at, *event: event, once)
    assert [told for told in read_event_log(path).notices if told.startswith("each case has one event")]
    path = written(tmp_path, "case_id,status,created_at", lambda at, *event: event)
    assert not read_event_log(path).notices


def test_cases_of_merged_cells_are_refused(tmp_path):
    grouped = sorted(EVENTS)

    def row(at, case, *event):
        return ["" if at and grouped[at - 1][0] == case else case, *event]

    path = written(tmp_path, "case_id,activity,time", row, grouped)
    with pytest.raises(ConfigError, match="24 rows without a case .*if a blank means the case of the row above, fill"):
        read_event_log(path)
    path = written(tmp_path, "case_id,activity,time", lambda at, case, *event: [case if at % 3 else "", *event])
    told = read_event_log(path).notices
    assert len(told) == 1 and told[0].endswith("if a blank means the case of the row above, fill such cells first")


def test_activities_that_are_there_once_are_told(tmp_path):
    path = written(tmp_path, "user_id,page,time", lambda at, case, _, time: [case, f"/order/{at}", time])
    assert read_event_log(path).notices[0].startswith("32 of 32 events are of an activity that is there once: names")


@pytest.mark.parametrize(
    ("column", "one", "other", "what"),
    (
        (0, "7", "007", "1 case has .* zeros, quotes"),
        (0, "T7", "'T7", "1 case has .* zeros, quotes"),
        (0, "T7", "#T7", "1 case has .* zeros, quotes"),
        (0, "T7", "t7", "1 case has .* capitals"),
        (1, "on hold", "on_hold", "1 activity has .* signs between words"),
        (1, "on-hold", "on hold", "1 activity has .* signs between words"),
        (1, "3", "3.0", "1 activity has .* zeros"),
    ),
)
def test_names_in_two_spellings_are_told(tmp_path, column, one, other, what):
    lines = [["T1", "new", "2025-01-01"], ["T2", "old", "2025-01-02"]]
    for name, day in ((one, "2025-01-03"), (other, "2025-01-04")):
        lines.append([*lines[0][:column], name, *lines[0][column + 1 : 2], day])
    log = read_event_log(written(tmp_path, "case_id,activity,time", lambda at, *event: event, lines))
    assert len(log.notices) == 1 and re.match(what, log.notices[0]) and log.case.size == 4
    del lines[-1]
    assert not read_event_log(written(tmp_path, "case_id,activity,time", lambda at, *event: event, lines)).notices


def test_a_trace_in_a_trace_is_refused_and_a_log_without_names_told_with_its_keys(tmp_path):
    path = tmp_path / "log.xes"
    event = '<event><string key="what" value="a"/><date key="time:timestamp" value="2025-01-01T00:00:00Z"/></event>'
    named = event.replace('key="what"', 'key="concept:name"')
    for text in (
        f"<log><trace>{named}<trace>{named}</trace></trace></log>",
        f"<log><trace><event>{named}</event></trace></log>",
        f"<x:log xmlns:x='http://x'><x:trace><x:trace>{named}</x:trace></x:trace></x:log>",
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match="write each trace beside the others"):
            read_event_log(path)
    path.write_text(f"<log><classifier name='A' keys='what'/><trace>{event}{event}</trace></log>")
    with pytest.raises(ConfigError, match="none of its 2 events has 'concept:name'") as error:
        read_event_log(path)
    assert read_event_log(path, layouts(str(error.value))[0]).activities == ("a",)


@pytest.mark.parametrize(
    ("head", "yes", "no"), (("is_deleted", "1", "0"), ("isTest", "true", "false"), ("Spam", "x", ""), ("bot", "Y", "N"))
)
def test_rows_that_are_marked_are_told_and_left_out_as_is_typed(tmp_path, head, yes, no):
    path = written(tmp_path, f"case_id,activity,time,{head}", lambda at, *e: [*e, no if at % 4 else yes])
    log = read_event_log(path)
    assert log.case.size == 32 and len(log.notices) == 1
    told = re.match(rf"'{head}' is '{yes}' in 8 of the first 32 rows, which count: ('keep=.*') leaves", log.notices[0])
    kept = yaml.safe_load(shlex.split(told[1])[0].partition("=")[2])
    log = read_event_log(path, LogLayout(keep=kept))
    assert events_of(log) == sorted(event for at, event in enumerate(EVENTS) if at % 4) and not log.notices
    assert log.rows == log.case.size + sum(log.left_out.values())


def test_yes_and_no_of_the_command_line_are_those_of_the_file(tmp_path):
    for no in ("false", "False", "FALSE"):
        path = written(tmp_path, "case_id,activity,time,gone", lambda at, *e, no=no: [*e, no if at % 4 else no[:1]])
        assert read_event_log(path, LogLayout(keep={"gone": False})).case.size == 24


@pytest.mark.parametrize("head", ("utm_medium", "Source / medium", "traffic_source.medium"))
def test_what_may_be_the_channel_is_told(tmp_path, head):
    path = written(tmp_path, f"user_id,event,time,{head}", lambda at, *e: [*e, ("cpc", "email")[at % 2]])
    (told,) = read_event_log(path).notices
    assert told.startswith(f"{head!r} may be the channel and is not read")
    (layout,) = layouts(told)
    assert set(read_event_log(path, layout).extra["channel"][1]) == {"cpc", "email"}
    assert not read_event_log(path, LogLayout(columns={"channel": None})).notices


def test_brands_and_channels_of_other_languages_are_known_and_their_spellings_told(tmp_path):
    path = written(tmp_path, "Kunde,Ereignis,Zeitpunkt,Marke,Kanal", lambda at, *e: [*e, ("A", "a")[at % 2], "Web"])
    log = read_event_log(path)
    assert log.extra["brand"][1] == ("A", "a") and log.extra["channel"][1] == ("Web",)
    assert log.notices == ("1 brand has a name that is another one's but for capitals: they are kept apart",)


def opened(case):
    return datetime(2025, 4, 1) + timedelta(days=int(case[1:]))


@pytest.mark.parametrize("head", ("created_at", "order_date", "Opened", "timestamp"))
@pytest.mark.parametrize("parquet", (False, True))
def test_the_time_that_moves_within_cases_is_taken_and_told(tmp_path, head, parquet):
    path = written(tmp_path, f"ticket_id,status,{head},changed", lambda at, *e: [*e[:2], opened(e[0]), e[2]])
    if parquet:
        columns = {"ticket_id": [e[0] for e in EVENTS], "status": [e[1] for e in EVENTS],
                   head: [opened(e[0]) for e in EVENTS], "changed": [e[2] for e in EVENTS]}  # fmt: skip
        path = tmp_path / "log.parquet"
        pq.write_table(pa.table(columns), path)
    log = read_event_log(path)
    assert events_of(log) == sorted(EVENTS)
    told = [notice for notice in log.notices if "is the same in all rows of a case" in notice]
    (layout,) = layouts(told[0])
    assert {time for *_, time in events_of(read_event_log(path, layout))} == {opened(f"T{at}") for at in range(8)}


def test_of_two_times_that_no_head_tells_the_one_that_moves_is_that_of_events(tmp_path):
    path = written(tmp_path, "case_id,activity,opened_date,activity_date", lambda at, *e: [*e[:2], opened(e[0]), e[2]])
    log = read_event_log(path)
    assert events_of(log) == sorted(EVENTS) and not log.notices


def test_several_times_that_move_beside_one_that_does_not_are_asked_about(tmp_path):
    path = written(
        tmp_path,
        "ticket_id,status,created_at,changed,noted",
        lambda at, *e: [*e[:2], opened(e[0]), e[2], e[2] + timedelta(hours=1)],
    )
    with pytest.raises(ConfigError, match="'created_at' is the same in all .* 'changed' and 'noted' are not") as error:
        read_event_log(path)
    assert events_of(read_event_log(path, layouts(str(error.value))[0])) == sorted(EVENTS)
    path = written(tmp_path, "ticket_id,status,created_at", lambda at, *e: [*e[:2], opened(e[0])])
    assert read_event_log(path).tied_share == 0.75


def test_days_on_which_cases_begin_and_end_are_a_time_where_nothing_else_moves(tmp_path):
    path = written(tmp_path, "ticket_id,status,date,due", lambda at, *e: [*e[:2], opened(e[0]), datetime(2026, 1, 1)])
    assert not read_event_log(path).notices


def test_what_numbers_rows_is_no_activity_and_likely_columns_are_named(tmp_path):
    head = "ActivityId,ActivityType,ActivityDate,ContactId"
    log = read_event_log(written(tmp_path, head, lambda at, *e: [at, e[1], e[2], e[0]]))
    assert events_of(log) == sorted(EVENTS)
    path = written(tmp_path, "conversation_id,segment_type,from,until", lambda at, *e: [e[0], e[1], e[2], e[2]])
    with pytest.raises(
        ConfigError, match="dates side by side.*else say which column it is: 'columns={activity: segment"
    ):
        read_event_log(path)
    path = written(tmp_path, "LoanID,StatusCode,StatusDate", lambda at, *e: [e[0], len(e[1]), f"{e[2]:%Y%m%d}"])
    with pytest.raises(ConfigError, match="no column is the") as error:
        read_event_log(path)
    log = read_event_log(path, layouts(str(error.value))[0])
    assert (log.cases, log.activities, log.case.size) == (8, ("3", "4", "7", "6"), 32)


@pytest.mark.parametrize("end", ("complete", "FINISHED"))
def test_of_an_activity_that_never_ends_the_start_is_the_visit(tmp_path, end):
    """New and open start and end an hour later, waiting only starts, solved only ends."""
    later = timedelta(hours=1)
    rows = []
    for case, name, time in EVENTS:
        rows += [(case, name, time, "start")] * (name != "solved")
        rows += [(case, name, time + later, end)] * (name != "waiting")
    path = written(tmp_path, "case_id,activity,time,lifecycle", lambda at, *row: row, rows)
    log = read_event_log(path)
    assert events_of(log) == sorted(
        (case, name, time if name == "waiting" else time + later) for case, name, time in EVENTS
    )
    assert log.left_out == {"that are no end of an activity (lifecycle start)": 16}
    assert [told for told in log.notices if "never end" in told] == [
        "1 activity never ends in the log (such as 'waiting'): there the start is the visit"
    ]


def test_activities_that_neither_start_nor_end_are_told(tmp_path):
    path = written(
        tmp_path,
        "case_id,activity,time,lifecycle",
        lambda at, *e: [*e, "suspend" if e[1] in ("open", "waiting") else "complete"],
    )
    log = read_event_log(path)
    assert log.case.size == 16 and log.rows == 32
    assert [told for told in log.notices if told.startswith("2 activities neither start nor end in the log")]
    assert events_of(read_event_log(path, LogLayout(columns={"lifecycle": None}))) == sorted(EVENTS)


def test_lifecycle_and_amount_of_xes_may_be_left_alone(tmp_path):
    path = tmp_path / "log.xes"
    event = (
        '<event><string key="concept:name" value="{}"/><string key="lifecycle:transition" value="{}"/>'
        '<string key="amount" value="much"/><date key="time:timestamp" value="2025-01-0{}T00:00:00Z"/></event>'
    )
    events = event.format("a", "start", 1) + event.format("a", "complete", 2) + event.format("b", "suspend", 3)
    path.write_text(f"<log><trace>{events}</trace></log>")
    log = read_event_log(path, LogLayout(columns={"amount": None}))
    assert log.case.size == 1 and any("(such as 'b'): none of their events counts" in told for told in log.notices)
    log = read_event_log(path, LogLayout(columns={"amount": None, "lifecycle": None}))
    assert [log.activities[at] for at in log.activity] == ["a", "a", "b"] and log.amount is None
