#!/usr/bin/env bash
# pybandits 8.4.1, which offer to make to whom, judged by what was offered before (Playtika): doubly robust is not robust. `DoublyRobust` of
# the offline policy estimators, after Dudik et al. (2014), takes a model of the rewards and adds by how much each customer's reward was off
# the model, weighted by the chance of the offer. It is right where the model or the chances are right. Off the model of the offer that was
# made, says the paper; subtracted is the mean of the model over the offers of the policy that is judged. With a model that is exactly right
# and chances that are not (taken as equal, where most were made the best offer), a policy that makes offers at random is worth 3.6
# purchases a customer, as much as the old policy was worth; it is worth 2.0. The paper's formula gives 2.0, and so does the model
# alone. The same holds of its sisters, such as `SelfNormalizedDoublyRobust`. With the right chances all are right. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/offers.py" <<'PYTHON'
"""Judge a policy of random offers by purchases after the best offer was mostly made, with a right model and right or wrong chances."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from pybandits.offline_policy_estimator import DirectMethod, DoublyRobust, InverseProbabilityWeighting, SelfNormalizedDoublyRobust

warnings.simplefilter("error")  # a warning of the estimator would be an answer of another kind
CUSTOMERS, LOGS = 20_000, 20
PURCHASES = np.array([[4.0, 1.0, 1.0], [0.5, 4.5, 1.0]])  # expected, of each kind of customer after each offer
MADE = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])  # chances of the offers in the log
AT_RANDOM = np.full((2, 3), 1 / 3)
ESTIMATORS = {
    "model alone": DirectMethod,
    "doubly robust": DoublyRobust,
    "doubly robust, self-normalized": SelfNormalizedDoublyRobust,
    "chances alone": InverseProbabilityWeighting,
}


def log(seed):
    """Return each customer's kind, offer and purchases."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 2, CUSTOMERS)
    offer = (random.random(CUSTOMERS)[:, None] > MADE[kind].cumsum(axis=1)).sum(axis=1).clip(0, 2)
    return kind, offer, random.poisson(PURCHASES[kind, offer])


def by_paper(offer, reward, chance, policy, model):
    rows = np.arange(len(offer))
    return (policy * model).sum(axis=1) + policy[rows, offer] / chance * (reward - model[rows, offer])


print("pybandits", version("pybandits"), "numpy", np.__version__, "scipy", version("scipy"), "pydantic", version("pydantic"))
truth = float((PURCHASES * AT_RANDOM).sum(axis=1).mean())
old = float((PURCHASES * MADE).sum(axis=1).mean())
print(f"purchases a customer, exactly: offers at random {truth:.2f}, offers as they were made {old:.2f}")
found = {}
for chances in ("right", "equal"):
    values = {name: [] for name in [*ESTIMATORS, "by the paper"]}
    for seed in range(LOGS):
        kind, offer, reward = log(seed)
        chance = MADE[kind, offer] if chances == "right" else np.full(CUSTOMERS, 1 / 3)
        told = {"action": offer, "reward": reward, "propensity_score": chance, "estimated_policy": AT_RANDOM[kind]}
        told["expected_reward"] = PURCHASES[kind]
        for name, estimator in ESTIMATORS.items():
            values[name].append(estimator().estimate_sample_rewards(**told).mean())
        values["by the paper"].append(by_paper(offer, reward, chance, AT_RANDOM[kind], PURCHASES[kind]).mean())
    found[chances] = {name: float(np.mean(value)) for name, value in values.items()}
    told = "; ".join(f"{name} {mean:.2f}" for name, mean in found[chances].items())
    print(f"offers at random, model right, chances {chances}: {told}")

names = ("doubly robust", "doubly robust, self-normalized")
right = all(abs(found[chances]["by the paper"] - truth) < 0.02 for chances in found)
right &= all(abs(found["right"][name] - truth) < 0.03 for name in ESTIMATORS)
right &= abs(found["equal"]["model alone"] - truth) < 0.02
wrong = all(abs(found["equal"][name] - old) < 0.02 for name in names)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "numpy==2.4.6" "scipy==1.17.1" "pydantic==2.12.5" "loguru==0.6.0" "scikit-learn==1.7.2" "tqdm==4.67.1"
"$folder/venv/bin/pip" install --quiet --no-deps "pybandits==8.4.1" # its networks (jax, numpyro) are not used here
"$folder/venv/bin/python" "$folder/offers.py"
echo "as described: a right model does not help"
