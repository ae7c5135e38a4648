"""Ensembles: members by weight, luck and parameters told apart, and nothing changed where there is none."""

import numpy as np
import pytest

from sim.analysis.decomposition import decompose
from sim.analysis.paired import estimate, paired_difference
from sim.analysis.sampling import Sampling
from sim.calibration.ensemble import SEEDS, Ensemble, read_ensemble
from sim.experiments.compare import compare
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

PAIRS = Sampling(tuple(member for member in range(8) for _ in range(SEEDS)))
SMALL = {"population": 200, "horizon": 20, "burn_in": 10}
PATH = "market.choice.novelty"


def _ensemble(*values, weights=None):
    weights = weights or [1.0] * len(values)
    members = [{"weight": weight, "values": [value]} for weight, value in zip(weights, values, strict=True)]
    return {"name": "mine", "paths": [PATH], "members": members}


def test_variance_components_are_found_again():
    """Random effects of sd 3 and 1: 4,000 sets, so that a standard error is below 2 %."""
    generator = np.random.default_rng(1)
    sets = np.repeat(generator.normal(5.0, 3.0, 4000), 2) + generator.normal(0.0, 1.0, 8000)
    parts = decompose(sets, np.repeat(np.arange(4000), 2))
    assert parts.mean == pytest.approx(5.0, abs=0.2)
    assert (parts.parameter_sd, parts.luck_sd) == (pytest.approx(3.0, rel=0.06), pytest.approx(1.0, rel=0.06))


def test_without_parameter_effect_the_interval_is_that_of_independent_replicates():
    """Coverage of the mean of pure luck: 95 of 100 intervals, within 3 standard errors of 400 of them."""
    generator = np.random.default_rng(2)
    covered = 0
    for _ in range(400):
        interval = estimate(generator.normal(0.0, 1.0, 16), PAIRS)
        covered += interval.ci_low <= 0.0 <= interval.ci_high
    assert covered / 400 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)


def test_the_interval_covers_the_value_at_the_true_parameters():
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        truth = generator.normal(0.0, 2.0)
        values = np.repeat(generator.normal(0.0, 2.0, 8), 2) + generator.normal(0.0, 1.0, 16)
        interval = estimate(values, PAIRS)
        covered += interval.ci_low <= truth <= interval.ci_high
    assert covered / 400 == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 400) + 0.02)


def test_luck_and_parameters_add_up_and_zero_stays_zero():
    parts = decompose(np.array([1.0, 2.0, 5.0, 7.0, 9.0, 8.0]), (0, 0, 1, 1, 2, 2))
    whole, luck, parameters = (parts.half_width(0.95, of) for of in ("both", "luck", "parameters"))
    assert whole**2 == pytest.approx(luck**2 + parameters**2)
    assert estimate(np.zeros(16), PAIRS).ci_high == 0.0
    assert paired_difference(np.zeros(16), np.zeros(16), PAIRS).p_better == 0.5
    assert decompose(np.full(4, np.nan), (0, 0, 1, 1)).mean is None
    assert decompose(np.array([1.0, 2.0, np.nan, np.nan]), (0, 0, 1, 1)).half_width(0.95) is None


def test_members_that_come_again_count_once():
    """Six sets of which one is drawn nine times of fourteen: the degrees of freedom are those of 2.2 sets, not of 28."""
    often = Sampling(tuple(np.repeat([0, 1, 2, 3, 4, 5], [18, 2, 2, 2, 2, 2]).tolist()))
    assert often.used == 6 and often.effective == pytest.approx(28**2 / (18**2 + 5 * 4))
    generator = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        own = generator.normal(0.0, 2.0, 6)
        values = own[list(often.members)] + generator.normal(0.0, 1.0, 28)
        interval = estimate(values, often)
        covered += interval.ci_low <= generator.normal(0.0, 2.0) <= interval.ci_high
    assert covered / 400 >= 0.92


def test_members_come_as_often_as_their_weights_say():
    ensemble = Ensemble("mine", (PATH,), (0.5, 0.3, 0.2), ((0.1,), (0.2,), (0.3,)))
    assert np.bincount(ensemble.picks(10)).tolist() == [5, 3, 2]


def test_a_comparison_over_an_ensemble_says_both_parts():
    # Without doubt about effectiveness, which would be a third part.
    scenario = Scenario.load("average", **SMALL, **{"arms.proactive.focal.strategy.doubt": "none"})
    ensemble = read_ensemble(_ensemble(0.0, 1.0, 2.0, 3.0), scenario, ConfigPath.of())
    result = compare(scenario, replicates=4, threads=1, ensemble=ensemble)
    summary = result.summary_json
    assert summary["members"] == {"used": 4, "effective": 4.0} and result.replicates == 4 * SEEDS
    assert summary["effectiveness"]["proactive - classic"]["grid"]
    entry = summary["differences"]["proactive - classic"]["contribution"]
    part = summary["ensemble"]["uncertainty"]["proactive - classic"]["contribution"]
    half = (entry["ci_high"] - entry["ci_low"]) / 2.0
    assert half**2 == pytest.approx(part["luck"] ** 2 + part["parameters"] ** 2)
    assert (entry["luck"], entry["doubt"]) == (pytest.approx(part["luck"]), pytest.approx(part["parameters"]))
    assert "random variation alone would make it" in result.verdict and "4 distinct near-best fits" in result.verdict


def test_an_ensemble_of_one_market_has_no_parameter_doubt_beyond_chance():
    """Members that are all alike are lived as the scenario itself is, with the same luck."""
    scenario = Scenario.load("average", **SMALL)
    same = read_ensemble(_ensemble(*[scenario.market.choice.novelty] * 2), scenario, ConfigPath.of())
    over = compare(scenario, replicates=2, threads=1, ensemble=same)
    plain = compare(scenario, replicates=2 * SEEDS, threads=1)
    for one, other in zip(over.measures, plain.measures, strict=True):
        for arm in scenario.arms:
            np.testing.assert_array_equal(one[arm].values, other[arm].values)
    assert "ensemble" not in plain.summary_json


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("nobody", "there is no ensemble"),
        ("../x", "letters from A to Z, digits"),
        (3, "give a mapping"),
        ({"name": "x"}, "paths"),
        ({**_ensemble(0.1), "members": []}, "members"),
        ({**_ensemble(0.1), "colour": 1}, "unknown key"),
        (_ensemble(99.0), "does not fit"),
        (_ensemble(0.1, weights=[0.0]), "above 0"),
        ({"name": "mine", "paths": ["market.nothing"], "members": [{"values": [1]}]}, "does not fit"),
        ({"name": "mine", "paths": [PATH], "members": [{"values": [1, 2]}]}, "1 values"),
    ],
)
def test_an_ensemble_that_cannot_be_used_is_refused(data, words):
    with pytest.raises(ConfigError, match=words):
        read_ensemble(data, Scenario.load("average", **SMALL), ConfigPath.of())


def test_precision_and_ensemble_exclude_each_other():
    scenario = Scenario.load("average", **SMALL)
    ensemble = read_ensemble(_ensemble(0.0, 1.0), scenario, ConfigPath.of())
    with pytest.raises(ConfigError, match="leave one of them out"):
        compare(scenario, precision=0.1, ensemble=ensemble)
