#!/usr/bin/env bash
# pybandits 8.4.1, which offer to make to whom, judged by what was offered before (Playtika): the switch is the wrong way round. Customers
# who were made an offer that was seldom made count many times over, and a few of them decide a result. `SwitchDoublyRobust`, after Wang et
# al. (2017), is to count those up to `switch_threshold`, and to go by a model of the rewards beyond it. It counts those from the
# threshold on, and no others. At infinity, its default, where the paper's is the ordinary doubly robust estimator, nobody is counted: with
# a model that takes customers for ones who buy 8 or 10 times the answer is 9.00, give or take 0.04, where 2.0 is right and `DoublyRobust`
# finds it. At a threshold of 5 it is nearly as uncertain as without one, where the paper's is half as uncertain. Beside it, the
# `shrinkage_factor` of `SubGaussianInverseProbabilityWeighting`, against the same trouble, changes nothing, from 0 to 1. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/offers.py" <<'PYTHON'
"""Judge a policy by purchases after offers of which some were seldom made, with a switch to a model at several thresholds."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from pybandits.offline_policy_estimator import (
    DirectMethod,
    DoublyRobust,
    InverseProbabilityWeighting,
    SubGaussianInverseProbabilityWeighting,
    SwitchDoublyRobust,
)

warnings.simplefilter("error")  # a warning of the estimator would be an answer of another kind
CUSTOMERS, LOGS, WRONG = 2_000, 200, 9.0
SWING = np.where(np.arange(CUSTOMERS) % 2 == 0, 1.0, -1.0)
PURCHASES = np.full(4, 2.0)  # expected after each offer, for everybody
MADE = np.array([0.58, 0.3, 0.1, 0.02])  # chances of the offers in the log
JUDGED = np.full(4, 0.25)  # weights of 0.4, 0.8, 2.5 and 12.5
INFINITY = float("inf")


def log(seed):
    """Return what the estimators are told of a log, with an exact model of the purchases."""
    random = np.random.default_rng(seed)
    offer = random.choice(4, size=CUSTOMERS, p=MADE)
    return {
        "action": offer,
        "reward": random.poisson(PURCHASES[offer]),
        "propensity_score": MADE[offer],
        "estimated_policy": np.tile(JUDGED, (CUSTOMERS, 1)),
        "expected_reward": np.tile(PURCHASES, (CUSTOMERS, 1)),
    }


def by_paper(told, threshold):
    """Count weights up to the threshold; the model is the same for each offer, so that it says the same of the policy."""
    weight = JUDGED[told["action"]] / told["propensity_score"]
    model = told["expected_reward"][:, 0]
    return model + np.where(weight <= threshold, weight, 0.0) * (told["reward"] - model)


print("pybandits", version("pybandits"), "numpy", np.__version__, "scipy", version("scipy"), "pydantic", version("pydantic"))
wrong_model = [{**log(seed), "expected_reward": np.tile(WRONG + SWING, (4, 1)).T} for seed in range(LOGS)]
means = {
    "model alone": np.mean([DirectMethod().estimate_sample_rewards(**told).mean() for told in wrong_model]),
    "doubly robust": np.mean([DoublyRobust().estimate_sample_rewards(**told).mean() for told in wrong_model]),
    "switch, default": np.mean([SwitchDoublyRobust().estimate_sample_rewards(**told).mean() for told in wrong_model]),
    "by the paper": np.mean([by_paper(told, INFINITY).mean() for told in wrong_model]),
}
print("a model that says 8 or 10, right is 2:", ", ".join(f"{name} {mean:.2f}" for name, mean in means.items()))
interval = SwitchDoublyRobust(n_bootstrap_samples=200).estimate_policy_value_with_confidence_interval(**wrong_model[0])
print(f"interval of the switch, default: {interval[1]:.2f} to {interval[2]:.2f}")
right = abs(means["doubly robust"] - 2) < 0.2 and abs(means["by the paper"] - 2) < 0.2
wrong = np.isclose(means["switch, default"], WRONG) and np.allclose(interval[1:3], WRONG, atol=0.06)

logs = [log(seed) for seed in range(LOGS)]
spread = {}
for threshold in (0.0, 5.0, INFINITY):
    found = [SwitchDoublyRobust(switch_threshold=threshold).estimate_sample_rewards(**told).mean() for told in logs]
    spread[threshold] = float(np.std(found)), float(np.std([by_paper(told, threshold).mean() for told in logs]))
    print(f"an exact model, threshold {threshold}: deviation {spread[threshold][0]:.3f}, by the paper {spread[threshold][1]:.3f}")
wrong &= spread[5.0][0] > 1.4 * spread[5.0][1] and spread[INFINITY][0] < 1e-9
right &= spread[5.0][1] < 0.6 * spread[INFINITY][1] and spread[0.0][1] == 0

plain = InverseProbabilityWeighting().estimate_sample_rewards(**logs[0]).mean()
weight = JUDGED[logs[0]["action"]] / logs[0]["propensity_score"]
for factor in (0.0, 0.5, 1.0):
    found = SubGaussianInverseProbabilityWeighting(shrinkage_factor=factor).estimate_sample_rewards(**logs[0]).mean()
    shrunk = weight / (1 - factor + factor * weight)
    due = (shrunk * logs[0]["reward"]).mean()
    print(f"sub-Gaussian weights, factor {factor}: {found:.3f}, with the weights of its formula {due:.3f}; without shrinking {plain:.3f}")
    wrong &= bool(np.isclose(found, plain))
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "numpy==2.4.6" "scipy==1.17.1" "pydantic==2.12.5" "loguru==0.6.0" "scikit-learn==1.7.2" "tqdm==4.67.1"
"$folder/venv/bin/pip" install --quiet --no-deps "pybandits==8.4.1" # its networks (jax, numpyro) are not used here
"$folder/venv/bin/python" "$folder/offers.py"
echo "as described: the switch keeps what it is to drop"
