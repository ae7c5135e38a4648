"""Stopping: what `precision=` costs, and what it does to the mean and to the interval's coverage.

Two rules are tried on replicates whose true mean is known: adding replicates until their own interval is narrow, with
half-widths 1 + 2 / replicates wider, and a pilot that says how many fresh ones to run (`sim/analysis/precision.py`).
Replicates are normal, exponential, and differences in contribution that `benchmarks/interval_coverage.py` kept.

    python -m benchmarks.precision_stopping                two minutes on one core
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.analysis.metrics import METRICS
from sim.analysis.precision import FEWEST, MAX_REPLICATES, run_until_precise
from sim.analysis.student import student_quantile

Floats = NDArray[np.float64]
Rule = Callable[[Floats, float], tuple[int, int]]

PRECISIONS = (0.1, 0.2, 0.3, 0.5, 1.0)
SPREADS = (0.4, 1.0, 2.0)
RUNS, SEED = 2000, 1
#: t quantiles of so many replicates.
_T = np.array([np.inf, np.inf, *student_quantile(np.arange(1, MAX_REPLICATES), 0.975)])
HERE = Path(__file__).parent


def half_width(values: Floats) -> float:
    """Return the relative half-width of the 95 % interval of the mean."""
    return float(_T[len(values)] * values.std(ddof=1) / np.sqrt(len(values)) / abs(values.mean()))


def one_sample(values: Floats, precision: float) -> tuple[int, int]:
    """Add replicates until their own interval is narrow; return how many the result has, and how many were run."""
    wanted = FEWEST
    while True:
        width = half_width(values[:wanted]) * (1.0 + 2.0 / wanted)
        if width <= precision or wanted >= MAX_REPLICATES:
            return wanted, wanted
        wanted = min(MAX_REPLICATES, max(wanted + 1, min(2 * wanted, ceil(wanted * (width / precision) ** 2))))


def with_pilot(values: Floats, precision: float) -> tuple[int, int]:
    """Run a pilot, then as many fresh replicates as it asks for; return how many the result has, and were run."""
    counts = {}

    def width_of(name: str, first: int, wanted: int) -> float:
        counts[name] = wanted
        return half_width(values[first : first + wanted])

    run_until_precise(
        precision,
        FEWEST,
        lambda wanted: width_of("pilot", MAX_REPLICATES, wanted),
        lambda wanted: width_of("result", 0, wanted),
        most=MAX_REPLICATES,
    )
    return counts["result"], counts["pilot"] + counts["result"]


#: The rule, and by how much over the number of replicates it widens the interval.
RULES: dict[str, tuple[Rule, float]] = {"one sample": (one_sample, 2.0), "pilot": (with_pilot, 0.0)}


def draws(kept: Path) -> Iterator[tuple[str, float, Callable[[np.random.Generator], Floats]]]:
    """Yield kinds of replicates with their true mean: 2,000 at a time, of the result and of the pilot."""
    size = 2 * MAX_REPLICATES
    for spread in SPREADS:
        yield f"normal, sd {spread:g}", 1.0, lambda rng, sd=spread: 1.0 + sd * rng.standard_normal(size)  # type: ignore[misc]
        yield f"exponential, sd {spread:g}", 1.0, lambda rng, sd=spread: 1.0 + sd * (rng.exponential(size=size) - 1.0)  # type: ignore[misc]
    for market in ("treadmill", "recipe_app", "telecom", "cosmetics"):
        parts = []
        for path in sorted(kept.glob(f"{market}_*.npz")):
            with np.load(path) as file:
                found = file["arr_0"][:, :, :, 0, METRICS.index("contribution")]
            parts.append((found[:, :, 1] - found[:, :, 0]).ravel())
        if parts:
            gains = np.concatenate(parts)
            yield market, float(gains.mean()), lambda rng, all_=gains: rng.choice(all_, size)  # type: ignore[misc]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kept", default="results/interval_coverage", help="folder of kept replicates")
    parser.add_argument("--out", default=str(HERE / "precision_stopping.json"), help="a file, or - for none")
    options = parser.parse_args()
    rows = []
    for kind, true, draw in draws(Path(options.kept)):
        for precision in PRECISIONS:
            rng = np.random.default_rng(SEED)
            seen: dict[str, list[tuple[float, bool, int, int]]] = {name: [] for name in RULES}
            for _ in range(RUNS):
                values = draw(rng)
                for name, (rule, extra) in RULES.items():
                    used, run = rule(values, precision)
                    mean = float(values[:used].mean())
                    half = half_width(values[:used]) * abs(mean) * (1.0 + extra / used)
                    seen[name].append((mean, abs(mean - true) <= half, used, run))
            for name, found in seen.items():
                means, covered, used, run = np.array(found).T
                row = {
                    "replicates": kind,
                    "precision": precision,
                    "rule": name,
                    "covered": round(100.0 * float(covered.mean()), 1),
                    "bias": round(100.0 * float(means.mean() / true - 1.0), 1),
                    "bias_error": round(100.0 * float(means.std() / abs(true) / RUNS**0.5), 1),
                    "used": round(float(used.mean()), 1),
                    "run": round(float(run.mean()), 1),
                }
                rows.append(row)
                print(*row.values(), flush=True)
    if options.out != "-":
        lines = ",\n".join(json.dumps(row) for row in rows)
        Path(options.out).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
