"""How soon a goal is reached agrees with the law of the journey, in both engines, however customers are parted.

Error rate: each comparison allows four standard errors, which a right engine exceeds with probability 6.4e-5; the seed
is fixed. The slow test allows as few intervals to hold the truth as one in a thousand right ones would.
"""

import numpy as np
import pytest

from agents.population import NEVER
from sim import compare
from sim.execution.executors import SerialExecutor
from sim.execution.partitioned import run_partitioned
from sim.scenario.scenario import Scenario

CUSTOMERS = 100_000
ALLOWED = 4.0


def race(pay, end, *, start=None, back=0.0):
    """A journey in which customers pay or are gone, with these probabilities a week; who has paid may come back."""
    edges = [
        {"from": "begin", "to": "look"},
        {"from": "look", "to": "gone", "probability": end},
        {"from": "look", "to": "pay", "probability": pay},
    ]
    edges += [{"from": "pay", "to": "look", "probability": back}] if back else []
    start = {"look": 1.0} if start is None else start
    used = [edge for edge in edges if edge["from"] != "begin" or "begin" in start]
    stages = {"look": {}, "pay": {"goal": True}, "gone": {}} | ({"begin": {"weeks": 0}} if "begin" in start else {})
    return {"start": start, "stages": stages, "edges": used}


def scenario_of(*journeys, population=CUSTOMERS, horizon=30, burn_in=0):
    names = ("slow", "quick")[: len(journeys)]
    return Scenario.from_dict(
        {
            "name": "race",
            "market": "none",
            "personas": "everyone",
            "baseline": "slow",
            "journeys": dict(zip(names, journeys, strict=True)),
            "arms": {name: {"focal": {"journey": name}} for name in names},
            "population": population,
            "horizon": horizon,
            "burn_in": burn_in,
            "record": {"events": 0},
        }
    )


def come(pay, end, horizon):
    """Share of customers who have paid after each of 0 to `horizon` weeks: the one way that is first wins."""
    weeks = np.arange(horizon + 1)
    return pay / (pay + end) * (1.0 - (1.0 - pay - end) ** weeks)


def truths(pay, end, horizon):
    """Share that pays, and the mean weeks until then, which end with the horizon."""
    found = come(pay, end, horizon)
    return {"reached": found[-1], "restricted_mean": (1.0 - found[:-1]).sum()}


def test_arrivals_follow_the_geometric_law_with_a_competing_end(live):
    (history,) = live(scenario_of(race(0.15, 0.1)), threads=2).values()
    expected = np.diff(come(0.15, 0.1, 30), prepend=0.0)
    spread = np.sqrt(CUSTOMERS * expected * (1.0 - expected)) + 1e-9
    assert history.goal_arrivals.shape == (1, 31)
    assert (np.abs(history.goal_arrivals[0] - CUSTOMERS * expected) <= ALLOWED * spread).all()
    assert (
        np.bincount(history.goal_times[history.goal_times != NEVER], minlength=31) == history.goal_arrivals[0]
    ).all()


@pytest.mark.parametrize("start", ["begin", "look"])
def test_a_stage_that_takes_no_time_takes_none(live, start):
    """Who passes `begin` on the way to `look` moves on a week later, after one week there all the same."""
    (history,) = live(scenario_of(race(1.0, 0.0, start={start: 1.0}), population=50)).values()
    assert history.goal_arrivals[0].nonzero()[0].tolist() == [1]


def test_first_visits_of_the_horizon_count_and_who_stands_there_has_come(live):
    """A goal reached in the burn-in is none within the horizon, unless customers still stand there when it begins."""
    journey = race(0.5, 0.0, back=0.5, start={"look": 0.5, "pay": 0.5})
    (history,) = live(scenario_of(journey, burn_in=20)).values()
    assert history.goal_arrivals.sum() == CUSTOMERS
    # Half of them stand there; of the others half come each week.
    expected = np.r_[0.5, 0.5 ** np.arange(2, 12)]
    spread = np.sqrt(CUSTOMERS * expected * (1.0 - expected))
    assert (np.abs(history.goal_arrivals[0, :11] - CUSTOMERS * expected) <= ALLOWED * spread).all()
    (alone,) = live(scenario_of(journey, population=20)).values()
    assert alone.goal_arrivals[0, 0] == (alone.goal_times == 0).sum() > 0


