"""Purchases of a log become brands, prices and a market; what a log does not have is not made up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sim.api import compare
from sim.data.log_file import read_event_log
from sim.discovery.cases import cases_of
from sim.discovery.discover import discover
from sim.discovery.found_market import found_market
from sim.discovery.purchases import amounts_where_paid, find_purchases
from sim.discovery.stage_words import says_paid
from sim.execution.replicates import run_replicates
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

PRICES = {"Oak": 10.0, "Elm": 20.0}


def _log(tmp_path, customers=300, weeks=60, brand=True):
    """Customers who browse and buy about every six weeks, 70 % Oak, each with a taste of its own (Beta 2.1, 0.9)."""
    luck = np.random.default_rng(5)
    rows = ["case,activity,time,brand,amount" if brand else "case,activity,time,amount"]
    for case in range(customers):
        likes, week = luck.beta(2.1, 0.9), int(luck.integers(0, 6))
        while week < weeks:
            name = "Oak" if luck.random() < likes else "Elm"
            day = np.datetime64("2020-01-01") + 7 * week
            said, paid = (f",{name}", PRICES[name]) if brand else ("", 10.0)
            rows.append(f"{case},browse,{day}{',' if brand else ''},")
            rows.append(f"{case},order,{day + 7}{said},{paid}")
            week += 2 + int(luck.poisson(4))
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    return read_event_log(path)


def test_brands_prices_and_loyalty_are_those_of_the_log(tmp_path):
    log = _log(tmp_path)
    found = find_purchases(log, cases_of(log))
    assert found.has_brands and found.has_amounts and [brand.title for brand in found.brands] == ["Oak", "Elm"]
    assert [brand.price for brand in found.brands] == [10.0, 20.0]
    # Standard errors of a share over 300 customers: about 0.015; planted: 0.7, and (2.1 + 0.9 = 3) for the shapes.
    assert found.brands[0].share == pytest.approx(0.7, abs=0.06)
    assert found.sum_of_shapes == pytest.approx(3.0, rel=0.35)
    assert found.interval == pytest.approx(6 * 7 * 86_400, rel=0.1)
    assert found.again > 0.95


def test_the_market_is_in_the_currency_of_the_log(tmp_path):
    assert not _log(tmp_path).currency
    text = (tmp_path / "log.csv").read_text()
    (tmp_path / "euro.csv").write_text(text.replace(",10.0", ",€10.00").replace(",20.0", ",€20.00"))
    log = read_event_log(tmp_path / "euro.csv")
    purchases = find_purchases(log, cases_of(log))
    market = found_market("x", "X", purchases, customers=300, seconds=86_400.0)
    assert log.currency == purchases.currency == "EUR" and market["economics"] == {"currency": "EUR"}
    assert "economics" not in found_market(
        "x", "X", dataclasses.replace(purchases, currency=""), customers=9, seconds=1.0
    )


def _habitual(tmp_path, habit, cases, bought=8):
    """A log of customers with tastes of their own for three brands; who has a habit buys the one bought before."""
    luck = np.random.default_rng(11)
    brand = np.array([luck.choice(3, bought, p=own) for own in luck.dirichlet([1.2, 0.8, 1.0], cases)])
    keeps = luck.random((cases, bought)) < habit
    for at in range(1, bought):
        brand[:, at] = np.where(keeps[:, at], brand[:, at - 1], brand[:, at])
    days = np.datetime64("2020-01-01") + 7 * np.arange(bought)
    rows = [
        f"{case},order,{day},b{name},1" for case in range(cases) for day, name in zip(days, brand[case], strict=True)
    ]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["case,activity,time,brand,amount", *rows]) + "\n")
    return read_event_log(path), float((brand == 0).any(axis=1).mean())


@pytest.mark.parametrize("habit", [0.0, 0.4])
def test_habit_is_told_from_taste(tmp_path, habit):
    """Both make the brand bought before be bought again; who has a habit comes back less often after another brand."""
    log, _ = _habitual(tmp_path, habit, 1500)
    found = find_purchases(log, cases_of(log))
    # 9,000 triples: a standard error of 0.015; the shapes' is about a tenth.
    assert found.habit == pytest.approx(habit, abs=0.05) and (found.habit == 0.0) == (habit == 0.0)
    assert found.sum_of_shapes == pytest.approx(3.0, rel=0.25)


def test_as_many_buy_a_brand_at_all_as_in_the_log(tmp_path):
    """Habit taken for taste, who buys a brand would do so for good: 54 % of customers would buy it, not 61 %."""
    log, ever = _habitual(tmp_path, 0.4, 1000)
    found = discover(log, "shop", "Shop", goal=None, seed=1, threads=1)
    (scenario,) = found.files["scenario"].values()
    data = {
        **scenario,
        "name": "shop",
        "market": {**found.files["market"]["shop"], "name": "shop", "focal": "b0"},
        "personas": found.files["personas"]["shop"],
        "journeys": found.files["journey"],
        "population": 4000,
    }
    means = compare(Scenario.from_dict(data), replicates=1, seed=1, threads=1).summary()
    means = means[(means["name"] == "classic") & (means.persona == "all") & (means.kind == "arm")].set_index("metric")[
        "mean"
    ]
    # Of 1,000 and of 4,000 customers: a standard error of 0.017.
    assert means["penetration"] == pytest.approx(ever, abs=0.05)
    assert means["purchases"] / 1000 == pytest.approx(8 * found.purchases.brands[0].share, rel=0.1)


def test_the_market_that_is_written_buys_as_the_log_did(tmp_path):
    log = _log(tmp_path)
    found = discover(log, "shop", "Shop", goal=None, seed=1, threads=1)
    (scenario,) = found.files["scenario"].values()
    market = found.files["market"]["shop"]
    assert scenario["market"] == "shop" and market["focal"] == "Oak" and market["customers"] == 300
    data = {
        **scenario,
        "name": "shop",
        "market": {**market, "name": "shop"},
        "personas": found.files["personas"]["shop"],
        "journeys": found.files["journey"],
        "population": 2000,
    }
    built = Scenario.from_dict(data)
    few = dataclasses.replace(built, population=80, horizon=15)
    (((_, fast),), ((_, readable),)) = (
        list(run_replicates(few, seed=1, replicates=range(1), threads=1, engine=engine)) for engine in ("numba", "mesa")
    )
    for arm in ("classic", "proactive"):
        assert (fast[arm].purchases == readable[arm].purchases).all() and fast[arm].purchases.sum() > 80
    ((_, histories),) = run_replicates(built, seed=1, replicates=range(1), threads=1)
    history = histories["classic"]
    bought = history.purchases.sum(axis=(0, 1, 3))
    # 2,000 customers: standard errors of shares about 0.01 in the run, 0.02 in the log; planted 0.7.
    assert bought[0] / bought.sum() == pytest.approx(found.purchases.brands[0].share, abs=0.04)
    again, others = history.repeats.sum(), history.switches.sum()
    assert again / (again + others) == pytest.approx(found.purchases.repeat, abs=0.04)
    assert bought.sum() / 2000 == pytest.approx(found.purchases.count / 300, rel=0.08)


def test_one_company_without_returning_customers_has_no_market(tmp_path):
    rows = ["case,activity,time,amount"]
    for case in range(100):
        rows += [f"{case},look,2020-01-01 10:00,", f"{case},pay,2020-01-01 11:00,5"]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    log = read_event_log(path)
    found = find_purchases(log, cases_of(log))
    assert found.again == 0.0 and found.interval is None and not found.makes_market


def _money(tmp_path, *steps):
    """A log of 40 cases that go through steps, each a name and its amount, with an empty one where there is none."""
    rows = [
        f"{case},{name},2020-01-{1 + at:02},{amount}" for case in range(40) for at, (name, amount) in enumerate(steps)
    ]
    path = tmp_path / "money.csv"
    path.write_text("\n".join(["case,activity,time,amount", *rows]) + "\n")
    return read_event_log(path)


@pytest.mark.parametrize(
    ("steps", "paid"),
    [
        # A public log of fines: what is owed stands at two steps, what is paid in another column.
        ([("Create Fine", 35), ("Send Fine", ""), ("Add penalty", 71), ("Payment", "")], []),
        ([("Create Fine", 35), ("Add penalty", 71), ("Payment", 71)], ["Payment"]),
        ([("Submit application", 9000), ("Create offer", 8000), ("Disbursement", 8000)], []),
        ([("Receive invoice", 90), ("Approve payment", 90), ("Pay invoice", 80), ("Refund", 5)], ["Pay invoice"]),
        ([("view_item", 9), ("add_to_cart", 9), ("begin_checkout", 9), ("purchase", 9)], ["purchase"]),
        ([("checkout", 9), ("In-store purchase", 8), ("Renewal", 7)], ["In-store purchase", "Renewal"]),
        ([("look", ""), ("pay", 5)], ["pay"]),
        ([("view_item", 9), ("add_to_cart", 9), ("item_purchased", 9)], ["item_purchased"]),
        ([("plan viewed", 9), ("Subscription started", 9)], ["Subscription started"]),
        ([("閲覧", ""), ("購入完了", 5), ("返品", 2)], ["購入完了"]),
        ([("просмотр", 1), ("оплата заказа", 5)], ["оплата заказа"]),
    ],
)
def test_an_amount_is_paid_where_the_name_says_so(tmp_path, steps, paid):
    log = amounts_where_paid(read := _money(tmp_path, *steps))
    bought = find_purchases(log, cases_of(log))
    assert [log.activities[at] for at in sorted(bought.stages)] == paid if paid else bought is None
    without = [name for name, amount in steps if amount and name not in paid]
    told = log.notices[len(read.notices) :]
    assert len(told) == bool(without) and all(repr(name) in told[0] for name in without[:3])


def test_amounts_of_the_only_activity_are_paid_whatever_it_is_called(tmp_path):
    log = _money(tmp_path, ("visit", 5), ("visit", 7))
    assert amounts_where_paid(log) is log and find_purchases(log, cases_of(log)).count == 80


def test_activities_with_brands_beside_others_without_are_paid(tmp_path):
    rows = [
        f"{case},{name},2020-01-{day},{rest}"
        for case in range(40)
        for name, day, rest in (("browse", "01", ","), ("Main Street", "02", f"{'Oak' if case % 2 else 'Elm'},5"))
    ]
    (tmp_path / "log.csv").write_text("\n".join(["case,activity,time,brand,amount", *rows]) + "\n")
    log = read_event_log(tmp_path / "log.csv")
    assert amounts_where_paid(log) is log and len(find_purchases(log, cases_of(log)).brands) == 2


def test_purchases_may_be_named(tmp_path):
    log = _money(tmp_path, ("look", ""), ("Disbursement", 5), ("Handover", ""))
    found = discover(log, "x", "X", goal=None, seed=1, threads=1, purchases=["Disbursement"])
    assert (found.goal.why, found.cases.stages[found.goal.stage]) == ("bought", "Disbursement")
    assert found.purchases.brands[0].price == 5.0 and found.log.notices == log.notices
    found = discover(log, "x", "X", goal=None, seed=1, threads=1, purchases="Handover")
    assert found.purchases.count == 40 and not found.purchases.has_amounts
    for wrong, told in (
        ("Hand", r"purchases.0 is 'Hand', which is no stage"),
        ([], "purchases is a list of 0; give stages"),
    ):
        with pytest.raises(ConfigError, match=told):
            discover(log, "x", "X", goal=None, seed=1, threads=1, purchases=wrong)


@pytest.mark.parametrize(
    "name", ["payment_failed", "order cancelled", "Refund payment", "Payment reminder", "not paid"]
)
def test_what_is_not_paid_is_told_by_its_name(name):
    assert not says_paid(name)
