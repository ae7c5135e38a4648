"""The Mesa model as Mesa's own tools use it."""

import inspect

import mesa
import numpy as np
import pytest

from sim import JourneyModel, compare
from sim.experiments.story import story
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario


def test_batch_run_sweeps_the_model():
    rows = mesa.batch_run(
        JourneyModel,
        parameters={
            "scenario": "treadmill",
            "arm": ["classic", "proactive"],
            "population": 30,
            "burn_in": 2,
            "seed": 1,
        },
        max_steps=6,
        number_processes=1,
        display_progress=False,
    )
    assert [row["arm"] for row in rows] == ["classic", "proactive"]
    assert all(row["week"] in (6, 7) and row["purchases"] >= row["loop_purchases"] >= 0 for row in rows)


def sweep(keys, processes, **options):
    parameters = {"arm": "proactive", "population": 40, "burn_in": 4, "horizon": 26} | keys
    return mesa.batch_run(JourneyModel, parameters, number_processes=processes, display_progress=False, **options)


def worlds(rows):
    return {tuple(row[name] for name in ("purchases", "contacts", "loop_purchases")) for row in rows}


def test_the_signature_has_no_seed():
    """Mesa 3.5's batch_run replaces a parameter of the signature that is called seed by None."""
    assert "seed" not in inspect.signature(JourneyModel).parameters


@pytest.mark.parametrize(
    ("keys", "processes"),
    # How a world is named is one thing, and where it is run another: each process loads Mesa anew.
    [({"seed": [1, 2, 3]}, 1), ({"replicate": range(3)}, 1), ({"seed": np.arange(1, 4)}, 1), ({"seed": [1, 2, 3]}, 2)],
    ids=str,
)
def test_batch_run_gives_three_worlds(keys, processes):
    rows = sweep(keys, processes)
    expected = {(int(seed), replicate) for seed in keys.get("seed", [1]) for replicate in keys.get("replicate", [0])}
    assert {(row["seed"], row["replicate"]) for row in rows} == expected
    assert len(worlds(rows)) == 3


@pytest.mark.skipif(
    "rng" not in inspect.signature(mesa.batch_run).parameters, reason="batch_run of this version of Mesa has no rng"
)
@pytest.mark.parametrize("processes", [1, 2])
def test_batch_run_takes_seeds_as_rng(processes):
    assert worlds(sweep({}, processes, rng=[1, 2, 3])) == worlds(sweep({"seed": [1, 2, 3]}, 1))


@pytest.mark.filterwarnings("ignore:The `iterations` keyword:DeprecationWarning")
def test_iterations_repeat_the_world_that_every_row_names():
    """Mesa tells a model neither its iteration nor that there are several; ``replicate`` makes them differ."""
    rows = sweep({"seed": 5}, 1, iterations=3)
    assert [(row["iteration"], row["seed"], row["replicate"]) for row in rows] == [(0, 5, 0), (1, 5, 0), (2, 5, 0)]
    assert len(worlds(rows)) == 1


def test_seeds_may_be_numpys_and_have_two_names():
    worlds = [
        JourneyModel(population=20, burn_in=0, horizon=2, **key)
        for key in ({"seed": 7}, {"seed": np.int64(7)}, {"rng": np.uint32(7)}, {"seed": 7, "rng": None})
    ]
    assert {model.luck for model in worlds} == {7}
    assert len({tuple(customer.need_at for customer in model.customers) for model in worlds}) == 1
    assert JourneyModel(population=20, burn_in=0, horizon=2, seed=None).luck == 1


@pytest.mark.parametrize(
    "key",
    [{"replicate": 1.5}, {"replicate": -1}, {"seed": "7"}, {"seed": -1}, {"seed": 1.5}, {"seed": 1, "rng": 2}],
)
def test_seed_and_replicate_are_checked_as_on_the_command_line(key):
    with pytest.raises(ConfigError, match=next(iter(key))):
        JourneyModel(population=20, burn_in=0, horizon=2, **key)


def test_a_data_collector_of_the_users_own():
    model = JourneyModel("treadmill", arm="proactive", population=40, burn_in=0, horizon=4, seed=3)
    model.datacollector = mesa.DataCollector(
        model_reporters={"idle": lambda m: m.share_of_stages()["idle"]}, agent_reporters={"trust": "trust"}
    )
    while model.running:
        model.step()
    frame = model.datacollector.get_model_vars_dataframe()
    assert len(frame) == 4 and frame["idle"].between(0, 1).all()
    assert len(model.datacollector.get_agent_vars_dataframe()) == 4 * 40


def test_an_unknown_arm_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'proactive'"):
        JourneyModel("treadmill", arm="proactiv", population=10)


@pytest.mark.parametrize(
    "options",
    [{"replicates": 1.5}, {"replicates": 0}, {"seed": -1}, {"engine": "nunba"}, {"threads": 0}, {"precision": 0.0}],
)
def test_compare_refuses_from_python_what_the_command_line_refuses(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        compare(Scenario.load("treadmill", population=10, horizon=2, burn_in=0), **options)


def test_compare_wants_a_scenario():
    with pytest.raises(ConfigError, match=r"Scenario\.load"):
        compare("treadmill")


@pytest.mark.parametrize("pick", ["winner", "loser", "typical"])
def test_a_story_replayed_alone_is_the_life_of_the_full_run(pick, live):
    """The moments and the account of one customer, lived again from the recorded market, equal the full run's."""
    scenario = Scenario.load("treadmill", population=400, horizon=60, burn_in=30, record={"events": 400})
    full = live(scenario)
    told = story(scenario, seed=1, replicate=0, pick=pick)
    for life in told.lives:
        history = full[life.arm]
        mine = history.events[history.events["customer"] == told.customer]
        assert [event[:2] + event[3:] for event in life.events] == [
            tuple(int(value) for value in row)[:2] + tuple(int(value) for value in row)[3:] for row in mine
        ]
        assert life.value == history.lives.value[told.customer]
        assert life.purchases == history.lives.purchases[told.customer]
    assert told.divergence is not None and "draw" in told.reason
    assert f"customer {told.customer}" in str(told)


def test_a_story_from_recorded_markets_needs_no_other_run(live):
    scenario = Scenario.load("treadmill", population=300, horizon=40, burn_in=20)
    traces = {arm: history.trace for arm, history in live(scenario).items()}
    assert str(story(scenario, customer=7, traces=traces)) == str(story(scenario, customer=7))
