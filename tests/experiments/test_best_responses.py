"""Best responses: competitors who answer what pays, wait where nothing does, and are refused where they cannot."""

import json

import pytest

from sim import Scenario, compare
from sim.cli import main
from sim.experiments.best_responses import best_responses
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import BestResponse

SIZE = {"population": 60, "horizon": 12, "burn_in": 4}
PLACE = "arms.proactive.competitors.best_response"


def asked(answer, **changes):
    return Scenario.load("treadmill", **{**SIZE, PLACE: answer, **changes})


def test_a_list_of_strategies_takes_the_usual_lag_and_the_focal_brands_journey():
    scenario = asked(["all_four", "automation"])
    plans = scenario.arms["proactive"].plans
    assert plans[scenario.market.focal].best_response is None
    answers = {brand: plan.best_response for brand, plan in plans.items() if plan.best_response is not None}
    assert set(answers) == set(scenario.brands) - {scenario.market.focal}
    (one, *others) = answers.values()
    assert isinstance(one, BestResponse) and all(other == one for other in others)
    assert list(one.strategies) == ["all_four", "automation"] and one.lag == 26 and one.start_weeks is None
    assert one.strategies["all_four"].automation > 0


def test_what_is_written_out_can_be_read_again():
    scenario = asked({"strategies": ["all_four"], "lag": 2, "start_weeks": [3, 8], "goal": "purchases"})
    assert Scenario.from_dict(scenario.to_dict()) == scenario


def test_one_brand_may_answer_alone_and_a_brand_with_a_strategy_of_its_own_does_not():
    rival = next(
        brand for brand in Scenario.load("treadmill").brands if brand != Scenario.load("treadmill").market.focal
    )
    scenario = Scenario.load("treadmill", **SIZE, **{f"arms.proactive.{rival}.best_response": ["all_four"]})
    answering = [brand for brand, plan in scenario.arms["proactive"].plans.items() if plan.best_response is not None]
    assert answering == [rival]
    form = asked(["all_four"]).to_dict()
    arm = form["arms"]["proactive"]
    arm[rival] = {"strategy": "automation"}
    answering = Scenario.from_dict(form).arms["proactive"].plans
    assert answering[rival].best_response is None
    assert sum(plan.best_response is not None for plan in answering.values()) == len(answering) - 2


FREE = {"use": "all_four", "costs": {"contact": 0.0, "experiment": 0.0}}
FREE["costs"] |= {
    kind: {name: {"amount": 0.0} for name in ("automation", "personalization", "context", "innovation")}
    for kind in ("build", "run")
}
DEAR = {"use": "all_four", "costs": {"contact": 1000.0}}


def test_a_competitor_does_what_pays_and_waits_where_nothing_does():
    answer = {"strategies": {"free": FREE, "dear": DEAR}, "lag": 1, "start_weeks": [1], "goal": "npv"}
    changed, (found,) = best_responses(asked(answer, horizon=26), seed=1)
    assert found.settled and found.arm == "proactive"
    plans = changed.arms["proactive"].plans
    assert all(plan.best_response is None for plan in plans.values())
    for item in found.brands:
        assert item.choices.strategies == (None, "free", "dear")
        assert item.choices.strategies[item.chosen] != "dear"
        assert item.gains[0].mean == 0.0 and item.gains[2].ci_high < 0.0
        if item.chosen:
            assert plans[item.brand].strategy.start_week == 1
            assert plans[item.brand].strategy.automation > 0
    again, (repeated,) = best_responses(asked(answer, horizon=26), seed=1)
    assert again == changed and repeated == found


def test_an_answer_that_costs_nothing_and_brings_purchases_is_given():
    eager = {"strategies": {"free": FREE}, "lag": 0, "start_weeks": [0], "goal": "purchases"}
    _, (found,) = best_responses(asked(eager, horizon=40, population=300), seed=1)
    assert any(item.chosen for item in found.brands)


def test_without_answers_nothing_changes():
    scenario = Scenario.load("treadmill", **SIZE)
    changed, found = best_responses(scenario, seed=1)
    assert found == () and changed == scenario


def test_where_all_wait_the_comparison_is_the_unanswered_one():
    dear = {"strategies": {"dear": DEAR}, "lag": 1, "start_weeks": [1]}
    answered = compare(asked(dear), replicates=2)
    plain = compare(Scenario.load("treadmill", **SIZE), replicates=2)
    assert answered.summary_json["differences"] == plain.summary_json["differences"]
    listed = answered.summary_json["best_responses"]["proactive"]["competitors"]
    assert all(item["chosen"]["name"] == "waits" for item in listed.values())
    assert "none of its 1 answers is shown to pay" in answered.summary_json["verdict"]


@pytest.mark.parametrize(
    ("key", "answer", "message"),
    [
        ("arms.proactive.focal.best_response", ["all_four"], "only competitors answer"),
        ("arms.classic.competitors.best_response", ["all_four"], "nothing to answer"),
        (PLACE, [], "give names of files in strategy/"),
        (PLACE, ["no_such"], "no_such"),
        (PLACE, {"strategies": ["all_four"], "lags": 3}, "unknown key"),
        (PLACE, {"strategies": ["all_four"], "start_weeks": [3]}, "whole numbers from 26"),
        (PLACE, {"strategies": ["all_four"], "start_weeks": 3}, "start_weeks"),
        (PLACE, {"strategies": ["all_four"], "goal": "fame"}, "goal"),
        (PLACE, 7, "give a mapping"),
    ],
)
def test_what_cannot_be_used_is_refused(key, answer, message):
    with pytest.raises(ConfigError, match=message):
        Scenario.load("treadmill", **SIZE, **{key: answer})


def test_only_compare_looks_for_answers(tmp_path, capsys, undrawn):
    words = [*(f"{key}={value}" for key, value in SIZE.items()), f"output_dir={tmp_path}", "replicates=2", "quiet=true"]
    answer = f"{PLACE}={{strategies:[automation],lag:2,start_weeks:[2]}}"
    assert main(["story", *words[:3], f"output_dir={tmp_path}", answer]) == 2
    assert "only `journey compare`" in capsys.readouterr().err
    assert main(["compare", *words, answer]) == 0
    (folder,) = (tmp_path / "compare").iterdir()
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert set(summary["best_responses"]["proactive"]) == {"settled", "competitors"}
    assert "How competitors answer" in (folder / "report.html").read_text("utf-8")
    first = (folder / "weekly.parquet").read_bytes()
    assert main(["compare", f"from={folder}", f"output_dir={tmp_path / 'again'}", "quiet=true"]) == 0
    (other,) = (tmp_path / "again" / "compare").iterdir()
    assert (other / "weekly.parquet").read_bytes() == first


def test_a_scenario_in_which_nobody_answers_stays_the_same_object():
    scenario = Scenario.load("treadmill", population=50, horizon=4)
    found, answers = best_responses(scenario, seed=1)
    assert found is scenario
    assert answers == ()
