"""Parameters: what moves, how far, and several values together."""

import numpy as np
import pytest
from scipy.special import logit

from sim.calibration.parameters import default_parameters, read_parameters, values_at
from sim.calibration.targets import read_targets
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario


@pytest.fixture(scope="module")
def scenario():
    return Scenario.load("average", population=500)


def _starts(parameters):
    return np.array([parameter.share(parameter.own) for parameter in parameters])


@pytest.mark.parametrize("name", ConfigPath.of().names("scenario"))
def test_at_its_start_a_parameter_changes_nothing(name):
    scenario = Scenario.load(name)
    parameters = default_parameters(scenario, read_targets({"switched": 0.5, "market_share": 0.2}, scenario))
    assert {"loop", "awareness", "recall"} <= {parameter.name for parameter in parameters}
    same = with_values(scenario, values_at(parameters, _starts(parameters)))
    assert same.journeys == scenario.journeys
    for brand, content in same.market.brands.items():
        before = scenario.market.brands[brand]
        assert (content.salience, content.quality) == pytest.approx((before.salience, before.quality), abs=1e-4)


def test_a_shift_moves_log_odds_and_every_journey_alike(scenario):
    said = {"market.brands.*.salience": [-2, 2], "journeys.*.edges.need_to_buy.logit.base": [-2, 2]}
    parameters = read_parameters(said, scenario)
    moved = with_values(scenario, values_at(parameters, np.array([0.75, 0.75])))
    for brand, content in moved.market.brands.items():
        assert logit(content.salience) - logit(scenario.market.brands[brand].salience) == pytest.approx(1.0)
    for name, journey in moved.journeys.items():
        changed = [
            (edge.logit["base"], old.logit["base"])
            for edge, old in zip(journey.edges, scenario.journeys[name].edges, strict=True)
            if edge != old
        ]
        assert [new - old for new, old in changed] == pytest.approx([1.0])


def test_shifts_of_the_same_values_add_up(scenario):
    key = "market.brands.*.salience"
    parameters = read_parameters(
        [{"path": key, "low": -2, "high": 2}, {"path": key, "low": -1, "high": 1, "along": key}], scenario
    )
    assert len({parameter.name for parameter in parameters}) == 2
    values = values_at(parameters, np.array([0.75, 1.0]))
    before = np.array([brand.salience for brand in scenario.market.brands.values()])
    apart = (logit(before) - logit(before).mean()) / logit(before).std()
    assert logit(list(values.values())) == pytest.approx(logit(before) + 1.0 + apart)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "give a mapping"),
        ([3], "mappings with path"),
        ({"market.brands.*.salience": [1, 2]}, "needs 0 within"),
        ({"market.brands.*.salience": "wide"}, "give bounds"),
        ({"market.brands.*.glamour": [-1, 1]}, "fits nothing"),
        ({"journeys.*.edges.need_to_by.logit.base": [-1, 1]}, "did you mean 'need_to_buy'"),
        ({"market.brands.*.quality": {"low": -1, "high": 1, "along": "market.salience"}}, "with a"),
        ({"market.brands.*.quality": {"low": -1, "high": 1, "scale": "log"}}, "a shift is linear"),
        ({"market.choice.novelty": [2, 1]}, "low below high"),
        ({"market.choice.novelty": [-1, 1]}, "novelty"),
        ({"market.choice.novelty": {"low": 0, "high": 1, "width": -1}}, "width"),
        ({"market.brands.*.salience": [-1, 1], "market.brands.anker.salience": [0.1, 0.5]}, "both set"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused(scenario, said, words):
    with pytest.raises(ConfigError, match=words):
        read_parameters(said, scenario)


def test_targets_choose_the_parameters_that_they_need(scenario):
    def names(**figures):
        return {parameter.name for parameter in default_parameters(scenario, read_targets(figures, scenario))}

    assert "need" not in names(switched=0.5) and "habit" in names(switched=0.5)
    assert {"need", "heterogeneity"} <= names(category_penetration=0.5)
    assert "quality_anker" in names(market_share=0.2) and "fame" not in names(market_share=0.2)


def test_better_known_brands_are_never_fitted_as_the_worse_ones():
    scenario = Scenario.load("average")
    (fame,) = [
        item for item in default_parameters(scenario, read_targets({"switched": 0.5}, scenario)) if item.name == "fame"
    ]
    assert fame.low == 0.0 and fame.at(fame.share(fame.own)) == 0.0
