"""The NBD-Dirichlet against theorems about it, against sampled customers, and against the published fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.dirichlet import Dirichlet, _inside_notched_box, fit_category, fit_dirichlet
from sim.validation.published import DATA, read_table

MARKETS = st.builds(
    lambda purchases, shape, strength, weights: Dirichlet(
        purchases, shape, strength, tuple(np.array(weights) / sum(weights))
    ),
    st.floats(0.1, 20.0),
    st.floats(0.1, 10.0),
    st.floats(0.05, 20.0),
    st.lists(st.floats(0.05, 1.0), min_size=2, max_size=6),
)


@given(MARKETS)
@settings(max_examples=12, deadline=None)
def test_purchases_are_accounted_for(market):
    shares = np.array(market.shares)
    assert np.allclose(market.penetration() * market.frequency(), market.purchases * shares)
    assert np.all(market.share_of_requirements() <= 1.0 + 1e-12) and np.all(market.sole_buyers() <= 1.0 + 1e-12)
    assert np.all(market.penetration() <= market.category_penetration() + 1e-9)


@given(MARKETS)
@settings(max_examples=12, deadline=None)
def test_small_brands_suffer_twice(market):
    order = np.argsort(market.shares)
    for measure in (market.penetration, market.frequency, market.share_of_requirements, market.sole_buyers):
        assert np.all(np.diff(measure()[order]) >= -1e-9), measure


@given(MARKETS)
@settings(max_examples=12, deadline=None)
def test_duplication_is_symmetric_in_customers_and_two_brands_make_one(market):
    bought = market.penetration()
    both = market.duplication() * bought[:, None]
    assert np.allclose(both, both.T) and np.allclose(np.diag(market.duplication()), 1.0)
    merged = Dirichlet(market.purchases, market.shape, market.strength, (market.shares[0] + market.shares[1],))
    assert merged.penetration()[0] == pytest.approx(bought[0] + bought[1] - both[0, 1], abs=1e-9)


def test_a_category_of_one_brand_is_the_nbd():
    market = Dirichlet(2.0, 0.7, 1.3, (1.0,))
    assert market.penetration()[0] == pytest.approx(market.category_penetration(), abs=1e-10)
    assert market.sole_buyers()[0] == pytest.approx(1.0)
    assert market.share_of_requirements()[0] == pytest.approx(1.0)


def test_customers_alike_thin_the_nbd_and_loyal_ones_share_it_out():
    """As S grows everybody chooses with the market shares; as it falls everybody has one brand."""
    alike = Dirichlet(2.0, 0.7, 1e7, (0.3,))
    assert alike.penetration()[0] == pytest.approx(1.0 - (1.0 + 0.3 * 2.0 / 0.7) ** -0.7, rel=1e-5)
    loyal = Dirichlet(2.0, 0.7, 1e-7, (0.3,))
    assert loyal.penetration()[0] == pytest.approx(0.3 * loyal.category_penetration(), rel=1e-5)
    assert loyal.sole_buyers()[0] == pytest.approx(1.0, rel=1e-5)
    assert loyal.repeat_rate()[0] == pytest.approx(1.0, rel=1e-5)


def test_sampled_customers_buy_as_the_formulas_say():
    """An independent twin in four lines of NumPy; 20 figures at 4.5 standard errors: one false alarm in 7,000 seeds."""
    market = Dirichlet(1.5, 0.8, 1.3, (0.5, 0.3, 0.2))
    generator = np.random.default_rng(7)
    count = 200_000
    numbers = generator.poisson(generator.gamma(market.shape, market.purchases / market.shape, count))
    chances = generator.dirichlet(market.weights, count)
    bought = generator.multinomial(numbers, chances)
    some = bought > 0
    category = bought.sum(axis=1)
    for brand in range(3):
        buyers = some[:, brand]
        pairs = [
            (buyers, market.penetration()[brand]),
            (bought[buyers, brand], market.frequency()[brand]),
            (category[buyers], market.category_frequency()[brand]),
            (some[buyers].sum(axis=1) == 1, market.sole_buyers()[brand]),
            *((some[buyers, other], market.duplication()[brand, other]) for other in range(3) if other != brand),
        ]
        for sample, expected in pairs:
            error = sample.std() / np.sqrt(sample.size)
            assert error < 0.02 * expected, "a sample that could not tell"
            assert abs(sample.mean() - expected) < 4.5 * error


def test_the_published_fit_is_reproduced_to_its_last_digit():
    table = read_table(DATA / "dirichlet_toothpaste_uk1973.csv")
    market = Dirichlet(1.456, 0.7788, 1.3, tuple(table["share"]))
    for column, measure in (
        ("pen_dirichlet", market.penetration),
        ("w_brand", market.frequency),
        ("w_cat", market.category_frequency),
        ("SCR", market.share_of_requirements),
        ("100pct_loyal_share", market.sole_buyers),
    ):
        assert np.abs(measure() - table[column]).max() < 7e-4, column


@given(st.floats(0.05, 0.95), st.floats(1.05, 6.0))
@settings(max_examples=20, deadline=None)
def test_the_fit_of_a_category_gives_its_figures_back(penetration, more):
    frequency = more * -np.log1p(-penetration) / penetration
    purchases, shape = fit_category(penetration, frequency)
    assert purchases == pytest.approx(penetration * frequency)
    assert 1.0 - (1.0 + purchases / shape) ** -shape == pytest.approx(penetration, abs=1e-8)


def test_a_fit_recovers_what_it_was_made_from_and_refuses_what_cannot_be():
    market = Dirichlet(1.456, 0.7788, 1.3, (0.5, 0.3))
    found = fit_dirichlet(
        market.category_penetration(), 1.456 / market.category_penetration(), market.shares, tuple(market.penetration())
    )
    assert found.strength == pytest.approx(1.3, rel=1e-6) and found.shape == pytest.approx(0.7788, rel=1e-6)
    with pytest.raises(ValueError, match="no NBD has penetration 0.5"):
        fit_category(0.5, 1.1)
    with pytest.raises(ValueError, match="no Dirichlet gives a brand of share 0.3 the penetration 0.05"):
        fit_dirichlet(0.56, 2.6, (0.3,), (0.05,))


def test_the_toothpaste_fit_depends_on_whether_outliers_are_left_out():
    """All brands give S = 1.55; the published 1.30 follows from the outlier rule of the R package NBDdirichlet."""
    table = read_table(DATA / "dirichlet_toothpaste_uk1973.csv")
    figures = 0.56, 2.6, tuple(table["share"]), tuple(table["pen_obs"])
    assert fit_dirichlet(*figures).strength == pytest.approx(1.5499, abs=1e-4)
    published = fit_dirichlet(*figures, outliers="notched_boxplot")
    assert published.strength == pytest.approx(1.2953, abs=1e-4)
    # The table was computed from S rounded to two digits.
    assert np.abs(published.penetration() - table["pen_dirichlet"]).max() < 2e-4
    with pytest.raises(ValueError, match="outliers is 'drop'; give one of keep, notched_boxplot"):
        fit_dirichlet(*figures, outliers="drop")


def test_the_notched_box_is_that_of_r():
    """`boxplot.stats(c(1, 2, 3, 4, 9))` in R: hinges 2 and 4, notch 3 + 1.58 * 2 / sqrt(5) = 4.413, outlier 9."""
    assert _inside_notched_box(np.array([1.0, 9.0, 3.0, 4.0, 2.0])).tolist() == [True, False, True, True, True]
    assert _inside_notched_box(np.array([1.0, 4.5, 3.0, 4.0, 2.0])).tolist() == [True, False, True, True, True]
    assert _inside_notched_box(np.array([1.0, 4.4, 3.0, 4.0, 2.0])).all()
