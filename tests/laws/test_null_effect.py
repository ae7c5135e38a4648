"""Null effect (pattern P8): a proactive journey without any capability or contact is the classic one, bit for bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.strategies import CAPABILITIES, Contacts
from sim.experiments.compare import compare
from sim.scenario.scenario import Scenario

SCENARIOS = sorted(path.stem for path in (Path(__file__).parents[2] / "configs" / "scenario").glob("*.yaml"))
NOTHING = dict.fromkeys(CAPABILITIES, 0.0) | {"contacts_per_week": Contacts(), "promise": 0.0, "personas": {}}


def powerless(scenario):
    """The same arms with the same journeys and costs, and every capability and contact rate of every plan at 0."""

    def without(arm):
        plans = {brand: replace(plan, strategy=replace(plan.strategy, **NOTHING)) for brand, plan in arm.plans.items()}
        return replace(arm, plans=plans)

    return replace(scenario, arms={name: without(arm) for name, arm in scenario.arms.items()})


@pytest.mark.parametrize("name", SCENARIOS)
def test_without_capabilities_and_contacts_the_difference_is_exactly_zero(name):
    scenario = Scenario.load(name, population=300, horizon=60, burn_in=20, record={"customers": True, "events": 300})
    scenario = powerless(scenario)
    result = compare(scenario, replicates=2, seed=1, threads=1)
    weekly = result.weekly
    baseline = weekly[weekly.arm == scenario.baseline].reset_index(drop=True)
    assert baseline[baseline.metric == "purchases"].value.sum() > 0
    for arm in scenario.arms:
        mine = weekly[weekly.arm == arm].reset_index(drop=True)
        for column in ("replicate", "week", "persona", "metric", "key"):
            assert (mine[column] == baseline[column]).all(), (arm, column)
        assert mine.value.to_numpy().tobytes() == baseline.value.to_numpy().tobytes(), arm
        for table in ("flows", "customers"):
            frame = getattr(result, table)
            one, other = (
                frame[frame.arm == each].drop(columns="arm").reset_index(drop=True) for each in (arm, scenario.baseline)
            )
            assert one.equals(other), (arm, table)
    for difference in result.summary_json["differences"].values():
        for metric, entry in difference.items():
            assert entry is None or entry["mean"] in (0.0, None), metric


def test_an_arm_that_differs_in_nothing_differs_by_nothing(treadmill, live):
    proactive = treadmill.arms["proactive"]
    arms = live(replace(treadmill, arms=treadmill.arms | {"twin": replace(proactive, name="twin")}))
    for name in ("customers", "flows", "purchases", "money", "satisfaction", "trust", "fatigue", "fixed", "events"):
        mine, theirs = getattr(arms["proactive"], name), getattr(arms["twin"], name)
        assert mine.tobytes() == theirs.tobytes(), name


def test_arms_are_equal_until_the_strategy_starts(treadmill, live):
    """Common luck and a shared burn-in: not one number differs in the weeks before."""
    start = 25
    arm = treadmill.arms["proactive"]
    plan = arm.plans[treadmill.market.focal]
    later = replace(plan, strategy=replace(plan.strategy, start_week=start))
    arm = replace(arm, plans=arm.plans | {treadmill.market.focal: later})
    arms = live(replace(treadmill, arms=treadmill.arms | {"proactive": arm}))
    for name in (
        "customers",
        "purchases",
        "money",
        "satisfaction",
        "trust",
        "fatigue",
        "contacts",
        "fixed",
        "opted_out",
    ):
        one, other = getattr(arms["classic"], name), getattr(arms["proactive"], name)
        assert (one[:start] == other[:start]).all(), name
    assert (arms["classic"].contacts[start:] != arms["proactive"].contacts[start:]).any()


def test_a_capability_alone_makes_a_difference(treadmill, live):
    """The null effect proves something only if each capability, alone, is felt."""
    arm = treadmill.arms["proactive"]
    plan = arm.plans[treadmill.market.focal]
    for name in CAPABILITIES:
        only = replace(plan.strategy, **(NOTHING | {name: getattr(plan.strategy, name)}))
        if name in ("context", "personalization"):
            only = replace(only, contacts_per_week=Contacts(customers=0.3, prospects=0.1), automation=0.3)
        lone = replace(arm, plans=arm.plans | {treadmill.market.focal: replace(plan, strategy=only)})
        arms = live(replace(treadmill, horizon=80, arms={"classic": treadmill.arms["classic"], "proactive": lone}))
        same = all(
            np.array_equal(getattr(arms["classic"], each), getattr(arms["proactive"], each))
            for each in ("purchases", "satisfaction")
        )
        assert not same, name
