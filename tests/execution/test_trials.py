"""Trials and their store: keyed by content, never done twice, told apart by version, readable whatever happened."""

import errno
import io
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import sim.execution.store as store_module
import sim.execution.trials as trials_module
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import EXECUTORS, SerialExecutor, make_executor
from sim.execution.partial_name import PARTIAL
from sim.execution.replicates import run_replicates
from sim.execution.store import Store, StoreFull, chunk_files
from sim.execution.trials import Trial, key_of, live_chunk, measure_arms, run_trials
from sim.execution.version import model_version
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

FATIGUE = "market.contact.fatigue"
ROOT = Path(__file__).parents[2]


def lived(trials, store=None, **options):
    told = []
    with make_executor() as executor:
        outcomes = list(run_trials(trials, executor=executor, store=store, on_done=told.append, **options))
    return outcomes, sum(item.runs for item in told if not item.held)


def test_an_outcome_is_what_a_comparison_measures(tiny):
    ((outcome,), count) = lived([Trial(tiny, 3, (0, 2), {FATIGUE: 0.3})])
    assert count == 2 and not outcome.error
    scenario = with_values(tiny, {FATIGUE: 0.3})
    for place, (_, histories) in enumerate(run_replicates(scenario, seed=3, replicates=[0, 2], threads=1)):
        assert np.array_equal(outcome.metrics[:, place], measure_arms(histories, scenario), equal_nan=True)
    assert outcome.arms == ("classic", "proactive") and outcome.personas[0] == "all"
    assert outcome.metrics.shape == (2, 2, 5, len(RUN_METRICS)) and outcome.key == Trial(scenario, 3, (0,)).key


def test_what_was_done_counts_the_values_of_each_run(tiny):
    told = []
    values = ({"population": 20}, {"horizon": 3, "burn_in": 1}, {FATIGUE: 0.3})
    with make_executor() as executor:
        list(run_trials([Trial(tiny, 3, (0, 1), each) for each in values], executor=executor, on_done=told.append))
    wanted = sum(with_values(tiny, each).customer_weeks(2) for each in values)
    assert sum(item.customer_weeks for item in told) == wanted


def test_a_key_is_about_content_and_not_about_how_it_came_to_be(tiny):
    key = key_of(tiny, 1)
    assert key_of(Scenario.from_dict(json.loads(json.dumps(trials_to_dict(tiny)))), 1) == key
    assert Trial(tiny, 1, (0,), {FATIGUE: 0.3}).key == Trial(with_values(tiny, {FATIGUE: 0.3}), 1, (1,)).key
    assert key_of(replace(tiny, title="another", case="", name="other"), 1) == key
    different = {key_of(tiny, 2)} | {
        key_of(with_values(tiny, {path: value}), 1)
        for path, value in {
            FATIGUE: 0.31,
            "population": 61,
            "horizon": 13,
            "burn_in": 5,
            "baseline": "proactive",
            "record.events": 11,
            "personas.wary.share": 0.123,
            "arms.proactive.focal.strategy.automation": 0.123,
            "journeys.classic.stages.evaluate.effort": 0.123,
        }.items()
    }
    assert len(different) == 10 and key not in different


def trials_to_dict(scenario):

    return scenario.to_dict()


def test_another_model_is_another_key(tiny, monkeypatch, tmp_path):
    trial = Trial(tiny, 1, (0,))
    key = trial.key
    _, count = lived([trial], Store(tmp_path))
    assert count == 1
    monkeypatch.setattr(trials_module, "model_version", lambda: "f" * 16)
    assert trial.key != key
    _, count = lived([trial], Store(tmp_path, "f" * 16))
    assert count == 1 and len({path.parent for path in chunk_files(tmp_path)}) == 2


