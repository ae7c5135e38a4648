"""Measured: further arms of a comparison, run on its random numbers with fewer customers, and their measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.strategies import CAPABILITIES, Effectiveness
from sim.analysis.metrics import Measures, measure
from sim.scenario.resolved import Arm, Record
from sim.scenario.scenario import Scenario

__all__ = ["Runs", "measured", "scaled_arm", "scaled_effect"]

#: Scenarios, alike but for parameters, with the replicates that are run of each.
Runs = Sequence[tuple[Scenario, Sequence[int]]]
_NO_RECORD = Record(customers=False, events=0, lives=0)
#: The largest effectiveness that a capability can have.
_MOST = 2.0


def measured(
    runs: Runs,
    arms: Mapping[str, Mapping[str, float] | None],
    customers: int,
    options: Mapping[str, Any],
    only: Callable[[int], Collection[str]] | None = None,
) -> Iterator[Mapping[str, Measures]]:
    """Run arms with other effectiveness on the random numbers of a comparison.

    Parameters
    ----------
    runs : sequence of tuple
        What the comparison ran.
    arms : mapping
        By a name of its own, the arm and multiples of its effectiveness: ``"ARM"`` or ``"ARM NUMBER"`` to
        multiples by capability, None as the arm is.
    customers : int
        How many are simulated, at most.
    options : mapping
        How to run: ``seed``, ``engine``, ``threads``, ``executor``.
    only : callable, optional
        By the number of a replicate among all of them, which of the arms are run; all by default.

    Yields
    ------
    mapping
        By replicate, the measures of each arm, of the whole market.
    """
    from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

    done = 0
    for scenario, replicates in runs:
        asked = {name: scaled_arm(scenario, name.split(" ")[0], multiples) for name, multiples in arms.items()}
        few = scenario.simulating(min(scenario.population, customers))
        # The burn-in is the baseline's, also where the baseline is not asked for.
        there = {scenario.baseline: scenario.arms[scenario.baseline], **asked}
        small = replace(few, arms=there, precision=None, record=_NO_RECORD)
        wanted = {number: tuple(asked) if only is None else only(done + at) for at, number in enumerate(replicates)}
        for _, histories in run_replicates(small, replicates=replicates, arms=wanted.__getitem__, **options):
            yield {name: measure(history, small) for name, history in histories.items()}
        done += len(replicates)


def scaled_effect(stated: float, times: float) -> float:
    """Return a multiple of an effectiveness, at most the largest that there can be.

    Examples
    --------
    >>> scaled_effect(0.5, 3.0), scaled_effect(1.0, 3.0)
    (1.5, 2.0)
    """
    return min(stated * times, _MOST)


def scaled_arm(scenario: Scenario, arm: str, multiples: Mapping[str, float] | float | None) -> Arm:
    """Return an arm whose focal brand's capabilities work so many times as well, at the same cost.

    Parameters
    ----------
    scenario : Scenario
    arm : str
    multiples : mapping or float, optional
        Multiples of the stated effectiveness, by capability or of all; the product is kept within its range.

    Returns
    -------
    Arm
    """
    whole = scenario.arms[arm]
    if multiples is None:
        return whole
    plan = whole.plans[scenario.market.focal]
    own = plan.strategy.effectiveness
    of = dict.fromkeys(CAPABILITIES, multiples) if isinstance(multiples, int | float) else multiples
    effects = {name: scaled_effect(getattr(own, name), of.get(name, 1.0)) for name in CAPABILITIES}
    scaled = replace(plan, strategy=replace(plan.strategy, effectiveness=Effectiveness(**effects)))
    return replace(whole, plans={**whole.plans, scenario.market.focal: scaled})
