"""Pattern: one regularity of marketing that the model must reproduce, and what a comparison with it finds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from sim.record.history import History
from sim.scenario.scenario import Scenario
from sim.validation.chart import Chart
from sim.validation.check import SHOWN, Check
from sim.validation.published import DATA, read_table

if TYPE_CHECKING:
    from sim.data.layout import Layout
    from sim.engine.kept import KeptRuns

__all__ = ["COUNTS_ALONE", "Finding", "Pattern", "PatternRun"]

#: `record` of a run of which nothing but counts is looked at: no events, and no account of single customers.
COUNTS_ALONE: Mapping[str, int] = {"events": 0, "lives": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a pattern found: its checks, what to draw, and remarks for the reader."""

    checks: tuple[Check, ...]
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def judged(self) -> tuple[Check, ...]:
        """The checks that decide, without figures that are only shown."""
        return tuple(check for check in self.checks if check.kind != SHOWN)

    @property
    def passed(self) -> bool:
        """Whether there are checks and all of them passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def __add__(self, other: Finding) -> Finding:
        return Finding(
            checks=self.checks + other.checks, charts=self.charts + other.charts, notes=self.notes + other.notes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternRun:
    """How patterns are run: seed, threads, size, and the published figures.

    Attributes
    ----------
    seed : int
        Seed of all random draws.
    threads : int, optional
        Threads; None is all. No effect on any figure.
    size : float
        Multiplier of every population; 1 is the size at which the tolerances are stated.
    on_progress : callable, optional
        Called with the customer-weeks simulated since the last call.
    data : Path
        Folder of the published figures; a test that hands in wrong ones must see the pattern fail.
    experiments : Path, optional
        Table of a reader's own field experiments, which P11 then replays instead of the published ones.
    layout : Layout, optional
        How that table is written.
    loaded : dict
        Scenarios that were read before, which several patterns share.
    """

    seed: int = 1
    threads: int | None = None
    size: float = 1.0
    on_progress: Callable[[int], None] | None = None
    data: Path = DATA
    experiments: Path | None = None
    layout: Layout | None = None
    loaded: dict[tuple[str, str], Scenario] = field(default_factory=dict, compare=False, repr=False)

    def table(self, name: str) -> dict[str, NDArray[Any]]:
        """Read the published figures of one file of `configs/data`; see :func:`sim.validation.published.read_table`."""
        return read_table(self.data / f"{name}.csv")

    def scenario(self, name: str, **overrides: Any) -> Scenario:
        """Load a shipped pattern's scenario, its population times the size; overrides by dotted key.

        Only shipped files are read: a pattern means the same whatever lies in a user's folder.
        """
        asked = (name, repr(sorted(overrides.items())))
        if asked not in self.loaded:
            self.loaded[asked] = Scenario.load(name, **overrides)
        scenario = self.loaded[asked]
        if self.size == 1.0:
            return scenario
        return scenario.simulating(self.population(scenario.population))

    def population(self, customers: int) -> int:
        """Return a population times the size, at least 1."""
        return max(1, round(customers * self.size))

    def replicates(
        self,
        scenario: Scenario,
        count: int,
        *,
        first: int = 0,
        arms: Collection[str] | None = None,
        kept: KeptRuns | None = None,
    ) -> Iterator[Mapping[str, History]]:
        """Run replicates of a scenario; yield the histories of each by arm, in order.

        Parameters
        ----------
        scenario : Scenario
        count : int
            How many replicates.
        first : int
            Number of the first.
        arms : collection of str, optional
            Which arms are run after the burn-in; all by default.
        kept : KeptRuns, optional
            Runs of earlier calls that are not run again.

        Returns
        -------
        iterator of mapping of str to History
        """
        from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

        found = run_replicates(
            scenario,
            seed=self.seed,
            replicates=range(first, first + count),
            threads=self.threads,
            on_progress=self.on_progress,
            arms=arms,
            kept=kept,
        )
        yield from (arms for _, arms in found)

    def histories(self, scenario: Scenario, count: int = 1) -> Iterator[History]:
        """Run so many replicates of a scenario with a single arm; yield its histories."""
        for arms in self.replicates(scenario, count):
            (history,) = arms.values()
            yield history


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A known regularity and how the model is held to it.

    Attributes
    ----------
    id : str
        `P1` to `P10`, or `P2b`.
    noun : str
        Name of its module, as in `journey validate pattern=diffusion`.
    title : str
        What is reproduced, a line.
    reference : str
        Author and year.
    scenarios : tuple of str
        The scenarios it runs: `journey compare scenario=NAME` runs one of them alone.
    effort : float
        Customer-weeks at size 1, in millions, for the progress bar.
    run : callable
        Simulates and compares.
    """

    id: str
    noun: str
    title: str
    reference: str
    scenarios: tuple[str, ...]
    effort: float
    run: Callable[[PatternRun], Finding] = field(repr=False)
