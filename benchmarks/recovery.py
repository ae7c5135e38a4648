"""Recovery: does `journey calibrate` find parameters that are known?

Synthetic markets are drawn from the prior of the fit, their figures simulated with another seed and blurred by the
stated standard errors, and fitted as a user would fit them. The 90 % interval of every parameter has to hold the truth
in about 90 of 100 markets: fewer, and the intervals promise too much; all of them, and they say too little.

    python benchmarks/recovery.py                      100 markets, a quarter of an hour on two idle cores
    python benchmarks/recovery.py --markets 6 --out -  a look
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from sim import __version__
from sim.calibration.calibrate import calibrate
from sim.calibration.parameters import default_parameters, values_at
from sim.calibration.result import Effort
from sim.calibration.targets import read_targets
from sim.execution.chunk import RUN_METRICS
from sim.execution.executors import make_executor
from sim.execution.trials import Trial, run_trials
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
EFFORT = Effort(
    scan=1024,
    starts=1,
    steps=6,
    rounds=5,
    round_points=40,
    members=2,
    moves=300,
    profiles=False,
    fit_population=2000,
    check_population=4000,
    check_replicates=2,
)
#: At most so many draws for every market that is wanted: more, and something is wrong with the figures.
MOST_DRAWS = 100
#: The parameters of the default set that the five figures speak most about; more would take longer, not be harder.
MOVED = ("loop", "evaluate", "awareness", "search", "recall", "fame")


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
    """The category average, small: a year and a half lived, two years counted."""
    scenario = Scenario.load("average", population=1000, horizon=104, burn_in=78, record={"events": 0, "lives": 0})
    return replace(scenario, arms={scenario.baseline: scenario.arms[scenario.baseline]})


def anything(scenario: Scenario):
    """Targets that only say which figures are meant."""
    values = dict.fromkeys(METRICS, 0.3) | {"initial_share": 0.4, "brands_initial": 2.0, "brands_added": 1.0}
    return read_targets(values, scenario)


def moved(scenario: Scenario):
    """The parameters that are drawn and fitted."""
    return tuple(item for item in default_parameters(scenario, anything(scenario)) if item.name in MOVED)


def draw_markets(count: int, parameters, scenario: Scenario) -> list[tuple[np.ndarray, np.ndarray]]:
    """Truths drawn from the prior, with their figures, blurred; (D,) shares and (K,) figures each."""
    from sim.calibration.prior import Prior

    generator = np.random.default_rng(DRAW_SEED)
    prior = Prior.of(parameters)
    large = replace(scenario, population=8_000)
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


def recover(shares: np.ndarray, figures: np.ndarray, memory: Memory, effort: Effort = EFFORT) -> dict:
    """Fit one market and say which truths lie in their intervals."""
    scenario = base_scenario()
    parameters = moved(scenario)
    began = time.perf_counter()
    targets = read_figures(figures, scenario)
    with make_executor("serial") as executor:
        done = calibrate(scenario, targets, parameters, seed=FIT_SEED, effort=effort, executor=executor, store=memory)
    low, high = np.quantile(done.draws, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=0)
    return {
        "truth": [round(float(share), 4) for share in shares],
        "low": [round(float(share), 4) for share in low],
        "high": [round(float(share), 4) for share in high],
        "covered": [bool(a <= share <= b) for share, a, b in zip(shares, low, high, strict=True)],
        "spread_left": [round(float(left), 3) for left in done.shrinkage],
        "seconds": round(time.perf_counter() - began, 1),
        "simulations": done.simulations,
    }


def report(names: list[str], markets: list[dict]) -> dict:
    """Coverage of every parameter, and how much the figures said about it."""
    covered = np.array([market["covered"] for market in markets])
    left = np.array([market["spread_left"] for market in markets])
    return {
        "version": __version__,
        "markets": len(markets),
        "level": LEVEL,
        "coverage": {name: int(count) for name, count in zip(names, covered.sum(axis=0), strict=True)},
        "coverage_all": round(float(covered.mean()), 4),
        "spread_left": {name: round(float(value), 3) for name, value in zip(names, left.mean(axis=0), strict=True)},
        "seconds_per_market": round(float(np.mean([market["seconds"] for market in markets])), 1),
        "simulations_per_market": round(float(np.mean([market["simulations"] for market in markets]))),
        "results": markets,
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--markets", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", default=str(HERE), help="a file, or - for none")
    parser.add_argument("--resume", action="store_true", help="go on after the markets that stand in the file")
    options = parser.parse_args()
    from joblib import Parallel, delayed

    scenario = base_scenario()
    parameters = moved(scenario)
    names = [parameter.name for parameter in parameters]
    markets = draw_markets(options.markets, parameters, scenario)
    done: list[dict] = json.loads(Path(options.out).read_text(encoding="utf-8"))["results"] if options.resume else []
    for (shares, _), found in zip(markets, done, strict=False):
        if found["truth"] != [round(float(share), 4) for share in shares]:
            raise SystemExit(f"{options.out} holds other markets; leave --resume out")
    memory = scanned(options.workers)
    jobs = Parallel(n_jobs=options.workers, return_as="generator")(
        delayed(recover)(shares, figures, memory) for shares, figures in markets[len(done) :]
    )
    for number, found in enumerate(jobs, start=len(done) + 1):
        done.append(found)
        result = report(names, done)
        print(number, result["coverage_all"], result["coverage"], f"{found['seconds']} s", flush=True)
        if options.out != "-":
            Path(options.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
