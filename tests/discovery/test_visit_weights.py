"""Visit weights: cases go where those with as many visits went, and no oftener than that is told by the log."""

from __future__ import annotations

import numpy as np
import pytest

from sim.discovery.discover import discover
from sim.discovery.found_config import Way, _instant_edges
from sim.discovery.found_market import with_purchases
from sim.discovery.visit_weights import CLASS_BEGINS, VisitCounts, visit_weights

_RATIO = 1.15
#: The number of visits of a few hundred cases is fitted from as few.
_RATIO_OF_VISITS = 1.35


def _chains(luck, lengths):
    """Any stage after any other, hours apart: nothing but the number of visits tells which is the last."""
    words = ["".join(luck.choice(list("abcd"), length)) for length in lengths]
    gaps = [luck.exponential(3 * 3600.0, length - 1) for length in lengths]
    return words, gaps, _begins(lengths.size)


def _begins(count):
    """Cases begin at any time of three months."""
    return np.random.default_rng(3).uniform(0, 90 * 86_400.0, count)


@pytest.mark.parametrize("kind", ["five or six", "nine at most"])
def test_cases_have_as_many_visits_as_real_ones(log_of, kind):
    luck = np.random.default_rng(2)
    lengths = {
        "five or six": 5 + (luck.random(1_200) < 0.7),
        "nine at most": luck.integers(1, 10, 1_200),
    }[kind].astype(np.int64)
    found = discover(log_of(*_chains(luck, lengths)), "made", "", goal=None, seed=1, threads=1)
    near = found.distances
    # Of five or six visits the floor is a chance difference of shares: about a hundredth.
    assert near.visits <= max(_RATIO_OF_VISITS * near.visits_floor, 0.1)
    assert near.ngram3 <= _RATIO * near.ngram3_floor


def test_a_file_that_would_be_too_large_does_without_weights_in_the_end(log_of, monkeypatch):
    lengths = (5 + (np.random.default_rng(2).random(400) < 0.7)).astype(np.int64)
    log = log_of(*_chains(np.random.default_rng(2), lengths))

    def keys(most):
        monkeypatch.setattr("sim.discovery.discover._MOST_BYTES", most)
        found = discover(log, "made", "", goal=None, seed=1, threads=1)
        edges = found.files["journey"]["made"]["edges"]
        return [sum(len(edge.get(key, ())) for edge in edges) for key in ("by_visit", "by_step")]

    (weights, times), (fewer_weights, fewer_times) = keys(2_000_000), keys(1_000)
    assert weights > fewer_weights == 0
    assert times > fewer_times > 0


def test_the_number_of_visits_that_tells_nothing_weighs_nothing(log_of):
    luck = np.random.default_rng(5)
    lengths = luck.geometric(0.2, 1_500)
    found = discover(log_of(*_chains(luck, lengths)), "made", "", goal=None, seed=1, threads=1)
    assert not [edge for edge in found.files["journey"]["made"]["edges"] if "by_visit" in edge]


def test_one_factor_tells_of_all_states_that_late_visits_are_more_often_the_last():
    """In each of thirty states a visit is the last with odds of 1 : 9, from the ninth on with twice the odds."""
    luck = np.random.default_rng(1)
    classes = CLASS_BEGINS.size
    late = CLASS_BEGINS >= 9
    tables = []
    for _ in range(30):
        visits = np.where(np.arange(classes) < 12, 60, 0)
        ends = luck.binomial(visits, np.where(late, 2 / 11, 1 / 10))
        seen = np.column_stack([visits - ends, ends]).astype(np.float64)
        tables.append(
            VisitCounts(seen, visits[:, None] * seen.sum(axis=0) / seen.sum(), np.arange(2), np.arange(2) == 1, False)
        )
    weights = [found for found in visit_weights(tables) if found is not None]
    assert len(weights) == 30
    odds = np.mean([found[:, 1] / found[:, 0] for found in weights], axis=0)
    assert odds[10] / odds[3] == pytest.approx(2.0, rel=0.2)
    # Longer cases than any that was seen go on as the longest do.
    assert odds[-1] == odds[11]


def test_what_ages_tell_as_well_is_not_told_twice(log_of):
    """Of sessions in which each visit lasts about a minute, how many visits there were and how old they are is one."""
    luck = np.random.default_rng(6)
    words, _, begins = _chains(luck, 5 + luck.integers(0, 8, 1_200))
    log = log_of(words, [luck.uniform(55.0, 65.0, len(word) - 1) for word in words], begins)
    found = discover(log, "made", "", goal=None, seed=1, threads=1)
    assert any(found.contexts.forward)
    assert not [edge for edge in found.files["journey"]["made"]["edges"] if "by_visit" in edge]


def test_stages_that_no_case_visits_are_not_counted():
    journey = {
        "start": {"look": 1.0},
        "stages": {"look": {}, "pay": {}, "ended": {}},
        "edges": [
            {"from": "look", "to": "pay", "by_step": [0.3], "by_visit": [[1, 1.0], [3, 2.0]]},
            {"from": "pay", "to": "look", "by_step": [0.2]},
        ],
    }
    with_habit = with_purchases(journey, ["pay"], several=True, habit=0.3)
    assert {name: stage.get("counted", True) for name, stage in with_habit["stages"].items()} == {
        "look": True,
        "pay": True,
        "pay__held": False,
        "pay__begins": False,
        "pay__choice": False,
        "ended": True,
    }
    plain = [{key: edge[key] for key in ("from", "to", "by_step")} for edge in journey["edges"]]
    without = {**journey, "edges": plain}
    assert not any("counted" in stage for stage in with_purchases(without, ["pay"], several=True)["stages"].values())


def test_weights_of_a_stage_that_takes_no_time_count_beside_that_of_the_commonest_way():
    """The commonest way takes the rest and has no weight of its own: those of the others are divided by it."""
    parts = {"all": {"on": Way(((1, 0.7),), ((1, 2.0), (4, 0.5))), "off": Way(((1, 0.3),), ((1, 1.0), (3, 3.0)))}}
    edges = {edge["to"]: edge for edge in _instant_edges("check", parts, {})}
    assert edges["on"] == {"from": "check", "to": "on"}
    assert edges["off"]["by_visit"] == [[1, 0.5], [3, 1.5], [4, 6.0]]


@pytest.mark.parametrize("seed", [6, 7])
def test_sessions_that_slow_down_have_as_many_visits_and_last_as_long_as_real_ones(log_of, seed):
    """The last stay is the longest, however many visits there are: neither the age nor their number tells it alone."""
    luck = np.random.default_rng(seed)
    words, _, begins = _chains(luck, luck.integers(2, 18, 1_500))
    gaps = [luck.gamma(1.3, 60.0, len(word) - 1) * (0.6 + 3.0 * np.arange(1, len(word)) / len(word)) for word in words]
    found = discover(log_of(words, gaps, begins), "made", "", goal=None, seed=1, threads=1)
    near = found.distances
    assert any(found.contexts.forward)
    assert [edge for edge in found.files["journey"]["made"]["edges"] if "by_visit" in edge]
    assert near.visits <= _RATIO * near.visits_floor
    assert near.length <= _RATIO * near.length_floor
    assert near.ngram3 <= _RATIO * near.ngram3_floor
