"""Pace: kinds of cases that go the same ways and take longer or shorter, and what looks like it and is none."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from benchmarks.discovered_personas import aged, dated, opening, paced, planted, timed
from sim.discovery import held_out_gain
from sim.discovery.at_once import no_time_told
from sim.discovery.cases import Cases
from sim.discovery.context import Contexts
from sim.discovery.discover import discover
from sim.discovery.own_hazards import own_hazards
from sim.discovery.persona_mixture import find_personas
from sim.discovery.stay_classes import stay_classes
from sim.execution.replicates import run_replicates
from sim.reports.discovery import discovery_document, discovery_lines, discovery_summary
from sim.scenario.scenario import Scenario


@pytest.mark.parametrize("kinds", [2, 3])
def test_who_takes_longer_is_told_from_who_is_quick(kinds):
    cases, truth = paced(kinds, 1)
    found = find_personas(cases, 1)
    assert len(found.shares) == kinds and found.by_pace
    assert adjusted_rand_score(truth, found.member) >= 0.8
    # By their ways alone they are one kind.
    same = replace(cases, stay=np.ones(cases.stay.size))
    assert len(find_personas(same, 1).shares) == 1


@pytest.mark.parametrize("log", [timed, dated, opening, aged])
def test_times_that_go_by_what_all_share_make_no_kinds(log):
    """Stays of a case are alike where they go by the date, the hour or the age of the case, whoever it is."""
    assert [len(find_personas(log(seed), seed).shares) for seed in range(2)] == [1] * 2


def test_kinds_by_their_ways_are_found_as_they_were_where_their_pace_is_the_same():
    cases, _ = planted(2, 1)
    luck = np.random.default_rng([1, 12])
    stay = np.where(cases.following >= 0, luck.exponential(3600.0, cases.stay.size), 0.0)
    since = np.cumsum(stay) - stay
    time = since - np.repeat(since[cases.first[:-1]], cases.lengths)
    found, known = (
        find_personas(replace(cases, stay=stay, time=time, end=float(time.max())), 1),
        find_personas(cases, 1),
    )
    assert not found.by_pace
    assert (found.belongs == known.belongs).all()


def test_kinds_have_hazards_of_their_own_where_their_pace_differs():
    """Two kinds stay 300 to 310 steps or 330 to 340, within one factor of two."""
    cases, truth = paced(2, 2)
    luck = np.random.default_rng([2, 13])
    goes = cases.following >= 0
    near = 300.0 + 30.0 * truth[cases.case] + luck.integers(0, 11, cases.stay.size)
    cases = replace(cases, stay=np.where(goes & (cases.stage == 0), near, 5.0))
    keys = tuple((at,) for at in range(5))
    contexts = Contexts(keys, (0.0,) * 5, (0,) * 5, no_time_told(5))
    assert own_hazards(cases, contexts, np.eye(2)[truth], 1.0, 1).tolist() == [True] + [False] * 5


def test_classes_hold_alike_many_and_equal_numbers_lie_in_one():
    luck = np.random.default_rng([3, 14])
    group = luck.integers(0, 4, 4_000)
    value = luck.exponential(1.0 + group)
    found = stay_classes(group, value, 8).of(group, value)
    for at in range(4):
        counts = np.bincount(found[group == at], minlength=8)
        assert counts.max() - counts.min() <= 1
    equal = stay_classes(group, np.round(value), 8).of(group, np.round(value))
    pairs = {
        (at, number): {*equal[(group == at) & (np.round(value) == number)]} for at in range(4) for number in (0, 1)
    }
    assert all(len(classes) == 1 for classes in pairs.values())


def test_the_report_says_who_takes_how_long(log_of):
    luck = np.random.default_rng([4, 15])
    words = ["abc" * int(luck.integers(2, 6)) for _ in range(400)]
    gaps = [luck.exponential(72_000.0 if case % 4 == 0 else 14_400.0, len(word) - 1) for case, word in enumerate(words)]
    found = discover(log_of(words, gaps, luck.uniform(0.0, 5e6, 400)), "x", "x", goal="c", seed=1, threads=1)
    assert len(found.mixture.shares) == 2
    assert found.mixture.shares_low[1] <= 0.25 <= found.mixture.shares_high[1]
    assert discovery_summary(found, "x", "x.csv")["personas_differ_in_pace"]
    assert "2 kinds of customers by what they do and how long they take" in " ".join(discovery_lines(found, "x.csv"))
    assert re.search(r"in a \d+\.\d h, others \d+\.\d h", str(discovery_document(found, "x", "x.csv", 0.9)))


def _run(b_looks, b_puts, seed):
    """Return the cases of a run of two personas, of which the second leaves two stages with chances of its own."""
    edges = [("idle", "look", 0.4, b_looks), ("look", "cart", 0.6, b_puts), ("look", "idle", 0.2, 0.2),
             ("cart", "done", 0.6, 0.6), ("cart", "look", 0.2, 0.2), ("done", "idle", 0.8, 0.8)]  # fmt: skip
    journey = {
        "start": {"idle": 1.0},
        "stages": {"idle": {}, "look": {}, "cart": {}, "done": {}},
        "edges": [
            {"from": source, "to": target, "probability": chance, "personas": who}
            for source, target, *chances in edges
            for who, chance in zip("ab", chances, strict=True)
        ],
    }
    scenario = Scenario.from_dict({
        "name": "planted",
        "market": "none",
        "personas": {who: {"title": who, "share": 0.5} for who in "ab"},
        "journeys": {"one": journey},
        "arms": {"classic": {"focal": {"journey": "one"}}},
        "baseline": "classic",
        "step": "day",
        "population": 400,
        "horizon": 250,
        "burn_in": 0,
        "record": {"events": 400},
    })  # fmt: skip
    ((_, histories),) = run_replicates(scenario, seed=seed, replicates=range(1), threads=1)
    history = histories["classic"]
    events, begun = history.events, history.starts
    who = np.r_[begun[:, 0], events["customer"].astype(np.int64)]
    day = np.r_[np.zeros(len(begun)), events["week"] + 1.0]
    order = np.argsort(who, kind="stable")
    who, day, stage = who[order], day[order], np.r_[begun[:, 1], events["stage"].astype(np.int64)][order]
    first = np.r_[np.flatnonzero(np.r_[True, np.diff(who) != 0]), who.size]
    following = np.roll(stage, -1)
    following[first[1:] - 1] = -1
    time, end = 86_400.0 * day, 86_400.0 * 250
    stay = np.where(following < 0, end, np.roll(time, -1)) - time
    cases = Cases(first, who[first[:-1]], stage, time, following, stay, tuple(journey["stages"]), end, False)
    return cases, history.lives.persona[cases.number]


@pytest.mark.parametrize(("b_looks", "b_puts"), [(0.2, 0.6), (0.8, 0.6), (0.4, 0.3), (0.2, 0.3)])
def test_personas_of_a_run_are_found_in_its_log_where_an_edge_differs_by_a_factor_of_two(b_looks, b_puts):
    cases, truth = _run(b_looks, b_puts, 1)
    found = find_personas(cases, 1)
    assert len(found.shares) == 2
    assert adjusted_rand_score(truth, found.member) >= 0.8


def test_personas_of_a_run_that_do_the_same_are_one_kind():
    assert [len(find_personas(_run(0.4, 0.6, seed)[0], seed).shares) for seed in range(4)] == [1] * 4


@pytest.mark.parametrize("kinds", [1, 2])
def test_a_further_kind_that_surely_gains_nothing_need_not_be_climbed_to_the_end(monkeypatch, kinds):
    cases, _ = paced(kinds, 1)
    quick = find_personas(cases, 1)
    monkeypatch.setattr(held_out_gain, "_SURELY_LESS", np.inf)
    whole = find_personas(cases, 1)
    assert np.array_equal(quick.belongs, whole.belongs)
    # The last kind that was tried is judged by all, or by half of the cases.
    assert quick.gains[:-1] == whole.gains[:-1] and quick.gains[-1][0] < 0.0 > whole.gains[-1][0]
