"""Samples, sessions, funnels and channels: what is counted of a log."""

from __future__ import annotations

import numpy as np

from sim.data.log_file import read_event_log
from sim.discovery.cases import cases_of
from sim.discovery.funnel import channel_use, funnel_counts, usual_funnel
from sim.discovery.log_selection import sample_of, sessions_of


def log_of(tmp_path, rows, head="case,activity,time"):
    path = tmp_path / "log.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return read_event_log(path)


def test_a_gap_of_exactly_thirty_minutes_does_not_split(tmp_path):
    rows = [f"u,a,2020-01-01 {time}" for time in ("10:00:00", "10:30:00", "11:00:01")]
    rows += ["v,a,2020-01-01 10:10:00"]
    found = sessions_of(log_of(tmp_path, rows), 30)
    assert found.case_names == ("u/1", "u/2", "v/1") and found.case.tolist() == [0, 0, 1, 2]


def test_a_sample_has_exactly_as_many_and_is_the_same_each_time(tmp_path):
    log = log_of(tmp_path, [f"{case},a,2020-01-{day:02d}" for case in range(30) for day in (1, 2)])
    found = sample_of(log, 10, 1)
    assert found.cases == 10 and found.case_names == sample_of(log, 10, 1).case_names
    # Drawn once and written down: the generator is the same on every machine.
    assert found.case_names[:3] == ("0", "3", "5")
    assert found.case_names != sample_of(log, 10, 2).case_names and sample_of(log, 99, 1) is log
    assert found.rows == found.case.size + sum(found.left_out.values())


def test_a_funnel_is_ordered(tmp_path):
    words = ["abc", "acb", "cab", "ab", "bc"]
    log = log_of(
        tmp_path, [f"{at},{letter},2020-01-01 00:0{i}" for at, w in enumerate(words) for i, letter in enumerate(w)]
    )
    cases = cases_of(log)
    at = {name: number for number, name in enumerate(cases.stages)}
    assert funnel_counts(cases, [at["a"], at["b"], at["c"]]) == (4, 4, 1)
    assert usual_funnel(cases, at["b"]) == (at["a"], at["b"])


def test_stages_that_are_visited_again_after_the_goal_are_before_it_all_the_same(tmp_path):
    """What counts is the first visit of each: customers look around again when they have bought."""
    words = ["abgabab", "abbgaabg", "abgba"] * 4
    cases = cases_of(
        log_of(tmp_path, [f"{n},{s},2020-01-{at + 1:02d}" for n, w in enumerate(words) for at, s in enumerate(w)])
    )
    assert usual_funnel(cases, cases.stages.index("g")) == tuple(map(cases.stages.index, "abg"))


def test_a_stage_that_many_leave_out_is_in_no_usual_funnel(tmp_path):
    """Most who come to d pass c, but a funnel with it would end with 6 of the 10 who come to d."""
    words = ["abcd"] * 6 + ["abd"] * 4 + ["abc"] * 5
    rows = [f"{at},{letter},2020-01-01 00:0{i}" for at, word in enumerate(words) for i, letter in enumerate(word)]
    cases = cases_of(log_of(tmp_path, rows))
    assert usual_funnel(cases, cases.stages.index("d")) == tuple(map(cases.stages.index, "abd"))


def test_channels_count_visits_cases_and_who_reaches_the_goal(tmp_path):
    head = "case,activity,time,channel"
    rows = ["1,a,2020-01-01,web", "1,b,2020-01-02,store", "2,a,2020-01-01,web", "3,a,2020-01-01,"]
    log = log_of(tmp_path, rows, head)
    cases = cases_of(log)
    web, store = channel_use(cases, list(cases.stages).index("b"), log.extra["channel"])
    assert (web.name, web.visits, web.cases, web.reach) == ("web", 2, 2, 1)
    assert (store.visits, store.reach, cases.stages[store.stage]) == (1, 1, "b")
    assert np.array_equal(cases.lengths, [2, 1, 1])
