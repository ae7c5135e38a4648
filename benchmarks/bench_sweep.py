"""What a sweep costs beyond the simulation itself, what it keeps in memory, and how quickly its runs answer.

    python benchmarks/bench_sweep.py [RUNS]          10,000 by default

Short runs (1,000 customers, 104 weeks, two arms). To tell the overhead apart from the simulation, the simulation is
lived once and its histories handed back at every run; everything else is done as always: values laid over the scenario
and checked, keyed, measured, kept in shards, read back, written to the tables. Times are of the processor, not of the
wall.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import sim.execution.replicates as replicate
from sim.execution.executors import make_executor
from sim.execution.store import Store
from sim.experiments.design import read_design
from sim.experiments.sweep import sweep
from sim.results.catalog import Catalog
from sim.scenario.config_path import ConfigPath
from sim.scenario.scenario import Scenario

LEVERS = {
    "arms.proactive.focal.strategy.automation": [0, 1],
    "market.contact.fatigue": [0.05, 0.4],
    "personas.wary.privacy_concern": [0.2, 0.9],
    "journeys.proactive.edges.consider_to_buy.logit.base": [-2, 0],
}


def main(runs: int = 10_000) -> dict[str, float]:
    """Measure, print and return the figures."""
    scenario = Scenario.load("treadmill", population=1_000, horizon=104, burn_in=0)
    live = replicate.live_of("numba")
    live(scenario, seed=1, replicate=0)
    began = time.process_time()
    for number in range(5):
        histories = live(scenario, seed=1, replicate=number)
    simulation = (time.process_time() - began) / 5 * 1e3

    def once(*_: object, **__: object) -> object:
        return histories

    found = {"simulation, ms a run": simulation}
    replicate.live_of = lambda engine: once  # type: ignore[assignment,return-value]
    try:
        with tempfile.TemporaryDirectory() as folder, make_executor() as executor:
            peaks, spent = [], []
            # A first small sweep loads what is loaded once.
            for count in (50, runs // 10, runs):
                design = read_design({"levers": LEVERS, "points": count}, {"treadmill": scenario}, ConfigPath.of())
                began, place = time.process_time(), Path(folder) / str(count) / "store"
                with tempfile.TemporaryFile() as table, tempfile.TemporaryFile() as differences:
                    sweep(
                        design,
                        seed=1,
                        replicates=1,
                        executor=executor,
                        store=Store(place),
                        table=table,
                        differences=differences,
                    )
                spent.append((time.process_time() - began) / count * 1e3)
                peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            found["overhead, ms a run"] = spent[-1]
            found[f"peak memory after {runs // 10} runs, MiB"] = peaks[1]
            found[f"peak memory after {runs} runs, MiB"] = peaks[2]
            store = Path(folder) / str(runs) / "store"
            found["shards"] = len(list(store.rglob("*.parquet")))
            found["store, MiB"] = sum(path.stat().st_size for path in store.rglob("*.parquet")) / 2**20
            catalog = Catalog(Path(folder) / str(runs))
            statement = "select arm, persona, avg(contribution), max(market_share) from runs group by all order by all"
            catalog.query("select 1 as one")
            began, wall = time.process_time(), time.perf_counter()
            rows = catalog.query(statement)
            found["query over all, s"] = time.perf_counter() - wall
            assert len(rows) == 2 * (1 + len(scenario.personas))
    finally:
        replicate.live_of = live_of
    for name, figure in found.items():
        print(f"{name:<44} {figure:,.2f}")
    return found


live_of = replicate.live_of

if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
