"""What is told of a comparison in Python is looked for once, when it is asked for, and is the same whenever that is."""

import copy
import gc
import json
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sim import Scenario, compare
from sim.engine.kept import KeptRuns
from sim.execution.executors import SerialExecutor
from sim.experiments import compare as comparison
from sim.results.comparison import write

SCENARIO = Scenario.load("treadmill", population=60, horizon=8, burn_in=2)
OPTIONS = {"replicates": 2, "seed": 3, "threads": 1}


@pytest.fixture
def looks(monkeypatch):
    """Names of what is looked for, in order."""
    done = []

    def told(name, look):
        def counted(*arguments, **options):
            done.append(name)
            return look(*arguments, **options)

        return counted

    for name in ("doubt_runs", "break_even", "verdict"):
        monkeypatch.setattr(comparison, name, told(name, getattr(comparison, name)))
    return done


ALL = ["doubt_runs", "break_even", "verdict"]


@pytest.fixture(scope="module")
def at_once():
    return compare(SCENARIO, at_once=True, **OPTIONS)


def _content(result):
    doubts = {arm: [each.values.tobytes() for each in runs.stated] for arm, runs in result.doubts.items()}
    return json.dumps(result.summary_json), doubts


def test_nothing_is_looked_for_before_it_is_asked_for(looks):
    result = compare(SCENARIO, **OPTIONS)
    assert repr(result) == "<ComparisonResult of 'treadmill': classic, proactive; 2 replicates, seed 3>"
    assert (result.replicates, len(result.cash("classic"))) == (2, 2)
    assert len(result.weekly) and len(result.flows) and len(result.events)
    assert 0.0 < result.wall_seconds == result.arms_seconds
    assert not looks


@pytest.mark.parametrize("ask", ["summary_json", "doubts", "verdict", "summary"])
def test_it_is_looked_for_once(ask, looks, at_once):
    result = compare(SCENARIO, **OPTIONS)
    asked = getattr(result, ask)
    if callable(asked):
        asked = asked()
    assert len(asked) and looks == ALL
    assert result.summary_json is result.summary_json
    assert result.wall_seconds > result.arms_seconds
    assert _content(replace(result, threads=None)) == _content(result) == _content(at_once)
    assert looks == ALL


def test_it_does_not_depend_on_what_happened_in_between(at_once, monkeypatch, tmp_path):
    kept = KeptRuns(10_000_000)
    result, other = (compare(SCENARIO, kept=kept, **{**OPTIONS, "seed": seed}) for seed in (3, 4))
    compare(Scenario.load("telecom", population=50, horizon=6, burn_in=2), kept=kept, replicates=3, seed=3)
    scenario = Scenario.load("treadmill", population=60, horizon=8, burn_in=2, **{"market.price_elasticity": -3.0})
    compare(scenario, **OPTIONS).summary()
    other.summary()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _content(result) == _content(at_once)


def test_a_pickle_or_a_copy_holds_what_was_found(looks, at_once):
    result = compare(SCENARIO, **OPTIONS)
    packed = pickle.dumps(result)
    assert looks == ALL  # here, not where it is unpacked
    for other in (pickle.loads(packed), copy.copy(result), copy.deepcopy(result)):
        assert _content(other) == _content(result) == _content(at_once)
        assert other.wall_seconds == result.wall_seconds > result.arms_seconds
    assert looks == ALL


def test_a_folder_is_the_same_whenever_it_was_looked_for(tmp_path, at_once):
    later = compare(SCENARIO, **OPTIONS)
    assert later.wall_seconds == later.arms_seconds
    folders = [write(result, tmp_path / name, report=False) for name, result in (("a", later), ("b", at_once))]
    texts = [(folder / "summary.json").read_bytes() for folder in folders]
    assert texts[0] == texts[1]
    manifest = json.loads((folders[0] / "manifest.json").read_bytes())
    assert manifest["wall_seconds"] == round(later.wall_seconds, 3)
    assert later.wall_seconds > later.arms_seconds


def test_who_interrupts_may_ask_again(monkeypatch, at_once):
    result = compare(SCENARIO, **OPTIONS)

    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(comparison, "break_even", interrupted)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                result.summary()
    assert _content(result) == _content(at_once)


def test_of_several_threads_one_looks(looks):
    result = compare(SCENARIO, **OPTIONS)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: result.summary_json, range(4)))
    assert all(each is found[0] for each in found) and looks == ALL


def test_what_may_be_gone_later_is_used_at_once(looks, at_once):
    for options in ({"executor": SerialExecutor()}, {"on_progress": lambda _: None}, {"on_arms": lambda _: None}):
        result = compare(SCENARIO, **options, **OPTIONS)
        assert looks == ALL
        looks.clear()
        assert _content(result) == _content(at_once)
    progress = []
    later = compare(SCENARIO, on_progress=progress.append, at_once=False, **OPTIONS)
    told = len(progress)
    assert told and not looks
    assert _content(later) == _content(at_once) and len(progress) == told


def test_runs_of_others_are_let_go():
    kept = KeptRuns(10_000_000)
    result, gone = compare(SCENARIO, kept=kept, **OPTIONS), weakref.ref(kept)
    del kept
    gc.collect()
    assert gone() is None
    assert result.verdict


def test_without_doubt_and_break_even_only_the_summary_is_made(looks):
    result = compare(SCENARIO, effectiveness=False, **OPTIONS)
    assert not looks
    assert "effectiveness" not in result.summary_json and not result.doubts
    assert looks == ["verdict"]
