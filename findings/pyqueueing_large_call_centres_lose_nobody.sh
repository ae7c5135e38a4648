#!/usr/bin/env bash
# pyqueueing 0.1.1, formulas of queues and staffing of call centres: a large call centre loses nobody. `ErlangA` is the queue whose callers
# hang up when their patience ends. It adds up the states of 1 to 500 calls, whatever the number of agents is: callers who wait are those
# beyond the number of agents, so that with 500 agents and more nobody ever waits in the sum, and nobody hangs up. With a load of 102% of
# the agents 3.7% hang up at 300 agents, as is right; at 490 it says 0.6%, at 500 and 1,000 none at all, where it is 3.1% and 2.6%, and that
# 4% of callers meet no free agent, who are 65%. `CallCenterPlanner` asks for 520 agents, for a load of 520, so that one caller in 200 is
# lost; with these one in 50 is, and 542 are needed. The limit is not in the documentation, and no warning is given. `ErlangC`, for callers
# of endless patience, is right at any size.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/calls.py" <<'PYTHON'
"""Ask how many callers hang up in call centres of several sizes, by pyqueueing and by all states of the queue."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from pyqueueing import CallCenterPlanner, ErlangA, ErlangC

warnings.simplefilter("error")  # a warning of the model would be an answer of another kind
CALLS, PATIENCE, STATES = 12.0, 20.0, 10_000  # calls that an agent ends in an hour; a caller waits 3 minutes in the mean


def by_states(arrivals, agents, hang_up=PATIENCE):
    """Return the shares of callers who hang up and who meet no free agent, from the balance of all states of up to 10,000 calls."""
    calls = np.arange(STATES + 1)
    ends = np.minimum(calls, agents) * CALLS + np.maximum(calls - agents, 0) * hang_up
    logarithm = np.concatenate([[0.0], np.cumsum(np.log(arrivals) - np.log(ends[1:]))])
    share = np.exp(logarithm - logarithm.max())
    share /= share.sum()
    waiting = np.maximum(calls - agents, 0) @ share
    return float(hang_up * waiting / arrivals), float(share[agents:].sum())


def needed(arrivals, lost):
    return next(agents for agents in range(int(arrivals / CALLS), STATES) if by_states(arrivals, agents)[0] <= lost)


print("pyqueueing", version("pyqueueing"), "numpy", np.__version__, "scipy", version("scipy"))
right = wrong = True
for agents in (100, 300, 490, 500, 1000):
    arrivals = 1.02 * agents * CALLS
    model = ErlangA(arrivals, CALLS, agents, PATIENCE)
    found, exact = (model.prob_abandon(), model.prob_wait()), by_states(arrivals, agents)
    print(
        f"{agents:5} agents, load {1.02 * agents:.0f}: hang up {found[0]:.1%}, by all states {exact[0]:.1%}; "
        f"no agent free {found[1]:.0%}, by all states {exact[1]:.0%}"
    )
    if agents <= 300:
        right &= np.allclose(found, exact, rtol=1e-6)
    elif agents >= 500:
        wrong &= found[0] == 0 and found[1] < 0.1 and exact[0] > 0.02 and exact[1] > 0.5
    endless = by_states(0.98 * agents * CALLS, agents, hang_up=0.0)[1]
    right &= bool(np.isclose(ErlangC(0.98 * agents * CALLS, CALLS, agents).prob_wait(), endless, rtol=1e-6))
for load in (300, 520):
    planned = CallCenterPlanner(load * CALLS, CALLS, PATIENCE).required_agents(target_abandon_rate=0.005)["erlang_a"]
    exact = needed(load * CALLS, 0.005)
    lost = by_states(load * CALLS, planned)[0]
    print(f"load {load}: for one caller in 200 to be lost, planned {planned} agents, needed {exact}; with those planned {lost:.1%} are lost")
    right &= planned == exact or load > 500
    wrong &= planned == load or load < 500
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pyqueueing==0.1.1" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/calls.py"
echo "as described: a large call centre loses nobody"
