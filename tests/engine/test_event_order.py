"""The event log is ordered by customer and then as things happened, whatever numbers customers have."""

import numpy as np
import pytest

from sim.record.counters import allocate_counters
from sim.record.recorder import _log


@pytest.mark.parametrize("first", [0, 65_530, 3_000_000_000])
def test_moments_stand_by_customer_and_week_in_the_order_in_which_they_happened(first):
    luck = np.random.default_rng(first)
    rows = np.zeros((500, 9), np.int64)
    rows[:, 0], rows[:, 1], rows[:, 8] = first + luck.integers(12, size=500), np.arange(500) // 90, np.arange(500)
    rows[:, 2] = luck.integers(1_000, size=500)  # what stands there before is of no account
    counters = allocate_counters(1, 1, 1, 1, 1)._replace(events=rows, event_count=np.array([450]))
    log = _log(counters)
    assert log["amount"].tolist() == sorted(range(450), key=lambda row: (*rows[row, :2], row))
    for customer, week in np.unique(rows[:450, :2], axis=0):
        order = log["order"][(log["customer"] == customer) & (log["week"] == week)]
        assert order.tolist() == list(range(order.size))
