"""The whole model written once more in plain Python on Mesa, with other luck, gives the same market on average.

`benchmarks/plain_mesa.py` shares no rule, no draw and no line with the engine, and has every mechanism of `treadmill` in
both arms. Error rate: 100 Welch tests with degrees of freedom above 12, each at |t| < 6, fail for two right programs
with probability below 1 in 100 for another pair of seeds; the seeds are fixed.
"""

import numpy as np
import pytest

from sim.execution.replicates import run_replicates
from sim.record.history import FIXED_POINT, ORIGINS, Money
from sim.scenario.scenario import Scenario

REPLICATES = 12


def _mine(model, scenario):
    counts, brands = model.counts, scenario.brands
    customers = list(model.agents)
    stages = list(dict.fromkeys(stage for journey in scenario.journeys.values() for stage in journey.stages))
    satisfaction = [[one.satisfaction for one in customers if one.incumbent == brand] for brand in brands]
    return np.array(
        [
            *(counts.purchases[brand, origin] for brand in brands for origin in ORIGINS),
            *(counts.revenue[brand] for brand in brands),
            *(counts.contribution[brand] for brand in brands),
            *(counts.decision_weeks[brand] for brand in brands),
            *(counts.praise[brand] for brand in brands),
            *(counts.complaints[brand] for brand in brands),
            *(np.mean(those) for those in satisfaction),
            *(sum(one.stage == stage for one in customers) for stage in stages),
            counts.contacts[brands[0]],
            counts.timely[brands[0]],
            sum(brands[0] in one.opted_out for one in customers),
        ],
        dtype=float,
    )


def _engines(history):
    money = history.money.sum(axis=(0, 1)) / 100.0
    variable = money[:, [Money.MARGIN, Money.ANCILLARY]].sum(axis=1)
    variable -= money[:, [Money.CONTACTS, Money.CHANNELS, Money.SERVICE]].sum(axis=1)
    fixed = history.fixed.sum(axis=(0, 2)) / 100.0
    there = FIXED_POINT * history.incumbents[-1].sum(axis=0)

    def total(counts):
        return counts.sum(axis=(0, 1))

    return np.concatenate(
        [
            total(history.purchases).ravel(),
            money[:, Money.REVENUE],
            variable - fixed,
            total(history.decision_weeks),
            total(history.praise),
            total(history.complaints),
            history.satisfaction[-1].sum(axis=0) / there,
            history.customers[-1].sum(axis=0),
            [total(history.contacts)[0], total(history.timely)[0], history.opted_out[-1].sum(axis=0)[0]],
        ]
    )


@pytest.mark.slow
def test_plain_python_gives_the_same_market():
    from benchmarks import plain_mesa  # imports Mesa, which takes seconds

    scenario = Scenario.load("treadmill", population=1500, horizon=78, burn_in=40, record={"events": 0, "lives": 0})
    lived = [arms for _, arms in run_replicates(scenario, seed=1, replicates=range(REPLICATES), threads=1)]
    seen = 0
    for arm in scenario.arms:
        mine = np.array([_mine(plain_mesa.live(scenario, arm, seed), scenario) for seed in range(REPLICATES)])
        theirs = np.array([_engines(arms[arm]) for arms in lived])
        error = np.sqrt((mine.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / REPLICATES)
        apart = np.abs(mine.mean(axis=0) - theirs.mean(axis=0))
        moves = error > 0.0
        assert (apart[~moves] == 0.0).all()
        assert (apart[moves] < 6.0 * error[moves]).all(), (arm, (apart / error).round(1))
        seen += int(moves.sum())
        # And the comparison could tell: a fifth more of anything that is counted often would be seen.
        often = theirs.mean(axis=0) > 500
        assert (0.2 * theirs.mean(axis=0) > 6.0 * error)[often].all()
    assert 70 < seen <= 100, seen
