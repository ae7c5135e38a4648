"""One population over several workers that exchange only the weekly counts: the same bytes as on one."""

import pytest

import sim.execution.partitioned as split
from sim.execution.executors import SerialExecutor, make_executor
from sim.execution.partitioned import run_partitioned
from sim.execution.replicates import run_replicates
from sim.scenario.scenario import Scenario

RECORD = {"customers": True, "events": 300}
SCENARIOS = {
    "accounts": ("treadmill", {"population": 701, "horizon": 30, "burn_in": 12, "record": RECORD}),
    "no burn-in": ("treadmill", {"population": 300, "horizon": 20, "burn_in": 0}),
    "no accounts": ("cosmetics", {"population": 500, "horizon": 20, "burn_in": 10, "record": {"lives": 0}}),
    "communities": (
        "treadmill",
        {
            "population": 400,
            "horizon": 20,
            "burn_in": 10,
            "market.word_of_mouth.structure": "communities",
            "market.word_of_mouth.communities": 7,
        },
    ),
    "contracts": ("phone_subscription", {"population": 300, "horizon": 30, "burn_in": 10}),
}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("workers", [1, 3])
def test_the_bytes_do_not_depend_on_how_many_share_the_customers(name, workers, live, assert_same_history):
    scenario = Scenario.load(SCENARIOS[name][0], **SCENARIOS[name][1])
    alone = live(scenario, seed=4, replicate=1)
    executor = SerialExecutor()
    executor.workers = workers
    together = run_partitioned(scenario, seed=4, replicate=1, executor=executor)
    assert list(together) == list(alone)
    for arm, history in alone.items():
        assert_same_history(history, together[arm])


@pytest.mark.slow
def test_processes_share_a_replicate_where_there_are_too_few(monkeypatch, live, assert_same_history):
    scenario = Scenario.load("treadmill", population=1500, horizon=15, burn_in=5)
    monkeypatch.setattr(split, "MIN_PARTITIONED", 1000)
    alone = live(scenario)
    with make_executor("local", workers=2) as executor:
        ((number, together),) = run_replicates(scenario, seed=1, replicates=[0], executor=executor)
    assert number == 0
    for arm, history in alone.items():
        assert_same_history(history, together[arm])
