"""Effectiveness scales what capabilities do and nothing that they cost; the break-even point is where it just pays."""

import numpy as np
import pytest

from sim.analysis.crossing import crossing
from sim.analysis.paired import estimate
from sim.analysis.verdict import break_even_sentence
from sim.engine import replicate
from sim.experiments.arm_metrics import run_arms
from sim.experiments.break_even import _COARSE, GRID, break_even
from sim.experiments.compare import compare
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

EFFECTIVENESS = "arms.proactive.focal.strategy.effectiveness"
NAMES = ("treadmill", "sungevity", "cosmetics", "phone_subscription")


@pytest.mark.parametrize("name", NAMES)
def test_capabilities_that_do_nothing_leave_the_classic_history_minus_the_costs(name, live):
    arms = live(Scenario.load(name, population=300, horizon=60, burn_in=30, **{EFFECTIVENESS: 0.0}))
    classic, led = arms["classic"], arms["proactive"]
    for column in ("purchases", "customers", "switches", "satisfaction", "adopters"):
        assert np.array_equal(getattr(classic, column), getattr(led, column)), column
    assert led.fixed.sum() > 0


def test_it_costs_the_same_however_well_it_works(live):
    fixed = [
        live(Scenario.load("treadmill", population=200, horizon=40, burn_in=10, **{EFFECTIVENESS: value}))["proactive"]
        for value in (0.0, 0.5, 2.0)
    ]
    assert len({history.fixed.tobytes() for history in fixed}) == 1
    assert len({history.purchases.tobytes() for history in fixed}) == 3


def test_one_number_stands_for_all_four_and_each_can_be_named():
    whole = Scenario.load("treadmill", **{EFFECTIVENESS: 0.5}).arms["proactive"].plans["stride"].strategy
    assert {getattr(whole.effectiveness, name) for name in ("automation", "context", "innovation")} == {0.5}
    one = Scenario.load("treadmill", **{f"{EFFECTIVENESS}.innovation": 0.5}).arms["proactive"].plans["stride"].strategy
    assert (one.effectiveness.innovation, one.effectiveness.automation) == (0.5, 1.0)
    with pytest.raises(ConfigError, match="effectiveness"):
        Scenario.load("treadmill", **{EFFECTIVENESS: 3.0})


def test_a_line_crosses_where_it_should():
    grid = np.array([0.0, 1.0, 2.0])
    at = crossing(grid, np.array([[-1.0, 1.0, 3.0], [-1.2, 1.2, 3.6]]))
    assert at.mean == pytest.approx(0.5)
    assert at.ci_low <= at.mean <= at.ci_high
    assert crossing(grid, np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])).mean is None
    assert crossing(grid, -np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])).mean is None


def test_the_interval_covers_the_true_crossing():
    """95 % intervals of 400 made-up experiments: fewer than 369 or more than 392 would happen once in 1,000 (binomial)."""
    rng = np.random.default_rng(1)
    grid = np.array(GRID)
    covered = 0
    for _ in range(400):
        own = rng.normal(0.0, 1.0, (8, 1)) * (0.3 + grid) + 4.0 * (grid - 0.6)
        at = crossing(grid, own)
        covered += at.ci_low <= 0.6 <= at.ci_high
    assert 369 <= covered <= 392


def test_the_curve_agrees_with_the_comparison_and_with_a_full_run():
    scenario = Scenario.load("treadmill", population=1500, horizon=104, burn_in=52)
    result = compare(scenario, replicates=6, seed=2)
    entry = result.summary_json["differences"]["proactive - classic"]
    curve = result.summary_json["effectiveness"]["proactive - classic"]
    assert curve["contribution"][curve["grid"].index(1.0)]["mean"] == pytest.approx(entry["contribution"]["mean"])
    at = entry["break_even_effectiveness"]
    assert 0.0 < at["ci_low"] < at["mean"] < at["ci_high"] < 1.0
    assert "It pays as long as the capabilities work at least" in result.summary_json["verdict"]
    half = Scenario.load("treadmill", population=1500, horizon=104, burn_in=52, **{EFFECTIVENESS: 0.5})
    found = run_arms([half], seed=2, replicates=6)
    full = (found.of("proactive", "contribution") - found.of("classic", "contribution"))[:, 0]
    without_luck = estimate(full, result.sampling.of("proactive"))
    assert curve["contribution"][curve["grid"].index(0.5)]["mean"] == pytest.approx(without_luck.mean)


