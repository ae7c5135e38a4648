"""Metrics: money adds up, shares of nothing are undefined, payback on series made by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim import Scenario, compare
from sim.analysis.metrics import METRICS, TERMS, discount, low_point, measure, payback_week
from sim.record.history import Fixed, Money

ADDITIVE = ("contribution", "revenue", "npv", "purchases")


def value(measures, metric, row=0):
    return measures.values[row, METRICS.index(metric)]


@pytest.mark.parametrize("metric", ADDITIVE)
def test_personas_add_up_to_everybody(make_history, scenario, metric):
    measures = measure(make_history(), scenario)
    column = measures.values[:, METRICS.index(metric)]
    assert column[1:].sum() == pytest.approx(column[0], rel=1e-12)


def test_terms_and_cash_add_up_to_contribution(make_history, scenario):
    measures = measure(make_history(), scenario)
    contribution = measures.values[:, METRICS.index("contribution")]
    assert measures.terms.sum(axis=1) / 100 == pytest.approx(contribution)
    assert measures.cash.sum(axis=1) / 100 == pytest.approx(contribution)
    assert measures.cash[0] == pytest.approx(measures.cash[1:].sum(axis=0))


def test_contribution_is_the_cents_of_the_focal_brand(make_history, scenario):
    history = make_history()
    money, fixed = history.money[:, :, 0].sum(axis=(0, 1)), history.fixed[:, 0].sum()
    cents = money[Money.MARGIN] + money[Money.ANCILLARY] - money[Money.CONTACTS : Money.SERVICE + 1].sum() - fixed
    measures = measure(history, scenario)
    assert value(measures, "contribution") == cents / 100
    assert measures.terms[0, TERMS.index("build")] == -history.fixed[:, 0, Fixed.BUILD].sum()


def test_shares_lie_between_zero_and_one(make_history, scenario):
    measures = measure(make_history(), scenario)
    for metric in ("market_share", "loop_share", "evaluation_skipped_share", "switch_rate", "opt_out_rate"):
        assert 0 <= value(measures, metric) <= 1
    assert value(measures, "retention") == 30 / 50
    assert value(measures, "satisfaction") == pytest.approx(0.25, rel=1e-4)
    assert value(measures, "purchase_frequency") * value(measures, "penetration") * 400 == pytest.approx(
        value(measures, "purchases")
    )


def test_where_nobody_buys_shares_are_undefined_and_amounts_zero(make_history, scenario):
    history = make_history()
    empty = replace(
        history,
        **{
            name: np.zeros_like(getattr(history, name))
            for name in (
                "purchases",
                "skipped",
                "buyers",
                "switches",
                "repeats",
                "incumbents",
                "retained",
                "money",
                "fixed",
            )
        },
    )
    measures = measure(empty, scenario)
    undefined = {name for name in METRICS if np.isnan(value(measures, name))}
    assert undefined == {
        "market_share",
        "purchase_frequency",
        "loop_share",
        "evaluation_skipped_share",
        "weeks_to_purchase",
        "retention",
        "switch_rate",
        "satisfaction",
        "payback_week",
        "return_rate",
    }
    assert value(measures, "contribution") == value(measures, "penetration") == 0


def test_where_no_need_arises_the_time_from_it_is_undefined(make_history, scenario):
    """As on a journey found in a log, or of a subscription: weeks were counted from the beginning, and called so."""
    journeys = {
        name: replace(
            journey,
            stages={
                stage: replace(said, does="nothing" if said.does in ("wait", "visit", "search") else said.does)
                for stage, said in journey.stages.items()
            },
        )
        for name, journey in scenario.journeys.items()
    }
    measures = measure(make_history(), replace(scenario, journeys=journeys))
    assert np.isnan(value(measures, "weeks_to_purchase")) and np.isnan(value(measures, "evaluation_skipped_share"))
    assert np.isfinite(value(measure(make_history(), scenario), "weeks_to_purchase"))


def test_a_persona_without_customers_bears_nothing(make_history, scenario):
    history = make_history()
    measures = measure(replace(history, population=np.array([400, 0])), scenario)
    assert np.all(measures.terms[2, 5:] == 0)
    assert np.isnan(value(measures, "clv", row=2))


def test_discount_is_yearly():
    factor = discount(105, 0.10)
    assert factor[[0, 52, 104]] == pytest.approx([1, 1 / 1.1, 1 / 1.21])
    assert np.all(discount(10, 0.0) == 1)


@pytest.mark.parametrize(
    ("series", "week"),
    [
        ([0, 0, 0], 0),  # nothing differs
        ([100, 0, 100], 0),  # never behind
        ([-100, 0, 100, 0], 2),  # level again
        ([-100, 50, 50, 50], 2),
        ([100, -200, 200, -50, 10], 2),  # behind, then never again
        ([-100, 200, -200, 200, 0], 3),  # falls back once: the last time counts
        ([100, 100, -300], np.nan),  # behind at the end
        ([-100, 50, 49], np.nan),
        ([-0.4, 0, 0], 0),  # less than half a cent
    ],
)
def test_payback_by_hand(series, week):
    assert payback_week(np.array(series, dtype=float), 0.0) == pytest.approx(week, nan_ok=True)


def test_discounting_delays_payback():
    series = np.array([-100.0, *[0.0] * 51, 100.0, 3.0, 8.0, 50.0])
    assert payback_week(series, 0.0) == 52
    assert payback_week(series, 0.10) == 54


@given(arrays(np.float64, st.integers(1, 40), elements=st.integers(-1000, 1000).map(float)))
def test_payback_means_what_it_says(series):
    week, cumulative = payback_week(series, 0.0), np.cumsum(series)
    if np.isnan(week):
        assert cumulative[-1] < 0
    else:
        assert np.all(cumulative[int(week) :] >= 0)
        assert week == 0 or cumulative[int(week) - 1] < 0


def test_low_point_is_in_money():
    assert low_point(np.array([[-500.0, -200.0, 900.0], [100.0, 100.0, 100.0]])) == pytest.approx([-7.0, 1.0])


def _numbers_in(value):
    if isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers_in(item)
    else:
        yield value


def test_a_summary_has_numbers_of_python_alone():
    scenario = Scenario.load("treadmill", population=60, horizon=8, burn_in=4)
    found = compare(scenario, replicates=2, seed=1, effectiveness=False).summary_json
    assert not any(isinstance(number, np.generic) for number in _numbers_in(found))
