"""Decomposition: the interval over parameter sets holds the value at the true ones as often as it says."""

import numpy as np
import pytest

from sim.analysis.decomposition import Decomposition, decompose
from sim.analysis.student import student_quantile

#: Synthetic comparisons of each kind: the error of a coverage of 90 % is 0.2 points.
SETS = 20_000


def _half_widths(ratio, sets, each, level):
    """Half-widths where the mean square within is 1, read off a table of 200 mean squares between."""
    table = np.geomspace(1e-3, 1e4, 200)
    halves = [
        Decomposition(0.0, sets * each, sets, float(sets), 1.0, 1.0, 1.0, between, float(each)).half_width(level)
        for between in table
    ]
    return np.exp(np.interp(np.log(np.maximum(ratio, 1e-3)), np.log(table), np.log(halves)))


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize(("sets", "each"), [(8, 2), (32, 2)])
def test_the_interval_covers_whatever_part_luck_has(sets, each, level):
    """The default command's eight fits of two runs, and 32: parameter effects from none to ten times the luck.

    It is the interval of :func:`decompose`, in a table. Where fits and luck are alike an interval from the estimated
    variance alone covers 79 to 84 of 100 where 90 are promised.
    """
    generator = np.random.default_rng(20261129)
    for effect in (0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 10.0):
        own = generator.normal(0.0, effect, (SETS, sets))
        values = own[:, :, None] + generator.normal(0.0, 1.0, (SETS, sets, each))
        means = values.mean(axis=2)
        mean = means.mean(axis=1)
        within = ((values - means[:, :, None]) ** 2).sum(axis=(1, 2)) / (sets * (each - 1))
        between = each * means.var(axis=1, ddof=1)
        half = np.sqrt(within) * _half_widths(between / within, sets, each, level)
        covered = float((np.abs(generator.normal(0.0, effect, SETS) - mean) <= half).mean())
        assert covered > level - 0.02, (effect, covered)
        if effect >= 2.0:
            assert covered == pytest.approx(level, abs=0.01), (effect, covered)


def test_the_table_is_what_a_comparison_reads():
    values = np.random.default_rng(3).normal(0.0, 1.0, 16) + np.repeat(np.arange(8.0), 2)
    found = decompose(values, np.repeat(np.arange(8), 2))
    half = np.sqrt(found.within) * _half_widths(np.array([found.between / found.within]), 8, 2, 0.9)
    assert found.half_width(0.9) == pytest.approx(float(half[0]), rel=1e-3)


@pytest.mark.parametrize("sets", [2, 4, 64])
def test_without_luck_it_is_the_t_interval_between_sets(sets):
    found = Decomposition(0.0, 2 * sets, sets, float(sets), 1.0, 1.0, 1.0, 1e10, 2.0)
    expected = student_quantile(sets - 1, 0.975) * np.sqrt(1e10 / 2.0 * (1.0 + 1.0 / sets))
    assert found.half_width(0.95) == pytest.approx(float(expected), rel=1e-4)


def test_a_spread_that_is_estimated_as_zero_still_has_an_interval():
    """Sets nearer to each other than luck lets them be: the parameters may differ all the same."""
    found = decompose(np.array([-1.0, 1.0, -1.1, 1.2, -0.9, 0.9, -1.0, 1.1]), np.repeat(np.arange(4), 2))
    assert found.parameter_sd == 0.0
    assert found.half_width(0.9) > 1.5 * found.half_width(0.9, "luck")


def test_probability_and_interval_are_of_one_distribution():
    found = decompose(np.array([3.0, 5.0, 4.0, 7.0, 6.0, 9.0]), np.repeat(np.arange(3), 2))
    half = found.half_width(0.95)
    assert found.above_zero(np.array([-found.mean, half - found.mean, -half - found.mean])) == pytest.approx(
        [0.5, 0.975, 0.025]
    )
    with pytest.raises(ValueError, match="at least two"):
        decompose(np.array([1.0, 2.0]), (0, 0)).above_zero(np.zeros(1))
