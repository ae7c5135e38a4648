"""Nothing is lost: customers, purchases, money and feelings add up, exactly, from the single life to the summary."""

from dataclasses import replace

import numpy as np
import pytest

from sim.analysis import tables
from sim.experiments.compare import compare
from sim.record.events import KINDS, EventKind
from sim.record.history import FIXED_POINT, UNIT, Money
from sim.scenario.resolved import Record

ARMS = ("classic", "proactive")
VARIABLE = ((Money.MARGIN, 1), (Money.ANCILLARY, 1), (Money.CONTACTS, -1), (Money.CHANNELS, -1), (Money.SERVICE, -1))


@pytest.fixture(scope="module")
def histories(treadmill, live):
    return live(treadmill, threads=2)


@pytest.fixture(scope="module")
def result(treadmill):
    return compare(treadmill, replicates=2, seed=1, threads=2)


@pytest.fixture(scope="module", params=ARMS)
def history(request, histories):
    return histories[request.param]


def contribution(money):
    return sum(sign * money[..., column] for column, sign in VARIABLE)


def test_every_customer_is_in_one_stage_every_week(history, treadmill):
    assert history.population.sum() == treadmill.population
    assert (history.initial.sum(axis=1) == history.population).all()
    assert (history.customers.sum(axis=2) == history.population).all()
    assert (history.customers >= 0).all()


def test_flows_in_minus_flows_out_are_the_change_of_every_stage(history):
    change = history.flows.sum(axis=1) - history.flows.sum(axis=2)
    assert (change == history.customers[-1] - history.initial).all()


def test_lives_end_where_the_counts_say(history, treadmill):
    personas, stages = history.initial.shape
    cells = np.bincount(history.lives.persona.astype(int) * stages + history.lives.stage, minlength=personas * stages)
    assert (cells.reshape(personas, stages) == history.customers[-1]).all()
    brands = len(treadmill.brands)
    for brand in range(brands):
        mine = history.lives.incumbent == brand
        assert (np.bincount(history.lives.persona[mine], minlength=personas) == history.incumbents[-1, :, brand]).all()


def test_satisfaction_and_trust_kept_as_sums_are_those_of_the_customers(history, treadmill):
    """The sums are kept by adding changes over every week of burn-in and horizon; not one part in 65,535 is lost."""
    lives = history.lives
    satisfaction = np.floor(lives.satisfaction.astype(np.float64) * FIXED_POINT + 0.5).astype(np.int64)
    trust = np.rint(lives.trust.astype(np.float64) * UNIT).astype(np.int64)
    for person in range(len(history.population)):
        for brand in range(len(treadmill.brands)):
            mine = (lives.incumbent == brand) & (lives.persona == person)
            assert satisfaction[mine].sum() == history.satisfaction[-1, person, brand]
            assert trust[mine].sum() == history.trust[-1, person, brand]
    assert ((trust >= 0) & (trust <= UNIT)).all()
    assert (history.trust >= 0).all() and (history.trust <= history.incumbents * UNIT).all()


def test_opting_out_is_for_good(history, treadmill):
    assert (np.diff(history.opted_out, axis=0) >= 0).all()
    focal = np.bincount(history.lives.persona[history.lives.opted_out], minlength=len(history.population))
    assert (focal == history.opted_out[-1, :, treadmill.focal]).all()


def test_purchases_add_up(history, treadmill):
    lives, bought = history.lives, history.purchases
    assert lives.purchases.sum() == bought.sum()
    assert lives.focal_purchases.sum() == bought[:, :, treadmill.focal].sum()
    assert lives.switches.sum() == history.switches.sum()
    assert np.count_nonzero(lives.focal_purchases) == history.buyers.sum()
    assert (history.skipped <= bought.sum(axis=3)).all()
    # Whoever bought stayed, went elsewhere, or bought for the first time in the category.
    known = history.repeats.sum(axis=(1, 2)) + history.switches.sum(axis=(1, 2))
    assert ((bought.sum(axis=(1, 2, 3)) - known)[1:] == np.diff(history.adopters)).all()
    assert (history.incumbents.sum(axis=(1, 2)) == history.adopters).all()


def test_incumbents_move_only_by_purchases(history):
    gained = history.purchases.sum(axis=3) - history.repeats  # who came from elsewhere
    change = np.diff(history.incumbents, axis=0)
    assert (change == (gained - history.switches)[1:]).all()


def test_timely_contacts_are_contacts_and_the_considered_are_brands(history, treadmill):
    assert (history.timely <= history.contacts).all()
    assert (history.considered >= 0).all()
    considered = history.purchases[..., :2].sum(axis=(2, 3))  # purchases that were not in the loop
    assert (history.considered.sum(axis=2) <= considered * len(treadmill.brands)).all()
    assert (history.considered[..., 0] >= np.where(considered > 0, 1, 0)).all()