def test_a_changed_source_is_another_model(tmp_path):
    """In a copy of the sources, so that it is the file and not a stand-in that changes."""
    import shutil

    for folder in ("agents", "sim"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import importlib.util as u; s = u.spec_from_file_location('v', 'sim/execution/version.py');"
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(m.model_version())"
    )

    def version():
        return subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert version() == model_version()
    for name, changes in (
        ("sim/reports/style.py", False),
        ("agents/rules/experience.py", True),
        ("sim/analysis/metrics.py", True),
    ):
        before = version()
        with (tmp_path / name).open("a") as out:
            out.write("\nCHANGED = 1\n")
        assert (version() != before) == changes, name


def test_a_worker_with_another_model_is_refused(tiny):
    chunk = trials_module.Chunk("0" * 16, (tiny,), ())
    with pytest.raises(ConfigError, match="install the same version on every worker"):
        live_chunk(chunk)


def test_a_run_that_fails_is_recorded_and_others_go_on(tiny, tmp_path, monkeypatch):
    original = trials_module.measure_arms

    def breaks(histories, scenario):
        if scenario.market.contact.fatigue == 0.2:
            raise ArithmeticError("the sky fell\non two lines")
        return original(histories, scenario)

    monkeypatch.setattr(trials_module, "measure_arms", breaks)
    trials = [Trial(tiny, 1, (0, 1), {FATIGUE: level}) for level in (0.1, 0.2, 99, 0.3)]
    outcomes, count = lived(trials, Store(tmp_path))
    assert [bool(outcome.error) for outcome in outcomes] == [False, True, True, False]
    assert outcomes[1].error == "ArithmeticError: the sky fell on two lines"
    assert "from 0 to 10" in outcomes[2].error and np.isnan(outcomes[1].metrics).all()
    assert count == 8
    # It is not tried again, unless one asks for it; then it replaces what failed.
    assert lived(trials, Store(tmp_path))[1] == 2
    monkeypatch.setattr(trials_module, "measure_arms", original)
    again = Store(tmp_path)
    again.again = True
    outcomes, count = lived(trials, again)
    assert not outcomes[1].error and count == 4
    assert not lived(trials, Store(tmp_path))[0][1].error


def test_more_replicates_and_more_points_run_only_what_is_new(tiny, tmp_path):
    levels = [0.1, 0.2, 0.3]
    first, count = lived([Trial(tiny, 1, (0, 1), {FATIGUE: level}) for level in levels], Store(tmp_path))
    assert count == 6
    wider, count = lived([Trial(tiny, 1, (0, 1, 2), {FATIGUE: level}) for level in [*levels, 0.4]], Store(tmp_path))
    assert count == 3 + 3
    for before, after in zip(first, wider[:3], strict=True):
        assert np.array_equal(before.metrics, after.metrics[:, :2], equal_nan=True) and before.key == after.key
    _, count = lived([Trial(tiny, 1, (1,), {FATIGUE: 0.4})], Store(tmp_path))
    assert count == 0


def test_one_run_that_two_trials_want_is_done_once(tiny, tmp_path):
    trials = [Trial(tiny, 1, (0,)), Trial(tiny, 1, (0, 1)), Trial(tiny, 1, (0,), {"population": 60})]
    outcomes, count = lived(trials, Store(tmp_path))
    assert count == 2
    assert np.array_equal(outcomes[0].metrics[:, 0], outcomes[1].metrics[:, 0], equal_nan=True)
    assert outcomes[0].key == outcomes[2].key


def test_what_a_killed_sweep_left_half_written_is_not_read_and_swept_up(tiny, tmp_path):
    store = Store(tmp_path)
    lived([Trial(tiny, 1, (0,))], store)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = socket.gethostname()
    dead = store.model_folder / f"{PARTIAL}{host}-{gone.pid}-abc.parquet"
    alive = store.model_folder / f"{PARTIAL}{host}-{os.getpid()}-abc.parquet"
    elsewhere = store.model_folder / f"{PARTIAL}another-{gone.pid}-abc.parquet"
    for path in (dead, alive, elsewhere):
        path.write_bytes(b"half a shard")
    assert len(Store(tmp_path)) == 1
    assert not dead.exists() and alive.exists() and elsewhere.exists()


