"""Levers of one persona, or from some week on: their names, what they set, and what is refused."""

import pytest

from sim import Scenario
from sim.experiments.factors import choose_factors, isolate_arm, named_values
from sim.experiments.plan_limit import read_limits
from sim.scenario.dotted_key import value_at, with_values
from sim.scenario.errors import ConfigError

TREADMILL = Scenario.load("treadmill", population=60, horizon=52)
OWN = "arms.proactive.focal.strategy"


def chosen(levers, scenario=TREADMILL):
    small = isolate_arm(scenario, "proactive", levers)
    return small, choose_factors(levers, small, "proactive", names=())


def test_a_lever_of_one_persona_from_some_week_on_sets_that_and_nothing_else():
    small, (factor,) = chosen(["contact_rate for wary from 26"])
    changed = with_values(small, factor.values(0.5))
    strategy = changed.arms["proactive"].plans[small.market.focal].strategy
    (phase,) = strategy.phases.values()
    assert (phase.weeks, phase.customers, phase.personas["wary"].customers) == (26, None, 0.5)
    assert strategy.personas == TREADMILL.arms["proactive"].plans[small.market.focal].strategy.personas


def test_where_the_scenario_stands_is_what_is_in_force_there():
    _, factors = chosen(
        {"automation for wary": [0, 1], "automation from 26": [0, 1], "contact_rate for wary": [0, 0.6]}
    )
    rate = value_at(TREADMILL, f"{OWN}.contacts_per_week.customers")
    level = value_at(TREADMILL, f"{OWN}.automation")
    assert [factor.own for factor in factors] == [level, level, rate]


def test_a_star_stands_for_every_persona():
    _, factors = chosen(["contact_rate for *", "automation"])
    names = [f"contact_rate for {persona.name}" for persona in TREADMILL.personas]
    assert [factor.name for factor in factors] == [*names, "automation"]


def test_two_names_of_one_phase_share_it():
    small, factors = chosen(["automation from 26", "context from 26"])
    strategy = small.arms["proactive"].plans[small.market.focal].strategy
    assert len(strategy.phases) == 1 and len(factors) == 2


def test_limits_know_the_names():
    _, factors = chosen(["automation", "automation from 26", "contact_rate for wary"])
    limits = read_limits(["automation from 26 >= automation", "contact_rate for wary <= 0.2"], factors)
    assert [(limit.left, limit.right) for limit in limits] == [
        ("automation from 26", "automation"),
        ("contact_rate for wary", 0.2),
    ]


def test_the_same_name_is_known_where_values_are_set():
    values = named_values({"context for wary from 26": 0.4, "automation from 26": 0.9}, TREADMILL)
    changed = with_values(TREADMILL, values)
    (phase,) = changed.arms["proactive"].plans[changed.market.focal].strategy.phases.values()
    assert (phase.automation, phase.personas["wary"].context) == (0.9, 0.4)


@pytest.mark.parametrize(
    ("lever", "message"),
    [
        ("automation for nobody", "no persona"),
        ("start_week for wary", "same for every persona"),
        ("automation from 0", "1 to 65000"),
        ("automation from 60", "after the horizon"),
        ("automatio for wary", "automation"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(lever, message):
    with pytest.raises(ConfigError, match=message):
        chosen([lever])
