"""The company's luck is taken out of every question's intervals: never wider, unbiased, adding up, and as before if plain."""

import numpy as np
import pytest

from sim.analysis.attribution import _block, _divide
from sim.analysis.control_variate import ControlVariate, pooled
from sim.analysis.global_sensitivity import analyse, narrowest
from sim.analysis.sampling import Sampling
from sim.execution.executors import make_executor
from sim.experiments.attribute import attribute
from sim.experiments.factor_response import FactorResponse, evaluate_points, point_controls
from sim.experiments.factors import choose_factors, isolate_arm
from sim.experiments.optimize import confirm
from sim.experiments.plan import PlanQuestion, read_goal
from sim.experiments.touchpoints import touchpoints
from sim.scenario.scenario import Scenario
from sim.world.company_luck import company_luck

SMALL = {"population": 150, "horizon": 52, "burn_in": 9}
REPLICATES = 6


def both(question, **options):
    """Ask with control variates and without."""
    return [
        question(Scenario.load("treadmill", precision_method=method, **SMALL), replicates=REPLICATES, seed=3, **options)
        for method in ("control_variates", "plain")
    ]


def estimates(node, path=()):
    """Yield every estimate in a summary with its place."""
    if isinstance(node, dict):
        if "ci_low" in node:
            yield path, node
        for key, item in node.items():
            yield from estimates(item, (*path, key))


def check_never_wider(new, old):
    narrower = 0
    before = dict(estimates(old))
    for path, found in estimates(new):
        if found["ci_low"] is not None:
            width, plain = (item["ci_high"] - item["ci_low"] for item in (found, before[path]))
            assert width <= plain * (1.0 + 1e-9) + 1e-12, path
            narrower += width < 0.9 * plain
    assert narrower > 0


def test_an_attribution_is_never_wider_adds_up_to_the_cent_and_is_as_before_if_plain():
    told, plain = both(attribute)
    check_never_wider(told.summary_json["metrics"], plain.summary_json["metrics"])
    for metric, block in told.summary_json["metrics"].items():
        for who, found in block.items():
            parts = found["parts"].values()
            if found["whole"]["mean"] is None:
                continue
            assert sum(part["mean"] for part in parts) == pytest.approx(found["whole"]["mean"], abs=1e-6), (metric, who)
            if metric == "contribution":
                assert sum(part["cents"] for part in parts) == found["whole"]["cents"]
    # What was found in each replicate is what it was; the plain estimate is its mean.
    assert told.shares.equals(plain.shares)
    wins = plain.arm_metrics.of(plain.design.combinations[-1], "contribution")[:, 0]
    gap = wins - plain.arm_metrics.of("baseline", "contribution")[:, 0]
    assert plain.summary_json["metrics"]["contribution"]["all"]["whole"]["mean"] == pytest.approx(gap.mean())
    assert told.summary_json["precision_method"] == "control_variates"


def test_an_attribution_is_unbiased():
    """Of 300 attributions the mean of the controlled whole is within 3 standard errors of the true one."""
    generator, found = np.random.default_rng(31), []
    for _ in range(300):
        luck, noise = generator.standard_normal((2, 8))
        wins = np.stack([noise, 5.0 + noise + 2.0 * luck], axis=1)
        items = [_divide("purchases", own, own[:1]) for own in wins]
        block = _block(
            "purchases",
            items,
            ["innovation"],
            ["innovation"],
            Sampling(control=ControlVariate(luck, 1.0)),
            lambda _: None,
        )
        assert block["parts"]["innovation"]["mean"] == pytest.approx(block["whole"]["mean"])
        found.append(block["whole"]["mean"])
    assert abs(np.mean(found) - 5.0) < 3.0 * np.std(found, ddof=1) / np.sqrt(300)
    assert np.std(found) < 0.5 * 2.0 / np.sqrt(8)


def test_moments_are_never_wider_and_as_before_if_plain():
    told, plain = both(touchpoints)
    new, old = ({(item["kind"], item["name"]): item for item in done.summary_json["moments"]} for done in (told, plain))
    check_never_wider(
        {"level": told.summary_json["level"], **{str(key): item for key, item in new.items()}},
        {"level": plain.summary_json["level"], **{str(key): item for key, item in old.items()}},
    )
    assert told.effects.equals(plain.effects)


