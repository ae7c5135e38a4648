"""Scenarios from names, files and resolved configurations."""

import copy
import dataclasses

import pytest

from agents.strategies import CAPABILITIES, Strategy
from configs import FOLDER
from sim.scenario.config_path import GROUPS, ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.journey import read_journey
from sim.scenario.normal_form import compose, normalize_scenario
from sim.scenario.scenario import Scenario
from sim.scenario.yaml_reader import parse_yaml, write_yaml

SHIPPED = {group: ConfigPath.of().names(group) for group in GROUPS}
CHAIN = """
name: my_chain
start: {a: 1.0}
stages: {a: {}, b: {}, c: {}}
edges:
  - {from: a, to: b, probability: 0.3}
  - {from: b, to: c, probability: {base: 0.1, adoption: 0.4}}
  - {from: b, to: a, probability: patience}
"""


@pytest.fixture
def folder(tmp_path):
    """Return a user's folder with one file in every group."""
    files = {
        "scenario/mine": """
name: mine
market: {use: shop, price_elasticity: -2, brands: {a: {price: 12}}}
personas: {use: crowd, calm: {share: 0.3, patience: 0.9}}
baseline: before
arms:
  before: {focal: {journey: classic, strategy: reactive}}
  after:
    focal: {journey: proactive, strategy: {use: push, automation: 0.9}}
    competitors: {strategy: reactive}
    b: {strategy: {automation: 0.2}}
""",
        "market/shop": """
focal: a
brands: {a: {price: 10, unit_margin: 3}, b: {price: 9}, c: {price: 8}}
channels: {web: {digital: true}, store: {digital: false}}
""",
        "personas/crowd": "calm: {patience: 0.8}\nhasty: {patience: 0.1, deliberation: {mean: 0.2, concentration: 4}}",
        "strategy/push": "automation: 0.5\npersonalization: 0.4\npersonas: {calm: {automation: 0.1}}\n",
        "journey/my_chain": CHAIN,
        "scenario/chain": "market: none\narms: {chain: {journey: my_chain}}\n",
    }
    for name, text in files.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def _write(folder, file, **changes):
    path = folder / f"{file}.yaml"
    data = parse_yaml(path.read_text(), where=file)
    for key, value in changes.items():
        data = _set(data, key.split("__"), value)
    path.write_text(write_yaml(data), encoding="utf-8")


def _set(data, path, value):
    data = copy.deepcopy(data)
    inner = data
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
    if value is ...:
        inner.pop(path[-1])
    else:
        inner[path[-1]] = value
    return data


@pytest.mark.parametrize("name", SHIPPED["scenario"])
def test_every_shipped_scenario_loads_and_comes_back_exactly(name):
    scenario = Scenario.load(name)
    resolved = scenario.to_dict()
    assert Scenario.from_dict(resolved) == scenario
    assert Scenario.from_dict(parse_yaml(write_yaml(resolved), where="x")) == scenario
    assert Scenario.from_dict(resolved).to_dict() == resolved


@pytest.mark.parametrize("name", SHIPPED["scenario"])
def test_every_shipped_scenario_says_its_command_and_its_assumptions(name):
    text = (FOLDER / "scenario" / f"{name}.yaml").read_text()
    assert text.startswith("#") and f"journey compare scenario={name}" in text.split("\nname:")[0]
    scenario = Scenario.load(name)
    assert scenario.title and scenario.case and scenario.assumptions and len(scenario.arms) >= 2


def test_a_file_of_ones_own(folder):
    scenario = Scenario.load("mine", config_dir=folder, population=500)
    assert scenario.population == 500
    assert scenario.market.price_elasticity == -2 and scenario.market.brands["a"].price == 12
    assert scenario.market.brands["a"].unit_margin == 3
    calm, hasty = scenario.personas
    assert (calm.share, calm.patience.mean, hasty.share, hasty.deliberation.concentration) == (0.3, 0.9, 1.0, 4.0)
    before, after = scenario.arms["before"].plans, scenario.arms["after"].plans
    assert after["a"].journey == "proactive"
    assert (after["a"].strategy.automation, after["a"].strategy.personalization) == (0.9, 0.4)
    assert after["a"].strategy.personas["calm"].automation == 0.1
    # A brand's own name goes before its role; what it leaves out comes from there, and then from the market.
    assert after["b"].strategy.automation == 0.2 and after["b"].journey == "classic"
    assert dataclasses.replace(before["c"].strategy, title="") == Strategy(name="reactive")
    assert Scenario.from_dict(scenario.to_dict()) == scenario
    assert Scenario.from_yaml(folder / "scenario" / "mine.yaml", population=500) == scenario
    assert Scenario.from_yaml(folder / "scenario" / "mine.yaml", population=500) == scenario


