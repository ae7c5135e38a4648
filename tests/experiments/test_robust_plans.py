"""Robust plans: never worse over the doubt than the plan that is best on average, in planted worlds and in scenarios."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from sim.experiments.optimize import optimize
from sim.experiments.plan_search import SearchSizes
from sim.experiments.robust_choice import enough_luck, robust_choice
from tests.experiments.test_optimize import asked, find
from tests.experiments.test_plan_rules import NPV, PlantedQuestion, planted

pytest.importorskip("sklearn")
STATES = tuple({"effect": round(0.2 + 0.2 * at, 6)} for at in range(10))


@dataclass(frozen=True)
class DoubtfulQuestion(PlantedQuestion):
    """What the levers bring is multiplied by the effect of a state; what they cost is not."""

    def by_effect(self, shares):
        """Return the expected value of plans in each state, (n, S)."""
        effects = np.array([state["effect"] for state in self.states])
        one, other = shares[:, 0], shares[:, 1]
        brought = self.apart * (one + other) + self.together * one * other
        return brought[:, None] * effects - self.price * 1.5 * (one**2 + other)[:, None]

    def run(self, shares, replicates, **options):
        """Return planted runs, each in the state of its replicate."""
        runs = super().run(shares, replicates, **options)
        by_effect = self.by_effect(np.asarray(shares))
        for column, replicate in enumerate(replicates):
            runs.arm[:, column, NPV] += by_effect[:, replicate % len(self.states)] - self.truth(shares)
        return runs


def doubtful(seed, robust, **changes):
    made = planted(seed)
    given = {name: getattr(made, name) for name in made.__dataclass_fields__}
    return DoubtfulQuestion(**given | {"robust": robust, "states": STATES} | changes)


def true_score(question, shares, among):
    """Return the score of a plan that all luck would show; None is doing nothing."""
    every = np.stack([item for item in among if item is not None])
    worth = np.concatenate([question.by_effect(every), np.zeros((1, len(question.states)))])
    at = len(every) if shares is None else int(np.abs(every - shares).max(axis=1).argmin())
    return float(question.score(worth)[at])


def planted_case(seed, robust, **changes):
    question = doubtful(seed, robust, **changes)
    found = optimize(question, SearchSizes(14, 4, 10, 10), {})
    ends = [None if item.is_nothing else item.shares for item in (found.plan, found.nominal)]
    assert found.plan.score >= found.nominal.score
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 11)] * 2), axis=-1).reshape(-1, 2)
    return [true_score(question, end, [*grid, *ends]) for end in ends]


@pytest.mark.parametrize("robust", ["worst_tenth", "regret"])
@pytest.mark.parametrize("changes", [{"together": 2.0, "price": 0.8}, {"together": 0.5, "price": 0.5, "noise": 1.0}])
def test_a_robust_plan_is_truly_no_worse_than_the_nominal_one(robust, changes):
    own, nominal = planted_case(1, robust, **changes)
    assert own >= nominal


@pytest.mark.slow
@pytest.mark.parametrize("robust", ["worst_tenth", "regret"])
def test_robust_plans_are_truly_no_worse_whatever_the_world(robust):
    cases = [
        planted_case(seed, robust, together=together, price=price, noise=noise)
        for seed, (together, price, noise) in enumerate(
            [(t, p, n) for t in (0.0, 2.0, 6.0) for p in (0.3, 0.8, 1.5) for n in (0.3, 2.0)], start=2
        )
    ]
    assert all(own >= nominal for own, nominal in cases), cases
    # Robustness buys something in some of these worlds: the law is no identity.
    assert any(own > nominal for own, nominal in cases)


def test_another_plan_is_chosen_only_where_it_is_shown_to_stand_better():
    question = doubtful(1, "worst_tenth")
    draws = np.random.default_rng(1)
    luck = draws.normal(size=(2, 40))
    level = np.where(np.arange(40) % 10 == 0, 0.0, 5.0)
    better = np.where(np.arange(40) % 10 == 0, 4.0, 4.5)
    holds = np.array([True, True])
    assert robust_choice(question, np.stack([level, better]) + 0.1 * luck, holds, 0)[0] == 1
    assert robust_choice(question, np.stack([level, better]) + 9.0 * luck, holds, 0)[0] == 0
    assert robust_choice(question, np.stack([level, better]) + 0.1 * luck, np.array([True, False]), 0)[0] == 0
    assert robust_choice(question, np.stack([level, better]) - 9.0, holds, None)[0] is None
    assert robust_choice(question, np.stack([level, better]) + 0.1 * luck, holds, None)[0] == 1
    assert robust_choice(question, np.stack([level, level]) - 99.0, np.array([False, False]), None)[0] is None


def test_every_state_is_met_as_often_as_any_other():
    question = doubtful(1, "worst_tenth")
    assert enough_luck(question, 10) == 40 and enough_luck(question, 41) == 50


@pytest.mark.parametrize("robust", ["worst_tenth", "regret"])
def test_what_pays_in_every_state_is_done_and_is_no_worse_than_the_nominal_plan(robust):
    # Purchases cost nothing here: the least regret, as the best worst tenth, is no reason to do nothing.
    question = asked(goal="purchases", robust=robust, replicates=10, doubt=[0.8, 1.2])
    found = find(question, SearchSizes(8, 4, 10, 10))
    assert len(found.question.states) == 10
    assert not found.nothing
    assert found.plan.score >= found.nominal.score


def test_the_nominal_plan_is_the_one_that_the_mean_chooses():
    question = doubtful(3, "worst_tenth", together=2.0, price=0.8)
    sizes = SearchSizes(12, 4, 10, 10)
    robust, best = (optimize(asked_of, sizes, {}) for asked_of in (question, question.nominal))
    assert not best.nothing
    assert robust.nominal.shares.tolist() == best.plan.shares.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "robust", "doubt", "seed"),
    [
        ("telecom", "worst_tenth", [0, 2], 2),
        ("phone_subscription", "worst_tenth", None, 3),
        ("treadmill", "regret", [0.2, 1.2], 1),
    ],
)
def test_robust_plans_of_scenarios_are_no_worse_than_those_of_the_mean(name, robust, doubt, seed):
    question = replace(asked(name, robust=robust, replicates=10, doubt=doubt), seed=seed)
    found = find(question, SearchSizes(10, 4, 10, 10))
    assert found.plan.score >= found.nominal.score
