"""Estimates: theorems of the product limit, steps, splits, personas, and what a configuration says."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from benchmarks.discovered_personas import ordered, remembering
from sim.data.log_file import read_event_log
from sim.discovery.cases import Cases, cases_of, in_whole_steps, stage_slugs, subset
from sim.discovery.context import find_contexts
from sim.discovery.discover import _fit, discover, thinned, with_goal
from sim.discovery.hazards import ended_weights, fit_hazards, free_parameters
from sim.discovery.lived_map import LivedEdge, lived_map
from sim.discovery.persona_mixture import find_personas
from sim.discovery.product_limit import aalen_johansen
from sim.discovery.state_edges import ENDED
from sim.discovery.time_step import choose_unit, steps_of
from sim.discovery.variants import variants_of
from sim.reports.figures.journey_map import draw_journey
from sim.scenario.journey import Edge, Journey, Stage

VISITS = Path(__file__).parents[2] / "configs/data/visits.csv"


def event_log_of(tmp_path, sequences, gap="days", begins=1):
    """A log of cases given as words of letters, a unit between events, that begin in so many units in turn."""
    rows = ["case,activity,time"]
    for case, word in enumerate(sequences):
        at = (case % begins + np.arange(len(word))) * np.timedelta64(1, gap[0].upper())
        times = np.datetime64("2020-01-01T00:00:00") + at
        rows += [f"{case},{letter},{time}" for letter, time in zip(word, times, strict=True)]
    path = tmp_path / "made.csv"
    path.write_text("\n".join(rows) + "\n")
    return read_event_log(path)


def log_of(tmp_path, sequences, gap="days"):
    """The cases of such a log, all of which begin at once."""
    return cases_of(event_log_of(tmp_path, sequences, gap))


def chain_words(luck, stay, count):
    """Cases of a chain a, b: who is in a goes to b with probability ``stay``, else to c; b returns to a; c ends."""
    words = []
    for _ in range(count):
        word = "a"
        while word[-1] != "c" and len(word) < 400:
            word += {"a": "b" if luck.random() < stay else "c", "b": "a"}[word[-1]]
        words.append(word)
    return words


def test_the_product_limit_is_exact_on_ties_in_any_order():
    time = np.repeat([1.0, 2, 3, 4, 5], 2)
    exit = np.array([1, 2, 1, 2, 1, 0, 2, 1, 0, 1]) - 1
    for order in (np.arange(10), np.arange(10)[::-1]):
        assert aalen_johansen(time[order], exit[order], 2).final[0] == pytest.approx(0.55, abs=1e-12)


@pytest.mark.parametrize("part", [0.0, 0.25])
def test_who_is_at_risk_is_counted_as_it_is_sorted(part):
    """A stay that is cut within a step counts up to it; far times are sorted, near ones counted."""
    luck = np.random.default_rng(6)
    time = luck.integers(0, 30, 400).astype(float)
    exit = np.where(luck.random(400) < 0.3, -1, luck.integers(0, 2, 400))
    time[exit < 0] += part
    near, far = (aalen_johansen(time * scale, exit, 2) for scale in (1, 1_000))
    assert np.array_equal(near.cumulative, far.cumulative) and np.array_equal(near.staying, far.staying)


def test_without_censoring_shares_are_relative_frequencies():
    exit = np.array([0, 0, 0, 1])
    assert aalen_johansen(np.array([3.0, 1, 2, 5]), exit, 2).final.tolist() == pytest.approx([0.75, 0.25])


def test_who_is_under_way_is_censored_not_gone():
    """Exits at 1 (to 0) and 9 (to 1) are as likely; half of all are censored at 5."""
    time = np.array([1.0, 1, 9, 5])
    found = aalen_johansen(time, np.array([0, 0, 1, -1]), 2)
    assert found.final.tolist() == pytest.approx([0.5, 0.5])


def test_whole_cases_keep_their_length_in_steps(tmp_path):
    rows = ["case,activity,time", "1,a,2020-01-01 00:00:00", "1,b,2020-01-01 00:00:05", "1,c,2020-01-02 00:00:00"]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    cases = cases_of(read_event_log(path))
    assert steps_of(cases, 3600.0, np.zeros(3, bool)).tolist() == [0, 1, 24]


def test_weeks_are_recognised(tmp_path):
    rows = ["case,activity,time"] + [f"1,{'ab'[at % 2]},{np.datetime64('2020-01-01') + 7 * at}" for at in range(20)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    assert choose_unit(cases_of(read_event_log(path))) == "week"


def test_cases_of_months_in_whole_minutes_are_simulated_to_their_end(tmp_path):
    """A run has 40,000 steps, which in minutes are four weeks: longer cases were cut there."""
    luck = np.random.default_rng(3)
    rows = ["case,activity,time"]
    for case in range(60):
        for what, minutes in zip("abc", np.r_[0, np.cumsum(luck.integers(5_000, 30_000, 2))], strict=True):
            rows.append(f"{case},{what},{np.datetime64('2020-01-01T00:00') + case * 700 + minutes}")
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    log = read_event_log(path)
    assert choose_unit(cases_of(log)) == "hour"
    distances = discover(log, "found", "", goal=None, seed=1, threads=1).distances
    assert distances.ngram3 < 0.05
    assert distances.length < 2.0 * distances.length_floor


def test_a_stage_is_split_where_what_came_before_tells_what_comes_next(tmp_path):
    luck = np.random.default_rng(1)
    telling = [first + "m" + ("x" if (first == "a") == (luck.random() < 0.9) else "y") for first in "ab" * 100]
    silent = [first + "m" + ("x" if luck.random() < 0.5 else "y") for first in "ab" * 100]
    assert any(len(key) > 1 for key in find_contexts(log_of(tmp_path, telling), 1).keys)
    assert not any(len(key) > 1 for key in find_contexts(log_of(tmp_path, silent), 1).keys)


def test_what_is_told_apart_is_chosen_on_some_cases_and_estimated_on_all(tmp_path, monkeypatch):
    luck = np.random.default_rng(8)
    words = ["a" + "".join(luck.choice(["bcx", "dcy"], luck.integers(1, 5))) for _ in range(600)] + ["az"]
    cases = log_of(tmp_path, words)
    monkeypatch.setattr("sim.discovery.discover._MOST_CHOSEN", cases.stage.size // 3)
    fitted = _fit(cases, np.ones((cases.count, 1)), 86_400, cases.stages.index("x"), 1)
    keys = [tuple(cases.stages[at] for at in key if at < len(cases.stages)) for key in fitted.contexts.keys]
    assert {"a", "b", "c", "d", "x", "y", "z"} <= {key[0] for key in keys if len(key) == 1}
    assert {("c", "b"), ("c", "d")} & set(keys)
    moves = sum(edge.count for edge in fitted.journeys["everyone"].edges if edge.target != ENDED)
    assert moves == pytest.approx(int((cases.following >= 0).sum()))


@pytest.mark.parametrize("deep", [1, 1_000])
def test_variants_are_those_of_a_count_of_words(tmp_path, monkeypatch, deep):
    monkeypatch.setattr("sim.discovery.variants._DEEP", deep)
    luck = np.random.default_rng(3)
    words = ["".join(luck.choice(list("abc"), luck.integers(1, 6))) for _ in range(300)] + ["ab", "abcabca"]
    cases = log_of(tmp_path, words)
    first, counts = variants_of(cases)
    number = Counter(words)
    assert [words[case] for case in first.tolist()] == sorted(
        number, key=lambda word: (-number[word], words.index(word))
    )
    assert counts.tolist() == sorted(number.values(), reverse=True)


def test_hazards_give_back_the_chain(tmp_path):
    luck = np.random.default_rng(2)
    cases = log_of(tmp_path, chain_words(luck, 0.7, 400))
    journey = fit_hazards(cases, find_contexts(cases, 1), 86_400.0)
    at = journey.contexts.keys.index((cases.stages.index("a"),))
    to_b = next(
        e
        for e in journey.edges
        if e.source == at and e.target >= 0 and journey.contexts.keys[e.target][0] == cases.stages.index("b")
    )
    assert abs(to_b.by_step[0][1] - 0.7) < 4 * np.sqrt(0.21 / 1000)
    assert all(edge.by_step[0][1] <= 1.0 for edge in journey.edges) and any(e.target == ENDED for e in journey.edges)


def test_planted_personas_are_found_and_one_kind_is_said_to_be_one(tmp_path):
    luck = np.random.default_rng(3)
    truth = np.repeat([0, 1], 150)
    words = chain_words(luck, 0.9, 150) + ["x" + word for word in chain_words(luck, 0.3, 150)]
    found = find_personas(log_of(tmp_path, words), 1)
    assert len(found.shares) == 2
    agree = max(np.mean(found.member == truth), np.mean(found.member != truth))
    assert agree > 0.95
    one = find_personas(log_of(tmp_path, chain_words(luck, 0.7, 300)), 1)
    assert len(one.shares) == 1


def test_personas_are_as_large_as_cases_are_likely_of_each(tmp_path):
    """Short cases hardly tell their kind: were each of the likeliest alone, the smaller kind would be far too small."""
    luck = np.random.default_rng(5)
    often = luck.random(600) < 0.3
    cases = log_of(
        tmp_path, ["".join(luck.choice(["abdf", "acef"], 8, p=[b, 1 - b])) for b in np.where(often, 0.9, 0.1)]
    )
    # Of the second kind nobody is for sure.
    belongs = np.where(often[:, None], [0.4, 0.6], [0.9, 0.1])
    fitted = _fit(cases, belongs, 86_400, cases.stages.index("f"), 1)
    assert list(fitted.shares.values()) == pytest.approx(belongs.mean(axis=0).tolist())
    a, b = ((cases.stages.index(name),) for name in "ab")
    to_b = {
        who: sum(edge.count for edge in journey.edges if (keys[edge.source][:1], keys[edge.target][:1]) == (a, b))
        for who, journey in fitted.journeys.items()
        if (keys := journey.contexts.keys)
    }
    visits = np.bincount(cases.case[cases.stage == b[0]], minlength=600)
    assert list(to_b.values()) == pytest.approx((belongs.T @ visits).tolist())


@pytest.mark.parametrize("log", [remembering, ordered])
def test_memory_makes_no_kinds(log):
    """Where one came from, or a few fixed orders, looked like two to five kinds of cases that forget."""
    assert [len(find_personas(log(seed), seed).shares) for seed in range(4)] == [1] * 4


def test_where_cases_stand_when_their_log_ends_makes_no_kinds_of_them():
    """One kind with needs about 50 steps apart, seen for 52: half would be of a kind that never leaves its stage."""
    luck, count, window = np.random.default_rng(0), 1000, 52
    lives = []
    for _ in range(count):
        life, stage, time = [], 0, -int(luck.integers(0, 200))
        while time < window:
            stay = (int(luck.integers(40, 60)), 1, int(luck.geometric(0.09)))[stage]
            if time + stay > 0:
                life.append((stage, max(time, 0), min(time + stay, window) - max(time, 0)))
            time += stay
            stage = (stage + 1) % 3 if stage != 1 or luck.random() < 0.9 else 0
        lives.append(life)
    first = np.r_[0, np.cumsum([len(life) for life in lives])]
    stage, time, stay = np.array([visit for life in lives for visit in life]).T
    following = np.roll(stage, -1)
    following[first[1:] - 1] = -1
    names, moments, stays = ("idle", "need", "use"), time.astype(float), stay.astype(float)
    cases = Cases(first, np.arange(count), stage, moments, following, stays, names, float(window), may_end=False)
    assert len(find_personas(cases, 1).shares) == 1


def test_rare_edges_are_left_out_only_by_a_stated_share():
    edges = [LivedEdge(0, 1, 9, 1, 0, 1, 0), LivedEdge(1, 2, 9, 1, 0, 1, 0), LivedEdge(0, 2, 1, 0.1, 0, 1, 0)]
    assert thinned(edges, 1.0) == (edges, 0.0)
    kept, left_out = thinned(edges, 0.9)
    assert len(kept) == 2 and left_out == pytest.approx(1 / 19)


def test_in_our_own_exports_who_is_quiet_is_not_over(tmp_path):
    """Half leave a after a step and half never do; a log of others says that they are gone, ours that they stay."""
    cases = log_of(tmp_path, ["ab" if at % 2 else "a" for at in range(400)])
    cases = replace(cases, end=cases.end + 90 * 86_400, stay=np.where(cases.following < 0, 90 * 86_400.0, cases.stay))
    assert ended_weights(cases, cases.stage).sum() > 300
    ours = in_whole_steps(cases, 86_400.0)
    assert not ours.may_end and not subset(ours, np.arange(3)).may_end
    assert not ended_weights(ours, ours.stage).any()


def test_a_rare_goal_is_never_left_out_of_the_map():
    """0 and 1 are visited often; 3 is the goal, by way of 2, and both are rare."""
    edges = [LivedEdge(0, 1, 900, 1, 0, 1, 0), LivedEdge(1, 0, 90, 1, 0, 1, 0)]
    edges += [LivedEdge(1, 2, 2, 0.1, 0, 1, 0), LivedEdge(2, 3, 1, 1, 0, 1, 0), LivedEdge(3, 3, 1, 1, 0, 1, 0)]
    kept, _ = thinned(edges, 0.95)
    assert kept == edges[:2]
    assert with_goal(kept, edges, 3) == [*edges[:2], edges[3], edges[2]]
    assert with_goal(kept, edges, 1) == kept


def test_stages_of_long_names_do_not_look_alike_in_the_map():
    names = [f"Confirmation_of_receipt_{end}" for end in ("sent", "read", "kept")]
    edges = [Edge(source=a, target=b, probability={"base": 1.0}) for a, b in itertools.pairwise(names)]
    journey = Journey(name="long", start={names[0]: 1.0}, stages=dict.fromkeys(names, Stage()), edges=tuple(edges))
    written = [text.get_text() for text in draw_journey(journey).findobj(Text)]
    boxes = [text for text in written if text.lower().startswith("confirm")]
    assert len(boxes) == len(set(boxes)) == 3


def test_names_of_stages_are_harmless():
    slugs = stage_slugs(["../../etc/passwd", "<script>", "", "a b", "a-b", "A b"])
    assert len(set(slugs)) == 6 and all("/" not in slug and "<" not in slug for slug in slugs)


def test_the_sample_log_is_counted_as_it_is():
    log = read_event_log(VISITS)
    cases = cases_of(log)
    assert (log.cases, log.case.size, len(log.activities)) == (600, 2636, 7)
    stages, edges = lived_map(cases)
    assert sum(edge.count for edge in edges) == log.case.size - cases.count
    assert sum(stage.starts for stage in stages) == cases.count == variants_of(cases)[1].sum()


def test_a_first_order_map_is_wrong_where_the_second_step_back_decides(tmp_path):
    """DISCOVER 23: what came before decides, so the stage is split; parameters are counted."""
    luck = np.random.default_rng(5)
    words = ["axc" + "d" * int(luck.integers(0, 2)) if luck.random() < 0.5 else "bxe" for _ in range(400)]
    cases = log_of(tmp_path, words)
    contexts = find_contexts(cases, 1)
    order_one = find_contexts(cases, 1, most=0)
    assert {len(key) for key in order_one.keys} == {1} and order_one.parameters == (0,) * len(order_one.keys)
    # One map says that half go to c whatever came before; the split ones go one way each.
    plain = fit_hazards(cases, order_one, 86_400.0)
    at = order_one.keys.index((cases.stages.index("x"),))
    assert sum(edge.source == at and edge.target != ENDED for edge in plain.edges) == 2
    after = [key for key in contexts.keys if len(key) > 1 and cases.stages[key[0]] == "x"]
    assert after
    journey = fit_hazards(cases, contexts, 86_400.0)
    for key in after:
        at = contexts.keys.index(key)
        assert sum(edge.source == at and edge.target != ENDED for edge in journey.edges) == 1
    assert len(contexts.parameters) == len(contexts.keys) and free_parameters([journey]) > 0


def test_time_in_a_stage_has_a_hazard_of_its_own(tmp_path):
    """DISCOVER 23: who stays exactly three days goes with chance 0, 0, 1."""
    rows = ["case,activity,time"]
    rows += [
        f"{at},{stage},2020-01-{1 + day:02}" for at in range(40) for stage, day in (("a", at % 9), ("b", at % 9 + 3))
    ]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    cases = cases_of(read_event_log(path))
    journey = fit_hazards(cases, find_contexts(cases, 1), 86_400.0)
    (edge,) = [edge for edge in journey.edges if edge.target >= 0]
    assert edge.by_step == ((1, 0.0), (3, 1.0))
