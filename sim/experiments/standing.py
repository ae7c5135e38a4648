"""Standing: how an arm does as the scenario stands, by luck and doubt, as a comparison has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import SHAPES
from sim.analysis.paired import NORMAL_WIDTH, Uncertainty
from sim.analysis.response import Response
from sim.analysis.sampling import Sampling
from sim.analysis.shape import ANYTHING
from sim.experiments.controls import controls_of
from sim.experiments.doubt import MAX_CUSTOMERS, MAX_REPLICATES, acts, doubt_ranges, replicates_by_points
from sim.experiments.factor_response import FactorResponse, TrialOptions, evaluate_points
from sim.experiments.measured import scaled_effect

__all__ = ["Standing", "predicted_standing", "simulated_standing"]

#: Replicates: the first, so that the random numbers are those of a comparison.
_REPLICATES = tuple(range(8))


@dataclass(frozen=True, slots=True)
class Standing:
    """The difference as the scenario stands.

    Attributes
    ----------
    mean, low, high : float
        With its 95 % interval.
    losing : float
        Probability that it is below zero.
    doubt : float
        Half-width by how well the capabilities work alone; 0 where nothing is in doubt.
    """

    mean: float
    low: float
    high: float
    losing: float
    doubt: float = 0.0

    @property
    def side(self) -> str:
        """On which side of the boundary it surely lies: ``pays``, ``loses``, or neither."""
        return "pays" if self.low > 0.0 else "loses" if self.high < 0.0 else ""


def predicted_standing(mean: float, error: float, losing: float) -> Standing:
    """Return the standing that an emulator predicts, without doubt.

    Parameters
    ----------
    mean, error : float
        The difference and its standard error.
    losing : float
        Probability that it is below zero.

    Returns
    -------
    Standing
    """
    return Standing(mean, mean - NORMAL_WIDTH * error, mean + NORMAL_WIDTH * error, losing)


def simulated_standing(response: FactorResponse, **options: Unpack[TrialOptions]) -> Standing | None:
    """Run the scenario as it stands as a comparison does: on its random numbers, with the doubt that strategies state.

    Parameters
    ----------
    response : FactorResponse
    **options
        Those of :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    Standing or None
        None where a run has no value.
    """
    scenario = response.scenario
    (values,), _ = evaluate_points(response, response.own[None, :], [_REPLICATES], **options)
    if np.isnan(values).any():
        return None
    shape = SHAPES.get(response.metric, ANYTHING).difference()
    is_inside = all(factor.low <= factor.own <= factor.high for factor in response.factors)
    controls = controls_of([(scenario, _REPLICATES)], response.seed) if is_inside else {}
    spread = Uncertainty.of(values, Sampling(controls=controls, baseline=scenario.baseline).of(response.arm), shape)
    shifts = _shifts(response, options)
    low, high = spread.ends(shape, shifts)
    above = spread.above_zero(shifts)
    if spread.mean is None or low is None or high is None or above is None:
        return None
    return Standing(spread.mean, low, high, 1.0 - above, spread.doubt(shifts) or 0.0)


def _shifts(response: FactorResponse, options: TrialOptions) -> NDArray[np.float64] | None:
    """Return by how much the difference shifts with the effectiveness, or None without doubt."""
    ranges = doubt_ranges(response.scenario)
    if not ranges:
        return None
    design = Response.of(ranges)
    few: dict[str, Any] = {"population": min(response.scenario.population, MAX_CUSTOMERS)}
    settings = [
        {**few, **_effectiveness(response, dict(zip(design.names, row, strict=True)))} for row in design.design.tolist()
    ]
    replicates = min(len(_REPLICATES), MAX_REPLICATES)
    run_in = replicates_by_points(len(settings), replicates)
    found = np.empty(len(settings))
    for points, own in run_in.items():
        asked = [few, *(settings[number] for number in points)]
        at = np.repeat(response.own[None, :], len(asked), axis=0)
        values, _ = evaluate_points(response, at, [tuple(own)] * len(asked), asked, **options)
        found[list(points)] = (values[1:] - values[0]).mean(axis=1)
    shifts = design.shifts(found, replicates / len(run_in))
    return None if np.isnan(shifts).any() else shifts


def _effectiveness(response: FactorResponse, multiples: dict[str, float]) -> dict[str, Any]:
    """Return what sets the effectiveness of the arms whose capabilities act to multiples of what is stated."""
    scenario, values = response.scenario, {}
    focal = scenario.market.focal
    for name, arm in scenario.arms.items():
        strategy = arm.plans[focal].strategy
        for capability, times in multiples.items():
            if acts(strategy, capability):
                effect = scaled_effect(getattr(strategy.effectiveness, capability), times)
                values[f"arms.{name}.focal.strategy.effectiveness.{capability}"] = effect
    return values
