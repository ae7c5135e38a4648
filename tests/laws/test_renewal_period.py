"""The renewal period of a cyclical market: counted from the return to waiting, or from renewal to renewal."""

import pytest

from sim.scenario.scenario import Scenario

PERIOD = 12
STAY = 3


def contract(counted_from):
    """Everybody renews at every need with the one brand, and takes three weeks until the contract rests again."""
    journey = {
        "start": {"resting": 1.0},
        "stages": {
            "resting": {"does": "wait"},
            "renew": {"does": "choose"},
            "settle": {"does": "use", "weeks": STAY},
        },
        "edges": [
            {"from": "resting", "to": "renew", "on": "need"},
            {"from": "renew", "to": "settle"},
            {"from": "settle", "to": "resting"},
        ],
    }
    return Scenario.from_dict(
        {
            "name": "contract",
            "market": {
                "name": "one",
                "focal": "only",
                "journey": "round",
                "brands": {"only": {"price": 10.0, "unit_margin": 3.0, "salience": 1.0}},
                "need": {"kind": "cyclical", "mean_weeks": PERIOD, "counted_from": counted_from},
            },
            "personas": "everyone",
            "journeys": {"round": journey},
            "arms": {"only": {"focal": {"journey": "round"}}},
            "baseline": "only",
            "population": 60,
            "horizon": 120,
            "burn_in": 40,
            "record": {"events": 60},
        }
    )


@pytest.mark.parametrize("engine", ["numba", "mesa"])
@pytest.mark.parametrize("counted_from", ["wait", "need"])
def test_weeks_between_two_renewals(counted_from, engine, live):
    history = live(contract(counted_from), engine=engine)["only"]
    renewals = float(history.purchases.sum()) / 60
    stay = 0 if counted_from == "need" else STAY
    assert renewals == pytest.approx(120 / (PERIOD + stay), rel=0.1)
    if counted_from == "need":
        assert renewals == 120 / PERIOD, "every customer renews every twelve weeks, to the week"
