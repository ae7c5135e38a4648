"""Best responses: what competitors do in an arm when they may answer what the focal brand does there.

Each competitor chooses among stated strategies and the weeks in which it may start them, or waits. It sees what all
brands do and knows the market, but not the luck that will come: it chooses on luck of its own, and does something only
where that is shown to pay more than what it does already. Competitors choose in turn, the best known first, until
nobody changes. What each choice is worth is then measured on luck that chose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.equilibrium import best_response
from sim.analysis.paired import Estimate, estimate
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import SerialExecutor
from sim.execution.trials import Trial, run_trials
from sim.scenario.errors import ConfigError
from sim.scenario.resolved import Arm, Plan, Record
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.execution.executors import Executor

__all__ = ["ArmAnswer", "BrandAnswer", "best_responses"]

Floats = NDArray[np.float64]

#: Customers of the market that a competitor simulates at most before it chooses, and replicates of them.
_CUSTOMERS, _REPLICATES = 2_000, 16
#: Replicates of the luck on which it chooses, and of that on which choices are measured, begin here.
_CHOOSE, _MEASURE = 400_000, 500_000
#: Times that every competitor may choose. Where they still change then, they go round.
_ROUNDS = 6
#: What it does where no strategy pays.
_WAITS = "waits"


@dataclass(frozen=True, slots=True)
class BrandChoices:
    """What one competitor may do: waiting first, then every strategy in every week in which it may start."""

    names: tuple[str, ...]
    strategies: tuple[str | None, ...]
    plans: tuple[Plan, ...]
    goal: str

    @property
    def weeks(self) -> tuple[int | None, ...]:
        """In which step each begins; None for waiting."""
        return (None, *(plan.strategy.start_week for plan in self.plans[1:]))


@dataclass(frozen=True, slots=True)
class BrandAnswer:
    """What one competitor does.

    Attributes
    ----------
    brand : str
    choices : BrandChoices
    chosen : int
        Number of the choice.
    gains : tuple of Estimate
        Of every choice against waiting, on fresh luck, the others doing what they chose.
    """

    brand: str
    choices: BrandChoices
    chosen: int
    gains: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class ArmAnswer:
    """What the competitors of one arm do.

    Attributes
    ----------
    arm : str
    brands : tuple of BrandAnswer
        In the order in which they choose.
    settled : bool
        Whether nobody would change any more; where it is not so they go round, and the last state is taken.
    """

    arm: str
    brands: tuple[BrandAnswer, ...]
    settled: bool

    def plain(self) -> dict[str, Any]:
        """Return it as `summary.json` has it."""
        return {"settled": self.settled, "competitors": {item.brand: _plain(item) for item in self.brands}}


def _plain(item: BrandAnswer) -> dict[str, Any]:
    choices = item.choices
    listed = [
        {"name": name, "strategy": strategy, "start_week": week, "gain": asdict(gain)}
        for name, strategy, week, gain in zip(choices.names, choices.strategies, choices.weeks, item.gains, strict=True)
    ]
    return {"goal": choices.goal, "chosen": listed[item.chosen], "choices": listed}


def best_responses(
    scenario: Scenario, *, seed: int, engine: str = "numba", executor: Executor | None = None
) -> tuple[Scenario, tuple[ArmAnswer, ...]]:
    """Find what competitors do in every arm in which they may answer.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        Key of luck. Replicates are others than those of a comparison.
    engine : {'numba', 'mesa'}
    executor : Executor, optional
        Where replicates are run; this process by default.

    Returns
    -------
    Scenario
        With the strategies that were chosen.
    tuple of ArmAnswer
        One for each arm in which somebody may answer.
    """
    found = []
    if all(plan.best_response is None for arm in scenario.arms.values() for plan in arm.plans.values()):
        return scenario, ()  # the same object, so that what was compiled of it is found again
    changed = scenario.waiting()
    for name, arm in scenario.arms.items():
        answering = sorted(
            (brand for brand, plan in arm.plans.items() if plan.best_response is not None),
            key=lambda brand: -scenario.market.brands[brand].salience,
        )
        if not answering:
            continue
        options = {"engine": engine, "executor": executor or SerialExecutor()}
        answer = _ArmRounds(scenario, changed, arm, answering, seed, options).settle()
        found.append(answer)
        plans = {**changed.arms[name].plans, **{item.brand: item.choices.plans[item.chosen] for item in answer.brands}}
        changed = replace(changed, arms={**changed.arms, name: Arm(name=name, plans=plans)})
    return changed, tuple(found)


class _ArmRounds:
    """Rounds of choices in one arm."""

    def __init__(
        self,
        scenario: Scenario,
        waiting: Scenario,
        arm: Arm,
        answering: list[str],
        seed: int,
        options: Mapping[str, Any],
    ) -> None:
        small = waiting if waiting.population <= _CUSTOMERS else waiting.simulating(_CUSTOMERS)
        self.scenario = replace(small, record=Record(customers=False, events=0, lives=0))
        self.arm = waiting.arms[arm.name]
        self.choices = {brand: _choices(scenario, arm, brand) for brand in answering}
        self.chosen = dict.fromkeys(answering, 0)
        self.seed, self.options = seed, options
        self._known: dict[tuple[Any, ...], Floats] = {}

    def settle(self) -> ArmAnswer:
        """Let everybody choose in turn until nobody changes."""
        settled = False
        for _ in range(_ROUNDS):
            before = dict(self.chosen)
            for brand in self.chosen:
                self.chosen[brand] = self._choose(brand)
            settled = self.chosen == before
            if settled:
                break
        return ArmAnswer(self.arm.name, tuple(self._answers()), settled)

    def _choose(self, brand: str) -> int:
        goals = self._goals(brand, _CHOOSE)
        payoffs = np.repeat(goals[:, None, :, None], 2, axis=3)
        return best_response(payoffs, (0, self.chosen[brand]), 1)

    def _answers(self) -> Iterator[BrandAnswer]:
        for brand, choices in self.choices.items():
            goals = self._goals(brand, _MEASURE)
            gains = tuple(estimate(goals[:, at] - goals[:, 0]) for at in range(goals.shape[1]))
            yield BrandAnswer(brand, choices, self.chosen[brand], gains)

    def _goals(self, brand: str, first: int) -> Floats:
        """Return what a brand has of each of its choices, the others doing what they do now, (R, J)."""
        others = tuple((other, at) for other, at in self.chosen.items() if other != brand)
        key = (brand, first, others)
        if key not in self._known:
            self._known[key] = self._run(brand, dict(others), first)
        return self._known[key]

    def _run(self, brand: str, others: Mapping[str, int], first: int) -> Floats:
        scenario, choices = self.scenario, self.choices[brand]
        plans = {**self.arm.plans, **{other: self.choices[other].plans[at] for other, at in others.items()}}
        base = scenario.baseline
        names = [f"{base}_choice_{at}" for at in range(len(choices.plans))]
        arms = {
            name: Arm(name=name, plans={**plans, brand: plan}) for name, plan in zip(names, choices.plans, strict=True)
        }
        # Whose customers are counted does not touch what customers do: the competitor is made the focal brand.
        view = replace(
            scenario,
            market=replace(scenario.market, focal=brand),
            arms={base: scenario.arms[base], **arms},
        )
        (outcome,) = run_trials([Trial(view, self.seed, tuple(range(first, first + _REPLICATES)))], **self.options)
        if outcome.error:
            raise ConfigError(f"an answer of {brand} could not be run: {outcome.error}")
        column = RUN_METRICS.index(choices.goal)
        return np.stack([outcome.metrics[outcome.arms.index(name), :, 0, column] for name in names], axis=1)


def _choices(scenario: Scenario, arm: Arm, brand: str) -> BrandChoices:
    plan, lead = arm.plans[brand], arm.plans[scenario.market.focal]
    answer = plan.best_response
    assert answer is not None
    start = lead.strategy.start_week
    weeks = answer.start_weeks or (start + answer.lag, start + 2 * answer.lag)
    names, plans = [_WAITS], [replace(plan, best_response=None)]
    strategies: list[str | None] = [None]
    for name, strategy in answer.strategies.items():
        for week in sorted(set(weeks)):
            names.append(f"{name} from {scenario.step} {week}")
            strategies.append(name)
            plans.append(Plan(journey=answer.journey or lead.journey, strategy=replace(strategy, start_week=week)))
    return BrandChoices(tuple(names), tuple(strategies), tuple(plans), answer.goal)
