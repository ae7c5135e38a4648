"""The engine against other ways of doing the same: the obvious loop, NumPy, Mesa, and the limit of the machine."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import patch

from agents.population import bytes_per_customer
from benchmarks import limit, numpy_classic
from benchmarks import reference_loop as plain
from benchmarks.machine import instruction_set
from benchmarks.measure import RATE, Measure, customer_weeks, live, scenario_of, turns
from sim.engine import replicate as life
from sim.engine.replicate import run_replicate
from sim.execution.executors import usable_threads
from sim.execution.replicates import run_replicates
from sim.scenario.journey import stage_names
from sim.scenario.scenario import Scenario

__all__ = ["rivals"]


def _obvious(scenario: Scenario) -> None:
    """Live as the obvious loop does, the engine's plain twin."""
    with patch.object(life, "run_weeks", plain.run_weeks):
        run_replicate(scenario, seed=1, replicate=0)


def _mesa(scenario: Scenario) -> None:
    from benchmarks import plain_mesa

    for arm in scenario.arms:
        plain_mesa.live(scenario, arm, seed=1)


def rivals(size: str) -> Iterator[Measure]:
    """Measure speeds on one and on two threads, and the ratios that are wanted of them.

    One-thread speeds are by processor time, so that a busy machine slows nobody more than another.
    """
    people = {"quick": 10_000, "usual": 100_000, "full": 1_000_000}[size]
    rounds = {"quick": 2, "usual": 3, "full": 5}[size]
    weeks = (52, 26) if size == "quick" else (104, 52)
    fast, classic = scenario_of(people, *weeks), scenario_of(people, *weeks, arms=("classic",))
    few = scenario_of(200 if size == "quick" else 1_000, 26, 26)
    cpu = time.process_time
    for compiled_or_cached in (live, _obvious):
        compiled_or_cached(scenario_of(100, 5, 5))
    jobs: dict[str, Callable[[], object]] = {
        "engine": lambda: live(fast),
        "plain": lambda: _obvious(fast),
        "classic": lambda: live(classic),
        "numpy": lambda: numpy_classic.run(classic),
    }
    best = turns(jobs, rounds, cpu)
    slow = turns({"ours": lambda: live(few, engine="mesa"), "mesa": lambda: _mesa(few)}, 2, cpu)
    speed = {name: customer_weeks(classic if name in ("classic", "numpy") else fast) / best[name] for name in best}
    speed["ours"] = customer_weeks(few) / slow["ours"]
    # Without an engine every arm lives a burn-in of its own.
    speed["mesa"] = few.population * (few.burn_in + few.horizon) * len(few.arms) / slow["mesa"]
    titles = {
        "engine": f"engine, N={people:,}, one thread, both arms",
        "plain": f"obvious loop over the same rules, N={people:,}, one thread, both arms",
        "classic": f"engine, N={people:,}, one thread, classic arm alone",
        "numpy": f"NumPy, N={people:,}, classic arm alone",
        "mesa": f"plain Mesa model, N={few.population:,}, both arms",
        "ours": f"our own Mesa engine, N={few.population:,}, both arms",
    }
    lines = [Measure("rivals", name, title, speed[name], RATE) for name, title in titles.items() if name in speed]
    ratios = [
        ("engine", "plain", "engine : obvious loop", 4.0),
        ("classic", "numpy", "engine : NumPy, classic arm", 8.0),
        ("engine", "mesa", "engine : plain Mesa model", 200.0),
        ("engine", "ours", "engine : our own Mesa engine", None),
    ]
    lines += [
        Measure("rivals", f"{one}:{other}", what, speed[one] / speed[other], "times", at_least=wanted)
        for one, other, what, wanted in ratios
    ]
    yield from lines
    took = {1: best["engine"]}
    if usable_threads(None) > 1:
        # Together they need both cores to themselves: the more turns, the likelier one of them has.
        yield from _two_threads(fast, 2 * rounds, took)
    yield from _limit(size, fast, took)


def _two_threads(fast: Scenario, rounds: int, took: dict[int, float]) -> Iterator[Measure]:
    """Compare two threads with one by the clock on the wall; leave in ``took`` what a shared population takes."""
    jobs = {
        "one": lambda: live(fast),
        "shared": lambda: live(fast, threads=2),
        "each": lambda: live(fast, threads=2, replicates=2),
    }
    best = turns(jobs, rounds)
    took[2] = best["shared"]
    what = f"two threads : one, N={fast.population:,}"
    for key, how, ratio in (
        ("shared:one", "sharing one population", best["one"] / best["shared"]),
        ("each:one", "a replicate each", 2.0 * best["one"] / best["each"]),
    ):
        yield Measure("rivals", key, f"{what}, {how}", ratio, "times", at_least=1.85)


def _limit(size: str, fast: Scenario, took: dict[int, float]) -> Iterator[Measure]:
    needs = limit.count(tuple(fast.arms), 100 if size == "quick" else 500, fast.horizon, fast.burn_in)
    for key in ("blocks", "exponentials", "logarithms"):
        name = "Philox blocks" if key == "blocks" else key
        yield Measure("limit", key, f"{name} needed per customer-week", getattr(needs, key), "")
    for name, share in needs.by_purpose.items():
        yield Measure("limit", f"blocks:{name}", f"blocks for {name.lower()}", share, "")
    yield from _happenings(replace(fast, population=min(fast.population, 20_000)))
    state = bytes_per_customer(len(fast.brands), len(stage_names(fast.journeys)))
    for threads, spent in took.items():
        costs = limit.measure_costs(threads, fast.population, state, 0.1 if size == "quick" else 1.0)
        least, ours = costs.seconds(needs, state), spent / customer_weeks(fast)
        told = "one thread" if threads == 1 else f"{threads} threads together"
        for key, what, value, unit in (
            ("block", "a Philox block, in vectors", 1e9 * costs.block, "ns"),
            ("exponential", "an exponential", 1e9 * costs.exponential, "ns"),
            ("logarithm", "a logarithm", 1e9 * costs.logarithm, "ns"),
            ("bandwidth", f"reading {state} bytes a customer, N={fast.population:,}", costs.bandwidth / 1e9, "GB/s"),
            ("limit", "limit: these and nothing else, per customer-week", 1e9 * least, "ns"),
            ("engine", "engine, per customer-week", 1e9 * ours, "ns"),
        ):
            yield Measure("limit", f"{key}:{threads}", f"{what}, {told}", value, unit)
        wanted = AT_MOST_LIMIT.get(instruction_set())
        yield Measure(
            "limit", f"engine:limit:{threads}", f"engine : limit, {told}", ours / least, "times", at_most=wanted
        )


#: How many times the limit the engine may take, by instruction set: narrower vectors make draws dearer than the rest.
AT_MOST_LIMIT = {"AVX2": 4.0, "AVX-512": 2.5}


def _happenings(scenario: Scenario) -> Iterator[Measure]:
    """How often anything happens to a customer: what remains of the engine's time goes into these."""
    ((_, arms),) = run_replicates(scenario, seed=1, replicates=range(1), threads=1)
    weeks = scenario.population * scenario.horizon * len(arms)
    for key, what, counted in (
        ("entries", "stages entered", sum(int(history.flows.sum()) for history in arms.values())),
        ("purchases", "purchases", sum(int(history.purchases.sum()) for history in arms.values())),
        ("contacts", "contacts", sum(int(history.contacts.sum()) for history in arms.values())),
    ):
        yield Measure("limit", key, f"{what} per customer-week", counted / weeks, "")
