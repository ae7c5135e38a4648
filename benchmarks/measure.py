"""Measure: one line of the table, what is wanted of it, and how times are taken.

The machine may be busy with other things, and gets slower and faster while one measures. So things that are compared
take turns, each counts with its best turn, and what runs on one thread is timed by the processor's clock.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.execution.replicates import run_replicates
from sim.scenario.scenario import Scenario

__all__ = ["Measure", "customer_weeks", "live", "scenario_of", "seconds", "turns"]

RATE = "customer-weeks/s"


@dataclass(frozen=True)
class Measure:
    """One line of the table. ``key`` names it in the JSON; lines of one ``group`` stand together."""

    group: str
    key: str
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

    @property
    def wanted(self) -> str:
        """What is wanted, in signs."""
        above = f">= {self.at_least:g}" if self.at_least is not None else ""
        return above + (f"<= {self.at_most:g}" if self.at_most is not None else "")

    @property
    def written(self) -> str:
        """The value with its unit."""
        if self.unit == RATE:
            return f"{self.value / 1e6:,.3g} M {self.unit}"
        number = f"{self.value:,.0f}" if abs(self.value) >= 1000 else f"{self.value:.3g}"
        return f"{number} {self.unit}"

    def line(self) -> str:
        """Write the measure as a line."""
        verdict = {True: "met", False: "NOT MET", None: ""}[self.met]
        return f"{self.what:<74} {self.written:>26} {self.wanted:>8} {verdict}".rstrip()


def scenario_of(
    population: int,
    horizon: int,
    burn_in: int,
    arms: tuple[str, ...] = ("classic", "proactive"),
    **changes: Any,
) -> Scenario:
    """Return the default scenario with some of its arms, nothing recorded beside the counts."""
    options: dict[str, Any] = {"record": {"events": 0, "lives": 0}, **changes}
    scenario = Scenario.load("treadmill", population=population, horizon=horizon, burn_in=burn_in, **options)
    return replace(scenario, arms={name: scenario.arms[name] for name in arms}, baseline=arms[0])


def customer_weeks(scenario: Scenario) -> int:
    """Customer-weeks of one replicate: the shared burn-in counts once."""
    return scenario.population * (scenario.burn_in + scenario.horizon * len(scenario.arms))


def live(scenario: Scenario, engine: str = "numba", threads: int = 1, replicates: int = 1) -> None:
    """Live replicates and forget them."""
    for _ in run_replicates(scenario, seed=1, replicates=range(replicates), engine=engine, threads=threads):
        pass


def seconds(job: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Time of a job."""
    began = clock()
    job()
    return clock() - began


def turns(
    jobs: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Best time of each job, seconds; the jobs take turns."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            best[name] = min(best[name], seconds(job, clock))
    return best
