"""Phases: as many as numbers and lengths of visits ask for, and none where a chain without memory made the log."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.discovery import discover as discovering
from sim.discovery.case_phase import find_phases, phases_of_states
from sim.discovery.case_simulator import CaseSimulator
from sim.discovery.cases import Cases
from sim.discovery.context import find_contexts
from sim.discovery.hazards import fit_hazards
from sim.discovery.state_edges import ENDED


def cases_with(lengths, seconds=60.0):
    """Cases of so many visits to two stages in turn, alike long; the log goes on for a year."""
    first = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    place = np.arange(first[-1]) - np.repeat(first[:-1], lengths)
    following = np.where(np.isin(np.arange(first[-1]), first[1:] - 1), -1, (place + 1) % 2)
    end = 365 * 86_400.0
    time = place * seconds
    stay = np.where(following < 0, end - time, seconds)
    return Cases(first, np.arange(len(lengths)), place % 2, time, following, stay, ("a", "b"), end)


def ends_of(cases):
    return (cases.following < 0).astype(float)


def number_of_visits(journey, most=80):
    """Probabilities of 1, 2 ... visits, from a journey's edges: every visit takes one step."""
    size = len(journey.contexts.keys)
    goes, over = np.zeros((size, size)), np.zeros(size)
    for edge in journey.edges:
        if edge.target == ENDED:
            over[edge.source] += edge.by_step[0][1]
        else:
            goes[edge.source, edge.target] += edge.by_step[0][1]
    at = np.zeros(size)
    for state, share in journey.start.items():
        at[state] = share
    found = []
    for _ in range(most):
        found.append(float(at @ over))
        at = at @ goes
    return np.array(found)


def test_a_chain_that_forgets_has_one_phase():
    for seed in range(10):
        cases = cases_with(np.random.default_rng(seed).geometric(0.2, 600))
        assert len(find_phases(cases, ends_of(cases), 6, seed)) == 1


def test_regular_cases_have_phases_and_their_numbers_of_visits_are_met():
    lengths = np.random.default_rng(1).integers(4, 13, 1500)
    cases = cases_with(lengths)
    phases = find_phases(cases, ends_of(cases), 6, 1)[-1]
    assert phases.count >= 3
    contexts = find_contexts(cases, 1, most=2)
    with_phases = number_of_visits(fit_hazards(cases, contexts, 60.0, phases))
    without = number_of_visits(fit_hazards(cases, contexts, 60.0))
    truth = np.bincount(lengths - 1, minlength=80)[:80] / lengths.size
    far = [float(np.abs(np.cumsum(one - truth)).sum()) for one in (with_phases, without)]
    assert far[0] < far[1] / 2
    visits = np.arange(1, 81)
    assert visits @ with_phases == pytest.approx(lengths.mean(), rel=0.05)


def test_where_a_case_is_adds_up():
    cases = cases_with(np.random.default_rng(2).integers(2, 9, 800))
    phases = find_phases(cases, ends_of(cases), 6, 2)[-1]
    fitted, share = phases_of_states(cases, cases.stage, ends_of(cases), 2, phases)
    assert np.allclose(share.sum(axis=1), 1.0, atol=1e-5)
    assert np.allclose(fitted.moving.sum(axis=1), 1.0) and fitted.begin.sum() == pytest.approx(1.0)
    # Nobody goes back.
    assert np.all(np.tril(fitted.moving, -1) == 0.0)


def test_slow_cases_stay_slow():
    """Half of the cases take ten times as long for each visit: the spread of the time of whole cases is met."""
    luck = np.random.default_rng(4)
    slow = luck.random(800) < 0.5
    lengths = np.full(800, 7)
    cases = cases_with(lengths)
    stay = np.where(slow[cases.case], 600.0, 60.0) * luck.geometric(0.2, cases.stage.size)
    begin = np.r_[0.0, np.cumsum(stay)[:-1]]
    time = begin - np.repeat(begin[cases.first[:-1]], lengths)
    cases = replace(cases, time=time, stay=np.where(cases.following < 0, cases.end - time, stay))
    phases = find_phases(cases, ends_of(cases), 6, 4)[-1]
    assert phases.count >= 2
    share = phases_of_states(cases, cases.stage, ends_of(cases), 2, phases)[1]
    # Whether a case is slow tells the phase of its middle visit: the slow are nearly always in others than the quick.
    middle = share[cases.first[:-1] + 3]
    common = np.minimum(middle[slow].mean(axis=0), middle[~slow].mean(axis=0)).sum()
    assert common < 0.2


def test_probabilities_of_every_state_sum_to_one_at_most():
    cases = cases_with(np.random.default_rng(3).integers(1, 9, 800))
    phases = find_phases(cases, ends_of(cases), 6, 3)[-1]
    journey = fit_hazards(cases, find_contexts(cases, 3), 60.0, phases)
    steps = sorted({step for edge in journey.edges for step, _ in edge.by_step})
    for state in range(len(journey.contexts.keys)):
        mine = [edge for edge in journey.edges if edge.source == state]
        for step in steps:
            total = sum([value for begin, value in edge.by_step if begin <= step][-1] for edge in mine)
            assert total <= 1.0 + 1e-9


def test_with_phases_bins_double_and_no_other_width_is_tried(log_of, monkeypatch):
    luck = np.random.default_rng(1)
    lengths = luck.integers(12, 14, 200)
    cases = cases_with(lengths)
    phases = find_phases(cases, ends_of(cases), 6, 1)[-1]
    monkeypatch.setattr(discovering, "find_phases", lambda *_: (phases,))
    widths = []
    fitted = discovering._CasesApart.fitted
    monkeypatch.setattr(discovering._CasesApart, "fitted", lambda *of: widths.append(of[2]) or fitted(*of))
    monkeypatch.setattr(CaseSimulator, "away", lambda *_: 0.0)
    words = [("ab" * 7)[:length] for length in lengths]
    gaps = [np.exp(luck.normal(8.0, 2.5, length - 1)) for length in lengths]
    log = log_of(words, gaps, luck.uniform(0, 300 * 86_400.0, lengths.size))
    found = discovering.discover(log, "made", "", goal=None, seed=1, threads=1)
    assert found.phases.count == phases.count > 1
    assert found.bins_widen_by == 1
    assert set(widths) == {1}
