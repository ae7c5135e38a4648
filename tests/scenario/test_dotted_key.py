"""Levers: a value set by its path gives the scenario that the command line gives, and a bad one is refused alike."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario.dotted_key import value_at, with_values
from sim.scenario.errors import ConfigError
from sim.scenario.factor import Factor, read_factors
from sim.scenario.journey import edge_names
from sim.scenario.scenario import Scenario

TREADMILL = Scenario.load("treadmill")

CHANGES = {
    "population": 99,
    "horizon": 7,
    "record.events": 0,
    "market.contact.fatigue": 0.4,
    "market.need.mean_weeks": 9,
    "market.brands.peak.price": 12.5,
    "market.channels.web.cost": 0.25,
    "personas.wary.share": 0.5,
    "personas.wary.privacy_concern": 0.4,
    "personas.wary.privacy_concern.mean": 0.4,
    "personas.wary.privacy_concern.concentration": 3,
    "arms.proactive.focal.strategy.automation": 0.1,
    "arms.proactive.focal.strategy.start_week": 20,
    "arms.proactive.focal.strategy.contacts_per_week.customers": 0.01,
    "arms.proactive.focal.strategy.costs.build.automation": 10,
    "arms.proactive.focal.strategy.data_use": "covert",
    "arms.proactive.competitors.strategy.automation": 0.2,
    "arms.classic.focal.strategy.innovation": 0.3,
    "arms.proactive.focal.journey": "classic",
    "arms.proactive.focal.strategy": "automation",
    "journeys.classic.stages.evaluate.effort": 0.1,
    "journeys.proactive.edges.consider_to_buy.logit.base": -1.0,
    "journeys.proactive.edges.consider_to_buy_on_contact.logit.pull": 3.0,
    "baseline": "proactive",
    "market": "speakers",
}


def as_on_the_command_line(path, value):
    data = TREADMILL.to_dict()
    if path == "market":
        data["market"] = value
    elif path.endswith(".strategy"):
        data["arms"]["proactive"]["focal"]["strategy"] = value
    else:
        *steps, last = path.split(".")
        inner = data
        for step in steps:
            inner = inner[step]
        inner[last] = {**inner[last], **value} if isinstance(value, dict) else value
    return Scenario.from_dict(data)


@pytest.mark.parametrize("path", CHANGES)
def test_a_lever_does_what_the_command_line_does(path):
    changed = with_values(TREADMILL, {path: CHANGES[path]})
    assert changed == as_on_the_command_line(path, CHANGES[path])
    assert changed != TREADMILL
    assert Scenario.from_dict(changed.to_dict()) == changed


@pytest.mark.parametrize("path", [path for path in CHANGES if path not in ("market", "arms.proactive.focal.strategy")])
def test_setting_a_value_to_what_it_is_changes_nothing(path):
    assert with_values(TREADMILL, {path: value_at(TREADMILL, path)}) == TREADMILL


def test_nothing_of_the_scenario_itself_is_changed():
    before = TREADMILL.to_dict()
    for path, value in CHANGES.items():
        with_values(TREADMILL, {path: value})
    assert TREADMILL.to_dict() == before


REFUSED = {
    "market.foo": (1, "unknown key 'market.foo'.*accepted under market"),
    "market.contact.fatige": (1, "did you mean 'market.contact.fatigue'"),
    "market.contact.fatigue": (-1, "give a number from 0 to 10"),
    "market.contact": (3, "give a mapping"),
    "market.contact.fatigue.x": (3, "accepted under market.contact.fatigue: nothing"),
    "market.focal": ("nobody", "which is no brand"),
    "arms.x.focal.strategy.automation": (1, "accepted under arms: classic, proactive"),
    "arms.proactive.focal.strategy.automation": (2, "give a number from 0 to 1"),
    "arms.proactive.nobody.strategy.automation": (1, "accepted under arms.proactive"),
    "personas.wry.share": (1, "did you mean 'personas.wary'"),
    "personas.wary": (1, "give a value of the persona"),
    "journeys.classic.edges.a_to_b.logit.base": (1, "unknown key"),
    "journeys.classic.edges.need_to_buy.logit.luck": (1, "unknown key"),
    "journeys.classic.stages.evaluate.channels.web": (0.9, "sum to"),
    "journeys.nope.stages.a.effort": (1, "accepted under journeys"),
    "times:personas.*.privacy_concern": (2, "write .*mean"),
    "horizon": ("long", "give a whole number"),
    "journeys": (-1, "journeys is -1; give a mapping"),
    "nothing": (1, "accepted: market, personas"),
    "market.": (1, "unknown key"),
    "": (1, "unknown key"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_a_bad_path_or_value_is_refused_in_one_line(path):
    value, message = REFUSED[path]
    with pytest.raises(ConfigError, match=message) as refusal:
        with_values(TREADMILL, {path: value})
    assert "\n" not in str(refusal.value)


def _keys_of(data, opening=""):
    """Return every dotted key of plain data, groups included."""
    for key, value in data.items():
        yield opening + key
        if isinstance(value, dict):
            yield from _keys_of(value, f"{opening}{key}.")


KEYS = sorted(_keys_of(TREADMILL.to_dict()))
ODD = [0, -1, 0.5, 1e308, math.inf, math.nan, 10**30, True, None, "", "x", "1e5", [], [None], {}, {"": 1}, {"use": 1}]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(KEYS), st.sampled_from(ODD), st.sampled_from(ODD), st.booleans(), st.data())
def test_a_key_and_a_group_above_it_with_odd_values_are_taken_or_refused(path, above, value, last, data):
    steps = path.split(".")
    group = ".".join(steps[: data.draw(st.integers(1, len(steps)))])
    given_values = {group: above, path: value} if last else {path: value, group: above}
    try:
        with_values(TREADMILL, given_values)
    except ConfigError as refusal:
        assert "\n" not in str(refusal)


def test_values_that_are_read_together_are_checked_together():
    with pytest.raises(ConfigError, match="which is no brand"):
        with_values(TREADMILL, {"market.focal": "nobody", "market": {}})


def test_a_star_reaches_every_name_and_relative_changes_stay_in_range():
    changed = with_values(TREADMILL, {"plus:personas.*.privacy_concern.mean": 0.3})
    for before, after in zip(TREADMILL.personas, changed.personas, strict=True):
        assert after.privacy_concern.mean == min(1.0, before.privacy_concern.mean + 0.3)
    changed = with_values(TREADMILL, {"times:arms.proactive.focal.strategy.costs.build.*": 2})
    costs = [scenario.arms["proactive"].plans["stride"].strategy.costs.build for scenario in (TREADMILL, changed)]
    assert [getattr(costs[1], name) for name in ("automation", "innovation")] == [
        replace(cost, amount=2 * cost.amount) for cost in (costs[0].automation, costs[0].innovation)
    ]


def test_a_persona_that_a_strategy_does_not_name_yet_can_be_given_levels():
    changed = with_values(TREADMILL, {"arms.proactive.focal.strategy.personas.veronica.automation": 0.2})
    assert changed.arms["proactive"].plans["stride"].strategy.personas["veronica"].automation == 0.2


def test_the_competitors_are_all_brands_but_the_focal_one():
    changed = with_values(TREADMILL, {"arms.proactive.competitors.strategy.automation": 0.4})
    found = {brand: plan.strategy.automation for brand, plan in changed.arms["proactive"].plans.items()}
    assert {brand for brand, level in found.items() if level == 0.4} == set(TREADMILL.brands) - {"stride"}


@pytest.mark.parametrize("name", TREADMILL.journeys)
def test_every_edge_has_a_name_of_its_own(name):
    edges = TREADMILL.journeys[name].edges
    names = edge_names(edges)
    assert len(set(names)) == len(edges)
    for edge, called in zip(edges, names, strict=True):
        assert called.startswith(f"{edge.source}_to_{edge.target}")
        assert value_at(TREADMILL, f"journeys.{name}.edges.{called}")["to"] == edge.target


@settings(deadline=None, max_examples=200)
@given(
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
    st.sampled_from(["linear", "log", "whole"]),
    st.floats(0, 1),
)
def test_a_lever_reaches_both_ends_and_never_leaves_them(low, width, scale, share):
    low = abs(low) + 0.01 if scale == "log" else float(round(low)) if scale == "whole" else low
    high = low + (max(1.0, round(width)) if scale == "whole" else width)
    lever = Factor("p", low, high, scale)
    assert lever.at(0.0) == low and lever.at(1.0) == high
    value = lever.at(share)
    assert low <= value <= high
    if scale == "whole":
        assert lever.at(lever.share(value)) == value
    else:
        assert math.isclose(lever.at(lever.share(value)), value, rel_tol=1e-6, abs_tol=1e-6)


def test_levers_are_read_dotted_or_nested_with_their_kind():
    levers = read_factors(
        {
            "market.contact.fatigue": [0.05, 0.4],
            "personas": {"wary": {"privacy_concern": [0.1, 0.9]}},
            "arms.proactive.focal.strategy.costs.contact": {"low": 0.01, "high": 1, "scale": "log"},
            "arms.proactive.focal.strategy.start_week": [0, 52],
        },
        TREADMILL,
    )
    assert [lever.name for lever in levers] == [
        "market.contact.fatigue",
        "personas.wary.privacy_concern.mean",
        "arms.proactive.focal.strategy.costs.contact",
        "arms.proactive.focal.strategy.start_week",
    ]
    assert [lever.scale for lever in levers] == ["linear", "linear", "log", "whole"]
    # Money in whole cents: every value on the way can be used.
    for share in (0.1, 0.33, 0.5, 0.77):
        with_values(TREADMILL, {levers[2].name: levers[2].at(share)})


BAD_LEVERS = {
    "turned round": ({"market.contact.fatigue": [0.5, 0.4]}, "give low below high"),
    "out of range": ({"market.contact.fatigue": [0.5, 400]}, "from 0 to 10"),
    "one number": ({"market.contact.fatigue": 3}, "give .low, high."),
    "one end": ({"market.contact.fatigue": {"low": 0}}, "give both low and high"),
    "log from zero": ({"market.contact.fatigue": {"low": 0, "high": 1, "scale": "log"}}, "begins above 0"),
    "a word": ({"market.need.kind": [0, 1]}, "moves a number"),
    "nowhere": ({"x.y": [0, 1]}, "unknown key 'x.y'"),
    "a strange scale": ({"market.contact.fatigue": {"low": 0, "high": 1, "scale": "logg"}}, "did you mean 'log'"),
    "no mapping": ([1, 2], "give a mapping"),
    "not a number": ({"market.contact.fatigue": [0, math.nan]}, "give a number"),
    "halves of weeks": ({"horizon": {"low": 1, "high": 4, "scale": "linear"}}, "give scale whole"),
}


@pytest.mark.parametrize("fault", BAD_LEVERS)
def test_a_bad_lever_is_refused(fault):
    data, message = BAD_LEVERS[fault]
    with pytest.raises(ConfigError, match=message) as refusal:
        read_factors(data, TREADMILL, "mine.yaml")
    assert str(refusal.value).startswith("mine.yaml: levers")
