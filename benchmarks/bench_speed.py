"""How fast, as ratios measured within one run on one machine: `make bench`, or `python benchmarks/bench_speed.py`.

    --quick     smaller populations and no fresh cache: a minute
    --huge      also 10,000,000 customers x 52 weeks x two arms (about 3 GiB, some minutes)

Prints a table and writes `results/bench/speed.json`. What is wanted stands in the last column; an unmet one makes the
exit status 1 with `--strict`. Each speed is the best of several runs, interleaved, so that a machine that slows down in
between slows all of them.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import numpy_classic  # noqa: E402

from agents.population import bytes_per_customer  # noqa: E402
from sim.experiments.load import load_scenario  # noqa: E402
from sim.experiments.replicate import run_replicates, usable_threads  # noqa: E402
from sim.scenario import Scenario  # noqa: E402


@dataclass(frozen=True)
class Measure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is what is wanted; None where nothing is."""
        if self.at_least is None and self.at_most is None:
            return None
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)

    def line(self) -> str:
        """Write the measure as a line."""
        wanted = f">= {self.at_least:g}" if self.at_least is not None else ""
        wanted += f"<= {self.at_most:g}" if self.at_most is not None else ""
        verdict = {True: "met", False: "NOT MET", None: ""}[self.met]
        value = f"{self.value:,.0f}" if self.value >= 1000 else f"{self.value:,.2f}"
        return f"{self.what:<66} {value:>15} {self.unit:<18} {wanted:>8} {verdict}"


def scenario_of(
    population: int, horizon: int, burn_in: int, arms: tuple[str, ...] = ("classic", "proactive")
) -> Scenario:
    """Return the default scenario with some of its arms, nothing recorded beside the counts."""
    scenario = load_scenario(
        "treadmill", population=population, horizon=horizon, burn_in=burn_in, record={"events": 0, "lives": 0}
    )
    return replace(scenario, arms={name: scenario.arms[name] for name in arms}, baseline=arms[0])


def customer_weeks(scenario: Scenario) -> int:
    """Customer-weeks of one replicate: the shared burn-in counts once."""
    return scenario.population * (scenario.burn_in + scenario.horizon * len(scenario.arms))


def seconds(job: Callable[[], object]) -> float:
    """Wall time of a job."""
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def live(scenario: Scenario, engine: str = "numba", threads: int = 1, replicates: int = 1) -> None:
    """Live replicates."""
    for _ in run_replicates(scenario, seed=1, replicates=range(replicates), engine=engine, threads=threads):
        pass


def engines(quick: bool) -> list[Measure]:
    """Compare the engine with Mesa, with NumPy and with itself on two threads."""
    fast = scenario_of(20_000 if quick else 100_000, 104, 52)
    slow = scenario_of(200 if quick else 1_000, 26, 26)
    classic = scenario_of(fast.population, 104, 52, ("classic",))
    live(scenario_of(100, 5, 5))  # compiled, or read from the cache
    best: dict[str, float] = {}

    def take(name: str, weeks: int, job: Callable[[], object]) -> None:
        best[name] = max(best.get(name, 0.0), weeks / seconds(job))

    for _ in range(3 if quick else 5):
        take("one", customer_weeks(fast), lambda: live(fast))
        take("shared", customer_weeks(fast), lambda: live(fast, threads=2))
        take("two", 2 * customer_weeks(fast), lambda: live(fast, threads=2, replicates=2))
        take("classic", customer_weeks(classic), lambda: live(classic))
        take("numpy", customer_weeks(classic), lambda: numpy_classic.run(classic))
    for _ in range(2):
        take("mesa", customer_weeks(slow), lambda: live(slow, engine="mesa"))
    rate = "customer-weeks/s"
    people = f"N={fast.population:,}"
    both = 1.8 if usable_threads(None) > 1 else None
    return [
        Measure(f"numba, {people}, one thread, both arms", best["one"], rate),
        Measure(f"numba, {people}, two threads, a replicate each", best["two"], rate),
        Measure(f"numba, {people}, two threads sharing one population", best["shared"], rate),
        Measure(f"numba, {people}, one thread, classic arm alone", best["classic"], rate),
        Measure(f"NumPy, {people}, classic arm alone", best["numpy"], rate),
        Measure(f"Mesa, N={slow.population:,}, both arms", best["mesa"], rate),
        Measure("numba (one thread) : Mesa", best["one"] / best["mesa"], "times", at_least=200),
        Measure("numba (one thread) : NumPy, classic arm", best["classic"] / best["numpy"], "times", at_least=1),
        Measure("two threads with a replicate each : one", best["two"] / best["one"], "times", at_least=both),
        Measure("two threads sharing one population : one", best["shared"] / best["one"], "times"),
    ]


def first_and_second(quick: bool) -> list[Measure]:
    """Time `journey compare` for somebody who has just installed it, and once more."""
    words = ["compare", f"population={10_000 if quick else 100_000}", "replicates=4", "progress=false"]
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "XDG_CACHE_HOME": str(Path(place) / "cache"), "PYTHONPATH": str(ROOT)}
        environment.pop("NUMBA_CACHE_DIR", None)
        command = [sys.executable, "-m", "sim.cli", *words, f"output_dir={place}/results"]

        def compare() -> None:
            subprocess.run(command, cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)

        first, second = seconds(compare), seconds(compare)
    told = f"journey {' '.join(words[:3])}"
    return [
        Measure(f"{told}: the first after an install", first, "s", at_most=60),
        Measure(f"{told}: the next one", second, "s", at_most=20),
    ]


def memory() -> list[Measure]:
    """Tell the live state per customer."""
    return [Measure("live state in a market of five brands", bytes_per_customer(5), "bytes a customer", at_most=96)]


def huge() -> list[Measure]:
    """Live ten million customers for a year in two arms, in a process of their own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one-huge-run"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    what = "N=10,000,000 x 52 weeks x two arms"
    return [
        Measure(f"{what}: wall time", told["seconds"], "s"),
        Measure(f"{what}: speed", told["customer_weeks"] / told["seconds"], "customer-weeks/s"),
        Measure(f"{what}: peak memory", told["peak_gib"], "GiB", at_most=24),
    ]


def one_huge_run() -> None:
    """Run what :func:`huge` measures, and tell of it in JSON."""
    scenario = scenario_of(10_000_000, 52, 0)
    took = seconds(lambda: live(scenario, threads=usable_threads(None)))
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    print(json.dumps({"seconds": took, "peak_gib": peak, "customer_weeks": customer_weeks(scenario)}))


def main() -> int:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("quick", "huge", "strict"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--one-huge-run", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one_huge_run:
        one_huge_run()
        return 0
    measures = [*memory(), *engines(asked.quick), *first_and_second(asked.quick), *(huge() if asked.huge else [])]
    for measure in measures:
        print(measure.line())
    folder = ROOT / "results" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": usable_threads(None),
        "load_before": os.getloadavg()[0],
        "measures": [asdict(measure) | {"met": measure.met} for measure in measures],
    }
    (folder / "speed.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"\n{folder.relative_to(ROOT) / 'speed.json'}")
    return int(asked.strict and any(measure.met is False for measure in measures))


if __name__ == "__main__":
    sys.exit(main())
