"""Executors: where runs are simulated. In this process, in several of this machine, or on a dask cluster."""

from __future__ import annotations

import os
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sim.optional_package import import_optional
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = ["EXECUTORS", "MOST_PER_CORE", "Crew", "Executor", "make_executor", "usable_threads"]

EXECUTORS: tuple[str, ...] = ("serial", "local", "dask")
#: An item whose worker died this often is given up: it may be what kills them.
MOST_ATTEMPTS = 3
#: Items under way per worker: one that it works on, one that lies ready.
_AHEAD = 2
#: Threads that take turns on a core, at most: those that share customers meet every week, and hundreds would only wait.
MOST_PER_CORE = 8
_CONNECT_SECONDS = 10
_WATCH_SECONDS = 1.0
_LOST = "a worker died while it simulated its share of the customers; run it again"
#: One thread per worker: workers are as many as cores, and more threads would only wait for each other.
_ENVIRONMENT: Mapping[str, str] = {
    name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
}

T = TypeVar("T")
R = TypeVar("R")


def usable_threads(threads: int | None) -> int:
    """Threads to use: one a core by default, or as many as asked for, but no more than cores can take turns with."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if threads is None else min(threads, MOST_PER_CORE * cores)


class _Closing(ABC):
    """A context manager that closes itself at its end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """End what was started."""


