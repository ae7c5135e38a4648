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
