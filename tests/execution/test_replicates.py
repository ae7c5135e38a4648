"""Replicates: the same bytes for any number of threads, in any company, and nothing left of what was interrupted."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from sim.analysis import tables
from sim.engine.replicate import Stopped, run_replicate
from sim.execution.executors import MOST_PER_CORE, usable_threads
from sim.execution.replicates import run_replicates
from sim.experiments.compare import compare
from sim.scenario.dotted_key import with_values
from sim.scenario.scenario import Scenario
from sim.world.compile import _compile, compile_world

NAMES = ("weekly", "flows", "customers", "events", "market")


@pytest.fixture(scope="module")
def alone(treadmill, live):
    return live(treadmill)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_one_replicate_cut_over_threads_is_the_same(treadmill, live, alone, assert_same_history, threads):
    for arm, history in live(treadmill, threads=threads).items():
        assert_same_history(alone[arm], history)


def test_more_threads_than_customers(treadmill, live, assert_same_history):
    few = replace(treadmill, population=3)
    one, many = live(few), live(few, threads=8)
    for arm in one:
        assert_same_history(one[arm], many[arm])


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_parquet_files_have_the_same_bytes_for_any_threads(treadmill, tmp_path, threads):
    """Two replicates: one thread takes them in turn, two take one each, of four two share the customers of each."""
    for asked in (1, threads):
        result = compare(treadmill, replicates=2, seed=3, threads=asked)
        for name in NAMES:
            tables.write_parquet(result.tables(name), tmp_path / f"{name}-{asked}.parquet")
    for name in NAMES:
        one, other = (tmp_path / f"{name}-{asked}.parquet" for asked in (1, threads))
        assert one.read_bytes() == other.read_bytes(), name
        assert one.stat().st_size > 1000, name


def test_a_replicate_is_the_same_whichever_others_are_run(treadmill, live, assert_same_history):
    alone = live(treadmill, replicate=3)
    among = dict(run_replicates(treadmill, seed=1, replicates=[5, 3, 0, 2], threads=2))
    assert list(among) == [5, 3, 0, 2], "in the order asked for"
    for arm in alone:
        assert_same_history(alone[arm], among[3][arm])


@pytest.mark.parametrize("key", [{"seed": 2}, {"replicate": 1}])
def test_another_seed_or_replicate_is_other_luck(treadmill, live, alone, key):
    assert (live(treadmill, **key)["classic"].purchases != alone["classic"].purchases).any()


def test_an_arm_is_the_same_whichever_arms_stand_beside_it(treadmill, live, alone, assert_same_history):
    swapped = replace(treadmill, arms=dict(reversed(treadmill.arms.items())))
    without = replace(treadmill, arms={"classic": treadmill.arms["classic"]})
    for scenario in (swapped, without):
        for arm, history in live(scenario).items():
            assert_same_history(alone[arm], history)


def test_the_first_weeks_do_not_depend_on_how_many_follow(treadmill, live, alone):
    shorter = live(replace(treadmill, horizon=20))
    for arm, history in shorter.items():
        for name in ("customers", "purchases", "money", "satisfaction", "trust", "fatigue", "contacts", "opted_out"):
            assert (getattr(history, name) == getattr(alone[arm], name)[:20]).all(), (arm, name)


def test_progress_tells_every_customer_week_once(treadmill):
    for threads in (1, 2):
        told: list[int] = []
        list(run_replicates(treadmill, seed=1, replicates=range(2), threads=threads, on_progress=told.append))
        weeks = treadmill.burn_in + treadmill.horizon * len(treadmill.arms)
        assert sum(told) == 2 * treadmill.population * weeks


def test_usable_threads_are_those_asked_for_or_all():
    assert usable_threads(3) == 3
    assert usable_threads(None) >= 1


def test_no_more_threads_are_used_than_cores_can_take_turns_with():
    """A thousand that shared a hundred customers on two cores had not ended after two minutes."""
    assert usable_threads(1_000_000) == MOST_PER_CORE * usable_threads(None)


# --- interrupted


class _Impatient:
    """Presses Ctrl-C after some calls."""

    def __init__(self, calls):
        self.left = calls

    def __call__(self, _):
        self.left -= 1
        if self.left <= 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("calls", [1, 3])
def test_an_interrupt_ends_the_run_and_every_thread(treadmill, threads, calls):
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        compare(treadmill, replicates=3, seed=1, threads=threads, on_progress=_Impatient(calls))
    assert threading.active_count() == before


def test_after_an_interrupt_the_same_run_gives_the_same_numbers(treadmill, live, alone, assert_same_history):
    with pytest.raises(KeyboardInterrupt):
        live(treadmill, on_progress=_Impatient(2))
    for arm, history in live(treadmill).items():
        assert_same_history(alone[arm], history)


def test_a_run_that_is_asked_to_stop_stops(treadmill):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        run_replicate(treadmill, seed=1, replicate=0, stop=stop)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_kill_leave_earlier_results_alone_and_nothing_of_this_one(tmp_path, number, wait_for_processor_time):
    earlier = tmp_path / "results" / "compare" / "earlier"
    earlier.mkdir(parents=True)
    (earlier / "summary.json").write_text("{}")
    command = [sys.executable, "-m", "sim.cli", "compare", "population=300000", "horizon=2000", "replicates=50",
               f"output_dir={tmp_path / 'results'}", "progress=true", "threads=1"]  # fmt: skip
    # A shell that started the tests in the background lets them, and what they start, ignore interrupts.
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), "env": os.environ}
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **heeding) as run:
        wait_for_processor_time(run, 2.0)
        assert run.poll() is None, run.stderr.read().decode()
        run.send_signal(number)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 128 + number
    assert b"Traceback" not in said
    assert [path.name for path in (tmp_path / "results").rglob("*")] == ["compare", "earlier", "summary.json"]


def test_a_run_longer_than_the_clocks_is_refused(treadmill):
    endless = replace(treadmill, burn_in=60_000, horizon=10_000)
    with pytest.raises(ValueError, match="burn_in \\+ horizon is 70000 weeks; at most"):
        run_replicate(endless, seed=1, replicate=0)


@pytest.mark.parametrize("engine", ["numba", "mesa"])
def test_who_begins_past_the_waiting_stage_needs_again(engine):
    """Nobody carries over a need that was never set: beginning in `consider` is no reason not to buy ever after."""
    composed = Scenario.load("treadmill", population=200, horizon=60, burn_in=0).to_dict()
    composed["journeys"]["classic"]["start"] = {"consider": 1.0}
    composed["journeys"]["proactive"]["start"] = {"consider": 1.0}
    scenario = Scenario.from_dict(composed)
    (_, arms), *_ = run_replicates(scenario, seed=1, replicates=[0], engine=engine)
    purchases = arms["classic"].purchases.sum(axis=(1, 2, 3))
    assert purchases[:10].sum() > 60 and purchases[30:].sum() > 60


def test_arms_at_the_same_time_are_the_same_to_the_bit(treadmill, assert_same_history):
    apart = run_replicate(treadmill, seed=3, replicate=1)
    together = run_replicate(treadmill, seed=3, replicate=1, arms_at_once=4)
    assert list(together) == list(apart)
    for arm, history in apart.items():
        assert_same_history(together[arm], history)


@pytest.mark.parametrize("engine", ["numba", "mesa"])
def test_an_arm_that_is_run_without_the_others_is_the_same_to_the_bit(engine, assert_same_history):
    scenario = Scenario.load("treadmill", population=60, horizon=12, burn_in=6)
    ((_, every),) = run_replicates(scenario, seed=3, replicates=[1], engine=engine)
    ((_, one),) = run_replicates(scenario, seed=3, replicates=[1], engine=engine, arms=["proactive"])
    assert list(one) == ["proactive"]
    assert_same_history(one["proactive"], every["proactive"])


def test_journeys_are_laid_out_once_and_anew_where_one_is_changed(treadmill):
    arm = treadmill.arms["proactive"]
    first, again = (compile_world(treadmill, arm, seed=1, replicate=number) for number in range(2))
    assert first.nodes is again.nodes
    changed = with_values(treadmill, {"journeys.proactive.edges.consider_to_buy.logit.base": -3.0})
    other = compile_world(changed, changed.arms["proactive"], seed=1, replicate=0)
    assert other.edges.base.tolist() != first.edges.base.tolist()
    dearer = with_values(treadmill, {"market.channels.web.effort": 0.9})
    assert compile_world(dearer, arm, seed=1, replicate=0).channels.effort.tolist() != first.channels.effort.tolist()


def test_worlds_are_shared_but_for_their_luck_and_compiled_anew_where_one_part_is_another(treadmill):
    arm = treadmill.arms["proactive"]
    first, again = (compile_world(treadmill, arm, seed=seed, replicate=seed + 1) for seed in (3, 4))
    assert all(getattr(first, name) is getattr(again, name) for name in first._fields if name != "constants")
    assert [int(world.constants.seed[0]) for world in (first, again)] == [3, 4]
    assert [int(world.constants.replicate[0]) for world in (first, again)] == [4, 5]
    for path, value in (
        ("population", 11),
        ("horizon", 7),
        ("market.price_elasticity", -1.25),
        ("arms.proactive.focal.strategy.effectiveness.automation", 0.25),
        ("arms.proactive.focal.strategy.costs.contact", 0.5),
    ):
        changed = with_values(treadmill, {path: value})
        other = compile_world(changed, changed.arms["proactive"], seed=3, replicate=4)
        fresh = _compile(changed, changed.arms["proactive"])
        moved = [name for name in first._fields if getattr(first, name).tobytes() != getattr(other, name).tobytes()]
        assert moved, path
        assert all(getattr(other, name).tobytes() == getattr(fresh, name).tobytes() for name in first._fields[1:]), path


def test_memory_of_a_run_that_ended_is_used_again_and_moves_nothing(treadmill, assert_same_history):
    alone = run_replicate(treadmill, seed=9, replicate=0)
    run_replicate(treadmill, seed=2, replicate=5)
    other = with_values(treadmill, {"population": treadmill.population + 3})
    run_replicate(other, seed=2, replicate=5, threads=2)
    again = run_replicate(treadmill, seed=9, replicate=0)
    for arm, history in alone.items():
        assert_same_history(again[arm], history)
