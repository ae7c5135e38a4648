"""A strategy in phases: what changes when, what it costs, and that a phase that changes nothing changes nothing."""

from dataclasses import replace

import pytest

from agents.strategies import Contacts, PersonaStrategy, StrategyPhase, with_phase
from sim import Scenario, compare
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.world.costs import segment_costs
from sim.world.timeline import timeline_of

OWN = "arms.proactive.focal.strategy"
SMALL = {"population": 60, "horizon": 20, "burn_in": 4}


def phased(phases, **values):
    return with_values(Scenario.load("treadmill", **SMALL), {f"{OWN}.phases": phases, **values})


def segments(scenario, arm="proactive"):
    return timeline_of(scenario, scenario.arms[arm], scenario.market.focal)


def test_a_phase_changes_what_it_names_from_its_step_on():
    scenario = phased(
        {"later": {"weeks": 8, "automation": 0.9, "customers": 0.3, "personas": {"wary": {"customers": 0.0}}}},
        **{f"{OWN}.start_week": 2},
    )
    *_, first, later = segments(scenario)
    assert (first.start, later.start, later.since) == (4 + 2, 4 + 2 + 8, 4 + 2)
    before, after = first.plan.strategy, later.plan.strategy
    assert after.automation == 0.9 and after.personalization == before.personalization
    assert after.contacts_per_week.customers == 0.3
    assert after.contacts_per_week.prospects == before.contacts_per_week.prospects
    assert after.personas["wary"].customers == 0.0


def test_a_higher_level_is_built_for_what_it_costs_more_and_a_lower_one_is_not_paid_back():
    up, down = {"weeks": 8, "automation": 0.9}, {"weeks": 12, "automation": 0.1}
    scenario = phased({"down": down, "up": up})
    first, second, third = segment_costs(segments(scenario), scenario)[-3:]
    at_once = segment_costs(segments(phased({}, **{f"{OWN}.automation": 0.9})), scenario)[-1]
    assert first.build["automation"] + second.build["automation"] == at_once.build["automation"]
    assert second.build["personalization"] == 0
    assert third.build["automation"] == 0 and third.run["automation"] < second.run["automation"]


def test_running_costs_go_on_in_the_steps_in_which_they_were_paid():
    monthly = {f"{OWN}.costs.run.automation": "520/month"}
    plain = phased({}, **monthly)
    assert paid(phased({"same": {"weeks": 7}}, **monthly)) == paid(plain)


def paid(scenario):
    parts = segments(scenario)
    charged = segment_costs(parts, scenario)
    total = 0
    for at, (part, costs) in enumerate(zip(parts, charged, strict=True)):
        end = parts[at + 1].start if at + 1 < len(parts) else scenario.burn_in + scenario.horizon
        schedule = costs.run_schedule()
        total += sum(int(schedule[(step - part.start) % schedule.size]) for step in range(part.start, end))
    return total


def test_contacts_that_end_pay_running_costs_once_a_month_all_the_same():
    monthly = {f"{OWN}.costs.run.automation": "520/month"}
    wave = {f"{OWN}.contacts_per_week.weeks": 3}
    assert paid(phased({}, **monthly, **wave)) == paid(phased({}, **monthly))


def test_contacts_of_a_wave_end_unless_a_phase_makes_them_again():
    wave = {f"{OWN}.contacts_per_week.weeks": 3}
    *_, ended, again = segments(phased({"again": {"weeks": 9, "customers": 0.2}}, **wave))
    assert ended.plan.strategy.contacts_per_week == Contacts()
    assert again.plan.strategy.contacts_per_week.customers == 0.2


def test_the_baselines_phases_are_counted_in_the_horizon_and_end_with_the_arms_start():
    base = "arms.classic.focal.strategy"
    scenario = with_values(
        Scenario.load("treadmill", **SMALL),
        {
            f"{base}.phases": {"early": {"weeks": 3, "customers": 0.1}, "late": {"weeks": 9, "customers": 0.2}},
            f"{OWN}.start_week": 5,
        },
    )
    assert [part.start for part in segments(scenario, "classic")] == [0, 4 + 3, 4 + 9]
    assert [part.start for part in segments(scenario)] == [0, 4 + 3, 4 + 5]


def test_a_phase_that_changes_nothing_changes_no_byte():
    plain = compare(Scenario.load("treadmill", **SMALL), replicates=2, seed=3, threads=1)
    same = compare(phased({"same": {"weeks": 7}}), replicates=2, seed=3, threads=1)
    wanted, found = (dict(result.summary_json["arms"]["proactive"]) for result in (plain, same))
    assert found == wanted
    assert same.weekly.equals(plain.weekly)


def test_a_phase_with_the_levels_of_another_strategy_is_that_strategy_from_then_on():
    # Nothing before the phase and everything after it is the same strategy started later.
    nothing = {f"{OWN}.{name}": 0.0 for name in ("automation", "personalization", "context", "innovation")}
    nothing |= {f"{OWN}.contacts_per_week.{who}": 0.0 for who in ("customers", "prospects")}
    scenario = Scenario.load("treadmill", **SMALL)
    strategy = scenario.arms["proactive"].plans[scenario.market.focal].strategy
    levels = {name: getattr(strategy, name) for name in ("automation", "personalization", "context", "innovation")}
    contacts = {who: getattr(strategy.contacts_per_week, who) for who in ("customers", "prospects")}
    phase = {"all": {"weeks": 6, **levels, **contacts}}
    started = compare(phased(phase, **nothing), replicates=2, seed=3, threads=1)
    later = compare(phased({}, **{f"{OWN}.start_week": 6}), replicates=2, seed=3, threads=1)
    for metric in ("purchases", "contacts_per_customer", "satisfaction"):
        one, other = (result.summary_json["arms"]["proactive"][metric]["mean"] for result in (started, later))
        assert one == other


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ({"a": {"weeks": 3}, "b": {"weeks": 3}}, "both begin 3 steps"),
        ({"a": {"weeks": 0}}, "weeks"),
        ({"a": {"weeks": 3, "automation": 2}}, "automation"),
        ({"a": {"weeks": 3, "personas": {"nobody": {"automation": 0.1}}}}, "no persona"),
        ({"a": {"week": 3}}, "week"),
    ],
)
def test_a_phase_that_cannot_be_used_is_refused(phases, message):
    with pytest.raises(ConfigError, match=message):
        phased(phases)


def test_what_a_strategy_is_from_a_phase_on_keeps_what_the_phase_leaves_out():
    own = StrategyPhase(weeks=2, personas={"wary": PersonaStrategy(context=0.3)})
    scenario = Scenario.load("treadmill", **SMALL)
    strategy = scenario.arms["proactive"].plans[scenario.market.focal].strategy
    strategy = replace(strategy, personas={"wary": PersonaStrategy(automation=0.2)})
    assert with_phase(strategy, own).personas["wary"] == PersonaStrategy(automation=0.2, context=0.3)
