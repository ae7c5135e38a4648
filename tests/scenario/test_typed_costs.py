"""A cost is charged as typed, to the cent; only a level that is moved later moves it. Where the level comes from, layer by layer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.personas import Persona
from agents.strategies import Costs, Strategy, TypedCost, with_typed_levels
from sim.analysis.costs import cost_table
from sim.engine.replicate import run_replicate
from sim.scenario.dotted_key import value_at, with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.scenario.schema import read
from sim.world.costs import charged_amount, segment_costs
from sim.world.timeline import timeline_of

OWN = "arms.proactive.focal.strategy"
BUILD = f"{OWN}.costs.build.automation"
TREADMILL = Scenario.load("treadmill")


def charged(scenario, kind="build", name="automation"):
    arm = scenario.arms["proactive"]
    timeline = timeline_of(scenario, arm, scenario.market.focal)
    return getattr(segment_costs(timeline, scenario)[-1], kind)[name] / 100


@given(
    st.integers(1, 10**12),
    st.lists(st.tuples(st.floats(0.01, 5), st.floats(0, 1)), min_size=1, max_size=5),
    st.floats(1, 10),
)
def test_at_the_level_typed_the_amount_is_charged_exactly(cents, mix, convexity):
    personas = [Persona(name=f"p{at}", share=share) for at, (share, _) in enumerate(mix)]
    own = {f"p{at}": {"automation": level} for at, (_, level) in enumerate(mix)}
    strategy = read(
        Strategy,
        {
            "automation": 0.4,
            "personas": own,
            "costs": {"build": {"automation": cents / 100}, "convexity": convexity},
        },
    )
    strategy = with_typed_levels(strategy)
    cost = strategy.costs.build.automation
    if any(level > 0 for _, level in mix):
        assert charged_amount(cost, strategy, "automation", personas) == cents


@given(st.integers(1, 10**9), st.floats(0.05, 1), st.floats(0.05, 1), st.floats(1, 4))
def test_a_level_that_is_moved_moves_the_charge_by_the_power(cents, before, after, convexity):
    strategy = Strategy(automation=after, costs=Costs(convexity=convexity))
    cost = TypedCost(amount=cents / 100, level=before)
    wanted = cents * (after / before) ** convexity
    assert charged_amount(cost, strategy, "automation", [Persona(name="all")]) == pytest.approx(
        wanted, abs=0.51, rel=1e-9
    )


@pytest.mark.parametrize(
    ("values", "paid"),
    {
        "nothing": ({}, 14_700),
        "the cost": ({BUILD: 200_000}, 200_000),
        "the level": ({f"{OWN}.automation": 0.35}, 14_700 / 4),
        "both": ({BUILD: 200_000, f"{OWN}.automation": 0.9}, 200_000),
        "both, the other way round": ({f"{OWN}.automation": 0.9, BUILD: 200_000}, 200_000),
        "in a group": ({OWN: {"automation": 0.9, "costs": {"build": {"automation": 200_000}}}}, 200_000),
        "in proportion": ({f"times:{OWN}.costs.build.*": 2, f"{OWN}.automation": 0.35}, 14_700 / 2),
        "with its level": ({BUILD: {"amount": 200_000, "level": 0.35}}, 800_000),
        "not built": ({f"{OWN}.automation": 0}, 0),
    }.values(),
)
def test_what_is_typed_together_belongs_together(values, paid):
    assert charged(with_values(TREADMILL, values)) == paid
    assert charged(Scenario.load("treadmill", **values)) == paid


def test_a_second_layer_keeps_the_level_of_the_first():
    first = with_values(TREADMILL, {BUILD: 200_000, f"{OWN}.automation": 0.8})
    assert charged(first) == 200_000
    assert charged(with_values(first, {f"{OWN}.automation": 0.4})) == 50_000
    again = Scenario.from_dict(first.to_dict())
    assert charged(again) == 200_000 and charged(with_values(again, {f"{OWN}.automation": 0.4})) == 50_000


@pytest.mark.parametrize(
    ("strategy", "paid", "moved"),
    [
        ("{use: all_four, costs: {build: {automation: 200000}}}", 200_000, 200_000 * (0.35 / 0.7) ** 2),
        (
            "{use: all_four, automation: 0.5, costs: {build: {automation: 200000}}}",
            200_000,
            200_000 * (0.35 / 0.5) ** 2,
        ),
        ("{use: all_four, automation: 0.5}", 7_500, 14_700 / 4),
        ("{automation: 0.5, costs: {build: {automation: 200000}}}", 200_000, 200_000 * (0.35 / 0.5) ** 2),
        # Typed where there is no level: of full level.
        ("{use: reactive, costs: {build: {automation: 200000}}}", 0, 200_000 * 0.35**2),
    ],
)
def test_a_scenario_file_types_its_cost_at_the_level_it_says_or_uses(tmp_path, strategy, paid, moved):
    text = f"""
