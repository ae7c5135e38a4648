"""Case simulator: the nearer of two journeys is told, and by it how wide bins of time are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.discovery.case_simulator import CaseSimulator
from sim.discovery.cases import cases_of
from sim.discovery.discover import _fit

_DAY = 86_400.0


@pytest.fixture
def permits(log_of):
    """300 cases of three visits, days apart."""
    luck = np.random.default_rng(4)
    gaps = [luck.exponential(20 * _DAY, 2) for _ in range(300)]
    return cases_of(log_of(["abc"] * 300, gaps, luck.uniform(0, 100 * _DAY, 300)))


@pytest.fixture
def simulator(permits):
    return CaseSimulator(permits.stages, "day", permits.stages.index("c"), 1, 1)


def _fitted(cases, simulator=None):
    return _fit(cases, np.ones((cases.count, 1)), _DAY, cases.stages.index("c"), 1, simulator)


def _times(fitted):
    return sum(len(edge.by_step) for edge in fitted.journeys["everyone"].edges)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_journey_twice_as_slow_is_further_from_the_log(permits, simulator, seed):
    """All cases have three visits: whether one simulated case has another number decides nothing."""
    right = _fitted(permits)
    slow = _fitted(replace(permits, time=2 * permits.time, stay=2 * permits.stay, end=2 * permits.end))
    near, far = (replace(simulator, seed=seed).away(one.journeys, one.shares, permits) for one in (right, slow))
    assert near + 0.3 < far


def test_bins_are_as_wide_as_simulated_cases_are_nearest(permits, simulator, monkeypatch):
    """Whichever of the three widths is said to be nearest is taken, fine ones too."""
    found = []
    for far in ([0.0, 1.0, 1.0], [1.0, 1.0, 0.0]):
        left = iter(far)
        monkeypatch.setattr(CaseSimulator, "away", lambda *_, left=left: next(left))
        found.append(_times(_fitted(permits, simulator)))
        assert not list(left)
    assert found[0] == _times(_fitted(permits)) > found[1]


def test_cases_are_held_against_those_of_the_log_with_the_stages_of_the_log(permits, simulator, monkeypatch):
    seen = []
    monkeypatch.setattr(CaseSimulator, "away", lambda self, journeys, shares, cases: seen.append(cases) or 0.0)
    _fitted(permits, simulator)
    assert seen[0].stages == permits.stages
    for of in ("stage", "following", "time", "first"):
        assert np.array_equal(getattr(seen[0], of), getattr(permits, of))


def test_bins_of_our_own_exports_are_fine(permits, simulator, monkeypatch):
    monkeypatch.setattr(CaseSimulator, "away", lambda *_: pytest.fail("nothing is to be simulated"))
    own = replace(permits, may_end=False, finished=False)
    assert _times(_fitted(own, simulator)) == _times(_fitted(own))


def test_bins_of_a_log_of_many_cases_are_fine(permits, simulator, monkeypatch):
    monkeypatch.setattr(CaseSimulator, "away", lambda *_: pytest.fail("nothing is to be simulated"))
    monkeypatch.setattr("sim.discovery.discover._MOST_CHOSEN", permits.stage.size // 3)
    assert _times(_fitted(permits, simulator)) == _times(_fitted(permits))


@pytest.fixture
def tickets(log_of):
    """400 cases that end in any of their stages, half of whose visits take a second."""
    luck = np.random.default_rng(6)
    words = ["".join(luck.choice(list("abc"), size)) + "c" * (size % 2) for size in luck.integers(2, 9, 400)]
    gaps = [luck.choice([1.0, 20 * _DAY], len(word) - 1) * luck.exponential(1.0, len(word) - 1) for word in words]
    return cases_of(log_of(words, gaps, luck.uniform(0, 600 * _DAY, 400)))


@pytest.mark.parametrize(
    ("nearest", "last", "at_once"), [(0, True, True), (2, True, True), (3, False, True), (4, True, False)]
)
def test_stages_stand_twice_where_simulated_cases_are_nearest(tickets, simulator, monkeypatch, nearest, last, at_once):
    """Three widths of bins, then no last visits apart, then no visits at once."""
    left = iter(np.where(np.arange(5) == nearest, 0.0, 1.0).tolist())
    monkeypatch.setattr(CaseSimulator, "away", lambda *_: next(left))
    told = _fitted(tickets, simulator).contexts.at_once
    assert not list(left)
    assert (bool(told.last.any()), bool((told.instant & ~told.last).any())) == (last, at_once)


def test_where_no_stage_stands_twice_nothing_else_is_simulated(permits, simulator, monkeypatch):
    simulated = []
    monkeypatch.setattr(CaseSimulator, "away", lambda *_: float(len(simulated.append(1) or simulated)))
    _fitted(permits, simulator)
    assert len(simulated) == 3


def test_where_nothing_is_simulated_visits_at_once_and_last_visits_stand_apart(tickets):
    told = _fitted(tickets).contexts.at_once
    assert told.last.any()
    assert (told.instant & ~told.last).any()
