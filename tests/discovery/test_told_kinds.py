"""What is said of kinds of cases, stages and an inside view is true of the cases of the log."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from sim.discovery.cases import cases_of
from sim.discovery.inside_view import inside_view
from sim.discovery.lived_map import lived_map
from sim.discovery.turning_points import turning_points
from sim.reports.personas import personas_table, told_apart
from sim.scenario.journey import Edge, Journey, Stage

DAY = 86_400.0


def _made(log_of, words):
    return cases_of(log_of(words, [np.full(len(word) - 1, DAY) for word in words], np.arange(len(words)) % 9 * DAY))


def _found(cases, belongs, by_pace=False):
    mixture = SimpleNamespace(
        belongs=belongs,
        shares=belongs.mean(axis=0),
        shares_low=belongs.mean(axis=0) - 0.05,
        shares_high=belongs.mean(axis=0) + 0.05,
        by_pace=by_pace,
    )
    names = [f"persona_{at + 1}" for at in range(belongs.shape[1])]
    return SimpleNamespace(cases=cases, mixture=mixture, attributes=(), journeys=dict.fromkeys(names))


def test_what_kinds_do_times_how_large_they_are_is_what_all_do(log_of):
    """Ten of 300 cases are surely of the third kind, most of whose weight others have: its rate counts these too."""
    cases = _made(log_of, ["abc"] * 200 + ["ac"] * 90 + ["axc"] * 10)
    belongs = np.array([[0.5, 0.3, 0.2]] * 200 + [[0.1, 0.7, 0.2]] * 90 + [[0.0, 0.1, 0.9]] * 10)
    table = personas_table(_found(cases, belongs))
    assert [row[0] for row in table.rows] == ["persona 1", "persona 2", "persona 3"]
    weight = belongs[:, 2].sum()
    own, others = 9.0 / weight, 1.0 / (300 - weight)
    told = re.search(r"a → x: (\S+) a case, others (\S+);", table.rows[2][3])
    assert told is not None, table.rows[2][3]
    assert [float(number) for number in told.groups()] == pytest.approx([own, others], rel=0.05)
    assert told_apart(_found(cases, belongs)) == "3 %"


def test_rare_moves_that_one_case_makes_are_not_what_is_told_first(log_of):
    cases = _made(log_of, ["abc"] * 150 + ["azc"] + ["ac"] * 149)
    belongs = np.array([[1.0, 0.0]] * 151 + [[0.0, 1.0]] * 149)
    assert personas_table(_found(cases, belongs)).rows[0][3].startswith(("a → b:", "b → c:"))


def test_of_one_kind_no_interval_is_told(log_of):
    (row,) = personas_table(_found(_made(log_of, ["abc"] * 40), np.ones((40, 1)))).rows
    assert row[1:] == ("100.0 %", "–", "all cases are of one kind")


def test_stays_of_kinds_are_medians_of_their_weight(log_of):
    words = ["ab"] * 200
    gaps = [[DAY * (1 + 9 * (at % 2))] for at in range(200)]
    cases = cases_of(log_of(words, gaps, np.zeros(200)))
    slow = np.arange(200) % 2
    belongs = np.column_stack([np.where(slow, 0.2, 0.9), np.where(slow, 0.8, 0.1)])
    first, second = (row[3] for row in personas_table(_found(cases, belongs, by_pace=True)).rows)
    assert "in a 24.0 h, others 10.0 d" in first and "in a 10.0 d, others 24.0 h" in second


def test_the_time_in_a_stage_counts_those_who_are_seen_there_still(log_of):
    """Twenty go on after one day, ten after nine, and 30 stayed for four when the log ended: the median is not a day."""
    begins = np.r_[np.zeros(30), np.full(30, 5.0), np.zeros(1)] * DAY
    words = ["ab"] * 30 + ["a"] * 30 + ["a"]
    gaps = [[DAY] if at % 3 else [9.0 * DAY] for at in range(30)] + [[]] * 31
    stages, _ = lived_map(cases_of(log_of(words, gaps, begins)))
    assert stages[0].median_time == pytest.approx(9.0 * DAY) and stages[1].median_time is None


def test_visits_to_a_stage_that_was_not_drawn_are_counted_where_cases_begin_too(log_of):
    cases = _made(log_of, ["xab"] * 7 + ["ab"] * 5)
    drawn = Journey(
        name="drawn",
        start={"a": 1.0},
        stages={"a": Stage(), "b": Stage()},
        edges=(Edge(source="a", target="b", probability={"base": 1.0}),),
    )
    gaps = inside_view(drawn, cases.stages, cases.stages, *lived_map(cases)).gaps
    assert [(gap.source, gap.cases) for gap in gaps if gap.what == "stage"] == [("x", 7)]


def test_a_step_whose_interval_holds_none_does_not_stand_out(log_of):
    """Nearly all of few get there: the test is sure and the interval is not; what is told are those where both are."""
    words = ["abg"] * 64 + ["ab"] * 3 + ["acg"] * 4_200
    found = turning_points(cases := _made(log_of, words), cases.stages.index("g"))
    assert found
    for point in found:
        assert not point.beyond_chance or point.ci_low > 0.0 or point.ci_high < 0.0
    assert any(point.ci_low <= 0.0 <= point.ci_high for point in found)
