"""Costs: what a strategy's costs were typed as, and what was charged for them over the horizon."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents.money import to_minor
from agents.strategies import CAPABILITIES
from sim.analysis.paired import estimate
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.record.history import Fixed, History, Money
from sim.world.costs import segment_costs
from sim.world.timeline import timeline_of

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario

__all__ = ["CostLine", "cost_table"]


class CostLine(NamedTuple):
    """One line of the table *typed / charged*.

    Attributes
    ----------
    what : str
        Such as ``build automation``, ``run automation``, ``contacts``, ``experiments``.
    unit : str
        What the amounts typed and each are paid for: ``once``, a time (``week``, ``day``, ``month``, ``year``),
        ``contact``, ``experiment``.
    typed : float
        As the strategy says it, in money.
    each : float
        What one unit was charged, in money: as typed, unless the level was moved or part of it stood already.
    times : float
        Units charged over the horizon, in the whole market, mean over replicates.
    charged : float
        What was charged over the horizon, in money, mean over replicates.
    """

    what: str
    unit: str
    typed: float
    each: float
    times: float
    charged: float


def cost_table(
    scenario: ResolvedScenario,
    arm: str,
    replicates: Sequence[Mapping[str, History]],
    sampling: Sampling = INDEPENDENT,
) -> list[dict[str, Any]]:
    """Return what the focal brand's costs in one arm were typed as, and what was charged.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm : str
        One of its arms.
    replicates : sequence of mapping
        By replicate, the history of every arm.
    sampling : Sampling
        How they were drawn.

    Returns
    -------
    list of dict
        A :class:`CostLine` each; the amounts charged add up to the terms ``build``, ``run``, ``contacts`` and
        ``experiments`` of the arm's contribution.
    """
    focal = scenario.market.focal
    if not focal or scenario.market.name == "none":
        return []
    timeline = timeline_of(scenario, scenario.arms[arm], focal)

    def mean(count: Callable[[History], Any]) -> float:
        values = {name: np.array([float(count(one[name])) for one in replicates]) for name in (arm, scenario.baseline)}
        return estimate(values[arm], sampling.of(arm), beside=sampling.beside(arm, values)).mean or 0.0

    lines = [*_fixed_lines(scenario, timeline), *_counted_lines(scenario, timeline[-1].plan.strategy.costs, mean)]
    return [line._asdict() for line in lines]


def _fixed_lines(scenario: ResolvedScenario, timeline: Sequence[Any]) -> list[CostLine]:
    """Return the lines of build and run: of the plan in force at the end, and of earlier ones that ran before it."""
    first, last = scenario.burn_in, scenario.burn_in + scenario.horizon
    charged = segment_costs(timeline, scenario)
    lines: list[CostLine] = []
    for at, (start, plan, _) in enumerate(timeline):
        end = timeline[at + 1].start if at + 1 < len(timeline) else last
        steps = max(0, min(end, last) - max(start, first))
        final = at + 1 == len(timeline)
        until = "" if final else f" until {scenario.step} {end - first}"
        if not final and steps == 0:
            continue
        for name in CAPABILITIES:
            typed = getattr(plan.strategy.costs.build, name).amount
            each = charged[at].build[name] / scenario.minor_units
            if typed > 0.0:
                once = int(at > 0 and first <= start < last)
                lines.append(CostLine(f"build {name}{until}", "once", typed, each, once, each * once))
        begun = np.arange(max(start, first) - start, min(end, last) - start)
        for name in CAPABILITIES:
            cost, paid, due = getattr(plan.strategy.costs.run, name), charged[at].run[name], charged[at].payments[name]
            if cost.amount > 0.0:
                times = int(due[begun % due.size].sum())
                each = paid / scenario.minor_units
                unit = scenario.step if cost.every == "step" else cost.every
                lines.append(
                    CostLine(f"run {name}{until}", unit, cost.amount, each, times, paid * times / scenario.minor_units)
                )
    return lines


def _counted_lines(
    scenario: ResolvedScenario, costs: Any, mean: Callable[[Callable[[History], Any]], float]
) -> list[CostLine]:
    """Return the lines of contacts and experiments, whose number the run decides."""
    focal, scale = scenario.focal, scenario.scale
    contacts = mean(lambda history: history.contacts[:, :, focal].sum()) * scale
    paid = mean(lambda history: history.money[:, :, focal, Money.CONTACTS].sum()) * scale / scenario.minor_units
    spent = mean(lambda history: history.fixed[:, focal, Fixed.EXPERIMENTS].sum()) / scenario.minor_units
    lines = []
    if costs.contact > 0.0 or paid > 0.0:
        each = paid / contacts if contacts else costs.contact
        lines.append(CostLine("contacts", "contact", costs.contact, each, contacts, paid))
    if costs.experiment > 0.0 or spent > 0.0:
        each = to_minor(costs.experiment, scenario.minor_units) / scenario.minor_units
        times = spent / each if each else 0.0
        lines.append(CostLine("experiments", "experiment", costs.experiment, each, times, spent))
    return lines
