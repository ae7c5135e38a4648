"""A sweep that is killed, on this machine or on a cluster: nothing finished is lost, nothing is done twice."""

import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import sim.execution.trials as trials_module
from sim.cli import main
from sim.execution.store import Store, chunk_files

pytestmark = pytest.mark.slow

JOURNEY = [sys.executable, "-m", "sim.cli"]
ROOT = Path(__file__).parents[2]
#: Sixty runs, each long enough that a kill falls between two of them.
SWEEP = [
    "sweep",
    "levers.market.contact.fatigue=[0.05,0.4]",
    "levers.arms.proactive.focal.strategy.automation=[0,1]",
    "points=30",
    "replicates=2",
    "population=500",
    "horizon=52",
    "burn_in=10",
    "record.events=10",
    "quiet=true",
]


def _start(folder, *more):
    return subprocess.Popen(
        [*JOURNEY, *SWEEP, f"output_dir={folder}", *more],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors.txt").open("w"),
        start_new_session=True,
    )


def _runs(folder):
    """Count how often each run stands in the shards of a store."""
    found = Counter()
    for path in chunk_files(folder / "store"):
        table = pq.read_table(path, columns=["key", "replicate"])
        found.update(set(zip(table["key"].to_pylist(), table["replicate"].to_pylist(), strict=True)))
    return found


def _tables(folder):
    result = max((folder / "sweep").iterdir())
    return [(result / f"{name}.parquet").read_bytes() for name in ("table", "differences")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    assert main([*SWEEP, f"output_dir={folder}", "executor=serial"]) == 0
    return _tables(folder)


def _sweep_here(folder):
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os._exit(main([*SWEEP, f"output_dir={folder}", "executor=serial"]))


@pytest.mark.skipif(sys.platform == "darwin", reason="a fork of a process with threads is not safe there")
def test_killed_twenty_times_it_loses_nothing_and_does_nothing_twice(tmp_path, undisturbed, monkeypatch):
    """Kill -9 at seeded random moments, from before the first run to after the last; then let it finish.

    The sweep runs in a fork, so that it begins at once: most kills fall into it and not into loading the kernels.
    """
    monkeypatch.setattr(trials_module, "_MOST_RUNS", 3)
    luck = random.Random(20)
    before = Counter()
    killed = 0
    while killed < 20:
        process = multiprocessing.get_context("fork").Process(target=_sweep_here, args=(tmp_path,))
        process.start()
        shards = len(list(chunk_files(tmp_path / "store")))
        # Some while it starts, most while it runs: wait for another shard or none, then a random moment.
        wanted = shards + (luck.random() < 0.7)
        while len(list(chunk_files(tmp_path / "store"))) < wanted and process.is_alive():
            time.sleep(0.001)
        time.sleep(luck.random() * 0.1)
        if process.is_alive():
            process.kill()
            killed += 1
        process.join()
        now = _runs(tmp_path)
        assert all(now[run] == count for run, count in before.items()), "a finished run was lost"
        assert all(count == 1 for count in now.values()), "a run was done twice"
        if process.exitcode == 0:
            # Done before the twentieth kill: from the beginning, the kills go on.
            assert len(now) == 60 and _tables(tmp_path) == undisturbed
            shutil.rmtree(tmp_path / "store")
            now = Counter()
        before = now
    assert main([*SWEEP, f"output_dir={tmp_path}", "executor=serial"]) == 0
    after = _runs(tmp_path)
    assert len(after) == 60 and set(after.values()) == {1} and not before.keys() - after.keys()
    assert _tables(tmp_path) == undisturbed
    assert not [path for path in tmp_path.rglob(".partial*") if path.parent.parent.name == "store"]


def test_killed_with_workers_it_ends_them_too(tmp_path, undisturbed):
    process = _start(tmp_path, "executor=local", "executor.workers=2")
    deadline = time.monotonic() + 90
    while not list(chunk_files(tmp_path / "store")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert main([*SWEEP, f"output_dir={tmp_path}", "executor=serial"]) == 0
    assert set(_runs(tmp_path).values()) == {1} and _tables(tmp_path) == undisturbed
    deadline = time.monotonic() + 30
    while _alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _alive(process.pid), "its workers live on"


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def cluster(tmp_path):
    """Start a real scheduler with two workers on the loopback; return its address and the workers' processes."""
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    options = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    dask = [sys.executable, "-m", "dask"]
    quiet = ["--no-dashboard"]
    file = tmp_path / "scheduler.json"
    address = f"tcp://127.0.0.1:{port}"
    processes = [
        subprocess.Popen(
            [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), *quiet, "--scheduler-file", str(file)],
            **options,
        )
    ]
    workers = [
        subprocess.Popen(
            [*dask, "worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", *quiet], **options
        )
        for _ in range(2)
    ]
    try:
        from distributed import Client

        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address, workers, file
    finally:
        for process in [*workers, *processes]:
            process.kill()
            process.wait()


def test_on_a_cluster_that_loses_a_worker_it_finishes_with_the_same_bytes(tmp_path, undisturbed, cluster):
    address, workers, _ = cluster
    process = _start(tmp_path, "executor=dask", f"executor.address={address}")
    deadline = time.monotonic() + 120
    while not list(chunk_files(tmp_path / "store")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    done = len(Store(tmp_path / "store"))
    workers[0].kill()
    assert process.wait(timeout=180) == 0, (tmp_path / "errors.txt").read_text()
    assert 0 < done < 60, "the worker was to die in the middle"
    assert set(_runs(tmp_path).values()) == {1} and _tables(tmp_path) == undisturbed


def test_what_a_worker_had_finished_when_it_died_is_done_again(cluster):
    """Results that lie on a worker, finished and not yet fetched, are lost with it: no item may fail for that."""
    from sim.execution.executors import make_executor

    address, workers, _ = cluster
    with make_executor("dask", address=address) as executor:
        results = executor.run(time.sleep, [0.5] * 12)
        found = [next(results)]
        time.sleep(3.0)  # three more are done by now, on both workers
        workers[0].kill()
        workers[0].wait()
        time.sleep(0.2)
        found += results
    assert sorted(number for number, _ in found) == list(range(12))
    assert all(result is None for _, result in found), found


def test_one_population_is_split_over_the_workers_of_a_cluster(tmp_path, cluster, monkeypatch):
    import sim.execution.partitioned as split
    from sim.execution.executors import make_executor
    from sim.execution.replicates import run_replicates
    from sim.scenario.scenario import Scenario

    monkeypatch.setattr(split, "MIN_PARTITIONED", 1)
    scenario = Scenario.load("treadmill", population=2001, horizon=20, burn_in=10)
    ((_, alone),) = run_replicates(scenario, seed=2, replicates=[0], threads=1)
    with make_executor("dask", scheduler_file=cluster[2]) as executor:
        ((_, together),) = run_replicates(scenario, seed=2, replicates=[0], executor=executor)
    for arm, history in alone.items():
        assert history.money.tobytes() == together[arm].money.tobytes()
        assert history.events.tobytes() == together[arm].events.tobytes()
        assert history.fatigue.tobytes() == together[arm].fatigue.tobytes()
        assert history.trace.reputation.tobytes() == together[arm].trace.reputation.tobytes()
