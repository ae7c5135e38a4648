"""A scenario that begins on a day says days beside its steps: in the tables, the workbook, the log, the words and the page."""

import json

import openpyxl
import pandas as pd
import pytest

from sim.analysis.verdict import verdict
from sim.cli import main
from sim.experiments.compare import compare
from sim.reports.difference_table import difference_rows
from sim.reports.scope import steps_axis
from sim.results.comparison import write
from sim.results.export import export_events
from sim.results.workbook import TABLES
from sim.scenario.scenario import Scenario

SIZE = {"population": 120, "horizon": 12, "burn_in": 6}
NAME = "proactive - classic"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same run without and with a start date, in months, from the last day of one."""
    out = []
    for more in ({}, {"start_date": "2026-01-31"}):
        result = compare(Scenario.load("treadmill", **SIZE, step="month", **more), replicates=2, seed=3, threads=1)
        out.append((result, write(result, tmp_path_factory.mktemp("results"), report=bool(more))))
    return out


def test_dates_stand_beside_the_steps_and_change_nothing_else(both):
    plain, dated = (pd.read_parquet(folder / "weekly.parquet") for _, folder in both)
    days = dated.pop("date")
    pd.testing.assert_frame_equal(plain, dated)
    by_step = dict(zip(dated["week"], days.astype(str), strict=True))
    assert [by_step[step] for step in (0, 1, 2, 11)] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-12-31"]
    assert json.loads((both[1][1] / "summary.json").read_text("utf-8"))["start_date"] == "2026-01-31"
    assert "start_date" not in both[0][0].summary_json


def test_the_workbook_has_the_days(both):
    (sheet,) = (page for page in openpyxl.load_workbook(both[1][1] / TABLES) if page.title == "Cash by month")
    column = [cell.value for cell in sheet[1]].index("From") + 1
    assert [f"{sheet.cell(row, column).value:%Y-%m-%d}" for row in (2, 3)] == ["2026-01-31", "2026-02-28"]


def test_the_event_log_lies_in_the_calendar(both, tmp_path):
    log = pd.read_parquet(both[1][1] / "events.parquet")
    assert (log["timestamp"].dt.date.astype(str) >= "2026-01-31").all()
    assert (log["timestamp"].dt.month == (log["week"] % 12) + 1).all()
    text = export_events(both[1][1], "xes", tmp_path / "log.xes").read_text("utf-8")
    assert 'key="log:start" value="2026-01-31T00:00:00+00:00"' in text
    assert 'key="log:end" value="2027-01-31T00:00:00+00:00"' in text


def test_words_and_page_say_the_day(both):
    result, folder = both[1]
    summary = json.loads(json.dumps(result.summary_json))
    summary["differences"][NAME]["payback_week"] = {
        "mean": 7.0,
        "ci_low": 5.0,
        "ci_high": 9.0,
        "share": 1.0,
        "p_better": None,
    }
    assert "It pays back in month 7 (31 August 2026) on average" in verdict(summary)
    row = next(row for row in difference_rows(summary, "proactive", "$") if row.metric == "payback_week")
    assert (row.difference, row.beside) == ("month 7", " (31 August 2026)")
    assert "12 months from 31 January 2026" in (folder / "report.html").read_text("utf-8")
    assert steps_axis(result.scenario) == "month, from 31 January 2026 on"


@pytest.mark.parametrize("day", ["5.1.2026", "2026-02-30", "soon", "9999-01-01"])
def test_what_is_no_day_is_refused(day, capsys):
    assert main(["compare", f"start_date='{day}'"]) == 2
    said = capsys.readouterr().err
    assert day in said and "start_date" in said and "2026-01-05" in said