def test_every_look_at_a_curve_begins_with_the_same_burn_ins(monkeypatch):
    run, lived = replicate._run_burn_in, []
    monkeypatch.setattr(
        replicate, "_run_burn_in", lambda scenario, *asked: lived.append(scenario.record) or run(scenario, *asked)
    )
    scenario = Scenario.load("treadmill", population=200, horizon=52, burn_in=26)
    looks = compare(scenario, replicates=2, seed=2, threads=1).summary_json["effectiveness"]["proactive - classic"]
    assert len(looks["grid"]) > len(_COARSE)
    # Of the arms, of doubt, and of the curve, at which it looked twice.
    assert len(lived) == 2 * 3


def test_a_coarse_grid_finds_what_the_whole_one_does(monkeypatch):
    scenario = Scenario.load("treadmill", population=600, horizon=52, burn_in=26)
    name = "proactive - classic"
    coarse = compare(scenario, replicates=4, seed=2).summary_json
    monkeypatch.setattr("sim.experiments.break_even._COARSE", GRID)
    whole = compare(scenario, replicates=4, seed=2).summary_json
    assert set(coarse["effectiveness"][name]["grid"]) < set(whole["effectiveness"][name]["grid"]) == set(GRID)
    at = [summary["differences"][name]["break_even_effectiveness"]["mean"] for summary in (coarse, whole)]
    assert at[0] == pytest.approx(at[1])


def test_where_it_never_pays_there_is_none():
    scenario = Scenario.load("sungevity", population=800, horizon=60, burn_in=20)
    summary = compare(scenario, replicates=3, seed=1).summary_json
    assert summary["differences"]["proactive - classic"]["break_even_effectiveness"] is None
    assert "It does not pay at any effectiveness of the capabilities from 0 to 200 %" in summary["verdict"]
    assert break_even([(scenario, range(3))], "classic", np.zeros(3), np.zeros(3), options={"seed": 1}) is None


@pytest.mark.parametrize(
    ("means", "at", "said"),
    [
        ([-2.0, -1.0, 1.0], 1.5, "It would pay if the capabilities worked at least 150 % as well as assumed."),
        ([-2.0, -1.0, -0.5], None, "It does not pay at any effectiveness of the capabilities from 0 to 200 %"),
        ([0.0, 1.0, 2.0], None, "It pays at every effectiveness of the capabilities from 0 to 200 %"),
        ([1.0, 0.5, -1.0], None, "It pays only at some effectiveness of the capabilities from 0 to 200 %"),
        ([-1.0, 1.0, -1.0], 0.5, "It pays only at some effectiveness of the capabilities from 0 to 200 %"),
    ],
)
def test_the_sentence_says_what_the_curve_shows(means, at, said):
    summary = {
        "baseline": "classic",
        "effectiveness": {"led - classic": {"grid": [0.0, 1.0, 2.0], "contribution": [{"mean": m} for m in means]}},
        "differences": {
            "led - classic": {
                "break_even_effectiveness": None if at is None else {"mean": at, "ci_low": None, "ci_high": None}
            }
        },
    }
    assert break_even_sentence(summary, "led").startswith(said)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((1e-6, 0.0, 4e-3), "It pays even if the capabilities work less than 1 % as well as assumed."),
        ((4e-3, 0.0, 0.03), "It pays as long as the capabilities work at least <1 % as well as assumed [0 % to 3 %]."),
    ],
)
def test_a_break_even_beside_zero_is_not_zero(ends, said):
    mean, low, high = ends
    gains = [{"mean": gain, "ci_low": gain - 1.0, "ci_high": gain + 1.0} for gain in (-0.1, 50.0, 100.0)]
    summary = {
        "baseline": "classic",
        "effectiveness": {"led - classic": {"grid": [0.0, 1.0, 2.0], "contribution": gains}},
        "differences": {"led - classic": {"break_even_effectiveness": {"mean": mean, "ci_low": low, "ci_high": high}}},
    }
    assert break_even_sentence(summary, "led") == said
