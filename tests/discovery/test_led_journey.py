"""Led journeys: who is kept goes on as others who came the same way, and is nowhere more often for it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sim.analysis.stage_moves import stage_of
from sim.discovery.discover import discover
from sim.scenario.scenario import Scenario

DAY = 86_400.0


@pytest.fixture
def journeys_of(log_of):
    """Return the classic and the led journey of a log of words, a day between letters, whose goal is c."""

    def found(words):
        log = log_of(words, [np.full(len(word) - 1, DAY) for word in words], np.arange(len(words)) % 50 * DAY)
        files = discover(log, "x", "x", goal="c", seed=1, threads=1).files
        return files["journey"]["x"], files["journey"]["x_proactive"]

    return found


def moves_of(journey):
    """Expected moves of a case between stages, and from "" to where it begins, of a journey without circles."""
    here = dict(journey["start"])
    moves = Counter()
    for state, share in here.items():
        moves["", stage_of(state)] += share
    while here:
        entered = {edge["to"] for edge in journey["edges"] if edge["from"] in here}
        state = next(state for state in here if state not in entered)
        share = here.pop(state)
        edges = [edge for edge in journey["edges"] if edge["from"] == state]
        left = share
        for step in range(1, 400):
            chances = [chance(edge, step) for edge in edges]
            rest = 1.0 - sum(chance for chance in chances if chance is not None)
            for edge, known in zip(edges, chances, strict=True):
                way = left * (rest if known is None else known)
                moves[stage_of(state), stage_of(edge["to"])] += way
                here[edge["to"]] = here.get(edge["to"], 0.0) + way
            left *= 0.0 if None in chances else rest
    return moves


def chance(edge, step):
    """The chance of an edge in a step; None: it takes the rest."""
    if "by_step" not in edge:
        return edge.get("probability")
    pairs = [pair if isinstance(pair, list) else [at + 1, pair] for at, pair in enumerate(edge["by_step"])]
    return [value for begin, value in pairs if begin <= step][-1]


def test_who_is_led_comes_to_a_stage_no_more_often(journeys_of):
    """They would have ended in b, or begun and ended in a: that visit is no longer the last, and there is no second."""
    words = np.random.default_rng(3).choice(["abc", "ab", "a", "ac"], 400, p=[0.3, 0.3, 0.2, 0.2])
    classic, led = map(moves_of, journeys_of(words))
    assert not [way for way in led if way[0] == way[1]]
    begin = len(words) * 1.0
    assert led["", "a"] + led["begin", "a"] == pytest.approx(1.0)
    counts = Counter(words)
    ends, onward = counts["a"] / begin, 1.0 - counts["a"] / begin
    assert classic["a", "ended"] == pytest.approx(ends, abs=1e-4) and led["a", "ended"] == pytest.approx(
        0.8 * ends, abs=1e-4
    )
    to_b = (counts["abc"] + counts["ab"]) / begin / onward * (onward + 0.2 * ends)
    assert led["a", "b"] == pytest.approx(to_b, abs=1e-4)
    stops = counts["ab"] / (counts["ab"] + counts["abc"])
    assert led["b", "ended"] == pytest.approx(0.8 * stops * to_b, abs=1e-4)
    assert led["b", "c"] == pytest.approx((1.0 - 0.8 * stops) * to_b, abs=1e-4)


def test_who_is_led_goes_on_as_others_who_came_the_same_way(journeys_of):
    """All visits to b are told apart by what came before: in a b that nobody was in before they would be stuck."""
    words = np.random.default_rng(2).choice(["abc", "acb", "ab", "abbbbc"], 200, p=[0.28, 0.25, 0.22, 0.25])
    classic, led = journeys_of(words)
    for journey in (classic, led):
        assert set(journey["stages"]) - {edge["from"] for edge in journey["edges"]} == {"ended"}
    assert [edge["to"] for edge in led["edges"] if edge["from"] == "b__last"] == ["ended"]
    sources = [edge["from"] for edge in classic["edges"] if edge["to"] == "b__last"]
    assert len(sources) == 2
    for source in sources:
        to_b = []
        for journey in (classic, led):
            ways = [(edge["to"], chance(edge, 1)) for edge in journey["edges"] if edge["from"] == source]
            rest = 1.0 - sum(share for _, share in ways if share is not None)
            ways = [(target, rest if share is None else share) for target, share in ways]
            ends = sum(share for target, share in ways if target == "b__last")
            to_b.append((ends, sum(share for target, share in ways if stage_of(target) == "b")))
        assert to_b[1] == pytest.approx((0.8 * to_b[0][0], to_b[0][1]), rel=1e-4) and to_b[0][0] > 0.0


def test_who_would_go_to_an_end_beside_the_goal_goes_where_others_go(journeys_of):
    """Lost is a stage of its own, which nobody leaves: who was kept there was led nowhere."""
    words = ["abc"] * 120 + ["abl"] * 60 + ["al"] * 20
    classic, led = map(moves_of, journeys_of(words))
    assert classic["a", "l"] == pytest.approx(0.1, abs=1e-4) and led["a", "l"] == pytest.approx(0.08, abs=1e-4)
    lost = 60 / 180
    assert led["a", "b"] == pytest.approx(0.92, abs=1e-4)
    assert led["b", "l"] == pytest.approx(0.8 * lost * 0.92, abs=1e-4)
    assert led["b", "c"] == pytest.approx((1.0 - 0.8 * lost) * 0.92, abs=1e-4)
    assert led["l", "ended"] == pytest.approx(led["a", "l"] + led["b", "l"], abs=1e-4)


def test_ends_after_the_goal_are_left_as_they_are(journeys_of):
    """Who has come to c and ends in d is short of nothing."""
    words = ["abcd"] * 60 + ["abce"] * 60 + ["abced"] * 30 + ["ab"] * 30
    classic, led = map(moves_of, journeys_of(words))
    for way in (("c", "d"), ("c", "e"), ("e", "d"), ("e", "ended")):
        assert led[way] / led["b", "c"] == pytest.approx(classic[way] / classic["b", "c"], rel=1e-3)
    assert led["b", "ended"] == pytest.approx(0.8 * classic["b", "ended"], rel=1e-3) and led["b", "ended"] > 0.0


def test_where_all_come_to_the_goal_the_stage_that_takes_most_time_is_left_sooner(log_of):
    """Nobody is there to be led to the goal: an arm that led nobody would not differ from the other."""
    luck = np.random.default_rng(6)
    words = ["ab" * luck.geometric(0.5) + "c" for _ in range(300)]
    gaps = [np.array([(9.0 if letter == "b" else 2.0) * DAY for letter in word[:-1]]) for word in words]
    gaps = [np.round(gap * luck.uniform(0.5, 1.5, gap.size) / DAY + 0.5) * DAY for gap in gaps]
    files = discover(log_of(words, gaps, np.arange(300) % 50 * DAY), "x", "x", goal="c", seed=1, threads=1).files
    assert any("leave b, where they spend most" in each["what"] for each in files["scenario"]["x"]["assumptions"])
    assert files["journey"]["x"]["edges"] != files["journey"]["x_proactive"]["edges"]


def test_arms_begin_in_the_same_stages_where_first_visits_are_last_ones(log_of):
    """A third look and go; those who are led instead look on: both arms run, so both begin alike."""
    words = ["l", "lcb", "lcb"] * 27
    log = log_of(words, [np.full(len(word) - 1, DAY) for word in words], np.arange(len(words)) % 40 * DAY)
    files = discover(log, "x", "x", goal="b", seed=1, threads=1).files
    classic, led = files["journey"]["x"], files["journey"]["x_proactive"]
    assert classic["start"] == led["start"]
    (scenario,), (personas,) = files["scenario"].values(), files["personas"].values()
    built = Scenario.from_dict({**scenario, "name": "x", "personas": personas, "journeys": files["journey"]})
    assert set(built.arms) == {"classic", "proactive"}
