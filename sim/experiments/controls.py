"""Controls: the company's luck in the replicates of a comparison, as control variates by arm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.analysis.control_variate import ControlVariate
from sim.experiments.measured import Runs
from sim.scenario.resolved import ResolvedScenario
from sim.world.company_luck import CompanyLuck, company_luck

__all__ = ["controls_of", "difference_control"]


def controls_of(runs: Runs, seed: int) -> dict[str, ControlVariate]:
    """Return the control variate of every arm that has one, of its figures and of its difference from the baseline.

    Parameters
    ----------
    runs : sequence of tuple
        What a comparison ran: scenarios, alike but for parameters, and replicates of each.
    seed : int

    Returns
    -------
    dict
        By arm. Where the baseline's company experiments too, its luck moves every difference: then all arms have one
        control in common, the mean of theirs.
    """
    if not runs or runs[0][0].precision_method == "plain":
        return {}
    scenario = runs[0][0]
    own = {
        arm: _together([company_luck(one, arm, seed, numbers) for one, numbers in runs], runs) for arm in scenario.arms
    }
    there = {arm: control for arm, control in own.items() if control is not None}
    if scenario.baseline not in there:
        return there
    both = ControlVariate(
        np.mean([control.surprise for control in there.values()], axis=0),
        float(np.mean([control.variance for control in there.values()])),
    )
    return dict.fromkeys(own, both)


def difference_control(
    scenario: ResolvedScenario, arm: str, seed: int, replicates: Sequence[int]
) -> ControlVariate | None:
    """Return the control variate of the difference of an arm from the baseline; None where there is none.

    Parameters
    ----------
    scenario : ResolvedScenario
    arm : str
    seed : int
    replicates : sequence of int

    Returns
    -------
    ControlVariate or None
    """
    if scenario.precision_method == "plain":
        return None
    pair = [company_luck(scenario, name, seed, replicates) for name in dict.fromkeys((arm, scenario.baseline))]
    there = [luck for luck in pair if luck is not None]
    if not there:
        return None
    return ControlVariate(
        np.mean([luck.surprise for luck in there], axis=0), float(np.mean([luck.variance for luck in there]))
    )


def _together(parts: Sequence[CompanyLuck | None], runs: Runs) -> ControlVariate | None:
    """Return the luck of all replicates; None where no scenario has any."""
    there = [part for part in parts if part is not None]
    if not there:
        return None
    rows = [
        np.zeros(len(numbers)) if part is None else part.surprise
        for part, (_, numbers) in zip(parts, runs, strict=True)
    ]
    return ControlVariate(np.concatenate(rows), float(np.mean([part.variance for part in there])))
