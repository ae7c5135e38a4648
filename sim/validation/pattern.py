"""Pattern: one regularity of marketing that the model must reproduce, and what a comparison with it finds.

A check is passed, failed or *undecidable*. Undecidable means that the sample was so small, or the tolerance so wide,
that a deviation worth caring about would have gone unnoticed; it counts as a failure, because a check that cannot fail
says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import erfc, isfinite, nan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from sim.record.history import History
from sim.scenario.scenario import Scenario
from sim.validation.published import DATA, read_table

__all__ = [
    "ABOVE",
    "BELOW",
    "POWER",
    "SIGMAS",
    "Check",
    "Curve",
    "Finding",
    "Panel",
    "Pattern",
    "PatternRun",
    "mean_and_error",
]

#: Standard errors within which a published figure is met: two-sided error rate 0.27 % a check.
SIGMAS = 3.0
#: Standard errors beyond its tolerance from which a check fails with a chance of 95 %.
POWER = 1.645

#: How the simulated figure is compared: it lies near the published one, above a bound, or below a bound.
NEAR, ABOVE, BELOW = "near", "above", "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One published or exact figure beside the simulated one.

    Attributes
    ----------
    what : str
        What is compared, in the trade's words: `Colgate DC: penetration`.
    published, simulated : float
        The two figures. For `above` and `below` the published one is the bound.
    error : float
        Monte-Carlo standard error of the simulated figure, 0 where it is exact.
    tolerance : float
        Largest distance that passes, absolute; for a bound the margin by which it must be cleared.
    meaningful : float
        Smallest deviation that must not pass unnoticed, absolute. A check that would miss it with a chance of more
        than 5 % is undecidable.
    rule : str
        How the tolerance came about, with its error rate.
    source : str
        Where the published figure comes from.
    kind : {'near', 'above', 'below'}
        How the figures are compared.
    """

    what: str
    published: float
    simulated: float
    error: float = 0.0
    tolerance: float
    meaningful: float
    rule: str
    source: str = ""
    kind: str = NEAR
    #: Chance that luck alone carries the figure of a right model out of its tolerance; None: as the error tells.
    alarm: float | None = None

    @classmethod
    def near(
        cls,
        what: str,
        published: float,
        simulated: float,
        error: float = 0.0,
        *,
        meaningful: float,
        sigmas: float = SIGMAS,
        freedom: float | None = None,
        absolute: float = 0.0,
        relative: float = 0.0,
        rounding: float = 0.0,
        source: str = "",
    ) -> Check:
        """Return a check that passes within so many standard errors, or within a given distance, whichever is wider.

        Parameters
        ----------
        meaningful : float
            Smallest deviation that must not pass unnoticed, absolute.
        sigmas : float
            Standard errors; 0 where the Monte-Carlo error is to give no room of its own.
        freedom : float, optional
            Degrees of freedom with which the error itself was estimated, replicates - 1: few of them make errors look
            small by chance, and the room is widened (Student) so that the error rate stays. None: the error is known.
        absolute, relative : float
            Distance that is tolerated beside it; the relative one times the published figure.
        rounding : float
            Half a unit of the last digit that was published: comes on top, for the true figure may lie so far off.
        """
        wide = sigmas if freedom is None else float(student.isf(_two_sided(sigmas) / 2.0, freedom))
        student_s = "" if freedom is None else f" ({wide:.2f} of {freedom + 1:g} replicates: Student)"
        widths = {
            f"{sigmas:g} standard errors{student_s}": wide * error,
            f"{absolute:g}": absolute,
            f"{100 * relative:g} % of the published figure": relative * abs(published),
        }
        given = {name: width for name, width in widths.items() if width > 0}
        rule = "within " + " or ".join(given) if given else "exact"
        if rounding > 0:
            rule += f", and {rounding:g} for the rounding of what was published"
        if sigmas * error > 0:
            rule += f"; false alarms {100 * _two_sided(sigmas):.2g} %"
        return cls(
            what=what,
            published=published,
            simulated=simulated,
            error=error,
            tolerance=max(widths.values()) + rounding,
            meaningful=meaningful,
            rule=rule,
            source=source,
            alarm=_two_sided(sigmas) if error > 0.0 and wide * error >= max(widths.values()) else None,
        )

    @classmethod
    def beyond(
        cls,
        what: str,
        bound: float,
        simulated: float,
        error: float,
        *,
        kind: str,
        sigmas: float = SIGMAS,
        freedom: float | None = None,
        source: str = "",
    ) -> Check:
        """Return a check that passes where the simulated figure clears a bound by so many standard errors.

        Such a check is always decidable: with too small a sample the bound is not cleared, and it fails.
        """
        wide = sigmas if freedom is None else float(student.isf(_two_sided(sigmas) / 2.0, freedom))
        student_s = "" if freedom is None else f" ({wide:.2f} of {freedom + 1:g} replicates: Student)"
        return cls(
            what=what,
            published=bound,
            simulated=simulated,
            error=error,
            tolerance=wide * error,
            meaningful=np.inf,
            rule=f"{kind} it by {sigmas:g} standard errors{student_s}: by luck {100 * _two_sided(sigmas) / 2:.2g} %",
            source=source,
            kind=kind,
        )

    @property
    def false_alarm(self) -> float:
        """Chance that luck alone carries the figure of a right model out of its tolerance; 0 for a bound."""
        if self.kind != NEAR or not self.error > 0.0:
            return 0.0
        return _two_sided(self.tolerance / self.error) if self.alarm is None else self.alarm

    @property
    def smallest(self) -> float:
        """Smallest deviation from the published figure that this check detects with a chance of 95 %."""
        return self.tolerance + POWER * self.error

    @property
    def decidable(self) -> bool:
        """Whether a deviation worth caring about would be noticed."""
        return isfinite(self.simulated) and isfinite(self.smallest) and self.smallest <= self.meaningful

    @property
    def met(self) -> bool:
        """Whether the figures agree within the tolerance, decidable or not."""
        gap = self.simulated - self.published
        if self.kind == ABOVE:
            return gap > self.tolerance
        if self.kind == BELOW:
            return gap < -self.tolerance
        return abs(gap) <= self.tolerance

    @property
    def passed(self) -> bool:
        """Whether the figures agree, and could have been found to disagree."""
        return self.decidable and self.met

    @property
    def verdict(self) -> str:
        """`passes`, `fails` or `undecidable`."""
        if not self.met:
            return "fails"
        return "passes" if self.decidable else "undecidable"


