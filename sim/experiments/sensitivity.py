"""Sensitivity: which dials of a scenario decide how much better or worse an arm does than the baseline.

Every point is run on the same replicates: luck that all points share cancels in the differences between points, on
which elementary effects and variance shares rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.analysis.global_sensitivity import GlobalSensitivity, analyse
from sim.execution.trials import Finished
from sim.experiments.factor_response import FactorResponse, evaluate_points
from sim.scenario.errors import ConfigError

if TYPE_CHECKING:
    from sim.execution.executors import Executor
    from sim.execution.store import Store

__all__ = ["DEFAULT_DIALS", "Sensitivity", "sensitivity"]

#: Dials that are turned where none are named, as far as the scenario has them.
DEFAULT_DIALS: tuple[str, ...] = (
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
        Of every dial over its whole range.
    replicates : int
    """

    response: FactorResponse
    global_sensitivity: GlobalSensitivity
    replicates: int

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean difference at every point, (n,)."""
        return np.asarray(self.global_sensitivity.values.mean(axis=1))

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
    executor: Executor,
    store: Store | None = None,
    on_done: Callable[[Finished], None] | None = None,
    engine: str = "numba",
) -> Sensitivity:
    """Run a design of Morris or Sobol' and decompose what it shows.

    Parameters
    ----------
    response : FactorResponse
    method : {'morris', 'sobol'}
    size : int
        Trajectories, or rows (a power of 2).
    replicates : int
        Of every point, the same luck at each.
    executor, store, on_done, engine
        As in :func:`sim.execution.trials.run_trials`.

    Raises
    ------
    ConfigError
        If a run fails or the metric is undefined at a point: a design with holes has no indices.
    """
    everyone = tuple(range(replicates))

    def function(shares: NDArray[np.float64]) -> NDArray[np.float64]:
        values, failed = evaluate_points(
            response, shares, [everyone] * len(shares), executor=executor, store=store, on_done=on_done, engine=engine
        )
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

    names = [dial.name for dial in response.dials]
    return Sensitivity(response, analyse(method, names, function, size=size, seed=response.seed), replicates)
