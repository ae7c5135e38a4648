"""Time bins: deadlines and office hours are met, and where times are geometric there are no more bins than were given."""

from __future__ import annotations

import numpy as np
import pytest

from sim.discovery.state_edges import Exits, Leaving, rounded_down
from sim.discovery.time_bins import step_counts, time_bins
from sim.discovery.visit_weights import CLASS_BEGINS


def still_there(stay, most, part=1):
    """Shares still there after each step, by the edges that visits of such stays give."""
    visits, alike = np.zeros(stay.size, np.int64), np.ones(stay.size)
    edges = Leaving(
        Exits(visits, stay, 0.0 * alike, visits, CLASS_BEGINS, alike, False, None, part), told=False
    ).edges()
    leaving = np.zeros(most)
    for edge in edges:
        for step, value in edge.by_step:
            leaving[step - 1 :] = value
    return np.cumprod(1.0 - leaving)


@pytest.mark.parametrize("deadline", [60, 61, 63, 64, 65, 100, 1000])
def test_all_who_leave_at_a_deadline_do_and_nobody_stays_for_ever(deadline):
    left = still_there(np.full(500, deadline), 2 * deadline)
    assert left[deadline - 2] == 1.0
    assert left[deadline - 1] == 0.0


def test_deadlines_among_others_who_leave_at_any_time():
    luck = np.random.default_rng(1)
    stay = np.where(luck.random(4000) < 0.4, 60, luck.geometric(0.01, 4000))
    left = still_there(stay, 200)
    truth = np.array([(stay > step).mean() for step in range(1, 201)])
    assert np.abs(left - truth).max() < 0.03
    assert left[58] - left[59] > 0.2


def test_those_who_leave_in_the_morning_do_so_day_by_day():
    luck = np.random.default_rng(1)
    stay = 24 * luck.geometric(0.4, 5000) - luck.integers(0, 3, 5000)
    left = still_there(stay, 240)
    truth = np.array([(stay > step).mean() for step in range(1, 241)])
    assert np.abs(left - truth).max() < 0.03


def test_times_without_memory_get_no_bins_beyond_the_widening_ones():
    extra = 0
    for seed in range(50):
        stay = np.random.default_rng(seed).geometric(0.02, 500)
        counts = step_counts(stay, stay > 0, np.ones(500))
        extra += len(time_bins(counts, 1)) > 9
    assert extra <= 5


def test_steps_lived_through_are_those_of_a_count_one_by_one():
    luck = np.random.default_rng(1)
    stay, weight = luck.integers(0, 30, 200), luck.random(200)
    starts = np.array([1, 2, 5, 11, 28])
    counts = step_counts(stay, stay > 3, weight)
    ends = np.r_[starts[1:], 1000]
    for at, (begin, end) in enumerate(zip(starts, ends, strict=True)):
        lived = sum(w * max(min(s, end - 1) - begin + 1, 0) for s, w in zip(stay, weight, strict=True))
        assert counts.exposure(starts)[at] == pytest.approx(lived)


def test_a_probability_is_never_rounded_up():
    whole = np.random.default_rng(5).integers(100_000, 1_000_001, 2_000) / 1e6
    for value in [*whole, *np.nextafter(whole, 0.0), 0.1234559999999999]:
        assert value - 1.1e-6 < rounded_down(float(value)) <= value
    assert all(rounded_down(float(value)) == value for value in whole)
