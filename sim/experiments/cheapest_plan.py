"""CheapestPlan: why no plan keeps a budget. What is spent where least is, and on what that no lever moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.strategies import CAPABILITIES, Strategy
from sim.execution.chunk import RUN_METRICS
from sim.experiments.plan import PlanQuestion, PlanRuns, planned
from sim.experiments.plan_limit import SPENDING

__all__ = ["CheapestPlan", "cheapest_plan"]

Floats = NDArray[np.float64]

#: Levers of the rates of contact, by what a strategy calls these.
_CONTACTED: Mapping[str, str] = {"customers": "contact_rate", "prospects": "prospect_contact_rate"}


@dataclass(frozen=True, slots=True)
class CheapestPlan:
    """The plan that spends least of all that were tried, where even that breaks the budget.

    Attributes
    ----------
    shares : float64 (k,)
    charged, most_spent : float
        Mean of what counts against the budget, and what that is held to be at most.
    parts : mapping of str to float
        Spending over the horizon by kind.
    unmoved : tuple of str
        Names of levers that would move what else costs in it: capabilities and rates of contact.
    """

    shares: Floats
    charged: float
    most_spent: float
    parts: Mapping[str, float]
    unmoved: tuple[str, ...]


def cheapest_plan(question: PlanQuestion, runs: PlanRuns) -> CheapestPlan | None:
    """Return the plan that spends least, or None where some plan keeps the budget, or there is none.

    Parameters
    ----------
    question : PlanQuestion
    runs : PlanRuns
        Every plan that was tried.

    Returns
    -------
    CheapestPlan or None
    """
    most = question.most_spent(runs)
    at = int(np.argmin(most))
    if question.budget is None or most[at] <= question.budget:
        return None
    shares = runs.shares[at]
    return CheapestPlan(
        shares,
        float(question.charged(runs)[at].mean()),
        float(most[at]),
        {kind: float(runs.arm[at, :, RUN_METRICS.index(kind)].mean()) for kind in SPENDING},
        _unmoved(question, planned(question, shares).strategy),
    )


def _unmoved(question: PlanQuestion, strategy: Strategy) -> tuple[str, ...]:
    """Return the levers of what a strategy has that costs, and that none of those asked for moves."""
    moved = {path.rpartition(".")[2] for factor in question.factors for path, _ in factor.paths}
    levels = {name: getattr(strategy, name) for name in CAPABILITIES if name not in moved}
    rates = strategy.contacts_per_week
    contacts = {lever: getattr(rates, whom) for whom, lever in _CONTACTED.items() if whom not in moved}
    return tuple(name for name, amount in (levels | contacts).items() if amount > 0.0)
