"""Replicates: the same scenario simulated again with other luck, several at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.execution.executors import Executor, usable_threads
from sim.execution.partitioned import MIN_PARTITIONED, run_partitioned
from sim.record.history import History
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.engine.kept import KeptRuns

__all__ = ["live_of", "run_replicates"]


#: Above this population one replicate at a time is simulated, its customers cut over the threads, to bound memory.
_LARGE = 2_000_000
#: Unless told how many, no more threads share a population than each has so many customers: they meet every week.
_MIN_PER_THREAD = 5_000

#: Which arms are run: these, those of a replicate, or all.
Arms = Collection[str] | Callable[[int], Collection[str]] | None


def live_of(engine: str) -> Callable[..., dict[str, History]]:
    """Return what lives one replicate with an engine."""
    if engine == "mesa":
        from sim.reference.model import run_replicate as run_with_mesa

        return run_with_mesa
    from sim.engine.replicate import run_replicate as run_with_numba

    return run_with_numba


def run_replicates(
    scenario: Scenario,
    *,
    seed: int,
    replicates: Iterable[int],
    engine: str = "numba",
    threads: int | None = None,
    on_progress: Callable[[int], None] | None = None,
    executor: Executor | None = None,
    kept: KeptRuns | None = None,
    arms: Arms = None,
) -> Iterator[tuple[int, dict[str, History]]]:
    """Run replicates, in order.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        Key of luck, in [0, 2**32).
    replicates : iterable of int
        Numbers of the replicates; number 3 is the same whichever others are run.
    engine : {"numba", "mesa"}
    threads : int, optional
        All by default. Threads each take a replicate, or several share the customers of one where there are more
        threads than replicates, or too many customers. The numbers do not depend on it.
    on_progress : callable, optional
        Called with the customer-weeks simulated since its last call, from any thread.
    executor : Executor, optional
        Where they are simulated; this process by default. Each worker takes a replicate and one thread.
    kept : KeptRuns, optional
        Runs of earlier calls that are not run again; of the numba engine in this process.
    arms : collection of str or callable, optional
        Which arms are run after the burn-in, or by replicate; all by default.

    Yields
    ------
    tuple of int and dict of str to History
        The replicate and its history by arm.
    """
    if executor is not None and executor.kind != "serial":
        yield from _run_elsewhere(scenario, seed, tuple(replicates), engine, on_progress, executor, arms)
        return
    live = live_of(engine)
    numbers = deque(replicates)
    count = usable_threads(threads) if engine == "numba" else 1
    pools = 1 if scenario.population > _LARGE else max(1, min(count, len(numbers)))
    each = count // pools
    if threads is None:
        each = max(1, min(each, scenario.population // _MIN_PER_THREAD))
    stop = threading.Event()
    options: dict[str, Any] = {"seed": seed, "on_progress": on_progress, "threads": each, "stop": stop}
    if engine == "numba" and each == 1:
        # Threads that no replicate takes and that so few customers are not worth sharing over: arms take them.
        options["arms_at_once"] = max(1, count // pools)
    if kept is not None and engine == "numba":
        options["kept"] = kept
    if pools == 1:
        # In a thread of its own, so that Ctrl-C reaches this one between weeks.
        with ThreadPoolExecutor(1) as pool:
            for number in numbers:
                job = pool.submit(live, scenario, replicate=number, arms=_arms_of(arms, number), **options)
                yield number, _result_of(job, stop)
        return
    with ThreadPoolExecutor(pools) as pool:
        running: deque[tuple[int, Future[dict[str, History]]]] = deque()
        try:
            while numbers or running:
                # One more than there are threads, so that none waits while the caller looks at a finished replicate.
                while numbers and len(running) <= pools:
                    number = numbers.popleft()
                    job = pool.submit(live, scenario, replicate=number, arms=_arms_of(arms, number), **options)
                    running.append((number, job))
                number, job = running.popleft()
                yield number, _result_of(job, stop)
        finally:
            stop.set()


@dataclass(frozen=True, slots=True)
class _Task:
    """A replicate that a worker lives."""

    scenario: Scenario
    seed: int
    replicate: int
    engine: str
    arms: Collection[str] | None


def _run_task(task: _Task) -> dict[str, History]:
    live = live_of(task.engine)
    return live(task.scenario, seed=task.seed, replicate=task.replicate, threads=1, arms=task.arms)


def _run_elsewhere(
    scenario: Scenario,
    seed: int,
    numbers: tuple[int, ...],
    engine: str,
    on_progress: Callable[[int], None] | None,
    executor: Executor,
    arms: Arms,
) -> Iterator[tuple[int, dict[str, History]]]:
    """Live every replicate on a worker of its own, or each on all of them where there are too few; yield in order."""
    if engine == "numba" and len(numbers) < executor.workers and scenario.population >= MIN_PARTITIONED:
        for number in numbers:
            keys: dict[str, Any] = {"seed": seed, "replicate": number}
            yield (
                number,
                run_partitioned(
                    scenario, **keys, executor=executor, on_progress=on_progress, arms=_arms_of(arms, number)
                ),
            )
        return
    results: dict[int, dict[str, History]] = {}
    following = 0
    tasks = (_Task(scenario, seed, number, engine, _arms_of(arms, number)) for number in numbers)
    for place, result in executor.run(_run_task, tasks):
        if isinstance(result, Exception):
            raise result
        results[place] = result
        if on_progress is not None:
            on_progress(scenario.customer_weeks())
        while following in results:
            yield numbers[following], results.pop(following)
            following += 1


def _arms_of(arms: Arms, replicate: int) -> Collection[str] | None:
    return arms(replicate) if callable(arms) else arms


def _result_of(job: Future[dict[str, History]], stop: threading.Event) -> dict[str, History]:
    """Result of a job; an interrupt asks it to stop and is passed on."""
    try:
        while not wait([job], timeout=0.5).done:
            pass
        return job.result()
    except BaseException:
        stop.set()
        raise
