"""Kept runs change no number: whatever is asked before, the answer is that of a run from nothing."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from sim import Scenario, compare
from sim.engine.kept import KeptRuns
from sim.experiments.result import Result

CHANGES: dict[str, tuple[Any, ...]] = {
    "arms.proactive.focal.strategy.automation": (0.0, 0.4, 1.0),
    "arms.classic.focal.strategy.automation": (0.0, 0.3),
    "arms.proactive.focal.strategy.contacts_per_week.customers": (0.0, 0.3),
    "market.contact.fatigue": (0.05, 0.4),
    "market.brands.stride.quality": (0.1, 0.5),
    "population": (150, 200),
    "horizon": (20, 26),
    "burn_in": (0, 10),
}


def _asked(draw: random.Random) -> tuple[Scenario, dict[str, Any]]:
    values = {key: draw.choice(allowed) for key, allowed in CHANGES.items() if draw.random() < 0.5}
    small = {"population": 150, "horizon": 20, "burn_in": 10}
    options = {"replicates": draw.choice((1, 2, 3)), "seed": draw.choice((1, 2)), "threads": draw.choice((1, 2))}
    return Scenario.load("treadmill", **{**small, **values}), options


@pytest.fixture(scope="module")
def answers() -> list[tuple[Scenario, dict[str, Any], Result]]:
    """Questions of one sitting, each with its answer from nothing."""
    draw = random.Random(7)
    asked = [_asked(draw) for _ in range(25)]
    return [(scenario, options, compare(scenario, **options, effectiveness=False)) for scenario, options in asked]


@pytest.mark.parametrize("limit", [100_000_000, 600_000, 1])
def test_an_answer_from_kept_runs_is_that_of_a_run_from_nothing(
    limit: int, answers: list[tuple[Scenario, dict[str, Any], Result]]
) -> None:
    kept = KeptRuns(limit)
    for scenario, options, plain in answers:
        warm = compare(scenario, **options, effectiveness=False, kept=kept)
        assert warm.summary_json == plain.summary_json
        for name in ("weekly", "flows", "events"):
            assert getattr(warm, name).equals(getattr(plain, name)), name


def test_a_move_of_one_arm_runs_that_arm_alone() -> None:
    kept, weeks = KeptRuns(), []
    for level in (0.2, 0.6):
        scenario = Scenario.load(
            "treadmill", population=100, horizon=10, burn_in=10, **{"arms.proactive.focal.strategy.automation": level}
        )
        done: list[int] = []
        compare(scenario, replicates=2, seed=1, threads=1, kept=kept, effectiveness=False, on_progress=done.append)
        weeks.append(sum(done))
    assert weeks == [100 * (10 + 2 * 10) * 2, 100 * 10 * 2]


def test_where_burn_ins_alone_are_kept_every_arm_is_run() -> None:
    kept, weeks = KeptRuns(arms=False), []
    scenario = Scenario.load("treadmill", population=100, horizon=10, burn_in=10)
    for _ in range(2):
        done: list[int] = []
        compare(scenario, replicates=2, seed=1, threads=1, kept=kept, effectiveness=False, on_progress=done.append)
        weeks.append(sum(done))
    assert weeks == [100 * (10 + 2 * 10) * 2, 100 * 2 * 10 * 2]


def test_what_is_kept_stays_within_its_limit() -> None:
    kept = KeptRuns(2_000_000)
    for seed in range(1, 8):
        compare(
            Scenario.load("treadmill", population=200, horizon=20, burn_in=5),
            seed=seed,
            replicates=2,
            kept=kept,
            effectiveness=False,
        )
    assert kept.size <= 2_000_000


def test_memory_that_a_view_keeps_alive_counts_in_full() -> None:
    kept, whole = KeptRuns(10_000), np.zeros((10, 100))
    kept.put(("a view",), (whole[:1], whole[1:2]))
    assert kept.size == whole.nbytes
    kept.put(("another",), np.zeros(1000))
    assert kept.find(("a view",)) is None and kept.size == 8000
    kept.put(("another",), np.zeros(500))
    assert kept.size == 4000
