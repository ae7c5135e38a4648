"""A Markov journey agrees with its matrix (pattern P6): occupancy, absorption and mean times.

Error rate: each comparison allows four standard errors, which a right engine exceeds with probability 6.4e-5. The
largest test makes 160 of them, so with another seed it would fail at most one time in a hundred; the seed is fixed.
"""

import numpy as np
import pytest

from sim.scenario.scenario import Scenario

CUSTOMERS = 200_000
ALLOWED = 4.0
STAGES = ("aware", "browsing", "basket", "bought", "lost")
START = np.array([0.7, 0.3, 0.0, 0.0, 0.0])
MATRIX = np.array(
    [
        [0.60, 0.30, 0.04, 0.00, 0.06],
        [0.10, 0.55, 0.25, 0.00, 0.10],
        [0.00, 0.20, 0.35, 0.40, 0.05],
        [0.00, 0.00, 0.00, 1.00, 0.00],
        [0.00, 0.00, 0.00, 0.00, 1.00],
    ]
)
ERGODIC = np.array(
    [
        [0.90, 0.08, 0.02, 0.00, 0.00],
        [0.00, 0.50, 0.50, 0.00, 0.00],
        [0.30, 0.00, 0.40, 0.30, 0.00],
        [0.00, 0.10, 0.00, 0.80, 0.10],
        [0.50, 0.00, 0.00, 0.00, 0.50],
    ]
)


def chain(matrix, start, weeks, customers=CUSTOMERS, burn_in=0):
    """A scenario without a market: one arm, one journey of constant weekly probabilities."""
    journey = {
        "start": {name: float(share) for name, share in zip(STAGES, start, strict=True) if share > 0},
        "stages": {name: {} for name in STAGES},
        "edges": [
            {"from": STAGES[a], "to": STAGES[b], "probability": float(matrix[a, b])}
            for a in range(len(STAGES))
            for b in range(len(STAGES))
            if a != b and matrix[a, b] > 0
        ],
    }
    return Scenario.from_dict(
        {
            "name": "chain",
            "market": "none",
            "personas": "everyone",
            "journeys": {"chain": journey},
            "arms": {"chain": {"focal": {"journey": "chain"}}},
            "baseline": "chain",
            "population": customers,
            "horizon": weeks,
            "burn_in": burn_in,
            "record": {"events": 0},
        }
    )


def surprises(counts, shares, customers=CUSTOMERS):
    """Deviations in standard errors of a binomial share; where a share is 0 or 1 the counts must be exact."""
    sure = (shares < 1e-12) | (shares > 1 - 1e-12)
    assert (counts[sure] == np.rint(shares[sure] * customers)).all()
    error = np.sqrt(shares * (1 - shares) / customers)
    return np.divide(counts / customers - shares, error, out=np.zeros_like(shares), where=~sure)


@pytest.mark.parametrize("matrix", [MATRIX, ERGODIC], ids=["absorbing", "ergodic"])
def test_occupancy_is_the_power_of_the_matrix_every_week(matrix, live):
    weeks = 32
    history = live(chain(matrix, START, weeks), threads=2)["chain"]
    expected = np.stack([START @ np.linalg.matrix_power(matrix, week + 1) for week in range(weeks)])
    counts = history.customers.sum(axis=1)
    assert (counts.sum(axis=1) == CUSTOMERS).all()
    assert np.abs(surprises(history.initial.sum(axis=0), START)).max() < ALLOWED
    assert np.abs(surprises(counts, expected)).max() < ALLOWED


def test_a_burn_in_is_weeks_like_any_other(live):
    history = live(chain(ERGODIC, START, 8, burn_in=20), threads=2)["chain"]
    expected = np.stack([START @ np.linalg.matrix_power(ERGODIC, 20 + week + 1) for week in range(8)])
    assert np.abs(surprises(history.customers.sum(axis=1), expected)).max() < ALLOWED


def test_absorption_and_mean_time_follow_from_the_fundamental_matrix(live):
    """Kemeny & Snell (1960): N = (I - Q)^-1, absorption B = N R, mean time t = N 1."""
    weeks = 150  # the slowest eigenvalue is 0.8: less than 1e-13 of the customers are still on their way
    history = live(chain(MATRIX, START, weeks), threads=2)["chain"]
    fundamental = np.linalg.inv(np.eye(3) - MATRIX[:3, :3])
    absorbed = START[:3] @ fundamental @ MATRIX[:3, 3:]
    final = history.customers[-1].sum(axis=0)
    assert final[:3].sum() == 0
    assert np.abs(surprises(final[3:], absorbed)).max() < ALLOWED

    mean = START[:3] @ fundamental @ np.ones(3)
    second = START[:3] @ (2 * fundamental - np.eye(3)) @ fundamental @ np.ones(3)
    on_their_way = history.initial[:, :3].sum() + history.customers[:, :, :3].sum()
    error = np.sqrt((second - mean**2) / CUSTOMERS)
    assert abs(on_their_way / CUSTOMERS - mean) < ALLOWED * error


def test_flows_share_out_as_the_rows_of_the_matrix(live):
    """Given how many left a stage, where they went is multinomial, whatever happened before."""
    flows = live(chain(ERGODIC, START, 32), threads=2)["chain"].flows.sum(axis=0)
    for stage in range(len(STAGES)):
        leaving = ERGODIC[stage].copy()
        leaving[stage] = 0.0
        leaving /= leaving.sum()
        assert np.abs(surprises(flows[stage], leaving, flows[stage].sum())).max() < ALLOWED


def test_a_chain_needs_no_money_and_no_brand(live):
    history = live(chain(MATRIX, START, 5, customers=1000))["chain"]
    for name in ("purchases", "money", "fixed", "contacts", "incumbents", "adopters"):
        assert not getattr(history, name).any(), name
