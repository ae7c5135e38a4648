#!/usr/bin/env bash
# causalml 0.18.0, which campaign pays (Uber): the costs of a campaign are those of another one, by the order in which they were told.
# `get_treatment_costs(treatment, control_name, cc_dict, ic_dict)` takes the costs of each campaign under its name, and hands back
# columns of costs and a list of names. The columns stand in the order of the dictionaries, the names with the control first and the
# others by the alphabet. `get_actual_value` and `CounterfactualValueEstimator`, which get both, look a cost up by the place of its
# name. Told as coupon, mail, control, the coupon's costs are charged to customers without a campaign, the mail's to those with a
# coupon, and the mail is free: a coupon is said to bring 12.50 a customer where it brings 8.95, nothing 6.06 where it brings 9.38, and
# the coupon to be best for 74% of customers, who are 40%. Told as control, coupon, mail, the same costs give what a loop by hand
# gives. That the order matters is not documented, and no warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/costs.py" <<'PYTHON'
"""Charge the costs of a mail and of a coupon to customers, in two orders of the same dictionaries and by hand."""

import sys
import warnings
from importlib.metadata import version

import numpy as np

warnings.simplefilter("ignore")  # on import, of packages that are not used here
from causalml.optimize import CounterfactualValueEstimator, get_actual_value, get_treatment_costs

warnings.simplefilter("error", UserWarning)  # a warning of the function would be an answer of another kind
CUSTOMERS, VALUE = 6000, 30.0
IF_BOUGHT = {"control": 0.0, "coupon": 9.0, "mail": 0.0}  # paid for each customer who buys
FOR_EACH = {"control": 0.0, "coupon": 0.5, "mail": 1.0}  # paid for each customer
ORDERS = {"control, coupon, mail": ["control", "coupon", "mail"], "coupon, mail, control": ["coupon", "mail", "control"]}

rng = np.random.default_rng(1)
campaign = rng.choice(list(IF_BOUGHT), CUSTOMERS)
gain = {"coupon": rng.uniform(0.0, 0.3, CUSTOMERS), "mail": rng.uniform(0.0, 0.1, CUSTOMERS)}
chance = 0.3 + np.select([campaign == name for name in gain], list(gain.values()), 0.0)
bought = (rng.random(CUSTOMERS) < chance).astype(float)


def by_hand():
    """Return what each customer brought, and which campaign would bring most."""
    brought = [
        (VALUE - IF_BOUGHT[name]) * sale - FOR_EACH[name] for name, sale in zip(campaign.tolist(), bought.tolist())
    ]
    chances = {"control": np.full(CUSTOMERS, 0.3), **{name: 0.3 + gain[name] for name in gain}}
    names = list(IF_BOUGHT)
    values = np.stack([(VALUE - IF_BOUGHT[name]) * chances[name] - FOR_EACH[name] for name in names])
    return np.array(brought), np.array(names)[values.argmax(axis=0)]


def by_causalml(order):
    costs = [{name: told[name] for name in order} for told in (IF_BOUGHT, FOR_EACH)]
    if_bought, for_each, names = get_treatment_costs(campaign, "control", *costs)
    value = np.full(CUSTOMERS, VALUE)
    brought = get_actual_value(campaign, bought, value, names, if_bought, for_each)
    effects = np.stack([gain[name] for name in names[1:]], axis=1)
    best = CounterfactualValueEstimator(
        treatment=campaign,
        control_name="control",
        treatment_names=names[1:],
        y_proba=chance,
        cate=effects,
        value=value,
        conversion_cost=if_bought,
        impression_cost=for_each,
    ).predict_best()
    return brought, np.array(names)[best]


def told(found):
    brought, best = found
    means = ", ".join(f"{name} {brought[campaign == name].mean():.2f}" for name in IF_BOUGHT)
    shares = ", ".join(f"{name} {np.mean(best == name):.0%}" for name in IF_BOUGHT)
    return f"brought by a customer: {means}; best for: {shares}"


print("causalml", version("causalml"), "numpy", np.__version__)
hand = by_hand()
print("by hand:", told(hand))
answers = {name: by_causalml(order) for name, order in ORDERS.items()}
for name, answer in answers.items():
    print(f"costs told as {name}:", told(answer))
first, second = answers.values()
right = np.allclose(first[0], hand[0]) and (first[1] == hand[1]).all()
control = campaign == "control"
wrong = second[0][control].mean() < hand[0][control].mean() - 1 and np.mean(second[1] != hand[1]) > 0.3
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "numpy==2.4.6" "pandas==2.3.3" "scipy==1.17.1" "scikit-learn==1.7.2" "xgboost-cpu==3.2.0"
# Trees, networks and plots, which it requires as well, are not used here.
"$folder/venv/bin/pip" install --quiet --no-deps "causalml==0.18.0"
"$folder/venv/bin/python" "$folder/costs.py"
echo "as described: the costs go by the order in which they were told"
