"""Turning points: found where lives part, and not found where nothing tells who gets there, however many steps are compared."""

from __future__ import annotations

import numpy as np

from sim.data.log_file import read_event_log
from sim.discovery.cases import cases_of
from sim.discovery.turning_points import turning_points


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
