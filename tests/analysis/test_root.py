"""Root: what SciPy's `brentq` finds, to the bit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim.analysis.root import root_between

FUNCTIONS = (
    lambda x: x,
    lambda x: x**3,
    lambda x: math.expm1(x / 10.0),
    lambda x: math.atan(x) + 1e-3 * x,
    lambda x: -1.0 if x < 0.3 else 2.0,
)


@given(
    st.sampled_from(FUNCTIONS),
    st.floats(-50.0, 50.0),
    st.floats(0.01, 60.0),
    st.floats(0.01, 60.0),
    st.sampled_from([1e-3, 1e-10, 1e-12]),
)
def test_it_is_that_of_scipy(function, root, below, above, precision):
    def moved(x):
        return function(x - root)

    low, high = root - below, root + above
    if (moved(low) < 0.0) != (moved(high) < 0.0) and moved(low) * moved(high) != 0.0:
        found, how = brentq(moved, low, high, xtol=precision, full_output=True, disp=False)
        if how.converged:
            assert root_between(moved, low, high, precision) == found
        else:
            with pytest.raises(ValueError, match="is not found in 100 steps"):
                root_between(moved, low, high, precision)


def test_a_root_at_an_end_is_found_and_one_that_is_not_between_is_refused():
    assert root_between(lambda x: x, 0.0, 1.0, 1e-9) == 0.0
    assert root_between(lambda x: x, -1.0, 0.0, 1e-9) == 0.0
    with pytest.raises(ValueError, match="the same sign at 1 and at 2"):
        root_between(lambda x: x, 1.0, 2.0, 1e-9)