name: mine
market: fitness
personas: active
arms:
  classic: {{focal: {{journey: classic, strategy: reactive}}}}
  proactive: {{focal: {{journey: proactive, strategy: {strategy}}}}}
"""
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "mine.yaml").write_text(text, "utf-8")
    mine = Scenario.load("mine", config_dir=tmp_path)
    assert charged(mine) == paid
    assert charged(with_values(mine, {f"{OWN}.automation": 0.35})) == pytest.approx(moved, abs=0.005)


def test_a_value_is_the_amount_and_a_running_cost_may_be_paid_monthly():
    assert value_at(TREADMILL, BUILD) == 14_700.0
    monthly = with_values(TREADMILL, {f"{OWN}.costs.run.automation": "5_000/month"})
    cost = monthly.arms["proactive"].plans["stride"].strategy.costs.run.automation
    assert (cost.amount, cost.every, cost.level) == (5_000.0, "month", 0.7)


@pytest.mark.parametrize("value", ["5000/fortnight", "many", -1, 0.000005, True, [1]])
def test_what_is_no_cost_is_refused_with_the_remedy(value):
    with pytest.raises(ConfigError, match=r"costs\.run\.automation is .*give"):
        with_values(TREADMILL, {f"{OWN}.costs.run.automation": value})


@pytest.mark.parametrize(("customers", "population"), [(20_000, 500), (200, 500), (None, 500), (7, 500)])
def test_the_charge_does_not_depend_on_how_many_are_simulated(customers, population):
    sized = Scenario.load("treadmill", population=population, **{"market.customers": customers})
    assert charged(sized) == 14_700 and charged(sized, "run") == 117.6
    assert sized.market_customers == (population if customers is None else customers)
    smaller = sized.simulating(100)
    assert (smaller.market_customers, smaller.population) == (sized.market_customers, 100)


@pytest.mark.parametrize(
    ("every", "step", "size", "first"),
    [("month", "week", 52, [1, 0, 0, 0, 1, 0]), ("year", "week", 52, [1, 0]), ("step", "second", 62, [1, 1, 1])],
)
def test_payments_are_spread_over_a_year_or_over_a_shorter_run(every, step, size, first):
    amount = {"amount": 12, "every": every}
    scenario = with_values(TREADMILL, {f"{OWN}.costs.run.automation": amount, "step": step, "horizon": 40})
    scenario = with_values(scenario, {"burn_in": 22 if size == 62 else 52})
    own = segment_costs(timeline_of(scenario, scenario.arms["proactive"], scenario.market.focal), scenario)[-1]
    payments = own.payments["automation"]
    assert payments.size == size  # not the 31,536,000 seconds of a year
    assert payments[: len(first)].tolist() == first
    assert payments.sum() == {"month": 12, "year": 1, "step": size}[every]


@pytest.mark.parametrize(("typed", "charged_each"), [(1e-9, 0.0), (0.01, 0.01), (2500.0, 2500.0)])
def test_an_experiment_is_charged_as_the_table_says(typed, charged_each):
    scenario = with_values(
        TREADMILL,
        {"population": 20, "horizon": 30, "burn_in": 4, f"{OWN}.innovation": 0.8, f"{OWN}.costs.experiment": typed},
    )
    replicates = [run_replicate(scenario, seed=1, replicate=number) for number in range(2)]
    line = next(line for line in cost_table(scenario, "proactive", replicates) if line["what"] == "experiments")
    assert (line["typed"], line["each"]) == (typed, charged_each)
    assert line["times"] * line["each"] == pytest.approx(line["charged"])
    assert (line["charged"] > 0.0) == (charged_each > 0.0)
