"""Counters: the periods at whose ends stages are counted."""

from sim.record.counters import allocate_counters, period_of, steps_a_period
from sim.scenario.journey import MOST_STEPS


def test_the_number_of_periods_says_how_many_steps_one_has():
    """The engines tell the period of a week from the shapes of the counters."""
    for horizon in range(1, MOST_STEPS + 1):
        steps = steps_a_period(horizon)
        periods = -(-horizon // steps)
        assert periods <= 5_000 and -(-horizon // periods) == steps
        assert period_of(horizon - 1, horizon, periods) == (horizon - 1) // steps == periods - 1
    assert allocate_counters(12_345, 1, 2, 1, 1).occupancy.shape == (4_115, 1, 2)
