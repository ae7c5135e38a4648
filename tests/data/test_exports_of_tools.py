"""Exports of tools that record events come out as they happened, or what is not read of them is said."""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log
from sim.scenario.errors import ConfigError

#: 16 events of 4 cases over a change of the clock, and by which medium each came.
EVENTS = sorted(
    (
        (f"7{case}", activity, datetime(2024, 3, 30, 22 + case % 2, 5 * case, 15, tzinfo=UTC) + timedelta(hours=at))
        for case in range(4) for at, activity in enumerate(("home", "item", "basket", "order"))
    ),
    key=lambda event: event[2],
)  # fmt: skip
MEDIUM = {f"7{case}": ("email", "cpc")[case % 2] for case in range(4)}
BERLIN = timezone(timedelta(hours=1))
LATER = timedelta(seconds=4)

#: Heads and cells of exports; the email of a help desk is its agent's.
HEADS = {
    "Mixpanel": (("event", "distinct_id", "time", "$device_id"), lambda c, a, t: (a, c, t, "d" + c)),
    "PostHog": (("uuid", "event", "timestamp", "distinct_id"), lambda c, a, t: (c + a, a, t, c)),
    "Braze": (("external_user_id", "event_type", "time", "campaign"), lambda c, a, t: (c, a, t, "spring")),
    "Mailchimp": (("Email Address", "Action", "Timestamp", "URL"), lambda c, a, t: (c, a, t, "")),
    "a help desk": (("call_id", "event", "time", "email"), lambda c, a, t: (c, a, t, "bob@example.org")),
}


def written(path, head, rows):
    path.write_text("\n".join(",".join(map(str, row)) for row in (head, *rows)) + "\n", encoding="utf-8")
    return path


def events_of(log):
    named = zip(log.case, log.activity, log.time, strict=True)
    return sorted((log.case_names[case], log.activities[activity], int(time)) for case, activity, time in named)


def truth(called=lambda case, activity: activity):
    return sorted((case, called(case, activity), round(time.timestamp() * 1e6)) for case, activity, time in EVENTS)


@pytest.mark.parametrize("tool", HEADS)
def test_who_is_told_by_the_heads_of_tools(tmp_path, tool):
    head, row = HEADS[tool]
    path = written(tmp_path / "log.csv", head, [row(c, a, t.isoformat()) for c, a, t in EVENTS])
    assert events_of(read_event_log(path)) == truth()


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("zone", ["%z", "UTC"])
def test_an_offset_may_stand_behind_a_blank(tmp_path, blank, zone):
    times = [
        t.astimezone(BERLIN if zone == "%z" else UTC).strftime(f"%Y-%m-%d %H:%M:%S{blank}{zone}") for *_, t in EVENTS
    ]
    path = written(
        tmp_path / "log.csv",
        ("case", "activity", "time"),
        [(c, a, time) for (c, a, _), time in zip(EVENTS, times, strict=True)],
    )
    assert events_of(read_event_log(path)) == truth()


@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        (("Start", "End"), {}),
        (("begin", "finished"), {}),
        (("START", "COMPLETE"), {}),
        (("start", "suspend", "resume", "complete"), {"suspend": 16, "resume": 16}),
        # Where nothing is ever complete, activities count when they start.
        (("start", "assign"), {"assign": 16}),
    ],
)
def test_an_activity_counts_once_whatever_its_lifecycle_is_called(tmp_path, words, left_out):
    which = "end" if len({"complete", "end", "finished"} & {word.lower() for word in words}) else "start"
    rows = [
        (c, a, (t + at * LATER - (len(words) - 1 if which == "end" else 0) * LATER).isoformat(), word)
        for c, a, t in EVENTS for at, word in enumerate(words)
    ]  # fmt: skip
    path = written(
        tmp_path / "log.csv", ("case", "activity", "time", "lifecycle"), sorted(rows, key=lambda row: row[2])
    )
    log = read_event_log(path)
    assert events_of(log) == truth()
    starts = {f"that are no {which} of an activity (lifecycle start)": 16} if which == "end" else {}
    others = {f"that are no {which} of an activity (lifecycle {word})": count for word, count in left_out.items()}
    assert log.left_out == starts | others
    assert set((log.time - log.begun).tolist()) == {(len(words) - 1) * 4_000_000 if which == "end" else 0}


def test_a_lifecycle_without_starts_and_ends_is_told(tmp_path):
    rows = [(c, a, t.isoformat(), word) for c, a, t in EVENTS for word in ("schedule", "assign")]
    log = read_event_log(written(tmp_path / "log.csv", ("case", "activity", "time", "lifecycle"), rows))
    assert log.case.size == 32 and "('schedule', 'assign'): each event is a visit" in log.notices[0]


