"""Exported event logs: every sampled customer is a case, and the map of the stages alone is the journey's own."""

from collections import Counter
from xml.etree import ElementTree

import pandas as pd
import pytest

from sim.api import compare
from sim.results.comparison import write
from sim.results.export import export_events
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

SPACE = "{http://www.xes-standard.org/}"


@pytest.fixture(scope="module")
def everybody():
    """A comparison in which every customer is logged."""
    whole = {"population": 120, "market.customers": 120, "record": {"events": 120}}
    scenario = Scenario.load("treadmill", horizon=26, burn_in=10, **whole)
    return compare(scenario, replicates=2, seed=3, threads=1)


@pytest.fixture
def folder(everybody, tmp_path):
    return write(everybody, tmp_path, report=False)


def transitions(cases):
    return Counter(pair for stages in cases for pair in zip(stages[:-1], stages[1:], strict=True))


def test_every_sampled_customer_is_a_case_with_its_stage_at_the_start(everybody, folder):
    frame = pd.read_csv(export_events(folder))
    starts = frame[frame.kind == "start"]
    assert len(starts) == frame.case_id.nunique() == 2 * 2 * 120
    assert (frame.groupby("case_id").kind.first() == "start").all()
    weekly = everybody.weekly.query("metric == 'customers' and week == 0")
    assert starts.timestamp.str.startswith("2001-01-01 00:00:00").all() and weekly.value.sum() == len(starts)


def test_the_map_of_the_stages_is_the_journeys(everybody, folder):
    path = export_events(folder, "csv", folder / "stages.csv", only="stages")
    frame = pd.read_csv(path)
    assert set(frame.kind) == {"start", "stage", "purchase"}
    found = transitions(frame.groupby("case_id", sort=False).stage.apply(list))
    flows = everybody.flows.groupby(["from", "to"], observed=True)["count"].sum()
    assert found == {pair: count for pair, count in flows.items() if count}


def test_xes_says_when_the_log_begins_and_ends_and_keeps_empty_cases(everybody, folder):
    path = export_events(folder, "xes", only="stages")
    log = ElementTree.parse(path).getroot()
    stated = {item.get("key"): item.get("value") for item in log.findall(f"{SPACE}date")}
    assert stated == {"log:start": "2001-01-01T00:00:00+00:00", "log:end": "2001-07-02T00:00:00+00:00"}
    cases = [
        [next(a.get("value") for a in event if a.get("key") == "concept:name") for event in trace.iter(f"{SPACE}event")]
        for trace in log.iter(f"{SPACE}trace")
    ]
    assert len(cases) == 2 * 2 * 120 and any(len(stages) == 1 for stages in cases)
    flows = everybody.flows.groupby(["from", "to"], observed=True)["count"].sum()
    assert transitions(cases) == {pair: count for pair, count in flows.items() if count}


def test_time_never_goes_back_within_a_case(folder):
    frame = pd.read_csv(export_events(folder), parse_dates=["timestamp"])
    assert all(case.timestamp.is_monotonic_increasing for _, case in frame.groupby("case_id", sort=False))


def test_what_is_kept_is_one_of_two(folder):
    with pytest.raises(ConfigError, match="only is 'contacts'; give one of all, stages"):
        export_events(folder, only="contacts")


def test_both_engines_start_alike():
    scenario = Scenario.load("treadmill", population=40, horizon=4, burn_in=3, record={"events": 15})
    one, other = (compare(scenario, replicates=1, seed=1, engine=engine, threads=1) for engine in ("numba", "mesa"))
    pd.testing.assert_frame_equal(one.events, other.events)
