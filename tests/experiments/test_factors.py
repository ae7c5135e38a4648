"""Levers with a strategist's name: they move what they say, and nothing where the scenario stands."""

from dataclasses import replace

import numpy as np
import pytest

from sim.execution.trials import key_of, measure_arms
from sim.experiments.arm_metrics import pick_arm
from sim.experiments.factors import (
    NAMED,
    choose_factors,
    factor_number,
    isolate_arm,
    named_values,
    set_factors,
    written_ranges,
)
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

NAMES = list(NAMED)


@pytest.fixture(scope="module")
def scenario():
    return isolate_arm(Scenario.load("treadmill", population=200, horizon=26, burn_in=13), "proactive", None)


@pytest.fixture(scope="module")
def factors(scenario):
    return {factor.name: factor for factor in choose_factors(None, scenario, "proactive", names=NAMES)}


def test_every_named_dial_is_there(factors):
    assert list(factors) == NAMES


def test_a_lever_speaks_of_the_step_of_its_scenario(scenario):
    asked = ["start_week", "contact_rate from 3"]
    daily = isolate_arm(replace(scenario, step="day"), "proactive", asked)
    start, rate = choose_factors(asked, daily, "proactive", names=())
    assert (start.label, start.title) == ("start day", "day of the horizon in which the strategy starts")
    assert (rate.label, rate.title) == ("contact rate from day 3", "contacts per customer and day from day 3")


@pytest.mark.parametrize("name", NAMES)
def test_a_factor_left_where_the_scenario_stands_changes_nothing(name, scenario, factors):
    factor = factors[name]
    same = with_values(scenario, factor.values(factor.own))
    assert key_of(same, 1) == key_of(scenario, 1)
    assert factor.at(factor.own_share) == pytest.approx(factor.own, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_both_ends_differ_and_are_accepted(name, scenario, factors):
    low, high = (with_values(scenario, factors[name].values(factors[name].at(share))) for share in (0.0, 1.0))
    assert key_of(low, 1) != key_of(high, 1)


def test_they_move_what_they_say(scenario, factors):
    def after(name, number):
        return with_values(scenario, factors[name].values(number))

    shifted = after("privacy_concern", 0.1)
    for before, now in zip(scenario.personas, shifted.personas, strict=True):
        assert now.privacy_concern.mean == pytest.approx(min(1.0, before.privacy_concern.mean + 0.1))
        assert now.privacy_concern.concentration == before.privacy_concern.concentration
    costs = scenario.arms["proactive"].plans["stride"].strategy.costs
    dear = after("capability_cost", 2.0).arms["proactive"].plans["stride"].strategy.costs
    assert dear.build.automation.amount == 2 * costs.build.automation.amount
    assert dear.run.innovation.amount == 2 * costs.run.innovation.amount
    assert dear.experiment == 2 * costs.experiment and dear.contact == costs.contact
    loyal = after("loyalty", 1.0)
    for journey in ("classic", "proactive"):
        edges = [
            next(edge for edge in of.journeys[journey].edges if edge.source == "need" and edge.target == "buy")
            for of in (scenario, loyal)
        ]
        assert edges[1].logit["base"] == pytest.approx(edges[0].logit["base"] + 1.0)
    copied = after("competitors_answer", 0.5).arms["proactive"].plans
    own = scenario.arms["proactive"].plans["stride"].strategy
    assert copied["peak"].journey == "proactive"
    assert copied["peak"].strategy.automation == pytest.approx(0.5 * own.automation)
    assert copied["stride"].strategy == own
    assert after("competitors_answer", 0.5).arms["classic"] == scenario.arms["classic"]


def test_getting_ready_changes_no_number(scenario, live):
    plain = Scenario.load("treadmill", population=200, horizon=26, burn_in=13)
    assert scenario.arms["proactive"].plans["peak"].journey != plain.arms["proactive"].plans["peak"].journey
    one, other = (measure_arms(live(item), item) for item in (plain, scenario))
    assert one.tobytes() == other.tobytes()


def test_where_a_scenario_lacks_something_the_dial_is_left_out():
    plain = Scenario.load("treadmill", **{"arms.proactive.focal.strategy.costs.contact": 0})
    names = [factor.name for factor in choose_factors(None, plain, "proactive", names=NAMES)]
    assert "contact_cost" not in names and "capability_cost" in names
    with pytest.raises(ConfigError, match="contact_cost.*nothing it could move"):
        choose_factors(["contact_cost"], plain, "proactive", names=())


@pytest.mark.parametrize("name", ConfigPath.of().names("scenario"))
def test_every_shipped_scenario_has_dials(name):
    plain = Scenario.load(name)
    arm = pick_arm(plain, None)
    factors = choose_factors(None, isolate_arm(plain, arm, None), arm, names=NAMES)
    assert len(factors) >= 8


def test_ranges_of_ones_own(scenario):
    asked = {
        "privacy_concern": [-0.1, 0.1],
        "market.contact.fatigue": {"low": 0.05, "high": 0.4, "scale": "log"},
        "times market.brands.*.price": [0.8, 1.2],
        "personas.wary.patience": [0.2, 0.8],
        "loyalty": None,
    }
    factors = choose_factors(asked, scenario, "proactive", names=())
    assert [factor.name for factor in factors] == [name.replace("times ", "times:") for name in asked]
    assert [factor.own for factor in factors] == pytest.approx([0.0, 0.3, 1.0, 0.55, 0.0])
    assert factors[0].low == -0.1 and factors[1].scale == "log" and factors[4].high == 2.5
    again = choose_factors(written_ranges(factors), scenario, "proactive", names=())
    assert again == factors
    prices = with_values(scenario, factors[2].values(1.1)).market.brands
    assert prices["peak"].price == pytest.approx(242.0)


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        ({"privacy_conern": [0, 1]}, "levers names 'privacy_conern'; did you mean 'privacy_concern'"),
        (["nonsense"], "levers names 'nonsense'; give one of privacy_concern"),
        ([3], "levers holds 3"),
        (7, "levers is 7; give null, a list of names"),
        ({}, "levers is empty; leave it out"),
        ([], "levers is empty; leave it out"),
        ({"privacy_concern": 0.3}, "levers.privacy_concern is 0.3; give"),
        ({"contact_rate": [0.6, 0.1]}, "from 0.6 to 0.1; give low below high"),
        ({"contact_rate": [0.0, 1.5]}, "1.5; give a number from 0 to 1"),
        ({"contact_rate": ["a", "b"]}, "is 'a'; give a number"),
        ({"market.contact.fatige": [0, 1]}, "did you mean 'market.contact.fatigue'"),
        ({"market.contact.fatigue": None}, "levers.market.contact.fatigue has no range"),
        ({"market.need.kind": [0, 1]}, "is no number"),
        ({"market.contact.fatigue": {"low": 0.0, "high": 1.0, "scale": "log"}}, "begins above 0"),
        ({"contact_rate": None, "arms.proactive.focal.strategy.contacts_per_week.customers": [0, 1]}, "both set"),
    ],
)
def test_what_cannot_be_used_is_refused(levers, message, scenario):
    with pytest.raises(ConfigError) as refusal:
        choose_factors(levers, scenario, "proactive", names=())
    assert message in str(refusal.value)


