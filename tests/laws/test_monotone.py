"""Monotone theorems on common luck (docs/model.md 7.4): frozen errors answer what-if customer by customer, not on average.

A change of one brand reaches customers along three ways: choice, their own later experience, what others say. The
theorems speak of the first alone, of customers whose history is equal so far, so word of mouth is silent here.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.record.events import EventKind
from sim.scenario.scenario import Scenario

CUSTOMERS = 1500


@pytest.fixture(scope="module")
def quiet_market():
    """Classic arm alone, nobody lived before, nobody listens to others, everybody's moments logged."""
    scenario = Scenario.load("treadmill", population=CUSTOMERS, horizon=80, burn_in=0, record={"events": CUSTOMERS})
    market = scenario.market
    market = replace(
        market,
        choice=replace(market.choice, reputation=0.0),
        consideration=replace(market.consideration, salience_reputation=0.0),
    )
    return replace(scenario, market=market, arms={"classic": scenario.arms["classic"]}, baseline="classic")


def changed(scenario, brand, **values):
    brands = dict(scenario.market.brands)
    brands[brand] = replace(brands[brand], **values)
    return replace(scenario, market=replace(scenario.market, brands=brands))


def first_purchases(events):
    """Brand and week of every customer's first purchase; -1 where there is none."""
    bought = events[events["kind"] == EventKind.PURCHASE]
    who, at = np.unique(bought["customer"], return_index=True)
    brand, week = np.full(CUSTOMERS, -1), np.full(CUSTOMERS, -1)
    brand[who], week[who] = bought["brand"][at], bought["week"][at]
    return brand, week


def partings(one, other):
    """First moment of every customer in which two lives differ: pairs of events."""
    for who in range(CUSTOMERS):
        mine, theirs = one[one["customer"] == who], other[other["customer"] == who]
        shorter = min(len(mine), len(theirs))
        differ = np.flatnonzero(mine[:shorter] != theirs[:shorter])
        if len(differ):
            yield mine[differ[0]], theirs[differ[0]]
        else:
            assert len(mine) == len(theirs), "a life that only goes on longer"


@pytest.fixture(scope="module")
def before(quiet_market, live):
    return live(quiet_market)["classic"].events


@pytest.mark.parametrize("step", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("brand", range(4))
def test_a_better_brand_keeps_every_first_purchase_and_others_do_not_swap(quiet_market, live, before, brand, step):
    name = quiet_market.brands[brand]
    quality = quiet_market.market.brands[name].quality + step
    after = live(changed(quiet_market, name, quality=quality))["classic"].events
    (was, when), (now, then) = first_purchases(before), first_purchases(after)
    assert (when == then).all(), "what is offered does not move the need"
    assert (was >= 0).sum() > CUSTOMERS / 2
    assert (now[was == brand] == brand).all(), "somebody left a brand because it became better"
    moved = was != now
    assert moved.any() and (now[moved] == brand).all(), "somebody moved between two other brands"


@pytest.mark.parametrize("brand", range(4))
def test_a_cheaper_brand_loses_no_purchase_at_any_occasion_while_lives_are_equal(quiet_market, live, before, brand):
    """Price touches choice alone, so lives are equal until a choice parts them: at any occasion, not the first only."""
    name = quiet_market.brands[brand]
    price = quiet_market.market.brands[name].price
    after = live(changed(quiet_market, name, price=0.8 * price))["classic"].events
    one, other = before.copy(), after.copy()
    one["amount"] = other["amount"] = 0  # what was paid differs; what was done shall not
    parted = list(partings(one, other))
    assert parted
    for was, now in parted:
        assert was["kind"] == now["kind"] == EventKind.PURCHASE and was["week"] == now["week"]
        assert was["brand"] != brand, "somebody left a brand because it became cheaper"
        assert now["brand"] == brand, "somebody moved between two other brands"


def test_a_dearer_brand_wins_nobody(quiet_market, live, before):
    name = quiet_market.brands[0]
    price = quiet_market.market.brands[name].price
    after = live(changed(quiet_market, name, price=1.3 * price))["classic"].events
    (was, _), (now, _) = first_purchases(before), first_purchases(after)
    assert (was[now == 0] == 0).all() and (was == 0).sum() > (now == 0).sum()


def test_a_more_salient_brand_is_considered_by_more_and_dropped_by_nobody(quiet_market, live, before):
    """Recall adds a brand to considered sets; it takes none out (the fallback of an empty set apart)."""
    name = quiet_market.brands[1]
    after = live(changed(quiet_market, name, salience=0.9))["classic"].events
    (was, when), (now, then) = first_purchases(before), first_purchases(after)
    assert (when == then).all()
    assert (now[was == 1] == 1).all()
    assert (now == 1).sum() > (was == 1).sum()


@settings(max_examples=8, deadline=None)
@given(brand=st.integers(0, 3), step=st.floats(-1.5, 1.5), seed=st.integers(0, 2**32 - 1))
def test_whichever_brand_whichever_luck(quiet_market, live, brand, step, seed):
    """Up it only wins, down it only loses, and nobody moves between two others."""
    name = quiet_market.brands[brand]
    quality = quiet_market.market.brands[name].quality + step
    short = replace(quiet_market, horizon=40)
    was, _ = first_purchases(live(short, seed=seed)["classic"].events)
    now, _ = first_purchases(live(changed(short, name, quality=quality), seed=seed)["classic"].events)
    moved = was != now
    assert ((now if step > 0 else was)[moved] == brand).all()
