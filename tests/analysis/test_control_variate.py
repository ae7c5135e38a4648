"""Control variates: unbiased, never wider, linear, nothing where there is no luck, and covering what they promise."""

import numpy as np
import pytest

from sim.analysis.control_variate import ControlVariate
from sim.analysis.paired import Uncertainty, estimate, paired_difference, relative_half_width
from sim.analysis.sampling import Sampling
from sim.analysis.shape import ANYTHING, COUNT, RATING, SHARE
from sim.execution.chunk import RUN_METRICS
from sim.execution.trials import Outcome
from sim.experiments.compare import compare
from sim.experiments.controls import controls_of, difference_control
from sim.experiments.design import Point
from sim.experiments.sweep_table import NOT_A_DIFFERENCE, difference_rows
from sim.scenario.scenario import Scenario
from sim.world.company_luck import company_luck, delight_of_replicates

SMALL = {"population": 300, "horizon": 78, "burn_in": 13}


def _sampling(surprise, variance=1.0, members=()):
    return Sampling(members=members, control=ControlVariate(surprise, variance))


def _luck(generator, shape):
    """Draw the sum of 20 experiments, each a success by 2 in 10, less its expectation, with variance 1."""
    found = ((generator.random((*shape, 20)) < 0.2) * generator.exponential(1.0, (*shape, 20))).sum(axis=-1)
    return (found - 4.0) / np.sqrt(20 * (0.4 - 0.04))


@pytest.mark.parametrize("size", [4, 8, 16])
@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_intervals_cover_are_unbiased_and_never_wider(size, share):
    """1,500 intervals: coverage 95 % by plan; 92.5 and 97.5 are 3.4 standard errors of such a count away from 94.5."""
    generator = np.random.default_rng([size, round(10 * share)])
    luck = _luck(generator, (1500, size))
    values = 3.0 + np.sqrt(share) * luck + np.sqrt(1.0 - share) * generator.standard_normal(luck.shape)
    found = [Uncertainty.of(row, _sampling(own)) for row, own in zip(values, luck, strict=True)]
    plain = [Uncertainty.of(row) for row in values]
    assert 0.925 < np.mean([one.mean - one.below <= 3.0 <= one.mean + one.above for one in found]) < 0.975
    assert all(one.width <= other.width for one, other in zip(found, plain, strict=True))
    error = np.std([one.mean for one in plain], ddof=1) / np.sqrt(len(plain))
    assert abs(np.mean([one.mean for one in found]) - np.mean([one.mean for one in plain])) < 3.0 * error
    if share == 0.9:
        ratio = np.mean([one.width for one in found]) / np.mean([one.width for one in plain])
        assert ratio < {4: 0.97, 8: 0.5, 16: 0.40}[size]


@pytest.mark.parametrize("shape", [ANYTHING, SHARE, COUNT, RATING])
def test_no_interval_is_wider_whatever_the_quantity_can_be(shape):
    generator = np.random.default_rng(8)
    for _ in range(300):
        surprise, values = generator.standard_normal(6), generator.uniform(0.0, 1.0, 6) ** 3
        plain, found = estimate(values, shape=shape), estimate(values, _sampling(surprise), shape)
        assert found.ci_high - found.ci_low <= (plain.ci_high - plain.ci_low) * (1.0 + 1e-9)
        assert shape.low <= found.ci_low <= found.ci_high <= shape.high


def test_what_adds_up_before_adds_up_afterwards():
    generator = np.random.default_rng(9)
    control = ControlVariate(generator.standard_normal(7), 1.0)
    one, other = generator.standard_normal((2, 7))
    assert control.adjusted(one + other) == pytest.approx(control.adjusted(one) + control.adjusted(other))
    arm = control.adjusted(one, beside=other)
    assert arm - other == pytest.approx(control.adjusted(one - other))


def test_values_that_do_not_differ_are_left_as_they_are():
    sampling = _sampling(np.array([1.0, -2.0, 0.5, 0.3]))
    found = paired_difference(np.full(4, 2.0), np.full(4, 2.0), sampling)
    assert (found.mean, found.ci_low, found.ci_high, found.p_better) == (0.0, 0.0, 0.0, 0.5)
    assert estimate(np.full(4, 7.5), sampling) == estimate(np.full(4, 7.5))
    few = np.array([1.0, 2.0, 4.0])
    assert estimate(few, _sampling(np.array([1.0, -1.0, 3.0]))) == estimate(few)


