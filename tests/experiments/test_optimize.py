"""The best plan: limits as written, a budget that is kept, doing nothing where nothing pays."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from sim import Scenario
from sim.calibration.ensemble import Ensemble
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import make_executor
from sim.experiments.factors import choose_factors, isolate_arm
from sim.experiments.optimize import optimize
from sim.experiments.plan import PlanQuestion, read_goal
from sim.experiments.plan_advice import _best, advise
from sim.experiments.plan_limit import SPENDING, read_limits
from sim.experiments.plan_search import SearchSizes
from sim.experiments.plan_states import plan_states
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.factor import Factor
from sim.scenario.resolved import Record

SIZES = SearchSizes(evaluations=16, batch=4, replicates=2, confirm=4)
LEVERS = ["automation", "contact_rate"]


def asked(name="treadmill", budget=None, limits=None, goal="npv", robust="mean", values=None, replicates=2, doubt=None):
    scenario = Scenario.load(name, population=150, horizon=40, burn_in=8)
    scenario = replace(with_values(scenario, values or {}), record=Record(customers=False, events=0, lives=0))
    arm = next(arm for arm in scenario.arms if arm != scenario.baseline)
    small = isolate_arm(scenario, arm, LEVERS)
    factors = choose_factors(LEVERS, small, arm, names=())
    states, by_mean = (plan_states(small, arm, doubt, way, 1, replicates) for way in (robust, "mean"))
    return PlanQuestion(
        small,
        arm,
        factors,
        read_goal(goal),
        budget,
        read_limits(limits, factors),
        robust,
        states,
        1,
        mean_states=by_mean,
    )


def find(question, sizes=SIZES):
    with make_executor("serial") as executor:
        return optimize(question, sizes, {"executor": executor, "engine": "numba"})


@cache
def found_within(budget):
    """Search once for several tests."""
    return find(asked(budget=budget))


def test_a_budget_is_kept_in_every_run_and_the_same_search_finds_the_same_plan():
    found = found_within(20_000.0)
    assert found.plan.most_spent <= 20_000.0
    assert found.plan.spent <= found.plan.most_spent
    again = find(asked(budget=20_000.0))
    assert again.plan.shares.tolist() == found.plan.shares.tolist()
    assert again.plan.value == found.plan.value


def test_a_budget_a_year_is_kept_in_every_year_of_every_run():
    question = replace(asked(budget=9_000.0), budget_per="year")
    year = with_values(question.scenario, {"horizon": 110})
    found = find(replace(question, scenario=year))
    assert found.plan.most_spent <= 9_000.0
    # Two years and a little: in all more may be spent than in any one of them.
    assert found.plan.charged <= found.plan.spent + 0.005 <= 3.0 * found.plan.charged + 0.01
    assert (found.question.charged(found.runs) <= found.question.spending(found.runs) + 0.005).all()


def test_the_dearest_year_is_counted_from_the_start_of_the_horizon():
    found = found_within(None)
    question, runs = found.question, found.runs
    # A horizon of 40 weeks is a part of one year.
    assert np.allclose(replace(question, budget_per="year").charged(runs), question.spending(runs), atol=0.005)


def test_money_in_another_unit_changes_no_decision():
    plain = asked(budget=20_000.0)
    paths = [
        *(f"market.brands.{brand}.{field}" for brand in plain.scenario.brands for field in ("price", "unit_margin")),
        *(
            f"arms.{plain.arm}.focal.strategy.costs.{kind}.{name}.amount"
            for kind in ("build", "run")
            for name in ("automation", "personalization", "context", "innovation")
        ),
        *(f"arms.{plain.arm}.focal.strategy.costs.{name}" for name in ("contact", "experiment")),
    ]
    # Amounts that are no strategy's and no brand's stay; here they are 0 or the same for every plan.
    larger = asked(budget=2_000_000.0, values={f"times:{path}": 100.0 for path in paths})
    one, other = found_within(20_000.0), find(larger)
    assert one.question.settings(one.plan.shares).keys() == other.question.settings(other.plan.shares).keys()
    assert one.nothing == other.nothing
    assert np.abs(one.plan.shares - other.plan.shares).max() < 0.05


def test_nothing_is_done_where_nothing_pays():
    question = asked(values={"times:arms.proactive.focal.strategy.costs.contact": 1000.0, "horizon": 4})
    found = find(question)
    assert found.nothing
    assert found.plan.spent == 0.0
    assert found.plan.value.mean == 0.0
    assert not found.plan.worth.any()


def test_rules_of_thumb_are_candidates_on_the_luck_that_chooses(monkeypatch):
    question = asked()
    monkeypatch.setattr("sim.experiments.plan_race.PlanRace._leading", lambda race: np.array([0]))
    found = find(question, replace(SIZES, confirm=8))
    rules = [item.shares.tolist() for item in found.rules]
    ranked = [item.shares.tolist() for item in found.alternatives]
    assert len(rules) == 2 and all(rule in ranked for rule in rules)


def test_limits_on_levers_hold_for_every_plan_that_is_run():
    found = find(asked(limits=["automation before contact_rate", "contact_rate <= 0.3"]))
    settings = [found.question.settings(point) for point in found.runs.shares]
    assert all(item["automation"] >= item["contact_rate"] - 1e-9 for item in settings)
    assert all(item["contact_rate"] <= 0.3 + 1e-9 for item in settings)


def test_a_goal_may_be_to_spend_least_with_a_limit_on_what_it_brings():
    found = find(asked(goal="spent", limits=["contacts_per_customer >= 1"]))
    assert not found.nothing
    assert found.plan.holds
    cheaper = found.question.holds(found.runs) & (
        found.question.spending(found.runs).mean(axis=1) < 0.5 * found.plan.spent
    )
    assert not cheaper.any()


def test_near_best_fits_are_states_as_often_as_they_weigh_and_beside_the_doubt_in_effects():
    question = asked()
    path = "market.contact.fatigue"
    fits = Ensemble("fits", (path,), (0.75, 0.25), ((0.2,), (0.3,)))
    plain = plan_states(question.scenario, question.arm, [1.0, 1.000001], "mean", 1, 8, fits)
    assert [state[path] for state in plain] == [0.2] * 6 + [0.3] * 2
    effects = plan_states(question.scenario, question.arm, [0.5, 1.5], "worst_tenth", 1, 10, fits)
    assert len({tuple(state.items()) for state in effects}) == 10
    assert all(len(state) == 1 + 4 for state in effects)
    # Each replicate meets its own state, and is to the bit the run of a market that is so.
    both, one = (replace(question, states=states) for states in (({path: 0.0}, {path: 1.0}), ({path: 1.0},)))
    with make_executor("serial") as executor:
        met, alone = (
            each.run(question.own[None, :], range(2), executor=executor, engine="numba") for each in (both, one)
        )
    assert met.arm[:, 1].tobytes() == alone.arm[:, 1].tobytes()
    assert met.arm[:, 0].tobytes() != alone.arm[:, 0].tobytes()


def test_score_of_states_is_the_mean_of_the_worst_tenth_and_the_worst_regret():
    question = replace(asked(robust="worst_tenth", replicates=10))
    worth = np.array([np.arange(10.0), np.full(10, 3.0)])
    assert question.score(worth).tolist() == [0.0, 3.0]
    assert replace(question, robust="regret").score(worth).tolist() == [-3.0, -6.0]


def test_advice_is_paired_with_the_plan():
    found = found_within(20_000.0)
    with make_executor("serial") as executor:
        advice = advise(found, {"executor": executor, "engine": "numba"}, 4)
    assert [item.lever for item in advice.marginal] == [0, 1]
    spent = [item.spent for item in advice.frontier]
    assert spent == sorted(spent)
    assert advice.assumptions[0].swing == max(item.swing for item in advice.assumptions)
    # Competitors who answer at 0 do what the scenario says: the plan is worth what it is worth.
    (answer,) = [item for item in advice.assumptions if item.name == "competitors_answer"]
    assert (answer.low, answer.values[0].mean) == (0.0, found.best_tried.value.mean)
    assert answer.values[0].ci_low == pytest.approx(found.best_tried.value.ci_low)


def test_spending_is_what_contribution_is_charged():
    found = found_within(None)
    kinds = [RUN_METRICS.index(name) for name in SPENDING]
    assert (found.runs.arm[..., kinds] >= 0.0).all()
    assert found.runs.baseline[..., kinds].sum() == 0.0


def test_a_limit_in_words_limits_every_rate_of_contact_in_steps_of_the_scenario():
    factors = [
        Factor(name, 0.0, 1.0) for name in ("automation", "contact_rate for wary", "prospect_contact_rate from 9")
    ]
    limits = read_limits(["At most three contacts a month", "only what pays back within 2 years"], factors, "day")
    assert [(limit.left, limit.sign) for limit in limits] == [
        ("contact_rate for wary", 1.0),
        ("prospect_contact_rate from 9", 1.0),
        ("payback_week", 1.0),
    ]
    assert [limit.right for limit in limits] == pytest.approx([36 / 365, 36 / 365, 730])
    assert {limit.text for limit in limits} == {"At most three contacts a month", "only what pays back within 2 years"}
    with pytest.raises(ConfigError, match="no lever is a rate of contact"):
        read_limits("at most one contact a week", factors[:1])


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("payback", "write METRIC or LEVER"),
        ("paybak_week <= 4", "payback_week"),
        ("automation <= lots", "no number and no lever"),
        ("at most many contacts a week", "write METRIC or LEVER"),
        (3, "write METRIC or LEVER"),
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(limit, message):
    with pytest.raises(ConfigError, match=message):
        asked(limits=[limit])


@pytest.mark.parametrize("goal", ["profit", 3, {"npv": 0}, {"npv": 1, "payback_week": 1}, {}])
def test_a_goal_that_cannot_be_read_is_refused(goal):
    with pytest.raises(ConfigError, match="goal"):
        read_goal(goal)


@pytest.mark.parametrize(
    ("may", "best"),
    [((False, False), "do nothing"), ((True, False), "the plan"), ((False, True), "another finalist")],
)
def test_a_plan_that_breaks_a_limit_changes_no_choice_however_much_it_is_worth(may, best):
    goal = SimpleNamespace(without_baseline=False)
    question = SimpleNamespace(goal=goal, score=lambda worth: worth.mean(axis=1))
    worth = np.array([[90.0, 100.0, 110.0], [40.0, 50.0, 60.0]])
    found = SimpleNamespace(question=question, nothing=True)
    assert _best(found, worth, ["the plan", "another finalist"], np.array(may)) == best
