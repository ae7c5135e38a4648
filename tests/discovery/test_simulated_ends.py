"""Simulated ends: cases end as old, and after as many visits, as real ones, and are left alone where they do already."""

from __future__ import annotations

import numpy as np
import pytest

from sim.discovery.simulated_ends import Ends, Factors, SimulatedJourney, StateWays, _simulated, raked_ends
from sim.discovery.visit_weights import CLASS_BEGINS

_HERE, _LAST = 0, 1
NO_FACTORS = Factors(np.zeros(1, np.int64), np.ones(1), np.ones(CLASS_BEGINS.size))


def _one_state(on, last):
    """A state that is left by the step with these hazards at all ages, to itself and to the last visit."""
    ways = StateWays(
        targets=np.array([_HERE, _LAST]),
        last=np.array([False, True]),
        begins=np.array([1]),
        rates=np.array([[on], [last]]),
        weights=np.ones((CLASS_BEGINS.size, 2)),
        timed=True,
    )
    return SimulatedJourney({_HERE: ways}, np.array([1.0, 0.0]), np.array([False, True]), {}, CLASS_BEGINS)


def _cases(luck, last_when_old, count=20_000):
    """Cases that go on with 0.08 a step, and end with 0.02, from the fiftieth step on with another chance."""
    age, visits = np.zeros(count, np.int64), np.ones(count, np.int64)
    going = np.ones(count, bool)
    for step in range(1, 1_000):
        draw = luck.random(count)
        last = last_when_old if step >= 50 else 0.02
        moves = going & (draw < last + 0.08)
        age[moves], visits[moves] = step, visits[moves] + 1
        going &= draw >= last
    return Ends(age, visits, np.ones(count, bool))


@pytest.mark.parametrize("last_when_old", [0.02, 0.05])
def test_cases_end_as_real_ones(last_when_old):
    journey, real = _one_state(0.08, 0.02), _cases(np.random.default_rng(1), last_when_old)
    before = _simulated(journey, NO_FACTORS, 1_000)
    after = _simulated(journey, raked_ends(journey, real), 1_000)
    for quantity in ("age", "visits"):
        wanted, first, now = (getattr(ends, quantity) for ends in (real, before, after))
        # Of 20,000 cases each: a standard error of 1 %.
        assert now.mean() == pytest.approx(wanted.mean(), rel=0.04)
        assert now.std() == pytest.approx(wanted.std(), rel=0.16)
        assert (abs(first.mean() / wanted.mean() - 1.0) > 0.15) == (last_when_old != 0.02)


def test_a_journey_that_ends_as_real_cases_do_hardly_changes():
    found = raked_ends(_one_state(0.08, 0.02), _cases(np.random.default_rng(1), 0.02))
    assert np.average(found.by_age[1:]) == pytest.approx(1.0, abs=0.1)
    assert np.average(found.by_class[:8]) == pytest.approx(1.0, abs=0.1)


def test_no_case_is_seen_to_end():
    real = _cases(np.random.default_rng(3), 0.02, 100)._replace(seen=np.zeros(100, bool))
    found = raked_ends(_one_state(0.08, 0.02), real)
    assert (found.by_age == 1.0).all()
    assert (found.by_class == 1.0).all()


def test_the_same_cases_give_the_same_factors():
    real = _cases(np.random.default_rng(4), 0.05, 2_000)
    one, other = (raked_ends(_one_state(0.08, 0.02), real) for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))
