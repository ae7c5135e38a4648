"""Turning points: found where lives part, and not found where nothing tells who gets there, however many steps are compared."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency

from sim.data.log_file import read_event_log
from sim.discovery.cases import cases_of
from sim.discovery.turning_points import _adjusted, _counted, turning_points


def points_of(path, words):
    rows = ["case,activity,time"]
    rows += [
        f"{case},{letter},2020-01-{1 + at:02}" for case, word in enumerate(words) for at, letter in enumerate(word)
    ]
    path.write_text("\n".join(rows) + "\n")
    cases = cases_of(read_event_log(path))
    names = list(cases.stages)
    return names, turning_points(cases, names.index("Z"))


def wander(drawn, reach):
    """Six stages in any order, then one where all come and the goal for some; who reaches the goal is told by `reach` of the way alone."""
    words = []
    for _ in range(400):
        word = "".join(drawn.choice(list("ABCDEF"), size=6))
        words.append(word + "M" + ("Z" if drawn.random() < reach(word) else ""))
    return words


def test_where_nothing_tells_who_gets_there_few_logs_name_a_step(tmp_path):
    drawn = np.random.default_rng(11)
    named = singly = 0
    for number in range(30):
        _, points = points_of(tmp_path / f"{number}.csv", wander(drawn, lambda word: 0.5))
        assert len(points) > 20
        named += any(point.beyond_chance for point in points)
        singly += any(point.ci_low > 0 or point.ci_high < 0 for point in points)
    # 5 % and three standard errors; intervals alone name one in most logs.
    assert named <= 5 and singly >= 15


def test_a_step_that_tells_is_named(tmp_path):
    drawn = np.random.default_rng(12)
    words = wander(drawn, lambda word: 0.9 if word[word.find("C") + 1 : word.find("C") + 2] == "D" else 0.3)
    names, points = points_of(tmp_path / "told.csv", words)
    first = points[0]
    assert (names[first.source], names[first.target]) == ("C", "D") and first.beyond_chance and first.gap > 0.4


def of_table(took, took_reached, others, others_reached):
    """Cases of one stratum: who took the step, and who reached the goal."""
    step = np.repeat([True, False], [took, others])
    reached = np.r_[np.arange(took) < took_reached, np.arange(others) < others_reached]
    return step, reached


def adjusted(step, reached, before):
    """The difference between those who took a step and the others."""
    others, took = _counted(step.astype(np.int64), reached, before)
    return _adjusted(took, others)


@pytest.mark.parametrize("table", [(30, 18, 50, 12), (100, 12, 200, 90), (40, 20, 40, 20)])
def test_one_stratum_is_the_difference_of_two_shares_and_copies_of_it_halve_the_variance(table):
    took, took_reached, others, others_reached = table
    step, reached = of_table(*table)
    gap, error, chance = adjusted(step, reached, np.zeros(step.size))
    p, q = took_reached / took, others_reached / others
    assert gap == pytest.approx(p - q) and error**2 == pytest.approx(
        p * (1 - p) / took + q * (1 - q) / others, rel=0.05
    )
    cells = [[took_reached, took - took_reached], [others_reached, others - others_reached]]
    yates = chi2_contingency(cells, correction=True).statistic
    assert chance == pytest.approx(chi2.sf(yates * (step.size - 1) / step.size, 1))
    twice = adjusted(np.tile(step, 2), np.tile(reached, 2), np.repeat([0, 1], step.size))
    assert twice[0] == pytest.approx(gap) and twice[1] ** 2 == pytest.approx(error**2 / 2, rel=0.05)


def test_what_came_before_is_no_difference():
    """Simpson: within each stratum the same shares, though the step is taken more often where more get there."""
    parts = [of_table(80, 64, 20, 16), of_table(20, 4, 80, 16)]
    step, reached = (np.concatenate(column) for column in zip(*parts, strict=True))
    gap, _, chance = adjusted(step, reached, np.repeat([0, 1], 100))
    assert gap == pytest.approx(0.0, abs=1e-12) and chance == 1.0
    assert abs(adjusted(step, reached, np.zeros(200))[0]) > 0.3


def test_a_step_to_an_end_beside_the_goal_tells_nothing(log_of):
    """Who goes on to c ends there, and so does not reach d; that those who pass b reach it less often does tell."""
    words = ["abd"] * 30 + ["abc"] * 60 + ["aed"] * 60 + ["aec"] * 30
    cases = cases_of(log_of(words, [np.ones(2)] * len(words), np.zeros(len(words))))
    points = turning_points(cases, cases.stages.index("d"))
    assert {(cases.stages[point.source], cases.stages[point.target]) for point in points} == {("a", "b"), ("a", "e")}
    assert [round(point.gap, 6) for point in points] == [round(-1 / 3, 6), round(1 / 3, 6)]


def test_shares_differ_by_a_hundred_points_at_the_most(tmp_path):
    """All of one side get there and none of the other: few cases leave the difference open, but not beyond what can be."""
    _, points = points_of(tmp_path / "all.csv", ["ABMZ", "ACM"] * 22)
    assert {point.gap for point in points} == {1.0, -1.0}
    assert all(-1.0 <= point.ci_low <= point.gap <= point.ci_high <= 1.0 for point in points)
    assert all(point.ci_high - point.ci_low > 0.05 for point in points)


def test_who_was_still_there_when_the_log_ended_took_no_step(tmp_path):
    """All who leave b go to c; half of them are in b or c when the log ends, and tell nothing of c."""
    rows = ["case,activity,time"]
    for case in range(400):
        days = np.array([0, 9, 18, 27]) + case // 4
        rows += [f"{case},{letter},{np.datetime64('2020-01-01') + day}"
                 for letter, day in zip("abcZ", days, strict=True) if day < 100]  # fmt: skip
    path = tmp_path / "window.csv"
    path.write_text("\n".join(rows) + "\n")
    cases = cases_of(read_event_log(path))
    assert not cases.finished and turning_points(cases, cases.stages.index("Z")) == ()


def test_a_step_beside_which_nobody_goes_on_tells_nothing_but_that(tmp_path):
    """Half of those in b end there and the others go on to c: of a step to c that says nothing, of one to b it does."""
    names, points = points_of(tmp_path / "ended.csv", (["abcZ", "abc", "ab", "ab"] + ["adcZ", "adc"]) * 40)
    told = {(names[point.source], names[point.target]): round(point.gap, 6) for point in points}
    assert told == {("a", "b"): -0.25, ("a", "d"): 0.25}
    names, points = points_of(
        tmp_path / "other.csv", ["abZ"] * 30 + ["abcZ"] * 40 + ["abc"] * 40 + ["abd", "abdZ"] * 40
    )
    assert {(names[point.source], names[point.target]) for point in points} == {("b", "c"), ("b", "d")}
