"""The obvious loop, which the engine is measured against, gives the engine's history to the last byte."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from sim.engine.life import live_replicate
from sim.experiments.load import load_scenario


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
def test_the_same_bytes(name):
    from benchmarks import obvious  # compiles for half a minute

    scenario = load_scenario(name, population=400, horizon=60, burn_in=40, record={"events": 50})
    mine = obvious.live_replicate(scenario, seed=5, replicate=2)
    theirs = live_replicate(scenario, seed=5, replicate=2)
    assert list(mine) == list(theirs)
    for arm in mine:
        _same(mine[arm], theirs[arm], arm)