def _two_sided(sigmas: float) -> float:
    """Chance that a normal variate lies so many standard deviations off, on either side."""
    return erfc(sigmas / sqrt(2.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One series of a panel.

    ``x`` are numbers, or positions 0, 1, ... of the panel's ticks; ``error`` is one standard error or None.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error: NDArray[np.float64] | None = None
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture of a finding, as data: the report draws it.

    Attributes
    ----------
    heading : str
        What it shows, a line.
    reading : str
        What the reader should see, a sentence.
    x, y : str
        What the axes measure, with unit.
    curves : tuple of Curve
        Published ones are drawn as reference.
    kind : {'lines', 'bars', 'points'}
        Lines for something that unfolds; bars for a figure per name; points for published (x) against simulated (y).
    ticks : tuple of str
        Names of the positions 0, 1, ... on the x axis.
    """

    heading: str
    reading: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    kind: str = "lines"
    ticks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a pattern found: its checks, what to draw, and remarks for the reader."""

    checks: tuple[Check, ...]
    panels: tuple[Panel, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there are checks and all of them passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternRun:
    """How patterns are run.

    Attributes
    ----------
    seed : int
        Seed of all luck.
    threads : int, optional
        Threads; None is all. No effect on any figure.
    size : float
        Multiplier of every population; 1 is the size at which the tolerances are stated.
    on_progress : callable, optional
        Told the customer-weeks lived since it was last told.
    data : Path
        Folder of the published figures; a test that hands in wrong ones must see the pattern fail.
    """

    seed: int = 1
    threads: int | None = None
    size: float = 1.0
    on_progress: Callable[[int], None] | None = None
    data: Path = DATA

    def table(self, name: str) -> dict[str, NDArray[Any]]:
        """Read the published figures of one file of `configs/data`; see :func:`sim.validation.published.read_table`."""
        return read_table(self.data / f"{name}.csv")

    def scenario(self, name: str, **overrides: Any) -> Scenario:
        """Load a shipped pattern's scenario, its population times the size; overrides by dotted key.

        Only shipped files are read: a pattern means the same whatever lies in a user's folder.
        """
        scenario = Scenario.load(name, **overrides)
        if self.size == 1.0:
            return scenario
        return replace(scenario, population=self.population(scenario.population))

    def population(self, customers: int) -> int:
        """Return a population times the size, at least 1."""
        return max(1, round(customers * self.size))

    def replicates(
        self, scenario: Scenario, count: int, *, first: int = 0, seed: int | None = None
    ) -> Iterator[tuple[int, Mapping[str, History]]]:
        """Live so many replicates of a scenario, in order; yield the number and its history by arm."""
        from sim.execution.replicates import run_replicates  # compiles kernels: only when something runs

        yield from run_replicates(
            scenario,
            seed=self.seed if seed is None else seed,
            replicates=range(first, first + count),
            threads=self.threads,
            on_progress=self.on_progress,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A known regularity and how the model is held to it.

    Attributes
    ----------
    id : str
        `P1` to `P10`.
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


def mean_and_error(samples: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean of replicates and its standard error; one replicate has an unknown error (nan)."""
    values = np.asarray(samples, dtype=np.float64)
    error = float(values.std(ddof=1) / sqrt(values.size)) if values.size > 1 else nan
    return float(values.mean()), error
