"""Memory grows with customers, never with customers times weeks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CUSTOMERS = 200_000
#: Peak resident memory of a run, MiB; the smaller horizon first in a process of its own.
PROGRAM = """
import resource, sys
from sim.scenario.scenario import Scenario
from sim.execution.replicates import run_replicates
horizon, customers, engine = int(sys.argv[1]), int(sys.argv[2]), "numba"
scenario = Scenario.load("treadmill", population=customers, horizon=horizon, burn_in=4,
                         record={"events": 0, "lives": 0})
for _ in run_replicates(scenario, seed=1, replicates=[0], threads=1):
    pass
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak // (1024 if sys.platform == "darwin" else 1))
"""


def peak_kib(horizon, customers):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(horizon), str(customers)],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.slow
def test_nothing_of_customers_times_weeks_is_held():
    """78 weeks more may cost less than a tenth of a byte per customer-week: one byte would be 15 MiB."""
    short, long = peak_kib(26, CUSTOMERS), peak_kib(104, CUSTOMERS)
    assert (long - short) * 1024 < 0.1 * CUSTOMERS * (104 - 26) + 4 * 2**20


@pytest.mark.slow
def test_peak_memory_per_customer_is_a_few_copies_of_the_live_state():
    """The population, and the copy that every arm but the last lives on: no more than three of 96 bytes."""
    few, many = peak_kib(10, CUSTOMERS), peak_kib(10, 5 * CUSTOMERS)
    assert (many - few) * 1024 / (4 * CUSTOMERS) < 3 * 96
