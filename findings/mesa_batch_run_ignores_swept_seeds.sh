#!/usr/bin/env bash
# Mesa 3.5.1: a batch over seeds is not run with these seeds. `batch_run(Model, {"seed": [1, 2, 3]})` (and
# `{"rng": [1, 2, 3]}`, the name that 3.5 recommends) overwrites every swept value with None: the model is seeded from
# the clock, the rows say None, a second batch gives other numbers, and no warning is given. Mesa 3.3.1 runs the seeds
# that were asked for. Only the keyword `batch_run(..., rng=[1, 2, 3])` still does. Needs Python 3.12 or newer.
set -euo pipefail

python=${PYTHON:-python3.12}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/batch.py" <<'PYTHON'
"""Run a model whose only result is its first random number, three seeds, twice."""

import sys
import warnings

import mesa


class BySeed(mesa.Model):
    def __init__(self, seed=None, size=1):
        super().__init__(seed=seed)
        self.first = round(self.random.random(), 6)
        self.datacollector = mesa.DataCollector(model_reporters={"first": "first"})

    def step(self):
        self.datacollector.collect(self)


class ByRng(BySeed):
    def __init__(self, rng=None, size=1):
        mesa.Model.__init__(self, rng=rng)
        self.first = round(self.random.random(), 6)
        self.datacollector = mesa.DataCollector(model_reporters={"first": "first"})


def batch(model, name, parameters, **more):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = mesa.batch_run(model, parameters, max_steps=1, display_progress=False, **more)
    said = [str(item.message) for item in caught if "ignored" in str(item.message) or "overwrit" in str(item.message)]
    return [(row[name], row["first"]) for row in rows], said


def seen(label, model, name, parameters, **more):
    first, said = batch(model, name, parameters, **more)
    second, _ = batch(model, name, parameters, **more)
    again = "same again" if first == second else "other numbers the second time"
    print(f"{label}: recorded {[seed for seed, _ in first]}, {again}, warnings about it: {len(said)}")
    return [seed for seed, _ in first] == [1, 2, 3] and first == second and len(set(first)) == 3


print("mesa", mesa.__version__, "python", sys.version.split()[0])
swept = [seen('{"seed": [1, 2, 3]}', BySeed, "seed", {"seed": [1, 2, 3]})]
if mesa.__version__ != "3.3.1":
    swept.append(seen('{"rng": [1, 2, 3]}', ByRng, "rng", {"rng": [1, 2, 3]}))
    assert seen("rng=[1, 2, 3]", ByRng, "rng", {"size": 1}, rng=[1, 2, 3]), "the keyword is no longer honoured"
expected = mesa.__version__ == "3.3.1"
sys.exit(0 if all(honoured == expected for honoured in swept) else 1)
PYTHON

for version in 3.3.1 3.5.1; do
    "$python" -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet "mesa==$version" "networkx==3.6" "numpy==2.5.5" "pandas==3.1.1"
    "$folder/$version/bin/python" "$folder/batch.py"
done
echo "as described: 3.3.1 runs the seeds that are swept, 3.5.1 runs others and records None"