class Executor(_Closing):
    """Does one thing to many items, somewhere. A context manager: what it started ends with it.

    Attributes
    ----------
    kind : str
        One of `EXECUTORS`.
    workers : int
        How many items are worked on at once.
    """

    kind: str
    workers: int

    @abstractmethod
    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[int, R | Exception]]:
        """Do a task to every item, few of them at a time.

        Parameters
        ----------
        task : callable
            A function of a module, so that it can be called in another process.
        items : iterable
            Taken one by one, as workers become free.

        Yields
        ------
        tuple of int and result
            Number of the item and what the task returned, or the exception it ended with; in order of completion.
        """

    @abstractmethod
    def crew(self, make: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Crew:
        """Make one object for each set of arguments, each on a worker of its own, to be called together."""


class Crew(_Closing):
    """Objects on workers, one each, that are called together and keep their state in between. A context manager."""

    @abstractmethod
    def call(self, method: str, *arguments: Any) -> list[Any]:
        """Call a method of every object at the same time with the same arguments; return what they return, in order.

        Raises
        ------
        Exception
            Whatever one of them raised; ConnectionError if its worker died.
        """


class _HereCrew(Crew):
    """Objects in this process, called one after the other."""

    def __init__(self, make: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> None:
        self._objects = [make(*said) for said in arguments]

    def call(self, method: str, *arguments: Any) -> list[Any]:
        return [getattr(thing, method)(*arguments) for thing in self._objects]

    def close(self) -> None:
        self._objects = []


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Have the processes that are started in here never hear Ctrl-C: not even while they load what they need."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # started with the first process, it would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(parent: int) -> None:
    """End this worker when the process that it works for is gone: after a kill -9 nobody else would tell it.

    Ctrl-C reaches the whole group; it is for the one who asked, who then ends the workers (:func:`_deaf_children`).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _serve(line: Any, make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Make an object in a process of its own and do what is asked of it, until nobody asks any more."""
    _end_with(os.getppid())
    thing: Any = None
    try:
        while True:
            try:
                if thing is None:
                    thing = make(*arguments)
                    answer: Any = None
                else:
                    method, said = line.recv()
                    answer = getattr(thing, method)(*said)
                line.send((True, answer))
            except (EOFError, BrokenPipeError):
                return
            except Exception as error:  # passed on to the caller
                line.send((False, error))
                return
    finally:
        line.close()


class _ProcessCrew(Crew):
    """Objects in processes of this machine, each with a line to this one."""

    def __init__(self, make: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> None:
        from joblib.externals.loky.backend import get_context

        context = get_context("loky")
        self._lines: list[Any] = []
        self._processes: list[Any] = []
        try:
            for said in arguments:
                mine, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, make, said), env=dict(_ENVIRONMENT), daemon=True)
                with _deaf_children():
                    process.start()
                theirs.close()
                self._lines.append(mine)
                self._processes.append(process)
            self._answers()
        except BaseException:
            self.close()
            raise

    def _answers(self) -> list[Any]:
        answers = []
        for line in self._lines:
            try:
                well, answer = line.recv()
            except (EOFError, OSError):
                raise ConnectionError(_LOST) from None
            if not well:
                raise answer
            answers.append(answer)
        return answers

    def call(self, method: str, *arguments: Any) -> list[Any]:
        try:
            for line in self._lines:
                line.send((method, arguments))
        except (BrokenPipeError, OSError):
            raise ConnectionError(_LOST) from None
        return self._answers()

    def close(self) -> None:
        for line in self._lines:
            line.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()
        self._lines, self._processes = [], []


class _ActorCrew(Crew):
    """Objects on the workers of a cluster."""

    def __init__(self, client: Any, make: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> None:
        self._client = client
        names = sorted(client.scheduler_info(n_workers=-1)["workers"])
        # An actor finds its way back through the current connection.
        with client.as_current():
            futures = [
                client.submit(make, *said, actor=True, pure=False, workers=[names[place % len(names)]])
                for place, said in enumerate(arguments)
            ]
            self._actors = [future.result() for future in futures]

    def call(self, method: str, *arguments: Any) -> list[Any]:
        with self._client.as_current():
            try:
                futures = [getattr(actor, method)(*arguments) for actor in self._actors]
                return [future.result() for future in futures]
            except (RuntimeError, OSError) as error:
                if "lost" in str(error) or isinstance(error, OSError):
                    raise ConnectionError(_LOST) from None
                raise

    def close(self) -> None:
        self._actors = []


class SerialExecutor(Executor):
    """One after the other, in this process."""

    kind = "serial"
    workers = 1

    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[int, R | Exception]]:
        """See :meth:`Executor.run`."""
        for number, item in enumerate(items):
            outcome: R | Exception
            try:
                outcome = task(item)
            except Exception as error:  # reported to the caller with its item
                outcome = error
            yield number, outcome

    def crew(self, make: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Crew:
        """See :meth:`Executor.crew`."""
        return _HereCrew(make, arguments)

    def close(self) -> None:
        """Nothing was started."""


class LocalExecutor(Executor):
    """Processes of this machine, through joblib's loky; one that dies is replaced, its items are done again."""

    kind = "local"

    def __init__(self, workers: int | None = None) -> None:
        self.workers = usable_threads(workers)
        self._pool: Any = None

    def _start(self) -> Any:
        from joblib.externals.loky import ProcessPoolExecutor

        # A worker that has loaded its kernels is kept, also where the next chunk is long in coming.
        return ProcessPoolExecutor(
            max_workers=self.workers,
            timeout=600,
            env=dict(_ENVIRONMENT),
            initializer=_end_with,
            initargs=(os.getpid(),),
        )

    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[int, R | Exception]]:
        """See :meth:`Executor.run`."""
        from concurrent.futures.process import BrokenProcessPool

        waiting = enumerate(items)
        again: deque[tuple[int, T]] = deque()
        running: dict[Any, tuple[int, T]] = {}
        attempts: dict[int, int] = {}
        empty = False
        try:
            while True:
                while not (empty and not again) and len(running) < _AHEAD * self.workers:
                    if again:
                        number, item = again.popleft()
                    else:
                        following = next(waiting, None)
                        if following is None:
                            empty = True
                            continue
                        number, item = following
                    if self._pool is None:
                        self._pool = self._start()
                    with _deaf_children():
                        running[self._pool.submit(task, item)] = (number, item)
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    number, item = running.pop(future)
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        # A worker was killed, by the machine for want of memory say: all that was under way is lost.
                        attempts[number] = attempts.get(number, 0) + 1
                        if self._pool is not None:
                            self._pool.shutdown(wait=False, kill_workers=True)
                            self._pool = None
                        if attempts[number] < MOST_ATTEMPTS:
                            again.append((number, item))
                            continue
                        error = ConnectionError(f"its worker died {MOST_ATTEMPTS} times; out of memory, perhaps")
                    attempts.pop(number, None)
                    if isinstance(error, Exception):
                        yield number, error
                    elif error is not None:
                        raise error
                    else:
                        yield number, future.result()
        except BaseException:
            # Left early, by Ctrl-C or by the caller: do not wait for what is under way.
            self.close(kill=True)
            raise

    def crew(self, make: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Crew:
        """See :meth:`Executor.crew`."""
        return _ProcessCrew(make, arguments)

    def close(self, *, kill: bool = False) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.shutdown(wait=not kill, kill_workers=kill)
            self._pool = None


def _result_of(future: Any) -> Any:
    """Return what a finished task of a cluster made, or the exception that it ended with.

    What it made may be lost with its worker after it was finished and before it is fetched: the cluster then does it
    again, and this waits for it.
    """
    from asyncio import CancelledError as CancelledByLoop
    from concurrent.futures import CancelledError

    try:
        return future.result()
    except (CancelledByLoop, CancelledError) as error:
        return ConnectionError(f"the cluster gave it up ({error})")
    except Exception as error:  # reported to the caller with its item
        return error


class DaskExecutor(Executor):
    """Workers of a dask cluster that runs already; what a worker that dies was doing is done again by another."""

    kind = "dask"

    def __init__(self, address: str | None, scheduler_file: str | None) -> None:
        distributed = import_optional("distributed", "executor is dask", "cluster")
        where = f"executor.address is {address!r}" if address else f"executor.scheduler_file is {scheduler_file!r}"
        if address is None and scheduler_file is None:
            raise ConfigError(
                "executor is dask, but neither executor.address nor executor.scheduler_file says where its scheduler "
                "is; give one, such as executor.address=tcp://127.0.0.1:8786"
            )
        if scheduler_file is not None and not Path(scheduler_file).is_file():
            raise ConfigError(f"{where}, but there is no such file; give the one that `dask scheduler` wrote")
        try:
            connect: Any = distributed.Client
            self._client: Any = connect(
                **({"address": address} if address else {"scheduler_file": scheduler_file}),
                timeout=_CONNECT_SECONDS,
                set_as_default=False,
            )
        except (OSError, ValueError, TypeError, ImportError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ConfigError(
                f"{where}, but no dask scheduler answers there ({reason}); start one with: dask scheduler"
            ) from None
        self.workers = max(1, sum(worker["nthreads"] for worker in self._information()["workers"].values()))
        if not self._information()["workers"]:
            self._client.close()
            raise ConfigError(f"{where}, but this scheduler has no workers; start some with: dask worker ADDRESS")

    def _information(self) -> Any:
        return self._client.scheduler_info(n_workers=-1)

    def run(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[int, R | Exception]]:
        """See :meth:`Executor.run`."""
        import distributed

        waiting = enumerate(items)
        running: dict[Any, int] = {}
        watch: Any = distributed.as_completed
        finished = watch([], loop=self._client.loop)

        def submit() -> bool:
            following = next(waiting, None)
            if following is None:
                return False
            number, item = following
            # Not pure: keyed anew, or a second sweep on the cluster would be handed the first one's object.
            future = self._client.submit(task, item, pure=False)
            running[future] = number
            finished.add(future)
            return True

        try:
            while len(running) < _AHEAD * self.workers and submit():
                pass
            while running:
                future = next(finished)
                number = running.pop(future)
                outcome = _result_of(future)
                future.release()
                yield number, outcome
                # Workers may have come or gone.
                while len(running) < _AHEAD * self.workers and submit():
                    pass
        finally:
            if running:
                self._client.cancel(list(running), force=True)

    def crew(self, make: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Crew:
        """See :meth:`Executor.crew`."""
        return _ActorCrew(self._client, make, arguments)

    def close(self) -> None:
        """Leave the cluster; it stays as it was."""
        self._client.close()


def make_executor(
    kind: str = "serial",
    workers: int | None = None,
    address: str | None = None,
    scheduler_file: str | os.PathLike[str] | None = None,
) -> Executor:
    """Make an executor.

    Parameters
    ----------
    kind : {'serial', 'local', 'dask'}
        ``serial``: this process; ``local``: processes of this machine; ``dask``: a cluster that runs already.
    workers : int, optional
        Processes of ``local``; all cores by default.
    address, scheduler_file : str, optional
        Where the scheduler of ``dask`` is; one of the two.

    Returns
    -------
    Executor
        Close it after use.

    Raises
    ------
    ConfigError
        If the kind is unknown, dask is not installed, or no scheduler answers.
    """
    if kind not in EXECUTORS:
        raise ConfigError(f"executor is {show(kind)}; {suggest(kind, EXECUTORS, 'give one of')}")
    if kind == "serial":
        return SerialExecutor()
    if kind == "local":
        return LocalExecutor(workers)
    return DaskExecutor(address, None if scheduler_file is None else os.fspath(scheduler_file))
