"""Progress: a bar on standard error with the rate and the time left, in customer-weeks or, for many runs, in runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

from sim.scenario.settings import Settings
from sim.terminal import clean

if TYPE_CHECKING:
    from types import TracebackType

    from sim.execution.trials import Finished

__all__ = ["Progress", "RunProgress"]


class _Display:
    """A bar with a title, or nothing where nobody would see it; it counts runs in either case.

    Attributes
    ----------
    lived, held, failed, customer_weeks : int
        Runs simulated now, runs found in the store, runs of either that failed, customer-weeks simulated.
    """

    def __init__(self, total: int, settings: Settings, title: str) -> None:
        self.lived = self.held = self.failed = self.customer_weeks = 0
        wanted = sys.stderr.isatty() if settings.progress is None else settings.progress
        self._bar: Any = None
        self._task: Any = None
        self._total = total
        if wanted and not settings.quiet:
            self._bar = _bar()
            title = clean(title)
            self._task = self._bar.add_task(title if len(title) <= 32 else f"{title[:31]}…", total=total, rate="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, finished: Finished) -> None:
        """Count runs that are done, or were found in the store."""
        if finished.held:
            self.held += finished.runs
        else:
            self.lived += finished.runs
        self.failed += finished.failed
        self.customer_weeks += 0 if finished.held else finished.customer_weeks

    def say(self, what: str) -> None:
        """Say what happens now."""
        if self._bar is not None:
            self._bar.update(self._task, description=clean(what))


class Progress(_Display):
    """A progress bar, or nothing where nobody would see it.

    Parameters
    ----------
    total : int
        Customer-weeks to simulate; more may come where a precision is asked for.
    settings : Settings
        ``progress`` true or false, or null for where standard error is a terminal; ``quiet`` switches it off.
    title : str
        What is run.
    """

    def __init__(self, total: int, settings: Settings, title: str) -> None:
        super().__init__(total, settings, title)
        self._done = self._found = 0

    def tell(self, finished: Finished) -> None:
        """Count runs; those that were found move the bar, and those that were simulated did so while they ran."""
        super().tell(finished)
        if finished.held:
            self._found += finished.customer_weeks
            self.advance(finished.customer_weeks)

    def advance(self, customer_weeks: int) -> None:
        """Count work done; may be called from any thread."""
        if self._bar is None:
            return
        with self._bar._lock:
            self._done += customer_weeks
            if self._done > self._total:
                # Replicates that a precision asks for come on top of those that were announced.
                self._total = self._done
                self._bar.update(self._task, total=self._total)
            elapsed = self._bar.tasks[0].elapsed or 0.0
            words = [f"{self.held:,} runs found"] if self.held else []
            if elapsed > 0.0 and self._done > self._found:
                words.append(f"{_short((self._done - self._found) / elapsed)} customer-weeks/s")
            self._bar.update(self._task, completed=self._done, rate=", ".join(words))


class RunProgress(_Display):
    """Progress of many runs: how many are done and how many failed, the rate, the time left.

    Parameters
    ----------
    total : int
        Runs that are wanted.
    settings : Settings
        As for :class:`Progress`.
    title : str
        What is run.
    """

    def tell(self, finished: Finished) -> None:
        """Count runs that are done."""
        super().tell(finished)
        if self._bar is None:
            return
        done = self.lived + self.held
        if done > self._total:
            # How many a search needs is known when it ends.
            self._total = done
            self._bar.update(self._task, total=done)
        elapsed = self._bar.tasks[0].elapsed or 0.0
        words = [f"{done:,} of {self._total:,} runs"]
        if self.held:
            words.append(f"{self.held:,} found")
        if self.lived and elapsed > 0.0:
            words.append(f"{_short(self.lived / elapsed)} a second")
        if self.failed:
            words.append(f"{self.failed:,} failed")
        self._bar.update(self._task, completed=done, rate=", ".join(words))


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    # Titles come from users: no column may take them for markup.
    return Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        # Ten times a second, as is usual, would take three hundredths of a core from the engine.
        refresh_per_second=3,
        transient=True,
    )


def _short(rate: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= size:
            return f"{rate / size:.3g} {unit}"
    return f"{rate:.3g}"
