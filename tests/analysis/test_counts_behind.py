"""Shares of few: counted over all replicates of an arm, said in words, and with intervals as wide as they leave open."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.analysis.counts_behind import FEW, shares_of_few
from sim.analysis.metrics import COUNTED, METRICS
from sim.analysis.paired import estimate, paired_difference
from sim.analysis.shape import NONE_SEEN, SHARE
from sim.analysis.verdict import verdict
from sim.experiments.compare import compare
from sim.scenario.scenario import Scenario


def measures(**counts):
    """Return measures of everybody, with so many behind each share; those not named are not measured."""
    values = np.full((1, len(METRICS)), np.nan)
    values[0, [METRICS.index(name) for name in counts]] = 0.5
    return SimpleNamespace(values=values, behind=np.array([[counts.get(name, 1.0) for name in COUNTED]]))


def test_a_share_is_of_few_where_its_mean_count_over_replicates_is_below_the_line():
    few, many = (
        measures(retention=1.0, loop_share=2.0, switch_rate=0.0),
        measures(retention=40.0, loop_share=2 * FEW, switch_rate=50.0),
    )
    found = shares_of_few([{"classic": few, "proactive": many}, {"classic": few, "proactive": many}])
    assert found == {"classic": {"loop_share": 2.0, "retention": 1.0}}
    assert shares_of_few([{"classic": few}, {"classic": many}]) == {}


def test_the_verdict_names_them():
    arm = {"purchases": {"mean": 0.0}, "market_share": {"mean": None}}
    summary = {"arms": {"classic": arm}, "differences": {}, "shares_of_few": {"classic": {"retention": 1.25}}}
    summary |= {"baseline": "classic", "currency": "$", "market_customers": 10, "horizon": 4, "replicates": 8}
    words = verdict(summary | {"focal": "own", "titles": {}})
    assert "Few customers or purchases stand behind some shares (1.2 a replicate): retention." in words


def test_replicates_that_are_all_alike_do_not_say_that_what_is_rare_cannot_be():
    alike = np.ones(8)
    found = estimate(alike, shape=SHARE.of(20.0))
    assert (found.mean, found.ci_high) == (1.0, 1.0) and found.ci_low == pytest.approx(1.0 - NONE_SEEN / 20.0)
    same = estimate(alike - alike, shape=SHARE.of(20.0).difference())
    assert (same.ci_low, same.ci_high) == pytest.approx((-0.1256, 0.1256), abs=1e-3)
    # Of many, or without a count, nothing changes.
    spread = np.linspace(0.2, 0.6, 8)
    assert estimate(spread, shape=SHARE.of(1e4)) == estimate(spread, shape=SHARE) == estimate(spread, shape=SHARE.of(0))


def test_the_interval_of_a_rare_event_holds_the_truth():
    """Eight replicates of two customers each, one of whom in thirty leaves: at 5 % of errors 400 draws have 20 misses."""
    rng, held, plain = np.random.default_rng(3), 0, 0
    for _ in range(400):
        stay = rng.binomial(2, 29 / 30, size=8) / 2.0
        for shape in (SHARE.of(16.0), SHARE):
            found = estimate(stay, shape=shape)
            inside = found.ci_low <= 29 / 30 <= found.ci_high
            held, plain = held + (inside and shape.least > 0.0), plain + (inside and shape.least == 0.0)
    assert held >= 370 and plain < 200


def test_an_arm_that_does_nothing_to_customers_differs_by_exactly_nothing_however_few_they_are():
    base = "arms.proactive.focal.strategy"
    idle = {f"{base}.effectiveness": 0.0, f"{base}.contacts_per_week": {"customers": 0.0, "prospects": 0.0}}
    scenario = Scenario.load("sungevity", population=300, horizon=52, burn_in=26, **idle)
    data = scenario.to_dict()
    data["arms"]["classic"]["focal"]["journey"] = data["arms"]["proactive"]["focal"]["journey"]
    summary = compare(Scenario.from_dict(data), replicates=4, seed=1).summary_json
    blocks = [summary, *summary["personas"].values()]
    for block in blocks:
        for name in COUNTED:
            if name == "return_rate":
                continue
            found = block["differences"]["proactive - classic"][name]
            assert {found[key] for key in ("mean", "ci_low", "ci_high")} <= {0.0, None}
    assert summary["differences"]["proactive - classic"]["contribution"]["mean"] < 0.0


def test_the_probability_of_a_difference_is_as_uncertain_as_its_interval() -> None:
    """Eight replicates that are all alike: of 16 customers they say little, of a million everything."""
    alike, other = np.full(8, 0.5), np.full(8, 0.4)
    few, many = (paired_difference(alike, other, shape=SHARE.of(count).difference()) for count in (16.0, 1e6))
    assert few.ci_low is not None and few.ci_low < 0.0 < 0.5 < (few.p_better or 0.0) < 0.975
    assert many.ci_low is not None and many.ci_low > 0.0 and many.p_better == pytest.approx(1.0)
    nothing = paired_difference(alike, alike, shape=SHARE.of(16.0).difference())
    assert nothing.p_better == 0.5


def test_two_replicates_that_happen_to_count_the_same_are_no_certainty():
    """As many more buyers in both replicates of few customers: the mean is told, and no interval without width."""
    given = {"population": 25, "horizon": 16, "burn_in": 8, "arms.proactive.focal.strategy.doubt": None}
    scenario, alike = Scenario.load("treadmill", **given), 0
    for seed in range(30):
        found = compare(scenario, replicates=2, seed=seed, threads=1).summary_json["differences"]["proactive - classic"]
        for name in ("purchases", "market_share", "penetration", "opt_out_rate"):
            entry = found[name]
            if entry["mean"] and entry["ci_low"] is None:
                alike += 1
                assert entry["ci_high"] is None and entry["p_better"] is None
            elif entry["mean"]:
                assert entry["ci_low"] < entry["ci_high"]
    assert alike
