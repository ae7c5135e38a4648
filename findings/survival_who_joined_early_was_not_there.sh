#!/usr/bin/env bash
# survival 2.0.0, survival analysis in Rust, planning of experiments: the longer customers have been joining, the fewer have left by the
# end. `expected_events(n_total, hazard_control, hazard_ratio, accrual_time, followup_time)` is told that customers join over 12 months
# and are watched for 6 months more, repeats both, names 18 months as the duration, and counts everybody as watched for 6 months. Of
# 1,000 it expects 377 to leave where 592 do, none where watching ends with the joining, and 219 where joining takes 60 months
# and 860 leave. `sample_size_survival_freedman` is as far off the other way: for a power of 80% to see leaving fall by 40% it asks for
# 299 who leave, where the formula of Freedman (1982) has 126; with 299 the power is 99%. `sample_size_survival`, by another
# formula, has 121, and `power_survival` says 80% for these. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/plan.py" <<'PYTHON'
"""Plan an experiment on leaving, by survival, by closed forms and by simulation."""

import math
import sys
import warnings
from importlib.metadata import version

import numpy as np
from scipy.stats import norm
from survival import validation

warnings.simplefilter("error", UserWarning)  # a warning of the plan would be an answer of another kind
CUSTOMERS, HAZARD, RATIO, POWER = 1000, 0.1, 0.6, 0.8
rng = np.random.default_rng(1)


def by_hand(joining, watching):
    """Return how many leave: customers join evenly, and each is watched until the end."""
    left = 0.0
    for hazard in (HAZARD, HAZARD * RATIO):
        stay = (math.exp(-hazard * watching) - math.exp(-hazard * (joining + watching))) / (hazard * joining)
        left += CUSTOMERS / 2 * (1 - stay)
    return left


def simulated(joining, watching, runs=200):
    watched = joining + watching - rng.uniform(0, joining, (runs, CUSTOMERS))
    hazard = np.where(np.arange(CUSTOMERS) % 2 == 0, HAZARD, HAZARD * RATIO)
    return (rng.exponential(1 / hazard, (runs, CUSTOMERS)) < watched).sum(axis=1).mean()


def power(leave, experiments=1000):
    """Return in what share of experiments the log-rank test finds the ratio, when so many leave in all."""
    group = (np.arange(leave) % 2).tolist()
    means = np.where(np.array(group) == 1, 1 / RATIO, 1.0)
    p_values = [
        validation.logrank_test(rng.exponential(means).tolist(), [1] * leave, group).p_value for _ in range(experiments)
    ]
    return float(np.mean(np.array(p_values) < 0.05))


print("survival", version("survival"), "numpy", np.__version__)
right = wrong = True
plans_by_joining = []
for joining, watching in ((12, 6), (24, 6), (60, 6), (12, 0.001)):
    plan = validation.expected_events(CUSTOMERS, HAZARD, RATIO, joining, watching)
    exact, drawn = by_hand(joining, watching), simulated(joining, watching)
    at_once = by_hand(1e-6, watching)
    print(
        f"joining {joining}, watching {watching} more: leave by hand {exact:.0f}, simulated {drawn:.0f}, "
        f"expected_events {plan.expected_events:.0f} (all watched for {watching}: {at_once:.0f})"
    )
    right &= math.isclose(exact, drawn, rel_tol=0.02) and plan.study_duration == joining + watching
    wrong &= plan.expected_events < at_once * 1.001 + 0.1 and plan.expected_events < exact * 0.8
    plans_by_joining.append(plan.expected_events)

wrong &= plans_by_joining[0] > plans_by_joining[1] > plans_by_joining[2]
normal = (norm.ppf(0.975) + norm.ppf(POWER)) ** 2
freedman = math.ceil(normal * ((1 + RATIO) / (1 - RATIO)) ** 2)
schoenfeld = math.ceil(normal * 4 / math.log(RATIO) ** 2)
plans = {
    "sample_size_survival": validation.sample_size_survival(RATIO, POWER, 0.05, 1.0, 2).n_events,
    "sample_size_survival_freedman": validation.sample_size_survival_freedman(RATIO, 0.5, POWER, 0.05, 1.0, 2).n_events,
}
shares = {leave: power(leave) for leave in (freedman, *plans.values())}
print(f"to leave for a power of {POWER:.0%}, by hand: Freedman {freedman}, Schoenfeld {schoenfeld}; as told and as simulated:")
for name, leave in plans.items():
    print(f"  {name}: {leave}, with a power of {shares[leave]:.0%}, by power_survival {validation.power_survival(leave, RATIO):.0%}")
print(f"  Freedman by hand: {freedman}, with a power of {shares[freedman]:.0%}")
right &= plans["sample_size_survival"] == schoenfeld and abs(shares[freedman] - POWER) < 0.05
wrong &= plans["sample_size_survival_freedman"] > 2 * freedman and shares[plans["sample_size_survival_freedman"]] > 0.95
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "survival==2.0.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/plan.py"
echo "as described: who joined early counts as watched from the end of joining on"
