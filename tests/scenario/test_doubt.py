import pytest

from agents.strategies import CAPABILITIES
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import with_values
from sim.scenario.doubt import read_doubt
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

KEY = "arms.proactive.focal.strategy.doubt"
MINE = "{name: mine, title: Mine, context: [0, 0.8], innovation: {low: 0.2, high: 1.1, source: Somebody 2020}}"


def _doubt(scenario: Scenario):
    return scenario.arms["proactive"].plans[scenario.market.focal].strategy.doubt


def test_two_numbers_stand_for_every_capability():
    doubt = read_doubt([0.5, 1.5], ConfigPath.of())
    assert [(getattr(doubt, name).low, getattr(doubt, name).high) for name in CAPABILITIES] == [(0.5, 1.5)] * 4


def test_a_file_is_read_by_name_and_written_out(tmp_path):
    (tmp_path / "doubt").mkdir()
    (tmp_path / "doubt" / "mine.yaml").write_text(MINE)
    scenario = Scenario.load("treadmill", config_dir=tmp_path, **{KEY: "mine"})
    assert _doubt(scenario).automation is None
    assert _doubt(scenario).innovation.source == "Somebody 2020"
    assert Scenario.from_dict(scenario.to_dict()) == scenario
    assert _doubt(with_values(scenario, {f"{KEY}.context.high": 1.0})).context.high == 1.0
    assert _doubt(with_values(scenario, {KEY: None})) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nope", "there is no doubt 'nope'"),
        ([1, 2, 3], "give [low, high]"),
        ([1.5, 0.5], "give the lower number first"),
        ([0.5, 5], "from 0 to 2"),
        ({"autom": [1, 1]}, "did you mean 'automation'"),
        ({"context": {"low": 1, "hgih": 2}}, "did you mean 'high'"),
        ({"context": "x"}, "give [low, high]"),
        (True, "give [low, high]"),
        (7, "give [low, high]"),
    ],
)
def test_bad_doubt_is_refused_with_its_key(given, said):
    with pytest.raises(ConfigError) as error:
        Scenario.load("treadmill", **{KEY: given})
    assert said in str(error.value)
    assert "doubt" in str(error.value)
