"""Recovery: does `journey calibrate` find parameters that are known?

Synthetic markets are drawn from the prior of the fit, their figures simulated with another seed and blurred by the
stated standard errors, and fitted as the command does with its defaults. The 90 % interval of every parameter has to
hold the truth in about 90 of 100 markets: fewer, and the intervals promise too much; all of them, and they say too
little. So has the interval of a comparison in the fitted market, run over its ensemble: the true difference in
contribution is that of many replicates in the market that the figures came from.

    python benchmarks/recovery.py                      100 markets, some 20 minutes on one core; resumable
    python benchmarks/recovery.py --markets 6 --out -  a look
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from sim import __version__
from sim.analysis import paired
from sim.analysis.student import student_quantile
from sim.calibration.calibrate import calibrate
from sim.calibration.ensemble import Ensemble
from sim.calibration.parameters import default_parameters, values_at
from sim.calibration.result import Effort
from sim.calibration.targets import read_targets
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import make_executor
from sim.execution.trials import Trial, run_trials
from sim.experiments.compare import compare
from sim.results.calibration import ensemble_of
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

#: The five figures of a category (Court et al. 2009) with the standard errors that `journey calibrate` assumes.
METRICS = ("initial_share", "evaluation_share", "loop_share_category", "brands_initial", "brands_added")
BLUR = {"initial_share": 0.01, "evaluation_share": 0.01, "loop_share_category": 0.01}
BRANDS_BLUR = 0.05
LEVEL = 0.9
#: Luck of the truth is never that of the fit.
TRUTH_SEED, FIT_SEED, DRAW_SEED = 77, 1, 20261122
HERE = Path(__file__).parent / "recovery.json"
#: The command's defaults; profiles, which no interval needs, are left out.
EFFORT = Effort(profiles=False)
#: At most so many draws for every market that is wanted: more, and something is wrong with the figures.
MOST_DRAWS = 100
#: Customers and replicates of the true difference in contribution, and replicates of the comparison in a fit.
TRUE_PEOPLE, TRUE_REPLICATES, REPLICATES = 8_000, 16, 8


class Memory:
    """The runs of this process, as :class:`sim.execution.store.Store` keeps them on disk: all fits share one scan."""

    def __init__(self) -> None:
        self.lived: dict[tuple[str, int], object] = {}

    def refresh(self) -> None:
        """Nobody else adds to it."""

    def holds(self, key: str, replicate: int) -> bool:
        """Whether a run is there."""
        return (key, replicate) in self.lived

    def failed(self, key: str, replicate: int) -> bool:
        """Whether it failed."""
        return self.lived[key, replicate].metrics is None

    def read(self, key: str, replicate: int):
        """What it came to."""
        return self.lived[key, replicate]

    def add(self, chunk, lived) -> None:
        """Keep the runs of a chunk."""
        for run, item in zip(chunk.runs, lived, strict=True):
            self.lived[run.key, run.replicate] = item


def base_scenario() -> Scenario:
    """The category average, small: a year and a half lived, two years counted, with no doubt but that of the fit."""
    scenario = Scenario.load("average", population=2000, horizon=104, burn_in=78, record={"events": 0, "lives": 0})
    (arm,) = (name for name in scenario.arms if name != scenario.baseline)
    return with_values(scenario, {"market.customers": 2000, f"arms.{arm}.focal.strategy.doubt": None})


def anything(scenario: Scenario):
    """Targets that only say which figures are meant."""
    values = dict.fromkeys(METRICS, 0.3) | {"initial_share": 0.4, "brands_initial": 2.0, "brands_added": 1.0}
    return read_targets(values, scenario)


def moved(scenario: Scenario):
    """The parameters that are drawn and fitted."""
    return default_parameters(scenario, anything(scenario))


def draw_markets(count: int, parameters, scenario: Scenario) -> list[tuple[np.ndarray, np.ndarray]]:
    """Truths drawn from the prior, with their figures, blurred; (D,) shares and (K,) figures each."""
    from sim.calibration.prior import Prior

    generator = np.random.default_rng(DRAW_SEED)
    prior = Prior.of(parameters)
    baseline = {scenario.baseline: scenario.arms[scenario.baseline]}
    large = replace(scenario, population=TRUE_PEOPLE, arms=baseline)
    blur = np.array([BLUR.get(metric, BRANDS_BLUR) for metric in METRICS])
    columns = [RUN_METRICS.index(metric) for metric in METRICS]
    markets = []
    with make_executor("serial") as executor:
        for _ in range(MOST_DRAWS * count):
            if len(markets) == count:
                return markets
            shares = prior.quantile(generator.random(len(parameters)))
            noise = generator.normal(size=len(METRICS))
            # Published shares sum to 1: what sampling does to them does too.
            noise[:3] -= noise[:3].mean()
            trial = Trial(large, TRUTH_SEED, (len(markets),), values_at(parameters, shares))
            (outcome,) = run_trials([trial], executor=executor)
            figures = outcome.metrics[0, 0, 0, columns] + blur * noise
            # A figure that the blur has pushed where no figure can be is drawn again with its market.
            possible = np.isfinite(figures).all() and figures[:3].min() > 0.0 and figures[3] >= 1.0 and figures[4] > 0.0
            with suppress(ConfigError):
                if possible and read_figures(figures, scenario):
                    markets.append((shares, figures))
    raise RuntimeError(f"only {len(markets)} of {MOST_DRAWS * count} drawn markets had figures that a market can have")


def read_figures(figures: np.ndarray, scenario: Scenario):
    """The figures of a market as targets; a ConfigError where no market can have them together."""
    rows = {
        metric: {"value": float(value), "se": BLUR.get(metric, BRANDS_BLUR), "tolerance": 1.0}
        for metric, value in zip(METRICS, figures, strict=True)
    }
    return read_targets(rows, scenario)


def scanned(workers: int, effort: Effort = EFFORT) -> Memory:
    """Live the scan that all fits of the one scenario share, as its first fit would."""
    from sim.calibration.search import Search

    scenario, memory = base_scenario(), Memory()
    kind = {"kind": "serial"} if workers == 1 else {"kind": "local", "workers": workers}
    with make_executor(**kind) as executor:
        search = Search(scenario, anything(scenario), moved(scenario), FIT_SEED, effort, executor, memory, None)
        search.pilot()
        search.scan()
    return memory


def difference(scenario: Scenario, seed: int, replicates: int, ensemble: Ensemble | None = None) -> dict[str, float]:
    """The difference in contribution of the two arms, and its 90 % interval."""
    # A comparison states 95 % intervals: its own rule is asked for 90 %.
    with patch.object(paired, "LEVEL", LEVEL if ensemble is not None else paired.LEVEL):
        done = compare(scenario, replicates=replicates, seed=seed, ensemble=ensemble, effectiveness=False)
    summary = done.summary_json
    (found,) = summary["differences"].values()
    mean, half = found["contribution"]["mean"], found["contribution"]["ci_high"] - found["contribution"]["mean"]
    effective = summary["members"]["effective"] if ensemble is not None else float(replicates)
    if ensemble is None:
        half *= student_quantile(replicates - 1.0, 0.5 + LEVEL / 2) / student_quantile(replicates - 1.0, 0.975)
    return {"mean": mean, "low": mean - half, "high": mean + half, "effective": round(effective, 2)}


def recover(shares: np.ndarray, figures: np.ndarray, memory: Memory, effort: Effort = EFFORT) -> dict:
    """Fit one market and say which truths lie in their intervals."""
    scenario = base_scenario()
    parameters = moved(scenario)
    began = time.process_time()
    targets = read_figures(figures, scenario)
    with make_executor("serial") as executor:
        done = calibrate(scenario, targets, parameters, seed=FIT_SEED, effort=effort, executor=executor, store=memory)
    seconds = time.process_time() - began
    low, high = np.quantile(done.draws, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=0)
    ensemble = ensemble_of(done, "fitted", {})
    assert ensemble is not None
    true = with_values(replace(scenario, population=TRUE_PEOPLE), values_at(parameters, shares))
    real = difference(true, TRUTH_SEED, TRUE_REPLICATES)
    fitted = difference(scenario, FIT_SEED, REPLICATES, ensemble)
    return {
        "truth": [round(float(share), 4) for share in shares],
        "low": [round(float(share), 4) for share in low],
        "high": [round(float(share), 4) for share in high],
        "covered": [bool(a <= share <= b) for share, a, b in zip(shares, low, high, strict=True)],
        "spread_left": [round(float(left), 3) for left in done.shrinkage],
        "contribution": {
            "truth": round(real["mean"]),
            "truth_half_width": round(real["high"] - real["mean"]),
            "fitted": round(fitted["mean"]),
            "low": round(fitted["low"]),
            "high": round(fitted["high"]),
            "effective": fitted["effective"],
        },
        "cpu_seconds": round(seconds, 1),
        "simulations": done.simulations,
    }


def report(names: list[str], markets: list[dict]) -> dict:
    """Coverage of every parameter, and how much the figures said about it."""
    covered = np.array([market["covered"] for market in markets])
    left = np.array([market["spread_left"] for market in markets])
    gains = [market["contribution"] for market in markets]
    held = sum(gain["low"] <= gain["truth"] <= gain["high"] for gain in gains)
    return {
        "version": __version__,
        "markets": len(markets),
        "level": LEVEL,
        "coverage": {name: int(count) for name, count in zip(names, covered.sum(axis=0), strict=True)},
        "coverage_all": round(float(covered.mean()), 4),
        "coverage_contribution": held,
        "spread_left": {name: round(float(value), 3) for name, value in zip(names, left.mean(axis=0), strict=True)},
        "cpu_seconds_per_market": round(float(np.mean([market["cpu_seconds"] for market in markets])), 1),
        "simulations_per_market": round(float(np.mean([market["simulations"] for market in markets]))),
        "results": markets,
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--markets", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", default=str(HERE), help="a file, or - for none")
    parser.add_argument("--afresh", action="store_true", help="do not go on after the markets that stand in the file")
    options = parser.parse_args()
    from joblib import Parallel, delayed

    scenario = base_scenario()
    parameters = moved(scenario)
    names = [parameter.name for parameter in parameters]
    markets = draw_markets(options.markets, parameters, scenario)
    kept = Path(options.out)
    done: list[dict] = []
    if options.out != "-" and kept.exists() and not options.afresh:
        done = json.loads(kept.read_text(encoding="utf-8"))["results"]
    for (shares, _), found in zip(markets, done, strict=False):
        if found["truth"] != [round(float(share), 4) for share in shares]:
            raise SystemExit(f"{options.out} holds other markets; give --afresh to replace them")
    memory = scanned(options.workers)
    jobs = Parallel(n_jobs=options.workers, return_as="generator")(
        delayed(recover)(shares, figures, memory) for shares, figures in markets[len(done) :]
    )
    for number, found in enumerate(jobs, start=len(done) + 1):
        done.append(found)
        result = report(names, done)
        seconds, gain = f"{found['cpu_seconds']} s", result["coverage_contribution"]
        print(number, result["coverage_all"], result["coverage"], f"contribution {gain}", seconds, flush=True)
        if options.out != "-":
            Path(options.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
