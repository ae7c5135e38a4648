"""One replicate on many workers: its customers are partitioned, and only weekly counts are exchanged."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from sim.execution.executors import Executor
from sim.record.history import History
from sim.scenario.scenario import Scenario

__all__ = ["MIN_PARTITIONED", "run_partitioned"]

#: Below this population a worker lives a whole replicate faster than several share it.
MIN_PARTITIONED = 200_000


def run_partitioned(
    scenario: Scenario,
    *,
    seed: int,
    replicate: int,
    executor: Executor,
    on_progress: Callable[[int], None] | None = None,
    arms: Collection[str] | None = None,
) -> dict[str, History]:
    """Run one replicate on all workers of an executor together.

    Parameters
    ----------
    scenario : Scenario
    seed, replicate : int
        Keys of luck.
    executor : Executor
        Each of its workers lives some of the customers; the bytes do not depend on how many there are.
    on_progress : callable, optional
        Called with the customer-weeks simulated since its last call.
    arms : collection of str, optional
        Which arms are run; all by default.

    Returns
    -------
    dict of str to History
        By arm; the same bytes as one worker alone writes.
    """
    from sim.engine.partition import Partition, histories_of

    began = time.perf_counter()
    pieces = max(1, min(executor.workers, scenario.population))
    edges = np.linspace(0, scenario.population, pieces + 1).astype(np.int64)
    spans = [
        (scenario, seed, replicate, int(first), int(last)) for first, last in zip(edges[:-1], edges[1:], strict=True)
    ]
    with executor.crew(Partition, spans) as crew:
        talk: Any = 0
        adopted = 0

        def live(start: int, end: int) -> None:
            nonlocal talk, adopted
            for week in range(start, end):
                heard = crew.call("week", week, talk, adopted)
                talk = sum(item.talk for item in heard)
                adopted = sum(item.adopted for item in heard)
                if on_progress is not None:
                    on_progress(scenario.population)

        live(0, scenario.burn_in)
        past = crew.call("finish_burn_in")
        after = (talk, adopted)
        results = {}
        for name in [name for name in scenario.arms if arms is None or name in arms]:
            talk, adopted = after
            crew.call("begin_arm", name)
            live(scenario.burn_in, scenario.burn_in + scenario.horizon)
            results[name] = crew.call("finish_arm")
    return histories_of(scenario, seed, replicate, past, results, time.perf_counter() - began)
