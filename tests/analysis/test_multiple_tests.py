"""Effects named from a long list: the error is that of the list, not of each effect."""

from __future__ import annotations

import numpy as np

from sim.analysis.multiple_tests import beyond_chance
from sim.analysis.sampling import INDEPENDENT
from sim.analysis.touchpoint_effects import Touchpoint, summarise_touchpoints
from sim.api import Scenario
from sim.experiments.main_effects import _explained


def test_each_is_held_to_its_step() -> None:
    # Holm 1979: of four, 0.0125, 0.0167, 0.025, 0.05 in turn; the first failure ends it.
    assert beyond_chance([0.012, 0.016, 0.026, 0.04]) == [True, True, False, False]
    assert beyond_chance([0.013, 0.0001, 0.013, 0.013]) == [True] * 4
    assert beyond_chance([0.02, None]) == [True, False] and beyond_chance([0.03, None]) == [False, False]
    assert beyond_chance([]) == []
    # What is not known never stands out, and hides nothing that does.
    nan = float("nan")
    assert beyond_chance([nan, nan, nan, 0.03]) == [False] * 4
    assert beyond_chance([0.5, nan, 0.0001]) == [False, False, True]


def test_a_lever_that_does_nothing_in_a_full_grid_has_a_chance() -> None:
    """Groups of the same values: rounding must not make the chance of their difference undefined."""
    drawn = np.random.default_rng(5)
    for _ in range(50):
        values = drawn.normal(1e3, 1.0, 7)
        explained, chance = _explained([drawn.permutation(values) for _ in range(3)])
        assert explained == 0.0 and chance > 0.99


def test_of_thirty_effects_few_lists_name_one_that_is_none() -> None:
    """Of 150 lists at most 10.3 % (three standard errors above 5) name a place where nothing happens; intervals alone do half the time."""
    drawn = np.random.default_rng(3)
    places = [Touchpoint("stage", f"stage_{number}", "", "", "experience", 0.1) for number in range(30)]
    true = {"stage_0", "stage_1", "stage_2"}
    scenario = Scenario.load("treadmill", population=100)
    wrong = singly = 0
    for _ in range(150):
        values = drawn.normal(size=(8, 30)) + np.where(np.arange(30) < len(true), 9.0, 0.0)
        effects = {"contribution": {(n, "better"): np.repeat(values[:, n : n + 1], 5, axis=1) for n in range(30)}}
        summary, _ = summarise_touchpoints(
            scenario, arm="proactive", metric="contribution", improvement=0.1, places=places, effects=effects,
            level=np.ones((8, 5)), visits=[1.0] * 30, heads=np.ones(4), seed=1, sampling=INDEPENDENT,
        )  # fmt: skip
        named = {entry["name"] for entry in summary["moments"] if entry["better"]["beyond_chance"]}
        assert true <= named
        wrong += bool(named - true)
        singly += any(entry["better"]["ci_low"] > 0 for entry in summary["moments"] if entry["name"] not in true)
    assert wrong <= 0.103 * 150 and singly > 0.4 * 150
