"""What optimize promises, in planted worlds whose truth is known: budgets, units of money, interactions, no winner's curse."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.execution.chunk import RUN_METRICS
from sim.experiments.optimize import optimize
from sim.experiments.plan import Goal, PlanQuestion, PlanRuns
from sim.experiments.plan_limit import PlanLimit
from sim.experiments.plan_search import PlanModel, PlanSearch, SearchSizes, best_first
from sim.scenario.factor import Factor

pytest.importorskip("sklearn")
QUESTION = [field.name for field in fields(PlanQuestion)]
NPV, BUILD, CONTACTS = (RUN_METRICS.index(name) for name in ("npv", "cost_build", "cost_contacts"))


@dataclass(frozen=True)
class Horizon:
    """All that a question asks of a scenario where nothing is simulated."""

    horizon: int = 100


@dataclass(frozen=True)
class PlantedQuestion(PlanQuestion):
    """A question whose runs come from a formula: what two levers bring together, less what each costs."""

    unit: float = 1.0
    apart: float = 1.0
    together: float = 8.0
    noise: float = 0.3
    price: float = 1.0

    def truth(self, shares):
        """Return the expected value of plans, (n,)."""
        one, other = shares[:, 0], shares[:, 1]
        brought = self.apart * (one + other) + self.together * one * other
        return self.unit * (brought - self.price * 1.5 * (one**2 + other))

    def control(self, point, replicates, values=None):
        """Nobody experiments here."""

    def run(self, shares, replicates, *, values=None, **options):
        """Return planted runs: noise that all plans share, and a little that is each one's own."""
        arm = np.zeros((len(shares), len(replicates), len(RUN_METRICS)))
        for column, replicate in enumerate(replicates):
            common = np.random.default_rng([self.seed, replicate]).normal()
            for row, point in enumerate(shares):
                key = [self.seed, replicate, *np.round(point * 1e6).astype(int).tolist()]
                own = np.random.default_rng(key).normal(size=2)
                arm[row, column, NPV] = self.unit * (3.0 * common + self.noise * own[0])
                # Contacts are as many as chance makes them; building costs what it costs.
                arm[row, column, CONTACTS] = self.unit * self.price * point[1] * max(0.0, 1.5 + 0.05 * own[1])
        arm[:, :, NPV] += self.truth(shares)[:, None]
        arm[:, :, BUILD] = self.unit * self.price * 1.5 * shares[:, :1] ** 2
        base = np.zeros_like(arm)
        for column, replicate in enumerate(replicates):
            base[:, column, NPV] = self.unit * 3.0 * np.random.default_rng([self.seed, replicate]).normal()
        return PlanRuns(np.array(shares), arm, base)


@dataclass(frozen=True)
class TiltedQuestion(PlantedQuestion):
    """Luck that plans share moves neighbours alike: few replicates show a best plan that is theirs alone."""

    tilt: float = 12.0

    def truth(self, shares):
        """Return the expected value of plans, (n,): 10 at the best, 9.9 a tenth of a lever beside it."""
        return 10.0 - 10.0 * ((shares[:, 0] - 0.7) ** 2 + (shares[:, 1] - 0.6) ** 2)

    def run(self, shares, replicates, **options):
        """Return planted runs, each tilted over the levers."""
        runs = super().run(shares, replicates, **options)
        for column, replicate in enumerate(replicates):
            slope = self.tilt * np.random.default_rng([self.seed, replicate, 7]).normal(size=2)
            runs.arm[:, column, NPV] += (shares - 0.5) @ slope
        return runs


def planted(seed=1, budget=None, **changes):
    factors = tuple(Factor(name, 0.0, 1.0, own=0.5) for name in ("automation", "contact_rate"))
    question = PlantedQuestion(Horizon(), "arm", factors, Goal({"npv": 1.0}, "npv"), budget, (), "mean", ({},), seed)
    return replace(question, **changes)


def find(question, evaluations=24, confirm=16):
    return optimize(question, SearchSizes(evaluations, 4, 4, confirm), {})


def best_of(question):
    axis = np.linspace(0.0, 1.0, 101)
    return float(question.truth(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)).max())


def greedy(question):
    """The plan of who takes levers for separable: each as far as it pays alone."""
    axis = np.linspace(0.0, 1.0, 101)
    alone = np.zeros((2, 101, 2))
    alone[0, :, 0] = alone[1, :, 1] = axis
    return np.array([axis[int(np.argmax(question.truth(line)))] for line in alone])


def test_levers_that_pay_only_together_are_found_and_a_separable_allocation_misses_them():
    question = planted()
    found = find(question)
    best, separable = best_of(question), float(question.truth(greedy(question)[None, :])[0])
    own = float(question.truth(found.plan.shares[None, :])[0])
    assert not found.nothing
    assert own >= 0.99 * best
    # The planted amount: what the two levers bring at the best plan, beyond what each brings alone.
    assert best - separable > 6.0
    assert found.plan.value.ci_low > separable


