"""The company's luck is taken out of every question's intervals: never wider, unbiased, adding up, and as before if plain."""

import numpy as np
import pytest

from sim.analysis.attribution import _block, _divide
from sim.analysis.control_variate import ControlVariate
from sim.analysis.sampling import Sampling
from sim.experiments.attribute import attribute
from sim.experiments.touchpoints import touchpoints
from sim.scenario.scenario import Scenario

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
