"""Designs: which points there are, in which order, and that asking for more keeps those that were there."""

import numpy as np
import pytest

from sim.experiments.design import METHODS, read_design
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

CASES = {"treadmill": Scenario.load("treadmill", population=100, horizon=10, burn_in=0)}
LEVERS = {"market.contact.fatigue": [0.05, 0.4], "market.need.mean_weeks": [8, 20]}


def design(**data):
    return read_design(data, CASES, ConfigPath.of())


def test_everything_is_combined_with_everything_the_last_fastest():
    made = design(grid={"arms.proactive.focal.strategy.automation": [0, 1], "horizon": [5, 6]}, levers=LEVERS, points=3)
    assert len(made) == 12 and len(list(made)) == 12
    assert [made[at].values["horizon"] for at in range(12)] == [5, 5, 5, 6, 6, 6] * 2
    assert [made[at].values["arms.proactive.focal.strategy.automation"] for at in range(12)] == [0] * 6 + [1] * 6
    assert len({str(point.values) for point in made}) == 12
    assert made[-1].values == made[11].values and [point.values for point in made[2:4]] == [
        made[2].values,
        made[3].values,
    ]
    with pytest.raises(IndexError):
        made[12]


@pytest.mark.parametrize("method", [method for method in METHODS if method in ("sobol", "random")])
@pytest.mark.parametrize(("few", "many"), [(5, 17), (64, 100), (1, 2)])
def test_more_points_keep_those_that_were_there(method, few, many):
    first, second = design(levers=LEVERS, method=method, points=few), design(levers=LEVERS, method=method, points=many)
    assert [point.values for point in first] == [point.values for point in second[:few]]


@pytest.mark.parametrize("method", METHODS)
def test_points_fill_the_space_and_depend_on_their_seed_alone(method):
    points = 4 if method == "grid" else 64
    made = design(levers=LEVERS, method=method, points=points)
    values = np.array([[point.values[path] for path in LEVERS] for point in made])
    for column, (low, high) in zip(values.T, LEVERS.values(), strict=True):
        assert low <= column.min() < low + 0.15 * (high - low) and high - 0.15 * (high - low) < column.max() <= high
        if method == "latin_hypercube":
            cells = ((column - low) / (high - low) * points).astype(int)
            assert sorted(cells) == list(range(points))
    again = design(levers=LEVERS, method=method, points=points)
    assert [point.values for point in again] == [point.values for point in made]
    other = design(levers=LEVERS, method=method, points=points, design_seed=2)
    assert ([point.values for point in other] == [point.values for point in made]) == (method == "grid")


def test_runs_can_be_written_out():
    made = design(runs=[{"horizon": 5}, {"market": {"contact": {"fatigue": 0.2}}}])
    assert [point.values for point in made] == [{"horizon": 5}, {"market.contact.fatigue": 0.2}]


BAD = {
    "nothing": ({}, "nothing is varied"),
    "a bad value": ({"grid": {"market.contact.fatigue": [0.1, -5]}}, "grid.market.contact.fatigue: .*from 0 to 10"),
    "no list": ({"grid": {"market.contact.fatigue": 0.1}}, "give a list of values"),
    "an empty list": ({"grid": {"market.contact.fatigue": []}}, "give a list of values"),
    "no such file": ({"grid": {"market": ["fitness", "nowhere"]}}, "there is no market 'nowhere'"),
    "no such method": ({"levers": LEVERS, "method": "sobbol"}, "did you mean 'sobol'"),
    "no points": ({"levers": LEVERS, "points": 0}, "points is 0; give a whole number from 1"),
    "half a point": ({"levers": LEVERS, "points": 2.5}, "points is 2.5"),
    "too many levels": ({"levers": LEVERS, "method": "grid", "points": 2000}, "more than 1,000,000 points"),
    "too many": ({"grid": {"horizon": list(range(1, 1002))}, "levers": LEVERS, "points": 1000}, "1,001,000 points"),
    "twice": ({"grid": {"market.contact.fatigue": [0.1]}, "levers": LEVERS}, "give one of them"),
    "runs that are none": ({"runs": {"horizon": 5}}, "give a list of mappings"),
    "a run nowhere": ({"runs": [{"horizont": 5}]}, "runs.0: unknown key 'horizont'; did you mean 'horizon'"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_design_is_refused_before_anything_runs(fault):
    data, message = BAD[fault]
    with pytest.raises(ConfigError, match=message) as refusal:
        design(**data)
    assert "\n" not in str(refusal.value)
