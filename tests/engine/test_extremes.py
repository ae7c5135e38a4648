"""The most extreme draws there are: once in four billion, which a run of ten million customers does meet."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammainc, gammaincc, gammaln

from agents.rules.need import tail_position
from agents.rules.numerics import log, uniform
from agents.rules.utility import taste_tail
from sim.world.birth import compile_birth
from sim.world.compile import compile_world

EXTREMES = (0, 1, 2**31, 2**32 - 2, 2**32 - 1)


@pytest.mark.parametrize("word", EXTREMES)
def test_every_draw_has_a_node_below_and_one_above_in_every_quantile_table(treadmill, word):
    """Gaps and rates are read between two neighbouring nodes; the one above the last would lie outside the table."""
    born = compile_birth(treadmill)
    gaps = compile_world(treadmill, treadmill.arms["classic"], 1, 0).gap_quantiles
    below = int(tail_position(log(1.0 - uniform(word))))
    assert below >= 0 and below + 1 < min(len(gaps), len(born.rate_quantiles))
    trait = int(uniform(word) * (born.trait_quantiles.shape[2] - 1))
    assert trait >= 0 and trait + 1 < born.trait_quantiles.shape[2]


def tastes(treadmill, shape, u):
    """Tastes as a customer draws them, read from the table of the first brand."""
    name, brand = next(iter(treadmill.market.brands.items()))
    brands = treadmill.market.brands | {name: replace(brand, taste_shape=shape)}
    choice = replace(treadmill.market.choice, taste="log_gamma")
    scenario = replace(treadmill, market=replace(treadmill.market, brands=brands, choice=choice))
    table = compile_world(scenario, scenario.arms["classic"], 1, 0).taste_quantiles[0]
    found = []
    for one in u:
        at = tail_position(taste_tail(one))
        below, share = int(at), at - int(at)
        half = table[int(one >= 0.5)]
        assert below >= 64 and below + 1 < len(half)
        found.append(half[below] * (1.0 - share) + half[below + 1] * share)
    return np.array(found)


@pytest.mark.parametrize("shape", [0.001, 0.02, 0.3, 1.0, 4.0, 1000.0])
def test_log_gamma_tastes_follow_both_tails(treadmill, shape):
    """Theorem: the distribution function of the drawn taste is the draw, in the middle and in either tail."""
    u = np.array([uniform(word) for word in (*EXTREMES, 12345, 10**7, 2**29, 2**31 - 1, 3 * 2**30, 2**32 - 10**5)])
    drawn = tastes(treadmill, shape, u)
    assert np.isfinite(drawn).all()
    order = np.argsort(u)
    assert (np.diff(drawn[order]) > 0).all()
    far = drawn < -25.0  # the Gamma itself would be too small for a float: its law near zero is a power
    with np.errstate(under="ignore"):
        lower, upper = gammainc(shape, np.exp(drawn)), gammaincc(shape, np.exp(drawn))
    near = ~far
    assert np.allclose(lower[near & (u < 0.5)], u[near & (u < 0.5)], rtol=2e-4)
    assert np.allclose(upper[near & (u >= 0.5)], 1.0 - u[near & (u >= 0.5)], rtol=2e-4)
    log_of_u = np.where(u < 0.5, np.log(u), np.log1p(-(1.0 - u)))
    assert np.allclose(shape * drawn[far] - gammaln(shape + 1.0), log_of_u[far], atol=1e-4)


def test_tables_of_tastes_cost_nothing_where_tastes_are_normal(treadmill):
    assert compile_world(treadmill, treadmill.arms["classic"], 1, 0).taste_quantiles.size == 0
