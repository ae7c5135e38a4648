"""Result: what a comparison leaves behind, ready for tables, figures and the result folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import EVERYBODY, Measures
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.experiments.findings import FindOnce
from sim.record.history import History
from sim.scenario.journey import stage_names

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.summary import DoubtRuns
    from sim.calibration.ensemble import Ensemble
    from sim.scenario.scenario import Scenario

__all__ = ["Result"]

Table = Any  # pyarrow ships no types


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """A finished comparison.

    Attributes
    ----------
    scenario : Scenario
        What was run.
    seed : int
        Seed of all random numbers.
    engine : str
        ``numba`` or ``mesa``; the data do not depend on it.
    threads : int or None
        Threads asked for; None is all. The data do not depend on it.
    findings : FindOnce
        What is told of the arms: the summary, and the runs for doubt. Looked for when first asked for, unless the
        comparison did so at once.
    histories : tuple of mapping
        By replicate, the history of every arm; accounts of single customers only where the scenario records them.
    measures : tuple of mapping
        By replicate, the metrics of every arm.
    started : str
        When the run began (ISO 8601, UTC).
    arms_seconds : float
        How long the arms took.
    ensemble : Ensemble, optional
        Whose parameter sets it was run over; replicates then come in groups that share a set.
    sampling : Sampling
        How the replicates were drawn.
    """

    scenario: Scenario
    seed: int
    engine: str
    threads: int | None
    findings: FindOnce
    histories: tuple[Mapping[str, History], ...]
    measures: tuple[Mapping[str, Measures], ...]
    started: str
    arms_seconds: float
    ensemble: Ensemble | None = None
    sampling: Sampling = INDEPENDENT
    _frames: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        """Say which comparison it is, in a line: of what was run, and nothing that would have to be looked for."""
        arms, times = ", ".join(self.arms), f"{self.replicates} replicate{'s' if self.replicates != 1 else ''}"
        return f"<{type(self).__name__} of {self.scenario.name!r}: {arms}; {times}, seed {self.seed}>"

    @property
    def summary_json(self) -> dict[str, Any]:
        """Content of `summary.json`."""
        return self.findings().summary

    @property
    def doubts(self) -> Mapping[str, DoubtRuns]:
        """By arm, its runs with other effectiveness, where a strategy states the doubt about it."""
        return self.findings().doubts

    @property
    def wall_seconds(self) -> float:
        """How long all that was run so far took."""
        return self.arms_seconds + self.findings.seconds

    @property
    def replicates(self) -> int:
        """Number of replicates that were run."""
        return len(self.histories)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, in the order of the scenario."""
        return tuple(self.scenario.arms)

    @property
    def verdict(self) -> str:
        """The verdict in plain words."""
        return str(self.summary_json["verdict"])

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of all stages, in the order of their ids."""
        return stage_names(self.scenario.journeys)

    @property
    def customer_weeks(self) -> int:
        """Customer-weeks simulated, the shared burn-in counted once."""
        burn_in = self.scenario.population * self.scenario.burn_in * self.replicates
        return burn_in + sum(history.customer_weeks for arms in self.histories for history in arms.values())

    def summary(self) -> pd.DataFrame:
        """Return one row per arm or difference, persona and metric.

        Columns ``kind`` (arm or difference), ``name``, ``persona`` (``all`` is everybody), ``metric``, ``mean``,
        ``ci_low``, ``ci_high``, and for differences ``p_better``, ``correlation``, ``variance_reduction``.
        """
        import pandas as pd

        blocks = {EVERYBODY: self.summary_json, **self.summary_json["personas"]}
        rows = [
            {"kind": kind, "name": name, "persona": persona, "metric": metric, **entry}
            for kind, group in (("arm", "arms"), ("difference", "differences"))
            for persona, block in blocks.items()
            for name, metrics in block[group].items()
            for metric, entry in metrics.items()
            if entry is not None
        ]
        numbers = ["mean", "ci_low", "ci_high", "p_better", "correlation", "variance_reduction", "share"]
        frame = pd.DataFrame(rows, columns=["kind", "name", "persona", "metric", *numbers])
        frame[numbers] = frame[numbers].astype("float64")
        return frame

    @property
    def weekly(self) -> pd.DataFrame:
        """The tidy weekly table."""
        return self._frame("weekly")

    @property
    def flows(self) -> pd.DataFrame:
        """Customers who went from stage to stage, over the horizon."""
        return self._frame("flows")

    @property
    def events(self) -> pd.DataFrame:
        """The event log of the sampled customers."""
        return self._frame("events")

    @property
    def customers(self) -> pd.DataFrame:
        """One row per arm, replicate and customer; empty unless the scenario records customers."""
        return self._frame("customers")

    def tables(self, name: str) -> Iterator[Table]:
        """Yield the Arrow tables of one file, one per arm and replicate.

        Parameters
        ----------
        name : {'weekly', 'flows', 'customers', 'events', 'market'}
            The table.
        """
        from sim.analysis import tables  # loads Arrow, which who draws does without

        build: Callable[[History, Scenario], Table] = getattr(tables, name)
        for arm in self.scenario.arms:
            for arms in self.histories:
                yield build(arms[arm], self.scenario)

    def series(self, arm: str, count: Callable[[History], NDArray[Any]]) -> NDArray[np.float64]:
        """Return what `count` makes of every replicate's history of one arm, stacked: (replicates, ...).

        Examples
        --------
        >>> result.series("proactive", lambda history: history.contacts.sum(axis=(1, 2)))  # doctest: +SKIP
        """
        return np.stack([np.asarray(count(arms[arm]), dtype=np.float64) for arms in self.histories])

    def cash(self, arm: str, persona: str = EVERYBODY) -> NDArray[np.float64]:
        """Return contribution of the focal brand a week, in money (replicates, weeks)."""
        row = 0 if persona == EVERYBODY else 1 + [item.name for item in self.scenario.personas].index(persona)
        return np.stack([measures[arm].cash[row] / measures[arm].minor_units for measures in self.measures])

    def _frame(self, name: str) -> pd.DataFrame:
        # Tables of many replicates are large: built once, when first asked for.
        if name not in self._frames:
            import pyarrow as pa

            self._frames[name] = pa.concat_tables(list(self.tables(name))).unify_dictionaries().to_pandas()
        return self._frames[name]
