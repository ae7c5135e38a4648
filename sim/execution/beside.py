"""Beside: something is done in a process of its own while the caller goes on."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, NoReturn, TypeVar

__all__ = ["beside"]

T = TypeVar("T")


@contextmanager
def beside(task: Callable[[], T], *, apart: bool = True) -> Iterator[Callable[[], T]]:
    """Begin a task in a process of its own, forked from this one, where that is safe and there are two cores.

    Parameters
    ----------
    task : callable
        What it returns is small and can be pickled. It depends on nothing that happens after this call.
    apart : bool
        Whether a process may be forked.

    Yields
    ------
    callable
        Waits for the task and returns its result. Where there is no such process, or it is lost or fails, the task is
        done when it is asked for, in this process, and raises what it raises.
    """
    forked = _fork(task) if apart and _is_safe() else None
    if forked is None:
        yield task
        return
    process, stream = forked

    def result() -> T:
        try:
            found: T = pickle.load(stream)
        except (OSError, EOFError, pickle.UnpicklingError):
            found = task()
        return found

    try:
        yield result
    finally:
        stream.close()
        with suppress(OSError):
            # Nobody waits for it any more. It has nothing to put away, and another signal that came before it has set
            # what it does with signals would be lost.
            os.kill(process, signal.SIGKILL)
        with suppress(OSError):
            os.waitpid(process, 0)  # so that its time counts as the command's


def _is_safe() -> bool:
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 and threading.active_count() == 1


def _fork(task: Callable[[], object]) -> tuple[int, IO[bytes]] | None:
    """Return the process that does the task and where its result comes, or None where there can be none."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        process = os.fork()
    except OSError:  # no more processes
        os.close(reading)
        os.close(writing)
        return None
    if process == 0:
        os.close(reading)
        _work(task, writing)
    os.close(writing)
    return process, os.fdopen(reading, "rb")


def _work(task: Callable[[], object], writing: int) -> NoReturn:
    """Do the task, hand over its result, and end without ever returning."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who forked hears it, and ends us
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not what the command does then
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        with os.fdopen(writing, "wb") as handed:
            pickle.dump(task(), handed, protocol=5)
        status = 0
    finally:
        os._exit(status)
