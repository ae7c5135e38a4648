"""Paired differences: identities of variance, and what may be said of one replicate or of none."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from sim.analysis.paired import estimate, paired_difference, paired_differences, relative_half_width
from sim.analysis.sampling import INDEPENDENT
from sim.analysis.shape import ANYTHING

values = arrays(np.float64, st.integers(2, 12), elements=st.floats(-1e6, 1e6, width=32))


@given(
    st.integers(2, 12).flatmap(
        lambda n: st.tuples(*[arrays(np.float64, n, elements=st.integers(-1000, 1000).map(float))] * 2)
    )
)
def test_variance_of_a_difference_is_what_correlation_makes_of_it(pair):
    """Var(a - b) = Var(a) + Var(b) - 2 r sd(a) sd(b), so the reduction follows from correlation alone."""
    arm, baseline = pair
    out = paired_difference(arm, baseline)
    if out.correlation is None or out.variance_reduction is None:
        return
    var_a, var_b = arm.var(ddof=1), baseline.var(ddof=1)
    expected = var_a + var_b - 2 * out.correlation * np.sqrt(var_a * var_b)
    assert (var_a + var_b) / out.variance_reduction == pytest.approx(expected, rel=1e-6, abs=1e-6 * (var_a + var_b))


@given(values)
def test_interval_is_the_textbook_t_interval(sample):
    if np.ptp(sample) < 1e-3:
        return
    low, high = stats.t.interval(0.95, sample.size - 1, sample.mean(), stats.sem(sample))
    out = estimate(sample)
    assert (out.ci_low, out.ci_high) == pytest.approx((low, high), rel=1e-9, abs=1e-6)


@given(values)
def test_an_arm_that_differs_in_nothing_differs_by_exactly_zero(sample):
    out = paired_difference(sample, sample.copy())
    assert (out.mean, out.ci_low, out.ci_high, out.p_better, out.variance_reduction) == (0.0, 0.0, 0.0, 0.5, None)


@given(values)
def test_probabilities_of_a_difference_and_its_mirror_image_sum_to_one(sample):
    zero = np.zeros_like(sample)
    there, back = paired_difference(sample, zero).p_better, paired_difference(zero, sample).p_better
    assert there + back == pytest.approx(1.0)


def test_p_better_is_the_one_sided_t_test():
    arm, baseline = np.array([3.0, 5.0, 4.0, 7.0]), np.array([2.0, 5.5, 3.0, 5.0])
    expected = 1 - stats.ttest_rel(arm, baseline, alternative="greater").pvalue
    assert paired_difference(arm, baseline).p_better == pytest.approx(expected)


def test_one_replicate_gives_a_mean_and_nothing_more():
    out = paired_difference(np.array([3.0]), np.array([1.0]))
    assert (out.mean, out.ci_low, out.ci_high, out.p_better, out.correlation, out.variance_reduction) == (
        2.0,
        *[None] * 5,
    )


def test_a_constant_gain_is_certain():
    out = paired_difference(np.array([3.0, 4.0, 6.0]), np.array([2.0, 3.0, 5.0]))
    assert (out.mean, out.ci_low, out.ci_high, out.p_better, out.variance_reduction) == (1.0, 1.0, 1.0, 1.0, None)


def test_undefined_replicates_are_left_out_in_pairs():
    arm, baseline = np.array([1.0, np.nan, 3.0, 9.0]), np.array([0.0, 5.0, np.nan, 9.0])
    assert paired_difference(arm, baseline).mean == 0.5
    assert paired_difference(arm[1:3], baseline[1:3]).mean is None
    assert estimate(np.array([np.nan])).mean is None


def test_relative_half_width():
    assert relative_half_width(np.array([5.0])) == np.inf
    assert relative_half_width(np.zeros(4)) == 0.0
    assert relative_half_width(np.array([-1.0, 1.0])) == np.inf
    sample = np.array([8.0, 10.0, 12.0])
    out = estimate(sample)
    assert relative_half_width(sample) == pytest.approx((out.ci_high - out.mean) / out.mean)


def test_the_interval_covers_the_true_mean_in_95_of_100_cases():
    """Error rate: 4,000 intervals, 4 standard errors (1 in 16,000)."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(4000):
        out = estimate(rng.normal(3.0, 2.0, 6))
        hits += out.ci_low <= 3.0 <= out.ci_high
    assert abs(hits / 4000 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 4000)


@pytest.mark.parametrize("count", [2, 3, 8, 17, 300])
def test_the_quick_forms_of_mean_variance_and_correlation_are_numpys_to_the_bit(count):
    draw = np.random.default_rng(count)
    for scale in (1e-3, 1.0, 1e7):
        one = draw.normal(size=count) * scale
        other = 0.3 * one + draw.normal(size=count)
        found = paired_difference(one, other)
        assert found.mean == (one - other).mean()
        assert found.correlation == float(np.clip(np.corrcoef(one, other)[0, 1], -1.0, 1.0))
        variances = [values.var(ddof=1) for values in (one, other, one - other)]
        assert found.variance_reduction == (variances[0] + variances[1]) / variances[2]
        assert found.plain() == asdict(found) and estimate(one).plain() == asdict(estimate(one))


def test_many_differences_at_once_are_each_alone_to_the_bit():
    random = np.random.default_rng(5)
    before = random.normal(50.0, 9.0, (6, 7))
    after = before + random.normal(2.0, 3.0, (6, 7))
    after[2, 1] = before[4, 2] = np.nan  # undefined in one replicate of one arm
    after[:, 3] = np.nan
    before[:, 4] = 50.0
    after[1:, 5] = np.nan  # one replicate alone
    shapes, shifts = [ANYTHING] * 7, [None] * 7
    alone = [paired_difference(after[:, each], before[:, each]) for each in range(7)]
    assert paired_differences(after, before, INDEPENDENT, shapes, shifts) == alone
    assert alone[0].correlation is not None and alone[1].correlation is not None
    assert alone[3].mean is None and alone[4].correlation is None and alone[5].ci_low is None
