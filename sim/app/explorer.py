"""Explorer: answers questions one slice at a time, the first replicates at once and more while nothing new is asked."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sim.app.heap import give_back, settle
from sim.app.question import Book, Question
from sim.engine.kept import KeptRuns
from sim.experiments.compare import compare
from sim.experiments.result import Result
from sim.scenario.scenario import Scenario

__all__ = ["FIRST", "Cancelled", "Explorer"]

#: Replicates of the first answer to a question.
FIRST = 2
#: What is computed sooner where several pages wait: first answers before refinements, refinements before the rest.
SOON, LATER, LAST = 0, 1, 2
#: Seconds without a move after which the break-even effectiveness is looked for.
_REST = 0.35
#: Seconds without any question after which freed memory is given back.
_IDLE = 2.0

T = TypeVar("T")


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


class Explorer:
    """What computes for all pages: two threads, a queue by urgency, and the runs that are kept.

    First answers have a thread of their own, in the order in which they were asked. All else waits between two weeks
    while there is any, so that no page holds up the moves of another.

    Parameters
    ----------
    book : Book
        The scenarios that can be asked about.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.kept = KeptRuns()
        self._first = ThreadPoolExecutor(1, thread_name_prefix="first-answer")
        self._rest = ThreadPoolExecutor(1, thread_name_prefix="refinement")
        self._turn = itertools.count()
        self._waiting: asyncio.PriorityQueue[tuple[int, int, asyncio.Future[Any], Callable[[], Any]]] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._tidying: asyncio.TimerHandle | None = None
        self._firsts = 0
        self._calm = threading.Event()
        self._calm.set()
        self._closed = threading.Event()

    def warm_up(self) -> None:
        """Load or compile the engine, so that the first question is answered at once."""
        name = next(iter(self.book.names()), None)
        if name is not None:
            small = Scenario.load("treadmill", population=20, horizon=2, burn_in=1)
            compare(small, replicates=2, seed=1, effectiveness=False, on_progress=self._between_weeks(None, first=True))
        settle()

    async def start(self) -> None:
        """Begin to take questions."""
        self._waiting = asyncio.PriorityQueue()
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._warm())]

    @property
    def busy(self) -> bool:
        """Whether a first answer is waited for."""
        return self._firsts > 0

    def stop(self) -> None:
        """Give up whatever is computed; may be called from a signal handler."""
        self._closed.set()

    async def close(self) -> None:
        """Stop taking questions; what is computed ends between two weeks."""
        self.stop()
        if self._tidying is not None:
            self._tidying.cancel()
        for task in self._tasks:
            task.cancel()
        for pool in (self._first, self._rest):
            await asyncio.to_thread(pool.shutdown, True, cancel_futures=True)

    async def answers(
        self, question: Question, tell: Callable[[Result], T], *, refine: bool = True, whole: bool = False
    ) -> AsyncGenerator[T]:
        """Yield what is told of a question with more and more replicates, the last with as many as it asks for.

        Parameters
        ----------
        question : Question
        tell : callable
            Makes of a result what is wanted of it, in the thread that computed it. Every result is what `compare` gives
            with as many replicates.
        refine : bool
            Whether to go on after the first answer.
        whole : bool
            Whether to end, after a rest, with an answer that has the break-even effectiveness too.

        Yields
        ------
        object
            What was told.
        """
        cancelled = threading.Event()

        def told(count: int, **options: bool) -> T:
            return tell(self.compare(question, count, cancelled, **options))

        try:
            count = min(FIRST, question.replicates)
            yield await self.run(SOON, partial(told, count, first=True))
            while refine and count < question.replicates:
                count = min(question.replicates, count * 2)
                yield await self.run(LATER, partial(told, count))
            if whole:
                await asyncio.sleep(_REST)
                yield await self.run(LAST, partial(told, count, whole=True))
        finally:
            cancelled.set()

    async def run(self, urgency: int, call: Callable[[], T]) -> T:
        """Compute something in turn.

        Parameters
        ----------
        urgency : int
            `SOON`, `LATER` or `LAST`.
        call : callable
            What to compute, in a thread of the explorer.

        Returns
        -------
        object
            What the call returned.

        Raises
        ------
        Cancelled
            If the explorer was stopped.
        """
        assert self._waiting is not None, "the explorer was not started"
        if self._closed.is_set():
            raise Cancelled
        loop = asyncio.get_running_loop()
        try:
            if urgency > SOON:
                future: asyncio.Future[T] = loop.create_future()
                await self._waiting.put((urgency, next(self._turn), future, call))
                return await future
            self._firsts += 1
            self._calm.clear()
            try:
                return await loop.run_in_executor(self._first, call)
            finally:
                self._firsts -= 1
                if not self._firsts:
                    self._calm.set()
        finally:
            self._tidy_later(loop)

    def compare(
        self,
        question: Question,
        replicates: int,
        cancelled: threading.Event | None = None,
        *,
        whole: bool = False,
        first: bool = False,
    ) -> Result:
        """Compare the arms of a question; only what its last move touched is run again.

        Parameters
        ----------
        question : Question
        replicates : int
            How many are wanted now.
        cancelled : threading.Event, optional
            When set, the comparison ends between two weeks.
        whole : bool
            Whether the break-even effectiveness is wanted too.
        first : bool
            Whether this is a first answer, for which all else waits.

        Returns
        -------
        Result

        Raises
        ------
        Cancelled
            If nobody waits any more.
        """
        return compare(
            self.book.scenario(replace(question, replicates=replicates)),
            replicates=replicates,
            seed=question.seed,
            kept=self.kept,
            effectiveness=whole,
            on_progress=self._between_weeks(cancelled, first=first),
        )

    def _between_weeks(self, cancelled: threading.Event | None, *, first: bool) -> Callable[[int], None]:
        """Return what a run calls between weeks: it ends one that nobody waits for, and holds up what is not urgent."""

        def check(_: int) -> None:
            while True:
                if self._closed.is_set() or (cancelled is not None and cancelled.is_set()):
                    raise Cancelled
                if first or self._calm.wait(0.05):
                    return

        return check

    async def _warm(self) -> None:
        with suppress(Cancelled):
            await self.run(SOON, self.warm_up)

    async def _work(self) -> None:
        """Take what is most urgent of all that is no first answer, one at a time."""
        assert self._waiting is not None
        loop = asyncio.get_running_loop()
        while True:
            _, _, future, call = await self._waiting.get()
            if future.cancelled():
                continue
            try:
                found = await loop.run_in_executor(self._rest, call)
            except asyncio.CancelledError:
                future.cancel()
                raise
            except BaseException as error:  # handed to whoever waits for it
                if not future.cancelled():
                    future.set_exception(error)
            else:
                if not future.cancelled():
                    future.set_result(found)
            del call, future

    def _tidy_later(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give freed memory back once nothing has been asked for a while."""
        if self._tidying is not None:
            self._tidying.cancel()
        if not self._closed.is_set():
            self._tidying = loop.call_later(_IDLE, self._tidy)

    def _tidy(self) -> None:
        if not self._closed.is_set():
            self._rest.submit(give_back)
