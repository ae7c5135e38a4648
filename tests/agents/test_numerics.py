"""Numerics: close to NumPy and SciPy, in order, and exact where the memory of a customer depends on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from agents.rules.numerics import decode_unit, encode_unit, exp, gumbel, log, normal_quantile, uniform

WORDS = st.integers(0, 2**32 - 1)
positive = st.floats(1e-300, 1e300)


@given(st.floats(-700.0, 700.0))
def test_exp_is_numpys_to_fourteen_digits(x):
    assert exp(x) == pytest.approx(np.exp(x), rel=1e-14)


@pytest.mark.parametrize(("x", "clipped"), [(1e9, 700.0), (-1e9, -700.0), (np.inf, 700.0), (-np.inf, -700.0)])
def test_exp_of_what_is_too_large_is_clipped_and_finite(x, clipped):
    assert exp(x) == exp(clipped) and np.isfinite(exp(x)) and exp(x) > 0.0


@given(positive)
def test_log_is_numpys(x):
    assert log(x) == pytest.approx(np.log(x), rel=1e-14, abs=1e-14)


@given(st.floats(-600.0, 600.0))
def test_log_undoes_exp(x):
    assert log(exp(x)) == pytest.approx(x, rel=1e-13, abs=1e-13)


@given(st.floats(-30.0, 30.0), st.floats(-30.0, 30.0))
def test_exp_is_in_order(a, b):
    low, high = sorted((a, b))
    assert exp(low) <= exp(high) * (1 + 4e-16)


@given(WORDS)
def test_uniforms_are_never_zero_or_one(word):
    u = uniform(word)
    assert 0.0 < u < 1.0 and u == (word + 0.5) / 2**32


@given(WORDS)
def test_the_normal_quantile_is_scipys_to_six_digits(word):
    u = uniform(word)
    assert normal_quantile(u) == pytest.approx(ndtri(u), rel=2e-6, abs=1e-7)


@given(WORDS)
def test_the_normal_quantile_is_odd(word):
    # The words at one distance from both ends: u and 1 - u, both exact.
    assert normal_quantile(uniform(word)) == -normal_quantile(uniform(2**32 - 1 - word))


@given(WORDS)
def test_the_gumbel_variate_is_numpys(word):
    u = uniform(word)
    assert gumbel(u) == pytest.approx(-np.log(-np.log(u)), rel=1e-12, abs=1e-12)


@given(WORDS, WORDS)
def test_variates_follow_their_uniform(one, other):
    low, high = sorted((uniform(one), uniform(other)))
    assert gumbel(low) <= gumbel(high)
    # AS 241 joins three rational pieces; at the joints single precision is all it promises.
    assert normal_quantile(low) <= normal_quantile(high) + 1e-6


def test_variates_have_their_mean_and_variance():
    """Midpoints of 20,000 equal parts: no luck, so the tolerance is that of the rule of midpoints at the tails."""
    u = (np.arange(20_000) + 0.5) / 20_000
    normal = np.array([normal_quantile(value) for value in u])
    extreme = np.array([gumbel(value) for value in u])
    assert normal.mean() == pytest.approx(0.0, abs=1e-9)
    assert normal.var() == pytest.approx(1.0, abs=1e-3)
    assert extreme.mean() == pytest.approx(np.euler_gamma, abs=1e-4)
    assert extreme.var() == pytest.approx(np.pi**2 / 6, abs=5e-3)


def test_every_stored_code_survives_being_read_and_stored_again():
    assert all(encode_unit(decode_unit(code)) == code for code in range(65_536))


@given(st.floats(-1e6, 1e6))
def test_codes_clip_to_the_unit_interval_and_are_the_nearest(x):
    code = encode_unit(x)
    assert 0 <= code <= 65_535
    assert abs(decode_unit(code) - min(max(x, 0.0), 1.0)) <= 0.5 / 65_535 * (1 + 1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_codes_keep_order(a, b):
    low, high = sorted((a, b))
    assert encode_unit(low) <= encode_unit(high)
