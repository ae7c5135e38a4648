"""OCEL 2.0 as JSON, XML and a database of SQLite: the same log, and hostile files of each."""

import json
import re
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log
from sim.scenario.errors import ConfigError

#: Name, type, and what is said of it since when.
OBJECTS = [("o1", "order", [("tier", "2024-01-01T00:00:00", "gold"), ("tier", "2024-03-14T10:00:00", "silver")]),
           ("o2", "order", [("tier", "2024-01-01T00:00:00", "basic")]), ("o3", "order", []), ("i1", "item", [])]  # fmt: skip
EVENTS = [("e1", "place order", "2024-03-14T09:00:00", {"amount": "12.5"}, ["o1", "i1"]),
          ("e2", "ship & bill", "2024-03-14T11:00:00", {}, ["o1", "o2"]),
          ("e3", "place order", "2024-03-14T08:00:00", {"amount": "7.5"}, ["o2"]),
          ("e4", "restock", "2024-03-14T07:00:00", {}, ["i1"])]  # fmt: skip


def in_json(path):
    objects = [
        {
            "id": name,
            "type": kind,
            "attributes": [{"name": head, "time": since, "value": value} for head, since, value in said],
        }
        for name, kind, said in OBJECTS
    ]
    events = [
        {
            "id": name,
            "type": kind,
            "time": time,
            "attributes": [{"name": head, "value": value} for head, value in said.items()],
            "relationships": [{"objectId": one, "qualifier": "of"} for one in on],
        }
        for name, kind, time, said, on in EVENTS
    ]
    path.write_text(json.dumps({"objects": objects, "events": events}))


def in_xml(path):
    def listed(tag, items):
        return f"<{tag}>{''.join(items)}</{tag}>"

    objects = [
        f'<object id="{name}" type="{kind}">'
        + listed(
            "attributes",
            [f'<attribute name="{head}" time="{since}">{value}</attribute>' for head, since, value in said],
        )
        + listed("objects", ['<relationship object-id="i1" qualifier="has"/>'])
        + "</object>"
        for name, kind, said in OBJECTS
    ]
    events = [
        f'<event id="{name}" type="{kind.replace("&", "&amp;")}" time="{time}">'
        + listed("attributes", [f'<attribute name="{head}">{value}</attribute>' for head, value in said.items()])
        + listed("objects", [f'<relationship object-id="{one}" qualifier="of"/>' for one in on])
        + "</event>"
        for name, kind, time, said, on in EVENTS
    ]
    types = '<object-types><object-type name="order"/></object-types>'
    path.write_text(f'<?xml version="1.0"?><log>{types}{listed("objects", objects)}{listed("events", events)}</log>')


def in_database(path):
    with closing(sqlite3.connect(path)) as base:
        for table, columns in (
            ("event", "ocel_id, ocel_type"),
            ("object", "ocel_id, ocel_type"),
            ("event_object", "ocel_event_id, ocel_object_id, ocel_qualifier"),
            ("event_map_type", "ocel_type, ocel_type_map"),
            ("object_map_type", "ocel_type, ocel_type_map"),
            ("object_order", "ocel_id, ocel_time, tier, ocel_changed_field"),
            ("object_item", "ocel_id"),
        ):
            base.execute(f"CREATE TABLE {table} ({columns})")
        base.executemany("INSERT INTO object_map_type VALUES (?, ?)", [("order", "order"), ("item", "item")])
        for name, kind, said in OBJECTS:
            base.execute("INSERT INTO object VALUES (?, ?)", (name, kind))
            for at, (head, since, value) in enumerate(said):
                row = (name, since, value, head if at else None)
                base.execute("INSERT INTO object_order VALUES (?, ?, ?, ?)", row)
        for kind in dict.fromkeys(kind for _, kind, *_ in EVENTS):
            suffix = "".join(letter for letter in kind.title() if letter.isalpha())
            base.execute("INSERT INTO event_map_type VALUES (?, ?)", (kind, suffix))
            base.execute(f"CREATE TABLE event_{suffix} (ocel_id, ocel_time, amount)")
            rows = [(name, time, said.get("amount")) for name, one, time, said, _ in EVENTS if one == kind]
            base.executemany(f"INSERT INTO event_{suffix} VALUES (?, ?, ?)", rows)
        for name, kind, *_, on in EVENTS:
            base.execute("INSERT INTO event VALUES (?, ?)", (name, kind))
            base.executemany("INSERT INTO event_object VALUES (?, ?, 'of')", [(name, one) for one in on])
        base.commit()


FORMS = {"log.json": in_json, "log.xml": in_xml, "log.sqlite": in_database, "odd name #1?.sqlite": in_database}


