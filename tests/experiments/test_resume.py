"""Resume: a long question that was ended goes on where it stopped, does nothing twice, and comes to the same."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from sim.cli import main
from sim.execution.executors import SerialExecutor, make_executor
from sim.execution.store import Store
from sim.experiments import arm_metrics
from sim.experiments.attribute import attribute
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import choose_factors
from sim.experiments.frontier import SampleSizes, frontier
from sim.experiments.sensitivity import sensitivity
from sim.experiments.touchpoints import touchpoints
from sim.scenario.scenario import Scenario


@pytest.fixture
def tiny():
    return Scenario.load("treadmill", population=40, horizon=6, burn_in=2)


class Stopped(BaseException):
    """What a kill is to the process that it ends."""


class Mortal(SerialExecutor):
    """Ends after a number of items, as a kill would."""

    def __init__(self, items):
        super().__init__()
        self.left = items

    def run(self, task, items):
        for outcome in super().run(task, items):
            if not self.left:
                raise Stopped
            self.left -= 1
            yield outcome


def _response(scenario):
    factors = choose_factors(["contact_rate", "capability_cost"], scenario, "proactive", names=())
    return FactorResponse(scenario, "proactive", "contribution", factors, 3)


def _sensitivity(scenario, **options):
    found = sensitivity(_response(scenario), method="morris", size=4, replicates=2, **options)
    return found.global_sensitivity.values


def _frontier(scenario, **options):
    return frontier(_response(scenario), SampleSizes(12, 1, 4, 8, 2, 2), **options).values


@pytest.mark.parametrize("question", [_sensitivity, _frontier])
def test_points_that_were_run_before_a_kill_are_not_run_again(question, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.execution.trials._MOST_RUNS", 3)
    with make_executor("serial") as executor:
        whole = question(tiny, executor=executor, store=None)
    runs = whole.size
    with pytest.raises(Stopped):
        question(tiny, executor=Mortal(2), store=Store(tmp_path))
    kept = len(Store(tmp_path))
    told = []
    with make_executor("serial") as executor:
        again = question(tiny, executor=executor, store=Store(tmp_path), on_done=told.append)
    assert 0 < kept < runs
    assert sum(item.runs for item in told if item.held) >= kept
    assert sum(item.runs for item in told if not item.held) == len(Store(tmp_path)) - kept
    np.testing.assert_array_equal(again, whole)


def _attribute(scenario, **options):
    done = attribute(scenario, replicates=4, seed=3, threads=1, **options)
    return done.shares, done.arm_metrics.values, done.summary_json


def _touchpoints(scenario, **options):
    done = touchpoints(scenario, replicates=1, seed=3, threads=1, **options)
    return done.effects, done.arm_metrics.values, done.summary_json


@pytest.mark.parametrize("question", [_attribute, _touchpoints])
def test_replicates_that_were_run_before_a_kill_are_not_run_again(question, tiny, tmp_path, monkeypatch):
    whole = question(tiny)
    monkeypatch.setattr(arm_metrics, "CHUNK_SECONDS", -1.0)
    run, ran = arm_metrics._run, []

    def mortal(job, threads, on_progress):
        for outcome in run(job, threads, on_progress):
            if len(ran) == 3:
                raise Stopped
            ran.append((job.number, outcome.replicate))
            yield outcome

    monkeypatch.setattr(arm_metrics, "_run", mortal)
    with pytest.raises(Stopped):
        question(tiny, store=Store(tmp_path))
    monkeypatch.setattr(arm_metrics, "_run", run)
    assert len(Store(tmp_path)) == 3
    told = []
    again = question(tiny, store=Store(tmp_path), on_done=told.append)
    assert sum(item.held for item in told) == 3
    assert sum(not item.held for item in told) == len(told) - 3
    table, values, summary = again
    assert table.equals(whole[0]) and summary == whole[2]
    np.testing.assert_array_equal(values, whole[1])


def test_runs_of_such_a_question_run_again_by_key(tiny, tmp_path, capsys):
    arm_metrics.run_arms([tiny], replicates=2, threads=1, seed=3, store=Store(tmp_path / "store"))
    (key, _), *_ = Store(tmp_path / "store")._where
    words = ["results", "rerun", f"run={key}", f"output_dir={tmp_path}", "progress=false"]
    assert main(words) == 0
    assert "the same to the bit" in capsys.readouterr().out


def test_what_is_asked_decides_what_is_found(tiny, tmp_path):
    """Another seed, another arm's flows or another scenario is another run."""
    told = []
    for options in ({"seed": 3}, {"seed": 4}, {"seed": 3, "flows_of": "proactive"}, {"seed": 3}):
        arm_metrics.run_arms([tiny], replicates=2, threads=1, store=Store(tmp_path), on_done=told.append, **options)
    assert [item.held for item in told] == [False] * 6 + [True] * 2


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["attribute", "moments", "sensitivity"])
def test_a_killed_command_goes_on(verb, tmp_path, capsys):
    """Killed when its first file is there; the second call says how many runs it found."""
    words = [
        verb, "population=4000", "horizon=104", "burn_in=26", "replicates=60", "progress=false", "seed=5",
        "threads=1", f"output_dir={tmp_path}", *(["size=16"] if verb == "sensitivity" else []),
    ]  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "sim.cli", *words], stdout=subprocess.DEVNULL)
    store = tmp_path / "store"
    while process.poll() is None and not list(store.glob("*/[!.]*.parquet")):
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = len(Store(store))
    assert kept and not list((tmp_path / verb).glob("[!.]*"))
    assert main([word.replace("replicates=60", f"replicates={min(60, 4)}") for word in words]) == 0
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if " found in " in line)
    assert " 0 found" not in line, line
