"""Twins: the Mesa model and the fast engine live the same lives, to the last bit, with and without JIT."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.population import WEEKLY
from sim.analysis import tables
from sim.execution.replicates import run_replicates
from sim.scenario.journey import Does, Stage
from sim.scenario.resolved import Record
from sim.scenario.scenario import Scenario
from sim.world.graph import compile_graph

SCENARIOS = sorted(path.stem for path in (Path(__file__).parents[2] / "configs" / "scenario").glob("*.yaml"))


def small(name, population, horizon, burn_in, **changes):
    return Scenario.load(
        name,
        population=population,
        horizon=horizon,
        burn_in=burn_in,
        record={"customers": True, "events": population},
        **changes,
    )


def digest(engine, population=60, horizon=20, burn_in=10):
    """Digest of every table of a tiny run of the default scenario."""
    scenario = small("treadmill", population, horizon, burn_in)
    ((_, arms),) = run_replicates(scenario, seed=1, replicates=[0], engine=engine, threads=1)
    found = hashlib.sha256()
    for history in arms.values():
        for name in ("weekly", "flows", "customers", "events", "market"):
            for column in getattr(tables, name)(history, scenario).columns:
                found.update(repr(column.to_pylist()).encode())
    return found.hexdigest()


def assert_twins(scenario, live, assert_same_history, seed=1):
    fast, slow = live(scenario, seed=seed), live(scenario, seed=seed, engine="mesa")
    assert list(fast) == list(slow) == list(scenario.arms)
    for arm, history in fast.items():
        assert_same_history(history, slow[arm])
    return fast


@pytest.mark.parametrize("name", SCENARIOS)
def test_mesa_and_numba_live_the_same_lives(name, live, assert_same_history):
    fast = assert_twins(small(name, 150, 40, 20), live, assert_same_history)
    assert any(len(history.events) for history in fast.values()), "a run in which nothing happens proves nothing"


def test_twins_agree_where_nobody_lived_before(live, assert_same_history):
    assert_twins(small("treadmill", 100, 20, 0), live, assert_same_history, seed=2**32 - 1)


def test_twins_agree_where_stages_are_counted_at_the_ends_of_periods(live, assert_same_history, monkeypatch):
    scenario = small("treadmill", 100, 23, 4)
    weekly = live(scenario)
    monkeypatch.setattr("sim.record.counters._MOST_PERIODS", 6)
    for arm, history in assert_twins(scenario, live, assert_same_history).items():
        assert (history.customers == weekly[arm].customers[[3, 7, 11, 15, 19, 22]]).all()


def test_twins_agree_in_communities_with_adaptive_personas_and_covert_data(live, assert_same_history):
    scenario = small(
        "treadmill",
        120,
        40,
        20,
        **{
            "market.word_of_mouth.structure": "communities",
            "market.word_of_mouth.communities": 7,
            "market.word_of_mouth.complaint_rate": 0.5,
            "market.choice.novelty": 0.5,
            "personas.veronica.adapt_digital": 0.3,
            "personas.wary.adapt_privacy": 0.5,
            "arms.proactive.focal.strategy.data_use": "covert",
            "arms.proactive.focal.strategy.start_week": 6,
            "arms.proactive.focal.strategy.contacts_per_week.customers": 0.6,
            "arms.proactive.focal.strategy.contacts_per_week.prospects": 0.4,
        },
    )
    fast = assert_twins(scenario, live, assert_same_history)
    assert fast["proactive"].opted_out[-1].sum() > 0 and fast["proactive"].complaints.sum() > 0


def test_twins_agree_where_tastes_are_log_gamma(live, assert_same_history):
    brands = list(small("treadmill", 1, 1, 0).market.brands)
    shapes = dict(zip(brands, (0.004, 0.3, 1.0, 40.0), strict=True))
    scenario = small(
        "treadmill",
        150,
        40,
        20,
        **{
            "market.choice.taste": "log_gamma",
            **{f"market.brands.{brand}.taste_shape": shape for brand, shape in shapes.items()},
        },
    )
    fast = assert_twins(scenario, live, assert_same_history)
    normal = live(small("treadmill", 150, 40, 20))
    assert any((fast[arm].purchases != normal[arm].purchases).any() for arm in fast), "the tastes decide nothing"


def test_twins_agree_where_brands_have_sub_forms(live, assert_same_history):
    brands = list(small("treadmill", 1, 1, 0).market.brands)
    forms = {
        f"market.brands.{brand}.form": form for brand, form in zip(brands, ("tub", "stick", "tub", ""), strict=True)
    }
    scenario = small("treadmill", 150, 40, 20, **forms, **{"market.choice.form_sd": 3.0})
    fast = assert_twins(scenario, live, assert_same_history)
    plain, named = live(small("treadmill", 150, 40, 20)), live(small("treadmill", 150, 40, 20, **forms))
    for arm in fast:
        assert (fast[arm].purchases != plain[arm].purchases).any(), "the tastes decide nothing"
        # A sub-form without a taste for it is a name and no more.
        assert_same_history(named[arm], plain[arm])


@pytest.mark.parametrize("counted_from", ["wait", "need"])
def test_twins_agree_in_a_cyclical_market_with_rivals_that_copy(counted_from, live, assert_same_history):
    scenario = small("treadmill", 120, 40, 20)
    arm = scenario.arms["proactive"]
    leader = arm.plans[scenario.market.focal]
    copied = replace(leader, strategy=replace(leader.strategy, start_week=11))
    rivals = {brand: copied for brand in scenario.brands if brand != scenario.market.focal}
    need = replace(scenario.market.need, kind="cyclical", mean_weeks=6.0, counted_from=counted_from)
    scenario = replace(
        scenario,
        market=replace(scenario.market, need=need),
        arms=scenario.arms | {"race": replace(arm, name="race", plans=arm.plans | rivals)},
    )
    assert_twins(scenario, live, assert_same_history)


@pytest.mark.parametrize("unlived", [0, 1])
def test_twins_agree_where_there_are_more_nodes_than_numbers_of_those_who_are_there_every_week(
    unlived, live, assert_same_history
):
    """The numbers end within the proactive journey, or within the classic one, where customers talk every week."""
    contacts = {"arms.proactive.focal.strategy.contacts_per_week.prospects": 0.4}
    scenario = small("treadmill", 150, 40, 20, **contacts)
    (unused, *_) = scenario.journeys.values()
    bond = next(stage for stage in unused.stages.values() if stage.does == "bond")
    journeys = {
        name: replace(journey, stages={**journey.stages, **{f"empty{at}": bond for at in range(111)}})
        for name, journey in {**{str(at): unused for at in range(unlived)}, **scenario.journeys}.items()
    }
    graph = compile_graph(journeys, scenario.market)
    assert graph.nodes[WEEKLY].does == Does.TALK and WEEKLY in graph.node_of[1]
    fast = assert_twins(replace(scenario, journeys=journeys), live, assert_same_history)
    assert all(history.purchases.sum() > 0 for history in fast.values())


def test_twins_agree_where_customers_stand_in_stages_beyond_a_byte(live, assert_same_history):
    """The other record, as in a crowded market; contacts are made in one such stage alone."""
    sent = {}
    for stage in ("idle", "evaluate"):
        contacts = {"arms.proactive.focal.strategy.contacts_per_week.stages": [stage]}
        scenario = replace(small("treadmill", 150, 40, 20, **contacts), record=Record(customers=True, events=150))
        journeys = {
            name: replace(journey, stages={**{f"empty{at}": Stage() for at in range(300)}, **journey.stages})
            for name, journey in scenario.journeys.items()
        }
        fast = assert_twins(replace(scenario, journeys=journeys), live, assert_same_history)["proactive"]
        assert fast.lives.stage.min() >= 300 and fast.purchases.sum() > 0
        sent[stage] = int(fast.contacts.sum())
    assert sent["idle"] > 2 * sent["evaluate"] > 0


@pytest.mark.slow
def test_twins_agree_in_a_crowded_market(live, assert_same_history):
    """More than eight brands: masks of another width, for which the week is compiled once more."""
    scenario = small("treadmill", 80, 30, 10)
    (first, *_) = scenario.market.brands.values()
    more = {f"rival{at}": replace(first, name=f"rival{at}", price=100.0 + at) for at in range(9)}
    rest = scenario.arms["classic"].plans[scenario.brands[-1]]
    arms = {name: replace(arm, plans=arm.plans | dict.fromkeys(more, rest)) for name, arm in scenario.arms.items()}
    market = replace(scenario.market, brands={**scenario.market.brands, **more})
    assert_twins(replace(scenario, market=market, arms=arms), live, assert_same_history)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_mesa_and_numba_live_the_same_two_thousand_lives(name, live, assert_same_history):
    scenario = replace(small(name, 2000, 52, 26), record=Record(customers=True, events=200))
    assert_twins(scenario, live, assert_same_history)


@pytest.mark.parametrize("engine", ["numba", "mesa"])
def test_without_jit_the_bytes_are_the_same(engine):
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), engine],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest("numba")


def test_mesas_own_generator_decides_nothing(treadmill, live, assert_same_history, monkeypatch):
    import random

    def refuse(*_):
        raise AssertionError("an agent drew from Mesa's generator")

    tiny = replace(treadmill, population=40, horizon=10, burn_in=5)
    fast = live(tiny)
    for name in ("random", "choice", "choices", "uniform", "gauss", "sample", "shuffle"):
        monkeypatch.setattr(random.Random, name, refuse)
    slow = live(tiny, engine="mesa")
    for arm in fast:
        assert_same_history(fast[arm], slow[arm])
    assert isinstance(fast["classic"].events, np.ndarray)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    print(digest(sys.argv[1]))
