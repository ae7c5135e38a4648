#!/usr/bin/env bash
# survival 2.0.0, survival analysis in Rust: of two scores that tell equally well who leaves first, one is nearly always significantly
# better. Uno's concordance is the share of pairs of customers whom a score puts in the right order. Its error is that of hundreds of
# customers, each of whom is in hundreds of pairs; `uno_c_index` states the error of so many independent pairs, and
# `compare_uno_c_indices` tests with it. For 200 customers the stated error is a quarter of what repeated experiments show, for 800 an
# eighth. Of 95% intervals about a third and a sixth hold the true share, and of comparisons of equally good scores more than four
# in five have p < 0.05. The shares themselves are right, to the last digits of scikit-survival's, and so is the error of
# Harrell's concordance in the same package (`r_api.concordance`). No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/scores.py" <<'PYTHON'
"""Ask in repeated experiments how well a score orders those who leave, and which of two equally good ones does it better."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from sksurv.metrics import concordance_index_ipcw
from sksurv.util import Surv
from survival import r_api, validation

warnings.simplefilter("error", UserWarning)  # a warning of the test would be an answer of another kind
EXPERIMENTS, UNTIL = 150, 12.0


def experiment(rng, customers, watched=True):
    """Return months, who left, and two scores that differ in nothing but their noise."""
    risk = rng.normal(0, 1, customers)
    months = rng.exponential(12 * np.exp(-0.7 * risk))
    end = rng.uniform(6, 24, customers) if watched else np.full(customers, np.inf)
    scores = [risk + rng.normal(0, 1, customers) for _ in range(2)]
    return np.minimum(months, end), (months <= end).astype(int), scores


def by_pairs(months, score):
    """Return the share of pairs in the right order, of those whose first one left in time: nobody is censored."""
    right = pairs = 0
    for at in np.flatnonzero(months < UNTIL):
        later = months > months[at]
        pairs += later.sum()
        right += (score[at] > score[later]).sum()
    return right / pairs


def ask(months, left, scores):
    """Return what is found of one experiment."""
    lists = [months.tolist(), left.tolist(), *(score.tolist() for score in scores)]
    one = validation.uno_c_index(*lists[:3], tau=UNTIL)
    both = validation.compare_uno_c_indices(*lists, tau=UNTIL)
    peer = concordance_index_ipcw(*2 * [Surv.from_arrays(left.astype(bool), months)], scores[0], tau=UNTIL)[0]
    table = {"months": lists[0], "left": lists[1], "score": lists[2]}
    harrell = r_api.concordance("Surv(months, left) ~ score", data=table, reverse=True)
    holds = one.ci_lower <= true <= one.ci_upper
    return one.c_index, peer, one.std_error, holds, both.difference, both.p_value < 0.05, harrell.concordance, harrell.std


rng = np.random.default_rng(1)
months, _, scores = experiment(rng, 12_000, watched=False)
true = float(np.mean([by_pairs(months, score) for score in scores]))
print("survival", version("survival"), "scikit-survival", version("scikit-survival"), "numpy", np.__version__)
print(f"share of pairs in the right order, true {true:.3f}; {EXPERIMENTS} experiments of each size:")
right = wrong = True
for customers in (200, 800):
    found = np.array([ask(*experiment(rng, customers)) for _ in range(EXPERIMENTS)], dtype=float)
    share, peer, stated, holds, difference, significant, plain, plain_stated = found.T
    scatter = share.std()
    print(f"{customers} customers: mean share {share.mean():.3f}, at most {np.abs(share - peer).max():.1e} from scikit-survival's;")
    print(
        f"  error as experiments scatter {scatter:.4f}, as stated {stated.mean():.4f}, "
        f"the interval holds the truth in {holds.mean():.0%}; Harrell's {plain.std():.4f} and {plain_stated.mean():.4f};"
    )
    print(
        f"  equally good scores: mean difference {difference.mean():+.4f}, as experiments scatter {difference.std():.4f}, "
        f"p < 0.05 in {significant.mean():.0%}"
    )
    right &= abs(share.mean() - true) < 0.01 and np.allclose(share, peer) and abs(plain_stated.mean() / plain.std() - 1) < 0.25
    right &= abs(difference.mean()) < 4 * difference.std() / EXPERIMENTS**0.5
    wrong &= stated.mean() < scatter / 2.5 and holds.mean() < 0.6 and significant.mean() > 0.6
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "survival==2.0.0" "scikit-survival==0.28.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/scores.py"
echo "as described: scores that are equally good are told apart"
