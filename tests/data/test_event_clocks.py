"""A date and a time of day in two columns are one time, in any language; where it is open, the command asks."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log
from sim.scenario.errors import ConfigError

BEGIN = datetime(2025, 3, 14, 22, 30, 15, tzinfo=UTC)
#: 18 events of 6 cases; within each two are on one day, told the later one first.
EVENTS = [
    (f"c{case}", name, BEGIN + timedelta(days=case, hours=hours))
    for case in range(6)
    for name, hours in (("buy", 1), ("look", 0), ("come back", 30))
]


def read(tmp_path, heads, *cells, **layout):
    path = tmp_path / "log.csv"
    rows = [",".join((case, name, *(f"{t:{cell}}" for cell in cells))) for case, name, t in EVENTS]
    path.write_text("\n".join([",".join(("case", "activity", *heads)), *rows]) + "\n", encoding="utf-8")
    return read_event_log(path, LogLayout(**layout))


def steps(log):
    return [log.activities[at] for at in log.activity[log.case == 0]]


PAIRS = [("Tarih", "Saat"), ("Fecha", "Hora"), ("Datum", "Tijd"), ("Data", "Godzina"), ("Date", "Heure"), ("日付", "時刻"),
         ("Event Date", "Event Time"), ("Eventdatum", "Klockslag"), ("Datum", "Uhrzeit")]  # fmt: skip


@pytest.mark.parametrize("heads", PAIRS)
def test_a_time_of_day_beside_the_day_counts(tmp_path, heads):
    log = read(tmp_path, heads, "%d.%m.%Y", "%H:%M:%S")
    assert sorted(log.time.tolist()) == sorted(round(t.timestamp() * 1e6) for *_, t in EVENTS)
    assert steps(log) == ["look", "buy", "come back"]


def test_days_and_times_of_day_of_parquet(tmp_path):
    path = tmp_path / "log.parquet"
    case, name, when = zip(*EVENTS, strict=True)
    table = {
        "case": case,
        "activity": name,
        "event_date": [t.date() for t in when],
        "saat": [f"{t:%H:%M}" for t in when],
    }
    parquet.write_table(pa.table({head: list(cells) for head, cells in table.items()}), path)
    log = read_event_log(path, LogLayout(columns={"time": "event_date"}))
    assert len(set(log.time.tolist())) < len(EVENTS)
    log = read_event_log(path)
    assert sorted(log.time.tolist()) == sorted(round(t.replace(second=0).timestamp() * 1e6) for t in when)


def test_several_times_of_day_or_one_without_a_name_are_asked_about(tmp_path):
    with pytest.raises(
        ConfigError, match=r"'columns=\{time: \[date, from\]\}', or 'columns=\{time: date\}' for the days"
    ):
        read(tmp_path, ("date", "from"), "%Y-%m-%d", "%H:%M")
    with pytest.raises(ConfigError, match=r"\[date, start time\]\}' or 'columns=\{time: \[date, end time\]\}'"):
        read(tmp_path, ("date", "start time", "end time"), "%Y-%m-%d", "%H:%M", "%H:%M")
    log = read(tmp_path, ("date", "from"), "%Y-%m-%d", "%H:%M", columns={"time": ["date", "from"]})
    assert steps(log) == ["look", "buy", "come back"]


@pytest.mark.parametrize(("head", "cell"), [("duration", "%H:%M"), ("Handling time", "%H:%M"), ("note", "%d")])
def test_what_is_no_time_of_day_is_none(tmp_path, head, cell):
    log = read(tmp_path, ("date", head), "%Y-%m-%d", cell)
    assert steps(log) == ["buy", "look", "come back"]
    assert all(time % 86_400_000_000 == 0 for time in log.time.tolist())


@pytest.mark.parametrize(
    ("case", "activity", "time"),
    [
        ("Case ID", "Activity", "Event end"), ("Numéro de dossier", "Activité", "Horodatage"),
        ("ID sprawy", "Czynność", "Data i godzina"), ("ID do Caso", "Atividade", "Data/Hora"),
        ("ケースID", "アクティビティ", "日時"), ("Müşteri No", "Aktivite", "Zaman"), ("person_id", "metric_name", "datetime"),
        ("properties.distinct_id", "event", "properties.time"), ("Record ID", "Deal Stage", "Property history timestamp"),
        ("Process Instance ID", "Function name", "Event start"), ("Vorgangsnummer", "Vorgang", "Zeit"),
    ],
)  # fmt: skip
def test_heads_of_tools_and_languages_are_known(tmp_path, case, activity, time):
    path = tmp_path / "log.csv"
    rows = [f"{one},{name},{t:%Y-%m-%d %H:%M:%S}" for one, name, t in EVENTS]
    path.write_text("\n".join([f"{case},{activity},{time}", *rows]) + "\n", encoding="utf-8")
    log = read_event_log(path)
    assert (log.cases, steps(log)) == (6, ["look", "buy", "come back"])


def test_an_action_beside_its_page_is_asked_about(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("clientId,hitTimestamp,eventAction,pagePath\n" + "a,2025-03-14T10:00:00Z,buy,/shop\n" * 3)
    with pytest.raises(ConfigError, match=r"columns=\{activity: eventAction\}' or 'columns=\{activity: pagePath\}'"):
        read_event_log(path)


@pytest.mark.parametrize("head", ["Tutar", "Betrag", "total_amount", "Umsatz (EUR)"])
def test_an_amount_that_is_not_read_is_told(tmp_path, head):
    path = tmp_path / "log.csv"
    rows = [f"{one};{name};{t:%Y-%m-%d %H:%M:%S};{'12,50' if name == 'buy' else ''}" for one, name, t in EVENTS]
    path.write_text("\n".join([f"case;activity;timestamp;{head}", *rows]) + "\n", encoding="utf-8")
    log = read_event_log(path)
    assert log.amount is None
    assert any(notice.startswith(f"{head!r} may be the amount and is not read: ") for notice in log.notices)
    log = read_event_log(path, LogLayout(columns={"amount": head}))
    assert (sum(log.amount > 0), not any("not read" in notice for notice in log.notices)) == (6, True)
    assert not read_event_log(path, LogLayout(columns={"amount": None})).notices


@pytest.mark.parametrize("head", ["hour", "Stunde", "heure"])
def test_the_hour_beside_the_day_counts(tmp_path, head):
    log = read(tmp_path, ("date", head), "%Y-%m-%d", "%H")
    hours = sorted(round(t.replace(minute=0, second=0).timestamp() * 1e6) for *_, t in EVENTS)
    assert sorted(log.time.tolist()) == hours and steps(log) == ["look", "buy", "come back"]
    path = tmp_path / "log.parquet"
    case, name, when = zip(*EVENTS, strict=True)
    table = {"case": case, "activity": name, "date": [t.date() for t in when], head: [t.hour for t in when]}
    parquet.write_table(pa.table({head: list(cells) for head, cells in table.items()}), path)
    assert sorted(read_event_log(path).time.tolist()) == hours


def test_of_start_and_end_the_end_counts_and_the_start_is_told(tmp_path):
    log = read(tmp_path, ("start", "end"), "%Y-%m-%d 00:00:00", "%Y-%m-%d %H:%M:%S")
    assert sorted(log.time.tolist()) == sorted(round(t.timestamp() * 1e6) for *_, t in EVENTS)
    assert "'start' is not read: an activity counts when it is over, by 'end'" in log.notices[0]
    # Another time goes before both.
    log = read(tmp_path, ("end", "timestamp"), "%Y-%m-%d 00:00:00", "%Y-%m-%d %H:%M:%S")
    assert sorted(log.time.tolist()) == sorted(round(t.timestamp() * 1e6) for *_, t in EVENTS)


@pytest.mark.parametrize("head", ["timezone", "tz", "utc_offset", "Event Time Zone"])
def test_a_column_of_several_zones_that_is_not_read_is_told(tmp_path, head):
    told = f"'{head}' has several zones and is not read"
    assert not any(told in notice for notice in read(tmp_path, ("time", head), "%Y-%m-%d %H:%M:%S", "UTC").notices)
    path = tmp_path / "log.csv"
    for offset, is_told in (("", True), ("Z", False)):
        rows = [
            f"{case},{name},{t:%Y-%m-%d %H:%M:%S}{offset},UTC+{at % 2}" for at, (case, name, t) in enumerate(EVENTS)
        ]
        path.write_text("\n".join([f"case,activity,time,{head}", *rows]) + "\n")
        assert any(told in notice for notice in read_event_log(path).notices) == is_told


@pytest.mark.parametrize(("first", "told"), [(1, True), (0, False), (8, False)])
def test_hours_of_a_clock_of_12_hours_without_am_and_pm_are_told(tmp_path, first, told):
    path = tmp_path / "log.csv"
    rows = [f"c{at % 9},look,2025-03-{at % 28 + 1:02d} {at % 12 + first:02d}:15:00" for at in range(240)]
    path.write_text("\n".join(["case,activity,time", *rows]) + "\n")
    assert any("all hours are from 1 to 12" in notice for notice in read_event_log(path).notices) == told


@pytest.mark.parametrize("head", ["seq", "event_number", "Step No", "visit_step", "position"])
def test_numbers_of_events_that_are_in_another_order_are_told(tmp_path, head):
    path = tmp_path / "log.csv"
    told = f"'{head}' numbers events and is not read"
    # What comes twice in a case is the place in a list of results.
    for numbers, hours, is_told in (
        *(("321", "111", True), ("123", "111", False), ("321", "123", False)),
        *(("311", "111", False), ("131", "111", False)),
    ):
        rows = [
            f"c{case},{name},2025-03-{case + 1:02d} 0{hour}:00,{number}"
            for case in range(6)
            for name, hour, number in zip(("look", "buy", "go"), hours, numbers, strict=True)
        ]
        path.write_text("\n".join([f"case,activity,time,{head}", *rows]) + "\n")
        assert any(told in notice for notice in read_event_log(path).notices) == is_told


def test_a_row_of_several_events_a_masked_case_and_points_are_told(tmp_path):
    path = tmp_path / "log.csv"
    rows = [f"**** {case},{name},{t:%Y-%m-%d %H:%M},{at % 3 + 1},7" for at, (case, name, t) in enumerate(EVENTS)]
    path.write_text("\n".join(["case,activity,time,count,amount (points)", *rows]) + "\n")
    log = read_event_log(path)
    assert log.amount is None and log.cases == 6
    assert "'count' is not read: each row counts as one event" in log.notices
    assert any("are masked" in notice for notice in log.notices)