def test_both_engines_and_all_partitions_find_the_same_times(live, assert_same_history):
    journeys = race(0.1, 0.05, back=0.2), race(0.2, 0.05, back=0.2)
    scenario = scenario_of(*journeys, population=211, horizon=15, burn_in=7)
    fast, slow = live(scenario), live(scenario, engine="mesa")
    executor = SerialExecutor()
    executor.workers = 3
    others = [slow, live(scenario, threads=3), run_partitioned(scenario, seed=1, replicate=0, executor=executor)]
    for arm, history in fast.items():
        assert 0 < (history.goal_times != NEVER).sum() < 211
        for other in others:
            assert_same_history(history, other[arm])


def test_where_no_stage_is_a_goal_no_time_is_kept(live):
    journey = race(0.2, 0.1)
    journey["stages"]["pay"] = {}
    (history,) = live(scenario_of(journey, population=40)).values()
    assert history.goal_times.size == history.goal_arrivals.size == 0
    assert "time_to_goal" not in compare(scenario_of(journey, population=40), replicates=1, seed=1).summary_json


def test_the_summary_tells_shares_means_and_quantiles_of_the_law():
    found = compare(scenario_of(race(0.15, 0.1), race(0.3, 0.1), population=20_000), replicates=4, seed=1, threads=2)
    soon, gap = found.summary_json["time_to_goal"]["arms"], found.summary_json["time_to_goal"]["differences"]
    for arm, pay in (("slow", 0.15), ("quick", 0.3)):
        for key, truth in truths(pay, 0.1, 30).items():
            assert soon[arm][key]["mean"] == pytest.approx(truth, rel=0.02), (arm, key)
        share = come(pay, 0.1, 30)
        assert soon[arm]["half_of_customers"]["mean"] == np.searchsorted(share, 0.5)
        assert soon[arm]["half_of_those_who_come"]["mean"] == np.searchsorted(share, share[-1] / 2)
    # Six in ten come of the slow ones: three quarters never do, and nothing is said of how soon they would.
    assert soon["slow"]["three_quarters_of_customers"] is None is gap["quick - slow"]["three_quarters_of_customers"]
    assert soon["quick"]["quarter_of_customers"]["mean"] == 1
    same = found.summary_json["time_to_goal"]["same_customers"]["quick - slow"]
    # With the same luck whoever pays soon pays as soon or sooner where that is likelier.
    assert same["reached_there_only"]["mean"] == same["later"]["mean"] == 0.0 < same["sooner"]["mean"]
    assert same["later_by"]["mean"] < 0.0
    parts = same["reached_in_both"]["mean"], same["reached_here_only"]["mean"]
    assert sum(parts) == pytest.approx(soon["quick"]["reached"]["mean"])


def test_personas_have_times_of_their_own():
    found = compare(Scenario.load("treadmill", population=60, horizon=4, burn_in=2), replicates=1, seed=1)
    assert "time_to_goal" not in found.summary_json
    found = compare(scenario_of(race(0.5, 0.1), race(0.6, 0.1), population=80), replicates=3, seed=2).summary_json
    assert found["time_to_goal"]["personas"]["everyone"]["arms"] == found["time_to_goal"]["arms"]


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """Sixty comparisons: fewer than 50 of 60 right intervals of 95 % hold it once in two thousand."""
    seeds, horizon = range(1, 61), 30
    wanted = {"slow": truths(0.03, 0.06, horizon), "quick": truths(0.04, 0.06, horizon)}
    scenario = scenario_of(race(0.03, 0.06), race(0.04, 0.06), population=400, horizon=horizon)
    held = {}
    for seed in seeds:
        found = compare(scenario, replicates=8, seed=seed, threads=2).summary_json["time_to_goal"]
        for key in ("reached", "restricted_mean"):
            for arm, truth in wanted.items():
                entry = found["arms"][arm][key]
                held.setdefault((arm, key), []).append(entry["ci_low"] <= truth[key] <= entry["ci_high"])
            entry, truth = found["differences"]["quick - slow"][key], wanted["quick"][key] - wanted["slow"][key]
            held.setdefault(("gap", key), []).append(entry["ci_low"] <= truth <= entry["ci_high"])
    for what, each in held.items():
        assert sum(each) >= 50, (what, sum(each))
