"""Drawing process: processes that load what draws while a comparison still runs, and then share its figures.

Loading matplotlib and drawing a report take as long as a small comparison. As soon as the question is known, which
takes NumPy and what a scenario is made of, and before anything is loaded that keeps threads or memory of its own, the
command forks: :func:`expect`. The new process has these already and loads what draws, unless the same was asked before
and its figures are kept. Once every arm is run, and while the command still looks for doubt and break-even, it draws
the figures that neither can change: :func:`begin`. The others follow when the result is whole, while the command writes
its tables: :func:`order`. Both times it forks once more, and both draw, each the next figure that nobody has begun. A
figure is the same bytes whoever draws it. Where there are no such processes, or one is lost, the command draws by
itself. What they drew is kept: of a result whose figures are there already, nothing is drawn
(:mod:`sim.reports.kept_figures`).
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, NoReturn

from agents.kept_patterns import KeptPatterns
from sim.experiments.findings import FindOnce
from sim.reports.kept_figures import figures_key, find_figures, keep_figures
from sim.reports.picture import Picture
from sim.reports.quick_text import find_texts, keep_texts

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = ["are_running", "begin", "draw_all", "expect", "offered", "order", "start", "stop"]

#: Dots per inch of the overview, which is a PNG.
_OVERVIEW_DPI = 110.0
#: Stands among the numbers of the figures for how many there are.
_COUNT = -1
#: Processes that hand over figures: the one that was forked first, and one that it forks for each part of them.
_PROCESSES = 3
#: Sent instead of a result: what draws is to be loaded.
_LOAD = "load"
#: Results that are larger are drawn each time: looking for them would take as long.
_MOST_LOOKED_FOR = 64 << 20


class _DrawingProcesses:
    """The drawing processes of this one: where they are handed a result, and where each hands over what it drew."""

    def __init__(self, process: int, orders: IO[bytes], figures: Sequence[IO[bytes]]) -> None:
        self.process, self.orders, self.figures = process, orders, figures
        self.begun: Result | None = None
        self.ordered: Result | None = None
        self._asked: str | None = None
        self._keys: list[str | None] = []
        self._kept: dict[int, Any] | None = None
        self._is_expecting = self._has_begun = False
        self._sending: threading.Thread | None = None

    def expect(self, question: object) -> None:
        """Have them load what draws, unless the figures of this question were there when it was answered last."""
        if self._is_expecting:  # of several questions the first is answered first
            return
        self._is_expecting = True
        self._asked = figures_key(_packed(question))
        if self._asked is None or find_figures(self._asked) is None:
            self._send(_packed(_LOAD))

    def begin(self, result: Result) -> None:
        """Have them draw what doubt and break-even cannot change, unless all figures are likely to be there already."""
        self.begun = result
        message = _message(result, whole=False)
        if self._find(message) is None:
            self._has_begun = True
            self._send(message)

    def order(self, result: Result) -> bool:
        """Have them draw what is left; say whether they can."""
        if self.ordered is not None:
            return self.ordered is result
        if self.begun is not None and not _is_more_of(result, self.begun):
            return False
        message = _message(result, whole=True)
        self._kept = self._find(message)
        if self._has_begun:
            self._kept = None  # a part of them is being drawn: the rest is as quickly drawn
            self._send(_packed(result.findings()))
        elif self._kept is None:
            self._send(message)
        self.ordered = result
        return True

    def drawn(self) -> dict[int, Any]:
        """Return what they drew, or others before, by number; without what failed or was lost on the way."""
        if self._kept is not None:
            self._remember()
            return self._kept
        drawn: dict[int, Any] = {}
        for stream in self.figures:
            with suppress(OSError, EOFError, pickle.UnpicklingError):
                drawn |= pickle.load(stream)
        if len(drawn) == drawn.get(_COUNT, -1) + 1:
            # Under the key of what was begun stands only that the rest is there too.
            for position, key in enumerate(self._keys, start=1):
                if key is not None:
                    keep_figures(key, drawn if position == len(self._keys) else {})
            self._remember()
        return drawn

    def _remember(self) -> None:
        """Remember that the figures of this question are kept; those of a result that is too large are not."""
        if self._asked is not None and None not in self._keys:
            keep_figures(self._asked, {})

    def _find(self, message: bytes) -> dict[int, Any] | None:
        """Return what is kept of a result, and remember its key."""
        key = figures_key(message) if len(message) <= _MOST_LOOKED_FOR else None
        self._keys.append(key)
        return None if key is None else find_figures(key)

    def _send(self, message: bytes) -> None:
        """Send in a thread: they may still be loading, and a pipe holds little."""
        before = self._sending

        def send() -> None:
            if before is not None:
                before.join()
            with suppress(OSError, ValueError):
                self.orders.write(message)
                self.orders.flush()

        self._sending = threading.Thread(target=send, daemon=True)
        self._sending.start()

    def stop(self) -> None:
        """Close the pipes: a process ends when nobody can order anything of it any more."""
        for stream in self.figures:
            with suppress(OSError):
                stream.close()
        if self.ordered is None or self._kept is not None:
            with suppress(OSError):
                os.killpg(self.process, signal.SIGTERM)  # they may be drawing for nothing
        if self._sending is not None:
            self._sending.join()
        with suppress(OSError):
            self.orders.close()
        with suppress(OSError):
            os.waitpid(self.process, 0)


_running: list[_DrawingProcesses] = []
_is_offered = False


@contextmanager
def offered() -> Iterator[None]:
    """Let this process fork, once it knows what is asked; at the end, whatever happened, nobody draws any more."""
    global _is_offered
    _is_offered = True
    try:
        yield
    finally:
        _is_offered = False
        stop()


def start() -> None:
    """Fork the drawing processes, where that is safe and of use: on Linux, two cores, no package that keeps threads."""
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
    with suppress(OSError):
        os.setpgid(process, process)  # as it does itself: whoever is first
    _running.append(_DrawingProcesses(process, os.fdopen(orders, "wb"), [os.fdopen(end, "rb") for end in figures]))


def _is_safe() -> bool:
    # NumPy's linear algebra keeps threads too, but ends them before a fork.
    heavy = {"numba", "pyarrow", "matplotlib"}
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


def expect(question: object) -> None:
    """Start the drawing processes where they are offered, and tell them what is asked, so that they load what draws.

    Parameters
    ----------
    question : object
        All that decides the result. The same question a second time loads nothing: its figures are likely to be kept.
    """
    if _is_offered and not _running:
        start()
    if _running:
        _running[-1].expect(question)


def begin(result: Result) -> None:
    """Have the drawing processes draw what no doubt and no break-even effectiveness can change, if there are any.

    Parameters
    ----------
    result : Result
        All arms in all replicates; of its summary, what is known by then.
    """
    if _running and _running[-1].begun is None:
        _running[-1].begin(result)


def order(result: Result) -> None:
    """Have the drawing processes draw a whole result while the command does something else, if there are any."""
    if _running and not _running[-1].order(result):
        stop()


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
    count = found.pop(_COUNT, None)
    if count is None or len(found) < count:
        tasks = _tasks(result)
        found |= {number: task() for number, task in enumerate(tasks) if number not in found}
        count = len(tasks)
    drawn = [found[number] for number in range(count)]
    return drawn[0], [picture for picture in drawn[1:] if picture is not None]


def _ordered(result: Result) -> dict[int, Any]:
    """Take what the drawing processes drew, if there are any; they draw one result."""
    order(result)
    if not _running:
        return {}
    processes = _running.pop()
    try:
        return processes.drawn()
    finally:
        processes.stop()


def _message(result: Result, *, whole: bool) -> bytes:
    """Return what is drawn: a result without what it says of clocks and threads, and whether all of it is known."""
    histories = tuple(
        {arm: replace(history, seconds=0.0) for arm, history in arms.items()} for arms in result.histories
    )
    findings = FindOnce.known(result.findings())
    drawn = replace(result, started="", arms_seconds=0.0, threads=None, histories=histories, findings=findings)
    return _packed((drawn, whole))


def _packed(content: object) -> bytes:
    return pickle.dumps(content, protocol=5)


def _is_more_of(result: Result, begun: Result) -> bool:
    """Whether a result is the one that was begun, with more in its summary."""
    return (
        result.scenario is begun.scenario
        and result.sampling is begun.sampling
        and len(result.histories) == len(begun.histories)
        and all(one is other for one, other in zip(result.histories, begun.histories, strict=True))
    )


def _tasks(result: Result) -> list[Callable[[], Any]]:
    """Return what draws each figure: the overview, which takes longest, and then the others."""
    return [draw for draw, _ in _parts(result)]


def _parts(result: Result) -> list[tuple[Callable[[], Any], bool]]:
    """Return what draws each figure, and whether it shows what doubt or break-even add to a result."""
    from sim.reports.overview import overview
    from sim.reports.pictures import draw_functions, shows_doubt
    from sim.reports.style import png_bytes
    from sim.reports.svg import svg_of

    def drawn(draw: Callable[[], Picture | None]) -> Callable[[], Picture | None]:
        def task() -> Picture | None:
            picture = draw()
            return None if picture is None else picture._replace(figure=svg_of(picture))

        return task

    return [
        (lambda: png_bytes(overview(result), _OVERVIEW_DPI), True),
        *((drawn(draw), shows_doubt(draw)) for draw in draw_functions(result)),
    ]


def _work(ordered: int, drawn: Sequence[int]) -> NoReturn:
    """Be a drawing process: load what draws when told to, wait for a result, draw, and end without ever returning."""
    status = 1
    try:
        os.setpgid(0, 0)  # so that it and what it forks can be ended together
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who ordered hears it, and ends us by closing the pipes
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        gc.disable()  # nothing that is drawn lives long
        with os.fdopen(ordered, "rb") as orders:
            message = pickle.load(orders)
            patterns = _load()
            _draw_ordered(pickle.load(orders) if message == _LOAD else message, orders, drawn)
        patterns.keep()
        status = 0
    finally:
        os._exit(status)


def _load() -> KeptPatterns:
    """Load what draws, and return the patterns that it compiled."""
    from sim.reports.quick_matplotlib import load_matplotlib

    patterns = KeptPatterns("figures")
    patterns.use()
    load_matplotlib()
    import sim.reports.overview
    import sim.reports.pictures
    import sim.reports.svg  # noqa: F401
    from sim.reports.style import style

    with style():  # whose settings are checked the first time
        find_texts()
        gc.freeze()
    return patterns


def _draw_ordered(first: tuple[Result, bool], orders: IO[bytes], drawn: Sequence[int]) -> None:
    """Draw what is ordered, in one part or in two, and hand it over."""
    figures: dict[int, Any] = {}
    result, is_whole = first
    if is_whole:
        _share(result, range(len(_parts(result))), figures, drawn[1:])
    else:
        early, late = ([n for n, (_, waits) in enumerate(_parts(result)) if waits is part] for part in (False, True))
        _share(result, early, figures, drawn[1:])
        whole = replace(result, findings=FindOnce.known(pickle.load(orders)))
        _share(whole, late, figures, drawn[2:])
    figures[_COUNT] = len(_parts(result))
    keep_texts()
    with os.fdopen(drawn[0], "wb") as stream:
        stream.write(_packed(figures))
    with suppress(ChildProcessError):
        while True:
            os.wait()  # so that the time of all counts as the command's


def _share(result: Result, numbers: Sequence[int], figures: dict[int, Any], ends: Sequence[int]) -> None:
    """Draw figures in two processes: whoever is free takes the next number. The other one hands over its own and ends.

    Parameters
    ----------
    result : Result
    numbers : sequence of int
        Which figures.
    figures : dict
        Gets those that are drawn here.
    ends : sequence of int
        Pipes for what others draw: the first is for this part, those that follow for parts to come.
    """
    tasks = _tasks(result)
    waiting, queue = os.pipe()
    os.write(queue, b"".join(number.to_bytes(2, "big") for number in numbers))
    os.close(queue)
    is_other = os.fork() == 0
    own = {} if is_other else figures
    if is_other:
        _close(*ends[1:])
    else:
        _close(ends[0])
    while taken := os.read(waiting, 2):
        number = int.from_bytes(taken, "big")
        with suppress(Exception):  # drawn once more by who asked, who can say what is wrong
            own[number] = tasks[number]()
    os.close(waiting)
    if is_other:
        with os.fdopen(ends[0], "wb") as stream:
            stream.write(_packed(own))
        keep_texts()
        os._exit(0)


def _close(*ends: int) -> None:
    for end in ends:
        os.close(end)
