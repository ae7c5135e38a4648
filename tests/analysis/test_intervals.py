"""Intervals stay inside what can be, cover what they promise, and count doubt beside luck."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.bands import band_of
from sim.analysis.control_variate import ControlVariate
from sim.analysis.paired import (
    Uncertainty,
    estimate,
    estimates,
    paired_difference,
    paired_differences,
    plain_ends,
)
from sim.analysis.response import Response
from sim.analysis.sampling import Sampling
from sim.analysis.shape import ANYTHING, COUNT, LOW_POINT, RATING, SHARE, Shape


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=9))
def test_a_share_stays_a_share(values):
    found = estimate(np.array(values), shape=SHARE)
    assert 0.0 <= found.ci_low <= found.mean + 1e-12
    assert found.mean - 1e-12 <= found.ci_high <= 1.0


@given(st.lists(st.floats(0.0, 1e6), min_size=2, max_size=9))
def test_a_count_is_never_below_zero(values):
    assert estimate(np.array(values), shape=COUNT).ci_low >= 0.0


def test_a_week_of_payback_lies_in_the_horizon():
    found = estimate(np.array([3.0, 90.0, 12.0]), shape=Shape(0.0, 104.0))
    assert 0.0 < found.ci_low < 35.0 < found.ci_high < 104.0


def test_far_from_its_bounds_the_interval_is_the_plain_one():
    values = np.array([0.44, 0.45, 0.46, 0.45])
    plain, bounded = estimate(values), estimate(values, shape=SHARE)
    assert (bounded.ci_low, bounded.ci_high) == pytest.approx((plain.ci_low, plain.ci_high), abs=1e-4)


def test_skewed_means_are_covered_from_both_sides():
    """Exponential values: 2,000 intervals of 8 each, where the t interval covers 90 to 91 of 100."""
    values = np.random.default_rng(5).exponential(1.0, (2000, 8))
    covered = {}
    for shape in (None, RATING):
        found = [estimate(row, *([] if shape is None else [Sampling(), shape])) for row in values]
        covered[shape] = np.mean([one.ci_low <= 1.0 <= one.ci_high for one in found])
    assert covered[RATING] > covered[None] + 0.015
    assert covered[RATING] > 0.92


def test_probability_and_interval_of_a_skewed_difference_agree():
    generator = np.random.default_rng(6)
    for _ in range(200):
        values = generator.exponential(1.0, 8) - generator.uniform(0.3, 1.2)
        found = paired_difference(values, np.zeros(8), shape=RATING)
        assert (found.ci_low > 0.0) == (found.p_better > 0.975)


def test_bands_are_made_as_tables_are():
    values = np.array([[0.01, 0.4], [0.0, 0.5], [0.08, 0.3]])
    band = band_of(values, shape=SHARE)
    for column in range(2):
        one = estimate(values[:, column], shape=SHARE)
        assert (band.mean[column], band.low[column], band.high[column]) == (one.mean, one.ci_low, one.ci_high)


def test_the_response_finds_a_quadratic_surface_again():
    response = Response.of({"automation": (0.5, 1.5), "context": (0.2, 1.0)})

    def surface(multiples):
        one, other = (multiples - 1.0).T
        return 3.0 * one + 2.0 * other + one * other - other**2

    shifts = response.shifts(surface(response.design))
    assert shifts == pytest.approx(surface(response.read))
    assert not response.shifts(np.zeros(len(response.design))).any()
    assert np.isnan(response.shifts(np.full(len(response.design), np.nan))).all()


@pytest.mark.parametrize("ranges", [(0.5, 1.5), (0.0, 2.0), (0.0, 1.2), (0.2, 1.0), (0.4, 0.8), (1.0, 1.6)])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_design_tells_the_surface_with_less_variance_than_half_as_many_points_more(count, ranges):
    """The variance of a prediction, in units of that of a run, on average over the ranges (I-optimality)."""
    response = Response.of({str(number): ranges for number in range(count)})
    away = response.read - 1.0
    pairs = [(one, other) for one in range(count) for other in range(one, count)]
    terms = np.column_stack([away, *(away[:, one] * away[:, other] for one, other in pairs)])

    def variance(rows):
        return np.trace(np.linalg.solve(terms[rows].T @ terms[rows], terms.T @ terms / len(terms)))

    rows = [int(np.flatnonzero((response.read == point).all(axis=1))[0]) for point in response.design]
    assert terms.shape[1] < len(set(rows)) <= terms.shape[1] + 3
    assert variance(rows) < 0.95 * variance(range(6 * count))


def test_doubt_widens_the_interval_and_luck_stays():
    values = np.array([9.0, 10.0, 11.0])
    shifts = np.linspace(-5.0, 5.0, 401)
    plain, both = estimate(values), estimate(values, shifts=shifts)
    spread = Uncertainty.of(values)
    assert both.mean == plain.mean
    assert both.ci_high - both.mean == pytest.approx(np.hypot(spread.luck, spread.doubt(shifts)))
    assert spread.doubt(None) == 0.0
    found = paired_difference(values, np.zeros(3), shifts=np.linspace(-25.0, 5.0, 401))
    assert found.p_better < paired_difference(values, np.zeros(3)).p_better


@pytest.mark.parametrize("shape", [ANYTHING, SHARE, COUNT, RATING, LOW_POINT])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 33])
def test_many_at_once_are_to_the_bit_what_each_is_alone(count, shape):
    values = np.random.default_rng(count).uniform(size=(count, 20))
    values[:, 3], values[:, 4], values[:, 5], values[:, 6], values[0, 7] = 0.3, 0.0, 1.0, np.nan, np.nan
    alone = [estimate(column, shape=shape) for column in values.T]
    wanted = np.array([[one.mean, one.ci_low, one.ci_high] for one in alone], dtype=np.float64).T
    assert np.array_equal(np.array(plain_ends(values, shape)), wanted, equal_nan=True)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9])
@pytest.mark.parametrize("members", [False, True])
@pytest.mark.parametrize("controlled", [False, True])
def test_estimates_of_many_are_to_the_bit_those_of_each(count, members, controlled):
    luck = np.random.default_rng(count)
    values, before = luck.uniform(size=(2, count, 20))
    values[:, 3], before[:, 3], values[:, 4], before[:, 5] = 0.3, 0.3, 0.0, 1.0
    values[:, 6], values[0, 7], before[-1, 8] = np.nan, np.nan, np.nan
    sampling = Sampling(
        tuple(place // 2 for place in range(count)) if members and count > 2 else (),
        ControlVariate(luck.normal(size=count), 1.0) if controlled else None,
    )
    shapes = [(ANYTHING, SHARE, COUNT, RATING, LOW_POINT)[column % 5] for column in range(20)]
    shifts = [luck.normal(size=9) if column % 3 else None for column in range(20)]
    found = estimates(values, sampling, shapes, shifts, before)
    each = zip(values.T, shapes, shifts, before.T, strict=True)
    assert found == [estimate(own, sampling, shape, shift, beside) for own, shape, shift, beside in each]
    both = paired_differences(values, before, sampling, shapes, shifts)
    each = zip(values.T, before.T, shapes, shifts, strict=True)
    alone = [paired_difference(own, base, sampling, shape, shift) for own, base, shape, shift in each]
    assert [repr(one) for one in both] == [repr(one) for one in alone]
    spread = Uncertainty.of(values[:, 0] - before[:, 0], sampling, shapes[0])
    assert (both[0].mean, both[0].p_better) == (spread.mean, spread.above_zero(shifts[0], shapes[0]))