def test_every_count_is_that_of_the_moments(history, treadmill):
    """Everybody is sampled, so the log tells of every purchase, contact, opt-out and word."""
    log = history.events
    weeks, brands = len(history.customers), len(treadmill.brands)

    def of(*moments, sub=slice(None)):
        counts = np.zeros((weeks, brands), int)
        mine = log[np.isin(log["kind"], [int(moment) for moment in moments])][sub]
        np.add.at(counts, (mine["week"], mine["brand"]), 1)
        return counts

    assert (of(EventKind.PURCHASE) == history.purchases.sum(axis=(1, 3))).all()
    assert (of(EventKind.TIMELY_CONTACT, EventKind.MISTIMED_CONTACT) == history.contacts.sum(axis=1)).all()
    assert (of(EventKind.TIMELY_CONTACT) == history.timely.sum(axis=1)).all()
    assert (of(EventKind.PRAISE) == history.praise.sum(axis=1)).all()
    assert (of(EventKind.COMPLAINT) == history.complaints.sum(axis=1)).all()
    total = history.opted_out.sum(axis=1)
    assert (np.cumsum(of(EventKind.OPT_OUT), axis=0)[-1] == total[-1] - total[0] + of(EventKind.OPT_OUT)[0]).all()
    bought = log[log["kind"] == EventKind.PURCHASE]
    for origin in range(history.purchases.shape[3]):
        assert np.count_nonzero(bought["origin"] == origin) == history.purchases[..., origin].sum()
    # A stage is entered by a moment of its own, or by the purchase that is its deed.
    entered = np.isin(log["kind"], [KINDS.index("stage"), KINDS.index("purchase")])
    stages = np.bincount(log["stage"][entered], minlength=history.flows.shape[1])
    assert (stages == history.flows.sum(axis=(0, 1))).all()


def test_the_log_is_in_order(history):
    log = history.events
    key = np.stack([log["customer"], log["week"], log["order"]], axis=1)
    assert (np.lexsort(key.T[::-1]) == np.arange(len(key))).all()
    assert len(np.unique(key, axis=0)) == len(key)


def test_money_adds_up_from_customers_to_weekly_to_summary(result, treadmill):
    """In whole cents, in every arm and replicate."""
    customers, weekly, focal = result.customers, result.weekly, treadmill.market.focal

    def cents(frame, column):
        return np.rint(frame[column].to_numpy() * 100).astype(np.int64).sum()

    for arm in ARMS:
        totals = []
        for replicate in range(result.replicates):
            history = result.histories[replicate][arm]
            mine = customers[(customers.arm == arm) & (customers.replicate == replicate)]
            week = weekly[(weekly.arm == arm) & (weekly.replicate == replicate) & (weekly.key == focal)]
            people, company = week[week.persona != "company"], week[week.persona == "company"]
            variable = contribution(history.money)[:, :, treadmill.focal].sum()
            fixed = history.fixed[:, treadmill.focal].sum()
            assert cents(mine, "contribution") == variable == cents(people[people.metric == "contribution"], "value")
            assert cents(company[company.metric == "contribution"], "value") == -fixed
            revenue = history.money[:, :, treadmill.focal, Money.REVENUE].sum()
            assert cents(mine, "spend") == revenue == cents(people[people.metric == "revenue"], "value")
            measures = result.measures[replicate][arm]
            assert measures.cash[0].sum() == variable - fixed == measures.terms[0].sum()
            totals.append(variable - fixed)
        summary = result.summary_json["arms"][arm]["contribution"]["mean"]
        assert summary == pytest.approx(np.mean(totals) / 100, rel=1e-14)


def test_summary_differences_are_differences_of_the_arms(result):
    summary = result.summary_json
    for metric in ("contribution", "revenue", "purchases"):
        arms = [summary["arms"][arm][metric]["mean"] for arm in ARMS]
        difference = summary["differences"]["proactive - classic"][metric]["mean"]
        assert difference == pytest.approx(arms[1] - arms[0], rel=1e-9, abs=1e-6)


def test_personas_and_origins_of_the_weekly_table_add_up(result, treadmill):
    weekly = result.weekly
    by_brand = weekly[weekly.metric == "purchases"].groupby(["arm", "replicate", "week", "persona"], observed=True)
    by_origin = weekly[weekly.metric == "purchases_by_origin"].groupby(
        ["arm", "replicate", "week", "persona"], observed=True
    )
    assert (by_brand.value.sum() == by_origin.value.sum()).all()
    heads = weekly[weekly.metric == "customers"].groupby(["arm", "replicate", "week"], observed=True).value.sum()
    assert (heads == treadmill.population).all() and len(heads) == result.replicates * len(
        treadmill.arms
    ) * treadmill.horizon


def test_the_flows_table_is_the_flows(result):
    flows = result.flows
    for arm in ARMS:
        for replicate in range(result.replicates):
            told = flows[(flows.arm == arm) & (flows.replicate == replicate)]["count"].sum()
            assert told == result.histories[replicate][arm].flows.sum()


def test_what_is_recorded_changes_nothing_that_is_counted(treadmill, live):
    plain = live(replace(treadmill, record=Record(customers=False, events=0, lives=0)))
    told = live(treadmill)
    for arm, history in plain.items():
        assert len(history.events) == 0 and history.lives.spend.size == 0
        for name in ("customers", "flows", "purchases", "money", "satisfaction", "trust", "contacts", "opted_out"):
            assert (getattr(history, name) == getattr(told[arm], name)).all(), name


def test_tables_need_no_lives(treadmill, live):
    history = live(replace(treadmill, record=Record(customers=False, events=0, lives=0)))["classic"]
    assert tables.events(history, treadmill).num_rows == 0
    assert tables.weekly(history, treadmill).num_rows > 0
