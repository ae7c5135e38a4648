"""Tables: tidy, complete, adding up, and the same bytes every time."""

from dataclasses import replace
from time import perf_counter

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.analysis import tables
from sim.analysis.metrics import METRICS, measure
from sim.experiments.compare import compare
from sim.record.events import EVENT
from sim.record.history import FIXED_POINT, ORIGINS
from sim.scenario.scenario import Scenario

COLUMNS = ["arm", "replicate", "week", "persona", "metric", "key", "value"]


@pytest.fixture
def frame(make_history, scenario):
    return tables.weekly(make_history("proactive", 2), scenario).to_pandas()


def pick(frame, metric, key=None):
    rows = frame[frame.metric == metric]
    return rows if key is None else rows[rows.key == key]


def test_columns_and_labels(frame, scenario):
    assert list(frame.columns) == COLUMNS
    assert set(frame.arm) == {"proactive"} and set(frame.replicate) == {2}
    assert set(pick(frame, "customers").key) == {"idle", "consider", "buy", "use", "community"}
    assert set(pick(frame, "purchases").key) == set(scenario.brands)
    assert set(pick(frame, "purchases_by_origin").key) == set(ORIGINS)
    assert set(frame.persona) == {"keen", "calm", "company"}
    assert not frame.duplicated(COLUMNS[:-1]).any()


def test_every_arm_has_the_same_rows(make_history, scenario):
    """The baseline lacks a stage of the other arm: it stands there with whatever nobody comes to."""
    first, second = (tables.weekly(make_history(arm), scenario).to_pandas() for arm in scenario.arms)
    assert first[COLUMNS[1:-1]].equals(second[COLUMNS[1:-1]])


def test_of_a_long_horizon_a_row_stands_for_several_steps(monkeypatch):
    """A run of 20,000 hours on 248 stages had 180 million rows, 5 GB when it was read."""
    scenario = Scenario.load("treadmill", population=60, horizon=30, burn_in=3)
    by_step = compare(scenario, replicates=2, threads=1).weekly
    monkeypatch.setattr("sim.record.counters._MOST_PERIODS", 8)
    whole = compare(scenario, replicates=2, threads=1)
    frame = whole.weekly
    steps, horizon = 4, 30
    assert all(history.customers.shape[0] == 8 for arms in whole.histories for history in arms.values())
    assert list(frame.columns) == ["arm", "replicate", "week", "steps", *COLUMNS[3:]]
    first = np.arange(0, horizon, steps)
    assert sorted(set(frame.week)) == first.tolist()
    assert frame.drop_duplicates("week").set_index("week").steps.loc[first].tolist() == [4] * 7 + [2]
    series = ["arm", "replicate", "metric", "key", "persona"]
    levels = {"customers", "brand_customers", "opted_out", "satisfaction", "trust", "fatigue"}
    by_step["row"] = by_step.week // steps * steps
    expected = by_step.groupby([*series, "row"], observed=True, dropna=False).value.sum()
    summed = frame[~frame.metric.isin(levels)].set_index([*series, "week"]).value
    assert summed.size and np.allclose(summed, expected.loc[summed.index])
    ends = by_step[by_step.week.isin([*(first[1:] - 1), horizon - 1]) & by_step.metric.isin(levels)]
    at_end = frame[frame.metric.isin(levels)].set_index([*series, "week"]).value
    assert at_end.size and at_end.equals(
        ends.set_index([*series, "row"]).value.rename_axis(at_end.index.names).loc[at_end.index]
    )


def test_customers_are_conserved(frame, scenario):
    assert set(pick(frame, "customers").groupby("week").value.sum()) == {scenario.population}


def test_purchases_by_brand_and_by_origin_agree(frame, make_history):
    brands = pick(frame, "purchases").groupby("week").value.sum()
    assert brands.equals(pick(frame, "purchases_by_origin").groupby("week").value.sum())
    history = make_history("proactive", 2)
    focal = pick(frame, "focal_purchases_by_origin", "loop").groupby("week").value.sum()
    assert np.array_equal(focal, history.purchases[:, :, 0, 2].sum(axis=1))


def test_money_adds_up_from_weekly_to_summary(frame, make_history, scenario):
    measures = measure(make_history("proactive", 2), scenario)
    contribution = measures.values[0, METRICS.index("contribution")]
    assert pick(frame, "contribution", "ours").value.sum() == pytest.approx(contribution)
    assert pick(frame, "revenue", "ours").value.sum() == pytest.approx(measures.values[0, METRICS.index("revenue")])
    costs = sum(pick(frame, f"cost_{name}", "ours").value.sum() for name in ("build", "run", "experiments"))
    company = pick(frame, "contribution", "ours")
    assert company[company.persona == "company"].value.sum() == pytest.approx(-costs)


