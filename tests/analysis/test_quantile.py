"""Quantile: what NumPy finds, to the bit, of whole numbers and of others."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.quantile import quantile_of_ordered

SHARES = st.floats(0.0, 1.0)


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40), SHARES)
def test_of_whole_numbers(values, share):
    assert quantile_of_ordered(np.sort(np.array(values)), share) == np.quantile(np.array(values), share)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), SHARES)
def test_of_fractional_numbers(values, share):
    assert quantile_of_ordered(np.sort(np.array(values)), share) == np.quantile(np.array(values), share)
