"""Since the goal: who has been there is told from who has not where that tells what they do, and is not led there."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.stage_moves import stage_of
from sim.discovery.at_once import last_apart, no_time_told
from sim.discovery.cases import cases_of
from sim.discovery.discover import discover
from sim.discovery.hazards import ended_weights
from sim.discovery.since_goal import since_goal_apart

DAY = 86_400.0
MOST = 248
#: Of those who look, who buys next: before the first purchase and after it.
BEFORE, AFTER = 0.1, 0.7


def _shoppers(luck, count, after=AFTER):
    """Customers who look and search, and buy the oftener once they have bought; a day between two visits."""
    words = []
    for _ in range(count):
        word, bought = "l", False
        for _ in range(30):
            buys = luck.random() < (after if bought else BEFORE)
            bought |= buys
            word += "b" if buys else "s"
            if luck.random() < 0.1:
                break
            word += "l"
        words.append(word)
    return words


def _cases(log_of, words):
    log = log_of(words, [np.full(len(word) - 1, DAY) for word in words], np.arange(len(words)) % 50 * DAY)
    cases = cases_of(log)
    return log, cases, cases.stages.index("b")


def _apart(cases, goal, seed=1):
    return since_goal_apart(cases, no_time_told(len(cases.stages)), cases, goal, seed, MOST)


def test_stages_stand_twice_where_the_goal_changes_what_customers_do(log_of):
    _, cases, goal = _cases(log_of, _shoppers(np.random.default_rng(1), 400))
    found, at_once = _apart(cases, goal)
    assert at_once.names(("b", "l", "s"))[3:] == ("b__since_goal", "l__since_goal", "s__since_goal")
    assert at_once.stage_of[found.stage].tolist() == cases.stage.tolist()
    # The first visit to the goal is not since the goal; all after it are, whatever the stage.
    for begin, end in zip(cases.first[:-1], cases.first[1:], strict=True):
        stages = cases.stage[begin:end].tolist()
        reached = stages.index(goal) if goal in stages else len(stages)
        assert at_once.since_goal[found.stage[begin:end]].tolist() == [place > reached for place in range(len(stages))]
    goes = found.following >= 0
    assert found.following[goes].tolist() == np.roll(found.stage, -1)[goes].tolist()


def test_nothing_stands_twice_where_the_goal_changes_nothing(log_of):
    for seed in range(20):
        _, cases, goal = _cases(log_of, _shoppers(np.random.default_rng(seed), 300, after=BEFORE))
        found, at_once = _apart(cases, goal, seed)
        assert found is cases and not at_once.told


def test_nothing_stands_twice_where_nobody_comes_to_the_goal_again(log_of):
    """Whoever has bought looks and searches for longer, and buys no more."""
    luck = np.random.default_rng(5)
    words = ["ls" * luck.geometric(0.4) + "lb" + "ls" * luck.geometric(0.1) for _ in range(400)]
    _, cases, goal = _cases(log_of, words)
    assert _apart(cases, goal)[0] is cases


def test_nothing_stands_twice_where_late_visits_lose_still_more(log_of, monkeypatch):
    """Beside the loss of as many late visits a smaller loss is no gain."""
    _, cases, goal = _cases(log_of, _shoppers(np.random.default_rng(1), 400))
    said = iter([{0: (-100.0, 5)}, {0: (-200.0, 5)}])
    monkeypatch.setattr("sim.discovery.since_goal.gains_by_stage", lambda *_: next(said))
    assert _apart(cases, goal)[0] is cases


def test_no_more_stages_stand_twice_than_there_is_room_for(log_of):
    _, cases, goal = _cases(log_of, _shoppers(np.random.default_rng(2), 400))
    plain = no_time_told(len(cases.stages))
    _, at_once = since_goal_apart(cases, plain, cases, goal, 1, len(cases.stages) + 3)
    assert len(at_once.told) == 1
    found, _ = since_goal_apart(cases, plain, cases, goal, 1, len(cases.stages))
    assert found.stage.tolist() == cases.stage.tolist()


def test_last_visits_are_told_apart_before_the_goal_and_since(log_of):
    _, cases, goal = _cases(log_of, _shoppers(np.random.default_rng(3), 400))
    cases, at_once = _apart(cases, goal)
    over = ended_weights(cases, cases.stage)
    found, both = last_apart(cases, at_once, over, MOST)
    names = both.names(("b", "l", "s"))
    assert {"s__last", "s__since_goal__last", "b__since_goal__last"} <= set(names)
    assert {stage_of(name) for name in names} == {"b", "l", "s"}
    told = both.over_apart(found.stage, over)
    assert told.sum() == pytest.approx(over.sum(), rel=0.02)
    assert set(told[np.isin(found.stage, [names.index("s"), names.index("s__since_goal")])]) == {0.0}


def test_the_found_journey_knows_who_has_bought(log_of):
    log, cases, goal = _cases(log_of, _shoppers(np.random.default_rng(4), 800))
    found = discover(log, "x", "x", goal="b", seed=1, threads=1)
    lived = next(iter(found.journeys.values()))
    gone = np.zeros((2, len(cases.stages)))
    for edge in lived.edges:
        if lived.contexts.stage_at(edge.source) == cases.stages.index("l") and edge.target >= 0:
            gone[int(lived.contexts.since_goal(edge.source)), lived.contexts.stage_at(edge.target)] += edge.count
    assert (gone[:, goal] / gone.sum(axis=1)).tolist() == pytest.approx([BEFORE, AFTER], abs=0.03)
    journey, led = found.files["journey"]["x"], found.files["journey"]["x_proactive"]
    # Who has bought and ends has come to the goal: nothing is assumed to keep them.
    since = {_told(edge) for edge in journey["edges"] if "since_goal" in edge["from"]}
    assert since and since == {_told(edge) for edge in led["edges"] if "since_goal" in edge["from"]}
    assert [_told(edge) for edge in journey["edges"]] != [_told(edge) for edge in led["edges"]]


def _told(edge):
    return str(sorted(edge.items(), key=str))
