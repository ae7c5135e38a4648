#!/usr/bin/env bash
# Ciw 3.2.7, simulation of queues: the mean of a quotient of distributions is not its mean. Distributions can be divided, work
# by speed, and have summary statistics; where there is no closed form these are documented to be nan. `(work / speed).mean` is
# the quotient of the means instead, and its deviation an approximation for a speed that hardly varies. For a job of 4 to 6
# units at a speed of 0.2 to 1.8 it says 5.0; the mean of what is sampled, and of 5 ln(9) / 1.6 by hand, is 6.9. A desk with a
# job every 6 minutes looks 83% busy by it, has a load of 114%, and its queue grows without end. Sums, differences and products
# have the right means. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/desk.py" <<'PYTHON'
"""Compare stated and sampled means of combined distributions, and run a desk whose service time is one of them."""

import math
import sys
import warnings
from importlib.metadata import version

import ciw
import numpy as np

warnings.simplefilter("error")  # a warning would be an answer of another kind
DRAWS, MINUTES, BETWEEN = 100_000, 20_000, 6.0
work, speed = ciw.dists.Uniform(lower=4.0, upper=6.0), ciw.dists.Uniform(lower=0.2, upper=1.8)
COMBINED = {
    "work + speed": work + speed,
    "work - speed": work - speed,
    "work * speed": work * speed,
    "work / speed": work / speed,
}
# By hand: E[W / S] = E[W] E[1 / S] with E[1 / S] = ln(1.8 / 0.2) / 1.6, and E[1 / S^2] = 1 / (0.2 x 1.8).
mean = 5.0 * math.log(9.0) / 1.6
deviation = math.sqrt((25.0 + 1.0 / 3.0) / 0.36 - mean**2)

print("Ciw", version("Ciw"), "numpy", np.__version__)
ciw.seed(1)
errors = {}
for name, distribution in COMBINED.items():
    draws = np.array([distribution.sample() for _ in range(DRAWS)])
    error = draws.std() / DRAWS**0.5
    errors[name] = float((distribution.mean - draws.mean()) / error)
    print(
        f"{name}: mean {distribution.mean:.3f} stated, {draws.mean():.3f} sampled, {errors[name]:+6.1f} standard errors apart;",
        f"deviation {distribution.sd:.3f} stated, {draws.std():.3f} sampled",
    )
print(f"work / speed by hand: mean {mean:.3f}, deviation {deviation:.3f}")

time = COMBINED["work / speed"]
desk = ciw.create_network(
    arrival_distributions=[ciw.dists.Exponential(rate=1.0 / BETWEEN)], service_distributions=[time], number_of_servers=[1]
)
simulation = ciw.Simulation(desk)
simulation.simulate_until_max_time(MINUTES)
served = [record.service_time for record in simulation.get_all_records()]
waiting = simulation.nodes[1].number_of_individuals
load = time.mean / BETWEEN
print(f"load by the stated mean {load:.2f}, by hand {mean / BETWEEN:.2f}; mean service in the run {np.mean(served):.2f}")
print(f"jobs at the desk after {MINUTES} minutes: {waiting} (some {MINUTES * (1 / BETWEEN - 1 / mean):.0f} by hand)")

right = all(abs(errors[name]) < 4.5 for name in list(COMBINED)[:3]) and abs(np.mean(served) / mean - 1) < 0.05
wrong = time.mean == 5.0 and errors["work / speed"] < -50 and time.sd < deviation / 1.5
sys.exit(0 if right and wrong and load < 0.85 and waiting > 200 else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "ciw==3.2.7" "numpy==2.4.6" "networkx==3.6.1" "tqdm==4.70.1"
"$folder/venv/bin/python" "$folder/desk.py"
echo "as described: by its mean the desk has time to spare, and its queue has no end"