def test_a_journey_alone(folder):
    scenario = Scenario.load("chain", config_dir=folder)
    assert scenario.market.journey == "my_chain" and scenario.brands == ("none",)
    assert [persona.name for persona in scenario.personas] == ["everyone"]
    assert scenario.baseline == "chain"
    # Customers are where the journey says that they begin, unless a burn-in is typed.
    assert scenario.burn_in == 0
    assert Scenario.load("chain", config_dir=folder, burn_in=3).burn_in == 3
    written = {"market": {"use": "none"}, "arms": {"chain": {"journey": "my_chain"}}}
    assert Scenario.from_dict(written, config_path=ConfigPath.of(folder)) == dataclasses.replace(
        scenario, name="scenario"
    )
    assert scenario.journeys["my_chain"].edges[2].probability == {"base": 0.0, "patience": 1.0}
    assert Scenario.from_dict(scenario.to_dict()) == scenario


def test_a_resolved_configuration_runs_again(folder, tmp_path):
    scenario = Scenario.load("mine", config_dir=folder)
    path = tmp_path / "result" / "config.yaml"
    path.parent.mkdir()
    resolved = {**scenario.to_dict(), "seed": 3, "replicates": 2, "engine": "mesa", "threads": None}
    path.write_text(write_yaml(resolved))
    assert Scenario.from_yaml(path) == scenario


def test_overrides_reach_any_value():
    scenario = Scenario.load(
        "treadmill",
        market="fitness",
        record={"customers": True},
        **{
            "arms.proactive.focal.strategy.automation": 0.25,
            "arms.proactive.competitors.strategy": "all_four",
            "personas.veronica.deliberation": 0.1,
            "journeys.proactive.stages.evaluate.effort": 0.2,
        },
    )
    plans = scenario.arms["proactive"].plans
    assert plans["stride"].strategy.automation == 0.25 and plans["peak"].strategy.name == "all_four"
    assert scenario.personas[0].deliberation.mean == 0.1
    assert scenario.journeys["proactive"].stages["evaluate"].effort == 0.2
    assert scenario.record.customers and scenario.record.events == 200


def test_the_proactive_journey_is_the_classic_one_where_every_capability_is_zero():
    """Compare the edges that exist at zero, with the coefficients that are not multiplied by zero."""
    zero = {"ease", "relevance", "pull", "delight", "intrusion"}
    config_path = ConfigPath.of()
    classic, proactive = (
        read_journey(name, config_path.read("journey", name)[0], name) for name in ("classic", "proactive")
    )

    def at_zero(journey):
        return [
            dataclasses.replace(
                edge, logit=edge.logit and {key: value for key, value in edge.logit.items() if key not in zero}
            )
            for edge in journey.edges
            if edge.on != "contact" and edge.only not in CAPABILITIES and edge.source in classic.stages
        ]

    assert at_zero(proactive) == at_zero(classic)
    assert {name: proactive.stages[name] for name in classic.stages} == dict(classic.stages)
    assert proactive.start == classic.start


def _leaves(data, key=""):
    for name, value in data.items():
        place = f"{key}.{name}" if key else name
        if isinstance(value, dict) and value:
            yield from _leaves(value, place)
        else:
            yield place, value


@pytest.fixture(scope="module")
def composed():
    data, where = ConfigPath.of().read("scenario", "treadmill")
    return compose(normalize_scenario(data, ConfigPath.of(), where=where, name="treadmill"), ConfigPath.of())


def test_every_leaf_of_a_scenario_refuses_a_wrong_type(composed):
    """Put a mapping of nonsense at every key of the whole configuration; each is refused by name."""
    leaves = list(_leaves(composed))
    assert len(leaves) > 300
    for key, _ in leaves:
        with pytest.raises(ConfigError) as caught:
            Scenario.from_dict(_set(composed, key.split("."), {"no_such_thing": [True]}))
        message = str(caught.value)
        last = key.split(".")[-1]
        assert last in message or key.split(".")[-2] in message, (key, message)
        assert "\n" not in message


