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

T = TypeVar("T")


class Cancelled(Exception):
    """Nobody waits for this answer any more."""


class Explorer:
    """The one place that computes for all pages: a thread, a queue by urgency, and the runs that are kept.

    Parameters
    ----------
    book : Book
        The scenarios that can be asked about.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.kept = KeptRuns()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="explorer")
        self._turn = itertools.count()
        self._waiting: asyncio.PriorityQueue[tuple[int, int, asyncio.Future[Any], Callable[[], Any]]] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._closed = threading.Event()

    def warm_up(self) -> None:
        """Load or compile the engine, so that the first question is answered at once."""
        if self._closed.is_set():
            return
        name = next(iter(self.book.names()), None)
        if name is not None:
            small = Scenario.load("treadmill", population=20, horizon=2, burn_in=1)
            compare(
                small,
                replicates=2,
                seed=1,
                effectiveness=False,
                on_progress=self._stop_when_cancelled(threading.Event()),
            )

    async def start(self) -> None:
        """Begin to take questions."""
        self._waiting = asyncio.PriorityQueue()
        self._worker = asyncio.create_task(self._work())
        asyncio.get_running_loop().run_in_executor(self._pool, self._quietly, self.warm_up)

    def stop(self) -> None:
        """Give up whatever is computed; may be called from a signal handler."""
        self._closed.set()

    async def close(self) -> None:
        """Stop taking questions; what is computed ends between two weeks."""
        self.stop()
        if self._worker is not None:
            self._worker.cancel()
        await asyncio.to_thread(self._pool.shutdown, True, cancel_futures=True)

    async def answers(self, question: Question, *, refine: bool = True) -> AsyncGenerator[Result]:
        """Yield results of a question with more and more replicates, the last with as many as it asks for.

        Parameters
        ----------
        question : Question
        refine : bool
            Whether to go on after the first answer.

        Yields
        ------
        Result
            Every one is what `compare` gives with as many replicates.
        """
        cancelled = threading.Event()
        try:
            count = min(FIRST, question.replicates)
            while True:
                urgency = SOON if count <= FIRST else LATER
                yield await self.run(urgency, partial(self.compare, question, count, cancelled))
                if count >= question.replicates or not refine:
                    return
                count = min(question.replicates, count * 2)
        finally:
            cancelled.set()

    async def run(self, urgency: int, call: Callable[[], T]) -> T:
        """Compute something in turn.

        Parameters
        ----------
        urgency : int
            `SOON`, `LATER` or `LAST`.
        call : callable
            What to compute, in the thread of the explorer.

        Returns
        -------
        object
            What the call returned.
        """
        assert self._waiting is not None, "the explorer was not started"
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        await self._waiting.put((urgency, next(self._turn), future, call))
        return await future

    def compare(
        self, question: Question, replicates: int, cancelled: threading.Event | None = None, *, whole: bool = False
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
            on_progress=self._stop_when_cancelled(cancelled or threading.Event()),
        )

    def _stop_when_cancelled(self, cancelled: threading.Event) -> Callable[[int], None]:
        def check(_: int) -> None:
            if cancelled.is_set() or self._closed.is_set():
                raise Cancelled

        return check

    @staticmethod
    def _quietly(call: Callable[[], object]) -> None:
        with suppress(Cancelled):
            call()

    async def _work(self) -> None:
        """Take what is most urgent, one at a time."""
        assert self._waiting is not None
        loop = asyncio.get_running_loop()
        while True:
            _, _, future, call = await self._waiting.get()
            if future.cancelled():
                continue
            try:
                found = await loop.run_in_executor(self._pool, call)
            except asyncio.CancelledError:
                future.cancel()
                raise
            except BaseException as error:  # handed to whoever waits for it
                if not future.cancelled():
                    future.set_exception(error)
            else:
                if not future.cancelled():
                    future.set_result(found)
