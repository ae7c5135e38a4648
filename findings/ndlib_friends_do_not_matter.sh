#!/usr/bin/env bash
# ndlib 6.0.1, diffusion in networks: in the generalised threshold model friends do not matter. By its documentation (after Torok
# and Kertesz, 2017) a customer adopts from outside, at a rate, and when enough friends have adopted: then they are put into a
# queue, and adopt when they have been there for `tau`. `GeneralisedThresholdModel` puts them into the queue, takes them out of it
# when their time has come, and leaves them as they were. Of 100 customers who all know each other, 60 of whom have adopted, the
# other 40 never do, though one friend in ten is enough for them; `ThresholdModel` has all 100 after one step. With adoption
# from outside the curve is the same, customer by customer, whether one friend in a hundred is enough or none ever are. No
# warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/friends.py" <<'PYTHON'
"""Let a product spread among customers who all know each other, by both threshold models and by hand."""

import random
import sys
import warnings
from importlib.metadata import version

import ndlib.models.epidemics as epidemics
import networkx as nx
from ndlib.models.ModelConfig import Configuration

warnings.simplefilter("error", UserWarning)  # a warning of the model would be an answer of another kind
CUSTOMERS, ADOPTED, STEPS, TAU = 100, 60, 45, 2
everybody_knows_everybody = nx.complete_graph(CUSTOMERS)


def spread(model, threshold, adopted, **parameters):
    """Return who has adopted after each step."""
    random.seed(1)
    model = model(everybody_knows_everybody, seed=1)
    settings = Configuration()
    for name, value in parameters.items():
        settings.add_model_parameter(name, value)
    for customer in everybody_knows_everybody:
        settings.add_node_configuration("threshold", customer, threshold)
    settings.add_model_initial_configuration("Infected", list(range(adopted)))
    model.set_initial_status(settings)
    steps = []
    for _ in range(STEPS):
        model.iteration()
        steps.append({customer for customer, status in model.status.items() if status == 1})
    return steps


def by_hand(threshold):
    """Return how many have adopted in the end: all others have the same share of friends who have."""
    return CUSTOMERS if ADOPTED / (CUSTOMERS - 1) >= threshold else ADOPTED


print("ndlib", version("ndlib"), "networkx", nx.__version__)
print(f"{CUSTOMERS} customers who all know each other, {ADOPTED} of whom have adopted; how many have after {STEPS} steps:")
right = wrong = True
for threshold in (0.01, 0.1, 0.5, 0.7):
    plain = len(spread(epidemics.ThresholdModel, threshold, ADOPTED)[-1])
    general = len(spread(epidemics.GeneralisedThresholdModel, threshold, ADOPTED, mu=0, tau=TAU)[-1])
    print(f"threshold {threshold:4}: by hand {by_hand(threshold):3}, ThresholdModel {plain:3}, GeneralisedThresholdModel {general:3}")
    right &= plain == by_hand(threshold)
    wrong &= general == ADOPTED

outside = {
    threshold: spread(epidemics.GeneralisedThresholdModel, threshold, 5, mu=0.2, tau=TAU) for threshold in (0.01, 0.5, 1.0)
}
print("adoption from outside, 5 at the start; how many have adopted after each fifth step:")
for threshold, steps in outside.items():
    print(f"threshold {threshold:4}:", [len(adopted) for adopted in steps[::5]])
grows = len(outside[1.0][-1]) > 50
same = outside[0.01] == outside[0.5] == outside[1.0]
sys.exit(0 if right and wrong and grows and same else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "ndlib==6.0.1" "networkx==3.6.1" "numpy==2.4.6" "scipy==1.17.1" "six==1.17.0"
"$folder/venv/bin/python" "$folder/friends.py"
echo "as described: it makes no difference how many friends have adopted"
