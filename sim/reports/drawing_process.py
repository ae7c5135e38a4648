"""Drawing process: processes that load what draws while a comparison still runs, and then share its figures.

Loading matplotlib and drawing a report take as long as a small comparison. Where a command begins, before anything is
loaded that keeps threads or memory of its own, it forks: :func:`start`. The new process loads what draws; when the
comparison is there it forks once more, and both draw, each the next figure that nobody has begun. A figure is the same
bytes whoever draws it. Where there are no such processes, or one is lost, the command draws by itself.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, NoReturn

from sim.reports.picture import Picture

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = ["are_running", "draw_all", "start", "stop"]

#: Dots per inch of the overview, which is a PNG.
_OVERVIEW_DPI = 110.0
#: Stands among the numbers of the figures for how many there are.
_COUNT = -1
#: How many draw at the same time; more than a machine has cores to spare gain nothing.
_PROCESSES = 2


class _DrawingProcesses:
    """The drawing processes of this one: where they are handed a result, and where each hands over what it drew."""

    def __init__(self, process: int, orders: IO[bytes], figures: Sequence[IO[bytes]]) -> None:
        self.process, self.orders, self.figures = process, orders, figures

    def draw(self, result: Result) -> dict[int, Any]:
        """Return what they drew, by number; without what failed or was lost on the way."""
        drawn: dict[int, Any] = {}
        with suppress(OSError):
            pickle.dump(result, self.orders, protocol=5)
            self.orders.close()
        for stream in self.figures:
            with suppress(OSError, EOFError, pickle.UnpicklingError):
                drawn |= pickle.load(stream)
        return drawn

    def stop(self) -> None:
        """Close the pipes: a process ends when nobody can order anything of it any more."""
        for stream in (self.orders, *self.figures):
            with suppress(OSError):
                stream.close()
        with suppress(OSError):
            os.waitpid(self.process, 0)


_running: list[_DrawingProcesses] = []


def start() -> None:
    """Fork the drawing processes, where that is safe and of use: on Linux, two cores, no heavy package loaded."""
    if _running or not _is_safe():
        return
    ordered, orders = os.pipe()
    pairs = [os.pipe() for _ in range(_PROCESSES)]
    figures, drawn = ([pair[side] for pair in pairs] for side in (0, 1))
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        process = os.fork()
    except OSError:  # no more processes: the command draws by itself
        _close(ordered, orders, *figures, *drawn)
        return
    if process == 0:
        _close(orders, *figures)
        _work(ordered, drawn)
    _close(ordered, *drawn)
    _running.append(_DrawingProcesses(process, os.fdopen(orders, "wb"), [os.fdopen(end, "rb") for end in figures]))


def _is_safe() -> bool:
    heavy = {"numpy", "numba", "pyarrow", "matplotlib"}
    return (
        sys.platform == "linux"
        and len(os.sched_getaffinity(0)) > 1
        and threading.active_count() == 1
        and heavy.isdisjoint(sys.modules)
    )


def are_running() -> bool:
    """Whether other processes will draw."""
    return bool(_running)


def stop() -> None:
    """Stop the drawing processes, whether or not they drew."""
    while _running:
        _running.pop().stop()


def draw_all(result: Result) -> tuple[bytes, list[Picture]]:
    """Draw every figure of a comparison: the overview as PNG, the others as SVG.

    Parameters
    ----------
    result : Result

    Returns
    -------
    bytes
        The overview.
    list of Picture
        The others, in the order of the report.
    """
    found = _ordered(result)
    count = found.get(_COUNT, 0)
    if len(found) <= count or not found:
        tasks = _tasks(result)
        found |= {number: task() for number, task in enumerate(tasks) if number not in found}
        count = len(tasks)
    drawn = [found[number] for number in range(count)]
    return drawn[0], [picture for picture in drawn[1:] if picture is not None]


def _ordered(result: Result) -> dict[int, Any]:
    """Have the drawing processes draw, if there are any; they draw one result."""
    if not _running:
        return {}
    processes = _running.pop()
    try:
        return processes.draw(result)
    finally:
        processes.stop()


def _tasks(result: Result) -> list[Callable[[], Any]]:
    """Return what draws each figure: the overview, which takes longest, and then the others."""
    from sim.reports.overview import overview
    from sim.reports.pictures import draw_functions
    from sim.reports.style import png_bytes
    from sim.reports.svg import svg_of

    def drawn(draw: Callable[[], Picture | None]) -> Callable[[], Picture | None]:
        def task() -> Picture | None:
            picture = draw()
            return None if picture is None else picture._replace(figure=svg_of(picture))

        return task

    return [lambda: png_bytes(overview(result), _OVERVIEW_DPI), *map(drawn, draw_functions(result))]


def _work(ordered: int, drawn: Sequence[int]) -> NoReturn:
    """Be a drawing process: load what draws, wait for a result, draw, and end without ever returning."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who ordered hears it, and ends us by closing the pipes
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ[name] = "1"  # threads of their own would be lost in the second fork
        import sim.reports.overview
        import sim.reports.pictures  # noqa: F401

        with os.fdopen(ordered, "rb") as orders:
            result = pickle.load(orders)
        _share(_tasks(result), drawn)
        status = 0
    finally:
        os._exit(status)


def _share(tasks: Sequence[Callable[[], Any]], drawn: Sequence[int]) -> None:
    """Draw in several processes: whoever is free takes the next number; each hands over at its end what it drew."""
    waiting, numbers = os.pipe()
    os.write(numbers, b"".join(number.to_bytes(2, "big") for number in range(len(tasks))))
    os.close(numbers)
    place = 0
    while place < len(drawn) - 1 and os.fork() == 0:
        place += 1
    _close(*(end for other, end in enumerate(drawn) if other != place))
    figures: dict[int, Any] = {_COUNT: len(tasks)}
    while taken := os.read(waiting, 2):
        number = int.from_bytes(taken, "big")
        with suppress(Exception):  # drawn once more by who asked, who can say what is wrong
            figures[number] = tasks[number]()
    with os.fdopen(drawn[place], "wb") as stream:
        pickle.dump(figures, stream, protocol=5)
    with suppress(ChildProcessError):
        os.wait()  # so that the time of both counts as the command's


def _close(*ends: int) -> None:
    for end in ends:
        os.close(end)