@pytest.mark.parametrize("name", FORMS)
def test_a_log_is_the_same_in_every_form(tmp_path, name):
    path = tmp_path / name
    FORMS[name](path)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"there are order \(3\), item \(1\)"):
        read_event_log(path)
    log = read_event_log(path, LogLayout(columns={"case": "order"}, attributes=["tier"]))
    codes, words = log.extra["tier"]
    said = ["" if code < 0 else words[code] for code in codes]
    got = [
        (log.case_names[case], log.activities[activity], str(np.datetime64(int(time), "us"))[11:16], tier)
        for case, activity, time, tier in zip(log.case, log.activity, log.time, said, strict=True)
    ]
    assert got == [
        ("o1", "place order", "09:00", "gold"),
        ("o1", "ship & bill", "11:00", "silver"),
        ("o2", "place order", "08:00", "basic"),
        ("o2", "ship & bill", "11:00", "basic"),
    ]
    assert log.case_names == ("o1", "o2", "o3") and log.cases_without_events == 1
    assert np.nansum(log.amount) == 20.0
    assert log.left_out == {"on no order": 1} and log.rows == 5
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == [name]


def test_a_database_of_something_else_is_told(tmp_path):
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE sales (who, day)")
    with pytest.raises(ConfigError, match="without the tables of OCEL 2.0; export its table of events as CSV in UTF-8"):
        read_event_log(path)
    path.write_bytes(path.read_bytes()[:60] + b"x" * 200)
    with pytest.raises(ConfigError, match="is a database of SQLite that cannot be read"):
        read_event_log(path)


def test_a_view_in_place_of_a_table_is_not_run(tmp_path):
    path = tmp_path / "log.sqlite"
    in_database(path)
    with closing(sqlite3.connect(path)) as base:
        base.execute("DROP TABLE event_object")
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS ocel_event_id, i AS"
        base.execute(f"CREATE VIEW event_object AS {endless} ocel_object_id FROM n")
        base.commit()
    with pytest.raises(ConfigError, match="without the tables of OCEL 2.0"):
        read_event_log(path)


def test_what_a_table_computes_is_refused(tmp_path):
    path = tmp_path / "log.sqlite"
    in_database(path)
    with closing(sqlite3.connect(path)) as base:
        base.execute("DROP TABLE object_item")
        base.execute("CREATE TABLE object_item (ocel_id, big AS (hex(zeroblob(4000))))")
        base.execute("INSERT INTO object_item (ocel_id) VALUES ('i1')")
        base.commit()
    with pytest.raises(ConfigError, match="the table 'object_item' computes a column; write its values out"):
        read_event_log(path, LogLayout(columns={"case": "order"}))


def test_entities_in_xml_are_refused(tmp_path):
    path = tmp_path / "log.xml"
    in_xml(path)
    text = path.read_text()
    path.write_text(text.replace("<log>", '<!DOCTYPE log [<!ENTITY a "aa">]><log>'))
    with pytest.raises(
        ConfigError, match="declares entities or a document type, which no OCEL or XES file needs; refused"
    ):
        read_event_log(path)
    path.write_text(text[:-30])
    with pytest.raises(ConfigError, match="is no well-formed OCEL in XML"):
        read_event_log(path)


def changed(path, *statements):
    in_database(path)
    with closing(sqlite3.connect(path)) as base:
        for statement in statements:
            base.execute(statement)
        base.commit()
    return path


@pytest.mark.parametrize(
    ("statement", "told"),
    (
        ("INSERT INTO object VALUES (NULL, 'order')", "a row of the table 'object' has no ocel_id; mend it"),
        ("UPDATE event SET ocel_type = NULL", "a row of the table 'event' has no ocel_type; mend it"),
        ("INSERT INTO event_object VALUES ('e1', NULL, '')", "the table 'event_object' has no ocel_object_id; mend it"),
        ("ALTER TABLE event RENAME ocel_type TO type", "cannot be read .no such column: ocel_type"),
    ),
)
def test_nobody_is_called_none(tmp_path, statement, told):
    with pytest.raises(ConfigError, match=told):
        read_event_log(changed(tmp_path / "log.sqlite", statement), LogLayout(columns={"case": "order"}))


def test_rows_that_take_their_words_from_a_default_are_bounded(tmp_path):
    """A file of a megabyte whose rows say gigabytes."""
    path = changed(
        tmp_path / "log.sqlite",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40)"
        " INSERT INTO object_item SELECT 'i' || i FROM n",
        f"ALTER TABLE object_item ADD COLUMN said DEFAULT '{'x' * 900_000}'",
    )
    with pytest.raises(ConfigError, match="the table 'object_item' holds more than the file has; write it again"):
        read_event_log(path, LogLayout(columns={"case": "order"}))


