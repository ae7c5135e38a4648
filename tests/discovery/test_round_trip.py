"""Round trip: what a run's own log says, found again and simulated again, is the run."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.cli import main
from sim.data.event_log import LogLayout
from sim.data.log_file import read_event_log

pytestmark = pytest.mark.usefixtures("undrawn")

#: The chance that one of so few edges lies beyond 3 standard errors is a few percent; the seed is fixed.
_STANDARD_ERRORS = 3.0
_POPULATION = 400


def _bought(folder, arms):
    """Purchases of every brand and of the market's revenue, a customer."""
    rows = pq.read_table(folder / "weekly.parquet").to_pylist()
    mine = [row for row in rows if row["arm"] in arms]
    counts: dict[str, float] = {}
    for row in mine:
        if row["metric"] == "purchases":
            counts[row["key"]] = counts.get(row["key"], 0.0) + row["value"]
    summary = json.loads((folder / "summary.json").read_text())
    runs = len({(row["arm"], row["replicate"]) for row in mine})
    return {brand: count / summary["market_customers"] / runs for brand, count in counts.items()}


def _purchases(folder, arm):
    rows = pq.read_table(folder / "weekly.parquet").to_pylist()
    return [row for row in rows if row["arm"] == arm and row["metric"] == "purchases"]


def _flows(folder, arms):
    table = pq.read_table(folder / "flows.parquet").to_pylist()
    everyone = [row for row in table if row["arm"] in arms and row["persona"] == "all"]
    rows = everyone or [row for row in table if row["arm"] in arms]
    summary = json.loads((folder / "summary.json").read_text())
    factor = summary["market_customers"] / summary["simulated_customers"]
    counts: dict[tuple[str, str], float] = {}
    for row in rows:
        pair = (row["from"].split("__")[0], row["to"].split("__")[0])
        counts[pair] = counts.get(pair, 0.0) + row["count"] / factor
    # What a stage is made of is no edge.
    return {pair: count for pair, count in counts.items() if pair[0] != "begin" and pair[0] != pair[1]}


def _same_events(folder, tmp_path):
    """The log as XES holds the events of the one as CSV; it also says when the run ended, and CSV cannot."""
    assert main(["results", "export", "latest", "format=xes", "only=stages", f"output_dir={tmp_path}"]) == 0
    named = LogLayout(columns={"activity": "stage", "time": "timestamp"})
    logs = read_event_log(folder / "events.csv", named), read_event_log(folder / "events.xes")
    found = []
    for log in logs:
        brands, words = log.extra["brand"]
        amounts = np.full(log.case.size, np.nan) if log.amount is None else log.amount
        rows = zip(log.case, log.activity, log.time, brands, np.nan_to_num(amounts, nan=-1.0), strict=True)
        found.append(
            sorted(
                (log.case_names[case], log.activities[stage], int(time), "" if brand < 0 else words[brand], float(paid))
                for case, stage, time, brand, paid in rows
            )
        )
    assert found[0] == found[1] and len(found[0]) > 1000
    assert (logs[0].cases, logs[0].state_at_start) == (logs[1].cases, logs[1].state_at_start)
    assert logs[0].start == logs[1].start and logs[0].end < logs[1].end


@pytest.mark.parametrize("format", ["csv", pytest.param("xes", marks=pytest.mark.slow)])
def test_a_run_is_found_again_in_its_own_log(tmp_path, format):
    common = [f"output_dir={tmp_path}", "progress=false", "quiet=true", "threads=1", f"population={_POPULATION}"]
    run = [f"record.events={_POPULATION}", "scenario=treadmill", "replicates=1", "horizon=40", "burn_in=20"]
    assert main(["compare", *common, *run]) == 0
    (folder,) = (tmp_path / "compare").glob("*")
    export = [f"format={format}", "only=stages", f"output_dir={tmp_path}"]
    assert main(["results", "export", "latest", *export]) == 0
    if format == "csv":
        _same_events(folder, tmp_path)
    discover = [f"log={folder / f'events.{format}'}", f"output_dir={tmp_path}", "save_as=again", "quiet=true"]
    assert main(["discover", *discover]) == 0
    (found,) = (tmp_path / "discover").glob("*")
    truth = _flows(folder, ("classic", "proactive"))
    lived = {(row["from"], row["to"]): row["count"] for row in pq.read_table(found / "map.parquet").to_pylist()}
    assert lived == {pair: pytest.approx(count) for pair, count in truth.items() if count > 0}

    again = [f"output_dir={tmp_path / 'again'}", "scenario=again", "replicates=4"]
    assert main(["compare", "--config-dir", str(found / "config"), *common, *again]) == 0
    (second,) = (tmp_path / "again/compare").glob("*")
    simulated = _flows(second, ("classic",))
    assert {stage for pair in simulated for stage in pair} == {stage for pair in truth for stage in pair}
    cases = {"truth": 2 * _POPULATION, "simulated": 4 * _POPULATION}
    for pair, count in truth.items():
        left = [sum(flow for edge, flow in flows.items() if edge[0] == pair[0]) for flows in (truth, simulated)]
        shares = count / left[0], simulated.get(pair, 0.0) / left[1]
        middle = (count + simulated.get(pair, 0.0)) / sum(left)
        error = np.sqrt(middle * (1 - middle) * (1 / left[0] + 1 / left[1]))
        assert abs(shares[0] - shares[1]) <= _STANDARD_ERRORS * error + 1e-9, pair
        rates = count / cases["truth"], simulated.get(pair, 0.0) / cases["simulated"]
        # Visits of one customer are more regular than a Poisson number, so this error is too large, not too small.
        spread = np.sqrt(rates[0] * (1 / cases["truth"] + 1 / cases["simulated"]))
        assert abs(rates[0] - rates[1]) <= _STANDARD_ERRORS * spread + 1e-9, pair

    # Who stands in a stage when the log begins may leave it in its first step: none is lost to a stage before.
    first = sum(row["value"] for row in _purchases(second, "classic") if row["week"] == 0)
    assert first > 0

    bought, again = _bought(folder, ("classic", "proactive")), _bought(second, ("classic",))
    assert set(bought) == set(again) and len(bought) > 1
    for brand, rate in bought.items():
        # Who likes a brand buys it again: four times the variance of a Poisson number is assumed.
        spread = 2.0 * np.sqrt(rate * (1 / cases["truth"] + 1 / cases["simulated"]))
        assert abs(rate - again[brand]) <= _STANDARD_ERRORS * spread, brand
