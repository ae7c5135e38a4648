"""Coverage: how often do the 95 % intervals of a comparison with 8 replicates hold the true value?

Small markets are compared with many seeds, 8 replicates each, as `journey compare` does. The true value is that of all
replicates of all seeds together. The replicates are kept, so that a run that was stopped goes on, and so that intervals
can be judged again without simulating.

    python benchmarks/interval_coverage.py                       200 seeds of each market, ten minutes on one idle core
    python benchmarks/interval_coverage.py --seeds 20 --out -    a look
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import __version__
from sim.analysis.crossing import crossing
from sim.analysis.metrics import METRICS, SHAPES, Measures, low_point, measure, payback_week
from sim.analysis.paired import LEVEL, Estimate, estimate
from sim.analysis.shape import ANYTHING, Shape
from sim.execution.replicates import run_replicates
from sim.experiments.break_even import GRID
from sim.experiments.measured import scaled_arm
from sim.scenario.scenario import Scenario

Floats = NDArray[np.float64]

REPLICATES = 8
HERE = Path(__file__).parent
#: Markets in which the arm pays back late, where a contract is renewed, and where purchases are frequent.
MARKETS: dict[str, dict[str, Any]] = {
    "treadmill": {"population": 1_000, "horizon": 156, "burn_in": 52},
    "telecom": {"population": 1_000, "horizon": 156, "burn_in": 52},
    "cosmetics": {"population": 1_000, "horizon": 104, "burn_in": 52},
}
RECORD = {"events": 0, "lives": 0}
#: The first seed is none that a test or a page uses.
FIRST_SEED = 40_000


class Seeds(NamedTuple):
    """Replicates of all seeds: the metrics of both arms (S, R, 2, M), weekly gain (S, R, T), curve (S, R, G)."""

    values: Floats
    gain: Floats
    curve: Floats


def market(name: str) -> tuple[Scenario, str]:
    """Return a market's scenario, with an arm for every point of the break-even curve, and the arm in question."""
    scenario = Scenario.load(name, record=RECORD, **MARKETS[name])
    arm = next(other for other in scenario.arms if other != scenario.baseline)
    arms = {scenario.baseline: scenario.arms[scenario.baseline]}
    arms |= {f"at_{number}": scaled_arm(scenario, arm, times) for number, times in enumerate(GRID)}
    return replace(scenario, arms=arms), f"at_{GRID.index(1.0)}"


def simulate(name: str, seed: int) -> tuple[Floats, Floats, Floats]:
    """Run the replicates of one seed: metrics (R, 2, M), weekly gain (R, T) in cents, curve (R, G) in money."""
    scenario, arm = market(name)
    column = METRICS.index("contribution")
    values, gains, curves = [], [], []
    for _, histories in run_replicates(scenario, seed=seed, replicates=range(REPLICATES), threads=1):
        found: dict[str, Measures] = {arm: measure(history, scenario) for arm, history in histories.items()}
        base = found[scenario.baseline]
        values.append(np.stack([base.values[0], found[arm].values[0]]))
        gains.append(found[arm].cash[0] - base.cash[0])
        curves.append([found[f"at_{at}"].values[0, column] - base.values[0, column] for at in range(len(GRID))])
    return np.stack(values), np.stack(gains), np.array(curves)


def collect(name: str, seeds: int, folder: Path, say: Callable[[str], None]) -> Seeds:
    """Run what is not there yet, a file for every ten seeds, and return all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    together: list[tuple[Floats, Floats, Floats]] = []
    for first in range(0, seeds, 10):
        path = folder / f"{name}_{first:04d}.npz"
        if not path.exists():
            found = [simulate(name, FIRST_SEED + first + number) for number in range(10)]
            parts = [np.stack(part) for part in zip(*found, strict=True)]
            half = path.with_suffix(".half.npz")
            np.savez_compressed(half, *parts)
            half.rename(path)
            say(f"{name}: {first + 10} seeds")
        with np.load(path) as kept:
            together.append((kept["arr_0"], kept["arr_1"], kept["arr_2"]))
    values, gain, curve = (np.concatenate(part)[:seeds] for part in zip(*together, strict=True))
    return Seeds(values, gain, curve)


def intervals(name: str, seeds: Seeds) -> dict[str, tuple[float, list[Estimate]]]:
    """Return by quantity its true value and the interval that every seed gives."""
    scenario, _ = market(name)
    rate, steps = scenario.market.economics.discount_rate, seeds.gain.shape[-1]
    paid = np.array([[payback_week(gain, rate, scenario.step) for gain in one] for one in seeds.gain])
    out = {}
    for metric in ("contribution", "market_share", "retention", "loop_share", "satisfaction"):
        place, shape = METRICS.index(metric), SHAPES.get(metric, ANYTHING)
        base, own = seeds.values[:, :, 0, place], seeds.values[:, :, 1, place]
        out[f"{metric}, baseline"] = _judged(base, shape)
        out[f"{metric}, arm"] = _judged(own, shape)
        out[f"{metric}, difference"] = _judged(own - base, shape.difference())
    if not np.isnan(paid).all():
        out["payback week"] = _judged(paid, Shape(0.0, float(steps)))
    out["cash low point"] = _judged(low_point(seeds.gain), ANYTHING)
    grid = np.array(GRID)
    true = crossing(grid, seeds.curve.reshape(-1, len(GRID))).mean
    if true is not None:
        out["break-even effectiveness"] = (true, [crossing(grid, curve) for curve in seeds.curve])
    return out


def _judged(values: Floats, shape: Shape) -> tuple[float, list[Estimate]]:
    return float(np.nanmean(values)), [estimate(one, shape=shape) for one in values]


def report(found: dict[str, Seeds]) -> dict[str, Any]:
    """Return the coverage of every quantity in every market."""
    markets: dict[str, Any] = {}
    for name, seeds in found.items():
        rows = {}
        for quantity, (true, estimates) in intervals(name, seeds).items():
            known = [one for one in estimates if one.ci_low is not None and one.ci_high is not None]
            rows[quantity] = {
                "true": float(f"{true:.6g}"),
                "intervals": len(known),
                "covered": sum(one.ci_low <= true <= one.ci_high for one in known),
                "too_high": sum(true < one.ci_low for one in known),
                "too_low": sum(true > one.ci_high for one in known),
            }
        markets[name] = {"settings": MARKETS[name], "seeds": len(seeds.values), "quantities": rows}
    return {"version": __version__, "replicates": REPLICATES, "level": LEVEL, "markets": markets}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, help="of each market, rounded up to tens")
    parser.add_argument("--kept", default="results/interval_coverage", help="folder of the replicates")
    parser.add_argument("--out", default=str(HERE / "interval_coverage.json"), help="a file, or - for none")
    options = parser.parse_args()
    found = {name: collect(name, options.seeds, Path(options.kept), print) for name in MARKETS}
    result = report(found)
    for name, table in result["markets"].items():
        for quantity, row in table["quantities"].items():
            share = 100.0 * row["covered"] / max(row["intervals"], 1)
            print(f"{name:10s} {quantity:28s} {share:5.1f} % of {row['intervals']}")
    if options.out != "-":
        Path(options.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