def test_changes_that_are_not_in_the_file_yet_are_told(tmp_path):
    path = tmp_path / "log.sqlite"
    in_database(path)
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("DELETE FROM event")
        base.commit()
        with pytest.raises(ConfigError, match="has changes in log.sqlite-wal beside it; end the program that writes"):
            read_event_log(path)
    with pytest.raises(ConfigError, match="none of its 0 events can be used"):
        read_event_log(path, LogLayout(columns={"case": "order"}))


@pytest.mark.parametrize(
    "types",
    (
        '<object-type name="order"><attributes><attribute name="tier" type="string">\n</attribute></attributes>',
        '<object-type name="order"><objects><relationship object-id="o1"/></objects>',
        '</object-types><objects><attributes><attribute name="a">1</attribute></attributes></objects><object-types>',
        '</object-types><objects><own><objects><relationship object-id="o1"/></objects></own></objects><object-types>',
    ),
)
def test_elements_at_odd_places_of_xml_say_nothing(tmp_path, types):
    path = tmp_path / "log.xml"
    in_xml(path)
    tail = "" if types.startswith("<") and types.count("<object-type ") == 0 else "</object-type>"
    path.write_text(path.read_text().replace('<object-type name="order"/>', types + tail, 1))
    log = read_event_log(path, LogLayout(columns={"case": "order"}))
    assert (log.case.size, np.nansum(log.amount)) == (4, 20.0)


@pytest.mark.parametrize(
    ("inside", "told"),
    (
        ("<a>" * 100 + "</a>" * 100, "has more than 64 elements within each other"),
        (f'<attribute name="a">{"x>" * 600_000}</attribute>', "has a value of more than 1,000,000 signs; leave it out"),
    ),
)
def test_deep_and_long_xml_is_refused(tmp_path, inside, told):
    path = tmp_path / "log.xml"
    in_xml(path)
    path.write_text(path.read_text().replace("<attributes>", f"<attributes>{inside}", 1))
    with pytest.raises(ConfigError, match=told):
        read_event_log(path)


def test_xml_in_utf_16_is_read(tmp_path):
    path = tmp_path / "log.xml"
    in_xml(path)
    path.write_bytes(path.read_text().replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16"))
    log = read_event_log(path, LogLayout(columns={"case": "order"}))
    assert (log.case.size, np.nansum(log.amount)) == (4, 20.0)


def late(text):
    """Put the types behind everything else, and a long comment before all."""
    types, events = re.search(r"<object-types>.*</object-types>", text)[0], re.search("<events>.*</events>", text)[0]
    moved = text.replace(types, "").replace(events, "").replace("<log>", f"<!--{'long ' * 2000}--><log>{events}")
    return moved.replace("</log>", f"{types}</log>")


@pytest.mark.parametrize(
    "written",
    [
        late,
        lambda text: re.sub(r"<(/?)([a-z])", r"<\1ocel:\2", text).replace(
            "<ocel:log>", '<ocel:log xmlns:ocel="urn:o">'
        ),
        lambda text: re.sub(r"<(/?)(?!log)([a-z])", r"<\1o:\2", text).replace("<log>", '<log xmlns:o="urn:o">'),
    ],
)
def test_order_and_prefixes_of_elements_make_no_difference(tmp_path, written):
    path = tmp_path / "log.xml"
    in_xml(path)
    path.write_text(written(path.read_text()))
    log = read_event_log(path, LogLayout(columns={"case": "order"}, attributes=["tier"]))
    assert (log.cases, log.case.size, np.nansum(log.amount)) == (3, 4, 20.0)
    codes, words = log.extra["tier"]
    assert sorted(words[code] for code in codes) == ["basic", "basic", "gold", "silver"]


def test_ocel_1_in_xml_is_told(tmp_path):
    path = tmp_path / "log.xml"
    path.write_text('<log><global scope="event"/><events><event><string key="id" value="e1"/></event></events></log>')
    with pytest.raises(ConfigError, match=r"is OCEL 1\.0 in XML; write it as OCEL 2\.0"):
        read_event_log(path)


def test_a_type_on_which_no_event_is_told_with_those_that_are(tmp_path):
    objects = [{"id": "o", "type": "order"}, {"id": "c", "type": "customer"}]
    event = {"type": "pay  ", "time": "2024-03-14T09:00:00", "relationships": [{"objectId": "o"}, {"objectId": "o"}, 7]}
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"objects": objects, "events": [event, event | {"type": "pay"}]}))
    with pytest.raises(
        ConfigError, match=r"none of its 2 events is on a customer; events are on order \(2\); say which"
    ):
        read_event_log(path, LogLayout(columns={"case": "customer"}))
    log = read_event_log(path, LogLayout(columns={"case": "order"}))
    assert log.activities == ("pay",) and log.case.size == 2
