"""The most extreme draws there are: once in four billion, which a run of ten million customers does meet."""

import pytest

from agents.rules.need import tail_position
from agents.rules.numerics import log, uniform
from sim.world import compile_birth, compile_world

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
