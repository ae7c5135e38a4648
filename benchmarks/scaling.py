"""Scaling: in customers, weeks, brands, arms and threads."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from agents.population import bytes_per_customer
from agents.strategies import Strategy
from benchmarks.measure import RATE, Measure, customer_weeks, live, scenario_of, seconds, turns
from sim.execution.executors import usable_threads
from sim.scenario.journey import stage_names
from sim.scenario.resolved import Arm, Plan
from sim.scenario.scenario import Scenario

__all__ = ["huge", "scaling", "with_arms", "with_brands"]

ROOT = Path(__file__).resolve().parents[1]


def with_brands(scenario: Scenario, count: int) -> Scenario:
    """Return the scenario with so many brands: the focal one, and the others again and again under other names."""
    market = scenario.market
    known = list(market.brands)
    brands = {name: market.brands[name] for name in known[:count]}
    for place in range(len(brands), count):
        like = known[1 + place % (len(known) - 1)]
        brands[f"{like}_{place}"] = market.brands[like]
    idle = Plan(journey=market.journey, strategy=Strategy())
    arms = {
        name: Arm(name=name, plans={brand: arm.plans.get(brand, idle) for brand in brands})
        for name, arm in scenario.arms.items()
    }
    return replace(scenario, market=replace(market, brands=brands), arms=arms)


def with_arms(scenario: Scenario, count: int) -> Scenario:
    """Return the scenario with so many arms: its last one, each time a little more automated."""
    last = list(scenario.arms.values())[-1]
    focal = scenario.market.focal
    arms = {scenario.baseline: scenario.arms[scenario.baseline]}
    for place in range(1, count):
        strategy = replace(last.plans[focal].strategy, automation=place / count)
        arms[f"arm_{place}"] = Arm(
            name=f"arm_{place}", plans={**last.plans, focal: replace(last.plans[focal], strategy=strategy)}
        )
    return replace(scenario, arms=arms)


def scaling(size: str) -> Iterator[Measure]:
    """Measure the speed at every size: on one thread by processor time, on several by the clock on the wall."""
    usual = {"quick": 2_000, "usual": 50_000, "full": 100_000}[size]
    weeks = (26, 13) if size == "quick" else (52, 26)
    rounds = 2 if size == "quick" else 3
    live(scenario_of(100, 5, 5))
    yield from _customers(size, weeks, rounds)
    for span in (13, 26) if size == "quick" else (52, 104, 260, 520):
        yield _speed(f"weeks:{span}", f"{span} weeks, N={usual:,}", scenario_of(usual, span, 0), rounds)
    for count in (2, 4, 8) if size == "quick" else (2, 4, 5, 8, 16, 32):
        scenario = with_brands(scenario_of(usual, *weeks), count)
        yield _speed(f"brands:{count}", f"{count} brands, N={usual:,}", scenario, rounds)
    for count in (1, 2, 4) if size == "quick" else (1, 2, 4, 8, 16):
        scenario = with_arms(scenario_of(usual, *weeks), count)
        yield _speed(f"arms:{count}", f"{count} arms, N={usual:,}", scenario, rounds)
    yield from _threads(size, weeks, rounds)
    stages = len(stage_names(scenario_of(usual, *weeks).journeys))
    for brands in (2, 5, 8, 16, 64):
        what, most = f"live state, {brands} brands", 64 if brands == 5 else None
        held = bytes_per_customer(brands, stages)
        yield Measure("scaling", f"bytes:{brands}", what, held, "bytes a customer", at_most=most)


def _customers(size: str, weeks: tuple[int, int], rounds: int) -> Iterator[Measure]:
    found: dict[int, float] = {}
    up_to = {"quick": 4, "usual": 6, "full": 7}[size]
    for count in (10**digits for digits in range(3, up_to + 1)):
        turns_each = rounds * 10 if count < 10**4 else rounds if count < 10**7 else 2
        line = _speed(f"customers:{count}", f"{count:,} customers", scenario_of(count, *weeks), turns_each)
        found[count] = line.value
        yield line
    if 10**7 in found:
        ratio = found[10**7] / found[10**6]
        what = "speed at 10,000,000 customers : at 1,000,000"
        yield Measure("scaling", "10M:1M", what, ratio, "times", at_least=0.8)


def _threads(size: str, weeks: tuple[int, int], rounds: int) -> Iterator[Measure]:
    threads = usable_threads(None)
    for population in (10**4,) if size == "quick" else (10**4, 10**5, 10**6):
        scenario = scenario_of(population, *weeks)
        best = turns(_jobs(scenario, sorted({1, min(2, threads), threads})), rounds)
        for name, took in best.items():
            what = f"{name} thread{'s' * (name != '1')} sharing {population:,} customers"
            yield Measure("scaling", f"threads:{name}:{population}", what, customer_weeks(scenario) / took, RATE)


def _jobs(scenario: Scenario, counts: list[int]) -> dict[str, Callable[[], None]]:
    return {str(count): lambda count=count: live(scenario, threads=count) for count in counts}


def _speed(key: str, what: str, scenario: Scenario, rounds: int) -> Measure:
    live(replace(scenario, population=100, horizon=5, burn_in=min(scenario.burn_in, 5)))
    best = turns({"": lambda: live(scenario)}, rounds, time.process_time)[""]
    return Measure("scaling", key, f"{what}, one thread", customer_weeks(scenario) / best, RATE)


def huge(population: int) -> list[Measure]:
    """Live so many customers for a year in two arms, one after the other, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling", str(population)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    what, key = f"N={population:,} x 52 weeks x two arms", f"huge:{population}"
    speed = told["customer_weeks"] / told["seconds"]
    return [
        Measure("huge", f"{key}:seconds", f"{what}: wall time, {told['threads']} threads", told["seconds"], "s"),
        Measure("huge", f"{key}:speed", f"{what}: speed", speed, RATE),
        Measure("huge", f"{key}:memory", f"{what}: peak memory", told["peak_gib"], "GiB"),
    ]


def _one_huge_run(population: int) -> None:
    scenario, threads = scenario_of(population, 52, 0), usable_threads(None)
    live(scenario_of(100, 5, 5))
    took = seconds(lambda: live(scenario, threads=threads))
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    told = {"seconds": took, "peak_gib": peak, "customer_weeks": customer_weeks(scenario), "threads": threads}
    print(json.dumps(told))


if __name__ == "__main__":
    _one_huge_run(int(sys.argv[1]))