def test_a_damaged_shard_is_left_out_and_its_runs_are_done_again(tiny, tmp_path, capsys):
    lived([Trial(tiny, 1, (0,))], Store(tmp_path))
    lived([Trial(tiny, 1, (1,))], Store(tmp_path))
    damaged = next(chunk_files(tmp_path))
    damaged.write_bytes(damaged.read_bytes()[:500])
    store = Store(tmp_path)
    assert len(store) == 1 and str(damaged) in capsys.readouterr().err
    _, count = lived([Trial(tiny, 1, (0, 1))], store)
    assert count == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_so_and_leaves_a_readable_store(tiny, tmp_path, monkeypatch, number):
    store = Store(tmp_path)
    lived([Trial(tiny, 1, (0,))], store)
    before = sorted(tmp_path.rglob("*"))

    def full(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(store_module.os, "fsync", full)
    with pytest.raises(StoreFull, match="1 runs of the store are kept: make room and run the same command again"):
        lived([Trial(tiny, 1, (0, 1, 2))], store)
    monkeypatch.undo()
    assert sorted(tmp_path.rglob("*")) == before
    _, count = lived([Trial(tiny, 1, (0, 1, 2))], Store(tmp_path))
    assert count == 2


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit(143)])
def test_an_end_in_the_middle_of_a_write_leaves_nothing_half_written(tiny, tmp_path, monkeypatch, ending):
    store = Store(tmp_path)
    lived([Trial(tiny, 1, (0,))], store)
    before = sorted(tmp_path.rglob("*"))

    def stopped(descriptor):
        raise ending

    monkeypatch.setattr(store_module.os, "fsync", stopped)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        lived([Trial(tiny, 1, (0, 1))], store)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_really_full_disk(tmp_path):
    """A limit on the size of files stands for the disk: the write itself fails half-way, in the command as users run it."""
    code = (
        "import resource, signal, sys; from sim.cli import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000));"
        "sys.exit(main(sys.argv[1:]))"
    )
    small = ["population=60", "horizon=12", "burn_in=4", "executor=serial", "replicates=1", f"output_dir={tmp_path}"]
    # -B: under the limit Python itself would write its own bytecode cut off, and nothing notices.
    command = [sys.executable, "-B", "-c", code, "sweep", f"{FATIGUE}=0.1,0.2", *small]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "the 0 runs of the store are kept: make room" in done.stderr and done.stdout == ""
    assert len(Store(tmp_path / "store")) == 0 and not list(tmp_path.glob("store/*/.partial*"))
    assert not (tmp_path / "sweep").exists()


def _add(folder, start, barrier):

    scenario = Scenario.load("treadmill", population=60, horizon=12, burn_in=4, record={"events": 10})
    trials = [Trial(scenario, 1, (0,), {FATIGUE: 0.01 * level}) for level in range(start, start + 20)]
    store = Store(folder)
    barrier.wait()
    with SerialExecutor() as executor:
        assert not any(outcome.error for outcome in run_trials(trials, executor=executor, store=store))


def test_two_sweeps_into_one_store_at_once(tiny, tmp_path):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    barrier = context.Barrier(2)
    adders = [context.Process(target=_add, args=(tmp_path, start, barrier)) for start in (1, 11)]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join(120)
    assert [adder.exitcode for adder in adders] == [0, 0]
    store = Store(tmp_path)
    assert len(store) == 30
    trials = [Trial(tiny, 1, (0,), {FATIGUE: 0.01 * level}) for level in range(1, 31)]
    together, count = lived(trials, store)
    alone, _ = lived(trials)
    assert count == 0
    assert all(np.array_equal(a.metrics, b.metrics, equal_nan=True) for a, b in zip(together, alone, strict=True))


