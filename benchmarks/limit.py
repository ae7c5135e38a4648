"""The limit: the time this machine needs for nothing but the luck that a run needs, and for looking at everybody.

A run cannot be faster than its draws: so many Philox blocks, exponentials and logarithms, and one sweep over the live
state a week. How many is counted on the readable twin (interpreted, draw by draw: one block counts once a customer and
week, the eight weeks of a contact window together once). How long they take is measured by making as many of them with
nothing in between, in loops that compile to vector instructions, and by reading an array as large as the population.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

from agents.rules.numerics import exp, log
from benchmarks.measure import scenario_of

__all__ = ["Costs", "Needs", "count", "measure_costs"]

ROOT = Path(__file__).resolve().parents[1]
LANES = 4096
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


@dataclass(frozen=True)
class Needs:
    """What a run needs per customer-week."""

    blocks: float
    exponentials: float
    logarithms: float
    by_purpose: dict[str, float]


@dataclass(frozen=True)
class Costs:
    """What these cost on this machine: seconds each, and bytes a second; all threads together."""

    block: float
    exponential: float
    logarithm: float
    bandwidth: float
    threads: int

    def seconds(self, needs: Needs, state: int) -> float:
        """Least time of a customer-week whose live state takes so many bytes."""
        return (
            needs.blocks * self.block
            + needs.exponentials * self.exponential
            + needs.logarithms * self.logarithm
            + state / self.bandwidth
        )


@numba.njit(nogil=True, error_model="numpy")
def _blocks(count: int, out: Any) -> None:
    for start in range(0, count, out.shape[1]):
        for lane in range(out.shape[1]):
            c0, c1, c2, c3 = np.uint64(start + lane) & _LOW, np.uint64(start) & _LOW, np.uint64(3), np.uint64(0)
            k0, k1 = np.uint64(1), np.uint64(0)
            for _ in range(10):
                p0 = _M0 * (c0 & _LOW)
                p1 = _M1 * (c2 & _LOW)
                c0 = (p1 >> _32) ^ c1 ^ k0
                c1 = p1 & _LOW
                c2 = (p0 >> _32) ^ c3 ^ k1
                c3 = p0 & _LOW
                k0 = (k0 + _W0) & _LOW
                k1 = (k1 + _W1) & _LOW
            out[0, lane] = np.uint32(c0)
            out[1, lane] = np.uint32(c1)
            out[2, lane] = np.uint32(c2)
            out[3, lane] = np.uint32(c3)


@numba.njit(nogil=True, error_model="numpy")
def _exponentials(count: int, given: Any, out: Any) -> None:
    for _ in range(0, count, given.size):
        for lane in range(given.size):
            out[lane] = exp(given[lane])


@numba.njit(nogil=True, error_model="numpy")
def _logarithms(count: int, given: Any, out: Any) -> None:
    for _ in range(0, count, given.size):
        for lane in range(given.size):
            out[lane] = log(given[lane])


@numba.njit(nogil=True, error_model="numpy")
def _sweep(words: Any) -> int:
    total = np.uint64(0)
    for place in range(words.size):
        total += words[place]
    return total


def measure_costs(threads: int, population: int, state: int, seconds: float = 0.4) -> Costs:
    """Measure what draws cost on so many threads, and a sweep over a population of so many bytes a customer."""
    given = np.linspace(0.01, 0.99, LANES)
    # Written to: memory that never was is one page of zeros, read from the cache over and over.
    words = np.ones(max(1, population * state // 8), np.uint64)
    shares = np.array_split(words, threads)
    block = _each(threads, seconds, lambda _, n: _blocks(n, np.empty((4, LANES), np.uint32)))
    exponential = _each(threads, seconds, lambda _, n: _exponentials(n, given, np.empty(LANES)))
    logarithm = _each(threads, seconds, lambda _, n: _logarithms(n, given, np.empty(LANES)))
    best = float("inf")
    _sweep(words[:8])
    for _ in range(5):
        best = min(best, _together([lambda part=part: _sweep(part) for part in shares]))
    return Costs(block, exponential, logarithm, words.nbytes / best, threads)


def _each(threads: int, seconds: float, job: Any) -> float:
    """Seconds per item of a job that makes n of them, on several threads at once."""
    count = 1 << 18
    job(0, LANES)
    took = _together([lambda: job(0, count)])
    count = int(count * max(1.0, seconds / 5.0 / max(took, 1e-6)))
    rounds = [_together([lambda place=place: job(place, count) for place in range(threads)]) for _ in range(5)]
    return min(rounds) / (count * threads)


def _together(jobs: list[Any]) -> float:
    """Seconds that jobs take on a thread each; of one alone by the processor's clock."""
    clock = time.process_time if len(jobs) == 1 else time.perf_counter
    crew = [threading.Thread(target=job) for job in jobs[1:]]
    began = clock()
    for one in crew:
        one.start()
    jobs[0]()
    for one in crew:
        one.join()
    return clock() - began


