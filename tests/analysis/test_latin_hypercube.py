"""Latin hypercube: one point in each slice of every axis, and the one that SciPy draws."""

import numpy as np
import pytest
from scipy.stats import qmc

from sim.analysis.latin_hypercube import latin_hypercube


@pytest.mark.parametrize(("axes", "points"), [(1, 1), (3, 12), (6, 64)])
def test_it_is_the_hypercube_that_scipy_draws(axes, points):
    found = latin_hypercube(axes, points, np.random.default_rng(5))
    assert found.tobytes() == qmc.LatinHypercube(axes, rng=np.random.default_rng(5)).random(points).tobytes()
    slices = np.sort(np.floor(found * points), axis=0)
    assert (slices == np.arange(points)[:, None]).all()
