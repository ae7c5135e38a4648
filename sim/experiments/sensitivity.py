"""Sensitivity: which levers of a scenario decide how much better or worse an arm does than the baseline.

Every point is run with the same random numbers: an error that all points share cancels in the differences between
points, on which elementary effects and variance shares rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from sim.analysis.global_sensitivity import GlobalSensitivity, analyse, narrowest
from sim.experiments.factor_response import FactorResponse, TrialOptions, evaluate_points, point_controls
from sim.scenario.errors import ConfigError

__all__ = ["DEFAULT_FACTORS", "Sensitivity", "sensitivity"]

#: Levers that are varied where none are named, as far as the scenario has them.
DEFAULT_FACTORS: tuple[str, ...] = (
    "privacy_concern",
    "contact_rate",
    "capability_level",
    "capability_cost",
    "contact_cost",
    "product_quality",
    "margin",
    "deliberation",
    "loyalty",
    "fatigue",
    "competitors_answer",
)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What decides how an arm does against the baseline.

    Attributes
    ----------
    response : FactorResponse
    global_sensitivity : GlobalSensitivity
        Indices of every lever over its whole range, of what the runs gave or with the company's luck taken out of
        every point, whichever leaves less open.
    replicates : int
    controlled : float64 (n, R)
        The values of every point with the company's luck taken out.
    """

    response: FactorResponse
    global_sensitivity: GlobalSensitivity
    replicates: int
    controlled: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean difference at every point, (n,)."""
        return np.asarray(self.controlled.mean(axis=1))

    @property
    def losing(self) -> float:
        """Share of the points at which the arm does worse than the baseline."""
        return float((self.means < 0.0).mean())


def sensitivity(
    response: FactorResponse,
    *,
    method: str,
    size: int,
    replicates: int,
    **options: Unpack[TrialOptions],
) -> Sensitivity:
    """Run a design of Morris or Sobol' and estimate its indices.

    Parameters
    ----------
    response : FactorResponse
    method : {'morris', 'sobol'}
    size : int
        Trajectories, or rows (a power of 2).
    replicates : int
        Of every point, with the same random numbers at each.
    **options
        Those of :func:`sim.execution.trials.run_trials`.

    Returns
    -------
    Sensitivity

    Raises
    ------
    ConfigError
        If a run fails or the metric is undefined at a point: a design with holes has no indices.
    """
    every = tuple(range(replicates))

    def function(shares: NDArray[np.float64]) -> NDArray[np.float64]:
        values, failed = evaluate_points(response, shares, [every] * len(shares), **options)
        if failed:
            where = response.describe(shares[failed[0].point])
            raise ConfigError(
                f"{len(failed)} of {len(shares)} points failed, the first at {where}: {failed[0].error}; "
                "give levers narrower ranges"
            )
        holes = np.flatnonzero(np.isnan(values).any(axis=1))
        if holes.size:
            where = response.describe(shares[holes[0]])
            raise ConfigError(
                f"metric is {response.metric}, which is undefined at {holes.size} of {len(shares)} points, such as"
                f" {where}; give another metric or a larger population"
            )
        return values

    names = [factor.name for factor in response.factors]
    plain = analyse(method, names, function, size=size, seed=response.seed)
    controls = point_controls(response, plain.shares, [every] * len(plain.shares))
    controlled = np.array(
        [
            values if control is None else control.adjusted(values)
            for values, control in zip(plain.values, controls, strict=True)
        ]
    )
    found = plain
    if not np.array_equal(controlled, plain.values):
        found = narrowest(plain, analyse(method, names, lambda _: controlled, size=size, seed=response.seed))
    return Sensitivity(response, found, replicates, controlled)
