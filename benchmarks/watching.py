"""What a progress bar and the readiness for Ctrl-C cost, and how soon a run stops."""

import io
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure import Measure, live, scenario_of, seconds
from sim.engine import replicate as life
from sim.engine.replicate import Stopped, run_replicate
from sim.progress import Progress
from sim.scenario.settings import Settings

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
    """Account for what watching takes, piece by piece: the difference of two runs is lost in a busy machine's noise.

    The bar draws itself in a thread of its own; the engine leaves compiled code now and then to tell how far it is and
    to look whether it is to stop. Both together, in percent of one thread's time.
    """
    people = {"quick": 20_000, "usual": 100_000, "full": 1_000_000}[size]
    live(scenario_of(100, 5, 5))
    bar = _bar(1.0 if size == "quick" else 5.0)
    pause = _pause(3 if size == "quick" else 10)
    scenario = scenario_of(people, 52, 26)
    breaths: list[int] = []
    took = seconds(lambda: run_replicate(scenario, seed=1, replicate=0, on_progress=breaths.append), time.process_time)
    share = 100.0 * (bar + pause * len(breaths) / took)
    most = None if size == "quick" else 1.0
    return [
        Measure("watching", "bar", "the progress bar draws itself", 100.0 * bar, "% of a thread"),
        Measure("watching", "pause", "the engine leaves compiled code and comes back", 1e6 * pause, "us"),
        Measure("watching", "breaths", f"and does so, N={people:,}", len(breaths) / took, "times a second"),
        Measure("watching", "share", "bar and readiness for Ctrl-C together", share, "% of a thread", at_most=most),
        _stopping(people),
    ]


def _bar(span: float) -> float:
    """Share of a thread that a bar takes which is told ten times a second how far a run is."""
    with _unseen(), Progress(10**9, Settings(progress=True), "watched") as bar:
        began, first = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < span:
            bar.advance(10**5)
            time.sleep(0.1)
        return (time.process_time() - first) / (time.perf_counter() - began)


def _pause(rounds: int) -> float:
    """Seconds that one leave from compiled code costs: few customers, with a leave every week or none."""
    scenario = scenario_of(100, 1_000, 0, ("classic",))
    usual = life._PAUSE_CUSTOMER_WEEKS
    best = {}
    try:
        for breath in (1, 10**9):
            life._PAUSE_CUSTOMER_WEEKS = breath
            job = lambda: run_replicate(scenario, seed=1, replicate=0)  # noqa: E731
            best[breath] = min(seconds(job, time.process_time) for _ in range(rounds))
    finally:
        life._PAUSE_CUSTOMER_WEEKS = usual
    return (best[1] - best[10**9]) / scenario.horizon


def _stopping(people: int) -> Measure:
    stop, ended = threading.Event(), []

    def run() -> None:
        try:
            run_replicate(scenario_of(people, 5_000, 0), seed=1, replicate=0, stop=stop)
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
