"""Doubt about effectiveness: told apart from luck, of one truth in all arms, and nothing where there is none."""

import numpy as np
import pytest

from sim.analysis.response import Response
from sim.experiments import doubt
from sim.experiments.compare import compare
from sim.experiments.doubt import doubt_ranges, doubt_runs
from sim.scenario.scenario import Scenario

DOUBT = "arms.proactive.focal.strategy.doubt"
SMALL = {"population": 600, "horizon": 52, "burn_in": 26}
NAME = "proactive - classic"


@pytest.fixture(scope="module")
def pair():
    return [
        compare(Scenario.load("treadmill", **SMALL, **more), replicates=4, seed=3)
        for more in (
            {DOUBT: None},
            {DOUBT: {"automation": [0.5, 1.5], "innovation": {"low": 0, "high": 1, "source": "X 2020"}}},
        )
    ]


def test_luck_and_doubt_are_told_apart(pair):
    without, result = (one.summary_json["differences"][NAME]["contribution"] for one in pair)
    assert (without["luck"], without["doubt"]) == (pytest.approx(result["luck"]), 0.0)
    assert result["mean"] == without["mean"] and result["doubt"] > 0.0
    assert result["ci_low"] < without["ci_low"] and result["ci_high"] >= without["ci_high"]
    assert "how well the capabilities work alone would make it" in pair[1].verdict
    assert "innovation 0 to 100 % (X 2020)" in pair[1].verdict
    assert "automation 50 to 150 % (assumption)" in pair[1].verdict
    assert "how well the capabilities work" not in pair[0].verdict.split("It pays")[0]
    assert pair[1].summary_json["doubt"]["automation"] == {"low": 0.5, "high": 1.5, "source": "assumption"}


def test_every_history_is_as_without(pair):
    without, with_doubt = pair
    assert without.weekly.equals(with_doubt.weekly)


def test_no_range_and_no_effect_is_no_doubt():
    scenario = Scenario.load("treadmill", **SMALL, **{DOUBT: [1.0, 1.0]})
    assert doubt_ranges(scenario) == {}
    idle = {DOUBT: [0.5, 1.5], "arms.proactive.focal.strategy.effectiveness": 0.0}
    assert doubt_ranges(Scenario.load("treadmill", **SMALL, **idle)) == {}


def test_an_arm_that_is_the_baseline_again_differs_by_exactly_zero_whatever_the_doubt():
    base = Scenario.load("treadmill", **SMALL, **{DOUBT: [0.5, 1.5]})
    data = base.to_dict()
    data["arms"]["classic"] = data["arms"]["proactive"]
    summary = compare(Scenario.from_dict(data), replicates=3, seed=1).summary_json
    gain = summary["differences"][NAME]["contribution"]
    assert [gain[key] for key in ("mean", "ci_low", "ci_high", "luck", "doubt")] == [0.0] * 5
    assert "do not differ" in summary["verdict"]


def test_the_shipped_strategies_carry_what_field_experiments_leave_open():
    scenario = Scenario.load("treadmill", **SMALL)
    assert set(doubt_ranges(scenario)) == {"automation", "personalization", "context", "innovation"}
    summary = compare(scenario, replicates=3, seed=1).summary_json
    gain = summary["differences"][NAME]["contribution"]
    assert gain["doubt"] > gain["luck"] > 0.0
    assert all("field_experiments.csv" in entry["source"] for entry in summary["doubt"].values())
    assert "innovation 0 to 200 % (field_experiments.csv has too few experiments to narrow" in summary["verdict"]


def test_every_point_is_run_in_half_of_the_replicates_and_tells_what_all_of_them_tell(monkeypatch):
    scenario = Scenario.load("treadmill", **SMALL, **{DOUBT: [0.5, 1.5]})
    runs, options = [(scenario, range(2)), (scenario, range(2, 4))], {"seed": 4}

    def shift(own, base):
        return own.values[0] - base.values[0]

    halves = doubt_runs(runs, options=options)["proactive"]
    # Replicates of a scenario are told apart by their place among all, so that members of an ensemble differ too.
    assert [sorted(points) for points in halves.points] == [[*range(0, 16, 2)], [*range(1, 16, 2)]] * 2
    monkeypatch.setattr(doubt, "points_by_replicate", lambda points, replicates: [range(points)] * replicates)
    whole = doubt_runs(runs, options=options)["proactive"]
    for half, every in zip(halves.points, whole.points, strict=True):
        assert all(np.array_equal(half[at].values, every[at].values, equal_nan=True) for at in half)
    spreads = [doubts.shifts(shift)[:, 0].std() for doubts in (halves, whole)]
    assert spreads[0] == pytest.approx(spreads[1], rel=0.5)


def test_one_replicate_runs_every_point():
    scenario = Scenario.load("treadmill", **SMALL, **{DOUBT: [0.5, 1.5]})
    assert sorted(doubt_runs([(scenario, [0])], options={"seed": 4})["proactive"].points[0]) == [*range(16)]


def test_luck_bends_the_surface_less_where_few_runs_tell_of_it():
    response = Response.of({"automation": (0.5, 1.5), "context": (0.5, 1.5)})
    away = response.design - 1.0
    luck = np.random.default_rng(1).normal(size=(len(away), 200))
    spreads = [response.shifts(luck, runs).std(axis=0).mean() for runs in (1.0, 4.0, np.inf)]
    assert spreads[0] < spreads[1] < 0.9 * spreads[2]
    # A plane is told as it is, however few runs there are.
    plane = away @ np.array([[3.0], [-2.0]])
    assert response.shifts(plane, 1.0) == pytest.approx((response.read - 1.0) @ np.array([[3.0], [-2.0]]))
    assert not response.shifts(np.zeros((len(away), 3)), 1.0).any()
