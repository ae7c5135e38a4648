"""What several shelves share: how two histories are compared, and a scenario small enough to live in a second."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from sim.experiments.load import load_scenario
from sim.experiments.replicate import run_replicates
from sim.history import History
from sim.scenario import Scenario

#: How long a run took is the one thing that may differ.
NOT_DATA = ("seconds",)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        for field in fields(value):
            if field.name not in NOT_DATA:
                yield from _leaves(getattr(value, field.name), f"{place}.{field.name}" if place else field.name)
    else:
        yield place, value


def _compare(one: History, other: History) -> None:
    theirs = dict(_leaves(other, ""))
    for place, value in _leaves(one, ""):
        against = theirs.pop(place)
        if isinstance(value, np.ndarray):
            assert value.dtype == against.dtype, f"{place}: {value.dtype} and {against.dtype}"
            assert value.shape == against.shape, f"{place}: {value.shape} and {against.shape}"
            if value.tobytes() != against.tobytes():
                where = np.argwhere(np.atleast_1d(value != against))
                first = tuple(where[0]) if len(where) else ()
                pair = f"{value[first]} and {against[first]}" if first else "a sign of zero or a NaN"
                pytest.fail(
                    f"arm {one.arm}, replicate {one.replicate}: {place} differs in {len(where)} of {value.size} "
                    f"places, first at {first}: {pair}"
                )
        else:
            assert value == against, place
    assert not theirs


@pytest.fixture(scope="session")
def assert_same_history() -> Callable[[History, History], None]:
    """Compare two histories bit for bit, and name the first place where they differ."""
    return _compare


@pytest.fixture(scope="session")
def live() -> Callable[..., dict[str, History]]:
    """Live one replicate: ``live(scenario, seed=1, replicate=0, **options)`` gives the history of every arm."""

    def run(scenario: Scenario, *, seed: int = 1, replicate: int = 0, **options: Any) -> dict[str, History]:
        options.setdefault("threads", 1)
        ((_, arms),) = run_replicates(scenario, seed=seed, replicates=[replicate], **options)
        return arms

    return run


@pytest.fixture(scope="session")
def treadmill() -> Scenario:
    """The default scenario, small, with everything recorded."""
    return load_scenario(
        "treadmill",
        population=600,
        horizon=60,
        burn_in=30,
        record={"customers": True, "events": 600},
    )
