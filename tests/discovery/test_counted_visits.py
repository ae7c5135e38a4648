"""What is counted step by step, or in compiled code, is what sorting and NumPy say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.discovered_personas import planted
from sim.discovery import context, time_bins
from sim.discovery.context import find_contexts
from sim.discovery.discover import _few
from sim.discovery.hazards import fit_hazards
from sim.discovery.product_limit import aalen_johansen, share_gone
from sim.discovery.visit_weights import fit_beside_age


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("dense", [0, 1])
def test_hazards_are_the_same_however_visits_are_counted(monkeypatch, dense, forward):
    cases, _ = planted(1, 3)
    contexts = find_contexts(cases, seed=1)
    contexts = replace(contexts, forward=(forward,) * len(contexts.keys))
    by_step = fit_hazards(cases, contexts, 60.0, by_visit=fit_beside_age(0.0))
    # None is counted step by step, or those of a state together and not by class of visit.
    monkeypatch.setattr(time_bins, "_DENSE", dense)
    monkeypatch.setattr(time_bins, "_FEW_CELLS", 0)
    assert fit_hazards(cases, contexts, 60.0, by_visit=fit_beside_age(0.0)).edges == by_step.edges


def test_entries_are_taken_away_again(monkeypatch):
    luck = np.random.default_rng(5)
    entry = luck.integers(0, 40, 500)
    until, goes, weight = entry + luck.integers(1, 60, 500), luck.random(500) < 0.8, luck.integers(1, 4, 500) / 2
    starts = np.array([1, 2, 7, 30, 70])
    counts = time_bins.step_counts(until, goes, weight, entry)
    known = [
        sum(w * max(min(u, high) - max(e, low), 0) for e, u, w in zip(entry, until, weight, strict=True))
        for low, high in zip(starts - 1, [*(starts[1:] - 1), 1_000], strict=True)
    ]
    assert np.allclose(counts.exposure(starts), known)
    monkeypatch.setattr(time_bins, "_DENSE", 0)
    monkeypatch.setattr(time_bins, "_FEW_CELLS", 0)
    assert np.allclose(time_bins.step_counts(until, goes, weight, entry).exposure(starts), known)
    assert np.array_equal(time_bins.step_counts(until, goes, weight, entry).leaving(starts), counts.leaving(starts))


@pytest.mark.parametrize("seed", range(3))
def test_gains_of_contexts_are_the_same_compiled(monkeypatch, seed):
    cases, _ = planted(3, seed)
    by_numpy = find_contexts(cases, seed)
    monkeypatch.setattr(context, "_MANY", 0)
    compiled = find_contexts(cases, seed)
    assert compiled.keys == by_numpy.keys and compiled.parameters == by_numpy.parameters
    assert np.allclose(compiled.gains, by_numpy.gains, rtol=1e-9)
    assert sum(gain > 0.0 for gain in compiled.gains) > 2


@pytest.mark.parametrize("exits", [1, 3])
def test_leaving_is_the_same_in_whole_seconds_and_in_parts_of_them(exits):
    luck = np.random.default_rng(exits)
    time, exit = luck.integers(0, 50, 400).astype(float), luck.integers(-1, exits, 400)
    counted, sorted_ = aalen_johansen(time, exit, exits), aalen_johansen(time / 7.0, exit, exits)
    assert np.array_equal(counted.staying, sorted_.staying) and np.array_equal(counted.gone, sorted_.gone)
    assert np.array_equal(counted.cumulative, sorted_.cumulative)
    assert counted.gone[-1] == (exit >= 0).sum()


def test_whoever_is_chosen_from_every_stage_is_visited_by_one(monkeypatch):
    cases, _ = planted(1, 1)
    monkeypatch.setattr("sim.discovery.discover._MOST_CHOSEN", 10)
    rare = cases.stage.copy()
    rare[-1] = 5
    few = _few(type(cases)(cases.first, cases.number, rare, *_rest(cases)), 1)
    assert few.count < 20 and set(few.stage.tolist()) == set(rare.tolist())


def _rest(cases):
    return cases.time, cases.following, cases.stay, (*cases.stages, "rare"), cases.end


def test_a_plateau_is_believed_by_those_who_left():
    time = np.r_[np.arange(1.0, 51.0), np.full(50, 500.0)]
    left = np.arange(100) < 50
    assert share_gone(time, left) == share_gone(time / 3.0, left) == pytest.approx(0.5)
