"""PlanLimit: what a plan must hold, as a user writes it: `payback_week <= 104`, `automation >= personalization`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import COST_METRICS, HIGHEST_YEAR, LESS_IS_BETTER
from sim.execution.chunk import RUN_METRICS
from sim.experiments.limit_phrase import limits_of_phrase
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.factor import Factor
from sim.scenario.schema import show, typed_number

__all__ = ["PLAN_METRICS", "SPENDING", "SPENT", "PlanLimit", "less_is_better", "plan_figure", "read_limits"]

Floats = NDArray[np.float64]

#: What is spent in all, beside the metrics that a run has.
SPENT = "spent"
PLAN_METRICS: tuple[str, ...] = (*RUN_METRICS, SPENT)
#: What a budget is for, as metrics of a run.
SPENDING: tuple[str, ...] = ("cost_build", "cost_run", "cost_experiments", "cost_contacts")
_PARTS = [RUN_METRICS.index(name) for name in SPENDING]
#: Standard errors by which a limit on a metric has to hold.
_SAFE = 2.0
_WRITTEN = re.compile(r"^\s*([\w.: *]+?)\s*(<=|>=|<|>|\bbefore\b)\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class PlanLimit:
    """One limit: what lies on the left, less what lies on the right, must not be above 0 (or below it).

    Attributes
    ----------
    text : str
        As it was written.
    left : str
        A metric of the arm or the name of a lever.
    sign : float
        1 where the left must not be above the right, -1 where it must not be below it.
    right : float or str
        A number or the name of a lever.
    """

    text: str
    left: str
    sign: float
    right: float | str

    @property
    def on_metric(self) -> bool:
        """Whether it can be told only from runs."""
        return self.left in PLAN_METRICS

    def excess_of_levers(self, levers: Mapping[str, Floats]) -> Floats:
        """Return by how much settings of the levers break it; at most 0 where they hold it."""
        right = levers[self.right] if isinstance(self.right, str) else self.right
        return self.sign * (levers[self.left] - right)

    def excess(self, figures: Floats, never: float) -> Floats:
        """Return by how much runs break it on average, two standard errors on the safe side, (n,).

        Parameters
        ----------
        figures : float64 (n, R, len(RUN_METRICS))
            Of the arm.
        never : float
            Stands for a payback week that is not reached.

        Returns
        -------
        float64 (n,)
        """
        assert not isinstance(self.right, str)
        found = plan_figure(figures, self.left, never)
        error = found.std(axis=1, ddof=1) / np.sqrt(found.shape[1]) if found.shape[1] > 1 else 0.0
        return np.asarray(self.sign * (found.mean(axis=1) - self.right) + _SAFE * error)


def plan_figure(figures: Floats, metric: str, never: float) -> Floats:
    """Return one metric of runs.

    Parameters
    ----------
    figures : float64 (..., len(RUN_METRICS))
        Of an arm.
    metric : str
        One of `PLAN_METRICS`.
    never : float
        Stands for a payback week that is not reached.

    Returns
    -------
    float64 (...)
    """
    if metric == SPENT:
        return np.asarray(figures[..., _PARTS].sum(axis=-1))
    found = figures[..., RUN_METRICS.index(metric)]
    return np.where(np.isnan(found), never, found) if metric == "payback_week" else np.asarray(found)


def read_limits(data: object, factors: Sequence[Factor], step: str = "week") -> tuple[PlanLimit, ...]:
    """Read the limits of a plan.

    Parameters
    ----------
    data : object
        None, one text, or a list of texts such as ``payback_week <= 104``, ``automation before personalization`` or
        ``at most one contact a week``.
    factors : sequence of Factor
        The levers that are moved.
    step : str
        What a step is.

    Returns
    -------
    tuple of PlanLimit

    Raises
    ------
    ConfigError
        If a limit cannot be read, or names neither a metric nor a lever.
    """
    if data is None:
        return ()
    items = [data] if isinstance(data, str) else data
    if not isinstance(items, list | tuple):
        raise ConfigError(f"limits is {show(data)}; give a list such as ['payback_week <= 104']")
    names = {factor.name: None for factor in factors}
    limits = []
    for item in items:
        written_out = limits_of_phrase(item, names, step) if isinstance(item, str) else ()
        limits += [replace(_read_limit(one, names), text=str(item).strip()) for one in written_out or (item,)]
    return tuple(limits)


def _read_limit(item: object, names: Collection[str]) -> PlanLimit:
    found = _WRITTEN.match(item) if isinstance(item, str) else None
    if found is None:
        raise ConfigError(
            f"limits holds {show(item)}; write METRIC or LEVER, then <= or >=, then a number or a lever, such as"
            " 'payback_week <= 104', 'automation >= personalization', 'automation before personalization',"
            " 'at most one contact a week' or 'only what pays back in 104 weeks'"
        )
    left, how, written = found.groups()
    if left not in names and left not in PLAN_METRICS:
        raise ConfigError(
            f"limits holds {item!r}, and {left!r} is neither a metric nor a lever here;"
            f" {suggest(left, [*sorted(names), *PLAN_METRICS], 'give one of')}"
        )
    right: float | str = written
    number = typed_number(written.replace("_", ""))
    if isinstance(number, str):
        try:
            number = float(number)
        except ValueError:
            number = None
    if isinstance(number, int | float) and not isinstance(number, bool) and np.isfinite(number):
        right = float(number)
    elif written not in names or left not in names:
        raise ConfigError(f"limits holds {item!r}, and {written!r} is no number and no lever beside a lever")
    # No further with the second than with the first: the first may not be below it.
    return PlanLimit(str(item).strip(), left, 1.0 if how in ("<=", "<") else -1.0, right)


def less_is_better(metric: str) -> bool:
    """Say whether a company wants less of a metric."""
    return metric in (*LESS_IS_BETTER, "payback_week", SPENT, HIGHEST_YEAR, *COST_METRICS)