def test_starts_and_ends_that_are_not_read_as_such_are_told(tmp_path):
    rows = [(c, f"{a}-{word}", t.isoformat()) for c, a, t in EVENTS for word in ("START", "END")]
    log = read_event_log(written(tmp_path / "log.csv", ("case", "activity", "time"), rows))
    assert "4 activities come as a start and an end (such as 'home-START' and 'home-END')" in log.notices[0]
    rows = [(c, a, (t - LATER).isoformat(), t.isoformat()) for c, a, t in EVENTS]
    heads = ("Case ID", "Activity", "Start Timestamp", "Complete Timestamp")
    log = read_event_log(written(tmp_path / "log.csv", heads, rows))
    assert events_of(log) == truth() and "'Start Timestamp' is not read" in log.notices[0]


def test_several_columns_say_what_happened(tmp_path):
    rows = [(c, "view" if a != "order" else "NULL", a, t.isoformat()) for c, a, t in EVENTS]
    path = written(tmp_path / "log.csv", ("user_id", "event", "page", "timestamp"), rows)
    log = read_event_log(path, LogLayout(columns={"activity": ["event", "page"]}))
    assert events_of(log) == truth(lambda _, activity: f"view {activity}" if activity != "order" else activity)
    assert [column.column for column in log.columns if column.role == "activity"] == ["event and page"]
    glued = path.read_text() * 2
    path.write_text(glued)
    log = read_event_log(path, LogLayout(columns={"activity": ["event", "page"]}))
    assert log.left_out == {"repeating the head line": 1} and log.case.size == 32
    with pytest.raises(ConfigError, match="of an activity several .all of them name it."):
        read_event_log(path, LogLayout(columns={"brand": ["event", "page"]}))


def xes(traced="", said="", before=""):
    traces = ""
    for name in MEDIUM:
        events = "".join(
            f'<event><string key="concept:name" value="{a}"/><string key="org:resource" value="desk {c}"/>{said}'
            f'<date key="time:timestamp" value="{t.isoformat()}"/></event>'
            for c, a, t in EVENTS
            if c == name
        )
        traces += f'<trace><string key="concept:name" value="{name}"/>{traced.replace("MEDIUM", MEDIUM[name])}{events}</trace>'
    return f"<log>{before}{traces}</log>"


def test_a_classifier_of_several_keys_is_offered_and_taken(tmp_path):
    path = tmp_path / "log.xes"
    path.write_text(xes(before='<classifier name="Who" keys="\'concept:name\' org:resource"/>'))
    log = read_event_log(path)
    assert events_of(log) == truth()
    assert '\'columns={activity: ["concept:name", "org:resource"]}\' takes it' in log.notices[0]
    log = read_event_log(path, LogLayout(columns={"activity": ["concept:name", "org:resource"]}))
    assert events_of(log) == truth(lambda case, activity: f"{activity} desk {case}") and not log.notices


def test_what_a_trace_says_counts_for_its_events(tmp_path):
    path = tmp_path / "log.xes"
    path.write_text(xes(traced='<string key="medium" value="MEDIUM"/>'))
    log = read_event_log(path, LogLayout(columns={"channel": "medium"}))
    codes, values = log.extra["channel"]
    assert [values[code] for code in codes] == [MEDIUM[log.case_names[case]] for case in log.case]


@pytest.mark.parametrize(
    "layout",
    [{"columns": {"channel": "nowhere"}}, {"columns": {"case": "nowhere"}}, {"attributes": ["nowhere"]},
     {"columns": {"activity": ["concept:name", "nowhere"]}}],
)  # fmt: skip
def test_a_key_that_is_nowhere_in_xes_is_refused(tmp_path, layout):
    path = tmp_path / "log.xes"
    path.write_text(xes())
    with pytest.raises(ConfigError, match="has the key 'nowhere' that columns or attributes name; there are"):
        read_event_log(path, LogLayout(**layout))


def test_fields_inside_of_columns_of_parquet(tmp_path):
    """As GA4 exports them to BigQuery: structures, and lists that are left alone."""
    paid = [99.5 if a == "order" else None for _, a, _ in EVENTS]
    columns = {
        "event_timestamp": [round(t.timestamp() * 1e6) for *_, t in EVENTS],
        "event_name": [a for _, a, _ in EVENTS],
        "event_params": [[{"key": "ga_session_id", "value": {"int_value": 1}}] for _ in EVENTS],
        "user_pseudo_id": [c for c, *_ in EVENTS],
        "traffic_source": [{"medium": MEDIUM[c], "deep": {"er": c}} for c, *_ in EVENTS],
        "ecommerce": [None if amount is None else {"purchase_revenue": amount} for amount in paid],
    }
    path = tmp_path / "log.parquet"
    parquet.write_table(pa.table(columns), path)
    log = read_event_log(
        path, LogLayout(columns={"channel": "traffic_source.medium"}, attributes="traffic_source.deep.er")
    )
    assert events_of(log) == truth()
    assert log.amount is not None and log.amount[log.amount > 0].tolist() == [99.5] * 4
    for name, of_case in (("channel", MEDIUM.__getitem__), ("traffic_source.deep.er", str)):
        codes, values = log.extra[name]
        assert [values[code] for code in codes] == [of_case(log.case_names[case]) for case in log.case]
    with pytest.raises(ConfigError, match="columns.case is 'traffic_source.meduim', which is no head; did you mean"):
        read_event_log(path, LogLayout(columns={"case": "traffic_source.meduim"}))