def test_replicates_without_a_value_take_no_part():
    generator = np.random.default_rng(10)
    surprise, values = generator.standard_normal((2, 9))
    holed = np.where(np.arange(9) < 2, np.nan, values)
    assert estimate(holed, _sampling(surprise)) == estimate(values[2:], _sampling(surprise[2:]))


def test_over_an_ensemble_only_luck_shrinks():
    generator = np.random.default_rng(11)
    members = tuple(np.repeat(np.arange(20), 2).tolist())
    surprise = generator.standard_normal(40)
    truth = np.repeat(generator.normal(0.0, 5.0, 20), 2)
    values = truth + 3.0 * surprise + 0.3 * generator.standard_normal(40)
    plain, found = Uncertainty.of(values, Sampling(members)), Uncertainty.of(values, _sampling(surprise, 1.0, members))
    assert found.luck < 0.4 * plain.luck
    low, high = found.ends(ANYTHING)
    assert high - low <= plain.width * (1.0 + 1e-9)
    assert found.below > 5.0 * found.luck


def test_the_parts_of_an_interval_over_fits_are_parts_of_it():
    """Few fits: luck taken out may leave them farther apart; the interval is then the plain one, made up of its parts."""
    generator = np.random.default_rng(8)
    members = tuple(np.repeat(np.arange(4), 2).tolist())
    capped = 0
    for _ in range(200):
        surprise = generator.standard_normal(8)
        values = 10.0 + np.repeat(generator.standard_normal(4), 2) + 0.4 * surprise + 0.4 * generator.standard_normal(8)
        plain, found = (
            Uncertainty.of(values, Sampling(members)),
            Uncertainty.of(values, _sampling(surprise, 1.0, members)),
        )
        low, high = found.ends(ANYTHING)
        assert (high - low) / 2.0 == pytest.approx(np.hypot(found.luck, found.parameters))
        assert found.width <= plain.width
        assert found.luck <= plain.luck
        capped += found.width == plain.width and found.luck < plain.luck
    assert 0 < capped < 200


def test_variance_reduction_is_the_product_of_its_parts():
    generator = np.random.default_rng(12)
    surprise, before = generator.standard_normal((2, 8))
    arm = before + surprise + 0.2 * generator.standard_normal(8)
    found = paired_difference(arm, before, _sampling(surprise))
    by, plain = found.variance_reduction_by, paired_difference(arm, before)
    assert by.common_random_numbers == pytest.approx(plain.variance_reduction)
    assert by.control_variates == pytest.approx(((plain.ci_high - plain.ci_low) / (found.ci_high - found.ci_low)) ** 2)
    assert found.variance_reduction == pytest.approx(by.common_random_numbers * by.control_variates)
    assert relative_half_width(arm - before, _sampling(surprise)) == pytest.approx(
        (found.ci_high - found.mean) / abs(found.mean)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"arms.proactive.focal.strategy.innovation": 0.9, "market.innovation.cycle_weeks": 5},
        {"arms.proactive.focal.strategy.start_week": 30, "market.innovation.half_life": 9},
        {"arms.proactive.focal.strategy.effectiveness.innovation": 0.4, "burn_in": 0},
    ],
)
def test_the_luck_beside_a_run_is_that_of_the_run(changes):
    scenario = Scenario.load("treadmill", **{**SMALL, "population": 20, **changes})
    result = compare(scenario, replicates=2, seed=5, effectiveness=False)
    found = delight_of_replicates(scenario, "proactive", 5, range(2))
    traced = [arms["proactive"].trace.delight[:, scenario.focal] for arms in result.histories]
    assert found == pytest.approx(np.array(traced), abs=1e-12)
    assert found.max() > 0.0


@pytest.mark.parametrize(("innovation", "velocity"), [(0.5, 4.0), (0.3, 1.0), (1.0, 9.0)])
def test_expected_delight_is_exact(innovation, velocity):
    """The mean over 20,000 replicates is within 4 standard errors of the expectation in closed form."""
    scenario = Scenario.load(
        "treadmill", **{"arms.proactive.focal.strategy.innovation": innovation, "market.innovation.velocity": velocity}
    )
    luck = company_luck(scenario, "proactive", 3, range(20_000))
    assert abs(luck.surprise.mean()) < 4.0 * luck.surprise.std() / np.sqrt(20_000)
    assert luck.variance == pytest.approx(luck.surprise.var(), rel=0.6)


