"""The plain twin, the obvious loop over customers, gives the engine's history to the last byte."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from sim.engine import replicate as life
from sim.scenario.scenario import Scenario


def _same(one, other, path=""):
    if is_dataclass(one):
        for field in fields(one):
            if field.name != "seconds":
                _same(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and one.tobytes() == other.tobytes(), path
    else:
        assert one == other, path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["treadmill", "privacy_backlash", "phone_subscription"])
def test_the_same_bytes(name, monkeypatch):
    from benchmarks import reference_loop as plain  # compiles for half a minute

    scenario = Scenario.load(name, population=400, horizon=60, burn_in=40, record={"events": 50})
    theirs = life.run_replicate(scenario, seed=5, replicate=2)
    monkeypatch.setattr(life, "run_weeks", plain.run_weeks)
    mine = life.run_replicate(scenario, seed=5, replicate=2)
    assert list(mine) == list(theirs)
    for arm in mine:
        _same(mine[arm], theirs[arm], arm)
