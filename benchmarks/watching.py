"""What a progress bar and the readiness for Ctrl-C cost, and how soon a run stops."""

import io
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure import Measure, customer_weeks, live, scenario_of, seconds
from sim.engine.life import Stopped, live_replicate
from sim.progress import Progress
from sim.settings import Settings

__all__ = ["watching"]


class _Terminal(io.StringIO):
    """A terminal that nobody looks at."""

    def isatty(self) -> bool:
        return True


@contextmanager
def _unseen() -> Iterator[None]:
    before = sys.stderr
    sys.stderr = _Terminal()
    try:
        yield
    finally:
        sys.stderr = before


def watching(size: str) -> list[Measure]:
    """Compare runs with a bar on a terminal with runs that nobody watches, and stop one.

    Both clocks are read: the bar's thread must neither cost processor time nor keep the engine waiting.
    """
    people, rounds = {"quick": (20_000, 2), "usual": (300_000, 5), "full": (1_000_000, 7)}[size]
    scenario = scenario_of(people, 52, 26)
    live(scenario_of(100, 5, 5))

    def alone() -> None:
        live_replicate(scenario, seed=1, replicate=0)

    def watched() -> None:
        total = customer_weeks(scenario)
        with _unseen(), Progress(total, Settings(progress=True), "watched") as bar:
            live_replicate(scenario, seed=1, replicate=0, on_progress=bar.advance, stop=threading.Event())

    clocks = {"processor time": time.process_time, "wall time": time.perf_counter}
    best = {(name, job): float("inf") for name in clocks for job in (alone, watched)}
    for _ in range(rounds):
        for job in (alone, watched):
            for name, clock in clocks.items():
                best[name, job] = min(best[name, job], seconds(job, clock))
    most = None if size == "quick" else 1.0
    lines = []
    for name in clocks:
        more = 100.0 * (best[name, watched] / best[name, alone] - 1.0)
        what = f"progress bar and readiness for Ctrl-C, N={people:,}, {name}"
        lines.append(Measure("watching", name, what, more, "% more", at_most=most))
    return [*lines, _stopping(people)]


def _stopping(people: int) -> Measure:
    stop, ended = threading.Event(), []

    def run() -> None:
        try:
            live_replicate(scenario_of(people, 5_000, 0), seed=1, replicate=0, stop=stop)
        except Stopped:
            ended.append(time.perf_counter())

    one = threading.Thread(target=run)
    one.start()
    time.sleep(0.3)
    asked = time.perf_counter()
    stop.set()
    one.join()
    return Measure(
        "watching", "stop", f"from Ctrl-C to the end of the run, N={people:,}", ended[0] - asked, "s", None, 1.0
    )
