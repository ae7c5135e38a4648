"""Who has left for good, or cancelled, is no customer any more, whatever was bought last."""

import numpy as np
import pytest

from sim.analysis.metrics import METRICS, measure
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario

LEAVES = 0.1


def club(*, ways_back, lapsed):
    """A club without rivals, whose members renew every few weeks and then leave with a probability."""
    back = [{"from": "left", "to": "buy", "on": "need"}] if ways_back else []
    journey = {
        "name": "club",
        "start": {"member": 1.0},
        "stages": {
            "member": {"does": "wait"},
            "buy": {"does": "choose"},
            "decides": {"weeks": 0},
            "left": {"does": "wait" if ways_back else "nothing", "lapsed": lapsed},
        },
        "edges": [
            {"from": "member", "to": "buy", "on": "need"},
            {"from": "buy", "to": "decides"},
            {"from": "decides", "to": "left", "probability": LEAVES},
            {"from": "decides", "to": "member"},
            *back,
        ],
    }
    market = {
        "name": "club",
        "focal": "club",
        "journey": "club",
        "brands": {"club": {"price": 10, "unit_margin": 4, "salience": 1.0}},
        "need": {"kind": "cyclical", "mean_weeks": 4, "counted_from": "need"},
    }
    return Scenario.from_dict(
        {
            "name": "club",
            "market": market,
            "personas": {"member": {"share": 1.0}},
            "journeys": {"club": journey},
            "arms": {"plain": {"focal": {"journey": "club", "strategy": {}}}},
            "baseline": "plain",
            "population": 400,
            "horizon": 16,
            "burn_in": 12,
            "record": {"events": 0},
        }
    )


def kept(scenario, history):
    """Retention of everybody, and the customers in the stage ``left`` at the start and at the end."""
    at = list(stage_names(scenario.journeys)).index("left")
    retention = measure(history, scenario).values[0, METRICS.index("retention")]
    return retention, int(history.initial[:, at].sum()), int(history.customers[-1, :, at].sum())


@pytest.mark.parametrize(("ways_back", "lapsed"), [(False, False), (False, True), (True, True)])
def test_who_left_is_no_customer(live, ways_back, lapsed):
    """All have bought in the burn-in: those who are in no lapsed stage at the start are the customers to be kept."""
    scenario = club(ways_back=ways_back, lapsed=lapsed)
    history = live(scenario)["plain"]
    retention, before, after = kept(scenario, history)
    assert before > 0 and 0 < after < 400
    assert history.retained[0, 0] == 400 - before
    if not ways_back:
        assert retention == (400 - after) / (400 - before)
    assert 0.5 < retention < 1.0


def test_a_stage_of_waiting_members_counts_as_before(live):
    """Without the mark whoever bought last from the brand is its customer, wherever she stands."""
    scenario = club(ways_back=True, lapsed=False)
    retention, _, after = kept(scenario, live(scenario)["plain"])
    assert after > 0 and retention == 1.0


@pytest.mark.parametrize("ways_back", [True, False])
def test_both_engines_count_the_same(live, ways_back):
    scenario = club(ways_back=ways_back, lapsed=True)
    fast, readable = (live(scenario, engine=engine)["plain"] for engine in ("numba", "mesa"))
    np.testing.assert_array_equal(fast.retained, readable.retained)