def test_numbers_say_what_they_mean(factors):
    assert factor_number(factors["capability_cost"], 2.0) == "×2"
    assert (
        factor_number(factors["privacy_concern"], -0.25) == "−0.25"
        and factor_number(factors["privacy_concern"], 0.2) == "+0.2"
    )
    assert factor_number(factors["privacy_concern"], 0.0) == "±0"
    assert factor_number(factors["contact_rate"], 0.154) == "0.154"


def test_the_arm_in_question():
    plain = Scenario.load("privacy_backlash")
    assert pick_arm(plain, None) == "disclosed" and pick_arm(plain, "covert") == "covert"
    with pytest.raises(ConfigError, match="no arm of the scenario; did you mean 'covert'"):
        pick_arm(plain, "covet")
    with pytest.raises(ConfigError, match="the baseline itself"):
        pick_arm(plain, plain.baseline)


def test_a_named_factor_is_written_out_as_dotted_keys(scenario):
    place = "arms.proactive.focal.strategy"
    assert named_values({"contact_rate": "30 %", "horizon": 9}, scenario) == {
        f"{place}.contacts_per_week.customers": 0.3,
        "horizon": 9,
    }
    costs = named_values({"capability_cost": 2}, scenario)
    assert f"times:{place}.costs.build.automation" in costs and set(costs.values()) == {2}


def test_a_named_factor_left_where_the_scenario_stands_changes_no_level():
    plain = Scenario.load("treadmill")
    answered = with_values(plain, named_values({"competitors_answer": 0.0}, plain))
    ready = isolate_arm(plain, "proactive", ["competitors_answer"])
    assert answered.arms == ready.arms


@pytest.mark.parametrize(("number", "message"), [("many", "give a number"), (True, "give a number"), (None, "give a")])
def test_a_named_factor_wants_a_number(scenario, number, message):
    with pytest.raises(ConfigError, match=f"capability_cost is .*; {message}"):
        named_values({"capability_cost": number}, scenario)


def test_a_named_factor_needs_something_to_change():
    with pytest.raises(ConfigError, match="here is none"):
        set_factors({"factors": {"loyalty": 1}}, ConfigPath.of())
    classic = Scenario.load("treadmill", **{"arms.proactive.focal.strategy": "reactive"})
    with pytest.raises(ConfigError, match="nothing that it could change"):
        named_values({"capability_cost": 2}, classic)


def test_values_are_the_numbers_that_are_run(factors, scenario):
    factor = factors["margin"]
    assert np.isclose(factor.values(factor.at(0.5))[factor.paths[0][0]], 1.0)
