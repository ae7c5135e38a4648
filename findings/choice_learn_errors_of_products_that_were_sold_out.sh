#!/usr/bin/env bash
# choice-learn 1.3.3, discrete choice (Artefact, CentraleSupelec): how certain the effect of a price is does not depend on what was on
# offer. Choices are told with the products that were there (`available_items_by_choice`), and the fit goes by these: coefficients are
# right. The standard errors of its report (`fit(..., get_report=True)`, of `SimpleMNL` and `ConditionalLogit`) come from probabilities
# over all products, sold out or not. Where each of 1,500 customers found 2 of 10 products, the stated error is two thirds of that by
# hand, 95% intervals hold the true coefficient in 78 of 100 cases, and a colour that does nothing is significant in more than 15.
# With all products there, the errors in the report, by hand and as samples scatter agree. `NestedLogit` of the same package does look
# at what was there. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/offers.py" <<'PYTHON'
"""Estimate what price and colour do to choices, and how certain that is, by choice-learn, by hand and by repetition."""

import logging
import os
import sys
import warnings
from importlib.metadata import version

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", TF_ENABLE_ONEDNN_OPTS="0")
warnings.simplefilter("ignore")  # on import, of packages that are not used here
import numpy as np
from choice_learn.data import ChoiceDataset
from choice_learn.models import ConditionalLogit, SimpleMNL

warnings.simplefilter("error", UserWarning)  # a warning of the model would be an answer of another kind
logging.disable(logging.WARNING)  # of TensorFlow, on speed
CUSTOMERS, PRODUCTS = 1500, 10
TRUE = np.array([-1.0, 0.0])  # of the price, and of the colour, which does nothing


def draw(rng, offered):
    """Return features, what was there and what was chosen."""
    features = np.stack([rng.uniform(0, 3, (CUSTOMERS, PRODUCTS)), rng.normal(0, 1, (CUSTOMERS, PRODUCTS))], axis=-1)
    there = rng.random((CUSTOMERS, PRODUCTS)).argsort(axis=1) < offered
    utility = features @ TRUE + rng.gumbel(size=(CUSTOMERS, PRODUCTS))
    return features.astype("float32"), there, np.where(there, utility, -np.inf).argmax(axis=1)


def by_hand(features, there, coefficients):
    """Return the standard errors of a multinomial logit from the information of each choice among what was there."""
    weight = np.where(there, np.exp(features @ coefficients), 0.0)
    share = weight / weight.sum(axis=1, keepdims=True)
    centred = features - (share[..., None] * features).sum(axis=1, keepdims=True)
    return np.diag(np.linalg.inv(np.einsum("ij,ija,ijb->ab", share, centred, centred))) ** 0.5


def report(features, there, chosen, conditional=False):
    data = ChoiceDataset(
        choices=chosen,
        items_features_by_choice=features,
        items_features_by_choice_names=["price", "colour"],
        available_items_by_choice=there.astype("float32"),
    )
    model = ConditionalLogit() if conditional else SimpleMNL(intercept=None)
    for name in ("price", "colour") if conditional else ():
        model.add_shared_coefficient(coefficient_name=name, feature_name=name, items_indexes=list(range(PRODUCTS)))
    model.fit(data, get_report=True)
    columns = (model.report[name].to_numpy(float) for name in ("Coefficient Estimation", "Std. Err", "P(.>z)"))
    return tuple(columns)


print("choice-learn", version("choice-learn"), "tensorflow", version("tensorflow-cpu"), "numpy", np.__version__)
seen = {}
for offered, samples in ((PRODUCTS, 15), (2, 40)):
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(samples):
        sample = draw(rng, offered)
        coefficients, errors, p_values = report(*sample)
        holds = np.abs(coefficients - TRUE) < 1.96 * errors
        rows.append((coefficients, errors, by_hand(sample[0], sample[1], coefficients), holds, p_values < 0.05))
    other = report(*sample, conditional=True)
    found, stated, hand, holds, significant = (np.array(part, dtype=float) for part in zip(*rows))
    seen[offered] = (found.mean(axis=0), found.std(axis=0), stated.mean(axis=0), hand.mean(axis=0), holds.mean(), significant[:, 1].mean())
    print(f"{offered} of {PRODUCTS} products there; price and colour:")
    print(f"  coefficients, mean of {samples} samples {np.round(found.mean(axis=0), 3)}, as samples scatter {np.round(found.std(axis=0), 4)}")
    print(f"  errors by hand {np.round(hand.mean(axis=0), 4)}, as reported {np.round(stated.mean(axis=0), 4)}")
    print(f"  ConditionalLogit, last sample: {np.round(other[1], 4)}; SimpleMNL {np.round(stated[-1], 4)}")
    print(f"  intervals hold the truth in {holds.mean():.0%}; the colour is significant in {significant[:, 1].mean():.0%}")
    alike = np.allclose(other[1], stated[-1], rtol=0.02)

right = all(np.allclose(seen[n][0], TRUE, atol=0.03) and np.allclose(seen[n][3], seen[n][1], rtol=0.4) for n in seen)
full = np.allclose(seen[PRODUCTS][2], seen[PRODUCTS][3], rtol=0.02) and seen[PRODUCTS][4] > 0.85
wrong = all(seen[2][2] < 0.75 * seen[2][3]) and seen[2][4] < 0.87 and seen[2][5] > 0.1
sys.exit(0 if right and full and alike and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "choice-learn==1.3.3" "tensorflow-cpu==2.21.0" "tensorflow-probability==0.25.0" "tf_keras==2.21.0" \
    "numpy==2.4.6" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/offers.py"
echo "as described: what was on offer makes no difference to the stated errors"