def test_a_best_plan_that_is_best_on_the_luck_of_the_search_alone_loses_the_race():
    # Eight replicates move the best plan by a fifth of a lever each way, and then it is worth a tenth less.
    seeds = (1, 2, 3)
    regrets, before = [], []
    for seed in seeds:
        question = TiltedQuestion(**{name: getattr(planted(seed), name) for name in QUESTION}, noise=0.5)
        found = optimize(question, SearchSizes(32, 4, 8, 8), {})
        shown = question.worth(question.run(found.runs.shares, range(8))).mean(axis=1)
        regrets.append(10.0 - float(question.truth(found.best_tried.shares[None, :])[0]))
        before.append(10.0 - float(question.truth(found.runs.shares[[int(np.argmax(shown))]])[0]))
    assert np.mean(before) > 0.4
    assert np.mean(regrets) < 0.5 * np.mean(before)


def test_plans_around_the_best_one_are_found_again_where_they_were_tried():
    # Else one that a luckier neighbour kept out of the race never enters it.
    question = planted()
    search = PlanSearch(question, SearchSizes(40, 4, 4, 8), {})
    best = search.runs.shares[best_first(question, search.runs)[0]]
    model = PlanModel(question, search.runs)
    first, tried = search.around(model, best), len(search.runs)
    again = search.around(model, best)
    assert {tuple(point) for point in first[:4]} <= {tuple(point) for point in again}
    assert len(search.runs) - tried <= 8
    assert {tuple(point) for point in again} <= {tuple(point) for point in search.runs.shares}


def test_a_thousand_times_the_money_is_the_same_plan():
    small = find(planted(budget=2.0), evaluations=16)
    large = find(planted(budget=2000.0, unit=1000.0), evaluations=16)
    assert small.plan.shares.tolist() == large.plan.shares.tolist()
    assert small.runs.shares.tolist() == large.runs.shares.tolist()
    assert large.plan.spent == pytest.approx(1000.0 * small.plan.spent)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    seed=st.integers(1, 10_000),
    price=st.floats(0.05, 3.0),
    budget=st.floats(0.0, 4.0),
    together=st.floats(0.0, 12.0),
)
def test_no_run_of_a_plan_spends_a_cent_beyond_the_budget(seed, price, budget, together):
    question = planted(seed, budget, price=price, together=together)
    found = find(question, evaluations=12, confirm=8)
    fresh = question.run(found.plan.shares[None, :], range(200_000, 200_008))
    spent = 0.0 if found.nothing else question.spending(fresh).max()
    assert spent <= budget and found.plan.most_spent <= budget
    assert all(item.most_spent <= budget for item in found.alternatives if item.holds)


@pytest.mark.parametrize("budget", [0.0, 0.01, 0.5, 2.0])
def test_a_rule_of_thumb_keeps_the_budget_or_is_none(budget):
    found = find(planted(budget=budget), evaluations=12, confirm=8)
    runs = found.question.run(np.array([item.shares for item in found.rules]).reshape(-1, 2), range(8))
    assert (found.question.most_spent(runs) <= 1.1 * budget).all()
    assert all(item.shares.any() for item in found.rules)
    assert len({item.name for item in found.rules}) == len(found.rules)
    assert budget < 0.5 or found.rules


def test_a_rule_of_thumb_is_drawn_back_no_further_than_the_budget_asks():
    # Else the plan is beside rules that spend a third of what it may, and looks better than it is.
    for budget in (0.5, 1.0):
        found = find(planted(budget=budget), evaluations=12, confirm=8)
        runs = found.question.run(np.array([item.shares for item in found.rules]), range(4))
        most = found.question.most_spent(runs)
        assert {item.name for item in found.rules} >= {
            "the scenario's own, drawn back to the budget",
            "equal split of the budget",
        }
        assert (most >= 0.85 * budget).all() and (most <= budget).all()


def test_nothing_is_done_where_every_lever_costs_more_than_it_brings():
    found = find(planted(apart=0.5, together=0.0))
    assert found.nothing and found.plan.value.mean == 0.0 and found.plan.spent == 0.0


def test_where_no_plan_holds_every_limit_the_nearest_one_is_told():
    # The dearest plan is the nearest: contacts for 1.5 in the mean, of which 1.6 are asked for.
    limit = PlanLimit("cost_contacts >= 1.6", "cost_contacts", -1.0, 1.6)
    found = find(planted(limits=(limit,)), evaluations=12, confirm=8)
    assert found.nothing and not found.best_tried.holds
    assert found.best_tried.shares[1] > 0.97
    (contacts,) = found.best_tried.limited
    assert 1.4 < contacts.mean < 1.6 and found.best_tried.shortfall < 0.15


@pytest.mark.slow
def test_the_promised_interval_holds_the_truth_in_at_least_90_of_100():
    # Much noise and several plans alike: where the best is picked by luck. A 95 % interval holds the truth in fewer
    # than 90 of 100 with a chance of 3 %; the seeds are fixed.
    held = lucky = 0
    for seed in range(1, 101):
        question = planted(seed, together=3.0, noise=2.0)
        found = find(question, evaluations=12, confirm=12)
        item = found.best_tried
        truth = float(question.truth(item.shares[None, :])[0])
        held += item.value.ci_low <= truth <= item.value.ci_high
        lucky += float(question.worth(found.runs).mean(axis=1).max()) > truth
    assert held >= 90
    # What the search itself saw of its best is more than it is worth, as a rule: the interval is not of that.
    assert lucky > 60
