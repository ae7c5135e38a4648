"""Indices of known functions: what is computed is what the theory says."""

import numpy as np
import pytest

from sim.analysis.global_sensitivity import analyse, design, effects, points_of
from sim.scenario.errors import ConfigError

pytest.importorskip("SALib")

A, B = 7.0, 0.1
NAMES = ["x1", "x2", "x3"]


def ishigami(shares):
    """Ishigami & Homma 1990 on [-pi, pi]**3."""
    x = np.pi * (2.0 * shares - 1.0)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def analytic():
    """First, total and second-order (x1, x3) indices of Ishigami's function."""
    one = 0.5 * (1 + B * np.pi**4 / 5) ** 2
    two = A**2 / 8
    pair = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = one + two + pair
    return np.array([one, two, 0.0]) / whole, np.array([one + pair, two, pair]) / whole, pair / whole


def test_sobol_recovers_ishigami():
    # 2,048 rows: standard errors of the indices are below 0.025, so 0.06 is missed about once in fifty.
    found = analyse("sobol", NAMES, ishigami, size=2048, seed=1)
    first, total, pair = analytic()
    for place in range(3):
        assert found.indices["first"][place].value == pytest.approx(first[place], abs=0.06)
        assert found.indices["total"][place].value == pytest.approx(total[place], abs=0.06)
        assert found.indices["first"][place].low <= first[place] <= found.indices["first"][place].high
        assert found.indices["total"][place].low <= total[place] <= found.indices["total"][place].high
    assert found.pairs[0, 2].value == pytest.approx(pair, abs=0.06)
    assert found.pairs[0, 1].value == pytest.approx(0.0, abs=0.06)
    assert found.pairs[1, 2].value == pytest.approx(0.0, abs=0.06)
    assert found.ranking() == [0, 1, 2]


def test_a_wrong_function_is_noticed():
    found = analyse("sobol", NAMES, lambda x: ishigami(x[:, [1, 0, 2]]), size=1024, seed=1)
    first, _, _ = analytic()
    assert abs(found.indices["first"][0].value - first[0]) > 0.06


def test_intervals_of_the_design_cover_the_truth():
    # 40 designs, three total indices each: with 95 % intervals 120 covers would miss six on average; more than fifteen
    # misses happen less than once in a thousand.
    _, total, _ = analytic()
    misses = 0
    for seed in range(40):
        found = analyse("sobol", NAMES, ishigami, size=256, seed=seed)
        misses += sum(
            not index.low <= truth <= index.high for index, truth in zip(found.indices["total"], total, strict=True)
        )
    assert misses <= 15


def test_sobol_agrees_with_salib():
    from SALib.analyze import sobol

    found = analyse("sobol", NAMES, ishigami, size=256, seed=3)
    problem = {"num_vars": 3, "names": NAMES, "bounds": [[0, 1]] * 3}
    theirs = sobol.analyze(problem, found.values[:, 0], seed=1)
    np.testing.assert_allclose([index.value for index in found.indices["total"]], theirs["ST"], rtol=1e-9)
    np.testing.assert_allclose([index.value for index in found.indices["first"]], theirs["S1"], rtol=1e-9)
    np.testing.assert_allclose(found.pairs[0, 2].value, theirs["S2"][0, 2], rtol=1e-8)


def test_morris_agrees_with_salib():
    from SALib.analyze import morris

    found = analyse("morris", NAMES, ishigami, size=30, seed=3)
    problem = {"num_vars": 3, "names": NAMES, "bounds": [[0, 1]] * 3}
    theirs = morris.analyze(problem, found.shares, found.values[:, 0], seed=1)
    for kind in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose([index.value for index in found.indices[kind]], theirs[kind], rtol=1e-9)


def test_effects_of_a_line_are_its_slopes():
    slopes = np.array([3.0, -2.0, 0.0])
    shares = design("morris", 3, 7, 5)
    found = effects(shares, (shares @ slopes)[:, None])
    np.testing.assert_allclose(found, np.broadcast_to(slopes[:, None, None], (3, 7, 1)), atol=1e-12)
    assert len(shares) == points_of("morris", 3, 7)


def noisy(shares, replicates=8, *, common=5.0, own=1.0):
    """A line in the first input; luck that all points share, and luck of each point's own."""
    generator = np.random.default_rng(7)
    shift = generator.normal(size=replicates) * common
    return 4.0 * shares[:, :1] + shift + generator.normal(size=(len(shares), replicates)) * own


def test_luck_that_all_points_share_moves_no_index():
    found = analyse("morris", NAMES, lambda x: noisy(x, own=0.0), size=10, seed=1)
    first = found.indices["mu_star"][0]
    assert first.value == pytest.approx(4.0) and first.luck == pytest.approx(0.0, abs=1e-9)
    assert found.noise_share == pytest.approx(0.0, abs=1e-9)


def test_an_input_without_influence_is_told_from_luck():
    found = analyse("morris", NAMES, noisy, size=20, seed=1)
    assert found.matters(0) and not found.matters(1) and not found.matters(2)
    assert found.indices["mu_star"][1].value == pytest.approx(found.floor[1], rel=0.5)
    assert found.indices["mu"][0].luck > 0.0
    assert 0.0 < found.noise_share < 1.0


def test_more_replicates_leave_less_luck():
    few = analyse("morris", NAMES, lambda x: noisy(x, 4), size=20, seed=1)
    many = analyse("morris", NAMES, lambda x: noisy(x, 64), size=20, seed=1)
    assert many.floor[1] < 0.5 * few.floor[1]
    assert many.noise_share < 0.5 * few.noise_share


def test_a_function_that_gives_always_the_same_has_no_influence():
    for method, size in (("morris", 5), ("sobol", 8)):
        found = analyse(method, NAMES, lambda x: np.full(len(x), 2.5), size=size, seed=1)
        assert all(index.value == 0.0 for kind in found.indices.values() for index in kind)
        assert not any(found.matters(place) for place in range(3))


def test_the_same_seed_gives_the_same_bytes():
    one, other = (analyse("sobol", NAMES, ishigami, size=64, seed=9) for _ in range(2))
    assert one.indices == other.indices and one.pairs == other.pairs


def test_a_sobol_design_wants_a_power_of_two():
    with pytest.raises(ConfigError, match="size is 100; .* give 64 or 128"):
        design("sobol", 3, 100, 1)


def test_the_two_doubts_are_those_of_an_analysis_of_variance():
    # Effects of one input: mean, a trajectory's own, a replicate's own, and a rest, with known variances.
    trajectories, replicates, inputs = 40, 8, 2
    generator = np.random.default_rng(11)
    found = {"design": [], "luck": []}
    for repeat in range(60):
        by_point = np.repeat(generator.normal(size=trajectories) * 2.0, inputs + 1)[:, None]
        by_luck = generator.normal(size=replicates) * 0.5

        def function(x, by_point=by_point, by_luck=by_luck):
            rest = generator.normal(size=(len(x), replicates)) * 0.3
            return x[:, :1] * (5.0 + by_point + by_luck) + rest

        index = analyse("morris", ["a", "b"], function, size=trajectories, seed=repeat).indices["mu"][0]
        found["design"].append(index.design**2)
        found["luck"].append(index.luck**2)
    # A step is two thirds of the range, so the rest of an effect has variance 2 * 0.3**2 / (2 / 3)**2.
    rest = 2 * 0.3**2 * 2.25 / (trajectories * replicates)
    assert np.mean(found["design"]) == pytest.approx(2.0**2 / trajectories, rel=0.15)
    assert np.mean(found["luck"]) == pytest.approx(0.5**2 / replicates + rest, rel=0.2)
