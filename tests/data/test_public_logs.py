"""Kinds of event logs as public repositories have them: read as they are, or refused with what helps."""

import string
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log
from sim.scenario.errors import ConfigError

#: Five cases of four events, told one after the other: case, activity, time.
EVENTS = [(f"c{at % 5}", ("ask", "offer", "order", "pay")[at // 5], datetime(2024, 3, 14, 8) + timedelta(minutes=37 * at))
          for at in range(20)]  # fmt: skip


def write(tmp_path, head, row, sign=","):
    path = tmp_path / "log.csv"
    lines = [head, *(sign.join(map(str, row(at, *event))) for at, event in enumerate(EVENTS))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def events_of(log):
    began = datetime(1970, 1, 1)
    return {
        (log.case_names[case], log.activities[activity], began + timedelta(microseconds=int(time)))
        for case, activity, time in zip(log.case, log.activity, log.time, strict=True)
    }


def plain(_, *event):
    return event


@pytest.mark.parametrize(
    "head",
    (
        "user_id,event_name,event_dt",
        "client_id,page_path,hit_timestamp",
        "bill_id,bill_status,status_changed_at",
        "candidate_id,recruitment_status,noted",
        "project_id,phase,phase_changed_at",
        "batch_id,step,event_time",
        "CaseID,ActivityID,CompleteTimestamp",
        "TID,Activity,Endtime",
        "patient,handling,time",
        "COOKIE,Webpage,Time",
        "cliente,tipo_evento,data_evento",
        "Kundennummer,Vorgang,Datum",
        "id_pedido,etapa,fecha_hora",
        "id_case,activity,end_time",
        "Fallnummer,Activity,Zeitstempel",
    ),
)
def test_heads_of_public_logs_are_known(tmp_path, head):
    assert events_of(read_event_log(write(tmp_path, head, plain))) == set(EVENTS)


def test_a_column_of_transitions_is_told_by_its_words(tmp_path):
    """Whatever it is called, and where a file has all beginnings first."""
    path = tmp_path / "log.csv"
    lines = ["patient,handling,registration_type,time"]
    lines += [f"{case},{activity},start,{time - timedelta(minutes=9)}" for case, activity, time in EVENTS]
    lines += [f"{case},{activity},complete,{time}" for case, activity, time in EVENTS]
    path.write_text("\n".join(lines) + "\n")
    log = read_event_log(path)
    assert events_of(log) == set(EVENTS)
    assert log.left_out == {"that are no end of an activity (lifecycle start)": 20}


def test_a_column_of_transitions_may_be_left_alone(tmp_path):
    path = write(tmp_path, "case,activity,what,time", lambda at, case, activity, time: (case, activity, "start", time))
    assert "lifecycle" in [column.role for column in read_event_log(path).columns]
    columns = read_event_log(path, LogLayout(columns={"lifecycle": None})).columns
    assert "lifecycle" not in [column.role for column in columns]


def test_a_running_number_is_no_activity(tmp_path):
    path = write(tmp_path, "event,case,time,activity", lambda at, case, activity, time: (at, case, time, activity))
    assert events_of(read_event_log(path)) == set(EVENTS)


def test_times_with_a_point_behind_a_colon(tmp_path):
    """As the textbook of process mining writes them, under a head that says how."""
    head = "Case ID;Event ID;dd-MM-yyyy:HH.mm;Activity"
    path = write(tmp_path, head, lambda at, case, what, time: (case, at, f"{time:%d-%m-%Y:%H.%M}", what), sign=";")
    assert events_of(read_event_log(path)) == set(EVENTS)


@pytest.mark.parametrize("form", ("%Y/%m/%d %H:%M:%S.000", "%Y.%m.%dT%H:%M:%S"))
def test_times_of_xes_with_the_year_first_are_read_whatever_parts_them(tmp_path, form):
    path = tmp_path / "log.xes"
    traces = ""
    for name in dict.fromkeys(case for case, *_ in EVENTS):
        events = "".join(
            f'<event><string key="concept:name" value="{activity}"/>'
            f'<string key="time:timestamp" value="{time.strftime(form)}"/></event>'
            for case, activity, time in EVENTS
            if case == name
        )
        traces += f'<trace><string key="concept:name" value="{name}"/>{events}</trace>'
    path.write_text(f'<?xml version="1.0"?><log>{traces}</log>')
    assert events_of(read_event_log(path)) == set(EVENTS)


def test_that_a_column_of_starts_is_not_read_is_said_beside_any_time(tmp_path):
    path = write(
        tmp_path, "case,activity,start_timestamp,timestamp", lambda at, case, what, time: (case, what, time, time)
    )
    assert read_event_log(path).notices == (
        "'start_timestamp' is not read: an event counts at its 'timestamp'; columns={time: HEAD} takes the other",
    )


def test_the_only_column_of_times_of_a_parquet_file_is_the_time(tmp_path):
    path = tmp_path / "log.parquet"
    case, activity, time = zip(*EVENTS, strict=True)
    parquet.write_table(pa.table({"case_id": case, "activity": activity, "happened": time}), path)
    assert events_of(read_event_log(path)) == set(EVENTS)


def test_what_is_asked_names_the_likeliest_columns(tmp_path):
    """An id that comes again, words that say what happened, and when something was over before when it began."""
    head = "parcel_id,worker_id,kind_of_action,Start Date,End Date"

    def row(at, case, activity, time):
        return case, f"w{at % 3}", activity, time, time + timedelta(minutes=5)

    path = write(tmp_path, head, row)
    with pytest.raises(ConfigError, match="dates side by side"):
        read_event_log(path)
    columns = {"activity": "kind_of_action"}
    with pytest.raises(
        ConfigError, match="no column is the case or the time.*'columns={case: parcel_id, time: End Date}'"
    ):
        read_event_log(path, LogLayout(columns=columns))


@pytest.mark.parametrize("cell", ("\"['o1', 'o2']\"", '"[""o1"",""o2""]"'))
def test_lists_of_cases_in_a_cell_are_refused(tmp_path, cell):
    path = write(tmp_path, "orders,activity,time", lambda at, case, activity, time: (cell, activity, time))
    with pytest.raises(ConfigError, match=r"'orders' has lists of cases, such as .*; write a row for each case"):
        read_event_log(path, LogLayout(columns={"case": "orders"}))


def test_object_centric_logs_in_csv_are_told(tmp_path):
    head = "ocel:eid,ocel:timestamp,ocel:activity,ocel:type:order"
    path = write(tmp_path, head, lambda at, case, activity, time: (at, time, activity, f"['{case}']"))
    with pytest.raises(ConfigError, match=r"is OCEL in CSV, with several objects in a cell; write it as OCEL 2.0"):
        read_event_log(path)


def test_names_in_capitals_are_none_for_no_value_among_their_like(tmp_path):
    """NA and NAN are cases of a public log of a hospital, between MZ and NB, and NAM and NAO."""
    path = tmp_path / "log.csv"
    names = [f"{first}{second}" for first in ("N", "NA", "TB") for second in string.ascii_uppercase]
    lines = [f"{name},{activity},2024-03-14 08:0{at}" for name in names for at, activity in enumerate("ab")]
    path.write_text("case,activity,time\n" + "\n".join(lines) + "\n")
    log = read_event_log(path)
    assert set(log.case_names) == set(names) and not log.left_out
    path.write_text("case,activity,time\nNB,a,2024-03-14\nNA,a,2024-03-14\nNB,b,2024-03-15\n")
    assert read_event_log(path).left_out == {"without a case": 1}


def test_one_trace_without_a_name_for_all_cases_is_refused(tmp_path):
    path = tmp_path / "log.xes"
    events = "".join(
        f'<event><int key="case_id" value="{at % 2}"/><string key="concept:name" value="a"/>'
        f'<date key="time:timestamp" value="2024-03-14T08:0{at}:00Z"/></event>'
        for at in range(6)
    )
    trace = f'<trace><string key="concept:name" value=""/>{events}</trace>'
    path.write_text(f'<?xml version="1.0"?><log>{trace}</log>')
    with pytest.raises(
        ConfigError, match="in one trace without a name, and each has 'case_id'; write a trace for each"
    ):
        read_event_log(path)


def test_times_without_a_day_are_told_as_that(tmp_path):
    path = write(tmp_path, "case,activity,timestamp", lambda at, case, what, time: (case, what, f"{time:%H:%M:%S}"))
    with pytest.raises(
        ConfigError, match=r"such as '08:00:00', have no day; .*2024-01-01 08:00:00.*time: \[DATE, TIME\]"
    ):
        read_event_log(path)


def test_a_date_and_a_clock_go_together_where_some_clocks_are_missing(tmp_path):
    path = write(
        tmp_path,
        "case,activity,Date,Time",
        lambda at, case, what, time: (case, what, f"{time:%Y-%m-%d}", "NA" if at == 7 else f"{time:%H:%M:%S}"),
    )
    assert "Date and Time" in [column.column for column in read_event_log(path).columns]


@pytest.mark.parametrize("zone", ("", "Z", "+01:00"))
def test_hours_of_one_digit_are_read_among_others(tmp_path, zone):
    """As a table tool leaves them: 2024-03-14 8:00:00 beside 2024-03-14 19:06:00."""

    def row(_, case, activity, time):
        return case, activity, f"{time:%Y-%m-%d} {time.hour}:{time:%M:%S}{zone}"

    log = read_event_log(write(tmp_path, "case,activity,time", row))
    behind = timedelta(hours=1 if zone.startswith("+") else 0)
    assert events_of(log) == {(case, activity, time - behind) for case, activity, time in EVENTS}
    assert not log.left_out


@pytest.mark.parametrize("case", ("case_id", "customer_id", "email", "session_id", "order_id"))
@pytest.mark.parametrize("beside", ("request_id", "batch_id", "invoice_id", "instance_id", "case_no", "id"))
def test_what_numbers_requests_or_steps_is_no_case_beside_one(tmp_path, case, beside):
    path = write(tmp_path, f"{case},{beside},event,time", lambda at, who, activity, time: (who, at, activity, time))
    assert events_of(read_event_log(path)) == set(EVENTS)


def test_the_name_or_index_of_a_case_beside_its_id_is_not_asked_about(tmp_path):
    path = write(
        tmp_path, "case_id,case_name,case_index,activity,time", lambda at, who, *rest: (who, f"no {who}", at, *rest)
    )
    assert events_of(read_event_log(path)) == set(EVENTS)


def test_guids_in_braces_are_no_lists_of_cases(tmp_path):
    names = {}

    def row(at, case, activity, time):
        name = names.setdefault(case, f"{{6B29FC40-CA47-1067-B31D-00DD01060{len(names):03}}}")
        return name, activity, time

    log = read_event_log(write(tmp_path, "case,activity,time", row))
    assert sorted(log.case_names) == sorted(names.values())


@pytest.mark.parametrize("words", (("completed", "unknown"), ("finished", "abort"), ("started", "completed")))
def test_how_an_order_stands_is_no_transition_of_an_activity(tmp_path, words):
    def row(at, case, activity, time):
        return case, activity, words[at % 2], time

    log = read_event_log(write(tmp_path, "case,activity,order_status,time", row))
    assert log.left_out == {}
    assert events_of(log) == set(EVENTS)


@pytest.mark.parametrize("head", ("task_state", "transition"))
def test_transitions_are_told_in_parquet_as_in_csv(tmp_path, head):
    rows = [
        (case, activity, word, time - timedelta(minutes=9 * (word == "start")))
        for case, activity, time in EVENTS
        for word in ("start", "complete")
    ]
    path = tmp_path / "log.parquet"
    columns = zip(("case", "activity", head, "time"), zip(*rows, strict=True), strict=True)
    parquet.write_table(pa.table({name: list(cells) for name, cells in columns}), path)
    log = read_event_log(path)
    assert log.left_out == {"that are no end of an activity (lifecycle start)": 20}
    assert events_of(log) == set(EVENTS)
