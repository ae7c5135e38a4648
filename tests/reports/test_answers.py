"""What the report says of answers: who pays for the race, from the same plan with and without the answer."""

import numpy as np

from sim.analysis.equilibrium import dynamics, leader_follower, pure_equilibria
from sim.experiments.answers import Answers
from sim.reports.answers import answers_facts, answers_summary


def found(answer_pays):
    means = np.zeros((2, 2, 2))
    means[1, 0] = (100.0, 0.0)
    means[1, 1] = (60.0, 30.0 if answer_pays else -30.0)
    means[0, 1] = (-5.0, -20.0)
    payoffs = means + np.random.default_rng(1).normal(size=(12, 2, 2, 2)) * 0.1
    return Answers(
        "own", "rival", "npv", ("waits", "the plan"), ("waits", "a copy"), payoffs, payoffs, payoffs / 1000.0,
        pure_equilibria(payoffs), dynamics(payoffs), leader_follower(payoffs),
    )  # fmt: skip


def test_the_race_is_the_answer_beside_the_same_plan_unanswered():
    facts = answers_facts(found(True), "$", {"own": "Own Brand", "rival": "The Rival"})
    race = facts["race"]
    assert facts["led"]["second"] == "a copy"
    assert race["own"]["mean"].startswith("−$40") or race["own"]["mean"].startswith("−$39")
    assert race["other"]["mean"].startswith("+$30") or race["other"]["mean"].startswith("+$29")
    assert race["both"]["resolved"]
    assert (facts["brand"], facts["competitor"]) == ("Own Brand", "The Rival")
    assert {name for step in facts["path"] for name in step} == {"Own Brand", "The Rival"}
    assert answers_summary(found(True))["leader_follower"]["strategies"] == {"own": "the plan", "rival": "a copy"}


def test_where_nobody_answers_there_is_no_race():
    assert answers_facts(found(False), "$", {})["race"] is None


def test_many_stable_pairs_are_told_in_groups():
    payoffs = np.zeros((12, 3, 4, 2))
    payoffs[:, 2, :, 0] = -1.0  # the third choice never pays
    payoffs[:, 0, 3, 1] = payoffs[:, 1, 3, 1] = -2.0  # nor does the rival's fourth
    facts = answers_facts(
        Answers(
            "own", "rival", "npv", ("waits", "the plan", "more"), ("waits", "a", "b", "c"), payoffs, payoffs, payoffs,
            pure_equilibria(payoffs), dynamics(payoffs), leader_follower(payoffs),
        ),
        "$",
        {},
    )  # fmt: skip
    assert len(facts["equilibria"]) == 6
    (group,) = facts["groups"]
    assert group["first"] == ["waits", "the plan"] and group["second"] == ["waits", "a", "b"]
    assert group["pairs"] == 6
