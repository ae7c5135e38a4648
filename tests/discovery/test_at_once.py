"""At once: visits shorter than half a step take none, whole cases keep their time, and no circle takes no time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.discovery.at_once import last_apart, no_time_told, told_apart
from sim.discovery.cases import Cases, only_finished
from sim.discovery.cases import cases_of as discovery_cases
from sim.discovery.context import find_contexts
from sim.discovery.found_config import Way, _instant_edges
from sim.discovery.hazards import fit_hazards
from sim.discovery.lived_map import lived_map
from sim.discovery.time_step import steps_of

HOUR = 3600.0


def cases_of_words(words, gaps):
    """Cases given as words of letters, with seconds between visits."""
    first = np.r_[0, np.cumsum([len(word) for word in words])].astype(np.int64)
    letters = sorted(set("".join(words)))
    stage = np.array([letters.index(letter) for word in words for letter in word])
    stay = np.array([gap for mine in gaps for gap in (*mine, 0.0)], float)
    last = first[1:] - 1
    time = np.cumsum(np.r_[0.0, stay[:-1]])
    time -= np.repeat(time[first[:-1]], np.diff(first))
    end = 1e8
    stay[last] = end - time[last]
    following = np.roll(stage, -1)
    following[last] = -1
    return Cases(first, np.arange(len(words)), stage, time, following, stay, tuple(letters), end)


def test_a_stage_left_at_once_or_later_stands_twice_and_cases_keep_their_time():
    luck = np.random.default_rng(1)
    quick = luck.random((400, 3)) < 0.6
    cases = cases_of_words(["abcd"] * 400, np.where(quick, 20.0, 5 * HOUR).tolist())
    told, at_once = told_apart(cases, HOUR, 120)
    assert at_once.names(("a", "b", "c", "d")) == ("a", "b", "c", "d", "a__at_once", "b__at_once", "c__at_once")
    assert at_once.stage_of[told.stage].tolist() == cases.stage.tolist()
    steps = steps_of(told, HOUR, at_once.instant)
    assert steps[told.first[1:] - 1].tolist() == (5 * (~quick).sum(axis=1)).tolist()
    journey = fit_hazards(told, find_contexts(told, 1, at_once=at_once), HOUR)
    assert len(journey.instant) == 3


@pytest.mark.parametrize("seed", range(5))
def test_no_circle_takes_no_time(seed):
    luck = np.random.default_rng(seed)
    words = ["".join(luck.choice(list("abcde"), 8)) for _ in range(300)]
    told, at_once = told_apart(cases_of_words(words, luck.choice([5.0, 2 * HOUR], (300, 7), p=[0.8, 0.2])), HOUR, 120)
    assert at_once.instant.any()
    ways = np.zeros((at_once.instant.size,) * 2)
    goes = told.following >= 0
    ways[told.stage[goes], told.following[goes]] = 1.0
    ways *= np.outer(at_once.instant, at_once.instant)
    # Of a graph without circles some power is nothing.
    assert not np.linalg.matrix_power(ways, at_once.instant.size + 1).any()


def test_stages_of_a_log_in_whole_steps_are_as_they_were():
    cases = cases_of_words(["abc"] * 100, [[HOUR, 2 * HOUR]] * 100)
    told, at_once = told_apart(cases, HOUR, 120)
    assert told.stages == cases.stages and not at_once.instant.any()


def test_what_always_takes_no_time_keeps_its_name():
    cases = cases_of_words(["abc"] * 100, [[HOUR, 1.0]] * 100)
    told, at_once = told_apart(cases, HOUR, 120)
    assert told.stages == cases.stages and at_once.instant.tolist() == [False, True, False]


def test_no_more_stages_stand_twice_than_a_journey_holds_the_rarest_left_out():
    luck = np.random.default_rng(1)
    gaps = np.where(luck.random((400, 4)) < [0.8, 0.7, 0.6, 0.5], 20.0, 5 * HOUR)
    told, at_once = told_apart(cases_of_words(["abcde"] * 400, gaps.tolist()), HOUR, 7)
    assert at_once.names(tuple("abcde"))[5:] == ("a__at_once", "b__at_once")
    assert len(told.stages) == 7


@pytest.mark.parametrize(("hours", "most", "twice"), [(5, 9, 4), (5_000, 9, 0), (5_000, 18, 4)])
def test_of_many_stages_none_stands_twice_where_cases_keep_their_length_all_the_same(hours, most, twice):
    """Half of the states of permits by the hour were for visits at once, and too few for what came before."""
    luck = np.random.default_rng(1)
    gaps = np.where(luck.random((400, 4)) < 0.5, 20.0, hours * HOUR)
    told, at_once = told_apart(cases_of_words(["abcde"] * 400, gaps.tolist()), HOUR, most)
    assert len(told.stages) == 5 + twice and int(at_once.instant.sum()) == twice


def _ended(days, close):
    """Cases open, are worked on for some days, and are closed where asked; some are under way when the log ends."""
    day = 86_400.0
    begin = np.sort(np.random.default_rng(3).uniform(0, 400 * day, days.size))
    closed = begin + days * day <= (np.inf if close else 400 * day)
    stage = np.concatenate([[0, 1] if done else [0] for done in closed])
    time = np.concatenate([[a, a + d * day] if done else [a] for a, d, done in zip(begin, days, closed, strict=True)])
    first = np.r_[0, np.cumsum(1 + closed)]
    following = np.where(stage == 1, -1, np.repeat(np.where(closed, 1, -1), 1 + closed))
    end = float(time.max()) if close else 400 * day
    stay = np.where(following < 0, end - time, np.roll(time, -1) - time)
    return Cases(first, np.arange(days.size), stage, time, following, stay, ("open", "close"), end)


@pytest.mark.parametrize("finished", [True, False])
def test_a_log_of_finished_cases_is_told_from_one_that_is_cut(finished):
    days = np.random.default_rng(4).exponential(30.0, 800)
    assert only_finished(_ended(days, finished)) is finished


def test_in_a_log_of_finished_cases_shares_are_counted(log_of):
    """Of those at b a tenth goes on after 300 days, when hardly anybody has been watched for so long."""
    luck = np.random.default_rng(7)
    late = luck.random(800) < 0.1
    words = ["abab" if again else "abac" if luck.random() < 0.2 else "ab" for again in late]
    gaps = [
        np.array([20.0, 300.0 if again else 3.0, 20.0][: len(word) - 1])
        for again, word in zip(late, words, strict=True)
    ]
    gaps = [gap * luck.uniform(0.5, 1.5, gap.size) * 86_400.0 for gap in gaps]
    cases = discovery_cases(log_of(words, gaps, luck.uniform(0, 2_000, 800) * 86_400.0))
    stages, edges = lived_map(replace(cases, finished=True))
    b = cases.stages.index("b")
    gone = np.mean((cases.following < 0)[cases.stage == b])
    assert stages[b].leaves == pytest.approx(gone)
    goes = cases.following[(cases.stage == b) & (cases.following >= 0)]
    for edge in edges:
        if edge.source == b:
            assert edge.share == pytest.approx(np.mean(goes == edge.target))
            assert edge.ci_low < edge.share <= edge.ci_high


def test_last_visits_stand_apart_where_cases_end_and_go_on():
    first = np.arange(0, 401, 2)
    stage = np.tile([0, 0], 200)
    following = np.tile([0, -1], 200)
    cases = Cases(first, np.arange(200), stage, np.zeros(400), following, np.ones(400), ("a",), 1.0)
    over = np.where(following < 0, 0.5, 0.0)
    apart, told = last_apart(cases, no_time_told(1), over, 10)
    assert told.names(("a",)) == ("a", "a__last")
    # As many as were over, none of which goes on.
    assert (apart.stage == 1).sum() == 100 and (apart.following[apart.stage == 1] == -1).all()
    assert told.over_apart(apart.stage, over).sum() == 100


def test_shares_of_a_kind_without_the_commonest_way_never_sum_to_more_than_one():
    """A sixth rounded to nine digits, six times, is more than 1, which a journey file may not have."""
    sixths = {f"s{at}": Way(((1, 1 / 6),)) for at in range(6)}
    edges = _instant_edges("begin", {"one": {"rest": Way(((1, 1.0),))}, "two": sixths}, {})
    shares = [edge["probability"] for edge in edges if edge.get("personas") == ["two"]]
    assert len(shares) == 6 and 1.0 - 1e-8 < sum(shares) <= 1.0


def test_the_commonest_way_takes_at_every_age_what_is_left_by_the_others():
    """Where it is parted by age itself, its later parts have what is left while cases are of that age."""
    parts = {"all": {"rest": Way(((1, 0.9), (5, 0.5))), "other": Way(((1, 0.1), (5, 0.5)))}}
    later = {target: [(target, [1, 9]), (f"{target}__from_9", [10, None])] for target in ("rest", "other")}
    edges = _instant_edges("check", parts, later)
    by_target = {edge["to"]: edge for edge in edges}
    assert by_target["rest"] == {"from": "check", "to": "rest"}
    assert by_target["rest__from_9"]["by_step"] == [[1, 0.9], [5, 0.5]]
    assert by_target["other__from_9"] | {"by_step": []} == {
        "from": "check",
        "to": "other__from_9",
        "by_step": [],
        "clock": "forward",
        "during": [10, None],
    }
