"""Shares of few: counted over all replicates of an arm, and said in words."""

from types import SimpleNamespace

import numpy as np

from sim.analysis.counts_behind import FEW, shares_of_few
from sim.analysis.verdict import verdict


def history(bought, retained, again):
    """Return a history of two weeks, one persona and two brands, of which the second is the focal one."""
    spread = np.zeros((2, 1, 2, 3), dtype=np.int64)
    spread[0, 0, 0], spread[1, 0, 1, 2] = 99, bought
    switches, repeats = np.zeros((2, 1, 2), np.int64), np.zeros((2, 1, 2), np.int64)
    switches[:, 0, 0], repeats[1, 0, 1] = 99, again
    return SimpleNamespace(
        purchases=spread, switches=switches, repeats=repeats, retained=np.array([[retained, retained // 2]])
    )


def test_a_share_is_of_few_where_its_mean_count_over_replicates_is_below_the_line():
    few, many = history(2, 1, 0), history(2 * int(FEW), 40, 50)
    found = shares_of_few([{"classic": few, "proactive": many}, {"classic": few, "proactive": many}], 1)
    assert found == {"classic": {"retention": 1.0, "loop_share": 2.0, "evaluation_skipped_share": 2.0}}
    assert shares_of_few([{"classic": few}, {"classic": many}], 1) == {}


def test_the_verdict_names_them():
    arm = {"purchases": {"mean": 0.0}, "market_share": {"mean": None}}
    summary = {"arms": {"classic": arm}, "differences": {}, "shares_of_few": {"classic": {"retention": 1.25}}}
    summary |= {"baseline": "classic", "currency": "$", "market_customers": 10, "horizon": 4, "replicates": 8}
    words = verdict(summary | {"focal": "own", "titles": {}})
    assert "Few customers or purchases stand behind some shares (1.2 a replicate): retention." in words