def count(arms: tuple[str, ...], population: int, horizon: int, burn_in: int) -> Needs:
    """Count, in an interpreter of its own without compiled code, what a run of these arms needs."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.limit", *arms, str(population), str(horizon), str(burn_in)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    return Needs(**json.loads(told.stdout))


def _count_here(arms: tuple[str, ...], population: int, horizon: int, burn_in: int) -> dict[str, Any]:
    import agents.rules.numerics as numerics
    from agents.purposes import Purpose
    from sim.reference.environment import WorldEnvironment
    from sim.reference.model import JourneyModel

    found: Counter[str] = Counter()
    drawn: set[tuple[int, ...]] = set()
    counting = True
    draw, is_reached = WorldEnvironment.draw, WorldEnvironment.is_reached

    def counted_draw(self: Any, customer_id: int, purpose: Any, period: int, index: int, which: int) -> float:
        key = (customer_id, int(purpose), period, index, self.week)
        if counting and key not in drawn:
            drawn.add(key)
            found[Purpose(int(purpose)).name] += 1
        return draw(self, customer_id, purpose, period, index, which)

    def counted_reach(self: Any, customer_id: int, brand: int, threshold: int) -> bool:
        key = (customer_id, int(Purpose.CONTACT), self.week >> 3, brand, -1)
        if counting and threshold > 0 and key not in drawn:
            drawn.add(key)
            found["CONTACT"] += 1
        return is_reached(self, customer_id, brand, threshold)

    setattr(WorldEnvironment, "draw", counted_draw)  # noqa: B010
    setattr(WorldEnvironment, "is_reached", counted_reach)  # noqa: B010
    for name in ("exp", "log"):
        true = getattr(numerics, name)

        def counted(x: float, name: str = name, true: Any = true) -> float:
            found[name] += counting
            return true(x)

        for module in list(sys.modules.values()):
            where = getattr(module, "__name__", "")
            if where.startswith(("agents.", "sim.")) and getattr(module, name, None) is true:
                setattr(module, name, counted)
    scenario = scenario_of(population, horizon, burn_in, arms)
    for arm in arms:
        # The arms share one birth and one burn-in.
        counting = arm == scenario.baseline
        model = JourneyModel(scenario, arm=arm, seed=1)
        while model.running:
            counting = counting or model.week >= burn_in
            model.step()
        drawn.clear()
    weeks = population * (burn_in + horizon * len(arms))
    exponentials, logarithms = found.pop("exp", 0), found.pop("log", 0)
    return {
        "blocks": found.total() / weeks,
        "exponentials": exponentials / weeks,
        "logarithms": logarithms / weeks,
        "by_purpose": {name: number / weeks for name, number in found.most_common()},
    }


if __name__ == "__main__":
    *names, people, weeks, before = sys.argv[1:]
    print(json.dumps(_count_here(tuple(names), int(people), int(weeks), int(before))))
