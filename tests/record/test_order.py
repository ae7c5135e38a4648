"""Order: what is found by counting is what sorting finds."""

from __future__ import annotations

import numpy as np
import pytest

from sim.record.order import distinct, stable_order


@pytest.mark.parametrize(("rows", "largest"), [(0, 1), (1, 0), (50, 3), (50, 900), (5_000, 19_000), (50, 10**15)])
def test_distinct_numbers_are_those_of_a_sort(rows, largest):
    number = np.random.default_rng(rows).integers(0, largest, rows, endpoint=True)
    values, place = distinct(number)
    expected, where = np.unique(number, return_inverse=True)
    assert values.tolist() == expected.tolist() and place.tolist() == where.tolist()
    assert values.dtype == place.dtype == np.int64


@pytest.mark.parametrize(("rows", "largest"), [(0, 0), (900, 12), (30_000, 70_000), (30_000, 200_000), (20, 10**12)])
def test_rows_stay_in_their_order_where_their_numbers_are_alike(rows, largest):
    number = np.random.default_rng(rows).integers(0, largest, rows, endpoint=True)
    assert stable_order(number, largest).tolist() == np.argsort(number, kind="stable").tolist()
    as_read = number.astype(np.int32) if largest < 2**31 else number
    assert stable_order(as_read, largest).tolist() == np.argsort(number, kind="stable").tolist()
