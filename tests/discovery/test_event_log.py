"""Reading event logs: what files really do (each case a trap seen in a public tool), and hostile files."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log
from sim.discovery.case_attributes import changing_attributes
from sim.discovery.cases import cases_of
from sim.discovery.lived_map import lived_map
from sim.discovery.variants import variants_of
from sim.scenario.errors import ConfigError


def csv(tmp_path, rows, head="case,activity,time", name="log.csv"):
    path = tmp_path / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def xes(tmp_path, traces, name="log.xes", extra=""):
    def attributes(values):
        kinds = {"time:timestamp": "date"}
        return "".join(f'<{kinds.get(key, "string")} key="{key}" value="{value}"/>' for key, value in values.items())

    body = "".join(
        f"<trace>{attributes(about)}{''.join(f'<event>{attributes(event)}</event>' for event in events)}</trace>"
        for about, events in traces
    )
    path = tmp_path / name
    text = f'<?xml version="1.0"?><log xes.version="1.0" xmlns="http://www.xes-standard.org/">{extra}{body}</log>'
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def event(name, time, **more):
    return {"concept:name": name, "time:timestamp": time, **more}


def edges(log):
    cases = cases_of(log)
    return {(cases.stages[e.source], cases.stages[e.target]): e.count for e in lived_map(cases)[1]}


def test_cases_are_counted_whatever_the_order_of_the_file(tmp_path):
    rows = ["o1,create,2020-01-01", "o2,create,2020-01-01", "o1,ship,2020-01-02", "o2,ship,2020-01-02"]
    cases = cases_of(read_event_log(csv(tmp_path, rows)))
    assert variants_of(cases)[1].tolist() == [2]


def test_start_end_and_duration_come_from_one_order(tmp_path):
    log = read_event_log(csv(tmp_path, ["1,c,2020-01-03", "1,a,2020-01-01", "1,b,2020-01-02"]))
    names = [log.activities[at] for at in log.activity]
    assert names == ["a", "b", "c"] and (log.time[-1] - log.time[0]) == 2 * 86_400_000_000


def test_at_equal_times_the_order_of_the_file_holds_and_ties_are_reported(tmp_path):
    log = read_event_log(csv(tmp_path, ["1,b,2020-01-01", "1,a,2020-01-01", "1,c,2020-01-02"]))
    assert edges(log) == {("b", "a"): 1, ("a", "c"): 1} and log.tied_share == pytest.approx(1 / 3)


def test_day_and_month_are_decided_by_the_column(tmp_path):
    log = read_event_log(csv(tmp_path, ["1,a,03/04/2020 10:00", "1,b,13/04/2020 10:00"]))
    assert log.time[1] - log.time[0] == 10 * 86_400_000_000
    with pytest.raises(ConfigError, match="date_format"):
        read_event_log(csv(tmp_path, ["1,a,03/04/2020", "1,b,05/04/2020"]))


def test_mixed_offsets_over_a_clock_change(tmp_path):
    rows = ["1,a,2020-03-29T01:30:00+01:00", "1,b,2020-03-29T03:30:00+02:00"]
    log = read_event_log(csv(tmp_path, rows))
    assert log.time[1] - log.time[0] == 3_600_000_000


def test_a_time_without_zone_does_not_depend_on_the_machine(tmp_path, monkeypatch):
    path = csv(tmp_path, ["1,a,2020-06-01 12:00:00"])
    monkeypatch.setenv("TZ", "America/New_York")
    assert read_event_log(path).time[0] == 1_591_012_800_000_000


@pytest.mark.parametrize("value", ["1577836800", "1577836800000", "1577836800000000"])
def test_times_since_1970_are_told_by_the_column(tmp_path, value):
    assert read_event_log(csv(tmp_path, [f"1,a,{value}"])).time[0] == 1_577_836_800_000_000


def test_cases_without_events_count(tmp_path):
    one, other = ({"concept:name": "1"}, [event("a", "2020-01-01T00:00:00Z")]), ({"concept:name": "2"}, [])
    log = read_event_log(xes(tmp_path, [one, other, ({"concept:name": "3"}, one[1])]))
    assert (log.cases, log.cases_without_events) == (3, 1)


def test_repeated_and_missing_trace_names_stay_cases_of_their_own(tmp_path):
    events = [event("a", "2020-01-01T00:00:00Z")]
    log = read_event_log(
        xes(tmp_path, [({"concept:name": "1"}, events), ({"concept:name": "1"}, events), ({}, events)])
    )
    assert log.cases == 3 and len(log.notices) == 2


def test_events_without_a_name_are_left_out_and_counted(tmp_path):
    events = [event("a", "2020-01-01T00:00:00Z"), {"time:timestamp": "2020-01-01T01:00:00Z"}]
    log = read_event_log(xes(tmp_path, [({"concept:name": "1"}, events)]))
    assert log.rows == 2 and log.left_out == {"without an activity": 1}


def test_a_start_and_its_end_are_one_visit(tmp_path):
    head = "case,activity,time,lifecycle:transition"
    rows = ["1,a,2020-01-01 09:00,start", "1,a,2020-01-01 12:00,complete", "1,b,2020-01-01 13:00,complete"]
    log = read_event_log(csv(tmp_path, rows, head))
    assert edges(log) == {("a", "b"): 1}
    assert log.time[0] - log.begun[0] == 3 * 3_600_000_000
    assert log.rows == log.case.size + sum(log.left_out.values())


def test_a_classifier_of_the_file_is_offered(tmp_path):
    events = [event("a", "2020-01-01T00:00:00Z", org="x")]
    log = read_event_log(
        xes(tmp_path, [({"concept:name": "1"}, events)], extra='<classifier name="Both" keys="concept:name org"/>')
    )
    assert "Both" in log.notices[0]


def test_overlapping_activities_have_their_own_begin(tmp_path):
    head = "case,activity,time,lifecycle:transition"
    rows = [
        "1,a,2020-01-01 09:00,start", "1,b,2020-01-01 10:00,start",
        "1,a,2020-01-01 12:00,complete", "1,b,2020-01-01 13:00,complete",
    ]  # fmt: skip
    log = read_event_log(csv(tmp_path, rows, head))
    assert log.time[0] - log.begun[1] == 2 * 3_600_000_000
    # Beginnings are kept, and it is said that nothing is made of them.
    assert "when they began is known of 2 events, and not used" in log.notices[-1]


def test_ids_keep_spelling_and_order(tmp_path):
    rows = [f"{name},a,2020-01-01" for name in ("2", "10", "1", "9007199254740993")]
    assert read_event_log(csv(tmp_path, rows)).case_names == ("2", "10", "1", "9007199254740993")


def test_large_whole_numbers_beside_a_gap_stay_exact(tmp_path):
    table = pa.table(
        {
            "case": pa.array([9007199254740993, None, 9007199254740992]),
            "activity": ["a", "b", "a"],
            "time": pa.array(np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[us]")),
        }
    )
    pq.write_table(table, tmp_path / "log.parquet")
    log = read_event_log(tmp_path / "log.parquet")
    assert log.case_names == ("9007199254740993", "9007199254740992") and log.left_out == {"without a case": 1}


def test_duplicate_rows_are_reported_and_kept(tmp_path):
    log = read_event_log(csv(tmp_path, ["1,a,2020-01-01", "1,a,2020-01-01", "1,b,2020-01-02"]))
    assert log.case.size == 3 and log.duplicates == 1


def test_an_object_centric_log_counts_an_event_once_for_every_case(tmp_path):
    path = tmp_path / "log.json"
    objects = [{"id": "o1", "type": "order"}, {"id": "o2", "type": "order"}, {"id": "o3", "type": "order"}]
    related = [{"objectId": "o1"}, {"objectId": "o2"}, {"objectId": "o1"}]
    events = [{"id": "e1", "type": "pay", "time": "2020-01-01T00:00:00Z", "relationships": related}]
    path.write_text(json.dumps({"objects": objects, "events": events, "objectTypes": [], "eventTypes": []}))
    log = read_event_log(path)
    assert (log.case.size, log.cases, log.cases_without_events) == (2, 3, 1) and "more than one" in log.notices[0]
    path.write_text(json.dumps({"objects": [*objects, {"id": "i", "type": "item"}], "events": events}))
    with pytest.raises(ConfigError, match=r"columns=\{case: TYPE\}"):
        read_event_log(path)
    assert read_event_log(path, LogLayout(columns={"case": "order"})).case.size == 2


def test_what_was_understood_has_examples_in_every_form(tmp_path):
    path = tmp_path / "log.json"
    related = [{"objectId": "o1"}]
    events = [{"id": "e1", "type": "pay", "time": "2020-01-01T00:00:00Z", "relationships": related}]
    path.write_text(json.dumps({"objects": [{"id": "o1", "type": "order"}], "events": events}))
    made = xes(tmp_path, [({"concept:name": "o1"}, [event("pay", "2020-01-01T01:00:00+01:00")])])
    for log in (read_event_log(path), read_event_log(made)):
        told = {column.role: column.examples for column in log.columns}
        assert told["case"] == ("o1",) and told["activity"] == ("pay",)
        assert told["time"] == ("2020-01-01 00:00:00 UTC",)


def test_csv_and_xes_give_the_same(tmp_path):
    rows = ["1,a,2020-01-01 00:00:00", "1,b,2020-01-02 00:00:00", "2,a,2020-01-01 00:00:00"]
    traces = [
        ({"concept:name": "1"}, [event("a", "2020-01-01T00:00:00Z"), event("b", "2020-01-02T00:00:00Z")]),
        ({"concept:name": "2"}, [event("a", "2020-01-01T00:00:00Z")]),
    ]
    one, other = read_event_log(csv(tmp_path, rows)), read_event_log(xes(tmp_path, traces, "log.xes.gz"))
    assert (one.time == other.time).all() and (one.activity == other.activity).all()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ('<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><log>&b;</log>', "entities"),
        ('<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]><log>&x;</log>', "entities"),
        ("<log><trace>", "well-formed"),
        ("<html></html>", "no log"),
        ("PK\x03\x04 and so on", "archive"),
        ("{" * 50, "JSON"),
        ('{"objects": 3}', "no list objects"),
        ("a,b,c\n1,2,3\n", "no column is"),
        ("case,activity,time\n1,a,never\n", "no date can be read"),
        ("case,activity,time\n", "none of its 0 events"),
    ],
)
def test_hostile_and_useless_files_are_refused(tmp_path, content, word):
    path = tmp_path / "log.x"
    path.write_text(content)
    with pytest.raises(ConfigError, match=word):
        read_event_log(path)
    assert [item.name for item in tmp_path.iterdir()] == ["log.x"]


def test_compressed_bombs_and_huge_cells_are_refused(tmp_path):
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"case,activity,time\n" + b"1,a,2020-01-01\n" * 200_000))
    with pytest.raises(ConfigError, match="more than 1 MB"):
        read_event_log(bomb, LogLayout(most_megabytes=1))
    huge = tmp_path / "huge.xes"
    huge.write_bytes(b'<log><trace><string key="concept:name" value="' + b"a" * 3_000_000 + b'"/></trace></log>')
    with pytest.raises(ConfigError, match="more than 1,000,000 bytes"):
        read_event_log(huge)
    cell = tmp_path / "cell.csv"
    cell.write_bytes(b'case,activity,time\n1,"' + b"a" * 20_000_000 + b'",2020-01-01\n')
    with pytest.raises(ConfigError):
        read_event_log(cell)


def test_the_log_says_when_it_ends(tmp_path):
    extra = '<date key="log:end" value="2020-02-01T00:00:00Z"/>'
    log = read_event_log(xes(tmp_path, [({"concept:name": "1"}, [event("a", "2020-01-01T00:00:00Z")])], extra=extra))
    assert log.end - log.start == 31 * 86_400_000_000


def test_cells_parted_by_blanks_are_read(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("case  activity\ttime\n c1  a  2024-01-02\nc1 b   2024-01-03 \nc2 a 2024-01-02\n")
    log = read_event_log(path)
    assert (log.cases, log.activities, log.rows, log.left_out) == (2, ("a", "b"), 3, {})


@pytest.mark.parametrize("rows", ["c1,,2024\n", ",a,2024\n", "c1,a,\n"])
def test_a_log_whose_every_row_lacks_something_is_refused_with_the_reason(tmp_path, rows):
    path = tmp_path / "log.csv"
    path.write_text("case,activity,time\n" + 3 * rows)
    with pytest.raises(ConfigError, match="none of its 3 events can be used .3 rows without"):
        read_event_log(path)


@pytest.mark.parametrize("cell", ["1.234,50.1", "12.50 CR", "12.50 S"])
def test_amounts_in_another_way_are_refused_and_not_lost(tmp_path, cell):
    path = csv(tmp_path, [f"1;a;2020-01-01;{cell}", f"1;b;2020-01-02;{cell}"], head="case;activity;time;amount")
    with pytest.raises(ConfigError, match=r"2 of the amounts cannot be read .*row 1: '1.*row 2"):
        read_event_log(path)


def test_attributes_that_change_within_a_case_are_told_from_those_that_do_not(tmp_path):
    rows = [
        "1,a,2020-01-01,web,new",
        "1,b,2020-01-02,app,new",
        "2,a,2020-01-01,web,old",
        "2,b,2020-01-02,web,",
        "3,a,2020-01-01,,",
    ]
    path = csv(tmp_path, rows, head="case,activity,time,platform,origin")
    log = read_event_log(path, LogLayout(attributes=["platform", "origin"]))
    assert changing_attributes(log) == {"platform": (1, 2), "origin": (0, 2)}


def test_what_the_caller_gives_is_not_written_to(tmp_path):
    path = csv(tmp_path, ["2,b,2020-01-02,x", "1,a,2020-01-01,y", "2,a,2020-01-01,x"], head="case,activity,time,who")
    content, columns, attributes = path.read_bytes(), {"case": "case"}, ["who"]
    log = read_event_log(path, LogLayout(columns=columns, attributes=attributes))
    before = [column.copy() for column in (log.case, log.activity, log.time)]
    lived_map(cases_of(log))
    assert (path.read_bytes(), columns, attributes) == (content, {"case": "case"}, ["who"])
    with pytest.raises(ConfigError, match="attributes has 'activity', which is what an event says"):
        read_event_log(path, LogLayout(attributes=["activity"]))
    assert all((one == other).all() for one, other in zip(before, (log.case, log.activity, log.time), strict=True))
