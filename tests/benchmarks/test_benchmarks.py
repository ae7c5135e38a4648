"""What measures is measured: the limit makes true luck, sizes and mechanisms are what they say, the page fills."""

import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest

from agents.purposes import Purpose
from benchmarks import limit, machine, page
from benchmarks.__main__ import GROUPS, main
from benchmarks.measure import Measure, customer_weeks, live, scenario_of
from benchmarks.mechanisms import MECHANISMS
from benchmarks.scaling import with_arms, with_brands
from sim.execution.replicates import run_replicates
from sim.luck import philox


def _history(scenario, arm="classic"):
    (_, arms), *_ = run_replicates(scenario, seed=1, replicates=range(1), threads=1)
    return arms[arm]


def test_the_limit_makes_true_philox_blocks():
    out = np.zeros((4, limit.LANES), np.uint32)
    limit._blocks(3 * limit.LANES, out)
    start = 2 * limit.LANES
    for lane in (0, 1, 77, limit.LANES - 1):
        counter = [np.uint64(word) for word in (start + lane, start, 3, 0)]
        assert tuple(out[:, lane]) == philox(*counter, np.uint64(1), np.uint64(0), 10)


@pytest.mark.slow
def test_needs_are_counted_over_every_arm_and_the_burn_in_once():
    both = limit.count(("classic", "proactive"), 60, 26, 13)
    classic = limit.count(("classic",), 60, 26, 13)
    assert set(both.by_purpose) <= {purpose.name for purpose in Purpose}
    assert "CONTACT" in both.by_purpose and "CONTACT" not in classic.by_purpose
    assert classic.by_purpose["BIRTH"] == pytest.approx(1 / 39)
    assert both.by_purpose["BIRTH"] == pytest.approx(1 / 65)
    # Of every customer and window of eight weeks one block at most, in the proactive arm only.
    assert 0.0 < both.by_purpose["CONTACT"] <= (26 / 65) * (5 / 26)
    assert sum(both.by_purpose.values()) == pytest.approx(both.blocks)
    assert 0.1 < both.exponentials < 2.0 and 0.05 < both.logarithms < 1.0


def test_costs_add_up():
    costs = limit.Costs(block=2e-9, exponential=1e-9, logarithm=3e-9, bandwidth=1e9, threads=1)
    needs = limit.Needs(blocks=1.0, exponentials=2.0, logarithms=0.5, by_purpose={})
    assert costs.seconds(needs, 10) == pytest.approx(2e-9 + 2e-9 + 1.5e-9 + 10e-9)


def test_sizes_are_what_they_say():
    scenario = scenario_of(50, 6, 4)
    assert customer_weeks(scenario) == 50 * (4 + 6 * 2)
    assert customer_weeks(with_arms(scenario, 5)) == 50 * (4 + 6 * 5)
    for count in (2, 9):
        assert _history(with_brands(scenario, count)).purchases.shape[2] == count


def test_every_mechanism_changes_what_happens():
    whole = scenario_of(300, 26, 13, ("classic",))

    def lived(scenario):
        history = _history(scenario)
        return tuple(getattr(history, name).tobytes() for name in ("flows", "money", "fixed", "contacts"))

    reference = lived(whole)
    # What only looks on changes nothing, nor does a proactive journey without a capability.
    looking_on = {"accounts of single customers (CLV)", "moments of 200 customers"}
    for name, change in MECHANISMS.items():
        changed = change(whole)
        if name == "channels with cost and effort":
            assert changed == whole
        else:
            assert changed != whole, name
            idle = name in looking_on or "no capability" in name
            if name == "innovation":  # 39 weeks may bring no success: the experiments cost money all the same
                changed = _costly(changed)
            assert (lived(changed) == reference) == idle, name


def _costly(scenario):
    (arm,) = scenario.arms.values()
    plan = arm.plans[scenario.market.focal]
    strategy = replace(plan.strategy, costs=replace(plan.strategy.costs, experiment=100.0))
    plans = {**arm.plans, scenario.market.focal: replace(plan, strategy=strategy)}
    return replace(scenario, arms={arm.name: replace(arm, plans=plans)})


def test_a_line_says_what_is_wanted_and_whether_it_is_met():
    line = Measure("rivals", "a", "engine : obvious loop", 5.0, "times", at_least=4.0)
    assert line.met is True and line.line().endswith(">= 4 met")
    assert Measure("a", "b", "c", 5.0, "s", at_most=4.0).met is False
    assert Measure("a", "b", "c", 5.0, "s").met is None


def test_the_page_shows_every_measure_that_is_judged(tmp_path):
    marks = page._MARK.findall(page.PAGE.read_text(encoding="utf-8"))
    assert [mark[1] for mark in marks] == list(page.PARTS)
    lines = [Measure(group, f"key {at}:case", f"what of {group}", 1.5, "times", 1.0) for at, group in enumerate(GROUPS)]
    told = {"measured": "2026-01-01", "size": "quick", "machine": machine.machine(), "measures": []}
    told["measures"] = [asdict(line) | {"met": True} for line in lines]
    source, copy = tmp_path / "speed.json", tmp_path / "page.md"
    source.write_text(json.dumps(told), encoding="utf-8")
    copy.write_text(page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    text = page.write_page(source, copy).read_text(encoding="utf-8")
    for group in GROUPS:
        assert f"| what of {group} |" in text
    assert "1.5 times, ≥ 1: met" in text and "not measured" in text
    assert page.write_page(source, copy).read_text(encoding="utf-8") == text


def test_the_published_page_is_written_from_the_published_measurement(tmp_path):
    if not page.PUBLISHED.exists():
        pytest.skip("nothing is published yet")
    copy = tmp_path / "page.md"
    copy.write_text(page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    assert page.write_page(page.PUBLISHED, copy).read_text(encoding="utf-8") == page.PAGE.read_text(encoding="utf-8")
    told = page.PUBLISHED.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work|Users|tmp)/", told)


def test_an_unknown_group_is_refused(capsys):
    with pytest.raises(SystemExit) as ending:
        main(["--quick", "nonsense"])
    assert ending.value.code == 2
    assert "there is no group 'nonsense'" in capsys.readouterr().err


@pytest.mark.slow
def test_the_quick_mode_runs(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("benchmarks.__main__.ROOT", tmp_path)
    live(scenario_of(100, 5, 5))
    assert main(["--quick", "rivals", "scaling", "mechanisms", "watching", "luck"]) == 0
    told = json.loads((tmp_path / "results" / "bench" / "speed.json").read_text(encoding="utf-8"))
    assert {line["group"] for line in told["measures"]} == {*GROUPS, "limit"} - {"startup"}
    assert all(np.isfinite(line["value"]) for line in told["measures"])
    # At small sizes nothing is judged.
    assert "met" not in capsys.readouterr().out.lower().split()