def test_points_with_replicates_of_their_own_share_slopes_and_stay_unbiased():
    """Of 300 designs the mean error of the points' means is within 3 standard errors of 0, and a third as large."""
    generator, errors, plain = np.random.default_rng(32), [], []
    for _ in range(300):
        truth, slope = generator.normal(0.0, 5.0, 12), generator.uniform(1.0, 3.0, 12)
        luck, noise = generator.standard_normal((2, 12, 2))
        luck[:4] = 0.0  # points whose company does not experiment
        values = truth[:, None] + slope[:, None] * luck + 0.3 * noise
        found = pooled(values, luck, np.where(np.arange(12) < 4, 0.0, 1.0))
        assert found[:4] == pytest.approx(values[:4], abs=1e-12)
        errors.append((found.mean(axis=1) - truth).mean())
        plain.append((values.mean(axis=1) - truth).mean())
    assert abs(np.mean(errors)) < 3.0 * np.std(errors, ddof=1) / np.sqrt(300)
    assert np.std(errors) < 0.5 * np.std(plain)


def test_luck_that_says_nothing_is_left_in_where_replicates_would_agree_less():
    generator = np.random.default_rng(33)
    for _ in range(50):
        values, luck = generator.standard_normal((2, 10, 3))
        found = pooled(values, luck, np.ones(10))
        assert found.var(axis=1).sum() <= values.var(axis=1).sum()
    assert pooled(values, np.zeros((10, 3)), np.zeros(10)).tolist() == values.tolist()


def test_indices_are_never_less_sure_and_unbiased():
    """Of 60 Morris designs the mean effect of the one lever that acts is within 3 standard errors of the true one."""
    pytest.importorskip("SALib")
    found = []
    for number in range(60):
        generator = np.random.default_rng([34, number])
        luck = generator.standard_normal(6)

        def surface(shares, luck=luck, generator=generator):
            # The lever decides how much the luck of the company is worth, as a margin does.
            values = (4.0 + 3.0 * luck)[None, :] * shares[:, :1]
            return values + 0.2 * generator.standard_normal(values.shape)

        plain = analyse("morris", ["acts", "idle"], surface, size=6, seed=number)
        control = ControlVariate(luck, 1.0)
        values = np.array([control.adjusted(row) for row in plain.values])
        controlled = analyse("morris", ["acts", "idle"], lambda _, values=values: values, size=6, seed=number)
        both = narrowest(plain, controlled)
        for kind in plain.indices:
            for own, before in zip(both.indices[kind], plain.indices[kind], strict=True):
                assert own.high - own.value <= before.high - before.value
        assert both.values is plain.values
        found.append(both.indices["mu"][0].value)
    assert abs(np.mean(found) - 4.0) < 3.0 * np.std(found, ddof=1) / np.sqrt(60)
    assert np.std(found) < 0.6 * 3.0 / np.sqrt(6)


def question(method="control_variates", **values):
    scenario = Scenario.load("treadmill", precision_method=method, **SMALL, **values)
    small = isolate_arm(scenario, "proactive", ["innovation", "contact_rate"])
    return small, choose_factors(["innovation", "contact_rate"], small, "proactive", names=())


def test_the_luck_of_a_point_is_that_of_the_scenario_at_the_point():
    small, factors = question()
    response = FactorResponse(small, "proactive", "contribution", factors, 7)
    none, half = point_controls(response, np.array([[0.0, 0.5], [0.5, 0.5]]), [(3, 4, 5)] * 2)
    level = float(factors[0].at(0.5))
    there = Scenario.load("treadmill", **SMALL, **{"arms.proactive.focal.strategy.innovation": level})
    assert none is None
    assert half.surprise.tolist() == company_luck(there, "proactive", 7, (3, 4, 5)).surprise.tolist()
    plain = FactorResponse(*[question("plain")[0], "proactive", "contribution", factors, 7])
    assert point_controls(plain, np.array([[0.5, 0.5]]), [(3, 4, 5)]) == [None]
    with make_executor("serial") as executor:
        ran = [evaluate_points(each, np.array([[0.5, 0.5]]), [(3, 4)], executor=executor) for each in (response, plain)]
    assert ran[0][0].tolist() == ran[1][0].tolist()


def test_a_plan_on_fresh_luck_is_never_less_sure_and_as_before_if_plain():
    told = []
    for method in ("control_variates", "plain"):
        small, factors = question(method)
        asked = PlanQuestion(small, "proactive", factors, read_goal("npv"), None, (), "mean", ({},), seed=1)
        with make_executor("serial") as executor:
            plans = np.array([[1.0, 0.2], [0.0, 0.2]])
            told.append(confirm(asked, plans, ["one", "other"], range(100_000, 100_008), {"executor": executor}))
    for new, old in zip(*told, strict=True):
        assert new.worth.tolist() == old.worth.tolist()
        assert old.control is None and old.score == old.value.mean == pytest.approx(old.worth.mean())
        assert new.score == new.value.mean
        width, before = (item.value.ci_high - item.value.ci_low for item in (new, old))
        assert width <= before * (1.0 + 1e-9)
    assert told[0][0].control is not None and told[0][1].control is None
    gain, before = (one.gain(other) for one, other in told)
    assert gain.ci_high - gain.ci_low <= (before.ci_high - before.ci_low) * (1.0 + 1e-9)