def test_every_leaf_of_a_scenario_refuses_a_misspelt_key(composed):
    for key, value in _leaves(composed):
        path = key.split(".")
        if path[0] in ("market", "record", "arms") or (path[0] == "personas" and len(path) > 2):
            with pytest.raises(ConfigError, match="unknown key|no brand"):
                Scenario.from_dict(_set(composed, [*path[:-1], path[-1] + "x"], value))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scenario/mine": {"arms": ...}}, "arms is missing"),
        ({"scenario/mine": {"market": ...}}, "market is missing"),
        ({"scenario/mine": {"personas": ...}}, "personas is missing"),
        ({"scenario/mine": {"arms": {}}}, "arms is {}"),
        ({"scenario/mine": {"arms": ["a"]}}, "arms is a list of 1"),
        ({"scenario/mine": {"arms__before": 3}}, "arms.before is 3"),
        ({"scenario/mine": {"arms__a b": {}}}, "a name under arms is 'a b'"),
        ({"scenario/mine": {"arms__before__focal": "x"}}, "arms.before.focal is 'x'"),
        ({"scenario/mine": {"arms__before__focal": {"jurney": "x"}}}, "did you mean 'journey'"),
        ({"scenario/mine": {"arms__before__d": {}}}, "'d', which is no brand of the market 'shop'"),
        ({"scenario/mine": {"arms__before__focal__journey": "clasic"}}, "did you mean 'classic'"),
        ({"scenario/mine": {"arms__before__focal__journey": "../x"}}, "arms.before.focal.journey is '../x'"),
        ({"scenario/mine": {"arms__before__focal__strategy": "pushh"}}, "did you mean 'push'"),
        ({"scenario/mine": {"arms__before__focal__strategy": {"use": "../x"}}}, "strategy.use is '../x'"),
        ({"scenario/mine": {"arms__before__focal__strategy": {"use": "push", "automaton": 1}}}, "'automation'"),
        ({"scenario/mine": {"arms__before__focal__strategy": {"automation": 2}}}, "automation is 2; give a number"),
        ({"scenario/mine": {"arms__before__focal__strategy": {"personas": {"kalm": {}}}}}, "did you mean 'calm'"),
        ({"scenario/mine": {"baseline": "nowhere"}}, "baseline is 'nowhere', which is no arm"),
        ({"scenario/mine": {"baseline": ["before"]}}, "baseline is a list"),
        ({"scenario/mine": {"market": 3}}, "market is 3"),
        ({"scenario/mine": {"market": "/etc/passwd"}}, "market is '/etc/passwd'"),
        ({"scenario/mine": {"market__brnds": {}}}, "did you mean 'brands'"),
        ({"scenario/mine": {"personas": "nobody"}}, "there is no personas 'nobody'"),
        ({"scenario/mine": {"personas__calm": {"shar": 1}}}, "did you mean 'share'"),
        ({"scenario/mine": {"popultion": 3}}, "did you mean 'population'"),
        ({"scenario/mine": {"population": 0}}, "population is 0"),
        ({"scenario/mine": {"horizon": 1e9}}, "horizon is 1000000000.0"),
        ({"scenario/mine": {"record": {"events": -1}}}, "record.events is -1"),
        ({"scenario/mine": {"assumptions": [{"wat": "x"}]}}, "did you mean 'what'"),
        ({"scenario/mine": {"assumptions": "x"}}, "assumptions is 'x'; give a list"),
        ({"scenario/mine": {"name": "other"}}, "name is 'other', but the file is called 'mine'"),
        ({"scenario/mine": {"journeys": {"x": {"start": {}}}}}, "journeys.x: stages is null"),
        ({"market/shop": {"focal": ...}}, "market.focal is '', which is no brand"),
        ({"market/shop": {"focal": "aa"}}, "market.focal is 'aa', which is no brand"),
        ({"market/shop": {"brands__focal": {}}}, "a brand 'focal', a word with a meaning"),
        ({"market/shop": {"brands": {f"b{n}": {} for n in range(65)}}}, "66 brands; give 1 to 64"),
        ({"market/shop": {"brands": []}}, "brands is a list of 0"),
        ({"market/shop": {"channels": {"web": {}}}}, "channel 'store', which the market 'shop' does not have"),
        ({"market/shop": {"need": {"kind": "rare"}}}, "need.kind is 'rare'; give one of repeat, cyclical, linear"),
        ({"market/shop": {"name": "shopp"}}, "name is 'shopp', but the file is called 'shop'"),
        ({"personas/crowd": {"all": {}}}, "a persona 'all', a word with a meaning"),
        ({"personas/crowd": {"company": {}}}, "a persona 'company', a word with a meaning"),
        ({"personas/crowd": {"hasty": 3}}, "hasty is 3"),
        (
            {"personas/crowd": {"hasty": {"share": 0}, "calm": {"share": 0}}, "scenario/mine": {"personas": "crowd"}},
            "sum",
        ),
        ({"personas/crowd": {f"p{n}": {} for n in range(255)}}, "257 personas; give 1 to 255"),
        ({"strategy/push": {"costs": {"contact": 0.0000015}}}, "costs.contact is 1.5e-06; give a multiple of 0.00001"),
        ({"strategy/push": {"start_week": -1}}, "start_week is -1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_refused_by_name(folder, changes, says):
    for name, change in changes.items():
        _write(folder, name, **change)
    with pytest.raises(ConfigError) as caught:
        Scenario.load("mine", config_dir=folder)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.yaml"
    elsewhere.write_text("automation: 0.5\n")
    (folder / "strategy" / "leak.yaml").symlink_to(elsewhere)
    (folder / "strategy" / "broken.yaml").symlink_to(folder / "nowhere")
    with pytest.raises(ConfigError, match="leads out of its folder"):
        Scenario.load("mine", config_dir=folder, **{"arms.after.focal.strategy": "leak"})
    with pytest.raises(ConfigError, match="is a link to a file that does not exist"):
        Scenario.load("mine", config_dir=folder, **{"arms.after.focal.strategy": "broken"})


@pytest.mark.parametrize(
    "name", ["../scenario/treadmill", "/etc/passwd", "treadmill.yaml", "", ".", 3, None, "a" * 300]
)
def test_a_scenario_has_a_plain_name(name):
    with pytest.raises(ConfigError):
        Scenario.load(name)


@pytest.mark.parametrize("place", ["nowhere", "file", "a\0b", "x" * 5000])
def test_a_configuration_folder_that_is_none(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="the configuration folder"):
        Scenario.load("treadmill", config_dir=tmp_path / place)