def test_means_over_nobody_are_null(make_history, scenario):
    history = make_history()
    alone = history.incumbents.copy()
    alone[3, 1, 0] = 0
    table = tables.weekly(replace(history, incumbents=alone), scenario)
    frame = table.to_pandas()
    rows = pick(frame, "trust", "ours")
    null = rows[rows.value.isna()]
    assert (3, "calm") in set(zip(null.week, null.persona, strict=True))
    assert not np.isnan(table.column("value").drop_null().to_numpy()).any()
    rest = rows[(rows.week == 4) & (rows.persona == "keen")].value.item()
    expected = history.trust[4, 0, 0] / FIXED_POINT / history.incumbents[4, 0, 0]
    assert rest == pytest.approx(expected)


def test_costs_of_zero_are_not_negative_zero(make_history, scenario):
    history = make_history()
    frame = tables.weekly(replace(history, fixed=np.zeros_like(history.fixed)), scenario).to_pandas()
    company = frame[frame.persona == "company"].value.to_numpy()
    assert not np.signbit(company).any()


def test_flows_leave_out_what_nobody_took(make_history, scenario):
    history = make_history()
    frame = tables.flows(history, scenario).to_pandas()
    assert list(frame.columns) == ["arm", "replicate", "persona", "from", "to", "count"]
    assert frame["count"].sum() == history.flows.sum() and (frame["count"] > 0).all()
    row = frame[(frame.persona == "calm") & (frame["from"] == "use") & (frame.to == "idle")]
    assert row["count"].sum() == history.flows[1, 3, 0]


def test_one_row_per_customer(make_history, scenario):
    history = make_history()
    frame = tables.customers(history, scenario).to_pandas()
    assert len(frame) == scenario.population and frame.customer.is_unique
    assert frame.spend.sum() == pytest.approx(history.lives.spend.sum() / 100)
    assert frame.incumbent.isna().sum() == (history.lives.incumbent < 0).sum()


def test_events_are_cases_of_one_arm_and_replicate(make_history, scenario):
    frame = tables.events(make_history("proactive", 4), scenario).to_pandas()
    wanted = ["case_id", "arm", "replicate", "week", "timestamp", "stage", "brand", "channel", "origin", "amount"]
    assert list(frame.columns)[:10] == wanted
    assert set(frame.case_id) == {f"proactive/4/{customer}" for customer in (3, 8, 15, 21)}
    assert frame[frame.kind == "purchase"].amount.eq(10.0).all()
    assert frame[frame.kind != "purchase"].amount.isna().all()


def test_an_empty_event_log_is_a_table_too(make_history, scenario):
    table = tables.events(
        replace(make_history(), events=np.zeros(0, dtype=EVENT), starts=np.zeros((0, 2), dtype=np.int64)), scenario
    )
    assert table.num_rows == 0 and table.column_names[0] == "case_id"


def test_the_trace_comes_back_bit_for_bit(make_history, scenario):
    history = make_history()
    table = tables.market(history, scenario)
    back = tables.trace_of(table)
    for name in ("reputation", "recall_odds", "delight", "adoption"):
        assert np.array_equal(getattr(back, name), getattr(history.trace, name))
        assert not getattr(back, name).flags.writeable
    assert table.to_pandas().week.min() == -scenario.burn_in


def test_the_same_tables_give_the_same_bytes(make_history, scenario, tmp_path):
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path in paths:
        tables.write_parquet((tables.weekly(make_history(arm), scenario) for arm in scenario.arms), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    metadata = pq.read_schema(paths[0]).metadata
    assert metadata is None or b"pandas" not in metadata


def test_building_and_writing_is_quick(make_history, scenario, tmp_path):
    """Two arms, 8 replicates, 260 weeks, 4 personas: under a second on an idle machine, five on a busy one."""
    large = replace(scenario, horizon=260, personas=scenario.personas * 2)
    histories = [make_history(arm, 0, of=large) for arm in scenario.arms]
    start = perf_counter()
    tables.write_parquet(
        (tables.weekly(history, large) for history in histories for _ in range(8)), tmp_path / "w.parquet"
    )
    print(f"\n{perf_counter() - start:.2f} s, {(tmp_path / 'w.parquet').stat().st_size / 1e6:.1f} MB")
    assert perf_counter() - start < 5