def test_a_shard_carries_what_is_needed_to_run_its_runs_again(tiny, tmp_path):
    ((outcome,), _) = lived([Trial(tiny, 5, (0,), {FATIGUE: 0.3})], Store(tmp_path))
    row = pq.read_table(next(chunk_files(tmp_path))).slice(0, 1).to_pylist()[0]
    scenario = with_values(Scenario.from_dict(json.loads(row["base"])), json.loads(row["values"]))
    assert row["model"] == model_version() and key_of(scenario, row["seed"]) == row["key"] == outcome.key
    ((again,), _) = lived([Trial(scenario, row["seed"], (row["replicate"],))])
    assert again.metrics.tobytes() == outcome.metrics.tobytes()


def test_the_table_is_the_same_however_it_came_to_be(grid, swept, tmp_path, monkeypatch):
    table, differences, count, result = swept(grid, tmp_path / "at once")
    assert count == 2 * 12 and len(result.errors) == 2
    # In chunks of one run each, and stopped after five of them.
    monkeypatch.setattr(trials_module, "_MOST_RUNS", 1)
    original = SerialExecutor.run

    def interrupted(self, task, items):
        for number, item in enumerate(original(self, task, items)):
            if number == 5:
                raise KeyboardInterrupt
            yield item

    monkeypatch.setattr(SerialExecutor, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        swept(grid, tmp_path / "in pieces")
    monkeypatch.setattr(SerialExecutor, "run", original)
    assert len(Store(tmp_path / "in pieces")) == 5
    again = swept(grid, tmp_path / "in pieces")
    assert again[:2] == (table, differences)
    # Those that fail before they are lived are not kept: they cost nothing.
    assert again[2] == 20 - 5 + 4
    assert swept(grid, tmp_path / "in pieces")[:2] == (table, differences)
    rows = pq.read_table(io.BytesIO(table)).to_pandas()
    assert list(rows["run"]) == sorted(rows["run"]) and set(rows["run"]) == set(range(12))
    assert list(rows.query("error != ''")["run"].unique()) == [10, 11]


def test_the_table_is_the_same_from_several_processes(grid, swept, tmp_path):
    table, differences, _, _ = swept(grid, tmp_path / "serial")
    assert swept(grid, tmp_path / "local", executor="local", workers=2)[:2] == (table, differences)


def _dies_once(item):
    mark, number = item
    if number == 3 and not mark.exists():
        mark.touch()
        os._exit(9)
    return number


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(tmp_path):
    with make_executor("local", workers=2) as executor:
        found = dict(executor.run(_dies_once, [(tmp_path / "died", number) for number in range(8)]))
    assert found == {number: number for number in range(8)}


def _always_dies(number):
    if number == 1:
        os._exit(9)
    return number


def _hears_ctrl_c(_):
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_workers_never_hear_ctrl_c_not_even_while_they_load():
    with make_executor("local", workers=2) as executor:
        assert dict(executor.run(_hears_ctrl_c, range(4))) == dict.fromkeys(range(4), False)
    assert _hears_ctrl_c(0)  # this process does


@pytest.mark.slow
def test_what_kills_every_worker_is_given_up():
    with make_executor("local", workers=1) as executor:
        found = dict(executor.run(_always_dies, range(3)))
    assert found[0] == 0 and "its worker died" in str(found[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "locl"}, f"did you mean 'local'.*give one of {', '.join(EXECUTORS)}"),
        ({"kind": "dask"}, "neither executor.address nor executor.scheduler_file"),
        ({"kind": "dask", "scheduler_file": "nowhere.json"}, "there is no such file"),
    ],
)
def test_a_bad_executor_is_refused(options, message):
    if options["kind"] == "dask":
        pytest.importorskip("distributed")
    with pytest.raises(ConfigError, match=message):
        make_executor(**options)
