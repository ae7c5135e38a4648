"""Features and gates are read from tables; a table that lacks one is an error, never a wrong default."""

import importlib

import numpy as np
import pytest

import sim.engine.features
from sim.scenario import journey
from sim.scenario.journey import FEATURES, GATES
from sim.world.compile import compile_world
from sim.world.graph import INCUMBENT


def test_a_gate_is_open_where_its_capability_is_above_zero(treadmill):
    levels = compile_world(treadmill, treadmill.arms["proactive"], 1, 0).levels
    for gate, name in enumerate(GATES):
        expected = np.zeros(levels.shape, bool) if gate == INCUMBENT else levels[name] > 0.0
        np.testing.assert_array_equal(levels.open_gates >> np.uint64(gate) & np.uint64(1) == 1, expected)


def test_a_feature_that_the_engine_does_not_compute_stops_the_import(monkeypatch):
    monkeypatch.setattr(journey, "FEATURES", (*FEATURES, "weather"))
    with pytest.raises(NotImplementedError, match="weather"):
        importlib.reload(sim.engine.features)
    monkeypatch.undo()
    importlib.reload(sim.engine.features)