def test_a_comparison_adds_up_says_what_came_from_what_and_plain_is_as_before():
    told, plain = (
        compare(Scenario.load("treadmill", precision_method=method, **SMALL), replicates=6, effectiveness=False)
        for method in ("control_variates", "plain")
    )
    name, new, old = "proactive - classic", told.summary_json, plain.summary_json
    arms, gap = new["arms"], new["differences"][name]
    for metric in gap:
        ends, before = gap[metric], old["differences"][name][metric]
        if ends["ci_low"] is not None:
            assert ends["ci_high"] - ends["ci_low"] <= (before["ci_high"] - before["ci_low"]) * (1.0 + 1e-9)
    for metric in ("contribution", "market_share", "satisfaction"):
        assert arms["proactive"][metric]["mean"] - arms["classic"][metric]["mean"] == pytest.approx(gap[metric]["mean"])
    assert sum(term["mean"] for term in new["waterfall"][name]["all"].values()) == pytest.approx(
        gap["contribution"]["mean"]
    )
    # A company without experiments has no luck of its own.
    assert arms["classic"] == old["arms"]["classic"]
    values = np.array([each["proactive"].values[0, 0] - each["classic"].values[0, 0] for each in plain.measures])
    assert old["differences"][name]["contribution"]["mean"] == values.mean()
    assert gap["contribution"]["variance_reduction_by"]["control_variates"] >= 1.0
    assert (new["precision_method"], old["precision_method"]) == ("control_variates", "plain")


def test_without_experiments_there_is_nothing_to_take_out():
    scenario = Scenario.load("starwood")
    assert controls_of([(scenario, range(4))], 1) == {}
    assert difference_control(scenario, "proactive", 1, range(4)) is None
    treadmill = Scenario.load("treadmill")
    assert set(controls_of([(treadmill, range(4))], 1)) == {"proactive"}
    assert controls_of([(Scenario.load("treadmill", precision_method="plain"), range(4))], 1) == {}


def test_where_both_companies_experiment_all_arms_have_one_control():
    scenario = Scenario.load("treadmill", **{"arms.classic.focal.strategy.innovation": 0.3})
    found = controls_of([(scenario, range(4))], 1)
    assert found["classic"] is found["proactive"]


def test_a_sweep_says_of_a_point_what_a_comparison_says():
    generator = np.random.default_rng(13)
    metrics = generator.standard_normal((2, 6, 2, len(RUN_METRICS)))
    metrics[1, :3, 1, 4] = np.nan
    metrics[:, :, :, 7] = 5.0
    control = ControlVariate(generator.standard_normal(6), 1.0)
    sampling = Sampling(controls={"own": control}, baseline="base")
    outcome = Outcome("0" * 32, ("base", "own"), ("all", "one"), metrics)
    rows = difference_rows(0, Point("", {}), outcome, "base", 0, sampling)
    for who in range(2):
        figures = dict(zip(rows["names"], rows["figures"][who].tolist(), strict=True))
        for place, name in enumerate(RUN_METRICS):
            if name in NOT_A_DIFFERENCE:
                continue
            found = paired_difference(metrics[1, :, who, place], metrics[0, :, who, place], sampling.of("own"))
            assert figures[name] == pytest.approx(found.mean)
            if place == 0:
                ends = (figures[f"{name}_ci_low"], figures[f"{name}_ci_high"], figures[f"{name}_p_better"])
                assert ends == pytest.approx((found.ci_low, found.ci_high, found.p_better))


def test_luck_that_cannot_differ_is_left_alone():
    values = np.array([3.0, -1.0, 2.0, 5.0, 4.0])
    assert np.array_equal(ControlVariate(np.zeros(5), 0.0).adjusted(values), values)


def test_without_effect_beside_competitors_who_have_one_every_difference_has_its_interval():
    keys = {"population": 60, "horizon": 60, "burn_in": 5, "arms.proactive.focal.strategy.effectiveness": 0}
    scenario = Scenario.load("treadmill", **keys, **{"arms.proactive.competitors.strategy.automation": 0.5})
    found = compare(scenario, replicates=6, seed=1, threads=1, effectiveness=False).summary()
    figures = found[(found.kind == "difference") & (found.metric == "contribution")]
    assert len(figures) == 1 + len(scenario.personas)
    assert np.isfinite(figures[["mean", "ci_low", "ci_high"]].to_numpy(float)).all()
