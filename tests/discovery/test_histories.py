"""What is counted once for all histories is what one count for each of them says."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp
from scipy.stats import wasserstein_distance

from sim.discovery.at_once import no_time_told
from sim.discovery.cases import START, Cases, subset
from sim.discovery.context import Contexts, find_contexts, states_of
from sim.discovery.distance import wasserstein
from sim.discovery.hazards import fit_hazards
from sim.discovery.persona_mixture import _distinct, _likelihood, _moves


def _cases(count: int, stages: int = 4) -> Cases:
    """Cases of which the next stage depends on the stage before the last."""
    luck = np.random.default_rng(3)
    lengths = luck.integers(1, 12, count)
    first = np.r_[0, np.cumsum(lengths)]
    stage = luck.integers(0, stages, first[-1])
    for row in range(2, stage.size):
        if luck.random() < 0.7:
            stage[row] = (stage[row - 2] + 1) % stages
    time = np.cumsum(luck.exponential(100.0, stage.size))
    last = np.zeros(stage.size, bool)
    last[first[1:] - 1] = True
    following = np.where(last, -1, np.roll(stage, -1))
    stay = np.where(last, 50.0, np.roll(time, -1) - time)
    return Cases(first, np.arange(count), stage, time, following, stay, tuple("abcd"[:stages]), float(time[-1]))


def _history(cases: Cases) -> list[np.ndarray]:
    return [cases.stage, *(cases.before(back) for back in (1, 2, 3))]


def test_states_are_the_longest_histories_and_the_latest_ages() -> None:
    cases = _cases(3_000)
    keys = ((0,), (1,), (2,), (3,), (0, 1), (0, 1, 2), (2, 3, 0, 1), (1, START), (3, 0, START), (0, 1), (2,), (2,))
    since = (0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 6)
    contexts = Contexts(keys, (0.0,) * len(keys), (0,) * len(keys), no_time_told(4), since=since)
    steps = np.arange(cases.stage.size) - np.repeat(cases.first[:-1], cases.lengths)
    wanted = np.full(cases.stage.size, -1)
    history = _history(cases)
    for at in sorted(range(len(keys)), key=lambda at: (len(keys[at]), since[at])):
        fits = steps >= since[at]
        for column, value in zip(history, keys[at], strict=False):
            fits &= column == value
        wanted[fits] = at
    assert np.array_equal(states_of(cases, contexts, steps), wanted)
    assert set(wanted.tolist()) == set(range(len(keys)))


def test_a_context_gains_what_its_own_visits_say() -> None:
    cases = _cases(3_000)
    found = find_contexts(cases, seed=1)
    assert any(len(key) > 2 for key in found.keys)
    half = np.random.default_rng([1, 11]).random(cases.count) < 0.5
    first = half[cases.case]
    octave = np.floor(np.log2(np.maximum(cases.stay, 1.0))).astype(int) // 2
    when = np.where(cases.following < 0, 0, 1 + cases.following * 32 + octave)
    history = _history(cases)
    for key, gain in zip(found.keys[4:9], found.gains[4:9], strict=True):
        inner = np.logical_and.reduce([column == at for column, at in zip(history, key, strict=False)])
        outer = np.logical_and.reduce([column == at for column, at in zip(history, key[:-1], strict=False)])
        totals = []
        for outcome in (when, cases.following + 1):
            classes = np.unique(outcome[outer])
            total = 0.0
            for learned, judged in ((first, ~first), (~first, first)):
                base = np.array([(outcome[outer & learned] == one).sum() for one in classes]) + 0.5
                base /= base.sum()
                own = np.array([(outcome[inner & learned] == one).sum() for one in classes])
                split = (own + 4.0 * base) / (own.sum() + 4.0)
                seen = np.array([(outcome[inner & judged] == one).sum() for one in classes])
                total += float(seen @ np.log(split / base))
            totals.append(total)
        assert np.isclose(gain, max(totals))


def test_what_came_before_is_known_all_along_the_way() -> None:
    """All of whom a tells and b does not where they go pass c and d: who leaves d goes by that, so c and d know it."""
    luck = np.random.default_rng(4)
    walks = [(0, 2, 3, 4) if at else (1, 2, 3, 5) for at in luck.integers(0, 2, 200).tolist()]
    stage, first = np.concatenate(walks), np.arange(201) * 4
    following = np.where(np.arange(800) % 4 == 3, -1, np.roll(stage, -1))
    time = np.tile(np.arange(4.0), 200)
    cases = Cases(first, np.arange(200), stage, time, following, np.ones(800), tuple("abcdef"), 4.0, False)
    contexts = find_contexts(cases, seed=1)
    journey = fit_hazards(cases, contexts, 1.0)
    for begin, end in ((0, 4), (1, 5)):
        state = (
            contexts.keys.index((begin, START)) if (begin, START) in contexts.keys else contexts.keys.index((begin,))
        )
        for _ in range(3):
            (state,) = (edge.target for edge in journey.edges if edge.source == state and edge.target >= 0)
        assert contexts.stage_at(state) == end


def test_cases_that_count_twice_are_cases_that_are_there_twice() -> None:
    cases = _cases(300)
    contexts = find_contexts(cases, seed=1)
    counted = 1.0 + (np.arange(300) % 3 == 0)
    often = fit_hazards(subset(cases, np.repeat(np.arange(300), counted.astype(int))), contexts, 100.0)
    weighed = fit_hazards(cases, contexts, 100.0, counted=counted)
    assert weighed.start == often.start
    assert [edge.target for edge in weighed.edges] == [edge.target for edge in often.edges]
    for one, other in zip(weighed.edges, often.edges, strict=True):
        assert np.isclose(one.count, other.count) and np.allclose(one.by_step, other.by_step, rtol=1e-5)


def test_cases_with_the_same_moves_count_as_often_as_they_are_there() -> None:
    cases = _cases(400, 2)
    moves, _, values = _moves(cases)
    some = np.arange(0, 400, 3)
    assert np.array_equal(_moves(subset(cases, some), None, values).counts.table(), moves.of(some).table())
    assert np.array_equal(_moves(cases, None, values[::2]).counts.table(), moves.table()[:, ::2])
    distinct, same, number = _distinct(moves)
    assert distinct.cases < 400 == number.sum()
    assert np.array_equal(distinct.of(same).table(), moves.table())
    logs = np.log(np.random.default_rng(1).random((3, moves.width)))
    each, _ = _likelihood(moves, np.array([0.5, 0.3, 0.2]), logs)
    assert np.allclose(each, logsumexp(moves.table() @ logs.T + np.log([0.5, 0.3, 0.2]), axis=1))


def test_the_wasserstein_distance_is_that_of_scipy() -> None:
    luck = np.random.default_rng(2)
    one, other = luck.exponential(size=300), luck.integers(0, 4, 500).astype(float)
    assert np.isclose(wasserstein(np.sort(one), np.sort(other)), wasserstein_distance(one, other), rtol=1e-12)
