"""Money finer than a cent: both engines count it alike, and what is charged is the count times the price, exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from agents.money import CENTS, MILLICENTS
from sim import Scenario
from sim.analysis.costs import cost_table
from sim.analysis.metrics import METRICS, TERMS, measure
from sim.engine.replicate import run_replicate
from sim.record.history import Money
from sim.reference.model import run_replicate as run_readable
from sim.scenario.errors import ConfigError
from sim.world.bounds import LARGEST_SUM, largest_sums
from sim.world.compile import compile_world

CONTACT = "arms.proactive.focal.strategy.costs.contact"
SIZE = {"population": 80, "horizon": 20, "burn_in": 10}
_CONTACTS = TERMS.index("contacts")


def small(contact: float, **more: object) -> Scenario:
    return Scenario.load("treadmill", **SIZE, **{CONTACT: contact}, **more)


def test_only_an_amount_that_is_finer_makes_money_finer():
    assert [small(amount).minor_units for amount in (0.0, 0.04, 0.1 + 0.2, 3, 0.001, 0.00001)] == 4 * [CENTS] + 2 * [
        MILLICENTS
    ]


def test_both_engines_count_it_alike():
    scenario = small(0.00123)
    fast = run_replicate(scenario, seed=3, replicate=0)
    readable = run_readable(scenario, seed=3, replicate=0)
    for arm in scenario.arms:
        for column in ("money", "fixed"):
            assert np.array_equal(getattr(fast[arm], column), getattr(readable[arm], column))
        for column in ("spend", "contribution", "value"):
            assert np.array_equal(getattr(fast[arm].lives, column), getattr(readable[arm].lives, column))


@pytest.mark.parametrize("price", [0.001, 0.00001, 0.04, 1.23456])
def test_contacts_cost_their_number_times_their_price_exactly(price):
    scenario = small(price, **{"market.customers": 80})
    history = run_replicate(scenario, seed=3, replicate=0)["proactive"]
    focal = scenario.focal
    sent = int(history.contacts[:, :, focal].sum())
    paid = int(history.money[:, :, focal, Money.CONTACTS].sum())
    assert sent > 50
    assert Fraction(paid, int(history.minor_units)) == sent * Fraction(str(price))
    line = next(
        line for line in cost_table(scenario, "proactive", [{"proactive": history, "classic": history}])
        if line["what"] == "contacts"
    )  # fmt: skip
    assert line["charged"] == pytest.approx(sent * price, rel=1e-12)
    assert line["each"] == pytest.approx(price, rel=1e-12)


def test_a_cheaper_contact_changes_what_contacts_cost_and_nothing_else():
    """Not the customers, and of the money only how finely it is rounded."""
    cents, fine = small(0.04), small(0.001)
    before, after = (run_replicate(scenario, seed=3, replicate=0)["proactive"] for scenario in (cents, fine))
    assert np.array_equal(before.contacts, after.contacts)
    assert np.array_equal(before.flows, after.flows)
    old, new = measure(before, cents), measure(after, fine)
    assert new.terms[0, _CONTACTS] / MILLICENTS == pytest.approx(old.terms[0, _CONTACTS] / CENTS / 40, rel=1e-12)
    others = np.delete(new.terms[0] / MILLICENTS - old.terms[0] / CENTS, _CONTACTS)
    assert np.abs(others).max() < 0.005 * before.customers[0].sum() * SIZE["horizon"]
    for name in set(METRICS) - {"contribution", "npv", "clv", "cash_low_point", "payback_week", "revenue"}:
        column = METRICS.index(name)
        assert old.values[0, column] == pytest.approx(new.values[0, column], nan_ok=True, abs=0), name


def test_the_sums_are_whole_minor_units_and_the_null_effect_is_zero():
    scenario = small(0.00123)
    alike = replace(scenario, arms={name: replace(scenario.arms["proactive"], name=name) for name in scenario.arms})
    histories = run_replicate(alike, seed=3, replicate=0)
    own, base = (measure(histories[name], alike) for name in ("proactive", "classic"))
    assert not own.gain(base).any()
    assert own.cash[0].sum() == own.terms[0].sum() == round(own.cash[0].sum())


def test_money_a_thousand_times_as_large_is_the_same_in_every_decision():
    """All amounts of a scenario in a currency of a thousandth of the value: counted in cents, and alike."""
    prices = ("price", "unit_margin")
    scenario = small(0.00123)
    strategy = scenario.arms["proactive"].plans[scenario.market.focal].strategy
    larger: dict[str, object] = {
        f"times:market.brands.{brand}.{name}": 1000 for brand in scenario.market.brands for name in prices
    }
    larger |= {f"times:market.{name}": 1000 for name in ("innovation.ancillary", "channels.*.cost", "reference_price")}
    for kind in ("build.*", "run.*", "contact", "experiment"):
        larger[f"times:arms.proactive.focal.strategy.costs.{kind}"] = 1000
    for journey, stages in scenario.journeys.items():
        for stage in stages.stages:
            larger |= {f"times:journeys.{journey}.stages.{stage}.{name}": 1000 for name in ("cost", "ancillary")}
    scaled = Scenario.load("treadmill", **SIZE, **{CONTACT: 0.00123}, **larger)
    assert scaled.arms["proactive"].plans[scenario.market.focal].strategy.costs.contact == 1.23
    assert strategy.costs.contact == 0.00123
    assert (scenario.minor_units, scaled.minor_units) == (MILLICENTS, CENTS)
    own, other = (run_replicate(one, seed=3, replicate=0)["proactive"] for one in (scenario, scaled))
    for name in ("customers", "flows", "purchases", "contacts", "opted_out", "praise", "complaints", "switches"):
        assert np.array_equal(getattr(own, name), getattr(other, name)), name
    # A unit there is a thousandth of one here, and a cent there is a thousandth of a cent here: the same whole numbers.
    assert np.array_equal(own.money, other.money)
    assert np.array_equal(own.fixed, other.fixed)


def test_sums_are_shown_to_fit_in_the_finer_unit():
    scenario = small(0.001)
    coarse, fine = (
        largest_sums(one, compile_world(one, one.arms["proactive"], 1, 0)) for one in (small(0.04), scenario)
    )
    assert fine["revenue"] == pytest.approx(1000 * coarse["revenue"], rel=1e-6)
    assert fine["costs of contacts"] * 40 == 1000 * coarse["costs of contacts"]
    assert fine["counts"] == coarse["counts"]
    assert max(fine.values()) < LARGEST_SUM
    huge = {"times:market.brands.stride.price": 1e7, "population": 4_000_000_000}
    with pytest.raises(ConfigError, match=r"revenue may come to .* millicents, more than"):
        too_large = Scenario.load("treadmill", **(SIZE | huge), **{CONTACT: 0.001})
        compile_world(too_large, too_large.arms["proactive"], 1, 0)


def test_a_cost_that_fits_in_cents_alone_is_refused_beside_a_finer_one():
    with pytest.raises(ConfigError, match=r"finer than a cent; type money in whole cents"):
        compile_world(
            scenario := small(0.001, **{"arms.proactive.focal.strategy.costs.build.automation": 1e12}),
            scenario.arms["proactive"], 1, 0,
        )  # fmt: skip
